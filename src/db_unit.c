/* db_unit - the queue of units and the pipeline of the one on the wire. */
#include "db_internal.h"

#include "killpoint.h"
#include "mem.h"

#include <assert.h>
#include <string.h>

static void *carve(char **from, size_t size)
{
	void *piece = *from;

	*from += size;
	return piece;
}

static char *carve_text(char **from, const char *s)
{
	size_t size = s ? strlen(s) + 1 : 0;

	return s ? memcpy(carve(from, size), s, size) : NULL;
}

/* Statements of one unit are often about the same document, a large one: one copy does for all of them. */
static bool is_shared(const struct db_statement *from, int i, int j)
{
	return i > 0 && j < from[i - 1].param_count && from[i].params[j] == from[i - 1].params[j];
}

/* One block for all, pointers first: it is wiped as a whole, for parameters may be secrets. */
static void copy_statements(struct db_unit *unit, const struct db_statement *from)
{
	size_t texts = 0, pointers = 0;
	char *place = NULL, *place_of_pointers = NULL;

	for (int i = 0; i < unit->count; i++) {
		assert(from[i].param_count >= 0 && from[i].param_count <= DB_PARAMS_MAX);
		texts += strlen(from[i].sql) + 1;
		pointers += (size_t)from[i].param_count * sizeof(char *);
		for (int j = 0; j < from[i].param_count; j++)
			texts += from[i].params[j] && !is_shared(from, i, j) ? strlen(from[i].params[j]) + 1 : 0;
	}
	unit->copy_size = pointers + texts;
	unit->copy = mem_alloc(unit->copy_size + 1);
	place_of_pointers = unit->copy;
	place = unit->copy + pointers;
	for (int i = 0; i < unit->count; i++) {
		const char **params = carve(&place_of_pointers, (size_t)from[i].param_count * sizeof(char *));

		unit->statements[i] = from[i];
		unit->statements[i].sql = carve_text(&place, from[i].sql);
		unit->statements[i].params = params;
		for (int j = 0; j < from[i].param_count; j++)
			params[j] = is_shared(from, i, j) ? unit->statements[i - 1].params[j] : carve_text(&place, from[i].params[j]);
	}
}

struct db_unit *db_unit_new(int kind, const struct db_statement *statements, int count)
{
	struct db_unit *unit = mem_alloc(sizeof *unit);

	unit->kind = kind;
	unit->count = count;
	unit->statements = mem_array((size_t)count + 1, sizeof *unit->statements);
	unit->results = mem_array((size_t)count + 1, sizeof(struct db_result *));
	copy_statements(unit, statements);
	return unit;
}

void db_unit_free(struct db_unit *unit)
{
	for (int i = 0; i < unit->count; i++)
		db_result_free(unit->results[i]);
	mem_free(unit->results);
	mem_wipe(unit->copy, unit->copy_size);
	mem_free(unit->copy);
	mem_free(unit->statements);
	error_clear(&unit->err);
	mem_free(unit);
}

void db_unit_fail(struct db_unit *unit, const struct error *err)
{
	if (unit->err.kind != ERROR_NONE)
		return;
	error_set(&unit->err, err->kind, "%s", error_text(err));
	unit->err.exit_code = err->exit_code;
}

void db_queue_add(struct db_queue *queue, struct db_unit *unit)
{
	unit->next = NULL;
	if (queue->last)
		queue->last->next = unit;
	else
		queue->first = unit;
	queue->last = unit;
}

struct db_unit *db_queue_take(struct db_queue *queue)
{
	struct db_unit *unit = queue->first;

	if (!unit)
		return NULL;
	queue->first = unit->next;
	if (!queue->first)
		queue->last = NULL;
	return unit;
}

/* Calls back, once, and frees. */
static void deliver(struct db *db, struct db_unit *unit)
{
	bool failed = unit->err.kind != ERROR_NONE;

	if (failed)
		memcpy(db->sqlstate, unit->sqlstate, sizeof db->sqlstate);
	if (!failed && unit->taken)
		for (int i = 0; i < unit->count; i++) {
			unit->taken[i] = unit->results[i];
			unit->results[i] = NULL;
		}
	db->calling++;
	if (unit->connected)
		unit->connected(&unit->err, unit->arg);
	else if (unit->done)
		unit->done(failed ? NULL : unit->results, failed ? &unit->err : NULL, unit->arg);
	db->calling--;
	db_unit_free(unit);
}

void db_units_deliver(struct db *db)
{
	/* Only what is there now: what callbacks add has its own turn of the loop. */
	struct db_unit *end = db->failed.last;
	struct db_unit *unit = NULL;
	bool last = !end;

	while (!last && (unit = db_queue_take(&db->failed))) {
		last = unit == end;
		deliver(db, unit);
	}
}

void db_units_kick(void *arg)
{
	struct db *db = arg;

	if (db->broken)
		db_lose(db);
	else
		db_units_deliver(db);
}

/* The loss is told from the loop, not from inside the call that met it. */
static void trouble(struct db *db)
{
	db->broken = true;
	loop_timer_arm(db->kick, 0);
}

static int statement_index(const struct db_unit *unit)
{
	return unit->position - (unit->kind == DB_READ || unit->kind == DB_WRITE ? 1 : 0);
}

static bool on_a_statement(const struct db_unit *unit)
{
	int i = statement_index(unit);

	return !unit->rolling_back && i >= 0 && i < unit->count;
}

/* Says how the results of the next command are wanted: before any of them is looked at. */
static void expect(struct db *db)
{
	const struct db_unit *unit = db->current;

	if (on_a_statement(unit) && unit->statements[statement_index(unit)].row)
		PQsetSingleRowMode(db->conn);
}

static bool send_command(struct db *db, const char *sql)
{
	return PQsendQueryParams(db->conn, sql, 0, NULL, NULL, NULL, NULL, 0) == 1;
}

static void flush(struct db *db)
{
	/* -1 needs no answer here: reading will meet the same trouble, and the server's reason. */
	db_watch(db, LOOP_READ | (PQflush(db->conn) == 1 ? LOOP_WRITE : 0));
}

static void sent(struct db *db, bool ok)
{
	db->last_sent = loop_now_ms();
	loop_timer_disarm(db->heartbeat);
	db_silence_begins(db);
	if (!ok || !PQpipelineSync(db->conn)) {
		trouble(db);
		return;
	}
	expect(db);
	flush(db);
}

static void send_unit(struct db *db, struct db_unit *unit)
{
	static const char *const begin[] = {
		[DB_AUTOCOMMIT] = NULL,
		[DB_READ] = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
		[DB_WRITE] = "BEGIN",
		[DB_PREPARE] = NULL,
	};
	bool ok = true;

	if (unit->kind == DB_WRITE)
		KILL_POINT("before a ledger write");
	unit->sent_at = loop_boottime_ms(); /* before the first byte: the proof is never younger than the question */
	if (begin[unit->kind])
		ok = send_command(db, begin[unit->kind]);
	for (int i = 0; ok && i < unit->count; i++)
		ok = unit->kind == DB_PREPARE ? db_prepared_make(db, unit->statements[i].sql)
					      : db_prepared_send(db, &unit->statements[i]);
	if (ok && begin[unit->kind])
		ok = send_command(db, "COMMIT");
	sent(db, ok);
	if (unit->kind == DB_WRITE)
		KILL_POINT("ledger write sent");
}

void db_units_next(struct db *db)
{
	if (db->state != DB_READY || db->broken || db->current)
		return;
	db->current = db_queue_take(&db->waiting);
	if (db->current)
		send_unit(db, db->current);
	else
		db_units_arm_heartbeat(db);
}

/* The server is ready for more: is the unit over, or has it left a transaction behind? */
static void synced(struct db *db)
{
	struct db_unit *unit = db->current;

	db->alive_at = unit->sent_at;
	if (PQtransactionStatus(db->conn) != PQTRANS_IDLE) {
		if (unit->rolling_back) {
			trouble(db);
			return;
		}
		if (unit->err.kind == ERROR_NONE)
			error_set(&unit->err, ERROR_BUG, "A statement left a transaction open; it was rolled back.");
		unit->rolling_back = true;
		unit->sent_at = loop_boottime_ms();
		sent(db, send_command(db, "ROLLBACK"));
		return;
	}
	db->current = NULL;
	db_silence_ends(db);
	if (unit->kind == DB_WRITE)
		KILL_POINT("ledger write done");
	deliver(db, unit);
	db_units_next(db);
}

static void keep_result(struct db_unit *unit, PGresult *result)
{
	int i = statement_index(unit);

	if (on_a_statement(unit) && !unit->results[i])
		unit->results[i] = db_result_new(result);
	else
		PQclear(result);
}

static void give_row(struct db *db, PGresult *result)
{
	const struct db_statement *statement = &db->current->statements[statement_index(db->current)];
	struct db_row row = { .pg = result };

	db->calling++;
	statement->row(&row, statement->arg);
	db->calling--;
	PQclear(result);
}

static void take_result(struct db *db, PGresult *result)
{
	struct db_unit *unit = db->current;

	/* As int: newer versions of libpq have more values. */
	switch ((int)PQresultStatus(result)) {
	case PGRES_SINGLE_TUPLE:
		give_row(db, result);
		break;
	case PGRES_TUPLES_OK:
	case PGRES_COMMAND_OK:
	case PGRES_EMPTY_QUERY:
		keep_result(unit, result);
		break;
	case PGRES_PIPELINE_ABORTED:
		PQclear(result);
		break;
	case PGRES_PIPELINE_SYNC:
		PQclear(result);
		synced(db);
		break;
	case PGRES_COPY_IN:
	case PGRES_COPY_OUT:
	case PGRES_COPY_BOTH:
		PQclear(result);
		error_set(&unit->err, ERROR_BUG, "COPY is not possible in a unit.");
		trouble(db); /* libpq has no way out of it in pipeline mode */
		break;
	default:
		db_farewell(db, result);
		/* What libpq itself says about a broken connection is left to db_lose(). */
		if (unit->err.kind == ERROR_NONE &&
		    (PQresultErrorField(result, PG_DIAG_SQLSTATE) || PQstatus(db->conn) == CONNECTION_OK))
			db_error_result(db, unit, result, unit->sqlstate, &unit->err);
		db_prepared_doubt(db, unit->sqlstate);
		PQclear(result);
		break;
	}
}

/* Takes what has come; a callback that closes leaves no current unit.  False: a NULL too many says that it is broken. */
static bool take_results(struct db *db)
{
	bool ended = false; /* a NULL ends the results of one command, never two in a row */

	while (db->current && !db->broken && !PQisBusy(db->conn)) {
		PGresult *result = PQgetResult(db->conn);

		if (!result && ended)
			return false;
		ended = !result;
		if (result) {
			take_result(db, result);
		} else {
			db->current->position++;
			expect(db);
		}
	}
	return true;
}

static bool take_notifies(struct db *db)
{
	unsigned generation = db->generation;
	PGnotify *notify = NULL;

	while ((notify = PQnotifies(db->conn))) {
		db->calling++;
		if (db->notify)
			db->notify(notify->relname, notify->extra, db->notify_arg);
		db->calling--;
		PQfreemem(notify);
		if (generation != db->generation)
			return false;
	}
	return true;
}

void db_units_ready(struct db *db, bool more)
{
	unsigned generation = db->generation;
	bool sound = take_results(db);

	if (generation != db->generation || !take_notifies(db))
		return;
	if (!more || !sound || PQstatus(db->conn) == CONNECTION_BAD) {
		db_lose(db);
		return;
	}
	if (db->current)
		db_silence_begins(db); /* whatever came or could be sent, the way is no dead one */
	if (!db->broken)
		flush(db);
}
