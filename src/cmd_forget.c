/* cmd_forget - the verb `forget`: drops an extension from the ledger, touching nothing at SignalWire. */
#include "cmd.h"

#include "admin.h"
#include "jsonline.h"
#include "log.h"
#include "mem.h"
#include "report_json.h"

#include <stdio.h>

static void say_json(const char *key, const struct admin_forgotten *f)
{
	struct strbuf line = STRBUF_INIT;

	report_json_version(stdout);
	jsonline_begin(&line, "change");
	jsonline_text(&line, "key", key);
	jsonline_text(&line, "extension", f->extension);
	jsonline_text(&line, "action", "forget");
	jsonline_text(&line, "state", "done");
	jsonline_text(&line, "reason", "asked for");
	jsonline_text(&line, "subscriber_id", f->subscriber_id);
	jsonline_text(&line, "sip_endpoint_id", f->sip_endpoint_id);
	report_json_put(stdout, &line);
	jsonline_begin(&line, "summary");
	jsonline_int(&line, "forgotten", 1);
	report_json_put(stdout, &line);
}

/* The one command that undoes it. */
static void say_way_back(const char *key, const struct admin_forgotten *f)
{
	char *word = cmd_word(key);

	log_print(stdout, "To take it back: swbridge adopt %s%s%s%s%s\n", word, f->subscriber_id ? " " : "",
	       f->subscriber_id ? f->subscriber_id : "", f->sip_endpoint_id ? " " : "", f->sip_endpoint_id ? f->sip_endpoint_id : "");
	mem_free(word);
}

static void say(const char *key, const struct admin_forgotten *f)
{
	char *extension = log_printable(f->extension), *email = f->email ? log_printable(f->email) : NULL;

	printf("Forgotten: %s. Nothing was changed at SignalWire:\n", extension);
	if (f->sip_endpoint_id)
		printf("  the SIP credential %s stays there\n", f->sip_endpoint_id);
	if (f->subscriber_id)
		printf("  the subscriber %s%s%s%s stays there%s\n", f->subscriber_id, email ? " (" : "",
		       email ? email : "", email ? ")" : "",
		       email ? " and goes on costing money: no later pass removes it" : "");
	if (!f->sip_endpoint_id && !f->subscriber_id)
		printf("  there was nothing of it\n");
	printf("If the PBX still has the extension, the next pass finds the name taken and rejects it.\n");
	if (f->sip_endpoint_id || f->subscriber_id)
		say_way_back(key, f);
	mem_free(extension);
	mem_free(email);
}

static int run(const struct cmd_verb *verb, struct cmd_options *options, int argc, char **argv)
{
	struct session session;
	struct admin_forgotten forgotten = { 0 };
	struct error err = ERROR_INIT;
	char *key = NULL;
	int rc = 0;

	if (cmd_open(verb, options, argc, argv, 1, 1, &session, &rc) == CMD_STOP)
		return rc;
	if (admin_find(session.db, argv[optind], &key, &err) ||
	    admin_forget(session.db, key, session.config->subscriber_id, &forgotten, &err))
		rc = cmd_fail(&err);
	else if (options->json)
		say_json(key, &forgotten);
	else if (!options->quiet)
		say(key, &forgotten);
	admin_forgotten_release(&forgotten);
	mem_free(key);
	session_close(&session);
	return rc;
}

const struct cmd_verb cmd_forget = {
	.name = "forget",
	.summary = "drop an extension from the ledger, touching nothing at SignalWire",
	.arguments = "EXT",
	.details =
	"What SignalWire has of it stays there and is a stranger's from now on: swbridge neither\n"
	"changes nor removes it.  The ids are printed for the last time.  A subscriber goes on costing\n"
	"money: to be rid of one that swbridge made, take the extension out of the PBX instead, and run\n"
	"swbridge sync (where on_remove is not keep).\n"
	"Refused (75) while a change of the extension has an unknown outcome, or one of another extension\n"
	"on its subscriber, which would be forgotten as well.\n",
	.run = run,
};
