/* test_db_connect - the life of a connection: deadlines, loss, interruption, encodings. */
#include "db_proxy.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* A server that accepts and says nothing. */
static int silent_server(char *directory, size_t size)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(directory, size, "/tmp/swbridge-silent.XXXXXX");
	assert_non_null(mkdtemp(directory));
	snprintf(address.sun_path, sizeof address.sun_path, "%s/.s.PGSQL.5432", directory);
	assert_return_code(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
	assert_return_code(listen(fd, 8), 0);
	return fd;
}

static void silence_meets_the_deadline(void **state)
{
	struct world *world = *state;
	char directory[64] = "", *conninfo = NULL, *path = NULL;
	int fd = silent_server(directory, sizeof directory);
	int64_t start = loop_now_ms();
	struct db_statement one = { .sql = "select 1" };
	struct told unit = { 0 }, connected = { 0 };
	struct error err = ERROR_INIT;
	struct db *db = NULL;

	conninfo = mem_printf("host=%s dbname=postgres", directory);
	db = db_new(world->loop, conninfo, "swbridge-test");
	assert_int_equal(db_connect_wait(db, 1500, &err), -1);
	assert_true(loop_now_ms() - start >= 1500 && loop_now_ms() - start < DEADLINE_MS);
	assert_int_equal(err.exit_code, EXIT_LATER);
	assert_non_null(strstr(error_text(&err), "1500 ms"));

	/* What is queued meanwhile fails with it; a close ends the connect. */
	db_connect(db, DEADLINE_MS, told_lost, &connected);
	db_run(db, DB_WRITE, &one, 1, told_done, &unit);
	db_close(db);
	assert_int_equal(connected.times + unit.times, 0);
	assert_true(await(world, was_told, &unit));
	assert_int_equal(connected.times, 1);
	assert_int_equal(connected.kind, ERROR_LATER);
	assert_int_equal(unit.kind, ERROR_LATER);

	loop_break(world->loop);
	assert_int_equal(db_connect_wait(db, DEADLINE_MS, &err), -1);
	assert_non_null(strstr(error_text(&err), "interrupted"));

	db_connect(db, DEADLINE_MS, told_lost, &connected); /* and a free says so at once */
	db_free(db);
	assert_int_equal(connected.times, 2);
	error_clear(&err);
	path = mem_printf("%s/.s.PGSQL.5432", directory);
	close(fd);
	unlink(path);
	rmdir(directory);
	mem_free(path);
	mem_free(conninfo);
	mem_free(connected.text);
	mem_free(unit.text);
}

static void terminate(struct world *world)
{
	sql(world->other, "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'swbridge-test'");
}

static void lost_while_idle_and_again(void **state)
{
	struct world *world = *state;
	struct told lost = { .db = world->db };
	struct error err = ERROR_INIT;

	db_on_lost(world->db, told_lost, &lost);
	for (int i = 1; i <= 2; i++) {
		char *first = ask(world->db, "select pg_backend_pid()"), *second = NULL;

		lost.times = 0; /* before: the loop turns for both connections */
		terminate(world);
		assert_true(await(world, was_told, &lost));
		assert_int_equal(lost.times, 1);
		assert_int_equal(lost.kind, ERROR_LATER);
		assert_int_equal(lost.exit_code, EXIT_LATER);
		assert_non_null(strstr(lost.text, "administrator command"));
		assert_false(db_connected(world->db));
		assert_int_equal(db_alive_at(world->db), -1);
		assert_int_equal(db_query_wait(world->db, "select 1", NULL, 0, NULL, &err), -1);
		assert_int_equal(err.kind, ERROR_LATER);
		error_clear(&err);

		assert_return_code(db_connect_wait(world->db, DEADLINE_MS, &err), 0);
		expect_answer(world->db, "show client_connection_check_interval", "2s");
		expect_answer(world->db, "show timezone", "UTC");
		second = ask(world->db, "select pg_backend_pid()");
		assert_string_not_equal(first, second);
		mem_free(first);
		mem_free(second);
	}
	mem_free(lost.text);
}

static void lost_while_a_unit_runs(void **state)
{
	struct world *world = *state;
	struct told lost = { .db = world->db }, running = { .db = world->db }, waiting = { .db = world->db };
	struct db_statement sleeps[] = { { .sql = "insert into w values (1)" }, { .sql = "select pg_sleep(60)" } };
	struct error err = ERROR_INIT;

	sql(world->db, "create table w (n int)");
	db_on_lost(world->db, told_lost, &lost);
	db_run(world->db, DB_WRITE, sleeps, 2, told_done, &running);
	db_run(world->db, DB_WRITE, sleeps, 2, told_done, &waiting);
	await_answer(world, "select wait_event from pg_stat_activity where application_name = 'swbridge-test'", "PgSleep");
	terminate(world);
	assert_true(await(world, was_told, &lost));
	assert_int_equal(running.times, 1);
	assert_int_equal(running.kind, ERROR_LATER);
	assert_string_equal(running.sqlstate, "57P01");
	assert_int_equal(waiting.times, 1);
	assert_int_equal(waiting.kind, ERROR_LATER);
	assert_string_equal(waiting.sqlstate, "");
	assert_int_equal(lost.times, 1);
	assert_non_null(strstr(lost.text, "administrator command"));
	assert_return_code(db_connect_wait(world->db, DEADLINE_MS, &err), 0);
	expect_answer(world->db, "select count(*) from w", "0");
	sql(world->db, "drop table w");
	mem_free(lost.text);
	mem_free(running.text);
	mem_free(waiting.text);
}

static void reconnect_at_once(const struct error *err, void *arg)
{
	struct told *told = arg;

	(void)err;
	db_connect(told->db, DEADLINE_MS, told_lost, told);
}

static void on_lost_may_reconnect(void **state)
{
	struct world *world = *state;
	struct told connected = { .db = world->db };

	db_on_lost(world->db, reconnect_at_once, &connected);
	terminate(world);
	assert_true(await(world, was_told, &connected));
	assert_int_equal(connected.kind, ERROR_NONE);
	assert_true(db_connected(world->db));
	expect_answer(world->db, "select 'fine'", "fine");
}

static void interruption_ends_the_statement(void **state)
{
	struct world *world = *state;
	struct error err = ERROR_INIT;

	sql(world->db, "select 1");
	loop_timer_arm(world->deadline, 200); /* its loop_break() stands for a signal's */
	assert_int_equal(db_query_wait(world->db, "select pg_sleep(600)", NULL, 0, NULL, &err), -1);
	assert_int_equal(err.kind, ERROR_LATER);
	assert_non_null(strstr(error_text(&err), "interrupted"));
	error_clear(&err);
	assert_false(db_connected(world->db));
	await_answer(world, "select count(*) from pg_stat_activity where query like '%pg_sleep(600)%' and pid <> pg_backend_pid()", "0");
	assert_return_code(db_connect_wait(world->db, DEADLINE_MS, &err), 0);
}

struct look {
	struct world *world;
	struct loop_timer *timer;
};

static void saw_whether_it_sleeps(struct db_result *const *results, const struct error *err, void *arg)
{
	struct look *look = arg;

	if (err)
		fail_msg("%s", error_text(err));
	if (db_result_rows(results[0]) > 0)
		loop_break(look->world->loop); /* stands for a signal's */
	else
		loop_timer_arm(look->timer, 10);
}

static void look_whether_it_sleeps(void *arg)
{
	struct look *look = arg;
	const struct db_statement statement = { .sql = "select from pg_stat_activity where wait_event = 'PgSleep'"
						" and application_name = 'swbridge-test'" };

	db_run(look->world->other, DB_AUTOCOMMIT, &statement, 1, saw_whether_it_sleeps, look);
}

/* The server does not look whether anybody is there: it has to be asked.  A cancel that comes before the statement is none. */
static void interruption_cancels_the_statement(void **state)
{
	struct world *world = *state;
	struct look look = { .world = world };
	struct error err = ERROR_INIT;

	sql(world->db, "select set_config(name, '0', false) from pg_settings where name = 'client_connection_check_interval'");
	look.timer = loop_timer_new(world->loop, look_whether_it_sleeps, &look);
	loop_timer_arm(look.timer, 0);
	assert_int_equal(db_query_wait(world->db, "select pg_sleep(601)", NULL, 0, NULL, &err), -1);
	loop_timer_free(look.timer);
	error_clear(&err);
	await_answer(world, "select count(*) from pg_stat_activity where query like '%pg_sleep(601)%' and pid <> pg_backend_pid()", "0");
	assert_return_code(db_connect_wait(world->db, DEADLINE_MS, &err), 0);
}

/* The same, of work that nobody waits for any more. */
static void free_cancels_what_runs(void **state)
{
	struct world *world = *state;
	struct told running = { 0 };
	struct db_statement sleeps = { .sql = "select pg_sleep(602)" };

	sql(world->db, "select set_config(name, '0', false) from pg_settings where name = 'client_connection_check_interval'");
	db_run(world->db, DB_WRITE, &sleeps, 1, told_done, &running);
	await_answer(world, "select wait_event from pg_stat_activity where application_name = 'swbridge-test'", "PgSleep");
	db_free(world->db);
	world->db = NULL;
	assert_int_equal(running.times, 1);
	await_answer(world, "select count(*) from pg_stat_activity where query like '%pg_sleep(602)%' and pid <> pg_backend_pid()", "0");
	mem_free(running.text);
}

static void free_fails_what_waits(void **state)
{
	struct world *world = *state;
	struct told running = { 0 }, waiting = { 0 };
	struct db_statement sleeps = { .sql = "select pg_sleep(600)" };

	db_run(world->db, DB_WRITE, &sleeps, 1, told_done, &running);
	db_run(world->db, DB_WRITE, &sleeps, 1, told_done, &waiting);
	db_free(world->db);
	world->db = NULL;
	assert_int_equal(running.times, 1);
	assert_int_equal(waiting.times, 1);
	assert_int_equal(waiting.kind, ERROR_LATER);
	mem_free(running.text);
	mem_free(waiting.text);
}

/* More than any buffer holds, both ways at once. */
static void large_values(void **state)
{
	struct world *world = *state;
	size_t size = 8 * 1024 * 1024;
	char *large = mem_alloc(size + 1);
	const char *params[] = { large };
	struct db_statement statements[3] = { { .sql = "select $1::text", .params = params, .param_count = 1 } };
	struct db_result *results[3] = { NULL };
	struct error err = ERROR_INIT;

	memset(large, 'x', size);
	statements[1] = statements[2] = statements[0];
	if (db_run_wait(world->db, DB_READ, statements, 3, results, &err))
		fail_msg("%s", error_text(&err));
	for (int i = 0; i < 3; i++) {
		assert_int_equal(strlen(db_result_get(results[i], 0, 0)), size);
		db_result_free(results[i]);
	}
	mem_free(large);
}

static void count_bad_bytes(const struct db_row *row, void *arg)
{
	int *count = arg;

	if (strcmp(db_row_get(row, 0), "J\xf6rg\xff") == 0)
		++*count;
}

static void bytes_of_sql_ascii_pass(void **state)
{
	struct world *world = *state;
	struct db *db = db_new(world->loop, "dbname=bytes", "swbridge-test");
	const char *params[] = { "J\xf6rg\xff" };
	int count = 0;
	struct db_statement statement = { .sql = "select $1::text from generate_series(1, 100)", .params = params,
					  .param_count = 1, .row = count_bad_bytes, .arg = &count };
	struct db_result *result = NULL;
	struct error err = ERROR_INIT;

	sql(world->other, "create database bytes encoding 'SQL_ASCII' template template0");
	assert_return_code(db_connect_wait(db, DEADLINE_MS, &err), 0);
	assert_string_equal(db_parameter(db, "client_encoding"), "SQL_ASCII");
	assert_return_code(db_run_wait(db, DB_READ, &statement, 1, &result, &err), 0);
	assert_int_equal(count, 100);
	db_result_free(result);
	db_free(db);
	sql(world->other, "drop database bytes with (force)");
}

/* The socket that is watched changes while connecting. */
static void second_host_answers(void **state)
{
	struct world *world = *state;
	char *directory = ask(world->other, "select split_part(current_setting('unix_socket_directories'), ',', 1)");
	char *conninfo = mem_printf("host=127.0.0.1,/no/such/directory,%s port=1,5432,5432", directory);
	struct db *db = db_new(world->loop, conninfo, "swbridge-test");
	struct error err = ERROR_INIT;

	if (db_connect_wait(db, DEADLINE_MS, &err))
		fail_msg("%s", error_text(&err));
	expect_answer(db, "select 'fine'", "fine");
	db_free(db);
	mem_free(conninfo);
	mem_free(directory);
}

static void caller_wins_over_defaults(void **state)
{
	struct world *world = *state;
	struct db *db = db_new(world->loop, "application_name=mine client_encoding=LATIN1", "swbridge-test");
	struct error err = ERROR_INIT;

	assert_return_code(db_connect_wait(db, DEADLINE_MS, &err), 0);
	expect_answer(db, "show application_name", "mine");
	expect_answer(db, "show client_encoding", "UTF8"); /* but not this: texts are UTF-8 inside */
	assert_non_null(strstr(db_describe(db), "database postgres at /"));
	db_free(db);
}

/* ---- a way that is dead, and does not say so --------------------------------------- */

enum { PATIENCE_MS = 150 };

static struct db *by_proxy(struct world *world, struct proxy *proxy)
{
	char *conninfo = mem_printf("host=%s", proxy->directory);
	struct db *db = db_new(world->loop, conninfo, "swbridge-proxied");
	struct error err = ERROR_INIT;

	if (db_connect_wait(db, DEADLINE_MS, &err))
		fail_msg("%s", error_text(&err));
	db_patience(db, PATIENCE_MS);
	mem_free(conninfo);
	return db;
}

static const char proxied_at_work[] =
	"select count(*) from pg_stat_activity where application_name = 'swbridge-proxied' and state = 'active'";

static bool asked_often(void *arg)
{
	const struct proxy *proxy = arg;

	return proxy->count > 3;
}

/* It is asked by a second connection, and the statement has all the time that it needs. */
static void a_long_statement_is_waited_for(void **state)
{
	struct world *world = *state;
	struct proxy *proxy = proxy_new(world->loop);
	struct db *db = by_proxy(world, proxy);
	const struct db_statement waits = { .sql = "select pg_advisory_lock(1)" };
	struct told waited = { 0 };

	sql(world->other, "select pg_advisory_lock(1)");
	db_run(db, DB_READ, &waits, 1, told_done, &waited);
	assert_true(await(world, asked_often, proxy));
	assert_int_equal(waited.times, 0);
	sql(world->other, "select pg_advisory_unlock(1)");
	assert_true(await(world, was_told, &waited));
	assert_int_equal(waited.kind, ERROR_NONE);
	expect_answer(db, "select 'fine'", "fine");
	await_answer(world, "select count(*) from pg_stat_activity where application_name = 'swbridge inquiry'", "0");
	db_free(db);
	proxy_free(proxy);
}

static void loses(struct world *world, struct db *db, const char *text, struct told *running)
{
	const struct db_statement statement = { .sql = text };
	struct told lost = { .db = db };

	db_on_lost(db, told_lost, &lost);
	db_run(db, DB_READ, &statement, 1, told_done, running);
	assert_true(await(world, was_told, &lost));
	assert_int_equal(running->times, 1);
	assert_int_equal(running->kind, ERROR_LATER);
	assert_non_null(strstr(lost.text, "the server does not work on one"));
	mem_free(lost.text);
	mem_free(running->text);
	db_on_lost(db, NULL, NULL);
}

static void a_question_that_does_not_arrive_is_a_loss(void **state)
{
	struct world *world = *state;
	struct proxy *proxy = proxy_new(world->loop);
	struct db *db = by_proxy(world, proxy);
	struct told running = { 0 };

	proxy_freeze(proxy);
	loses(world, db, "select 1", &running);
	assert_false(db_connected(db));
	db_free(db);
	proxy_free(proxy);
}

static void freeze(void *arg)
{
	proxy_freeze(arg);
}

static void an_answer_that_does_not_arrive_is_a_loss(void **state)
{
	struct world *world = *state;
	struct proxy *proxy = proxy_new(world->loop);
	struct db *db = by_proxy(world, proxy);
	struct loop_timer *soon = loop_timer_new(world->loop, freeze, proxy);
	struct told running = { 0 };

	loop_timer_arm(soon, 60);
	loses(world, db, "select pg_sleep(0.6)", &running);
	await_answer(world, proxied_at_work, "0");
	loop_timer_free(soon);
	db_free(db);
	proxy_free(proxy);
}

/* Closed while it is being asked about. */
static void closed_while_it_is_silent(void **state)
{
	struct world *world = *state;
	struct proxy *proxy = proxy_new(world->loop);

	for (int ms = 100; ms <= 200; ms += 5) {
		struct db *db = by_proxy(world, proxy);
		const struct db_statement statement = { .sql = "select pg_sleep(30)" };
		struct told running = { 0 };

		db_run(db, DB_READ, &statement, 1, told_done, &running);
		world->paused = true;
		loop_timer_arm(world->pause, ms);
		await(world, pause_done, world);
		db_close(db);
		db_free(db);
		assert_int_equal(running.times, 1);
		mem_free(running.text);
		while (proxy->count)
			proxy_hang_up(&proxy->links[--proxy->count]);
	}
	proxy_free(proxy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(silence_meets_the_deadline), TEST(lost_while_idle_and_again), TEST(lost_while_a_unit_runs),
		TEST(on_lost_may_reconnect), TEST(interruption_ends_the_statement), TEST(interruption_cancels_the_statement),
		TEST(a_long_statement_is_waited_for),
		TEST(a_question_that_does_not_arrive_is_a_loss), TEST(an_answer_that_does_not_arrive_is_a_loss),
		TEST(closed_while_it_is_silent), TEST(free_cancels_what_runs), TEST(free_fails_what_waits),
		TEST(large_values), TEST(bytes_of_sql_ascii_pass), TEST(second_host_answers),
		TEST(caller_wins_over_defaults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
