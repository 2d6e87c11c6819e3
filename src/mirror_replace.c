/*
 * mirror_replace - REPLACE: the extension belongs to another subscriber now.
 *
 *   look for the new subscriber     only where an earlier attempt may have made it
 *   look for the credential on it   there too, and under a subscriber not made by us
 *   GET the old credential          its name must be the ledger's
 *   intent                          old ids are in it
 *   POST the new subscriber         unless it is known
 *   DELETE the old credential
 *   POST the new credential         the name is free now
 *   list, DELETE the old subscriber if we created it and nothing lives on it
 *   record
 */
#include "mirror_internal.h"

#include "mem.h"

static void survey(struct change *change);
static void read_old(struct change *change);
static void intend(struct change *change);
static void act(struct change *change);
static void remove_old(struct change *change);
static void add_new(struct change *change);
static void leave_owner(struct change *change);
static void leave_old(struct change *change);
static void record_replace(struct change *change);

static void describe(struct change *change)
{
	change->papers->intent.operation = "replace";
	change->papers->intent.username = change->username;
	change->papers->intent.sent_fields = update_sets(change);
	change->papers->intent.profile_fields = profile_sets(change);
	change->papers->intent.clear_profile = change->decision.profile;
	change->papers->intent.owner_no = change->owner->no;
	change->papers->intent.email = change->owner->tag;
	change->papers->intent.clear_settings = true;
	change->papers->intent.clear_secret = true;
	change->papers->intent.unshown = change->decision.issue;
	change->papers->intent.subscriber_id = change->old_owner->id;
	change->papers->intent.sip_endpoint_id = change->credential_id;
}

void replace_start(struct change *change)
{
	describe(change);
	if (!change->owner->id && look_is_for_owner(change))
		look_for_owner(change, survey);
	else
		survey(change);
}

static void surveyed(struct change *change)
{
	if (change->strange_id || (change->found_id && !change->decision.look_first))
		change_rejected(change, "foreign", "a credential of this name exists remotely under its new subscriber, not "
				"in the ledger");
	else
		read_old(change);
}

static void survey(struct change *change)
{
	if (change->owner->id && (change->decision.look_first || change->owner->origin == ORIGIN_ADOPTED))
		look_for_credential(change, change->username, surveyed);
	else
		read_old(change);
}

static void read_old(struct change *change)
{
	if (!owner_is_there(change, change->old_owner))
		return;
	if (change->credential_id)
		remove_read(change, change->old_owner, intend);
	else
		intend(change);
}

static void intend(struct change *change)
{
	describe(change);
	batch_intend(change, act);
}

static void act(struct change *change)
{
	if (!change->owner->id)
		create_owner(change, remove_old);
	else
		remove_old(change);
}

static void remove_old(struct change *change)
{
	if (change->credential_id && change->old_owner->id && !change->gone)
		remove_credential(change, change->old_owner, add_new);
	else
		add_new(change);
}

static void add_new(struct change *change)
{
	if (change->found_id)
		update_patch_all(change, leave_owner);
	else
		create_credential(change, leave_owner);
}

static void leave_owner(struct change *change)
{
	change->owner->extensions++;
	change->old_owner->extensions--;
	profile_send(change, leave_old);
}

static void leave_old(struct change *change)
{
	remove_owner(change, change->old_owner, record_replace);
}

static void record_replace(struct change *change)
{
	create_set_outcome(change);
	if (change->drops_owner && change->old_owner->no) {
		change->papers->extra.owner_no = change->old_owner->no;
		change->papers->extra.drop_owner = true;
	}
	change_done(change);
}
