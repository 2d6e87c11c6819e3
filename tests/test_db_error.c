/* test_db_error - what failures say, what they keep to themselves, and what may be done about them. */
#include "db_world.h"

#include "log.h"

#include <stdio.h>

static const char secret[] = "hunter2-secret";

/* Connects with these settings; it must fail. */
static void refused(struct world *world, const char *conninfo, int exit_code, const char *says, const char *remedy)
{
	struct error err = ERROR_INIT;
	struct db *db = db_new(world->loop, conninfo, "swbridge-test");

	assert_int_equal(db_connect_wait(db, DEADLINE_MS, &err), -1);
	if (!strstr(error_text(&err), says) || !strstr(error_text(&err), remedy))
		fail_msg("%s", error_text(&err));
	assert_int_equal(err.exit_code, exit_code);
	assert_int_equal(err.kind, exit_code == EXIT_LATER ? ERROR_LATER : ERROR_NEVER);
	assert_null(strstr(error_text(&err), "hunter2"));
	assert_null(strstr(db_describe(db), "hunter2"));
	assert_null(strchr(error_text(&err), '\n'));
	assert_false(db_connected(db));
	db_free(db);
	error_clear(&err);
}

static void sentences(void **state)
{
	static const struct { const char *conninfo; int exit_code; const char *says, *remedy; } rows[] = {
		{ "dbname=nowhere", EXIT_CONFIG, "database \"nowhere\" does not exist", "Create the database" },
		{ "nowhere", EXIT_CONFIG, "Cannot connect to database nowhere at /", "Create the database" },
		{ "user=nobody_here", EXIT_CONFIG, "as user nobody_here", "role exists" },
		{ "host=/no/such/directory", EXIT_LATER, "database postgres at /no/such/directory", "Is the server running" },
		{ "host=127.0.0.1 port=1", EXIT_LATER, "127.0.0.1 port 1", "does it listen" },
		{ "password=hunter2 secret", EXIT_CONFIG, "conninfo", "cannot be read" },
		{ "password='hunter2", EXIT_CONFIG, "unterminated quoted string", "cannot be read" },
		{ "hunter2=a", EXIT_CONFIG, "invalid connection option", "cannot be read" },
		{ "sslmode=hunter2", EXIT_CONFIG, "invalid sslmode value", "Correct conninfo" },
		{ "port=hunter2", EXIT_CONFIG, "invalid ", "Correct conninfo" },
		{ "service=none_such", EXIT_CONFIG, "service", "Check the service file" },
		{ "postgresql://u:x@hunter2@/postgres", EXIT_CONFIG, "\"@\" too many", "%40" },
		{ "postgresql://u:1/hunter2@localhost/postgres", EXIT_CONFIG, "\"@\" too many", "%40" },
		{ "postgresql://u:%hunter2@localhost/postgres", EXIT_CONFIG, "percent-encoded", "cannot be read" },
	};
	struct world *world = *state;

	for (size_t i = 0; i < COUNT(rows); i++)
		refused(world, rows[i].conninfo, rows[i].exit_code, rows[i].says, rows[i].remedy);
}

/* Puts a line in front of pg_hba.conf, or takes it away again. */
static void hba(struct world *world, const char *line)
{
	char *path = ask(world->other, "show hba_file");
	char *rest = ask(world->other, "select string_agg(l, E'\\n') from regexp_split_to_table("
			 "pg_read_file(current_setting('hba_file')), E'\\n') l where l !~ 'locked'");
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fprintf(file, "%s\n%s\n", line, rest);
	assert_int_equal(fclose(file), 0);
	sql(world->other, "select pg_reload_conf()");
	await_answer(world, line[0] ? "select (count(*) = 1)::text from pg_hba_file_rules where user_name = '{locked}'"
				    : "select (count(*) = 0)::text from pg_hba_file_rules where user_name = '{locked}'", "true");
	mem_free(path);
	mem_free(rest);
}

static void wrong_password(void **state)
{
	struct world *world = *state;
	struct error err = ERROR_INIT;
	struct db *db = NULL;
	int64_t end = loop_now_ms() + DEADLINE_MS;

	sql(world->other, "create role locked login password 'right-password'");
	hba(world, "local all locked scram-sha-256");
	/* The postmaster reads the file some time after it was told to. */
	for (bool in_force = false; !in_force && loop_now_ms() < end;) {
		db = db_new(world->loop, "user=locked password=hunter2-secret", "swbridge-test");
		in_force = db_connect_wait(db, DEADLINE_MS, &err) != 0;
		db_free(db);
		error_clear(&err);
	}
	refused(world, "user=locked password=hunter2-secret", EXIT_CONFIG, "password authentication failed", "Check the password");
	refused(world, "postgresql://locked:hunter2-secret@/postgres", EXIT_CONFIG, "authentication failed", "Check the password");
	refused(world, "user=locked", EXIT_CONFIG, "no password supplied", "Give a password");

	db = db_new(world->loop, "user=locked password=right-password", "swbridge-test");
	assert_return_code(db_connect_wait(db, DEADLINE_MS, &err), 0);
	/* Not a superuser: what it may not set is left out. */
	expect_answer(db, "show client_connection_check_interval", "2s");
	expect_answer(db, "show log_parameter_max_length", "-1");
	db_free(db);
	hba(world, "");
	sql(world->other, "drop role locked");
}

static void password_is_a_secret_of_the_log(void **state)
{
	struct world *world = *state;
	struct db *db = db_new(world->loop, "postgresql://u:hunter2%2Dsecret@/none", "swbridge-test");
	char *shown = log_clean(secret);

	assert_string_equal(shown, "***");
	mem_free(shown);
	db_free(db);
	log_release();
}

static void limited_role(void **state)
{
	struct world *world = *state;

	sql(world->other, "create database closed");
	sql(world->other, "revoke connect on database closed from public");
	sql(world->other, "create role outsider login");
	refused(world, "dbname=closed user=outsider", EXIT_CONFIG, "permission denied for database", "CONNECT");
	sql(world->other, "alter role outsider nologin");
	refused(world, "user=outsider", EXIT_CONFIG, "not permitted to log in", "may log in");
	sql(world->other, "drop database closed");
	sql(world->other, "drop role outsider");
}

static void errors_keep_values_to_themselves(void **state)
{
	static const struct { const char *sql, *secret, *sqlstate; } rows[] = {
		{ "select $1::int", "hunter2-secret", "22P02" },
		{ "select ('{' || $1 || '}')::int[]", "hunter2-secret", "22P02" },
		{ "select $1::int", "x", "22P02" },
		{ "insert into u values ($1), ($1)", "hunter2-secret", "23505" },
		{ "select test_raise($1)", "hunter2-secret", "P0001" },
		{ "select test_raise('say \"' || $1 || '\"')", "hu2", "P0001" },
	};
	struct error err = ERROR_INIT;
	struct world *world = *state;

	sql(world->db, "create table u (secret text unique)");
	sql(world->db, "create function test_raise(t text) returns void language plpgsql as "
	    "$$ begin raise exception 'no good: %', t using detail = t, hint = t; end $$");
	for (size_t i = 0; i < COUNT(rows); i++) {
		char *quoted = mem_printf("\"%s\"", rows[i].secret);

		assert_int_equal(db_query_wait(world->db, rows[i].sql, &rows[i].secret, 1, NULL, &err), -1);
		assert_string_equal(db_sqlstate(world->db), rows[i].sqlstate);
		assert_int_equal(err.kind, ERROR_NEVER);
		assert_null(strstr(error_text(&err), strlen(rows[i].secret) > 3 ? rows[i].secret : quoted));
		assert_non_null(strstr(error_text(&err), rows[i].sqlstate));
		assert_null(strchr(error_text(&err), '\n'));
		error_clear(&err);
		mem_free(quoted);
	}
	/* A value of the table itself, which no parameter gives away. */
	assert_int_equal(db_query_wait(world->db, "select reverse('terces-2retnuh')::int", NULL, 0, NULL, &err), -1);
	assert_string_equal(db_sqlstate(world->db), "22P02");
	assert_null(strstr(error_text(&err), "hunter2"));
	assert_non_null(strstr(error_text(&err), "type integer"));
	error_clear(&err);
	sql(world->db, "drop table u");
	sql(world->db, "drop function test_raise");
}

/* A parameter that is called like an object hides it nowhere but where values may be quoted. */
static void objects_keep_their_names(void **state)
{
	const char *const params[] = { "visible" };
	const struct db_statement statements[] = {
		{ .sql = "select set_config('search_path', $1, true)", .params = params, .param_count = 1 },
		{ .sql = "drop schema visible" },
	};
	struct db_result *results[] = { NULL, NULL };
	struct error err = ERROR_INIT;
	struct world *world = *state;

	sql(world->db, "create schema visible");
	sql(world->db, "create table visible.inside ()");
	assert_int_equal(db_run_wait(world->db, DB_WRITE, statements, COUNT(statements), results, &err), -1);
	assert_string_equal(db_sqlstate(world->db), "2BP01");
	assert_non_null(strstr(error_text(&err), "cannot drop schema visible because other objects depend on it: "
						 "table inside depends on schema visible (SQLSTATE 2BP01)"));
	error_clear(&err);
	sql(world->db, "drop schema visible cascade");
	assert_int_equal(db_query_wait(world->db, "select to_regclass($1 || '.x') is null or $1::int > 0", params, 1, NULL, &err), -1);
	assert_null(strstr(error_text(&err), "visible"));
	error_clear(&err);
}

static void kinds(void **state)
{
	static const struct { const char *sqlstate; enum error_kind kind; } rows[] = {
		{ "40001", ERROR_NOW }, { "40P01", ERROR_NOW }, { "40003", ERROR_LATER }, { "08006", ERROR_LATER },
		{ "53300", ERROR_LATER }, { "53100", ERROR_LATER }, { "57P03", ERROR_LATER }, { "57014", ERROR_LATER },
		{ "55P03", ERROR_LATER }, { "25006", ERROR_LATER }, { "58030", ERROR_LATER }, { "42P01", ERROR_NEVER },
		{ "42501", ERROR_NEVER }, { "23505", ERROR_NEVER }, { "0A000", ERROR_NEVER }, { "XX000", ERROR_NEVER },
	};
	struct world *world = *state;

	sql(world->db, "create function test_fail(code text) returns void language plpgsql as "
	    "$$ begin raise exception 'as asked' using errcode = code; end $$");
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct error err = ERROR_INIT;

		assert_int_equal(db_query_wait(world->db, "select test_fail($1)", &rows[i].sqlstate, 1, NULL, &err), -1);
		assert_string_equal(db_sqlstate(world->db), rows[i].sqlstate);
		assert_int_equal(err.kind, rows[i].kind);
		assert_int_equal(err.exit_code, rows[i].kind == ERROR_LATER ? EXIT_LATER : 0);
		error_clear(&err);
	}
	sql(world->db, "drop function test_fail");
}

static void copy_is_refused(void **state)
{
	struct world *world = *state;
	struct error err = ERROR_INIT;

	assert_int_equal(db_query_wait(world->db, "copy (select 1) to stdout", NULL, 0, NULL, &err), -1);
	assert_int_equal(err.kind, ERROR_BUG);
	error_clear(&err);
	assert_return_code(db_connect_wait(world->db, DEADLINE_MS, &err), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(sentences), TEST(wrong_password), TEST(password_is_a_secret_of_the_log), TEST(limited_role),
		TEST(errors_keep_values_to_themselves), TEST(objects_keep_their_names), TEST(kinds), TEST(copy_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
