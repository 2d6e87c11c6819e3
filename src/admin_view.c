/* admin_view - what an operator reads of the ledger: counts, rows, history. */
#include "admin_view.h"

#include <stdio.h>

#include "ledger_sql.h"
#include "mem.h"
#include "strbuf.h"
#include "textarray.h"

#define ROWS \
	"select m.key, m.extension, m.username, m.email, m.subscriber_id, o.origin, m.sip_endpoint_id, m.state,\n" \
	"       s.last_error, s.attempts, date_trunc('second', s.next_attempt_at),\n" \
	"       date_trunc('second', s.absent_since), date_trunc('second', s.created_at),\n" \
	"       date_trunc('second', s.updated_at), s.protected,\n" \
	"       j.operation, date_trunc('second', j.at), date_trunc('second', j.settles_at),\n" \
	"       " LEDGER_SQL_FAILED("s") "\n" \
	"  from mapping m\n" \
	"  join sync s on s.key = m.key\n" \
	"  left join subscriber o on o.no = s.subscriber_no\n" \
	"  left join journal j on j.key = m.key and j.outcome is null\n"

/* Paid for without a credential is worth a word only where nobody is at it. */
#define TROUBLED \
	" where m.state in ('unknown', 'rejected')\n" \
	"    or s.next_attempt_at is not null\n" \
	"    or " LEDGER_SQL_FAILED("s") "\n" \
	"    or m.subscriber_id is not null and m.sip_endpoint_id is null\n"

static const char sql_status[] =
	"-- swbridge: the state of the ledger\n"
	"select t.active, t.suspended, t.creating, t.removing, t.unknown, t.rejected, t.retiring, t.subscribers,\n"
	"       t.paused, date_trunc('second', t.last_complete_pass),\n"
	"       -- those that would still release something: what the rails count for a key already needs none\n"
	"       (select count(*) from approval a\n"
	"         where a.expires_at > now() and not exists (\n"
	"               select from journal where journal.key = a.key and " LEDGER_SQL_COUNTED "\n"
	"                  and (" LEDGER_SQL_CLASSES ")\n"
	"                      & case a.operation when 'creates' then 1 when 'removals' then 2 else 4 end <> 0)),\n"
	"       (select count(*) from mapping m join sync s on s.key = m.key\n" TROUBLED "),\n"
	"       (select format('%s on %s, process %s, since %s', verb, host, pid, date_trunc('second', since)) from holder\n"
	"         where since is not null and released_at is null),\n"
	"       coalesce((extract(epoch from t.last_complete_pass) * 1000)::bigint, 0),\n"
	"       -- the lock is the truth: who was killed, or cut off, has released nothing\n"
	"       exists (select from pg_locks l join holder h on h.backend_pid = l.pid\n"
	"                where l.locktype = 'advisory' and l.granted\n"
	"                  and l.objid = (select relnamespace from pg_class where oid = 'holder'::regclass))\n"
	"  from status t";

static const char sql_rows[] =
	"-- swbridge: rows by name\n" ROWS
	" where m.key = any($1::text[]) or m.extension = any($1::text[])\n"
	" order by m.key";

static const char sql_troubled[] =
	"-- swbridge: rows that somebody should look at\n" ROWS TROUBLED
	" order by m.key\n"
	" limit $1::bigint";

#define DUE "s.absent_since + make_interval(secs => ($1::jsonb ->> 'grace')::double precision)"

static const char sql_leaving[] =
	"-- swbridge: who is gone, and when on_remove is done to it\n"
	"select s.key, s.extension, date_trunc('second', s.absent_since), date_trunc('second', " DUE ")\n"
	"  from sync s\n"
	" where " DUE " > now() and not s.protected and ($2::text is null or s.key = $2)\n"
	"   and case $1::jsonb ->> 'on_remove' when 'delete' then true when 'suspend' then s.state <> 'suspended' else false end\n"
	" order by s.absent_since, s.key\n"
	" limit $3::bigint";

static const char sql_journal[] =
	"-- swbridge: the history of an extension\n"
	"select operation, cause, date_trunc('second', at), date_trunc('second', finished_at),\n"
	"       date_trunc('second', settles_at), outcome, detail, attempts,\n"
	"       nullif(array_to_string(request_ids, ', '), '')\n"
	"  from journal\n"
	" where key = $1\n"
	" order by id desc\n"
	" limit $2::bigint";

static const char sql_past[] =
	"-- swbridge: what once was there\n"
	"select distinct on (n.name, j.key) n.name, j.key, j.extension\n"
	"  from unnest($1::text[]) n (name)\n"
	"  join journal j on n.name in (j.key, j.extension, '" LEDGER_SQL_KEY "' || j.key)\n"
	" where not exists (select from sync s where s.key = j.key)\n"
	" order by n.name, j.key, j.id desc";

int admin_status(struct db *db, struct admin_status *status, struct error *err)
{
	struct db_result *r = NULL;

	*status = (struct admin_status){ 0 };
	if (db_query_wait(db, sql_status, NULL, 0, &r, err))
		return -1;
	status->active = db_result_int(r, 0, 0);
	status->suspended = db_result_int(r, 0, 1);
	status->creating = db_result_int(r, 0, 2);
	status->removing = db_result_int(r, 0, 3);
	status->unknown = db_result_int(r, 0, 4);
	status->rejected = db_result_int(r, 0, 5);
	status->retiring = db_result_int(r, 0, 6);
	status->subscribers = db_result_int(r, 0, 7);
	status->paused = db_result_bool(r, 0, 8);
	status->last_success = mem_strdup(db_result_get(r, 0, 9));
	status->approvals = db_result_int(r, 0, 10);
	status->troubled = db_result_int(r, 0, 11);
	status->holder = mem_strdup(db_result_get(r, 0, 12));
	status->last_success_ms = db_result_int(r, 0, 13);
	status->locked = db_result_bool(r, 0, 14);
	db_result_free(r);
	return 0;
}

void admin_status_release(struct admin_status *status)
{
	mem_free(status->last_success);
	mem_free(status->holder);
	*status = (struct admin_status){ 0 };
}

struct row_taker {
	void (*row)(const struct admin_row *row, void *arg);
	void *arg;
};

static void take_row(const struct db_row *r, void *arg)
{
	const struct row_taker *taker = arg;
	const char *is_protected = db_row_get(r, 14), *failed = db_row_get(r, 18);
	const struct admin_row row = {
		.key = db_row_get(r, 0),
		.extension = db_row_get(r, 1),
		.username = db_row_get(r, 2),
		.email = db_row_get(r, 3),
		.subscriber_id = db_row_get(r, 4),
		.origin = db_row_get(r, 5),
		.sip_endpoint_id = db_row_get(r, 6),
		.state = db_row_get(r, 7),
		.last_error = db_row_get(r, 8),
		.attempts = db_row_get(r, 9),
		.next_attempt_at = db_row_get(r, 10),
		.absent_since = db_row_get(r, 11),
		.created_at = db_row_get(r, 12),
		.updated_at = db_row_get(r, 13),
		.is_protected = is_protected && *is_protected == 't',
		.intent = db_row_get(r, 15),
		.intent_at = db_row_get(r, 16),
		.settles_at = db_row_get(r, 17),
		.failed = failed && *failed == 't',
	};

	taker->row(&row, taker->arg);
}

static int read_rows(struct db *db, const char *sql, const char *const *params, int param_count,
		     void (*row)(const struct db_row *row, void *arg), void *arg, struct error *err)
{
	const struct db_statement statement = {
		.sql = sql, .params = params, .param_count = param_count, .row = row, .arg = arg,
	};
	struct db_result *result = NULL;
	int rc = db_run_wait(db, DB_READ, &statement, 1, &result, err);

	db_result_free(result);
	return rc;
}

/* The same of the source: a policy that hides rows is an error, not a shorter list. */
static int read_source(struct db *db, const struct config *config, const char *sql, const char *const *params,
		       int param_count, void (*row)(const struct db_row *row, void *arg), void *arg, struct error *err)
{
	const char *security[] = { config->row_security ? "on" : "off" };
	const struct db_statement statements[] = {
		{ .sql = "select set_config('row_security', $1, true)", .params = security, .param_count = 1 },
		{ .sql = sql, .params = params, .param_count = param_count, .row = row, .arg = arg },
	};
	struct db_result *results[2] = { NULL };
	int rc = db_run_wait(db, DB_READ, statements, 2, results, err);

	db_result_free(results[0]);
	db_result_free(results[1]);
	return rc;
}

int admin_rows(struct db *db, const char *const *names, size_t count,
	       void (*row)(const struct admin_row *row, void *arg), void *arg, struct error *err)
{
	struct row_taker taker = { row, arg };
	char *array = textarray(names, count);
	const char *params[] = { array };
	int rc = read_rows(db, sql_rows, params, 1, take_row, &taker, err);

	mem_free(array);
	return rc;
}

int admin_troubled(struct db *db, int64_t limit, void (*row)(const struct admin_row *row, void *arg), void *arg,
		   struct error *err)
{
	struct row_taker taker = { row, arg };
	char most[24] = "";
	const char *params[] = { most };

	snprintf(most, sizeof most, "%lld", (long long)limit);
	return read_rows(db, sql_troubled, params, 1, take_row, &taker, err);
}

struct leaving_taker {
	void (*row)(const char *key, const char *extension, const char *since, const char *due, void *arg);
	void *arg;
};

static void take_leaving(const struct db_row *r, void *arg)
{
	const struct leaving_taker *taker = arg;

	taker->row(db_row_get(r, 0), db_row_get(r, 1), db_row_get(r, 2), db_row_get(r, 3), taker->arg);
}

int admin_leaving(struct db *db, const char *policy, const char *key, int64_t limit,
		  void (*row)(const char *key, const char *extension, const char *since, const char *due, void *arg), void *arg,
		  struct error *err)
{
	struct leaving_taker taker = { row, arg };
	char most[24] = "";
	const char *params[] = { policy, key, most };

	snprintf(most, sizeof most, "%lld", (long long)limit);
	return read_rows(db, sql_leaving, params, 3, take_leaving, &taker, err);
}

struct event_taker {
	void (*event)(const struct admin_event *event, void *arg);
	void *arg;
};

static void take_event(const struct db_row *r, void *arg)
{
	const struct event_taker *taker = arg;
	const struct admin_event event = {
		.operation = db_row_get(r, 0),
		.cause = db_row_get(r, 1),
		.at = db_row_get(r, 2),
		.finished_at = db_row_get(r, 3),
		.settles_at = db_row_get(r, 4),
		.outcome = db_row_get(r, 5),
		.detail = db_row_get(r, 6),
		.attempts = db_row_get(r, 7),
		.request_ids = db_row_get(r, 8),
	};

	taker->event(&event, taker->arg);
}

int admin_journal(struct db *db, const char *key, int64_t limit,
		  void (*event)(const struct admin_event *event, void *arg), void *arg, struct error *err)
{
	struct event_taker taker = { event, arg };
	char most[24] = "";
	const char *params[] = { key, most };

	snprintf(most, sizeof most, "%lld", (long long)limit);
	return read_rows(db, sql_journal, params, 2, take_event, &taker, err);
}

struct past_taker {
	void (*found)(const char *name, const char *key, const char *extension, void *arg);
	void *arg;
};

static void take_past(const struct db_row *r, void *arg)
{
	const struct past_taker *taker = arg;

	taker->found(db_row_get(r, 0), db_row_get(r, 1), db_row_get(r, 2), taker->arg);
}

int admin_past(struct db *db, const char *const *names, size_t count,
	       void (*found)(const char *name, const char *key, const char *extension, void *arg), void *arg, struct error *err)
{
	struct past_taker taker = { found, arg };
	char *array = textarray(names, count);
	const char *params[] = { array };
	int rc = read_rows(db, sql_past, params, 1, take_past, &taker, err);

	mem_free(array);
	return rc;
}

struct skipped_taker {
	void (*row)(const char *key, const char *extension, const char *tenant, const char *why, void *arg);
	void *arg;
};

static void take_skipped(const struct db_row *r, void *arg)
{
	const struct skipped_taker *taker = arg;

	taker->row(db_row_get(r, 0), db_row_get(r, 1), db_row_get(r, 2), db_row_get(r, 3), taker->arg);
}

int admin_skipped(struct db *db, const struct source *source, const struct config *config, const char *policy,
		  int64_t limit,
		  void (*row)(const char *key, const char *extension, const char *tenant, const char *why, void *arg),
		  void *arg, struct error *err)
{
	struct skipped_taker taker = { row, arg };
	struct strbuf sql = STRBUF_INIT;
	char most[24] = "";
	const char *params[] = { NULL, NULL, NULL, policy, NULL, NULL, most };
	int rc = 0;

	snprintf(most, sizeof most, "%lld", (long long)limit);
	strbuf_puts(&sql, "-- swbridge: rows of the PBX that are skipped\n"
			  "with parameters as (\n"
			  "    select $1::text[], $2::bytea, $3::bytea, $4::jsonb, $5::text, $6::text, $7::bigint\n"
			  ")\n"
			  "select d.key, d.extension, d.tenant, " SOURCE_SQL_WHY_SKIPPED("d") "\n"
			  "  from ");
	source_query(&sql, source, config, NULL);
	strbuf_puts(&sql, " d\n"
			  " where d.enabled and d.skip_reason is not null\n"
			  " order by d.key\n"
			  " limit $7");
	rc = read_source(db, config, sql.data, params, 7, take_skipped, &taker, err);
	strbuf_release(&sql);
	return rc ? source_explain_error(db, source, err) : 0;
}
