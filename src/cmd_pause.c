/* cmd_pause - the verbs `pause` and `resume`: the switch that stops every mutation. */
#include "cmd.h"

#include "admin.h"
#include "jsonline.h"
#include "log.h"
#include "report_json.h"

#include <stdio.h>

static int set(const struct cmd_verb *verb, struct cmd_options *options, int argc, char **argv, bool paused)
{
	struct session session;
	/* Everything must stop, whatever became of the source. */
	struct session_wish wish = { .verb = verb->name, .level = SESSION_LEDGER, .unbound_space = true, .no_source = true };
	struct strbuf line = STRBUF_INIT;
	struct error err = ERROR_INIT;
	bool changed = false;
	int rc = 0;

	if (cmd_names(verb, options, argc, argv, 0, 0, &rc) == CMD_STOP)
		return rc;
	wish.config_path = options->config_path;
	if (session_open(&session, &wish, &err))
		return cmd_fail(&err);
	if (admin_pause(session.db, paused, &changed, &err)) {
		rc = cmd_fail(&err);
	} else if (options->json) {
		report_json_version(stdout);
		jsonline_begin(&line, "summary");
		jsonline_bool(&line, "paused", paused);
		jsonline_bool(&line, "changed", changed);
		report_json_put(stdout, &line);
	} else if (!options->quiet || changed) {
		log_print(stdout, "%s%s\n", changed ? "" : "As before: ",
		       paused ? "swbridge is paused, nothing more is sent to SignalWire. To go on: swbridge resume"
			      : "swbridge is not paused; the next pass acts.");
	}
	session_close(&session);
	return rc;
}

static int run_pause(const struct cmd_verb *verb, struct cmd_options *options, int argc, char **argv)
{
	return set(verb, options, argc, argv, true);
}

static int run_resume(const struct cmd_verb *verb, struct cmd_options *options, int argc, char **argv)
{
	return set(verb, options, argc, argv, false);
}

const struct cmd_verb cmd_pause = {
	.name = "pause",
	.summary = "stop every change at SignalWire until `resume`",
	.arguments = "",
	.details =
	"A request that is on its way ends; no new change begins, whoever runs swbridge on whatever host.\n"
	"The same with psql: update swbridge.control set paused = true\n",
	.run = run_pause,
};

const struct cmd_verb cmd_resume = {
	.name = "resume",
	.summary = "end a pause",
	.arguments = "",
	.details = "The next pass acts on what changed meanwhile; the rails hold as ever.\n",
	.run = run_resume,
};
