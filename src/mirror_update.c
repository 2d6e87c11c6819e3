/*
 * mirror_update - UPDATE, RESTORE and SUSPEND: one change of the credential, and the profile's PUT.
 *
 *   intent           digests of what is about to be sent become unknown
 *   PATCH            username, settings, secret: only what differs
 *   profile          of the subscriber, where it or the e-mail differs
 *   record
 *
 * A CREATE that takes over another row's credential is an UPDATE of everything.
 */
#include "mirror_internal.h"

#include "log.h"
#include "mem.h"

#include <string.h>

static void patch(struct change *change);
static void profile(struct change *change);
static void record_update(struct change *change);

static bool everything(const struct change *change)
{
	return change->decision.take_over || change->decision.action == PLAN_CREATE ||
	       change->decision.action == PLAN_REPLACE;
}

static unsigned fields_of(const struct change *change)
{
	return everything(change) ? PLAN_USERNAME | PLAN_SETTINGS | PLAN_SECRET : change->decision.fields;
}

static void fill(const struct change *change, struct json_credential_request *request, struct settings *settings)
{
	const struct settings_desired desired = {
		.caller_id = change->caller_id, .send_as = change->send_as, .ciphers = change->ciphers,
		.codecs = change->codecs, .encryption = change->encryption, .call_handler = change->call_handler,
		.calling_handler = change->calling_handler, .sent_fields = change->sent_fields,
		.standalone = target_traits(change->mirror->setup.config)->handlers,
	};

	settings_fill(settings, &desired, request);
}

const char *update_sets(struct change *change)
{
	struct json_credential_request request = { 0 };
	struct settings settings = SETTINGS_INIT;

	fill(change, &request, &settings);
	mem_free(change->sent_now);
	change->sent_now = settings_sent_fields(&settings);
	settings_release(&settings);
	return change->sent_now && *change->sent_now ? change->sent_now : NULL;
}

void update_request(struct change *change, unsigned fields, struct json_credential_request *request,
		    struct settings *settings)
{
	if (fields & PLAN_SETTINGS) {
		fill(change, request, settings);
		if (settings->unknown_codecs)
			log_warn("%s: codecs that SignalWire does not know are left out: %s", change->extension,
				 settings->unknown_codecs);
		if (settings->unknown_ciphers)
			log_warn("%s: ciphers that SignalWire does not know are left out: %s", change->extension,
				 settings->unknown_ciphers);
		mem_free(change->sent_now);
		change->sent_now = settings_sent_fields(settings);
	}
	if (fields & PLAN_USERNAME) {
		request->fields |= JSON_USERNAME;
		request->username = change->username;
	}
	if (fields & PLAN_SECRET) {
		request->fields |= JSON_PASSWORD;
		request->password = issue_secret(change);
	}
}

/* ---- the credential --------------------------------------------------------- */

static void credential_is_gone(struct change *change)
{
	change->papers->outcome.key = change->key;
	change->papers->outcome.sip_endpoint_id = "";
	change_again(change, "its credential was deleted at SignalWire; it is created again");
}

static void patched(const struct api_result *result, void *arg)
{
	struct change *change = arg;

	if (result->outcome == API_NOT_FOUND) {
		change_heard(change, result);
		check_credential_gone(change, change->owner, credential_is_gone);
		return;
	}
	if (result->outcome == API_REJECTED && result->not_unique) {
		change_heard(change, result);
		change_name_taken(change, result->text);
		return;
	}
	if (change_refused(change, result))
		return;
	change->patched = true;
	change->made = change->found_id != NULL;
	issue_show(change);
	change->look_next(change);
}

static void send_patch(struct change *change, const char *id, unsigned fields)
{
	struct json_credential_request request = { 0 };
	struct settings settings = SETTINGS_INIT;

	if (fields & PLAN_SECRET && !issue_make(change))
		return;
	update_request(change, fields, &request, &settings);
	if (request.fields)
		target_change(change->mirror->target, change->owner->id, id, &request, patched, change);
	settings_release(&settings);
	if (!request.fields) {
		change->patched = true;
		change->look_next(change);
	}
}

static void patch(struct change *change)
{
	unsigned fields = fields_of(change);

	if (!change->owner->id) {
		/* A sibling found out while this one waited. */
		change_again(change, "its subscriber was deleted at SignalWire; it is created again");
		return;
	}
	/* One without an id will not be made: the ledger merges the two. */
	if (change->moves_to && change->moves_to->id && strcmp(change->moves_to->id, change->owner->id) != 0) {
		change_again(change, "another subscriber has its new e-mail by now");
		return;
	}
	change->look_next = profile;
	if (!fields)
		profile(change);
	else
		send_patch(change, change->credential_id, fields);
}

void update_patch_all(struct change *change, void (*next)(struct change *change))
{
	unsigned name = change->found_username && strcmp(change->found_username, change->username) != 0 ? PLAN_USERNAME : 0;

	change->look_next = next;
	send_patch(change, change->found_id, name | PLAN_SETTINGS | PLAN_SECRET);
}

static void profile(struct change *change)
{
	/* Who else lives on a subscriber that was taken over is not known here: that takes a plan of its own. */
	if (change->decision.take_over)
		record_update(change);
	else
		profile_send(change, record_update);
}

/* ---- the end ---------------------------------------------------------------- */

static void record_update(struct change *change)
{
	unsigned fields = fields_of(change);
	struct ledger_outcome *o = &change->papers->outcome;

	o->key = change->key;
	if (change->parking || change->decision.park) {
		/* Only the name: what else the row wants comes behind it. */
		o->username = change->username;
		change_done(change);
		return;
	}
	o->extension = change->extension;
	o->state = "active";
	o->protection = change->wants_protection;
	o->absence = LEDGER_NOT_ABSENT;
	o->tried_digest = "";
	o->last_error = "";
	if (fields & PLAN_USERNAME)
		o->username = change->username;
	if (fields & PLAN_SETTINGS) {
		o->settings_digest = change->settings_digest;
		o->sent_fields = change->sent_now ? change->sent_now : "";
	}
	if (fields & PLAN_SECRET)
		o->secret_digest = issue_digest(change);
	if (change->decision.keep_secret)
		o->secret_digest = change->secret_digest;
	if (change->profiled)
		profile_record(change);
	change_done(change);
}

/* ---- starting --------------------------------------------------------------- */

static void taken_over(struct change *change)
{
	if (!change->credential_id || !change->owner->id) {
		/* The old row had nothing remotely: an ordinary create, by the next plan. */
		change_again(change, "the username became free; it is created");
		return;
	}
	patch(change);
}

void update_start(struct change *change)
{
	unsigned fields = fields_of(change);

	change->papers->intent.operation = change->decision.action == PLAN_RESTORE ? "restore" : "update";
	change->papers->intent.username = fields & PLAN_USERNAME ? change->username : NULL;
	change->papers->intent.sent_fields = fields & PLAN_SETTINGS ? update_sets(change) : NULL;
	change->papers->intent.clear_settings = fields & PLAN_SETTINGS;
	change->papers->intent.clear_secret = fields & PLAN_SECRET;
	change->papers->intent.unshown = fields & PLAN_SECRET && change->decision.issue;
	change->papers->intent.profile_fields = change->decision.take_over ? NULL : profile_sets(change);
	change->papers->intent.clear_profile = change->decision.profile && !change->decision.take_over;
	change->papers->intent.owner_no = change->owner->no;
	change->papers->intent.subscriber_id = owner_subscriber_id(change->owner);
	change->papers->intent.sip_endpoint_id = change->credential_id;
	if (change->decision.take_over)
		change->papers->intent.take_key = change->holder_key;
	batch_intend(change, change->decision.take_over ? taken_over : patch);
}

/* ---- suspending ------------------------------------------------------------- */

static void record_suspend(struct change *change)
{
	struct ledger_outcome *o = &change->papers->outcome;

	o->key = change->key;
	o->state = "suspended";
	if (change->given_name)
		o->username = change->given_name;
	o->secret_digest = LEDGER_SECRET_UNSHOWN;
	o->last_error = "";
	o->tried_digest = "";
	change_done(change);
}

static void suspended_gone(struct change *change)
{
	change->papers->outcome.sip_endpoint_id = "";
	record_suspend(change);
}

static void suspended(const struct api_result *result, void *arg)
{
	struct change *change = arg;

	if (result->outcome == API_NOT_FOUND) {
		change_heard(change, result);
		check_credential_gone(change, change->owner, suspended_gone);
		return;
	}
	if (change_refused(change, result))
		return;
	/* An earlier attempt may have renamed it, and nobody sends its name again. */
	if (!change->given_name)
		change_learn_name(change, result->credential ? result->credential->username : NULL);
	record_suspend(change);
}

static void suspend(struct change *change)
{
	struct json_credential_request request = { .fields = JSON_PASSWORD };

	if (!issue_make(change))
		return;
	request.password = issue_secret(change);
	if (change->given_name) {
		request.fields |= JSON_USERNAME;
		request.username = change->given_name;
	}
	target_change(change->mirror->target, change->owner->id, change->credential_id, &request, suspended,
			     change);
}

void suspend_start(struct change *change)
{
	if (!owner_is_there(change, change->owner))
		return;
	/* Its own would stay in the way of whoever waits for it. */
	if (wait_is_wanted(change))
		change->given_name = park_name(change->mirror);
	change->papers->intent.username = change->given_name;
	change->papers->intent.operation = "suspend";
	change->papers->intent.clear_secret = change->papers->intent.unshown = true;
	change->papers->intent.recheck = true;
	change->papers->intent.owner_no = change->owner->no;
	change->papers->intent.absent = !change->present;
	change->papers->intent.subscriber_id = owner_subscriber_id(change->owner);
	change->papers->intent.sip_endpoint_id = change->credential_id;
	if (!change->credential_id)
		batch_intend(change, record_suspend);
	else
		batch_intend(change, suspend);
}
