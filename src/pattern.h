/*
 * pattern - writes a shell pattern as a regular expression of PostgreSQL.
 *
 * [mirror] include and exclude are shell patterns (POSIX.1-2017, XCU 2.13.1),
 * and the server compares them with every extension: `*` is any text, `?` any
 * character, `[...]` and `[!...]` a choice, and a backslash takes what comes
 * next as it is.  A slash is nothing special.
 */
#ifndef PATTERN_H
#define PATTERN_H

/* An advanced regular expression (PostgreSQL, 9.7.3) that has to match the whole text.  Caller frees. */
char *pattern_regex(const char *pattern);

#endif
