/* test_utf8 - the boundaries of RFC 3629, section 4. */
#include "utf8.h"

#include "check.h"

#include <string.h>

static const struct {
	const char *text;
	size_t len; /* of the first sequence; 0: not well-formed */
} rows[] = {
	/* One byte; the terminator counts as one too. */
	{ "", 1 }, { "\x01", 1 }, { "a", 1 }, { "\x7f", 1 },
	/* A continuation byte, or one that never stands anywhere, leads. */
	{ "\x80", 0 }, { "\xbf", 0 }, { "\xc0\x80", 0 }, { "\xc1\xbf", 0 }, { "\xf5\x80\x80\x80", 0 },
	{ "\xf8\x88\x80\x80\x80", 0 }, { "\xfc\x84\x80\x80\x80\x80", 0 }, { "\xfe", 0 }, { "\xff", 0 },
	/* Two bytes: C2..DF 80..BF */
	{ "\xc2\x80", 2 }, { "\xdf\xbf", 2 }, { "\xc3\xa9t", 2 },
	{ "\xc2\x7f", 0 }, { "\xc2\xc0", 0 }, { "\xc2", 0 }, { "\xdf", 0 },
	/* Three bytes: E0 A0..BF, E1..EC 80..BF, ED 80..9F, EE..EF 80..BF */
	{ "\xe0\xa0\x80", 3 }, { "\xe0\xbf\xbf", 3 }, { "\xe0\x9f\xbf", 0 }, { "\xe0\x80\x80", 0 },
	{ "\xe1\x80\x80", 3 }, { "\xe2\x82\xac", 3 }, { "\xec\xbf\xbf", 3 },
	{ "\xed\x9f\xbf", 3 }, { "\xed\xa0\x80", 0 }, { "\xed\xbf\xbf", 0 }, /* surrogates */
	{ "\xee\x80\x80", 3 }, { "\xef\xbf\xbf", 3 }, { "\xef\xbb\xbf", 3 },
	{ "\xe1\x80", 0 }, { "\xe1", 0 }, { "\xe1\x80\x7f", 0 }, { "\xe1\x80\xc0", 0 }, { "\xe1\x7f\x80", 0 },
	/* Four bytes: F0 90..BF, F1..F3 80..BF, F4 80..8F */
	{ "\xf0\x90\x80\x80", 4 }, { "\xf0\xbf\xbf\xbf", 4 }, { "\xf0\x8f\xbf\xbf", 0 }, { "\xf0\x80\x80\x80", 0 },
	{ "\xf1\x80\x80\x80", 4 }, { "\xf3\xbf\xbf\xbf", 4 },
	{ "\xf4\x80\x80\x80", 4 }, { "\xf4\x8f\xbf\xbf", 4 }, { "\xf4\x90\x80\x80", 0 },
	{ "\xf1\x80\x80", 0 }, { "\xf1\x80", 0 }, { "\xf1", 0 },
	{ "\xf1\x80\x80\x7f", 0 }, { "\xf1\x80\xc0\x80", 0 }, { "\xf1\xc0\x80\x80", 0 },
};

static void lengths(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		size_t got = utf8_len(rows[i].text);

		if (got != rows[i].len)
			fail_msg("row %zu: got %zu, wanted %zu", i, got, rows[i].len);
	}
}

/* The same rows between other text: a text is as good as its worst sequence. */
static void texts(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char text[32] = "ok \xc3\xa9 ";

		strcat(text, rows[i].text);
		if (utf8_valid(text) != (rows[i].len != 0))
			fail_msg("row %zu", i);
	}
	assert_true(utf8_valid(""));
	assert_true(utf8_valid("J\xc3\xb6rg \xf0\x9f\x93\x9e"));
	assert_false(utf8_valid("J\xf6rg")); /* Latin-1 */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lengths),
		cmocka_unit_test(texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
