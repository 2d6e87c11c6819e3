/* schema - makes the ledger's schema, migrates it, binds it, removes it. */
#include "schema.h"

#include "adapter.h"
#include "difference.h"
#include "ledger.h"
#include "mem.h"
#include "strbuf.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

enum { PAD_BYTES = 64, KEY_BYTES = 32 }; /* RFC 2104: the block size of SHA-256, and its output */

enum { STATEMENTS_MAX = 64 };

/* What makes each version out of the one before. */
static const struct {
	int version;
	const char *const *statements;
	const char *made; /* a condition: whether that has been run */
} migrations[] = {
	{ 1, schema_001_ledger, "to_regclass('identity') is not null" },
	{ 2, schema_003_target, "exists (select from pg_attribute where attrelid = to_regclass('identity') and attname = 'target')" },
	{ 3, schema_004_refused, "exists (select from pg_attribute where attrelid = to_regclass('holder') and attname = 'refused')" },
	{ 4, schema_005_subscriber, "exists (select from pg_attribute where attrelid = to_regclass('identity') and attname = 'subscriber_id')" },
};

enum { MIGRATIONS = sizeof migrations / sizeof *migrations };

/* Found by name and not with to_regclass(): that wants rights. */
static const char sql_exists[] =
	"-- swbridge: is the schema there, and a ledger in it?\n"
	"select exists (select from pg_namespace where nspname = $1),\n"
	"       exists (select from pg_class c join pg_namespace n on n.oid = c.relnamespace\n"
	"                where n.nspname = $1 and c.relname = 'identity' and c.relkind = 'r')";

static const char sql_path[] =
	"-- swbridge: the ledger's schema first\n"
	"select set_config('search_path', quote_ident($1) || ', ' || current_setting('search_path'), $2::boolean)";

static const char sql_bind[] =
	"-- swbridge: what this ledger belongs to; the digest key is made once\n"
	"insert into identity as i (schema_version, project_id, api_url, sip_domain, system_identifier, database,\n"
	"                           source, source_kind, columns, digest_inner, digest_outer, target, subscriber_id)\n"
	"select $1::integer, $2, $3, $4, c.system_identifier, current_database(), $5, $6, $7::jsonb,\n"
	"       $8::bytea, $9::bytea, $10, $11\n"
	"  from pg_control_system() c\n"
	"    on conflict (one)\n"
	"    do update set schema_version = excluded.schema_version,\n"
	"                  target = excluded.target,\n"
	"                  subscriber_id = excluded.subscriber_id,\n"
	"                  project_id = excluded.project_id,\n"
	"                  api_url = excluded.api_url,\n"
	"                  sip_domain = coalesce(excluded.sip_domain, i.sip_domain),\n"
	"                  system_identifier = excluded.system_identifier,\n"
	"                  database = excluded.database,\n"
	"                  source = excluded.source,\n"
	"                  source_kind = excluded.source_kind,\n"
	"                  columns = excluded.columns,\n"
	"                  bound_at = now()";

static const char sql_difference[] =
	"-- swbridge: what the function difference() runs\n"
	"update identity\n"
	"   set difference_text = $1, difference_policy = $2::jsonb";

static const char sql_subscriber_before[] =
	"-- swbridge: the one before it, which may have had the same e-mail\n"
	"delete from subscriber o\n"
	" where o.email = lower($2)\n"
	"   and o.id is distinct from $1::uuid\n"
	"   and o.origin = 'adopted'\n"
	"   and not exists (select from sync s where s.subscriber_no = o.no)";

static const char sql_subscriber[] =
	"-- swbridge: the one subscriber that owns every credential\n"
	"insert into subscriber (email, id, origin)\n"
	"values (lower($2), $1::uuid, 'adopted')\n"
	"    on conflict (id) do update set email = excluded.email";

/* The two pads as bytea parameters; the key itself is nowhere kept. */
static int make_pads(char inner[2 * PAD_BYTES + 3], char outer[2 * PAD_BYTES + 3], struct error *err)
{
	unsigned char key[PAD_BYTES] = { 0 };

	if (getentropy(key, KEY_BYTES))
		return error_set(err, ERROR_LATER, "The system gave no random numbers for the digest key (getentropy).");
	memcpy(inner, "\\x", 2);
	memcpy(outer, "\\x", 2);
	for (size_t i = 0; i < PAD_BYTES; i++) {
		snprintf(inner + 2 + 2 * i, 3, "%02x", (unsigned)(key[i] ^ 0x36));
		snprintf(outer + 2 + 2 * i, 3, "%02x", (unsigned)(key[i] ^ 0x5c));
	}
	mem_wipe(key, sizeof key);
	return 0;
}

static int check_bound(const struct ledger *ledger, const struct config *config, bool rebind, struct error *err)
{
	const struct ledger_identity *is = ledger_identity(ledger);

	if (rebind)
		return 0;
	if (!is->same_cluster)
		return error_exit(err, EXIT_FENCE, "This ledger was made in another database or server (a copy, a restore "
				  "or a rename?); if it is to be used here from now on, stop the other one and run: "
				  "swbridge init --rebind");
	if (strcmp(is->project_id, config->project_id) != 0)
		return error_exit(err, EXIT_FENCE, "This ledger is bound to project %s, the configuration says %s; use "
				  "another [postgres] schema for another project, or, if the project was moved, run: "
				  "swbridge init --rebind", is->project_id, config->project_id);
	if (strcmp(is->api_url, config->api_url) != 0)
		return error_exit(err, EXIT_FENCE, "This ledger is bound to %s, the configuration says %s; if the space was "
				  "moved or renamed, run: swbridge init --rebind", is->api_url, config->api_url);
	return 0;
}

/* What there is already. */
struct found {
	bool schema;
	int version; /* of the tables; 0: there are none */
	bool bound;  /* a ledger that was made by schema_script() belongs to nothing until it is */
	bool rows;   /* something at SignalWire depends on what it says */
	bool live;   /* something that may be there */
	bool placeless; /* credentials that live under the one subscriber of them all */
};

/* Is it bound to a project, and does it say of anything that it is there? */
static int look_inside(struct db *db, const struct config *config, struct found *found, struct error *err)
{
	char *name = db_identifier(db, config->schema);
	char *sql = mem_printf("-- swbridge: is the ledger bound to a project, of which version, and is there anything in it?\n"
			       "select exists (select from %s.identity),\n"
			       "       coalesce((select schema_version from %s.identity), case when exists (\n"
			       "           select from pg_attribute\n"
			       "            where attrelid = to_regclass(quote_ident($1) || '.identity') and attname = 'subscriber_id')\n"
			       "           then 4 when exists (\n"
			       "           select from pg_attribute\n"
			       "            where attrelid = to_regclass(quote_ident($1) || '.holder') and attname = 'refused')\n"
			       "           then 3 when exists (\n"
			       "           select from pg_attribute\n"
			       "            where attrelid = to_regclass(quote_ident($1) || '.identity') and attname = 'target')\n"
			       "           then 2 else 1 end),\n"
			       "       exists (select from %s.sync) or exists (select from %s.subscriber where origin = 'created')\n"
			       "           or exists (select from %s.journal where outcome is null),\n"
			       "       exists (select from %s.sync where sip_endpoint_id is not null)\n"
			       "           or exists (select from %s.subscriber where origin = 'created')\n"
			       "           or exists (select from %s.journal where outcome is null),\n"
			       "       exists (select from %s.sync where sip_endpoint_id is not null and subscriber_no is null)",
			       name, name, name, name, name, name, name, name, name);
	const char *params[] = { config->schema };
	struct db_result *result = NULL;
	int rc = db_query_wait(db, sql, params, 1, &result, err);

	if (!rc) {
		found->bound = db_result_bool(result, 0, 0);
		found->version = (int)db_result_int(result, 0, 1);
		found->rows = db_result_bool(result, 0, 2);
		found->live = db_result_bool(result, 0, 3);
		found->placeless = db_result_bool(result, 0, 4);
	}
	db_result_free(result);
	mem_free(sql);
	mem_free(name);
	return rc;
}

int schema_exists(struct db *db, const struct config *config, bool *schema, bool *ledger, struct error *err)
{
	const char *params[] = { config->schema };
	struct db_result *result = NULL;

	if (db_query_wait(db, sql_exists, params, 1, &result, err))
		return -1;
	*schema = db_result_bool(result, 0, 0);
	*ledger = db_result_bool(result, 0, 1);
	db_result_free(result);
	return 0;
}

/* Under another target nobody would know any more what was made: the rows would mean other objects. */
static int check_target(const struct ledger *ledger, const struct config *config, const struct found *found,
			struct error *err)
{
	const char *bound = ledger_identity(ledger)->target, *wanted = config_target_name(config->target);

	if (!found->rows || strcmp(bound, wanted) == 0)
		return 0;
	return error_exit(err, EXIT_FENCE, "This ledger is about target = %s and has rows, the configuration says %s: with it "
			  "nobody would know any more what was made. Set [mirror] target = %s again, and for the others make "
			  "a second ledger: a configuration of its own with another [postgres] schema, then: swbridge init",
			  bound, wanted, bound);
}

/* What is there already: nothing, a schema without ledger, or a ledger that must be ours. */
static int look(struct db *db, const struct config *config, const struct schema_binding *binding, struct found *found,
		struct schema_done *done, struct error *err)
{
	struct ledger *ledger = NULL;
	char *columns = NULL;
	bool there = false;
	int rc = -1;

	if (schema_exists(db, config, &found->schema, &there, err))
		return -1;
	done->created = !there;
	if (done->created)
		return 0;
	if (look_inside(db, config, found, err))
		return -1;
	if (!found->bound)
		return 0;
	if (ledger_look(db, config, &ledger, err))
		return -1;
	if (check_bound(ledger, config, binding->rebind, err) || check_target(ledger, config, found, err) ||
	    ledger_check_move(ledger, config, found->live, found->placeless, err))
		goto out;
	columns = source_columns_json(binding->source);
	done->rebound = strcmp(ledger_identity(ledger)->source, binding->source->name) != 0 ||
			!source_same_columns(ledger_identity(ledger)->columns, columns);
	rc = 0;
out:
	mem_free(columns);
	ledger_free(ledger);
	return rc;
}

static void refuse_create(struct db *db, const struct config *config, struct error *err)
{
	char *psql = db_psql(db);
	struct db_result *names = NULL;
	struct error lost = ERROR_INIT;

	if (db_query_wait(db, "select quote_ident(current_database()), quote_ident(current_user)", NULL, 0, &names, &lost))
		error_clear(&lost);
	error_exit(err, EXIT_CONFIG, "This database role may not create schema \"%s\"; let the database's owner run in SQL: grant create "
		   "on database %s to %s; or, without that right for it, run: swbridge init --print-sql | %s", config->schema,
		   names ? db_result_get(names, 0, 0) : "DATABASE", names ? db_result_get(names, 0, 1) : "ROLE", psql);
	db_result_free(names);
	mem_free(psql);
}

static int create_schema(struct db *db, const struct config *config, struct error *err)
{
	char *name = db_identifier(db, config->schema);
	char *create = mem_printf("-- swbridge: a schema of its own\ncreate schema %s", name);
	char *note = mem_printf("comment on schema %s is '" SCHEMA_MADE "'", name);
	const struct db_statement statements[] = { { .sql = create }, { .sql = note } };
	struct db_result *results[2] = { NULL };
	int rc = db_run_wait(db, DB_WRITE, statements, 2, results, err);

	if (rc && strcmp(db_sqlstate(db), "42501") == 0)
		refuse_create(db, config, err);
	for (int i = 0; i < 2; i++)
		db_result_free(results[i]);
	mem_free(note);
	mem_free(create);
	mem_free(name);
	return rc;
}

/* Whatever is missing behind `version`. */
static int migrate(struct db_statement *statements, int count, int version)
{
	for (size_t m = 0; m < MIGRATIONS; m++) {
		if (migrations[m].version <= version)
			continue;
		for (int i = 0; migrations[m].statements[i]; i++) {
			assert(count < STATEMENTS_MAX - 3);
			statements[count++] = (struct db_statement){ .sql = migrations[m].statements[i] };
		}
	}
	return count;
}

static int run_all(struct db *db, const struct config *config, const struct schema_binding *binding, int from,
		   struct error *err)
{
	char inner[2 * PAD_BYTES + 3] = "", outer[2 * PAD_BYTES + 3] = "", version[16] = "";
	char *columns = source_columns_json(binding->source);
	const char *path_params[] = { config->schema, "false" };
	const char *bind_params[] = { version, config->project_id, config->api_url, binding->sip_domain,
				      binding->source->name, binding->source->function ? "function" : "relation",
				      columns, inner, outer, config_target_name(config->target),
				      config->subscriber_id ? config->subscriber_id : "" };
	const char *subscriber_params[] = { binding->subscriber_id, binding->subscriber_email };
	struct db_statement statements[STATEMENTS_MAX] = {
		{ .sql = sql_path, .params = path_params, .param_count = 2 },
	};
	struct db_result *results[STATEMENTS_MAX] = { NULL };
	int count = 1;
	int rc = -1;

	snprintf(version, sizeof version, "%d", LEDGER_SCHEMA_VERSION);
	if (make_pads(inner, outer, err))
		goto out;
	count = migrate(statements, count, from);
	statements[count++] = (struct db_statement){ .sql = sql_bind, .params = bind_params, .param_count = 11 };
	if (binding->subscriber_id) {
		statements[count++] = (struct db_statement){ .sql = sql_subscriber_before, .params = subscriber_params,
							     .param_count = 2 };
		statements[count++] = (struct db_statement){ .sql = sql_subscriber, .params = subscriber_params,
							     .param_count = 2 };
	}
	rc = db_run_wait(db, DB_WRITE, statements, count, results, err);
	if (rc && strcmp(db_sqlstate(db), "42501") == 0)
		error_exit(err, EXIT_CONFIG, "This database role may not change the ledger in schema \"%s\"; run `swbridge init` "
			   "as the role that owns it (the daily verbs need only sql/grants.sql)", config->schema);
	for (int i = 0; i < count; i++)
		db_result_free(results[i]);
out:
	mem_wipe(inner, sizeof inner);
	mem_wipe(outer, sizeof outer);
	mem_free(columns);
	return rc;
}

static int store_difference(struct db *db, const struct config *config, const struct source *source, struct error *err)
{
	char *text = difference_function_text(db, source, config);
	char *policy = difference_policy_json(config);
	const char *params[] = { text, policy };
	int rc = db_query_wait(db, sql_difference, params, 2, NULL, err);

	mem_free(policy);
	mem_free(text);
	return rc;
}

int schema_install(struct db *db, const struct config *config, const struct schema_binding *binding,
		   struct schema_done *done, struct error *err)
{
	struct found found = { 0 };

	*done = (struct schema_done){ 0 };
	if (look(db, config, binding, &found, done, err))
		return -1;
	done->migrated = !done->created && found.version < LEDGER_SCHEMA_VERSION;
	/* Who is at work goes on under the old binding, and knows the old version only. */
	if (((binding->rebind && !done->created) || done->migrated) && ledger_claim(db, config, err))
		return -1;
	if (!found.schema && create_schema(db, config, err))
		return -1;
	if (run_all(db, config, binding, found.version, err))
		return -1;
	return store_difference(db, config, binding->source, err);
}

/* For people: as SQL has it, between quotes of which each one inside is doubled. */
static void add_between(struct strbuf *out, const char *text, char quote)
{
	strbuf_putc(out, quote);
	for (; *text; text++) {
		if (*text == quote)
			strbuf_putc(out, quote);
		strbuf_putc(out, *text);
	}
	strbuf_putc(out, quote);
}

static void add_quoted(struct strbuf *out, const char *name)
{
	add_between(out, name, '"');
}

/* A backslash is one in every setting of the session, since the E says so. */
static void add_literal(struct strbuf *out, const char *name)
{
	struct strbuf text = STRBUF_INIT;

	for (; *name; name++) {
		if (*name == '\\')
			strbuf_putc(&text, '\\');
		strbuf_putc(&text, *name);
	}
	strbuf_putc(out, 'E');
	add_between(out, text.len ? text.data : "", '\'');
	strbuf_release(&text);
}

char *schema_script(const struct config *config)
{
	struct strbuf out = STRBUF_INIT;

	strbuf_puts(&out, "-- swbridge's ledger.  Run this with psql as a role that may create schemas, give the\n"
			  "-- bridge's role its rights (sql/grants.sql), then run `swbridge init` as that role:\n"
			  "-- it binds the project, the database and the columns.  Run it again after an upgrade:\n"
			  "-- it makes what is missing, and nothing else.\n"
			  "\\set ON_ERROR_STOP on\nbegin;\nselect not exists (select from pg_namespace where nspname = ");
	add_literal(&out, config->schema);
	strbuf_puts(&out, ") as missing \\gset\n\\if :missing\ncreate schema ");
	add_quoted(&out, config->schema);
	strbuf_puts(&out, ";\n-- So that init --uninstall knows that it may drop it.\ncomment on schema ");
	add_quoted(&out, config->schema);
	strbuf_puts(&out, " is '" SCHEMA_MADE "';\n\\endif\nset local search_path = ");
	add_quoted(&out, config->schema);
	strbuf_puts(&out, ";\n\n");
	for (size_t m = 0; m < MIGRATIONS; m++) {
		strbuf_printf(&out, "select not %s as missing \\gset\n\\if :missing\n", migrations[m].made);
		for (size_t i = 0; migrations[m].statements[i]; i++) {
			strbuf_puts(&out, migrations[m].statements[i]);
			strbuf_puts(&out, "\n\n");
		}
		strbuf_printf(&out, "update identity set schema_version = %d;\n\\endif\n\n", migrations[m].version);
	}
	strbuf_puts(&out, "commit;\n");
	return strbuf_detach(&out);
}
