-- target_mirrored - PBX, ledger and simulator of a world of standalone credentials: each line is a fault.

select 'PBX and SignalWire:', p.*, r.username, r.password, r.caller_id
  from (select coalesce(username, extension) as username, secret, caller_id
          from pbx_users where enabled and secret is not null and skip_reason is null) p
  full join (select * from credential where username not in (select f.username from test.foreign_credential f)) r
       on r.username = p.username
 where p.username is null or r.username is null or p.secret <> r.password or p.caller_id is distinct from r.caller_id;
select 'ledger and SignalWire:', m.*, r.*
  from swbridge.mapping m
  full join (select * from credential where username not in (select f.username from test.foreign_credential f)) r
       on r.id = m.sip_endpoint_id
 where m.key is null or r.id is null or m.username <> r.username or m.subscriber_id is not null or m.state <> 'active';
select 'subscribers:', o.* from swbridge.subscriber o;
select 'subscribers:', r.* from subscriber r where email not in (select f.email from test.foreign_subscriber f);
select 'still open:', j.* from swbridge.journal j where outcome is null;
