/* plan_action - the actions by name and sign, and which of them send something. */
#include "plan.h"

static const struct {
	const char *name;
	char sign;
} actions[] = {
	[PLAN_NOTHING] = { "nothing", ' ' },
	[PLAN_SKIP] = { "skip", '!' },
	[PLAN_REJECT] = { "reject", '!' },
	[PLAN_WAIT] = { "wait", '!' },
	[PLAN_NOTE] = { "note", ' ' },
	[PLAN_MARK_ABSENT] = { "mark_absent", ' ' },
	[PLAN_ADOPT] = { "adopt", '+' },
	[PLAN_CREATE] = { "create", '+' },
	[PLAN_UPDATE] = { "update", '~' },
	[PLAN_REPLACE] = { "replace", '~' },
	[PLAN_SUSPEND] = { "suspend", '-' },
	[PLAN_RESTORE] = { "restore", '~' },
	[PLAN_REMOVE] = { "remove", '-' },
	[PLAN_FORGET] = { "forget", ' ' },
	[PLAN_REMOVE_SUBSCRIBER] = { "remove_subscriber", '-' },
};

const char *plan_action_name(enum plan_action action)
{
	return actions[action].name;
}

char plan_action_sign(enum plan_action action)
{
	return actions[action].sign;
}

bool plan_mutates(enum plan_action action)
{
	return action >= PLAN_CREATE && action != PLAN_FORGET;
}
