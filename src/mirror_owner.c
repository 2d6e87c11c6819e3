/* mirror_owner - subscribers that the engine works on, and the queue of each. */
#include "mirror_internal.h"

#include "mem.h"

#include <string.h>

static struct owner *owner_get(struct mirror *mirror, const char *tag)
{
	void *found = NULL;
	struct owner *owner = NULL;

	if (lh_table_lookup_ex(mirror->owners, tag, &found))
		return found;
	owner = mem_alloc(sizeof *owner);
	owner->tag = mem_strdup(tag);
	strbuf_init(&owner->made);
	lh_table_insert(mirror->owners, owner->tag, owner);
	return owner;
}

static void owner_free(struct owner *owner)
{
	mem_free(owner->tag);
	mem_free(owner->no);
	mem_free(owner->id);
	mem_free(owner->sent_fields);
	mem_free(owner->queue);
	strbuf_release(&owner->made);
	mem_free(owner);
}

/*
 * What one change learned of an owner, the next one in its queue needs.  Where
 * none is left it is in the ledger, which whatever comes next was read from.
 */
void owner_forget_idle(struct mirror *mirror)
{
	struct lh_entry *entry = NULL, *next = NULL;

	lh_foreach_safe(mirror->owners, entry, next) {
		struct owner *owner = lh_entry_v(entry);

		if (owner->queued)
			continue;
		lh_table_delete_entry(mirror->owners, entry);
		owner_free(owner);
	}
	if (!mirror->pending)
		strbuf_truncate(&mirror->made, 0);
}

const char *owner_subscriber_id(const struct owner *owner)
{
	return owner && !owner->project ? owner->id : NULL;
}

bool owner_is_there(struct change *change, const struct owner *owner)
{
	if (!change->credential_id || owner->id)
		return true;
	/* A sibling found it gone while this one waited; what the ledger has of it is another plan's. */
	if (owner->no)
		change_again(change, "its subscriber was deleted at SignalWire");
	else
		change_failed(change, "failed", "the ledger does not say under which subscriber its credential is, so nothing is known "
			      "of it; set [mirror] subscriber_id to the one that it was made under");
	return false;
}

bool owner_recorded(const struct owner *owner)
{
	return owner && (owner->no || owner->fixed);
}

struct strbuf *owner_made(struct change *change)
{
	return change->owner->project ? &change->mirror->made : &change->owner->made;
}

static void owner_know(struct owner *owner, const char *no, const char *id, enum difference_origin origin)
{
	if (owner->no || !no)
		return;
	owner->no = mem_strdup(no);
	if (!owner->id)
		owner->id = mem_strdup(id);
	owner->origin = origin;
}

static struct owner *known_owner(struct mirror *mirror, const struct difference *d)
{
	struct owner *owner = owner_get(mirror, d->owner_email);

	if (!owner->counted) {
		owner->counted = true;
		owner->extensions += d->owner_extensions;
		if (!owner->sent_fields)
			owner->sent_fields = mem_strdup(d->owner_sent_fields);
	}
	owner_know(owner, d->owner_no, d->owner_id, d->owner_origin);
	return owner;
}

static struct owner *wanted_owner(struct mirror *mirror, const struct difference *d)
{
	struct owner *owner = owner_get(mirror, d->email ? d->email : "");

	owner_know(owner, d->wanted_owner_no, d->wanted_owner_id, d->wanted_owner_origin);
	return owner;
}

static struct owner *fixed_owner(struct mirror *mirror)
{
	const struct config *config = mirror->setup.config;
	struct owner *owner = owner_get(mirror, config->subscriber_id);

	owner->fixed = true;
	owner->origin = ORIGIN_ADOPTED;
	if (!owner->id)
		owner->id = mem_strdup(config->subscriber_id);
	return owner;
}

/* Standalone credentials have no owner to be in order with: each change is alone in its place. */
static struct owner *project(struct mirror *mirror, const struct difference *d)
{
	char *tag = mem_printf("extension %s", d->key);
	struct owner *owner = owner_get(mirror, tag);

	owner->fixed = owner->project = true;
	if (!owner->id)
		owner->id = mem_strdup(target_traits(mirror->setup.config)->place);
	mem_free(tag);
	return owner;
}

/* Whose credential a change is about; REPLACE has two. */
static void find(struct change *change, const struct difference *d)
{
	struct mirror *mirror = change->mirror;
	char *tag = NULL;

	if (target_traits(mirror->setup.config)->place) {
		change->owner = project(mirror, d);
	} else if (change->decision.take_over) {
		/* Its ids come with the intent. */
		tag = mem_printf("row of %s", d->holder_key);
		change->owner = owner_get(mirror, tag);
		mem_free(tag);
	} else if (change->decision.action == PLAN_REPLACE) {
		change->owner = wanted_owner(mirror, d);
		change->old_owner = known_owner(mirror, d);
	} else if (change->decision.action == PLAN_CREATE && !d->owner_id && !change->decision.look_first &&
		   !mirror->setup.config->subscriber_id && d->email) {
		/* Nothing was made yet: what is desired now counts. */
		change->owner = d->owner_email && strcmp(d->owner_email, d->email) == 0 ? known_owner(mirror, d)
										       : wanted_owner(mirror, d);
	} else if (d->owner_email) {
		change->owner = known_owner(mirror, d);
		if (mirror->setup.config->subscriber_id && d->owner_id &&
		    strcmp(d->owner_id, mirror->setup.config->subscriber_id) == 0)
			change->owner->fixed = true;
	} else if (mirror->setup.config->subscriber_id) {
		change->owner = fixed_owner(mirror);
	} else {
		change->owner = wanted_owner(mirror, d);
	}
}

void owner_find(struct change *change, const struct difference *d)
{
	find(change, d);
	if (change->decision.move_owner && d->email) {
		change->moves_to = owner_get(change->mirror, d->email);
		if (change->moves_to == change->owner)
			change->moves_to = NULL;
	}
	if (!d->intent_owner_no)
		return;
	change->tried = owner_get(change->mirror, d->intent_owner_email);
	owner_know(change->tried, d->intent_owner_no, d->intent_owner_id, ORIGIN_CREATED);
	/* Where it is wanted again the ordinary look finds what is there. */
	if (change->tried == change->owner || change->tried == change->old_owner)
		change->tried = NULL;
}

void owner_let_go(struct owner *owner)
{
	mem_free(owner->no);
	mem_free(owner->id);
	mem_free(owner->sent_fields);
	owner->no = owner->id = owner->sent_fields = NULL;
	owner->origin = ORIGIN_CREATED;
}

void owner_set_aside(struct change *change, struct owner *instead)
{
	change->aside = change->owner;
	change->owner = instead;
}

void owner_take_back(struct change *change)
{
	if (change->aside)
		change->owner = change->aside;
	change->aside = NULL;
}

void owner_enqueue(struct owner *owner, struct change *change)
{
	if (!owner)
		return;
	owner->queue = mem_grow(owner->queue, owner->queued + 1, sizeof *owner->queue);
	owner->queue[owner->queued++] = change;
}

void owner_dequeue(struct owner *owner, struct change *change)
{
	for (size_t i = 0; owner && i < owner->queued; i++) {
		if (owner->queue[i] != change)
			continue;
		memmove(owner->queue + i, owner->queue + i + 1, (owner->queued - i - 1) * sizeof *owner->queue);
		owner->queued--;
		return;
	}
}

bool owner_step_back(struct owner *owner, struct change *change)
{
	if (!owner || owner->queued < 2 || owner->queue[0] != change)
		return false;
	owner_dequeue(owner, change);
	owner_enqueue(owner, change);
	return true;
}

bool owner_leads(const struct owner *owner, const struct change *change)
{
	return !owner || owner->queue[0] == change;
}
