/* cmd_retry - the verb `retry`: lets the next pass try again what was rejected or waits. */
#include "cmd.h"

#include "admin.h"
#include "jsonline.h"
#include "log.h"
#include "mem.h"
#include "report_json.h"

#include <stdio.h>

enum { OPTION_SECRET = CMD_OPTION_FIRST };

static const struct option options_known[] = {
	{ "secret", no_argument, NULL, OPTION_SECRET },
	{ NULL, 0, NULL, 0 },
};

static void say_untouched(const char *name, bool secret)
{
	char *shown = log_printable(name);

	if (secret)
		printf("%s is not active: its secret is sent when it is restored or created.\n", shown);
	else
		printf("%s was not rejected and does not wait; nothing to try again.\n", shown);
	mem_free(shown);
}

static int retry_named(const struct session *session, const struct cmd_options *options, bool secret, char *const *names,
		       int count, int64_t *done, struct error *err)
{
	for (int i = 0; i < count; i++) {
		char *key = NULL;
		bool tried = false;
		int rc = admin_find(session->db, names[i], &key, err) ||
			 (secret ? admin_retry_secret : admin_retry)(session->db, key, &tried, err);

		mem_free(key);
		if (rc)
			return -1;
		*done += tried;
		if (!tried && !options->json && !options->quiet)
			say_untouched(names[i], secret);
	}
	return 0;
}

static void say_end(const struct cmd_options *options, int64_t done, bool named)
{
	struct strbuf line = STRBUF_INIT;

	if (options->json) {
		report_json_version(stdout);
		jsonline_begin(&line, "summary");
		jsonline_int(&line, "retried", done);
		report_json_put(stdout, &line);
	} else if (done && !options->quiet) {
		printf("%lld %s tried again by the next pass.\n", (long long)done, done == 1 ? "extension is" : "extensions are");
	} else if (!named && !options->quiet) {
		log_print(stdout, "Nothing to try again: SignalWire has rejected none, and none waits. What is refused for its row in the PBX: "
		       "swbridge status\n");
	}
}

static int run(const struct cmd_verb *verb, struct cmd_options *options, int argc, char **argv)
{
	struct session_wish wish = { .verb = verb->name, .level = SESSION_LEDGER, .unbound_space = true };
	struct session session;
	struct error err = ERROR_INIT;
	int64_t done = 0;
	bool secret = false;
	int rc = 0, option = 0;

	while ((option = cmd_option(verb, options, options_known, argc, argv, &rc)) != CMD_END) {
		if (option == CMD_STOP)
			return rc;
		secret = true;
	}
	if (secret && optind == argc)
		return cmd_usage(verb, "--secret needs the extensions whose secret is to be sent again; of all: swbridge verify --secrets.");
	wish.config_path = options->config_path;
	if (session_open(&session, &wish, &err))
		return cmd_fail(&err);
	if (optind < argc ? retry_named(&session, options, secret, argv + optind, argc - optind, &done, &err)
			  : admin_retry_all(session.db, &done, &err))
		rc = cmd_fail(&err);
	if (rc && !done) {
		session_close(&session);
		return rc;
	}
	say_end(options, done, optind < argc);
	session_close(&session);
	return rc;
}

const struct cmd_verb cmd_retry = {
	.name = "retry",
	.summary = "let the next pass try again what was rejected",
	.arguments = "[--secret] [EXT...]",
	.details =
	"A rejected extension waits until its row in the PBX changes, or for this.  Without EXT: all\n"
	"that were rejected or wait for their next attempt.  Nothing is sent now; then run: swbridge sync\n\n"
	"  --secret  and send its secret again.  Where the PBX has only a hash of it and [mirror]\n"
	"            issue_secrets is on, the next sync issues another one, and shows it\n\n"
	"Refused (75) for an extension whose last change has an unknown outcome.\n",
	.run = run,
};
