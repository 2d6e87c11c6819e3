/*
 * cmd - what every verb's file offers to main: one function each.
 *
 * A verb gets its own arguments (argv[0] is the verb) and the options that
 * stand before it, prints its result on stdout, and returns an exit code.
 * What failed it says itself, once, with log_error().
 */
#ifndef CMD_H
#define CMD_H

#include <stdbool.h>

struct cmd_options {
	const char *config_path; /* -c; NULL: the default */
	bool quiet;
	bool verbose;
	bool json;
};

int cmd_init(const struct cmd_options *options, int argc, char **argv);
int cmd_plan(const struct cmd_options *options, int argc, char **argv);
int cmd_sync(const struct cmd_options *options, int argc, char **argv);

#endif
