-- compare - PBX, ledger and SignalWire at the end of a seed: each line of output is a fault.
--
-- Behind told(): the views credential, subscriber and log; the variable on_remove.

create temp view wanted as
select key, coalesce(username, extension) as username, lower(email) as email, secret, caller_id,
       case when first_name is not null then first_name end as first_name
  from pbx_users where enabled and secret is not null and skip_reason is null;
-- What exists remotely; the view for people shows less of a row that is suspended.
create temp view kept as
select s.key, s.username, o.email, o.id as subscriber_id, s.sip_endpoint_id,
       case when j.id is not null then 'unknown' when s.tried_digest is not null then 'rejected' else s.state end as state
  from swbridge.sync s
  left join swbridge.subscriber o on o.no = s.subscriber_no
  left join swbridge.journal j on j.key = s.key and j.outcome is null;
create temp view stays as select * from test.stays(:'on_remove');
-- Its last request may have acted, and nobody asks before the row comes back or may be removed.
create temp view unasked as
select m.key, m.email from kept m join stays using (key) where m.state = 'unknown';
create temp view ours as
select * from credential where username not in (select username from test.foreign_credential);

-- Every wanted row has its credential, through the ledger's ids.
select 'wanted, and not so at SignalWire:', w.*, m.state, r.username, r.email, r.password, r.caller_id
  from wanted w
  left join kept m on m.key = w.key
  left join ours r on r.id = m.sip_endpoint_id and r.subscriber_id is not distinct from m.subscriber_id
 where r.id is null or m.state <> 'active' or r.username <> w.username or r.password <> w.secret
    or r.caller_id is distinct from w.caller_id or w.email <> lower(r.email) or m.username <> r.username
    or lower(r.email) <> m.email;
-- Nothing more: a credential is a wanted row's, or was taken out of service.
select 'at SignalWire, and nobody''s:', r.*
  from ours r
  left join kept m on m.sip_endpoint_id = r.id
 where (m.key is null
        or m.key not in (select key from stays)
           and (m.state not in ('active', 'suspended') or m.state = 'active' and m.key not in (select key from wanted)))
   and split_part(r.password, '#', 1) not in (select key from unasked);
select 'in the ledger, and not wanted:', m.*
  from kept m
 where m.key not in (select key from wanted) and m.state <> 'suspended' and m.key not in (select key from stays);
-- What is protected, or kept, is there as it was.
select 'kept, and not there:', m.*
  from kept m left join ours r on r.id = m.sip_endpoint_id
 where m.key in (select key from stays)
   and m.sip_endpoint_id is not null and (r.id is null or r.username <> m.username)
   and m.sip_endpoint_id not in (select id from test.touched);
select 'suspended, and the phone still works:', m.*, r.password
  from kept m left join ours r on r.id = m.sip_endpoint_id
 where m.state = 'suspended' and (:'on_remove' = 'delete' or r.id is null or r.password like '%#%')
   and m.sip_endpoint_id not in (select id from test.touched);
select 'subscribers:', o.no, o.email, o.id, r.id, r.email
  from swbridge.subscriber o
  full join (select * from subscriber where email not in (select email from test.foreign_subscriber)) r
       on r.id = o.id and lower(r.email) = o.email
 where (o.no is null or r.id is null) and coalesce(o.id, r.id) not in (select id from test.touched)
   and coalesce(o.email, lower(r.email)) not in (select email from unasked where email is not null);
select 'still open:', j.* from swbridge.journal j where outcome is null and key not in (select key from unasked);
