/*
 * shellword - a name as a shell takes it, for the commands that are printed.
 *
 * People copy these.  A name that a shell would take apart stands in single
 * quotes; others stand as they are.
 */
#ifndef SHELLWORD_H
#define SHELLWORD_H

#include "strbuf.h"

/* Quoted where it has to be.  Not escaped for a terminal: log_printable() does that.  Caller frees. */
char *shellword(const char *word);

/* Always quoted. */
void shellword_quote(struct strbuf *out, const char *word);

#endif
