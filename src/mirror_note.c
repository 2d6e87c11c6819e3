/*
 * mirror_note - rows that are left as they are: what only the ledger has to follow.
 *
 * A note is recorded at once.  Where the last attempt of such a row has an
 * unknown outcome, nobody is going to send it again, and it is asked what came
 * of it (settle):
 *
 *   look for the subscriber   where its id is not known
 *   look for the credential   on it, by the usernames that were tried
 *   GET credential            instead, where its id is known: its name, or that it is gone
 *   record                    what is there; a row of which there is nothing goes
 *
 * What a replacement was to move to is looked at before (mirror_recover.c): the
 * new credential is sent when the old one has been deleted.
 *
 * Nothing is sent that changes anything, so nothing is intended: the intent
 * that is open is the one that is closed.
 */
#include "mirror_internal.h"

/* Needs no slot and no subscriber. */
bool note_is_all(const struct change *change)
{
	const enum plan_action action = change->decision.action;

	return action == PLAN_MARK_ABSENT || (action == PLAN_NOTE && !change->decision.settle) ||
	       (action == PLAN_FORGET && !change->orphan);
}

static void note(const struct change *change, struct ledger_outcome *o)
{
	o->extension = change->extension;
	o->protection = change->wants_protection;
	o->absence = LEDGER_NOT_ABSENT;
	/* A refusal is over when the row is what it was before. */
	if (change->refusal_over)
		o->tried_digest = o->last_error = "";
	if (change->decision.keep_secret)
		o->secret_digest = change->secret_digest;
}

void note_record(struct change *change)
{
	struct ledger_outcome *o = NULL;

	change_begin(change);
	o = &change->papers->outcome;
	o->key = change->key;
	if (change->decision.action == PLAN_MARK_ABSENT)
		o->absence = LEDGER_ABSENT;
	else if (change->decision.action == PLAN_FORGET)
		o->drop = true;
	else
		note(change, o);
	change->end = MIRROR_DONE;
	batch_record(change);
}

/* ---- settling --------------------------------------------------------------- */

static void settled(struct change *change, const char *outcome, const char *detail)
{
	struct ledger_outcome *o = &change->papers->outcome;

	o->key = change->key;
	if (change->decision.note && !o->drop)
		note(change, o);
	if (!o->last_error)
		o->last_error = "";
	change_settled(change, outcome, detail);
}

static void nothing_there(struct change *change)
{
	struct ledger_outcome *o = &change->papers->outcome;

	o->sip_endpoint_id = "";
	/* What was active, and was deleted at SignalWire, is still to be said. */
	o->drop = change->state == STATE_CREATING || change->state == STATE_REMOVING;
	settled(change, "void", "nothing is there of it");
}

void note_found(struct change *change, const struct owner *owner)
{
	recover_record(change, owner);
	change->owner_new = false; /* which is in there */
	settled(change, "done", "found: the row is left as it is");
}

static void looked(struct change *change)
{
	if (change->found_id)
		note_found(change, change->owner);
	else
		nothing_there(change);
}

static void look_there(struct change *change)
{
	look_by_last_name(change, looked);
}

static void was_read(const struct api_result *result, void *arg)
{
	struct change *change = arg;

	change_heard(change, result);
	if (result->outcome == API_NOT_FOUND) {
		check_credential_gone(change, change->owner, nothing_there);
	} else if (result->outcome != API_DONE) {
		change_look_failed(change, result);
	} else {
		change_learn_name(change, result->credential->username);
		/* Its restoring may have come through: then it has to be suspended again. */
		if (change->state == STATE_SUSPENDED)
			change->papers->outcome.state = "active";
		settled(change, "failed", "it is not known what it changed; the row is left as it is");
	}
}

void note_settle(struct change *change)
{
	change->recovering = true;
	if (!change->owner->no && !owner_is_there(change, change->owner))
		return;
	if (change->owner->id && change->credential_id)
		target_get(change->mirror->target, change->owner->id, change->credential_id, was_read, change);
	else if (!change->owner->id && look_is_for_owner(change))
		look_for_owner(change, look_there);
	else
		look_there(change);
}
