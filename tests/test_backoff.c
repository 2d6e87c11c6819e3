/* test_backoff - the ceilings double, the waits stay below them, the tries end. */
#include "check.h"

#include "backoff.h"

/* With these random bits the wait is its ceiling: ceiling + 1 divides random + 1. */
static uint64_t highest(int64_t ceiling)
{
	return (uint64_t)ceiling;
}

static void test_ceilings_double(void **state)
{
	static const struct {
		struct backoff backoff;
		int64_t ceilings[10];
	} rows[] = {
		{ { .first_ms = 250, .longest_ms = 30000, .tries_left = -1 }, { 250, 500, 1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000 } },
		{ { .first_ms = 100, .longest_ms = 10000, .tries_left = -1 }, { 100, 200, 400, 800, 1600, 3200, 6400, 10000, 10000, 10000 } },
		{ { .first_ms = 5000, .longest_ms = 1000, .tries_left = -1 }, { 1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000 } },
		{ { .first_ms = 0, .longest_ms = 1000, .tries_left = -1 }, { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 } },
		{ { .first_ms = INT64_MAX / 4, .longest_ms = INT64_MAX, .tries_left = -1 },
		  { INT64_MAX / 4, INT64_MAX / 4 * 2, INT64_MAX / 4 * 4, INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX } },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct backoff backoff = rows[i].backoff;

		for (int j = 0; j < 10; j++) {
			struct backoff low = backoff, beyond = backoff;
			int64_t ceiling = rows[i].ceilings[j];

			assert_int_equal(backoff_next(&low, 0, -1), 0);
			assert_int_equal(backoff_next(&beyond, (uint64_t)ceiling + 1, -1), 0);
			assert_int_equal(backoff_next(&backoff, highest(ceiling), -1), ceiling);
			assert_int_equal(backoff.failures, j + 1);
		}
	}
}

static void test_presets(void **state)
{
	(void)state;
	assert_int_equal(BACKOFF_REQUEST.first_ms, 250);
	assert_int_equal(BACKOFF_REQUEST.longest_ms, 30000);
	assert_int_equal(BACKOFF_REQUEST.tries_left, 6);
	assert_int_equal(BACKOFF_RECONNECT.first_ms, 100);
	assert_int_equal(BACKOFF_RECONNECT.longest_ms, 10000);
	assert_int_equal(BACKOFF_RECONNECT.tries_left, -1);
}

static void test_tries_end(void **state)
{
	struct backoff backoff = BACKOFF_REQUEST;

	(void)state;
	for (int i = 0; i < 6; i++)
		assert_true(backoff_next(&backoff, 1, -1) >= 0);
	assert_int_equal(backoff_next(&backoff, 1, -1), -1);
	assert_int_equal(backoff_next(&backoff, 1, 1000), -1); /* not even where the server asks for it */
	assert_int_equal(backoff.tries_left, 0);
}

static void test_never_ends(void **state)
{
	struct backoff backoff = BACKOFF_RECONNECT;

	(void)state;
	for (int i = 0; i < 100000; i++)
		assert_in_range(backoff_next(&backoff, (uint64_t)i * 0x9e3779b97f4a7c15u, -1), 0, 10000);
	assert_int_equal(backoff.tries_left, -1);
}

static void test_retry_after(void **state)
{
	static const struct {
		int64_t retry_after, random, wait;
	} rows[] = {
		/* first ceiling 250, longest 30000 */
		{ -1, 250, 250 },     { 0, 0, 0 },         { 0, 250, 250 },        { 1000, 0, 1000 },     { 1000, 250, 1250 },
		{ 29999, 250, 30000 }, { 30000, 0, 30000 }, { 30000, 250, 30000 },  { 86400000, 0, 30000 }, { INT64_MAX, 250, 30000 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct backoff backoff = BACKOFF_REQUEST;

		assert_int_equal(backoff_next(&backoff, (uint64_t)rows[i].random, rows[i].retry_after), rows[i].wait);
		assert_int_equal(backoff.tries_left, 5);
	}
}

/* Whatever the server says: not sooner than it asks for, unless that is clamped, and never later than the longest. */
static void test_bounds(void **state)
{
	uint64_t random = 7;
	bool low = false, high = false;

	(void)state;
	for (int round = 0; round < 10000; round++) {
		struct backoff backoff = BACKOFF_REQUEST;

		for (int i = 0; i < 6; i++) {
			int64_t after = 0, wait = 0;

			random = random * 6364136223846793005u + 1442695040888963407u;
			after = round % 2 ? -1 : (int64_t)((random >> 20) % 60000);
			wait = backoff_next(&backoff, random >> 10, after);
			assert_true(wait >= 0 && wait <= 30000);
			assert_true(after < 0 || wait >= after || wait == 30000);
			/* full jitter uses the whole range */
			low = low || (after < 0 && i == 5 && wait < 800);
			high = high || (after < 0 && i == 5 && wait > 7200);
			assert_true(after >= 0 || wait <= INT64_C(250) << i);
		}
	}
	assert_true(low && high);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ceilings_double), cmocka_unit_test(test_presets),     cmocka_unit_test(test_tries_end),
		cmocka_unit_test(test_never_ends),      cmocka_unit_test(test_retry_after), cmocka_unit_test(test_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
