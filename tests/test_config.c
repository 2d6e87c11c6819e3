/* test_config - .conf files as they are written, and the sentences about those that are wrong. */
#include "check.h"

#include "config.h"
#include "config_file.h"
#include "config_option.h"
#include "log.h"
#include "mem.h"
#include "strbuf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PG "[postgres]\nsource = public.pbx_users\n"

static char directory[] = "/tmp/swbridge-test-config.XXXXXX";
static char *conf_path, *token_path;

static void write_file(const char *path, const char *text, size_t len, mode_t mode)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path, mode), 0);
}

static int load(const char *text, mode_t mode, struct config **config, struct error *err)
{
	write_file(conf_path, text, strlen(text), mode);
	return config_load(conf_path, config, err);
}

static struct config *load_good(const char *text)
{
	struct config *config = NULL;
	struct error err = ERROR_INIT;

	if (load(text, 0600, &config, &err))
		fail_msg("refused: %s\n%s", error_text(&err), text);
	return config;
}

/* Loads, must fail, and gives the sentence.  Caller frees. */
static char *refusal(const char *text, mode_t mode)
{
	struct config *config = NULL;
	struct error err = ERROR_INIT;
	char *sentence = NULL;

	if (load(text, mode, &config, &err) == 0)
		fail_msg("was loaded:\n%s", text);
	assert_null(config);
	assert_int_equal(err.exit_code, EXIT_CONFIG);
	assert_int_equal(err.kind, ERROR_NEVER);
	sentence = mem_strdup(error_text(&err));
	error_clear(&err);
	return sentence;
}

static void check_contains(const char *sentence, const char *part)
{
	if (!strstr(sentence, part))
		fail_msg("\"%s\" is not in: %s", part, sentence);
}

static void test_defaults(void **state)
{
	struct config *c = load_good(PG);

	(void)state;
	assert_string_equal(c->path, conf_path);
	assert_null(c->space);
	assert_null(c->api_url);
	assert_null(c->api_token);
	assert_string_equal(c->conninfo, "");
	assert_string_equal(c->source, "public.pbx_users");
	assert_string_equal(c->schema, "swbridge");
	assert_false(c->row_security);
	assert_int_equal(c->max_in_flight, 192);
	assert_int_equal(c->write_rate, 1380);
	assert_int_equal(c->timeout_ms, 30000);
	assert_int_equal(c->column_count, 0);
	assert_int_equal(c->on_remove, CONFIG_ON_REMOVE_UNSET);
	assert_null(c->username);
	assert_int_equal(c->grace_ms, 86400000);
	assert_int_equal(c->settle_ms, 40000);
	assert_int_equal(c->max_removals.count, 1);
	assert_int_equal(c->max_removals.percent, 10);
	assert_int_equal(c->max_creates.count, 50);
	assert_int_equal(c->max_creates.percent, 25);
	assert_int_equal(c->max_changes.count, 50);
	assert_int_equal(c->max_changes.percent, 50);
	assert_int_equal(c->subscriber_price_cents, 300);
	assert_null(c->include);
	assert_int_equal(c->journal_keep_ms, 400LL * 86400000);
	assert_int_equal(c->poll_ms, 60000);
	assert_int_equal(c->verify_ms, 86400000);
	assert_string_equal(c->metrics, "127.0.0.1:9753");
	assert_null(c->metrics_file);
	config_free(c);
}

static void test_everything_set(void **state)
{
	struct config *c = load_good("\xef\xbb\xbf; all of it\r\n"
				     "  [ signalwire ]\r\n"
				     "space = Example.signalwire.com\r\n"
				     "project_id = 1a2b-3c\n"
				     "\tapi_token=PTtoken\n"
				     "max_in_flight = 7\nwrite_rate=10\ntimeout = 2s\nca_file = /ca.pem\n"
				     "proxy = http://u:ppppp@127.0.0.1:3128\n"
				     "   ; comments may stand further in\n"
				     "[postgres]\nconninfo = dbname=pbx password=hush;hush\nsource = pbx()\nschema = Other\nrow_security=yes\n"
				     "[columns]\nextension = exten\nsecret = sip secret\nsend_as =\n"
				     "[mirror]\non_remove = keep\nusername = {username}-{tenant}\nsubscriber_domain = pbx.example.com\n"
				     "grace = 0s\nsettle = 8s\nmax_removals = unlimited\nmax_creates = 3\nmax_changes = 5%\n"
				     "subscriber_price = 2.5\ninclude = 1*, 2[0-9]?\nexclude = 199\njournal_keep = 7d\n"
				     "[listen]\npoll = 500ms\nverify = 0s\nmetrics =\nmetrics_file = /run/m.prom\n");

	(void)state;
	assert_string_equal(c->space, "Example");
	assert_string_equal(c->api_url, "https://Example.signalwire.com");
	assert_string_equal(c->project_id, "1a2b-3c");
	assert_string_equal(c->api_token, "PTtoken");
	assert_int_equal(c->max_in_flight, 7);
	assert_int_equal(c->write_rate, 10);
	assert_int_equal(c->timeout_ms, 2000);
	assert_string_equal(c->ca_file, "/ca.pem");
	assert_string_equal(c->proxy, "http://u:ppppp@127.0.0.1:3128");
	assert_string_equal(c->conninfo, "dbname=pbx password=hush;hush");
	assert_string_equal(c->source, "pbx()");
	assert_string_equal(c->schema, "Other");
	assert_true(c->row_security);
	assert_int_equal(c->column_count, 3);
	assert_string_equal(c->columns[0].name, "extension");
	assert_string_equal(c->columns[0].column, "exten");
	assert_string_equal(c->columns[1].column, "sip secret");
	assert_string_equal(c->columns[2].column, ""); /* not used */
	assert_int_equal(c->on_remove, CONFIG_KEEP);
	assert_string_equal(c->username, "{username}-{tenant}");
	assert_string_equal(c->subscriber_domain, "pbx.example.com");
	assert_int_equal(c->grace_ms, 0);
	assert_int_equal(c->settle_ms, 8000);
	assert_true(c->max_removals.unlimited);
	assert_int_equal(c->max_creates.count, 3);
	assert_int_equal(c->max_creates.percent, 0);
	assert_int_equal(c->max_changes.count, 50);
	assert_int_equal(c->max_changes.percent, 5);
	assert_int_equal(c->subscriber_price_cents, 250);
	assert_string_equal(c->include[0], "1*");
	assert_string_equal(c->include[1], "2[0-9]?");
	assert_null(c->include[2]);
	assert_string_equal(c->exclude[0], "199");
	assert_int_equal(c->poll_ms, 500);
	assert_int_equal(c->verify_ms, 0);
	assert_null(c->metrics);
	assert_string_equal(c->metrics_file, "/run/m.prom");
	config_free(c);
}

/* What is refused; the sentence names the file, this line, and has this part in it. */
static const struct {
	unsigned line; /* 0: the file as a whole */
	const char *text, *part, *also;
} refused[] = {
	/* the form of the file */
	{ 0, "", "source is not set", "[postgres]" },
	{ 1, "x = 1\n" PG, "stands before the first section", "[signalwire]" },
	{ 3, PG "# a comment\n", "a comment begins with ;", "" },
	{ 3, PG "  #include other.conf\n", "a comment begins with ;", "includes no other" },
	{ 3, PG ";-- off\nschema = x\n--;\n", "no block of comments", "" },
	{ 3, PG "schema\n", "no = on this line", "" },
	{ 3, PG "= x\n", "no key before the =", "" },
	{ 3, PG "schema => x\n", "schema = > x", "write = alone" },
	{ 3, PG "schema = x ; the old one\n", "schema = x ; the old one", "a line of its own" },
	{ 3, PG "schema = x\001\n", "0x01", "UTF-8" },
	{ 3, PG "schema = \xff\n", "0xff", "UTF-8" },
	{ 3, PG "schema = x\rb\n", "0x0d", "" },
	{ 4, PG "\nsource = b\n", "source is set a second time, after line 2", "keep one" },
	{ 4, PG "schema = a\nschema = a\n", "schema is set a second time", "" },
	{ 3, PG "Source = b\n", "no option Source in [postgres]", "Did you mean source?" },
	{ 5, PG "[mirror]\ngrace = 1d\n[postgres]\n", "[postgres] is there a second time", "began on line 1" },
	{ 3, PG "[miror]\n", "no section [miror]", "Did you mean [mirror]?" },
	{ 3, PG "[default]\n", "no section [default]", "The sections are" },
	{ 3, PG "[Mirror]\n", "no section [Mirror]", "Did you mean [mirror]?" },
	{ 3, PG "[mirror\n", "a name in brackets alone", "" },
	{ 3, PG "[mirror](!)\n", "a name in brackets alone", "" },
	{ 3, PG "[mirror] ; x\n", "a name in brackets alone", "" },
	{ 3, PG "[]\n", "no section []", "" },
	{ 3, PG "shema = x\n", "no option shema in [postgres]", "Did you mean schema?" },
	{ 3, PG "timeout = 3s\n", "no option timeout in [postgres]", "belongs into [signalwire]" },
	{ 3, PG "zzzzzzzz = x\n", "no option zzzzzzzz in [postgres].", "" },
	{ 4, PG "[columns]\nexten = extension\n", "no option exten in [columns]. Did you mean extension?", "The columns are key extension secret" },
	{ 4, PG "[columns]\nemial = m\n", "Did you mean email?", "calling_handler_resource_id." },
	{ 4, PG "[columns]\nsecret =\n", "secret = ", "1 to 63 bytes" },
	/* each type of value, by way of one of its options */
	{ 4, PG "[signalwire]\ntimeout = 30\n", "timeout = 30", "30s" },
	{ 4, PG "[signalwire]\ntimeout = 1h\n", "timeout = 1h", "from 100ms to 10m" },
	{ 4, PG "[signalwire]\nmax_in_flight = 0\n", "max_in_flight = 0", "from 1 to 4096" },
	{ 4, PG "[signalwire]\nwrite_rate = many\n", "write_rate = many", "whole number" },
	{ 4, PG "[signalwire]\nspace = a.example.com\n", "space = a.example.com", "name of the space alone" },
	{ 4, PG "[signalwire]\nproject_id = a:b\n", "project_id = a:b", "dashes" },
	{ 4, PG "[signalwire]\napi_url = http://api.example.com\n", "api_url = http://api.example.com", "plain http" },
	{ 4, PG "[signalwire]\nca_file = ca.pem\n", "ca_file = ca.pem", "begins with /" },
	{ 3, PG "row_security = 1\n", "row_security = 1", "on, yes or true" },
	{ 3, PG "conninfo = dbname\n", "conninfo: ", "connection string" },
	{ 4, PG "[mirror]\non_remove = Delete\n", "on_remove = Delete", "delete, suspend or keep" },
	{ 4, PG "[mirror]\nusername = x{tennant}\n", "username = x{tennant}", "{tennant} is none" },
	{ 4, PG "[mirror]\nsubscriber_domain = a@b.c\n", "subscriber_domain = a@b.c", "domain name" },
	{ 4, PG "[mirror]\nsubscriber_id = 12\n", "subscriber_id = 12", "xxxxxxxx-xxxx" },
	{ 4, PG "[mirror]\nmax_removals = 10 %\n", "max_removals = 10 %", "unlimited" },
	{ 4, PG "[mirror]\nsubscriber_price = $3\n", "subscriber_price = $3", "3.00" },
	{ 4, PG "[mirror]\ninclude = 1*,\n", "include = 1*,", "none may be empty" },
	{ 4, PG "[mirror]\njournal_keep = 12h\n", "journal_keep = 12h", "from 2d" },
	{ 4, PG "[listen]\nmetrics = 9753\n", "metrics = 9753", "127.0.0.1:9753" },
	/* options that do not go together */
	{ 4, PG "[mirror]\nsettle = 35s\n", "settle = 35s must be more than timeout + 5s", "settle = 36s or more" },
	{ 4, PG "[signalwire]\ntimeout = 60s\n", "settle = 40s must be more than timeout + 5s", "settle = 66s or more" },
	{ 4, PG "[signalwire]\napi_token = abcd\napi_token_file = /nowhere\n", "api_token and api_token_file", "keep one" },
	{ 4, PG "[mirror]\ntarget = endpoint\n", "target = endpoint", "write subscriber or sip-endpoint" },
	{ 5, PG "[mirror]\ntarget = sip-endpoint\nsubscriber_id = 11111111-2222-4333-8444-555555555555\n", "subscriber_id",
	  "target = sip-endpoint" },
	{ 5, PG "[mirror]\nsubscriber_domain = a.b\nsubscriber_id = 11111111-2222-4333-8444-555555555555\n", "subscriber_id",
	  "subscriber_domain" },
};

static void test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(refused); i++) {
		unsigned line = refused[i].line;
		char *place = line ? mem_printf("%s:%u: ", conf_path, line) : mem_printf("%s: ", conf_path);
		char *sentence = refusal(refused[i].text, 0600);

		if (strncmp(sentence, place, strlen(place)))
			fail_msg("does not begin with %s: %s", place, sentence);
		check_contains(sentence, refused[i].part);
		check_contains(sentence, refused[i].also);
		if (!strchr("?.", sentence[strlen(sentence) - 1]))
			fail_msg("is no sentence: %s", sentence);
		mem_free(sentence);
		mem_free(place);
	}
}

static void test_no_secret_in_a_refusal(void **state)
{
	static const char *const texts[] = {
		PG "[signalwire]\napi_token = sen tinel\n",
		PG "[signalwire]\napi_token = sen\xc3\xa4tinel\n",
		PG "[signalwire]\napi_token = x ; tinel\n",
		PG "[signalwire]\nproxy = http://u:sentinel@:no port:\n",
		PG "conninfo = password=sentinel dbname\n",
		PG "conninfo = postgresql://u:sentinel@[/x\n",
		PG "[signalwire]\nPTsentinel\n",
		"sentinel\n" PG,
		PG "[signalwire]\napi_token = sentinel\napi_token = sentinel\n",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		char *sentence = refusal(texts[i], 0600);

		if (strstr(sentence, "sen") || strstr(sentence, "tinel"))
			fail_msg("a secret is in: %s", sentence);
		mem_free(sentence);
	}
}

static void test_readable_by_others(void **state)
{
	static const struct {
		const char *text, *what;
	} rows[] = {
		{ PG "[signalwire]\napi_token = abcd\n", "the API token" },
		{ PG "conninfo = password=abcd\n", "the database's password" },
		{ PG "conninfo = postgresql://u:abcd@h/d\n", "the database's password" },
		{ PG "[signalwire]\nproxy = http://u:abcd@h:1\n", "the proxy's password" },
	};
	struct config *config = NULL;
	struct error err = ERROR_INIT;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char *sentence = refusal(rows[i].text, 0644);

		check_contains(sentence, rows[i].what);
		check_contains(sentence, "chmod o-rwx ");
		check_contains(sentence, conf_path);
		mem_free(sentence);
		assert_int_equal(load(rows[i].text, 0640, &config, &err), 0);
		config_free(config);
	}
	/* Without a secret in it anybody may read it. */
	assert_int_equal(load(PG "conninfo = dbname=x\n", 0644, &config, &err), 0);
	config_free(config);
}

static void token_file(const char *text, size_t len, mode_t mode)
{
	write_file(token_path, text, len, mode);
}

static void test_token_file(void **state)
{
	char *text = mem_printf("%s[signalwire]\napi_token_file = %s\n", PG, token_path);
	static const struct {
		const char *bytes;
		size_t len;
		mode_t mode;
		const char *part; /* of the refusal; NULL: it is taken */
	} rows[] = {
		{ "PTone", 5, 0600, NULL },         { "PTone\n", 6, 0640, NULL },
		{ "PTone\r\n", 7, 0400, NULL },     { "PTone\n", 6, 0604, "chmod o-rwx" },
		{ "", 0, 0600, "is empty" },        { "\n\n", 2, 0600, "is empty" },
		{ "a b\n", 4, 0600, "white space" }, { "PT\0ne\n", 6, 0600, "no token has" },
		{ "a\nb\n", 4, 0600, "white space" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		token_file(rows[i].bytes, rows[i].len, rows[i].mode);
		if (rows[i].part) {
			char *sentence = refusal(text, 0600);

			check_contains(sentence, rows[i].part);
			check_contains(sentence, token_path);
			check_contains(sentence, "api_token_file in [signalwire]: ");
			mem_free(sentence);
		} else {
			struct config *config = load_good(text);

			assert_string_equal(config->api_token, "PTone");
			config_free(config);
		}
	}
	unlink(token_path);
	{
		char *sentence = refusal(text, 0600);

		check_contains(sentence, token_path);
		check_contains(sentence, "No such file or directory; write the API token into it, alone");
		mem_free(sentence);
	}
	mem_free(text);
}

static void test_token_order(void **state)
{
	char *in_file = mem_printf("%s[signalwire]\napi_token_file = %s\n", PG, token_path);
	struct config *config = NULL;

	(void)state;
	setenv("CREDENTIALS_DIRECTORY", directory, 1);
	config = load_good(PG); /* there is no api_token in there yet */
	assert_null(config->api_token);
	config_free(config);

	token_file("PTcredential\n", 13, 0400);
	config = load_good(PG);
	assert_string_equal(config->api_token, "PTcredential");
	config_free(config);

	setenv("SIGNALWIRE_API_TOKEN", "PTenvironment", 1);
	config = load_good(PG);
	assert_string_equal(config->api_token, "PTenvironment");
	config_free(config);

	config = load_good(in_file);
	assert_string_equal(config->api_token, "PTcredential");
	config_free(config);

	config = load_good(PG "[signalwire]\napi_token = PTfile\n");
	assert_string_equal(config->api_token, "PTfile");
	config_free(config);

	setenv("SIGNALWIRE_API_TOKEN", "sen tinel", 1);
	{
		char *sentence = refusal(PG, 0600);

		check_contains(sentence, "SIGNALWIRE_API_TOKEN in the environment");
		assert_null(strstr(sentence, "tinel"));
		mem_free(sentence);
	}
	mem_free(in_file);
}

static void test_environment(void **state)
{
	struct config *config = NULL;
	char *sentence = NULL;

	(void)state;
	setenv("SIGNALWIRE_SPACE", "outside", 1);
	setenv("SIGNALWIRE_PROJECT_ID", "p-2", 1);
	config = load_good(PG);
	assert_string_equal(config->space, "outside");
	assert_string_equal(config->api_url, "https://outside.signalwire.com");
	assert_string_equal(config->project_id, "p-2");
	config_free(config);

	config = load_good(PG "[signalwire]\nspace = inside\nproject_id = p-1\napi_url = http://127.0.0.1:1/\n");
	assert_string_equal(config->space, "inside");
	assert_string_equal(config->api_url, "http://127.0.0.1:1");
	assert_string_equal(config->project_id, "p-1");
	config_free(config);

	setenv("SIGNALWIRE_SPACE", "a.b", 1);
	sentence = refusal(PG, 0600);
	check_contains(sentence, "SIGNALWIRE_SPACE = a.b in the environment");
	mem_free(sentence);
}

static void test_reload_token(void **state)
{
	static const char changed[] = PG "[signalwire]\napi_token = PTsecond\n";
	struct config *config = load_good(PG "[signalwire]\napi_token = PTfirst\n");
	struct error err = ERROR_INIT;

	(void)state;
	write_file(conf_path, changed, strlen(changed), 0600);
	assert_int_equal(config_reload_token(config, &err), 0);
	assert_string_equal(config->api_token, "PTsecond");
	write_file(conf_path, PG, strlen(PG), 0600);
	assert_int_equal(config_reload_token(config, &err), -1);
	assert_int_equal(err.exit_code, EXIT_CONFIG);
	check_contains(error_text(&err), "the API token is gone");
	assert_string_equal(config->api_token, "PTsecond");
	error_clear(&err);
	config_free(config);
}

static void test_require_api(void **state)
{
	static const struct {
		const char *text;
		const char *part; /* of the refusal; NULL: everything is there */
	} rows[] = {
		{ PG, "space is not set" },
		{ PG "[signalwire]\nspace = s\n", "project_id is not set" },
		{ PG "[signalwire]\nspace = s\nproject_id = p\n", "there is no API token" },
		{ PG "[signalwire]\nspace = s\nproject_id = p\napi_token = tttt\n", "on_remove is not set" },
		{ PG "[signalwire]\nspace = s\nproject_id = p\napi_token = tttt\n[mirror]\non_remove = keep\n", NULL },
		{ PG "[signalwire]\napi_url = https://x\nproject_id = p\napi_token = tttt\n[mirror]\non_remove = keep\n", NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct config *config = load_good(rows[i].text);
		struct error err = ERROR_INIT;

		assert_int_equal(config_require_api(config, &err), rows[i].part ? -1 : 0);
		if (rows[i].part) {
			assert_int_equal(err.exit_code, EXIT_CONFIG);
			check_contains(error_text(&err), rows[i].part);
			check_contains(error_text(&err), conf_path);
		}
		error_clear(&err);
		config_free(config);
	}
}

static void test_path(void **state)
{
	struct config *config = NULL;
	struct error err = ERROR_INIT;

	(void)state;
	write_file(conf_path, PG, strlen(PG), 0600);
	setenv("SWBRIDGE_CONFIG", conf_path, 1);
	assert_int_equal(config_load(NULL, &config, &err), 0);
	assert_string_equal(config->path, conf_path);
	config_free(config);
	unsetenv("SWBRIDGE_CONFIG");
	config = NULL;
	assert_int_equal(config_load("/nowhere/at.all", &config, &err), -1);
	assert_int_equal(err.exit_code, EXIT_CONFIG);
	check_contains(error_text(&err), "/nowhere/at.all cannot be read: No such file or directory; name another one with -c");
	check_contains(error_text(&err), "/examples/swbridge.conf.sample.");
	error_clear(&err);
	assert_int_equal(chmod(conf_path, 0), 0);
	if (geteuid() == 0)
		assert_int_equal(seteuid(65534), 0); /* root may read everything */
	assert_int_equal(config_load(conf_path, &config, &err), -1);
	assert_int_equal(seteuid(getuid()), 0);
	check_contains(error_text(&err), "Permission denied; let the user that swbridge runs as read it, as root: chown ");
	error_clear(&err);
	assert_int_equal(chmod(conf_path, 0600), 0);
	assert_int_equal(config_load(directory, &config, &err), -1);
	check_contains(error_text(&err), "cannot be read");
	error_clear(&err);
	assert_null(config);
}

/* No line is too long, and none is cut. */
static void test_long_lines(void **state)
{
	enum { LONG = 1000000 };
	struct strbuf text = STRBUF_INIT;
	struct config *config = NULL;

	(void)state;
	strbuf_puts(&text, "[postgres]\nsource = ");
	for (int i = 0; i < LONG; i++)
		strbuf_putc(&text, 'x');
	strbuf_puts(&text, "\n; ");
	for (int i = 0; i < LONG; i++)
		strbuf_putc(&text, ';');
	strbuf_puts(&text, "\nschema = after\n");
	config = load_good(text.data);
	assert_int_equal(strlen(config->source), LONG);
	assert_string_equal(config->schema, "after");
	config_free(config);
	strbuf_release(&text);
}

/* Whatever is overwritten in a good file: entries or a sentence, never anything else. */
static void test_any_bytes(void **state)
{
	static const char good[] = PG "conninfo = dbname=x\n[columns]\nkey=id\n ; c\n[mirror]\ngrace = 1d\nsettle=60s\n";
	static const char bytes[] = "[]=;# \t\r\n\"'>\\\0\xff\xc3zA-";
	uint64_t random = 42;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		struct strbuf text = STRBUF_INIT;
		struct config_file file = CONFIG_FILE_INIT;
		struct error err = ERROR_INIT;

		strbuf_puts(&text, good);
		for (int i = 0; i < 1 + round % 5; i++) {
			random = random * 6364136223846793005u + 1442695040888963407u;
			text.data[(random >> 33) % text.len] = bytes[(random >> 50) % sizeof(bytes)];
		}
		if (config_file_parse("F", &text, &file, &err)) {
			assert_memory_equal(error_text(&err), "F:", 2);
			assert_int_equal(err.exit_code, EXIT_CONFIG);
		} else {
			for (size_t i = 0; i < file.count; i++) {
				assert_in_range(file.entries[i].line, 1, text.len);
				assert_non_null(config_option_find(file.entries[i].section, file.entries[i].key));
			}
		}
		config_file_release(&file);
		error_clear(&err);
		strbuf_release(&text);
	}
}

static void test_distance(void **state)
{
	static const struct {
		const char *a, *b;
		size_t distance;
	} rows[] = { { "", "", 0 },           { "a", "", 1 },         { "", "abc", 3 },      { "grace", "grace", 0 },
		     { "grcae", "grace", 2 }, { "kitten", "sitting", 3 }, { "shema", "schema", 1 } };

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_int_equal(config_option_distance(rows[i].a, rows[i].b), rows[i].distance);
}

static void test_table(void **state)
{
	(void)state;
	for (const struct config_option *o = config_options(); o->section; o++) {
		assert_ptr_equal(config_option_find(o->section, o->key), o);
		assert_non_null(o->parse);
		assert_true(*o->help != '\0');
		assert_non_null(o->default_value);
		assert_int_equal(o->secret, !strcmp(o->key, "api_token") || !strcmp(o->key, "proxy") || !strcmp(o->key, "conninfo"));
	}
}

static int fresh_environment(void **state)
{
	(void)state;
	unsetenv("SWBRIDGE_CONFIG");
	unsetenv("SIGNALWIRE_API_TOKEN");
	unsetenv("SIGNALWIRE_SPACE");
	unsetenv("SIGNALWIRE_PROJECT_ID");
	unsetenv("CREDENTIALS_DIRECTORY");
	unlink(token_path);
	return 0;
}

static int set_up(void **state)
{
	(void)state;
	if (!mkdtemp(directory))
		return -1;
	conf_path = mem_printf("%s/swbridge.conf", directory);
	token_path = mem_printf("%s/api_token", directory);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	unlink(conf_path);
	unlink(token_path);
	rmdir(directory);
	mem_free(conf_path);
	mem_free(token_path);
	log_release();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_defaults, fresh_environment),
		cmocka_unit_test_setup(test_everything_set, fresh_environment),
		cmocka_unit_test_setup(test_refused, fresh_environment),
		cmocka_unit_test_setup(test_no_secret_in_a_refusal, fresh_environment),
		cmocka_unit_test_setup(test_readable_by_others, fresh_environment),
		cmocka_unit_test_setup(test_token_file, fresh_environment),
		cmocka_unit_test_setup(test_token_order, fresh_environment),
		cmocka_unit_test_setup(test_environment, fresh_environment),
		cmocka_unit_test_setup(test_reload_token, fresh_environment),
		cmocka_unit_test_setup(test_require_api, fresh_environment),
		cmocka_unit_test_setup(test_path, fresh_environment),
		cmocka_unit_test(test_long_lines),
		cmocka_unit_test(test_any_bytes),
		cmocka_unit_test(test_distance),
		cmocka_unit_test(test_table),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
