/*
 * mirror_park - gives a name away, for a while.
 *
 * Where rows want each other's usernames round about, one of them is given a
 * made-up name first; it then stands at the end of its queue, and goes on
 * once the name that it wants is free.
 */
#include "mirror_internal.h"

#include "mem.h"

char *park_name(struct mirror *mirror)
{
	/* The clock and a count make it unique enough; should it be taken, SignalWire says so and the next pass tries another. */
	return mem_printf(LEDGER_PARKED "%llx", ((unsigned long long)loop_boottime_ms() * 4096 + mirror->parked++) * 0x9e3779b97f4a7c15ULL);
}

void park_start(struct change *change)
{
	char *name = park_name(change->mirror);

	change->wanted_username = change->username;
	change->username = name;
	change->wanted_decision = change->decision;
	change->decision = (struct plan_decision){ .action = PLAN_UPDATE, .fields = PLAN_USERNAME };
	/* What is to be replaced still lives where it was. */
	if (change->old_owner)
		owner_set_aside(change, change->old_owner);
	update_start(change);
}

/* The name is given away; the change itself goes to the end of its queues: of all, or two changes lead one each for ever. */
void park_done(struct change *change)
{
	struct mirror *mirror = change->mirror;
	struct owner *owners[4] = { NULL };

	owner_take_back(change);
	owners[0] = change->owner;
	owners[1] = change->old_owner;
	owners[2] = change->tried;
	owners[3] = change->moves_to;
	mem_free(change->ledger_username);
	change->ledger_username = change->username;
	change->username = change->wanted_username;
	change->wanted_username = NULL;
	change->decision = change->wanted_decision;
	change->parking = change->started = change->patched = false;
	change->parked = true;
	mem_free(change->journal_id);
	change->journal_id = NULL;
	change->papers->outcome = (struct ledger_outcome)LEDGER_OUTCOME_INIT;
	change->papers->intent = (struct ledger_intent){ 0 };
	strbuf_truncate(&change->request_ids, 0);
	for (size_t i = 0; i < sizeof owners / sizeof *owners; i++) {
		owner_dequeue(owners[i], change);
		owner_enqueue(owners[i], change);
	}
	wait_holder_ended(mirror, change->key, MIRROR_DONE);
	for (size_t i = 0; i < sizeof owners / sizeof *owners; i++)
		mirror_head_ready(owners[i]);
	mirror_ready(change);
}
