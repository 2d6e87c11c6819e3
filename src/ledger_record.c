/* ledger_record - outcomes and notes, many in one round trip. */
#include "ledger_internal.h"

#include "mem.h"

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

/*
 * A subscriber has an e-mail now that others want, who were about to make one of
 * their own for it, and cannot: what they had noted for that is this one.
 */
#define SUPERSEDED \
	"jsonb_array_elements($1::jsonb) as b\n" \
	"  join subscriber w on w.email = b ->> 'owner_email' and w.id is null and w.no <> (b ->> 'owner_no')::bigint\n"

static const char sql_record_heirs[] =
	"-- swbridge: whoever wants a subscriber that has its e-mail by now gets that one, and is tried again\n"
	"update sync s\n"
	"   set subscriber_no = (b ->> 'owner_no')::bigint, tried_digest = null, updated_at = now()\n"
	"  from " SUPERSEDED
	" where s.subscriber_no = w.no";

static const char sql_record_superseded[] =
	"-- swbridge: what was noted for one that will not be made\n"
	"delete from subscriber o\n"
	" using " SUPERSEDED
	" where o.no = w.no";

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
	"       secret_digest = case when b ->> 'secret_digest' = '" LEDGER_SECRET_UNSHOWN "' then ''\n"
	"                            when b ? 'secret_digest'\n"
	"                            then decode(nullif(b ->> 'secret_digest', ''), 'hex')\n"
	"                            else s.secret_digest end,\n"
	"       -- a name that one of ours may have, whose outcome is open, is not foreign for good\n"
	"       tried_digest = case when b ? 'name_taken'\n"
	"                                and exists (select from journal other\n"
	"                                             where other.outcome is null and other.key <> s.key\n"
	"                                               and (b ->> 'name_taken') = any(other.usernames))\n"
	"                           then null\n"
	"                           when b ? 'tried_digest'\n"
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
	"   and not exists (select from sync s where s.subscriber_no = o.no)\n"
	"   -- what is in doubt on it is looked for there: it stays a difference until that is known\n"
	"   and not exists (select from journal j where j.outcome is null and j.subscriber_no = o.no\n"
	"                      and j.id is distinct from (b ->> 'journal_id')::bigint)";

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

struct recording {
	void (*done)(const struct error *err, void *arg);
	void *arg;
};

/* It may be SignalWire's words, which the database need not be able to hold. */
static void put_told(struct strbuf *doc, const struct ledger *ledger, const char *name, const char *value)
{
	struct strbuf text = STRBUF_INIT;

	if (!value)
		return;
	strbuf_puts(&text, value);
	db_fit(ledger->db, &text, true);
	ledger_put(doc, name, text.len ? text.data : "");
	strbuf_release(&text);
}

static void put_row(struct strbuf *doc, const struct ledger *ledger, const struct ledger_outcome *outcome)
{
	static const char *const absences[] = { [LEDGER_ABSENCE_AS_IS] = NULL, [LEDGER_ABSENT] = "absent",
						[LEDGER_NOT_ABSENT] = "present" };

	ledger_put(doc, "key", outcome->key);
	ledger_put(doc, "extension", outcome->extension);
	ledger_put(doc, "state", outcome->state);
	ledger_put(doc, "username", outcome->username);
	ledger_put(doc, "row_owner_no", outcome->row_owner_no);
	ledger_put(doc, "sip_endpoint_id", outcome->sip_endpoint_id);
	ledger_put(doc, "settings_digest", outcome->settings_digest);
	ledger_put(doc, "secret_digest", outcome->secret_digest);
	ledger_put(doc, "tried_digest", outcome->tried_digest);
	ledger_put(doc, "sent_fields", outcome->sent_fields);
	put_told(doc, ledger, "last_error", outcome->last_error);
	ledger_put(doc, "absence", absences[outcome->absence]);
	if (outcome->protection >= 0)
		ledger_put_bool(doc, "protected", outcome->protection > 0);
	ledger_put(doc, "name_taken", outcome->name_taken);
	if (outcome->count_attempt)
		ledger_put_bool(doc, "count_attempt", true);
	if (outcome->drop)
		ledger_put_bool(doc, "drop", true);
}

static void outcome_doc(struct strbuf *doc, const struct ledger *ledger, const struct ledger_outcome *outcome)
{
	strbuf_putc(doc, '{');
	if (outcome->journal_id) {
		ledger_put(doc, "journal_id", outcome->journal_id);
		ledger_put(doc, "outcome", outcome->outcome);
		ledger_put_int(doc, "settles_in_ms", outcome->settles_in_ms);
		put_told(doc, ledger, "detail", outcome->detail);
		ledger_put(doc, "request_ids", outcome->request_ids);
		ledger_put(doc, "subscriber_id", outcome->subscriber_id);
		ledger_put(doc, "credential_id", outcome->credential_id);
	}
	if (outcome->key)
		put_row(doc, ledger, outcome);
	if (outcome->owner_no) {
		ledger_put(doc, "owner_no", outcome->owner_no);
		ledger_put(doc, "owner_id", outcome->owner_id);
		ledger_put(doc, "owner_email", outcome->owner_email);
		ledger_put(doc, "owner_origin", outcome->owner_origin);
		ledger_put(doc, "owner_profile_digest", outcome->owner_profile_digest);
		ledger_put(doc, "owner_sent_fields", outcome->owner_sent_fields);
		if (outcome->drop_owner)
			ledger_put_bool(doc, "drop_owner", true);
	}
	strbuf_putc(doc, '}');
}

static void recorded(struct db_result *const *results, const struct error *err, void *arg)
{
	struct recording *recording = arg;

	(void)results;
	recording->done(err, recording->arg);
	mem_free(recording);
}

static bool has_owner(const struct ledger_outcome *outcome)
{
	return outcome->owner_no && !outcome->drop_owner;
}

static bool has_owner_id(const struct ledger_outcome *outcome)
{
	return outcome->owner_no && outcome->owner_id;
}

static bool has_owner_email(const struct ledger_outcome *outcome)
{
	return outcome->owner_no && outcome->owner_email;
}

static bool has_row(const struct ledger_outcome *outcome)
{
	return outcome->key && !outcome->drop;
}

static bool drops_row(const struct ledger_outcome *outcome)
{
	return outcome->drop;
}

static bool drops_owner(const struct ledger_outcome *outcome)
{
	return outcome->drop_owner;
}

static bool has_journal(const struct ledger_outcome *outcome)
{
	return outcome->journal_id != NULL;
}

static const struct {
	const char *sql;
	bool (*wants)(const struct ledger_outcome *);
} record_statements[] = {
	{ sql_record_gone, has_owner_id },         { sql_record_heirs, has_owner_email },
	{ sql_record_superseded, has_owner_email }, { sql_record_owner, has_owner },
	{ sql_record_sync, has_row },
	{ sql_record_drop, drops_row },            { sql_record_drop_owner, drops_owner },
	{ sql_record_journal, has_journal },
};

/* A change that came to nothing and has nothing to note still waits for its turn. */
static const char sql_nothing[] = "select 1";

enum { RECORD_STATEMENTS = sizeof record_statements / sizeof *record_statements };

void ledger_record(struct ledger *ledger, const struct ledger_outcome *outcomes, size_t count,
		   void (*done)(const struct error *err, void *arg), void *arg)
{
	struct strbuf batch = STRBUF_INIT;
	struct recording *recording = mem_alloc(sizeof *recording);
	const char *params[1] = { NULL };
	struct db_statement statements[RECORD_STATEMENTS] = { { .sql = NULL } };
	int used = 0;

	for (size_t i = 0; i < count; i++) {
		strbuf_putc(&batch, i ? ',' : '[');
		outcome_doc(&batch, ledger, &outcomes[i]);
	}
	strbuf_putc(&batch, ']');
	params[0] = batch.data;
	for (int i = 0; i < RECORD_STATEMENTS; i++) {
		size_t at = 0;

		while (at < count && !record_statements[i].wants(&outcomes[at]))
			at++;
		if (at < count)
			statements[used++] = (struct db_statement){ .sql = record_statements[i].sql, .params = params,
								    .param_count = 1, .prepared = true };
	}
	if (!used)
		statements[used++].sql = sql_nothing;
	recording->done = done;
	recording->arg = arg;
	db_run(ledger->db, DB_WRITE, statements, used, recorded, recording);
	strbuf_release(&batch);
}
