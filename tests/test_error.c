/* test_error - kinds, sentences and who owns them. */
#include "error.h"

#include "check.h"

static void empty(void **state)
{
	struct error err = ERROR_INIT;

	(void)state;
	assert_int_equal(err.kind, ERROR_NONE);
	assert_int_equal(err.exit_code, 0);
	assert_string_equal(error_text(&err), "no error");
	error_clear(&err);
	error_clear(&err);
	assert_string_equal(error_text(&err), "no error");
}

static void set(void **state)
{
	struct error err = ERROR_INIT;

	(void)state;
	assert_int_equal(error_set(&err, ERROR_NOW, "extension %s: %d", "100", 7), -1);
	assert_int_equal(err.kind, ERROR_NOW);
	assert_int_equal(err.exit_code, 0);
	assert_string_equal(error_text(&err), "extension 100: 7");
	/* Again: the old text goes, and it may be an argument of the new one. */
	assert_int_equal(error_set(&err, ERROR_BUG, "(%s)", error_text(&err)), -1);
	assert_int_equal(err.kind, ERROR_BUG);
	assert_string_equal(error_text(&err), "(extension 100: 7)");
	error_clear(&err);
	assert_int_equal(err.kind, ERROR_NONE);
	assert_null(err.text);
}

static void exit_codes(void **state)
{
	static const struct { int code; enum error_kind kind; } rows[] = {
		{ EXIT_FAULT, ERROR_NEVER }, { EXIT_FENCE, ERROR_NEVER }, { EXIT_LOCKED, ERROR_LATER },
		{ EXIT_USAGE, ERROR_NEVER }, { EXIT_LATER, ERROR_LATER }, { EXIT_DENIED, ERROR_NEVER },
		{ EXIT_CONFIG, ERROR_NEVER },
	};
	struct error err = ERROR_INIT;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_int_equal(error_exit(&err, rows[i].code, "code %d", rows[i].code), -1);
		assert_int_equal(err.exit_code, rows[i].code);
		assert_int_equal(err.kind, rows[i].kind);
	}
	/* error_set() after error_exit() leaves no old code behind. */
	error_set(&err, ERROR_NEVER, "plain");
	assert_int_equal(err.exit_code, 0);
	error_clear(&err);
}

static void prefix(void **state)
{
	struct error err = ERROR_INIT;

	(void)state;
	error_exit(&err, EXIT_CONFIG, "unknown key");
	assert_int_equal(error_prefix(&err, "%s:%d", "swbridge.conf", 3), -1);
	assert_string_equal(error_text(&err), "swbridge.conf:3: unknown key");
	assert_int_equal(err.exit_code, EXIT_CONFIG);
	assert_int_equal(err.kind, ERROR_NEVER);
	error_prefix(&err, "<%s>", error_text(&err));
	assert_string_equal(error_text(&err), "<swbridge.conf:3: unknown key>: swbridge.conf:3: unknown key");
	error_clear(&err);
}

static void move(void **state)
{
	struct error from = ERROR_INIT, to = ERROR_INIT;

	(void)state;
	error_set(&to, ERROR_LATER, "old");
	error_exit(&from, EXIT_DENIED, "new");
	error_move(&to, &from);
	assert_string_equal(error_text(&to), "new");
	assert_int_equal(to.exit_code, EXIT_DENIED);
	assert_int_equal(to.kind, ERROR_NEVER);
	assert_int_equal(from.kind, ERROR_NONE);
	assert_null(from.text);
	error_clear(&from);
	error_clear(&to);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(empty),
		cmocka_unit_test(set),
		cmocka_unit_test(exit_codes),
		cmocka_unit_test(prefix),
		cmocka_unit_test(move),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
