/*
 * db - one libpq connection on the loop, never blocking it.
 *
 * Work is handed over in units.  A unit is a list of statements that are sent
 * in one pipeline and either all take effect or none: a unit is one
 * transaction.  Units run one after the other in the order of their calls, so
 * nothing of one ever comes between the statements of another.  Values travel
 * as parameters only.
 *
 * Every answer proves that the session (and with it every session lock that it
 * holds) was alive when its unit was sent; db_alive_at() says when that was.
 * With a heartbeat set, an idle connection asks `select 1` every so often, so
 * that the proof stays fresh; one that is not answered within 15 s is a loss.
 * Other statements may take as long as they take; but where nothing has come for
 * 15 s a second connection, made for that, asks whether the server works on them,
 * and it is a loss where it twice does not, or where nobody is there to be asked.
 * When the connection is lost, every waiting unit
 * fails with ERROR_LATER, then on_lost is called; nothing reconnects by itself.
 * A write that was on its way then may or may not have been committed.
 *
 * Callbacks: everything given here is called from the loop, never from inside
 * the call that registered it (but db_free() fails what waits at once, and a
 * db_*_wait() that loop_break() ends does so too).  A callback may call
 * everything except the _wait functions and db_free() of the same db;
 * db_close() and db_connect() are allowed, and row functions are not called
 * again after db_close().
 *
 * Errors of statements carry the server's primary message and SQLSTATE, never
 * its DETAIL or CONTEXT, and values are cut out of the message: both may quote
 * secrets.  Where the SQLSTATE is one of rights, of what is there or not, or of
 * what depends on what, the message names objects, and these stay in it, even if
 * a parameter is called like them; what depends is the one DETAIL that is passed on.
 * Their kind is LATER where the server may recover by itself, NOW
 * for serialization failures and deadlocks, else NEVER.  A failed connect has
 * exit_code EXIT_CONFIG where somebody must change something (conninfo,
 * password, role, database), else EXIT_LATER.  Copies of parameters are wiped;
 * what libpq itself holds (its buffers, results) it frees without wiping.
 *
 * Session settings made on every connect: client_encoding UTF8 (SQL_ASCII
 * where the server's encoding is SQL_ASCII, since nothing else would let a
 * single bad row through; texts must then be checked by their readers),
 * client_connection_check_interval, so that the end of this process ends a long
 * query, however it comes, keepalives of the server's end too, idle_session_timeout = 0, TimeZone UTC, DateStyle ISO,
 * synchronous_commit on, standard_conforming_strings on, application_name (as a
 * fallback), parameters kept out of the server's log as far as the role may say
 * so; libpq's keepalives and tcp_user_timeout unless conninfo says otherwise.
 * What a server or a role lacks or may not set is left out.  Nothing of the caller's environment is overridden
 * otherwise: PG* variables, pgpass and service files work as in psql.
 *
 * Sources: PostgreSQL's manual, "libpq": Asynchronous Command Processing,
 * Pipeline Mode, Asynchronous Notification; "Client Connection Defaults".
 */
#ifndef DB_H
#define DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "loop.h"
#include "strbuf.h"

struct db;
struct db_result;

struct db_row; /* one row while it is delivered; borrowed */

enum { DB_PARAMS_MAX = 64 };

struct db_statement {
	const char *sql;
	const char *const *params; /* text form, NULL is SQL's NULL; borrowed for the call of db_run() */
	int param_count;
	/*
	 * With a function the rows of this statement arrive one by one (single-row
	 * mode, memory stays flat) and its db_result has no rows; without one they
	 * are collected in the result.  Rows may come before the unit fails.
	 */
	void (*row)(const struct db_row *row, void *arg);
	void *arg;
	/*
	 * The text comes again and again, with other parameters: the server parses it
	 * once on this connection, and plans it once where it finds that good enough.
	 */
	bool prepared;
};

enum db_unit_kind {
	DB_AUTOCOMMIT,   /* one statement, its own transaction */
	DB_READ,         /* BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY .. COMMIT */
	DB_WRITE         /* BEGIN .. COMMIT */
};

/*
 * `conninfo` as libpq takes it (string, URI or name of a database), copied;
 * a password in it is made known to the log as a secret.  `name` goes into
 * application_name.  Never fails: a bad conninfo is an error of the connect.
 */
struct db *db_new(struct loop *loop, const char *conninfo, const char *name);
void db_free(struct db *db); /* cancels what runs, closes; waiting units fail; NULL is fine */

/*
 * Another connection, not yet connected, as the same user to the very address
 * that `db` reached, where conninfo names several.  `db` must be connected.
 */
struct db *db_twin(const struct db *db, const char *name);

/*
 * Connects, or connects again after a loss; turns the loop until it is done or
 * `timeout_ms` has passed; the look-up of its first host may take twice as long,
 * before that.  A connection that is there is closed first.
 */
int db_connect_wait(struct db *db, int64_t timeout_ms, struct error *err);
/* The same with a callback, called exactly once; err is NULL where it worked, borrowed else. */
void db_connect(struct db *db, int64_t timeout_ms, void (*done)(const struct error *err, void *arg), void *arg);
/*
 * Whether a connect that was given up, of any db, is still busy in libpq, with a
 * name server that is silent (or, for moments, with its own end).  Who ends the
 * process then does so by _exit(2): exit(3) would take down what that thread
 * uses (OpenSSL's is undone there).
 */
bool db_connects(void);
void db_close(struct db *db); /* what waits (also a connect) fails from the loop; on_lost is not called */
bool db_connected(const struct db *db);

/*
 * Queues a unit, also while a connect is under way; without a connection it
 * fails with ERROR_LATER.  `done` (NULL: nobody cares) is called exactly once,
 * from the loop; results are valid during the call only and NULL on failure,
 * err is NULL on success.  Statements are one SQL command each; COPY is not for units.
 */
void db_run(struct db *db, enum db_unit_kind kind, const struct db_statement *statements, int count,
	    void (*done)(struct db_result *const *results, const struct error *err, void *arg), void *arg);

/*
 * The same, turning the loop until it is done (see loop_until(): never from a
 * callback).  results[] has room for `count` and is the caller's to free with
 * db_result_free(); on failure all are NULL.  Where loop_break() comes first,
 * the statement is cancelled on the server (2 s at most are given to that), the
 * connection is closed and the error is LATER, "interrupted".
 */
int db_run_wait(struct db *db, enum db_unit_kind kind, const struct db_statement *statements, int count,
		struct db_result **results, struct error *err);

/* One statement, collected; *result may be NULL where nobody wants it. */
int db_query_wait(struct db *db, const char *sql, const char *const *params, int param_count,
		  struct db_result **result, struct error *err);

bool db_idle(const struct db *db); /* no unit waits or runs */

/* SQLSTATE of the last failed unit, "" where there was none from the server (connection lost); the last failed connect counts too. */
const char *db_sqlstate(const struct db *db);

/* Results of success; rows and columns count from 0.  Strings are borrowed, NULL is SQL's NULL. */
int db_result_rows(const struct db_result *result);
const char *db_result_get(const struct db_result *result, int row, int column);
int64_t db_result_int(const struct db_result *result, int row, int column); /* NULL gives 0 */
bool db_result_bool(const struct db_result *result, int row, int column);
int64_t db_result_affected(const struct db_result *result); /* PQcmdTuples */
void db_result_free(struct db_result *result);               /* wipes nothing; NULL is fine */

const char *db_row_get(const struct db_row *row, int column);
int db_row_columns(const struct db_row *row);
const char *db_row_name(const struct db_row *row, int column);

/*
 * Proof of life: CLOCK_BOOTTIME (ms) of the sending of the youngest unit that
 * was answered on this connection; -1: none, also after a loss.  It is about
 * the connection: a lock taken on an earlier one is gone.  Nothing is proved
 * while a unit runs, so a unit should be shorter than the margin of who asks.
 */
int64_t db_alive_at(const struct db *db);
void db_heartbeat(struct db *db, int64_t every_ms); /* when nothing was sent for so long; 0: none */
void db_patience(struct db *db, int64_t ms);        /* other than those 15 s */

void db_on_lost(struct db *db, void (*lost)(const struct error *err, void *arg), void *arg);
void db_on_notify(struct db *db, void (*notify)(const char *channel, const char *payload, void *arg), void *arg);

/* Quotes with libpq; caller frees.  NULL without a connection, or where the text is not valid in its encoding. */
char *db_identifier(struct db *db, const char *name);
char *db_literal(struct db *db, const char *value); /* only for statements that take no parameters (SET, COMMENT) */

const char *db_parameter(const struct db *db, const char *name); /* PQparameterStatus: "server_version", ...; may be NULL */
/*
 * What the encoding of the database cannot hold becomes a '?', in place: text from elsewhere would fail the statement.
 * Of encodings other than UTF8, SQL_ASCII and LATIN1 it is not known: then only what is `told` to people, and never
 * compared, is brought down to ASCII.
 */
void db_fit(const struct db *db, struct strbuf *text, bool told);
int db_server_version(const struct db *db);                       /* 150004 */
int db_backend_pid(const struct db *db); /* of the server's process when it was connected; 0: not connected */

/*
 * Whether a pooler stands between.  It gives its clients a process id of its
 * own making (for cancelling), and that is not what the server itself says.
 * Of what kind the pooler is: see pooler.h.
 */
bool db_pooled(const struct db *db);
/* The names of database and role as they are in SQL, quoted; caller frees; NULL: not connected. */
char *db_database(struct db *db);
char *db_role(struct db *db);
char *db_psql(const struct db *db); /* "psql -d pbx", as a shell takes it: for commands that are printed; caller frees */
const char *db_describe(const struct db *db);                     /* "database pbx at /run/postgresql", no password; borrowed */

#endif
