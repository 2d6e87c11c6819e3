/* main - the table of verbs. */
#include "cmd.h"
#include "db.h"
#include "log.h"
#include "mem.h"

#include <build.h>
#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct cmd_verb *const verbs[] = {
	&cmd_init, &cmd_check, &cmd_plan, &cmd_migrate, &cmd_sync, &cmd_listen, &cmd_wait, &cmd_verify, &cmd_status, &cmd_explain,
	&cmd_adopt, &cmd_forget, &cmd_retry, &cmd_approve, &cmd_pause, &cmd_resume,
};

enum { VERB_COUNT = sizeof verbs / sizeof *verbs };

static const char *verb_names[VERB_COUNT + 1];

static const struct cmd_verb *find_verb(const char *name)
{
	for (size_t i = 0; i < VERB_COUNT; i++)
		if (strcmp(name, verbs[i]->name) == 0)
			return verbs[i];
	return NULL;
}

static int unknown_verb(const char *name)
{
	log_error("There is no verb \"%s\". Try: swbridge --help", name);
	return EXIT_USAGE;
}

static void print_help(void)
{
	printf("swbridge mirrors the extensions of a PBX (a PostgreSQL table) to SignalWire SIP credentials.\n\n"
	       "Usage: swbridge [-c FILE] [-q|-v] [--json] VERB ...\n\n");
	for (size_t i = 0; i < VERB_COUNT; i++)
		printf("  %-9s %s\n", verbs[i]->name, verbs[i]->summary);
	printf("\n"
	       "  -c, --config FILE  the configuration; else $SWBRIDGE_CONFIG, else %s/swbridge/swbridge.conf\n"
	       "  -q, --quiet        print nothing where nothing changed (for cron)\n"
	       "  -v, --verbose      log more\n"
	       "      --json         one JSON object a line\n"
	       "  -h, --help         this; of a verb: swbridge help VERB\n"
	       "      --version      the version\n\n"
	       "A first run: swbridge init, check, plan, migrate.  See swbridge(1) and swbridge.conf(5).\n", SYSCONFDIR);
}

static int help(int argc, char **argv)
{
	const struct cmd_verb *verb = NULL;

	if (argc < 2) {
		print_help();
		return EXIT_IN_STEP;
	}
	verb = find_verb(argv[1]);
	if (!verb)
		return unknown_verb(argv[1]);
	cmd_help(verb);
	return EXIT_IN_STEP;
}

/* The options before the verb.  False: *rc is the end. */
static bool take_options(struct cmd_options *options, int argc, char **argv, int *rc)
{
	enum { OPTION_JSON = 256, OPTION_VERSION };
	static const struct option known[] = {
		{ "config", required_argument, NULL, 'c' }, { "quiet", no_argument, NULL, 'q' },
		{ "verbose", no_argument, NULL, 'v' },      { "json", no_argument, NULL, OPTION_JSON },
		{ "help", no_argument, NULL, 'h' },         { "version", no_argument, NULL, OPTION_VERSION },
		{ NULL, 0, NULL, 0 },
	};
	int option = 0;

	opterr = 0;
	while ((option = getopt_long(argc, argv, "+:c:qvh", known, NULL)) != -1) {
		if (option == 'c') {
			cmd_set_config(options, optarg);
		} else if (option == 'q') {
			options->quiet = true;
		} else if (option == 'v') {
			options->verbose = true;
		} else if (option == OPTION_JSON) {
			options->json = true;
		} else if (option == 'h') {
			print_help();
			*rc = EXIT_IN_STEP;
			return false;
		} else if (option == OPTION_VERSION) {
			printf("swbridge %s\n", PACKAGE_VERSION);
			*rc = EXIT_IN_STEP;
			return false;
		} else {
			char *name = cmd_option_name(option, argv);

			log_error(option == ':' ? "The option %s needs a value. Try: swbridge --help"
						: "There is no option %s. Try: swbridge --help", name);
			mem_free(name);
			*rc = EXIT_USAGE;
			return false;
		}
	}
	return true;
}

static int run(int argc, char **argv)
{
	struct cmd_options options = { 0 };
	const struct cmd_verb *verb = NULL;
	int rc = EXIT_USAGE;

	if (!take_options(&options, argc, argv, &rc))
		return rc;
	argc -= optind;
	argv += optind;
	if (argc == 0) {
		log_error("A verb is missing. Try: swbridge --help");
		return EXIT_USAGE;
	}
	log_setup(options.verbose ? LOG_DEBUG : options.quiet ? LOG_WARN : LOG_INFO, log_to_journal());
	optind = 0; /* getopt(3): starts anew */
	if (strcmp(argv[0], "help") == 0)
		return help(argc, argv);
	verb = find_verb(argv[0]);
	return verb ? verb->run(verb, &options, argc, argv) : unknown_verb(argv[0]);
}

int main(int argc, char **argv)
{
	int rc = 0;

	setlocale(LC_CTYPE, "");
	log_setup(LOG_INFO, log_to_journal());
	for (size_t i = 0; i < VERB_COUNT; i++)
		verb_names[i] = verbs[i]->name;
	log_set_verbs(verb_names);
	rc = run(argc, argv);
	/* A result that nobody could read is no success.  Why an earlier write failed is not known any more. */
	errno = 0;
	if (fflush(stdout) || ferror(stdout)) {
		log_error("The result could not be written to the standard output (%s).",
			  errno ? strerror(errno) : "its reader is gone, or there is no room");
		rc = cmd_worse(rc, EXIT_FAULT);
	}
	log_release();
	if (db_connects())
		_exit(rc);
	return rc;
}
