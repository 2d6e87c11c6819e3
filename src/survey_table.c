/* survey_table - the temporary tables of a survey, and batches of rows into them. */
#include "survey_table.h"

#include "jsonline.h"
#include "mem.h"

#include <stdio.h>
#include <string.h>

static const char sql_drop[] =
	"-- swbridge: nothing is left of an earlier survey\n"
	"drop table if exists pg_temp.survey_subscriber, pg_temp.survey_credential";

static const char sql_subscribers[] =
	"-- swbridge: subscribers at SignalWire\n"
	"create temporary table survey_subscriber (\n"
	"    id            uuid primary key,\n"
	"    email         text collate \"C\",\n"
	"    email_folded  text collate \"C\",\n"
	"    created_at    timestamptz,\n"
	"    first_name    text,\n"
	"    last_name     text,\n"
	"    display_name  text,\n"
	"    job_title     text,\n"
	"    timezone      text,\n"
	"    country       text,\n"
	"    company_name  text,\n"
	"    credentials   text not null default 'unread'\n"
	"                  check (credentials in ('unread', 'whole', 'gone', 'failed')),\n"
	"    trouble       text\n"
	") on commit preserve rows";

static const char sql_credentials[] =
	"-- swbridge: SIP credentials at SignalWire, wherever they hang\n"
	"create temporary table survey_credential (\n"
	"    place            text not null check (place in ('subscriber', 'standalone', 'legacy')),\n"
	"    id               uuid not null,\n"
	"    subscriber_id    uuid,\n"
	"    inner_id         uuid,\n"
	"    username         text not null collate \"C\",\n"
	"    username_folded  text not null collate \"C\",\n"
	"    caller_id        text,\n"
	"    send_as          text,\n"
	"    ciphers          text[],\n"
	"    codecs           text[],\n"
	"    encryption       text,\n"
	"    call_handler     text,\n"
	"    calling_handler_resource_id text,\n"
	"    created_at       timestamptz,\n"
	"    primary key (place, id)\n"
	") on commit preserve rows";

static const char *const sql_indexes[] = {
	"create index on pg_temp.survey_subscriber (email_folded)",
	"create index on pg_temp.survey_credential (username_folded)",
	"create index on pg_temp.survey_credential (id)",
	"create index on pg_temp.survey_credential (subscriber_id)",
};

/* The same object may come twice where it moved between two pages: the first one stays. */
static const char sql_add_subscribers[] =
	"-- swbridge: a batch of subscribers\n"
	"insert into pg_temp.survey_subscriber\n"
	"       (id, email, email_folded, created_at,\n"
	"        first_name, last_name, display_name, job_title, timezone, country, company_name)\n"
	"select d.id, d.email, lower(d.email collate \"C\"), to_timestamp(d.created_ms / 1000.0),\n"
	"       d.first_name, d.last_name, d.display_name, d.job_title, d.timezone, d.country, d.company_name\n"
	"  from jsonb_to_recordset($1::jsonb) as d (\n"
	"       id uuid, email text, created_ms double precision, first_name text, last_name text, display_name text,\n"
	"       job_title text, timezone text, country text, company_name text)\n"
	"    on conflict (id) do nothing";

/* Of one that hung on two subscribers while it was looked for, the later place is the one that counts. */
static const char sql_add_credentials[] =
	"-- swbridge: a batch of credentials\n"
	"insert into pg_temp.survey_credential\n"
	"       (place, id, subscriber_id, inner_id, username, username_folded, caller_id, send_as, ciphers, codecs,\n"
	"        encryption, call_handler, calling_handler_resource_id, created_at)\n"
	"select distinct on (d.place, d.id)\n"
	"       d.place, d.id, d.subscriber_id, d.inner_id, d.username, lower(d.username collate \"C\"),\n"
	"       d.caller_id, d.send_as, string_to_array(d.ciphers, chr(10)), string_to_array(d.codecs, chr(10)),\n"
	"       d.encryption, d.call_handler, d.calling_handler_resource_id, to_timestamp(d.created_ms / 1000.0)\n"
	"  from jsonb_to_recordset($1::jsonb) as d (\n"
	"       nth int, place text, id uuid, subscriber_id uuid, inner_id uuid, username text, caller_id text, send_as text,\n"
	"       ciphers text, codecs text, encryption text, call_handler text, calling_handler_resource_id text,\n"
	"       created_ms double precision)\n"
	" order by d.place, d.id, d.nth desc\n"
	"    on conflict (place, id) do update set subscriber_id = excluded.subscriber_id, username = excluded.username,\n"
	"       username_folded = excluded.username_folded, caller_id = excluded.caller_id, send_as = excluded.send_as,\n"
	"       ciphers = excluded.ciphers, codecs = excluded.codecs, encryption = excluded.encryption";

static const char sql_reads[] =
	"-- swbridge: whose credentials were listed\n"
	"update pg_temp.survey_subscriber s\n"
	"   set credentials = d.credentials, trouble = d.trouble\n"
	"  from jsonb_to_recordset($1::jsonb) as d (id uuid, credentials text, trouble text)\n"
	" where s.id = d.id";

static const char sql_unread[] =
	"-- swbridge: whose credentials have not been listed\n"
	"select id from pg_temp.survey_subscriber\n"
	" where credentials = 'unread' and ($1::uuid is null or id > $1::uuid)\n"
	" order by id limit $2::int";

/* ---- rows as text ------------------------------------------------------------ */

static void begin(struct strbuf *doc)
{
	strbuf_putc(doc, doc->len ? ',' : '[');
	jsonline_begin(doc, "row");
}

/* What is not said is left out, and is null there. */
static void put(struct strbuf *doc, const char *name, const char *value)
{
	if (value)
		jsonline_text(doc, name, value);
}

static void put_time(struct strbuf *doc, int64_t ms)
{
	if (ms >= 0)
		jsonline_int(doc, "created_ms", ms);
}

static void put_list(struct strbuf *doc, const char *name, const char *const *list)
{
	struct strbuf text = STRBUF_INIT;

	for (size_t i = 0; list && list[i]; i++)
		strbuf_printf(&text, "%s%s", i ? "\n" : "", list[i]);
	if (list)
		jsonline_text(doc, name, text.data);
	strbuf_release(&text);
}

void survey_batch_subscriber(struct survey_batch *batch, const struct json_subscriber *subscriber)
{
	struct strbuf *doc = &batch->subscribers;

	begin(doc);
	put(doc, "id", subscriber->id);
	put(doc, "email", subscriber->email);
	put_time(doc, subscriber->created_at_ms);
	for (int i = 0; i < JSON_PROFILE_COUNT; i++)
		put(doc, json_profile_names[i], subscriber->profile[i]);
	jsonline_end(doc);
	batch->rows++;
}

void survey_batch_credential(struct survey_batch *batch, const char *place, const char *subscriber_id,
			     const struct json_credential *credential)
{
	struct strbuf *doc = &batch->credentials;

	begin(doc);
	jsonline_int(doc, "nth", (int64_t)batch->rows);
	put(doc, "place", place);
	put(doc, "id", credential->id);
	put(doc, "subscriber_id", subscriber_id);
	put(doc, "inner_id", credential->inner_id && json_is_uuid(credential->inner_id) ? credential->inner_id : NULL);
	put(doc, "username", credential->username);
	put(doc, "caller_id", credential->caller_id);
	put(doc, "send_as", credential->send_as);
	put_list(doc, "ciphers", credential->ciphers);
	put_list(doc, "codecs", credential->codecs);
	put(doc, "encryption", credential->encryption);
	put(doc, "call_handler", credential->call_handler);
	put(doc, "calling_handler_resource_id", credential->calling_handler_resource_id);
	put_time(doc, credential->created_at_ms);
	jsonline_end(doc);
	batch->rows++;
}

void survey_batch_read(struct survey_batch *batch, const char *subscriber_id, const char *credentials,
		       const char *trouble)
{
	struct strbuf *doc = &batch->reads;

	begin(doc);
	put(doc, "id", subscriber_id);
	put(doc, "credentials", credentials);
	put(doc, "trouble", trouble);
	jsonline_end(doc);
	batch->rows++;
}

void survey_batch_release(struct survey_batch *batch)
{
	strbuf_release(&batch->subscribers);
	strbuf_release(&batch->credentials);
	strbuf_release(&batch->reads);
	*batch = (struct survey_batch)SURVEY_BATCH_INIT;
}

void survey_batch_write(struct survey_batch *batch, struct db *db, survey_table_done *done, void *arg)
{
	const struct {
		struct strbuf *doc;
		const char *sql;
	} kinds[] = {
		{ &batch->subscribers, sql_add_subscribers },
		{ &batch->credentials, sql_add_credentials },
		{ &batch->reads, sql_reads }, /* behind the credentials that it is about */
	};
	struct db_statement statements[3] = { { .sql = NULL } };
	const char *params[3] = { NULL };
	int count = 0;

	for (int i = 0; i < 3; i++) {
		if (!kinds[i].doc->len)
			continue;
		strbuf_putc(kinds[i].doc, ']');
		db_fit(db, kinds[i].doc, false);
		params[count] = kinds[i].doc->data;
		statements[count] = (struct db_statement){ .sql = kinds[i].sql, .params = &params[count], .param_count = 1 };
		count++;
	}
	db_run(db, DB_WRITE, statements, count, done, arg);
	survey_batch_release(batch);
}

/* ---- the tables -------------------------------------------------------------- */

void survey_table_create(struct db *db, survey_table_done *done, void *arg)
{
	enum { FIXED = 3, INDEXES = sizeof sql_indexes / sizeof *sql_indexes };
	struct db_statement statements[FIXED + INDEXES] = {
		{ .sql = sql_drop }, { .sql = sql_subscribers }, { .sql = sql_credentials },
	};

	for (int i = 0; i < INDEXES; i++)
		statements[FIXED + i].sql = sql_indexes[i];
	db_run(db, DB_WRITE, statements, FIXED + INDEXES, done, arg);
}

void survey_table_drop(struct db *db, survey_table_done *done, void *arg)
{
	const struct db_statement drop = { .sql = sql_drop };

	db_run(db, DB_AUTOCOMMIT, &drop, 1, done, arg);
}

void survey_table_unread(struct db *db, const char *after, int limit, survey_table_done *done, void *arg)
{
	char most[16] = "";
	const char *params[] = { after, most };
	const struct db_statement read = { .sql = sql_unread, .params = params, .param_count = 2 };

	snprintf(most, sizeof most, "%d", limit);
	db_run(db, DB_AUTOCOMMIT, &read, 1, done, arg);
}

void survey_table_analyze(struct db *db, survey_table_done *done, void *arg)
{
	const struct db_statement statements[] = {
		{ .sql = "analyze pg_temp.survey_subscriber" }, { .sql = "analyze pg_temp.survey_credential" },
	};

	db_run(db, DB_WRITE, statements, 2, done, arg);
}

void survey_table_explain(struct db *db, const struct error *cause, struct error *err)
{
	char *database = db_database(db), *role = db_role(db);

	if (strcmp(db_sqlstate(db), "42501") == 0)
		error_exit(err, EXIT_CONFIG, "What is at SignalWire is read into temporary tables, and this role may make none "
			   "(%s). As the owner of the database run: GRANT TEMPORARY ON DATABASE %s TO %s", error_text(cause),
			   database ? database : "...", role ? role : "...");
	else
		error_set(err, cause->kind, "%s", error_text(cause));
	mem_free(database);
	mem_free(role);
}
