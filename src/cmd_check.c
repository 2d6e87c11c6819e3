/* cmd_check - the verb `check`: is everything there that a pass needs? */
#include "cmd_check.h"

#include "jsonline.h"
#include "log.h"
#include "mem.h"
#include "pooler.h"
#include "report_json.h"
#include "target.h"
#include "triggers.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void check_say(struct check *check, enum verdict verdict, const char *what, const char *format, ...)
{
	static const char *const words[] = { "ok", "warning", "problem" };
	struct strbuf text = STRBUF_INIT, line = STRBUF_INIT;
	char *shown = NULL;
	va_list args;

	va_start(args, format);
	strbuf_vprintf(&text, format, args);
	va_end(args);
	shown = log_clean(text.data);
	check->count[verdict]++;
	if (check->options->json) {
		jsonline_begin(&line, "check");
		jsonline_text(&line, "name", what);
		jsonline_text(&line, "result", words[verdict]);
		jsonline_text(&line, "text", shown);
		report_json_put(stdout, &line);
	} else if (!check->options->quiet || verdict != GOOD) {
		log_print(stdout, "%-8s %-13s %s\n", words[verdict], what, shown);
	}
	mem_free(shown);
	strbuf_release(&text);
}

/* A problem, with its remedy in the sentence. */
void check_say_error(struct check *check, const char *what, struct error *err)
{
	int rc = err->exit_code ? err->exit_code : err->kind == ERROR_LATER ? EXIT_LATER : EXIT_FAULT;

	check_say(check, PROBLEM, what, "%s", error_text(err));
	check->rc = cmd_worse(check->rc, rc);
	error_clear(err);
}

/* One value, or NULL; a query that fails is a problem of `what`.  Caller frees. */
static char *ask(struct check *check, const char *what, const char *sql)
{
	struct db_result *result = NULL;
	struct error err = ERROR_INIT;
	char *value = NULL;

	if (db_query_wait(check->session.db, sql, NULL, 0, &result, &err)) {
		check_say_error(check, what, &err);
		return NULL;
	}
	value = db_result_rows(result) ? mem_strdup(db_result_get(result, 0, 0)) : NULL;
	db_result_free(result);
	return value;
}

/* ---- the database ------------------------------------------------------------------ */

static void check_server(struct check *check)
{
	const char *encoding = db_parameter(check->session.db, "server_encoding");
	char *standby = ask(check, "database", "select pg_is_in_recovery()::text");

	check_say(check, GOOD, "database", "connected to %s", db_describe(check->session.db));
	if (standby && strcmp(standby, "true") == 0) {
		check_say(check, PROBLEM, "database", "this server is a standby and read-only; let [postgres] conninfo lead to the primary "
		    "(target_session_attrs=read-write)");
		check->rc = cmd_worse(check->rc, EXIT_CONFIG);
	}
	if (encoding && strcmp(encoding, "SQL_ASCII") == 0)
		check_say(check, WARNING, "encoding", "the database is SQL_ASCII and lets any bytes through; rows that are not UTF-8 are "
		    "rejected one by one");
	mem_free(standby);
}

/* False: sessions are shared, and nothing may be set in this one. */
static bool check_pooler(struct check *check)
{
	const struct session *s = &check->session;
	bool shared = false;
	struct error err = ERROR_INIT;

	if (pooler_shares_wait(s->loop, s->db, &shared, &err)) {
		check_say_error(check, "pooler", &err);
		return false;
	}
	if (!shared) {
		check_say(check, GOOD, "pooler", "%s", db_pooled(s->db) ? "there is one, in session mode: the session is our own" :
		    "none; the session is our own");
		return true;
	}
	check_say(check, PROBLEM, "pooler", "the connection goes through %s, which shares sessions; the lock and notifications need "
	    "one of their own: %s", pooler_in_the_way, pooler_remedy);
	check->rc = cmd_worse(check->rc, EXIT_CONFIG);
	return false;
}

/* What is at SignalWire is read into temporary tables; sync and listen can do without. */
static void check_temporary(struct check *check)
{
	char *grant = ask(check, "rights",
			  "select format('GRANT TEMPORARY ON DATABASE %I TO %I', current_database(), current_user)\n"
			  " where not has_database_privilege(current_database(), 'temporary')");

	if (grant)
		check_say(check, WARNING, "rights", "this role may make no temporary tables, which verify and migrate need; as the owner of "
		    "the database run: %s", grant);
	mem_free(grant);
}

static void check_rights(struct check *check)
{
	char *missing = ask(check, "rights",
			    "select string_agg(t.name || ' (' || t.privilege || ')', ', ')\n"
			    "  from (values ('sync', 'select'), ('sync', 'insert'), ('sync', 'update'), ('sync', 'delete'),\n"
			    "               ('subscriber', 'select'), ('subscriber', 'insert'), ('subscriber', 'update'),\n"
			    "               ('subscriber', 'delete'), ('journal', 'select'), ('journal', 'insert'),\n"
			    "               ('journal', 'update'), ('journal', 'delete'), ('approval', 'select'),\n"
			    "               ('control', 'select'), ('control', 'update'), ('holder', 'select'),\n"
			    "               ('holder', 'update'), ('identity', 'select')) t (name, privilege)\n"
			    " where not has_table_privilege(t.name, t.privilege)");

	if (!missing) {
		check_say(check, GOOD, "rights", "the ledger can be read and written");
		check_temporary(check);
		return;
	}
	check_say(check, PROBLEM, "rights", "this role lacks rights on the ledger: %s; run sql/grants.sql as the schema's owner", missing);
	check->rc = cmd_worse(check->rc, EXIT_FENCE);
	mem_free(missing);
}

static void say_rail(struct check *check, const char *name, const struct rails_class *rail)
{
	if (rail->unlimited)
		check_say(check, WARNING, name, "unlimited");
	else
		check_say(check, GOOD, name, "at most %lld in 24 hours for a fleet of this size, %lld used", (long long)rail->limit,
		    (long long)rail->taken);
}

/* False: they cannot be read. */
static bool check_source_rows(struct check *check)
{
	struct session *s = &check->session;
	struct difference_totals totals = { 0 };
	struct rails rails;
	struct error err = ERROR_INIT;

	if (difference_totals(s->query, s->db, &totals, &err)) {
		check_say_error(check, "source", &err);
		return false;
	}
	check_say(check, totals.source_rows ? GOOD : WARNING, "source", "%s: %lld rows, %lld to be mirrored, %lld difference%s%s",
	    s->source->name, (long long)totals.source_rows, (long long)totals.mirrored, (long long)totals.differences,
	    totals.differences == 1 ? "" : "s", totals.source_rows ? "" : s->config->include || s->config->exclude
	    ? "; none passes [mirror] include and exclude, and an empty source removes nothing" : "; an empty source removes nothing");
	if (totals.without_secret && totals.without_secret == totals.source_rows)
		check->rc = cmd_worse(check->rc, EXIT_CONFIG);
	if (totals.without_secret)
		check_say(check, totals.without_secret == totals.source_rows ? PROBLEM : WARNING, "secrets",
		    "%lld of %lld rows have no secret and cannot be mirrored; fill it in the PBX, or correct [columns] secret",
		    (long long)totals.without_secret, (long long)totals.source_rows);
	else if (!totals.hashed)
		check_say(check, GOOD, "secrets", "no row is without one");
	if (totals.hashed && s->config->issue_secrets)
		check_say(check, GOOD, "hashes", "of %lld of %lld rows only a hash of the secret is there: where one is sent, a new secret "
		    "is issued, and sync or migrate shows it once; listen issues none", (long long)totals.hashed,
		    (long long)totals.source_rows);
	else if (totals.hashed)
		check_say(check, WARNING, "hashes", "of %lld of %lld rows only a hash of the secret is there: they are skipped; "
		    "[mirror] issue_secrets = yes issues new ones", (long long)totals.hashed, (long long)totals.source_rows);
	if (totals.paused)
		check_say(check, WARNING, "paused", "nothing is sent to SignalWire; to go on: swbridge resume");
	rails_init(&rails, s->config, &totals);
	say_rail(check, "max_creates", &rails.creates);
	say_rail(check, "max_removals", &rails.removals);
	say_rail(check, "max_changes", &rails.changes);
	return true;
}

struct first_refused {
	char *name, *reason; /* NULL: none */
};

static void take_refused(const struct pass_line *line, void *arg)
{
	struct first_refused *first = arg;

	if (first->name || line->state != PASS_REJECTED || !line->own)
		return;
	first->name = pass_line_name(line);
	first->reason = log_printable(line->reason);
}

/* What a pass would refuse for what the row says: only a plan tells. */
static void check_refused(struct check *check)
{
	struct first_refused first = { 0 };
	struct pass_setup setup = { .line = take_refused, .arg = &first };
	struct pass_summary summary = { 0 };
	struct error err = ERROR_INIT;

	cmd_pass_setup(&setup, &check->session);
	if (pass_full(&setup, &summary, &err))
		check_say_error(check, "refused", &err);
	else if (first.name)
		check_say(check, WARNING, "refused", "%lld of %lld rows cannot be mirrored as they are; %s: %s. All of them: swbridge status",
			  (long long)summary.refused, (long long)summary.source_rows, first.name, first.reason);
	mem_free(first.name);
	mem_free(first.reason);
}

/* Columns that are there now and were not when the ledger was bound. */
static void check_new_columns(struct check *check)
{
	struct session *s = &check->session;
	struct source *now = NULL;
	struct strbuf unbound = STRBUF_INIT;
	struct error err = ERROR_INIT;
	int bound = 0;

	if (source_discover(s->db, s->config, &now, &err)) {
		check_say_error(check, "columns", &err);
		return;
	}
	for (int i = 0; i < SOURCE_COLUMN_COUNT; i++) {
		bound += source_has(s->source, (enum source_column)i);
		if (source_has(now, (enum source_column)i) && !source_has(s->source, (enum source_column)i))
			strbuf_printf(&unbound, "%s%s", unbound.len ? ", " : "", source_column_names[i]);
	}
	if (strcmp(now->name, s->source->name) != 0)
		check_say(check, WARNING, "columns", "the configuration says %s, the ledger is bound to %s; to use the new one, run: "
		    "swbridge init", now->name, s->source->name);
	else if (unbound.len)
		check_say(check, WARNING, "columns", "not used, since they are new: %s; to use them, run: swbridge init", unbound.data);
	else
		check_say(check, GOOD, "columns", "%d bound", bound);
	strbuf_release(&unbound);
	source_free(now);
}

/* What the source has and the target has no use for. */
static void check_ignored(struct check *check)
{
	const struct config *config = check->session.config;
	struct strbuf ignored = STRBUF_INIT;

	for (int i = 0; i < SOURCE_COLUMN_COUNT; i++)
		if (source_ignores(check->session.source, config, (enum source_column)i))
			strbuf_printf(&ignored, "%s%s", ignored.len ? ", " : "", source_column_names[i]);
	if (config->subscriber_domain && target_traits(config)->place)
		strbuf_printf(&ignored, "%s[mirror] subscriber_domain", ignored.len ? ", " : "");
	if (ignored.len)
		check_say(check, GOOD, "target", "%s; these mean nothing to it and are not used: %s", target_traits(config)->name,
		    ignored.data);
	else
		check_say(check, GOOD, "target", "%s", target_traits(config)->name);
	strbuf_release(&ignored);
}

static void check_triggers(struct check *check)
{
	struct session *s = &check->session;
	struct strbuf text = STRBUF_INIT;
	struct triggers triggers;
	struct error err = ERROR_INIT;

	if (triggers_look(s->db, s->config, s->source, &triggers, &err)) {
		check_say_error(check, "triggers", &err);
	} else {
		bool bad = triggers_verdict(&text, &triggers, s->source);

		check_say(check, bad ? WARNING : GOOD, "triggers", "%s", text.data);
	}
	triggers_release(&triggers);
	strbuf_release(&text);
}

static void check_ledger(struct check *check)
{
	struct session *s = &check->session;
	const struct ledger_identity *identity = NULL;
	struct error err = ERROR_INIT;

	if (ledger_open(s->db, s->config, &s->ledger, &err)) {
		check_say_error(check, "ledger", &err);
		return;
	}
	identity = ledger_identity(s->ledger);
	check_say(check, GOOD, "ledger", "schema %s, version %d", s->config->schema, LEDGER_SCHEMA_VERSION);
	if (ledger_check_identity(s->ledger, s->config, &err))
		check_say_error(check, "identity", &err);
	else
		check_say(check, GOOD, "identity", "bound to project %s at %s", identity->project_id, identity->api_url);
	check_rights(check);
	if (source_bind(s->db, s->config, identity->source, identity->columns, &s->source, &err) ||
	    difference_query_new(s->db, s->source, s->config, identity->digest_inner, identity->digest_outer, &s->query,
				 &err)) {
		check_say_error(check, "source", &err);
		return;
	}
	check_new_columns(check);
	check_ignored(check);
	check_triggers(check);
	if (check_source_rows(check))
		check_refused(check);
}

/* ---- the whole ----------------------------------------------------------------------- */

static void finish(struct check *check)
{
	struct strbuf line = STRBUF_INIT;

	if (check->options->json) {
		jsonline_begin(&line, "summary");
		jsonline_int(&line, "ok", check->count[GOOD]);
		jsonline_int(&line, "warnings", check->count[WARNING]);
		jsonline_int(&line, "problems", check->count[PROBLEM]);
		report_json_put(stdout, &line);
	} else if (!check->options->quiet) {
		printf("%lld ok, %lld warning%s, %lld problem%s\n", (long long)check->count[GOOD],
		       (long long)check->count[WARNING], check->count[WARNING] == 1 ? "" : "s",
		       (long long)check->count[PROBLEM], check->count[PROBLEM] == 1 ? "" : "s");
	}
}

static int run(const struct cmd_verb *verb, struct cmd_options *options, int argc, char **argv)
{
	struct check check = { .options = options };
	struct session_wish wish = { .verb = verb->name, .level = SESSION_CONFIG };
	struct error err = ERROR_INIT;
	bool database = false;
	int rc = 0;

	if (cmd_names(verb, options, argc, argv, 0, 0, &rc) == CMD_STOP)
		return rc;
	wish.config_path = options->config_path;
	if (options->json)
		report_json_version(stdout);
	if (session_open(&check.session, &wish, &err)) {
		check_say_error(&check, "configuration", &err);
		finish(&check);
		return check.rc;
	}
	check_say(&check, GOOD, "configuration", "%s", check.session.config->path);
	session_close(&check.session);
	wish.level = SESSION_DB;
	wish.any_pooler = true;
	database = session_open(&check.session, &wish, &err) == 0;
	if (database) {
		check_server(&check);
		if (check_pooler(&check))
			check_ledger(&check);
	} else {
		check_say_error(&check, "database", &err);
		wish.level = SESSION_CONFIG;
		if (session_open(&check.session, &wish, &err)) {
			check_say_error(&check, "configuration", &err);
			finish(&check);
			return check.rc;
		}
	}
	check_api(&check);
	session_close(&check.session);
	finish(&check);
	return check.rc;
}

const struct cmd_verb cmd_check = {
	.name = "check",
	.summary = "is everything there that a pass needs? With the remedy",
	.arguments = "",
	.details =
	"A line each for configuration, database, ledger, rights, source, rails, SignalWire, scopes and\n"
	"clock.  Only reads.  Exit 0 where there is no problem, else the code of the gravest one.\n",
	.run = run,
};
