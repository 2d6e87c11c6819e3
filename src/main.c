/* main - the table of verbs. */
#include "cmd.h"
#include "error.h"
#include "log.h"

#include <getopt.h>
#include <string.h>

static const struct {
	const char *verb;
	int (*run)(const struct cmd_options *options, int argc, char **argv);
	const char *help;
} verbs[] = {
	{ "init", cmd_init, "create or migrate the ledger and bind it" },
	{ "plan", cmd_plan, "show what would change and what it costs" },
	{ "sync", cmd_sync, "one pass" },
};

int main(int argc, char **argv)
{
	struct cmd_options options = { 0 };
	int option = 0;

	while ((option = getopt(argc, argv, "+c:qv")) != -1) {
		if (option == 'c')
			options.config_path = optarg;
		else if (option == 'v')
			options.verbose = true;
		else if (option == 'q')
			options.quiet = true;
		else
			return EXIT_USAGE;
	}
	log_setup(options.verbose ? LOG_DEBUG : LOG_INFO, false);
	for (size_t i = 0; optind < argc && i < sizeof verbs / sizeof *verbs; i++)
		if (strcmp(argv[optind], verbs[i].verb) == 0)
			return verbs[i].run(&options, argc - optind, argv + optind);
	log_error("usage: swbridge [-c FILE] [-q|-v] VERB");
	return EXIT_USAGE;
}
