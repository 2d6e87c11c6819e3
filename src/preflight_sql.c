/* preflight_sql - the texts of a pre-flight: what is wanted beside what is there. */
#include "preflight_internal.h"

#include <stddef.h>

const char *const preflight_sql_create[] = {
	"-- swbridge: nothing is left of an earlier pre-flight\n"
	"drop table if exists pg_temp.preflight",

	"-- swbridge: extensions that are not in step\n"
	"create temporary table preflight (\n"
	"    key              text not null collate \"C\" primary key,\n"
	"    extension        text not null,\n"
	"    tenant           text,\n"
	"    username         text collate \"C\",\n"
	"    email            text collate \"C\", -- folded\n"
	"    email_given      boolean not null,\n"
	"    protected        boolean not null,\n"
	"    kind             text not null,\n"
	"    reason           text not null,\n"
	"    refused          boolean not null, -- SignalWire refused just this before\n"
	"    unsure           boolean not null, -- an intent of it is open\n"
	"    desired_digest   bytea,\n"
	"    subscriber_id    uuid, -- of what is there\n"
	"    sip_endpoint_id  uuid,\n"
	"    obstacle         text, -- null: none was found\n"
	"    found            bigint, -- so many subscribers\n"
	"    other_id         uuid,   -- of a second one\n"
	"    found_email      text,\n"
	"    found_username   text,\n"
	"    credentials      bigint, -- that are under it\n"
	"    alone            boolean not null default false,\n"
	"    chosen           boolean not null default true\n"
	") on commit preserve rows",

	"create index on pg_temp.preflight (subscriber_id)",
	"create index on pg_temp.preflight (sip_endpoint_id)",
	"create index on pg_temp.preflight (email)",
	NULL
};

const char preflight_sql_add[] =
	"-- swbridge: a page of them\n"
	"insert into pg_temp.preflight (key, extension, tenant, username, email, email_given, protected, kind, reason, refused,\n"
	"                               unsure, desired_digest)\n"
	"select d.key, d.extension, d.tenant, d.username, d.email, d.email_given, d.protected, d.kind, d.reason, d.refused, d.unsure,\n"
	"       decode(d.digest, 'hex')\n"
	"  from jsonb_to_recordset($1::jsonb) as d (\n"
	"       key text, extension text, tenant text, username text, email text, email_given boolean, protected boolean, kind text,\n"
	"       reason text, refused boolean, unsure boolean, digest text)\n"
	"    on conflict (key) do nothing";

const char preflight_sql_refused[] =
	"-- swbridge: what SignalWire refused before stands in no page\n"
	"select s.key from sync s\n"
	" where s.tried_digest is not null and ($1::text is null or s.key > $1)\n"
	" order by s.key limit $2::integer";

/* Of a candidate nothing is known but what the PBX wants. */
#define CANDIDATE "c.kind = 'create' and not c.unsure"

const char preflight_sql_exact[] =
	"-- swbridge: what is there just as it would be made\n"
	"update pg_temp.preflight p\n"
	"   set obstacle = 'exact', subscriber_id = m.subscriber_id, sip_endpoint_id = m.id, found_email = m.email\n"
	"  from (\n"
	"    select c.key, k.subscriber_id, k.id, u.email\n"
	"      from pg_temp.preflight c\n"
	"      join pg_temp.survey_credential k on k.username_folded = lower(c.username) and k.username = c.username\n"
	"      left join pg_temp.survey_subscriber u on u.id = k.subscriber_id\n"
	"     where " CANDIDATE "\n"
	"       and case $1 when 'standalone' then k.place = 'standalone'\n"
	"                   when 'subscriber' then k.place = 'subscriber' and k.subscriber_id = $2::uuid and u.credentials = 'whole'\n"
	"                   else k.place = 'subscriber' and u.email_folded = c.email and u.credentials = 'whole'\n"
	"                        and not exists (select from pg_temp.survey_subscriber t\n"
	"                                         where t.email_folded = u.email_folded and t.id <> u.id) end\n"
	"       and not exists (select from pg_temp.survey_credential t\n"
	"                        where t.username_folded = k.username_folded and t.username = k.username and t.id <> k.id\n"
	"                          and t.place = k.place and t.subscriber_id is not distinct from k.subscriber_id)\n"
	"       and not exists (select from sync s where s.sip_endpoint_id = k.id)) m\n"
	" where p.key = m.key";

const char preflight_sql_adopt[] =
	"-- swbridge: which of them are to be adopted, and on which subscribers nothing else lives\n"
	"update pg_temp.preflight p\n"
	"   set kind = 'adopt', reason = 'exists at SignalWire with its ' || case when p.email is not null then 'e-mail and its ' else '' end\n"
	"                                                             || 'username',\n"
	"       alone = not exists (select from pg_temp.survey_credential k\n"
	"                            where k.place = 'subscriber' and k.subscriber_id = p.subscriber_id\n"
	"                              and not exists (select from pg_temp.preflight a where a.subscriber_id = k.subscriber_id\n"
	"                                                                             and a.sip_endpoint_id = k.id)\n"
	"                              and not exists (select from sync s where s.sip_endpoint_id = k.id))\n"
	" where p.obstacle = 'exact'\n"
	"   and $1::boolean";

const char preflight_sql_taken_email[] =
	"-- swbridge: strangers that have its e-mail\n"
	"update pg_temp.preflight p\n"
	"   set obstacle = case when o.n > 1 then 'emails' when o.state <> 'whole' then 'unread'\n"
	"                       when o.credentials = 0 then 'bare' else 'other' end,\n"
	"       found = o.n, subscriber_id = o.id, other_id = o.other, found_email = o.email, found_username = o.username,\n"
	"       credentials = o.credentials, sip_endpoint_id = case when o.credentials = 1 then o.credential_id::uuid end\n"
	"  from (\n"
	"    select t.key, count(*) as n, min(t.id::text)::uuid as id, max(t.id::text)::uuid as other, min(t.email) as email,\n"
	"           min(t.state) as state, sum(t.credentials) as credentials, min(t.username) as username,\n"
	"           min(t.credential_id) as credential_id\n"
	"      from (\n"
	"        select c.key, u.id, u.email, u.credentials as state, count(k.id) as credentials, min(k.username) as username,\n"
	"               min(k.id::text) as credential_id\n"
	"          from pg_temp.preflight c\n"
	"          join pg_temp.survey_subscriber u on u.email_folded = c.email\n"
	"          left join pg_temp.survey_credential k on k.place = 'subscriber' and k.subscriber_id = u.id\n"
	"         where " CANDIDATE "\n"
	"           and $1 = 'email' and $2::text is distinct from ''\n"
	"           and c.obstacle is null\n"
	"           and not exists (select from subscriber o where o.id = u.id)\n"
	"           -- beside a sibling that is adopted it can be made\n"
	"           and not exists (select from pg_temp.preflight a where a.kind = 'adopt' and a.subscriber_id = u.id)\n"
	"           -- what a sibling's lost request may have made is none\n"
	"           and not exists (select from journal j join subscriber o on o.no = j.subscriber_no\n"
	"                            where j.outcome is null and o.email = c.email)\n"
	"         group by c.key, u.id) t\n"
	"     group by t.key) o\n"
	" where p.key = o.key";

const char preflight_sql_taken_name[] =
	"-- swbridge: strangers that have its username: best in the very letters, and where it can be taken\n"
	"update pg_temp.preflight p\n"
	"   set obstacle = case when o.username <> p.username then 'case'\n"
	"                       when o.place = 'subscriber' and $1 = 'email' and p.email_given and p.email <> o.email_folded then 'elsewhere'\n"
	"                       when o.place = 'subscriber' and $1 = 'email' and $2::text is distinct from '' then 'name'\n"
	"                       else o.place end,\n"
	"       subscriber_id = o.subscriber_id, sip_endpoint_id = o.id, found_email = o.email, found_username = o.username\n"
	"  from (\n"
	"    select distinct on (c.key) c.key, k.id, k.place, k.username, k.subscriber_id, u.email, u.email_folded\n"
	"      from pg_temp.preflight c\n"
	"      join pg_temp.survey_credential k on k.username_folded = lower(c.username)\n"
	"      left join pg_temp.survey_subscriber u on u.id = k.subscriber_id\n"
	"     where " CANDIDATE "\n"
	"       and c.obstacle is null\n"
	"       and not exists (select from sync s where s.sip_endpoint_id = k.id)\n"
	"       and not exists (select from sync s where s.sip_endpoint_id = k.inner_id)\n"
	"       and not exists (select from pg_temp.preflight a where a.kind = 'adopt' and a.sip_endpoint_id = k.id)\n"
	"       -- what a lost request of ours may have called so is none\n"
	"       and not exists (select from journal j, unnest(j.usernames) t (name) where j.outcome is null and t.name = k.username)\n"
	"       -- the legacy list may show once more what was seen elsewhere\n"
	"       and not (k.place = 'legacy' and exists (\n"
	"               select from pg_temp.survey_credential t\n"
	"                where t.username_folded = k.username_folded and t.username = k.username and t.place <> 'legacy'))\n"
	"     order by c.key, k.username = c.username desc, k.place = 'subscriber' desc, k.id) o\n"
	" where p.key = o.key";

#define EXISTS "exists remotely, not in the ledger"

const char preflight_sql_foreign[] =
	"-- swbridge: what stands in the way, and what can be done about it\n"
	"update pg_temp.preflight p\n"
	"   set kind = 'foreign', reason = case p.obstacle\n"
	"       when 'exact' then format('a credential %s with its e-mail " EXISTS "; to take it: swbridge adopt %s %s (all that fit'\n"
	"                                || ' as exactly: swbridge migrate --adopt)', p.username, w.word,\n"
	"                                concat_ws(' ', p.subscriber_id, p.sip_endpoint_id))\n"
	"       when 'emails' then format('%s subscribers with the e-mail %s exist remotely, not in the ledger (%s, %s%s); to take one:'\n"
	"                                 || ' swbridge adopt %s SUBSCRIBER_ID', p.found, p.email, p.subscriber_id, p.other_id,\n"
	"                                 case when p.found > 2 then ' ...' end, w.word)\n"
	"       when 'unread' then format('a subscriber with the e-mail %s " EXISTS ", and its credentials could not be read; to take'\n"
	"                                 || ' it: swbridge adopt %s %s', p.email, w.word, p.subscriber_id)\n"
	"       when 'bare' then format('a subscriber with the e-mail %s and no credential " EXISTS "; to take it: swbridge adopt %s %s',\n"
	"                               p.email, w.word, p.subscriber_id)\n"
	"       when 'other' then format('a subscriber with the e-mail %s " EXISTS "; it has %s and none with the username %s; to take'\n"
	"                                || ' it: swbridge adopt %s %s', p.email,\n"
	"                                case p.credentials when 1 then 'one credential (' || p.found_username || ')'\n"
	"                                     else p.credentials || ' credentials' end, p.username, w.word,\n"
	"                                concat_ws(' ', p.subscriber_id, coalesce(p.sip_endpoint_id::text, 'SIP_ENDPOINT_ID')))\n"
	"       when 'case' then format('the username %s " EXISTS ", as %s (%s): SignalWire may take them for the same; give the'\n"
	"                               || ' extension another one, or, to try it: swbridge retry %s', p.username, p.found_username,\n"
	"                               p.sip_endpoint_id, w.word)\n"
	"       when 'elsewhere' then format('the username %s " EXISTS ", under the subscriber %s, whose e-mail is %s and not %s: give the'\n"
	"                                    || ' extension that e-mail or another username, and then: swbridge adopt %s %s %s', p.username,\n"
	"                                    p.subscriber_id, p.found_email, p.email, w.word, p.subscriber_id, p.sip_endpoint_id)\n"
	"       when 'name' then format('the username %s " EXISTS ", under the subscriber %s (%s); to take it: swbridge adopt %s %s %s',\n"
	"                               p.username, p.subscriber_id, p.found_email, w.word, p.subscriber_id, p.sip_endpoint_id)\n"
	"       else format('the username %s " EXISTS ", as the %s %s: give the extension another one, or delete that and run:'\n"
	"                   || ' swbridge retry %s', p.username,\n"
	"                   case p.obstacle when 'legacy' then 'legacy SIP endpoint' when 'standalone' then 'standalone credential'\n"
	"                        else 'credential' end, p.sip_endpoint_id, w.word) end\n"
	"  from (\n"
	"    -- in a command that is printed, as shellword() has it; backslashes whatever standard_conforming_strings says\n"
	"    select f.key, case when f.key ~ '^[A-Za-z0-9_@%+=:,./-]+$' then f.key\n"
	"                       else '''' || replace(f.key, '''', E'''\\\\''''') || '''' end as word\n"
	"      from pg_temp.preflight f\n"
	"     where f.kind = 'create' and f.obstacle is not null) w\n"
	" where p.key = w.key";

const char preflight_sql_refuse[] =
	"-- swbridge: what was refused before, and is not explained by what was found, waits on\n"
	"update pg_temp.preflight p\n"
	"   set kind = 'refused',\n"
	"       reason = 'rejected before, and not changed since' || coalesce(': ' || s.last_error, '')\n"
	"  from sync s\n"
	" where s.key = p.key\n"
	"   and p.refused and not p.unsure and p.kind in ('create', 'change', 'move')";

const char preflight_sql_choose[] =
	"-- swbridge: the canary's are the first ones\n"
	"update pg_temp.preflight p\n"
	"   set chosen = false\n"
	" where $1::bigint is not null\n"
	"   and p.key not in (select c.key from pg_temp.preflight c where c.kind in ('create', 'adopt') order by c.key limit $1::bigint)";

const char preflight_sql_counts[] =
	"-- swbridge: how many of which kind, and the subscribers that will be made\n"
	"select p.kind, count(*), count(*) filter (where p.chosen),\n"
	"       count(distinct p.email) filter (where p.kind = 'create' and p.chosen and $1 = 'email' and $2::text is distinct from ''\n"
	"           and not exists (select from subscriber o where o.email = p.email and o.id is not null)\n"
	"           and not exists (select from pg_temp.survey_subscriber u where u.email_folded = p.email))\n"
	"  from pg_temp.preflight p\n"
	" group by p.kind";

#define ROW \
	"select p.key, p.extension, p.username, p.kind, p.reason, coalesce(p.found_email, p.email), p.subscriber_id,\n" \
	"       p.sip_endpoint_id, p.chosen, p.protected, p.alone, p.tenant\n" \
	"  from pg_temp.preflight p\n"

const char preflight_sql_rows[] =
	"-- swbridge: the pre-flight\n" ROW
	" order by p.key";

const char preflight_sql_adoptions[] =
	"-- swbridge: the next ones to adopt\n" ROW
	" where p.kind = 'adopt' and p.chosen and p.alone = $1::boolean and ($2::text is null or p.key > $2)\n"
	" order by p.key limit $3::integer";

const char preflight_sql_not_adopted[] =
	"-- swbridge: it could not be adopted after all\n"
	"update pg_temp.preflight set kind = 'reject', reason = $2, chosen = false where key = $1";

const char preflight_sql_case[] =
	"-- swbridge: usernames that differ only in case\n"
	"select string_agg(p.username, ', ' order by p.username)\n"
	"  from pg_temp.preflight p\n"
	" where p.kind in ('create', 'adopt')\n"
	" group by lower(p.username)\n"
	"having count(*) > 1\n"
	" order by 1 limit $1::integer";

const char preflight_sql_record_foreign[] =
	"-- swbridge: what is foreign waits until its row changes, as if SignalWire had refused it\n"
	"insert into sync as s (key, extension, username, state, protected, tried_digest, last_error)\n"
	"select p.key, p.extension, p.username, 'creating', p.protected, p.desired_digest, p.reason\n"
	"  from pg_temp.preflight p\n"
	" where p.kind = 'foreign' and p.desired_digest is not null\n"
	" order by p.key\n"
	"    on conflict (key)\n"
	"    do update set tried_digest = excluded.tried_digest, last_error = excluded.last_error, updated_at = now()\n"
	" where s.sip_endpoint_id is null\n"
	"   and (s.tried_digest, s.last_error) is distinct from (excluded.tried_digest, excluded.last_error)\n"
	"   and not exists (select from journal j where j.key = s.key and j.outcome is null)";

const char preflight_sql_approve[] =
	"-- swbridge: what was printed is approved, and nothing else\n"
	"insert into approval (operation, key, expires_at)\n"
	"select 'creates', p.key, now() + interval '24 hours'\n"
	"  from pg_temp.preflight p\n"
	" where p.kind = 'create' and p.chosen\n"
	"    on conflict (operation, key) do update set expires_at = excluded.expires_at";

const char preflight_sql_chosen[] =
	"-- swbridge: the keys of a canary\n"
	"select p.key from pg_temp.preflight p where p.chosen and p.kind in ('create', 'adopt') order by p.key";
