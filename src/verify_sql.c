/* verify_sql - the texts that join a survey with the ledger. */
#include "verify_sql.h"

#include "difference_sql.h"
#include "mem.h"
#include "strbuf.h"
#include "target.h"

static const char beside_columns[] =
	"select row_number() over (order by j.key) as nth, j.key, coalesce(j.ledger_extension, j.key) as extension,\n"
	"       j.ledger_username as sent_username, p.id as subscriber_id, j.sip_endpoint_id as id,\n"
	"       c.id is not null as shown, u.id is not null as owner_shown,\n"
	"       j.state = 'active' and j.wanted as wanted,\n"
	"       -- what a listing that was not read whole does not show proves nothing\n"
	"       case when u.id is not null then u.credentials in ('whole', 'gone') else $5 = 'whole' end as proved,\n"
	"       j.state = 'active' and j.wanted and j.ledger_settings_digest = j.settings_digest as compare_settings,\n"
	"       coalesce(j.state = 'active' and j.profile_speaks and u.id is not null\n"
	"                and j.owner_profile_digest is not distinct from j.profile_digest, false) as compare_profile,\n"
	"       j.caller_id, j.send_as, j.ciphers, j.codecs, j.encryption, j.call_handler, j.calling_handler_resource_id,\n"
	"       case when j.email_given and j.email = j.owner_email then j.email end as email,\n"
	"       j.first_name, j.last_name, j.display_name, j.job_title, j.timezone, j.country, j.company_name,\n"
	"       c.subscriber_id as is_subscriber_id, c.username as is_username, c.caller_id as is_caller_id,\n"
	"       c.send_as as is_send_as, array_to_string(c.ciphers, chr(10)) as is_ciphers,\n"
	"       array_to_string(c.codecs, chr(10)) as is_codecs, c.encryption as is_encryption,\n"
	"       c.call_handler as is_call_handler, c.calling_handler_resource_id as is_calling_handler, u.email as is_email,\n"
	"       u.first_name as is_first_name, u.last_name as is_last_name, u.display_name as is_display_name,\n"
	"       u.job_title as is_job_title, u.timezone as is_timezone, u.country as is_country,\n"
	"       u.company_name as is_company_name\n"
	"  from joined j\n"
	"  join sync s on s.key = j.key\n"
	"  left join subscriber o on o.no = s.subscriber_no\n"
	"       -- the one that owns all credentials is no row of the ledger\n"
	"  cross join lateral (select coalesce(j.owner_id, ($4::jsonb ->> 'subscriber_id')::uuid) as id) p\n"
	"  left join pg_temp.survey_subscriber u on u.id = p.id\n"
	"  left join pg_temp.survey_credential c on c.id = j.sip_endpoint_id and c.place = ";

/* Where a credential is looked for, and which rows have one. */
static const char on_subscribers[] = "'subscriber'\n where p.id is not null";
static const char standing_alone[] = "'standalone'\n where true";

char *verify_sql_beside(const struct source *source, const struct config *config)
{
	struct strbuf out = STRBUF_INIT;
	char *desired = difference_sql_desired(source, config, NULL);

	strbuf_puts(&out, "-- swbridge: what was sent beside what is at SignalWire\n"
			  "create temporary table survey_beside on commit preserve rows as\n");
	strbuf_puts(&out, difference_sql_parameters);
	strbuf_printf(&out, ", desired as materialized (\n    select * from %s d\n), joined as (\n", desired);
	difference_sql_joined(&out, "          from desired d\n"
				    "          full join sync s on s.key = d.key\n");
	strbuf_puts(&out, ")\n");
	strbuf_puts(&out, beside_columns);
	strbuf_puts(&out, target_traits(config)->place ? standing_alone : on_subscribers);
	strbuf_puts(&out, " and j.sip_endpoint_id is not null and j.intent_id is null\n"
			  "   and s.updated_at < $6::timestamptz and coalesce(o.updated_at < $6::timestamptz, true)");
	mem_free(desired);
	return strbuf_detach(&out);
}

const char verify_sql_page[] =
	"-- swbridge: a page of what was sent beside what is there\n"
	"select * from pg_temp.survey_beside where nth > $1::bigint order by nth limit $2::int";

/*
 * A subscriber that no extension hangs on.  Ours, for certain or by its looks,
 * or a stranger's; what an open intent may just be making is neither.
 */
static void strange_subscribers(struct strbuf *out, const char *desired)
{
	strbuf_printf(out,
		      ", given as materialized (\n"
		      "    -- the e-mails that swbridge gives by itself, to what is in the PBX and to what was\n"
		      "    select lower((k.key || '@' || ($4::jsonb ->> 'subscriber_domain')) collate \"C\") as email, min(k.key) as key\n"
		      "      from (select d.key from %s d where not d.email_given\n"
		      "            union select s.key from sync s\n"
		      "            union select r.key from journal r) k\n"
		      "     group by 1\n"
		      "), made as materialized (\n"
		      "    -- the journal has no index by these: it is read once\n"
		      "    select r.subscriber_id, min(r.at) as at, (array_agg(r.key order by r.id desc))[1] as key\n"
		      "      from journal r\n"
		      "     where r.subscriber_id is not null and r.operation in ('create', 'replace')\n"
		      "     group by 1\n"
		      "), moving as materialized (\n"
		      "    -- what is on its way, or went away while it was looked at\n"
		      "    select r.subscriber_id, r.subscriber_no, r.sip_endpoint_id, r.usernames, r.outcome is null as open\n"
		      "      from journal r\n"
		      "     where r.outcome is null or r.finished_at >= $6::timestamptz\n"
		      "), strange as materialized (\n"
		      "    select u.id, u.email, u.email_folded,\n"
		      "           case when o.origin = 'created' then 'no extension is left on it'\n"
		      "                when m.key is not null then 'swbridge made it, and the ledger does not have it any more'\n"
		      "                when g.key is not null then 'its e-mail is the one that swbridge gives, and the ledger does not have it'\n"
		      "           end as leak,\n"
		      "           coalesce(m.key, g.key) as key, o.origin = 'created' as ledger_has_it,\n"
		      "           -- null: nobody knows\n"
		      "           case when u.credentials = 'whole'\n"
		      "                then (select count(*) from pg_temp.survey_credential c where c.subscriber_id = u.id) end as credentials\n"
		      "      from pg_temp.survey_subscriber u\n"
		      "      left join subscriber o on o.id = u.id\n"
		      "      left join given g on g.email = u.email_folded\n"
		      "      left join made m on m.subscriber_id = u.id\n"
		      "            and (u.created_at is null or u.created_at >= m.at - interval '2 seconds')\n"
		      "     where u.id is distinct from ($4::jsonb ->> 'subscriber_id')::uuid\n"
		      "       and not exists (select from sync s where s.subscriber_no = o.no)\n"
		      "       and coalesce(o.updated_at < $6::timestamptz, true)\n"
		      "       and not exists (select from moving r where r.subscriber_id = u.id)\n"
		      "       and not exists (select from moving r join subscriber b on b.no = r.subscriber_no\n"
		      "                        where r.open and b.email = u.email_folded)\n"
		      ")\n", desired);
}

static const char strangers[] =
	", known as materialized (\n"
	"    select c.id, c.inner_id, c.username from pg_temp.survey_credential c where c.place <> 'legacy'\n"
	")\n"
	"select case when x.leak is null then 'foreign' else 'leaked' end as kind, 'subscriber' as object, x.email as name,\n"
	"       x.id, null::uuid as subscriber_id, null::text as subscriber_email, x.key, x.leak as why, 1 as place,\n"
	"       coalesce(x.ledger_has_it, false) as ledger_has_it, coalesce(x.credentials, -1) as credentials\n"
	"  from strange x\n"
	"union all\n"
	"-- those of a leaked one are counted with it\n"
	"select 'foreign', case c.place when 'subscriber' then 'credential' else 'standalone credential' end, c.username, c.id,\n"
	"       c.subscriber_id, u.email, null, null, 2, false, 0\n"
	"  from pg_temp.survey_credential c\n"
	"  left join pg_temp.survey_subscriber u on u.id = c.subscriber_id\n"
	" where c.place <> 'legacy'\n"
	"   and not exists (select from sync s where s.sip_endpoint_id = c.id)\n"
	"   and not exists (select from strange x where x.id = c.subscriber_id and x.leak is not null and not coalesce(x.ledger_has_it, false))\n"
	"   and not exists (select from moving r where r.sip_endpoint_id = c.id)\n"
	"   and not exists (select from moving r cross join unnest(r.usernames) n (name) where r.open and n.name = c.username)\n"
	"union all\n"
	"select 'foreign', 'legacy endpoint', c.username, c.id, null, null, null, null, 3, false, 0\n"
	"  from pg_temp.survey_credential c\n"
	" where c.place = 'legacy'\n"
	"   and not exists (select from known k where k.id = c.id)\n"
	"   and not exists (select from known k where k.inner_id = c.id)\n"
	"   and not exists (select from known k where k.username = c.username)\n"
	" order by kind desc, place, name, id";

char *verify_sql_strangers(const struct source *source, const struct config *config)
{
	struct strbuf out = STRBUF_INIT;
	char *desired = difference_sql_desired(source, config, NULL);

	strbuf_puts(&out, "-- swbridge: what is at SignalWire and not mapped\n");
	strbuf_puts(&out, difference_sql_parameters);
	strange_subscribers(&out, desired);
	strbuf_puts(&out, strangers);
	mem_free(desired);
	return strbuf_detach(&out);
}
