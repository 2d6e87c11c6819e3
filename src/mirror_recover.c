/*
 * mirror_recover - what an earlier attempt made under an e-mail that is not wanted any more.
 *
 *   look for the subscriber   by the e-mail that the ledger has, where its id is not known
 *   look for the credential   on it, by the usernames that were tried
 *   record                    what was found, and the row is planned again
 *
 * A create of unknown outcome whose row has changed its e-mail meanwhile:
 * looking on its new subscriber would find nothing, and what was made would be
 * nobody's.  Nothing is sent here, so nothing has to be intended
 * where something was found; where there was nothing, the attempt is closed.
 */
#include "mirror_internal.h"

bool recover_is_needed(const struct change *change)
{
	return change->decision.look_first && change->intent_at_ms && !change->credential_id && change->ledger_username &&
	       change->old_owner->no && !change->old_owner->fixed;
}

/* The looks are for the change's subscriber: for a while that is the old one. */
static void swap(struct change *change)
{
	struct owner *owner = change->owner;

	change->owner = change->old_owner;
	change->old_owner = owner;
}

static void record_found(struct change *change, const struct owner *owner)
{
	struct ledger_outcome *o = &change->outcome;

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
	o->settings_digest = o->secret_digest = "";
}

static void closed(struct change *change)
{
	record_found(change, change->old_owner);
	change_again(change, "the earlier attempt had made no credential");
}

static void looked(struct change *change)
{
	struct owner *owner = change->owner;

	change->recovering = false;
	swap(change);
	if (change->found_id) {
		record_found(change, owner);
		change_again(change, "the earlier attempt had made it under its old e-mail");
	} else {
		/* Nothing to take away from the old one: the row is an ordinary create, by the next plan. */
		change->intent.operation = "create";
		change->intent.username = change->username;
		batch_intend(change, closed);
	}
}

static void look_credential(struct change *change)
{
	if (change->owner->id)
		create_look_credential(change, change->ledger_username, looked);
	else
		looked(change);
}

void recover_start(struct change *change)
{
	change->recovering = true;
	swap(change);
	if (!change->owner->id)
		create_look_owner(change, look_credential);
	else
		look_credential(change);
}
