/*
 * db_internal - what the files of db share with each other, and nobody else.
 *
 *   db.c          the public calls
 *   db_connect.c  the life of the connection: connecting, settings, closing, loss
 *   db_dial.c     has libpq open it, in a thread of its own
 *   db_cancel.c   gives up what runs before a connection is closed
 *   db_prepared.c statements that are parsed and planned once
 *   db_unit.c     the queue of units and their pipeline
 *   db_silence.c  what is not answered: heartbeats, and whether the server works on it at all
 *   db_result.c   results and rows
 *   db_error.c    sentences and policies from what libpq and the server say
 *
 * One unit at a time is on the wire (`current`).  Whatever failed without
 * being on the wire is moved to `failed` and delivered from the loop by the
 * timer `kick`.  Every callback may close the connection, so `generation`
 * changes with each closing and is compared after each call.
 */
#ifndef DB_INTERNAL_H
#define DB_INTERNAL_H

#include "db.h"

#include <libpq-fe.h>

enum db_state { DB_CLOSED, DB_CONNECTING, DB_SETTING_UP, DB_READY };

enum { DB_SQLSTATE_SIZE = 6, DB_PREPARED_NAME_SIZE = 32 };

/* Beside the kinds of everybody: statements are made known to the server, and not carried out. */
enum { DB_PREPARE = DB_WRITE + 1 };

struct db_result {
	PGresult *pg;
};

struct db_row {
	const PGresult *pg;
};

struct db_unit {
	struct db_unit *next;
	int kind; /* enum db_unit_kind, or DB_PREPARE */
	int count;
	struct db_statement *statements;
	char *copy; /* every text and parameter of the statements; wiped */
	size_t copy_size;

	void (*done)(struct db_result *const *results, const struct error *err, void *arg);
	void (*connected)(const struct error *err, void *arg); /* the entry is a connect that failed */
	void *arg;
	struct db_result **results; /* `count` */
	struct db_result **taken;   /* where db_run_wait() wants them; NULL: freed after done() */

	struct db *owner; /* DB_PREPARE only */
	struct error err; /* the first one */
	char sqlstate[DB_SQLSTATE_SIZE];

	int position; /* the command whose results come now; BEGIN is one */
	bool rolling_back;
	int64_t sent_at; /* CLOCK_BOOTTIME */
};

struct db_queue {
	struct db_unit *first;
	struct db_unit *last;
};

struct db {
	struct loop *loop;
	char *conninfo;
	char *name;
	char *describe;
	char *host, *hostaddr, *port; /* of a twin: instead of those in conninfo */

	enum db_state state;
	struct db_dial *dial; /* while connecting; `conn` is NULL then */
	PGconn *conn;
	struct loop_watch *watch;
	unsigned generation;
	int calling;   /* depth of callbacks */
	bool broken;   /* sending failed; the loss is told from the loop */
	char *farewell; /* the server's last words on this connection */
	int64_t settings_at; /* CLOCK_BOOTTIME of their sending */
	int backend_pid;     /* as the server says it */

	void (*connected)(const struct error *err, void *arg);
	void *connected_arg;
	int64_t timeout_ms;
	struct loop_timer *deadline;

	struct db_unit *current;
	struct db_queue waiting;
	struct db_queue failed;
	struct loop_timer *kick;
	char sqlstate[DB_SQLSTATE_SIZE];

	struct db_prepared *prepared; /* of this connection */

	int64_t alive_at;
	int64_t heartbeat_ms;
	int64_t last_sent; /* CLOCK_MONOTONIC */
	struct loop_timer *heartbeat;
	struct loop_timer *silence; /* what is on the wire is not answered */
	int64_t patience_ms;        /* 0: the usual */
	bool beats;                 /* a heartbeat is on the wire */
	struct db *asker;           /* of this connection's process; NULL: there was no need yet */
	bool asks;                  /* it is such an asker */
	bool asked;                 /* ... and its answer is waited for */
	int doubt;

	void (*lost)(const struct error *err, void *arg);
	void *lost_arg;
	void (*notify)(const char *channel, const char *payload, void *arg);
	void *notify_arg;
};

/* db_connect.c */
void db_farewell(struct db *db, const PGresult *result); /* remembers what a FATAL error says */
void db_connect_start(struct db *db);
void db_connect_expired(void *arg); /* the timer `deadline` */
void db_drop(struct db *db, const struct error *why); /* closes; what waits goes to `failed` */
void db_lose(struct db *db);                          /* the connection is gone: closes, delivers, on_lost */
void db_watch(struct db *db, int events);

/*
 * db_dial.c: opens a connection with libpq's own means, in a thread: it looks
 * names up with getaddrinfo(3), asks Kerberos and reads files, all of which may
 * block for as long as they like.  The thread touches nothing but the connection
 * it makes.  `keywords` (not copied, to a NULL) and `values` (copied, and wiped)
 * are those of PQconnectdbParams().  From the loop comes first `named`, with
 * what is known when the first host was looked up (borrowed), then `over`, once,
 * which ends the dialling and takes `conn`, connected or PQstatus() BAD; NULL:
 * no memory.  db_dial_free() gives up before that: nothing comes any more, and
 * the thread ends when libpq lets it.  NULL and an error without its beginning
 * where it cannot be begun.
 */
struct db_dial *db_dial_new(struct loop *loop, const char *const *keywords, const char *const *values,
			    void (*named)(const char *host, const char *port, const char *database, void *arg),
			    void (*over)(PGconn *conn, void *arg), void *arg, struct error *err);
void db_dial_free(struct db_dial *dial); /* NULL is fine */
bool db_dial_blocked(const struct db_dial *dial); /* libpq is busy in itself, and not waiting for the server; NULL: no */

/*
 * db_cancel.c: asks the server to give up what is on the wire; takes 2 s at most.
 * Not for a loop that is to go on.
 */
void db_cancel(struct db *db);

/* db_unit.c */
struct db_unit *db_unit_new(int kind, const struct db_statement *statements, int count);
void db_unit_free(struct db_unit *unit);
void db_unit_fail(struct db_unit *unit, const struct error *err); /* keeps an error that it has */
void db_queue_add(struct db_queue *queue, struct db_unit *unit);
struct db_unit *db_queue_take(struct db_queue *queue);
void db_units_next(struct db *db);            /* sends the next unit where none is on the wire */
void db_units_ready(struct db *db, bool more); /* input was read (`more`: and the connection stands) */
void db_units_deliver(struct db *db);         /* calls back what is in `failed` */
void db_units_kick(void *arg);                /* the timer `kick` */

/* db_silence.c */
void db_silence_begins(struct db *db); /* something passed, and an answer is waited for */
void db_silence_ends(struct db *db);   /* nothing is waited for any more */
void db_silence_forget(struct db *db); /* the connection is gone */
void db_units_heartbeat(void *arg);    /* the timer `heartbeat` */
void db_units_silence(void *arg);      /* the timer `silence` */
void db_units_arm_heartbeat(struct db *db);

/* db_prepared.c */
/* What has to go before a unit of these statements, once on a connection; NULL: nothing. */
struct db_unit *db_prepared_unit(struct db *db, const struct db_statement *statements, int count);
bool db_prepared_make(struct db *db, const char *sql);
bool db_prepared_send(struct db *db, const struct db_statement *statement); /* by its name where it has one */
void db_prepared_doubt(struct db *db, const char *sqlstate); /* a unit failed with it */
void db_prepared_forget(struct db *db);

/* db_result.c */
struct db_result *db_result_new(PGresult *pg); /* takes */

/* db_error.c; all return -1 */
int db_error_conninfo(struct error *err, const char *conninfo); /* or 0: it can be read */
int db_error_connect(struct db *db, struct error *err);         /* sets db->sqlstate */
int db_error_result(const struct db *db, const struct db_unit *unit, const PGresult *result,
		    char sqlstate[DB_SQLSTATE_SIZE], struct error *err); /* `unit` may be NULL */
int db_error_lost(const struct db *db, struct error *err);

#endif
