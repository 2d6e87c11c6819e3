-- freepbx - the extensions of FreePBX, whose MariaDB is read through foreign tables.
--
-- One row for each of `devices` that is SIP (chan_pjsip and chan_sip both keep their options in `sip`, one row for
-- each keyword).  Trunks have rows in `sip` and none in `devices`.
--
-- Sources: FreePBX's core (install.php, functions.inc.php: addDevice, delDevice) and userman.
create function freepbx(keys text[] default null)
returns table (key text, extension text, secret text, enabled boolean, caller_id text, send_as text, codecs text,
               encryption text, email text, first_name text, last_name text, display_name text, skip_reason text,
               secret_hash text)
language plpgsql stable
set search_path from current
set work_mem = '32MB'
set jit = off
set enable_nestloop = on
as $$
begin
    -- Everything is read in sets, also where the tables' statistics are old or none (README); back at the end.
    perform set_config('enable_nestloop', (keys is not null)::text, true);
    return query execute format($q$
with d as (
    select d.id, adapter_text(d.description) as description, nullif(adapter_text(d."user"), 'none') as owner
      from %1$s d
     where %2$s
       and lower(d.tech) in ('sip', 'pjsip')
       and d.id <> ''
), option as (
    select s.id, %3$s
      from %4$s s
     where %5$s
       and s.keyword in ('secret', 'md5_cred', 'allow', 'media_encryption', 'media_encryption_optimistic', 'encryption', 'webrtc')
     group by s.id
), person as (
    select distinct on (m.default_extension) m.default_extension, adapter_email(m.email) as email,
           adapter_text(m.fname) as first_name, adapter_text(m.lname) as last_name, adapter_text(m.displayname) as display_name
      from %6$s m
     where m.default_extension in (select d.owner from d)
     order by m.default_extension, adapter_email(m.email) is null, length(m.id), m.id
), phone as (
    select d.*, o.secret, o.md5_cred as hash, lower(o.media_encryption) as media_encryption, adapter_truth(o.encryption, null) as encrypts,
           adapter_truth(o.media_encryption_optimistic, false) as optimistic, adapter_truth(o.webrtc, false) as webrtc, o.allow,
           case when o.id is null then 'no_auth'
                when o.secret is not null then null
                when o.md5_cred is not null then 'password_hashed'
                else 'password_empty' end as reason
      from d
      left join option o on o.id = d.id
      -- The twin that the user panel makes of an extension for a browser is no phone.
     where not (d.owner <> d.id and d.id = '99' || d.owner and adapter_truth(o.webrtc, false)) is true
), codec as (
    select c.allow, adapter_codecs(c.allow) as codecs from (select distinct p.allow from phone p) c
)
select p.id, p.id, case when p.reason is null then p.secret end, true, coalesce(adapter_text(u.name), p.description),
       adapter_e164(adapter_caller_number(u.outboundcid)), c.codecs,
       case when p.media_encryption = 'sdes' and not p.webrtc then case when p.optimistic then 'optional' else 'required' end
            when p.media_encryption is not null or p.webrtc then 'default'
            when p.encrypts then 'required'
            when not p.encrypts then 'default' end,
       m.email, m.first_name, m.last_name,
       coalesce(m.display_name, nullif(concat_ws(' ', m.first_name, m.last_name), ''), adapter_text(u.name), p.description),
       nullif(p.reason, 'password_hashed'), case when p.reason = 'password_hashed' then p.hash end
  from phone p
  left join codec c on c.allow = p.allow
  left join (select distinct on (u.extension) u.extension, u.name, u.outboundcid
               from %7$s u where u.extension in (select d.owner from d)
              order by u.extension, u.name) u on u.extension = p.owner
  left join person m on m.default_extension = p.owner
$q$,
        adapter_rows('devices', '{id!, tech!, user, description}'),
        case when keys is null then 'true' else 'd.id = any($1)' end,
        (select string_agg(format('max(adapter_text(s.data)) filter (where s.keyword = %L) as %I', k.k, k.k), ', ')
           from unnest(array['secret', 'md5_cred', 'allow', 'media_encryption', 'media_encryption_optimistic', 'encryption',
                             'webrtc']) k (k)),
        adapter_rows('sip', '{id!, keyword!, data!}'),
        case when keys is null then 'true' else 's.id = any($1)' end,
        adapter_rows('userman_users?', '{id, default_extension!, fname, lname, displayname, email}'),
        adapter_rows('users?', '{extension!, name, outboundcid}'))
    using keys;
end
$$;

-- A foreign table gets no triggers, since they would see nothing of what MariaDB is told.  Where a replication fills
-- tables of PostgreSQL instead, these are told apart by themselves.
create function freepbx_watch() returns setof text
language sql
set search_path from current
as $$
    select adapter_watch('devices', null, 'id', null, '{id, tech, user, description}')
    union all
    select adapter_watch('sip', null, 'id', null, '{id, keyword, data}')
    union all
    select adapter_watch('users', null, null,
                         format('select d.id from %s d where d."user" in (($1).extension, ($2).extension)', adapter_table('devices')),
                         '{extension, name, outboundcid}')
    union all
    select adapter_watch('userman_users', null, null,
                         format('select d.id from %s d where d."user" in (($1).default_extension, ($2).default_extension)',
                                adapter_table('devices')),
                         '{default_extension, fname, lname, displayname, email}')
$$;
