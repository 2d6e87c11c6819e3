/*
 * mirror_look - looking for what an earlier attempt may have made.
 *
 * A subscriber is looked for by its e-mail in a complete listing of all, a
 * credential by its name in a complete listing of its place.  That something
 * is not there is believed only behind a fresh canary.
 */
#include "mirror_internal.h"

#include "mem.h"
#include "shellword.h"

#include <string.h>

static void looked_owner(const struct roster_entry *entry, void *arg)
{
	struct change *change = arg;
	struct owner *owner = change->owner;
	struct api_result failed = { .outcome = entry->outcome, .text = entry->text, .request_id = "",
				     .attribute = "", .first_byte_at = -1 };
	char *text = NULL;

	if (entry->answer == ROSTER_FAILED) {
		change->doubted = true;
		change_look_failed(change, &failed);
		return;
	}
	if (entry->answer == ROSTER_NONE) {
		/* A complete list without it: believed only behind a canary. */
		check_again(change, change->look_next);
		return;
	}
	if (change->old_owner && change->old_owner->id && strcmp(change->old_owner->id, entry->id) == 0) {
		/* An attempt to give it that e-mail was carried out: it is no other one, and nothing of it is replaced. */
		change_failed(change, "void", "its subscriber has the new e-mail already; the next pass goes on from there");
		return;
	}
	if (entry->created_at_ms < 0 || entry->created_at_ms < change->intent_at_ms - MIRROR_CLOCK_SLACK_MS) {
		if (change->decision.action == PLAN_REMOVE || change->orphan || change->recovering) {
			/* The attempt that is to be undone made none: nothing of ours is there. */
			change->look_next(change);
			return;
		}
		text = mem_printf("a subscriber with the e-mail %s exists remotely, not in the ledger, and is older than "
				  "this attempt", owner->tag);
		change_foreign(change, text, entry->id, NULL);
		mem_free(text);
		return;
	}
	mem_free(owner->id);
	owner->id = mem_strdup(entry->id);
	owner->origin = ORIGIN_CREATED;
	change->owner_new = true;
	change->look_next(change);
}

void look_for_owner(struct change *change, void (*next)(struct change *change))
{
	change->look_next = next;
	roster_find(change->mirror->roster, change->owner->tag, looked_owner, change);
}

bool look_is_for_owner(const struct change *change)
{
	/* A removal may go on where one of these was under way, whose names its intent has then. */
	return change->intent == OPERATION_CREATE || change->intent == OPERATION_REPLACE ||
	       (change->intent == OPERATION_REMOVE && change->tried_usernames && *change->tried_usernames);
}

struct credential_look {
	struct change *change;
	char *username;
	bool unsure; /* something was found that may be another's */
	void (*next)(struct change *change);
};

/*
 * Behind an attempt of unknown outcome its name may be that of then; what a
 * replacement has besides lives on the subscriber that it leaves.
 */
static bool may_have_made(const struct change *change, const char *username)
{
	bool tried = change->recovering || (change->decision.look_first &&
					    (!change->credential_id || change->decision.action == PLAN_REPLACE));

	return tried && change_may_have_made(change, username);
}

/* Where it is said when it was made: before our first attempt somebody else made it. */
static bool is_strange(const struct change *change, const struct json_credential *credential)
{
	return target_traits(change->mirror->setup.config)->dated &&
	       (credential->created_at_ms < 0 || credential->created_at_ms < change->intent_at_ms - MIRROR_CLOCK_SLACK_MS);
}

/* Behind an earlier attempt a name that none ever sent is somebody else's: the row may have got it since. */
static bool was_never_sent(const struct change *change, const char *username)
{
	return change->intent_at_ms && !change_may_have_made(change, username);
}

/*
 * Where all credentials are in one place: whether another change, which runs
 * now and wants this name, may just have made it.
 */
static bool may_be_anothers(const struct change *change, const struct json_credential *credential)
{
	if (!change->owner->project)
		return false;
	for (const struct change *c = change->mirror->first; c; c = c->next)
		if (c != change && c->journal_id && c->username && strcmp(c->username, credential->username) == 0 &&
		    c->at_ms <= credential->created_at_ms + MIRROR_CLOCK_SLACK_MS)
			return true;
	return false;
}

static void credential_row(const struct json_credential *credential, void *arg)
{
	struct credential_look *look = arg;
	struct change *change = look->change;
	const struct strbuf *made = owner_made(change);
	bool exactly = credential->username && strcmp(credential->username, look->username) == 0;

	if (!credential->username || (!exactly && (change->found_id || !may_have_made(change, credential->username))))
		return;
	if (is_strange(change, credential) || (exactly && was_never_sent(change, credential->username))) {
		if (exactly && !change->strange_id)
			change->strange_id = mem_strdup(credential->id);
		return;
	}
	if (made->len && strstr(made->data, credential->id))
		return;
	if (!exactly && may_be_anothers(change, credential)) {
		look->unsure = true;
		return;
	}
	mem_free(change->found_id);
	mem_free(change->found_username);
	change->found_id = mem_strdup(credential->id);
	change->found_username = mem_strdup(credential->username);
}

static void look_under_new_owner(struct change *change)
{
	if (change->owner->id)
		look_for_credential(change, change->looked_for, change->look_after);
	else
		change->look_after(change);
}

static void fixed_owner_is_gone(struct change *change)
{
	const char *id = owner_subscriber_id(change->owner);
	char *word = shellword(change->key), *text = NULL;

	if (id)
		text = mem_printf("its subscriber %s does not exist at SignalWire any more, and with [mirror] subscriber_id swbridge "
				  "makes none; run swbridge forget %s, and the same for every other extension of it, make another there, "
				  "set subscriber_id to its id, and run: swbridge init; swbridge sync", id, word);
	else
		text = mem_strdup("SignalWire does not show the place of its credential");
	change_failed(change, "failed", text);
	mem_free(text);
	mem_free(word);
}

bool look_forgets_owner(struct change *change)
{
	struct owner *owner = change->owner;

	if (owner->fixed || change->mirror->setup.config->subscriber_id) {
		fixed_owner_is_gone(change);
		return false;
	}
	mem_free(owner->id);
	owner->id = NULL;
	/* Also where the one that is gone was adopted: what comes in its place is made by us. */
	owner->origin = ORIGIN_CREATED;
	return true;
}

static void owner_vanished(struct change *change)
{
	if (change->owner_vanished) {
		change_failed(change, "failed", "SignalWire lists its subscriber and does not know it; the next pass tries again");
		return;
	}
	if (!look_forgets_owner(change))
		return;
	/* Gone.  An earlier attempt may have found that too, and made a new one. */
	change->owner_new = change->owner_vanished = true;
	if (change->decision.look_first && look_is_for_owner(change))
		look_for_owner(change, look_under_new_owner);
	else
		change->look_next(change);
}

static void listed_credentials(const struct api_result *result, void *arg)
{
	struct credential_look *look = arg;
	struct change *change = look->change;
	void (*next)(struct change *change) = look->next;
	bool unsure = look->unsure;

	mem_free(look->username);
	mem_free(look);
	if (result->outcome == API_NOT_FOUND) {
		change->look_next = next;
		check_owner_gone(change, change->owner, owner_vanished);
	} else if (result->outcome != API_DONE) {
		change->doubted = true;
		change_look_failed(change, result);
	} else if (change->found_id || change->strange_id) {
		next(change);
	} else if (unsure) {
		change_look_unsure(change);
	} else {
		check_again(change, next);
	}
}

void look_for_credential(struct change *change, const char *username, void (*next)(struct change *change))
{
	struct credential_look *look = mem_alloc(sizeof *look);

	change->looked_for = username;
	change->look_after = next;
	look->change = change;
	look->username = mem_strdup(username);
	look->next = next;
	mem_free(change->found_id);
	mem_free(change->found_username);
	mem_free(change->strange_id);
	change->found_id = change->found_username = change->strange_id = NULL;
	target_list(change->mirror->target, change->owner->id, credential_row, listed_credentials, look);
}

void look_by_last_name(struct change *change, void (*next)(struct change *change))
{
	const char *name = change->ledger_username ? change->ledger_username : change->username;

	if (change->owner->id && name)
		look_for_credential(change, name, next);
	else
		next(change);
}
