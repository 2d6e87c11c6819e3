/*
 * strbuf - a string that grows.
 *
 * `data` is always terminated and never NULL after strbuf_init() or
 * STRBUF_INIT; `len` does not count the terminator, and bytes of value 0 may
 * stand inside.  The owner calls strbuf_release().  A buffer for a secret says so
 * from its start (`secret`): growing it, cutting it and releasing it then wipe
 * what they leave behind.
 */
#ifndef STRBUF_H
#define STRBUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct strbuf {
	char *data;
	size_t len;
	size_t size; /* 0: data points at a shared empty string */
	bool secret;
};

extern char strbuf_empty[];

#define STRBUF_INIT { .data = strbuf_empty }
#define STRBUF_INIT_SECRET { .data = strbuf_empty, .secret = true }

void strbuf_init(struct strbuf *b);
void strbuf_reserve(struct strbuf *b, size_t extra); /* room for `extra` bytes and the terminator */
void strbuf_add(struct strbuf *b, const void *data, size_t len);
void strbuf_puts(struct strbuf *b, const char *s);
void strbuf_putc(struct strbuf *b, char c);
void strbuf_printf(struct strbuf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
void strbuf_vprintf(struct strbuf *b, const char *format, va_list args) __attribute__((format(printf, 2, 0)));
void strbuf_truncate(struct strbuf *b, size_t len); /* to `len`, which must not be beyond the end */

/* Gives the string away (caller frees it) and leaves an empty buffer. */
char *strbuf_detach(struct strbuf *b);

void strbuf_release(struct strbuf *b);

#endif
