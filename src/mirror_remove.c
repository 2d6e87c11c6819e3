/*
 * mirror_remove - REMOVE: the credential, and the subscriber if nothing else lives on it.
 *
 *   look              only where an earlier attempt may have made something unknown
 *   GET credential    the name must be the ledger's; 404 is believed behind a canary
 *   intent            reads the key from the source again, in the same transaction
 *   DELETE credential
 *   list, DELETE subscriber   if we created it and this was its last extension
 *   record            the rows go
 */
#include "mirror_internal.h"

#include "mem.h"
#include "shellword.h"

#include <string.h>

static void find(struct change *change);
static void read_it(struct change *change);
static void intend(struct change *change);
static void act(struct change *change);
static void then_owner(struct change *change);
static void record_removal(struct change *change);

/* ---- reading what is there -------------------------------------------------- */

static void found_gone(struct change *change) /* or deleted */
{
	change->gone = true;
	change->look_next(change);
}

static void credential_read(const struct api_result *result, void *arg)
{
	struct change *change = arg;
	const char *is = NULL;
	char *word = NULL, *text = NULL;

	if (result->outcome == API_NOT_FOUND) {
		check_credential_gone(change, change->checked, found_gone);
		return;
	}
	if (result->outcome != API_DONE) {
		change_look_failed(change, result);
		return;
	}
	is = result->credential->username;
	/* Whether the server keeps the case of names is not documented. */
	if (!is || !change_may_be_called(change, is)) {
		word = shellword(change->key);
		text = mem_printf("not removed: the credential that the ledger has for it is called %s at SignalWire, not %s; "
				  "look at it there, then run: swbridge forget %s", is ? is : "nothing",
				  change->ledger_username ? change->ledger_username : "anything", word);
		change_rejected(change, "rejected", text);
		mem_free(text);
		mem_free(word);
		return;
	}
	change->look_next(change);
}

void remove_read(struct change *change, struct owner *owner, void (*next)(struct change *change))
{
	change->look_next = next;
	change->checked = owner;
	target_get(change->mirror->target, owner->id, change->credential_id, credential_read, change);
}

static void take_found(struct change *change)
{
	if (change->found_id && !change->credential_id) {
		change->credential_id = change->found_id;
		change->found_id = NULL;
		change->removes_found = true;
	}
	read_it(change);
}

static void find(struct change *change)
{
	if (change->owner->id && !change->credential_id && change->ledger_username)
		look_for_credential(change, change->ledger_username, take_found);
	else
		read_it(change);
}

static void read_it(struct change *change)
{
	if (!owner_is_there(change, change->owner))
		return;
	if (change->credential_id)
		remove_read(change, change->owner, intend);
	else
		intend(change);
}

static void describe(struct change *change)
{
	change->papers->intent.operation = "remove";
	change->papers->intent.recheck = true;
	change->papers->intent.owner_no = change->owner->no;
	change->papers->intent.absent = !change->present;
	change->papers->intent.subscriber_id = owner_subscriber_id(change->owner);
	change->papers->intent.sip_endpoint_id = change->credential_id;
}

void remove_start(struct change *change)
{
	struct owner *owner = change->owner;

	describe(change);
	if (!change->decision.look_first || change->credential_id)
		read_it(change);
	else if (!owner->id && !owner->fixed && look_is_for_owner(change))
		look_for_owner(change, find);
	else
		find(change);
}

/* ---- acting ----------------------------------------------------------------- */

static void intend(struct change *change)
{
	describe(change);
	batch_intend(change, act);
}

static void act(struct change *change)
{
	if (change->credential_id && !change->gone)
		remove_credential(change, change->owner, then_owner);
	else
		then_owner(change);
}

static void credential_deleted(const struct api_result *result, void *arg)
{
	struct change *change = arg;

	if (result->outcome == API_NOT_FOUND) {
		change_heard(change, result);
		check_again(change, found_gone);
		return;
	}
	if (!change_refused(change, result))
		found_gone(change);
}

void remove_credential(struct change *change, struct owner *owner, void (*next)(struct change *change))
{
	change->look_next = next;
	target_delete(change->mirror->target, owner->id, change->credential_id, credential_deleted, change);
}

/* ---- the subscriber --------------------------------------------------------- */

struct owner_look {
	struct change *change;
	struct owner *owner;
	int64_t living;
};

static void living_row(const struct json_credential *credential, void *arg)
{
	struct owner_look *look = arg;

	(void)credential;
	look->living++;
}

static void owner_deleted(const struct api_result *result, void *arg)
{
	struct change *change = arg;

	change_heard(change, result);
	if (result->outcome == API_DONE || result->outcome == API_NOT_FOUND) {
		change->drops_owner = true;
		change->mirror->counts.subscribers_removed++;
		change->look_next(change);
	} else if (result->outcome == API_REJECTED) {
		/* Its extension is gone; the subscriber stays a difference and is tried again. */
		change->detail = mem_printf("the subscriber stays: %s", result->text);
		change->look_next(change);
	} else {
		change_refused(change, result);
	}
}

/* Somebody is about to use it: it stays, and where that comes to nothing the next pass takes it. */
static bool is_wanted(const struct owner *owner)
{
	return owner->queued > 1 && owner->extensions <= 0;
}

static void delete_owner(struct change *change)
{
	struct owner *owner = change->checked;

	/* Who asks may have come while it was looked at. */
	if (is_wanted(owner))
		change->look_next(change);
	else
		api_delete_subscriber(change->mirror->setup.api, owner->id, owner_deleted, change);
}

static void owner_already_gone(struct change *change)
{
	change->drops_owner = true;
	change->look_next(change);
}

static void owner_listed(const struct api_result *result, void *arg)
{
	struct owner_look *look = arg;
	struct change *change = look->change;
	int64_t living = look->living;

	mem_free(look);
	if (result->outcome == API_NOT_FOUND) {
		check_owner_gone(change, change->checked, owner_already_gone);
	} else if (result->outcome != API_DONE) {
		change->doubted = true;
		change_look_failed(change, result);
	} else if (is_wanted(change->checked)) {
		change->look_next(change);
	} else if (living > 0) {
		/* Not ours to delete: somebody else uses it.  The ledger lets go of it. */
		change->detail = mem_printf("the subscriber stays: %lld other credentials live on it", (long long)living);
		change->drops_owner = true;
		change->look_next(change);
	} else {
		check_again(change, delete_owner);
	}
}

void remove_owner(struct change *change, struct owner *owner, void (*next)(struct change *change))
{
	struct owner_look *look = NULL;

	change->look_next = next;
	if (is_wanted(owner)) {
		next(change);
		return;
	}
	if (!owner->id || owner->fixed || owner->origin != ORIGIN_CREATED || owner->extensions > 0) {
		change->drops_owner = !owner->fixed && owner->extensions <= 0;
		next(change);
		return;
	}
	look = mem_alloc(sizeof *look);
	look->change = change;
	look->owner = owner;
	change->checked = owner;
	target_list(change->mirror->target, owner->id, living_row, owner_listed, look);
}

static void then_owner(struct change *change)
{
	change->owner->extensions--;
	remove_owner(change, change->owner, record_removal);
}

static void record_removal(struct change *change)
{
	struct ledger_outcome *o = &change->papers->outcome;

	o->key = change->key;
	o->drop = true;
	if (change->drops_owner && change->owner->no) {
		o->owner_no = change->owner->no;
		o->drop_owner = true;
	}
	change_done(change);
}

/* ---- subscribers without extensions ----------------------------------------- */

static void record_orphan(struct change *change)
{
	struct ledger_outcome *o = &change->papers->outcome;

	if (change->drops_owner) {
		o->owner_no = change->owner->no;
		o->drop_owner = true;
	}
	change_done(change);
}

static void orphan_act(struct change *change)
{
	remove_owner(change, change->owner, record_orphan);
}

/* Found: the ledger knows it from now on, and the next pass removes it, past the rails. */
static void orphan_looked(struct change *change)
{
	change->drops_owner = !change->owner->id;
	change->papers->outcome.owner_no = change->owner->no;
	change->papers->outcome.owner_id = change->owner->id;
	record_orphan(change);
}

void orphan_start(struct change *change)
{
	struct owner *owner = change->owner;

	if (owner->origin != ORIGIN_CREATED || (!owner->id && !change->intent_at_ms)) {
		change->drops_owner = true;
		record_orphan(change);
		return;
	}
	if (!owner->id) {
		/* A lost request may have made it after all. */
		look_for_owner(change, orphan_looked);
		return;
	}
	change->papers->intent.operation = "remove";
	change->papers->intent.orphan = true;
	change->papers->intent.owner_no = owner->no;
	change->papers->intent.subscriber_id = owner->id;
	batch_intend(change, orphan_act);
}
