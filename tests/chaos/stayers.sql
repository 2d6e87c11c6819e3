-- stayers - what the log tells of the rows that stay: each line of output is a fault.
with theirs as (
	select id, subscriber_id from log where op = 'create' and type = 'credential' and fields ->> 'password' like 's%#%'
)
select 'of a row that stays:', l.op, l.type, l.name, l.id, l.seq
  from log l
 where l.op in ('delete', 'cascade')
   and (l.id in (select id from theirs) or l.id in (select subscriber_id from theirs));
select 'a password that nobody gave to a row that stays:', l.name, l.seq, l.fields
  from log l
 where l.name ~ '^7[0-9]{3}$' and l.type = 'credential' and l.op in ('create', 'update')
   and l.fields ? 'password' and l.fields ->> 'password' !~ '^s[0-9]+#[0-9]+$';
select 'made twice:', l.name, count(*)
  from log l
 where l.name ~ '^7[0-9]{3}$' and l.type = 'credential' and l.op = 'create'
 group by l.name having count(*) > 1;
