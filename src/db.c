/* db - one libpq connection on the loop, never blocking it: the public calls. */
#include "db_internal.h"

#include "log.h"
#include "mem.h"
#include "shellword.h"
#include "utf8.h"

#include <assert.h>
#include <string.h>

/* What the caller wrote down as a password; what else libpq finds never passes through here. */
static void tell_secrets(const char *conninfo)
{
	char *message = NULL;
	PQconninfoOption *options = PQconninfoParse(conninfo, &message);

	if (message)
		mem_wipe(message, strlen(message));
	PQfreemem(message);
	for (PQconninfoOption *option = options; option && option->keyword; option++) {
		if (!option->val)
			continue;
		if (strcmp(option->keyword, "password") == 0 || strcmp(option->keyword, "sslpassword") == 0)
			log_add_secret(option->val);
		mem_wipe(option->val, strlen(option->val));
	}
	PQconninfoFree(options);
}

struct db *db_new(struct loop *loop, const char *conninfo, const char *name)
{
	struct db *db = mem_alloc(sizeof *db);

	tell_secrets(conninfo);
	db->loop = loop;
	db->conninfo = mem_strdup(conninfo);
	db->name = mem_strdup(name);
	db->describe = mem_strdup("the database");
	db->alive_at = -1;
	db->deadline = loop_timer_new(loop, db_connect_expired, db);
	db->kick = loop_timer_new(loop, db_units_kick, db);
	db->heartbeat = loop_timer_new(loop, db_units_heartbeat, db);
	db->silence = loop_timer_new(loop, db_units_silence, db);
	return db;
}

struct db *db_twin(const struct db *db, const char *name)
{
	struct db *twin = db_new(db->loop, db->conninfo, name);

	twin->host = mem_strdup(PQhost(db->conn));
	twin->hostaddr = mem_strdup(PQhostaddr(db->conn));
	twin->port = mem_strdup(PQport(db->conn));
	return twin;
}

void db_free(struct db *db)
{
	if (!db)
		return;
	assert(!db->calling);
	db_cancel(db);
	db_close(db);
	while (db->failed.first) /* callbacks may add more, which fails likewise */
		db_units_deliver(db);
	loop_timer_free(db->deadline);
	loop_timer_free(db->kick);
	loop_timer_free(db->heartbeat);
	loop_timer_free(db->silence);
	mem_free_secret(db->conninfo);
	mem_free(db->name);
	mem_free(db->describe);
	mem_free(db->host);
	mem_free(db->hostaddr);
	mem_free(db->port);
	mem_free(db);
}

void db_close(struct db *db)
{
	struct error err = ERROR_INIT;

	if (db->state == DB_CLOSED)
		return;
	error_exit(&err, EXIT_LATER, "The connection to %s was closed.", db->describe);
	db->sqlstate[0] = '\0';
	db_drop(db, &err);
	error_clear(&err);
}

void db_connect(struct db *db, int64_t timeout_ms, void (*done)(const struct error *err, void *arg), void *arg)
{
	db_close(db);
	db->connected = done;
	db->connected_arg = arg;
	db->timeout_ms = timeout_ms;
	db_connect_start(db);
}

bool db_connected(const struct db *db)
{
	return db->state == DB_READY;
}

static void run(struct db *db, struct db_unit *unit)
{
	struct error err = ERROR_INIT;
	struct db_unit *before = NULL;

	if (db->state == DB_CLOSED) {
		error_exit(&err, EXIT_LATER, "There is no connection to %s.", db->describe);
		db_unit_fail(unit, &err);
		error_clear(&err);
		db_queue_add(&db->failed, unit);
		loop_timer_arm(db->kick, 0);
		return;
	}
	before = db_prepared_unit(db, unit->statements, unit->count);
	if (before)
		db_queue_add(&db->waiting, before);
	db_queue_add(&db->waiting, unit);
	db_units_next(db);
}

void db_run(struct db *db, enum db_unit_kind kind, const struct db_statement *statements, int count,
	    void (*done)(struct db_result *const *results, const struct error *err, void *arg), void *arg)
{
	struct db_unit *unit = NULL;

	assert(kind != DB_AUTOCOMMIT || count == 1);
	unit = db_unit_new(kind, statements, count);
	unit->done = done;
	unit->arg = arg;
	run(db, unit);
}

/* What the _wait functions wait for. */
struct wait {
	bool over;
	bool failed;
	struct error err;
};

static bool wait_over(void *arg)
{
	const struct wait *wait = arg;

	return wait->over;
}

static void wait_end(struct wait *wait, const struct error *err)
{
	wait->over = true;
	if (!err)
		return;
	wait->failed = true;
	error_set(&wait->err, err->kind, "%s", error_text(err));
	wait->err.exit_code = err->exit_code;
}

static void wait_connected(const struct error *err, void *arg)
{
	wait_end(arg, err);
}

static void wait_done(struct db_result *const *results, const struct error *err, void *arg)
{
	(void)results;
	wait_end(arg, err);
}

static int wait_for(struct db *db, struct wait *wait, struct error *err)
{
	assert(!db->calling);
	if (!loop_until(db->loop, wait_over, wait)) {
		/* Without it the server would notice only when it looks (client_connection_check_interval), or never before 14. */
		db_cancel(db);
		db_close(db);
		while (!wait->over) /* it points to a stack that is about to go */
			db_units_deliver(db);
		error_exit(&wait->err, EXIT_LATER, "Waiting for %s was interrupted.", db->describe);
		wait->failed = true;
	}
	if (wait->failed)
		error_move(err, &wait->err);
	error_clear(&wait->err);
	return wait->failed ? -1 : 0;
}

int db_connect_wait(struct db *db, int64_t timeout_ms, struct error *err)
{
	struct wait wait = { .err = ERROR_INIT };

	db_connect(db, timeout_ms, wait_connected, &wait);
	return wait_for(db, &wait, err);
}

int db_run_wait(struct db *db, enum db_unit_kind kind, const struct db_statement *statements, int count,
		struct db_result **results, struct error *err)
{
	struct wait wait = { .err = ERROR_INIT };
	struct db_unit *unit = NULL;

	assert(kind != DB_AUTOCOMMIT || count == 1);
	for (int i = 0; i < count; i++)
		results[i] = NULL;
	unit = db_unit_new(kind, statements, count);
	unit->done = wait_done;
	unit->arg = &wait;
	unit->taken = results;
	run(db, unit);
	return wait_for(db, &wait, err);
}

int db_query_wait(struct db *db, const char *sql, const char *const *params, int param_count,
		  struct db_result **result, struct error *err)
{
	struct db_statement statement = { .sql = sql, .params = params, .param_count = param_count };
	struct db_result *got = NULL;
	int rc = db_run_wait(db, DB_AUTOCOMMIT, &statement, 1, &got, err);

	if (result)
		*result = got;
	else
		db_result_free(got);
	return rc;
}

bool db_idle(const struct db *db)
{
	return !db->current && !db->waiting.first && !db->failed.first;
}

const char *db_sqlstate(const struct db *db)
{
	return db->sqlstate;
}

int64_t db_alive_at(const struct db *db)
{
	return db->alive_at;
}

void db_heartbeat(struct db *db, int64_t every_ms)
{
	db->heartbeat_ms = every_ms;
	db_units_arm_heartbeat(db);
}

void db_on_lost(struct db *db, void (*lost)(const struct error *err, void *arg), void *arg)
{
	db->lost = lost;
	db->lost_arg = arg;
}

void db_on_notify(struct db *db, void (*notify)(const char *channel, const char *payload, void *arg), void *arg)
{
	db->notify = notify;
	db->notify_arg = arg;
}

static char *quoted(char *text)
{
	char *copy = mem_strdup(text);

	if (text)
		mem_wipe(text, strlen(text));
	PQfreemem(text);
	return copy;
}

char *db_identifier(struct db *db, const char *name)
{
	return db->conn ? quoted(PQescapeIdentifier(db->conn, name, strlen(name))) : NULL;
}

char *db_literal(struct db *db, const char *value)
{
	return db->conn ? quoted(PQescapeLiteral(db->conn, value, strlen(value))) : NULL;
}

const char *db_parameter(const struct db *db, const char *name)
{
	return db->conn ? PQparameterStatus(db->conn, name) : NULL;
}

void db_fit(const struct db *db, struct strbuf *text, bool told)
{
	const char *encoding = db_parameter(db, "server_encoding");
	bool latin = encoding && strcmp(encoding, "LATIN1") == 0;
	size_t kept = 0;

	if (!encoding || strcmp(encoding, "UTF8") == 0 || strcmp(encoding, "SQL_ASCII") == 0 || (!latin && !told))
		return;
	for (size_t at = 0; at < text->len;) {
		size_t len = utf8_len(text->data + at);
		/* 0xc3 leads the last ones up to U+00FF. */
		bool fits = len == 1 || (len == 2 && latin && (unsigned char)text->data[at] <= 0xc3);

		memmove(text->data + kept, fits ? text->data + at : "?", fits ? len : 1);
		kept += fits ? len : 1;
		at += len ? len : 1;
	}
	strbuf_truncate(text, kept);
}

int db_server_version(const struct db *db)
{
	return db->conn ? PQserverVersion(db->conn) : 0;
}

int db_backend_pid(const struct db *db)
{
	return db->state == DB_READY ? db->backend_pid : 0;
}

bool db_pooled(const struct db *db)
{
	return db->state == DB_READY && PQbackendPID(db->conn) != db->backend_pid;
}

char *db_database(struct db *db)
{
	return db_connected(db) ? db_identifier(db, PQdb(db->conn)) : NULL;
}

char *db_role(struct db *db)
{
	const char *role = db_parameter(db, "session_authorization");

	return role ? db_identifier(db, role) : NULL;
}

char *db_psql(const struct db *db)
{
	const char *name = db->conn ? PQdb(db->conn) : NULL;
	char *word = shellword(name && *name ? name : "DATABASE");
	char *command = mem_printf("psql -d %s", word);

	mem_free(word);
	return command;
}

const char *db_describe(const struct db *db)
{
	return db->describe;
}
