/* admin - what an operator changes in the ledger by hand: forget, retry, approve, pause. */
#include "admin.h"

#include <stdio.h>
#include <string.h>

#include "ledger_sql.h"
#include "mem.h"
#include "shellword.h"
#include "strbuf.h"
#include "textarray.h"
#include "utf8.h"

static const char sql_find[] =
	"-- swbridge: the rows of an extension\n"
	"select key, extension from sync\n"
	" where key = $1 or extension = $1 or '" LEDGER_SQL_KEY "' || key = $1\n"
	" order by key\n"
	" limit 10";

/* Also what was refused of a removal: no row of the PBX has to change for it. */
#define TRIED_AGAIN(s) \
	"(" s ".tried_digest is not null or " s ".next_attempt_at is not null or " LEDGER_SQL_FAILED(s) ")"

static const char sql_lock[] =
	"-- swbridge: nobody else changes this row now\n"
	"select key, " TRIED_AGAIN("sync") ", state = 'active' from sync\n"
	" where key = $1 for update";

static const char sql_open[] =
	"-- swbridge: may a request about it be on its way?\n"
	"select exists (select from journal where key = $1 and outcome is null)";

static const char sql_forget[] =
	"-- swbridge: forget an extension, and its subscriber with the last one\n"
	"with gone as (\n"
	"    delete from sync s\n"
	"     where s.key = $1\n"
	"       and not exists (select from journal j where j.key = s.key and j.outcome is null)\n"
	"       -- nor where its subscriber goes with it, and something of another is in doubt there\n"
	"       and (exists (select from sync b where b.subscriber_no = s.subscriber_no and b.key <> s.key)\n"
	"            or not exists (select from journal j where j.outcome is null and j.subscriber_no = s.subscriber_no))\n"
	" returning s.extension, s.subscriber_no, s.sip_endpoint_id\n"
	"), owner as (\n"
	"    delete from subscriber o using gone g\n"
	"     where o.no = g.subscriber_no\n"
	"       and o.id is distinct from $2::uuid\n"
	"       and not exists (select from sync s where s.subscriber_no = o.no and s.key <> $1)\n"
	" returning o.no, o.email\n"
	")\n"
	"select g.extension, o.id, g.sip_endpoint_id, w.email\n"
	"  from gone g\n"
	"  left join subscriber o on o.no = g.subscriber_no\n"
	"  left join owner w on w.no = g.subscriber_no";

#define RETRY_SET \
	"   set tried_digest = null, attempts = 0, next_attempt_at = null, updated_at = now()\n"
#define NOT_OPEN \
	"   and not exists (select from journal j where j.key = s.key and j.outcome is null)"

static const char sql_retry[] =
	"-- swbridge: try an extension again\n"
	"update sync s\n" RETRY_SET
	" where s.key = $1\n" NOT_OPEN;

static const char sql_retry_secret[] =
	"-- swbridge: try an extension again, with its secret\n"
	"update sync s\n" RETRY_SET
	"       , secret_digest = ''\n"
	" where s.key = $1\n" NOT_OPEN;

static const char sql_retry_all[] =
	"-- swbridge: try all again that were rejected or wait\n"
	"update sync s\n" RETRY_SET
	" where " TRIED_AGAIN("s") "\n" NOT_OPEN;

static const char sql_approve[] =
	"-- swbridge: release exactly these keys\n"
	"insert into approval (operation, key, expires_at)\n"
	"select $1, k.key, now() + $3::bigint * interval '1 millisecond'\n"
	"  from unnest($2::text[]) k (key)\n"
	"    on conflict (operation, key) do update set expires_at = excluded.expires_at";

static const char sql_expire[] =
	"-- swbridge: approvals that are over\n"
	"delete from approval where expires_at < now()";

static const char sql_pause[] =
	"-- swbridge: the switch\n"
	"update control set paused = $1::boolean, changed_at = now() where paused is distinct from $1::boolean";

void admin_several_add(struct strbuf *list, const char *key, const char *extension)
{
	char *named = mem_printf(LEDGER_SQL_KEY "%s", key), *word = shellword(named);

	strbuf_printf(list, "%s%s (extension %s)", list->len ? ", " : "", word, extension);
	mem_free(word);
	mem_free(named);
}

int admin_several(const struct strbuf *list, const char *name, struct error *err)
{
	return error_set(err, ERROR_NEVER, "There are several extensions \"%s\". Name the one that is meant by its key, as: %s.",
			 name, list->data);
}

static int several(const struct db_result *found, const char *name, struct error *err)
{
	struct strbuf list = STRBUF_INIT;

	for (int i = 0; i < db_result_rows(found); i++)
		admin_several_add(&list, db_result_get(found, i, 0), db_result_get(found, i, 1));
	admin_several(&list, name, err);
	strbuf_release(&list);
	return -1;
}

int admin_name_objection(struct db *db, const char *name, struct error *err)
{
	const char *encoding = db_parameter(db, "client_encoding");

	/* What is no UTF-8 cannot even be asked for; a database of bytes takes anything. */
	if (utf8_valid(name) || (encoding && strcmp(encoding, "SQL_ASCII") == 0))
		return 0;
	return error_set(err, ERROR_NEVER, "There is no extension \"%s\": the name is not valid UTF-8.", name);
}

int admin_find(struct db *db, const char *name, char **key, struct error *err)
{
	const char *params[] = { name };
	struct db_result *found = NULL;
	int rc = -1;

	if (admin_name_objection(db, name, err))
		return -1;
	if (db_query_wait(db, sql_find, params, 1, &found, err))
		return -1;
	if (db_result_rows(found) == 0) {
		char *word = shellword(name);

		error_set(err, ERROR_NEVER, "The ledger has no extension \"%s\"; see: swbridge explain %s", name, word);
		mem_free(word);
	} else if (db_result_rows(found) > 1) {
		several(found, name, err);
	} else {
		*key = mem_strdup(db_result_get(found, 0, 0));
		rc = 0;
	}
	db_result_free(found);
	return rc;
}

static int refuse_open(const char *key, struct error *err)
{
	return error_exit(err, EXIT_LATER, "A change of %s has an unknown outcome or is on its way right now; the row is left "
			  "alone until it has settled. Try again after the next sync.", key);
}

/* Locks the row, looks for an open intent, then runs `sql` (which looks again).  results[2] is its result. */
static int change_row(struct db *db, const char *key, const char *sql, const char *const *params, int param_count,
		      struct db_result *results[3], struct error *err)
{
	const char *key_params[] = { key };
	const struct db_statement statements[] = {
		{ .sql = sql_lock, .params = key_params, .param_count = 1 },
		{ .sql = sql_open, .params = key_params, .param_count = 1 },
		{ .sql = sql, .params = params, .param_count = param_count },
	};

	if (db_run_wait(db, DB_WRITE, statements, 3, results, err))
		return -1;
	if (db_result_bool(results[1], 0, 0))
		return refuse_open(key, err);
	if (db_result_rows(results[0]) == 0)
		return error_set(err, ERROR_NEVER, "The ledger has no row \"%s\" any more.", key);
	return 0;
}

static void free_results(struct db_result *results[3])
{
	for (int i = 0; i < 3; i++)
		db_result_free(results[i]);
}

int admin_forget(struct db *db, const char *key, const char *keep_subscriber, struct admin_forgotten *forgotten,
		 struct error *err)
{
	const char *params[] = { key, keep_subscriber };
	struct db_result *results[3] = { NULL };
	int rc = change_row(db, key, sql_forget, params, 2, results, err);

	if (!rc && db_result_rows(results[2]) == 0)
		rc = error_exit(err, EXIT_LATER, "A change of %s, or of another extension on its subscriber, has an unknown outcome "
				"or is on its way right now; the row is left alone until it has settled. Try again after the next "
				"sync.", key);
	if (!rc) {
		forgotten->extension = mem_strdup(db_result_get(results[2], 0, 0));
		forgotten->subscriber_id = mem_strdup(db_result_get(results[2], 0, 1));
		forgotten->sip_endpoint_id = mem_strdup(db_result_get(results[2], 0, 2));
		forgotten->email = mem_strdup(db_result_get(results[2], 0, 3));
	}
	free_results(results);
	return rc;
}

void admin_forgotten_release(struct admin_forgotten *forgotten)
{
	mem_free(forgotten->extension);
	mem_free(forgotten->subscriber_id);
	mem_free(forgotten->sip_endpoint_id);
	mem_free(forgotten->email);
	*forgotten = (struct admin_forgotten){ 0 };
}

static int retry_row(struct db *db, const char *key, bool secret, bool *tried, struct error *err)
{
	const char *params[] = { key };
	struct db_result *results[3] = { NULL };
	int rc = change_row(db, key, secret ? sql_retry_secret : sql_retry, params, 1, results, err);

	if (!rc && db_result_affected(results[2]) == 0)
		rc = refuse_open(key, err);
	if (!rc)
		*tried = db_result_bool(results[0], 0, 1) || (secret && db_result_bool(results[0], 0, 2));
	free_results(results);
	return rc;
}

int admin_retry(struct db *db, const char *key, bool *tried, struct error *err)
{
	return retry_row(db, key, false, tried, err);
}

int admin_retry_secret(struct db *db, const char *key, bool *tried, struct error *err)
{
	return retry_row(db, key, true, tried, err);
}

int admin_retry_all(struct db *db, int64_t *count, struct error *err)
{
	struct db_result *result = NULL;

	if (db_query_wait(db, sql_retry_all, NULL, 0, &result, err))
		return -1;
	*count = db_result_affected(result);
	db_result_free(result);
	return 0;
}

int admin_approve(struct db *db, const char *operation, const char *const *keys, size_t count, int64_t for_ms,
		  struct error *err)
{
	char *array = textarray(keys, count);
	char ms[24] = "";
	const char *params[] = { operation, array, ms };
	const struct db_statement statements[] = {
		{ .sql = sql_expire },
		{ .sql = sql_approve, .params = params, .param_count = 3 },
	};
	struct db_result *results[2] = { NULL };
	int rc = 0;

	snprintf(ms, sizeof ms, "%lld", (long long)for_ms);
	rc = db_run_wait(db, DB_WRITE, statements, 2, results, err);
	db_result_free(results[0]);
	db_result_free(results[1]);
	mem_free(array);
	return rc;
}

int admin_pause(struct db *db, bool paused, bool *changed, struct error *err)
{
	const char *params[] = { paused ? "true" : "false" };
	struct db_result *result = NULL;

	if (db_query_wait(db, sql_pause, params, 1, &result, err))
		return -1;
	*changed = db_result_affected(result) > 0;
	db_result_free(result);
	return 0;
}
