-- mirrored - PBX, ledger and simulator say the same: each line is a fault.

select 'PBX and SignalWire:', p.*, r.username, r.email, r.password, r.caller_id
  from (select coalesce(username, extension) as username, lower(email) as email, secret, caller_id
          from pbx_users where enabled and secret is not null and skip_reason is null) p
  full join (select * from credential where username not in (select f.username from test.foreign_credential f)) r
       on r.username = p.username
 where p.username is null or r.username is null or p.secret <> r.password
    or p.email <> lower(r.email) or p.caller_id is distinct from r.caller_id;
select 'ledger and SignalWire:', m.*, r.*
  from swbridge.mapping m
  full join (select * from credential where username not in (select f.username from test.foreign_credential f)) r
       on r.id = m.sip_endpoint_id
 where m.key is null or r.id is null or m.username <> r.username or m.subscriber_id <> r.subscriber_id
    or m.email <> lower(r.email) or m.state <> 'active';
select 'subscribers:', o.no, o.email, o.id, r.id, r.email
  from swbridge.subscriber o
  full join (select * from subscriber where email not in (select f.email from test.foreign_subscriber f)) r
       on r.id = o.id and lower(r.email) = o.email
 where o.no is null or r.id is null;
select 'still open:', j.* from swbridge.journal j where outcome is null;
