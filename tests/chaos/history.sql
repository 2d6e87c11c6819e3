-- history - what SignalWire's log of a seed tells: each line of output is a fault.

-- Two credentials with passwords of one key at a time.  Where another row wanted the
-- username of the older one meanwhile, that one was handed on, and its password is late.
with said as (
	select seq, id, op, name, split_part(fields ->> 'password', '#', 1) as key,
	       lead(seq) over (partition by id order by seq) as until
	  from log
	 where type = 'credential' and (op in ('delete', 'cascade') or fields ->> 'password' is not null)
)
select 'two at a time:', a.key, a.name, a.id, a.seq, b.name, b.id, b.seq
  from said a join said b on a.key = b.key and a.id <> b.id and a.seq < b.seq and b.seq < coalesce(a.until, b.seq + 1)
 where a.op in ('create', 'update') and b.op in ('create', 'update') and a.key like 'k%'
   and not exists (select from test.wanted o where o.username = a.name and o.key <> a.key);
-- The bridge touched something that it did not make.
select 'touched a stranger:', l.*
  from log l
 where l.by = 'api' and l.op <> 'create'
   and l.id in (select s.id from log s where s.by = 'seed');
