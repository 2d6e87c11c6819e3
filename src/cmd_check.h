/*
 * cmd_check - what the parts of the verb `check` share: its lines, and how grave they are.
 */
#ifndef CMD_CHECK_H
#define CMD_CHECK_H

#include <stdint.h>

#include "cmd.h"

enum verdict { GOOD, WARNING, PROBLEM };

struct check {
	const struct cmd_options *options;
	struct session session;
	int64_t count[3]; /* by verdict */
	int rc;
};

void check_say(struct check *check, enum verdict verdict, const char *what, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
/* A problem, with its remedy in the sentence; `err` is cleared. */
void check_say_error(struct check *check, const char *what, struct error *err);

/* cmd_check_api.c: what SignalWire answers. */
void check_api(struct check *check);

#endif
