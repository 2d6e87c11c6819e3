/* test_db - units against a real server: parameters, transactions, rows, order, notifications, proof of life. */
#include "db_world.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

static void parameters(void **state)
{
	struct world *world = *state;
	const char *params[] = { "it's \"q\\uoted\" $1 \xc3\xbc", NULL, "", "42" };
	struct db_result *result = NULL;
	struct error err = ERROR_INIT;

	assert_return_code(db_query_wait(world->db, "select $1::text, $2::text, $3::text, $4::int + 1, true, null::int",
					 params, 4, &result, &err), 0);
	assert_int_equal(db_result_rows(result), 1);
	assert_string_equal(db_result_get(result, 0, 0), params[0]);
	assert_null(db_result_get(result, 0, 1));
	assert_string_equal(db_result_get(result, 0, 2), "");
	assert_int_equal(db_result_int(result, 0, 3), 43);
	assert_true(db_result_bool(result, 0, 4));
	assert_false(db_result_bool(result, 0, 5));
	assert_int_equal(db_result_int(result, 0, 5), 0);
	db_result_free(result);
}

static void settings(void **state)
{
	static const char *const rows[][2] = {
		{ "client_encoding", "UTF8" }, { "client_connection_check_interval", "2s" },
		{ "idle_session_timeout", "0" }, { "TimeZone", "UTC" }, { "synchronous_commit", "on" },
		{ "standard_conforming_strings", "on" }, { "application_name", "swbridge-test" },
		{ "log_parameter_max_length", "0" }, { "log_parameter_max_length_on_error", "0" },
	};
	struct world *world = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct db_result *result = NULL;
		struct error err = ERROR_INIT;

		assert_return_code(db_query_wait(world->db, "select current_setting($1)", &rows[i][0], 1, &result, &err), 0);
		assert_string_equal(db_result_get(result, 0, 0), rows[i][1]);
		db_result_free(result);
	}
	assert_true(db_server_version(world->db) >= 130000);
	assert_string_equal(db_parameter(world->db, "client_encoding"), "UTF8");
	assert_null(db_parameter(world->db, "no_such_parameter"));
}

static void quoting(void **state)
{
	struct world *world = *state;
	char *identifier = db_identifier(world->db, "a\"b"), *literal = db_literal(world->db, "it's");

	assert_string_equal(identifier, "\"a\"\"b\"");
	assert_string_equal(literal, "'it''s'");
	assert_null(db_identifier(world->db, "J\xf6rg"));
	mem_free(identifier);
	mem_free(literal);
	db_close(world->db);
	assert_null(db_identifier(world->db, "a"));
}

static void write_unit_is_atomic(void **state)
{
	struct world *world = *state;
	const char *one[] = { "1" }, *bad[] = { "0" };
	struct db_statement fails[] = {
		{ .sql = "insert into t values ($1)", .params = one, .param_count = 1 },
		{ .sql = "select 1 / $1::int", .params = bad, .param_count = 1 },
		{ .sql = "insert into t values (3)" },
	};
	struct db_statement works[] = {
		{ .sql = "insert into t select generate_series(1, 5)" }, { .sql = "select count(*) from t" },
	};
	struct db_result *results[3] = { NULL };
	struct error err = ERROR_INIT;

	sql(world->db, "create table t (n int)");
	assert_int_equal(db_run_wait(world->db, DB_WRITE, fails, 3, results, &err), -1);
	assert_int_equal(err.kind, ERROR_NEVER);
	assert_string_equal(db_sqlstate(world->db), "22012");
	assert_null(results[0]);
	error_clear(&err);
	expect_answer(world->other, "select count(*) from t", "0");

	assert_return_code(db_run_wait(world->db, DB_WRITE, works, 2, results, &err), 0);
	assert_int_equal(db_result_affected(results[0]), 5);
	assert_int_equal(db_result_int(results[1], 0, 0), 5);
	db_result_free(results[0]);
	db_result_free(results[1]);
	expect_answer(world->other, "select count(*) from t", "5");
	sql(world->db, "drop table t");
}

/* The last moment at which a transaction can fail is its COMMIT. */
static void commit_that_fails(void **state)
{
	struct world *world = *state;
	struct db_statement twice[] = { { .sql = "insert into d values (1)" }, { .sql = "insert into d values (1)" } };
	struct db_result *results[2] = { NULL };
	struct error err = ERROR_INIT;

	sql(world->db, "create table d (n int unique deferrable initially deferred)");
	assert_int_equal(db_run_wait(world->db, DB_WRITE, twice, 2, results, &err), -1);
	assert_string_equal(db_sqlstate(world->db), "23505");
	error_clear(&err);
	expect_answer(world->db, "select count(*) from d", "0");
	sql(world->db, "drop table d");
}

static void read_unit_only_reads_one_snapshot(void **state)
{
	struct world *world = *state;
	struct db_statement writes = { .sql = "create table never (n int)" };
	struct db_statement reads[] = { { .sql = "show transaction_isolation" }, { .sql = "show transaction_read_only" } };
	struct db_result *results[2] = { NULL };
	struct error err = ERROR_INIT;

	assert_int_equal(db_run_wait(world->db, DB_READ, &writes, 1, results, &err), -1);
	assert_string_equal(db_sqlstate(world->db), "25006");
	assert_int_equal(err.kind, ERROR_LATER);
	error_clear(&err);
	assert_return_code(db_run_wait(world->db, DB_READ, reads, 2, results, &err), 0);
	assert_string_equal(db_result_get(results[0], 0, 0), "repeatable read");
	assert_string_equal(db_result_get(results[1], 0, 0), "on");
	db_result_free(results[0]);
	db_result_free(results[1]);
}

static void open_transaction_is_a_bug(void **state)
{
	struct world *world = *state;
	struct error err = ERROR_INIT;

	assert_int_equal(db_query_wait(world->db, "begin", NULL, 0, NULL, &err), -1);
	assert_int_equal(err.kind, ERROR_BUG);
	error_clear(&err);
	expect_answer(world->other, "select state from pg_stat_activity where application_name = 'swbridge-test'", "idle");
}

struct rows {
	int count;
	int64_t sum;
	size_t used_early, used_late;
	bool null_seen;
};

static void count_row(const struct db_row *row, void *arg)
{
	struct rows *rows = arg;

	assert_int_equal(db_row_columns(row), 3);
	rows->count++;
	rows->sum += strtoll(db_row_get(row, 0), NULL, 10);
	if (rows->count == 1) {
		assert_string_equal(db_row_name(row, 1), "padding");
		rows->null_seen = !db_row_get(row, 2);
	}
	if (rows->count == 1000)
		rows->used_early = mallinfo2().uordblks;
	rows->used_late = mallinfo2().uordblks;
}

static void rows_stream_in_flat_memory(void **state)
{
	struct world *world = *state;
	struct rows rows = { 0 };
	const char *params[] = { "100000" };
	struct db_statement statements[] = {
		{ .sql = "select 1" },
		{ .sql = "select n, repeat('x', 200) as padding, null from generate_series(1, $1::int) n",
		  .params = params, .param_count = 1, .row = count_row, .arg = &rows },
		{ .sql = "select n from generate_series(1, 3) n" },
	};
	struct db_result *results[3] = { NULL };
	struct error err = ERROR_INIT;

	if (db_run_wait(world->db, DB_READ, statements, 3, results, &err))
		fail_msg("%s", error_text(&err));
	assert_int_equal(rows.count, 100000);
	assert_int_equal(rows.sum, 5000050000);
	assert_true(rows.null_seen);
	assert_true(rows.used_late < rows.used_early + 100000);
	assert_int_equal(db_result_rows(results[0]), 1);
	assert_int_equal(db_result_rows(results[1]), 0);
	assert_int_equal(db_result_rows(results[2]), 3);
	for (int i = 0; i < 3; i++)
		db_result_free(results[i]);
}

static void error_in_the_middle_of_rows(void **state)
{
	struct world *world = *state;
	struct rows rows = { 0 };
	struct db_statement statement = { .sql = "select n, 'p' as padding, 1 / (5000 - n) from generate_series(1, 9000) n",
					  .row = count_row, .arg = &rows };
	struct db_result *result = NULL;
	struct error err = ERROR_INIT;

	assert_int_equal(db_run_wait(world->db, DB_AUTOCOMMIT, &statement, 1, &result, &err), -1);
	assert_string_equal(db_sqlstate(world->db), "22012");
	assert_null(result);
	assert_int_equal(rows.count, 4999);
	error_clear(&err);
	expect_answer(world->db, "select 'fine'", "fine");
}

struct order {
	struct db *db;
	int next;
	int failures;
	int queued_inside;
};

static void in_order(struct db_result *const *results, const struct error *err, void *arg)
{
	struct order *order = arg;

	if (err)
		order->failures++;
	else
		assert_int_equal(db_result_int(results[0], 0, 0), order->next);
	order->next++;
	if (order->next == 10) { /* a callback may queue: it comes last */
		struct db_statement more = { .sql = "select 200" };

		order->queued_inside++;
		db_run(order->db, DB_AUTOCOMMIT, &more, 1, in_order, order);
	}
}

static bool all_in(void *arg)
{
	const struct order *order = arg;

	return order->next == 201;
}

static void units_run_in_order_and_end_once(void **state)
{
	struct world *world = *state;
	struct order order = { .db = world->db };

	for (int i = 0; i < 200; i++) {
		char number[12] = "";
		const char *params[] = { number };
		struct db_statement statements[] = {
			{ .sql = i % 7 == 3 ? "select 1 / ($1::int - $1::int)" : "select $1::int", .params = params, .param_count = 1 },
			{ .sql = "select 2" },
		};

		snprintf(number, sizeof number, "%d", i);
		db_run(world->db, i % 3 == 0 ? DB_WRITE : i % 3 == 1 ? DB_READ : DB_AUTOCOMMIT, statements,
		       i % 3 == 2 ? 1 : 2, in_order, &order);
	}
	assert_int_equal(order.next, 0); /* never from inside db_run() */
	assert_false(db_idle(world->db));
	assert_true(await(world, all_in, &order));
	assert_int_equal(order.failures, 29);
	assert_int_equal(order.queued_inside, 1);
	assert_true(db_idle(world->db));
	expect_answer(world->db, "select 'fine'", "fine");
	assert_int_equal(order.next, 201);
}

static void close_in_done(struct db_result *const *results, const struct error *err, void *arg)
{
	struct told *told = arg;

	(void)results;
	db_close(told->db);
	told_error(told, err);
}

static void close_in_row(const struct db_row *row, void *arg)
{
	struct told *told = arg;

	(void)row;
	told->times++;
	db_close(told->db);
}

static void callbacks_may_close(void **state)
{
	struct world *world = *state;
	struct told first = { .db = world->db }, second = { .db = world->db }, rows = { .db = world->db };
	struct db_statement one = { .sql = "select 1" };
	struct db_statement stream = { .sql = "select generate_series(1, 50000)", .row = close_in_row, .arg = &rows };
	struct error err = ERROR_INIT;

	db_run(world->db, DB_AUTOCOMMIT, &one, 1, close_in_done, &first);
	db_run(world->db, DB_WRITE, &one, 1, told_done, &second);
	assert_true(await(world, was_told, &second));
	assert_int_equal(first.kind, ERROR_NONE);
	assert_int_equal(second.kind, ERROR_LATER);
	assert_false(db_connected(world->db));
	assert_int_equal(db_alive_at(world->db), -1);

	assert_return_code(db_connect_wait(world->db, DEADLINE_MS, &err), 0);
	second.times = 0;
	db_run(world->db, DB_READ, &stream, 1, told_done, &second);
	assert_true(await(world, was_told, &second));
	assert_int_equal(rows.times, 1);
	assert_int_equal(first.times, 1);

	second.times = 0; /* without a connection: an error, and from the loop */
	db_run(world->db, DB_AUTOCOMMIT, &one, 1, told_done, &second);
	assert_int_equal(second.times, 0);
	assert_true(await(world, was_told, &second));
	assert_int_equal(second.kind, ERROR_LATER);
	assert_string_equal(second.sqlstate, "");
	mem_free(second.text);
}

struct heard {
	int times;
	char last[32];
};

static void hear(const char *channel, const char *payload, void *arg)
{
	struct heard *heard = arg;

	assert_string_equal(channel, "news");
	heard->times++;
	snprintf(heard->last, sizeof heard->last, "%s", payload);
}

static bool heard_three(void *arg)
{
	const struct heard *heard = arg;

	return heard->times == 3;
}

static void notifications(void **state)
{
	struct world *world = *state;
	struct heard heard = { 0 };

	db_on_notify(world->db, hear, &heard);
	sql(world->db, "listen news");
	sql(world->other, "notify news, 'one'"); /* while idle */
	sql(world->other, "notify news, 'two'");
	sql(world->db, "notify news, 'three'"); /* from itself, with the answer */
	assert_true(await(world, heard_three, &heard));
	assert_string_equal(heard.last, "three");
	sql(world->db, "unlisten *");
}

static bool alive_since(void *arg)
{
	struct { struct db *db; int64_t than; } *younger = arg;

	return db_alive_at(younger->db) > younger->than;
}

static void heartbeat_moves_the_proof_of_life(void **state)
{
	struct world *world = *state;
	struct { struct db *db; int64_t than; } younger = { .db = world->db };

	younger.than = db_alive_at(world->db);
	assert_true(younger.than > 0 && younger.than <= loop_boottime_ms());
	db_heartbeat(world->db, 20);
	for (int i = 0; i < 3; i++) {
		assert_true(await(world, alive_since, &younger));
		younger.than = db_alive_at(world->db);
		assert_true(younger.than <= loop_boottime_ms());
	}
	db_heartbeat(world->db, 0);
}

/* What is proved is the moment of asking, not that of the answer. */
static void proof_is_as_old_as_the_question(void **state)
{
	struct world *world = *state;
	int64_t before = loop_boottime_ms();

	sql(world->db, "select pg_sleep(0.3)");
	assert_true(db_alive_at(world->db) >= before);
	assert_true(db_alive_at(world->db) <= loop_boottime_ms() - 300);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(parameters), TEST(settings), TEST(quoting), TEST(write_unit_is_atomic), TEST(commit_that_fails),
		TEST(read_unit_only_reads_one_snapshot), TEST(open_transaction_is_a_bug),
		TEST(rows_stream_in_flat_memory), TEST(error_in_the_middle_of_rows),
		TEST(units_run_in_order_and_end_once), TEST(callbacks_may_close),
		TEST(notifications), TEST(heartbeat_moves_the_proof_of_life), TEST(proof_is_as_old_as_the_question),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
