/* utf8 - is this text well-formed UTF-8 (RFC 3629)? */
#include "utf8.h"

#include <stdint.h>
#include <string.h>

size_t utf8_len(const char *text)
{
	const unsigned char *s = (const unsigned char *)text;
	static const struct { unsigned char mask, lead, low, high; size_t len; } forms[] = {
		{ 0xff, 0xe0, 0xa0, 0xbf, 3 }, { 0xff, 0xed, 0x80, 0x9f, 3 },
		{ 0xff, 0xf0, 0x90, 0xbf, 4 }, { 0xff, 0xf4, 0x80, 0x8f, 4 },
		{ 0xf0, 0xe0, 0x80, 0xbf, 3 }, { 0xe0, 0xc0, 0x80, 0xbf, 2 },
		{ 0xfc, 0xf0, 0x80, 0xbf, 4 },
	};

	if (*s < 0x80)
		return 1;
	if (*s == 0xc0 || *s == 0xc1)
		return 0;
	for (size_t f = 0; f < sizeof forms / sizeof *forms; f++) {
		if ((*s & forms[f].mask) != forms[f].lead)
			continue;
		if (s[1] < forms[f].low || s[1] > forms[f].high)
			return 0;
		for (size_t i = 2; i < forms[f].len; i++)
			if ((s[i] & 0xc0) != 0x80)
				return 0;
		return forms[f].len;
	}
	return 0;
}

/* How many bytes from `s` are ASCII for sure: nearly all text is, and so eight are looked at together. */
static size_t ascii_bytes(const char *s, size_t len)
{
	size_t count = 0;

	for (uint64_t eight = 0; count + sizeof eight <= len; count += sizeof eight) {
		memcpy(&eight, s + count, sizeof eight);
		if (eight & UINT64_C(0x8080808080808080))
			break;
	}
	return count;
}

bool utf8_valid(const char *s)
{
	const char *end = s + strlen(s);

	for (;;) {
		size_t len = 0;

		s += ascii_bytes(s, (size_t)(end - s));
		if (s == end)
			return true;
		len = utf8_len(s);
		if (!len)
			return false;
		s += len;
	}
}
