-- kamailio - the subscribers of Kamailio and OpenSIPS.
--
-- One row for each of `subscriber`; its aliases give the number.  The schema has no more than name, domain and
-- password; columns of the operator's own (enabled, email, first_name ...) are read by their names.
--
-- Whether the server checks the password or the hash is said in its configuration and not here.  So where there is
-- a hash it must be that of the password, or the password is nobody's.
--
-- Sources: Kamailio's and OpenSIPS's create scripts (columns), auth_db (calculate_ha1), kamctl (STORE_PLAINTEXT_PW).
create function kamailio(keys text[] default null)
returns table (key text, extension text, secret text, enabled boolean, tenant text, caller_id text, send_as text,
               codecs text, encryption text, email text, first_name text, last_name text, display_name text,
               skip_reason text, secret_hash text)
language plpgsql stable
set search_path from current
set jit = off
set enable_nestloop = on
as $$
begin
    -- Everything is read in sets, also where the tables' statistics are old or none (README); back at the end.
    perform set_config('enable_nestloop', (keys is not null)::text, true);
    return query execute format($q$
with s as (
    select s.*
      from %1$s s
     where %2$s
       and s.username <> ''
), alias as (
    select distinct on (a.username, a.domain) a.username, a.domain, a.number
      from (select a.username, a.domain, a.id, adapter_e164(a.alias_username) as number
              from %3$s a
             where (a.username, a.domain) in (select s.username, s.domain from s)
            offset 0) a -- looked at where it is somebody's, and once
     where a.number is not null
     order by a.username, a.domain, length(a.id), a.id
), phone as (
    select s.*, nullif(concat_ws(' ', nullif(s.ha1, ''), nullif(s.ha1b, ''), nullif(s.ha1_sha256, ''), nullif(s.ha1_sha512t256, '')), '') as hash,
           case when s.password = '' or s.password is null
                     then case when concat(s.ha1, s.ha1b, s.ha1_sha256, s.ha1_sha512t256) <> '' then 'password_hashed'
                               else 'password_empty' end
                     when s.ha1 <> ''
                     then case when lower(s.ha1) <> md5(concat(s.username, ':', s.domain, ':', s.password)) then 'password_unverified' end
                     when s.ha1b <> ''
                     then case when lower(s.ha1b) <> md5(concat(s.username, '@', s.domain, ':', s.domain, ':', s.password))
                               then 'password_unverified' end
                     when s.ha1_sha256 <> ''
                     then case when lower(s.ha1_sha256) <> encode(sha256(convert_to(concat(s.username, ':', s.domain, ':', s.password),
                                                                                    'UTF8')), 'hex') then 'password_unverified' end
                     -- of MD5, SHA-256 or SHA-512/256
                     when s.password ~* '^([0-9a-f]{32}|[0-9a-f]{64})$' then 'password_looks_hashed' end as reason
      from s
)
select coalesce(nullif(s.domain, '') || '/' || s.username, s.username), s.username,
       case when s.reason is null then s.password end, adapter_truth(s.enabled, true), nullif(s.domain, ''),
       adapter_text(s.caller_id), coalesce(adapter_e164(s.send_as), a.number), case when s.codecs <> '' then adapter_codecs(s.codecs) end,
       lower(adapter_text(s.encryption)), coalesce(adapter_email(s.email), adapter_email(s.email_address)),
       adapter_text(s.first_name), adapter_text(s.last_name),
       coalesce(adapter_text(s.display_name), nullif(concat_ws(' ', adapter_text(s.first_name), adapter_text(s.last_name)), '')),
       nullif(s.reason, 'password_hashed'), case when s.reason = 'password_hashed' then s.hash end
  from phone s
  left join alias a on a.username = s.username and a.domain = s.domain
$q$,
        adapter_rows('subscriber', '{username!, domain!, password!, ha1, ha1b, ha1_sha256, ha1_sha512t256, enabled, email,
                                     email_address, first_name, last_name, display_name, caller_id, send_as, codecs, encryption}'),
        -- No domain has a / in it, but a username may.
        case when keys is null then 'true'
             else $k$s.username = any(array(select substr(k.k, strpos(k.k, '/') + 1) from unnest($1) k (k)
                                            union select k.k from unnest($1) k (k)))
       and coalesce(nullif(s.domain, '') || '/' || s.username, s.username) = any($1)$k$ end,
        adapter_rows('dbaliases?', '{id, alias_username, username!, domain!}'))
    using keys;
end
$$;

create function kamailio_watch() returns setof text
language sql
set search_path from current
as $$
    select adapter_watch('subscriber', 'domain', 'username', null,
                         '{username, domain, password, ha1, ha1b, ha1_sha256, ha1_sha512t256, enabled, email, email_address,
                           first_name, last_name, display_name, caller_id, send_as, codecs, encryption}')
    union all
    select adapter_watch('dbaliases', 'domain', 'username', null, '{alias_username, username, domain}')
$$;
