/* cmd_sync - the verb `sync`: one pass. */
#include "cmd.h"

#include "log.h"
#include "mem.h"
#include "pass.h"
#include "session.h"

#include <stdio.h>
#include <string.h>

static void line(const struct pass_line *line, void *arg)
{
	static const char *const states[] = { "planned", "done", "held", "rejected", "failed", "unknown", "skipped" };

	(void)arg;
	printf("%c %s %s %s %s\n", plan_action_sign(line->action), line->extension ? line->extension : line->key,
	       plan_action_name(line->action), states[line->state], line->reason ? line->reason : "");
}

static int run(const struct cmd_options *options, const char *verb, enum session_level level)
{
	struct session session;
	struct session_wish wish = { .config_path = options->config_path, .verb = verb, .level = level };
	struct pass_summary summary = { 0 };
	struct pass_setup setup = { .line = line };
	struct error err = ERROR_INIT;
	int rc = EXIT_FAULT;

	if (session_open(&session, &wish, &err))
		goto fail;
	setup.loop = session.loop;
	setup.db = session.db;
	setup.ledger = session.ledger;
	setup.query = session.query;
	setup.config = session.config;
	setup.mirror = session.mirror;
	setup.api = session.api;
	rc = pass_full(&setup, &summary, &err) ? EXIT_FAULT : pass_exit_code(&summary);
	printf("created %lld updated %lld removed %lld suspended %lld unchanged %lld skipped %lld held %lld rejected %lld "
	       "failed %lld unknown %lld requests %lld seconds %.3f\n", (long long)summary.created,
	       (long long)summary.updated, (long long)summary.removed, (long long)summary.suspended,
	       (long long)summary.unchanged, (long long)summary.skipped, (long long)summary.held,
	       (long long)summary.rejected, (long long)summary.failed, (long long)summary.unknown,
	       (long long)summary.requests, summary.seconds);
	session_close(&session);
fail:
	if (err.text) {
		log_error("%s", error_text(&err));
		rc = err.exit_code ? err.exit_code : EXIT_FAULT;
		error_clear(&err);
	}
	return rc;
}

int cmd_sync(const struct cmd_options *options, int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return run(options, "sync", SESSION_ENGINE);
}

int cmd_plan(const struct cmd_options *options, int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return run(options, "plan", SESSION_LEDGER);
}
