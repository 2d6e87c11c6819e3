/* mirror_batch - intents and outcomes on their way to the ledger, many in one round trip. */
#include "mirror_internal.h"

#include "mem.h"

#include <string.h>

/* What one ledger_intend() or ledger_record() call carries. */
struct batch {
	struct mirror *mirror;
	struct change **changes;
	size_t count;
};

static struct batch *batch_of(struct mirror *mirror, struct change ***list, size_t *count, size_t *size)
{
	struct batch *batch = mem_alloc(sizeof *batch);

	batch->mirror = mirror;
	batch->changes = *list;
	batch->count = *count;
	*list = NULL;
	*count = *size = 0;
	return batch;
}

static void batch_free(struct batch *batch)
{
	mem_free(batch->changes);
	mem_free(batch);
}

static void add(struct change ***list, size_t *count, size_t *size, struct change *change)
{
	if (*count == *size) {
		*size = *size ? 2 * *size : 32;
		*list = mem_grow(*list, *size, sizeof **list);
	}
	(*list)[(*count)++] = change;
}

/* The database connection is gone or the ledger refuses: nothing more may be sent. */
static void stop(struct mirror *mirror, const struct error *err)
{
	struct error copy = ERROR_INIT;

	error_set(&copy, err->kind, "%s", error_text(err));
	copy.exit_code = err->exit_code;
	mirror_stop(mirror, &copy);
}

static void replace_text(char **text, const char *value)
{
	if (!value)
		return;
	mem_free(*text);
	*text = mem_strdup(value);
}

/* The ledger knows more than the page did: rows taken over, subscribers made by a sibling. */
static void learn(struct change *change, const struct ledger_intended *result)
{
	struct owner *owner = change->owner;
	bool another = owner && owner->no && result->owner_no && strcmp(owner->no, result->owner_no) != 0;

	change->journal_id = mem_strdup(result->journal_id);
	change->at_ms = result->at_ms;
	change->others_at_ms = result->others_at_ms;
	if (owner && result->owner_no) {
		replace_text(&owner->no, result->owner_no);
		/* A look knows better than the ledger, also a sibling's; but what was known of a row that is gone is over. */
		if (another && !change->owner_new && !owner->fixed && !result->owner_id) {
			mem_free(owner->id);
			owner->id = NULL;
		} else if (!change->owner_new) {
			replace_text(&owner->id, result->owner_id);
		}
		if (result->owner_origin)
			owner->origin = result->owner_origin[0] == 'a' ? ORIGIN_ADOPTED : ORIGIN_CREATED;
	}
	if (change->decision.take_over) {
		replace_text(&change->credential_id, result->sip_endpoint_id);
		replace_text(&change->sent_fields, result->sent_fields);
	}
}

static void flush_intents(struct mirror *mirror);

static void intended(const struct ledger_intended *results, size_t count, const struct error *err, void *arg)
{
	struct batch *batch = arg;
	struct mirror *mirror = batch->mirror;

	mirror->intending = false;
	if (err)
		stop(mirror, err);
	for (size_t i = 0; i < count; i++) {
		struct change *change = batch->changes[i];

		if (err) {
			change_drop(change, error_text(err));
		} else if (results[i].waits && !results[i].taken) {
			change_wait(change, "the outcome of an earlier attempt on its subscriber is unknown and has not "
				    "settled");
		} else if (!results[i].taken) {
			change_drop(change, "nothing was sent: swbridge is paused, or the PBX or an operator changed "
				    "their mind meanwhile");
		} else {
			learn(change, &results[i]);
			change->intended(change);
		}
	}
	batch_free(batch);
	flush_intents(mirror);
}

static void flush_intents(struct mirror *mirror)
{
	struct batch *batch = NULL;
	struct ledger_intent *intents = NULL;

	if (mirror->intending || !mirror->intent_count)
		return;
	batch = batch_of(mirror, &mirror->intents, &mirror->intent_count, &mirror->intent_size);
	intents = mem_array(batch->count, sizeof *intents);
	for (size_t i = 0; i < batch->count; i++)
		intents[i] = batch->changes[i]->papers->intent;
	mirror->intending = true;
	ledger_intend(mirror->setup.ledger, intents, batch->count,
		      difference_still_wanted_sql(mirror->setup.query), difference_policy(mirror->setup.query),
		      intended, batch);
	mem_free(intents);
}

void batch_intend(struct change *change, void (*next)(struct change *change))
{
	struct mirror *mirror = change->mirror;

	if (mirror->stopping) {
		change_drop(change, "not started");
		return;
	}
	change->intended = next;
	change->papers->intent.key = change->key;
	change->papers->intent.extension = change->extension;
	change->papers->intent.cause = mirror->setup.cause;
	change->papers->intent.at_ms = mirror_server_ms(mirror);
	change->papers->intent.is_protected = change->wants_protection;
	change->papers->intent.goes_on = change->intent != OPERATION_NONE;
	add(&mirror->intents, &mirror->intent_count, &mirror->intent_size, change);
	/* The flush waits for the end of this turn of the loop: what starts together travels together. */
	mirror_turn(mirror);
}

static void flush_outcomes(struct mirror *mirror);

/* The ledger may have kept the row all the same: then the next intent finds it by its e-mail. */
static void let_go(const struct change *change)
{
	if (change->papers->outcome.drop_owner)
		owner_let_go(change->owner);
	if (change->papers->extra.drop_owner)
		owner_let_go(change->old_owner);
}

static void recorded(const struct error *err, void *arg)
{
	struct batch *batch = arg;
	struct mirror *mirror = batch->mirror;

	mirror->recording = false;
	if (err)
		stop(mirror, err);
	for (size_t i = 0; i < batch->count; i++) {
		struct change *change = batch->changes[i];

		/* What could not be written down is as good as unknown: its intent is still open. */
		if (err && change->journal_id)
			change->end = MIRROR_UNKNOWN;
		if (!err)
			let_go(change);
		mirror_ended(change);
	}
	batch_free(batch);
	flush_outcomes(mirror);
}

static void flush_outcomes(struct mirror *mirror)
{
	struct batch *batch = NULL;
	struct ledger_outcome *outcomes = NULL;
	size_t count = 0;

	if (mirror->recording || !mirror->outcome_count)
		return;
	batch = batch_of(mirror, &mirror->outcomes, &mirror->outcome_count, &mirror->outcome_size);
	outcomes = mem_array(2 * batch->count, sizeof *outcomes);
	for (size_t i = 0; i < batch->count; i++) {
		outcomes[count++] = batch->changes[i]->papers->outcome;
		if (batch->changes[i]->papers->extra.owner_no)
			outcomes[count++] = batch->changes[i]->papers->extra;
	}
	mirror->recording = true;
	ledger_record(mirror->setup.ledger, outcomes, count, recorded, batch);
	mem_free(outcomes);
}

void batch_record(struct change *change)
{
	struct mirror *mirror = change->mirror;

	add(&mirror->outcomes, &mirror->outcome_count, &mirror->outcome_size, change);
	mirror_turn(mirror);
}

void batch_flush(struct mirror *mirror)
{
	flush_intents(mirror);
	flush_outcomes(mirror);
}
