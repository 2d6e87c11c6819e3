/*
 * pass - difference, plan, rails and mirror put together, once, for every verb.
 *
 * A pass reads totals and a page of differences, decides each, lets the rails
 * hold what must wait, hands the rest to the engine, and reads on while the last
 * few of a page still work: first all but removals, and when these have ended,
 * removals.  `plan` is the same pass without
 * an engine: it writes nothing anywhere.
 */
#ifndef PASS_H
#define PASS_H

#include <stdbool.h>
#include <stdint.h>

#include "config.h"
#include "difference.h"
#include "error.h"
#include "ledger.h"
#include "loop.h"
#include "mirror.h"
#include "plan.h"
#include "rails.h"
#include "wake.h"

enum pass_state {
	PASS_PLANNED,  /* plan only: would be done */
	PASS_DONE,
	PASS_HELD,     /* by the rails, or paused */
	PASS_REJECTED,
	PASS_FAILED,
	PASS_UNKNOWN,
	PASS_SKIPPED
};

/* One line of the result.  Borrowed during the call. */
struct pass_line {
	const char *key;
	const char *extension; /* may be NULL where only the key is known */
	const char *tenant;    /* NULL: none, or not known, since the row is gone */
	const char *username;
	enum plan_action action;
	enum pass_state state;
	unsigned held;           /* PASS_HELD: by which limits (CLASS_*); 0: it is paused, or a list is in doubt */
	bool own;                /* PASS_REJECTED: for what the row itself says; SignalWire was not asked */
	const char *reason;      /* one plain sentence part, may be NULL */
	bool issues;             /* PASS_PLANNED, PASS_HELD: it needs a new secret, which is made here */
	const char *subscriber_id;
	const char *sip_endpoint_id;
};

/* What people call it: extension, tenant/extension, or else the key; as columns_name() shows it.  Caller frees. */
char *pass_line_name(const struct pass_line *line);

/* Counters count extensions. */
struct pass_summary {
	int64_t created, updated, replaced, removed, suspended, adopted;
	int64_t unchanged, skipped, held, rejected, failed, unknown;
	uint64_t refused_mark; /* over the keys and reasons of `refused`, in any order: the same set has the same */
	int64_t refused; /* of those rejected: for what the row itself says, so that `retry` changes nothing */
	int64_t orphans; /* subscribers that no extension is left on, removed alone; plan: expected */
	int64_t leaving, leaving_ms; /* gone from the PBX, and when on_remove is done to the first of them */
	enum config_on_remove on_remove;
	bool keyed; /* only some keys were looked at: nothing is known of the others */
	int64_t held_creates, held_removals, held_changes;
	int64_t subscribers_created, subscribers_removed; /* plan: expected */
	int64_t without_secret, source_rows, differences;
	int64_t hashed; /* skipped, since the PBX has only a hash of the secret, and none is to be issued */
	int64_t issued; /* secrets that were made and shown; plan: expected */
	bool looked; /* something could be read; else the counts say nothing */
	bool paused;
	bool source_empty;
	bool narrowed; /* and [mirror] include or exclude may be why */
	bool doubted; /* a list at SignalWire could not be read whole: what removes something is held from then on */
	bool emptied; /* and the ledger is not: all removals are held back */
	int64_t requests;
	double seconds;
	struct rails rails; /* as the pass left them, for messages */
};

/*
 * The rails as a daemon's last pass left them.  A pass by keys goes on with them,
 * and counts the journal again only before it holds something: while one process
 * mutates, what is counted grows by its own changes alone, so that what is
 * remembered can be too strict, and never too lax.  Forget it with the lock.
 */
struct pass_memory {
	bool known;
	struct rails rails;
};

struct pass_setup {
	struct loop *loop;
	struct db *db;              /* where differences are read */
	struct ledger *ledger;
	struct difference_query *query;
	const struct config *config;
	struct mirror *mirror;      /* NULL: plan only, nothing is written or sent */
	struct api *api;            /* for the count of requests; NULL with plan only */
	/*
	 * Keys that a daemon is told of while the engine works: they are looked at
	 * then and there, and those whose own change is under way when it has ended.
	 * NULL: nobody tells.
	 */
	struct wake *wake;
	struct pass_memory *memory; /* NULL: every pass counts */
	/*
	 * Shows a secret that was issued to the operator, at once; false: it could not be.
	 * NULL, and with never_issues: none is issued, and what needs one is held.
	 */
	bool (*secret)(const struct mirror_issued *issued, void *arg);
	bool never_issues;          /* also in a plan: of a daemon, whose output nobody reads when it comes */
	bool never_removes;         /* a whole pass looks at no removal, and a move to another subscriber is held */
	void (*line)(const struct pass_line *line, void *arg);
	void (*progress)(int64_t done, int64_t total, void *arg); /* may be NULL */
	void *arg;
};

/* Everything; `summary` is filled also on failure, as far as it got. */
int pass_full(const struct pass_setup *setup, struct pass_summary *summary, struct error *err);

/* Only these keys; absence is not acted on. */
int pass_keys(const struct pass_setup *setup, const char *const *keys, size_t count,
	      struct pass_summary *summary, struct error *err);

/*
 * Subscribers that no extension is left on, and nothing else: removed under the
 * rails, as by the end of a full pass.
 */
int pass_orphans(const struct pass_setup *setup, struct pass_summary *summary, struct error *err);

/* DESIGN's exit code for what is left at the end (0, 3, 4 or 5). */
int pass_exit_code(const struct pass_summary *summary);

#endif
