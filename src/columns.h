/*
 * columns - text in columns on a terminal, whatever alphabet it is in.
 *
 * Widths are those of wcwidth(3) in UTF-8, also where the caller's locale is
 * another one: names in a PBX are not ASCII because cron's environment is.
 */
#ifndef COLUMNS_H
#define COLUMNS_H

#include <stddef.h>

#include "strbuf.h"

/* Terminal cells that `text` takes; a byte that is no UTF-8 counts as one. */
size_t columns_width(const char *text);

/* Appends `text` and blanks up to `width` cells; a longer text is not cut. */
void columns_add(struct strbuf *out, const char *text, size_t width);

/* Printable (log.h), and cut with "…" where it would push everything else off the screen.  Caller frees. */
char *columns_name(const char *text);

#endif
