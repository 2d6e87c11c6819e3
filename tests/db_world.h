/* db_world - what the tests of db share: a loop, two connections, waiting with a deadline. */
#ifndef DB_WORLD_H
#define DB_WORLD_H

#include "db.h"

#include "check.h"
#include "mem.h"

#include <string.h>

enum { DEADLINE_MS = 20000 };

struct world {
	struct loop *loop;
	struct db *db;    /* under test */
	struct db *other; /* looks on */
	struct loop_timer *deadline;
	struct loop_timer *pause;
	bool paused;
};

static inline void too_late(void *arg)
{
	struct world *world = arg;

	loop_break(world->loop);
}

static inline void pause_over(void *arg)
{
	struct world *world = arg;

	world->paused = false;
}

static inline int world_setup(void **state)
{
	struct world *world = mem_alloc(sizeof *world);
	struct error err = ERROR_INIT;

	*state = world;
	assert_return_code(loop_new(&world->loop, &err), 0);
	world->deadline = loop_timer_new(world->loop, too_late, world);
	world->pause = loop_timer_new(world->loop, pause_over, world);
	world->db = db_new(world->loop, "", "swbridge-test");
	world->other = db_new(world->loop, "", "swbridge-other");
	if (db_connect_wait(world->db, DEADLINE_MS, &err) || db_connect_wait(world->other, DEADLINE_MS, &err))
		fail_msg("%s", error_text(&err));
	return 0;
}

static inline int world_teardown(void **state)
{
	struct world *world = *state;

	db_free(world->db);
	db_free(world->other);
	loop_timer_free(world->deadline);
	loop_timer_free(world->pause);
	loop_free(world->loop);
	mem_free(world);
	return 0;
}

/* Turns the loop until it is true; false when the deadline came first. */
static inline bool await(struct world *world, bool (*done)(void *arg), void *arg)
{
	bool reached = false;

	loop_timer_arm(world->deadline, DEADLINE_MS);
	reached = loop_until(world->loop, done, arg);
	loop_timer_disarm(world->deadline);
	return reached;
}

static inline bool pause_done(void *arg)
{
	const struct world *world = arg;

	return !world->paused;
}

/* One statement that must work. */
static inline void sql(struct db *db, const char *text)
{
	struct error err = ERROR_INIT;

	if (db_query_wait(db, text, NULL, 0, NULL, &err))
		fail_msg("%s: %s", text, error_text(&err));
}

/* Its first value; NULL for SQL's; caller frees. */
static inline char *ask(struct db *db, const char *text)
{
	struct error err = ERROR_INIT;
	struct db_result *result = NULL;
	char *value = NULL;

	if (db_query_wait(db, text, NULL, 0, &result, &err))
		fail_msg("%s: %s", text, error_text(&err));
	if (db_result_rows(result) > 0)
		value = mem_strdup(db_result_get(result, 0, 0));
	db_result_free(result);
	return value;
}

static inline void expect_answer(struct db *db, const char *text, const char *wanted)
{
	char *value = ask(db, text);

	assert_non_null(value);
	assert_string_equal(value, wanted);
	mem_free(value);
}

/* Asks until the answer is `wanted`, with a deadline. */
static inline void await_answer(struct world *world, const char *text, const char *wanted)
{
	int64_t end = loop_now_ms() + DEADLINE_MS;

	for (;;) {
		char *value = ask(world->other, text);
		bool there = value && strcmp(value, wanted) == 0;

		if (!there && loop_now_ms() > end)
			fail_msg("%s: still %s, not %s", text, value ? value : "NULL", wanted);
		mem_free(value);
		if (there)
			return;
		world->paused = true;
		loop_timer_arm(world->pause, 10);
		await(world, pause_done, world);
	}
}

/* What a callback was told. */
struct told {
	int times;
	enum error_kind kind;
	int exit_code;
	char *text;
	char sqlstate[6];
	struct db *db;
};

static inline void told_error(struct told *told, const struct error *err)
{
	told->times++;
	mem_free(told->text);
	told->text = err ? mem_strdup(error_text(err)) : NULL;
	told->kind = err ? err->kind : ERROR_NONE;
	told->exit_code = err ? err->exit_code : 0;
	if (told->db)
		strcpy(told->sqlstate, db_sqlstate(told->db));
}

static inline void told_lost(const struct error *err, void *arg)
{
	told_error(arg, err);
}

static inline void told_done(struct db_result *const *results, const struct error *err, void *arg)
{
	assert_true((results == NULL) == (err != NULL));
	told_error(arg, err);
}

static inline bool was_told(void *arg)
{
	const struct told *told = arg;

	return told->times > 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

#endif
