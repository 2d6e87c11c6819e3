/*
 * cmd_migrate - what the files of the verb `migrate` share.
 *
 *   cmd_migrate.c        its options, the order of things, doing it, how it ends
 *   cmd_migrate_agree.c  what it says before it begins, and whether it may
 */
#ifndef CMD_MIGRATE_H
#define CMD_MIGRATE_H

#include "cmd.h"
#include "issued.h"
#include "preflight.h"
#include "progress.h"
#include "report.h"
#include "report_file.h"
#include "report_migrate.h"

struct cmd_migrate_work {
	const struct cmd_options *options;
	bool adopt, ours, dry_run, yes, with_secrets;
	int64_t canary;
	const char *report_path;

	struct session session;
	struct report *report;
	struct report_file *file;
	struct issued *issued; /* for the file; NULL: no secrets go into it */
	struct progress progress;
	struct preflight_counts counts;
	struct report_migrate what;
	struct pass_summary summary;
	int64_t started_ms;
	bool began; /* something may have been done */
};

/*
 * The command that does the same, as it is typed; of a canary for its own part
 * (`canary`) or for all the rest.  Caller frees.
 */
char *cmd_migrate_command(const struct cmd_migrate_work *work, bool canary, bool yes);

/* Every line of the pre-flight, and what it comes to. */
int cmd_migrate_say_found(struct cmd_migrate_work *work, struct error *err);

/* Asks, where somebody can be asked; else says how to agree.  *agreed: begin. */
int cmd_migrate_agree(struct cmd_migrate_work *work, bool *agreed, struct error *err);

#endif
