/* plan - what to do for one difference. */
#include "plan.h"

#include <string.h>

#include "objection.h"

enum { PLAN_ALL = PLAN_USERNAME | PLAN_SETTINGS | PLAN_SECRET };

const char *plan_objection(const struct difference *difference, const struct plan_policy *policy)
{
	return objection_find(difference, policy->one_place);
}

static bool same(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

/*
 * A digest that is desired differs from what is unknown (NULL).  Without a
 * desired one nothing is managed: that differs only while something that was
 * sent earlier has to be taken back.
 */
static bool digest_differs(const char *desired, const char *remembered, const char *sent_fields)
{
	if (desired)
		return !same(desired, remembered);
	return remembered || (sent_fields && *sent_fields);
}

static void decide(struct plan_decision *decision, enum plan_action action, unsigned classes, const char *reason)
{
	decision->action = action;
	decision->classes = classes;
	decision->reason = reason;
}

static bool wanted(const struct difference *d)
{
	return d->present && d->enabled;
}

/* The last value counts: the source's while the row is there, else the ledger's. */
static bool protected(const struct difference *d)
{
	return d->present ? d->wants_protection : d->is_protected;
}

static bool absence_counts(const struct plan_policy *policy)
{
	return policy->source_complete && !policy->keyed;
}

/* After these two the ids in the ledger may not be all that exists. */
static bool intent_makes_ids(const struct difference *d)
{
	return d->intent == OPERATION_CREATE || d->intent == OPERATION_REPLACE;
}

/* Whether there is a credential that we know of and that a PATCH could reach. */
static bool has_credential(const struct difference *d)
{
	return d->sip_endpoint_id && d->state != STATE_CREATING && d->state != STATE_NONE;
}

static bool profile_differs(const struct difference *d, const struct plan_policy *policy)
{
	/* Where one subscriber owns them all its profile is the operator's. */
	if (policy->one_place || !d->profile_speaks)
		return false;
	if (!d->owner_id)
		return d->profile_digest != NULL;
	return digest_differs(d->profile_digest, d->owner_profile_digest, d->owner_sent_fields);
}

#define HELD_PROTECTED "the username is held by another extension, which is protected: "

/*
 * What is protected and not wanted keeps its name, too, whoever wants it: its
 * phone goes on.  A new row that is protected itself is that extension under
 * another key, and its phone is the one that goes on.
 */
static bool decide_protected(const struct difference *d, struct plan_decision *decision)
{
	if (!d->holder_protected || (d->state == STATE_NONE && d->wants_protection))
		return false;
	if (d->holder == HOLDER_ABSENT)
		decide(decision, PLAN_REJECT, 0, HELD_PROTECTED "it is gone from the PBX; to free the username insert its row again "
		       "with protected false, or run swbridge forget for it and delete its credential at SignalWire");
	else if (d->holder == HOLDER_DISABLED)
		decide(decision, PLAN_REJECT, 0, HELD_PROTECTED "it is disabled in the PBX; to free the username set protected to "
		       "false there");
	return d->holder == HOLDER_ABSENT || d->holder == HOLDER_DISABLED;
}

/* How the wanted username can be had.  False: it cannot now, and the decision says so. */
static bool decide_username(const struct difference *d, const struct plan_policy *policy, struct plan_decision *decision)
{
	bool gone_for_sure = absence_counts(policy) || (policy->keyed && d->state == STATE_NONE);

	if (d->holder == HOLDER_NONE || (has_credential(d) && same(d->username, d->ledger_username)))
		return true;
	if (d->holder == HOLDER_KEEPS) {
		decide(decision, PLAN_REJECT, 0, "the username is held by another extension");
		return false;
	}
	if (decide_protected(d, decision))
		return false;
	if (d->holder == HOLDER_ABSENT && !gone_for_sure) {
		decide(decision, PLAN_WAIT, 0,
		       "the username is held by an extension that may be gone: a complete pass decides");
		return false;
	}
	decision->take_over = d->holder != HOLDER_MOVES && d->state == STATE_NONE;
	decision->after_holder = !decision->take_over;
	return true;
}

/* Only an e-mail that the source gives is compared, and only with an owner that exists or may exist. */
static bool owner_changed(const struct difference *d, const struct plan_policy *policy)
{
	bool known = d->owner_id || (d->owner_no && d->intent != OPERATION_NONE);

	return !policy->one_place && d->state != STATE_NONE && known && d->email_given && d->email &&
	       d->owner_email && strcmp(d->email, d->owner_email) != 0;
}

static bool last_of_ours(const struct difference *d, const struct plan_policy *policy)
{
	return !policy->one_place && d->owner_id && d->owner_origin == ORIGIN_CREATED &&
	       d->owner_extensions <= 1;
}

/* Whether nobody knows the password of its credential.  A suspension's is nobody's, whatever the ledger has. */
static bool password_is_nobodys(const struct difference *d)
{
	return d->state == STATE_SUSPENDED || d->intent == OPERATION_SUSPEND ||
	       (d->ledger_secret_digest && !*d->ledger_secret_digest);
}

static void decide_replace(const struct difference *d, const struct plan_policy *policy, struct plan_decision *decision)
{
	if (protected(d)) {
		decide(decision, PLAN_REJECT, 0,
		       "its e-mail changed, and moving it would remove its credential, which is protected");
		return;
	}
	decide(decision, PLAN_REPLACE, CLASS_CREATES | CLASS_REMOVALS, "its e-mail changed: it gets another subscriber");
	decision->look_first = d->intent != OPERATION_NONE || d->state == STATE_REMOVING;
	decision->profile = d->profile_speaks && d->profile_digest;
	decision->issue = d->hashed;
	decision->subscribers = (!d->wanted_owner_id && d->profile_speaks) - last_of_ours(d, policy);
}

static void decide_create(const struct difference *d, const struct plan_policy *policy, struct plan_decision *decision)
{
	bool owner_known = d->owner_id || d->wanted_owner_id || policy->one_place;
	const char *reason = "new in the PBX";

	decision->profile |= profile_differs(d, policy);
	decision->issue = d->hashed;
	if (decision->take_over) {
		decide(decision, PLAN_CREATE, CLASS_CHANGES, "it takes over the credential of an extension that had its username");
		decision->fields = PLAN_SETTINGS | PLAN_SECRET;
		return;
	}
	if (d->intent != OPERATION_NONE)
		reason = "the outcome of an earlier attempt is unknown: looked for, and created where it is missing";
	else if (d->state == STATE_CREATING)
		reason = "not created completely yet";
	else if (d->state != STATE_NONE)
		reason = "its credential is gone from SignalWire";
	decide(decision, PLAN_CREATE, CLASS_CREATES, reason);
	decision->look_first = d->intent != OPERATION_NONE;
	/* Where a new subscriber is shared, only the row that speaks for it counts it. */
	decision->subscribers = !owner_known && (!d->email_given || d->profile_speaks);
}

/* By what differs: bits PLAN_* and, above them, the profile. */
static const char *update_reason(unsigned fields, bool profile)
{
	static const char *const reasons[] = {
		"in step", "username changed", "settings changed", "username and settings changed",
		"secret changed", "username and secret changed", "settings and secret changed",
		"username, settings and secret changed",
		"profile changed", "username and profile changed", "settings and profile changed",
		"username, settings and profile changed", "secret and profile changed",
		"username, secret and profile changed", "settings, secret and profile changed",
		"username, settings, secret and profile changed",
	};

	return reasons[(fields & PLAN_ALL) | (profile ? PLAN_ALL + 1 : 0)];
}

/* Nothing changed in the PBX: the ledger knows no password that is there, and "" is what `retry --secret` leaves. */
static const char *again_reason(const struct difference *d, const struct plan_decision *decision)
{
	if (decision->fields != PLAN_SECRET || decision->profile || (d->ledger_secret_digest && *d->ledger_secret_digest))
		return NULL;
	return d->ledger_secret_digest ? "its secret is sent again, as asked" : "its secret is sent again";
}

static unsigned update_fields(const struct difference *d)
{
	unsigned fields = 0;

	/* What a suspension, a removal or a replacement left behind is not for digests to tell. */
	if (d->state == STATE_SUSPENDED || d->state == STATE_REMOVING ||
	    (d->intent != OPERATION_NONE && d->intent != OPERATION_UPDATE))
		return PLAN_ALL;
	/* An unknown PATCH may have renamed it, and the ledger still has the old name. */
	if (d->intent == OPERATION_UPDATE || !same(d->username, d->ledger_username))
		fields |= PLAN_USERNAME;
	if (digest_differs(d->settings_digest, d->ledger_settings_digest, d->sent_fields))
		fields |= PLAN_SETTINGS;
	if (digest_differs(d->secret_digest, d->ledger_secret_digest, NULL))
		fields |= PLAN_SECRET;
	return fields;
}

/* A secret of which only a hash is known: a new one where nobody knows what is there, else none. */
static void decide_secret(const struct difference *d, struct plan_decision *decision)
{
	decision->issue = password_is_nobodys(d);
	decision->keep_secret = !decision->issue && digest_differs(d->secret_digest, d->ledger_secret_digest, NULL);
	decision->fields = (decision->fields & ~(unsigned)PLAN_SECRET) | (decision->issue ? PLAN_SECRET : 0);
}

#define KEPT ": the credential keeps the password that it has; to issue another: swbridge retry --secret"

static void decide_kept(const struct difference *d, struct plan_decision *decision)
{
	decide(decision, PLAN_NOTE, 0, d->ledger_secret_digest ? "its secret changed in the PBX, which has only a hash of it" KEPT
							       : "the PBX has only a hash of its secret" KEPT);
}

static void decide_update(const struct difference *d, const struct plan_policy *policy, struct plan_decision *decision)
{
	const char *again = NULL;

	decision->fields = update_fields(d);
	if (d->hashed)
		decide_secret(d, decision);
	decision->profile |= profile_differs(d, policy);
	decision->look_first = d->state == STATE_REMOVING || intent_makes_ids(d);
	again = again_reason(d, decision);
	if (d->state == STATE_SUSPENDED)
		decide(decision, PLAN_RESTORE, CLASS_CHANGES, "suspended, and wanted again");
	else if (d->state == STATE_REMOVING)
		decide(decision, PLAN_UPDATE, CLASS_CHANGES, "its removal was begun, and it is wanted again");
	else if (d->intent != OPERATION_NONE)
		decide(decision, PLAN_UPDATE, CLASS_CHANGES, "the outcome of an earlier attempt is unknown: sent again");
	else if (decision->move_owner)
		decide(decision, PLAN_UPDATE, CLASS_CHANGES, "its e-mail changed: its subscriber gets it");
	else if (decision->issue)
		decide(decision, PLAN_UPDATE, CLASS_CHANGES, "it needs a new secret");
	else if ((decision->fields || decision->profile) && decision->keep_secret)
		decide(decision, PLAN_UPDATE, CLASS_CHANGES, "all that changed but its secret, of which the PBX has only a hash: the "
		       "credential keeps its password");
	else if (decision->fields || decision->profile)
		decide(decision, PLAN_UPDATE, CLASS_CHANGES, again ? again : update_reason(decision->fields, decision->profile));
	else if (decision->keep_secret)
		decide_kept(d, decision);
}

/* Whether the row is to be left alone as it is.  True: the decision says why. */
static bool decide_unfit(const struct difference *d, const struct plan_policy *policy, struct plan_decision *decision)
{
	bool no_secret = (!d->hashed && (!d->secret || !*d->secret)) || same(d->skip_reason, "no_secret");
	const char *objection = NULL;

	if (no_secret || d->skip_reason) {
		decide(decision, PLAN_SKIP, 0,
		       no_secret ? "it has no secret" :
		       d->hashed ? "the PBX has only a hash of its secret" SOURCE_WAY_OUT :
		       "its skip_reason says that it cannot be mirrored");
		return true;
	}
	objection = plan_objection(d, policy);
	/* An unknown outcome comes before an old rejection: it has to be resolved. */
	if (!objection && d->intent == OPERATION_NONE && d->tried_digest && same(d->tried_digest, d->desired_digest))
		objection = "SignalWire rejected it, and it has not changed since";
	if (objection)
		decide(decision, PLAN_REJECT, 0, objection);
	return objection != NULL;
}

static void decide_wanted(const struct difference *d, const struct plan_policy *policy, struct plan_decision *decision)
{
	bool moves = owner_changed(d, policy);

	if (decide_unfit(d, policy, decision) || !decide_username(d, policy, decision))
		return;
	/* Without its id there is nothing to PUT; a replacement that was begun has made the other one and goes on. */
	decision->move_owner = moves && d->owner_id && d->owner_moves_whole && d->owner_origin == ORIGIN_CREATED &&
			       d->intent != OPERATION_REPLACE;
	decision->profile = decision->move_owner;
	if (moves && !decision->move_owner)
		decide_replace(d, policy, decision);
	else if (has_credential(d))
		decide_update(d, policy, decision);
	else
		decide_create(d, policy, decision);
}

/* Something is there that nobody wants, and neither protection nor grace stands before it. */
static void decide_removal(const struct difference *d, const struct plan_policy *policy, struct plan_decision *decision)
{
	const char *reason = d->present ? "disabled in the PBX" : "gone from the PBX";

	if (policy->on_remove == CONFIG_ON_REMOVE_UNSET) {
		decide(decision, PLAN_REJECT, 0,
		       "it is no longer wanted, and on_remove in [mirror] does not say what to do: "
		       "set it to delete, suspend or keep");
		return;
	}
	/* What an open intent of any kind left unnamed may exist all the same. */
	decision->look_first = intent_makes_ids(d) ||
			       (d->intent != OPERATION_NONE && (!d->sip_endpoint_id || (!d->owner_id && !policy->one_place)));
	/* A suspension needs a credential, and what was begun to be removed may have none any more. */
	if (policy->on_remove == CONFIG_SUSPEND && has_credential(d) && d->state != STATE_REMOVING) {
		decide(decision, PLAN_SUSPEND, CLASS_REMOVALS, reason);
		return;
	}
	decide(decision, PLAN_REMOVE, CLASS_REMOVALS, reason);
	decision->subscribers = -last_of_ours(d, policy);
}

/* Why what nobody wants stays as it is, or NULL. */
static const char *stays(const struct difference *d, const struct plan_policy *policy)
{
	if (protected(d))
		return d->present ? "disabled in the PBX, and protected" : "gone from the PBX, and protected";
	if (policy->on_remove == CONFIG_KEEP)
		return d->present ? "disabled in the PBX, and on_remove is keep" : "gone from the PBX, and on_remove is keep";
	if (policy->on_remove == CONFIG_SUSPEND && d->state == STATE_SUSPENDED && d->intent == OPERATION_NONE)
		return "suspended";
	if (!d->present && !d->absence_due)
		return "gone from the PBX, and grace is not over";
	return NULL;
}

/* Nothing was ever made for it, and nothing can have been. */
static bool never_created(const struct difference *d)
{
	return d->state == STATE_CREATING && d->intent == OPERATION_NONE && !d->owner_id && !d->sip_endpoint_id;
}

static void decide_unwanted(const struct difference *d, const struct plan_policy *policy, struct plan_decision *decision)
{
	const char *reason = stays(d, policy);

	/* Of two rows with one key, one is disabled: nobody knows which one counts. */
	if (d->present && d->problem)
		decide(decision, PLAN_REJECT, 0, objection_problem(d->problem));
	else if (d->state == STATE_NONE)
		decide(decision, PLAN_NOTHING, 0, "not wanted, and not there");
	else if (!d->present && !absence_counts(policy))
		decide(decision, PLAN_NOTHING, 0, "not in what was read, which proves nothing");
	else if (never_created(d))
		decide(decision, PLAN_FORGET, 0, "no longer wanted, and nothing of it was created");
	else if (!reason)
		decide_removal(d, policy, decision);
	else
		decide(decision, d->present || d->absent_noted ? PLAN_NOTHING : PLAN_MARK_ABSENT, 0, reason);
}

/* A subscriber without extensions: nobody's phone depends on it, whatever on_remove says. */
static void decide_orphan(const struct difference *d, const struct plan_policy *policy, struct plan_decision *decision)
{
	if (!absence_counts(policy)) {
		decide(decision, PLAN_NOTHING, 0, "not in what was read, which proves nothing");
	} else if (d->owner_origin != ORIGIN_CREATED) {
		decide(decision, PLAN_FORGET, 0, "a subscriber that is not ours, and no extension is left on it");
	} else if (!d->owner_id && d->intent == OPERATION_NONE) {
		decide(decision, PLAN_FORGET, 0, "a subscriber that was never created");
	} else {
		decide(decision, PLAN_REMOVE_SUBSCRIBER, CLASS_REMOVALS, "no extension is left on the subscriber");
		decision->look_first = d->intent != OPERATION_NONE;
		decision->subscribers = d->owner_id ? -1 : 0;
	}
}

static bool ledger_follows(const struct difference *d)
{
	if (!d->present || d->state == STATE_NONE)
		return false;
	/* A duplicate is there, and that is all that is known of it. */
	return d->absent_noted || (d->tried_digest && d->desired_digest && !same(d->tried_digest, d->desired_digest)) ||
	       (!d->problem && (d->is_protected != d->wants_protection ||
					(d->extension && !same(d->extension, d->ledger_extension))));
}

/* Why nothing may be sent for this key now, or NULL. */
static const char *not_now(const struct difference *d)
{
	if (d->intent != OPERATION_NONE && !d->intent_settled)
		return "the outcome of an earlier attempt is unknown and has not settled";
	if (d->not_yet)
		return "the time of its next attempt has not come";
	return NULL;
}

/* Nobody sends it again. */
static bool settles(const struct difference *d, enum plan_action action)
{
	return !d->orphan && d->intent != OPERATION_NONE && d->intent_settled &&
	       (action == PLAN_NOTHING || action == PLAN_NOTE || action == PLAN_SKIP || action == PLAN_REJECT);
}

void plan_decide(const struct difference *d, const struct plan_policy *policy, struct plan_decision *decision)
{
	const char *wait = not_now(d);

	*decision = (struct plan_decision){ .action = PLAN_NOTHING, .reason = "in step" };
	if (d->orphan)
		decide_orphan(d, policy, decision);
	else if (wanted(d))
		decide_wanted(d, policy, decision);
	else
		decide_unwanted(d, policy, decision);

	if (wait && plan_mutates(decision->action))
		decide(decision, PLAN_WAIT, 0, wait);
	/* What sends nothing carries nothing of what was considered on the way. */
	if (!plan_mutates(decision->action))
		*decision = (struct plan_decision){ .action = decision->action, .reason = decision->reason,
						    .keep_secret = decision->action == PLAN_NOTE && decision->keep_secret };

	decision->note = !d->orphan && ledger_follows(d);
	if (decision->action == PLAN_NOTHING && decision->note)
		decide(decision, PLAN_NOTE, 0, "only the ledger has to follow");
	decision->settle = settles(d, decision->action);
}
