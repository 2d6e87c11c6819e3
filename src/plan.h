/*
 * plan - what to do for one difference.
 *
 * Pure: no socket, no clock, no allocation.  What plan_decide() says depends on
 * its arguments alone, so the same difference always gets the same answer, and
 * a second run over a finished mirror has nothing to decide.
 *
 * It decides, it does not limit: the rails come after it (rails.h).
 *
 * Order of the questions.  A row that is present and enabled is wanted: skip
 * reason, objection, rejected before, username, owner, then what to send.  A row
 * that is gone or disabled is not wanted, whatever else it says: is that to be
 * believed, is it protected, what says on_remove.  Of what a row may be rejected
 * for, only a duplicate key keeps a disabled row from being removed.  At the very
 * end an outcome that is unknown and has not settled, or a next attempt whose
 * time has not come, turns everything that would send a request into PLAN_WAIT.
 *
 * An open intent that has settled never comes out as PLAN_NOTHING for a wanted
 * row: what it may have changed is sent again, or looked for.
 *
 * A secret of which the PBX has only a hash (difference.hashed, without a
 * skip_reason: [mirror] issue_secrets is on).  `issue` says that the engine makes
 * one, and it is said of nothing else:
 *   - where a credential is made: CREATE, also one that takes another row's
 *     over, and REPLACE, which makes it anew;
 *   - where nobody knows the password that is there: RESTORE, and UPDATE where the
 *     ledger's digest is "" (a suspension's password; a secret that was issued, and
 *     no run came as far as showing it; or `retry --secret` asked for another).
 * Any other credential keeps the password that it has, which its user knows.
 * Where the digest of the hash is not the ledger's then, the PBX's password
 * changed, or was known in clear before: `keep_secret` has the ledger take the
 * digest over, so that it is said once, and no secret is sent.
 *
 * Usernames of another row of ours, by difference.holder:
 *   KEEPS     rejected.
 *   MOVES     after_holder: its own change goes first.
 *   DISABLED  a key that the ledger does not know takes the row over; a key that
 *             it knows already has ids of its own, so the holder's credential is
 *             given a parking name first (after_holder), and then this one is
 *             renamed.  Should the holder be wanted again, it wants its name
 *             back and is the one that is rejected: the later change loses.
 *   ABSENT    as DISABLED, in a pass over a complete source; in a keyed pass
 *             only the take-over, for which the old key has to be read again.
 *             Otherwise it waits for a complete pass.
 * Where the holder is protected (its row says so, or the ledger where there is
 * none), DISABLED and ABSENT are as KEEPS, but for the take-over by a row that is
 * protected itself.
 * A holder that has the name only by an attempt of unknown outcome MOVES, or is
 * nobody here.  Whether any holder's outcome is still open is not visible: the
 * engine waits for it.
 */
#ifndef PLAN_H
#define PLAN_H

#include <stdbool.h>

#include "config.h"
#include "difference.h"

enum plan_action {
	PLAN_NOTHING,     /* nothing to do and nothing to say */
	PLAN_SKIP,        /* the row says that it cannot be mirrored: left as it is, reported */
	PLAN_REJECT,      /* the row cannot be sent as it is; nothing is asked of SignalWire */
	PLAN_WAIT,        /* an outcome is unknown and has not settled, or it is not time yet */
	PLAN_NOTE,        /* only the ledger follows (extension, protected, absence over) */
	PLAN_MARK_ABSENT, /* only the ledger notes since when it is gone */
	PLAN_ADOPT,       /* only the ledger takes over what is there; never decided, but asked for (migrate --adopt) */
	PLAN_CREATE,
	PLAN_UPDATE,      /* what, says `fields` and `profile` */
	PLAN_REPLACE,     /* another owner: created there, removed here; there may be nothing here but a subscriber */
	PLAN_SUSPEND,
	PLAN_RESTORE,     /* suspended and wanted again: everything is sent */
	PLAN_REMOVE,      /* whatever there is of it: credential, subscriber or only a part of them */
	PLAN_FORGET,      /* the ledger's row goes: nothing was made, or what is there is not ours (a subscriber without an id is looked for) */
	PLAN_REMOVE_SUBSCRIBER /* ours, paid for, nothing lives on it */
};

enum {
	PLAN_USERNAME = 1,
	PLAN_SETTINGS = 2,
	PLAN_SECRET = 4
};

struct plan_policy {
	enum config_on_remove on_remove;
	bool one_place;         /* no row has a subscriber of its own: target_one_place() */
	bool source_complete;   /* a complete, non-empty source: absence may be believed */
	bool keyed;             /* keyed passes never act on absence */
};

struct plan_decision {
	enum plan_action action;
	unsigned fields;        /* PLAN_USERNAME.. for UPDATE and RESTORE; all that may differ for a take-over */
	bool profile;           /* the subscriber's profile is to be PUT as well (with CREATE: part of it) */
	bool look_first;        /* an earlier attempt may have acted: look before sending again */
	bool take_over;         /* CREATE becomes an UPDATE of holder_key's row */
	bool park;              /* UPDATE: only gives its name away, to a parking name (set by the pass, never here) */
	bool aside;             /* not of the pass's own page: told of while it worked (set by the pass, never here) */
	bool after_holder;      /* holder_key's change goes first (renumbered, swapped), or its parking */
	bool move_owner;        /* CREATE, UPDATE, RESTORE: PUT the e-mail instead of replacing: ids are kept.
				   Every row of that owner says so; the first one does it for all */
	bool issue;             /* CREATE, UPDATE, REPLACE, RESTORE: the secret that is sent is made, and shown once */
	bool keep_secret;       /* UPDATE, NOTE: none is sent; the ledger takes the digest over, and it is said */
	bool note;              /* with any action of a present row: the ledger has to follow extension,
				   protected or the end of an absence (alone: PLAN_NOTE) */
	bool settle;            /* with a row that is left as it is: its last attempt's outcome is unknown, and is asked for */
	unsigned classes;       /* CLASS_*: which rails count it */
	int subscribers;        /* change in the number of paid subscribers, as far as can be told: -1, 0, 1 */
	const char *reason;     /* static, never NULL, one plain sentence part: "secret changed", "gone from the PBX" */
};

void plan_decide(const struct difference *difference, const struct plan_policy *policy, struct plan_decision *decision);

/*
 * Why a present row cannot be sent as it is, or NULL: username with white space
 * or @, missing e-mail, text that is not UTF-8, a duplicate ...  A static,
 * complete sentence part ("the username contains white space").
 */
const char *plan_objection(const struct difference *difference, const struct plan_policy *policy);

bool plan_mutates(enum plan_action action);            /* whether it sends requests that change something */
const char *plan_action_name(enum plan_action action); /* "create", "update", ..., as in --json */
char plan_action_sign(enum plan_action action);        /* + ~ - ! or ' ' */

#endif
