/*
 * mirror_recover - what an earlier attempt made on a subscriber that is not wanted any more.
 *
 *   look for the subscriber   by its e-mail, where its id is not known
 *   look for the credential   on it, by the usernames that were tried
 *   record                    what was found, and the row is planned again
 *
 * A create or a replace of unknown outcome whose row has changed its e-mail, or
 * is not wanted at all, meanwhile: looking on the subscriber that is wanted now
 * would find nothing, and what was made would be nobody's.  Nothing is sent
 * here, so nothing has to be intended where something was found.
 */
#include "mirror_internal.h"

/* The credential may be on the subscriber that a create was for, which the row is now to leave. */
static bool left_behind(const struct change *change)
{
	return change->decision.action == PLAN_REPLACE && change->decision.look_first && change->intent_at_ms &&
	       !change->was_replace && !change->credential_id && change->ledger_username && change->old_owner->no &&
	       !change->old_owner->fixed;
}

bool recover_is_needed(const struct change *change)
{
	return (change->tried && !change->recovered) || left_behind(change);
}

void recover_record(struct change *change, const struct owner *owner)
{
	struct ledger_outcome *o = &change->papers->outcome;

	o->owner_no = owner->no;
	o->owner_id = owner->id ? owner->id : "";
	if (change->owner_new)
		o->owner_origin = "created";
	if (!change->found_id)
		return;
	o->key = change->key;
	o->state = "active";
	o->username = change->found_username;
	o->row_owner_no = owner->no;
	o->sip_endpoint_id = change->found_id;
	/* That of the secret is unknown or empty since the attempt's intent, and stays so. */
	o->settings_digest = "";
}

static void closed(struct change *change)
{
	recover_record(change, change->old_owner);
	change_again(change, "the earlier attempt had made no credential");
}

/*
 * A subscriber without a credential is known before the intent is pointed
 * elsewhere: from then on nobody would look for it, and it is paid for.
 */
static void keep_owner(struct change *change, const struct owner *owner, struct ledger_outcome *o)
{
	o->owner_no = owner->no;
	o->owner_id = owner->id;
	o->owner_origin = "created";
	change->owner_new = false; /* which is in there */
}

static void looked(struct change *change)
{
	const struct owner *owner = change->owner;
	bool bare = change->owner_new && owner->id && !change->found_id;

	owner_take_back(change);
	change->recovering = false;
	/* Where nothing is sent the intent stays where it points until it is closed, and that goes with it. */
	if (bare && change->decision.settle)
		keep_owner(change, owner, &change->papers->extra);
	if (bare && !change->decision.settle) {
		keep_owner(change, owner, &change->papers->outcome);
		change_again(change, "the earlier attempt had made a subscriber for it");
	} else if (change->found_id && change->decision.settle) {
		note_found(change, owner);
	} else if (change->found_id) {
		recover_record(change, owner);
		change_again(change, "the earlier attempt had made it for another subscriber");
	} else if (owner == change->tried) {
		/* Nothing there; without extensions the subscriber is a difference of its own. */
		change->recovered = true;
		change->owner_new = false;
		mirror_begin(change);
	} else {
		/* Nothing to take away from the old one: the row is an ordinary create, by the next plan. */
		change->papers->intent.operation = "create";
		change->papers->intent.username = change->username;
		change->papers->intent.email = change->owner->tag;
		change->papers->intent.owner_no = change->owner->no;
		batch_intend(change, closed);
	}
}

static void look_there(struct change *change)
{
	look_by_last_name(change, looked);
}

void recover_start(struct change *change)
{
	change->recovering = true;
	owner_set_aside(change, change->tried && !change->recovered ? change->tried : change->old_owner);
	if (!change->owner->id && look_is_for_owner(change))
		look_for_owner(change, look_there);
	else
		look_there(change);
}
