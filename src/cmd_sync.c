/* cmd_sync - the verb `sync`: one pass. */
#include "cmd.h"
#include "cmd_pass.h"

enum { OPTION_WAIT = CMD_OPTION_FIRST };

static const struct option options_known[] = {
	{ "wait", no_argument, NULL, OPTION_WAIT },
	{ NULL, 0, NULL, 0 },
};

static int run(const struct cmd_verb *verb, struct cmd_options *options, int argc, char **argv)
{
	struct cmd_pass pass = { .options = options, .verb = verb->name, .kind = REPORT_SYNC, .level = SESSION_ENGINE };
	int rc = 0, option = 0;

	while ((option = cmd_option(verb, options, options_known, argc, argv, &rc)) != CMD_END) {
		if (option == CMD_STOP)
			return rc;
		pass.wait = true;
	}
	pass.names = argv + optind;
	pass.name_count = argc - optind;
	rc = cmd_pass_run(&pass);
	return cmd_worse(rc, pass_exit_code(&pass.summary));
}

const struct cmd_verb cmd_sync = {
	.name = "sync",
	.summary = "bring SignalWire in step with the PBX: one pass",
	.arguments = "[--wait] [EXT...]",
	.details =
	"  EXT     only these extensions (or keys); nothing is removed then because it is absent\n"
	"  --wait  wait for another swbridge that holds the lock, instead of exit 7\n\n"
	"From cron: swbridge -q sync. It prints nothing where nothing changed.\n"
	"Exit: 0 in step, 3 the rails held something, 4 some were rejected or failed, 5 outcomes are\n"
	"unknown and a later pass settles them, 7 another swbridge is at work, 75 try later.\n",
	.run = run,
};
