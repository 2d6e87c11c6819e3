/* test_metrics - what is counted, and the text that Prometheus reads. */
#include "metrics.h"

#include "check.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mem.h"
#include "metrics_file.h"
#include "metrics_process.h"

/* ---- a strict reader of the text format 0.0.4 -------------------------------- */

struct reader {
	const char *at;
	char family[128], type[16];
	char seen[64][128]; /* families that are over */
	size_t seen_count;
	char series[512][256];
	size_t series_count;
	bool sampled; /* the family has a sample */
	double bucket, bound; /* the last bucket of a histogram */
	const char *fault;
};

static bool name_char(char c, bool first)
{
	return isalpha((unsigned char)c) || c == '_' || c == ':' || (!first && isdigit((unsigned char)c));
}

static size_t take_name(struct reader *r, char *name, size_t size)
{
	size_t len = 0;

	while (name_char(r->at[len], len == 0))
		len++;
	if (len == 0 || len >= size)
		r->fault = "a name";
	else
		memcpy(name, r->at, len);
	name[r->fault ? 0 : len] = '\0';
	r->at += len;
	return len;
}

static bool take(struct reader *r, const char *text)
{
	size_t len = strlen(text);

	if (strncmp(r->at, text, len) != 0)
		return false;
	r->at += len;
	return true;
}

static void must(struct reader *r, const char *text)
{
	if (!take(r, text) && !r->fault)
		r->fault = text;
}

static void begin_family(struct reader *r)
{
	if (r->family[0] && !r->sampled)
		r->fault = "a family without a sample";
	if (r->family[0])
		memcpy(r->seen[r->seen_count++ % COUNT(r->seen)], r->family, sizeof r->family);
	take_name(r, r->family, sizeof r->family);
	for (size_t i = 0; i < r->seen_count; i++)
		if (!strcmp(r->seen[i], r->family))
			r->fault = "a family twice";
	must(r, " ");
	if (*r->at == '\n')
		r->fault = "an empty help";
	while (*r->at && *r->at != '\n') {
		if (*r->at == '\\' && r->at[1] != '\\' && r->at[1] != 'n')
			r->fault = "a bare backslash in a help";
		r->at++;
	}
	must(r, "\n# TYPE ");
	must(r, r->family);
	must(r, " ");
	take_name(r, r->type, sizeof r->type);
	must(r, "\n");
	if (strcmp(r->type, "counter") && strcmp(r->type, "gauge") && strcmp(r->type, "histogram"))
		r->fault = "a type";
	if (!strcmp(r->type, "counter") && (strlen(r->family) < 6 || strcmp(r->family + strlen(r->family) - 6, "_total")))
		r->fault = "a counter without _total";
	r->sampled = false;
	r->bucket = 0;
	r->bound = -1;
}

static void take_labels(struct reader *r, double *le)
{
	char name[64] = "", value[64] = "";

	do {
		size_t len = 0;

		take_name(r, name, sizeof name);
		must(r, "=\"");
		for (; !r->fault && *r->at && *r->at != '"' && *r->at != '\n' && len < sizeof value - 1; r->at++) {
			if (*r->at == '\\' && !strchr("\\\"n", *++r->at))
				r->fault = "an escape";
			value[len++] = *r->at;
		}
		value[len] = '\0';
		must(r, "\"");
		if (!strcmp(name, "le"))
			*le = strtod(value, NULL);
	} while (!r->fault && take(r, ","));
	must(r, "}");
}

static void check_bucket(struct reader *r, double le, double value)
{
	if (le <= r->bound || value < r->bucket)
		r->fault = "buckets that do not grow";
	r->bound = le;
	r->bucket = value;
}

static void take_sample(struct reader *r)
{
	const char *start = r->at;
	char name[128] = "";
	size_t len = take_name(r, name, sizeof name), family = strlen(r->family);
	double le = -1, value = 0;
	char *end = NULL;

	if (strncmp(name, r->family, family) != 0)
		r->fault = "a sample of another family";
	else if (!strcmp(r->type, "histogram")
			 ? strcmp(name + family, "_bucket") && strcmp(name + family, "_sum") && strcmp(name + family, "_count")
			 : len != family)
		r->fault = "a sample's name";
	if (take(r, "{"))
		take_labels(r, &le);
	for (size_t i = 0; i < r->series_count && !r->fault; i++)
		if (strlen(r->series[i]) == (size_t)(r->at - start) && !strncmp(r->series[i], start, (size_t)(r->at - start)))
			r->fault = "a series twice";
	snprintf(r->series[r->series_count++ % COUNT(r->series)], sizeof *r->series, "%.*s", (int)(r->at - start), start);
	must(r, " ");
	value = strtod(r->at, &end);
	if (end == r->at || isspace((unsigned char)*r->at))
		r->fault = "a value";
	r->at = end;
	must(r, "\n"); /* and no timestamp: node_exporter refuses a file with one */
	if (!strcmp(name + family, "_bucket") && !r->fault)
		check_bucket(r, le, value);
	if (!strcmp(name + family, "_count") && !r->fault && (value < r->bucket || value > r->bucket))
		r->fault = "a count that is not the last bucket";
	if (value < 0 && strcmp(r->type, "gauge"))
		r->fault = "a counter below 0";
	r->sampled = true;
}

/* NULL where the text is right. */
static const char *fault_of(const char *text)
{
	static struct reader r;

	memset(&r, 0, sizeof r);
	r.at = text;
	while (*r.at && !r.fault) {
		if (take(&r, "# HELP "))
			begin_family(&r);
		else
			take_sample(&r);
	}
	if (!r.fault && !r.sampled)
		return "nothing";
	return r.fault;
}

static void the_reader_is_strict(void **state)
{
	static const struct { const char *text; bool good; } rows[] = {
		{ "# HELP a b\n# TYPE a gauge\na 1\n", true },
		{ "# HELP a b\n# TYPE a gauge\na{x=\"\\\\\\\"\\n\",y=\"\"} -1.5\n", true },
		{ "# HELP a b\n# TYPE a gauge\na 1", false },
		{ "# HELP a b\n# TYPE a gauge\n", false },
		{ "# HELP a b\n# TYPE a gauge\na 1\na 2\n", false },
		{ "# HELP a b\n# TYPE a gauge\na 1 1700000000000\n", false },
		{ "# HELP a b\n# TYPE a gauge\nb 1\n", false },
		{ "# HELP a b\n# TYPE a counter\na 1\n", false },
		{ "# HELP a b\n# TYPE b gauge\na 1\n", false },
		{ "# HELP a b\n# TYPE a number\na 1\n", false },
		{ "# HELP a b\\c\n# TYPE a gauge\na 1\n", false },
		{ "# HELP a b\n# TYPE a gauge\na{x=\"\\q\"} 1\n", false },
		{ "# HELP a b\n# TYPE a gauge\na{x=y} 1\n", false },
		{ "# HELP a b\n# TYPE a gauge\na 1\n# HELP a b\n# TYPE a gauge\na 1\n", false },
		{ "# HELP a b\n# TYPE a histogram\na_bucket{le=\"1\"} 2\na_bucket{le=\"+Inf\"} 1\na_sum 1\na_count 1\n", false },
		{ "# HELP a b\n# TYPE a histogram\na_bucket{le=\"1\"} 1\na_bucket{le=\"+Inf\"} 2\na_sum 1\na_count 1\n", false },
		{ "# HELP a b\n# TYPE a histogram\na_bucket{le=\"1\"} 1\na_bucket{le=\"+Inf\"} 2\na_sum 1\na_count 2\n", true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		if (!fault_of(rows[i].text) != rows[i].good)
			fail_msg("row %zu: %s", i, fault_of(rows[i].text) ? fault_of(rows[i].text) : "good");
}

/* ---- the text ------------------------------------------------------------------ */

static struct metrics m;

static char *text_at(int64_t now_ms)
{
	struct strbuf text = STRBUF_INIT;
	const char *fault = NULL;

	metrics_render(&m, now_ms, &text);
	fault = fault_of(text.data);
	if (fault)
		fail_msg("not the text format (%s):\n%s", fault, text.data);
	return strbuf_detach(&text);
}

/* Whether `line` is one of the text's lines. */
static bool has(const char *line, int64_t now_ms)
{
	char *text = text_at(now_ms);
	char *wanted = mem_printf("\n%s\n", line);
	bool found = strstr(text, wanted) != NULL;

	mem_free(wanted);
	mem_free(text);
	return found;
}

static bool names(const char *name)
{
	char *text = text_at(0);
	char *wanted = mem_printf("# HELP %s ", name);
	bool found = strstr(text, wanted) != NULL;

	mem_free(wanted);
	mem_free(text);
	return found;
}

#define HAS(line) assert_true(has(line, 0))
#define HAS_NOT(line) assert_false(has(line, 0))

static int set_up(void **state)
{
	(void)state;
	metrics_init(&m, 1700000000123);
	return 0;
}

static void what_is_not_known_is_not_said(void **state)
{
	static const char *const absent[] = {
		"swbridge_leader", "swbridge_paused", "swbridge_extensions", "swbridge_held", "swbridge_subscribers",
		"swbridge_monthly_cost_dollars", "swbridge_unknown_outcomes", "swbridge_last_attempt_timestamp_seconds",
		"swbridge_last_success_timestamp_seconds", "swbridge_deaf", "swbridge_deaf_seconds_total",
		"swbridge_commit_to_live_seconds", "swbridge_process_open_fds", "swbridge_requests_total",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(absent); i++)
		assert_false(names(absent[i]));
	HAS("swbridge_process_start_time_seconds 1700000000.123");
	HAS("swbridge_passes_total{kind=\"full\",result=\"complete\"} 0");
	HAS("swbridge_changes_total{action=\"create\",result=\"done\"} 0");
	HAS("swbridge_throttled_total 0");
	HAS("swbridge_retries_total 0");
}

static void gauges(void **state)
{
	static const char *const states[] = { "active", "suspended", "creating", "removing", "unknown", "rejected",
					      "retiring", "held", "skipped" };

	(void)state;
	for (int i = 0; i < METRICS_STATES; i++)
		m.extensions[i] = 10 + i;
	m.held[METRICS_REMOVALS] = 7;
	m.subscribers = 13;
	m.price_cents = 305;
	m.leader = 0;
	m.paused = 1;
	for (int i = 0; i < METRICS_STATES; i++) {
		char *line = mem_printf("swbridge_extensions{state=\"%s\"} %d", states[i], 10 + i);

		assert_true(has(line, 0));
		mem_free(line);
	}
	HAS("swbridge_unknown_outcomes 14");
	HAS("swbridge_held{class=\"removals\"} 7");
	HAS_NOT("swbridge_held{class=\"creates\"} 0"); /* not known */
	HAS("swbridge_subscribers 13");
	HAS("swbridge_monthly_cost_dollars 39.65");
	HAS("swbridge_leader 0");
	HAS("swbridge_paused 1");
}

/* It stands by: nothing of what it knew is shown, but for times and counters. */
static void away(void **state)
{
	static const char *const gone[] = {
		"swbridge_paused", "swbridge_extensions", "swbridge_held", "swbridge_subscribers", "swbridge_monthly_cost_dollars",
		"swbridge_unknown_outcomes", "swbridge_source_extensions", "swbridge_verify_found", "swbridge_deaf",
	};

	(void)state;
	gauges(state);
	m.source_rows = 20;
	m.found[METRICS_DRIFTED] = 3;
	m.listens = true;
	metrics_pass(&m, METRICS_FULL, METRICS_PASS_COMPLETE, 5001, 250);
	for (size_t i = 0; i < COUNT(gone); i++)
		assert_true(names(gone[i]));
	metrics_deaf(&m, true, 0);
	m.away = true;
	metrics_forget(&m);
	for (size_t i = 0; i < COUNT(gone); i++)
		assert_false(names(gone[i]));
	HAS("swbridge_leader 0");
	HAS("swbridge_last_success_timestamp_seconds 5.001");
	assert_true(has("swbridge_deaf_seconds_total 1.500", 1500));
	m.away = false;
	HAS("swbridge_deaf 1");
	HAS("swbridge_verify_found{kind=\"drifted\"} 3");
	assert_false(names("swbridge_held"));
}

static void passes(void **state)
{
	static const struct {
		enum metrics_kind kind;
		enum metrics_pass result;
		const char *attempt, *success; /* "": not said */
	} rows[] = {
		{ METRICS_KEYED, METRICS_PASS_COMPLETE, "1.001", "" },
		{ METRICS_FULL, METRICS_PASS_FAILED, "2.001", "" },
		{ METRICS_FULL, METRICS_PASS_PARTIAL, "3.001", "3.001" },
		{ METRICS_FULL, METRICS_PASS_FAILED, "4.001", "3.001" },
		{ METRICS_KEYED, METRICS_PASS_COMPLETE, "5.001", "3.001" },
		{ METRICS_FULL, METRICS_PASS_COMPLETE, "6.001", "6.001" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char *attempt = mem_printf("swbridge_last_attempt_timestamp_seconds %s", rows[i].attempt);
		char *success = mem_printf("swbridge_last_success_timestamp_seconds %s", rows[i].success);

		metrics_pass(&m, rows[i].kind, rows[i].result, 1000 * (int64_t)(i + 1) + 1, 250);
		assert_true(has(attempt, 0));
		assert_int_equal(has(success, 0), rows[i].success[0] != '\0');
		mem_free(attempt);
		mem_free(success);
	}
	HAS("swbridge_passes_total{kind=\"full\",result=\"failed\"} 2");
	HAS("swbridge_passes_total{kind=\"keyed\",result=\"complete\"} 2");
	HAS("swbridge_pass_duration_seconds{kind=\"full\"} 0.250");
}

static void requests(void **state)
{
	static const struct { const char *method; int status; } rows[] = {
		{ "GET", 200 }, { "GET", 200 }, { "POST", 201 }, { "PATCH", 0 }, { "GET", 429 }, { "POST", 429 },
		{ "DELETE", 599 }, { "PUT", 600 }, { "PUT", 99 }, { "BREW", 418 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		metrics_request(&m, rows[i].method, rows[i].status);
	metrics_request_unsent(&m, METRICS_UNSENT_NETWORK);
	HAS("swbridge_requests_total{method=\"GET\",code=\"200\"} 2");
	HAS("swbridge_requests_total{method=\"POST\",code=\"201\"} 1");
	HAS("swbridge_requests_total{method=\"PATCH\",code=\"none\"} 1");
	HAS("swbridge_requests_total{method=\"DELETE\",code=\"599\"} 1");
	HAS("swbridge_requests_total{method=\"PUT\",code=\"other\"} 2");
	HAS("swbridge_throttled_total 2");
	HAS("swbridge_requests_not_sent_total{reason=\"network\"} 1");
	HAS("swbridge_requests_not_sent_total{reason=\"fence\"} 0");
	HAS_NOT("swbridge_requests_total{method=\"BREW\",code=\"418\"} 1");
}

static void every_change(void **state)
{
	(void)state;
	for (int i = 0; i < METRICS_ACTIONS; i++)
		for (int j = 0; j < METRICS_RESULTS; j++)
			for (int n = 0; n <= i * METRICS_RESULTS + j; n++)
				metrics_change(&m, (enum metrics_action)i, (enum metrics_result)j);
	HAS("swbridge_changes_total{action=\"create\",result=\"done\"} 1");
	HAS("swbridge_changes_total{action=\"create\",result=\"unknown\"} 4");
	HAS("swbridge_changes_total{action=\"suspend\",result=\"rejected\"} 14");
	HAS("swbridge_changes_total{action=\"adopt\",result=\"unknown\"} 28");
}

static void histogram(void **state)
{
	static const int64_t times[] = { -3, 0, 5, 6, 300000, 300001, 1200 };

	(void)state;
	m.listens = true;
	for (size_t i = 0; i < COUNT(times); i++)
		metrics_live(&m, times[i]);
	HAS("swbridge_commit_to_live_seconds_bucket{le=\"0.005\"} 3"); /* a bound belongs to its bucket */
	HAS("swbridge_commit_to_live_seconds_bucket{le=\"0.010\"} 4");
	HAS("swbridge_commit_to_live_seconds_bucket{le=\"1.000\"} 4");
	HAS("swbridge_commit_to_live_seconds_bucket{le=\"2.500\"} 5");
	HAS("swbridge_commit_to_live_seconds_bucket{le=\"300.000\"} 6");
	HAS("swbridge_commit_to_live_seconds_bucket{le=\"+Inf\"} 7");
	HAS("swbridge_commit_to_live_seconds_sum 601.212");
	HAS("swbridge_commit_to_live_seconds_count 7");
}

static void deaf(void **state)
{
	(void)state;
	m.listens = true;
	HAS("swbridge_deaf 0");
	HAS("swbridge_deaf_seconds_total 0.000");
	metrics_deaf(&m, false, 500);
	metrics_deaf(&m, true, 1000);
	metrics_deaf(&m, true, 1500);
	assert_true(has("swbridge_deaf 1", 1500));
	assert_true(has("swbridge_deaf_seconds_total 0.750", 1750)); /* it grows meanwhile */
	metrics_deaf(&m, false, 2000);
	assert_true(has("swbridge_deaf_seconds_total 1.000", 9000));
	metrics_deaf(&m, true, 10000);
	assert_true(has("swbridge_deaf_seconds_total 1.250", 10250));
}

static void escaped(void **state)
{
	static const struct { const char *raw, *shown; } rows[] = {
		{ "", "" }, { "plain", "plain" }, { "a\"b", "a\\\"b" }, { "a\\b", "a\\\\b" }, { "a\nb", "a\\nb" },
		{ "\\n", "\\\\n" }, { "J\xc3\xb6rg", "J\xc3\xb6rg" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct strbuf out = STRBUF_INIT;

		metrics_escape(&out, rows[i].raw);
		assert_string_equal(out.data, rows[i].shown);
		strbuf_release(&out);
	}
}

static void of_the_process(void **state)
{
	int64_t before = 0;
	int fd = -1;

	(void)state;
	metrics_process(&m);
	before = m.open_fds;
	assert_true(before >= 3);
	assert_true(m.resident_bytes > 100000);
	assert_true(m.max_fds >= before);
	fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	metrics_process(&m);
	assert_int_equal(m.open_fds, before + 1);
	close(fd);
}

/* ---- the file ------------------------------------------------------------------ */

static void file(void **state)
{
	char directory[] = "/tmp/swbridge-metrics.XXXXXX";
	char *path = NULL, *within = NULL;
	struct strbuf text = STRBUF_INIT;
	struct error err = ERROR_INIT;
	struct stat before, after;
	char got[16] = "";
	int fd = -1;

	(void)state;
	assert_non_null(mkdtemp(directory));
	path = mem_printf("%s/swbridge.prom", directory);
	within = mem_printf("%s/swbridge.prom/none", directory);
	umask(077);
	strbuf_puts(&text, "one\n");
	assert_int_equal(metrics_file_write(path, &text, &err), 0);
	assert_int_equal(stat(path, &before), 0);
	assert_int_equal(before.st_mode & 0777, 0644);
	strbuf_puts(&text, "two\n");
	fd = open(path, O_RDONLY | O_CLOEXEC); /* who reads the old one goes on reading it */
	assert_int_equal(metrics_file_write(path, &text, &err), 0);
	assert_int_equal(read(fd, got, sizeof got), 4);
	close(fd);
	assert_int_equal(stat(path, &after), 0);
	assert_int_equal(after.st_size, 8);
	assert_true(before.st_ino != after.st_ino);

	assert_int_equal(metrics_file_write(within, &text, &err), -1);
	assert_non_null(strstr(error_text(&err), "metrics_file in [listen]"));
	assert_non_null(strstr(error_text(&err), strerror(ENOTDIR)));
	error_clear(&err);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkdir(path, 0700), 0); /* the rename fails */
	assert_int_equal(metrics_file_write(path, &text, &err), -1);
	error_clear(&err);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(rmdir(directory), 0); /* nothing is left beside it */
	strbuf_release(&text);
	mem_free(path);
	mem_free(within);
}

#define TEST(f) cmocka_unit_test_setup(f, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_reader_is_strict), TEST(what_is_not_known_is_not_said), TEST(gauges), TEST(away), TEST(passes),
		TEST(requests), TEST(every_change), TEST(histogram), TEST(deaf), TEST(escaped), TEST(of_the_process),
		TEST(file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
