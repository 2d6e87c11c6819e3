-- target - the simulator's log in the words of a subscriber's credentials.
--
-- Behind told() in a world of standalone credentials: a PUT is of the whole,
-- and shown as the PATCH that it stands for, with the fields that it changed.
-- What was never sent is what the API then shows.  Lines behind :since.

create temp view log as
with field as (
    select r.seq, e.key, e.value, lag(e.value) over (partition by r.id, e.key order by r.seq) as before
      from raw r, jsonb_each(r.fields) e
     where r.type = 'sip_endpoint'
)
select r.seq, r.by, case when r.type = 'sip_endpoint' and r.method = 'PUT' then 'PATCH' else r.method end as method,
       r.path, r.op, case r.type when 'sip_endpoint' then 'credential' else r.type end as type,
       r.id, r.subscriber_id, r.name, r.late,
       case when r.type = 'sip_endpoint' and r.op = 'update' then
           (select coalesce(jsonb_object_agg(f.key, f.value), '{}')
              from field f
             where f.seq = r.seq
               and (f.key = 'password'
                    or f.value <> coalesce(f.before, '{"encryption": "default", "call_handler": "default",
                           "calling_handler_resource_id": null, "caller_id": null, "send_as": null,
                           "ciphers": [], "codecs": []}'::jsonb -> f.key)))
       else r.fields end as fields
  from raw r
 where r.seq > :since;
