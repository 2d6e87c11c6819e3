/*
 * pooler - does a connection pooler let each session be our own, or does it share them?
 *
 * A pooler in transaction mode (pgbouncer's pool_mode = transaction or
 * statement) hands every transaction to whatever server process is free.  What
 * belongs to a session is then shared with strangers or lost: the lock could be
 * taken twice, search_path would meet the PBX's own programs, and no
 * notification arrives.  In session mode all of it works.
 *
 * db_pooled() says whether a pooler is there at all; where none is, nothing
 * needs to be asked.  Where one is, two more connections are made through it:
 *   - two sessions that are open at once and have one server process: shared;
 *   - else one of them LISTENs and the other notifies.  Only a session of its
 *     own hears that while it runs nothing: it heard, so it is its own; it did
 *     not within POOLER_ANSWER_MS, so it is shared.
 * So "own" is believed only where it was shown.
 *
 * Sources: pgbouncer's manual, "features" (the map of what breaks in which
 * mode); PostgreSQL's manual, NOTIFY and pg_backend_pid().
 */
#ifndef POOLER_H
#define POOLER_H

#include <stdbool.h>
#include <stdint.h>

#include "db.h"
#include "error.h"
#include "loop.h"

enum { POOLER_ANSWER_MS = 3000, POOLER_CONNECT_MS = 10000 };

/* Part of a sentence behind "it goes through" or the like: what it is, and what to do. */
extern const char pooler_in_the_way[]; /* "a pooler in transaction mode (pgbouncer)" */
extern const char pooler_remedy[];     /* "let [postgres] conninfo lead to ..., or set ..." */

struct pooler;

/*
 * Asks, by connections like that of `db` (borrowed, connected; it is only
 * needed for the call).  `done` is called once, from the loop, and may free;
 * err is NULL where it could be told, else LATER, and shared is true then.
 */
struct pooler *pooler_new(struct loop *loop, const struct db *db,
			  void (*done)(bool shared, const struct error *err, void *arg), void *arg);
void pooler_free(struct pooler *pooler); /* `done` is not called any more; NULL is fine */

/*
 * Turns the loop until it is known; 0 with *shared, also where there is no
 * pooler.  Where loop_break() comes first: LATER, "interrupted".
 */
int pooler_shares_wait(struct loop *loop, const struct db *db, bool *shared, struct error *err);

/* The same for who cannot work with shared sessions: they are a failure, exit 78, with the remedy. */
int pooler_refuse_wait(struct loop *loop, const struct db *db, struct error *err);

#endif
