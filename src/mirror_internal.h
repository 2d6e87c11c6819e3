/*
 * mirror_internal - what the files of the engine share.
 *
 *   mirror.c         taking, slots, starting, ending, stopping
 *   mirror_owner.c   order within a subscriber
 *   mirror_wait.c    order between those who want each other's names
 *   mirror_batch.c   intents and outcomes on their way to the ledger
 *   mirror_change.c  one change: its copy of the wish
 *   mirror_end.c     how it can end
 *   mirror_outcome.c what the ledger gets then
 *   mirror_park.c    names that are given away for others
 *   mirror_check.c   the canary, and objects that may be gone
 *   mirror_look.c    what an earlier attempt may have made
 *   mirror_note.c    rows that are left as they are: notes, and what came of their last attempt
 *   mirror_issue.c   secrets that are made here: for whom the PBX has only a hash, and for the suspended
 *   mirror_create.c  CREATE
 *   mirror_update.c  UPDATE, RESTORE, SUSPEND, taking over
 *   mirror_profile.c profiles
 *   mirror_remove.c  REMOVE, REPLACE's first half, subscribers without extensions
 *   mirror_recover.c what an earlier attempt made on a subscriber that is not wanted any more
 *   mirror_replace.c REPLACE
 *
 * A step is a function that starts one operation and names the function that
 * its answer goes to; the steps of an action read from top to bottom of a file.
 */
#ifndef MIRROR_INTERNAL_H
#define MIRROR_INTERNAL_H

#include <json-c/linkhash.h>

#include "mirror.h"
#include "roster.h"
#include "settings.h"
#include "strbuf.h"
#include "target.h"

/* A clock that is off by this much still tells ours from a stranger's (created_at against the intent's time). */
enum { MIRROR_CLOCK_SLACK_MS = 2000 };

/* Within this time two clocks that nobody sets drift apart by less than a tenth of that (50 ppm). */
enum { MIRROR_CLOCK_AGE_MS = 3600 * 1000 };

struct change;

/* What became of the name that a change wants and another row of ours holds. */
enum wait_holder {
	WAIT_HELD,
	WAIT_FREE, /* given away */
	WAIT_KEPT, /* the holder keeps it for good */
	WAIT_LATE  /* the holder keeps it for now */
};

/* One subscriber: its changes run one after the other. */
struct owner {
	char *tag; /* folded e-mail: the key of the table */
	char *no;  /* row of subscriber; NULL: none yet */
	char *id;  /* NULL: not known to exist */
	enum difference_origin origin;
	bool fixed;         /* it exists whatever we do: [mirror] subscriber_id, or the project */
	bool project;       /* no subscriber: the place of standalone credentials, once for each change */
	bool counted;       /* extensions has what the ledger says; before, only what was added since */
	int64_t extensions; /* rows of sync on it */
	char *sent_fields;  /* of its profile */
	struct strbuf made; /* ids of the credentials that were made on it since the ledger was read */
	struct change **queue; /* changes in order; the first one runs */
	size_t queued;
};

/* What a change that has begun has for the ledger; thousands that wait have none. */
struct change_papers {
	struct ledger_intent intent;
	struct ledger_outcome outcome;
	struct ledger_outcome extra; /* a second subscriber's row; with owner_no only */
	char *merged[JSON_PROFILE_COUNT]; /* the profile that is PUT */
};

struct change {
	struct mirror *mirror;
	struct change *prev, *next; /* all pending */
	struct plan_decision decision;

	/* the wish and what the ledger had, copied: what never changes into one block, which is wiped in the end */
	char *texts;
	size_t texts_size;
	const char *key, *extension, *tenant, *secret, *email;
	char *username;
	bool email_given;
	bool orphan;
	bool present;
	bool wants_protection;
	bool was_replace;  /* its open intent is a replacement's: that one looked where the row was before it began */
	bool refusal_over; /* what was refused is not what is desired now */
	const char *caller_id, *send_as, *ciphers, *codecs, *encryption, *call_handler, *calling_handler;
	const char *profile[JSON_PROFILE_COUNT];
	const char *settings_digest, *secret_digest, *profile_digest, *desired_digest;
	enum difference_state state;
	char *ledger_username, *credential_id;
	const char *old_settings_digest, *old_secret_digest, *old_profile_digest;
	char *sent_fields;
	const char *holder_key;
	enum difference_operation intent; /* its open one, of an earlier attempt */
	int64_t intent_at_ms;
	const char *tried_usernames; /* of its open intent, a line each */
	const char *others_usernames; /* those of them that another row has */

	struct owner *owner;     /* whose credential it is, or will be */
	struct owner *old_owner; /* REPLACE: whose it was */
	struct owner *tried;     /* whose an earlier REPLACE of unknown outcome may have made it; or NULL */
	struct owner *moves_to;  /* the e-mail that its subscriber is to get: nobody makes another for it meanwhile */
	struct owner *aside;     /* the owner, while another stands in its place (owner_set_aside()) */

	/* while it runs */
	bool started;
	bool queued_ready;
	struct change *next_ready;
	bool waits_for_holder;
	enum wait_holder holder; /* of the wanted name */
	struct change *next_dependent; /* wants the same name */
	unsigned stepped_back;   /* how often it let its siblings go first */
	bool parking;            /* this round only gives its own name away, */
	bool parked;             /* which is done, */
	char *wanted_username;   /* and these wait for the round behind it */
	struct plan_decision wanted_decision;
	char *given_name;        /* of a suspension that leaves its own to whoever waits for it; NULL: it keeps it */
	void (*intended)(struct change *change); /* the step behind the intent */
	struct change_papers *papers; /* NULL before */
	char *journal_id;
	int64_t at_ms;
	int64_t others_at_ms;    /* of open intents of others on its subscriber; 0: none */
	char *found_id;          /* a credential that a look found */
	char *strange_id;        /* of what has its name and is older than its attempts, where a look found it */
	bool removes_found;      /* it is what is removed: then it is credential_id */
	const char *looked_for;  /* whose name is looked for; username or ledger_username */
	void (*look_after)(struct change *change); /* the step behind that look */
	bool owner_vanished;     /* its subscriber was found gone, and looked for anew */
	char *found_username;    /* its name, where a look found it */
	void (*check_next)(struct change *change); /* the step behind a check */
	struct owner *checked;   /* who is checked */
	void (*owner_next)(struct change *change); /* the step behind the subscriber */
	void (*look_next)(struct change *change);  /* the step behind a look */
	bool gone;               /* REMOVE, REPLACE: the old credential is not there any more */
	bool owner_new;          /* this change made the subscriber, or found its own */
	bool drops_owner;        /* the subscriber is gone, or not ours to remove: its row goes */
	bool patched;            /* UPDATE: the credential has its new values */
	bool profiled;
	bool made;               /* found_id is its credential, with everything in it, whatever comes of the rest */
	bool looked_again;       /* for its credential, behind a name that is taken */
	bool owner_looked_again; /* for its subscriber, behind an e-mail that is taken */
	bool doubted;            /* a list could not be read whole */
	bool recovering;         /* the look is for what nobody wants any more, */
	bool recovered;          /* which found nothing */
	struct strbuf request_ids;
	struct strbuf random_secret;
	bool shown;              /* the secret that was issued, and arrived, was shown */
	char *sent_now;          /* sent_fields after this change */
	char *profile_now;       /* those of its subscriber, for the intent */

	/* the end */
	enum mirror_end end;
	char *reason;
	const char *verdict;     /* of a refusal, while its intent is written */
	char *detail;            /* for the journal, where it differs from the reason */
};

enum canary { CANARY_NONE, CANARY_ASKED, CANARY_GREEN };

struct mirror {
	struct mirror_setup setup;
	struct target *target;
	struct roster *roster;
	struct lh_table *owners;  /* tag -> struct owner */
	struct lh_table *changes; /* key -> struct change */
	struct change *first, *last;             /* all pending, in order */
	struct change *first_ready, *last_ready; /* nothing of their subscribers is before them */
	int64_t pending;
	int64_t running;   /* started and not ended */
	int64_t waiting;   /* changes with waits_for_holder */
	unsigned long long parked; /* names that were made up */
	struct lh_table *dependents; /* holder_key -> first change that wants its name */
	struct lh_table *taken;      /* holder_key -> change that takes its row over */
	struct loop_timer *turn; /* starts what can start */

	struct change **intents; /* waiting for the next batch */
	size_t intent_count, intent_size;
	bool intending;
	struct change **outcomes;
	size_t outcome_count, outcome_size;
	bool recording;

	enum canary canary;      /* of the process; asked anew where it is stale */
	struct change **asking;  /* wait for the canary's answer */
	size_t asking_count;
	bool canary_asked;
	int64_t clock_offset_ms; /* SignalWire's clock minus CLOCK_BOOTTIME, which nobody sets */
	int64_t clock_read_ms;   /* when that was learned, CLOCK_BOOTTIME; 0: never */

	bool gathering;
	bool stopping;
	struct error why;
	struct strbuf made;      /* as in struct owner, where all credentials are in one place */
	bool creates_stopped;    /* the account refuses to grow, for the rest of the pass */
	struct mirror_counts counts;
};

/* mirror.c */
void mirror_turn(struct mirror *mirror); /* soon */
void mirror_ended(struct change *change); /* recorded: reports, frees, lets others go on */
int64_t mirror_server_ms(const struct mirror *mirror);

void mirror_begin(struct change *change); /* the first step of what was decided */
void mirror_head_ready(struct owner *owner); /* whoever comes first there may start; NULL is fine */
void mirror_ready(struct change *change); /* nothing of its subscribers is before it: may start */

/* mirror_owner.c */
void owner_find(struct change *change, const struct difference *difference); /* sets owner and old_owner */
void owner_let_go(struct owner *owner); /* its row is gone: whoever comes next in its queue needs another */
/* Another subscriber stands in for the change's own, for a look or for parking, until it is taken back. */
void owner_set_aside(struct change *change, struct owner *instead);
void owner_take_back(struct change *change); /* fine where none was set aside */
void owner_enqueue(struct owner *owner, struct change *change); /* NULL owner: nothing, also below */
void owner_dequeue(struct owner *owner, struct change *change);
/* Lets the others of the queue go first; false: there are none. */
bool owner_step_back(struct owner *owner, struct change *change);
bool owner_leads(const struct owner *owner, const struct change *change);
void owner_forget_idle(struct mirror *mirror);
const char *owner_subscriber_id(const struct owner *owner); /* for the ledger and for people; NULL: none */
/*
 * Where is its known credential?  Without a place to ask nothing is concluded about it: false, and the change was
 * ended.  True too where there is no credential.
 */
bool owner_is_there(struct change *change, const struct owner *owner);
bool owner_recorded(const struct owner *owner); /* a row of sync can say that its credential lives there */
struct strbuf *owner_made(struct change *change); /* ids of what was made in its place since the ledger was read */

/* mirror_wait.c */
struct change *wait_pending(const struct mirror *mirror, const char *key); /* NULL: no change of this key */
/* May leave its name to others: not where only the ledger follows, nor where a suspension began that nobody waited for. */
bool wait_frees_name(const struct change *change);
bool wait_is_wanted(const struct change *change); /* somebody waits for its name */
void wait_add(struct change *change);
void wait_remove(struct change *change);
bool wait_holder(struct change *change); /* true where the change has to wait; may set `parking` instead */
/* The holder of a wanted name has ended, or parked: those who wait for it go on, or cannot. */
void wait_holder_ended(struct mirror *mirror, const char *key, enum mirror_end end);
/*
 * Everything waits for somebody: one that stands before what it waits for steps
 * back, or one gives its name away, which is returned to be started.
 */
struct change *wait_break_deadlock(struct mirror *mirror);

/* mirror_batch.c */
void batch_intend(struct change *change, void (*next)(struct change *change));
void batch_record(struct change *change);
void batch_flush(struct mirror *mirror); /* sends what has gathered */

/* mirror_change.c */
struct change *change_new(struct mirror *mirror, const struct difference *difference,
			  const struct plan_decision *decision);
void change_begin(struct change *change);
void change_free(struct change *change);
/* Whether our credential may have this name: the ledger's, or one that an attempt of unknown outcome sent. */
bool change_may_be_called(const struct change *change, const char *username); /* the credential that has its id */
bool change_may_have_made(const struct change *change, const char *username); /* one that is only known by this name */
/*
 * What the journal gets where this attempt came to nothing: "failed", which the
 * rails count, where one before it under the same intent may have acted.
 */
const char *change_counted(const struct change *change, const char *outcome);
void change_heard(struct change *change, const struct api_result *result); /* keeps the request id */

/* mirror_end.c */
/* How a change ends.  `reason` is copied.  All of them lead to the ledger and then to mirror_ended(). */
void change_done(struct change *change);
void change_rejected(struct change *change, const char *outcome, const char *reason); /* "rejected" or "foreign" */
/* The same of a stranger's object, with the command that takes it over; ids that are not known are NULL. */
void change_foreign(struct change *change, const char *reason, const char *subscriber_id, const char *credential_id);
/* The wanted username is taken: foreign, or still another row's of ours.  `why` in SignalWire's words. */
void change_name_taken(struct change *change, const char *why);
const char *change_sent_nothing(const struct change *change); /* the outcome of a certain failure: "failed" where an earlier step acted */
void change_failed(struct change *change, const char *outcome, const char *reason);   /* certain: "not sent", "failed", "void" */
void change_learn_name(struct change *change, const char *username); /* where it may be called so */
void change_settled(struct change *change, const char *outcome, const char *detail); /* its intent is closed, nothing was sent */
void change_unknown(struct change *change, int64_t first_byte_at, const char *reason);
void change_again(struct change *change, const char *reason); /* the ground moved */
void change_wait(struct change *change, const char *reason);  /* the same, because of somebody else's unknown outcome */
void change_drop(struct change *change, const char *reason);  /* nothing was written, nothing is */
void change_look_unsure(struct change *change); /* what was found may be another's: the next pass looks again */
void change_look_failed(struct change *change, const struct api_result *result); /* a read that the decision needs */

/*
 * What is common to all answers of mutations: true where the answer was no
 * success and the change has been ended by it.  NOT_FOUND is the caller's.
 */
bool change_refused(struct change *change, const struct api_result *result);

/* mirror_outcome.c: each sets its part of the outcome, where there is something to set */
bool change_has_acted(const struct change *change); /* whatever comes of the rest: the rails count it */
void outcome_reason(struct change *change, const char *reason);
void outcome_journal(struct change *change, const char *outcome); /* the rest needs no intent */
void outcome_owner(struct change *change);
void outcome_made(struct change *change);
void outcome_gone(struct change *change);
void outcome_nothing_sent(struct change *change);
void outcome_untouched(struct change *change);
void outcome_row(struct change *change); /* what the row in the PBX says of itself, whatever came of its change */

/* mirror_issue.c */
/* Before a request that carries a secret: makes one where the change issues it.  False: the change was ended. */
bool issue_make(struct change *change);
const char *issue_secret(const struct change *change); /* what is to be sent; borrowed */
void issue_show(struct change *change);                /* behind a request that carried one, and was carried out */
const char *issue_digest(const struct change *change); /* of the secret that arrived, for the ledger */

/* mirror_park.c */
char *park_name(struct mirror *mirror); /* one that nobody wants; caller frees */
void park_start(struct change *change);
void park_done(struct change *change);

/* mirror_note.c */
bool note_is_all(const struct change *change);
void note_record(struct change *change);
void note_settle(struct change *change);
void note_found(struct change *change, const struct owner *owner); /* found_id is its credential, and lives there */

/* mirror_check.c */
void check_clock(struct mirror *mirror, const struct api_result *result); /* what the answer says of SignalWire's */
bool check_is_stale(const struct mirror *mirror); /* the canary is green, and so old that clocks may have drifted */
void check_canary(struct mirror *mirror);                                   /* the first request, and the first after an hour of silence */
void check_again(struct change *change, void (*next)(struct change *change)); /* a fresh canary, then next */
/*
 * Is the change's credential on that subscriber (the subscriber) really gone?  A canary, then a
 * GET by id: next(change) if that answers 404 too; else the change was ended.
 */
void check_credential_gone(struct change *change, struct owner *owner, void (*next)(struct change *change));
void check_owner_gone(struct change *change, struct owner *owner, void (*next)(struct change *change));

/* mirror_look.c */
/*
 * Whether its earlier attempt may have made a subscriber.  One that only removed or changed what it
 * knew made none: where that is gone, what has the e-mail now is a stranger's.
 */
bool look_is_for_owner(const struct change *change);
/* Sets owner->id if a subscriber of this e-mail is there and ours; foreign or failed looks end the change. */
void look_for_owner(struct change *change, void (*next)(struct change *change));
/*
 * Its subscriber is believed to be gone: the id is forgotten, and another can be made.  False: not by us, since
 * one subscriber is to own all credentials, and the change was ended.
 */
bool look_forgets_owner(struct change *change);
/* Lists the owner's credentials; sets found_id where one has the wanted username. */
void look_for_credential(struct change *change, const char *username, void (*next)(struct change *change));
/* The same by the name that the ledger has, else the wanted one; without an owner or a name there is nothing to look for. */
void look_by_last_name(struct change *change, void (*next)(struct change *change));

/* mirror_create.c */
void create_start(struct change *change);
void create_owner(struct change *change, void (*next)(struct change *change)); /* where it has no id */
void create_subscriber(struct change *change, void (*next)(struct change *change));
void create_owner_is_gone(struct change *change); /* believed: the change ends, and is planned again */
void create_credential(struct change *change, void (*next)(struct change *change));
void create_set_outcome(struct change *change); /* the credential is there: what the ledger gets */

/* mirror_update.c */
void update_start(struct change *change);
void suspend_start(struct change *change);
void update_patch_all(struct change *change, void (*next)(struct change *change)); /* found_id gets everything */
const char *update_sets(struct change *change); /* the settings that get a value, for an intent; borrowed */
void update_request(struct change *change, unsigned fields, struct json_credential_request *request,
		    struct settings *settings);

/* mirror_profile.c */
void profile_send(struct change *change, void (*next)(struct change *change)); /* only where it differs */
void profile_record(struct change *change); /* puts what was sent of it into the outcome */
const char *profile_sets(struct change *change); /* the members that get a value, for an intent; borrowed */

/* mirror_remove.c */
void remove_start(struct change *change);
void remove_read(struct change *change, struct owner *owner, void (*next)(struct change *change)); /* GET, compare; sets gone */
void remove_credential(struct change *change, struct owner *owner, void (*next)(struct change *change));
void remove_owner(struct change *change, struct owner *owner, void (*next)(struct change *change)); /* if nothing lives on it */
void orphan_start(struct change *change);

/* mirror_recover.c */
bool recover_is_needed(const struct change *change);
/* Ends the change, to be planned again, or lets it begin where there was nothing. */
void recover_start(struct change *change);
void recover_record(struct change *change, const struct owner *owner); /* what was found on it, into the outcome */

/* mirror_replace.c */
void replace_start(struct change *change);

#endif
