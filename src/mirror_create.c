/*
 * mirror_create - CREATE: a subscriber, then its credential.
 *
 *   look for the subscriber      only where an earlier attempt may have made it
 *   look for the credential      there too, and under a subscriber not made by us
 *   intent
 *   POST subscriber              unless it is known
 *   POST credential              or PATCH of what the look found
 *   record
 */
#include "mirror_internal.h"

#include "mem.h"

#include <string.h>

static void intend(struct change *change);
static void act(struct change *change);
static void post_credential(struct change *change);
static void owner_looked_for(struct change *change);

static void foreign_credential(struct change *change)
{
	char *text = mem_printf("a credential %s exists remotely %s, not in the ledger", change->username,
				target_traits(change->mirror->setup.config)->where);

	change_foreign(change, text, owner_subscriber_id(change->owner), change->found_id ? change->found_id : change->strange_id);
	mem_free(text);
}

static void surveyed(struct change *change)
{
	/* Behind an earlier attempt a credential of this name is that attempt's: it was not there before. */
	if (change->strange_id || (change->found_id && !change->decision.look_first))
		foreign_credential(change);
	else
		intend(change);
}

static void survey(struct change *change)
{
	struct owner *owner = change->owner;

	if (owner->id && (change->decision.look_first || owner->origin == ORIGIN_ADOPTED))
		look_for_credential(change, change->username, surveyed);
	else
		intend(change);
}

static void describe(struct change *change)
{
	change->papers->intent.operation = "create";
	change->papers->intent.username = change->username;
	change->papers->intent.sent_fields = update_sets(change);
	change->papers->intent.profile_fields = profile_sets(change);
	change->papers->intent.clear_profile = change->decision.profile;
	change->papers->intent.unshown = change->decision.issue;
	change->papers->intent.owner_no = change->owner->no;
	change->papers->intent.email = change->owner->fixed ? NULL : change->owner->tag;
}

void create_start(struct change *change)
{
	struct owner *owner = change->owner;

	describe(change);
	if (!owner->id && look_is_for_owner(change) && !owner->fixed)
		look_for_owner(change, survey);
	else
		survey(change);
}

/* ---- acting ----------------------------------------------------------------- */

static void intend(struct change *change)
{
	describe(change);
	batch_intend(change, act);
}

/* Looks first where another extension's lost request may have made it. */
void create_owner(struct change *change, void (*next)(struct change *change))
{
	change->owner_next = next;
	if (change->others_at_ms && !look_is_for_owner(change)) {
		change->intent_at_ms = change->others_at_ms;
		look_for_owner(change, owner_looked_for);
	} else {
		create_subscriber(change, next);
	}
}

static void owner_looked_for(struct change *change)
{
	if (change->owner->id)
		change->owner_next(change);
	else
		create_subscriber(change, change->owner_next);
}

static void act(struct change *change)
{
	if (!change->owner->id)
		create_owner(change, post_credential);
	else
		post_credential(change);
}

static void owner_looked_again(struct change *change)
{
	/* The attempt that made it may have made the credential as well. */
	if (change->owner->id && change->decision.look_first)
		look_for_credential(change, change->username, change->owner_next);
	else if (change->owner->id)
		change->owner_next(change);
	else
		change_rejected(change, "foreign", "SignalWire says that the e-mail is taken, and lists no such subscriber; "
				"it may belong to another project of the space");
}

static void subscriber_posted(const struct api_result *result, void *arg)
{
	struct change *change = arg;
	struct owner *owner = change->owner;
	const char *project = change->mirror->setup.config->project_id;
	struct error err = ERROR_INIT;
	char *text = NULL;

	if (result->outcome == API_REJECTED && result->not_unique) {
		change_heard(change, result);
		if ((look_is_for_owner(change) || change->others_at_ms) && !change->owner_looked_again) {
			/* An earlier attempt acted late, or the list lagged behind it. */
			change->owner_looked_again = true;
			look_for_owner(change, owner_looked_again);
			return;
		}
		text = mem_printf("a subscriber with the e-mail %s exists remotely, not in the ledger (%s)", owner->tag,
				  result->text);
		change_rejected(change, "foreign", text);
		mem_free(text);
		return;
	}
	if (change_refused(change, result))
		return;
	mem_free(owner->id);
	owner->id = mem_strdup(result->subscriber->id);
	owner->origin = ORIGIN_CREATED;
	change->owner_new = true;
	/* It has the e-mail of before, by which it can be looked for; the new one is PUT. */
	change->profiled = !change->decision.move_owner;
	change->mirror->counts.subscribers_created++;
	if (project && result->subscriber->project_id && strcmp(project, result->subscriber->project_id) != 0) {
		error_exit(&err, EXIT_FENCE, "SignalWire created a subscriber in project %s, but [signalwire] project_id "
			   "is %s; nothing more was sent. Look at the token", result->subscriber->project_id, project);
		mirror_stop(change->mirror, &err);
		change_failed(change, "failed", "the token belongs to another project");
		return;
	}
	change->look_next(change);
}

void create_subscriber(struct change *change, void (*next)(struct change *change))
{
	change->look_next = next;
	api_create_subscriber(change->mirror->setup.api, change->owner->tag,
			      (const char *const *)change->profile, subscriber_posted, change);
}

void create_set_outcome(struct change *change)
{
	struct owner *owner = change->owner;
	struct ledger_outcome *o = &change->papers->outcome;

	o->key = change->key;
	o->extension = change->extension;
	o->state = "active";
	o->username = change->username;
	o->row_owner_no = owner->no;
	o->sip_endpoint_id = change->found_id;
	o->settings_digest = change->settings_digest;
	o->secret_digest = issue_digest(change);
	o->tried_digest = "";
	o->sent_fields = change->sent_now ? change->sent_now : "";
	o->last_error = "";
	o->absence = LEDGER_NOT_ABSENT;
	if (change->owner_new) {
		o->owner_no = owner->no;
		o->owner_id = owner->id;
		o->owner_origin = "created";
	}
	if (change->profiled)
		profile_record(change);
}

static void record_create(struct change *change)
{
	change->owner->extensions++;
	create_set_outcome(change);
	change_done(change);
}

static void then_profile(struct change *change)
{
	profile_send(change, record_create);
}

static void credential_looked_again(struct change *change)
{
	char *text = NULL;

	if (change->found_id) {
		update_patch_all(change, then_profile);
		return;
	}
	text = mem_printf("SignalWire says that it is taken, and %s %s",
			  change->strange_id ? "one that is older than this attempt is" : "it is not",
			  target_traits(change->mirror->setup.config)->where);
	change_name_taken(change, text);
	mem_free(text);
}

void create_owner_is_gone(struct change *change)
{
	if (!look_forgets_owner(change))
		return;
	change->owner_new = true;
	change->papers->outcome.owner_no = change->owner->no;
	change->papers->outcome.owner_id = "";
	change->papers->outcome.owner_origin = "created";
	change_again(change, "its subscriber was deleted at SignalWire; it is created again");
}

static void credential_posted(const struct api_result *result, void *arg)
{
	struct change *change = arg;

	if (result->outcome == API_REJECTED && result->not_unique) {
		change_heard(change, result);
		if (change->decision.look_first && !change->looked_again) {
			change->looked_again = true;
			look_for_credential(change, change->username, credential_looked_again);
			return;
		}
		change_name_taken(change, result->text);
		return;
	}
	if (result->outcome == API_NOT_FOUND && !change->owner->fixed) {
		change_heard(change, result);
		check_owner_gone(change, change->owner, create_owner_is_gone);
		return;
	}
	if (change_refused(change, result))
		return;
	change->found_id = mem_strdup(result->credential->id);
	change->made = true;
	issue_show(change);
	strbuf_puts(owner_made(change), change->found_id);
	strbuf_putc(owner_made(change), ' ');
	change->look_next(change);
}

void create_credential(struct change *change, void (*next)(struct change *change))
{
	struct json_credential_request request = { 0 };
	struct settings settings = SETTINGS_INIT;
	char *sent_before = change->sent_fields;

	if (!issue_make(change))
		return;
	change->look_next = next;
	/* A new one has nothing that would have to be taken back. */
	change->sent_fields = NULL;
	update_request(change, PLAN_USERNAME | PLAN_SETTINGS | PLAN_SECRET, &request, &settings);
	change->sent_fields = sent_before;
	target_create(change->mirror->target, change->owner->id, &request, credential_posted, change);
	settings_release(&settings);
}

static void post_credential(struct change *change)
{
	if (change->found_id)
		update_patch_all(change, then_profile);
	else
		create_credential(change, then_profile);
}
