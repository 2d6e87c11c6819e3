/* verify - compares what is at SignalWire with what the ledger says of it. */
#include "verify_internal.h"

#include "mem.h"
#include "verify_sql.h"

#include <assert.h>
#include <string.h>

static const char sql_now[] = "select clock_timestamp()";

static const char sql_drop[] =
	"-- swbridge: nothing is left of an earlier comparison\n"
	"drop table if exists pg_temp.survey_beside, pg_temp.survey_repair";

/* Of conditions over a join the planner expects one row, and would look through the fleet for each of thousands. */
static const char sql_hash[] = "select set_config('enable_nestloop', 'off', true)";

static const char sql_index[] = "create index on pg_temp.survey_beside (nth)";

/* Described in repair.h. */
static const char sql_repair[] =
	"-- swbridge: what is to be repaired\n"
	"create temporary table survey_repair (\n"
	"    key              text collate \"C\" primary key,\n"
	"    username         text collate \"C\",\n"
	"    owner_drifted    boolean not null,\n"
	"    credential_gone  boolean not null,\n"
	"    owner_gone       boolean not null,\n"
	"    found            boolean not null\n"
	") on commit preserve rows";

static const char sql_add_repairs[] =
	"-- swbridge: what is to be repaired of this page\n"
	"insert into pg_temp.survey_repair\n"
	"select d.*, true from jsonb_to_recordset($1::jsonb) as d (\n"
	"       key text, username text, owner_drifted boolean, credential_gone boolean, owner_gone boolean)\n"
	"    on conflict (key) do nothing";

enum { PARAMETERS = 7 };

const char *verify_kind_name(enum verify_kind kind)
{
	static const char *const names[] = {
		[VERIFY_DRIFTED] = "drifted", [VERIFY_MISSING] = "missing", [VERIFY_LEAKED] = "leaked",
		[VERIFY_FOREIGN] = "foreign",
	};

	return names[kind];
}

struct verify *verify_new(const struct verify_setup *setup)
{
	struct verify *verify = mem_alloc(sizeof *verify);
	const struct survey_setup survey = {
		.loop = setup->loop, .db = setup->db, .api = setup->api, .http = setup->http,
		.project_id = setup->identity->project_id, .sip_domain = setup->identity->sip_domain,
		.progress = setup->progress, .arg = setup->arg,
	};

	verify->setup = *setup;
	verify->survey = survey_new(&survey);
	verify->target = target_new(setup->config, setup->api);
	verify->standalone = target_traits(setup->config)->place != NULL;
	verify->repairs = (struct strbuf)STRBUF_INIT;
	return verify;
}

void verify_free(struct verify *verify)
{
	if (!verify)
		return;
	survey_free(verify->survey);
	target_free(verify->target);
	verify_forget_suspects(verify);
	strbuf_release(&verify->repairs);
	mem_free(verify->started);
	mem_free(verify->nth);
	mem_free(verify->unsure);
	error_clear(&verify->err);
	mem_free(verify);
}

void verify_abandon(struct verify *verify)
{
	verify->abandoned = true;
	survey_abandon(verify->survey);
}

/* ---- findings and failures ----------------------------------------------------- */

void verify_found(struct verify *verify, const struct verify_finding *finding)
{
	verify->summary.count[finding->kind]++;
	verify->setup.finding(finding, verify->setup.arg);
}

void verify_unsure(struct verify *verify, const char *what, const char *why)
{
	verify->summary.unsure++;
	if (!verify->unsure)
		verify->unsure = mem_printf("%s: %s", what, why);
}

/* The first one counts. */
void verify_fail(struct verify *verify, const struct error *err)
{
	if (verify->err.kind != ERROR_NONE)
		return;
	error_set(&verify->err, err->kind, "%s", error_text(err));
	verify->err.exit_code = err->exit_code;
}

static bool failed(const struct verify *verify)
{
	return verify->err.kind != ERROR_NONE;
}

static void finish(struct verify *verify)
{
	if (!verify->abandoned)
		verify->done(failed(verify) ? &verify->err : NULL, verify->done_arg);
}

/* ---- the order of things --------------------------------------------------------- */

/* The parameters of verify_sql.h, with those of difference.h. */
static void parameters(const struct verify *verify, const char *params[PARAMETERS])
{
	enum survey_part part = verify->standalone ? SURVEY_ENDPOINTS : SURVEY_SUBSCRIBERS;

	difference_parameters(verify->setup.query, params);
	params[4] = survey_whole(verify->survey, part, NULL) ? "whole" : "not whole";
	params[5] = verify->started;
}

/* Why it counts as leaked, and what lives on it: whoever removes that takes phones off the air. */
static char *leaked_text(const char *why, bool ours, const char *credentials)
{
	if (ours || strcmp(credentials, "0") == 0)
		return mem_strdup(why);
	if (strcmp(credentials, "-1") == 0)
		return mem_printf("%s; what lives on it could not be read", why);
	return strcmp(credentials, "1") == 0 ? mem_printf("%s; 1 credential lives on it", why)
					     : mem_printf("%s; %s credentials live on it", why, credentials);
}

static void stranger(const struct db_row *row, void *arg)
{
	struct verify *verify = arg;
	bool leaked = strcmp(db_row_get(row, 0), "leaked") == 0;
	bool ours = leaked && strcmp(db_row_get(row, 9), "t") == 0;
	const char *object = db_row_get(row, 1), *credentials = db_row_get(row, 10);
	bool subscriber = strcmp(object, "subscriber") == 0;
	const char *on = db_row_get(row, 4), *email = db_row_get(row, 5);
	char *text = leaked ? leaked_text(db_row_get(row, 7), ours, credentials)
		     : on ? mem_printf("on subscriber %s (%s)", email ? email : "without an e-mail", on) : NULL;
	const struct verify_finding finding = {
		.kind = leaked ? VERIFY_LEAKED : VERIFY_FOREIGN, .object = object, .key = db_row_get(row, 6),
		.username = subscriber ? NULL : db_row_get(row, 2), .email = subscriber ? db_row_get(row, 2) : email,
		.subscriber_id = subscriber ? db_row_get(row, 3) : on, .sip_endpoint_id = subscriber ? NULL : db_row_get(row, 3),
		.text = text, .in_use = leaked && !ours && strcmp(credentials, "0") != 0, .repairable = ours,
	};

	verify_found(verify, &finding);
	mem_free(text);
}

static void strangers_read(struct db_result *const *results, const struct error *err, void *arg)
{
	struct verify *verify = arg;

	(void)results;
	if (err) {
		verify->about_source = true;
		verify_fail(verify, err);
	}
	finish(verify);
}

static void read_strangers(struct verify *verify)
{
	const char *params[PARAMETERS] = { NULL };
	char *text = verify_sql_strangers(verify->setup.source, verify->setup.config);
	const struct db_statement statements[] = {
		{ .sql = difference_settings_sql(verify->setup.query) },
		{ .sql = sql_hash },
		{ .sql = text, .params = params, .param_count = PARAMETERS, .row = stranger, .arg = verify },
	};

	parameters(verify, params);
	db_run(verify->setup.db, DB_READ, statements, 3, strangers_read, verify);
	mem_free(text);
}

static void next_page(struct verify *verify)
{
	if (failed(verify) || verify->abandoned)
		finish(verify);
	else if (verify->rows == VERIFY_PAGE_ROWS)
		verify_page(verify);
	else
		read_strangers(verify);
}

static void repairs_noted(struct db_result *const *results, const struct error *err, void *arg)
{
	struct verify *verify = arg;

	(void)results;
	if (err)
		verify_fail(verify, err);
	next_page(verify);
}

void verify_page_over(struct verify *verify)
{
	const char *params[] = { NULL };
	const struct db_statement add = { .sql = sql_add_repairs, .params = params, .param_count = 1 };

	if (failed(verify) || verify->abandoned || !verify->repairs.len) {
		next_page(verify);
		return;
	}
	strbuf_putc(&verify->repairs, ']');
	params[0] = verify->repairs.data;
	db_run(verify->setup.db, DB_AUTOCOMMIT, &add, 1, repairs_noted, verify);
	strbuf_release(&verify->repairs);
}

static void joined(struct db_result *const *results, const struct error *err, void *arg)
{
	struct verify *verify = arg;

	(void)results;
	if (err) {
		verify->about_source = true;
		verify_fail(verify, err);
		finish(verify);
		return;
	}
	if (!verify->abandoned)
		verify_page(verify);
}

static void surveyed(const struct error *err, void *arg)
{
	struct verify *verify = arg;
	const char *params[PARAMETERS] = { NULL };
	char *text = NULL;
	struct db_statement statements[] = {
		{ .sql = difference_settings_sql(verify->setup.query) },
		{ .sql = sql_hash },
		{ .sql = sql_drop },
		{ .sql = NULL, .params = params, .param_count = PARAMETERS },
		{ .sql = sql_index },
		{ .sql = sql_repair },
	};

	if (err) {
		verify_fail(verify, err);
		finish(verify);
		return;
	}
	text = verify_sql_beside(verify->setup.source, verify->setup.config);
	statements[3].sql = text;
	parameters(verify, params);
	db_run(verify->setup.db, DB_WRITE, statements, sizeof statements / sizeof *statements, joined, verify);
	mem_free(text);
}

static void clock_read(struct db_result *const *results, const struct error *err, void *arg)
{
	struct verify *verify = arg;

	if (err) {
		verify_fail(verify, err);
		finish(verify);
		return;
	}
	verify->started = mem_strdup(db_result_get(results[0], 0, 0));
	if (!verify->abandoned)
		survey_start(verify->survey, surveyed, verify);
}

void verify_start(struct verify *verify, void (*done)(const struct error *err, void *arg), void *arg)
{
	const struct db_statement now = { .sql = sql_now };

	assert(!verify->done);
	verify->done = done;
	verify->done_arg = arg;
	db_run(verify->setup.db, DB_AUTOCOMMIT, &now, 1, clock_read, verify);
}

/* ---- for who waits ------------------------------------------------------------------ */

static void over(const struct error *err, void *arg)
{
	bool *is_over = arg;

	(void)err;
	*is_over = true;
}

static bool is_over(void *arg)
{
	const bool *over = arg;

	return *over;
}

int verify_run(struct verify *verify, struct error *err)
{
	bool done = false;

	verify_start(verify, over, &done);
	if (!loop_until(verify->setup.loop, is_over, &done)) {
		verify_abandon(verify);
		return error_set(err, ERROR_LATER, "Interrupted.");
	}
	if (!failed(verify))
		return 0;
	error_set(err, verify->err.kind, "%s", error_text(&verify->err));
	err->exit_code = verify->err.exit_code;
	return verify->about_source ? source_explain_error(verify->setup.db, verify->setup.source, err) : -1;
}

int verify_check_whole(const struct verify *verify, struct error *err)
{
	char *before = NULL;
	int rc = survey_check_whole(verify->survey, err);

	if (!verify->summary.unsure)
		return rc;
	before = mem_strdup(rc ? error_text(err) : "");
	rc = error_exit(err, EXIT_LATER, "%s%sNothing can be said about %lld of our own credentials (%s).", before,
			*before ? ". " : "", (long long)verify->summary.unsure, verify->unsure);
	mem_free(before);
	return rc;
}

const struct verify_summary *verify_summary(const struct verify *verify)
{
	return &verify->summary;
}
