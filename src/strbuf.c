/* strbuf - a string that grows. */
#include "strbuf.h"

#include "mem.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char strbuf_empty[1] = "";

void strbuf_init(struct strbuf *b)
{
	*b = (struct strbuf)STRBUF_INIT;
}

/* realloc(3) may leave a copy of the old bytes, so secrets are moved by hand. */
static void grow(struct strbuf *b, size_t size)
{
	char *old = b->size ? b->data : NULL;

	if (!b->secret || !old) {
		b->data = mem_grow(old, size, 1);
	} else {
		b->data = mem_array(size, 1);
		memcpy(b->data, old, b->len);
		mem_wipe(old, b->size);
		mem_free(old);
	}
	b->size = size;
	b->data[b->len] = '\0';
}

void strbuf_reserve(struct strbuf *b, size_t extra)
{
	size_t need = b->len + extra + 1;

	assert(need > b->len);
	if (need <= b->size)
		return;
	grow(b, need < 2 * b->size ? 2 * b->size : need < 64 ? 64 : need);
}

void strbuf_add(struct strbuf *b, const void *data, size_t len)
{
	if (!len)
		return;
	strbuf_reserve(b, len);
	memcpy(b->data + b->len, data, len);
	b->len += len;
	b->data[b->len] = '\0';
}

void strbuf_puts(struct strbuf *b, const char *s)
{
	strbuf_add(b, s, strlen(s));
}

void strbuf_putc(struct strbuf *b, char c)
{
	strbuf_add(b, &c, 1);
}

void strbuf_vprintf(struct strbuf *b, const char *format, va_list args)
{
	va_list again;
	int len;

	va_copy(again, args);
	len = vsnprintf(NULL, 0, format, args);
	assert(len >= 0);
	strbuf_reserve(b, (size_t)len);
	vsnprintf(b->data + b->len, (size_t)len + 1, format, again);
	b->len += (size_t)len;
	va_end(again);
}

void strbuf_printf(struct strbuf *b, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	strbuf_vprintf(b, format, args);
	va_end(args);
}

void strbuf_truncate(struct strbuf *b, size_t len)
{
	assert(len <= b->len);
	if (len == b->len)
		return;
	if (b->secret)
		mem_wipe(b->data + len, b->len - len);
	b->len = len;
	b->data[len] = '\0';
}

char *strbuf_detach(struct strbuf *b)
{
	char *s = b->size ? b->data : mem_strdup("");
	bool secret = b->secret;

	strbuf_init(b);
	b->secret = secret;
	return s;
}

void strbuf_release(struct strbuf *b)
{
	bool secret = b->secret;

	if (b->size) {
		if (secret)
			mem_wipe(b->data, b->size);
		mem_free(b->data);
	}
	strbuf_init(b);
	b->secret = secret;
}
