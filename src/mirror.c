/* mirror - the engine's queue: order within a subscriber, slots, who waits for whom, stopping. */
#include "mirror_internal.h"

#include "log.h"
#include "mem.h"

#include <assert.h>
#include <string.h>

static void turn(void *arg);

struct mirror *mirror_new(const struct mirror_setup *setup)
{
	struct mirror *mirror = mem_alloc(sizeof *mirror);

	mirror->setup = *setup;
	strbuf_init(&mirror->made);
	mirror->target = target_new(setup->config, setup->api);
	mirror->roster = roster_new(setup->api, ROSTER_SUBSCRIBERS);
	mirror->owners = lh_kchar_table_new(256, NULL);
	mirror->changes = lh_kchar_table_new(256, NULL);
	mirror->dependents = lh_kchar_table_new(16, NULL);
	mirror->taken = lh_kchar_table_new(16, NULL);
	mirror->turn = loop_timer_new(setup->loop, turn, mirror);
	return mirror;
}

/* ---- taking --------------------------------------------------------------- */

static void append(struct mirror *mirror, struct change *change)
{
	change->prev = mirror->last;
	if (mirror->last)
		mirror->last->next = change;
	else
		mirror->first = change;
	mirror->last = change;
}

static void unlink_change(struct mirror *mirror, struct change *change)
{
	if (change->prev)
		change->prev->next = change->next;
	else
		mirror->first = change->next;
	if (change->next)
		change->next->prev = change->prev;
	else
		mirror->last = change->prev;
	change->prev = change->next = NULL;
}

void mirror_ready(struct change *change)
{
	struct mirror *mirror = change->mirror;

	/* What has not started by then is dropped, and must stand in no list. */
	if (mirror->stopping || change->queued_ready || change->waits_for_holder || change->started ||
	    !owner_leads(change->owner, change) || !owner_leads(change->old_owner, change) ||
	    !owner_leads(change->tried, change) || !owner_leads(change->moves_to, change))
		return;
	change->queued_ready = true;
	change->next_ready = NULL;
	if (mirror->last_ready)
		mirror->last_ready->next_ready = change;
	else
		mirror->first_ready = change;
	mirror->last_ready = change;
	mirror_turn(mirror);
}

void mirror_head_ready(struct owner *owner)
{
	if (owner && owner->queued)
		mirror_ready(owner->queue[0]);
}

void mirror_submit(struct mirror *mirror, const struct difference *difference, const struct plan_decision *decision)
{
	struct change *change = change_new(mirror, difference, decision);

	append(mirror, change);
	mirror->pending++;
	if (!change->orphan)
		lh_table_insert(mirror->changes, change->key, change);
	if (note_is_all(change)) {
		mirror->running++;
		note_record(change);
		return;
	}
	if (decision->park) {
		mem_free(change->username);
		change->username = park_name(mirror);
	}
	owner_find(change, difference);
	owner_enqueue(change->owner, change);
	owner_enqueue(change->old_owner, change);
	owner_enqueue(change->tried, change);
	owner_enqueue(change->moves_to, change);
	wait_add(change);
	mirror_ready(change);
}

/* ---- starting --------------------------------------------------------------- */

static void end_unstarted(struct change *change, enum mirror_end end, const char *reason)
{
	change->end = end;
	mem_free(change->reason);
	change->reason = mem_strdup(reason);
	mirror_ended(change);
}

void mirror_begin(struct change *change)
{
	if (change->parking) {
		park_start(change);
		return;
	}
	switch (change->decision.action) {
	case PLAN_CREATE:
		if (change->decision.take_over)
			update_start(change);
		else
			create_start(change);
		break;
	case PLAN_UPDATE:
	case PLAN_RESTORE:
		update_start(change);
		break;
	case PLAN_REPLACE:
		replace_start(change);
		break;
	case PLAN_SUSPEND:
		suspend_start(change);
		break;
	case PLAN_REMOVE:
		remove_start(change);
		break;
	case PLAN_REMOVE_SUBSCRIBER:
	case PLAN_FORGET:
		orphan_start(change);
		break;
	case PLAN_NOTE:
		note_settle(change);
		break;
	case PLAN_NOTHING: case PLAN_SKIP: case PLAN_REJECT: case PLAN_WAIT: case PLAN_MARK_ABSENT: case PLAN_ADOPT:
		assert(!"an action without steps");
	}
}

static void start(struct change *change)
{
	change_begin(change);
	change->mirror->running++;
	if (recover_is_needed(change))
		recover_start(change);
	else
		mirror_begin(change);
}

/* Starts a change, or ends it at once where it cannot be started. */
static void try_start(struct change *change)
{
	char *text = NULL;

	bool waits = wait_holder(change);

	if (change->holder == WAIT_KEPT || change->holder == WAIT_LATE) {
		text = mem_printf(change->holder == WAIT_KEPT ? "the username %s is held by extension %s, which keeps it"
				  : "the username %s is still held by extension %s; the next pass tries again",
				  change->username, change->holder_key);
		end_unstarted(change, change->holder == WAIT_KEPT ? MIRROR_REJECTED : MIRROR_FAILED, text);
		mem_free(text);
	} else if (change->mirror->creates_stopped && !change->decision.take_over &&
		   (change->decision.action == PLAN_CREATE || change->decision.action == PLAN_REPLACE)) {
		end_unstarted(change, MIRROR_FAILED, "not tried: the SignalWire account refuses to grow (see above)");
	} else if (!waits) {
		start(change);
	}
}

static void drop_unstarted(struct mirror *mirror)
{
	struct change *next = NULL;

	mirror->first_ready = mirror->last_ready = NULL;
	for (struct change *c = mirror->first; c; c = next) {
		next = c->next;
		if (!c->started)
			change_drop(c, "not started");
	}
}

static struct change *pop_ready(struct mirror *mirror)
{
	struct change *change = mirror->first_ready;

	mirror->first_ready = change->next_ready;
	if (!mirror->first_ready)
		mirror->last_ready = NULL;
	change->queued_ready = false;
	return change;
}

static void turn(void *arg)
{
	struct mirror *mirror = arg;
	struct change *stuck = NULL;

	if (mirror->stopping)
		drop_unstarted(mirror);
	if (mirror->first_ready && !mirror->gathering &&
	    (mirror->canary == CANARY_NONE || (!mirror->running && check_is_stale(mirror))))
		check_canary(mirror);
	while (mirror->first_ready && !mirror->gathering && mirror->canary == CANARY_GREEN &&
	       mirror->running < http_window(mirror->setup.http))
		try_start(pop_ready(mirror));
	if (!mirror->running && !mirror->gathering && !mirror->first_ready && mirror->waiting > 0 && mirror->canary == CANARY_GREEN)
		stuck = wait_break_deadlock(mirror);
	if (stuck)
		start(stuck);
	batch_flush(mirror);
	if (!mirror->pending)
		owner_forget_idle(mirror);
}

void mirror_turn(struct mirror *mirror)
{
	if (!loop_timer_armed(mirror->turn))
		loop_timer_arm(mirror->turn, 0);
}

/* ---- the end of a change ---------------------------------------------------- */

static void report(const struct change *change)
{
	const struct mirror_setup *setup = &change->mirror->setup;
	const struct mirror_report report = {
		.key = change->key,
		.extension = change->extension,
		.tenant = change->tenant,
		.username = change->username ? change->username : change->ledger_username,
		.action = change->decision.action,
		.end = change->end,
		.again = change->decision.take_over && change->end == MIRROR_DONE,
		.aside = change->decision.aside,
		.keeps_secret = change->decision.keep_secret,
		.doubted = change->doubted,
		.reason = change->reason ? change->reason : change->detail ? change->detail : change->decision.reason,
		.subscriber_id = owner_subscriber_id(change->owner),
		.sip_endpoint_id = change->found_id ? change->found_id : change->credential_id,
	};

	if (setup->report)
		setup->report(&report, setup->arg);
}

void mirror_ended(struct change *change)
{
	struct mirror *mirror = change->mirror;
	struct owner *owner = NULL, *old_owner = change->old_owner, *tried = change->tried, *moves_to = change->moves_to;

	if (change->started)
		mirror->running--;
	mirror_turn(mirror);
	if (change->parking && change->end == MIRROR_DONE) {
		park_done(change);
		return;
	}
	/* It stands in the queue of the one it is for, wherever it ended. */
	owner_take_back(change);
	owner = change->owner;
	if (change->parking)
		change->decision = change->wanted_decision;
	wait_remove(change);
	unlink_change(mirror, change);
	if (wait_pending(mirror, change->key) == change)
		lh_table_delete(mirror->changes, change->key);
	owner_dequeue(owner, change);
	owner_dequeue(old_owner, change);
	owner_dequeue(tried, change);
	owner_dequeue(moves_to, change);
	if (wait_frees_name(change))
		wait_holder_ended(mirror, change->key, change->end);
	report(change);
	change_free(change);
	mirror->pending--;
	mirror_head_ready(owner);
	mirror_head_ready(old_owner);
	mirror_head_ready(tried);
	mirror_head_ready(moves_to);
}

void mirror_gather(struct mirror *mirror, bool gathering)
{
	mirror->gathering = gathering;
	if (gathering)
		owner_forget_idle(mirror);
	mirror_turn(mirror);
}

void mirror_try_creates(struct mirror *mirror)
{
	mirror->creates_stopped = false;
}

void mirror_set_report(struct mirror *mirror, void (*report_to)(const struct mirror_report *report, void *arg), void *arg)
{
	mirror->setup.report = report_to;
	mirror->setup.arg = arg;
}

void mirror_set_show(struct mirror *mirror, bool (*show)(const struct mirror_issued *issued, void *arg), void *arg)
{
	mirror->setup.show = show;
	mirror->setup.show_arg = arg;
}

/* ---- stopping --------------------------------------------------------------- */

void mirror_stop(struct mirror *mirror, struct error *err)
{
	if (err && !mirror->stopping)
		error_move(&mirror->why, err);
	else if (err)
		error_clear(err);
	mirror->stopping = true;
	/* Whatever the reason: what SignalWire did not take is certain, is recorded so, and comes again with the next pass. */
	api_stop_retrying(mirror->setup.api);
	mirror_turn(mirror);
}

bool mirror_stopped(const struct mirror *mirror, const struct error **why)
{
	if (why)
		*why = mirror->why.text ? &mirror->why : NULL;
	return mirror->stopping;
}

bool mirror_idle(const struct mirror *mirror)
{
	return mirror->pending == 0;
}

int64_t mirror_pending(const struct mirror *mirror)
{
	return mirror->pending;
}

const struct mirror_counts *mirror_counts(const struct mirror *mirror)
{
	return &mirror->counts;
}

void mirror_free(struct mirror *mirror)
{
	if (!mirror)
		return;
	assert(mirror->pending == 0);
	owner_forget_idle(mirror);
	lh_table_free(mirror->owners);
	lh_table_free(mirror->changes);
	lh_table_free(mirror->dependents);
	lh_table_free(mirror->taken);
	loop_timer_free(mirror->turn);
	roster_free(mirror->roster);
	target_free(mirror->target);
	strbuf_release(&mirror->made);
	mem_free(mirror->intents);
	mem_free(mirror->outcomes);
	mem_free(mirror->asking);
	error_clear(&mirror->why);
	mem_free(mirror);
}
