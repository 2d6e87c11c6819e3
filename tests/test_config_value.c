/* test_config_value - each type of value, good and bad. */
#include "check.h"

#include "config_text.h"
#include "config_value.h"
#include "mem.h"

#include <string.h>

enum { REFUSED = -12345 };

/* A number of 64 bits or REFUSED; a refusal touches nothing and says why in a sentence. */
static int64_t number(int (*parse)(const struct config_option *, const char *, void *, struct error *),
		      const struct config_option *option, const char *text)
{
	int64_t value = REFUSED;
	struct error err = ERROR_INIT;

	if (parse(option, text, &value, &err)) {
		assert_int_equal(value, REFUSED);
		assert_int_equal(err.exit_code, EXIT_CONFIG);
		assert_int_equal(error_text(&err)[strlen(error_text(&err)) - 1], '.');
		error_clear(&err);
	} else {
		assert_null(err.text);
	}
	return value;
}

struct number_row {
	const char *text;
	int64_t value;
};

static void check_numbers(int (*parse)(const struct config_option *, const char *, void *, struct error *),
			  const struct config_option *option, const struct number_row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		int64_t value = number(parse, option, rows[i].text);

		if (value != rows[i].value)
			fail_msg("\"%s\" gives %lld instead of %lld", rows[i].text, (long long)value, (long long)rows[i].value);
	}
}

static void test_integer(void **state)
{
	static const struct config_option option = { .least = 1, .most = 4096 };
	static const struct number_row rows[] = {
		{ "1", 1 },       { "192", 192 },   { "4096", 4096 }, { "007", 7 },     { "0", REFUSED },
		{ "4097", REFUSED }, { "", REFUSED }, { "-1", REFUSED }, { "+1", REFUSED }, { " 1", REFUSED },
		{ "1 ", REFUSED }, { "1.0", REFUSED }, { "0x10", REFUSED }, { "1e3", REFUSED },
		{ "99999999999999999999999", REFUSED }, { "18446744073709551617", REFUSED },
	};

	(void)state;
	check_numbers(config_value_integer, &option, rows, COUNT(rows));
}

static void test_duration(void **state)
{
	static const struct config_option option = { .least = 100, .most = INT64_C(36500) * 86400000 };
	static const struct number_row rows[] = {
		{ "500ms", 500 },  { "30s", 30000 },   { "5m", 300000 },    { "24h", 86400000 }, { "7d", 604800000 },
		{ "100ms", 100 },  { "99ms", REFUSED }, { "0s", REFUSED },  { "36500d", INT64_C(36500) * 86400000 },
		{ "36501d", REFUSED }, { "30", REFUSED }, { "s", REFUSED },  { "", REFUSED },    { "30 s", REFUSED },
		{ "30S", REFUSED }, { "1.5h", REFUSED }, { "-5s", REFUSED }, { "1h30m", REFUSED }, { "5min", REFUSED },
		{ "9223372036854775807d", REFUSED }, { "9223372036854775808ms", REFUSED }, { "213503982335d", REFUSED },
	};

	(void)state;
	check_numbers(config_value_duration, &option, rows, COUNT(rows));
}

static void test_duration_text(void **state)
{
	static const struct number_row rows[] = {
		{ "0ms", 0 }, { "1ms", 1 }, { "1500ms", 1500 }, { "36s", 36000 }, { "1m", 60000 }, { "90m", 5400000 }, { "1d", 86400000 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char *text = config_value_duration_text(rows[i].value);

		assert_string_equal(text, rows[i].text);
		mem_free(text);
	}
}

static void test_price(void **state)
{
	static const struct config_option option = { .most = 1000000 };
	static const struct number_row rows[] = {
		{ "3.00", 300 },      { "3", 300 },     { "3.5", 350 },    { "0.05", 5 },     { "0", 0 },
		{ "10000.00", 1000000 }, { "10000.01", REFUSED }, { "10001", REFUSED }, { "3.", REFUSED },  { ".5", REFUSED },
		{ "3.005", REFUSED }, { "3,00", REFUSED }, { "$3", REFUSED }, { "3.00 ", REFUSED }, { "", REFUSED }, { "-1", REFUSED },
		{ "99999999999999999999", REFUSED },
	};

	(void)state;
	check_numbers(config_value_price, &option, rows, COUNT(rows));
}

static void test_limit(void **state)
{
	static const struct config_option option = { .least = 50 };
	static const struct {
		const char *text;
		bool good, unlimited;
		int64_t count, percent;
	} rows[] = {
		{ "25", true, false, 25, 0 },     { "0", true, false, 0, 0 },      { "10%", true, false, 50, 10 },
		{ "0%", true, false, 0, 0 },      { "1000%", true, false, 50, 1000 }, { "unlimited", true, true, 0, 0 },
		{ "1000000000", true, false, 1000000000, 0 },
		{ "", false, false, 0, 0 },       { "10 %", false, false, 0, 0 },  { "%", false, false, 0, 0 },
		{ "10%%", false, false, 0, 0 },   { "1.5%", false, false, 0, 0 },  { "1001%", false, false, 0, 0 },
		{ "-1", false, false, 0, 0 },     { "Unlimited", false, false, 0, 0 }, { "1000000001", false, false, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct config_limit limit = { .count = 77 };
		struct error err = ERROR_INIT;

		if ((config_value_limit(&option, rows[i].text, &limit, &err) == 0) != rows[i].good)
			fail_msg("\"%s\" is %s", rows[i].text, rows[i].good ? "refused" : "taken");
		assert_int_equal(limit.count, rows[i].good ? rows[i].count : 77);
		assert_int_equal(limit.percent, rows[i].percent);
		assert_int_equal(limit.unlimited, rows[i].unlimited);
		error_clear(&err);
	}
}

static void test_switch(void **state)
{
	static const struct {
		const char *text;
		int value; /* -1: refused */
	} rows[] = {
		{ "on", 1 },  { "yes", 1 }, { "true", 1 }, { "off", 0 }, { "no", 0 },
		{ "false", 0 }, { "", -1 }, { "1", -1 },   { "On", -1 }, { "onn", -1 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		bool value = rows[i].value != 1;
		struct error err = ERROR_INIT;
		int rc = config_value_switch(NULL, rows[i].text, &value, &err);

		assert_int_equal(rc, rows[i].value < 0 ? -1 : 0);
		if (rc == 0)
			assert_int_equal(value, rows[i].value);
		error_clear(&err);
	}
}

static void test_on_remove(void **state)
{
	enum config_on_remove value = CONFIG_ON_REMOVE_UNSET;
	struct error err = ERROR_INIT;

	(void)state;
	for (enum config_on_remove i = CONFIG_DELETE; i <= CONFIG_KEEP; i++) {
		assert_int_equal(config_value_on_remove(NULL, config_on_remove_name(i), &value, &err), 0);
		assert_int_equal(value, i);
	}
	assert_int_equal(config_value_on_remove(NULL, "unset", &value, &err), -1);
	assert_int_equal(config_value_on_remove(NULL, "", &value, &err), -1);
	assert_int_equal(value, CONFIG_KEEP);
	error_clear(&err);
}

static void test_patterns(void **state)
{
	static const struct {
		const char *text;
		const char *list[4];
		bool good;
	} rows[] = {
		{ "", { NULL }, true },
		{ "1*", { "1*" }, true },
		{ "1*,2?", { "1*", "2?" }, true },
		{ " 1* , 2? ,  [3-5]00 ", { "1*", "2?", "[3-5]00" }, true },
		{ "[]a]", { "[]a]" }, true },
		{ "[!]a]", { "[!]a]" }, true },
		{ "a\\*", { "a\\*" }, true },
		{ ",", { NULL }, false },
		{ "1*,", { NULL }, false },
		{ "1*,,2", { NULL }, false },
		{ " ", { NULL }, false },
		{ "[1", { NULL }, false },
		{ "[", { NULL }, false },
		{ "[!", { NULL }, false },
		{ "[]", { NULL }, false },
		{ "a\\", { NULL }, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char **list = NULL;
		struct error err = ERROR_INIT;

		if ((config_value_patterns(NULL, rows[i].text, &list, &err) == 0) != rows[i].good)
			fail_msg("\"%s\" is %s", rows[i].text, rows[i].good ? "refused" : "taken");
		for (size_t j = 0; rows[i].list[j]; j++) {
			assert_non_null(list);
			assert_non_null(list[j]);
			assert_string_equal(list[j], rows[i].list[j]);
			assert_true(rows[i].list[j + 1] || !list[j + 1]);
		}
		assert_true(rows[i].list[0] || !list);
		config_value_free_patterns(list);
		error_clear(&err);
	}
}

struct text_row {
	const char *text;
	const char *value; /* NULL: refused */
};

#define SAME(text) { text, text }
#define BAD(text) { text, NULL }

static void check_texts(int (*parse)(const struct config_option *, const char *, void *, struct error *),
			const struct text_row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char *value = mem_strdup("old");
		struct error err = ERROR_INIT;
		int rc = parse(NULL, rows[i].text, &value, &err);

		if ((rc == 0) != (rows[i].value != NULL))
			fail_msg("\"%s\" is %s", rows[i].text, rc ? "refused" : "taken");
		if (rc)
			assert_string_equal(value, "old");
		else if (*rows[i].value)
			assert_string_equal(value, rows[i].value);
		else
			assert_null(value);
		mem_free(value);
		error_clear(&err);
	}
}

static void test_space(void **state)
{
	static const struct text_row rows[] = {
		SAME("example"),       SAME("my-space2"),      { "example.signalwire.com", "example" }, { "x.SignalWire.Com", "x" },
		{ "", "" },            BAD(".signalwire.com"), BAD("a.b"), BAD("https://example.signalwire.com"),
		BAD("a.b.signalwire.com"), BAD("-a"),          BAD("a-"), BAD("a b"), BAD("a/b"), BAD("a@b"),
	};

	(void)state;
	check_texts(config_text_space, rows, COUNT(rows));
}

static void test_url(void **state)
{
	static const struct text_row rows[] = {
		SAME("https://example.signalwire.com"),
		{ "https://example.signalwire.com/", "https://example.signalwire.com" },
		{ "https://h:8443/base//", "https://h:8443/base" },
		SAME("http://127.0.0.1:8080"),
		SAME("http://127.255.3.4"),
		SAME("http://localhost:1"),
		SAME("http://LOCALHOST"),
		SAME("http://[::1]:80"),
		SAME("http://[0:0:0:0:0:0:0:1]:80"),
		{ "", "" },
		BAD("http://example.signalwire.com"),
		BAD("http://128.0.0.1"),
		BAD("http://127.0.0.1.example.com"),
		BAD("http://127.example.com"),
		BAD("http://localhost.example.com"),
		BAD("http://[::2]"),
		BAD("http://[::ffff:10.0.0.1]"),
		BAD("http://0.0.0.0"),
		BAD("http://127.0.0.1@example.com"),
		BAD("http://127.0.0.1#@example.com"),
		BAD("http://127.0.0.1\\@example.com"),
		BAD("https://user:word@example.com"),
		BAD("https://example.com/?"),
		BAD("https://example.com/?a=b"),
		BAD("https://example.com/#a"),
		BAD("example.signalwire.com"),
		BAD("ftp://example.com"),
		BAD("file:///etc/passwd"),
		BAD("https://"),
		BAD("https://a b"),
		BAD("//example.com"),
	};

	(void)state;
	check_texts(config_text_url, rows, COUNT(rows));
}

static void test_username(void **state)
{
	static const struct text_row rows[] = {
		SAME("{extension}"), SAME("{username}-{tenant}"), SAME("pbx-{key}"), SAME("{tenant}.{extension}.x"), { "", "" },
		BAD("{tenant}"),     BAD("fixed"),                BAD("{extension"), BAD("extension}"),  BAD("{{extension}}"),
		BAD("{}"),           BAD("{Extension}"),          BAD("{exten}{extension}"), BAD("{extension} x"),
		BAD("{extension}@x"), BAD("{"),                   BAD("}"),          BAD("{extension}{"),
	};

	(void)state;
	check_texts(config_text_username, rows, COUNT(rows));
}

static void test_names(void **state)
{
	static const char sixty_three[] = "a23456789012345678901234567890123456789012345678901234567890123";
	static const char sixty_four[] = "a234567890123456789012345678901234567890123456789012345678901234";
	const struct text_row identifiers[] = { SAME("exten"), SAME("Sip Secret"), SAME("naïve"), SAME(sixty_three), BAD(sixty_four),
						BAD("") };
	static const struct text_row domains[] = {
		SAME("pbx.example.com"), SAME("localhost"), { "", "" }, BAD("a..b"), BAD(".a"), BAD("a."), BAD("a@b"), BAD("a b"), BAD("-a"),
	};
	static const struct text_row uuids[] = {
		SAME("11111111-2222-4333-8444-55555555555F"), { "", "" }, BAD("11111111-2222-4333-8444-55555555555"),
		BAD("11111111-2222-4333-8444-555555555555 "), BAD("g1111111-2222-4333-8444-555555555555"), BAD("111111111222-4333-8444-555555555555"),
	};
	static const struct text_row projects[] = { SAME("1a2b-3c_D"), { "", "" }, BAD("a b"), BAD("a:b"), BAD("…") };
	static const struct text_row paths[] = { SAME("/etc/x y"), { "", "" }, BAD("x"), BAD("./x"), BAD("~/x") };
	static const struct text_row tokens[] = { SAME("PTabc.-_/+="), BAD(""), BAD("a b"), BAD("a\tb"), BAD("ä"), BAD("a\177") };

	(void)state;
	check_texts(config_text_identifier, identifiers, COUNT(identifiers));
	check_texts(config_text_domain, domains, COUNT(domains));
	check_texts(config_text_uuid, uuids, COUNT(uuids));
	check_texts(config_text_project, projects, COUNT(projects));
	check_texts(config_text_path, paths, COUNT(paths));
	check_texts(config_text_token, tokens, COUNT(tokens));
}

static void test_listen(void **state)
{
	static const struct text_row rows[] = {
		SAME("127.0.0.1:9753"), SAME("[::1]:9753"), SAME("localhost:0"), SAME("0.0.0.0:65535"), { "", "" },
		BAD("9753"),            BAD(":9753"),       BAD("127.0.0.1:"),   BAD("127.0.0.1:65536"), BAD("127.0.0.1:99999999999"),
		BAD("::1:80"),          BAD("[::1:80"),     BAD("[]:80"),        BAD("a b:80"),          BAD("h:8x"), BAD("h:-1"),
	};

	(void)state;
	check_texts(config_text_listen, rows, COUNT(rows));
}

static void test_proxy(void **state)
{
	static const struct text_row rows[] = {
		SAME("http://proxy:3128"), SAME("proxy:3128"), SAME("socks5h://u:p@h:1080"), { "", "" }, BAD("http://"), BAD("http://a b"),
	};
	static const struct text_row passwords[] = {
		{ "http://u:hush@h:1", "hush" }, { "u:hush@h:1", "hush" }, { "http://u@h", NULL }, { "http://h", NULL }, { NULL, NULL },
	};

	(void)state;
	check_texts(config_text_proxy, rows, COUNT(rows));
	for (size_t i = 0; i < COUNT(passwords); i++) {
		char *password = config_text_proxy_password(passwords[i].text);

		assert_int_equal(!password, !passwords[i].value);
		if (password)
			assert_string_equal(password, passwords[i].value);
		mem_free_secret(password);
	}
}

static void test_conninfo(void **state)
{
	static const struct text_row rows[] = {
		SAME("dbname=pbx"), SAME("postgresql://u@h/d"), SAME("service=pbx"), BAD("dbname"), BAD("no_such_word=1"), BAD("password='x"),
	};
	static const struct text_row passwords[] = {
		{ "password=hush dbname=x", "hush" }, { "password='hu sh'", "hu sh" }, { "postgresql://u:hush@h/d", "hush" },
		{ "dbname=x", NULL }, { "password=", NULL }, { "", NULL }, { "nonsense", NULL }, { NULL, NULL },
	};
	char *value = NULL;
	struct error err = ERROR_INIT;

	(void)state;
	check_texts(config_text_conninfo, rows, COUNT(rows));
	assert_int_equal(config_text_conninfo(NULL, "", &value, &err), 0);
	assert_string_equal(value, "");
	mem_free(value);
	for (size_t i = 0; i < COUNT(passwords); i++) {
		char *password = config_text_conninfo_password(passwords[i].text);

		assert_int_equal(!password, !passwords[i].value);
		if (password)
			assert_string_equal(password, passwords[i].value);
		mem_free_secret(password);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_integer),   cmocka_unit_test(test_duration),  cmocka_unit_test(test_duration_text),
		cmocka_unit_test(test_price),     cmocka_unit_test(test_limit),     cmocka_unit_test(test_switch),
		cmocka_unit_test(test_on_remove), cmocka_unit_test(test_patterns),  cmocka_unit_test(test_space),
		cmocka_unit_test(test_url),       cmocka_unit_test(test_username),  cmocka_unit_test(test_names),
		cmocka_unit_test(test_listen),    cmocka_unit_test(test_proxy),     cmocka_unit_test(test_conninfo),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
