/* test_report - columns, JSON lines, progress, words and trailers; no I/O. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "columns.h"
#include "jsonline.h"
#include "mem.h"
#include "progress.h"
#include "report.h"
#include "shellword.h"
#include "textarray.h"

static void test_columns(void **state)
{
	static const struct {
		const char *text;
		size_t width;
	} rows[] = {
		{ "", 0 }, { "101", 3 }, { "J\xc3\xb6rg", 4 }, { "\xe6\x9d\xb1\xe4\xba\xac", 4 },
		{ "e\xcc\x81", 1 }, { "\xff\xfe", 2 }, { "\xf0\x9f\x93\x9e", 2 },
	};
	struct strbuf out = STRBUF_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_int_equal(columns_width(rows[i].text), rows[i].width);
	columns_add(&out, "J\xc3\xb6rg", 6);
	columns_add(&out, "too long", 3);
	assert_string_equal(out.data, "J\xc3\xb6rg  too long");
	strbuf_release(&out);
}

static const char *text_of(struct json_object *object, const char *name)
{
	return json_object_get_string(json_object_object_get(object, name));
}

static void test_json_is_valid(void **state)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{ "plain", "plain" }, { "quote \" slash \\", "quote \" slash \\" }, { "\t\n\x01\x7f", "\t\n\x01\x7f" },
		{ "bad \xff end", "bad \xef\xbf\xbd end" }, { "cut \xc3", "cut \xef\xbf\xbd" },
		{ "\xc3\xb6", "\xc3\xb6" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct strbuf line = STRBUF_INIT;
		struct json_object *object = NULL;

		jsonline_begin(&line, "change");
		jsonline_text(&line, "key", rows[i].in);
		jsonline_text(&line, "none", NULL);
		jsonline_end(&line);
		assert_null(memchr(line.data, '\n', line.len - 1));
		object = json_tokener_parse(line.data);
		assert_non_null(object);
		assert_string_equal(text_of(object, "type"), "change");
		assert_string_equal(text_of(object, "key"), rows[i].out);
		assert_null(json_object_object_get(object, "none"));
		json_object_put(object);
		strbuf_release(&line);
	}
}

static void test_json_numbers(void **state)
{
	struct strbuf line = STRBUF_INIT;

	(void)state;
	jsonline_begin(&line, "summary");
	jsonline_int(&line, "n", INT64_MIN);
	jsonline_cents(&line, "up", 305);
	jsonline_cents(&line, "down", -5);
	jsonline_seconds(&line, "seconds", 1.2345);
	jsonline_bool(&line, "yes", true);
	jsonline_end(&line);
	assert_string_equal(line.data, "{\"type\":\"summary\",\"n\":-9223372036854775808,\"up\":3.05,\"down\":-0.05,"
				       "\"seconds\":1.235,\"yes\":true}\n");
	strbuf_release(&line);
}

static void test_progress(void **state)
{
	static const struct {
		int64_t done, total, ms;
		size_t width;
		const char *text;
	} rows[] = {
		{ 0, 100, 3000, 40, "[...............] 0 of 100, 0.0/s" },
		{ 3, 100, 2000, 60, "[............] 3 of 100, 1.5/s, 1m04s left" },
		{ 99, 1000, 10000, 60, "[............] 99 of 1000, 9.9/s, 1m31s left" },
		{ 50, 100, 5000, 45, "[#######.......] 50 of 100, 10/s, 5s left" },
		{ 100, 100, 5000, 40, "[#############] 100 of 100, 20/s" },
		{ 5, 3, 1000, 10, " 5 of 5, 5" },
		/* in a log: no bar, and nothing is cut */
		{ 50, 100, 5000, 0, " 50 of 100, 10/s, 5s left" },
		{ 1, 36001, 1000, 60, "[.............................] 1 of 36001, 1.0/s, 10h00m left" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct strbuf out = STRBUF_INIT;
		const char *bar = NULL;

		progress_text(&out, rows[i].done, rows[i].total, rows[i].ms, rows[i].width);
		assert_true(!rows[i].width || out.len <= rows[i].width);
		/* What the bar says counts; how long it is, only that it fits. */
		bar = strchr(out.data, ']');
		assert_string_equal(bar ? bar : out.data, strchr(rows[i].text, ']') ? strchr(rows[i].text, ']') : rows[i].text);
		strbuf_release(&out);
	}
}

static void test_progress_lines(void **state)
{
	struct progress progress = { .started_ms = 1000 };
	struct strbuf out = STRBUF_INIT;

	(void)state;
	progress_update(&progress, 19, 20);
	progress_line(&out, &progress, 31000);
	assert_string_equal(out.data, "19 of 20, 0.6/s, 1s left");
	strbuf_truncate(&out, 0);
	progress_wait(&progress, "for unknown outcomes to settle");
	progress_line(&out, &progress, 41000);
	assert_string_equal(out.data, "19 of 20, waiting for unknown outcomes to settle");
	strbuf_truncate(&out, 0);
	progress_update(&progress, 20, 20);
	progress_line(&out, &progress, 41000);
	assert_string_equal(out.data, "20 of 20, 0.5/s");
	strbuf_release(&out);
}

static void test_lines(void **state)
{
	static const struct {
		enum plan_action action;
		enum pass_state state;
		char sign;
		const char *word;
	} rows[] = {
		{ PLAN_CREATE, PASS_PLANNED, '+', "create" },  { PLAN_CREATE, PASS_DONE, '+', "created" },
		{ PLAN_UPDATE, PASS_DONE, '~', "updated" },    { PLAN_SUSPEND, PASS_PLANNED, '-', "suspend" },
		{ PLAN_REMOVE, PASS_HELD, '!', "remove" },     { PLAN_REMOVE, PASS_UNKNOWN, '!', "remove" },
		{ PLAN_REJECT, PASS_REJECTED, '!', "rejected" }, { PLAN_SKIP, PASS_SKIPPED, ' ', "skipped" },
		{ PLAN_REMOVE_SUBSCRIBER, PASS_DONE, '-', "removed" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct pass_line line = { .action = rows[i].action, .state = rows[i].state };

		assert_int_equal(report_sign(&line), rows[i].sign);
		assert_string_equal(report_word(&line), rows[i].word);
	}
}

static void test_plan_trailer(void **state)
{
	struct strbuf out = STRBUF_INIT;
	const struct pass_summary nothing = { .unchanged = 7 };
	const struct pass_summary much = {
		.created = 3, .updated = 5, .replaced = 1, .removed = 2, .held = 4, .held_removals = 4,
		.subscribers_created = 1, .subscribers_removed = 3, .paused = true,
		.rails = { .removals = { .limit = 2, .taken = 2 } },
	};

	(void)state;
	report_plan_trailer(&out, &nothing, 300);
	assert_string_equal(out.data, "Plan: nothing to do; 7 in step.\n");
	strbuf_truncate(&out, 0);
	report_plan_trailer(&out, &much, 300);
	assert_non_null(strstr(out.data, "Plan: 3 to create, 4 to update, 1 to replace, 2 to remove, 4 held; "));
	assert_non_null(strstr(out.data, "1 added, 3 removed: -6.00 dollars a month (3.00 each)"));
	assert_non_null(strstr(out.data, "Held by max_removals: 4 (limit 2 in 24 hours, 2 used)"));
	assert_non_null(strstr(out.data, "swbridge approve removals"));
	assert_non_null(strstr(out.data, "swbridge resume"));
	assert_null(strstr(out.data, "max_creates"));
	strbuf_release(&out);
}

static void test_trailer_rests(void **state)
{
	static const struct {
		struct pass_summary summary;
		const char *plan, *sync;
	} rows[] = {
		{ { .unchanged = 8, .leaving = 10, .leaving_ms = 1795781005900, .on_remove = CONFIG_SUSPEND },
		  "Plan: nothing to do; 8 in step; 10 gone from the PBX, to be suspended from 2026-11-27 12:03:25+00 on.\n",
		  "Sync: nothing to do; 8 in step before; 10 gone from the PBX, to be suspended from 2026-11-27 12:03:25+00 on; 0 requests" },
		{ { .leaving = 1, .on_remove = CONFIG_DELETE },
		  "Plan: nothing to do; none in step; 1 gone from the PBX, to be deleted from 1970-01-01 00:00:00+00 on.\n",
		  "Sync: nothing to do; none in step before; 1 gone from the PBX, to be deleted from" },
		{ { .keyed = true }, "Plan: nothing to do.\n", "Sync: nothing to do; 0 requests" },
		{ { .unchanged = 1, .orphans = 1 }, "Plan: 1 subscriber to remove; 1 in step.\n",
		  "Sync: 1 subscriber removed; 1 in step before; 0 requests" },
		{ { .unchanged = 1, .orphans = 2 }, "Plan: 2 subscribers to remove; 1 in step.\n",
		  "Sync: 2 subscribers removed; 1 in step before; 0 requests" },
		{ { .rejected = 2, .refused = 2 }, "until their row in the PBX, or what swbridge is told, changes. All of them",
		  "until their row in the PBX, or what swbridge is told, changes. All of them" },
		{ { .rejected = 2, .refused = 1 }, "or for: swbridge retry. All of them", "or for: swbridge retry. All of them" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct strbuf out = STRBUF_INIT;

		report_plan_trailer(&out, &rows[i].summary, 300);
		if (!strstr(out.data, rows[i].plan))
			fail_msg("%s", out.data);
		strbuf_truncate(&out, 0);
		report_sync_trailer(&out, "Sync", &rows[i].summary);
		if (!strstr(out.data, rows[i].sync))
			fail_msg("%s", out.data);
		strbuf_release(&out);
	}
}

static void test_shellword(void **state)
{
	static const struct {
		const char *word, *wanted;
	} rows[] = {
		{ "101", "101" }, { "acme/101", "acme/101" }, { "a@b.example", "a@b.example" }, { "11 5", "'11 5'" },
		{ "it's", "'it'\\''s'" }, { "$(x)", "'$(x)'" }, { "", "''" }, { "Zo\xc3\xab", "'Zo\xc3\xab'" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char *word = shellword(rows[i].word);

		assert_string_equal(word, rows[i].wanted);
		mem_free(word);
	}
}

static void test_sync_trailer(void **state)
{
	struct strbuf out = STRBUF_INIT;
	const struct pass_summary summary = {
		.created = 2, .unknown = 1, .unchanged = 9, .requests = 1, .seconds = 61.27, .source_empty = true,
	};

	(void)state;
	report_repair_trailer(&out, &(struct pass_summary){ .created = 2, .updated = 1, .requests = 3, .seconds = 1.2 });
	assert_string_equal(out.data, "Repair: 2 created, 1 updated; 3 requests in 1.2 s.\n");
	strbuf_truncate(&out, 0);
	report_sync_trailer(&out, "Sync", &summary);
	assert_non_null(strstr(out.data, "Sync: 2 created, 1 of unknown outcome; 9 in step before; 1 request in 61.2 s.\n"));
	assert_non_null(strstr(out.data, "The source has no rows"));
	strbuf_release(&out);
}

static void test_worse(void **state)
{
	/* Several at once: the first of these counts. */
	static const int order[] = { 64, 78, 6, 77, 75, 7, 1, 4, 5, 3, 2, 0 };

	(void)state;
	for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
		for (size_t j = i; j < sizeof order / sizeof *order; j++) {
			assert_int_equal(cmd_worse(order[i], order[j]), order[i]);
			assert_int_equal(cmd_worse(order[j], order[i]), order[i]);
		}
	}
}

static void test_textarray(void **state)
{
	const char *const values[] = { "101", "a \"b\"", "c\\d", "", "x,y}" };
	char *text = textarray(values, 5);

	(void)state;
	assert_string_equal(text, "{\"101\",\"a \\\"b\\\"\",\"c\\\\d\",\"\",\"x,y}\"}");
	free(text);
	text = textarray(NULL, 0);
	assert_string_equal(text, "{}");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_columns),      cmocka_unit_test(test_json_is_valid),
		cmocka_unit_test(test_json_numbers), cmocka_unit_test(test_progress),
		cmocka_unit_test(test_lines),        cmocka_unit_test(test_plan_trailer),
		cmocka_unit_test(test_trailer_rests), cmocka_unit_test(test_shellword),
		cmocka_unit_test(test_sync_trailer), cmocka_unit_test(test_worse),
		cmocka_unit_test(test_textarray),    cmocka_unit_test(test_progress_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
