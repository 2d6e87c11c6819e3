/* difference_sql - the texts of the statements that difference runs. */
#include "difference_sql.h"

#include <stdlib.h>

#include "ledger_sql.h"
#include "mem.h"
#include "strbuf.h"

/* HMAC-SHA-256 (RFC 2104) of a text in the database's own encoding, which no byte of it can fail. */
#define DIGEST(text) "sha256($3::bytea || sha256($2::bytea || convert_to(" text ", (select getdatabaseencoding()))))"

/* Everything desired: what tried_digest remembers. */
#define DESIRED_DIGEST(row) \
	DIGEST("concat('username=', char_length(" row ".username), ':', " row ".username,\n" \
	       "                     case when " row ".email_given then 'email=' || char_length(" row ".email) || ':' || " row ".email end,\n" \
	       "                     'settings=', char_length(" row ".settings_text), ':', " row ".settings_text,\n" \
	       "                     'secret=', char_length(" row ".secret_text), ':', " row ".secret_text,\n" \
	       "                     'profile=', char_length(" row ".profile_text), ':', " row ".profile_text)")

const char difference_sql_parameters[] =
	"with parameters as (\n"
	"    -- gives each parameter its type\n"
	"    select $1::text[], $2::bytea, $3::bytea, $4::jsonb, $5::text, $6::text, $7::bigint\n"
	")";

/* Desired beside remembered, with what the digests are over. */
static const char joined_columns[] =
	"        select d.key is not null as present, s.key is not null as tracked,\n"
	"               coalesce(d.key, s.key) as key,\n"
	"               d.extension, d.tenant, d.username, d.secret, coalesce(d.hashed, false) as hashed,\n"
	"               coalesce(d.enabled, false) as enabled,\n"
	"               d.email, coalesce(d.email_given, false) as email_given,\n"
	"               d.caller_id, d.send_as, d.ciphers, d.codecs, d.encryption, d.call_handler,\n"
	"               d.calling_handler_resource_id, d.first_name, d.last_name, d.display_name, d.job_title,\n"
	"               d.timezone, d.country, d.company_name, d.skip_reason, d.problem, d.sharers,\n"
	"               coalesce(d.protected, false) as wants_protection, coalesce(d.wanted, false) as wanted,\n"
	"               d.settings_text, d.secret_text, d.profile_text,\n"
	"               s.state, s.extension as ledger_extension, s.username as ledger_username, s.subscriber_no,\n"
	"               s.sip_endpoint_id, s.settings_digest as ledger_settings_digest,\n"
	"               s.secret_digest as ledger_secret_digest, s.tried_digest, s.sent_fields,\n"
	"               coalesce(s.protected, false) as is_protected, s.absent_since, s.attempts, s.next_attempt_at,\n"
	"               s.last_error,\n"
	"               o.no as owner_no, o.email as owner_email, o.id as owner_id, o.origin as owner_origin,\n"
	"               o.profile_digest as owner_profile_digest, o.sent_fields as owner_sent_fields,\n"
	"               j.operation as intent, j.id as intent_id, j.at as intent_at, j.settles_at,\n"
	"               j.usernames as intent_usernames, j.subscriber_no as intent_subscriber_no\n";

/* Then, one level after the other: digests, yes and no, reasons, whether it is a difference. */
static const char digests_level[] =
	"    select t.*,\n"
	"           case when not t.wanted then null\n"
	"                when t.settings_text = '' then (select " DIGEST("''") ") -- once for all\n"
	"                else " DIGEST("t.settings_text") " end as settings_digest,\n"
	"           case when t.wanted then " DIGEST("t.secret_text") " end as secret_digest,\n"
	"           case when t.wanted and t.profile_text <> '' then " DIGEST("t.profile_text") " end as profile_digest\n";

static const char flags_level[] =
	"    select u.*,\n"
	"           -- of those who share a subscriber one speaks for it; asked only where it matters, since that reads them all\n"
	"           u.wanted and $4::jsonb ->> 'one_place' is null and (u.owner_no is not null\n"
	"                   and u.profile_digest is not distinct from u.owner_profile_digest and u.owner_sent_fields = '{}'\n"
	"               or case when u.email_given then u.key in (select min(d.key) from desired d\n"
	"                                                          where d.wanted and d.email_given group by d.email)\n"
	"                       else not exists (select from sync b where b.subscriber_no = u.owner_no and b.key < u.key)\n"
	"                            and (u.owner_email is null or u.owner_email not in (select d.email from desired d\n"
	"                                                                                 where d.wanted and d.email_given))\n"
	"                  end) as profile_speaks,\n"
	"           -- where it lives is known, or there is but one place for all\n"
	"           u.owner_id is not null or $4::jsonb ->> 'one_place' is not null as placed,\n"
	"           u.tracked and not u.present and coalesce($4::jsonb ->> 'grace' = '0'\n"
	"               or u.absent_since <= now() - make_interval(secs => ($4::jsonb ->> 'grace')::double precision), false) as due,\n"
	"           -- what on_remove still has to do to it\n"
	"           u.tracked and case $4::jsonb ->> 'on_remove'\n"
	"               when 'delete' then true\n"
	"               when 'suspend' then u.state <> 'suspended'\n"
	"               else u.present and u.state in ('creating', 'removing') end as on_remove_acts\n";

static const char reasons_level[] =
	"    select v.*,\n"
	"           v.wanted and (not v.tracked\n"
	"               or v.state <> 'active' or v.sip_endpoint_id is null or not v.placed\n"
	"               or v.ledger_username is distinct from v.username\n"
	"               or v.ledger_settings_digest is distinct from v.settings_digest\n"
	"               or v.ledger_secret_digest is distinct from v.secret_digest\n"
	"               or v.email_given and v.owner_email <> v.email\n"
	"               or v.profile_speaks and (v.owner_profile_digest is distinct from v.profile_digest\n"
	"                                        or v.profile_digest is null and v.owner_sent_fields <> '{}')) as remote_differs,\n"
	"           v.present and v.tracked and (v.absent_since is not null\n"
	"               or v.problem is null and (v.wanted or not v.enabled)\n"
	"                  and v.is_protected <> v.wants_protection\n"
	"               or v.wanted and v.ledger_extension <> v.extension\n"
	"               or v.wanted and v.tried_digest is not null\n"
	"                  and v.tried_digest <> " DESIRED_DIGEST("v") ") as ledger_differs,\n"
	"           v.present and not v.enabled and v.problem is null\n"
	"               and v.on_remove_acts and not v.wants_protection as retires,\n"
	"           v.due and v.on_remove_acts and not v.is_protected as goes,\n"
	"           case when v.wanted then " DESIRED_DIGEST("v") " end as desired_digest,\n"
	"           v.wanted and v.tried_digest is not null\n"
	"               and v.tried_digest = " DESIRED_DIGEST("v") " as rejected\n";

static const char difference_level[] =
	"    select w.*,\n"
	"           w.intent_id is not null or w.problem is not null or w.ledger_differs or w.retires or w.goes\n"
	"               or w.remote_differs and not w.rejected\n"
	"               or w.tracked and not w.present and w.absent_since is null as difference,\n"
	"           w.goes or w.present and not w.enabled and w.problem is null as removal\n";

void difference_sql_joined(struct strbuf *out, const char *join)
{
	strbuf_puts(out, "    -- where desired and ledger disagree, or the ledger is unsure\n");
	strbuf_puts(out, difference_level);
	strbuf_puts(out, "      from (\n");
	strbuf_puts(out, reasons_level);
	strbuf_puts(out, "      from (\n");
	strbuf_puts(out, flags_level);
	strbuf_puts(out, "      from (\n");
	strbuf_puts(out, digests_level);
	strbuf_puts(out, "      from (\n");
	strbuf_puts(out, joined_columns);
	strbuf_puts(out, join);
	strbuf_puts(out,
		    "          left join subscriber o on o.no = s.subscriber_no\n"
		    "          left join journal j on j.key = coalesce(d.key, s.key) and j.outcome is null\n"
		    "        offset 0 -- each digest is made once\n"
		    "      ) t offset 0\n"
		    "      ) u offset 0\n"
		    "      ) v\n"
		    "      ) w\n");
}

void difference_sql_orphans(struct strbuf *out, const char *desired)
{
	strbuf_puts(out,
		    "    -- subscribers without extensions that no row is about to use\n"
		    "    select o.* from (\n"
		    "        select * from subscriber b\n"
		    "         where (b.id is null or b.id is distinct from ($4::jsonb ->> 'subscriber_id')::uuid)\n"
		    "           and not exists (select from sync s where s.subscriber_no = b.no)\n"
		    "           -- its own open intent is a removal that has to be seen through; another's may have made it\n"
		    "           and not exists (select from journal j where j.outcome is null and j.subscriber_id = b.id\n"
		    "                              and (j.key <> b.email or j.subscriber_no is distinct from b.no))\n"
		    "           and not exists (select from journal j where j.outcome is null and j.subscriber_no = b.no\n"
		    "                              and (j.key <> b.email or j.operation <> 'remove'))\n"
		    "        offset 0) o\n"
		    "     where o.email not in (\n"
		    "        select d.email from ");
	strbuf_puts(out, desired);
	strbuf_puts(out,
		    " d left join sync s on s.key = d.key\n"
		    "         where d.enabled and d.email is not null\n"
		    "           and (d.email_given or s.subscriber_no is null))\n");
}

/* Gone, and on_remove does something to it when grace is over. */
#define LEAVES "j.tracked and not j.present and not j.due and j.on_remove_acts and not j.is_protected"

static const struct {
	enum difference_total total;
	const char *expression;
} totals[] = {
	{ TOTAL_SOURCE_ROWS, "count(*) filter (where j.present)" },
	{ TOTAL_MIRRORED, "count(*) filter (where j.wanted)" },
	{ TOTAL_SKIPPED, "count(*) filter (where j.enabled and j.skip_reason is not null)" },
	{ TOTAL_WITHOUT_SECRET, "count(*) filter (where j.enabled and j.skip_reason = 'no_secret')" },
	{ TOTAL_HASHED, "count(*) filter (where j.enabled and j.hashed)" },
	{ TOTAL_REJECTED, "count(*) filter (where j.rejected)" },
	{ TOTAL_RETIRING, "count(*) filter (where j.tracked and not j.present and not j.due)" },
	{ TOTAL_LEAVING, "count(*) filter (where " LEAVES ")" },
	{ TOTAL_LEAVING_MS,
	  "(extract(epoch from min(coalesce(j.absent_since, now())) filter (where " LEAVES ")\n"
	  "                            + make_interval(secs => ($4::jsonb ->> 'grace')::double precision)) * 1000)::bigint" },
	{ TOTAL_UNCHANGED, "count(*) filter (where (j.wanted and not j.rejected or j.present and not j.enabled and j.tracked)\n"
			   "                                and not j.difference)" },
	{ TOTAL_DIFFERENCES, "count(*) filter (where j.difference) + (select count(*) from orphans)" },
	{ TOTAL_REMOVALS, "count(*) filter (where j.difference and j.removal) + (select count(*) from orphans)" },
	{ TOTAL_ACTIVE_IDS, "(select count(s.sip_endpoint_id) from sync s)" },
	{ TOTAL_REMOVED_IN_WINDOW,
	  "(select count(distinct r.key) from journal r\n"
	  "                   where r.operation = 'remove' and r.outcome = 'done' and r.at > now() - interval '24 hours'\n"
	  "                     and not exists (select from sync s where s.key = r.key and s.sip_endpoint_id is not null))" },
	{ TOTAL_COUNTED_CREATES, "(select count(*) filter (where c.classes & 1 <> 0) from counted c)" },
	{ TOTAL_COUNTED_REMOVALS, "(select count(*) filter (where c.classes & 2 <> 0) from counted c)" },
	{ TOTAL_COUNTED_CHANGES, "(select count(*) filter (where c.classes & 4 <> 0) from counted c)" },
	{ TOTAL_UNKNOWN, "(select count(*) from journal where outcome is null)" },
	{ TOTAL_PAUSED, "coalesce((select paused from control), false)" },
};

char *difference_sql_desired(const struct source *source, const struct config *config, const char *keys)
{
	struct strbuf out = STRBUF_INIT;

	source_query(&out, source, config, keys);
	return strbuf_detach(&out);
}

/* How a text begins that is about everything; left open behind the join of desired and ledger. */
static void begin_whole(struct strbuf *out, const char *title, const char *desired)
{
	strbuf_puts(out, title);
	strbuf_puts(out, difference_sql_parameters);
	strbuf_printf(out, ", desired as not materialized (\n    select * from %s d\n), joined as (\n", desired);
	difference_sql_joined(out, "          from desired d\n"
				   "          full join sync s on s.key = d.key\n");
	strbuf_puts(out, ")");
}

static void count_all(struct strbuf *out, enum difference_total from_ledger)
{
	strbuf_puts(out, ", counted as materialized (\n"
			 "    select key, bit_or(" LEDGER_SQL_CLASSES ") as classes\n"
			 "      from journal where " LEDGER_SQL_COUNTED "\n"
			 "     group by key\n"
			 "), counts as (\n    select ");
	for (size_t i = 0; i < sizeof(totals) / sizeof(*totals); i++)
		strbuf_printf(out, "%s%s as c%d", i ? ",\n           " : "",
			      totals[i].total < from_ledger ? "0" : totals[i].expression, (int)totals[i].total);
}

char *difference_sql_totals(const struct source *source, const struct config *config)
{
	struct strbuf out = STRBUF_INIT;
	char *desired = difference_sql_desired(source, config, NULL);

	begin_whole(&out, "-- swbridge: the totals of a pass\n", desired);
	strbuf_puts(&out, ", orphans as materialized (\n");
	difference_sql_orphans(&out, desired);
	strbuf_puts(&out, ")");
	count_all(&out, TOTAL_SOURCE_ROWS);
	strbuf_printf(&out,
		      "\n      from joined j\n)\n"
		      "select c.*,\n"
		      "       -- tells the page that follows whether there is anything to find\n"
		      "       set_config('swbridge.differences',\n"
		      "                  (case $5 when 'change' then c%d - c%d when 'remove' then c%d else c%d end)::text, true)\n"
		      "  from counts c",
		      TOTAL_DIFFERENCES, TOTAL_REMOVALS, TOTAL_REMOVALS, TOTAL_DIFFERENCES);
	free(desired);
	return strbuf_detach(&out);
}

char *difference_sql_ledger_totals(void)
{
	struct strbuf out = STRBUF_INIT;

	strbuf_puts(&out, "-- swbridge: what the ledger alone knows of the totals\n");
	strbuf_puts(&out, difference_sql_parameters);
	count_all(&out, TOTAL_ACTIVE_IDS);
	strbuf_puts(&out, "\n)\nselect c.* from counts c");
	return strbuf_detach(&out);
}

char *difference_sql_still_wanted(const struct source *source, const struct config *config)
{
	struct strbuf out = STRBUF_INIT;
	char *desired = difference_sql_desired(source, config, "$1::text[]");

	strbuf_printf(&out,
		      "-- swbridge: which of these are wanted, or to be kept, after all\n"
		      "with parameters as (select $1::text[], $2::bytea, $3::bytea, $4::jsonb)\n"
		      "select d.key from %s d\n where d.enabled or d.protected",
		      desired);
	free(desired);
	return strbuf_detach(&out);
}

char *difference_sql_find(const struct source *source, const struct config *config)
{
	struct strbuf out = STRBUF_INIT;
	char *desired = difference_sql_desired(source, config, NULL);

	strbuf_puts(&out, "-- swbridge: the keys of extensions by name\n");
	strbuf_puts(&out, difference_sql_parameters);
	strbuf_printf(&out,
		      ", known as (\n"
		      "    select d.key, d.extension, d.tenant from %s d\n"
		      "     where d.key = any($1) or d.extension = any($1) or d.tenant || '/' || d.extension = any($1)\n"
		      "        or '" LEDGER_SQL_KEY "' || d.key = any($1)\n"
		      "    union\n"
		      "    select s.key, s.extension, null from sync s\n"
		      "     where s.key = any($1) or s.extension = any($1) or '" LEDGER_SQL_KEY "' || s.key = any($1)\n"
		      ")\n"
		      "select n.name, k.key, max(k.extension)\n"
		      "  from unnest($1) n (name)\n"
		      "  join known k on n.name in (k.key, k.extension, k.tenant || '/' || k.extension, '" LEDGER_SQL_KEY "' || k.key)\n"
		      " group by 1, 2\n"
		      " order by 1, 2",
		      desired);
	free(desired);
	return strbuf_detach(&out);
}

char *difference_sql_function(const struct source *source, const struct config *config)
{
	struct strbuf out = STRBUF_INIT;
	char *desired = difference_sql_desired(source, config, NULL);

	begin_whole(&out, "-- swbridge: difference(), for psql\n", desired);
	strbuf_puts(&out,
		    "\n"
		    "select j.key::text, coalesce(j.extension, j.ledger_extension)::text,\n"
		    "       coalesce(j.username, j.ledger_username)::text, j.state::text,\n"
		    "       case when j.intent_id is not null then 'outcome of ' || j.intent || ' unknown'\n"
		    "            when j.problem is not null then replace(j.problem, '_', ' ')\n"
		    "            when j.goes then 'gone from the PBX'\n"
		    "            when not j.present then 'gone from the PBX, not noted yet'\n"
		    "            when j.retires then 'disabled in the PBX'\n"
		    "            when not j.tracked then 'not mirrored yet'\n"
		    "            when not j.remote_differs then 'noted in the ledger only'\n"
		    "            else concat_ws(', ',\n"
		    "                case when j.state <> 'active' then 'is ' || j.state end,\n"
		    "                case when j.ledger_username is distinct from j.username then 'username' end,\n"
		    "                case when j.ledger_settings_digest is distinct from j.settings_digest then 'settings' end,\n"
		    "                case when j.ledger_secret_digest is distinct from j.secret_digest then 'secret' end,\n"
		    "                case when j.email_given and j.owner_email <> j.email then 'owner' end,\n"
		    "                case when j.profile_speaks and (j.owner_profile_digest is distinct from j.profile_digest\n"
		    "                                                or j.profile_digest is null and j.owner_sent_fields <> '{}')\n"
		    "                     then 'profile' end,\n"
		    "                case when j.sip_endpoint_id is null or not j.placed then 'not created yet' end)\n"
		    "            end as difference\n"
		    "  from joined j\n"
		    " where j.difference\n"
		    " order by j.key");
	free(desired);
	return strbuf_detach(&out);
}
