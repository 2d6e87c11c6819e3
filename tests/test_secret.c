/* test_secret - secrets that are made: their length, their letters, and that no two are the same. */
#include "secret.h"

#include "check.h"

#include <stdlib.h>
#include <string.h>

static void every_one_is_fit(void **state)
{
	struct strbuf secret = STRBUF_INIT_SECRET;
	int seen[256] = { 0 };

	(void)state;
	for (int i = 0; i < 2000; i++) {
		assert_true(secret_make(&secret, SECRET_ISSUED));
		assert_int_equal(secret.len, SECRET_ISSUED);
		assert_int_equal(strlen(secret.data), SECRET_ISSUED);
		assert_int_equal(strspn(secret.data, secret_alphabet), SECRET_ISSUED);
		assert_non_null(strpbrk(secret.data, "ABCDEFGHJKLMNPQRSTUVWXYZ"));
		assert_non_null(strpbrk(secret.data, "abcdefghijkmnpqrstuvwxyz"));
		assert_non_null(strpbrk(secret.data, "23456789"));
		for (const char *c = secret.data; *c; c++)
			seen[(unsigned char)*c]++;
	}
	/* Each is drawn about 857 times, a digit a little more often; six standard deviations are 174. */
	for (const char *c = secret_alphabet; *c; c++)
		assert_in_range(seen[(unsigned char)*c], 857 - 174, 880 + 174);
	strbuf_release(&secret);
}

static void nobody_mistakes_a_letter(void **state)
{
	(void)state;
	assert_int_equal(strlen(secret_alphabet), 56);
	assert_null(strpbrk(secret_alphabet, "0Oo1Il"));
	for (const char *c = secret_alphabet; *c; c++) {
		assert_true((*c >= '0' && *c <= '9') || (*c >= 'A' && *c <= 'Z') || (*c >= 'a' && *c <= 'z'));
		assert_null(strchr(c + 1, *c));
	}
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void no_two_are_the_same(void **state)
{
	enum { MANY = 1000 };
	char *made[MANY];
	struct strbuf secret = STRBUF_INIT_SECRET;

	(void)state;
	for (int i = 0; i < MANY; i++) {
		assert_true(secret_make(&secret, SECRET_ISSUED));
		made[i] = strdup(secret.data);
	}
	qsort(made, MANY, sizeof *made, compare);
	for (int i = 1; i < MANY; i++)
		assert_string_not_equal(made[i - 1], made[i]);
	for (int i = 0; i < MANY; i++)
		free(made[i]);
	strbuf_release(&secret);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_one_is_fit),
		cmocka_unit_test(nobody_mistakes_a_letter),
		cmocka_unit_test(no_two_are_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
