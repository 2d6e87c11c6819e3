/* test_json - every shape of answer that is known, and many that should not be. */
#include "json.h"

#include "check.h"
#include "mem.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define A "3f2504e0-4f89-41d3-9a0c-0305e82c3301"
#define B "C9BF9E57-1685-4C89-BAFB-FF5AF830BE8A"
#define P "6d9a1f0e-0000-4000-8000-000000000001"

/* A body by its text, or by its text and length where it holds a byte of value 0. */
#define BYTES(text) text, sizeof(text) - 1

static void same(const char *got, const char *want)
{
	if (!want)
		assert_null(got);
	else if (!got)
		fail_msg("got nothing, want %s", want);
	else
		assert_string_equal(got, want);
}

static void list_is(const char *const *list, const char *want)
{
	struct strbuf text = STRBUF_INIT;

	if (!list) {
		assert_null(want);
		return;
	}
	for (; *list; list++)
		strbuf_printf(&text, "%s|", *list);
	same(text.data, want);
	strbuf_release(&text);
}

/* ---- Subscribers. --------------------------------------------------------- */

#define SUB(inner) "{\"id\":\"" A "\",\"project_id\":\"" P "\",\"type\":\"subscriber\"," \
	"\"created_at\":\"2026-11-20T10:00:00Z\",\"subscriber\":" inner "}"

static void reads_subscribers(void **state)
{
	static const struct {
		const char *body, *id, *email, *first_name, *timezone;
		int64_t created_at_ms;
	} rows[] = {
		{ SUB("{\"id\":\"" B "\",\"email\":\"a@b.c\",\"first_name\":\"Ann\",\"timezone\":\"UTC\"}"),
		  A, "a@b.c", "Ann", "UTC", 1795168800000 },
		{ SUB("{\"time_zone\":\"UTC\",\"email\":\"a@b.c\"}"), A, "a@b.c", NULL, "UTC", 1795168800000 },
		{ SUB("{\"time_zone\":\"CET\",\"timezone\":\"UTC\"}"), A, NULL, NULL, "UTC", 1795168800000 },
		{ SUB("{\"time_zone\":\"CET\",\"timezone\":null}"), A, NULL, NULL, "CET", 1795168800000 },
		{ SUB("{\"email\":null,\"first_name\":\"\\u00e9\\ud83d\\ude00\"}"), A, NULL, "é😀", NULL, 1795168800000 },
		{ SUB("{\"email\":\"a\",\"email\":\"b\"}"), A, "b", NULL, NULL, 1795168800000 },
		{ " \n" SUB("{\"unknown\":[{\"deep\":[1,2,{}]}]}") "\r\n\t ", A, NULL, NULL, NULL, 1795168800000 },
		{ "{\"id\":\"" B "\",\"project_id\":\"x\",\"subscriber\":{}}", B, NULL, NULL, NULL, -1 },
		{ "{\"id\":\"" B "\",\"project_id\":\"x\",\"created_at\":5,\"subscriber\":{}}", B, NULL, NULL, NULL, -1 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct json_subscriber subscriber;
		struct error err = ERROR_INIT;

		if (json_read_subscriber(rows[i].body, strlen(rows[i].body), &subscriber, &err))
			fail_msg("row %zu: %s", i, error_text(&err));
		same(subscriber.id, rows[i].id);
		same(subscriber.email, rows[i].email);
		same(subscriber.profile[JSON_FIRST_NAME], rows[i].first_name);
		same(subscriber.profile[JSON_TIMEZONE], rows[i].timezone);
		assert_int_equal(subscriber.created_at_ms, rows[i].created_at_ms);
		json_subscriber_release(&subscriber);
	}
}

static void refuses_subscribers(void **state)
{
	static const struct { const char *body; size_t len; const char *says; } rows[] = {
		{ BYTES(""), "no body" },
		{ BYTES(" "), "cut off" },
		{ BYTES("{"), "cut off" },
		{ BYTES(SUB("{}")) - 1, "cut off" },
		{ BYTES(SUB("{}") "x"), "" },
		{ BYTES(SUB("{}") SUB("{}")), "" },
		{ BYTES("<html><body>502</body></html>"), "not JSON" },
		{ BYTES("[]"), "not an object" },
		{ BYTES("null"), "" },
		{ BYTES("\"" A "\""), "not an object" },
		{ BYTES("{'id':1}"), "" },
		{ BYTES("{\"id\":\"" A "\",}"), "not JSON" },
		{ BYTES("{/* */\"id\":\"" A "\"}"), "not JSON" },
		{ BYTES("{\"id\":NaN}"), "" },
		{ BYTES("{}"), "no \"id\"" },
		{ BYTES("{\"id\":null,\"project_id\":\"x\",\"subscriber\":{\"id\":\"" A "\"}}"), "no \"id\"" },
		{ BYTES("{\"project_id\":\"x\",\"subscriber\":{\"id\":\"" A "\",\"email\":\"a@b\"}}"), "no \"id\"" },
		{ BYTES("{\"id\":\"" A "\",\"email\":\"a@b\"}"), "no \"subscriber\"" },
		{ BYTES("{\"id\":\"" A "\",\"project_id\":\"x\",\"subscriber\":\"" A "\"}"), "no \"subscriber\"" },
		{ BYTES("{\"id\":\"" A "\",\"project_id\":\"x\",\"subscriber\":null}"), "no \"subscriber\"" },
		{ BYTES("{\"id\":\"" A "\",\"subscriber\":{}}"), "no \"project_id\"" },
		{ BYTES("{\"id\":\"" A "\",\"project_id\":\"\",\"subscriber\":{}}"), "no \"project_id\"" },
		{ BYTES("{\"id\":5,\"project_id\":\"x\",\"subscriber\":{}}"), "\"id\" is no text" },
		{ BYTES("{\"id\":\"../x\",\"project_id\":\"x\",\"subscriber\":{}}"), "no UUID" },
		{ BYTES("{\"id\":\"" A "0\",\"project_id\":\"x\",\"subscriber\":{}}"), "no UUID" },
		{ BYTES("{\"id\":\"\",\"project_id\":\"x\",\"subscriber\":{}}"), "no UUID" },
		{ BYTES(SUB("{\"email\":{\"a\":1}}")), "\"email\" is no text" },
		{ BYTES(SUB("{\"country\":5}")), "\"country\" is no text" },
		{ BYTES(SUB("{\"email\":\"a\0b\"}")), "U+0000" },
		{ BYTES(SUB("{\"email\":\"a\\u0000b\"}")), "U+0000" },
		{ BYTES("{\"id\\u0000x\":\"" A "\",\"project_id\":\"x\",\"subscriber\":{}}"), "U+0000" },
		{ BYTES(SUB("{\"email\":\"a\xff\"}")), "not UTF-8" },
		{ BYTES(SUB("{\"email\":\"a\xc0\x80\"}")), "not UTF-8" },
		{ BYTES(SUB("{\"email\":\"a\xed\xa0\x80\"}")), "not UTF-8" },
		{ BYTES(SUB("{\"email\":\"a\xe2\x82\"}")), "not UTF-8" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct json_subscriber subscriber;
		struct error err = ERROR_INIT;

		if (json_read_subscriber(rows[i].body, rows[i].len, &subscriber, &err) == 0)
			fail_msg("row %zu was read: %s", i, rows[i].body);
		if (!strstr(error_text(&err), rows[i].says))
			fail_msg("row %zu says: %s", i, error_text(&err));
		assert_null(subscriber.id);
		error_clear(&err);
	}
}

/* "\\u0000" is a backslash and five letters, "\\\u0000" is not. */
/* What broke off in the middle of a character is no part of the next answer. */
static void reads_each_answer_afresh(void **state)
{
	static const char *const broken[] = { "{\"n\":\"\\ud83d", "{\"n\":\"\\ud83d\\uzz\"}", "{\"n\":\"\\ud83d\\", "{\"n\":\"\xf0\x9f",
					      "{\"n\":[[[{\"m\":1", "{\"n\":\"x\"} \"\\ud83d" };
	static const char whole[] = SUB("{\"email\":\"a\\u00e9b\"}");

	(void)state;
	for (size_t i = 0; i < COUNT(broken); i++) {
		struct json_subscriber subscriber;
		struct error err = ERROR_INIT;

		assert_int_equal(json_read_subscriber(broken[i], strlen(broken[i]), &subscriber, &err), -1);
		error_clear(&err);
		assert_int_equal(json_read_subscriber(whole, strlen(whole), &subscriber, &err), 0);
		same(subscriber.email, "a\xc3\xa9" "b");
		json_subscriber_release(&subscriber);
	}
}

static void tells_escaped_zeroes(void **state)
{
	static const struct { const char *email; bool good; } rows[] = {
		{ "\\\\u0000", true }, { "\\\\\\u0000", false }, { "\\\\\\\\u0000", true }, { "\\u00001", false },
		{ "\\\\u0000\\u0000", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char *body = mem_printf("{\"id\":\"" A "\",\"project_id\":\"x\",\"subscriber\":{\"email\":\"%s\"}}",
					rows[i].email);
		struct json_subscriber subscriber;
		struct error err = ERROR_INIT;

		assert_int_equal(json_read_subscriber(body, strlen(body), &subscriber, &err) == 0, rows[i].good);
		json_subscriber_release(&subscriber);
		error_clear(&err);
		mem_free(body);
	}
}

static void reads_times(void **state)
{
	static const struct { const char *text; int64_t ms; } rows[] = {
		{ "1970-01-01T00:00:00Z", 0 },
		{ "2026-11-21T01:22:08Z", 1795224128000 },
		{ "2026-11-21t01:22:08z", 1795224128000 },
		{ "2026-11-21 01:22:08 UTC", 1795224128000 },
		{ "2026-11-21T01:22:08", 1795224128000 },
		{ "2026-11-21T01:22:08.5Z", 1795224128500 },
		{ "2026-11-21T01:22:08.123456789Z", 1795224128123 },
		{ "2026-11-21T01:22:08.007+00:00", 1795224128007 },
		{ "2026-11-21T03:22:08+02:00", 1795224128000 },
		{ "2026-11-20T20:52:08-0430", 1795224128000 },
		{ "2024-02-29T00:00:00Z", 1709164800000 },
		{ "2016-12-31T23:59:60Z", 1483228800000 },
		{ "2026-02-29T00:00:00Z", -1 }, { "2026-04-31T00:00:00Z", -1 }, { "2026-13-01T00:00:00Z", -1 },
		{ "2026-00-01T00:00:00Z", -1 }, { "2026-01-00T00:00:00Z", -1 }, { "2026-01-01T24:00:00Z", -1 },
		{ "2026-01-01T00:60:00Z", -1 }, { "2026-01-01T00:00:61Z", -1 }, { "2026-01-01T00:00:00.Z", -1 },
		{ "2026-01-01T00:00:00ZZ", -1 }, { "2026-01-01T00:00:00+1", -1 }, { "2026-01-01T00:00:00+25:00", -1 },
		{ "2026-01-01", -1 }, { "", -1 }, { "yesterday", -1 }, { "1969-12-31T23:59:59Z", -1 },
		{ "0000-01-01T00:00:00Z", -1 }, { "99999-01-01T00:00:00Z", -1 }, { "2026-1-1T0:0:0Z", -1 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char *body = mem_printf("{\"id\":\"" A "\",\"project_id\":\"x\",\"created_at\":\"%s\",\"subscriber\":{}}",
					rows[i].text);
		struct json_subscriber subscriber;
		struct error err = ERROR_INIT;

		assert_int_equal(json_read_subscriber(body, strlen(body), &subscriber, &err), 0);
		if (subscriber.created_at_ms != rows[i].ms)
			fail_msg("%s is %lld", rows[i].text, (long long)subscriber.created_at_ms);
		json_subscriber_release(&subscriber);
		mem_free(body);
	}
}

/* ---- Credentials. ---------------------------------------------------------- */

#define CRED(more) "{\"id\":\"" A "\",\"username\":\"101\"" more "}"

static void reads_credentials(void **state)
{
	static const struct {
		const char *body, *caller_id, *ciphers, *codecs, *call_handler;
		int64_t created_at_ms;
	} rows[] = {
		{ CRED(""), NULL, NULL, NULL, NULL, -1 },
		{ CRED(",\"caller_id\":null,\"ciphers\":null,\"codecs\":[]"), NULL, NULL, "", NULL, -1 },
		{ CRED(",\"caller_id\":\"Ann\",\"ciphers\":[\"X\"],\"codecs\":[\"PCMU\",\"OPUS@8000H@20I\"]"),
		  "Ann", "X|", "PCMU|OPUS@8000H@20I|", NULL, -1 },
		{ CRED(",\"ciphers\":\"X, Y,Z\",\"codecs\":\"\""), NULL, "X|Y|Z|", "", NULL, -1 },
		{ CRED(",\"codecs\":\"G722\",\"ciphers\":\" , ,\""), NULL, "", "G722|", NULL, -1 },
		{ CRED(",\"created_at\":\"2026-11-21T01:22:08Z\",\"domain\":\"x\""), NULL, NULL, NULL, NULL, -1 },
		{ "{\"id\":\"" A "\",\"type\":\"sip_endpoint\",\"created_at\":\"2026-11-21T01:22:08Z\","
		  "\"sip_endpoint\":{\"id\":\"" B "\",\"username\":\"101\",\"call_handler\":\"default\",\"codecs\":[\"VP8\"]}}",
		  NULL, NULL, "VP8|", "default", 1795224128000 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct json_credential credential;
		struct error err = ERROR_INIT;

		if (json_read_credential(rows[i].body, strlen(rows[i].body), &credential, &err))
			fail_msg("row %zu: %s", i, error_text(&err));
		same(credential.id, A);
		same(credential.username, "101");
		same(credential.caller_id, rows[i].caller_id);
		same(credential.call_handler, rows[i].call_handler);
		list_is(credential.ciphers, rows[i].ciphers);
		list_is(credential.codecs, rows[i].codecs);
		assert_int_equal(credential.created_at_ms, rows[i].created_at_ms);
		json_credential_release(&credential);
	}
}

static void refuses_credentials(void **state)
{
	static const struct { const char *body, *says; } rows[] = {
		{ "{\"id\":\"" A "\"}", "no \"username\"" },
		{ "{\"id\":\"" A "\",\"username\":\"\"}", "no \"username\"" },
		{ "{\"id\":\"" A "\",\"username\":101}", "\"username\" is no text" },
		{ "{\"username\":\"101\"}", "no \"id\"" },
		{ "{\"sip_endpoint\":{\"id\":\"" A "\",\"username\":\"101\"}}", "no \"id\"" },
		{ "{\"id\":\"" A "\",\"username\":\"101\",\"sip_endpoint\":null}", "\"sip_endpoint\" is no object" },
		{ SUB("{}"), "no \"username\"" },
		{ CRED(",\"ciphers\":5"), "\"ciphers\" is no list" },
		{ CRED(",\"codecs\":{\"0\":\"PCMU\"}"), "\"codecs\" is no list" },
		{ CRED(",\"codecs\":[\"PCMU\",5]"), "\"codecs\" is no list of texts" },
		{ CRED(",\"codecs\":[null]"), "\"codecs\" is no list of texts" },
		{ CRED(",\"caller_id\":[\"x\"]"), "\"caller_id\" is no text" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct json_credential credential;
		struct error err = ERROR_INIT;

		if (json_read_credential(rows[i].body, strlen(rows[i].body), &credential, &err) == 0)
			fail_msg("row %zu was read", i);
		if (!strstr(error_text(&err), rows[i].says))
			fail_msg("row %zu says: %s", i, error_text(&err));
		error_clear(&err);
	}
}

static void reads_sip_profiles(void **state)
{
	static const struct { const char *body, *domain; } rows[] = {
		{ "{\"domain\":\"a-1.sip.signalwire.com\",\"domain_identifier\":\"a-1\"}", "a-1.sip.signalwire.com" },
		{ "{\"domain\":\"\"}", NULL }, { "{\"domain\":null}", NULL }, { "{\"domain\":5}", NULL },
		{ "{}", NULL }, { "[]", NULL }, { "", NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char *domain = NULL;
		struct error err = ERROR_INIT;
		int status = json_read_sip_profile(rows[i].body, strlen(rows[i].body), &domain, &err);

		assert_int_equal(status, rows[i].domain ? 0 : -1);
		same(domain, rows[i].domain);
		mem_free(domain);
		error_clear(&err);
	}
}

/* ---- Nesting and size. ------------------------------------------------------ */

static int read_nested(int depth)
{
	struct strbuf body = STRBUF_INIT;
	char *domain = NULL;
	struct error err = ERROR_INIT;
	int status = 0;

	strbuf_puts(&body, "{\"domain\":\"d\",\"x\":");
	for (int i = 0; i < depth; i++)
		strbuf_putc(&body, '[');
	for (int i = 0; i < depth; i++)
		strbuf_putc(&body, ']');
	strbuf_putc(&body, '}');
	status = json_read_sip_profile(body.data, body.len, &domain, &err);
	mem_free(domain);
	error_clear(&err);
	strbuf_release(&body);
	return status;
}

static void limits_nesting(void **state)
{
	(void)state;
	assert_int_equal(read_nested(20), 0);
	assert_int_equal(read_nested(40), -1);
	assert_int_equal(read_nested(1000000), -1);
}

static void count_subscriber(const struct json_subscriber *subscriber, void *arg)
{
	assert_string_equal(subscriber->id, A);
	++*(int *)arg;
}

static void count_credential(const struct json_credential *credential, void *arg)
{
	assert_string_equal(credential->id, A);
	++*(int *)arg;
}

static void reads_huge_pages(void **state)
{
	struct strbuf body = STRBUF_INIT;
	struct json_page_links links;
	struct error err = ERROR_INIT;
	int seen = 0;

	(void)state;
	strbuf_puts(&body, "{\"data\":[");
	for (int i = 0; i < 5000; i++)
		strbuf_printf(&body, "%s%s", i ? "," : "", SUB("{\"email\":\"somebody@example.org\"}"));
	strbuf_puts(&body, "],\"links\":{\"self\":\"x\"}}");
	assert_int_equal(json_read_subscriber_page(body.data, body.len, count_subscriber, &seen, &links, &err), 0);
	assert_int_equal(seen, 5000);
	assert_null(links.next);
	strbuf_release(&body);
}

/* ---- Pages. ------------------------------------------------------------------ */

static void reads_pages(void **state)
{
	static const struct { const char *body; int rows; const char *next; } rows[] = {
		{ "{\"data\":[],\"links\":{}}", 0, NULL },
		{ "{\"data\":[],\"links\":{\"next\":null}}", 0, NULL },
		{ "{\"data\":[],\"links\":{\"next\":\"/a?b=c\"}}", 0, "/a?b=c" },
		{ "{\"data\":[" CRED("") "," CRED("") "],\"links\":{\"next\":\"https://h/a\"}}", 2, "https://h/a" },
		{ "{\"links\":{}}", -1, NULL },
		{ "{\"data\":null,\"links\":{}}", -1, NULL },
		{ "{\"data\":{},\"links\":{}}", -1, NULL },
		{ "{\"data\":[]}", -1, NULL },
		{ "{\"data\":[],\"links\":null}", -1, NULL },
		{ "{\"data\":[],\"links\":[]}", -1, NULL },
		{ "{\"data\":[],\"links\":{\"next\":\"\"}}", -1, NULL },
		{ "{\"data\":[],\"links\":{\"next\":5}}", -1, NULL },
		{ "{\"data\":[" CRED("") ",{}],\"links\":{}}", -1, NULL },
		{ "{\"data\":[" CRED("") ",null],\"links\":{}}", -1, NULL },
		{ "{\"data\":[5],\"links\":{}}", -1, NULL },
		{ "{\"data\":[[" CRED("") "]],\"links\":{}}", -1, NULL },
		{ "{\"data\":[" CRED("") "],\"links\":{}", -1, NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct json_page_links links;
		struct error err = ERROR_INIT;
		int seen = 0;
		int status = json_read_credential_page(rows[i].body, strlen(rows[i].body), count_credential, &seen,
						       &links, &err);

		if (status != (rows[i].rows < 0 ? -1 : 0))
			fail_msg("row %zu: %s", i, error_text(&err));
		assert_int_equal(seen, rows[i].rows < 0 ? 0 : rows[i].rows);
		same(links.next, rows[i].next);
		json_page_links_release(&links);
		error_clear(&err);
	}
}

/* Of a standalone credential the outer id counts, and an answer that has but one may show the other. */
static void reads_endpoints(void **state)
{
	static const struct { const char *body, *says; } rows[] = {
		{ "{\"id\":\"" A "\",\"sip_endpoint\":{\"id\":\"" B "\",\"username\":\"101\"}}", NULL },
		{ "{\"id\":\"" A "\",\"sip_endpoint\":{\"username\":\"101\"}}", NULL },
		{ "{\"id\":\"" B "\",\"username\":\"101\"}", "no \"sip_endpoint\" inside" },
		{ "{\"sip_endpoint\":{\"id\":\"" A "\",\"username\":\"101\"}}", "no \"id\"" },
		{ "{\"id\":\"" A "\",\"sip_endpoint\":null}", "\"sip_endpoint\" is no object" },
		{ "{\"id\":\"" A "\",\"sip_endpoint\":{\"id\":\"" B "\"}}", "no \"username\"" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct json_credential credential;
		struct error err = ERROR_INIT;
		int status = json_read_endpoint(rows[i].body, strlen(rows[i].body), &credential, &err);

		if ((status == 0) != (rows[i].says == NULL))
			fail_msg("row %zu: %s", i, error_text(&err));
		if (rows[i].says) {
			assert_non_null(strstr(error_text(&err), rows[i].says));
			error_clear(&err);
			continue;
		}
		assert_string_equal(credential.id, A);
		json_credential_release(&credential);
	}
}

static void remember_endpoint(const struct json_credential *endpoint, void *arg)
{
	strbuf_printf(arg, "%s/%s/%s ", endpoint->id, endpoint->inner_id ? endpoint->inner_id : "-", endpoint->username);
}

/* Of the standalone ones the outer id counts, and the legacy list shows the inner one. */
static void reads_pages_of_other_endpoints(void **state)
{
	static const struct { bool legacy; const char *body; const char *seen; } rows[] = {
		{ false, "{\"data\":[{\"id\":\"" A "\",\"sip_endpoint\":{\"id\":\"" B "\",\"username\":\"1\"}}],\"links\":{}}", A "/" B "/1 " },
		{ false, "{\"data\":[{\"id\":\"" A "\",\"sip_endpoint\":{\"username\":\"1\"}}],\"links\":{}}", A "/-/1 " },
		{ false, "{\"data\":[" CRED("") "],\"links\":{}}", NULL },
		{ false, "{\"data\":[null],\"links\":{}}", NULL },
		{ false, "{\"data\":[{\"sip_endpoint\":{\"id\":\"" B "\",\"username\":\"1\"}}],\"links\":{}}", NULL },
		{ true, "{\"data\":[{\"id\":\"" A "\",\"username\":\"1\",\"codecs\":5}],\"links\":{}}", A "/-/1 " },
		{ true, "{\"data\":[{\"id\":\"" A "\"}],\"links\":{}}", NULL },
		{ true, "{\"data\":[{\"username\":\"1\"}],\"links\":{}}", NULL },
		{ true, "{\"data\":[null],\"links\":{}}", NULL },
		{ true, "{\"data\":[]}", NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct strbuf seen = STRBUF_INIT;
		struct json_page_links links;
		struct error err = ERROR_INIT;
		int status = (rows[i].legacy ? json_read_legacy_page : json_read_endpoint_page)(
			rows[i].body, strlen(rows[i].body), remember_endpoint, &seen, &links, &err);

		if (status != (rows[i].seen ? 0 : -1))
			fail_msg("row %zu: %s", i, error_text(&err));
		assert_string_equal(seen.len ? seen.data : "", rows[i].seen ? rows[i].seen : "");
		strbuf_release(&seen);
		json_page_links_release(&links);
		error_clear(&err);
	}
}

static void reads_subscriber_pages_whole(void **state)
{
	static const struct { const char *body; int rows; } rows[] = {
		{ "{\"data\":[" SUB("{}") "," SUB("{}") "],\"links\":{}}", 2 },
		{ "{\"data\":[" SUB("{}") ",{\"id\":\"" A "\"}],\"links\":{}}", -1 },
		{ "{\"data\":[" SUB("{}") ",{\"subscriber\":{\"id\":\"" A "\"}}," SUB("{}") "],\"links\":{}}", -1 },
		{ "{\"data\":[" SUB("{}") "]}", -1 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct json_page_links links;
		struct error err = ERROR_INIT;
		int seen = 0;
		int status = json_read_subscriber_page(rows[i].body, strlen(rows[i].body), count_subscriber, &seen,
						       &links, &err);

		assert_int_equal(status, rows[i].rows < 0 ? -1 : 0);
		assert_int_equal(seen, rows[i].rows < 0 ? 0 : rows[i].rows);
		json_page_links_release(&links);
		error_clear(&err);
	}
}

/* ---- Errors. ----------------------------------------------------------------- */

enum { UNIQUE = 1, ACCOUNT = 2, LATER = 4, SLOWER = 8 };

static void reads_errors(void **state)
{
	static const char json[] = "application/json; charset=utf-8";
	static const char html[] = "text/html; charset=utf-8";
	static const struct { const char *type, *body, *text, *attribute; int flags; } rows[] = {
		{ json, "{\"errors\":[{\"type\":\"validation_error\",\"code\":\"not_unique\",\"message\":\"email has already "
		  "been taken\",\"attribute\":\"email\",\"url\":\"https://x\"}]}",
		  "email has already been taken (not_unique, email)", "email", UNIQUE },
		{ json, "{\"errors\":[{\"code\":\"a\",\"message\":\"A\",\"attribute\":null},{\"code\":\"b\",\"message\":\"B\","
		  "\"attribute\":\"password\"},{\"message\":\"C\",\"attribute\":\"email\"}]}",
		  "A (a); B (b, password); C (email)", "password", 0 },
		{ json, "{\"errors\":[{\"detail\":\"D\",\"status\":\"422\",\"title\":\"T\",\"code\":\"value_must_be_unique\"}]}",
		  "D (value_must_be_unique)", NULL, UNIQUE },
		{ json, "{\"errors\":[{\"title\":\"T\",\"status\":422,\"code\":17}]}", "T (17)", NULL, 0 },
		{ json, "{\"errors\":[{\"code\":\"insufficient_balance\"}]}", "insufficient_balance", NULL, ACCOUNT },
		{ json, "{\"errors\":[{\"code\":\"account_limit_exceeded\",\"message\":\"L\"}]}",
		  "L (account_limit_exceeded)", NULL, ACCOUNT },
		{ json, "{\"errors\":[{\"code\":\"feature_not_available\",\"message\":\"L\"}]}",
		  "L (feature_not_available)", NULL, ACCOUNT },
		{ json, "{\"errors\":[{\"code\":\"not_allowed_on_subscription_plan\",\"message\":\"L\"}]}",
		  "L (not_allowed_on_subscription_plan)", NULL, ACCOUNT },
		{ json, "{\"errors\":[{\"code\":\"rate_limit_exceeded\",\"message\":\"L\"}]}", "L (rate_limit_exceeded)", NULL, SLOWER },
		{ json, "{\"errors\":[{\"code\":\"cannot_process\",\"message\":\"L\"}]}", "L (cannot_process)", NULL, LATER },
		{ json, "{\"errors\":[{\"code\":\"x\",\"message\":\"L\"},{\"code\":\"out_of_sync\"}]}", "L (x); out_of_sync", NULL, LATER },
		{ json, "{\"error\":\"Unauthorized\"}", "Unauthorized", NULL, 0 },
		{ json, "{\"error\":{\"message\":\"M\",\"code\":\"c\"}}", "M (c)", NULL, 0 },
		{ json, "{\"errors\":{\"email\":[\"has already been taken\",\"is odd\"],\"username\":[\"is blank\"]}}",
		  "email has already been taken; email is odd; username is blank", "email", UNIQUE },
		{ json, "{\"errors\":{\"email\":\"is odd\"}}", "email is odd", "email", 0 },
		{ json, "{\"errors\":{\"email\":[{\"code\":\"odd\",\"message\":\"M\"}]}}", "M (odd, email)", "email", 0 },
		{ json, "{\"errors\":{\"message\":\"M\",\"code\":\"c\"}}", "M (c)", NULL, 0 },
		{ json, "{\"errors\":[\"first\",\"second\",5,true,null]}", "first; second; 5; true", NULL, 0 },
		{ json, "{\"errors\":[[\"first\"],{\"email\":[\"is odd\"]}]}", "first; email is odd", "email", 0 },
		{ json, "{\"errors\":\"bare\"}", "bare", NULL, 0 },
		{ json, "{\"errors\":[\"A\"],\"error\":\"B\"}", "A; B", NULL, 0 },
		{ json, "{\"message\":\"M\"}", "M", NULL, 0 },
		{ json, "{\"errors\":[]}", "HTTP 502 without a reason", NULL, 0 },
		{ json, "{\"errors\":null}", "HTTP 502 without a reason", NULL, 0 },
		{ json, "{}", "HTTP 502 without a reason", NULL, 0 },
		{ json, "{\"errors\":[{\"code\":\"\",\"message\":\"\"}]}", "HTTP 502 without a reason", NULL, 0 },
		{ html, "<html>502</html>", "HTTP 502 with text/html in place of JSON", NULL, 0 },
		{ "text/plain", "no", "HTTP 502 with text/plain in place of JSON", NULL, 0 },
		{ html, "{\"error\":\"J\"}", "J", NULL, 0 },
		{ json, "{\"errors\":[{\"code\"", "HTTP 502 with a body that cannot be read", NULL, 0 },
		{ "", "\"x\"", "HTTP 502 with a body that cannot be read", NULL, 0 },
		{ NULL, "x", "HTTP 502 with a body that cannot be read", NULL, 0 },
		{ json, "", "HTTP 502 without a body", NULL, 0 },
		{ html, "", "HTTP 502 without a body", NULL, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct json_errors errors;

		json_read_errors(rows[i].body, strlen(rows[i].body), 502, rows[i].type, &errors);
		same(errors.text, rows[i].text);
		same(errors.attribute, rows[i].attribute);
		if (((errors.not_unique ? UNIQUE : 0) | (errors.account ? ACCOUNT : 0) |
		     (errors.try_later ? LATER : 0) | (errors.slow_down ? SLOWER : 0)) != rows[i].flags)
			fail_msg("row %zu: wrong flags", i);
		json_errors_release(&errors);
	}
}

/* ---- Requests. ----------------------------------------------------------------- */

static const char *const nothing[] = { NULL };
static const char *const codecs[] = { "PCMU", "OPUS@8000H@20I", NULL };

static void writes_credentials(void **state)
{
	static const struct { struct json_credential_request request; const char *text; } rows[] = {
		{ { .fields = 0, .username = "101" }, "{}" },
		{ { .fields = JSON_USERNAME | JSON_PASSWORD, .username = "101", .password = "s3cret", .caller_id = "x" },
		  "{\"username\":\"101\",\"password\":\"s3cret\"}" },
		{ { .fields = JSON_PASSWORD, .password = "q\"b\\s/\n\x01\x1f\x7f" },
		  "{\"password\":\"q\\\"b\\\\s/\\u000a\\u0001\\u001f\x7f\"}" },
		{ { .fields = JSON_CALLER_ID, .caller_id = "Zoë 😀" }, "{\"caller_id\":\"Zoë 😀\"}" },
		{ { .fields = JSON_CALLER_ID | JSON_SEND_AS | JSON_CIPHERS | JSON_CODECS | JSON_ENCRYPTION },
		  "{\"caller_id\":null,\"send_as\":null,\"ciphers\":[],\"codecs\":[],\"encryption\":null}" },
		{ { .fields = JSON_CIPHERS | JSON_CODECS, .ciphers = nothing, .codecs = codecs },
		  "{\"ciphers\":[],\"codecs\":[\"PCMU\",\"OPUS@8000H@20I\"]}" },
		{ { .fields = JSON_CALL_HANDLER | JSON_CALLING_HANDLER, .call_handler = "default" },
		  "{\"call_handler\":\"default\",\"calling_handler_resource_id\":null}" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct strbuf out = STRBUF_INIT_SECRET;
		struct error err = ERROR_INIT;

		strbuf_puts(&out, "before");
		assert_int_equal(json_write_credential(&out, &rows[i].request, &err), 0);
		same(out.data + strlen("before"), rows[i].text);
		strbuf_release(&out);
	}
}

static void writes_subscribers(void **state)
{
	const char *profile[JSON_PROFILE_COUNT] = { [JSON_FIRST_NAME] = "Ann", [JSON_COUNTRY] = "", [JSON_TIMEZONE] = "UTC" };
	struct strbuf out = STRBUF_INIT;
	struct error err = ERROR_INIT;

	(void)state;
	assert_int_equal(json_write_subscriber(&out, "a@b.c", profile, 1 << JSON_LAST_NAME | 1 << JSON_TIMEZONE, &err), 0);
	same(out.data, "{\"email\":\"a@b.c\",\"first_name\":\"Ann\",\"last_name\":null,\"timezone\":null,\"country\":\"\"}");
	profile[JSON_COUNTRY] = "\xff";
	strbuf_truncate(&out, 1);
	assert_int_equal(json_write_subscriber(&out, "a@b.c", profile, 0, &err), -1);
	same(out.data, "{");
	assert_non_null(strstr(error_text(&err), "country"));
	error_clear(&err);
	assert_int_equal(json_write_subscriber(&out, "\xc0\x80", profile, 0, &err), -1);
	assert_non_null(strstr(error_text(&err), "email"));
	error_clear(&err);
	strbuf_release(&out);
}

static void refuses_broken_texts(void **state)
{
	static const char *const broken[] = { "PCMU", "\xf8", NULL };
	static const struct json_credential_request rows[] = {
		{ .fields = JSON_USERNAME | JSON_PASSWORD, .username = "101", .password = "hunter\xff" },
		{ .fields = JSON_USERNAME, .username = "\xed\xa0\x80" },
		{ .fields = JSON_USERNAME | JSON_CODECS, .username = "101", .codecs = broken },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct strbuf out = STRBUF_INIT_SECRET;
		struct error err = ERROR_INIT;

		assert_int_equal(json_write_credential(&out, &rows[i], &err), -1);
		assert_int_equal(out.len, 0);
		assert_null(strstr(error_text(&err), "hunter"));
		error_clear(&err);
		strbuf_release(&out);
	}
}

/* Every byte that a text can hold comes back as it was. */
static void comes_back_whole(void **state)
{
	char name[400];
	size_t len = 0;
	struct json_credential_request request = { .fields = JSON_USERNAME | JSON_CODECS, .username = name, .codecs = codecs };
	struct json_credential credential;
	struct strbuf out = STRBUF_INIT;
	struct error err = ERROR_INIT;

	(void)state;
	for (int c = 1; c < 0x80; c++)
		name[len++] = (char)c;
	strcpy(name + len, "é€😀\\u0000\\");
	strbuf_puts(&out, "{\"id\":\"" A "\",\"sip_endpoint\":");
	assert_int_equal(json_write_credential(&out, &request, &err), 0);
	strbuf_putc(&out, '}');
	if (json_read_credential(out.data, out.len, &credential, &err))
		fail_msg("%s", error_text(&err));
	same(credential.username, name);
	list_is(credential.codecs, "PCMU|OPUS@8000H@20I|");
	json_credential_release(&credential);
	strbuf_release(&out);
}

static void tells_uuids(void **state)
{
	static const struct { const char *text; bool good; } rows[] = {
		{ A, true }, { B, true }, { "00000000-0000-0000-0000-000000000000", true },
		{ "", false }, { "3f2504e0-4f89-41d3-9a0c-0305e82c330", false }, { A " ", false },
		{ "3f2504e04-f89-41d3-9a0c-0305e82c3301", false }, { "3f2504e0-4f89-41d3-9a0c-0305e82c330g", false },
		{ "{3f2504e0-4f89-41d3-9a0c-0305e82c330}", false }, { "3f2504e0/4f89/41d3/9a0c/0305e82c3301", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_int_equal(json_is_uuid(rows[i].text), rows[i].good);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_subscribers),
		cmocka_unit_test(refuses_subscribers),
		cmocka_unit_test(reads_each_answer_afresh), cmocka_unit_test(tells_escaped_zeroes),
		cmocka_unit_test(reads_times),
		cmocka_unit_test(reads_credentials),
		cmocka_unit_test(refuses_credentials),
		cmocka_unit_test(reads_sip_profiles),
		cmocka_unit_test(limits_nesting),
		cmocka_unit_test(reads_huge_pages),
		cmocka_unit_test(reads_pages),
		cmocka_unit_test(reads_subscriber_pages_whole),
		cmocka_unit_test(reads_endpoints),
		cmocka_unit_test(reads_pages_of_other_endpoints),
		cmocka_unit_test(reads_errors),
		cmocka_unit_test(writes_credentials),
		cmocka_unit_test(writes_subscribers),
		cmocka_unit_test(refuses_broken_texts),
		cmocka_unit_test(comes_back_whole),
		cmocka_unit_test(tells_uuids),
	};

	return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
