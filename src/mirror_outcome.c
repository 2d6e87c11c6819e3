/* mirror_outcome - what the ledger gets of a change that has ended. */
#include "mirror_internal.h"

#include "log.h"
#include "mem.h"

#include <string.h>

void outcome_reason(struct change *change, const char *reason)
{
	/* What SignalWire wrote goes into the ledger and onto terminals: no control characters, valid UTF-8. */
	char *clean = log_clean(reason);

	mem_free(change->reason);
	change->reason = clean;
}

/* What every outcome of a change with an intent says. */
void outcome_journal(struct change *c, const char *outcome)
{
	c->papers->outcome.journal_id = c->journal_id;
	c->papers->outcome.outcome = change_counted(c, outcome);
	c->papers->outcome.request_ids = c->request_ids.len ? c->request_ids.data : NULL;
	c->papers->outcome.detail = c->detail ? c->detail : outcome && strcmp(outcome, "done") == 0 ? NULL : c->reason;
	if (c->owner)
		c->papers->outcome.subscriber_id = owner_subscriber_id(c->owner);
	c->papers->outcome.credential_id = c->found_id ? c->found_id : c->credential_id;
}

/* The subscriber, as far as this change learned of it; also where the change itself came to nothing. */
void outcome_owner(struct change *c)
{
	struct owner *owner = c->owner;

	if (!owner || !owner->no || !c->owner_new)
		return;
	c->papers->outcome.owner_no = owner->no;
	c->papers->outcome.owner_id = owner->id ? owner->id : "";
	c->papers->outcome.owner_origin = "created";
}

/* A credential that was made stays known, also where a later step of its change came to nothing. */
void outcome_made(struct change *c)
{
	/* What a look found of an earlier attempt is ours as it was found; what it holds is not known. */
	bool found = !c->made && c->found_id && c->found_username && c->decision.look_first && owner_recorded(c->owner) &&
		     (c->decision.action == PLAN_CREATE || c->decision.action == PLAN_REPLACE);

	if (found) {
		c->papers->outcome.state = "active";
		c->papers->outcome.username = c->found_username;
		c->papers->outcome.row_owner_no = c->owner->no;
		c->papers->outcome.sip_endpoint_id = c->found_id;
		/* That of the secret is unknown or empty since its intent, and stays so. */
		c->papers->outcome.settings_digest = "";
	}
	/* A suspension or a removal that was taken back is so, whatever comes of the profile; the digests stay unknown. */
	if (c->patched && !c->parking && !c->decision.park &&
	    (c->decision.action == PLAN_RESTORE || (c->decision.action == PLAN_UPDATE && c->state == STATE_REMOVING)))
		c->papers->outcome.state = "active";
	if (c->removes_found)
		c->papers->outcome.sip_endpoint_id = c->credential_id;
	if (!c->made)
		return;
	c->papers->outcome.state = "active";
	c->papers->outcome.username = c->username;
	c->papers->outcome.row_owner_no = c->owner->no;
	c->papers->outcome.sip_endpoint_id = c->found_id;
	c->papers->outcome.settings_digest = c->settings_digest;
	c->papers->outcome.secret_digest = issue_digest(c);
	c->papers->outcome.sent_fields = c->sent_now ? c->sent_now : "";
}

/* Whatever comes of the rest: then the rails count it, and the ledger has to know it. */
bool change_has_acted(const struct change *change)
{
	return change->owner_new || change->patched || change->made || change->gone;
}

/* The old credential is not there any more, and no new one is known. */
void outcome_gone(struct change *c)
{
	if (c->gone && !c->papers->outcome.sip_endpoint_id)
		c->papers->outcome.sip_endpoint_id = "";
}

/* A creation that certainly came to nothing set nothing: there is nothing to take back later. */
void outcome_nothing_sent(struct change *c)
{
	if (c->decision.action == PLAN_CREATE && !c->decision.take_over && !c->found_id && !c->credential_id)
		c->papers->outcome.sent_fields = "";
}

/* A certain refusal of an update: what was there before is there still. */
void outcome_untouched(struct change *c)
{
	bool update = c->state == STATE_ACTIVE && !c->decision.take_over && !c->made;

	if (!update || !c->journal_id || c->patched || c->gone)
		return;
	c->papers->outcome.settings_digest = c->old_settings_digest;
	c->papers->outcome.secret_digest = c->old_secret_digest;
}

/* That it is there again, or protected from now on, is so also where nothing could be sent. */
void outcome_row(struct change *c)
{
	if (!c->present)
		return;
	c->papers->outcome.extension = c->extension;
	c->papers->outcome.protection = c->wants_protection;
	c->papers->outcome.absence = LEDGER_NOT_ABSENT;
}
