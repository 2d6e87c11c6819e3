/* ledger_write - intents and outcomes, in batches. */
#include "ledger_internal.h"

#include "mem.h"
#include "strbuf.h"

#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

/* A batch travels as one JSON parameter; these are its rows. */
#define INTENTS \
	"jsonb_to_recordset($1::jsonb) as b(\n" \
	"           n integer, key text, extension text, operation text, cause text, at_ms bigint,\n" \
	"           take_key text, username text, owner_no bigint, email text, protected boolean,\n" \
	"           clear_settings boolean, clear_secret boolean, clear_profile boolean,\n" \
	"           absent boolean, recheck boolean, orphan boolean,\n" \
	"           subscriber_id uuid, sip_endpoint_id uuid)\n"

/* The subscriber that an intent is about, where it has a row. */
#define OWNER "coalesce(b.owner_no, (select w.no from subscriber w where w.email = b.email))"

/* The open intents of others on the same subscriber; what they did is unknown. */
#define OTHERS "journal o where o.outcome is null and o.key <> b.key and o.settles_at is not null\n" \
	       "                      and o.subscriber_no = " OWNER

/* An intent that this batch took: open, and in this holder's hands. */
#define TAKEN "  join journal j on j.key = b.key and j.outcome is null and j.settles_at is null\n"

static const char sql_no_policies[] =
	"-- swbridge: a policy that hides rows is an error, not a shorter list\n"
	"select set_config('row_security', 'off', true)";

static const char sql_with_policies[] =
	"select set_config('row_security', 'on', true)";

static const char sql_nothing_wanted[] =
	"select set_config('swbridge.still_wanted', '[]', true)";

static const char sql_wanted_head[] =
	"-- swbridge: which of the rows to be removed does the source want after all?\n"
	"select set_config('swbridge.still_wanted', coalesce(json_agg(w.key), '[]')::text, true)\n"
	"  from (";

static const char sql_intent_owner[] =
	"-- swbridge: subscribers that are about to be made\n"
	"insert into subscriber (email, origin)\n"
	"select distinct b.email, 'created'\n"
	"  from " INTENTS
	" where b.email is not null\n"
	"   and b.owner_no is null\n"
	"   and not (select paused from control)\n"
	"    on conflict (email) do nothing";

static const char sql_intent_journal[] =
	"-- swbridge: the intents; an open one goes on with its time\n"
	"insert into journal as j (key, extension, operation, cause, at, subscriber_no, subscriber_id, sip_endpoint_id)\n"
	"select b.key, b.extension, b.operation, b.cause, to_timestamp(b.at_ms / 1000.0), " OWNER ",\n"
	"       b.subscriber_id, b.sip_endpoint_id\n"
	"  from " INTENTS
	" where not (select paused from control)\n"
	"   and not (b.recheck and current_setting('swbridge.still_wanted')::jsonb ? b.key)\n"
	"   and not exists (select from journal o where o.key = b.take_key and o.outcome is null)\n"
	"   and not exists (select from " OTHERS " and o.settles_at > now())\n"
	"    on conflict (key) where outcome is null\n"
	"    do update set operation = excluded.operation,\n"
	"                  subscriber_no = excluded.subscriber_no,\n"
	"                  attempts = j.attempts + 1,\n"
	"                  settles_at = null";

static const char sql_intent_take[] =
	"-- swbridge: rows that are taken over by a new key\n"
	"update sync s\n"
	"   set key = b.key, extension = b.extension, protected = b.protected,\n"
	"       settings_digest = null, secret_digest = null, tried_digest = null,\n"
	"       absent_since = null, updated_at = now()\n"
	"  from " INTENTS TAKEN
	" where s.key = b.take_key";

static const char sql_intent_create[] =
	"-- swbridge: rows that are about to be created\n"
	"insert into sync as s (key, extension, username, subscriber_no, state, protected)\n"
	"select b.key, b.extension, b.username, coalesce(b.owner_no, o.no), 'creating', b.protected\n"
	"  from " INTENTS TAKEN
	"  left join subscriber o on o.email = b.email\n"
	" where b.operation = 'create'\n"
	"   and b.take_key is null\n"
	"    on conflict (key)\n"
	"    do update set extension = excluded.extension, username = excluded.username,\n"
	"                  subscriber_no = excluded.subscriber_no, state = 'creating',\n"
	"                  sip_endpoint_id = null, settings_digest = null, secret_digest = null,\n"
	"                  protected = excluded.protected, absent_since = null, updated_at = now()";

static const char sql_intent_touch[] =
	"-- swbridge: what is about to be sent is unknown until its outcome is\n"
	"update sync s\n"
	"   set state = case when b.operation = 'remove' then 'removing' else s.state end,\n"
	"       settings_digest = case when b.clear_settings then null else s.settings_digest end,\n"
	"       secret_digest = case when b.clear_secret then null else s.secret_digest end,\n"
	"       absent_since = case when b.absent then coalesce(s.absent_since, now()) else s.absent_since end,\n"
	"       updated_at = now()\n"
	"  from " INTENTS TAKEN
	" where s.key = b.key\n"
	"   and b.operation <> 'create'\n"
	"   and b.take_key is null";

static const char sql_intent_profile[] =
	"-- swbridge: profiles that are about to be put\n"
	"update subscriber o\n"
	"   set profile_digest = null, updated_at = now()\n"
	"  from " INTENTS TAKEN
	" where b.clear_profile\n"
	"   and o.no = b.owner_no";

static const char sql_intended[] =
	"-- swbridge: what the engine goes on with\n"
	"select b.n, j.id, floor(extract(epoch from j.at) * 1000)::bigint,\n"
	"       o.no, o.id, o.email, o.origin, s.username, s.sip_endpoint_id,\n"
	"       exists (select from " OTHERS " and o.settles_at > now()),\n"
	"       (select floor(extract(epoch from min(o.at)) * 1000)::bigint from " OTHERS ")\n"
	"  from " INTENTS
	"  left join journal j on j.key = b.key and j.outcome is null and j.settles_at is null\n"
	"  left join sync s on s.key = b.key and not b.orphan\n"
	"  left join subscriber w on w.email = b.email\n"
	"  left join subscriber o on o.no = case when b.operation = 'replace' then coalesce(b.owner_no, w.no)\n"
	"                                        else coalesce(s.subscriber_no, b.owner_no) end\n"
	" order by b.n";

static const char sql_record_gone[] =
	"-- swbridge: a subscriber that is gone took its credentials along\n"
	"update sync s\n"
	"   set sip_endpoint_id = null, updated_at = now()\n"
	"  from jsonb_array_elements($1::jsonb) as b\n"
	"  join subscriber o on o.no = (b ->> 'owner_no')::bigint\n"
	" where b ? 'owner_id'\n"
	"   and o.id <> coalesce(nullif(b ->> 'owner_id', ''), '00000000-0000-0000-0000-000000000000')::uuid\n"
	"   and s.subscriber_no = o.no\n"
	"   and s.sip_endpoint_id is not null";

static const char sql_record_owner[] =
	"-- swbridge: what is known of subscribers now\n"
	"update subscriber o\n"
	"   set id = case when b ? 'owner_id' then nullif(b ->> 'owner_id', '')::uuid else o.id end,\n"
	"       email = coalesce(b ->> 'owner_email', o.email),\n"
	"       origin = coalesce(b ->> 'owner_origin', o.origin),\n"
	"       profile_digest = case when b ? 'owner_profile_digest'\n"
	"                             then decode(nullif(b ->> 'owner_profile_digest', ''), 'hex')\n"
	"                             else o.profile_digest end,\n"
	"       sent_fields = case when b ? 'owner_sent_fields'\n"
	"                          then string_to_array(b ->> 'owner_sent_fields', ',') else o.sent_fields end,\n"
	"       updated_at = now()\n"
	"  from jsonb_array_elements($1::jsonb) as b\n"
	" where o.no = (b ->> 'owner_no')::bigint\n"
	"   and not b ? 'drop_owner'";

static const char sql_record_sync[] =
	"-- swbridge: what is known of extensions now\n"
	"update sync s\n"
	"   set extension = coalesce(b ->> 'extension', s.extension),\n"
	"       state = coalesce(b ->> 'state', s.state),\n"
	"       username = coalesce(b ->> 'username', s.username),\n"
	"       subscriber_no = coalesce((b ->> 'row_owner_no')::bigint, s.subscriber_no),\n"
	"       sip_endpoint_id = case when b ? 'sip_endpoint_id'\n"
	"                              then nullif(b ->> 'sip_endpoint_id', '')::uuid else s.sip_endpoint_id end,\n"
	"       settings_digest = case when b ? 'settings_digest'\n"
	"                              then decode(nullif(b ->> 'settings_digest', ''), 'hex')\n"
	"                              else s.settings_digest end,\n"
	"       secret_digest = case when b ? 'secret_digest'\n"
	"                            then decode(nullif(b ->> 'secret_digest', ''), 'hex')\n"
	"                            else s.secret_digest end,\n"
	"       tried_digest = case when b ? 'tried_digest'\n"
	"                           then decode(nullif(b ->> 'tried_digest', ''), 'hex')\n"
	"                           else s.tried_digest end,\n"
	"       sent_fields = case when b ? 'sent_fields'\n"
	"                          then string_to_array(b ->> 'sent_fields', ',') else s.sent_fields end,\n"
	"       protected = coalesce((b ->> 'protected')::boolean, s.protected),\n"
	"       absent_since = case b ->> 'absence' when 'absent' then coalesce(s.absent_since, now())\n"
	"                                           when 'present' then null\n"
	"                                           else s.absent_since end,\n"
	"       attempts = case when b ? 'count_attempt' then s.attempts + 1 else 0 end,\n"
	"       next_attempt_at = null,\n"
	"       last_error = case when b ? 'last_error' then nullif(b ->> 'last_error', '') else s.last_error end,\n"
	"       updated_at = now()\n"
	"  from jsonb_array_elements($1::jsonb) as b\n"
	" where s.key = b ->> 'key'\n"
	"   and not b ? 'drop'";

static const char sql_record_drop[] =
	"-- swbridge: extensions that are gone\n"
	"delete from sync s\n"
	" using jsonb_array_elements($1::jsonb) as b\n"
	" where s.key = b ->> 'key'\n"
	"   and b ? 'drop'";

static const char sql_record_drop_owner[] =
	"-- swbridge: subscribers that are gone, or not ours to remove\n"
	"delete from subscriber o\n"
	" using jsonb_array_elements($1::jsonb) as b\n"
	" where o.no = (b ->> 'owner_no')::bigint\n"
	"   and b ? 'drop_owner'\n"
	"   and not exists (select from sync s where s.subscriber_no = o.no)";

static const char sql_record_journal[] =
	"-- swbridge: the outcomes; without one the intent stays open and settles\n"
	"update journal j\n"
	"   set outcome = b ->> 'outcome',\n"
	"       finished_at = case when b ? 'outcome' then now() end,\n"
	"       settles_at = case when not b ? 'outcome'\n"
	"                         then now() + (b ->> 'settles_in_ms')::bigint * interval '1 millisecond' end,\n"
	"       detail = coalesce(b ->> 'detail', j.detail),\n"
	"       request_ids = j.request_ids || coalesce(string_to_array(b ->> 'request_ids', ','), '{}'),\n"
	"       subscriber_id = coalesce((b ->> 'subscriber_id')::uuid, j.subscriber_id),\n"
	"       sip_endpoint_id = coalesce((b ->> 'credential_id')::uuid, j.sip_endpoint_id)\n"
	"  from jsonb_array_elements($1::jsonb) as b\n"
	" where j.id = (b ->> 'journal_id')::bigint";

/* One batch of intents on its way. */
struct intending {
	size_t count;
	void (*done)(const struct ledger_intended *results, size_t count, const struct error *err, void *arg);
	void *arg;
	int last; /* which statement answers */
};

struct recording {
	void (*done)(const struct error *err, void *arg);
	void *arg;
};

static void put(struct json_object *doc, const char *name, const char *value)
{
	if (value)
		json_object_object_add(doc, name, json_object_new_string(value));
}

static void put_bool(struct json_object *doc, const char *name, bool value)
{
	json_object_object_add(doc, name, json_object_new_boolean(value));
}

static void put_int(struct json_object *doc, const char *name, int64_t value)
{
	json_object_object_add(doc, name, json_object_new_int64(value));
}

static struct json_object *intent_doc(const struct ledger_intent *intent, size_t n)
{
	struct json_object *doc = json_object_new_object();

	put_int(doc, "n", (int64_t)n);
	put(doc, "key", intent->key);
	put(doc, "extension", intent->extension);
	put(doc, "operation", intent->operation);
	put(doc, "cause", intent->cause);
	put_int(doc, "at_ms", intent->at_ms);
	put(doc, "take_key", intent->take_key);
	put(doc, "username", intent->username);
	put(doc, "owner_no", intent->owner_no);
	put(doc, "email", intent->email);
	put_bool(doc, "protected", intent->is_protected);
	put_bool(doc, "clear_settings", intent->clear_settings);
	put_bool(doc, "clear_secret", intent->clear_secret);
	put_bool(doc, "clear_profile", intent->clear_profile);
	put_bool(doc, "absent", intent->absent);
	put_bool(doc, "recheck", intent->recheck);
	put_bool(doc, "orphan", intent->orphan);
	put(doc, "subscriber_id", intent->subscriber_id);
	put(doc, "sip_endpoint_id", intent->sip_endpoint_id);
	return doc;
}

/* A PostgreSQL array of texts: every element quoted (manual, "Array Value Input"). */
static void add_key(struct strbuf *array, const char *key)
{
	strbuf_puts(array, array->len > 1 ? ",\"" : "\"");
	for (; *key; key++) {
		if (*key == '"' || *key == '\\')
			strbuf_putc(array, '\\');
		strbuf_putc(array, *key);
	}
	strbuf_putc(array, '"');
}

static void intended(struct db_result *const *results, const struct error *err, void *arg)
{
	struct intending *intending = arg;
	struct ledger_intended *rows = mem_array(intending->count, sizeof *rows);
	struct db_result *result = err ? NULL : results[intending->last];

	for (int i = 0; result && i < db_result_rows(result); i++) {
		struct ledger_intended *row = &rows[db_result_int(result, i, 0)];

		row->journal_id = db_result_get(result, i, 1);
		row->taken = row->journal_id != NULL;
		row->at_ms = db_result_int(result, i, 2);
		row->owner_no = db_result_get(result, i, 3);
		row->owner_id = db_result_get(result, i, 4);
		row->owner_email = db_result_get(result, i, 5);
		row->owner_origin = db_result_get(result, i, 6);
		row->username = db_result_get(result, i, 7);
		row->sip_endpoint_id = db_result_get(result, i, 8);
		row->waits = db_result_get(result, i, 9)[0] == 't';
		row->others_at_ms = db_result_get(result, i, 10) ? db_result_int(result, i, 10) : 0;
	}
	intending->done(rows, intending->count, err, intending->arg);
	mem_free(rows);
	mem_free(intending);
}

void ledger_intend(struct ledger *ledger, const struct ledger_intent *intents, size_t count,
		   const char *still_wanted, const char *policy,
		   void (*done)(const struct ledger_intended *results, size_t count, const struct error *err, void *arg),
		   void *arg)
{
	struct json_object *batch = json_object_new_array_ext((int)count);
	struct intending *intending = mem_alloc(sizeof *intending);
	struct strbuf keys = STRBUF_INIT;
	struct strbuf wanted = STRBUF_INIT;
	const char *params[1] = { NULL };
	const char *wanted_params[4] = { NULL, ledger->identity.digest_inner, ledger->identity.digest_outer, policy };
	struct db_statement statements[9] = { { .sql = sql_no_policies }, { .sql = sql_nothing_wanted } };
	static const char *const rest[] = { sql_intent_owner, sql_intent_journal, sql_intent_take, sql_intent_create,
					    sql_intent_touch, sql_intent_profile, sql_intended };

	strbuf_putc(&keys, '{');
	for (size_t i = 0; i < count; i++) {
		json_object_array_add(batch, intent_doc(&intents[i], i));
		if (intents[i].recheck)
			add_key(&keys, intents[i].key);
	}
	strbuf_putc(&keys, '}');
	if (ledger->row_security)
		statements[0].sql = sql_with_policies;
	if (keys.len > 2) {
		strbuf_puts(&wanted, sql_wanted_head);
		strbuf_puts(&wanted, still_wanted);
		strbuf_puts(&wanted, ") w");
		wanted_params[0] = keys.data;
		statements[1] = (struct db_statement){ .sql = wanted.data, .params = wanted_params, .param_count = 4 };
	}
	params[0] = json_object_to_json_string_ext(batch, JSON_C_TO_STRING_PLAIN);
	for (size_t i = 0; i < sizeof rest / sizeof *rest; i++)
		statements[2 + i] = (struct db_statement){ .sql = rest[i], .params = params, .param_count = 1 };
	intending->count = count;
	intending->done = done;
	intending->arg = arg;
	intending->last = 8;
	db_run(ledger->db, DB_WRITE, statements, 9, intended, intending);
	json_object_put(batch);
	strbuf_release(&wanted);
	strbuf_release(&keys);
}

static void put_row(struct json_object *doc, const struct ledger_outcome *outcome)
{
	static const char *const absences[] = { [LEDGER_ABSENCE_AS_IS] = NULL, [LEDGER_ABSENT] = "absent",
						[LEDGER_NOT_ABSENT] = "present" };

	put(doc, "key", outcome->key);
	put(doc, "extension", outcome->extension);
	put(doc, "state", outcome->state);
	put(doc, "username", outcome->username);
	put(doc, "row_owner_no", outcome->row_owner_no);
	put(doc, "sip_endpoint_id", outcome->sip_endpoint_id);
	put(doc, "settings_digest", outcome->settings_digest);
	put(doc, "secret_digest", outcome->secret_digest);
	put(doc, "tried_digest", outcome->tried_digest);
	put(doc, "sent_fields", outcome->sent_fields);
	put(doc, "last_error", outcome->last_error);
	put(doc, "absence", absences[outcome->absence]);
	if (outcome->protection >= 0)
		put_bool(doc, "protected", outcome->protection > 0);
	if (outcome->count_attempt)
		put_bool(doc, "count_attempt", true);
	if (outcome->drop)
		put_bool(doc, "drop", true);
}

static struct json_object *outcome_doc(const struct ledger_outcome *outcome)
{
	struct json_object *doc = json_object_new_object();

	if (outcome->journal_id) {
		put(doc, "journal_id", outcome->journal_id);
		put(doc, "outcome", outcome->outcome);
		put_int(doc, "settles_in_ms", outcome->settles_in_ms);
		put(doc, "detail", outcome->detail);
		put(doc, "request_ids", outcome->request_ids);
		put(doc, "subscriber_id", outcome->subscriber_id);
		put(doc, "credential_id", outcome->credential_id);
	}
	if (outcome->key)
		put_row(doc, outcome);
	if (outcome->owner_no) {
		put(doc, "owner_no", outcome->owner_no);
		put(doc, "owner_id", outcome->owner_id);
		put(doc, "owner_email", outcome->owner_email);
		put(doc, "owner_origin", outcome->owner_origin);
		put(doc, "owner_profile_digest", outcome->owner_profile_digest);
		put(doc, "owner_sent_fields", outcome->owner_sent_fields);
		if (outcome->drop_owner)
			put_bool(doc, "drop_owner", true);
	}
	return doc;
}

static void recorded(struct db_result *const *results, const struct error *err, void *arg)
{
	struct recording *recording = arg;

	(void)results;
	recording->done(err, recording->arg);
	mem_free(recording);
}

void ledger_record(struct ledger *ledger, const struct ledger_outcome *outcomes, size_t count,
		   void (*done)(const struct error *err, void *arg), void *arg)
{
	static const char *const texts[] = { sql_record_gone, sql_record_owner, sql_record_sync, sql_record_drop,
					     sql_record_drop_owner, sql_record_journal };
	struct json_object *batch = json_object_new_array_ext((int)count);
	struct recording *recording = mem_alloc(sizeof *recording);
	const char *params[1] = { NULL };
	struct db_statement statements[6] = { { .sql = NULL } };

	for (size_t i = 0; i < count; i++)
		json_object_array_add(batch, outcome_doc(&outcomes[i]));
	params[0] = json_object_to_json_string_ext(batch, JSON_C_TO_STRING_PLAIN);
	for (size_t i = 0; i < 6; i++)
		statements[i] = (struct db_statement){ .sql = texts[i], .params = params, .param_count = 1 };
	recording->done = done;
	recording->arg = arg;
	db_run(ledger->db, DB_WRITE, statements, 6, recorded, recording);
	json_object_put(batch);
}
