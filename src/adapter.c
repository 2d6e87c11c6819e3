/* adapter - the ready-made sources of contrib/adapters: installs, renews and removes them. */
#include "adapter.h"

#include "mem.h"
#include "source.h"

#include <string.h>

enum { STATEMENTS_MAX = 48, LOCK_MS = 3000 };

static const char sql_only[] =
	"-- swbridge: what is dropped is dropped in the bridge's schema and nowhere else; the path is kept for later\n"
	"select set_config('swbridge.path', current_setting('search_path'), true),\n"
	"       set_config('search_path', quote_ident($1), true)";

static const char sql_path[] =
	"-- swbridge: the bridge's schema first, the PBX's tables behind it\n"
	"select set_config('search_path', concat_ws(', ', quote_ident($1), coalesce(nullif(current_setting('swbridge.path', true), ''),\n"
	"                  nullif(current_setting('search_path'), ''))), true),\n"
	"       set_config('lock_timeout', $2, true)";

/* $1 schema, $2 the text of everything that is to be installed, $3 the adapter's function. */
static const char sql_look[] =
	"-- swbridge: how much of the adapter is there\n"
	"select to_regnamespace(quote_ident($1)) is not null,\n"
	"       count(*) filter (where strpos($2, p.prosrc) > 0),\n"
	"       coalesce(bool_or(p.proname = $3), false)\n"
	"  from pg_proc p\n"
	"  join pg_namespace n on n.oid = p.pronamespace\n"
	" where n.nspname = $1 and p.prosrc <> ''";

static const char sql_watched[] =
	"-- swbridge: tables with the adapters' triggers\n"
	"select string_agg(t.tgrelid::regclass::text, ', ' order by t.tgrelid::regclass::text), max(t.oid)::text\n"
	"  from pg_trigger t\n"
	"  join pg_proc p on p.oid = t.tgfoid\n"
	"  join pg_namespace n on n.oid = p.pronamespace\n"
	" where n.nspname = $1 and t.tgname = ('notify_adapter_' || $1)::name\n"
	"   and coalesce(to_jsonb(t) ->> 'tgparentid', '0') = '0'";

const struct adapter *adapter_find(const char *name)
{
	for (const struct adapter *a = adapters + 1; a->name; a++)
		if (strcmp(a->name, name) == 0)
			return a;
	return NULL;
}

void adapter_list(struct strbuf *out)
{
	for (const struct adapter *a = adapters + 1; a->name; a++)
		strbuf_printf(out, "%s%s", a == adapters + 1 ? "" : ", ", a->name);
}

/* `source` without its quotes, where it has any. */
static bool names(const char *source, const char *schema, const char *function)
{
	char *plain = mem_printf("%s.%s", schema, function);
	char *quoted = mem_printf("\"%s\".%s", schema, function);
	bool same = strcmp(source, plain) == 0 || strcmp(source, quoted) == 0;

	mem_free(plain);
	mem_free(quoted);
	return same;
}

const struct adapter *adapter_of(const struct config *config)
{
	for (const struct adapter *a = adapters + 1; config->source && a->name; a++)
		if (names(config->source, config->schema, a->function))
			return a;
	return NULL;
}

int adapter_choose(const struct config *config, const char *name, const struct adapter **adapter, struct error *err)
{
	const struct adapter *wanted = name ? adapter_find(name) : NULL;

	*adapter = adapter_of(config);
	if (!name || (wanted && wanted == *adapter))
		return 0;
	return error_exit(err, EXIT_CONFIG, "The adapter %s is used where it is the source, and [postgres] source says %s; write: "
			  "source = %s.%s", name, config->source, config->schema,
			  wanted ? wanted->function : "");
}

/* ---- installing -------------------------------------------------------------------- */

static int count_functions(const struct adapter *adapter)
{
	int count = 0;

	for (int i = 0; adapter->install[i]; i++)
		count += strncmp(adapter->install[i], "create function", strlen("create function")) == 0;
	return count;
}

static void add_text(struct strbuf *out, const struct adapter *adapter)
{
	for (int i = 0; adapter->install[i]; i++)
		strbuf_printf(out, "%s\n\n", adapter->install[i]);
}

static void add_statements(struct db_statement *statements, int *count, const struct adapter *adapter)
{
	for (int i = 0; adapter->install[i] && *count < STATEMENTS_MAX; i++)
		statements[(*count)++] = (struct db_statement){ .sql = adapter->install[i] };
}

/* Runs the statements in one transaction; at `path` (0: none) and in the first place the path is set, to ours alone there. */
static int run(struct db *db, const struct config *config, struct db_statement *statements, int path, int count,
	       struct error *err)
{
	char *lock_ms = mem_printf("%dms", LOCK_MS);
	const char *params[] = { config->schema, lock_ms };
	struct db_result *results[STATEMENTS_MAX] = { NULL };
	int rc = 0;

	if (path)
		statements[0] = (struct db_statement){ .sql = sql_only, .params = params, .param_count = 1 };
	statements[path] = (struct db_statement){ .sql = sql_path, .params = params, .param_count = 2 };
	rc = db_run_wait(db, DB_WRITE, statements, count, results, err);
	for (int i = 0; i < count; i++)
		db_result_free(results[i]);
	mem_free(lock_ms);
	return rc;
}

/* What the server said where the PBX is not what the adapter knows (adapter_changed()) is a whole sentence. */
static void explain(struct db *db, const struct config *config, const struct adapter *adapter, struct error *err)
{
	char *text = source_server_words(error_text(err)), *psql = db_psql(db);

	if (strcmp(db_sqlstate(db), "SW001") == 0)
		error_exit(err, EXIT_CONFIG, "%s.", text);
	else if (strcmp(db_sqlstate(db), "SW002") == 0)
		error_exit(err, EXIT_CONFIG, "%s; run as a superuser, or as that role with usage on schema \"%s\": "
			   "swbridge init --print-sql --adapter %s --triggers | %s", text, config->schema, adapter->name, psql);
	else if (strcmp(db_sqlstate(db), "55P03") == 0)
		error_exit(err, EXIT_LATER, "A table of the PBX is busy: the lock for its triggers was not to be had within %d s, and "
			   "whoever writes to it should not wait behind swbridge. The rest is done; run again: swbridge init --triggers",
			   LOCK_MS / 1000);
	else if (strcmp(db_sqlstate(db), "42501") == 0)
		error_exit(err, EXIT_CONFIG, "This database role may not install the adapter %s in schema \"%s\" (%s); run `swbridge init` "
			   "as the role that owns the schema, or have a superuser run: swbridge init --print-sql --adapter %s | %s",
			   adapter->name, config->schema, text, adapter->name, psql);
	mem_free(psql);
	mem_free(text);
}

/* Runs the function for no key at all: it looks for tables and columns and reads nothing. */
static int try_out(struct db *db, const struct config *config, const struct adapter *adapter, struct error *err)
{
	char *schema = db_identifier(db, config->schema);
	char *sql = mem_printf("-- swbridge: are the PBX's tables there?\nselect count(*) from %s.%s('{}'::text[])", schema,
			       adapter->function);
	int rc = db_query_wait(db, sql, NULL, 0, NULL, err);

	if (rc)
		explain(db, config, adapter, err);
	mem_free(sql);
	mem_free(schema);
	return rc;
}

/* Whether the schema is there, and all functions in it as this program has them; `text` is what installs them. */
static int look(struct db *db, const struct config *config, const struct adapter *adapter, struct strbuf *text, bool *schema,
		bool *current, struct error *err)
{
	const char *params[] = { config->schema, NULL, adapter->function };
	struct db_result *now = NULL;

	add_text(text, &adapters[0]);
	add_text(text, adapter);
	params[1] = text->data;
	if (db_query_wait(db, sql_look, params, 3, &now, err))
		return -1;
	*schema = db_result_bool(now, 0, 0);
	*current = db_result_bool(now, 0, 2) &&
		   db_result_int(now, 0, 1) >= count_functions(&adapters[0]) + count_functions(adapter);
	db_result_free(now);
	return 0;
}

int adapter_install(struct db *db, const struct config *config, const struct adapter *adapter, bool *installed,
		    struct error *err)
{
	struct strbuf text = STRBUF_INIT;
	char *name = db_identifier(db, config->schema);
	char *create = mem_printf("-- swbridge: a schema of its own\ncreate schema %s", name);
	char *note = mem_printf("comment on schema %s is '" SCHEMA_MADE "'", name);
	struct db_statement statements[STATEMENTS_MAX] = { { 0 } };
	bool schema = false, current = false;
	int count = 1, path = 0;
	int rc = -1;

	*installed = false;
	if (look(db, config, adapter, &text, &schema, &current, err))
		goto out;
	if (!current) {
		if (!schema) {
			statements[count++] = (struct db_statement){ .sql = create };
			statements[count++] = (struct db_statement){ .sql = note };
		}
		statements[count++] = (struct db_statement){ .sql = adapter->uninstall[0] };
		statements[count++] = (struct db_statement){ .sql = adapters[0].uninstall[0] };
		path = count++;
		add_statements(statements, &count, &adapters[0]);
		add_statements(statements, &count, adapter);
		if (run(db, config, statements, path, count, err)) {
			explain(db, config, adapter, err);
			goto out;
		}
		*installed = true;
	}
	rc = try_out(db, config, adapter, err);
out:
	mem_free(note);
	mem_free(create);
	mem_free(name);
	strbuf_release(&text);
	return rc;
}

/* ---- triggers ---------------------------------------------------------------------- */

static int look_at_tables(struct db *db, const struct config *config, char **tables, char **newest, struct error *err)
{
	const char *params[] = { config->schema };
	struct db_result *result = NULL;

	*tables = *newest = NULL;
	if (db_query_wait(db, sql_watched, params, 1, &result, err))
		return -1;
	*tables = mem_strdup(db_result_get(result, 0, 0));
	*newest = mem_strdup(db_result_get(result, 0, 1));
	db_result_free(result);
	return 0;
}

int adapter_watch(struct db *db, const struct config *config, const struct adapter *adapter, bool asked,
		  struct adapter_watched *watched, struct error *err)
{
	char *sql = mem_printf("-- swbridge: the triggers on the PBX's tables\nselect %s_watch()", adapter->function);
	struct db_statement statements[STATEMENTS_MAX] = { { 0 }, { .sql = sql } };
	char *before = NULL, *after = NULL;
	int rc = -1;

	*watched = (struct adapter_watched){ 0 };
	if (look_at_tables(db, config, &watched->tables, &before, err))
		goto out;
	if (!asked && !watched->tables) {
		rc = 0;
		goto out;
	}
	mem_free(watched->tables);
	watched->tables = NULL;
	if (run(db, config, statements, 0, 2, err)) {
		explain(db, config, adapter, err);
		goto out;
	}
	rc = look_at_tables(db, config, &watched->tables, &after, err);
	watched->installed = !rc && after && (!before || strcmp(before, after) != 0);
out:
	mem_free(before);
	mem_free(after);
	mem_free(sql);
	return rc;
}

void adapter_watched_release(struct adapter_watched *watched)
{
	mem_free(watched->tables);
	*watched = (struct adapter_watched){ 0 };
}

/* ---- for psql ----------------------------------------------------------------------- */

char *adapter_script(struct db *db, const struct config *config, const struct adapter *adapter, const char *const *triggers,
		     struct error *err)
{
	struct strbuf out = STRBUF_INIT, text = STRBUF_INIT;
	char *schema = db_literal(db, config->schema);
	bool there = false, current = false;

	if (look(db, config, adapter, &text, &there, &current, err))
		goto out;
	strbuf_printf(&out, "-- swbridge's adapter %s.  Run this with the search_path in which the PBX's tables are.\n"
			    "\\set ON_ERROR_STOP on\nbegin;\n",
		      adapter->name);
	if (!current)
		strbuf_printf(&out, "select set_config('swbridge.path', current_setting('search_path'), true),\n"
				    "       set_config('search_path', quote_ident(%s), true) \\g /dev/null\n%s\n%s\n", schema,
			      adapter->uninstall[0], adapters[0].uninstall[0]);
	strbuf_printf(&out, "select set_config('search_path', concat_ws(', ', quote_ident(%s), coalesce(nullif(current_setting("
			    "'swbridge.path', true), ''),\n       nullif(current_setting('search_path'), ''))), true) \\g /dev/null\n\n",
		      schema);
	if (!current)
		strbuf_puts(&out, text.data);
	for (int i = 0; triggers && triggers[i]; i++)
		strbuf_printf(&out, "%s\n\n", triggers[i]);
	if (triggers)
		strbuf_printf(&out, "set local lock_timeout = '%dms';\nselect %s_watch();\n", LOCK_MS, adapter->function);
	strbuf_puts(&out, "commit;\n");
out:
	mem_free(schema);
	strbuf_release(&text);
	return out.len ? strbuf_detach(&out) : NULL;
}
