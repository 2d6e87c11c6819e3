/*
 * cmd_pass - what `plan` and `sync` share: open, pass, report, close.
 */
#ifndef CMD_PASS_H
#define CMD_PASS_H

#include "cmd.h"
#include "report.h"

struct cmd_pass {
	const struct cmd_options *options;
	const char *verb;
	enum report_kind kind;
	enum session_level level;
	bool wait;          /* for the lock */
	char *const *names; /* extensions; none: everything */
	int name_count;
	struct pass_summary summary; /* what came of it */
};

/* Runs it and prints the result.  Returns the exit code for what went wrong, EXIT_IN_STEP where nothing did. */
int cmd_pass_run(struct cmd_pass *pass);

#endif
