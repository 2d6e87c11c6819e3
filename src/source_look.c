/* source_look - looks up what bears the source's name in the database, and the columns that it has now. */
#include "source_look.h"

#include <string.h>

#include "mem.h"

/*
 * What bears the name $1.  The name is compared with every way of writing it, so
 * that nothing has to parse it here and "invalid name syntax" cannot happen.
 */
static const char find_sql[] =
	"-- swbridge: which relation or function is the source\n"
	"select c.oid::text, quote_ident(n.nspname) || '.' || quote_ident(c.relname), false, false\n"
	"  from pg_class c\n"
	"  join pg_namespace n on n.oid = c.relnamespace\n"
	" where c.relkind in ('r', 'v', 'm', 'f', 'p')\n"
	"   and ($1 in (n.nspname || '.' || c.relname, quote_ident(n.nspname) || '.' || quote_ident(c.relname),\n"
	"               n.nspname || '.' || quote_ident(c.relname))\n"
	"        or $1 in (c.relname::text, quote_ident(c.relname)) and pg_table_is_visible(c.oid))\n"
	"union all\n"
	"select p.oid::text, quote_ident(n.nspname) || '.' || quote_ident(p.proname), true, p.pronargs = 1\n"
	"  from pg_proc p\n"
	"  join pg_namespace n on n.oid = p.pronamespace\n"
	" where p.prokind = 'f' and p.proretset\n"
	"   and (p.pronargs = 0 or p.pronargs = 1 and p.proargtypes[0] = 'text[]'::regtype)\n"
	"   and (regexp_replace($1, '[(][)]$', '')\n"
	"           in (n.nspname || '.' || p.proname, quote_ident(n.nspname) || '.' || quote_ident(p.proname))\n"
	"        or regexp_replace($1, '[(][)]$', '') in (p.proname::text, quote_ident(p.proname))\n"
	"           and pg_function_is_visible(p.oid))\n"
	" order by 3, 4 desc, 2\n"
	" limit 1";

/* The columns of what $1 (oid) is; $2: whether it is a function. */
static const char columns_sql[] =
	"-- swbridge: the columns of the source and their types\n"
	"with source_columns as (\n"
	"    select a.attname::text as name, a.atttypid as type, a.atttypmod as typmod, a.attnum::int as position,\n"
	"           a.attcollation as collation\n"
	"      from pg_attribute a\n"
	"     where a.attnum > 0 and not a.attisdropped\n"
	"       and a.attrelid = case when $2::boolean\n"
	"                             then (select t.typrelid from pg_proc p join pg_type t on t.oid = p.prorettype\n"
	"                                    where p.oid = $1::oid and t.typrelid <> 0)\n"
	"                             else $1::oid end\n"
	"    union all\n"
	"    select x.name, x.type, -1, x.position::int, 0::oid\n"
	"      from pg_proc p,\n"
	"           unnest(p.proargnames, p.proallargtypes, p.proargmodes)\n"
	"               with ordinality as x (name, type, mode, position)\n"
	"     where $2::boolean and p.oid = $1::oid and x.mode in ('o', 'b', 't')\n"
	")\n"
	"select c.name,\n"
	"       format_type(c.type, c.typmod),\n"
	"       coalesce(b.typcategory, t.typcategory) = 'A',\n"
	"       case when coalesce(b.typcategory, t.typcategory) = 'B' then 'boolean'\n"
	"            when coalesce(b.oid, t.oid) in ('int2'::regtype, 'int4'::regtype, 'int8'::regtype) then 'integer'\n"
	"            when coalesce(b.oid, t.oid) in ('numeric'::regtype, 'float4'::regtype, 'float8'::regtype) then 'number'\n"
	"            when coalesce(b.oid, t.oid) = 'uuid'::regtype then 'uuid'\n"
	"            when coalesce(b.oid, t.oid) in ('text'::regtype, 'varchar'::regtype) then 'text'\n"
	"            when coalesce(b.oid, t.oid) = 'bpchar'::regtype then 'char' end,\n"
	"       quote_ident(c.name),\n"
	"       not $2::boolean and exists (\n"
	"           select from pg_index i\n"
	"             join pg_class r on r.oid = i.indrelid and (r.relkind = 'p' or not r.relhassubclass)\n"
	"             join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0] and a.attnotnull\n"
	"            where i.indrelid = $1::oid and a.attname = c.name and i.indnkeyatts = 1\n"
	"              and i.indisunique and i.indisvalid and i.indimmediate and i.indpred is null),\n"
	"       (select quote_ident(n.nspname) || '.' || quote_ident(l.collname)\n"
	"          from pg_collation l join pg_namespace n on n.oid = l.collnamespace where l.oid = c.collation)\n"
	"  from source_columns c\n"
	"  join pg_type t on t.oid = c.type\n"
	"  left join pg_type b on t.typtype = 'd' and b.oid = t.typbasetype\n"
	" order by c.position";

static enum source_kind kind_of(const char *name)
{
	static const struct { const char *name; enum source_kind kind; } kinds[] = {
		{ "boolean", SOURCE_BOOLEAN }, { "integer", SOURCE_INTEGER }, { "number", SOURCE_NUMBER },
		{ "uuid", SOURCE_UUID }, { "text", SOURCE_TEXT }, { "char", SOURCE_CHAR },
	};

	for (size_t i = 0; name && i < sizeof(kinds) / sizeof(*kinds); i++) {
		if (strcmp(kinds[i].name, name) == 0)
			return kinds[i].kind;
	}
	return SOURCE_OTHER;
}

int source_look_up(struct db *db, const char *name, struct source **source, struct db_result **columns, struct error *err)
{
	struct db_result *found = NULL;
	struct source *new = NULL;
	int rc = -1;

	if (db_query_wait(db, find_sql, (const char *const[]){ name }, 1, &found, err) < 0)
		goto out;
	if (db_result_rows(found) > 0) {
		new = mem_alloc(sizeof(*new));
		new->name = mem_strdup(db_result_get(found, 0, 1));
		new->function = db_result_bool(found, 0, 2);
		new->takes_keys = db_result_bool(found, 0, 3);
		if (db_query_wait(db, columns_sql,
				  (const char *const[]){ db_result_get(found, 0, 0), new->function ? "t" : "f" }, 2,
				  columns, err) < 0)
			goto out;
	}
	*source = new;
	new = NULL;
	rc = 0;
out:
	source_free(new);
	db_result_free(found);
	return rc;
}

bool source_look_bind(struct source *source, const struct db_result *columns, int which, const char *column)
{
	for (int i = 0; i < db_result_rows(columns); i++) {
		if (strcmp(db_result_get(columns, i, 0), column) == 0) {
			struct source_binding *b = &source->columns[which];

			b->column = mem_strdup(column);
			b->quoted = mem_strdup(db_result_get(columns, i, 4));
			b->collation = mem_strdup(db_result_get(columns, i, 6));
			b->type = mem_strdup(db_result_get(columns, i, 1));
			b->array = db_result_bool(columns, i, 2);
			b->kind = kind_of(db_result_get(columns, i, 3));
			b->unique = b->kind != SOURCE_OTHER && db_result_bool(columns, i, 5);
			return true;
		}
	}
	return false;
}
