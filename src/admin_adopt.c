/* admin_adopt - the ledger takes over what exists at SignalWire. */
#include "admin_adopt.h"

#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "shellword.h"
#include "textarray.h"

enum { PARAMETERS = 8, STATEMENTS = 7 };

/* The batch as rows. */
#define ADOPTIONS \
	"(select u.n::text as n, u.key, u.extension, u.username, nullif(u.subscriber_id, '')::uuid as subscriber_id,\n" \
	"               nullif(lower(u.email), '') as email,\n" \
	"               nullif(u.sip_endpoint_id, '')::uuid as sip_endpoint_id, u.protected::boolean\n" \
	"          from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[])\n" \
	"               with ordinality u (key, extension, username, subscriber_id, email, sip_endpoint_id, protected, n)\n" \
	"         where $8::text is not null) b\n"

/* Those that nothing stands in the way of. */
#define FREE " current_setting('swbridge.adopt')::jsonb -> b.n ->> 0 = 'adopted'\n"

static const char sql_one_by_one[] =
	"-- swbridge: adoptions go one after the other\n"
	"select from control for update";

static const char sql_lock[] =
	"-- swbridge: nobody else changes these rows now\n"
	"select s.key from sync s where s.key in (select b.key from " ADOPTIONS ") order by s.key for update";

static const char sql_verdict[] =
	"-- swbridge: what stands in the way\n"
	"select set_config('swbridge.adopt', coalesce(jsonb_object_agg(v.n, jsonb_build_array(v.what, v.other)), '{}')::text, true)\n"
	"  from (\n"
	"    select b.n,\n"
	"           case when j.id is not null then 'open'\n"
	"                when b.sip_endpoint_id = s.sip_endpoint_id and o.id is not distinct from b.subscriber_id then 'already'\n"
	"                when s.sip_endpoint_id is not null then 'mapped'\n"
	"                when h.key is not null then 'owned'\n"
	"                when e.no is not null then 'email'\n"
	"                when b.sip_endpoint_id is null and o.id = b.subscriber_id and s.tried_digest is null then 'already'\n"
	"                else 'adopted' end as what,\n"
	"           case when s.sip_endpoint_id is not null then s.sip_endpoint_id::text\n"
	"                when h.key is not null then h.key || ' (extension ' || h.extension || ')'\n"
	"                when e.no is not null then e.id::text end as other\n"
	"      from " ADOPTIONS
	"      left join sync s on s.key = b.key\n"
	"      left join subscriber o on o.no = s.subscriber_no\n"
	"      left join sync h on h.sip_endpoint_id = b.sip_endpoint_id and h.key <> b.key\n"
	"      left join subscriber e on e.email = b.email and e.id <> b.subscriber_id\n"
	"           and not exists (select from subscriber k where k.id = b.subscriber_id)\n"
	"      left join lateral (\n"
	"            select i.id from journal i\n"
	"              left join subscriber w on w.no = i.subscriber_no\n"
	"             where i.outcome is null and (i.key = b.key or w.id = b.subscriber_id or w.email = b.email)\n"
	"             limit 1) j on true\n"
	"     order by b.n) v";

static const char sql_subscriber[] =
	"-- swbridge: their subscribers, where the ledger does not have them\n"
	"insert into subscriber as o (email, id, origin)\n"
	"select distinct on (b.subscriber_id) b.email, b.subscriber_id, $8\n"
	"  from " ADOPTIONS
	" where b.subscriber_id is not null\n"
	"   and not exists (select from subscriber k where k.id = b.subscriber_id)\n"
	"   and" FREE
	" order by b.subscriber_id\n"
	"    on conflict (email)\n"
	"    do update set id = excluded.id, origin = excluded.origin, profile_digest = null, sent_fields = '{}',\n"
	"                  updated_at = now()";

static const char sql_sync[] =
	"-- swbridge: their rows; what was sent last is not known\n"
	"insert into sync as s (key, extension, username, subscriber_no, sip_endpoint_id, state, protected)\n"
	"select b.key, b.extension, b.username, o.no, b.sip_endpoint_id,\n"
	"       case when b.sip_endpoint_id is null then 'creating' else 'active' end, b.protected\n"
	"  from " ADOPTIONS
	"  left join subscriber o on o.id = b.subscriber_id\n"
	" where (b.subscriber_id is null or o.no is not null) and" FREE
	"    on conflict (key)\n"
	"    do update set extension = excluded.extension, username = excluded.username,\n"
	"                  subscriber_no = excluded.subscriber_no, sip_endpoint_id = excluded.sip_endpoint_id,\n"
	"                  state = excluded.state, settings_digest = null, secret_digest = null, tried_digest = null,\n"
	"                  sent_fields = '{}', protected = excluded.protected, absent_since = null, attempts = 0,\n"
	"                  next_attempt_at = null, last_error = null, updated_at = now()";

static const char sql_approve[] =
	"-- swbridge: who adopts wants the change that follows\n"
	"insert into approval (operation, key, expires_at)\n"
	"select case when b.sip_endpoint_id is null then 'creates' else 'changes' end, b.key, now() + interval '24 hours'\n"
	"  from " ADOPTIONS
	" where" FREE
	"    on conflict (operation, key) do update set expires_at = excluded.expires_at";

static const char sql_result[] =
	"-- swbridge: what became of each\n"
	"select v.key::integer, v.value ->> 0, v.value ->> 1\n"
	"  from jsonb_each(current_setting('swbridge.adopt')::jsonb) v";

static const char *text(const char *value)
{
	return value ? value : "";
}

/* One column of the batch as an array. */
static char *column(const struct admin_adoption *adoptions, size_t count,
		    const char *(*get)(const struct admin_adoption *adoption))
{
	const char **values = mem_array(count + 1, sizeof *values);
	char *array = NULL;

	for (size_t i = 0; i < count; i++)
		values[i] = text(get(&adoptions[i]));
	array = textarray(values, count);
	mem_free(values);
	return array;
}

static const char *get_key(const struct admin_adoption *a) { return a->key; }
static const char *get_extension(const struct admin_adoption *a) { return a->extension; }
static const char *get_username(const struct admin_adoption *a) { return a->username; }
static const char *get_subscriber(const struct admin_adoption *a) { return a->subscriber_id; }
static const char *get_email(const struct admin_adoption *a) { return a->email; }
static const char *get_endpoint(const struct admin_adoption *a) { return a->sip_endpoint_id; }
static const char *get_protected(const struct admin_adoption *a) { return a->is_protected ? "true" : "false"; }

static const char *(*const columns[PARAMETERS - 1])(const struct admin_adoption *adoption) = {
	get_key, get_extension, get_username, get_subscriber, get_email, get_endpoint, get_protected,
};

static enum admin_adopt_verdict verdict_of(const char *word)
{
	static const char *const words[] = {
		[ADMIN_ADOPTED] = "adopted", [ADMIN_ADOPT_ALREADY] = "already", [ADMIN_ADOPT_OPEN] = "open",
		[ADMIN_ADOPT_MAPPED] = "mapped", [ADMIN_ADOPT_OWNED] = "owned", [ADMIN_ADOPT_EMAIL] = "email",
	};

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strcmp(word, words[i]) == 0)
			return (enum admin_adopt_verdict)i;
	return ADMIN_ADOPT_OPEN;
}

static void take_verdicts(struct admin_adoption *adoptions, size_t count, const struct db_result *result)
{
	for (int i = 0; i < db_result_rows(result); i++) {
		size_t n = (size_t)db_result_int(result, i, 0) - 1;

		if (n >= count)
			continue;
		adoptions[n].verdict = verdict_of(db_result_get(result, i, 1));
		adoptions[n].other = mem_strdup(db_result_get(result, i, 2));
	}
}

int admin_adopt(struct db *db, struct admin_adoption *adoptions, size_t count, bool created, struct error *err)
{
	const char *params[PARAMETERS] = { NULL };
	char *arrays[PARAMETERS - 1] = { NULL };
	const char *const texts[] = { sql_lock, sql_verdict, sql_subscriber, sql_sync, sql_approve };
	struct db_statement statements[STATEMENTS] = { { .sql = sql_one_by_one } };
	struct db_result *results[STATEMENTS] = { NULL };
	int rc = 0;

	for (int i = 0; i < PARAMETERS - 1; i++)
		params[i] = arrays[i] = column(adoptions, count, columns[i]);
	params[PARAMETERS - 1] = created ? "created" : "adopted";
	for (int i = 0; i < STATEMENTS - 2; i++)
		statements[i + 1] = (struct db_statement){ .sql = texts[i], .params = params, .param_count = PARAMETERS };
	statements[STATEMENTS - 1] = (struct db_statement){ .sql = sql_result };
	rc = db_run_wait(db, DB_WRITE, statements, STATEMENTS, results, err);
	if (!rc)
		take_verdicts(adoptions, count, results[STATEMENTS - 1]);
	for (int i = 0; i < STATEMENTS; i++)
		db_result_free(results[i]);
	for (int i = 0; i < PARAMETERS - 1; i++)
		mem_free(arrays[i]);
	return rc;
}

static int refuse_mapped(const struct admin_adoption *a, struct error *err)
{
	char *word = shellword(a->key);

	error_set(err, ERROR_NEVER, "The extension %s has the SIP credential %s already; nothing was adopted. To take the other one "
		  "instead, drop this one from the ledger first (it stays at SignalWire): swbridge forget %s", a->extension,
		  text(a->other), word);
	mem_free(word);
	return -1;
}

int admin_adopt_refuse(const struct admin_adoption *a, struct error *err)
{
	switch (a->verdict) {
	case ADMIN_ADOPT_OPEN:
		return error_exit(err, EXIT_LATER, "A change of %s%s%s%s has an unknown outcome or is on "
				  "its way right now, and is left alone until it has settled. Nothing was adopted; try again "
				  "after the next sync.", a->key, a->subscriber_id ? ", or one on the subscriber " : "",
				  text(a->subscriber_id), a->subscriber_id ? "," : "");
	case ADMIN_ADOPT_MAPPED:
		return refuse_mapped(a, err);
	case ADMIN_ADOPT_OWNED:
		return error_set(err, ERROR_NEVER, "The SIP credential %s belongs to %s in the ledger; nothing was adopted. To free "
				 "it, drop that one from the ledger first: swbridge forget EXT", a->sip_endpoint_id, text(a->other));
	case ADMIN_ADOPT_EMAIL:
		return error_set(err, ERROR_NEVER, "The ledger has another subscriber, %s, with the e-mail %s; nothing was adopted. "
				 "Two subscribers of one e-mail cannot be told apart: give one of them another e-mail in the "
				 "dashboard, or drop the extensions of that one from the ledger: swbridge forget EXT",
				 text(a->other), a->email);
	case ADMIN_ADOPTED: case ADMIN_ADOPT_ALREADY:
		break;
	}
	return error_set(err, ERROR_BUG, "%s was adopted, and called a refusal.", a->key);
}

void admin_adoption_release(struct admin_adoption *adoption)
{
	mem_free(adoption->other);
	adoption->other = NULL;
}
