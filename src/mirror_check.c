/* mirror_check - the canary, and whether an object is really gone. */
#include "mirror_internal.h"

#include "mem.h"

#include <string.h>

/* A 404 or an empty list may also mean a wrong project: only behind a green canary is it believed. */
static void canary_answered(const struct api_result *result, void *arg);

static void ask(struct mirror *mirror)
{
	if (mirror->canary_asked)
		return;
	mirror->canary_asked = true;
	api_get_sip_profile(mirror->setup.api, canary_answered, mirror);
}

static void wake(struct change **asking, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct change *change = asking[i];

		if (change->mirror->canary == CANARY_GREEN)
			change->check_next(change);
		else if (change->journal_id)
			change_unknown(change, -1, "SignalWire could not be asked whether this is the right project");
		else
			change_drop(change, "SignalWire could not be asked whether this is the right project");
	}
}

static void stop_on(struct mirror *mirror, const struct api_result *result)
{
	const struct ledger_identity *bound = ledger_identity(mirror->setup.ledger);
	struct error err = ERROR_INIT;

	if (result->outcome == API_DONE)
		error_exit(&err, EXIT_FENCE, "The project's SIP domain is %s, but this ledger is bound to %s: is the "
			   "token one of another project or space? Correct [signalwire], or after a move run: "
			   "swbridge init --rebind", result->domain, bound->sip_domain);
	else if (result->outcome == API_DENIED)
		error_exit(&err, EXIT_DENIED, "%s", result->text);
	else if (result->outcome == API_NOT_FOUND || result->outcome == API_REJECTED)
		error_exit(&err, EXIT_FENCE, "SignalWire does not show the project's SIP profile (%s); is "
			   "[signalwire] space (or api_url) right?", result->text);
	else
		error_exit(&err, EXIT_LATER, "%s", result->text);
	mirror_stop(mirror, &err);
}

static void canary_answered(const struct api_result *result, void *arg)
{
	struct mirror *mirror = arg;
	const char *bound = ledger_identity(mirror->setup.ledger)->sip_domain;
	struct change **asking = mirror->asking;
	size_t count = mirror->asking_count;

	mirror->canary_asked = false;
	mirror->asking = NULL;
	mirror->asking_count = 0;
	if (result->outcome == API_DONE && result->domain && bound && strcmp(result->domain, bound) == 0) {
		mirror->canary = CANARY_GREEN;
		check_clock(mirror, result);
	} else {
		mirror->canary = CANARY_NONE;
		stop_on(mirror, result);
	}
	wake(asking, count);
	mem_free(asking);
	mirror_turn(mirror);
}

/*
 * Taken from every answer: clocks drift, and this one may run for months.  What
 * was long on its way says less than what is known; what was stopped with an
 * answer in its socket believes in no past.
 */
void check_clock(struct mirror *mirror, const struct api_result *result)
{
	int64_t now = loop_boottime_ms();
	bool late = result->first_byte_at >= 0 && now - result->first_byte_at > MIRROR_CLOCK_SLACK_MS / 2;

	if (result->server_ms < 0 || (late && mirror->clock_read_ms))
		return;
	mirror->clock_offset_ms = result->server_ms - now;
	mirror->clock_read_ms = now;
}

bool check_is_stale(const struct mirror *mirror)
{
	return mirror->canary == CANARY_GREEN && loop_boottime_ms() - mirror->clock_read_ms > MIRROR_CLOCK_AGE_MS;
}

int64_t mirror_server_ms(const struct mirror *mirror)
{
	return loop_boottime_ms() + mirror->clock_offset_ms;
}

void check_canary(struct mirror *mirror)
{
	mirror->canary = CANARY_ASKED;
	ask(mirror);
}

void check_again(struct change *change, void (*next)(struct change *change))
{
	struct mirror *mirror = change->mirror;

	change->check_next = next;
	mirror->asking = mem_grow(mirror->asking, mirror->asking_count + 1, sizeof *mirror->asking);
	mirror->asking[mirror->asking_count++] = change;
	/* One that is on its way was sent before the 404 came: its answer says nothing about now, but the domain does. */
	ask(mirror);
}

static void still_there(const struct api_result *result, void *arg)
{
	struct change *change = arg;

	change_heard(change, result);
	if (result->outcome == API_NOT_FOUND)
		change->check_next(change);
	else if (result->outcome == API_DONE && (change->found_id || change->owner_new || change->gone))
		change_unknown(change, -1, "SignalWire said that it is gone, and then that it is there");
	else if (result->outcome == API_DONE)
		change_failed(change, "failed", "SignalWire said that it is gone, and then that it is there; "
			      "the next pass tries again");
	else
		change_look_failed(change, result);
}

/* Kept while the canary is asked; the object is asked for behind it. */
static void credential_behind_canary(struct change *change)
{
	change->check_next = change->intended;
	target_get(change->mirror->target, change->checked->id, change->credential_id, still_there, change);
}

void check_credential_gone(struct change *change, struct owner *owner, void (*next)(struct change *change))
{
	change->checked = owner;
	/* The intent is written already: its step pointer is free to remember what comes behind. */
	change->intended = next;
	check_again(change, credential_behind_canary);
}

static void owner_behind_canary(struct change *change)
{
	change->check_next = change->intended;
	api_get_subscriber(change->mirror->setup.api, change->checked->id, still_there, change);
}

void check_owner_gone(struct change *change, struct owner *owner, void (*next)(struct change *change))
{
	change->checked = owner;
	change->intended = next;
	check_again(change, owner_behind_canary);
}
