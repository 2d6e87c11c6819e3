/*
 * difference - the query that joins desired and ledger, in pages or by keys.
 *
 * A row comes out where desired and ledger disagree or the ledger is unsure,
 * and only then: over a mirror in step nothing comes out.  Rows of extensions
 * come in the order of their keys (collate "C"); rows of subscribers without
 * extensions come last in the walk of removals.
 *
 * Parameters of the generated text, always in this order:
 *   $1 text[]  keys to look at (keyed text only; else null)
 *   $2 bytea   digest_inner      $3 bytea   digest_outer
 *   $4 jsonb   policy: source_policy_json() merged with on_remove, grace (s)
 *   $5 text    walk: 'all', 'change' (all but removals) or 'remove'
 *   $6 text    keys beyond this one (null: from the start)
 *   $7 bigint  at most so many rows
 *
 * Digests are HMAC-SHA-256 of the managed, non-null values, computed by the
 * server (RFC 2104 with sha256(bytea)); they travel as hex.
 */
#ifndef DIFFERENCE_H
#define DIFFERENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config.h"
#include "db.h"
#include "error.h"
#include "json.h"
#include "source.h"

enum difference_holder {
	HOLDER_NONE,     /* nobody else of ours has the wanted username */
	HOLDER_ABSENT,   /* a row that is gone from the source */
	HOLDER_DISABLED, /* a row that is there and disabled */
	HOLDER_MOVES,    /* a row that wants another name itself; it may have this one only by an attempt of unknown outcome */
	HOLDER_KEEPS
};

enum difference_state { STATE_NONE, STATE_CREATING, STATE_ACTIVE, STATE_SUSPENDED, STATE_REMOVING };
enum difference_operation {
	OPERATION_NONE, OPERATION_CREATE, OPERATION_UPDATE, OPERATION_REPLACE,
	OPERATION_SUSPEND, OPERATION_RESTORE, OPERATION_REMOVE
};
enum difference_origin { ORIGIN_NONE, ORIGIN_CREATED, ORIGIN_ADOPTED };

/* Classes of the rails, as a mask. */
enum { CLASS_CREATES = 1, CLASS_REMOVALS = 2, CLASS_CHANGES = 4 };

/* One difference.  Strings are borrowed during the callback; NULL is SQL's NULL; digests are hex. */
struct difference {
	bool orphan; /* a subscriber without extensions: only `key` (its e-mail), `cursor` and the owner_* fields are set */
	const char *key;
	const char *cursor; /* what difference_page() takes as `after` to go on behind this row; of an extension: its key */

	/* desired; `present` false: not in the source, the rest is unset */
	bool present;
	const char *extension;
	const char *tenant;
	const char *username;
	const char *secret;
	bool hashed; /* the PBX has only a hash of it; without a skip_reason a new one is issued where one has to be sent */
	bool enabled;
	const char *email; /* folded; NULL: none can be made */
	bool email_given;
	const char *caller_id;
	const char *send_as;
	const char *ciphers; /* comma separated, PBX names */
	const char *codecs;
	const char *encryption;
	const char *call_handler;
	const char *calling_handler;
	const char *profile[JSON_PROFILE_COUNT];
	bool profile_speaks; /* this row's profile is the one that counts for its subscriber */
	const char *skip_reason;
	const char *problem;
	const char *sharers; /* of a key that several rows have: their extensions; NULL: they have one */
	const char *namesake; /* of a username that several rows want: the key of another one of them */
	bool wants_protection;
	const char *settings_digest;
	const char *secret_digest;
	const char *profile_digest; /* NULL: no managed profile field has a value */
	const char *desired_digest; /* of everything: what tried_digest remembers */

	/* remembered; STATE_NONE: no row */
	enum difference_state state;
	const char *ledger_extension;
	const char *ledger_username;
	const char *sip_endpoint_id;
	const char *ledger_settings_digest;
	const char *ledger_secret_digest; /* "": nobody was told the password that may be there */
	const char *tried_digest;
	const char *sent_fields; /* comma separated */
	bool is_protected;
	bool absent_noted;  /* absent_since is set */
	bool absence_due;   /* absent for grace or longer (also true where grace is 0) */
	bool not_yet;       /* next_attempt_at is in the future */
	int64_t attempts;
	const char *last_error;

	/* the subscriber that the ledger has for it */
	const char *owner_no;
	const char *owner_email;
	const char *owner_id;
	enum difference_origin owner_origin;
	const char *owner_profile_digest;
	const char *owner_sent_fields;
	int64_t owner_extensions; /* rows of sync on that subscriber, this one included */
	/* replace only: the subscriber that the ledger has for the wanted e-mail */
	const char *wanted_owner_no;
	const char *wanted_owner_id;
	enum difference_origin wanted_owner_origin;
	bool owner_moves_whole; /* all extensions of the created owner want this same e-mail, which no subscriber row has */

	/* the open intent */
	enum difference_operation intent; /* OPERATION_NONE: none */
	const char *intent_id;
	bool intent_settled; /* settles_at is past */
	int64_t intent_at_ms; /* ms since the epoch, SignalWire's clock */
	/* replace only: the subscriber that it was to move to, where the row has not */
	const char *intent_owner_no;
	const char *intent_owner_id;
	const char *intent_owner_email;
	const char *intent_usernames; /* what its attempts may have called the credential, a line each */
	const char *intent_others; /* those of them that another row of ours has in the ledger */

	/* who holds the wanted username */
	enum difference_holder holder;
	const char *holder_key;
	bool holder_protected; /* by its row, and where that is gone by the ledger */

	unsigned counted;  /* CLASS_*: already counted in the window for this key */
	unsigned approved; /* CLASS_*: an approval covers this key */
};

/* What a pass knows about the whole, from the same snapshot as the page. */
struct difference_totals {
	int64_t source_rows;     /* included rows */
	int64_t mirrored;        /* enabled, mirrorable */
	int64_t skipped;         /* skip_reason or no secret */
	int64_t without_secret;  /* of them */
	int64_t hashed;          /* enabled, and only a hash of the secret is there */
	int64_t rejected;        /* tried_digest is what is desired now */
	int64_t retiring;        /* absent, grace not over */
	int64_t leaving;         /* of them those to which on_remove does something then */
	int64_t leaving_ms;      /* when the first of these is due, since the epoch; 0: none */
	int64_t unchanged;       /* in step: mirrored, or disabled with something remotely */
	int64_t differences;     /* rows that the walks would yield */
	int64_t removals;        /* of them those in the walk of removals, orphans included */
	int64_t active_ids;      /* sync rows with a sip_endpoint_id: the rails' denominator */
	int64_t removed_in_window;
	int64_t counted_creates; /* distinct keys in the journal's last 24 hours */
	int64_t counted_removals;
	int64_t counted_changes;
	int64_t unknown;         /* open intents */
	bool paused;
};

enum difference_walk { WALK_ALL, WALK_CHANGE, WALK_REMOVE };

struct difference_query; /* the generated texts; made again when the source changed */

int difference_query_new(struct db *db, const struct source *source, const struct config *config,
			 const char *digest_inner, const char *digest_outer,
			 struct difference_query **query, struct error *err);
void difference_query_free(struct difference_query *query);

/* Totals alone; turns the loop.  Costs as much as a pass in step: the whole source is read. */
int difference_totals(struct difference_query *query, struct db *db, struct difference_totals *totals, struct error *err);

/*
 * What the ledger alone knows, for a pass by keys, which must not read the whole
 * source: from active_ids on; what is above it is 0.  Turns the loop.
 */
int difference_ledger_totals(struct difference_query *query, struct db *db, struct difference_totals *totals,
			     struct error *err);

/*
 * Totals and one page in one REPEATABLE READ transaction; turns the loop, and
 * calls `row` from it for each difference in order; `totals` is filled before the
 * first row, so that a row of absence can be weighed against its own snapshot.  `after` NULL: from the
 * start.  Fewer than `limit` rows: that was the last page.
 */
int difference_page(struct difference_query *query, struct db *db, enum difference_walk walk, const char *after,
		    int64_t limit, struct difference_totals *totals,
		    void (*row)(const struct difference *difference, void *arg), void *arg, struct error *err);

/*
 * The differences of the given keys only, and nothing about absence (source read
 * by keys).  Of these keys also those that wait since SignalWire rejected them,
 * which a page leaves to its totals.  `paused` is of the same snapshot, and is
 * filled before the first row.
 */
int difference_keys(struct difference_query *query, struct db *db, const char *const *keys, size_t count, bool *paused,
		    void (*row)(const struct difference *difference, void *arg), void *arg, struct error *err);

/* Keys and extensions of those given by extension, key, key=KEY or tenant/extension, from source and ledger; for `sync EXT`. */
int difference_find(struct difference_query *query, struct db *db, const char *const *names, size_t count,
		    void (*found)(const char *name, const char *key, const char *extension, void *arg), void *arg,
		    struct error *err);

/* One extension in full, in step or not (for `explain`): as a row of difference_keys(). */
int difference_explain(struct difference_query *query, struct db *db, const char *key,
		       void (*row)(const struct difference *difference, bool in_step, void *arg), void *arg,
		       struct error *err);

/*
 * `select key from <desired> d where d.key = any($1) and d.enabled`, with the
 * other parameters as above: what a removal's intent reads again.  Borrowed.
 */
const char *difference_still_wanted_sql(const struct difference_query *query);
const char *difference_policy(const struct difference_query *query); /* $4; borrowed */
/* The statement that goes before every read of the source, in its transaction: a hidden row is an error.  Borrowed. */
const char *difference_settings_sql(const struct difference_query *query);

/*
 * For texts of a caller's own, made of difference_sql.h: the statement that goes
 * before them in their transaction (borrowed), and their parameters $1 to $7 but
 * for $5 to $7, which are NULL (borrowed, like $1: everything).
 */
const char *difference_settings_sql(const struct difference_query *query);
void difference_parameters(const struct difference_query *query, const char *params[7]);

/* The text of $4, for a configuration.  Caller frees. */
char *difference_policy_json(const struct config *config);

/* What identity.difference_text gets, for the SQL function difference(); the parameters are those above.  Caller frees. */
char *difference_function_text(struct db *db, const struct source *source, const struct config *config);

#endif
