/* db_connect - the life of a connection: connecting, settings, closing, loss. */
#include "db_internal.h"

#include "log.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>

/* A resolver asks dead servers, and adds domains, for long before it gets its answer: that has so many times the time. */
enum { LOOK_UP_TIMES = 2 };

/*
 * Written as a query so that a setting that this server or this role does not
 * have is left out instead of failing.  The keepalives are those of the server's
 * end: a client that is cut off leaves its session, and the lock with it, within
 * half a minute, where the system's own take two hours.  The last two keep
 * parameters, which may be secrets, out of the server's log.
 */
static const char settings_utf8[] =
#define SETTINGS_SELECT \
	"select pg_catalog.set_config(s.name, v.value, false), pg_catalog.pg_backend_pid() from (values"
	SETTINGS_SELECT
	" ('client_encoding', 'UTF8'),"
#define COMMON_SETTINGS \
	" ('client_connection_check_interval', '2s')," \
	" ('idle_session_timeout', '0')," \
	" ('tcp_keepalives_idle', '10')," \
	" ('tcp_keepalives_interval', '5')," \
	" ('tcp_keepalives_count', '3')," \
	" ('tcp_user_timeout', '15000')," \
	" ('TimeZone', 'UTC')," \
	" ('DateStyle', 'ISO')," \
	" ('synchronous_commit', 'on')," \
	" ('standard_conforming_strings', 'on')," \
	" ('log_parameter_max_length', '0')," \
	" ('log_parameter_max_length_on_error', '0')" \
	") as v (name, value) join pg_catalog.pg_settings s on s.name = v.name" \
	" where s.context = 'user' or (s.context = 'superuser'" \
	" and pg_catalog.current_setting('is_superuser') = 'on')"
	COMMON_SETTINGS;

static const char settings_sql_ascii[] =
	SETTINGS_SELECT
	" ('client_encoding', 'SQL_ASCII'),"
	COMMON_SETTINGS;

static void socket_ready(int fd, int events, void *arg);

void db_watch(struct db *db, int events)
{
	if (db->watch)
		loop_watch_change(db->watch, events);
	else
		db->watch = loop_watch_new(db->loop, PQsocket(db->conn), events, socket_ready, db);
}

static void unwatch(struct db *db)
{
	loop_watch_free(db->watch);
	db->watch = NULL;
}

void db_farewell(struct db *db, const PGresult *result)
{
	const char *primary = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
	const char *severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);

	if (!primary || !severity || (strcmp(severity, "FATAL") != 0 && strcmp(severity, "PANIC") != 0))
		return;
	mem_free(db->farewell);
	db->farewell = mem_strdup(primary);
}

static void notice(void *arg, const PGresult *result)
{
	struct db *db = arg;
	const char *primary = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);

	db_farewell(db, result); /* between units it comes as a notice */
	if (primary)
		log_debug("%s: %s", db->describe, primary);
}

void db_drop(struct db *db, const struct error *why)
{
	struct db_unit *unit = NULL;

	/* The descriptor is libpq's: stop watching before it is closed. */
	unwatch(db);
	db_dial_free(db->dial);
	db->dial = NULL;
	loop_timer_disarm(db->deadline);
	loop_timer_disarm(db->heartbeat);
	db_silence_forget(db);
	PQfinish(db->conn);
	db->conn = NULL;
	db->state = DB_CLOSED;
	db->generation++;
	db->broken = false;
	db->alive_at = -1;
	db_prepared_forget(db);
	mem_free(db->farewell);
	db->farewell = NULL;

	if (db->connected) {
		unit = db_unit_new(DB_AUTOCOMMIT, NULL, 0);
		unit->connected = db->connected;
		unit->arg = db->connected_arg;
		memcpy(unit->sqlstate, db->sqlstate, sizeof unit->sqlstate);
		db->connected = NULL;
		db_unit_fail(unit, why);
		db_queue_add(&db->failed, unit);
	}
	if (db->current) {
		db_unit_fail(db->current, why);
		db_queue_add(&db->failed, db->current);
		db->current = NULL;
	}
	while ((unit = db_queue_take(&db->waiting))) {
		db_unit_fail(unit, why);
		db_queue_add(&db->failed, unit);
	}
	if (db->failed.first)
		loop_timer_arm(db->kick, 0);
}

void db_lose(struct db *db)
{
	struct error err = ERROR_INIT;

	db_error_lost(db, &err);
	db_drop(db, &err);
	db_units_deliver(db);
	db->calling++;
	if (db->lost)
		db->lost(&err, db->lost_arg);
	db->calling--;
	error_clear(&err);
}

/* The connect failed: told from the loop, where `kick` brings it. */
static void connect_failed(struct db *db, struct error *err)
{
	db_drop(db, err);
	error_clear(err);
}

void db_connect_expired(void *arg)
{
	struct db *db = arg;
	struct error err = ERROR_INIT;

	db->sqlstate[0] = '\0';
	if (db_dial_blocked(db->dial))
		error_exit(&err, EXIT_LATER, "Cannot connect to %s: its host is still being looked up. Do the name servers "
			   "answer? With hostaddr in conninfo ([postgres]) none is asked.", db->describe);
	else
		error_exit(&err, EXIT_LATER, "Cannot connect to %s: no answer within %lld ms. Is the server there, and does "
			   "nothing drop the packets on the way?", db->describe, (long long)db->timeout_ms);
	connect_failed(db, &err);
}

static void connect_refused(struct db *db)
{
	struct error err = ERROR_INIT;

	db_error_connect(db, &err);
	connect_failed(db, &err);
}

static void connect_finished(struct db *db)
{
	void (*connected)(const struct error *err, void *arg) = db->connected;

	loop_timer_disarm(db->deadline);
	if (!PQenterPipelineMode(db->conn)) {
		connect_refused(db);
		return;
	}
	PQsetErrorVerbosity(db->conn, PQERRORS_DEFAULT);
	db->state = DB_READY;
	db->alive_at = db->settings_at;
	db->connected = NULL;
	db_units_arm_heartbeat(db);
	log_debug("connected to %s", db->describe);
	if (connected) {
		db->calling++;
		connected(NULL, db->connected_arg);
		db->calling--;
	}
	db_units_next(db);
}

static void settings_send(struct db *db)
{
	const char *encoding = PQparameterStatus(db->conn, "server_encoding");
	bool bytes = encoding && strcmp(encoding, "SQL_ASCII") == 0;

	db->state = DB_SETTING_UP;
	db->last_sent = loop_now_ms();
	db->settings_at = loop_boottime_ms();
	if (PQsetnonblocking(db->conn, 1) != 0 ||
	    !PQsendQuery(db->conn, bytes ? settings_sql_ascii : settings_utf8)) {
		connect_refused(db);
		return;
	}
	db_watch(db, LOOP_READ | (PQflush(db->conn) ? LOOP_WRITE : 0));
}

static void settings_ready(struct db *db)
{
	struct error err = ERROR_INIT;
	char sqlstate[DB_SQLSTATE_SIZE] = "";

	if (!PQconsumeInput(db->conn)) {
		connect_refused(db);
		return;
	}
	while (!PQisBusy(db->conn)) {
		PGresult *result = PQgetResult(db->conn);

		if (!result) {
			connect_finished(db);
			return;
		}
		if (PQresultStatus(result) != PGRES_TUPLES_OK) {
			db_error_result(db, NULL, result, sqlstate, &err);
			memcpy(db->sqlstate, sqlstate, sizeof db->sqlstate);
			error_prefix(&err, "The session settings cannot be made");
			PQclear(result);
			connect_failed(db, &err);
			return;
		}
		/* There is always a row: client_encoding is a setting of every server and every role. */
		db->backend_pid = PQntuples(result) ? atoi(PQgetvalue(result, 0, 1)) : 0;
		PQclear(result);
	}
	db_watch(db, LOOP_READ | (PQflush(db->conn) ? LOOP_WRITE : 0));
}

static void socket_ready(int fd, int events, void *arg)
{
	struct db *db = arg;

	(void)fd;
	(void)events;
	switch (db->state) {
	case DB_SETTING_UP:
		settings_ready(db);
		break;
	case DB_READY:
		db_units_ready(db, PQconsumeInput(db->conn) == 1);
		break;
	case DB_CLOSED:
	case DB_CONNECTING: /* the descriptor is not ours yet */
		break;
	}
}

static bool given(const char *s)
{
	return s && s[0];
}

static void named(const char *host, const char *port, const char *database, void *arg)
{
	struct db *db = arg;
	bool usual = !given(port) || strcmp(port, "5432") == 0 ||
		     port[strspn(port, "0123456789")]; /* no number: then a piece of who knows what */

	loop_timer_arm(db->deadline, db->timeout_ms);
	mem_free(db->describe);
	db->describe = mem_printf("database %s%s%s%s%s", given(database) ? database : "(unnamed)", given(host) ? " at " : "",
				  given(host) ? host : "", usual ? "" : " port ", usual ? "" : port);
}

static void dialled(PGconn *conn, void *arg)
{
	struct db *db = arg;
	struct error err = ERROR_INIT;

	db->dial = NULL;
	db->conn = conn;
	if (!conn) {
		error_exit(&err, EXIT_LATER, "Cannot connect to %s: libpq has no memory.", db->describe);
		connect_failed(db, &err);
		return;
	}
	PQsetNoticeReceiver(conn, notice, db);
	if (PQstatus(conn) == CONNECTION_OK)
		settings_send(db);
	else
		connect_refused(db);
}

/*
 * The last value of a keyword counts, and dbname is expanded in its place: what
 * stands before it is a default, and what the caller says wins.  tcp_user_timeout
 * is in ms, the others in seconds: a dead peer is noticed within half a minute.
 * A NULL keyword ends the list: only a twin says where it goes.
 */
void db_connect_start(struct db *db)
{
	const char *const keywords[] = { "fallback_application_name", "keepalives_idle", "keepalives_interval",
					 "keepalives_count", "tcp_user_timeout", "dbname",
					 db->host ? "host" : NULL, "hostaddr", "port", NULL };
	const char *const values[] = { db->name, "10", "5", "3", "15000", db->conninfo,
				       db->host, db->hostaddr, db->port, NULL };
	struct error err = ERROR_INIT;

	db->sqlstate[0] = '\0';
	if (db_error_conninfo(&err, db->conninfo)) {
		connect_failed(db, &err);
		return;
	}
	db->state = DB_CONNECTING;
	db->dial = db_dial_new(db->loop, keywords, values, named, dialled, db, &err);
	if (!db->dial) {
		error_prefix(&err, "Cannot connect to %s", db->describe);
		connect_failed(db, &err);
		return;
	}
	loop_timer_arm(db->deadline, LOOK_UP_TIMES * db->timeout_ms);
}
