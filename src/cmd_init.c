/* cmd_init - the verb `init`: makes the ledger, migrates it, binds it, removes it. */
#include "cmd.h"

#include "adapter.h"
#include "jsonline.h"
#include "log.h"
#include "mem.h"
#include "report_json.h"
#include "schema.h"
#include "triggers.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { OPTION_ADAPTER = CMD_OPTION_FIRST, OPTION_PRINT_SQL, OPTION_REBIND, OPTION_TRIGGERS, OPTION_UNINSTALL };

static const struct option options_known[] = {
	{ "adapter", required_argument, NULL, OPTION_ADAPTER },
	{ "print-sql", no_argument, NULL, OPTION_PRINT_SQL },
	{ "rebind", no_argument, NULL, OPTION_REBIND },
	{ "triggers", no_argument, NULL, OPTION_TRIGGERS },
	{ "uninstall", no_argument, NULL, OPTION_UNINSTALL },
	{ NULL, 0, NULL, 0 },
};

struct wishes {
	bool print_sql, rebind, triggers, uninstall;
	const char *adapter; /* NULL: not given */
};

/* ---- [mirror] subscriber_id -------------------------------------------------------- */

struct answer {
	bool here;
	enum api_outcome outcome;
	char *text, *project_id, *email;
};

static void answered(const struct api_result *result, void *arg)
{
	struct answer *answer = arg;

	answer->here = true;
	answer->outcome = result->outcome;
	answer->text = mem_strdup(result->text);
	if (!result->subscriber)
		return;
	answer->project_id = mem_strdup(result->subscriber->project_id);
	answer->email = mem_strdup(result->subscriber->email);
}

static bool is_here(void *arg)
{
	return ((struct answer *)arg)->here;
}

static int judge_subscriber(const struct config *config, const struct answer *answer, struct error *err)
{
	if (answer->outcome == API_NOT_FOUND || answer->outcome == API_REJECTED)
		return error_exit(err, EXIT_CONFIG, "SignalWire has no subscriber %s in this project; correct [mirror] "
				  "subscriber_id.", config->subscriber_id);
	if (answer->outcome == API_DENIED)
		return error_exit(err, EXIT_DENIED, "%s", answer->text);
	if (answer->outcome != API_DONE)
		return error_exit(err, EXIT_LATER, "%s", answer->text);
	if (strcmp(answer->project_id, config->project_id) != 0)
		return error_exit(err, EXIT_CONFIG, "The subscriber %s of [mirror] subscriber_id belongs to project %s, not to "
				  "this one.", config->subscriber_id, answer->project_id);
	if (!answer->email)
		return error_exit(err, EXIT_CONFIG, "The subscriber %s of [mirror] subscriber_id has no e-mail address.",
				  config->subscriber_id);
	return 0;
}

/* Reads the one subscriber that owns every credential; *email (folded) is the caller's. */
static int read_subscriber(struct session *session, char **email, struct error *err)
{
	struct answer answer = { 0 };
	int rc = -1;

	api_get_subscriber(session->api, session->config->subscriber_id, answered, &answer);
	if (!session_await(session, is_here, &answer, err))
		rc = judge_subscriber(session->config, &answer, err);
	if (!rc) {
		*email = answer.email;
		answer.email = NULL;
		for (char *c = *email; *c; c++)
			*c = (char)tolower((unsigned char)*c);
	}
	mem_free(answer.text);
	mem_free(answer.project_id);
	mem_free(answer.email);
	return rc;
}

/* ---- the ledger ------------------------------------------------------------------- */

struct bound {
	struct source *source;
	char *domain;
	char *email;
	struct schema_done done;
	bool triggers_asked;
	struct triggers_done triggers;
	const struct adapter *adapter; /* the source is this one's function; NULL: it is none */
	bool adapter_installed;
	struct adapter_watched watched;
};

static void say_triggers(const struct db *db, const struct bound *bound)
{
	const char *tables = bound->adapter ? bound->watched.tables : bound->source->name;

	if (bound->triggers.removed)
		log_print(stdout, "Took the triggers away from %s, which is the source no more%s\n", bound->triggers.removed,
		       bound->triggers.installed ? "" : "; for the new one: swbridge init --triggers");
	if (bound->triggers.installed || bound->watched.installed)
		log_print(stdout, "Triggers on %s tell a daemon of every change; what they cost says: swbridge check\n", tables);
	else if (bound->triggers_asked && !bound->triggers.waiting)
		printf("The triggers on %s are there already, as they should be\n", tables);
	if (bound->triggers.waiting) {
		char *psql = db_psql(db);

		log_print(stdout, "The triggers on %s do not fit any more; as its owner run: swbridge init --print-sql --triggers | %s\n",
			  bound->source->name, psql);
		mem_free(psql);
	}
}

/* `whole`: SignalWire could be asked; else the error that follows says what is next. */
static void say(const struct session *session, const struct bound *bound, const struct cmd_options *options, bool whole)
{
	const struct config *config = session->config;
	struct strbuf columns = STRBUF_INIT;
	struct strbuf line = STRBUF_INIT;

	for (int i = 0; i < SOURCE_COLUMN_COUNT; i++)
		if (source_has(bound->source, (enum source_column)i))
			strbuf_printf(&columns, "%s%s", columns.len ? ", " : "", source_column_names[i]);
	if (options->json) {
		report_json_version(stdout);
		jsonline_begin(&line, "summary");
		jsonline_bool(&line, "created", bound->done.created);
		jsonline_bool(&line, "rebound", bound->done.rebound);
		jsonline_text(&line, "source", bound->source->name);
		jsonline_text(&line, "columns", columns.data);
		jsonline_text(&line, "sip_domain", bound->domain);
		jsonline_text(&line, "adapter", bound->adapter ? bound->adapter->name : NULL);
		jsonline_bool(&line, "adapter_installed", bound->adapter_installed);
		jsonline_bool(&line, "triggers_installed", bound->triggers.installed || bound->watched.installed);
		jsonline_text(&line, "triggers_removed", bound->triggers.removed);
		report_json_put(stdout, &line);
	} else if (!options->quiet) {
		printf("%s in schema %s of %s.\n", bound->done.created ? "Made the ledger" : "The ledger is there already,",
		       config->schema, db_describe(session->db));
		if (bound->adapter_installed)
			printf("Installed the adapter %s.\n", bound->adapter->name);
		printf("Source: %s; columns: %s%s\n", bound->source->name, columns.data,
		       bound->done.rebound ? " (others than before)" : "");
		if (bound->done.rebound)
			printf("A daemon that runs goes on with those of before until it reads again: systemctl reload, or SIGHUP\n");
		say_triggers(session->db, bound);
		if (bound->domain)
			printf("Phones register with: %s\n", bound->domain);
		if (whole)
			log_print(stdout, "Next: swbridge check, then swbridge plan\n");
	}
	strbuf_release(&columns);
}

/*
 * SignalWire may be down while the ledger is made; what it would have said is
 * bound by another init.  What it said for certain (wrong token, unknown
 * subscriber) stops everything instead.
 */
static int ask_signalwire(struct session *session, struct bound *bound, struct error *later, struct error *err)
{
	if (!session_sip_domain(session, &bound->domain, NULL, later) &&
	    (!session->config->subscriber_id || !read_subscriber(session, &bound->email, later)))
		return 0;
	if (later->exit_code == EXIT_LATER || later->kind == ERROR_LATER)
		return 0;
	error_move(err, later);
	return -1;
}

/* A source that can never have triggers is refused before anything is made; a missing right is not: the rest is done. */
static int check_triggers(const struct session *session, const struct source *source, struct error *err)
{
	struct triggers now;
	int rc = triggers_look(session->db, session->config, source, &now, err);

	if (!rc && now.obstacle != TRIGGERS_ROLE)
		rc = triggers_possible(&now, source, session->config, err);
	triggers_release(&now);
	return rc;
}

/* Those on the source itself, or beneath the adapter. */
static int settle_triggers(struct session *session, const struct wishes *wishes, struct bound *bound, struct error *err)
{
	if (triggers_settle(session->db, session->config, bound->source, wishes->triggers && !bound->adapter, &bound->triggers,
			    err))
		return -1;
	if (!bound->adapter)
		return 0;
	if (wishes->triggers && triggers_define(session->db, session->config, bound->source, err))
		return -1;
	if (adapter_watch(session->db, session->config, bound->adapter, wishes->triggers, &bound->watched, err))
		return -1;
	if (wishes->triggers && !bound->watched.tables)
		return error_exit(err, EXIT_CONFIG, "No table beneath the adapter %s can have triggers (views and foreign tables "
				  "cannot); leave --triggers out: changes are found every [listen] poll. The rest is done.",
				  bound->adapter->name);
	/* Of another version of swbridge, perhaps. */
	return bound->watched.tables ? triggers_define(session->db, session->config, bound->source, err) : 0;
}

static int install(struct session *session, const struct cmd_options *options, const struct wishes *wishes,
		   struct bound *bound, struct error *err)
{
	struct schema_binding binding = { .rebind = wishes->rebind };
	struct error later = ERROR_INIT;
	int rc = -1;

	bound->triggers_asked = wishes->triggers;
	if (session_open_api(session, err) || ledger_usable(session->db, session->config, err) ||
	    (bound->adapter && adapter_install(session->db, session->config, bound->adapter, &bound->adapter_installed, err)) ||
	    source_discover(session->db, session->config, &bound->source, err) ||
	    (wishes->triggers && !bound->adapter && check_triggers(session, bound->source, err)) ||
	    ask_signalwire(session, bound, &later, err))
		goto out;
	binding.source = bound->source;
	binding.sip_domain = bound->domain;
	binding.subscriber_id = bound->email ? session->config->subscriber_id : NULL;
	binding.subscriber_email = bound->email;
	if (schema_install(session->db, session->config, &binding, &bound->done, err) ||
	    settle_triggers(session, wishes, bound, err))
		goto out;
	say(session, bound, options, !later.text);
	if (later.text) {
		error_exit(err, EXIT_LATER, "The ledger is made, but SignalWire could not be asked for its SIP domain (%s). "
			   "Nothing is mirrored until that is known; run again: swbridge init", error_text(&later));
		goto out;
	}
	rc = 0;
out:
	error_clear(&later);
	return rc;
}

static int print_sql(const struct cmd_options *options)
{
	struct session session;
	struct session_wish wish = { .config_path = options->config_path, .verb = "init", .level = SESSION_CONFIG };
	struct error err = ERROR_INIT;
	char *script = NULL;

	if (session_open(&session, &wish, &err))
		return cmd_fail(&err);
	script = schema_script(session.config);
	fputs(script, stdout);
	mem_free(script);
	session_close(&session);
	return EXIT_IN_STEP;
}

static int print_triggers(struct session *session, struct source **source, struct error *err)
{
	char *script = NULL;

	if (source_discover(session->db, session->config, source, err))
		return -1;
	script = triggers_script(session->db, session->config, *source, err);
	if (!script)
		return -1;
	fputs(script, stdout);
	mem_free(script);
	return 0;
}

/* What of the ledger, the adapter and the triggers is not there. */
static int print_adapter(struct session *session, const struct adapter *adapter, bool triggers, struct error *err)
{
	const struct source function = { .function = true };
	static const char *const nothing[] = { NULL };
	char *ledger = schema_script(session->config), *script = NULL;
	bool schema = false, there = false;
	struct triggers now;
	int rc = -1;

	if (!schema_exists(session->db, session->config, &schema, &there, err) &&
	    !triggers_look(session->db, session->config, &function, &now, err)) {
		script = adapter_script(session->db, session->config, adapter,
					!triggers ? NULL : now.current ? nothing : schema_002_triggers, err);
		triggers_release(&now);
	}
	if (script) {
		printf("%s%s", there ? "" : ledger, script);
		rc = 0;
	}
	mem_free(script);
	mem_free(ledger);
	return rc;
}

static int run_open(struct session *session, const struct cmd_options *options, const struct wishes *wishes)
{
	struct bound bound = { 0 };
	struct error err = ERROR_INIT;
	bool kept = false;
	int rc = 0;

	if (!wishes->uninstall)
		rc = adapter_choose(session->config, wishes->adapter, &bound.adapter, &err);
	if (rc)
		rc = -1; /* said below */
	else if (wishes->print_sql && bound.adapter)
		rc = print_adapter(session, bound.adapter, wishes->triggers, &err);
	else if (wishes->print_sql)
		rc = print_triggers(session, &bound.source, &err);
	else if (wishes->uninstall)
		rc = schema_remove(session->db, session->config, &kept, &err);
	else
		rc = install(session, options, wishes, &bound, &err);
	if (rc)
		rc = cmd_fail(&err);
	else if (wishes->uninstall && !options->quiet && !options->json)
		log_print(stdout, "Removed the ledger from schema %s.%s Nothing was changed at SignalWire.\n"
		       "To build it again from what is there: swbridge init, then swbridge migrate --adopt --ours\n",
		       session->config->schema, kept ? " The schema stays, since init did not make it." : "");
	source_free(bound.source);
	triggers_done_release(&bound.triggers);
	adapter_watched_release(&bound.watched);
	mem_free(bound.domain);
	mem_free(bound.email);
	return rc;
}

static int run(const struct cmd_verb *verb, struct cmd_options *options, int argc, char **argv)
{
	struct session session;
	struct session_wish wish = { .verb = verb->name, .level = SESSION_DB };
	struct wishes wishes = { false };
	struct error err = ERROR_INIT;
	int rc = 0, option = 0;

	while ((option = cmd_option(verb, options, options_known, argc, argv, &rc)) != CMD_END) {
		if (option == CMD_STOP)
			return rc;
		if (option == OPTION_ADAPTER)
			wishes.adapter = optarg;
		wishes.print_sql = wishes.print_sql || option == OPTION_PRINT_SQL;
		wishes.rebind = wishes.rebind || option == OPTION_REBIND;
		wishes.triggers = wishes.triggers || option == OPTION_TRIGGERS;
		wishes.uninstall = wishes.uninstall || option == OPTION_UNINSTALL;
	}
	if (optind < argc)
		return cmd_usage(verb, "\"%s\" is one argument too many.", argv[optind]);
	if (wishes.print_sql + wishes.rebind + wishes.uninstall > 1)
		return cmd_usage(verb, "Only one of --print-sql, --rebind and --uninstall at a time.");
	if (wishes.triggers && wishes.uninstall)
		return cmd_usage(verb, "--uninstall takes the triggers away by itself.");
	if (wishes.adapter && wishes.uninstall)
		return cmd_usage(verb, "--uninstall takes the adapter away by itself.");
	if (wishes.adapter && !adapter_find(wishes.adapter)) {
		struct strbuf list = STRBUF_INIT;

		adapter_list(&list);
		rc = cmd_usage(verb, "There is no adapter \"%s\"; there are: %s.", wishes.adapter, list.data);
		strbuf_release(&list);
		return rc;
	}
	if (wishes.print_sql && !wishes.triggers && !wishes.adapter)
		return print_sql(options);
	wish.config_path = options->config_path;
	if (session_open(&session, &wish, &err))
		return cmd_fail(&err);
	rc = run_open(&session, options, &wishes);
	session_close(&session);
	return rc;
}

static void list_adapters(struct strbuf *out)
{
	strbuf_puts(out, "Adapters: ");
	adapter_list(out);
	strbuf_puts(out, "\n");
}

const struct cmd_verb cmd_init = {
	.name = "init",
	.summary = "make or migrate the ledger and bind it to project, database and columns",
	.arguments = "[--adapter NAME] [--triggers] [--print-sql | --rebind | --uninstall]",
	.details =
	"Run it again after the PBX got new columns, or after an upgrade of swbridge: it keeps every id.\n\n"
	"  --adapter NAME  install the ready-made source for this kind of PBX; [postgres] source names it\n"
	"                  (asterisk-pjsip is source = swbridge.asterisk_pjsip, and so on)\n"
	"  --triggers      have the PBX's tables tell a daemon of every change at once; once made, every init renews them\n"
	"  --print-sql     print the SQL for psql instead, for those who run DDL themselves; with --triggers also theirs\n"
	"  --rebind        the ledger was moved here, or the space was renamed: bind it to what is now\n"
	"  --uninstall     remove ledger, adapter and triggers; nothing is changed at SignalWire, but the ids are lost:\n"
	"                  init, then migrate --adopt --ours builds the ledger again from what is there\n\n",
	.more = list_adapters,
	.run = run,
};
