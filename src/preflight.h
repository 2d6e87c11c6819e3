/*
 * preflight - every extension beside what is at SignalWire, before anything is migrated.
 *
 * It needs the tables of a survey in the same session (survey_table.h), and keeps
 * what it finds in one of its own there, pg_temp.preflight: a row for each
 * extension that is not in step, or that cannot be mirrored.  Memory holds a page.
 *
 * Of what a pass would create (plan.h), this is what is there already:
 *
 *   ADOPT    exactly what swbridge would have made: one subscriber, and no second
 *            one, has the extension's e-mail (folded), and under it there is one
 *            credential, and no second one, with exactly its username, which is in
 *            no row of the ledger; that subscriber's credentials were read whole.
 *            Only where adoption was asked for; else it is FOREIGN.
 *   FOREIGN  anything less exact: the e-mail is that of a subscriber which the
 *            ledger does not have (but where a sibling with the same e-mail is
 *            adopted, the extension is created beside it), or the username is
 *            taken elsewhere in the project, if only in another case: under another
 *            subscriber, by a standalone credential, in the legacy list.
 *
 * With [mirror] subscriber_id, and where credentials stand alone, there is one
 * place for all, and the username alone counts.  An extension with an open intent
 * is never compared: what is there may be its own, and the engine finds that out.
 */
#ifndef PREFLIGHT_H
#define PREFLIGHT_H

#include <stdbool.h>
#include <stdint.h>

#include "config.h"
#include "db.h"
#include "difference.h"
#include "error.h"
#include "source.h"

enum preflight_kind {
	PREFLIGHT_CREATE,
	PREFLIGHT_ADOPT,
	PREFLIGHT_FOREIGN,
	PREFLIGHT_CHANGE,  /* it is ours and differs */
	PREFLIGHT_MOVE,    /* its change removes something */
	PREFLIGHT_WAIT,    /* an outcome is unknown and has not settled */
	PREFLIGHT_REJECT,  /* cannot be sent as it is */
	PREFLIGHT_REFUSED, /* SignalWire refused it before, and it has not changed since */
	PREFLIGHT_SKIP,
	PREFLIGHT_KINDS
};

struct preflight_setup {
	struct db *db;
	const struct source *source;
	const struct config *config;
	struct difference_query *query;
	bool adopt;     /* what fits exactly */
	int64_t canary; /* so many of CREATE and ADOPT, by key; 0: all */
};

struct preflight_counts {
	int64_t kind[PREFLIGHT_KINDS];
	int64_t chosen[PREFLIGHT_KINDS]; /* of CREATE and ADOPT; the canary's, or all */
	int64_t subscribers;   /* that the chosen creates make */
	struct difference_totals totals;
};

/* Reads and compares; turns the loop.  Nothing but the session's own tables is written. */
int preflight_make(const struct preflight_setup *setup, struct preflight_counts *counts, struct error *err);

struct preflight_row {
	const char *key, *extension, *tenant, *username;
	enum preflight_kind kind;
	const char *reason; /* a sentence part */
	const char *email;  /* of what is there, or of what is wanted */
	const char *subscriber_id, *sip_endpoint_id; /* of what is there; NULL: not known, or nothing */
	bool chosen;
	bool is_protected;
	bool alone; /* ADOPT: nothing but what is adopted or ours lives on its subscriber */
};

/* Rows in the order of their keys.  `row` is called from the loop. */
int preflight_rows(struct db *db, void (*row)(const struct preflight_row *row, void *arg), void *arg, struct error *err);

/* The next rows to adopt behind `after` (NULL: from the first), at most `limit`; `alone`: only such, or only others. */
int preflight_adoptions(struct db *db, bool alone, const char *after, int limit,
			void (*row)(const struct preflight_row *row, void *arg), void *arg, struct error *err);

/* What could not be adopted after all. */
int preflight_not_adopted(struct db *db, const char *key, const char *reason, struct error *err);

/* Usernames that differ only in case, among those that are wanted: at most `limit` texts "a, A". */
int preflight_case_twins(struct db *db, int limit, void (*row)(const char *names, void *arg), void *arg, struct error *err);

/*
 * The ledger follows, under the lock: FOREIGN rows are remembered as refused,
 * as if SignalWire had said so, so that no later pass pays for a subscriber in
 * vain; the chosen creates are approved, these and no others, for 24 hours.
 */
int preflight_record(struct db *db, bool foreign, struct error *err);

/* The keys that were chosen, in order. */
int preflight_chosen(struct db *db, void (*key)(const char *key, void *arg), void *arg, struct error *err);

#endif
