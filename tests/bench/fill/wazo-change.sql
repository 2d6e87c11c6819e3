-- As wazo-confd saves it: all options of the section are deleted and inserted.
begin;
create temp table changed on commit drop as
select s.uuid from endpoint_sip_section s where s.type = 'auth' and s.endpoint_sip_uuid = md5('endpoint' || 99999 + :n)::uuid;
delete from endpoint_sip_section_option o using changed c where o.endpoint_sip_section_uuid = c.uuid;
insert into endpoint_sip_section_option (key, value, endpoint_sip_section_uuid)
select o.key, o.value, c.uuid from changed c, lateral (values ('username', 'line' || 99999 + :n), ('password', :'secret')) o (key, value);
commit;
