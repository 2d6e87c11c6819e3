/* cmd_plan - the verb `plan`: what would change and what it costs. */
#include "cmd.h"
#include "cmd_pass.h"

enum { OPTION_DETAILED = CMD_OPTION_FIRST };

static const struct option options_known[] = {
	{ "detailed-exitcode", no_argument, NULL, OPTION_DETAILED },
	{ NULL, 0, NULL, 0 },
};

static bool is_work(const struct pass_summary *s)
{
	return s->created || s->updated || s->suspended || s->removed || s->subscribers_removed || s->held;
}

static int run(const struct cmd_verb *verb, struct cmd_options *options, int argc, char **argv)
{
	struct cmd_pass pass = { .options = options, .verb = verb->name, .kind = REPORT_PLAN, .level = SESSION_LEDGER };
	bool detailed = false;
	int rc = 0, option = 0;

	while ((option = cmd_option(verb, options, options_known, argc, argv, &rc)) != CMD_END) {
		if (option == CMD_STOP)
			return rc;
		detailed = true;
	}
	pass.names = argv + optind;
	pass.name_count = argc - optind;
	rc = cmd_pass_run(&pass);
	if (rc != EXIT_IN_STEP || !detailed)
		return rc;
	return cmd_worse(pass_exit_code(&pass.summary), is_work(&pass.summary) ? EXIT_WORK_REMAINS : EXIT_IN_STEP);
}

const struct cmd_verb cmd_plan = {
	.name = "plan",
	.summary = "show what would change and what it costs",
	.arguments = "[--detailed-exitcode] [EXT...]",
	.details =
	"Only reads: nothing is written to the database, nothing is asked of SignalWire.\n\n"
	"  EXT                  only these extensions (or keys); removals are not looked at then\n"
	"  --detailed-exitcode  exit 2 where there is work (3, 4, 5: what a sync would end with)\n\n"
	"Lines begin with + (create), ~ (change), - (suspend, remove) or ! (held or rejected).\n",
	.run = run,
};
