-- pbx - a PBX that changes at random, for tests/chaos.sh.
--
-- test.edit(seed, round) is one transaction of one to five random changes; what
-- it does depends on its arguments and on the table alone, so that a seed says
-- all of it.  test.tidy() ends the nonsense: afterwards every enabled row can be
-- mirrored.  test.wanted remembers who ever wanted which username.

create table test.wanted (key text, username text, primary key (key, username));
create table test.touched (id uuid primary key); -- what somebody changed in the dashboard
create sequence test.version;

create function test.remember() returns trigger language plpgsql as $$
begin
	insert into test.wanted values (new.key, coalesce(new.username, new.extension)) on conflict do nothing;
	return null;
end $$;
create trigger remember after insert or update on pbx_users for each row execute function test.remember();

create function test.dice(sides integer) returns integer language sql volatile as
	'select floor(random() * sides)::integer';

-- Passwords say whose they are: the log of the remote side can then be read by key.
create function test.secret(key text) returns text language sql volatile as
	$$ select key || '#' || nextval('test.version') $$;

create function test.any_row() returns text language plpgsql volatile as $$
declare
	n integer := test.dice((select greatest(count(*), 1)::integer from pbx_users));
begin
	return (select key from pbx_users order by key collate "C" offset n limit 1);
end $$;

create function test.email() returns text language plpgsql volatile as $$
declare
	n integer := test.dice(8);
begin
	return case when n < 2 then null
		when n = 2 then 'Guest' || test.dice(6) || '@People.example'
		when n = 3 and test.dice(6) = 0 then 'stranger1@people.example'
		else 'p' || test.dice(5) || '@people.example' end;
end $$;

-- A username that nobody has, and now and then one that somebody has.
create function test.name() returns text language plpgsql volatile as $$
declare
	n integer := test.dice(24);
	name text := case when n < 12 then 'u' || n else (101 + n)::text end;
	i integer;
begin
	if n = 23 then
		return 'foreign' || test.dice(2);
	end if;
	if test.dice(25) = 0 then
		return name;
	end if;
	for i in 0 .. 22 loop
		name := case when (n + i) % 23 < 12 then 'u' || (n + i) % 23 else (101 + (n + i) % 23)::text end;
		exit when not exists (select from pbx_users where coalesce(username, extension) = name);
	end loop;
	return name;
end $$;

create function test.add(name text) returns void language plpgsql volatile as $$
declare
	n integer := test.dice(30);
	i integer;
	k text;
begin
	for i in 0 .. 29 loop
		k := 'k' || (n + i) % 30;
		exit when not exists (select from pbx_users where key = k);
	end loop;
	if exists (select from pbx_users where key = k) or (select count(*) from pbx_users) >= 18 then
		return;
	end if;
	insert into pbx_users (key, extension, secret, username, email, caller_id, first_name)
	values (k, '9' || substr(k, 2), test.secret(k), name, test.email(),
		case test.dice(3) when 0 then 'Desk ' || test.dice(9) end,
		case test.dice(3) when 0 then 'Ada' when 1 then 'Grace' end);
end $$;

create function test.change(kind integer, a text, b text, c text) returns void language plpgsql volatile as $$
declare
	x text := (select coalesce(username, extension) from pbx_users where key = a);
	y text := (select coalesce(username, extension) from pbx_users where key = b);
	z text := (select coalesce(username, extension) from pbx_users where key = c);
	whose text := (select lower(email) from pbx_users where key = a);
begin
	case
	when kind < 4 then perform test.add(test.name());
	when kind < 6 then delete from pbx_users where key = a;
	when kind < 10 then update pbx_users set secret = test.secret(key) where key = a;
	when kind < 12 then update pbx_users set username = test.name() where key = a;
	when kind = 12 then update pbx_users set username = null, extension = test.name() where key = a;
	when kind = 13 then update pbx_users set username = case key when a then y else x end where key in (a, b);
	when kind = 14 and a <> b and b <> c and a <> c then
		update pbx_users set username = case key when a then y when b then z else x end where key in (a, b, c);
	when kind in (15, 16) then update pbx_users set enabled = not enabled where key = a;
	when kind in (17, 18) then update pbx_users set email = test.email() where key = a;
	when kind = 19 and whose is not null then -- all of one person move to another
		update pbx_users set email = 'moved' || test.dice(4) || '@people.example' where lower(email) = whose;
	when kind = 20 then update pbx_users set first_name = (array['Ada', 'Grace', null])[1 + test.dice(3)],
		display_name = (array['A', 'B', null])[1 + test.dice(3)] where key = a;
	when kind in (21, 22) then update pbx_users set caller_id = (array['Desk 1', 'Desk 2', null])[1 + test.dice(3)] where key = a;
	when kind in (23, 24) then -- deleted, and inserted again under another key
		delete from pbx_users where key = a;
		perform test.add(x);
	when kind = 25 then update pbx_users set codecs = (array['ulaw,alaw', 'g722', null])[1 + test.dice(3)] where key = a;
	when kind = 26 then update pbx_users set secret = null where key = a;
	when kind = 27 then update pbx_users set skip_reason = case when skip_reason is null then 'virtual' end where key = a;
	when kind = 28 then update pbx_users set protected = not protected where key = a;
	else null;
	end case;
end $$;

create function test.edit(seed integer, round integer) returns void language plpgsql volatile as $$
declare
	i integer;
begin
	perform setseed(((seed::bigint * 7919 + round * 104729) % 100003) / 100003.0);
	for i in 0 .. test.dice(5) loop
		perform test.change(test.dice(29), test.any_row(), test.any_row(), test.any_row());
	end loop;
end $$;

create function test.begin(seed integer) returns void language plpgsql volatile as $$
declare
	i integer;
begin
	truncate pbx_users, test.wanted, test.touched, test.foreign_credential, test.foreign_subscriber;
	perform setval('test.version', 1);
	perform setseed((seed::bigint * 7919 % 100003) / 100003.0);
	for i in 1 .. 4 + test.dice(8) loop
		perform test.add(test.name());
	end loop;
end $$;

-- What nobody wants any more, and keeps its credential and its name.
create function test.stays(on_remove text) returns table (key text, username text) language sql stable as $$
	select s.key, s.username
	  from swbridge.sync s
	 where (s.protected or on_remove = 'keep')
	   and not exists (select from pbx_users p where p.key = s.key and p.enabled)
$$;

create function test.tidy(on_remove text) returns void language sql volatile as $$
	update pbx_users set skip_reason = null where skip_reason is not null;
	-- a move to another subscriber would remove what is protected, which is refused
	update pbx_users set protected = false where protected and enabled;
	update pbx_users set secret = test.secret(key) where secret is null;
	update pbx_users set email = 'tidy' || key || '@people.example'
	 where lower(email) in (select email from test.foreign_subscriber);
	update pbx_users p set username = 'tidy-' || key
	 where coalesce(username, extension) in (select username from test.foreign_credential)
	    or p.enabled and coalesce(username, extension) in (select t.username from test.stays(on_remove) t)
	    or exists (select from pbx_users o where o.key < p.key and o.enabled
			and coalesce(o.username, o.extension) = coalesce(p.username, p.extension));
$$;

-- Whatever was touched in the dashboard gets a reason to be written anew.
create function test.rewrite_touched() returns void language sql volatile as $$
	update pbx_users set secret = test.secret(key), caller_id = 'Again ' || nextval('test.version')
	 where key in (select m.key from swbridge.mapping m join test.touched t on t.id in (m.sip_endpoint_id, m.subscriber_id));
$$;
