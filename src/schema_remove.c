/* schema_remove - takes the ledger away again: what is swbridge's, and nothing that only bears such a name. */
#include "schema.h"

#include "adapter.h"
#include "ledger.h"
#include "mem.h"

#include <string.h>

enum { STATEMENTS_MAX = 64 };

static const char sql_only[] =
	"-- swbridge: the ledger's schema and no other, since the PBX may have tables of the same names\n"
	"select set_config('search_path', quote_ident($1), true)";

/*
 * Tables and views are known by two of their columns, which no other program's have.
 * adapter_watch() is there where an adapter is, with or without a ledger.
 */
static const char sql_look[] =
	"-- swbridge: what in the schema is swbridge's, what only bears its names, and who made the schema\n"
	"select r.ours > 0 or exists (select from pg_proc p where p.pronamespace = n.oid and p.proname = 'adapter_watch'),\n"
	"       concat_ws(', ', r.others, (select 'notify_change()' from pg_proc p\n"
	"                                   where p.pronamespace = n.oid and p.proname = 'notify_change' and p.pronargs = 0\n"
	"                                     and obj_description(p.oid, 'pg_proc') is distinct from\n"
	"                                         'swbridge: tells a listening swbridge which extension was written')),\n"
	"       r.identity, coalesce(obj_description(n.oid, 'pg_namespace') = $2, false)\n"
	"  from pg_namespace n\n"
	"  cross join lateral (\n"
	"        select count(*) filter (where x.ours) as ours,\n"
	"               string_agg(x.name, ', ' order by x.name) filter (where not x.ours) as others,\n"
	"               coalesce(bool_or(x.ours) filter (where x.name = 'identity'), false) as identity\n"
	"          from (select s.name, c.relkind = s.kind and (select count(*) = 2 from pg_attribute a where a.attrelid = c.oid\n"
	"                                                        and not a.attisdropped and a.attname = any (s.columns)) as ours\n"
	"                  from (values ('identity', 'r'::\"char\", '{digest_inner,digest_outer}'::name[]),\n"
	"                               ('subscriber', 'r', '{origin,profile_digest}'),\n"
	"                               ('sync', 'r', '{tried_digest,sip_endpoint_id}'),\n"
	"                               ('journal', 'r', '{settles_at,sip_endpoint_id}'),\n"
	"                               ('approval', 'r', '{operation,expires_at}'),\n"
	"                               ('control', 'r', '{paused,changed_at}'),\n"
	"                               ('holder', 'r', '{backend_pid,last_complete_pass}'),\n"
	"                               ('mapping', 'v', '{subscriber_id,sip_endpoint_id}'),\n"
	"                               ('status', 'v', '{rejected,retiring}')) s (name, kind, columns)\n"
	"                  join pg_class c on c.relnamespace = n.oid and c.relname = s.name) x) r\n"
	" where n.nspname = $1";

/* A newer swbridge may have made more than this one knows. */
static int check_version(struct db *db, const struct config *config, struct error *err)
{
	char *name = db_identifier(db, config->schema);
	char *sql = mem_printf("-- swbridge: of which version is it?\nselect max(schema_version) from %s.identity", name);
	struct db_result *result = NULL;
	int rc = db_query_wait(db, sql, NULL, 0, &result, err);

	if (!rc && db_result_get(result, 0, 0) && db_result_int(result, 0, 0) > LEDGER_SCHEMA_VERSION)
		rc = error_exit(err, EXIT_FENCE, "The ledger in schema \"%s\" has version %s, this swbridge knows only up to %d; "
				"remove it with the newer swbridge that migrated it", config->schema, db_result_get(result, 0, 0),
				LEDGER_SCHEMA_VERSION);
	db_result_free(result);
	mem_free(sql);
	mem_free(name);
	return rc;
}

/* Whether it may go; *made: its schema, too. */
static int look(struct db *db, const struct config *config, bool *made, struct error *err)
{
	const char *params[] = { config->schema, SCHEMA_MADE };
	struct db_result *found = NULL;
	int rc = -1;

	if (ledger_usable(db, config, err) || db_query_wait(db, sql_look, params, 2, &found, err))
		return -1;
	if (db_result_rows(found) == 0 || !db_result_bool(found, 0, 0)) {
		ledger_no_schema(config, err);
	} else if (*db_result_get(found, 0, 1)) {
		error_exit(err, EXIT_FENCE, "Nothing was removed: in schema \"%s\" this bears a name of swbridge's and is not its own: %s. "
			   "Rename it, or move it to another schema, and run again: swbridge init --uninstall", config->schema,
			   db_result_get(found, 0, 1));
	} else {
		*made = db_result_bool(found, 0, 3);
		rc = db_result_bool(found, 0, 2) ? check_version(db, config, err) : 0;
	}
	db_result_free(found);
	return rc;
}

static void explain_dependants(const struct config *config, struct error *err)
{
	char *words = source_server_words(error_text(err));

	error_set(err, ERROR_NEVER, "Nothing was removed: %s. What depends there is not swbridge's: drop it, or move it to another "
		  "schema than \"%s\", then run again: swbridge init --uninstall", words, config->schema);
	mem_free(words);
}

int schema_remove(struct db *db, const struct config *config, bool *kept, struct error *err)
{
	char *name = db_identifier(db, config->schema);
	char *drop = mem_printf("-- swbridge: only if nothing else is in it\ndrop schema %s", name);
	const char *params[] = { config->schema };
	struct db_statement statements[STATEMENTS_MAX] = { { .sql = sql_only, .params = params, .param_count = 1 } };
	struct db_result *results[STATEMENTS_MAX] = { NULL };
	bool made = false;
	int count = 1;
	int rc = -1;

	/* The lock first: what is looked at must not become another one's before it is dropped. */
	if (ledger_claim(db, config, err) || look(db, config, &made, err))
		goto out;
	for (int i = 0; schema_uninstall[i] && count < STATEMENTS_MAX - 1; i++)
		statements[count++] = (struct db_statement){ .sql = schema_uninstall[i] };
	for (const struct adapter *a = adapters; a->name && count < STATEMENTS_MAX - 1; a++)
		statements[count++] = (struct db_statement){ .sql = a->uninstall[0] };
	if (made)
		statements[count++] = (struct db_statement){ .sql = drop };
	*kept = !made;
	rc = db_run_wait(db, DB_WRITE, statements, count, results, err);
	if (rc && strcmp(db_sqlstate(db), "2BP01") == 0)
		explain_dependants(config, err);
	for (int i = 0; i < count; i++)
		db_result_free(results[i]);
out:
	mem_free(drop);
	mem_free(name);
	return rc;
}
