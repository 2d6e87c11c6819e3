/* mirror_wait - who waits for whom, where a wanted username is held by another row of ours. */
#include "mirror_internal.h"

#include <string.h>

/* So often a change lets its siblings go first, before a name is parked for it or SignalWire is asked. */
enum { STEPS_BACK = 16 };

struct change *wait_pending(const struct mirror *mirror, const char *key)
{
	void *found = NULL;

	return key && lh_table_lookup_ex(mirror->changes, key, &found) ? found : NULL;
}

bool mirror_has(const struct mirror *mirror, const char *key)
{
	return wait_pending(mirror, key) != NULL;
}

/* A suspended credential keeps its name, but for a suspension that begins when somebody waits for it. */
bool wait_frees_name(const struct change *change)
{
	if (change->decision.action == PLAN_SUSPEND)
		return !change->started || change->given_name;
	return change->decision.action != PLAN_NOTE && change->decision.action != PLAN_MARK_ABSENT;
}

bool wait_is_wanted(const struct change *change)
{
	return lh_table_lookup_entry(change->mirror->dependents, change->key) != NULL;
}

static struct change *wait_takes(const struct mirror *mirror, const char *key)
{
	void *found = NULL;

	return key && lh_table_lookup_ex(mirror->taken, key, &found) ? found : NULL;
}

bool mirror_takes(const struct mirror *mirror, const char *key)
{
	return wait_takes(mirror, key) != NULL;
}

void wait_add(struct change *change)
{
	struct lh_table *dependents = change->mirror->dependents;
	struct lh_entry *entry = NULL;

	if (change->decision.take_over && !mirror_takes(change->mirror, change->holder_key))
		lh_table_insert(change->mirror->taken, change->holder_key, change);
	if (!change->decision.after_holder || !change->holder_key)
		return;
	entry = lh_table_lookup_entry(dependents, change->holder_key);
	if (entry) {
		/* Behind the first, whose holder_key is the table's key. */
		struct change *first = lh_entry_v(entry);

		change->next_dependent = first->next_dependent;
		first->next_dependent = change;
	} else {
		lh_table_insert(dependents, change->holder_key, change);
	}
}

void wait_remove(struct change *change)
{
	struct lh_table *dependents = change->mirror->dependents;
	struct lh_entry *entry = NULL;
	struct change *at = NULL;

	if (change->decision.take_over && wait_takes(change->mirror, change->holder_key) == change)
		lh_table_delete(change->mirror->taken, change->holder_key);
	if (change->waits_for_holder)
		change->mirror->waiting--;
	change->waits_for_holder = false;
	entry = change->holder_key ? lh_table_lookup_entry(dependents, change->holder_key) : NULL;
	at = entry ? lh_entry_v(entry) : NULL;
	if (at == change) {
		lh_table_delete_entry(dependents, entry);
		if (change->next_dependent)
			lh_table_insert(dependents, change->next_dependent->holder_key, change->next_dependent);
	} else {
		while (at && at->next_dependent != change)
			at = at->next_dependent;
		if (at)
			at->next_dependent = change->next_dependent;
	}
	change->next_dependent = NULL;
}

/* Does the chain of holders lead back to this change? */
static bool in_cycle(const struct change *change)
{
	const struct change *at = wait_pending(change->mirror, change->holder_key);

	for (int64_t i = 0; at && at != change && at->decision.after_holder && i < change->mirror->pending; i++)
		at = wait_pending(change->mirror, at->holder_key);
	return at == change;
}

bool wait_holder(struct change *change)
{
	struct change *holder = NULL;

	if (!change->decision.after_holder || change->holder != WAIT_HELD)
		return false;
	holder = wait_pending(change->mirror, change->holder_key);
	if (!holder || holder == change || !wait_frees_name(holder)) {
		/* Nobody is about to move it: held back, rejected, or unknown. */
		change->holder = WAIT_LATE;
		return false;
	}
	/* In a cycle one gives its name away first; the others then follow one by one. */
	if (!holder->parking && !change->parked && change->credential_id && in_cycle(change)) {
		change->parking = true;
		return false;
	}
	change->waits_for_holder = true;
	change->mirror->waiting++;
	return true;
}

void wait_holder_ended(struct mirror *mirror, const char *key, enum mirror_end end)
{
	struct lh_entry *entry = lh_table_lookup_entry(mirror->dependents, key);
	struct change *next = NULL;

	for (struct change *c = entry ? lh_entry_v(entry) : NULL; c; c = next) {
		bool waited = c->waits_for_holder;

		next = c->next_dependent;
		wait_remove(c);
		c->holder = end == MIRROR_DONE ? WAIT_FREE : end == MIRROR_REJECTED ? WAIT_KEPT : WAIT_LATE;
		if (waited)
			mirror_ready(c);
	}
}

static struct change *go_on(struct change *change)
{
	change->waits_for_holder = false;
	change->mirror->waiting--;
	return change;
}

/* What it waits for may stand behind it, on a subscriber that both are on. */
static bool step_back(struct change *change)
{
	struct owner *const owners[] = { change->owner, change->old_owner, change->tried, change->moves_to };
	bool stepped = false;

	if (!change->waits_for_holder || change->stepped_back == STEPS_BACK)
		return false;
	for (size_t i = 0; i < sizeof owners / sizeof *owners; i++)
		stepped = owner_step_back(owners[i], change) || stepped;
	if (!stepped)
		return false;
	change->stepped_back++;
	go_on(change);
	for (size_t i = 0; i < sizeof owners / sizeof *owners; i++)
		mirror_head_ready(owners[i]);
	mirror_ready(change);
	return true;
}

struct change *wait_break_deadlock(struct mirror *mirror)
{
	for (struct change *c = mirror->first; c; c = c->next) {
		if (step_back(c))
			return NULL;
	}
	for (struct change *c = mirror->first; c; c = c->next) {
		if (c->waits_for_holder && !c->parked && c->credential_id) {
			c->parking = true;
			return go_on(c);
		}
	}
	/* None has a credential that could be parked: whoever is first asks SignalWire itself. */
	for (struct change *c = mirror->first; c; c = c->next) {
		if (c->waits_for_holder)
			return go_on(c);
	}
	return NULL;
}
