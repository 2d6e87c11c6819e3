/*
 * issued - the secrets that this run issued, until they are in its report file.
 *
 * In memory alone, and wiped.  Nothing rests on it: each of them was printed when
 * it was issued (report.h), and whoever lost one asks for another (retry --secret).
 */
#ifndef ISSUED_H
#define ISSUED_H

struct issued;

struct issued *issued_new(void);
void issued_free(struct issued *issued); /* NULL is fine */

void issued_keep(struct issued *issued, const char *key, const char *secret); /* copied; the last one of a key counts */
const char *issued_find(const struct issued *issued, const char *key);         /* borrowed; NULL: none.  `issued` may be NULL */

#endif
