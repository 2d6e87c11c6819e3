/* jsonline - one JSON object a line, for --json. */
#include "jsonline.h"

#include "utf8.h"

#include <stdlib.h>

static void add_string(struct strbuf *out, const char *s)
{
	strbuf_putc(out, '"');
	while (*s) {
		size_t len = utf8_len(s);

		if (!len) {
			strbuf_puts(out, "\\ufffd");
			s++;
			continue;
		}
		if (*s == '"' || *s == '\\')
			strbuf_printf(out, "\\%c", *s);
		else if (len == 1 && ((unsigned char)*s < 0x20 || *s == 0x7f))
			strbuf_printf(out, "\\u%04x", (unsigned)*s);
		else
			strbuf_add(out, s, len);
		s += len;
	}
	strbuf_putc(out, '"');
}

static void add_name(struct strbuf *out, const char *name)
{
	strbuf_putc(out, ',');
	add_string(out, name);
	strbuf_putc(out, ':');
}

void jsonline_begin(struct strbuf *out, const char *type)
{
	strbuf_puts(out, "{\"type\":");
	add_string(out, type);
}

void jsonline_text(struct strbuf *out, const char *name, const char *value)
{
	add_name(out, name);
	if (value)
		add_string(out, value);
	else
		strbuf_puts(out, "null");
}

void jsonline_int(struct strbuf *out, const char *name, int64_t value)
{
	add_name(out, name);
	strbuf_printf(out, "%lld", (long long)value);
}

void jsonline_bool(struct strbuf *out, const char *name, bool value)
{
	add_name(out, name);
	strbuf_puts(out, value ? "true" : "false");
}

void jsonline_cents(struct strbuf *out, const char *name, int64_t cents)
{
	add_name(out, name);
	strbuf_printf(out, "%s%lld.%02lld", cents < 0 ? "-" : "", llabs((long long)cents) / 100,
		      llabs((long long)cents) % 100);
}

void jsonline_seconds(struct strbuf *out, const char *name, double seconds)
{
	/* Whole milliseconds, so that no locale's decimal comma gets in. */
	int64_t ms = (int64_t)(seconds * 1000.0 + 0.5);

	add_name(out, name);
	strbuf_printf(out, "%lld.%03lld", (long long)(ms / 1000), (long long)(ms % 1000));
}

void jsonline_end(struct strbuf *out)
{
	strbuf_puts(out, "}\n");
}
