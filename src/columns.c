/* columns - text in columns on a terminal, whatever alphabet it is in. */
#include "columns.h"

#include "log.h"
#include "mem.h"
#include "utf8.h"

#include <locale.h>
#include <stdint.h>
#include <string.h>
#include <wchar.h>

enum { NAME_MAX_CHARACTERS = 60 };

/* The code point of a valid sequence (RFC 3629). */
static wchar_t code_point(const char *s, size_t len)
{
	static const unsigned char first[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	uint32_t c = (unsigned char)s[0] & first[len];

	for (size_t i = 1; i < len; i++)
		c = (c << 6) | ((unsigned char)s[i] & 0x3f);
	return (wchar_t)c;
}

static size_t measure(const char *text)
{
	size_t cells = 0;

	while (*text) {
		size_t len = utf8_len(text);
		int width = len ? wcwidth(code_point(text, len)) : 1;

		cells += width >= 0 ? (size_t)width : 1;
		text += len ? len : 1;
	}
	return cells;
}

size_t columns_width(const char *text)
{
	locale_t utf8 = (locale_t)0;
	locale_t before = (locale_t)0;
	size_t cells = 0;
	const char *s = text;

	while (*s && (unsigned char)*s < 0x80)
		s++;
	if (!*s)
		return strlen(text);
	utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	if (utf8)
		before = uselocale(utf8);
	cells = measure(text);
	if (utf8) {
		uselocale(before);
		freelocale(utf8);
	}
	return cells;
}

void columns_add(struct strbuf *out, const char *text, size_t width)
{
	size_t cells = columns_width(text);

	strbuf_puts(out, text);
	for (; cells < width; cells++)
		strbuf_putc(out, ' ');
}

char *columns_name(const char *text)
{
	char *shown = log_printable(text), *cut = NULL;
	size_t end = 0;

	for (int i = 0; i < NAME_MAX_CHARACTERS && shown[end]; i++)
		end += utf8_len(shown + end) ? utf8_len(shown + end) : 1;
	if (shown[end])
		cut = mem_printf("%.*s\xe2\x80\xa6", (int)end, shown);
	if (!cut)
		return shown;
	mem_free(shown);
	return cut;
}
