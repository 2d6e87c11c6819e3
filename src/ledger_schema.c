/* ledger_schema - that the session's names are those of the configured schema's ledger, and of no other one. */
#include "ledger_internal.h"

#include "mem.h"

/*
 * The role's own path stands behind the schema, for what the source calls without a
 * schema.  PostgreSQL passes over a schema that may not be used, and looks further
 * where a table is not there: another ledger in that path would be used then, under
 * the lock of this one.  So both are asked for, and without them nothing is looked up.
 */
static const char sql_enter[] =
	"-- swbridge: the ledger's schema first, the role's own path behind it\n"
	"select set_config('search_path', quote_ident(n.nspname) || ', ' || current_setting('search_path'), false),\n"
	"       has_schema_privilege(n.oid, 'usage'),\n"
	"       exists (select from pg_class c where c.relnamespace = n.oid and c.relname = 'identity' and c.relkind = 'r')\n"
	"  from pg_namespace n\n"
	" where n.nspname = $1";

static const char sql_missing[] =
	"-- swbridge: tables of the ledger that are not in its schema\n"
	"select string_agg(t.name, ', ' order by t.name)\n"
	"  from unnest('{approval,control,holder,journal,subscriber,sync}'::name[]) t (name)\n"
	" where not exists (select\n"
	"                     from pg_class c\n"
	"                     join pg_namespace n on n.oid = c.relnamespace\n"
	"                    where n.nspname = $1 and c.relname = t.name and c.relkind = 'r')";

int ledger_enter(struct db *db, const struct config *config, struct error *err)
{
	const char *params[] = { config->schema };
	struct db_result *result = NULL;
	bool usable = false, there = false;

	if (db_query_wait(db, sql_enter, params, 1, &result, err))
		return -1;
	if (db_result_rows(result) > 0) {
		usable = db_result_bool(result, 0, 1);
		there = db_result_bool(result, 0, 2);
	}
	db_result_free(result);
	if (usable && there)
		return 0;
	return ledger_usable(db, config, err) ? -1 : ledger_no_schema(config, err);
}

int ledger_whole(struct db *db, const struct config *config, struct error *err)
{
	const char *params[] = { config->schema };
	struct db_result *result = NULL;
	int rc = 0;

	if (db_query_wait(db, sql_missing, params, 1, &result, err))
		return -1;
	if (db_result_get(result, 0, 0))
		rc = error_exit(err, EXIT_FENCE, "The ledger in schema \"%s\" is not whole, it has no %s; restore it from a backup, or "
				"build it again from what is at SignalWire: swbridge init --uninstall, then swbridge init, then "
				"swbridge migrate --adopt --ours", config->schema, db_result_get(result, 0, 0));
	db_result_free(result);
	return rc;
}
