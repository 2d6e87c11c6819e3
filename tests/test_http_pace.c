/* The token bucket and the window, as tables. */
#include "check.h"

#include "http_pace.h"

/* At `now`, `takes` tokens are asked for, `got` of them given; then `wait` ms until the next. */
struct step {
	int64_t now;
	int takes, got;
	int64_t wait;
};

static void run_bucket(int64_t rate, const struct step *steps, size_t count)
{
	struct http_pace pace;

	http_pace_init(&pace, rate, 8, 1000);
	for (size_t i = 0; i < count; i++) {
		int got = 0;

		for (int n = 0; n < steps[i].takes; n++)
			got += http_pace_take(&pace, 1000 + steps[i].now);
		assert_int_equal(got, steps[i].got);
		assert_int_equal(http_pace_wait(&pace, 1000 + steps[i].now), steps[i].wait);
	}
}

static void test_bucket(void **state)
{
	static const struct step hundred[] = {
		{ 0, 20, 10, 10 }, { 9, 1, 0, 1 }, { 10, 5, 1, 10 }, { 30, 5, 2, 10 },
		{ 1000, 20, 10, 10 },                     /* no more than it holds */
		{ 990, 1, 0, 10 },                        /* a clock that goes back brings nothing */
		{ 1005, 1, 0, 5 }, { 1010, 1, 1, 10 }
	};
	static const struct step one[] = { { 0, 3, 1, 1000 }, { 999, 1, 0, 1 }, { 1000, 2, 1, 1000 } };
	static const struct step fast[] = { { 0, 200, 138, 1 }, { 1, 5, 1, 1 }, { 2, 5, 1, 1 }, { 3, 5, 2, 1 } };
	static const struct step far[] = { { 0, 1, 1, 1000 }, { INT64_C(4000000000000000), 2, 1, 1000 } };

	(void)state;
	run_bucket(100, hundred, COUNT(hundred));
	run_bucket(1, one, COUNT(one));
	run_bucket(0, one, COUNT(one)); /* less than one a second is one a second */
	run_bucket(1380, fast, COUNT(fast));
	run_bucket(1, far, COUNT(far));
}

/* Over any ten seconds no more than the rate and one full bucket. */
static void test_bucket_long_run(void **state)
{
	struct http_pace pace;
	int got = 0;

	(void)state;
	http_pace_init(&pace, 1380, 192, 0);
	for (int64_t now = 0; now < 10000; now++)
		while (http_pace_take(&pace, now))
			got++;
	assert_in_range(got, 13800, 13800 + 138);
}

static void answers(struct http_pace *pace, uint64_t first, uint64_t last, int status)
{
	for (uint64_t n = first; n <= last; n++)
		http_pace_answer(pace, n, status);
}

static void test_window(void **state)
{
	struct http_pace pace;

	(void)state;
	http_pace_init(&pace, 100, 16, 0);
	assert_int_equal(pace.window, 16);
	for (int i = 0; i < 16; i++)
		assert_int_equal(http_pace_start(&pace), i);

	answers(&pace, 0, 3, 200);
	assert_int_equal(pace.window, 16); /* never beyond the most */
	answers(&pace, 4, 15, 429);
	assert_int_equal(pace.window, 8); /* once a round trip */

	for (int i = 0; i < 8; i++)
		http_pace_start(&pace);
	answers(&pace, 16, 22, 204);
	assert_int_equal(pace.window, 8);
	answers(&pace, 23, 23, 404); /* neither good nor bad */
	assert_int_equal(pace.window, 8);
	answers(&pace, 23, 23, 201);
	assert_int_equal(pace.window, 9);

	http_pace_start(&pace);
	answers(&pace, 15, 15, 429); /* from before the halving */
	assert_int_equal(pace.window, 9);
	for (uint64_t n = 24; n < 30; n++) {
		http_pace_answer(&pace, n, 429);
		http_pace_start(&pace);
	}
	assert_int_equal(pace.window, 1); /* 4, 2, 1, and never 0 */
	http_pace_answer(&pace, 31, 200);
	assert_int_equal(pace.window, 2);
}

static void test_window_bounds(void **state)
{
	static const struct { int64_t most; int window; } cases[] = {
		{ -5, 1 }, { 0, 1 }, { 1, 1 }, { 192, 192 }, { INT64_MAX, INT32_MAX }
	};
	struct http_pace pace;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		http_pace_init(&pace, 100, cases[i].most, 0);
		assert_int_equal(pace.window, cases[i].window);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bucket),
		cmocka_unit_test(test_bucket_long_run),
		cmocka_unit_test(test_window),
		cmocka_unit_test(test_window_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
