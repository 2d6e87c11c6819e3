/*
 * db_silence - no answer comes: does the server still work on one?
 *
 * A statement may take as long as it takes.  But where a proxy, or anything else
 * that keeps a connection open, has lost the other end of it, neither keepalives
 * nor tcp_user_timeout notice, and a statement of hours looks no different.  So
 * where nothing has passed for a while a second connection asks the server about
 * the first one's process.  One that is not there, or waits for its client as we
 * wait for it, is met twice, since its answer may just be on the way.
 */
#include "db_internal.h"

#include "log.h"
#include "mem.h"

#include <stdio.h>

enum {
	SILENCE_MS = 15000, /* as tcp_user_timeout */
	CONNECT_MS = 10000,
	DOUBT_NOBODY = 1, /* nobody there who could be asked */
	DOUBT_IDLE = 2,
	DOUBT_ENOUGH = 4
};

static const char sql_at_work[] =
	"-- swbridge: whether another session of ours still works on what it was asked\n"
	"select exists (select from pg_catalog.pg_stat_activity\n"
	"                where pid = $1::integer and state is distinct from 'idle'\n"
	"                  and wait_event_type is distinct from 'Client')";

static int64_t patience(const struct db *db)
{
	return db->patience_ms ? db->patience_ms : SILENCE_MS;
}

void db_patience(struct db *db, int64_t ms)
{
	db->patience_ms = ms;
}

/* Whatever it is about to say is about another silence. */
static void ask_no_more(struct db *db)
{
	db->asked = false;
	db->doubt = 0;
	if (db->asker)
		db_close(db->asker);
}

void db_silence_begins(struct db *db)
{
	ask_no_more(db);
	loop_timer_arm(db->silence, patience(db));
}

void db_silence_ends(struct db *db)
{
	ask_no_more(db);
	loop_timer_disarm(db->silence);
}

void db_silence_forget(struct db *db)
{
	struct db *asker = db->asker;

	db_silence_ends(db);
	db->asker = NULL;
	db->beats = false;
	db_free(asker);
}

/* ---- the question ------------------------------------------------------------ */

static void concluded(struct db *db)
{
	db->asked = false;
	db_close(db->asker);
	if (db->doubt)
		log_debug("%s: no answer, and the server does not seem to work on one", db->describe);
	loop_timer_arm(db->silence, db->doubt >= DOUBT_ENOUGH ? 0 : db->doubt ? patience(db) / 3 : patience(db));
}

/* A server that answers at all, if only that it has no place left, says nothing about the other session. */
static void nobody_there(struct db *db)
{
	if (!db_sqlstate(db->asker)[0])
		db->doubt += DOUBT_NOBODY;
	concluded(db);
}

static void told(struct db_result *const *results, const struct error *err, void *arg)
{
	struct db *db = arg;

	if (!db->asked)
		return;
	if (err) {
		nobody_there(db);
		return;
	}
	db->doubt = db_result_bool(results[0], 0, 0) ? 0 : db->doubt + DOUBT_IDLE;
	concluded(db);
}

static void reached(const struct error *err, void *arg)
{
	struct db *db = arg;
	char pid[16] = "";
	const char *params[] = { pid };
	const struct db_statement statement = { .sql = sql_at_work, .params = params, .param_count = 1 };

	if (!db->asked)
		return;
	if (err) {
		nobody_there(db);
		return;
	}
	snprintf(pid, sizeof pid, "%d", db->backend_pid);
	db_run(db->asker, DB_AUTOCOMMIT, &statement, 1, told, db);
}

static void ask(struct db *db)
{
	if (!db->asker) {
		db->asker = db_twin(db, "swbridge inquiry");
		db->asker->asks = true;
	}
	db->asked = true;
	db_connect(db->asker, CONNECT_MS, reached, db);
}

void db_units_silence(void *arg)
{
	struct db *db = arg;

	/* A heartbeat, and the question itself, take no time. */
	if (!db->beats && !db->asks && db->doubt < DOUBT_ENOUGH) {
		ask(db);
		return;
	}
	mem_free(db->farewell);
	db->farewell = db->beats ? mem_printf("a heartbeat was not answered within %lld s", (long long)patience(db) / 1000)
				 : mem_strdup("no answer comes any more, and the server does not work on one (does something on "
					      "the way keep a dead connection open?)");
	db_lose(db);
}

/* ---- heartbeats ---------------------------------------------------------------- */

void db_units_arm_heartbeat(struct db *db)
{
	int64_t wait = db->last_sent + db->heartbeat_ms - loop_now_ms();

	loop_timer_disarm(db->heartbeat);
	if (db->heartbeat_ms > 0 && db->state == DB_READY && !db->current)
		loop_timer_arm(db->heartbeat, wait > 0 ? wait : 0);
}

static void answered(struct db_result *const *results, const struct error *err, void *arg)
{
	struct db *db = arg;

	(void)results;
	(void)err;
	db->beats = false;
}

/* `select 1` takes no time: where it is not answered, a proxy holds the line to nobody. */
void db_units_heartbeat(void *arg)
{
	struct db *db = arg;
	struct db_statement ask_life = { .sql = "select 1" };

	db->beats = true;
	db_run(db, DB_AUTOCOMMIT, &ask_life, 1, answered, db);
}
