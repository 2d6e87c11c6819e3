/* ledger_intent - intents, many in one round trip. */
#include "ledger_internal.h"

#include "ledger_sql.h"
#include "mem.h"
#include "textarray.h"

#include <string.h>

/* A batch travels as one JSON parameter; these are its rows. */
#define INTENTS \
	"jsonb_to_recordset($1::jsonb) as b(\n" \
	"           n integer, key text, extension text, operation text, cause text, at_ms bigint,\n" \
	"           take_key text, username text, owner_no bigint, email text, protected boolean,\n" \
	"           clear_settings boolean, clear_secret boolean, unshown boolean, clear_profile boolean,\n" \
	"           absent boolean, recheck boolean, orphan boolean,\n" \
	"           subscriber_id uuid, sip_endpoint_id uuid, sent_fields text,\n" \
	"           profile_fields text)\n"

/* The subscriber that an intent is about, where it has a row: the one that was read may have been forgotten since. */
#define OWNER "coalesce((select w.no from subscriber w where w.no = b.owner_no),\n" \
	      "           (select w.no from subscriber w where w.email = b.email))"

/* The open intents of others on the same subscriber; what they did is unknown. */
#define OTHERS "journal o where o.outcome is null and o.key <> b.key and o.settles_at is not null\n" \
	       "                      and o.subscriber_no = " OWNER

/* An extension's open intent, whose key is the e-mail of the subscriber that is to be removed. */
#define NAMESAKE "journal o where b.orphan and o.outcome is null and o.key = b.key\n" \
		 "                      and (o.operation <> 'remove' or o.subscriber_no is distinct from b.owner_no)"

/* What may have a value remotely once this is sent: what has to be taken back when it is not wanted any more. */
#define SENT_FIELDS "array(select unnest(s.sent_fields) union select unnest(string_to_array(b.sent_fields, ',')))"

/* A secret that nobody was told may be there from now on, or still (ledger.h); else it is unknown. */
#define SECRET_DIGEST(unshown) "case when " unshown " or s.secret_digest = '' then ''::bytea end"

/* An intent that this batch took: open, and in this holder's hands. */
#define TAKEN "  join journal j on j.key = b.key and j.outcome is null and j.settles_at is null\n"

static const char sql_no_policies[] =
	"-- swbridge: a policy that hides rows is an error, not a shorter list\n"
	"select set_config('row_security', 'off', true)";

static const char sql_with_policies[] =
	"select set_config('row_security', 'on', true)";

static const char sql_wanted_head[] =
	"-- swbridge: which of the rows to be removed does the source want after all?\n"
	"select set_config('swbridge.still_wanted', coalesce(json_agg(w.key), '[]')::text, true)\n"
	"  from (";

static const char sql_intent_owner[] =
	"-- swbridge: subscribers that are about to be made\n"
	"insert into subscriber (email, origin, created_at) -- by SignalWire's clock, which its own times are compared with\n"
	"select b.email, 'created', to_timestamp(min(b.at_ms) / 1000.0)\n"
	"  from " INTENTS
	" where b.email is not null\n"
	"   and not exists (select from subscriber w where w.no = b.owner_no)\n"
	"   and not (select paused from control)\n"
	" group by b.email\n"
	"    on conflict (email) do nothing";

/* Whether an intent may be taken now. */
#define MAY_BE_TAKEN \
	"not (select paused from control)\n" \
	"   -- nothing is sent of a row that an operator let go, or gave an id, since it was read\n" \
	"   and case when b.orphan then exists (select from subscriber w where w.no = b.owner_no)\n" \
	"            when b.operation = 'create' and b.take_key is null\n" \
	"            then (select s.sip_endpoint_id from sync s where s.key = b.key) is null\n" \
	"            else (select true from sync s where s.key = coalesce(b.take_key, b.key)) is true end\n" \
	"   and not (b.recheck and nullif(current_setting('swbridge.still_wanted', true), '')::jsonb ? b.key)\n" \
	"   and not exists (select from journal o where o.key = b.take_key and o.outcome is null)\n" \
	"   and not exists (select from " NAMESAKE ")\n" \
	"   and not exists (select from " OTHERS " and o.settles_at > now())\n"

/* The open row tells the plan what was sent last; what was sent before it may have happened as well. */
static const char sql_intent_before[] =
	"-- swbridge: open intents that go on as something else still count as what they were\n"
	"insert into journal (key, extension, operation, cause, at, attempts, subscriber_no, subscriber_id, sip_endpoint_id,\n"
	"                     usernames, request_ids, outcome, finished_at, detail)\n"
	"select j.key, j.extension, j.operation, j.cause, j.at, j.attempts, j.subscriber_no, j.subscriber_id,\n"
	"       j.sip_endpoint_id, j.usernames, j.request_ids, 'failed', now(),\n"
	"       " LEDGER_SQL_SUPERSEDED "\n"
	"  from " INTENTS
	"  join journal j on j.key = b.key and j.outcome is null\n"
	" where (" LEDGER_SQL_CLASSES_OF("j.operation") ")\n"
	"       & ~(" LEDGER_SQL_CLASSES_OF("b.operation") ") <> 0\n"
	"   and " MAY_BE_TAKEN;

static const char sql_intent_journal[] =
	"-- swbridge: the intents; an open one goes on with its time\n"
	"insert into journal as j (key, extension, operation, cause, at, subscriber_no, subscriber_id, sip_endpoint_id,\n"
	"                          usernames)\n"
	"select b.key, b.extension, b.operation, b.cause, to_timestamp(b.at_ms / 1000.0), " OWNER ",\n"
	"       b.subscriber_id, b.sip_endpoint_id, array_remove(array[b.username], null)\n"
	"  from " INTENTS
	" where " MAY_BE_TAKEN
	"    on conflict (key) where outcome is null\n"
	"    do update set operation = excluded.operation,\n"
	"                  subscriber_no = excluded.subscriber_no,\n"
	"                  attempts = j.attempts + 1,\n"
	"                  usernames = j.usernames || excluded.usernames,\n"
	"                  settles_at = null";

/* What it did shows where the subscriber is used; whether it did anything is not known, so it counts. */
static const char sql_intent_used[] =
	"-- swbridge: the removal of a subscriber has settled, and an extension wants it again\n"
	"update journal r\n"
	"   set outcome = 'failed', finished_at = now(), detail = 'an extension wants the subscriber again'\n"
	"  from " INTENTS
	"  join subscriber o on o.no = " OWNER "\n"
	" where b.operation in ('create', 'replace')\n"
	"   and r.key = o.email and r.subscriber_no = o.no and r.key <> b.key\n"
	"   and r.outcome is null and r.settles_at <= now() and r.operation = 'remove'";

static const char sql_intent_take[] =
	"-- swbridge: rows that are taken over by a new key\n"
	"update sync s\n"
	"   set key = b.key, extension = b.extension, protected = b.protected,\n"
	"       settings_digest = null, secret_digest = " SECRET_DIGEST("b.unshown") ", tried_digest = null,\n"
	"       sent_fields = " SENT_FIELDS ",\n"
	"       absent_since = null, updated_at = now()\n"
	"  from " INTENTS TAKEN
	" where s.key = b.take_key";

static const char sql_intent_create[] =
	"-- swbridge: rows that are about to be created\n"
	"insert into sync as s (key, extension, username, subscriber_no, state, protected, secret_digest, sent_fields)\n"
	"select b.key, b.extension, b.username, " OWNER ", 'creating', b.protected,\n"
	"       case when b.unshown then ''::bytea end, coalesce(string_to_array(b.sent_fields, ','), '{}')\n"
	"  from " INTENTS TAKEN
	" where b.operation = 'create'\n"
	"   and b.take_key is null\n"
	"    on conflict (key)\n"
	"    do update set extension = excluded.extension, username = coalesce(excluded.username, s.username),\n"
	"                  subscriber_no = excluded.subscriber_no, state = 'creating',\n"
	"                  sip_endpoint_id = null, settings_digest = null,\n"
	"                  secret_digest = " SECRET_DIGEST("excluded.secret_digest = ''") ",\n"
	"                  sent_fields = array(select unnest(s.sent_fields) union select unnest(excluded.sent_fields)),\n"
	"                  protected = excluded.protected, absent_since = null, updated_at = now()";

static const char sql_intent_touch[] =
	"-- swbridge: what is about to be sent is unknown until its outcome is\n"
	"update sync s\n"
	"   set state = case when b.operation = 'remove' then 'removing' else s.state end,\n"
	"       settings_digest = case when b.clear_settings then null else s.settings_digest end,\n"
	"       secret_digest = case when b.clear_secret then " SECRET_DIGEST("b.unshown") " else s.secret_digest end,\n"
	"       sent_fields = " SENT_FIELDS ",\n"
	"       absent_since = case when b.absent then coalesce(s.absent_since, now()) else s.absent_since end,\n"
	"       updated_at = now()\n"
	"  from " INTENTS TAKEN
	" where s.key = b.key\n"
	"   and b.operation <> 'create'\n"
	"   and b.take_key is null";

static const char sql_intent_profile[] =
	"-- swbridge: profiles that are about to be put\n"
	"update subscriber o\n"
	"   set profile_digest = case when b.clear_profile then null else o.profile_digest end,\n"
	"       -- what is about to get a value is known before it has one: it may have to be taken back\n"
	"       sent_fields = array(select unnest(o.sent_fields)\n"
	"                           union select unnest(string_to_array(b.profile_fields, ','))),\n"
	"       updated_at = now()\n"
	"  from " INTENTS TAKEN
	" where (b.clear_profile or b.profile_fields is not null)\n"
	"   and o.no = " OWNER;

static const char sql_intended[] =
	"-- swbridge: what the engine goes on with\n"
	"select b.n, j.id, floor(extract(epoch from j.at) * 1000)::bigint,\n"
	"       o.no, o.id, o.email, o.origin, s.username, s.sip_endpoint_id, array_to_string(s.sent_fields, ','),\n"
	"       exists (select from " OTHERS " and o.settles_at > now()) or exists (select from " NAMESAKE "),\n"
	"       (select floor(extract(epoch from min(o.at)) * 1000)::bigint from " OTHERS ")\n"
	"  from " INTENTS
	"  left join journal j on j.key = b.key and j.outcome is null and j.settles_at is null\n"
	"        and not exists (select from " NAMESAKE ")\n"
	"  -- by their indexes: a batch is small beside the fleet, which the server cannot know\n"
	"  left join lateral (select a.* from sync a where a.key = b.key and not b.orphan offset 0) s on true\n"
	"  left join lateral (select a.* from subscriber a\n"
	"                      where a.no = case when b.operation = 'replace' then " OWNER "\n"
	"                                        else coalesce(s.subscriber_no, b.owner_no) end\n"
	"                     offset 0) o on true\n"
	" order by b.n";

/* One batch of intents on its way. */
struct intending {
	size_t count;
	void (*done)(const struct ledger_intended *results, size_t count, const struct error *err, void *arg);
	void *arg;
	int last; /* which statement answers */
};

static void intent_doc(struct strbuf *doc, const struct ledger_intent *intent, size_t n)
{
	strbuf_putc(doc, '{');
	ledger_put_int(doc, "n", (int64_t)n);
	ledger_put(doc, "key", intent->key);
	ledger_put(doc, "extension", intent->extension);
	ledger_put(doc, "operation", intent->operation);
	ledger_put(doc, "cause", intent->cause);
	ledger_put_int(doc, "at_ms", intent->at_ms);
	ledger_put(doc, "take_key", intent->take_key);
	ledger_put(doc, "username", intent->username);
	ledger_put(doc, "owner_no", intent->owner_no);
	ledger_put(doc, "email", intent->email);
	ledger_put_bool(doc, "protected", intent->is_protected);
	ledger_put_bool(doc, "clear_settings", intent->clear_settings);
	ledger_put_bool(doc, "clear_secret", intent->clear_secret);
	ledger_put_bool(doc, "unshown", intent->unshown);
	ledger_put_bool(doc, "clear_profile", intent->clear_profile);
	ledger_put_bool(doc, "absent", intent->absent);
	ledger_put_bool(doc, "recheck", intent->recheck);
	ledger_put_bool(doc, "orphan", intent->orphan);
	ledger_put(doc, "subscriber_id", intent->subscriber_id);
	ledger_put(doc, "sip_endpoint_id", intent->sip_endpoint_id);
	ledger_put(doc, "sent_fields", intent->sent_fields);
	ledger_put(doc, "profile_fields", intent->profile_fields);
	strbuf_putc(doc, '}');
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
		row->sent_fields = db_result_get(result, i, 9);
		row->waits = db_result_get(result, i, 10)[0] == 't';
		row->others_at_ms = db_result_get(result, i, 11) ? db_result_int(result, i, 11) : 0;
	}
	intending->done(rows, intending->count, err, intending->arg);
	mem_free(rows);
	mem_free(intending);
}

/* Which statements a batch needs: a batch of creates has nothing to take over. */
static bool needs(const struct ledger_intent *intents, size_t count, bool (*wants)(const struct ledger_intent *))
{
	for (size_t i = 0; i < count; i++)
		if (wants(&intents[i]))
			return true;
	return false;
}

static bool makes_owner(const struct ledger_intent *intent)
{
	return intent->email != NULL;
}

static bool uses_owner(const struct ledger_intent *intent)
{
	return strcmp(intent->operation, "create") == 0 || strcmp(intent->operation, "replace") == 0;
}

static bool takes_over(const struct ledger_intent *intent)
{
	return intent->take_key != NULL;
}

static bool creates(const struct ledger_intent *intent)
{
	return strcmp(intent->operation, "create") == 0 && !intent->take_key;
}

static bool touches(const struct ledger_intent *intent)
{
	return !creates(intent) && !intent->take_key;
}

static bool puts_profile(const struct ledger_intent *intent)
{
	return intent->clear_profile || intent->profile_fields;
}

static bool goes_on(const struct ledger_intent *intent)
{
	return intent->goes_on;
}

static bool rechecks(const struct ledger_intent *intent)
{
	return intent->recheck;
}

static const struct {
	const char *sql;
	bool (*wants)(const struct ledger_intent *); /* NULL: always */
} intent_statements[] = {
	{ sql_intent_owner, makes_owner },
	{ sql_intent_before, goes_on },
	{ sql_intent_journal, NULL },
	{ sql_intent_used, uses_owner },
	{ sql_intent_take, takes_over },
	{ sql_intent_create, creates },
	{ sql_intent_touch, touches },
	{ sql_intent_profile, puts_profile },
	{ sql_intended, NULL }, /* answers */
};

enum { INTENT_STATEMENTS = sizeof intent_statements / sizeof *intent_statements };

static char *recheck_keys(const struct ledger_intent *intents, size_t count)
{
	const char **keys = mem_array(count, sizeof *keys);
	size_t used = 0;
	char *text = NULL;

	for (size_t i = 0; i < count; i++)
		if (intents[i].recheck)
			keys[used++] = intents[i].key;
	text = textarray(keys, used);
	mem_free(keys);
	return text;
}

void ledger_intend(struct ledger *ledger, const struct ledger_intent *intents, size_t count,
		   const char *still_wanted, const char *policy,
		   void (*done)(const struct ledger_intended *results, size_t count, const struct error *err, void *arg),
		   void *arg)
{
	struct intending *intending = mem_alloc(sizeof *intending);
	struct strbuf batch = STRBUF_INIT, wanted = STRBUF_INIT;
	const char *params[1] = { NULL };
	const char *wanted_params[4] = { NULL, ledger->identity.digest_inner, ledger->identity.digest_outer, policy };
	struct db_statement statements[INTENT_STATEMENTS + 2] = { { .sql = NULL } };
	char *keys = recheck_keys(intents, count);
	int used = 0;

	for (size_t i = 0; i < count; i++) {
		strbuf_putc(&batch, i ? ',' : '[');
		intent_doc(&batch, &intents[i], i);
	}
	strbuf_putc(&batch, ']');
	params[0] = batch.data;
	if (needs(intents, count, rechecks)) {
		strbuf_puts(&wanted, sql_wanted_head);
		strbuf_puts(&wanted, still_wanted);
		strbuf_puts(&wanted, ") w");
		wanted_params[0] = keys;
		statements[used++].sql = ledger->row_security ? sql_with_policies : sql_no_policies;
		statements[used++] = (struct db_statement){ .sql = wanted.data, .params = wanted_params, .param_count = 4 };
	}
	for (int i = 0; i < INTENT_STATEMENTS; i++)
		if (!intent_statements[i].wants || needs(intents, count, intent_statements[i].wants))
			statements[used++] = (struct db_statement){ .sql = intent_statements[i].sql, .params = params,
								    .param_count = 1, .prepared = true };
	intending->count = count;
	intending->done = done;
	intending->arg = arg;
	intending->last = used - 1;
	db_run(ledger->db, DB_WRITE, statements, used, intended, intending);
	strbuf_release(&batch);
	strbuf_release(&wanted);
	mem_free(keys);
}
