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

/* The length of the well-formed sequence at s, or 0 (RFC 3629, section 4). */
static size_t sequence(const unsigned char *s, size_t left)
{
	unsigned low = 0x80;
	unsigned high = 0xbf;
	size_t len = 0;
	size_t i = 0;

	if (s[0] < 0x80)
		return 1;
	if (s[0] < 0xc2 || s[0] > 0xf4)
		return 0;
	len = s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
	if (s[0] == 0xe0)
		low = 0xa0;
	else if (s[0] == 0xed)
		high = 0x9f;
	else if (s[0] == 0xf0)
		low = 0x90;
	else if (s[0] == 0xf4)
		high = 0x8f;
	if (left < len || s[1] < low || s[1] > high)
		return 0;
	for (i = 2; i < len; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	return len;
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
