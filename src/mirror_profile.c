/*
 * mirror_profile - the profile of a subscriber, and its e-mail: GET, merge, PUT.
 *
 * A PUT may clear what it leaves out, so what was read goes back with it; and
 * nothing is sent where what was read is what is wanted.
 */
#include "mirror_internal.h"

#include "mem.h"

#include <string.h>
#include <strings.h>

static const char *email_after(const struct change *change, const struct json_subscriber *is)
{
	if (change->email_given && change->email)
		return change->email;
	return is->email ? is->email : change->owner->tag;
}

static bool merge(struct change *change, const struct json_subscriber *is, unsigned *clear)
{
	const char *sent = change->owner->sent_fields ? change->owner->sent_fields : "";
	bool differs = is->email == NULL || strcasecmp(email_after(change, is), is->email) != 0;

	*clear = 0;
	for (int i = 0; i < JSON_PROFILE_COUNT; i++) {
		const char *want = change->profile[i];
		size_t len = strlen(json_profile_names[i]);
		const char *at = strstr(sent, json_profile_names[i]);
		bool was_ours = at && (at == sent || at[-1] == ',') && (at[len] == '\0' || at[len] == ',');

		if (!want && was_ours && is->profile[i])
			*clear |= 1U << i;
		else if (!want)
			want = is->profile[i];
		if (*clear & (1U << i))
			want = NULL;
		differs = differs || (want == NULL) != (is->profile[i] == NULL) ||
			  (want && strcmp(want, is->profile[i]) != 0);
		mem_free(change->papers->merged[i]);
		change->papers->merged[i] = mem_strdup(want);
	}
	return differs;
}

static void was_put(const struct api_result *result, void *arg)
{
	struct change *change = arg;

	if (change_refused(change, result))
		return;
	change->profiled = true;
	change->check_next(change);
}

static void was_read(const struct api_result *result, void *arg)
{
	struct change *change = arg;
	unsigned clear = 0;

	if (result->outcome == API_NOT_FOUND && !change->owner->fixed) {
		check_owner_gone(change, change->owner, create_owner_is_gone);
		return;
	}
	if (result->outcome != API_DONE) {
		change_look_failed(change, result);
		return;
	}
	if (!merge(change, result->subscriber, &clear)) {
		change->profiled = true;
		change->check_next(change);
		return;
	}
	api_put_subscriber(change->mirror->setup.api, change->owner->id, email_after(change, result->subscriber),
			   (const char *const *)change->papers->merged, clear, was_put, change);
}

void profile_send(struct change *change, void (*next)(struct change *change))
{
	change->check_next = next;
	/* A sibling may have moved the subscriber already: then the tag is the new e-mail. */
	if (!change->profiled && (change->decision.profile || change->decision.move_owner))
		api_get_subscriber(change->mirror->setup.api, change->owner->id, was_read, change);
	else
		next(change);
}

static char *fields(const struct change *change)
{
	struct strbuf names = STRBUF_INIT;

	for (int i = 0; i < JSON_PROFILE_COUNT; i++) {
		if (!change->profile[i])
			continue;
		if (names.len)
			strbuf_putc(&names, ',');
		strbuf_puts(&names, json_profile_names[i]);
	}
	return strbuf_detach(&names);
}

const char *profile_sets(struct change *change)
{
	mem_free(change->profile_now);
	change->profile_now = change->decision.profile ? fields(change) : NULL;
	return change->profile_now && *change->profile_now ? change->profile_now : NULL;
}

void profile_record(struct change *change)
{
	struct owner *owner = change->owner;
	struct ledger_outcome *o = &change->papers->outcome;

	o->owner_no = owner->no;
	if (change->decision.profile || change->owner_new) {
		mem_free(owner->sent_fields);
		owner->sent_fields = fields(change);
		o->owner_profile_digest = change->profile_digest ? change->profile_digest : "";
		o->owner_sent_fields = owner->sent_fields;
	}
	if (!change->decision.move_owner)
		return;
	o->owner_email = change->email;
	/* Whoever wants this e-mail next, in this pass, finds it here. */
	if (change->moves_to && !change->moves_to->no) {
		change->moves_to->no = mem_strdup(owner->no);
		change->moves_to->id = mem_strdup(owner->id);
		change->moves_to->origin = owner->origin;
	}
}
