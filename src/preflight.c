/* preflight - every extension beside what is at SignalWire, before anything is migrated. */
#include "preflight.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "difference_sql.h"
#include "json.h"
#include "mem.h"
#include "plan.h"
#include "preflight_internal.h"
#include "strbuf.h"
#include "target.h"

enum { PAGE_ROWS = 2000 };

/* ---- differences, on their way into the table -------------------------------------- */

/*
 * They are read in one statement, since each one costs a look at the whole
 * source, and the connection is busy as long as rows come: meanwhile they are
 * put aside into a file without a name, a document of some rows on each line.
 * No secret is in it.
 */
struct page {
	const struct preflight_setup *setup;
	struct plan_policy policy;
	struct difference_totals totals;
	struct strbuf doc;
	FILE *aside;
	int64_t rows; /* in doc */
};

static void put(struct strbuf *doc, const char *name, const char *value)
{
	if (!value)
		return;
	strbuf_printf(doc, ",\"%s\":", name);
	json_write_escaped(doc, value);
}

static void put_bool(struct strbuf *doc, const char *name, bool value)
{
	strbuf_printf(doc, ",\"%s\":%s", name, value ? "true" : "false");
}

/* What a decision means for a migration; PREFLIGHT_KINDS: nothing. */
static enum preflight_kind kind_of_decision(const struct plan_decision *decision)
{
	switch (decision->action) {
	case PLAN_CREATE:
		return decision->take_over ? PREFLIGHT_CHANGE : PREFLIGHT_CREATE;
	case PLAN_UPDATE: case PLAN_RESTORE:
		return PREFLIGHT_CHANGE;
	case PLAN_REPLACE:
		return PREFLIGHT_MOVE;
	case PLAN_WAIT:
		return PREFLIGHT_WAIT;
	case PLAN_REJECT:
		return PREFLIGHT_REJECT;
	case PLAN_SKIP:
		return PREFLIGHT_SKIP;
	case PLAN_NOTHING: case PLAN_NOTE: case PLAN_MARK_ABSENT: case PLAN_ADOPT: case PLAN_SUSPEND: case PLAN_REMOVE:
	case PLAN_FORGET: case PLAN_REMOVE_SUBSCRIBER:
		break;
	}
	return PREFLIGHT_KINDS;
}

static void put_aside(struct page *page)
{
	if (page->doc.len == 0)
		return;
	strbuf_puts(&page->doc, "]\n");
	fwrite(page->doc.data, 1, page->doc.len, page->aside);
	strbuf_truncate(&page->doc, 0);
	page->rows = 0;
}

static void take_row(const struct difference *d, void *arg)
{
	struct page *page = arg;
	struct difference afresh = *d;
	struct plan_decision decision = { 0 };
	enum preflight_kind kind = PREFLIGHT_KINDS;
	char *reason = NULL;
	bool refused = d->tried_digest && d->desired_digest && strcmp(d->tried_digest, d->desired_digest) == 0;

	/* What was refused before may be what can be adopted now. */
	afresh.tried_digest = NULL;
	page->policy.source_complete = page->totals.source_rows > 0;
	plan_decide(&afresh, &page->policy, &decision);
	kind = kind_of_decision(&decision);
	if (d->orphan || kind == PREFLIGHT_KINDS)
		return;
	strbuf_puts(&page->doc, page->doc.len ? ",{\"key\":" : "[{\"key\":");
	json_write_escaped(&page->doc, d->key);
	put(&page->doc, "extension", d->extension ? d->extension : d->ledger_extension);
	put(&page->doc, "tenant", d->tenant);
	put(&page->doc, "username", d->username);
	put(&page->doc, "email", d->email);
	put_bool(&page->doc, "email_given", d->email_given);
	put_bool(&page->doc, "protected", d->wants_protection);
	put(&page->doc, "kind", preflight_words[kind]);
	reason = decision.issue ? mem_printf("%s; a new secret will be issued", decision.reason) : NULL;
	put(&page->doc, "reason", reason ? reason : kind == PREFLIGHT_SKIP && d->skip_reason && !d->hashed ? d->skip_reason
														    : decision.reason);
	mem_free(reason);
	put_bool(&page->doc, "refused", refused);
	put_bool(&page->doc, "unsure", d->intent != OPERATION_NONE);
	put(&page->doc, "digest", d->desired_digest);
	strbuf_putc(&page->doc, '}');
	if (++page->rows == PAGE_ROWS)
		put_aside(page);
}

/* What was put aside goes into the table. */
static int flush(struct page *page, struct error *err)
{
	char *line = NULL;
	size_t size = 0;
	int rc = 0;

	put_aside(page);
	rewind(page->aside);
	while (!rc && getline(&line, &size, page->aside) > 0) {
		const char *params[] = { line };

		rc = db_query_wait(page->setup->db, preflight_sql_add, params, 1, NULL, err);
	}
	if (!rc && ferror(page->aside))
		rc = error_set(err, ERROR_LATER, "There is no room for what was read (%s); make some in %s.", strerror(errno), P_tmpdir);
	mem_free(line);
	rewind(page->aside);
	if (!rc && ftruncate(fileno(page->aside), 0))
		rc = error_set(err, ERROR_LATER, "A temporary file cannot be emptied (%s).", strerror(errno));
	return rc;
}

/* ---- reading ---------------------------------------------------------------------- */

static int create_table(struct db *db, struct error *err)
{
	for (int i = 0; preflight_sql_create[i]; i++)
		if (db_query_wait(db, preflight_sql_create[i], NULL, 0, NULL, err))
			return -1;
	return 0;
}

static int read_differences(struct page *page, struct error *err)
{
	return difference_page(page->setup->query, page->setup->db, WALK_CHANGE, NULL, INT64_MAX, &page->totals, take_row, page,
			       err) || flush(page, err) ? -1 : 0;
}

/* What was refused before; read by its keys, since a page leaves it to the totals. */
static int read_refused(struct page *page, struct error *err)
{
	char limit[16] = "", *after = NULL;
	int rc = 0, rows = 0;

	snprintf(limit, sizeof limit, "%d", PAGE_ROWS);
	do {
		const char *params[] = { after, limit };
		struct db_result *found = NULL;
		const char **keys = NULL;

		if (db_query_wait(page->setup->db, preflight_sql_refused, params, 2, &found, err)) {
			rc = -1;
			break;
		}
		rows = db_result_rows(found);
		keys = mem_array((size_t)rows + 1, sizeof *keys);
		for (int i = 0; i < rows; i++)
			keys[i] = db_result_get(found, i, 0);
		mem_free(after);
		after = rows ? mem_strdup(keys[rows - 1]) : NULL;
		if (rows)
			rc = difference_keys(page->setup->query, page->setup->db, keys, (size_t)rows, &page->totals.paused, take_row,
					     page, err) ||
			     flush(page, err) ? -1 : 0;
		mem_free(keys);
		db_result_free(found);
	} while (!rc && rows == PAGE_ROWS);
	mem_free(after);
	return rc;
}

/* Rows that say of themselves that they cannot be mirrored are in no page. */
static int read_skipped(const struct preflight_setup *setup, struct error *err)
{
	const char *params[] = { NULL, NULL, NULL, difference_policy(setup->query), NULL, NULL, NULL };
	struct strbuf sql = STRBUF_INIT;
	char *desired = difference_sql_desired(setup->source, setup->config, NULL);
	struct db_statement statements[2] = { { .sql = difference_settings_sql(setup->query) } };
	struct db_result *results[2] = { NULL };
	int rc = 0;

	strbuf_puts(&sql, "-- swbridge: extensions that are skipped\n");
	strbuf_puts(&sql, difference_sql_parameters);
	strbuf_printf(&sql, "\ninsert into pg_temp.preflight (key, extension, tenant, username, email_given, protected, kind, reason,\n"
		      "                               refused, unsure)\n"
		      "select d.key, d.extension, d.tenant, d.username, false, false, 'skip', " SOURCE_SQL_WHY_SKIPPED("d") ", false, false\n"
		      "  from %s d\n"
		      " where d.enabled and d.skip_reason is not null\n"
		      "    on conflict (key) do nothing", desired);
	statements[1] = (struct db_statement){ .sql = sql.data, .params = params, .param_count = 7 };
	rc = db_run_wait(setup->db, DB_WRITE, statements, 2, results, err);
	db_result_free(results[0]);
	db_result_free(results[1]);
	mem_free(desired);
	strbuf_release(&sql);
	return rc ? source_explain_error(setup->db, setup->source, err) : 0;
}

/* ---- comparing -------------------------------------------------------------------- */

/* Where credentials live: $1 of the texts; the subscriber is $2. */
static const char *home(const struct config *config)
{
	if (target_traits(config)->place)
		return "standalone";
	return config->subscriber_id ? "subscriber" : "email";
}

static int compare(const struct preflight_setup *setup, struct error *err)
{
	char canary[24] = "";
	const char *where[] = { home(setup->config), setup->config->subscriber_id };
	const char *adopt[] = { setup->adopt ? "true" : "false" };
	const char *choose[] = { setup->canary ? canary : NULL };
	const struct {
		const char *sql;
		const char *const *params;
		int count;
	} steps[] = {
		{ "analyze pg_temp.preflight", NULL, 0 },
		{ preflight_sql_exact, where, 2 },
		{ preflight_sql_adopt, adopt, 1 },
		{ "analyze pg_temp.preflight", NULL, 0 },
		{ preflight_sql_taken_email, where, 2 },
		{ preflight_sql_taken_name, where, 2 },
		{ preflight_sql_foreign, NULL, 0 },
		{ preflight_sql_refuse, NULL, 0 },
		{ preflight_sql_choose, choose, 1 },
	};

	snprintf(canary, sizeof canary, "%lld", (long long)setup->canary);
	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
		if (db_query_wait(setup->db, steps[i].sql, steps[i].params, steps[i].count, NULL, err))
			return -1;
	return 0;
}

static int count(const struct preflight_setup *setup, struct preflight_counts *counts, struct error *err)
{
	const char *where[] = { home(setup->config), setup->config->subscriber_id };
	struct db_result *result = NULL;

	if (db_query_wait(setup->db, preflight_sql_counts, where, 2, &result, err))
		return -1;
	for (int i = 0; i < db_result_rows(result); i++) {
		enum preflight_kind kind = preflight_kind_of(db_result_get(result, i, 0));

		counts->kind[kind] = db_result_int(result, i, 1);
		counts->chosen[kind] = db_result_int(result, i, 2);
		counts->subscribers += db_result_int(result, i, 3);
	}
	db_result_free(result);
	return 0;
}

int preflight_make(const struct preflight_setup *setup, struct preflight_counts *counts, struct error *err)
{
	struct page page = {
		.setup = setup,
		.policy = { .on_remove = setup->config->on_remove, .one_place = target_one_place(setup->config) },
		.doc = STRBUF_INIT,
	};
	int rc = -1;

	*counts = (struct preflight_counts){ 0 };
	page.aside = tmpfile();
	if (!page.aside)
		return error_set(err, ERROR_LATER, "A temporary file cannot be made in %s (%s).", P_tmpdir, strerror(errno));
	if (create_table(setup->db, err) || read_differences(&page, err) || read_refused(&page, err) ||
	    read_skipped(setup, err) || compare(setup, err) || count(setup, counts, err))
		goto out;
	counts->totals = page.totals;
	rc = 0;
out:
	fclose(page.aside);
	strbuf_release(&page.doc);
	return rc;
}

/* ---- what the ledger learns ------------------------------------------------------- */

int preflight_record(struct db *db, bool foreign, struct error *err)
{
	const struct db_statement statements[] = {
		{ .sql = preflight_sql_approve },
		{ .sql = preflight_sql_record_foreign },
	};
	struct db_result *results[2] = { NULL };
	int rc = db_run_wait(db, DB_WRITE, statements, foreign ? 2 : 1, results, err);

	db_result_free(results[0]);
	db_result_free(results[1]);
	return rc;
}
