/*
 * ledger - what the bridge remembers: identity, lock, intents, outcomes.
 *
 * One connection, given by the caller, carries everything here: the session
 * advisory lock, the heartbeat that proves it, and every write of the ledger,
 * so whoever lost the lock can record nothing.
 *
 * The life of a change: ledger_intend() commits its intent before the first
 * request; ledger_record() writes its outcome.  Between the two the journal
 * row is open, and whoever finds it open knows that a request may have acted.
 * An open intent that is not in its holder's hands has `settles_at`: until
 * then any request of it may still act, after it none will.
 *
 * Both take batches: one transaction, one round trip.  Neither ever sees a
 * secret.
 */
#ifndef LEDGER_H
#define LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config.h"
#include "db.h"
#include "error.h"
#include "loop.h"

struct ledger;

enum { LEDGER_SCHEMA_VERSION = 4 };

struct ledger_identity {
	int64_t version;  /* of the schema; LEDGER_SCHEMA_VERSION, unless ledger_look() read it */
	char *target;     /* [mirror] target; before version 2 always "subscriber" */
	char *subscriber_id; /* [mirror] subscriber_id; "": none; NULL: not known (before version 4, or never bound) */
	char *project_id;
	char *api_url;
	char *sip_domain; /* NULL: not bound yet */
	char *source;     /* quoted name */
	char *columns;    /* JSON */
	char *digest_inner; /* hex with \x in front, as a bytea parameter: secret-like, never logged */
	char *digest_outer;
	bool same_cluster; /* system identifier and database are those bound */
};

/*
 * Sets the session's search_path to the schema and reads the identity.  No
 * schema or no identity in it: exit 6, "run swbridge init"; no right to use it: exit 6, "grants.sql"; tables of it missing:
 * exit 6.  Never another ledger that the role's own path leads to.  Another schema version: exit 6 with both versions.  `db` is borrowed and must outlive the ledger.
 */
int ledger_open(struct db *db, const struct config *config, struct ledger **ledger, struct error *err);
/* The same of a version that a migration can start from, for who migrates it. */
int ledger_look(struct db *db, const struct config *config, struct ledger **ledger, struct error *err);
/* Where the schema is there and this role may not use it: exit 6, with who can grant that and how. */
int ledger_usable(struct db *db, const struct config *config, struct error *err);
int ledger_no_schema(const struct config *config, struct error *err); /* the sentence for a schema without ledger; exit 6 */
void ledger_free(struct ledger *ledger); /* does not release the lock: closing the connection does */

const struct ledger_identity *ledger_identity(const struct ledger *ledger);

/* Project, API URL, target, subscriber_id, cluster and database are those bound, and a SIP domain is bound: else exit 6, naming what differs. */
int ledger_check_identity(const struct ledger *ledger, const struct config *config, struct error *err);
/*
 * May the ledger be bound to the configuration's [mirror] subscriber_id?  Else exit 6, saying what to do.  `live`:
 * something of it may be at SignalWire; `placeless`: credentials that have no subscriber of their own in the ledger.
 */
int ledger_check_move(const struct ledger *ledger, const struct config *config, bool live, bool placeless,
		      struct error *err);

/*
 * Takes the lock, or fails with exit 7 naming the holder and what to do, or with exit 78 where
 * a pooler shares the session, and so the lock; with `wait` tries
 * again twice a second until it is free, or until enough(arg) is true, where
 * that is set: looked at whenever the loop has turned.  waiting(arg), where that
 * is set, is called whenever the lock was found taken; it may use the connection.
 *
 * `waited`: whatever was read before may be weeks old.  Who waited frees this
 * ledger and opens it again, on the same connection, which has the lock.
 */
struct ledger_wait {
	void (*waiting)(void *arg);
	bool (*enough)(void *arg);
	void *arg;
};

int ledger_lock(struct ledger *ledger, struct loop *loop, const char *verb, const struct ledger_wait *wait,
		bool *waited, struct error *err);

/*
 * With the lock: every open intent without `settles_at` gets one (now + settle),
 * and the holder row is written.  ledger_unlock() says in it that this was no crash:
 * it is for who has taken over, since before that the row is another one's.
 */
int ledger_take_over(struct ledger *ledger, const char *verb, int64_t settle_ms, struct error *err);
int ledger_unlock(struct ledger *ledger, struct error *err);

/*
 * The lock alone, for who changes or drops the ledger itself: of whatever version
 * it is and how much of it is there, nothing is written.  Exit 7 naming the holder,
 * exit 6 where there is no schema.  Held until the connection ends.
 */
int ledger_claim(struct db *db, const struct config *config, struct error *err);

/*
 * Absence counts only while somebody looks: where the last complete pass is
 * older than `grace_ms`, every absence begins anew with the next pass.  A pass
 * of a paused bridge is none.
 */
int ledger_restart_absence(struct ledger *ledger, int64_t grace_ms, struct error *err);
/*
 * Notes what a complete pass refused for what rows say (pass_summary.refused_mark;
 * "": nothing).  *changed: the last one found others.  Nothing is written where it is the same.
 */
int ledger_note_refused(struct ledger *ledger, const char *mark, bool *changed, struct error *err);
int ledger_complete_pass(struct ledger *ledger, struct error *err); /* notes the time of a complete pass */
/* Whether one ended in the last `ms`, whoever's it was. */
int ledger_completed_within(struct ledger *ledger, int64_t ms, bool *completed, struct error *err);

/* Removes finished journal rows older than `keep_ms`, at most 10,000 at a time; never inside the rails' window. */
int ledger_prune(struct ledger *ledger, int64_t keep_ms, struct error *err);

/* One intent.  Strings are borrowed for the call; NULL: does not apply. */
struct ledger_intent {
	const char *key;
	const char *extension;
	const char *operation; /* create, update, replace, suspend, restore, remove */
	const char *cause;
	int64_t at_ms;         /* SignalWire's clock; kept where the intent is open already */
	const char *take_key;  /* takes over the row of this key: it is re-keyed */
	const char *username;  /* what the credential will be called; NULL: no request of it says */
	const char *owner_no;  /* create, replace: the subscriber's row where there is one ... */
	const char *email;     /* ... else its e-mail; a row is made (origin created) */
	const char *sent_fields; /* settings that get a value, comma separated: added to what the row remembers */
	const char *profile_fields; /* of the subscriber's profile that get a value, and "email": added likewise */
	bool is_protected;
	bool clear_settings;
	bool clear_secret;
	bool unshown;          /* the secret that is sent is one that nobody has been told: the digest is empty until somebody was */
	bool clear_profile;
	bool absent;           /* a removal because the row is gone: notes absent_since */
	bool recheck;          /* only if the source still does not want the key (removals) */
	bool goes_on;          /* with an intent that is open already: what that was counts as well */
	bool orphan;           /* the key is a subscriber's e-mail: no row of sync is meant */
	const char *subscriber_id;
	const char *sip_endpoint_id;
};

/* What came of it.  Borrowed during the callback. */
struct ledger_intended {
	bool taken;            /* false: nothing may be sent: paused, the source wants the row, an operator let go of it or gave it an id */
	const char *journal_id;
	int64_t at_ms;
	const char *owner_no;  /* of the row of sync, now (replace: of the new owner) */
	const char *owner_id;
	const char *owner_email;
	const char *owner_origin; /* created, adopted */
	const char *username;
	const char *sip_endpoint_id;
	const char *sent_fields; /* of the row of sync, comma separated */
	bool waits;            /* not taken: an outcome on the same subscriber is unknown and has not settled */
	int64_t others_at_ms;  /* the first of the open intents of others on it; 0: none */
};

/*
 * `still_wanted` is difference_still_wanted_sql(), `policy` difference_policy();
 * used where an intent says recheck.  `done` is called once, from the loop,
 * with one result per intent in their order, or with an error.
 */
void ledger_intend(struct ledger *ledger, const struct ledger_intent *intents, size_t count,
		   const char *still_wanted, const char *policy,
		   void (*done)(const struct ledger_intended *results, size_t count, const struct error *err, void *arg),
		   void *arg);

/*
 * secret_digest: that of a secret which nobody has been told: issued and not shown
 * yet, or a suspension's.  The column is empty then and not NULL, so that the way
 * back is known: a new secret has to be issued where the PBX has only a hash.  It
 * stays so through every attempt of unknown outcome, until a secret of the PBX's
 * has certainly arrived or an issued one has been shown.
 */
#define LEDGER_SECRET_UNSHOWN "unshown"

/* So begins a name that a credential is given for as long as another one needs its own: with it nothing else is sent. */
#define LEDGER_PARKED "swbridge-parked-"

enum ledger_absence { LEDGER_ABSENCE_AS_IS, LEDGER_ABSENT, LEDGER_NOT_ABSENT };

/*
 * One outcome, or a note without a journal row.  A member that is NULL leaves
 * its column alone; where "" is possible it sets SQL's NULL.  Digests are hex.
 */
struct ledger_outcome {
	const char *journal_id; /* NULL: a note */
	const char *outcome;    /* done, rejected, foreign, not sent, failed, void; NULL: stays open */
	int64_t settles_in_ms;  /* for an open one */
	const char *detail;
	const char *request_ids; /* comma separated; added */
	const char *subscriber_id;   /* for the journal */
	const char *credential_id;   /* for the journal */

	const char *key; /* of sync; NULL: no row of sync is meant */
	const char *extension;
	const char *state;
	const char *username;
	const char *row_owner_no;
	const char *sip_endpoint_id;
	const char *settings_digest;
	const char *secret_digest;
	const char *tried_digest;
	const char *sent_fields;
	const char *last_error;
	int protection; /* -1: as is, 0, 1 */
	enum ledger_absence absence;
	const char *name_taken; /* the username, which somebody else has, as it seems; NULL: none */
	bool count_attempt; /* attempts + 1; any other outcome sets 0 */
	bool drop;          /* the row goes */

	const char *owner_no; /* of subscriber */
	const char *owner_id;
	const char *owner_email;
	const char *owner_origin;
	const char *owner_profile_digest;
	const char *owner_sent_fields;
	bool drop_owner; /* goes if no row of sync refers to it, and no open intent but this one's */
};

#define LEDGER_OUTCOME_INIT { .protection = -1 }

void ledger_record(struct ledger *ledger, const struct ledger_outcome *outcomes, size_t count,
		   void (*done)(const struct error *err, void *arg), void *arg);

#endif
