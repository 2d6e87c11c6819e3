/* test_report_file - the lines of a report file, and what a migration says before it asks; no I/O. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "report_file.h"
#include "report_migrate.h"

static void test_csv(void **state)
{
	static const struct {
		struct report_file_row row;
		bool secrets;
		const char *text;
	} rows[] = {
		{ { .key = "k", .extension = "101", .done = "created", .username = "101", .domain = "d.example", .secret = "s",
		    .email = "e@x", .subscriber_id = "1", .sip_endpoint_id = "2" }, false, "k,101,created,,101,d.example,e@x,1,2\r\n" },
		{ { .key = "k", .extension = "101", .done = "created", .username = "101", .domain = "d.example", .secret = "s",
		    .email = "e@x", .subscriber_id = "1", .sip_endpoint_id = "2" }, true, "k,101,created,,101,d.example,s,e@x,1,2\r\n" },
		/* RFC 4180, section 2: a comma, a quote and a line's end go into quotes, a quote twice. */
		{ { .key = "a,b", .extension = "a\"b", .done = "a\r\nb", .why = " a b " }, false,
		  "\"a,b\",\"a\"\"b\",\"a\r\nb\", a b ,,,,,\r\n" },
		{ { .secret = "\"" }, true, ",,,,,,\"\"\"\",,,\r\n" },
		{ { .secret = "never" }, false, ",,,,,,,,\r\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct strbuf out = STRBUF_INIT;

		report_file_csv(&out, &rows[i].row, rows[i].secrets);
		assert_string_equal(out.data, rows[i].text);
		strbuf_release(&out);
	}
}

static void test_names(void **state)
{
	struct strbuf out = STRBUF_INIT;

	(void)state;
	report_file_csv(&out, NULL, false);
	assert_string_equal(out.data, "key,extension,done,why,username,domain,email,subscriber_id,sip_endpoint_id\r\n");
	strbuf_truncate(&out, 0);
	report_file_csv(&out, NULL, true);
	assert_non_null(strstr(out.data, ",secret,"));
	strbuf_release(&out);
}

static void test_json(void **state)
{
	const struct report_file_row row = { .key = "k\"", .extension = "1", .done = "created", .secret = "s" };
	struct strbuf out = STRBUF_INIT;

	(void)state;
	report_file_json(&out, &row, false);
	assert_string_equal(out.data, "{\"type\":\"extension\",\"key\":\"k\\\"\",\"extension\":\"1\",\"done\":\"created\",\"why\":null,"
				      "\"username\":null,\"domain\":null,\"email\":null,\"subscriber_id\":null,"
				      "\"sip_endpoint_id\":null}\n");
	strbuf_truncate(&out, 0);
	report_file_json(&out, &row, true);
	assert_non_null(strstr(out.data, "\"secret\":\"s\""));
	strbuf_release(&out);
}

static void test_endings(void **state)
{
	static const struct {
		const char *path;
		int exit_code;
	} rows[] = {
		{ "a.csv", 0 }, { "/tmp/a.CSV", 0 }, { "a.json", 0 }, { "a.jsonl", 0 }, { "a.ndjson", 0 },
		{ "a", EXIT_USAGE }, { "a.txt", EXIT_USAGE }, { "a.csv/b", EXIT_USAGE }, { "", EXIT_USAGE }, { "a.", EXIT_USAGE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct error err = ERROR_INIT;

		assert_int_equal(report_file_check(rows[i].path, &err) ? err.exit_code : 0, rows[i].exit_code);
		error_clear(&err);
	}
}

static void test_preview(void **state)
{
	struct preflight_counts counts = { .subscribers = 2, .totals = { .unchanged = 7 } };
	struct report_migrate what = {
		.counts = &counts, .subscribers = 1, .credentials = 4, .price_cents = 305, .write_rate = 10,
	};
	struct strbuf out = STRBUF_INIT;

	(void)state;
	assert_int_equal(report_migrate_work(&counts), 0);
	counts.kind[PREFLIGHT_CREATE] = counts.chosen[PREFLIGHT_CREATE] = 9;
	counts.kind[PREFLIGHT_SKIP] = counts.chosen[PREFLIGHT_SKIP] = 3;
	counts.kind[PREFLIGHT_FOREIGN] = counts.chosen[PREFLIGHT_FOREIGN] = 5;
	assert_int_equal(report_migrate_work(&counts), 9);
	report_migrate_preview(&out, &what);
	assert_non_null(strstr(out.data, "1 subscriber with 4 SIP credentials, and 0 standalone ones.\n"));
	assert_non_null(strstr(out.data, "9 to create, 5 left alone (something exists remotely that is not in the ledger), "
					 "3 skipped, 7 in step.\n"));
	assert_non_null(strstr(out.data, "Subscribers: 1 now, 3.05 dollars a month; 2 more: +6.10 dollars a month (3.05 each).\n"));
	assert_non_null(strstr(out.data, "About 11 requests that change something: at least 2 s at [signalwire] write_rate (10).\n"));
	assert_non_null(strstr(out.data, "swbridge migrate --adopt.\n"));
	assert_null(strstr(out.data, "password"));

	/* One is one; what was held is told from what is beside it. */
	strbuf_truncate(&out, 0);
	{
		struct preflight_counts one = { 0 };

		one.kind[PREFLIGHT_CHANGE] = one.chosen[PREFLIGHT_CHANGE] = 1;
		one.kind[PREFLIGHT_MOVE] = one.chosen[PREFLIGHT_MOVE] = 2;
		one.kind[PREFLIGHT_SKIP] = one.chosen[PREFLIGHT_SKIP] = 1;
		what.counts = &one;
		report_migrate_preview(&out, &what);
		what.counts = &counts;
	}
	assert_non_null(strstr(out.data, "1 to change, 2 held (the change removes something), 1 skipped.\n"));
	assert_non_null(strstr(out.data, "About 1 request that changes something"));

	/* Adopting is said to set the password, and whose the subscribers are. */
	strbuf_truncate(&out, 0);
	counts.kind[PREFLIGHT_ADOPT] = counts.chosen[PREFLIGHT_ADOPT] = 1;
	what.adopt = what.ours = true;
	report_migrate_preview(&out, &what);
	assert_non_null(strstr(out.data, "Adopting sets the password"));
	assert_non_null(strstr(out.data, "count as made by swbridge"));

	/* A canary says how many of how many; where nothing costs anything no dollars are named. */
	strbuf_truncate(&out, 0);
	counts.chosen[PREFLIGHT_CREATE] = 2;
	what.canary = 3;
	what.price_cents = 0;
	report_migrate_preview(&out, &what);
	assert_non_null(strstr(out.data, "The first 3 only (--canary), of 10: 2 to create, 1 to adopt"));
	assert_null(strstr(out.data, "dollars"));
	strbuf_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_csv),     cmocka_unit_test(test_names),   cmocka_unit_test(test_json),
		cmocka_unit_test(test_endings), cmocka_unit_test(test_preview),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
