/*
 * utf8 - is this text well-formed UTF-8 (RFC 3629)?
 *
 * The API takes nothing else, and a SQL_ASCII database hands out any bytes.
 */
#ifndef UTF8_H
#define UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* Length of the valid sequence at `s` (terminated), 0 where there is none. */
size_t utf8_len(const char *s);

bool utf8_valid(const char *s);

#endif
