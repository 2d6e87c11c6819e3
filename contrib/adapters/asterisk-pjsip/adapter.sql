-- asterisk-pjsip - the endpoints of Asterisk's realtime (chan_pjsip, from Asterisk 13 on).
--
-- One row for each phone in ps_endpoints: its first usable row of ps_auths, and its mailbox for
-- e-mail and name.  Trunks are no rows: an outbound_auth, a registration, an identification by
-- address, the default outbound endpoint, a contact that is written down.  Registrations are in
-- ps_contacts, which is not read.
--
-- Sources: Asterisk's contrib/ast-db-manage (columns), res_config_pgsql.c (empty is not set, ^HH
-- and ; in values), res_pjsip/config_auth.c (a digest wins over a password).
create function asterisk_pjsip(keys text[] default null)
returns table (key text, extension text, secret text, enabled boolean, tenant text, username text, caller_id text,
               send_as text, codecs text, encryption text, email text, first_name text, last_name text,
               display_name text, skip_reason text, secret_hash text)
language plpgsql stable
set search_path from current
set jit = off
set enable_nestloop = on
as $$
begin
    -- Everything is read in sets, also where the tables' statistics are old or none (README); back at the end.
    perform set_config('enable_nestloop', (keys is not null)::text, true);
    return query execute format($q$
with e as (
    select e.*
      from %1$s e
     where %2$s
       and (e.outbound_auth is null or adapter_text(e.outbound_auth) is null)
       and e.id <> 'anonymous'
       and not exists (select from %3$s r where r.endpoint = e.id)
       and not exists (select from %4$s i where i.endpoint = e.id)
       and not exists (select from %5$s g where g.default_outbound_endpoint = e.id)
), codec as (
    select d.allow, adapter_codecs(d.allow) as codecs from (select distinct e.allow from e) d
), aor as (
    -- Registrations need no contact here; an endpoint with one of its own is a trunk.
    select u.endpoint, bool_or(adapter_text(o.contact) is not null) as fixed,
           (array_agg(o.mailboxes order by u.at) filter (where adapter_text(o.mailboxes) is not null))[1] as mailboxes
      from (select e.id as endpoint, btrim(e.aors) as id, 1 as at from e where strpos(e.aors, ',') = 0
             union all select e.id, btrim(n.id), n.at
                         from e, unnest(string_to_array(e.aors, ',')) with ordinality n (id, at) where strpos(e.aors, ',') > 0) u
      join %6$s o on o.id = u.id
     group by u.endpoint
), auth as materialized ( -- each is decoded once
    select u.endpoint, u.at, adapter_text(a.password) as raw, adapter_decode(a.username) as username,
           adapter_decode(a.password) as password, lower(a.auth_type) as auth_type, lower(adapter_text(a.md5_cred)) as md5_cred,
           lower(adapter_text(a.password_digest)) as digest,
           coalesce(adapter_text(a.realm), (select adapter_text(g.default_realm) from %5$s g limit 1), 'asterisk') as realm
      from (select e.id as endpoint, btrim(e.auth) as id, 1 as at from e where strpos(e.auth, ',') = 0
             union all select e.id, btrim(n.id), n.at
                         from e, unnest(string_to_array(e.auth, ',')) with ordinality n (id, at) where strpos(e.auth, ',') > 0) u
      join %7$s a on a.id = u.id
), judged as (
    select a.endpoint, a.at, a.username, a.password, nullif(concat_ws(' ', a.md5_cred, a.digest), '') as hash,
           case when a.auth_type = 'google_oauth' then 'oauth'
                when a.password is null and (a.md5_cred is not null or a.digest is not null)
                then case when a.username is null then 'no_username' else 'password_hashed' end
                when a.password is null and a.raw is not null then 'password_unreadable'
                when a.password is null then 'password_empty'
                when a.username is null then 'no_username'
                when a.md5_cred is null and a.digest is null then ''
                -- A hash is what Asterisk goes by: it must be that of the password.
                when a.md5_cred = md5(concat(a.username, ':', a.realm, ':', a.password)) then ''
                when a.digest like '%%md5:' || md5(concat(a.username, ':', a.realm, ':', a.password)) || '%%' then ''
                when a.digest like '%%sha-256:' || encode(sha256(convert_to(concat(a.username, ':', a.realm, ':', a.password),
                                                                            'UTF8')), 'hex') || '%%' then ''
                else 'password_unverified' end as reason
      from auth a
), best as (
    -- the first usable one, or else the first one
    select distinct on (j.endpoint) j.endpoint, j.username, j.password, j.hash, j.reason
      from judged j
     order by j.endpoint, j.reason <> '', j.at
), phone as (
    select e.id, adapter_truth(e.enabled, true) as enabled, adapter_text(e.tenantid) as tenant, e.allow,
           adapter_decode(e.callerid) as callerid, lower(e.media_encryption) as media_encryption,
           adapter_truth(e.webrtc, false) as webrtc, adapter_truth(e.media_encryption_optimistic, false) as optimistic,
           a.username, a.password, a.hash, coalesce(a.reason, 'no_auth') as reason,
           adapter_mailbox(m.m) as mailbox, adapter_mailbox_context(m.m) as context
      from e
      left join aor o on o.endpoint = e.id
      left join best a on a.endpoint = e.id
      cross join lateral (select coalesce(adapter_text(e.mailboxes), o.mailboxes, e.id) as m) m
     where o.fixed is not true
)
select p.id, p.id, case when p.reason = '' then p.password end, p.enabled, p.tenant, p.username,
       adapter_caller_name(p.callerid), adapter_caller_e164(p.callerid), c.codecs,
       case when p.media_encryption = 'sdes' and not p.webrtc then case when p.optimistic then 'optional' else 'required' end
            when p.media_encryption is not null or p.webrtc then 'default' end,
       b.email, split_part(b.fullname, ' ', 1), adapter_text(substring(b.fullname from ' (.*)$')), b.fullname,
       nullif(nullif(p.reason, ''), 'password_hashed'), case when p.reason = 'password_hashed' then p.hash end
  from phone p
  left join codec c on c.allow = p.allow
  left join %8$s b on b.mailbox = p.mailbox and b.context = p.context
$q$,
        adapter_rows('ps_endpoints', '{id!, auth!, aors, allow, callerid, mailboxes, outbound_auth, media_encryption,
                                       media_encryption_optimistic, webrtc, tenantid, enabled}'),
        case when keys is null then 'true' else 'e.id = any($1)' end,
        adapter_rows('ps_registrations?', '{endpoint}'), adapter_rows('ps_endpoint_id_ips?', '{endpoint}'),
        adapter_rows('ps_globals?', '{default_outbound_endpoint, default_realm}'),
        adapter_rows('ps_aors?', '{id!, contact, mailboxes}'),
        adapter_rows('ps_auths', '{id!, username!, password!, auth_type, md5_cred, password_digest, realm}'),
        adapter_voicemail('select p.mailbox from phone p'))
    using keys;
end
$$;

-- What tells a daemon of changes.  A row of ps_auths, ps_aors or voicemail belongs to the endpoints that name it;
-- strpos() is there to be quick where most rows are not meant.
create function asterisk_pjsip_watch() returns setof text
language sql
set search_path from current
as $$
    select adapter_watch('ps_endpoints', null, 'id', null,
                         '{id, auth, aors, allow, callerid, mailboxes, outbound_auth, media_encryption,
                           media_encryption_optimistic, webrtc, tenantid, enabled}')
    union all
    select adapter_watch('ps_auths', null, null, format($q$
select e.id from %s e
 where btrim(e.auth) in (($1).id, ($2).id)
    or e.auth like '%%,%%' and regexp_split_to_array(btrim(e.auth), '\s*,\s*') && array[($1).id, ($2).id]::text[]
$q$,                     adapter_table('ps_endpoints')),
                         '{id, username, password, auth_type, md5_cred, password_digest, realm}')
    union all
    select adapter_watch('ps_aors', null, null, format($q$
select e.id from %s e
 where btrim(e.aors) in (($1).id, ($2).id)
    or e.aors like '%%,%%' and regexp_split_to_array(btrim(e.aors), '\s*,\s*') && array[($1).id, ($2).id]::text[]
$q$,                     adapter_table('ps_endpoints')),
                         '{id, contact, mailboxes}')
    union all
    select adapter_watch('voicemail', null, null, format($q$
select e.id from %1$s e
  left join %2$s o on o.id = btrim(e.aors),
  coalesce(nullif(btrim(e.mailboxes), ''), nullif(btrim(o.mailboxes), ''), e.id) m
 where (strpos(m, ($1).mailbox) > 0 or strpos(m, ($2).mailbox) > 0)
   and regexp_split_to_array(btrim(m), '\s*[,@]\s*') && array[($1).mailbox, ($2).mailbox]::text[]
union
select e.id from %1$s e
  join %2$s o on o.id = any(regexp_split_to_array(btrim(e.aors), '\s*,\s*'))
 where e.aors like '%%,%%'
   and (strpos(o.mailboxes, ($1).mailbox) > 0 or strpos(o.mailboxes, ($2).mailbox) > 0)
$q$,                     adapter_table('ps_endpoints'), adapter_table('ps_aors')),
                         '{mailbox, context, email, fullname}')
    union all
    select adapter_watch('ps_registrations', null, 'endpoint', null, '{endpoint}')
    union all
    select adapter_watch('ps_endpoint_id_ips', null, 'endpoint', null, '{endpoint}')
    union all
    select adapter_watch('ps_globals', null, null, $q$select '*'$q$, '{default_outbound_endpoint, default_realm}')
$$;
