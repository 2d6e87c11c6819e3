/* pass_row - one row of a pass: decided, held, submitted, said; and how its change ended. */
#include "pass_internal.h"

#include "columns.h"
#include "log.h"
#include "mem.h"

#include <string.h>

/* ---- keys ------------------------------------------------------------------- */

void pass_keys_add(struct keys *keys, const char *key)
{
	keys->key = mem_grow(keys->key, keys->count + 1, sizeof *keys->key);
	keys->key[keys->count++] = mem_strdup(key);
}

bool pass_keys_take(struct keys *keys, const char *key)
{
	for (size_t i = 0; i < keys->count; i++) {
		if (strcmp(keys->key[i], key) != 0)
			continue;
		mem_free(keys->key[i]);
		keys->key[i] = keys->key[--keys->count];
		return true;
	}
	return false;
}

void pass_keys_release(struct keys *keys)
{
	for (size_t i = 0; i < keys->count; i++)
		mem_free(keys->key[i]);
	mem_free(keys->key);
	*keys = (struct keys){ 0 };
}

/* ---- what is said ----------------------------------------------------------- */

char *pass_line_name(const struct pass_line *line)
{
	const char *extension = line->extension ? line->extension : line->key;
	char *full = line->tenant && line->extension ? mem_printf("%s/%s", line->tenant, extension) : mem_strdup(extension);
	char *shown = columns_name(full);

	mem_free(full);
	return shown;
}

static void say(struct pass *pass, const struct pass_line *line)
{
	if (pass->setup->line)
		pass->setup->line(line, pass->setup->arg);
}

static bool refused_before(const struct difference *d)
{
	return d->tried_digest && d->desired_digest && strcmp(d->tried_digest, d->desired_digest) == 0;
}

static void say_row(struct pass *pass, const struct difference *d, const struct plan_decision *decision,
		    enum pass_state state, unsigned held, const char *reason)
{
	char *with_secret = state == PASS_PLANNED && decision->issue ? mem_printf("%s; a new secret will be issued", decision->reason) : NULL;
	const struct pass_line line = {
		.key = d->key,
		.extension = d->extension ? d->extension : d->ledger_extension,
		.tenant = d->tenant,
		.username = d->username ? d->username : d->ledger_username,
		.action = decision->action,
		.state = state,
		.held = held,
		.own = decision->action == PLAN_REJECT && !refused_before(d),
		.reason = with_secret ? with_secret : reason ? reason : decision->reason,
		.issues = decision->issue,
		.subscriber_id = d->owner_id,
		.sip_endpoint_id = d->sip_endpoint_id,
	};

	say(pass, &line);
	mem_free(with_secret);
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
	case PLAN_ADOPT:
		summary->adopted++;
		break;
	case PLAN_REMOVE_SUBSCRIBER:
		summary->orphans++;
		break;
	case PLAN_NOTHING: case PLAN_SKIP: case PLAN_REJECT: case PLAN_WAIT: case PLAN_NOTE: case PLAN_MARK_ABSENT:
	case PLAN_FORGET:
		break;
	}
}

/* ---- a row ------------------------------------------------------------------ */

static void give(struct pass *pass, const struct difference *d, struct plan_decision *decision)
{
	decision->aside = pass->serving;
	pass->under_way += !decision->aside;
	/* Failed earlier in this pass: how it ends now is what counts. */
	if (!d->orphan && pass_keys_take(&pass->failed, d->key))
		pass->summary->failed--;
	mirror_submit(pass->setup->mirror, d, decision);
}

/*
 * The row is left as it is; the ledger still follows what it says of itself, that
 * it is there again, and what came of its last attempt.
 */
static void follow(struct pass *pass, const struct difference *d, const struct plan_decision *decision)
{
	struct plan_decision note = { .action = PLAN_NOTE, .note = decision->note, .settle = decision->settle,
				      .reason = decision->reason };

	if ((decision->note || decision->settle) && pass->setup->mirror && !mirror_has(pass->setup->mirror, d->key))
		give(pass, d, &note);
}

/* `why` counts where no class holds it. */
static void hold(struct pass *pass, const struct difference *d, const struct plan_decision *decision, unsigned classes,
		 const char *why)
{
	struct pass_summary *summary = pass->summary;
	char *reason = classes ? mem_printf("held by %s", rails_setting(classes)) : mem_strdup(why);

	summary->held_creates += (classes & CLASS_CREATES) != 0;
	summary->held_removals += (classes & CLASS_REMOVALS) != 0;
	summary->held_changes += (classes & CLASS_CHANGES) != 0;
	summary->held++;
	say_row(pass, d, decision, PASS_HELD, classes, reason);
	mem_free(reason);
	/* What is held is there: its absence is over, and the next one has all of grace before it. */
	follow(pass, d, decision);
}

static void submit(struct pass *pass, const struct difference *d, struct plan_decision *decision)
{
	struct mirror *mirror = pass->setup->mirror;

	if (!mirror) {
		count_action(pass->summary, decision->action);
		pass->summary->issued += decision->issue;
		if (decision->subscribers > 0)
			pass->summary->subscribers_created++;
		if (decision->subscribers < 0)
			pass->summary->subscribers_removed++;
		if ((decision->action != PLAN_NOTE || decision->keep_secret) && decision->action != PLAN_FORGET)
			say_row(pass, d, decision, PASS_PLANNED, 0, NULL);
		return;
	}
	if (!d->orphan && mirror_has(mirror, d->key))
		return;
	if (decision->after_holder && !mirror_has(mirror, d->holder_key))
		pass_keys_add(&pass->holders, d->holder_key);
	give(pass, d, decision);
}

static bool shows_secrets(const struct pass *pass)
{
	return !pass->setup->never_issues && (pass->setup->secret || !pass->setup->mirror);
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
		hold(pass, d, decision, 0, "held: swbridge is paused");
		return;
	}
	if (pass->summary->doubted && decision->classes & CLASS_REMOVALS) {
		hold(pass, d, decision, 0, "held: a list at SignalWire could not be read whole");
		return;
	}
	if (pass->setup->never_removes && decision->classes & CLASS_REMOVALS) {
		hold(pass, d, decision, 0, "held: this removes something, which swbridge sync does");
		return;
	}
	if (decision->issue && !shows_secrets(pass)) {
		hold(pass, d, decision, 0, "held: it needs a new secret, which nobody would see here: swbridge sync or migrate issues "
		     "it, where a person or a file gets what it prints");
		return;
	}
	held = rails_admit(&pass->summary->rails, decision->classes, d->counted, d->approved);
	if (held && pass->remembered)
		pass_keys_add(&pass->again, d->key);
	else if (held)
		hold(pass, d, decision, held, NULL);
	else
		submit(pass, d, decision);
}

/* FNV-1a, whose sums tell one set of rows from another. */
static uint64_t hash(uint64_t from, const char *text)
{
	for (const char *c = text; *c; c++)
		from = (from ^ (unsigned char)*c) * 1099511628211u;
	return (from ^ 0xff) * 1099511628211u;
}

static void refuse(struct pass_summary *summary, const char *key, const char *reason)
{
	summary->refused++;
	summary->refused_mark += hash(hash(14695981039346656037u, key ? key : ""), reason);
}

static void decided(struct pass *pass, const struct difference *d, struct plan_decision *decision)
{
	const bool held_by_other = decision->action == PLAN_REJECT && !d->problem &&
				   (d->holder == HOLDER_KEEPS || (d->holder_protected && d->holder != HOLDER_MOVES));
	char *reason = NULL;

	switch (decision->action) {
	case PLAN_NOTHING: case PLAN_ADOPT:
		break;
	case PLAN_SKIP:
		say_row(pass, d, decision, PASS_SKIPPED, 0, d->skip_reason && !d->hashed ? d->skip_reason : decision->reason);
		break;
	case PLAN_REJECT:
		/* What SignalWire refused before is in the totals of a whole pass already; by keys it comes as a row. */
		pass->summary->rejected += pass->policy.keyed || !refused_before(d);
		if (held_by_other)
			reason = mem_printf("%s (%s)", decision->reason, d->holder_key);
		else if (d->problem && d->sharers)
			reason = mem_printf("%s (the key is %s; the rows are those of %s)", decision->reason, d->key, d->sharers);
		else if (d->problem && d->namesake)
			reason = mem_printf("%s (the key is %s; that of another row is %s)", decision->reason, d->key, d->namesake);
		if (!refused_before(d))
			refuse(pass->summary, d->key, reason ? reason : decision->reason);
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

/*
 * A change that is under way is not decided again: its own open intent would say
 * "unknown".  It cannot have ended behind this snapshot, since outcomes are
 * recorded by the connection that reads.
 */
static bool is_under_way(struct pass *pass, const struct difference *d)
{
	const struct pass_setup *setup = pass->setup;

	if (!setup->mirror || d->orphan || !mirror_has(setup->mirror, d->key))
		return false;
	/* What was edited meanwhile is seen when it has ended. */
	if (setup->wake)
		wake_busy(setup->wake, d->key);
	return true;
}

/*
 * A row that is taken over and what else is to become of it must not meet: the
 * removal would hit what belongs to the other one by then.  The second of the
 * two is decided again when the first has ended.
 */
static bool is_contended(struct pass *pass, const struct difference *d, const struct plan_decision *decision)
{
	const struct mirror *mirror = pass->setup->mirror;

	if (!mirror || d->orphan || !plan_mutates(decision->action))
		return false;
	if (!mirror_takes(mirror, d->key) && !(decision->take_over && (mirror_has(mirror, d->holder_key) ||
								       mirror_takes(mirror, d->holder_key))))
		return false;
	pass_keys_add(&pass->again, d->key);
	return true;
}

void pass_row(const struct difference *d, void *arg)
{
	struct pass *pass = arg;
	struct plan_decision decision = { 0 };

	pass->rows++;
	pass->summary->looked = true;
	/* Never more than this snapshot knows: an empty source says nothing about who is gone. */
	pass->policy.source_complete = pass->totals.source_rows > 0;
	if (d->cursor && pass->walking) {
		mem_free(pass->cursor);
		pass->cursor = mem_strdup(d->cursor);
	}
	if (is_under_way(pass, d))
		return;
	plan_decide(d, &pass->policy, &decision);
	if (!is_contended(pass, d, &decision))
		decided(pass, d, &decision);
}

/* A row that is not here yet holds a name that is wanted: read as it is, it may have to give the name away. */
void pass_holder_row(const struct difference *d, bool in_step, void *arg)
{
	struct pass *pass = arg;
	struct plan_decision decision = { 0 };

	(void)in_step;
	plan_decide(d, &pass->policy, &decision);
	if (decision.action == PLAN_UPDATE || decision.action == PLAN_RESTORE || decision.action == PLAN_REPLACE) {
		decided(pass, d, &decision);
		return;
	}
	if ((d->present && d->enabled) || !d->sip_endpoint_id || d->intent != OPERATION_NONE ||
	    (d->present ? d->wants_protection : d->is_protected))
		return; /* it keeps its name, or nobody knows */
	decision = (struct plan_decision){ .action = PLAN_UPDATE, .fields = PLAN_USERNAME, .park = true,
					   .reason = "gives its username to another extension" };
	submit(pass, d, &decision);
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

bool pass_issued(const struct mirror_issued *issued, void *arg)
{
	struct pass *pass = arg;
	bool shown = pass->setup->secret(issued, pass->setup->arg);

	pass->summary->issued += shown;
	return shown;
}

void pass_ended(const struct mirror_report *report, void *arg)
{
	struct pass *pass = arg;
	struct pass_summary *summary = pass->summary;
	struct pass_line line = {
		.key = report->key,
		.extension = report->extension,
		.tenant = report->tenant,
		.username = report->username,
		.action = report->action,
		.state = state_of(report->end),
		.reason = report->reason,
		.subscriber_id = report->subscriber_id,
		.sip_endpoint_id = report->sip_endpoint_id,
	};

	pass->ended++;
	pass->under_way -= !report->aside;
	summary->doubted |= report->doubted;
	if (pass->setup->wake)
		wake_ended(pass->setup->wake, report->key);
	if (pass->setup->progress)
		pass->setup->progress(pass->ended, pass->total, pass->setup->arg);
	/* By keys nothing is known of who is absent: what a removal has just learned is for the next pass. */
	if (report->end == MIRROR_AGAIN && (report->action == PLAN_REMOVE || report->action == PLAN_SUSPEND)) {
		line.state = PASS_UNKNOWN;
	} else if (report->end == MIRROR_AGAIN) {
		pass_keys_add(&pass->again, report->key);
		return;
	}
	if (report->again)
		pass_keys_add(&pass->again, report->key);
	if (report->end == MIRROR_DROPPED && mirror_stopped(pass->setup->mirror, NULL)) {
		summary->failed++; /* said once, by the reason of the stop */
		return;
	}
	summary->rejected += line.state == PASS_REJECTED;
	summary->unknown += line.state == PASS_UNKNOWN;
	summary->failed += line.state == PASS_FAILED;
	if (line.state == PASS_FAILED && report->key)
		pass_keys_add(&pass->failed, report->key);
	if (line.state == PASS_DONE)
		count_action(summary, report->action);
	if ((report->action != PLAN_NOTE || report->keeps_secret) && report->action != PLAN_FORGET)
		say(pass, &line);
}
