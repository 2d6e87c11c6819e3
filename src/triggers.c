/* triggers - has the PBX's table tell a listening swbridge what was written to it. */
#include "triggers.h"

#include "adapter.h"
#include "mem.h"
#include "schema.h"

#include <stdlib.h>
#include <string.h>

/*
 * $1 schema, $2 the source, quoted, $3 the text of the function, $4 the wanted
 * arguments, of which the second is made here, $5 whether the source is an adapter.  Found by name and not with to_regclass(): that wants rights.
 */
static const char sql_look[] =
	"-- swbridge: the triggers as they are and as they should be\n"
	"with f as (\n"
	"    select p.oid, strpos($3, p.prosrc) > 0 as current\n"
	"      from pg_proc p\n"
	"      join pg_namespace n on n.oid = p.pronamespace\n"
	"     where n.nspname = $1 and p.proname = 'notify_change' and p.pronargs = 0\n"
	"), source as (\n"
	"    select c.oid, c.relkind, c.relowner\n"
	"      from pg_class c\n"
	"      join pg_namespace n on n.oid = c.relnamespace\n"
	"     where quote_ident(n.nspname) || '.' || quote_ident(c.relname) = $2\n"
	"       and c.relkind in ('r', 'p', 'v', 'm', 'f')\n"
	"), a as (\n"
	"    select a.i, case when a.i = 2 then 'swbridge.said_' || (hashtext($1) & 2147483647) else a.a end as a\n"
	"      from unnest($4::text[]) with ordinality a (a, i)\n"
	"), wanted as (\n"
	"    select ('notify_' || $1)::name as row_name, ('notify_truncate_' || $1)::name as truncate_name,\n"
	"           string_agg(quote_literal(a.a), ', ' order by a.i) as arguments,\n"
	"           string_agg(convert_to(a.a, getdatabaseencoding()) || '\\x00'::bytea, ''::bytea order by a.i) as bytes\n"
	"      from a\n"
	"), every as (\n"
	"    select t.*, t.tgname in (('notify_adapter_' || $1)::name, ('notify_adapter_truncate_' || $1)::name) as adapters\n"
	"      from pg_trigger t\n"
	"      join f on f.oid = t.tgfoid\n"
	"      -- without those that PostgreSQL keeps for the partitions (a column since 13)\n"
	"     where not t.tgisinternal and coalesce(to_jsonb(t) ->> 'tgparentid', '0') = '0'\n"
	"), t as (\n"
	"    select t.tgrelid, t.tgtype, t.tgname in (w.row_name, w.truncate_name) as by_name,\n"
	"           t.tgenabled = 'A' and t.tgargs = w.bytes and t.tgqual is null and t.tgattr::text = ''\n"
	"           and (t.tgtype = 29 and t.tgname = w.row_name -- AFTER each row's insert, update, delete\n"
	"                or t.tgtype = 32 and t.tgname = w.truncate_name) as is_right\n"
	"      from wanted w, every t\n"
	"     where not ($5::boolean and t.adapters)\n"
	")\n"
	"select exists (select from pg_class c join pg_namespace n on n.oid = c.relnamespace\n"
	"                where n.nspname = $1 and c.relname = 'identity' and c.relkind = 'r'),\n"
	"       exists (select from f), coalesce((select current from f), false),\n"
	"       (select count(*) from t where t.tgrelid = s.oid),\n"
	"       (select count(*) from t where t.tgrelid = s.oid and t.is_right),\n"
	"       exists (select from t where t.tgrelid = s.oid and not t.by_name),\n"
	"       (select string_agg(distinct t.tgrelid::regclass::text, ', ') from t where t.tgrelid is distinct from s.oid),\n"
	"       quote_ident(pg_get_userbyid(s.relowner)), s.relkind, pg_has_role(s.relowner, 'usage'),\n"
	"       s.relkind = 'r' and exists (select from pg_inherits i where i.inhparent = s.oid),\n"
	"       current_setting('max_prepared_transactions')::integer > 0, pg_notification_queue_usage(),\n"
	"       quote_ident($1) || '.notify_change', quote_ident(w.row_name), quote_ident(w.truncate_name), w.arguments,\n"
	"       (select quote_ident(pg_get_userbyid(n.nspowner)) from pg_namespace n where n.nspname = $1),\n"
	"       (select string_agg(t.tgrelid::regclass::text, ', ' order by t.tgname) from every t\n"
	"         where t.adapters and t.tgtype = 29 and t.tgenabled = 'A'),\n"
	"       -- the arguments as `escape` has them, since a column's name may be of any encoding\n"
	"       (select string_agg(t.tgrelid::regclass || '.' || convert_from(decode(m.m, 'escape'), getdatabaseencoding()), ', '\n"
	"                          order by t.tgname, m.at)\n"
	"          from every t\n"
	"         cross join unnest((string_to_array(encode(t.tgargs, 'escape'), '\\000'))[7:]) with ordinality m (m, at)\n"
	"         where t.adapters and t.tgtype = 29 and m.m <> ''\n"
	"           and not exists (select from pg_attribute a\n"
	"                            where a.attrelid = t.tgrelid and a.attnum > 0 and not a.attisdropped\n"
	"                              and encode(convert_to(a.attname::text, getdatabaseencoding()), 'escape') = m.m))\n"
	"  from wanted w\n"
	"  left join source s on true";

enum {
	AT_LEDGER, AT_FUNCTION, AT_CURRENT, AT_HERE, AT_RIGHT, AT_RENAMED, AT_ELSEWHERE, AT_OWNER, AT_KIND, AT_MAY,
	AT_CHILDREN, AT_TWO_PHASE, AT_QUEUE, AT_FUNCTION_NAME, AT_ROW_NAME, AT_TRUNCATE_NAME, AT_ARGUMENTS,
	AT_SCHEMA_OWNER, AT_BENEATH, AT_MISSING
};

static const char sql_local[] =
	"-- swbridge: nobody waits behind this for long\n"
	"select set_config('search_path', quote_ident($1), true), set_config('lock_timeout', $2, true)";

static enum triggers_obstacle obstacle(const struct source *source, const struct db_result *result)
{
	const char *kind = db_result_get(result, 0, AT_KIND);

	if (source->function || !kind)
		return TRIGGERS_FUNCTION;
	if (*kind == 'v' || *kind == 'm')
		return TRIGGERS_VIEW;
	if (*kind == 'f')
		return TRIGGERS_FOREIGN;
	return db_result_bool(result, 0, AT_MAY) ? TRIGGERS_POSSIBLE : TRIGGERS_ROLE;
}

int triggers_look(struct db *db, const struct config *config, const struct source *source, struct triggers *triggers,
		  struct error *err)
{
	char *arguments = triggers_arguments(source, config->schema);
	bool adapter = adapter_of(config) != NULL;
	const char *params[] = { config->schema, source->function ? "" : source->name, schema_002_triggers[0], arguments,
				 adapter ? "t" : "f" };
	struct db_result *result = NULL;
	int rc = db_query_wait(db, sql_look, params, 5, &result, err);

	*triggers = (struct triggers){ .obstacle = TRIGGERS_FUNCTION, .adapter = adapter };
	if (!rc) {
		triggers->obstacle = obstacle(source, result);
		triggers->ledger = db_result_bool(result, 0, AT_LEDGER);
		triggers->function = db_result_bool(result, 0, AT_FUNCTION);
		triggers->current = db_result_bool(result, 0, AT_CURRENT);
		triggers->here = (int)db_result_int(result, 0, AT_HERE);
		triggers->right = (int)db_result_int(result, 0, AT_RIGHT);
		triggers->renamed = db_result_bool(result, 0, AT_RENAMED);
		triggers->elsewhere = mem_strdup(db_result_get(result, 0, AT_ELSEWHERE));
		triggers->owner = mem_strdup(db_result_get(result, 0, AT_OWNER));
		triggers->schema_owner = mem_strdup(db_result_get(result, 0, AT_SCHEMA_OWNER));
		triggers->children = db_result_bool(result, 0, AT_CHILDREN);
		triggers->two_phase = db_result_bool(result, 0, AT_TWO_PHASE);
		triggers->queue = strtod(db_result_get(result, 0, AT_QUEUE), NULL);
		triggers->psql = db_psql(db);
		triggers->function_name = mem_strdup(db_result_get(result, 0, AT_FUNCTION_NAME));
		triggers->row_name = mem_strdup(db_result_get(result, 0, AT_ROW_NAME));
		triggers->truncate_name = mem_strdup(db_result_get(result, 0, AT_TRUNCATE_NAME));
		triggers->arguments = mem_strdup(db_result_get(result, 0, AT_ARGUMENTS));
		triggers->beneath = mem_strdup(db_result_get(result, 0, AT_BENEATH));
		triggers->missing = mem_strdup(db_result_get(result, 0, AT_MISSING));
	}
	db_result_free(result);
	mem_free(arguments);
	return rc;
}

void triggers_release(struct triggers *triggers)
{
	mem_free(triggers->elsewhere);
	mem_free(triggers->owner);
	mem_free(triggers->schema_owner);
	mem_free(triggers->psql);
	mem_free(triggers->function_name);
	mem_free(triggers->row_name);
	mem_free(triggers->truncate_name);
	mem_free(triggers->arguments);
	mem_free(triggers->beneath);
	mem_free(triggers->missing);
	*triggers = (struct triggers){ .obstacle = TRIGGERS_FUNCTION };
}

/* What is to be done, decided from how things are. */
struct steps {
	bool drop;   /* the function with every trigger that calls it, wherever that is */
	bool define; /* the function */
	bool make;   /* the two triggers */
};

static struct steps decide(const struct triggers *t, bool asked)
{
	struct steps steps = { 0 };
	bool possible = t->obstacle == TRIGGERS_POSSIBLE;
	bool wanted = asked || t->here > 0;
	bool stray = t->elsewhere || t->renamed;

	/* Not where that took away what this role cannot make again. */
	steps.drop = t->function && stray && (possible || !t->here);
	steps.make = possible && wanted && (t->here != 2 || t->right != 2 || steps.drop);
	steps.define = wanted && (!t->current || steps.drop);
	return steps;
}

enum { STATEMENTS_MAX = 4 + TRIGGERS_STATEMENTS };

static int carry_out(struct db *db, const struct config *config, const struct source *source, const struct triggers *t,
		     struct steps steps, struct error *err)
{
	char *lock_ms = mem_printf("%dms", TRIGGERS_LOCK_MS);
	char *drop = mem_printf("drop function %s() cascade", t->function_name);
	char *made[TRIGGERS_STATEMENTS] = { NULL };
	const char *params[] = { config->schema, lock_ms };
	struct db_statement statements[STATEMENTS_MAX] = { { .sql = sql_local, .params = params, .param_count = 2 } };
	struct db_result *results[STATEMENTS_MAX] = { NULL };
	int count = 1;
	int rc = 0;

	if (steps.drop)
		statements[count++] = (struct db_statement){ .sql = drop };
	for (int i = 0; steps.define && schema_002_triggers[i] && count < STATEMENTS_MAX - TRIGGERS_STATEMENTS; i++)
		statements[count++] = (struct db_statement){ .sql = schema_002_triggers[i] };
	if (steps.make)
		triggers_statements(t, source->name, made);
	for (int i = 0; steps.make && i < TRIGGERS_STATEMENTS; i++)
		statements[count++] = (struct db_statement){ .sql = made[i] };
	rc = db_run_wait(db, DB_WRITE, statements, count, results, err);
	if (rc && strcmp(db_sqlstate(db), "55P03") == 0)
		error_exit(err, EXIT_LATER, "%s is busy: the lock for its triggers was not to be had within %d s, and whoever "
			   "writes to it should not wait behind swbridge. The rest is done; run again: swbridge init%s",
			   source->name, TRIGGERS_LOCK_MS / 1000, t->here ? "" : " --triggers");
	if (rc && strcmp(db_sqlstate(db), "42501") == 0)
		error_exit(err, EXIT_CONFIG, "The function %s() of the triggers should be made anew, and this database role may not; "
			   "run `swbridge init%s` as the role that owns the schema. The rest is done.", t->function_name,
			   t->here ? "" : " --triggers");
	for (int i = 0; i < count; i++)
		db_result_free(results[i]);
	for (int i = 0; i < TRIGGERS_STATEMENTS; i++)
		mem_free(made[i]);
	mem_free(drop);
	mem_free(lock_ms);
	return rc;
}

int triggers_define(struct db *db, const struct config *config, const struct source *source, struct error *err)
{
	const struct steps define = { .define = true };
	struct triggers now;
	int rc = triggers_look(db, config, source, &now, err);

	if (!rc && !now.current)
		rc = carry_out(db, config, source, &now, define, err);
	triggers_release(&now);
	return rc;
}

int triggers_settle(struct db *db, const struct config *config, const struct source *source, bool asked,
		    struct triggers_done *done, struct error *err)
{
	struct triggers now;
	struct steps steps;
	int rc = -1;

	*done = (struct triggers_done){ 0 };
	if (triggers_look(db, config, source, &now, err))
		goto out;
	steps = decide(&now, asked);
	if ((steps.drop || steps.define || steps.make) && carry_out(db, config, source, &now, steps, err))
		goto out;
	if (asked && !triggers_in_place(&now) && triggers_possible(&now, source, config, err))
		goto out;
	done->installed = steps.make || (steps.define && now.here);
	done->waiting = now.here && !triggers_in_place(&now) && !steps.make && now.obstacle == TRIGGERS_ROLE;
	if (steps.drop) {
		done->removed = now.elsewhere;
		now.elsewhere = NULL;
	}
	rc = 0;
out:
	triggers_release(&now);
	return rc;
}

void triggers_done_release(struct triggers_done *done)
{
	mem_free(done->removed);
	done->removed = NULL;
}

char *triggers_script(struct db *db, const struct config *config, const struct source *source, struct error *err)
{
	struct triggers now;
	struct strbuf out = STRBUF_INIT;
	char *made[TRIGGERS_STATEMENTS] = { NULL };

	if (triggers_look(db, config, source, &now, err) ||
	    (now.obstacle != TRIGGERS_ROLE && triggers_possible(&now, source, config, err))) {
		triggers_release(&now);
		return NULL;
	}
	if (!now.ledger) {
		char *ledger = schema_script(config);

		strbuf_printf(&out, "%s\n", ledger);
		mem_free(ledger);
	}
	strbuf_printf(&out, "-- swbridge's triggers on %s.  Run this as a superuser, or as %s, who owns the table,\n"
			    "-- with usage on the schema: the lock that it takes stops writers until it ends.\n"
			    "\\set ON_ERROR_STOP on\nbegin;\nset local lock_timeout = '%dms';\n", source->name, now.owner, TRIGGERS_LOCK_MS);
	if (!now.current) {
		char *schema = db_identifier(db, config->schema);

		strbuf_printf(&out, "set local search_path = %s;\n", schema);
		mem_free(schema);
		for (int i = 0; schema_002_triggers[i]; i++)
			strbuf_printf(&out, "%s\n", schema_002_triggers[i]);
		/* Or init could not renew it. */
		if (now.schema_owner)
			strbuf_printf(&out, "alter function %s() owner to %s;\n", now.function_name, now.schema_owner);
	}
	triggers_statements(&now, source->name, made);
	for (int i = 0; i < TRIGGERS_STATEMENTS; i++) {
		strbuf_printf(&out, "%s;\n", made[i]);
		mem_free(made[i]);
	}
	strbuf_puts(&out, "commit;\n");
	triggers_release(&now);
	return strbuf_detach(&out);
}
