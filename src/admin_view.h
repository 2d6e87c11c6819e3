/*
 * admin_view - what an operator reads of the ledger: counts, rows, history.
 *
 * Only reads.  Times are texts in UTC as the server writes them.  The
 * session's search_path must be the ledger's (ledger_open()).  All turn the
 * loop; rows are borrowed during the call.
 */
#ifndef ADMIN_VIEW_H
#define ADMIN_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config.h"
#include "db.h"
#include "error.h"
#include "source.h"

struct admin_status {
	int64_t active, suspended, creating, removing, unknown, rejected, retiring;
	int64_t troubled;     /* rows that admin_troubled() would yield */
	int64_t subscribers;  /* with an id: paid for */
	int64_t approvals;    /* that are neither over nor used up */
	bool paused;
	char *last_success;   /* when the last complete pass ended; NULL: never */
	int64_t last_success_ms; /* the same since the epoch; 0: never */
	char *holder;         /* "sync on host1, process 42, since ..."; NULL: the last one came to its end */
	bool locked;          /* and has the lock: it is at work */
};

int admin_status(struct db *db, struct admin_status *status, struct error *err);
void admin_status_release(struct admin_status *status);

/* One row of sync with all that belongs to it.  NULL: there is none. */
struct admin_row {
	const char *key, *extension, *username, *email;
	const char *subscriber_id, *origin, *sip_endpoint_id;
	const char *state;      /* as in the view mapping: unknown, rejected, retiring too */
	const char *last_error;
	const char *attempts, *next_attempt_at;
	const char *absent_since, *created_at, *updated_at;
	bool is_protected;
	const char *intent, *intent_at, *settles_at; /* the open intent */
	bool failed; /* its last attempt came to nothing: `last_error` says why */
};

/* By key or extension. */
int admin_rows(struct db *db, const char *const *names, size_t count,
	       void (*row)(const struct admin_row *row, void *arg), void *arg, struct error *err);

/* What a person may have to look at: rejected, unknown, failed before, paid for without a credential. */
int admin_troubled(struct db *db, int64_t limit, void (*row)(const struct admin_row *row, void *arg), void *arg,
		   struct error *err);

/*
 * What is gone from the PBX and is still as it was, since grace is not over:
 * since when it is gone, and from when on on_remove is done to it.  Of `key`
 * alone, or (NULL) of all, the first one first.  `policy`: difference_policy().
 */
int admin_leaving(struct db *db, const char *policy, const char *key, int64_t limit,
		  void (*row)(const char *key, const char *extension, const char *since, const char *due, void *arg), void *arg,
		  struct error *err);

struct admin_event {
	const char *operation, *cause, *at, *finished_at, *settles_at;
	const char *outcome; /* NULL: unknown so far */
	const char *detail, *attempts, *request_ids;
};

/* The journal of one key, the youngest first. */
int admin_journal(struct db *db, const char *key, int64_t limit,
		  void (*event)(const struct admin_event *event, void *arg), void *arg, struct error *err);

/* The keys that the journal has of such names (key, key=KEY, extension as it was last), and the ledger has no more. */
int admin_past(struct db *db, const char *const *names, size_t count,
	       void (*found)(const char *name, const char *key, const char *extension, void *arg), void *arg, struct error *err);

/*
 * Rows of the source that are skipped (no error), and why.  `policy`: what the
 * text of the source refers to (source_policy_json() or more).
 */
int admin_skipped(struct db *db, const struct source *source, const struct config *config, const char *policy,
		  int64_t limit,
		  void (*row)(const char *key, const char *extension, const char *tenant, const char *why, void *arg),
		  void *arg, struct error *err);

#endif
