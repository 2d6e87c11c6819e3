/* test_source - binding and normalising sources of every kind, against a real server. */
#include "source.h"

#include <stdio.h>
#include <stdlib.h>

#include "db_world.h"

struct test {
	struct world *world;
	struct config config;
	struct source *source;
	char *seen;
};

static int setup(void **state)
{
	struct test *test = mem_alloc(sizeof *test);

	assert_int_equal(world_setup((void **)&test->world), 0);
	sql(test->world->db, "drop schema if exists pbx, \"My PBX\" cascade");
	sql(test->world->db, "create schema pbx");
	sql(test->world->db, "create schema \"My PBX\"");
	sql(test->world->db, "set search_path = pbx");
	*state = test;
	return 0;
}

static int teardown(void **state)
{
	struct test *test = *state;

	source_free(test->source);
	mem_free(test->seen);
	world_teardown((void **)&test->world);
	mem_free(test);
	return 0;
}

static void run(struct db *db, const char *text)
{
	char *block = mem_printf("do $do$ begin %s; end $do$", text);

	sql(db, block);
	mem_free(block);
}

static void discover(struct test *test, const char *name)
{
	struct error err = ERROR_INIT;
	char *copy = mem_strdup(name);

	source_free(test->source);
	test->source = NULL;
	test->config.source = copy;
	if (source_discover(test->world->db, &test->config, &test->source, &err))
		fail_msg("%s: %s", name, error_text(&err));
	test->config.source = NULL;
	mem_free(copy);
}

/* `expression` over the desired rows, in the order of their keys, as one text. */
static const char *rows(struct test *test, const char *expression, const char *keys)
{
	struct strbuf text = STRBUF_INIT;
	char *policy = source_policy_json(&test->config);
	const char *params[] = { keys, NULL, NULL, policy };
	struct db_result *result = NULL;
	struct error err = ERROR_INIT;

	strbuf_printf(&text, "with p as (select $1::text[], $2::bytea, $3::bytea, $4::jsonb)\n"
			     "select string_agg(concat_ws('|', %s), ' ' order by key) from ", expression);
	source_query(&text, test->source, &test->config, keys ? "$1::text[]" : NULL);
	strbuf_puts(&text, " d");
	if (db_query_wait(test->world->db, text.data, params, 4, &result, &err))
		fail_msg("%s: %s", error_text(&err), text.data);
	mem_free(test->seen);
	test->seen = mem_strdup(db_result_get(result, 0, 0) ? db_result_get(result, 0, 0) : "");
	db_result_free(result);
	strbuf_release(&text);
	free(policy);
	return test->seen;
}

/* Sources with columns of every kind, and how they read. */
static const struct {
	const char *sql;
	const char *expression;
	const char *seen;
	const char *keys; /* asked for by key ... */
	const char *by_key; /* ... gives this */
} kinds[] = {
	{ "create table s (extension int primary key, secret text); insert into s values (101, 'a'), (-2, 'b')",
	  "key, extension, username, secret, enabled, protected, wanted", "-2|-2|-2|b|t|f|t 101|101|101|a|t|f|t",
	  "{101,0101,abc,99999999999999999999}", "101|101|101|a|t|f|t" },
	{ "create table s (key uuid unique not null, extension varchar(9), secret text);"
	  "insert into s values ('11111111-1111-1111-1111-111111111111', '101', 'a')",
	  "key, username", "11111111-1111-1111-1111-111111111111|101", "{11111111-1111-1111-1111-111111111111,x}",
	  "11111111-1111-1111-1111-111111111111|101" },
	{ "create table s (extension char(6), secret char(6)); insert into s values ('101', 'a b')", "key, secret", "101|a b",
	  "{101}", "101|a b" },
	{ "create type e as enum ('101', '102'); create table s (extension e, secret text); insert into s values ('101', 'a'), ('102', 'b')",
	  "key", "101 102", "{102,zz}", "102" },
	{ "create domain d as varchar(5); create table s (extension d, secret text); insert into s values ('101', 'a')", "key", "101",
	  "{101}", "101" },
	{ "create table s (extension numeric, secret text); insert into s values (101, 'a')", "key", "101", "{101}", "101" },
	{ "create table s (extension text, secret text, tenant text); insert into s values ('101', 'a', 'x'), ('101', 'b', ''),"
	  "('1/2', 'c', 'y/z'), ('102', 'd', null)", "key, secret", "101|b 102|d x/101|a y/z/1/2|c", "{y/z/1/2,x/101,102}",
	  "102|d x/101|a y/z/1/2|c" },
	{ "create table s (extension int, secret text, tenant int); insert into s values (101, 'a', 7), (102, 'b', null)", "key",
	  "102 7/101", "{7/101,8/102}", "7/101" },
	{ "create table s (extension text, secret text, enabled text); insert into s select chr(96 + n::int), 'x', e from"
	  " unnest(array[null, '', 'true', ' YES ', 'on', '1', 'Enabled', 't', 'y', 'false', 'no', '0', 'off', 'f', 'x'])"
	  " with ordinality u(e, n)", "key, enabled",
	  "a|t b|t c|t d|t e|t f|t g|t h|t i|t j|f k|f l|f m|f n|f o|f", NULL, NULL },
	{ "create table s (extension text, secret text, enabled int, protected int);"
	  "insert into s values ('1', 'x', null, null), ('2', 'x', 0, 0), ('3', 'x', 7, 7)", "key, enabled, protected",
	  "1|t|f 2|f|f 3|t|t", NULL, NULL },
	{ "create table s (extension text, secret text, enabled boolean, protected text);"
	  "insert into s values ('1', 'x', null, 'yes'), ('2', 'x', false, 'no')", "key, enabled, protected", "1|t|t 2|f|f", NULL, NULL },
	{ "create table s (extension text, secret text, codecs text[], ciphers text);"
	  "insert into s values ('1', 'x', '{ulaw,alaw}', 'A,B'), ('2', 'x', '{}', '')",
	  "key, codecs, ciphers, settings_text", "1|ulaw,alaw|A,B|ciphers=3:A,Bcodecs=9:ulaw,alaw 2|", NULL, NULL },
	{ "create table s (extension text, secret text, email text); insert into s values ('1', 'x', ' A@X.org '), ('2', 'x', ''), ('3', 'x', '  ')",
	  "key, email, email_given", "1|a@x.org|t 2|f 3|f", NULL, NULL },
	{ "create table s (key text, extension text, secret text, skip_reason text, enabled boolean);"
	  "insert into s values ('1', '', 'x', '', true), ('2', '2', '', null, true),"
	  "('3', '3', null, 'virtual', true), ('', '4', 'x', null, true), (null, '', 'x', null, true), ('6', '6', null, null, false)",
	  "key, extension, skip_reason, wanted", "1|1|no_extension|f 2|2|no_secret|f 3|3|virtual|f 4|4|t 6|6|no_secret|f", NULL, NULL },
	/* a hash of the secret, with and without the secret and a reason of its own; of three rows none is issued a secret here */
	{ "create table s (extension text, secret text, secret_hash text, skip_reason text); insert into s values ('1', null, 'h', null),"
	  " ('2', 'x', 'h', null), ('3', '', '', null), ('4', null, 'h', 'virtual'), ('5', null, null, null), (null, null, 'h', null)",
	  "key, skip_reason, hashed, wanted, secret_text", "1|password_hashed|t|f|\001hash h 2|f|t|x 3|no_secret|f|f 4|virtual|f|f|\001hash h 5|no_secret|f|f",
	  NULL, NULL },
	{ "create table s (extension text, secret text, username text); insert into s values"
	  " ('1', 'x', 'u'), ('2', 'x', 'u'), ('3', '', 'u'), ('4', 'x', 'w'), ('5', 'x', null), ('6', 'x', '5'), ('7', 'a', 'v'), ('7', 'b', 'w2')",
	  "key, username, problem",
	  "1|u|duplicate_username 2|u|duplicate_username 3|u 4|w 5|5|duplicate_username 6|5|duplicate_username 7|v|duplicate_key", "{4}", "4|w" },
	/* an index that does not speak for all rows, or not of NULLs */
	{ "create table s (extension text primary key, secret text); create table child () inherits (s);"
	  "insert into s values ('1', 'a'); insert into child values ('1', 'b')", "key, problem", "1|duplicate_key", NULL, NULL },
	/* the one that is yielded does not depend on where the rows lie */
	{ "create table s (key text, extension text, secret text); insert into s values ('k', '111', 'a'), ('k', '101', 'b'), ('l', '3', 'a'),"
	  " ('l', '1', 'a'), ('l', '2', 'a'), ('m', '5', 'a'), ('m', '5', 'b'), ('n', '6', 'a')",
	  "key, extension, problem, sharers", "k|101|duplicate_key|101 and 111 l|1|duplicate_key|1 to 3 m|5|duplicate_key n|6", NULL, NULL },
	{ "create table s (key text unique, extension text, secret text); insert into s values ('4', '1', 'a'), (null, '4', 'b')",
	  "key, problem", "4|duplicate_key", NULL, NULL },
	{ "create table \"My PBX\".\"Users \"\"x\"\"\" (\"Ext No\" text, secret text); execute 'create view s as"
	  " select \"Ext No\" as extension, secret from \"My PBX\".\"Users \"\"x\"\"\"';"
	  "insert into \"My PBX\".\"Users \"\"x\"\"\" values ('1', 'x')", "key", "1", "{1}", "1" },
};

static void every_kind(void **state)
{
	struct test *test = *state;
	int failed = 0;

	for (size_t i = 0; i < COUNT(kinds); i++) {
		const char *seen = NULL;

		sql(test->world->db, "drop schema pbx cascade");
		sql(test->world->db, "create schema pbx");
		run(test->world->db, kinds[i].sql);
		discover(test, "s");
		seen = rows(test, kinds[i].expression, NULL);
		if (strcmp(seen, kinds[i].seen) != 0) {
			print_error("%s\n  seen:   %s\n  wanted: %s\n", kinds[i].sql, seen, kinds[i].seen);
			failed++;
		}
		if (kinds[i].keys && strcmp(rows(test, kinds[i].expression, kinds[i].keys), kinds[i].by_key) != 0) {
			print_error("%s\n  by key: %s\n  wanted: %s\n", kinds[i].sql, test->seen, kinds[i].by_key);
			failed++;
		}
	}
	assert_int_equal(failed, 0);
}

static void names_and_patterns(void **state)
{
	static const struct {
		const char *template;
		const char *include, *exclude;
		const char *seen;
	} cases[] = {
		{ "{username}-{tenant}", NULL, NULL, "1%0|1%0 102|102 a/101|101-a b/101|joe-b" },
		{ "{tenant}.{extension}.pbx", NULL, NULL, "1%0|.1%0.pbx 102|.102.pbx a/101|a.101.pbx b/101|b.101.pbx" },
		{ "x{key}", NULL, NULL, "1%0|x1%0 102|x102 a/101|xa/101 b/101|xb/101" },
		{ "{what}{", NULL, NULL, "1%0|{what}{ 102|{what}{ a/101|{what}{ b/101|{what}{" },
		{ NULL, "10*", NULL, "102|102 a/101|101 b/101|joe" },
		{ NULL, "a/*", NULL, "a/101|101" },
		{ NULL, "?0?", "b/?01", "102|102 a/101|101" },
		{ NULL, "1%*", NULL, "1%0|1%0" },
		{ NULL, NULL, "1*", "" },
		{ NULL, "10[0-1]", NULL, "a/101|101 b/101|joe" },
		{ NULL, "10[!1]", NULL, "102|102" },
		{ NULL, "10[^0-1]", NULL, "102|102" },
		{ NULL, "1[x%]0", NULL, "1%0|1%0" },
		{ NULL, "1[]%]0", NULL, "1%0|1%0" },
		{ NULL, "1[$-.]0", NULL, "1%0|1%0" },
		{ NULL, "10[a-]", NULL, "" },
		{ NULL, "[ab]/10[12]", NULL, "a/101|101 b/101|joe" },
		{ NULL, "1\\02", NULL, "102|102" },
		{ NULL, "1.2", NULL, "" },
		{ NULL, "1(0)2|x", NULL, "" },
		{ NULL, "02", NULL, "" },
	};
	struct test *test = *state;
	char *one[2] = { NULL }, *other[2] = { NULL };

	run(test->world->db, "create table s (extension text, secret text, tenant text, username text); insert into s values"
			     " ('101', 'x', 'a', null), ('101', 'x', 'b', 'joe'), ('102', 'x', '', ''), ('1%0', 'x', null, null)");
	discover(test, "pbx.s");
	for (size_t i = 0; i < COUNT(cases); i++) {
		test->config.username = mem_strdup(cases[i].template);
		one[0] = mem_strdup(cases[i].include);
		other[0] = mem_strdup(cases[i].exclude);
		test->config.include = one[0] ? one : NULL;
		test->config.exclude = other[0] ? other : NULL;
		assert_string_equal(rows(test, "key, username", NULL), cases[i].seen);
		mem_free(test->config.username);
		mem_free(one[0]);
		mem_free(other[0]);
	}
	test->config = (struct config){ 0 };
}

static void emails(void **state)
{
	struct test *test = *state;

	run(test->world->db, "create table s (extension text, secret text, email text); insert into s values ('A', 'x', null), ('b', 'x', 'B@Y')");
	discover(test, "s");
	test->config.subscriber_domain = mem_strdup("Pbx.Example");
	assert_string_equal(rows(test, "key, email, email_given", NULL), "A|a@pbx.example|f b|b@y|t");
	test->config.subscriber_id = mem_strdup("11111111-1111-1111-1111-111111111111");
	assert_string_equal(rows(test, "key, email, email_given", NULL), "A|f b|f");
	mem_free(test->config.subscriber_domain);
	mem_free(test->config.subscriber_id);
	test->config = (struct config){ 0 };
}

static void functions(void **state)
{
	struct test *test = *state;

	sql(test->world->db, "create function phones() returns table (extension text, secret text, codecs text[]) language sql as"
			     " $$ values ('1', 'x', '{a,b}'::text[]), ('2', 'y', null) $$");
	discover(test, "pbx.phones()");
	assert_true(test->source->function);
	assert_false(test->source->takes_keys);
	assert_string_equal(rows(test, "key, codecs", NULL), "1|a,b 2");
	assert_string_equal(rows(test, "key, codecs", "{2,3}"), "2");

	sql(test->world->db, "create type phone as (extension int, secret text)");
	sql(test->world->db, "create function phones(keys text[]) returns setof phone language plpgsql as $$ begin return query"
			     " select n, coalesce(array_to_string(keys, ','), 'all') from generate_series(1, 3) n; end $$");
	discover(test, "phones");
	assert_true(test->source->takes_keys);
	assert_string_equal(rows(test, "key, secret", NULL), "1|all 2|all 3|all");
	assert_string_equal(rows(test, "key, secret", "{2,9}"), "2|2,9");
}

static void mapping_and_missing(void **state)
{
	struct test *test = *state;
	struct config_column columns[] = { { .name = mem_strdup("extension"), .column = mem_strdup("Ext \"No\"") },
					   { .name = mem_strdup("email"), .column = mem_strdup("mail") } };
	struct error err = ERROR_INIT;
	struct source *source = NULL;
	char *bound = NULL;

	run(test->world->db, "create table \"My PBX\".\"Users\" (\"Ext \"\"No\"\"\" text, secret text, mail text)");
	test->config.columns = columns;
	test->config.column_count = 2;
	discover(test, "My PBX.Users");
	assert_string_equal(test->source->name, "\"My PBX\".\"Users\"");
	discover(test, "\"My PBX\".\"Users\"");
	assert_string_equal(rows(test, "key", NULL), "");
	bound = source_columns_json(test->source);
	assert_string_equal(bound, "[{\"name\":\"extension\",\"column\":\"Ext \\\"No\\\"\",\"type\":\"text\"},"
				   "{\"name\":\"secret\",\"column\":\"secret\",\"type\":\"text\"},"
				   "{\"name\":\"email\",\"column\":\"mail\",\"type\":\"text\"}]");

	/* A type may change, a new column is ignored, a bound one must stay. */
	sql(test->world->db, "alter table \"My PBX\".\"Users\" alter \"Ext \"\"No\"\"\" type int using 0, add enabled boolean");
	assert_return_code(source_bind(test->world->db, &test->config, test->source->name, bound, &source, &err), 0);
	assert_int_equal(source->columns[SOURCE_EXTENSION].kind, SOURCE_INTEGER);
	assert_false(source_has(source, SOURCE_ENABLED));
	source_free(source);
	source = NULL;
	sql(test->world->db, "alter table \"My PBX\".\"Users\" rename mail to email");
	assert_int_equal(source_bind(test->world->db, &test->config, test->source->name, bound, &source, &err), -1);
	assert_int_equal(err.exit_code, EXIT_FENCE);
	assert_non_null(strstr(error_text(&err), "column \"mail\" of \"My PBX\".\"Users\" is gone"));
	assert_null(source);

	test->config.source = mem_strdup("My PBX.Users");
	assert_int_equal(source_discover(test->world->db, &test->config, &source, &err), -1);
	assert_int_equal(err.exit_code, EXIT_CONFIG);
	assert_non_null(strstr(error_text(&err), "no column \"mail\""));
	assert_non_null(strstr(error_text(&err), "Ext \"No\", secret, email, enabled"));
	test->config.column_count = 0;
	assert_int_equal(source_discover(test->world->db, &test->config, &source, &err), -1);
	assert_non_null(strstr(error_text(&err), "no column \"extension\", which every source must have"));
	mem_free(test->config.source);
	test->config.source = mem_strdup("no such; name(");
	assert_int_equal(source_discover(test->world->db, &test->config, &source, &err), -1);
	assert_int_equal(err.exit_code, EXIT_CONFIG);
	sql(test->world->db, "drop table \"My PBX\".\"Users\"");
	assert_int_equal(source_bind(test->world->db, &test->config, test->source->name, bound, &source, &err), -1);
	assert_int_equal(err.exit_code, EXIT_FENCE);
	assert_non_null(strstr(error_text(&err), "is gone from database"));
	mem_free(test->config.source);
	for (size_t i = 0; i < COUNT(columns); i++) {
		mem_free(columns[i].name);
		mem_free(columns[i].column);
	}
	test->config = (struct config){ 0 };
	error_clear(&err);
	free(bound);
}

/* What an operator reads when a read fails. */
static void explained_errors(void **state)
{
	static const struct {
		const char *setup;
		const char *says;
	} cases[] = {
		{ "alter table s rename secret to password", "column \"secret\" of pbx.s is gone" },
		{ "drop table s", "pbx.s is gone from" },
		{ "create role swb_nobody; grant usage on schema pbx to swb_nobody; set role swb_nobody", "grant select on pbx.s to" },
		{ "grant select on s to swb_nobody; alter table s enable row level security; set role swb_nobody; set row_security = off",
		  "row-level security" },
	};
	struct test *test = *state;

	run(test->world->db, "drop role if exists swb_nobody");
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct strbuf text = STRBUF_INIT;
		struct error err = ERROR_INIT;

		sql(test->world->db, "drop table if exists s");
		sql(test->world->db, "create table s (extension text, secret text)");
		discover(test, "s");
		run(test->world->db, cases[i].setup);
		strbuf_puts(&text, "select * from ");
		source_query(&text, test->source, &test->config, NULL);
		strbuf_puts(&text, " d");
		assert_int_equal(db_query_wait(test->world->db, text.data, NULL, 0, NULL, &err), -1);
		assert_int_equal(source_explain_error(test->world->db, test->source, &err), -1);
		assert_int_equal(err.exit_code, EXIT_FENCE);
		if (!strstr(error_text(&err), cases[i].says))
			fail_msg("%s: %s", cases[i].setup, error_text(&err));
		sql(test->world->db, "reset role");
		sql(test->world->db, "reset row_security");
		strbuf_release(&text);
		error_clear(&err);
	}
	sql(test->world->db, "drop owned by swb_nobody");
	sql(test->world->db, "drop role swb_nobody");
}

/* A database that does not say what its bytes mean: one bad row must not stop the others. */
static void garbage(void **state)
{
	struct test *test = *state;
	struct error err = ERROR_INIT;
	struct db *db = test->world->db;

	sql(db, "drop database if exists swb_garbage");
	sql(db, "create database swb_garbage encoding 'SQL_ASCII' locale 'C' template template0");
	test->world->db = db_new(test->world->loop, "dbname=swb_garbage", "swbridge-test");
	if (db_connect_wait(test->world->db, DEADLINE_MS, &err))
		fail_msg("%s", error_text(&err));
	sql(test->world->db, "create table s (extension text, secret text, caller_id text, tenant text)");
	sql(test->world->db, "insert into s values (E'1\\xff', E'\\xfe', E'J\\xf6rg', E'\\x80'), ('2', 'x', 'y', 'z')");
	discover(test, "public.s");
	assert_string_equal(rows(test, "octet_length(key), caller_id, settings_text", NULL),
			    "3|y|caller_id=1:y 4|J\xf6rg|caller_id=4:J\xf6rg");
	assert_string_equal(rows(test, "sha256(convert_to(secret, getdatabaseencoding())) = sha256('\\xfe')", "{\x80/1\xff}"), "t");
	db_free(test->world->db);
	test->world->db = db;
	sql(db, "drop database swb_garbage");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(every_kind),
		CASE(names_and_patterns),
		CASE(emails),
		CASE(functions),
		CASE(mapping_and_missing),
		CASE(explained_errors),
		CASE(garbage),
	};

	return cmocka_run_group_tests_name("source", tests, NULL, NULL);
}
