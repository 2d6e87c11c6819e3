/* Statements that come again: parsed once on a connection, and sent as they are where that does not work. */
#include "db_world.h"

/* What `sql` answers as a prepared statement in a read unit of its own; NULL and its SQLSTATE in db_sqlstate() where it fails. */
static char *prepared(struct world *world, const char *text, const char *parameter)
{
	const char *params[] = { parameter };
	const struct db_statement statements[] = {
		{ .sql = "select 'before'" },
		{ .sql = text, .params = params, .param_count = parameter ? 1 : 0, .prepared = true },
	};
	struct db_result *results[2] = { NULL };
	struct error err = ERROR_INIT;
	char *value = NULL;

	if (db_run_wait(world->db, DB_READ, statements, 2, results, &err))
		error_clear(&err);
	else
		value = mem_strdup(db_result_get(results[1], 0, 0));
	db_result_free(results[0]);
	db_result_free(results[1]);
	return value;
}

static void expect(struct world *world, const char *text, const char *parameter, const char *wanted)
{
	char *value = prepared(world, text, parameter);

	assert_non_null(value);
	assert_string_equal(value, wanted);
	mem_free(value);
}

static const char known[] = "select count(*) from pg_prepared_statements where name like 'swbridge%'";

static void parsed_once(void **state)
{
	struct world *world = *state;

	expect_answer(world->db, known, "0");
	expect(world, "select $1::int + 1", "1", "2");
	expect(world, "select $1::int + 1", "41", "42");
	expect(world, "select $1::int + 2", "41", "43");
	expect_answer(world->db, known, "2");
	if (db_server_version(world->db) >= 140000)
		expect_answer(world->db, "select sum(generic_plans + custom_plans) from pg_prepared_statements", "3");
}

/* The plans are the connection's, and what is known of them goes with it. */
static void known_on_one_connection(void **state)
{
	struct world *world = *state;
	struct error err = ERROR_INIT;

	expect(world, "select $1::int + 1", "1", "2");
	assert_return_code(db_connect_wait(world->db, DEADLINE_MS, &err), 0);
	expect_answer(world->db, known, "0");
	expect(world, "select $1::int + 1", "2", "3");
	expect_answer(world->db, known, "1");
}

/* It is the text itself that says what is wrong with it, and the unit fails as a whole. */
static void what_cannot_be_prepared(void **state)
{
	struct world *world = *state;

	assert_null(prepared(world, "select nothing from nowhere", NULL));
	assert_string_equal(db_sqlstate(world->db), "42P01");
	sql(world->db, "create temp table nowhere as select 'there now' as nothing");
	expect(world, "select nothing from nowhere", NULL, "there now");
}

/* A column gets another type, or somebody throws the plans away: one unit fails, the next works. */
static void what_is_not_so_any_more(void **state)
{
	static const char text[] = "select n from changing where n::text <> $1";
	struct world *world = *state;

	sql(world->other, "create table changing as select 1 as n");
	expect(world, text, "0", "1");
	sql(world->other, "alter table changing alter n type text using n || '!'");
	assert_null(prepared(world, text, "0"));
	assert_string_equal(db_sqlstate(world->db), "0A000");
	expect(world, text, "0", "1!");
	expect(world, text, "0", "1!");
	sql(world->other, "drop table changing");

	expect(world, "select $1::int + 1", "1", "2");
	sql(world->db, "deallocate all");
	assert_null(prepared(world, "select $1::int + 1", "1"));
	assert_string_equal(db_sqlstate(world->db), "26000");
	expect(world, "select $1::int + 1", "2", "3");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(parsed_once), TEST(known_on_one_connection), TEST(what_cannot_be_prepared), TEST(what_is_not_so_any_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
