-- wazo - the lines of Wazo's users.
--
-- One row for each endpoint_sip that a line has.  An endpoint's options are rows of endpoint_sip_section_option,
-- beneath its sections; what it inherits comes from its templates, in their order and from the root down, and its
-- own options come last.  All endpoints with the same templates inherit the same, which is worked out once.
--
-- Left out, since they have no line or no user's: templates, trunks, guests of meetings.
--
-- Sources: xivo-dao's alchemy/ (columns, indexes, endpoint_sip.py: combined options), wazo-confgend's pjsip.conf
-- (the last of an option that may be there once counts, each allow goes on from the one before).
create function wazo(keys text[] default null)
returns table (key text, extension text, secret text, enabled boolean, tenant text, username text, caller_id text,
               send_as text, codecs text, encryption text, email text, first_name text, last_name text,
               display_name text, skip_reason text, secret_hash text)
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
with recursive e as (
    select e.uuid, e.name, e.tenant_uuid, l.id, l.number, l.commented
      from %1$s l
      join %2$s e on %3$s
     where %4$s
       and e.template is distinct from 'true'
       and not exists (select from %5$s t where %6$s)
       and not exists (select from %7$s m where %8$s)
), parent as (
    select t.child_uuid, array_agg(t.parent_uuid) as parents, array_agg(t.priority) as priorities
      from %9$s t
     where %10$s
     group by t.child_uuid
), walk as (
    select p.parents, p.priorities, u.parent_uuid, array[u.parent_uuid::text] as seen,
           array[row_number() over (partition by p.parents, p.priorities
                                    order by length(u.priority), u.priority, u.parent_uuid)] as path
      from (select distinct p.parents, p.priorities from parent p) p
     cross join unnest(p.parents, p.priorities) u (parent_uuid, priority)
    union all
    select w.parents, w.priorities, t.parent_uuid, w.seen || t.parent_uuid::text, w.path || t.at
      from walk w
     cross join lateral (
        select t.parent_uuid, row_number() over (order by length(t.priority), t.priority, t.parent_uuid) as at
          from %9$s t
         where %11$s) t
     where t.parent_uuid::text <> all (w.seen)
), template as (
    select w.parent_uuid::text as uuid, %12$s
      from (select distinct w.parent_uuid from walk w) w
      join %13$s s on %14$s
      join %15$s o on %16$s
     where %17$s
     group by w.parent_uuid
), inherited as (
    -- What is below a template comes before its own: 9223372036854775807 is behind all of them.
    select w.parents, w.priorities, string_agg(a.allow, ',' order by w.path || 9223372036854775807) as allow, %18$s
      from walk w
      join template t on t.uuid = w.parent_uuid::text
     cross join lateral (select string_agg(substr(a.a, 37), ',' order by a.a) as allow from unnest(t.allows) a (a)) a
     group by w.parents, w.priorities
), own as (
    select s.endpoint_sip_uuid::text as uuid, %12$s
      from %13$s s
      join %15$s o on %16$s
     where %19$s
       and %17$s
     group by s.endpoint_sip_uuid
), phone as (
    select e.*, u.user_id, u.firstname, u.lastname, u.email, u.outcallerid, u.user_commented,
           coalesce(o.callerid, adapter_text(u.user_callerid)) as callerid,
           nullif(concat_ws(',', i.allow, case when cardinality(o.allows) = 1 then substr(o.allows[1], 37)
                                               when o.allows is not null
                                               then (select string_agg(substr(a.a, 37), ',' order by a.a) from unnest(o.allows) a (a)) end),
                  '') as allow,
           lower(coalesce(o.media_encryption, i.media_encryption)) as media_encryption,
           adapter_truth(coalesce(o.media_encryption_optimistic, i.media_encryption_optimistic), false) as optimistic,
           adapter_truth(coalesce(o.webrtc, i.webrtc), false) as webrtc,
           coalesce(o.username, i.username) as username, coalesce(o.password, i.password) as password,
           lower(coalesce(o.md5_cred, i.md5_cred)) as md5_cred, lower(coalesce(o.auth_type, i.auth_type)) as auth_type,
           coalesce(o.realm, i.realm, 'asterisk') as realm
      from e
      left join own o on o.uuid = e.uuid::text
      left join parent p on %20$s
      left join inherited i on i.parents = p.parents and i.priorities = p.priorities
      left join (
        select x.line_id, u.id as user_id, u.firstname, u.lastname, u.email, u.outcallerid, u.callerid as user_callerid,
               u.commented as user_commented
          from %21$s x
          join %22$s u on %23$s
         where x.main_user = 'true'
      ) u on %24$s
), judged as (
    select p.*, case when p.user_id is null then 'no_user'
                     when p.auth_type = 'google_oauth' then 'oauth'
                     when num_nonnulls(p.username, p.password, p.md5_cred) = 0 then 'no_auth'
                     when p.password is null and p.md5_cred is not null
                     then case when p.username is null then 'no_username' else 'password_hashed' end
                     when p.password is null then 'password_empty'
                     when p.username is null then 'no_username'
                     when p.md5_cred <> md5(concat_ws(':', p.username, p.realm, p.password)) then 'password_unverified' end as reason
      from phone p
), codec as (
    select d.allow, adapter_codecs(d.allow) as codecs from (select distinct p.allow from phone p) d
)
select p.uuid::text, coalesce(adapter_text(x.exten), adapter_text(p.number), p.name), case when p.reason is null then p.password end,
       coalesce(p.user_commented, '0') = '0' and coalesce(p.commented, '0') = '0', coalesce(adapter_text(t.slug), p.tenant_uuid),
       p.username, adapter_caller_name(p.callerid), adapter_e164(p.outcallerid), c.codecs,
       case when p.media_encryption = 'sdes' and not p.webrtc then case when p.optimistic then 'optional' else 'required' end
            when p.media_encryption is not null or p.webrtc then 'default' end,
       adapter_email(p.email), adapter_text(p.firstname), adapter_text(p.lastname),
       nullif(concat_ws(' ', adapter_text(p.firstname), adapter_text(p.lastname)), ''),
       nullif(p.reason, 'password_hashed'), case when p.reason = 'password_hashed' then p.md5_cred end
  from judged p
  left join codec c on c.allow = p.allow
  left join %25$s t on t.uuid = p.tenant_uuid
  left join (
    select y.line_id, x.exten
      from %26$s y
      join %27$s x on %28$s
     where y.main_extension = 'true'
  ) x on %29$s
$q$,
        adapter_rows('linefeatures', '{id!=, endpoint_sip_uuid!=, number, commented}'),
        adapter_rows('endpoint_sip', '{uuid!=, name!, tenant_uuid!, template!}'),
        adapter_equal('endpoint_sip', 'e', 'uuid', 'linefeatures', 'l', 'endpoint_sip_uuid'),
        case when keys is null then 'l.endpoint_sip_uuid is not null'
             else adapter_condition('linefeatures', 'l', 'endpoint_sip_uuid') end,
        adapter_rows('trunkfeatures?', '{endpoint_sip_uuid!=}'),
        adapter_equal('trunkfeatures', 't', 'endpoint_sip_uuid', 'endpoint_sip', 'e', 'uuid'),
        adapter_rows('meeting?', '{guest_endpoint_sip_uuid!=}'),
        adapter_equal('meeting', 'm', 'guest_endpoint_sip_uuid', 'endpoint_sip', 'e', 'uuid'),
        adapter_rows('endpoint_sip_template', '{child_uuid!=, parent_uuid!=, priority}'),
        case when keys is null then 'true' else adapter_condition('endpoint_sip_template', 't', 'child_uuid') end,
        adapter_equal('endpoint_sip_template', 't', 'child_uuid', 'endpoint_sip_template', 'w', 'parent_uuid'),
        (select string_agg(format('max(adapter_text(o.value)) filter (where s.type = %L and o.key = %L) as %I', o.section, o.name, o.name), ', ')
           from (values ('auth', 'username'), ('auth', 'password'), ('auth', 'md5_cred'), ('auth', 'auth_type'), ('auth', 'realm'),
                        ('endpoint', 'callerid'), ('endpoint', 'media_encryption'), ('endpoint', 'media_encryption_optimistic'),
                        ('endpoint', 'webrtc')) o (section, name))
            || $o$, array_agg(lpad(coalesce(o.uuid, ''), 36) || o.value) filter (where s.type = 'endpoint' and o.key = 'allow') as allows$o$,
        adapter_rows('endpoint_sip_section', '{uuid!=, type!=, endpoint_sip_uuid!=}'),
        adapter_equal('endpoint_sip_section', 's', 'endpoint_sip_uuid', 'endpoint_sip_template', 'w', 'parent_uuid'),
        adapter_rows('endpoint_sip_section_option', '{uuid, key!, value!, endpoint_sip_section_uuid!=}'),
        adapter_equal('endpoint_sip_section_option', 'o', 'endpoint_sip_section_uuid', 'endpoint_sip_section', 's', 'uuid'),
        $o$s.type in ('auth', 'endpoint') and o.key in ('username', 'password', 'md5_cred', 'auth_type', 'realm', 'callerid', 'allow',
                                                     'media_encryption', 'media_encryption_optimistic', 'webrtc')$o$,
        (select string_agg(format('(array_agg(t.%I order by w.path || 9223372036854775807 desc) filter (where t.%I is not null))[1] as %I',
                                  o.name, o.name, o.name), ', ')
           from unnest(array['username', 'password', 'md5_cred', 'auth_type', 'realm', 'media_encryption', 'media_encryption_optimistic',
                             'webrtc']) o (name)),
        case when keys is null then 'true' else adapter_condition('endpoint_sip_section', 's', 'endpoint_sip_uuid') end,
        adapter_equal('endpoint_sip_template', 'p', 'child_uuid', 'endpoint_sip', 'e', 'uuid'),
        adapter_rows('user_line', '{user_id!=, line_id!=, main_user!}'),
        adapter_rows('userfeatures', '{id!=, firstname, lastname, email, callerid, outcallerid, commented!}'),
        adapter_equal('userfeatures', 'u', 'id', 'user_line', 'x', 'user_id'),
        adapter_equal('user_line', 'u', 'line_id', 'linefeatures', 'e', 'id'),
        adapter_rows('tenant?', '{uuid!, slug}'),
        adapter_rows('line_extension', '{line_id!=, extension_id!=, main_extension!}'),
        adapter_rows('extensions', '{id!=, exten!}'),
        adapter_equal('extensions', 'x', 'id', 'line_extension', 'y', 'extension_id'),
        adapter_equal('line_extension', 'x', 'line_id', 'linefeatures', 'p', 'id'))
    using keys;
end
$$;

-- What tells a daemon of changes.  All that is below finds its endpoint by an index ("=" in front of a statement).
-- Where a row goes together with what it belongs to, that is gone and says so itself: Wazo has foreign keys for all
-- of it.  What a template has is everybody's.
create function wazo_watch() returns setof text
language sql
set search_path from current
as $$
    select adapter_watch('endpoint_sip', null, 'uuid', null, '{uuid, name, tenant_uuid, template}')
    union all
    select adapter_watch('linefeatures', null, 'endpoint_sip_uuid', null, '{id, endpoint_sip_uuid, number, commented}')
    union all
    select adapter_watch('trunkfeatures', null, 'endpoint_sip_uuid', null, '{endpoint_sip_uuid}')
    union all
    select adapter_watch('meeting', null, 'guest_endpoint_sip_uuid', null, '{guest_endpoint_sip_uuid}')
    union all
    select adapter_watch('endpoint_sip_template', null, null, format($q$=
select case when e.template then '*' else e.uuid::text end from %s e where e.uuid in (($1).child_uuid, ($2).child_uuid)
$q$,                     adapter_table('endpoint_sip')),
                         '{child_uuid, parent_uuid, priority}')
    union all
    select adapter_watch('endpoint_sip_section', null, null, format($q$=
select case when e.template then '*' else e.uuid::text end from %s e
 where e.uuid in (($1).endpoint_sip_uuid, ($2).endpoint_sip_uuid)
   and (($1).type in ('auth', 'endpoint') or ($2).type in ('auth', 'endpoint'))
$q$,                     adapter_table('endpoint_sip')),
                         '{uuid, type, endpoint_sip_uuid}')
    union all
    select adapter_watch('endpoint_sip_section_option', null, null, format($q$=
select case when e.template then '*' else e.uuid::text end from %s s join %s e on e.uuid = s.endpoint_sip_uuid
 where s.uuid in (($1).endpoint_sip_section_uuid, ($2).endpoint_sip_section_uuid)
   and s.type in ('auth', 'endpoint')
   and array[($1).key, ($2).key]::text[] && '{username, password, md5_cred, auth_type, realm, callerid, allow,
                                              media_encryption, media_encryption_optimistic, webrtc}'
$q$,                     adapter_table('endpoint_sip_section'), adapter_table('endpoint_sip')),
                         '{key, value, endpoint_sip_section_uuid}')
    union all
    select adapter_watch('user_line', null, null,
                         format('=select l.endpoint_sip_uuid from %s l where l.id in (($1).line_id, ($2).line_id)',
                                adapter_table('linefeatures')),
                         '{user_id, line_id, main_user}')
    union all
    select adapter_watch('line_extension', null, null,
                         format('=select l.endpoint_sip_uuid from %s l where l.id in (($1).line_id, ($2).line_id)',
                                adapter_table('linefeatures')),
                         '{line_id, extension_id, main_extension}')
    union all
    select adapter_watch('userfeatures', null, null, format($q$=
select l.endpoint_sip_uuid from %s x join %s l on l.id = x.line_id where x.user_id in (($1).id, ($2).id)
$q$,                     adapter_table('user_line'), adapter_table('linefeatures')),
                         '{id, firstname, lastname, email, callerid, outcallerid, commented}')
    union all
    select adapter_watch('extensions', null, null, format($q$=
select l.endpoint_sip_uuid from %s x join %s l on l.id = x.line_id where x.extension_id in (($1).id, ($2).id)
$q$,                     adapter_table('line_extension'), adapter_table('linefeatures')),
                         '{id, exten}')
    union all
    select adapter_watch('tenant', null, null, null, '{uuid, slug}')
$$;
