/* source - finds the PBX's relation or function and binds its columns. */
#include "source.h"

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"

const char *const source_column_names[SOURCE_COLUMN_COUNT] = {
	[SOURCE_KEY] = "key",
	[SOURCE_EXTENSION] = "extension",
	[SOURCE_SECRET] = "secret",
	[SOURCE_ENABLED] = "enabled",
	[SOURCE_TENANT] = "tenant",
	[SOURCE_USERNAME] = "username",
	[SOURCE_CALLER_ID] = "caller_id",
	[SOURCE_SEND_AS] = "send_as",
	[SOURCE_CIPHERS] = "ciphers",
	[SOURCE_CODECS] = "codecs",
	[SOURCE_ENCRYPTION] = "encryption",
	[SOURCE_EMAIL] = "email",
	[SOURCE_FIRST_NAME] = "first_name",
	[SOURCE_LAST_NAME] = "last_name",
	[SOURCE_DISPLAY_NAME] = "display_name",
	[SOURCE_JOB_TITLE] = "job_title",
	[SOURCE_TIMEZONE] = "timezone",
	[SOURCE_COUNTRY] = "country",
	[SOURCE_COMPANY_NAME] = "company_name",
	[SOURCE_SKIP_REASON] = "skip_reason",
	[SOURCE_PROTECTED] = "protected",
	[SOURCE_CALL_HANDLER] = "call_handler",
	[SOURCE_CALLING_HANDLER] = "calling_handler_resource_id",
};

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

/* `columns` and `source` (without bindings) of what `name` is now; *source stays NULL where there is no such thing. */
static int look_up(struct db *db, const char *name, struct source **source, struct db_result **columns, struct error *err)
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

/* Binds `column` of the source to the contract's `which`; false: there is no such column. */
static bool bind_column(struct source *source, const struct db_result *columns, int which, const char *column)
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

static char *list_columns(const struct db_result *columns)
{
	struct strbuf list = STRBUF_INIT;

	for (int i = 0; i < db_result_rows(columns); i++) {
		if (i)
			strbuf_puts(&list, ", ");
		strbuf_puts(&list, db_result_get(columns, i, 0));
	}
	if (!list.len)
		strbuf_puts(&list, "none that can be told");
	return strbuf_detach(&list);
}

static const char *mapped_name(const struct config *config, const char *contract)
{
	for (size_t i = 0; i < config->column_count; i++) {
		if (strcmp(config->columns[i].name, contract) == 0)
			return config->columns[i].column;
	}
	return NULL;
}

static int bind_all(const struct config *config, struct source *source, const struct db_result *columns, struct error *err)
{
	char *there = list_columns(columns);
	int rc = 0;

	for (int i = 0; !rc && i < SOURCE_COLUMN_COUNT; i++) {
		const char *contract = source_column_names[i];
		const char *mapped = mapped_name(config, contract);

		if (bind_column(source, columns, i, mapped ? mapped : contract))
			continue;
		if (mapped)
			rc = error_exit(err, EXIT_CONFIG, "%s has no column \"%s\", which [columns] %s names; its columns are: %s",
					source->name, mapped, contract, there);
		else if (i == SOURCE_EXTENSION || i == SOURCE_SECRET)
			rc = error_exit(err, EXIT_CONFIG,
					"%s has no column \"%s\", which every source must have; name another one in "
					"[columns] (%s = ...); its columns are: %s",
					source->name, contract, contract, there);
	}
	free(there);
	return rc;
}

int source_discover(struct db *db, const struct config *config, struct source **source, struct error *err)
{
	struct db_result *columns = NULL;
	struct source *new = NULL;
	int rc = -1;

	if (!config->source) {
		rc = error_exit(err, EXIT_CONFIG,
				"[postgres] source is not set: name the table, view or function that holds the extensions");
		goto out;
	}
	if (look_up(db, config->source, &new, &columns, err) < 0)
		goto out;
	if (!new) {
		rc = error_exit(err, EXIT_CONFIG,
				"%s has no table, view or set-returning function %s ([postgres] source): check its name, "
				"its schema, and that letters are written as they are in the database",
				db_describe(db), config->source);
		goto out;
	}
	rc = bind_all(config, new, columns, err);
	if (rc == 0) {
		*source = new;
		new = NULL;
	}
out:
	source_free(new);
	db_result_free(columns);
	return rc;
}

static int which_column(const char *contract)
{
	for (int i = 0; contract && i < SOURCE_COLUMN_COUNT; i++) {
		if (strcmp(source_column_names[i], contract) == 0)
			return i;
	}
	return -1;
}

static const char *member(struct json_object *object, const char *name)
{
	struct json_object *value = NULL;

	return json_object_object_get_ex(object, name, &value) ? json_object_get_string(value) : NULL;
}

/* Binds what the JSON text of source_columns_json() names. */
static int bind_named(struct source *source, const struct db_result *columns, const char *bound, struct error *err)
{
	struct json_object *list = json_tokener_parse(bound);
	int rc = 0;

	if (!list || !json_object_is_type(list, json_type_array))
		rc = error_exit(err, EXIT_FENCE, "the ledger does not say which columns of %s it is bound to; run: swbridge init",
				source->name);
	for (size_t i = 0; !rc && i < json_object_array_length(list); i++) {
		struct json_object *entry = json_object_array_get_idx(list, i);
		const char *column = member(entry, "column");
		int which = which_column(member(entry, "name"));

		if (which >= 0 && column && !source->columns[which].column &&
		    !bind_column(source, columns, which, column))
			rc = error_exit(err, EXIT_FENCE,
					"column \"%s\" of %s is gone, and swbridge is bound to it (as %s): nothing was done; "
					"bring it back, or name another in [columns] and run: swbridge init",
					column, source->name, source_column_names[which]);
	}
	if (!rc && !(source_has(source, SOURCE_EXTENSION) && source_has(source, SOURCE_SECRET)))
		rc = error_exit(err, EXIT_FENCE, "the ledger is bound to no extension or secret of %s; run: swbridge init",
				source->name);
	json_object_put(list);
	return rc;
}

/* Another table in the configuration than the bound one is a mistake until `init` has seen it. */
static int same_source(struct db *db, const struct config *config, const char *name, struct error *err)
{
	struct db_result *columns = NULL;
	struct source *named = NULL;
	int rc = 0;

	if (!config || !config->source)
		return 0;
	if (look_up(db, config->source, &named, &columns, err) < 0)
		return -1;
	if (!named || strcmp(named->name, name) != 0)
		rc = error_exit(err, EXIT_FENCE,
				"swbridge is bound to %s, but [postgres] source says %s%s: nothing was done; correct the setting, "
				"or, if that is the source from now on, run: swbridge init",
				name, config->source, named ? "" : ", which is not there");
	source_free(named);
	db_result_free(columns);
	return rc;
}

int source_bind(struct db *db, const struct config *config, const char *name, const char *bound,
		struct source **source, struct error *err)
{
	struct db_result *columns = NULL;
	struct source *new = NULL;
	int rc = -1;

	if (look_up(db, name, &new, &columns, err) < 0)
		goto out;
	if (!new) {
		rc = error_exit(err, EXIT_FENCE,
				"%s is gone from %s, and swbridge is bound to it: nothing was done; bring it back, or set "
				"[postgres] source and run: swbridge init",
				name, db_describe(db));
		goto out;
	}
	rc = same_source(db, config, name, err) || bind_named(new, columns, bound, err) ? -1 : 0;
	if (rc == 0) {
		*source = new;
		new = NULL;
	}
out:
	source_free(new);
	db_result_free(columns);
	return rc;
}

char *source_columns_json(const struct source *source)
{
	struct json_object *list = json_object_new_array();
	char *text = NULL;

	for (int i = 0; i < SOURCE_COLUMN_COUNT; i++) {
		const struct source_binding *b = &source->columns[i];
		struct json_object *entry = NULL;

		if (!b->column)
			continue;
		entry = json_object_new_object();
		json_object_object_add(entry, "name", json_object_new_string(source_column_names[i]));
		json_object_object_add(entry, "column", json_object_new_string(b->column));
		json_object_object_add(entry, "type", json_object_new_string(b->type));
		json_object_array_add(list, entry);
	}
	text = mem_strdup(json_object_to_json_string_ext(list, JSON_C_TO_STRING_PLAIN));
	json_object_put(list);
	return text;
}

bool source_same_columns(const char *one, const char *other)
{
	struct json_object *a = json_tokener_parse(one), *b = json_tokener_parse(other);
	bool same = a && b && json_object_equal(a, b);

	json_object_put(a);
	json_object_put(b);
	return same;
}

bool source_has(const struct source *source, enum source_column column)
{
	return source->columns[column].column != NULL;
}

void source_free(struct source *source)
{
	if (!source)
		return;
	for (int i = 0; i < SOURCE_COLUMN_COUNT; i++) {
		free(source->columns[i].column);
		free(source->columns[i].quoted);
		free(source->columns[i].collation);
		free(source->columns[i].type);
	}
	free(source->name);
	free(source);
}

/* A bound column or the relation itself is gone: the same words as at the start. */
static void explain_gone(struct db *db, const struct source *source, struct error *err)
{
	struct error gone = ERROR_INIT;
	struct source *now = NULL;
	char *bound = source_columns_json(source);

	if (source_bind(db, NULL, source->name, bound, &now, &gone) < 0 && gone.exit_code == EXIT_FENCE)
		error_move(err, &gone);
	error_clear(&gone);
	source_free(now);
	free(bound);
}

int source_explain_error(struct db *db, const struct source *source, struct error *err)
{
	char *state = mem_strdup(db_sqlstate(db));
	const char *role = db_parameter(db, "session_authorization");

	if (strcmp(state, "42703") == 0 || strcmp(state, "42P01") == 0 || strcmp(state, "42883") == 0) {
		explain_gone(db, source, err);
	} else if (strcmp(state, "42501") == 0 && strstr(error_text(err), "row-level security")) {
		error_exit(err, EXIT_FENCE,
			   "a row-level security policy would hide rows of %s from role %s, and hidden rows look like removed "
			   "ones: nothing was done; run: alter role %s bypassrls, or set [postgres] row_security = on if the "
			   "policy shows every extension",
			   source->name, role ? role : "swbridge", role ? role : "swbridge");
	} else if (strcmp(state, "42501") == 0) {
		char *server = mem_strdup(error_text(err));

		server[strcspn(server, "\n")] = '\0';
		if (*server && server[strlen(server) - 1] == '.')
			server[strlen(server) - 1] = '\0';
		error_exit(err, EXIT_FENCE, "role %s may not read %s (%s): nothing was done; run: grant %s %s to %s",
			   role ? role : "swbridge", source->name, server,
			   source->function ? "execute on function" : "select on", source->name, role ? role : "swbridge");
		free(server);
	}
	free(state);
	return -1;
}
