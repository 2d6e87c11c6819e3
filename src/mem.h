/*
 * mem - allocation that cannot fail.
 *
 * When memory is exhausted the process says so on stderr and aborts: there is
 * nothing sensible that a bridge could do half-way, and the ledger makes the
 * next run go on where this one ended.  Everything returned is freed with
 * free(3) or mem_free(); both accept NULL.
 */
#ifndef MEM_H
#define MEM_H

#include <stddef.h>

void *mem_alloc(size_t size);                /* zeroed */
void *mem_array(size_t count, size_t size);  /* zeroed; dies on overflow */
void *mem_grow(void *old, size_t count, size_t size); /* realloc of an array; new part not zeroed */
char *mem_strdup(const char *s);             /* NULL gives NULL */
char *mem_strndup(const char *s, size_t len);
char *mem_printf(const char *format, ...) __attribute__((format(printf, 1, 2)));
void mem_free(void *p);

/*
 * Overwrites a buffer in a way that the compiler may not remove
 * (explicit_bzero(3)): for whatever held a secret.
 */
void mem_wipe(void *p, size_t size);

/* Wipes and frees a string that held a secret; NULL is fine. */
void mem_free_secret(char *s);

#endif
