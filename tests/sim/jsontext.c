/* jsontext - the pieces that the simulator's JSON is written with. */
#include "jsontext.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

void jsontext_bytes(struct strbuf *out, const char *s, size_t len)
{
	size_t from = 0;
	size_t i = 0;

	strbuf_putc(out, '"');
	for (i = 0; i < len; i++) {
		unsigned char c = (unsigned char)s[i];

		if (c >= 0x20 && c != '"' && c != '\\')
			continue;
		strbuf_add(out, s + from, i - from);
		from = i + 1;
		if (c < 0x20)
			strbuf_printf(out, "\\u%04x", (unsigned)c);
		else
			strbuf_printf(out, "\\%c", c);
	}
	strbuf_add(out, s + from, len - from);
	strbuf_putc(out, '"');
}

void jsontext_string(struct strbuf *out, const char *s)
{
	if (!s)
		strbuf_puts(out, "null");
	else
		jsontext_bytes(out, s, strlen(s));
}

char *jsontext_quote(const char *s)
{
	struct strbuf out = STRBUF_INIT;

	jsontext_string(&out, s);
	return strbuf_detach(&out);
}

void jsontext_time(struct strbuf *out, int64_t ms, int digits)
{
	time_t seconds = (time_t)(ms / 1000);
	struct tm tm = { 0 };
	char text[32] = "";

	gmtime_r(&seconds, &tm);
	strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm);
	strbuf_printf(out, "\"%s", text);
	if (digits == 3)
		strbuf_printf(out, ".%03" PRId64, ms % 1000);
	else if (digits == 6)
		strbuf_printf(out, ".%03" PRId64 "000", ms % 1000);
	strbuf_puts(out, "Z\"");
}

int64_t jsontext_read_time(const char *text)
{
	struct tm tm = { 0 };
	const char *rest = text ? strptime(text, "%Y-%m-%dT%H:%M:%S", &tm) : NULL;
	int64_t ms = 0;

	if (!rest)
		return -1;
	if (*rest == '.') {
		int64_t unit = 100;

		for (rest++; *rest >= '0' && *rest <= '9'; rest++, unit /= 10)
			ms += unit * (*rest - '0');
	}
	if (strcmp(rest, "Z") != 0 && *rest)
		return -1;
	return (int64_t)timegm(&tm) * 1000 + ms;
}

/* RFC 3629, section 4: lead bytes, the range of the byte that follows, the length. */
static const struct {
	unsigned char first, last, low, high, len;
} sequences[] = {
	{ 0x00, 0x7f, 0x00, 0x00, 1 }, { 0xc2, 0xdf, 0x80, 0xbf, 2 }, { 0xe0, 0xe0, 0xa0, 0xbf, 3 },
	{ 0xe1, 0xec, 0x80, 0xbf, 3 }, { 0xed, 0xed, 0x80, 0x9f, 3 }, { 0xee, 0xef, 0x80, 0xbf, 3 },
	{ 0xf0, 0xf0, 0x90, 0xbf, 4 }, { 0xf1, 0xf3, 0x80, 0xbf, 4 }, { 0xf4, 0xf4, 0x80, 0x8f, 4 },
};

/* The length of the well-formed sequence at s, or 0. */
static size_t sequence(const unsigned char *s, size_t left)
{
	size_t row = 0;
	size_t i = 0;

	while (row < sizeof sequences / sizeof sequences[0] && s[0] > sequences[row].last)
		row++;
	if (row == sizeof sequences / sizeof sequences[0] || s[0] < sequences[row].first || left < sequences[row].len)
		return 0;
	if (sequences[row].len > 1 && (s[1] < sequences[row].low || s[1] > sequences[row].high))
		return 0;
	for (i = 2; i < sequences[row].len; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	return sequences[row].len;
}

bool jsontext_is_utf8(const char *s, size_t len)
{
	const unsigned char *at = (const unsigned char *)s;

	while (len) {
		size_t step = sequence(at, len);

		if (!step)
			return false;
		at += step;
		len -= step;
	}
	return true;
}

struct json_object *jsontext_parse(const char *s, size_t len)
{
	struct json_tokener *tokener = NULL;
	struct json_object *value = NULL;

	if (!len || !jsontext_is_utf8(s, len))
		return NULL;
	tokener = json_tokener_new_ex(16);
	if (!tokener)
		return NULL;
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
	value = json_tokener_parse_ex(tokener, s, (int)len);
	if (json_tokener_get_error(tokener) != json_tokener_success ||
	    json_tokener_get_parse_end(tokener) != len) {
		json_object_put(value);
		value = NULL;
	}
	json_tokener_free(tokener);
	return value;
}

const char *jsontext_get(struct json_object *object, const char *key, const char *otherwise)
{
	struct json_object *value = NULL;

	if (!json_object_object_get_ex(object, key, &value) || !json_object_is_type(value, json_type_string))
		return otherwise;
	return json_object_get_string(value);
}

int64_t jsontext_get_int(struct json_object *object, const char *key, int64_t otherwise)
{
	struct json_object *value = NULL;

	if (!json_object_object_get_ex(object, key, &value) || !json_object_is_type(value, json_type_int))
		return otherwise;
	return json_object_get_int64(value);
}

double jsontext_get_double(struct json_object *object, const char *key, double otherwise)
{
	struct json_object *value = NULL;

	if (!json_object_object_get_ex(object, key, &value) ||
	    !(json_object_is_type(value, json_type_double) || json_object_is_type(value, json_type_int)))
		return otherwise;
	return json_object_get_double(value);
}

bool jsontext_get_bool(struct json_object *object, const char *key, bool otherwise)
{
	struct json_object *value = NULL;

	if (!json_object_object_get_ex(object, key, &value) || !json_object_is_type(value, json_type_boolean))
		return otherwise;
	return json_object_get_boolean(value);
}
