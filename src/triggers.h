/*
 * triggers - has the PBX's table tell a listening swbridge what was written to it.
 *
 * Two triggers on the source table, AFTER and ENABLE ALWAYS (only these fire on
 * a logical replica too): one for each row, one for TRUNCATE.  Both call
 * notify_change() of sql/002-triggers.sql, which lives in the bridge's schema and
 * sends the row's key on the channel of that schema's name (ears.h says what is
 * understood there).  They must never hurt the PBX:
 *
 *  - No statement of the PBX fails because of them: the function is guarded, says
 *    nothing while the server's notification queue is half full (a full one fails
 *    COMMIT), and triggers go with their function and their schema.
 *  - No ALTER TABLE is refused because of them: PostgreSQL ties a column to an
 *    UPDATE OF or a WHEN, but not to an argument, so the columns are arguments.
 *  - Installing them waits at most TRIGGERS_LOCK_MS for the table's lock, since
 *    whoever waits for a lock holds up everybody behind.
 *
 * What they do cost: PostgreSQL lets transactions that notify commit one after
 * the other, and refuses PREPARE TRANSACTION behind a notification.
 *
 * A trigger is known by the function that it calls, not by its name.  On a
 * partitioned table PostgreSQL keeps the partitions' triggers itself.
 *
 * Everything here turns the loop.
 */
#ifndef TRIGGERS_H
#define TRIGGERS_H

#include <stdbool.h>

#include "config.h"
#include "db.h"
#include "error.h"
#include "source.h"
#include "strbuf.h"

enum { TRIGGERS_LOCK_MS = 3000 };

/* What stands against triggers on this source. */
enum triggers_obstacle {
	TRIGGERS_POSSIBLE,
	TRIGGERS_FUNCTION, /* the source is a function, or is gone */
	TRIGGERS_VIEW,     /* or a view, a materialised view */
	TRIGGERS_FOREIGN,  /* the rows are in another database: a trigger here sees nothing of it */
	TRIGGERS_ROLE      /* the table belongs to a role that this one is not a member of */
};

struct triggers {
	enum triggers_obstacle obstacle;
	bool ledger;        /* the bridge's schema is there, and a ledger in it */
	bool function;      /* notify_change() is there */
	bool current;       /* and is this program's */
	int here;           /* triggers on the source that call it: two */
	int right;          /* of these: enabled ALWAYS, of the right kind, with the right arguments */
	bool renamed;       /* one of them has another name than swbridge gives */
	char *elsewhere;    /* other tables with triggers that call it, by name; NULL: none */
	bool adapter;       /* the source is an adapter's function; `beneath` are not elsewhere then */
	char *beneath;      /* tables with the triggers of adapters, by name; NULL: none */
	char *missing;      /* what these watch and is not there any more, as TABLE.COLUMN; NULL: none */
	char *owner;        /* of the table, quoted; NULL: the source is no table */
	char *schema_owner; /* of the bridge's schema, quoted; NULL: it is not there */
	bool children;      /* tables inherit from it, and their rows' writes are not seen */
	bool two_phase;     /* the server allows PREPARE TRANSACTION */
	char *psql;         /* "psql -d pbx", for commands that are printed */
	double queue;       /* the part of the notification queue that is full */
	char *function_name, *row_name, *truncate_name, *arguments; /* as SQL writes them */
};

/* How things are now. */
int triggers_look(struct db *db, const struct config *config, const struct source *source, struct triggers *triggers,
		  struct error *err);
void triggers_release(struct triggers *triggers);

bool triggers_in_place(const struct triggers *triggers); /* there and as they should be */

struct triggers_done {
	bool installed;  /* made anew, or renewed */
	bool waiting;    /* they should be renewed, and this role may not */
	char *removed;   /* tables that are no source any more, whose triggers went; NULL: none */
};

/* Makes notify_change() anew unless it is there and this program's: for the triggers of an adapter (adapter.h). */
int triggers_define(struct db *db, const struct config *config, const struct source *source, struct error *err);

/*
 * Brings them in step with the source: makes what is missing where `asked`, else
 * only renews what is installed; takes them away from tables that are the source
 * no more.  What is right already is not touched.  Run it behind schema_install().
 * Not possible though asked: exit 78, at most the function was made; the lock is not to be had: 75.
 */
int triggers_settle(struct db *db, const struct config *config, const struct source *source, bool asked,
		    struct triggers_done *done, struct error *err);
void triggers_done_release(struct triggers_done *done);

/* Whether `asked` can be done at all: the refusal of triggers_settle(), before anything else is done. */
int triggers_possible(const struct triggers *triggers, const struct source *source, const struct config *config,
		      struct error *err);

/* For psql: the ledger unless it is there, the function and the triggers.  NULL and an error where they are not possible. */
char *triggers_script(struct db *db, const struct config *config, const struct source *source, struct error *err);

/* ---- texts: pure ------------------------------------------------------------- */

/* The arguments of the triggers (sql/002-triggers.sql) as an SQL array's text; the server fills in the second.  Caller frees. */
char *triggers_arguments(const struct source *source, const char *channel);

/* The statements that make both triggers on `table`, without a semicolon.  Each is the caller's. */
enum { TRIGGERS_STATEMENTS = 6 };
void triggers_statements(const struct triggers *triggers, const char *table, char *statements[TRIGGERS_STATEMENTS]);

/* Of a daemon: true where changes are found by [listen] poll only, and why, and what to do. */
bool triggers_silent(struct strbuf *out, const struct triggers *triggers, const struct source *source,
		     const struct config *config);

/* What `check` says of them; true: somebody should do something about it. */
bool triggers_verdict(struct strbuf *out, const struct triggers *triggers, const struct source *source);

#endif
