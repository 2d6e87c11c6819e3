/* Header fields and links of an answer, as tables. */
#include "check.h"

#include "http.h"
#include "http_header.h"
#include "mem.h"

#include <string.h>

#define DAY INT64_C(86400000)
#define NOW INT64_C(784111777000) /* Sun, 06 Nov 1994 08:49:37 GMT, the example of RFC 9110 */

static void test_date(void **state)
{
	static const struct { const char *text; int64_t ms; } cases[] = {
		{ "Sun, 06 Nov 1994 08:49:37 GMT", NOW },
		{ "Sunday, 06-Nov-94 08:49:37 GMT", NOW },
		{ "Sun Nov  6 08:49:37 1994", NOW },
		{ "", -1 }, { "soon", -1 }, { "Sun", -1 }, { "Sun, 99 Nov 1994 08:49:37 GMT", -1 },
		{ "20041106", -1 }, { "1994", -1 }, { "06 Nov 1994 08:49:37 GMT", -1 }
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		if (http_header_date_ms(cases[i].text) != cases[i].ms)
			fail_msg("%s: %lld", cases[i].text, (long long)http_header_date_ms(cases[i].text));
}

static void test_retry_after(void **state)
{
	static const struct { const char *text; int64_t ms; } cases[] = {
		{ "0", 0 }, { "1", 1000 }, { "120", 120000 }, { "007", 7000 },
		{ "86400", DAY }, { "86401", DAY }, { "99999999999999999999999999999999", DAY },
		{ "Sun, 06 Nov 1994 08:50:07 GMT", 30000 },
		{ "Sun, 06 Nov 1994 08:49:37 GMT", 0 },
		{ "Sun, 06 Nov 1994 08:00:00 GMT", 0 }, /* past */
		{ "Fri, 31 Dec 1999 23:59:59 GMT", DAY },
		{ "", -1 }, { "-1", -1 }, { "+1", -1 }, { "1.5", -1 }, { "1e3", -1 }, { "10 s", -1 }, { "soon", -1 },
		{ "0x10", -1 }, { " 1", -1 }
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		if (http_header_retry_after_ms(cases[i].text, NOW) != cases[i].ms)
			fail_msg("%s: %lld", cases[i].text, (long long)http_header_retry_after_ms(cases[i].text, NOW));
}

static void take(struct http_header *header, const char *line)
{
	http_header_line(header, line, strlen(line));
}

static void test_lines(void **state)
{
	struct http_header header;

	(void)state;
	http_header_init(&header);
	take(&header, "HTTP/1.1 103 Early Hints\r\n");
	take(&header, "Retry-After: 5\r\n");
	take(&header, "X-Request-Id: early\r\n");
	take(&header, "\r\n");
	take(&header, "HTTP/1.1 200 OK\r\n");
	take(&header, "CONTENT-TYPE:\t application/json; charset=utf-8 \r\n");
	take(&header, "date:Sun, 06 Nov 1994 08:49:37 GMT\r\n");
	take(&header, "Request-Id: third\r\n");
	take(&header, "X-SignalWire-Request-Id: second\r\n");
	take(&header, "Request-Id: again\r\n");
	take(&header, "X-Request-Id:\r\n");         /* empty: as if it were not there */
	take(&header, "Retry-After");               /* no colon */
	take(&header, ": 17\r\n");
	take(&header, "Retry-After-Else: 17\r\n");
	assert_string_equal(header.content_type.data, "application/json; charset=utf-8");
	assert_string_equal(header.date.data, "Sun, 06 Nov 1994 08:49:37 GMT");
	assert_string_equal(header.request_id.data, "second");
	assert_string_equal(header.retry_after.data, "");

	http_header_line(&header, "Retry-After: 1\0002\r\n", 18);
	assert_string_equal(header.retry_after.data, "");
	http_header_line(&header, "Retry-After: 12345\r\n", 15); /* the length counts, not the terminator */
	assert_string_equal(header.retry_after.data, "12");
	take(&header, "x-request-id: first");
	assert_string_equal(header.request_id.data, "first");
	http_header_release(&header);
}

static void test_long_value(void **state)
{
	struct http_header header;
	char line[4096] = "X-Request-Id: ";

	(void)state;
	memset(line + strlen(line), 'a', sizeof line - strlen(line) - 1);
	http_header_init(&header);
	take(&header, line);
	assert_int_equal(header.request_id.len, 256);
	http_header_release(&header);
}

static void test_link_path(void **state)
{
	static const struct { const char *link, *path; } cases[] = {
		{ "https://example.signalwire.com/api/x?page_token=a%20b&page_number=1", "/api/x?page_token=a%20b&page_number=1" },
		{ "/api/x?page_number=1", "/api/x?page_number=1" },
		{ "HTTPS://EXAMPLE.COM/X", "/X" },
		{ "http://example.com/x", "/x" },
		{ "https://evil.example/x", "/x" },               /* the path, on our host */
		{ "//evil.example/x?y", "/x?y" },
		{ "https://user:password@evil.example/x", "/x" },
		{ "https://evil.example@other.example:99/x", "/x" },
		{ "https://host?x=1", "/?x=1" },
		{ "/x?next=https://evil.example/y", "/x?next=https://evil.example/y" },
		{ "https://host//evil.example/x", "//evil.example/x" }, /* still a path behind our host */
		{ "/x#fragment", "/x" }, { "/", "/" },
		{ NULL, NULL }, { "", NULL }, { "?page=2", NULL }, { "x", NULL }, { "subscribers?page=2", NULL },
		{ "https://host", NULL }, { "https://host#x", NULL }, { "https:///x", NULL }, { "///x", NULL }, { "//", NULL },
		{ "https:/x/y", NULL }, { "https:x", NULL },
		{ "ftp://host/x", NULL }, { "file:///etc/passwd", NULL }, { "javascript:alert(1)", NULL }, { "@evil/x", NULL },
		{ "/x\r\nHost: evil.example", NULL }, { "/x y", NULL }, { "/x\ty", NULL }, { "/\\evil", NULL },
		{ "https:\\\\evil/x", NULL }, { "/x\x7f", NULL }, { "/\xc3\xa4", NULL }, { "/{id}", NULL }, { "/\"x\"", NULL }
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char *path = http_link_path(cases[i].link);

		if (!path != !cases[i].path || (path && strcmp(path, cases[i].path)))
			fail_msg("%s: %s", cases[i].link ? cases[i].link : "NULL", path ? path : "NULL");
		mem_free(path);
	}
}

static void test_link_length(void **state)
{
	char link[9000];
	char *path = NULL;

	(void)state;
	memset(link, 'a', sizeof link);
	link[0] = '/';
	link[8192] = '\0';
	path = http_link_path(link);
	assert_string_equal(path, link);
	mem_free(path);
	link[8192] = 'a';
	link[8193] = '\0';
	assert_null(http_link_path(link));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_date),
		cmocka_unit_test(test_retry_after),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_long_value),
		cmocka_unit_test(test_link_path),
		cmocka_unit_test(test_link_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
