-- fusionpbx - the extensions of FusionPBX, and of FS PBX on the same tables.
--
-- One row for each of v_extensions whose domain is there.  Its owner is the first enabled user, by name, that it
-- is assigned to: e-mail and names come from the user and the user's contact.
--
-- FusionPBX's tables have primary keys and no other index, so with keys some tables are read from end to end, each
-- once; nothing is done for each row of them but a comparison.
--
-- Sources: FusionPBX's app_config.php files (columns; enabled was text until 5.4), directory.lua (enabled and
-- domain_enabled must be true), FreeSWITCH's rtp_secure_media.
create function fusionpbx(keys text[] default null)
returns table (key text, extension text, secret text, enabled boolean, tenant text, caller_id text, send_as text,
               codecs text, encryption text, ciphers text, email text, first_name text, last_name text,
               display_name text, skip_reason text)
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
with e as (
    select e.*, d.domain_name, (e.enabled::text = 'true' and d.domain_enabled = 'true') is true as works
      from %1$s e
      join %2$s d on %3$s
     where %4$s
), assigned as (
    select x.extension_uuid::text as extension_uuid, u.username, u.user_uuid, u.user_email, u.contact_uuid, u.user_enabled
      from %5$s x
      join %6$s u on %7$s
     where %8$s
    union all
    -- FS PBX
    select u.extension_uuid::text, u.username, u.user_uuid, u.user_email, u.contact_uuid, u.user_enabled
      from %6$s u
     where %9$s
), owner as (
    select distinct on (a.extension_uuid) a.extension_uuid, adapter_email(a.user_email) as email, a.contact_uuid
      from assigned a
     where adapter_truth(a.user_enabled, true)
     order by a.extension_uuid, a.username, a.user_uuid
), contact_email as (
    select distinct on (m.contact_uuid) m.contact_uuid, adapter_email(m.email_address) as email
      from owner o
      join %11$s m on %18$s
     where o.email is null
     order by m.contact_uuid, adapter_email(m.email_address) is null, adapter_truth(m.email_primary, false) desc, m.contact_email_uuid
), mailbox as (
    select distinct on (v.domain_uuid, v.voicemail_id) v.domain_uuid, v.voicemail_id,
           adapter_email(v.voicemail_mail_to) as email
      from %12$s v
     where v.voicemail_id in (select coalesce(adapter_text(e.number_alias), e.extension) from e)
       and v.voicemail_mail_to <> ''
     order by v.domain_uuid, v.voicemail_id, v.voicemail_uuid
), srtp as (
    -- mandatory:AES_CM_256_HMAC_SHA1_80:AES_CM_128_HMAC_SHA1_80
    select distinct on (s.extension_uuid) s.extension_uuid::text as extension_uuid,
           split_part(lower(btrim(s.extension_setting_value)), ':', 1) as media,
           (select string_agg(regexp_replace(c.c, '^AES_CM_256_', 'AES_256_CM_'), ',' order by c.at)
              from regexp_split_to_table(upper(s.extension_setting_value), '[:,|\s]+') with ordinality c (c, at)
             where c.at > 1 and c.c <> '') as ciphers
      from %13$s s
     where %14$s
       and s.extension_setting_name = 'rtp_secure_media'
       and adapter_truth(s.extension_setting_enabled, true)
     order by s.extension_uuid, s.extension_setting_uuid
), twin as (
    -- Nothing in the schema forbids two of one number; FreeSWITCH then takes either.
    select distinct e.extension_uuid::text as extension_uuid
      from e
      join %1$s t on %16$s and t.extension = e.extension
     where e.works and (t.enabled = e.enabled) is true and t.extension_uuid::text <> e.extension_uuid::text
), suspended as (
    select distinct a.extension_uuid from %15$s a where adapter_truth(a.suspended, false)
), codec as (
    -- A packet's length and a rate are FreeSWITCH's own; OPUS has both in its names at SignalWire.
    select d.list, adapter_codecs(regexp_replace(lower(d.list), '(opus@(?:48000|24000|16000|8000)h@20i|[^,@\s]+)[^,]*',
                                                 '\1', 'g')) as codecs
      from (select distinct e.absolute_codec_string as list from e) d
), phone as (
    select e.*, e.works and u.extension_uuid is null as mirrored,
           case when lower(e.extension_type) = 'virtual' then 'virtual'
                when t.extension_uuid is not null then 'duplicate_extension'
                when adapter_text(e.password) is null then 'password_empty' end as reason
      from e
      left join twin t on t.extension_uuid = e.extension_uuid::text
      left join suspended u on u.extension_uuid = e.extension_uuid::text
)
select p.extension_uuid::text, p.extension, case when p.reason is null then p.password end, p.mirrored, p.domain_name,
       adapter_text(p.effective_caller_id_name), adapter_e164(p.outbound_caller_id_number), d.codecs,
       case when s.media in ('mandatory', 'true', 'required') then 'required'
            when s.media = 'optional' then 'optional'
            when s.media in ('forbidden', 'false') then 'default' end,
       s.ciphers, coalesce(o.email, m.email, v.email), n.first_name, n.last_name,
       coalesce(nullif(concat_ws(' ', n.first_name, n.last_name), ''), adapter_text(p.effective_caller_id_name)),
       p.reason
  from phone p
  left join owner o on o.extension_uuid = p.extension_uuid::text
  left join codec d on d.list = p.absolute_codec_string
  left join %10$s c on %17$s
  cross join lateral (select adapter_text(c.contact_name_given) as given, adapter_text(c.contact_name_family) as family) f
  left join contact_email m on m.contact_uuid::text = o.contact_uuid::text
  left join mailbox v on v.domain_uuid = p.domain_uuid::text and v.voicemail_id = coalesce(adapter_text(p.number_alias), p.extension)
  left join srtp s on s.extension_uuid = p.extension_uuid::text
  cross join lateral (
    -- All extensions of an owner have one name; the directory's is that of each.
    select case when num_nonnulls(f.given, f.family) > 0 then f.given else adapter_text(p.directory_first_name) end as first_name,
           case when num_nonnulls(f.given, f.family) > 0 then f.family else adapter_text(p.directory_last_name) end as last_name) n
$q$,
        adapter_rows('v_extensions', '{extension_uuid!=, domain_uuid!=, extension!, password!, enabled!=, number_alias, extension_type,
                                       effective_caller_id_name, outbound_caller_id_number, directory_first_name,
                                       directory_last_name, absolute_codec_string}'),
        adapter_rows('v_domains', '{domain_uuid!=, domain_name!, domain_enabled!}'),
        adapter_equal('v_domains', 'd', 'domain_uuid', 'v_extensions', 'e', 'domain_uuid'),
        case when keys is null then 'true' else adapter_condition('v_extensions', 'e', 'extension_uuid') end,
        adapter_rows('v_extension_users?', '{extension_uuid!=, user_uuid!=}'),
        adapter_rows('v_users?', '{user_uuid!=, username, user_email, user_enabled, contact_uuid=, extension_uuid=}'),
        adapter_equal('v_users', 'u', 'user_uuid', 'v_extension_users', 'x', 'user_uuid'),
        case when keys is null then 'true' else adapter_condition('v_extension_users', 'x', 'extension_uuid') end,
        case when adapter_type('v_users', 'extension_uuid') is null then 'false'
             when keys is null then 'u.extension_uuid is not null'
             else adapter_condition('v_users', 'u', 'extension_uuid') end,
        adapter_rows('v_contacts?', '{contact_uuid!=, contact_name_given, contact_name_family}'),
        adapter_rows('v_contact_emails?', '{contact_email_uuid, contact_uuid!=, email_address, email_primary}'),
        adapter_rows('v_voicemails?', '{voicemail_uuid, domain_uuid!, voicemail_id!, voicemail_mail_to}'),
        adapter_rows('v_extension_settings?', '{extension_setting_uuid, extension_uuid!=, extension_setting_name,
                                                extension_setting_value, extension_setting_enabled}'),
        case when keys is null then 'true' else adapter_condition('v_extension_settings', 's', 'extension_uuid') end,
        adapter_rows('extension_advanced_settings?', '{extension_uuid!, suspended}'),
        adapter_equal('v_extensions', 't', 'domain_uuid', 'v_extensions', 'e', 'domain_uuid'),
        adapter_equal('v_contacts', 'c', 'contact_uuid', 'v_users', 'o', 'contact_uuid'),
        adapter_equal('v_contact_emails', 'm', 'contact_uuid', 'v_users', 'o', 'contact_uuid'))
    using keys;
end
$$;

-- What tells a daemon of changes: each table that has the extension's own key by that, the others by what they are
-- assigned to.  Do-not-disturb, call forwarding and follow-me are columns of v_extensions that are not watched.
create function fusionpbx_watch() returns setof text
language sql
set search_path from current
as $$
    select adapter_watch('v_extensions', null, 'extension_uuid', null,
                         '{extension_uuid, domain_uuid, extension, password, enabled, number_alias, extension_type,
                           effective_caller_id_name, outbound_caller_id_number, directory_first_name,
                           directory_last_name, absolute_codec_string}')
    union all
    select adapter_watch('v_extension_settings', null, 'extension_uuid', null,
                         '{extension_uuid, extension_setting_name, extension_setting_value, extension_setting_enabled}')
    union all
    select adapter_watch('v_extension_users', null, 'extension_uuid', null, '{extension_uuid, user_uuid}')
    union all
    select adapter_watch('extension_advanced_settings', null, 'extension_uuid', null, '{extension_uuid, suspended}')
    union all
    select adapter_watch('v_users', null, null,
                         format('select x.extension_uuid from %s x where x.user_uuid in (($1).user_uuid, ($2).user_uuid)',
                                adapter_table('v_extension_users'))
                         || case when adapter_type('v_users', 'extension_uuid') is not null
                                 then ' union select unnest(array[($1).extension_uuid, ($2).extension_uuid])' else '' end,
                         '{user_uuid, username, user_email, user_enabled, contact_uuid, extension_uuid}')
    union all
    select adapter_watch(c.name, null, null, format($q$
select x.extension_uuid from %1$s x
  join %2$s u on u.user_uuid = x.user_uuid
 where u.contact_uuid in (($1).contact_uuid, ($2).contact_uuid)
$q$,                     adapter_table('v_extension_users'), adapter_table('v_users'))
                         || case when adapter_type('v_users', 'extension_uuid') is not null
                                 then format(' union select u.extension_uuid from %s u'
                                             ' where u.contact_uuid in (($1).contact_uuid, ($2).contact_uuid)',
                                             adapter_table('v_users')) else '' end,
                         c.columns)
      from (values ('v_contacts', '{contact_uuid, contact_name_given, contact_name_family}'::text[]),
                   ('v_contact_emails', '{contact_uuid, email_address, email_primary}')) c (name, columns)
    union all
    select adapter_watch('v_voicemails', null, null, format($q$
select e.extension_uuid from %s e
 where (e.extension in (($1).voicemail_id, ($2).voicemail_id) or e.number_alias in (($1).voicemail_id, ($2).voicemail_id))
   and e.domain_uuid in (($1).domain_uuid, ($2).domain_uuid)
$q$,                     adapter_table('v_extensions')),
                         '{domain_uuid, voicemail_id, voicemail_mail_to}')
    union all
    select adapter_watch('v_domains', null, null,
                         format('select e.extension_uuid from %s e where e.domain_uuid in (($1).domain_uuid, ($2).domain_uuid)',
                                adapter_table('v_extensions')),
                         '{domain_uuid, domain_name, domain_enabled}')
$$;
