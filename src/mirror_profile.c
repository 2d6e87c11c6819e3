/*
 * mirror_profile - the profile of a subscriber, and its e-mail: GET, merge, PUT.
 *
 * A PUT may clear what it leaves out, so what was read goes back with it; and
 * nothing is sent where what was read is what is wanted.
 *
 * From the intent of a new e-mail until its PUT is known to have worked the
 * ledger has the word "email" among the fields that were sent: whatever closes
 * that intent, the subscriber may have another e-mail than the ledger, and its
 * profile is a difference until somebody has looked.
 */
#include "mirror_internal.h"

#include "mem.h"

#include <string.h>
#include <strings.h>

#define EMAIL_IN_DOUBT "email"

static bool was_sent(const struct change *change, const char *name)
{
	const char *sent = change->owner->sent_fields ? change->owner->sent_fields : "";
	const char *at = strstr(sent, name);
	size_t len = strlen(name);

	return at && (at == sent || at[-1] == ',') && (at[len] == '\0' || at[len] == ',');
}

static const char *email_after(const struct change *change, const struct json_subscriber *is)
{
	if (change->email_given && change->email)
		return change->email;
	/* One that nobody asks for any more is not left there: the ledger has the one of before. */
	return is->email && !was_sent(change, EMAIL_IN_DOUBT) ? is->email : change->owner->tag;
}

static bool merge(struct change *change, const struct json_subscriber *is, unsigned *clear)
{
	bool differs = is->email == NULL || strcasecmp(email_after(change, is), is->email) != 0;

	*clear = 0;
	for (int i = 0; i < JSON_PROFILE_COUNT; i++) {
		const char *want = change->profile[i];
		bool was_ours = was_sent(change, json_profile_names[i]);

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

static char *fields(const struct change *change, bool email)
{
	struct strbuf names = STRBUF_INIT;

	if (email)
		strbuf_puts(&names, EMAIL_IN_DOUBT);
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
	change->profile_now = change->decision.profile ? fields(change, change->decision.move_owner) : NULL;
	return change->profile_now && *change->profile_now ? change->profile_now : NULL;
}

void profile_record(struct change *change)
{
	struct owner *owner = change->owner;
	struct ledger_outcome *o = &change->papers->outcome;

	o->owner_no = owner->no;
	if (change->decision.profile || change->owner_new) {
		mem_free(owner->sent_fields);
		owner->sent_fields = fields(change, false);
		o->owner_profile_digest = change->profile_digest ? change->profile_digest : "";
		o->owner_sent_fields = owner->sent_fields;
	}
	if (!change->decision.move_owner)
		return;
	o->owner_email = change->email;
	/* Whoever wants this e-mail next, in this pass, finds it here. */
	if (change->moves_to && !change->moves_to->id) {
		mem_free(change->moves_to->no);
		change->moves_to->no = mem_strdup(owner->no);
		change->moves_to->id = mem_strdup(owner->id);
		change->moves_to->origin = owner->origin;
	}
}
