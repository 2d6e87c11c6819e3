-- :rows users with a line each, as wazo's tables have them: two options of auth and two of endpoint, the templates global and
-- (every other one) webrtc; and a tenth as many trunks.
insert into tenant (uuid, slug) values ('20000000-0000-4000-8000-000000000001', 'bench');
insert into context (tenant_uuid, name) values ('20000000-0000-4000-8000-000000000001', 'ctx-bench');
insert into endpoint_sip (uuid, name, tenant_uuid, template)
select md5(t)::uuid, t, '20000000-0000-4000-8000-000000000001', true from unnest('{global,webrtc}'::text[]) t
union all
select md5('endpoint' || n)::uuid, 'line' || n, '20000000-0000-4000-8000-000000000001', false from generate_series(100000, 99999 + :rows) n
union all
select md5('trunk' || n)::uuid, 'trunk' || n, '20000000-0000-4000-8000-000000000001', false from generate_series(1, :rows / 10) n;
insert into endpoint_sip_template (child_uuid, parent_uuid, priority)
select md5('endpoint' || n)::uuid, md5('global')::uuid, 0 from generate_series(100000, 99999 + :rows) n
union all
select md5('endpoint' || n)::uuid, md5('webrtc')::uuid, 1 from generate_series(100000, 99999 + :rows, 2) n;
insert into endpoint_sip_section (uuid, type, endpoint_sip_uuid)
select md5(e.uuid::text || t)::uuid, t::endpoint_sip_section_type, e.uuid from endpoint_sip e, unnest('{aor,auth,endpoint}'::text[]) t;
insert into endpoint_sip_section_option (key, value, endpoint_sip_section_uuid)
select o.key, o.value, md5(e.uuid::text || o.section)::uuid
  from endpoint_sip e,
lateral (values ('auth', 'username', e.name), ('auth', 'password', 'secret-' || e.name), ('endpoint', 'callerid', '"Desk" <' || e.name || '>'),
                ('endpoint', 'context', 'ctx-bench'), ('aor', 'max_contacts', '1'), ('aor', 'remove_existing', 'true')) o (section, key, value)
 where not e.template
union all
values ('allow', '!all,ulaw', md5(md5('global')::uuid || 'endpoint')::uuid), ('webrtc', 'yes', md5(md5('webrtc')::uuid || 'endpoint')::uuid),
       ('allow', '!all,opus,g722,alaw,ulaw', md5(md5('webrtc')::uuid || 'endpoint')::uuid);
insert into userfeatures (id, uuid, firstname, lastname, email, tenant_uuid, callerid, outcallerid)
select n, md5('user' || n)::uuid, 'First' || n, 'Last', 'u' || n || '@example.com', '20000000-0000-4000-8000-000000000001',
       '"First' || n || '"', '+1555' || 1000000 + n
  from generate_series(100000, 99999 + :rows) n;
insert into linefeatures (id, name, number, context, provisioningid, endpoint_sip_uuid)
select n, 'line' || n, n, 'ctx-bench', n, md5('endpoint' || n)::uuid from generate_series(100000, 99999 + :rows) n;
insert into user_line select n, n, true, true from generate_series(100000, 99999 + :rows) n;
insert into extensions (id, context, exten, type, typeval) select n, 'ctx-bench', n, 'user', n from generate_series(100000, 99999 + :rows) n;
insert into line_extension select n, n, true from generate_series(100000, 99999 + :rows) n;
insert into trunkfeatures (tenant_uuid, endpoint_sip_uuid)
select '20000000-0000-4000-8000-000000000001', md5('trunk' || n)::uuid from generate_series(1, :rows / 10) n;
