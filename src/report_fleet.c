/* report_fleet - the rows of a report file: every extension of the source, as it is now. */
#include "report_fleet.h"

#include "difference_sql.h"
#include "mem.h"

/* Whether the credential has what the PBX says. */
#define LIVE "s.sip_endpoint_id is not null and s.state = 'active' and s.secret_digest <> '' and j.id is null"

static const char sql_head[] =
	"-- swbridge: every extension, for a report\n";

static const char sql_rows[] =
	"\nselect r.key, r.extension, r.done,\n"
	"       case when r.done in ('created', 'adopted', 'in step', 'disabled') then null\n"
	"            when r.done = 'not done' and r.kind in ('create', 'adopt') and not r.chosen then 'not among those of the canary'\n"
	"            when r.done = 'not done' and r.kind in ('create', 'adopt', 'change') then\n"
	"                 coalesce(r.last_error, 'not reached; run swbridge migrate again')\n"
	"            when r.done = 'skipped' then " SOURCE_SQL_WHY_SKIPPED("r") "\n"
	"            when r.kind = 'foreign' or r.last_error is null then coalesce(r.reason, replace(r.problem, '_', ' '))\n"
	"            else r.last_error end,\n"
	"       r.username, r.secret, r.email, r.subscriber_id, r.sip_endpoint_id, r.hashed and r.username is not null\n"
	"  from (\n"
	"    select d.key, d.extension, d.skip_reason, d.hashed, d.problem, s.last_error, p.kind, p.reason, coalesce(p.chosen, true) as chosen,\n"
	"           case when $5 = 'planned' and p.kind in ('create', 'adopt', 'change') then 'to ' || p.kind\n"
	"                when not d.enabled then 'disabled'\n"
	"                when j.id is not null then 'unknown'\n"
	"                when d.skip_reason is not null then 'skipped'\n"
	"                when p.kind = 'foreign' then 'foreign'\n"
	"                when d.problem is not null or p.kind = 'reject' or s.tried_digest is not null then 'rejected'\n"
	"                when not (" LIVE ") or s.key is null then\n"
	"                     case when s.attempts > 0 and s.last_error is not null then 'failed' else 'not done' end\n"
	"                when p.kind = 'adopt' or o.origin = 'adopted' then 'adopted'\n"
	"                when exists (select from journal c where c.key = d.key and c.operation = 'create' and c.cause = 'migrate'\n"
	"                                and c.outcome = 'done') then 'created'\n"
	"                else 'in step' end as done,\n"
	"           case when " LIVE " then s.username end as username,\n"
	"           case when $6 = 'secrets' and " LIVE " then d.secret end as secret,\n"
	"           o.email, o.id as subscriber_id, s.sip_endpoint_id\n"
	"      from desired d\n"
	"      left join sync s on s.key = d.key\n"
	"      left join subscriber o on o.no = s.subscriber_no\n"
	"      left join journal j on j.key = d.key and j.outcome is null\n"
	"      left join pg_temp.preflight p on p.key = d.key) r\n"
	" order by r.key";

struct fleet {
	struct report_file *file;
	const char *domain;
	const struct issued *issued;
};

static void take_row(const struct db_row *r, void *arg)
{
	const struct fleet *fleet = arg;
	const char *hashed = db_row_get(r, 9);
	struct report_file_row row = {
		.key = db_row_get(r, 0),
		.extension = db_row_get(r, 1),
		.done = db_row_get(r, 2),
		.why = db_row_get(r, 3),
		.username = db_row_get(r, 4),
		.domain = db_row_get(r, 4) ? fleet->domain : NULL,
		.secret = db_row_get(r, 5),
		.email = db_row_get(r, 6),
		.subscriber_id = db_row_get(r, 7),
		.sip_endpoint_id = db_row_get(r, 8),
	};

	if (hashed && *hashed == 't') {
		row.secret = issued_find(fleet->issued, row.key);
		row.why = row.secret ? row.why : "the PBX has only a hash of its secret, which is not known here";
	}
	report_file_row(fleet->file, &row);
}

int report_fleet(const struct session *session, const char *domain, bool planned, const struct issued *issued,
		 struct report_file *file, struct error *err)
{
	const char *params[] = {
		NULL, NULL, NULL, difference_policy(session->query), planned ? "planned" : "done",
		report_file_has_secrets(file) ? "secrets" : "no secrets", NULL,
	};
	struct fleet fleet = { file, domain, issued };
	char *desired = difference_sql_desired(session->source, session->config, NULL);
	struct strbuf sql = STRBUF_INIT;
	struct db_statement statements[2] = { { .sql = difference_settings_sql(session->query) } };
	struct db_result *results[2] = { NULL };
	int rc = 0;

	strbuf_puts(&sql, sql_head);
	strbuf_puts(&sql, difference_sql_parameters);
	strbuf_printf(&sql, ", desired as (\n    select * from %s d\n)", desired);
	strbuf_puts(&sql, sql_rows);
	statements[1] = (struct db_statement){
		.sql = sql.data, .params = params, .param_count = 7, .row = take_row, .arg = &fleet,
	};
	rc = db_run_wait(session->db, DB_READ, statements, 2, results, err);
	db_result_free(results[0]);
	db_result_free(results[1]);
	strbuf_release(&sql);
	mem_free(desired);
	return rc ? source_explain_error(session->db, session->source, err) : 0;
}
