/*
 * mirror - the engine: carries out decided changes and records what came of them.
 *
 * A change is a small state machine that walks the steps of its action (the
 * tables stand in mirror_create.c, mirror_update.c and mirror_remove.c).  What
 * holds for all of them:
 *
 * - Reads that a decision rests on come first, then the intent is committed,
 *   then the first mutation is sent, then the outcome is recorded.
 * - Changes of one subscriber run one after the other, in the order of their
 *   submission; different subscribers run side by side, as many as http's
 *   window allows.  Only these hold an intent.
 * - An unknown outcome leaves the intent open and ends the change; a later
 *   pass looks before it sends again.
 * - The canary (GET of the SIP profile, whose domain is the bound one) is the
 *   first request, and is sent again before a 404 or an empty list is believed,
 *   and where none was answered for an hour.  Every answer tells SignalWire's
 *   clock, which intents are stamped with.
 * - 401, 403, a closed fence, a lost database connection or an API that cannot
 *   be reached stop the engine: nothing new starts, what is in flight ends.
 *
 * The engine copies what it needs from a difference, secrets included, and
 * wipes them when the change ends.
 */
#ifndef MIRROR_H
#define MIRROR_H

#include <stdbool.h>
#include <stdint.h>

#include "api.h"
#include "config.h"
#include "difference.h"
#include "ledger.h"
#include "loop.h"
#include "plan.h"

struct mirror;

enum mirror_end {
	MIRROR_DONE,
	MIRROR_REJECTED, /* SignalWire refused it, or it is foreign: waits until the row changes */
	MIRROR_FAILED,   /* certain that it did not happen; tried again by the next pass */
	MIRROR_UNKNOWN,  /* may have happened: settled by a later pass */
	MIRROR_DROPPED,  /* not started: stopped, paused, or the source changed its mind */
	MIRROR_AGAIN     /* the ground moved (a credential was gone): plan this key again */
};

/* What became of a change.  Borrowed during the call. */
struct mirror_report {
	const char *key;
	const char *extension;
	const char *tenant; /* NULL: none */
	const char *username;
	enum plan_action action;
	enum mirror_end end;
	bool again;          /* done, and to be planned once more: what else the row wants was not known */
	bool aside;          /* as it was submitted */
	bool keeps_secret;   /* NOTE: that no secret is sent is to be said */
	bool doubted;        /* a list at SignalWire could not be read whole */
	const char *reason;  /* why it was done, or why it was not; a sentence part */
	const char *subscriber_id;
	const char *sip_endpoint_id;
};

/* A secret that was made for an extension, and that SignalWire has taken.  Borrowed during the call. */
struct mirror_issued {
	const char *key;
	const char *extension;
	const char *tenant; /* NULL: none */
	const char *username;
	const char *secret;
};

struct mirror_counts {
	int64_t subscribers_created;
	int64_t subscribers_removed;
};

struct mirror_setup {
	struct loop *loop;
	struct api *api;
	struct http *http;                /* for its window */
	struct ledger *ledger;
	struct difference_query *query;   /* what removals read again */
	const struct config *config;
	const char *cause;                /* "sync", "listen", ...: for the journal */
	void (*report)(const struct mirror_report *report, void *arg); /* may come later: mirror_set_report() */
	void *arg;
	/* Shows a secret, once; false: it could not be shown.  NULL: decisions that issue one must not be submitted. */
	bool (*show)(const struct mirror_issued *issued, void *arg);
	void *show_arg;
};

/* Everything in `setup` is borrowed and must outlive the engine. */
struct mirror *mirror_new(const struct mirror_setup *setup);
void mirror_free(struct mirror *mirror); /* only when idle; NULL is fine */

/* Takes a decided change (CREATE, UPDATE, REPLACE, SUSPEND, RESTORE, REMOVE, REMOVE_SUBSCRIBER, or a ledger-only one). */
void mirror_submit(struct mirror *mirror, const struct difference *difference, const struct plan_decision *decision);

/*
 * While gathering, changes are taken and nothing starts: whoever wants a name
 * that another row holds must find that row's change here.
 */
void mirror_gather(struct mirror *mirror, bool gathering);

/* For each pass: an account that refused to grow before may do so by now. */
void mirror_try_creates(struct mirror *mirror);

/* Who hears how changes end, from now on. */
void mirror_set_report(struct mirror *mirror, void (*report)(const struct mirror_report *report, void *arg), void *arg);

/* Who shows the secrets that are issued, from now on. */
void mirror_set_show(struct mirror *mirror, bool (*show)(const struct mirror_issued *issued, void *arg), void *arg);

bool mirror_idle(const struct mirror *mirror);
int64_t mirror_pending(const struct mirror *mirror); /* submitted and not ended */
bool mirror_has(const struct mirror *mirror, const char *key); /* a change of this key is pending */
bool mirror_takes(const struct mirror *mirror, const char *key); /* a pending change takes over the row of this key */

/*
 * Nothing new starts; what waits is reported as DROPPED.  What has begun gets the
 * answer to its request, and nothing is tried again (api_stop_retrying()), so that
 * the end comes within a request's time.  `err` is kept (moved) as the reason; the
 * first one counts.
 */
void mirror_stop(struct mirror *mirror, struct error *err);
bool mirror_stopped(const struct mirror *mirror, const struct error **why); /* `why` is borrowed, may be NULL for the asker's own stop */

const struct mirror_counts *mirror_counts(const struct mirror *mirror);

#endif
