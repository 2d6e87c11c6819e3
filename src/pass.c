/* pass - difference, plan, rails and mirror put together, once, for every verb. */
#include "pass.h"

#include "log.h"
#include "mem.h"

#include <string.h>

enum {
	PAGE_ROWS = 10000,
	ROUNDS = 4 /* of planning keys again whose ground moved, and of fetching those who hold a wanted name */
};

struct keys {
	char **key;
	size_t count;
};

struct pass {
	const struct pass_setup *setup;
	struct pass_summary *summary;
	struct plan_policy policy;
	bool with_rails;      /* they are counted once, with the first totals */
	struct keys holders;  /* whose change has to go first and is not here yet */
	struct keys again;    /* the ground moved: plan these once more */
	char *cursor;         /* of the last row */
	int64_t rows;
	struct difference_totals totals; /* of the same snapshot as the rows that are being read */
	int64_t total, ended;
};

/* ---- keys ------------------------------------------------------------------- */

static void keys_add(struct keys *keys, const char *key)
{
	keys->key = mem_grow(keys->key, keys->count + 1, sizeof *keys->key);
	keys->key[keys->count++] = mem_strdup(key);
}

static void keys_release(struct keys *keys)
{
	for (size_t i = 0; i < keys->count; i++)
		mem_free(keys->key[i]);
	mem_free(keys->key);
	*keys = (struct keys){ 0 };
}

/* ---- what is said ----------------------------------------------------------- */

static void say(struct pass *pass, const struct pass_line *line)
{
	if (pass->setup->line)
		pass->setup->line(line, pass->setup->arg);
}

static void say_row(struct pass *pass, const struct difference *d, const struct plan_decision *decision,
		    enum pass_state state, unsigned held, const char *reason)
{
	const struct pass_line line = {
		.key = d->key,
		.extension = d->extension ? d->extension : d->ledger_extension,
		.username = d->username ? d->username : d->ledger_username,
		.action = decision->action,
		.state = state,
		.held = held,
		.reason = reason ? reason : decision->reason,
		.subscriber_id = d->owner_id,
		.sip_endpoint_id = d->sip_endpoint_id,
	};

	say(pass, &line);
}

static void count_action(struct pass_summary *summary, enum plan_action action)
{
	switch (action) {
	case PLAN_CREATE:
		summary->created++;
		break;
	case PLAN_REPLACE:
		summary->replaced++;
		summary->updated++;
		break;
	case PLAN_UPDATE:
	case PLAN_RESTORE:
		summary->updated++;
		break;
	case PLAN_SUSPEND:
		summary->suspended++;
		break;
	case PLAN_REMOVE:
		summary->removed++;
		break;
	case PLAN_NOTHING: case PLAN_SKIP: case PLAN_REJECT: case PLAN_WAIT: case PLAN_NOTE: case PLAN_MARK_ABSENT:
	case PLAN_FORGET: case PLAN_REMOVE_SUBSCRIBER:
		break;
	}
}

/* ---- a row ------------------------------------------------------------------ */

static void hold(struct pass *pass, const struct difference *d, const struct plan_decision *decision, unsigned classes)
{
	struct pass_summary *summary = pass->summary;
	char *reason = classes ? mem_printf("held by %s", rails_setting(classes)) : mem_strdup("held: swbridge is paused");

	summary->held++;
	summary->held_creates += (classes & CLASS_CREATES) != 0;
	summary->held_removals += (classes & CLASS_REMOVALS) != 0;
	summary->held_changes += (classes & CLASS_CHANGES) != 0;
	say_row(pass, d, decision, PASS_HELD, classes, reason);
	mem_free(reason);
}

static void submit(struct pass *pass, const struct difference *d, struct plan_decision *decision)
{
	struct mirror *mirror = pass->setup->mirror;

	if (!mirror) {
		count_action(pass->summary, decision->action);
		if (decision->subscribers > 0)
			pass->summary->subscribers_created++;
		if (decision->subscribers < 0)
			pass->summary->subscribers_removed++;
		if (decision->action != PLAN_NOTE && decision->action != PLAN_FORGET)
			say_row(pass, d, decision, PASS_PLANNED, 0, NULL);
		return;
	}
	if (!d->orphan && mirror_has(mirror, d->key))
		return;
	if (decision->after_holder && !mirror_has(mirror, d->holder_key))
		keys_add(&pass->holders, d->holder_key);
	mirror_submit(mirror, d, decision);
}

/* Actions that send something go past the rails; the others do not. */
static void admit(struct pass *pass, const struct difference *d, struct plan_decision *decision)
{
	unsigned held = 0;

	if (decision->action == PLAN_NOTE || decision->action == PLAN_MARK_ABSENT || decision->action == PLAN_FORGET) {
		submit(pass, d, decision);
		return;
	}
	if (pass->summary->paused) {
		hold(pass, d, decision, 0);
		return;
	}
	held = rails_admit(&pass->summary->rails, decision->classes, d->counted, d->approved);
	if (held)
		hold(pass, d, decision, held);
	else
		submit(pass, d, decision);
}

/* The row is left as it is; the ledger still follows what it says of itself, and that it is there again. */
static void follow(struct pass *pass, const struct difference *d, const struct plan_decision *decision)
{
	const struct plan_decision note = { .action = PLAN_NOTE, .note = true, .reason = decision->reason };

	if (decision->note && pass->setup->mirror && !mirror_has(pass->setup->mirror, d->key))
		mirror_submit(pass->setup->mirror, d, &note);
}

static void decided(struct pass *pass, const struct difference *d, struct plan_decision *decision)
{
	const bool held_by_other = d->holder == HOLDER_KEEPS && decision->action == PLAN_REJECT && !d->problem;
	char *reason = NULL;

	switch (decision->action) {
	case PLAN_NOTHING:
		break;
	case PLAN_SKIP:
		say_row(pass, d, decision, PASS_SKIPPED, 0, d->skip_reason ? d->skip_reason : decision->reason);
		break;
	case PLAN_REJECT:
		pass->summary->rejected++;
		if (held_by_other)
			reason = mem_printf("%s (%s)", decision->reason, d->holder_key);
		say_row(pass, d, decision, PASS_REJECTED, 0, reason);
		mem_free(reason);
		break;
	case PLAN_WAIT:
		pass->summary->unknown += d->intent != OPERATION_NONE;
		pass->summary->failed += d->intent == OPERATION_NONE;
		say_row(pass, d, decision, d->intent != OPERATION_NONE ? PASS_UNKNOWN : PASS_FAILED, 0, NULL);
		break;
	case PLAN_NOTE: case PLAN_MARK_ABSENT: case PLAN_CREATE: case PLAN_UPDATE: case PLAN_REPLACE:
	case PLAN_SUSPEND: case PLAN_RESTORE: case PLAN_REMOVE: case PLAN_FORGET: case PLAN_REMOVE_SUBSCRIBER:
		admit(pass, d, decision);
		return;
	}
	follow(pass, d, decision);
}

static void row(const struct difference *d, void *arg)
{
	struct pass *pass = arg;
	struct plan_decision decision = { 0 };

	pass->rows++;
	/* Never more than this snapshot knows: an empty source says nothing about who is gone. */
	pass->policy.source_complete = pass->totals.source_rows > 0;
	if (d->cursor) {
		mem_free(pass->cursor);
		pass->cursor = mem_strdup(d->cursor);
	}
	plan_decide(d, &pass->policy, &decision);
	decided(pass, d, &decision);
}

/* ---- how changes end -------------------------------------------------------- */

static enum pass_state state_of(enum mirror_end end)
{
	switch (end) {
	case MIRROR_DONE:
		return PASS_DONE;
	case MIRROR_REJECTED:
		return PASS_REJECTED;
	case MIRROR_UNKNOWN:
		return PASS_UNKNOWN;
	case MIRROR_FAILED: case MIRROR_DROPPED: case MIRROR_AGAIN:
		break;
	}
	return PASS_FAILED;
}

static void ended(const struct mirror_report *report, void *arg)
{
	struct pass *pass = arg;
	struct pass_summary *summary = pass->summary;
	const struct pass_line line = {
		.key = report->key,
		.extension = report->extension,
		.username = report->username,
		.action = report->action,
		.state = state_of(report->end),
		.reason = report->reason,
		.subscriber_id = report->subscriber_id,
		.sip_endpoint_id = report->sip_endpoint_id,
	};

	pass->ended++;
	if (pass->setup->progress)
		pass->setup->progress(pass->ended, pass->total, pass->setup->arg);
	if (report->end == MIRROR_AGAIN) {
		keys_add(&pass->again, report->key);
		return;
	}
	if (report->end == MIRROR_DROPPED && mirror_stopped(pass->setup->mirror, NULL)) {
		summary->failed++; /* said once, by the reason of the stop */
		return;
	}
	summary->rejected += line.state == PASS_REJECTED;
	summary->unknown += line.state == PASS_UNKNOWN;
	summary->failed += line.state == PASS_FAILED;
	if (line.state == PASS_DONE)
		count_action(summary, report->action);
	if (report->action != PLAN_NOTE && report->action != PLAN_FORGET)
		say(pass, &line);
}

static bool idle(void *arg)
{
	return mirror_idle(arg);
}

/* Lets the engine work until nothing is left, and says why it stopped, if it did. */
static int finish(struct pass *pass, struct error *err)
{
	struct mirror *mirror = pass->setup->mirror;
	const struct error *why = NULL;

	if (!mirror)
		return 0;
	mirror_gather(mirror, false);
	while (!loop_until(pass->setup->loop, idle, mirror))
		mirror_stop(mirror, NULL);
	if (!mirror_stopped(mirror, &why))
		return 0;
	if (!why)
		return error_set(err, ERROR_LATER, "Interrupted; what was on its way has been recorded, and the next pass "
				 "goes on from here.");
	error_set(err, why->kind, "%s", error_text(why));
	err->exit_code = why->exit_code;
	return -1;
}

/* ---- reading ---------------------------------------------------------------- */

/* A row that is not here yet holds a name that is wanted: read as it is, it may have to give the name away. */
static void holder_row(const struct difference *d, bool in_step, void *arg)
{
	struct pass *pass = arg;
	struct plan_decision decision = { 0 };

	(void)in_step;
	plan_decide(d, &pass->policy, &decision);
	if (decision.action == PLAN_UPDATE || decision.action == PLAN_RESTORE || decision.action == PLAN_REPLACE) {
		decided(pass, d, &decision);
		return;
	}
	if ((d->present && d->enabled) || !d->sip_endpoint_id || d->intent != OPERATION_NONE)
		return; /* it keeps its name, or nobody knows */
	decision = (struct plan_decision){ .action = PLAN_UPDATE, .fields = PLAN_USERNAME, .park = true,
					   .reason = "gives its username to another extension" };
	submit(pass, d, &decision);
}

static int fetch_holders(struct pass *pass, struct error *err)
{
	const struct pass_setup *setup = pass->setup;

	for (int round = 0; setup->mirror && pass->holders.count && round < ROUNDS; round++) {
		struct keys keys = pass->holders;

		pass->holders = (struct keys){ 0 };
		for (size_t i = 0; i < keys.count; i++) {
			if (mirror_has(setup->mirror, keys.key[i]))
				continue;
			if (difference_explain(setup->query, setup->db, keys.key[i], holder_row, pass, err)) {
				keys_release(&keys);
				return -1;
			}
		}
		keys_release(&keys);
	}
	keys_release(&pass->holders);
	return 0;
}

/* Whatever failed, what was submitted is seen through first. */
static int see_through(struct pass *pass, struct error *err)
{
	struct error later = ERROR_INIT;

	if (!pass->setup->mirror)
		return -1;
	mirror_stop(pass->setup->mirror, NULL);
	finish(pass, &later);
	error_clear(&later);
	(void)err;
	return -1;
}

static int read_keys(struct pass *pass, const char *const *keys, size_t count, struct error *err)
{
	const struct pass_setup *setup = pass->setup;

	if (setup->mirror)
		mirror_gather(setup->mirror, true);
	if (difference_keys(setup->query, setup->db, keys, count, row, pass, err) || fetch_holders(pass, err))
		return see_through(pass, err);
	return finish(pass, err);
}

static int plan_again(struct pass *pass, struct error *err)
{
	bool keyed = pass->policy.keyed;
	int rc = 0;

	for (int round = 0; !rc && pass->again.count && round < ROUNDS; round++) {
		struct keys keys = pass->again;

		pass->again = (struct keys){ 0 };
		pass->policy.keyed = true;
		rc = read_keys(pass, (const char *const *)keys.key, keys.count, err);
		pass->policy.keyed = keyed;
		keys_release(&keys);
	}
	pass->summary->failed += (int64_t)pass->again.count;
	keys_release(&pass->again);
	return rc;
}

static void take_totals(struct pass *pass)
{
	const struct difference_totals *totals = &pass->totals;
	struct pass_summary *summary = pass->summary;

	summary->paused = totals->paused;
	summary->source_empty = totals->source_rows == 0;
	summary->source_rows = totals->source_rows;
	if (pass->with_rails)
		return;
	pass->with_rails = true;
	rails_init(&summary->rails, pass->setup->config, totals);
	summary->unchanged = totals->unchanged;
	summary->skipped = totals->skipped;
	summary->without_secret = totals->without_secret;
	summary->rejected = totals->rejected;
	summary->differences = totals->differences;
	pass->total = totals->differences;
}

static int read_page(struct pass *pass, enum difference_walk walk, const char *after, struct error *err)
{
	const struct pass_setup *setup = pass->setup;

	pass->rows = 0;
	if (setup->mirror)
		mirror_gather(setup->mirror, true);
	if (difference_page(setup->query, setup->db, walk, after, PAGE_ROWS, &pass->totals, row, pass, err))
		return -1;
	take_totals(pass);
	return 0;
}

static int walk_pages(struct pass *pass, enum difference_walk walk, struct error *err)
{
	char *after = NULL;
	int rc = -1;

	do {
		mem_free(after);
		after = pass->cursor;
		pass->cursor = NULL;
		if (read_page(pass, walk, after, err) || fetch_holders(pass, err)) {
			see_through(pass, err);
			goto out;
		}
		if (finish(pass, err) || plan_again(pass, err))
			goto out;
	} while (pass->rows == PAGE_ROWS);
	rc = 0;
out:
	mem_free(after);
	mem_free(pass->cursor);
	pass->cursor = NULL;
	return rc;
}

/* ---- the whole -------------------------------------------------------------- */

static void begin(struct pass *pass, const struct pass_setup *setup, struct pass_summary *summary, bool keyed)
{
	const struct config *config = setup->config;

	*summary = (struct pass_summary){ 0 };
	*pass = (struct pass){ .setup = setup, .summary = summary };
	pass->policy.on_remove = config->on_remove;
	pass->policy.fixed_subscriber = config->subscriber_id != NULL;
	pass->policy.keyed = keyed;
	if (setup->mirror)
		mirror_set_report(setup->mirror, ended, pass);
}

static void complete(struct pass *pass, int64_t started_ms, int64_t requests_before)
{
	const struct pass_setup *setup = pass->setup;
	struct pass_summary *summary = pass->summary;

	if (setup->mirror) {
		summary->subscribers_created = mirror_counts(setup->mirror)->subscribers_created;
		summary->subscribers_removed = mirror_counts(setup->mirror)->subscribers_removed;
		mirror_set_report(setup->mirror, NULL, NULL);
	}
	summary->requests = setup->api ? api_requests(setup->api) - requests_before : 0;
	summary->seconds = (double)(loop_now_ms() - started_ms) / 1000.0;
	keys_release(&pass->holders);
	keys_release(&pass->again);
	if (summary->source_rows > 0 && summary->without_secret == summary->source_rows)
		log_error("Not one row of the source has a secret; was the secret column renamed or emptied? "
			  "Nothing was changed for these extensions");
}

int pass_full(const struct pass_setup *setup, struct pass_summary *summary, struct error *err)
{
	struct pass pass;
	int64_t started_ms = loop_now_ms();
	int64_t requests = setup->api ? api_requests(setup->api) : 0;
	int rc = -1;

	begin(&pass, setup, summary, false);
	if (difference_totals(setup->query, setup->db, &pass.totals, err))
		goto out;
	take_totals(&pass);
	if (pass.totals.differences == 0) {
		rc = 0;
		goto out;
	}
	if (walk_pages(&pass, WALK_CHANGE, err) || walk_pages(&pass, WALK_REMOVE, err))
		goto out;
	rc = 0;
out:
	complete(&pass, started_ms, requests);
	return rc;
}

int pass_keys(const struct pass_setup *setup, const char *const *keys, size_t count,
	      struct pass_summary *summary, struct error *err)
{
	struct pass pass;
	int64_t started_ms = loop_now_ms();
	int64_t requests = setup->api ? api_requests(setup->api) : 0;
	int rc = -1;

	begin(&pass, setup, summary, true);
	/* The rails need the size of the fleet. */
	if (difference_totals(setup->query, setup->db, &pass.totals, err))
		goto out;
	take_totals(&pass);
	summary->rejected = 0;
	pass.total = (int64_t)count;
	rc = read_keys(&pass, keys, count, err);
	if (!rc)
		rc = plan_again(&pass, err);
out:
	complete(&pass, started_ms, requests);
	return rc;
}

int pass_exit_code(const struct pass_summary *summary)
{
	if (summary->rejected || summary->failed)
		return EXIT_REJECTED;
	if (summary->unknown)
		return EXIT_UNKNOWN;
	if (summary->held || summary->paused)
		return EXIT_HELD;
	return EXIT_IN_STEP;
}
