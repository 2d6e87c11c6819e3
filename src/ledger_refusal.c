/* ledger_refusal - the sentences for a ledger that cannot be opened, or whose lock another one has. */
#include "ledger_internal.h"

#include "mem.h"
#include "shellword.h"

#include <string.h>

static const char sql_holder[] =
	"-- swbridge: who has the lock\n"
	"select coalesce(verb, '?'), coalesce(host, '?'), coalesce(pid::text, '?'), date_trunc('second', since)::text,\n"
	"       coalesce(verb = 'listen' and released_at is null, false)\n"
	"  from holder";

static const char sql_usage[] =
	"-- swbridge: may this role use the schema, and is there a ledger in it?\n"
	"select has_schema_privilege(n.oid, 'usage'),\n"
	"       exists (select from pg_class c where c.relnamespace = n.oid and c.relname = 'identity' and c.relkind = 'r'),\n"
	"       current_user, pg_get_userbyid(n.nspowner)\n"
	"  from pg_namespace n\n"
	" where n.nspname = $1";

int ledger_no_schema(const struct config *config, struct error *err)
{
	return error_exit(err, EXIT_FENCE, "The database has no swbridge ledger in schema \"%s\"; "
			  "run: swbridge init (or set [postgres] schema)", config->schema);
}

static int refuse_usage(struct db *db, const struct config *config, const char *role, const char *owner, struct error *err)
{
	char *psql = db_psql(db);
	char *schema = shellword(config->schema), *who = shellword(role), *source = shellword(config->source);

	error_exit(err, EXIT_FENCE, "The role %s may not use the schema \"%s\" of the ledger; its owner (%s) or a superuser "
		   "runs: %s -v schema=%s -v role=%s -v source=%s -f " PKGDATADIR "/sql/grants.sql",
		   role, config->schema, owner, psql, schema, who, source);
	mem_free(source);
	mem_free(who);
	mem_free(schema);
	mem_free(psql);
	return -1;
}

int ledger_usable(struct db *db, const struct config *config, struct error *err)
{
	const char *params[] = { config->schema };
	struct db_result *result = NULL;
	int rc = 0;

	if (db_query_wait(db, sql_usage, params, 1, &result, err))
		return -1;
	if (db_result_rows(result) == 0 || db_result_bool(result, 0, 0))
		rc = 0;
	else if (db_result_bool(result, 0, 1))
		rc = refuse_usage(db, config, db_result_get(result, 0, 2), db_result_get(result, 0, 3), err);
	else
		rc = error_exit(err, EXIT_FENCE, "The role %s may not use the schema \"%s\", in which there is no ledger yet; as its owner "
				"(%s) run: swbridge init", db_result_get(result, 0, 2), config->schema, db_result_get(result, 0, 3));
	db_result_free(result);
	return rc;
}

/* A table that is missing, or that may not be read, has its own sentence. */
int ledger_unreadable(struct db *db, const struct config *config, struct error *err)
{
	/* 42703: a table of that name which is not ours. */
	if (strcmp(db_sqlstate(db), "42P01") == 0 || strcmp(db_sqlstate(db), "42703") == 0)
		return ledger_no_schema(config, err);
	if (strcmp(db_sqlstate(db), "42501") == 0)
		error_exit(err, EXIT_FENCE, "This database role may not read the ledger in schema \"%s\"; "
			   "run " PKGDATADIR "/sql/grants.sql for it as the schema's owner", config->schema);
	return -1;
}

/* The daemon does not end by itself: to wait for it would be to wait for ever. */
static const char *remedy(const char *verb, bool daemon)
{
	bool sync = verb && strcmp(verb, "sync") == 0;

	if (daemon && sync)
		return "that is the daemon, which does by itself what sync does; what is live yet says: swbridge wait EXT";
	if (daemon)
		return "that is the daemon: stop it first (with systemd: systemctl stop swbridge@swbridge), run this again, and start "
		       "it afterwards";
	if (sync)
		return "wait for it, or use: swbridge sync --wait";
	return verb ? "wait for it, and then run this again" : "wait for it, or stop it first";
}

int ledger_locked(struct db *db, const char *verb, struct error *err)
{
	struct db_result *result = NULL;

	if (db_query_wait(db, sql_holder, NULL, 0, &result, err))
		return -1;
	error_exit(err, EXIT_LOCKED, "Another swbridge is at work on this ledger (%s on %s, process %s, since %s); "
		   "%s", db_result_get(result, 0, 0), db_result_get(result, 0, 1), db_result_get(result, 0, 2),
		   db_result_get(result, 0, 3), remedy(verb, db_result_bool(result, 0, 4)));
	db_result_free(result);
	return -1;
}

int ledger_locked_by_daemon(struct db *db, bool *daemon, struct error *err)
{
	struct db_result *result = NULL;

	if (db_query_wait(db, sql_holder, NULL, 0, &result, err))
		return -1;
	*daemon = db_result_bool(result, 0, 4);
	db_result_free(result);
	return 0;
}
