-- asterisk-sip - the peers of Asterisk's realtime for chan_sip (sippeers; until Asterisk 20).
--
-- One row for each phone.  Its SIP username is `name`: `defaultuser` is what the phone last said of itself,
-- chan_sip writes it at every REGISTER.  Trunks are no rows: a host that is not "dynamic", a trunkname, a
-- callbackextension, insecure=invite, type=user.
--
-- Sources: Asterisk's contrib/ast-db-manage (columns), res_config_pgsql.c (empty is not set, ^HH and ; in
-- values), chan_sip.c (md5secret wins over secret; realtime_update_peer()).
create function asterisk_sip(keys text[] default null)
returns table (key text, extension text, secret text, enabled boolean, caller_id text, send_as text, codecs text,
               encryption text, email text, first_name text, last_name text, display_name text, skip_reason text,
               secret_hash text)
language plpgsql stable
set search_path from current
set jit = off
set enable_nestloop = on
as $$
begin
    -- Everything is read in sets, also where the tables' statistics are old or none (README); back at the end.
    perform set_config('enable_nestloop', (keys is not null)::text, true);
    return query execute format($q$
with p as (
    select p.*
      from %1$s p
     where %2$s
       and (p.host = 'dynamic' or lower(adapter_text(p.host)) = 'dynamic')
       and coalesce(lower(p.type), '') <> 'user'
       and (p.trunkname is null or adapter_text(p.trunkname) is null)
       and (p.callbackextension is null or adapter_text(p.callbackextension) is null)
       and (p.insecure is null or p.insecure !~* '\minvite\M')
), codec as (
    select d.allow, adapter_codecs(d.allow) as codecs from (select distinct p.allow from p) d
), phone as (
    select p.name, p.allow, adapter_truth(p.enabled, true) as enabled, adapter_decode(p.secret) as secret, adapter_text(p.md5secret) as hash,
           case when adapter_decode(p.secret) is null and adapter_text(p.md5secret) is not null then 'password_hashed'
                when adapter_decode(p.secret) is null and adapter_text(p.secret) is not null then 'password_unreadable'
                when adapter_decode(p.secret) is null then 'password_empty'
                -- The realm is in sip.conf; this is what it is without one.
                when adapter_text(p.md5secret) is not null
                     and lower(adapter_text(p.md5secret)) <> md5(p.name || ':asterisk:' || adapter_decode(p.secret))
                    then 'password_unverified' end as reason,
           adapter_decode(p.callerid) as callerid, adapter_decode(p.fullname) as fullname, adapter_text(p.cid_number) as cid_number,
           adapter_truth(p.encryption, null) as encrypts,
           adapter_mailbox(coalesce(adapter_text(p.mailbox), p.name)) as mailbox,
           adapter_mailbox_context(coalesce(adapter_text(p.mailbox), p.name)) as context
      from p
)
select p.name, p.name, case when p.reason is null then p.secret end, p.enabled,
       coalesce(p.fullname, adapter_caller_name(p.callerid)),
       coalesce(adapter_e164(p.cid_number), adapter_caller_e164(p.callerid)), c.codecs,
       case when p.encrypts then 'required' when not p.encrypts then 'default' end,
       b.email, split_part(n.n, ' ', 1), adapter_text(substring(n.n from ' (.*)$')), n.n,
       nullif(p.reason, 'password_hashed'), case when p.reason = 'password_hashed' then p.hash end
  from phone p
  left join codec c on c.allow = p.allow
  left join %3$s b on b.mailbox = p.mailbox and b.context = p.context
  cross join lateral (select coalesce(b.fullname, p.fullname) as n) n
$q$,
        adapter_rows('sippeers', '{name!, secret!, host!, type, md5secret, allow, callerid, fullname, cid_number, mailbox,
                                   trunkname, callbackextension, insecure, encryption, enabled}'),
        case when keys is null then 'true' else 'p.name = any($1)' end,
        adapter_voicemail('select p.mailbox from phone p'))
    using keys;
end
$$;

create function asterisk_sip_watch() returns setof text
language sql
set search_path from current
as $$
    select adapter_watch('sippeers', null, 'name', null,
                         '{name, secret, host, type, md5secret, allow, callerid, fullname, cid_number, mailbox, trunkname,
                           callbackextension, insecure, encryption, enabled}')
    union all
    select adapter_watch('voicemail', null, null, format($q$
select p.name from %s p, coalesce(nullif(p.mailbox, ''), p.name) m
 where (strpos(m, ($1).mailbox) > 0 or strpos(m, ($2).mailbox) > 0)
   and regexp_split_to_array(m, '\s*[,@]\s*') && array[($1).mailbox, ($2).mailbox]::text[]
$q$,                     adapter_table('sippeers')),
                         '{mailbox, context, email, fullname}')
$$;
