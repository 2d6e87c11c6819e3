/* repair - sends again what a comparison found not to be as it was sent. */
#include "repair.h"

#include "mem.h"

#include <stdio.h>
#include <string.h>

enum { KEYS_AT_ONCE = 1000 };

#define NOT_OPEN "not exists (select from journal j where j.key = s.key and j.outcome is null)"

static const char sql_owners[] =
	"-- swbridge: subscribers that drifted, or are gone\n"
	"update subscriber o\n"
	"   set id = case when g.gone then null else o.id end,\n"
	"       -- also where it was adopted: what comes in its place is made by us\n"
	"       origin = case when g.gone then 'created' else o.origin end,\n"
	"       -- no digest is empty: it differs also where no field is managed but the e-mail\n"
	"       profile_digest = case when g.gone then null else ''::bytea end,\n"
	"       updated_at = now()\n"
	"  from (select s.subscriber_no, bool_or(r.owner_gone) as gone\n"
	"          from pg_temp.survey_repair r\n"
	"          join sync s on s.key = r.key\n"
	"         where (r.owner_drifted or r.owner_gone) and " NOT_OPEN "\n"
	"         group by s.subscriber_no) g\n"
	" where o.no = g.subscriber_no";

static const char sql_rows[] =
	"-- swbridge: credentials that drifted, or are gone\n"
	"update sync s\n"
	"   set username = coalesce(r.username, s.username),\n"
	"       sip_endpoint_id = case when r.credential_gone then null else s.sip_endpoint_id end,\n"
	"       settings_digest = null, updated_at = now()\n"
	"  from pg_temp.survey_repair r\n"
	" where r.key = s.key and r.found and " NOT_OPEN;

#define HAS_SECRET "s.state = 'active' and s.sip_endpoint_id is not null and " NOT_OPEN

static const char sql_note_secrets[] =
	"-- swbridge: all secrets are to be sent again\n"
	"insert into pg_temp.survey_repair (key, owner_drifted, credential_gone, owner_gone, found)\n"
	"select s.key, false, false, false, false from sync s where " HAS_SECRET "\n"
	"    on conflict (key) do nothing";

static const char sql_secrets[] =
	"-- swbridge: no secret is known to be there\n"
	"update sync s set secret_digest = null, updated_at = now() where " HAS_SECRET " and s.secret_digest is distinct from ''";

static const char sql_keys[] =
	"-- swbridge: the keys that are to be repaired\n"
	"select key from pg_temp.survey_repair where key > $1 order by key limit $2::int";

static const char sql_repaired[] =
	"-- swbridge: what is as it should be now\n"
	"select count(*)\n"
	"  from pg_temp.survey_repair r\n"
	"  join sync s on s.key = r.key\n"
	"  left join subscriber o on o.no = s.subscriber_no\n"
	" where r.found and s.sip_endpoint_id is not null and s.settings_digest is not null\n"
	"   and not (r.owner_drifted and coalesce(o.profile_digest = '', false)) and " NOT_OPEN;

/* ---- the ledger is told ---------------------------------------------------------- */

static int mark(struct repair *repair, struct db *db, struct error *err)
{
	struct db_statement statements[4] = { { .sql = NULL } };
	struct db_result *results[4] = { NULL };
	int count = 0, rc = 0;

	if (repair->found) {
		statements[count++].sql = sql_owners;
		statements[count++].sql = sql_rows;
	}
	if (repair->secrets) {
		statements[count++].sql = sql_note_secrets;
		statements[count++].sql = sql_secrets;
	}
	rc = db_run_wait(db, DB_WRITE, statements, count, results, err);
	if (!rc && repair->secrets)
		repair->secrets_unknown = db_result_affected(results[count - 1]);
	for (int i = 0; i < count; i++)
		db_result_free(results[i]);
	return rc;
}

/* ---- and sends -------------------------------------------------------------------- */

static void add(struct pass_summary *sum, const struct pass_summary *more)
{
	sum->created += more->created;
	sum->updated += more->updated;
	sum->replaced += more->replaced;
	sum->removed += more->removed;
	sum->suspended += more->suspended;
	sum->skipped += more->skipped;
	sum->held += more->held;
	sum->rejected += more->rejected;
	sum->refused += more->refused;
	sum->orphans += more->orphans;
	sum->failed += more->failed;
	sum->unknown += more->unknown;
	sum->issued += more->issued;
	sum->held_creates += more->held_creates;
	sum->held_removals += more->held_removals;
	sum->held_changes += more->held_changes;
	sum->subscribers_created = more->subscribers_created;
	sum->subscribers_removed = more->subscribers_removed;
	sum->paused |= more->paused;
	sum->requests += more->requests;
	sum->seconds += more->seconds;
	sum->rails = more->rails;
}

static int next_keys(struct db *db, const char *after, struct db_result **keys, struct error *err)
{
	char most[16] = "";
	const char *params[] = { after, most };

	snprintf(most, sizeof most, "%d", KEYS_AT_ONCE);
	return db_query_wait(db, sql_keys, params, 2, keys, err);
}

static int send_page(const struct pass_setup *setup, const struct db_result *page, struct pass_summary *summary,
		     struct error *err)
{
	const int count = db_result_rows(page);
	const char **keys = mem_array((size_t)count + 1, sizeof *keys);
	struct pass_summary part = { 0 };
	int rc = 0;

	for (int i = 0; i < count; i++)
		keys[i] = db_result_get(page, i, 0);
	rc = pass_keys(setup, keys, (size_t)count, &part, err);
	add(summary, &part);
	mem_free(keys);
	return rc;
}

static int send_all(const struct pass_setup *setup, struct pass_summary *summary, struct error *err)
{
	char *after = mem_strdup("");
	int count = KEYS_AT_ONCE, rc = 0;

	while (!rc && count == KEYS_AT_ONCE) {
		struct db_result *page = NULL;

		rc = next_keys(setup->db, after, &page, err);
		count = rc ? 0 : db_result_rows(page);
		if (count) {
			mem_free(after);
			after = mem_strdup(db_result_get(page, count - 1, 0));
			rc = send_page(setup, page, summary, err);
		}
		db_result_free(page);
	}
	mem_free(after);
	return rc;
}

static int remove_orphans(struct repair *repair, const struct pass_setup *setup, struct pass_summary *summary,
			  struct error *err)
{
	struct pass_summary part = { 0 };
	int64_t before = mirror_counts(setup->mirror)->subscribers_removed;
	int rc = pass_orphans(setup, &part, err);

	repair->repaired += mirror_counts(setup->mirror)->subscribers_removed - before;
	add(summary, &part);
	return rc;
}

static int count_repaired(struct repair *repair, struct db *db, struct error *err)
{
	struct db_result *result = NULL;

	if (db_query_wait(db, sql_repaired, NULL, 0, &result, err))
		return -1;
	repair->repaired += db_result_int(result, 0, 0);
	db_result_free(result);
	return 0;
}

int repair_run(struct repair *repair, const struct pass_setup *setup, struct pass_summary *summary, struct error *err)
{
	if (mark(repair, setup->db, err) || send_all(setup, summary, err))
		return -1;
	if (repair->found && repair->orphans && remove_orphans(repair, setup, summary, err))
		return -1;
	return repair->found ? count_repaired(repair, setup->db, err) : 0;
}
