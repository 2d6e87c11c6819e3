/* secret - makes SIP passwords that nobody knew before. */
#include "secret.h"

#include <sys/random.h>

#include "mem.h"

const char secret_alphabet[] = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789";

enum { LETTERS = sizeof secret_alphabet - 1, BITS = 63 };

_Static_assert(LETTERS == 56, "a byte's six bits must reach every letter");

static bool draw(struct strbuf *out, size_t length)
{
	unsigned char bytes[64] = { 0 };
	bool drawn = true;

	strbuf_truncate(out, 0);
	while (drawn && out->len < length) {
		drawn = !getentropy(bytes, sizeof bytes);
		/* What is beyond the last letter is thrown away: none is drawn more often than another. */
		for (size_t i = 0; drawn && i < sizeof bytes && out->len < length; i++)
			if ((bytes[i] & BITS) < LETTERS)
				strbuf_putc(out, secret_alphabet[bytes[i] & BITS]);
	}
	mem_wipe(bytes, sizeof bytes);
	if (!drawn)
		strbuf_truncate(out, 0);
	return drawn;
}

static bool has_all_kinds(const char *text)
{
	bool upper = false, lower = false, digit = false;

	for (; *text; text++) {
		upper = upper || (*text >= 'A' && *text <= 'Z');
		lower = lower || (*text >= 'a' && *text <= 'z');
		digit = digit || (*text >= '0' && *text <= '9');
	}
	return upper && lower && digit;
}

bool secret_make(struct strbuf *out, size_t length)
{
	bool made = draw(out, length);

	/* One in thirty lacks a digit, which a rule for passwords may ask for. */
	while (made && !has_all_kinds(out->data))
		made = draw(out, length);
	return made;
}
