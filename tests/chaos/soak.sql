-- soak - beside the rows that change at random (pbx.sql, keys k…): those that stay (keys s…).
--
-- They get new secrets and caller ids, and go only with the whole table and only
-- for less than grace: nothing of theirs may ever be removed or suspended.

create table test.saved (like pbx_users);
create table test.gap (at timestamptz default clock_timestamp(), seconds double precision);
create table test.gone_at (at timestamptz);

create or replace function test.any_row() returns text language plpgsql volatile as $$
declare
	n integer := test.dice((select greatest(count(*), 1)::integer from pbx_users where key like 'k%'));
begin
	return (select key from pbx_users where key like 'k%' order by key collate "C" offset n limit 1);
end $$;

-- A third of them share a subscriber by twos.
create function test.add_stayers(count integer) returns void language sql volatile as $$
	insert into pbx_users (key, extension, secret, email)
	select 's' || n, (7000 + n)::text, test.secret('s' || n),
	       case when n % 3 = 0 then 'pair' || n / 6 || '@stay.example' end
	  from generate_series(1, count) n;
$$;

create function test.edit_stayers() returns void language sql volatile as $$
	update pbx_users set secret = test.secret(key), caller_id = (array['Desk 1', 'Desk 2', null])[1 + test.dice(3)]
	 where key = any (select 's' || 1 + test.dice((select count(*)::integer from pbx_users where key like 's%'))
			    from generate_series(1, 1 + test.dice(4)));
$$;

-- Where the PBX's own table is emptied in one transaction and filled in another; half: only part of it.
create function test.take_away(how text) returns void language plpgsql volatile as $$
begin
	truncate test.saved, test.gone_at;
	insert into test.saved select * from pbx_users;
	if how = 'truncate' then
		truncate pbx_users;
	elsif how = 'half' then
		delete from pbx_users where hashtext(key) % 2 = 0;
	else
		delete from pbx_users;
	end if;
	insert into test.gone_at values (clock_timestamp());
end $$;

create function test.bring_back() returns void language plpgsql volatile as $$
begin
	insert into pbx_users select * from test.saved s where not exists (select from pbx_users p where p.key = s.key);
	insert into test.gap (seconds) select extract(epoch from clock_timestamp() - at) from test.gone_at;
end $$;
