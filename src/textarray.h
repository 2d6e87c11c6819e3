/*
 * textarray - the text form of PostgreSQL's text[], as one parameter.
 *
 * Source: PostgreSQL's manual, "Arrays", Array Input and Output Syntax.
 */
#ifndef TEXTARRAY_H
#define TEXTARRAY_H

#include <stddef.h>

/* Every element is quoted; NULL is never among them.  Caller frees. */
char *textarray(const char *const *values, size_t count);

#endif
