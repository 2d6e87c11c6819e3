/*
 * cmd - what every verb has: a name, help, a function, and the same manners.
 *
 * main's table is made of these.  A verb gets its own arguments (argv[0] is the
 * verb) and the options that stood before it, prints its result on stdout, and
 * returns an exit code (error.h).  What failed it says itself, once, with
 * cmd_fail().  The common options may stand behind the verb as well.
 */
#ifndef CMD_H
#define CMD_H

#include <getopt.h>
#include <stdbool.h>
#include <stddef.h>

#include "db.h"
#include "difference.h"
#include "error.h"
#include "pass.h"
#include "session.h"

struct cmd_options {
	const char *config_path; /* -c; NULL: the default */
	bool quiet;
	bool verbose;
	bool json;
};

struct cmd_verb {
	const char *name;
	const char *summary;   /* one line of help */
	const char *arguments; /* "[--wait] [EXT...]" */
	const char *details;   /* for `help VERB`: complete lines */
	void (*more)(struct strbuf *out); /* appends lines to them that only the program knows; NULL: none */
	int (*run)(const struct cmd_verb *verb, struct cmd_options *options, int argc, char **argv);
};

extern const struct cmd_verb cmd_init, cmd_check, cmd_plan, cmd_sync, cmd_listen, cmd_wait, cmd_verify, cmd_status, cmd_explain, cmd_forget, cmd_retry,
	cmd_adopt, cmd_migrate, cmd_approve, cmd_pause, cmd_resume;

/* ---- arguments ---------------------------------------------------------------- */

enum { CMD_OPTION_FIRST = 256, CMD_OPTIONS_MAX = 8 };

/* What cmd_option() answers besides an option of the verb. */
enum { CMD_END = -1, CMD_STOP = -2 };

/*
 * The next option of the verb's own (`own`: long ones, values from
 * CMD_OPTION_FIRST, ends with an empty row; NULL: none).  CMD_END: the names
 * begin at optind.  CMD_STOP: return *rc (help was shown, or the usage is wrong
 * and that was said).
 */
int cmd_option(const struct cmd_verb *verb, struct cmd_options *options, const struct option *own, int argc, char **argv,
	       int *rc);

/* What getopt_long(3) has just refused with '?' or ':', as people wrote it: -x, --wrong.  Caller frees. */
char *cmd_option_name(int option, char *const *argv);

/* For a verb without options of its own: CMD_END or CMD_STOP; refuses fewer than `least` and more than `most` names. */
int cmd_names(const struct cmd_verb *verb, struct cmd_options *options, int argc, char **argv, int least, int most, int *rc);

/*
 * The same, and then the ledger is opened for the verb: CMD_END, and the caller
 * closes the session; or CMD_STOP, and what is wrong was said.  Which space the
 * ledger is bound to does not matter to such a verb.
 */
int cmd_open(const struct cmd_verb *verb, struct cmd_options *options, int argc, char **argv, int least, int most,
	     struct session *session, int *rc);

/* -c: what is read, and what the commands say that are printed, where it is not what is read anyway. */
void cmd_set_config(struct cmd_options *options, const char *path);

int cmd_usage(const struct cmd_verb *verb, const char *format, ...) __attribute__((format(printf, 2, 3)));
void cmd_help(const struct cmd_verb *verb);

/* ---- results ------------------------------------------------------------------- */

/* Says the error, clears it, and gives the exit code that fits. */
int cmd_fail(struct error *err);

/* Of two codes the one that counts: the first of 64, 78, 6, 77, 75, 7, 1, 4, 5, 3, 2. */
int cmd_worse(int one, int other);

/* The parts of a pass's setup that come from a session. */
void cmd_pass_setup(struct pass_setup *setup, const struct session *session);

struct cmd_keys {
	char **key;
	size_t count;
};

/*
 * The keys of the extensions by these names, in source or ledger, and with `past`
 * also those that only the journal has; one that is nowhere is an error that names it.
 */
int cmd_find(const struct session *session, char *const *names, int count, bool past, struct cmd_keys *keys, struct error *err);
/* The one key that a name stands for, as keys->key[0]; several rows have it, as key or extension: an error with their keys. */
int cmd_find_one(const struct session *session, char *const *name, struct cmd_keys *keys, struct error *err);
/* The same in source and ledger alone, where none is no error: *key is NULL then; the caller frees it. */
int cmd_find_at_most_one(const struct session *session, char *name, char **key, struct error *err);
void cmd_keys_add(struct cmd_keys *keys, const char *key); /* also one that is there already is not added twice in a row */
void cmd_keys_release(struct cmd_keys *keys);

/* A name in a command that is printed: as a shell takes it, and fit for a terminal.  Caller frees. */
char *cmd_word(const char *name);

#endif
