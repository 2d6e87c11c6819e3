#!/bin/sh
# test_adapter_freepbx - the extensions of FreePBX, from their rows in foreign tables to SignalWire.
. "${SRCDIR:-.}/tests/adapters.sh"

# Tables of PostgreSQL stand in for MariaDB's, here as a replication would fill them.
adapter_world freepbx
adapter_yields
adapter_mirrors 4
adapter_reports
adapter_issues "304"
is "$(printf '%s\n' "select string_agg(c.username, ' ' order by c.username) from credential c join subscriber s on s.id = c.subscriber_id
	where s.email ilike 'kim@acme.example'" | told state)" "301 3011" "the devices of a user are one subscriber's"

# FreePBX saves by delDevice and addDevice: all of it is deleted and inserted.
saves() { # ID SECRET
	echo "begin; create temp table d on commit drop as select * from devices where id = '$1'; create temp table s on commit drop as select * from sip where id = '$1';
		create temp table u on commit drop as select * from users where extension = '$1';
		delete from sip where id = '$1'; delete from devices where id = '$1'; delete from users where extension = '$1';
		insert into devices table d; insert into users table u; update s set data = '$2' where keyword = 'secret'; insert into sip table s; commit"
}
tells "an extension is saved: one key, and that of its user's other device" "301 3011 99301" "$(saves 301 changed)"
tells "a trunk" "tr-peer-1" "update sip set data = 'new' where id = 'tr-peer-1' and keyword = 'secret'"
tells "a user of userman" "301 3011 99301" "update userman_users set email = 'k@acme.example' where username = 'kim'"
tells "a voicemail or a music on hold" "" "update users set voicemail = 'novm', mohclass = 'x', ringtimer = 5" "update userman_users set password = 'x', auth = '2'"
arrives "a secret" "$(saves 301 arrived-1)" "select password from credential where username = '301'" arrived-1
stop_swb

for column in id tech; do survives devices $column 'devices has no column.*the source changed'; done
survives devices '"user"'
survives devices description
for column in id keyword data; do survives sip $column 'sip has no column'; done
survives users extension 'users has no column'
for column in name outboundcid; do survives users $column; done
survives userman_users default_extension 'userman_users has no column'
for column in id email fname lname displayname; do survives userman_users $column; done
sql "drop table users, userman_users"
swb plan
case $rc in 0 | 3 | 4) pass "without users it goes on" ;; *) not_ok "without users it goes on" "$rc $err" ;; esac
sql "drop table sip"
swb sync
is "$rc" 6 "a table is gone: nothing is done"
like "$err" 'no table sip.*the source changed' "it says so"
adapter_world freepbx
adapter_leaves

# ---- foreign tables, as they are in earnest ---------------------------------------------

if [ "$(sql "select count(*) from pg_available_extensions where name = 'postgres_fdw'")" = 1 ]; then
	stop_sim
	start_sim
	new_database mariadb
	adapter_load
	new_database bridge
	psql -XAtq -v ON_ERROR_STOP=1 -c "create extension postgres_fdw; create schema freepbx;
		create server freepbx foreign data wrapper postgres_fdw options (host '$PGHOST', dbname 'mariadb');
		create user mapping for current_user server freepbx options (user '$PGUSER');
		import foreign schema public limit to (devices, sip, users, userman_users) from server freepbx into freepbx;
		alter database bridge set search_path = freepbx" || bail_out "the foreign tables are not made"
	dump_schema "$tmp/dump.before"
	config postgres.source=swbridge.freepbx
	swb init --adapter freepbx --triggers
	is "$rc" 78 "init --triggers on foreign tables"
	like "$err" 'foreign tables cannot.*leave --triggers out: changes are found every \[listen\] poll' "says that there can be none, and what to do"
	swb init --adapter freepbx
	is "$rc" 0 "init without" || diag "$err"
	is "$(sql "select count(*) from pg_trigger where tgname like 'notify%'")" 0 "none are made"
	set_sim '{"numbers":"+15551230301,+15551230306,+4722123456"}'
	adapter_yields
	adapter_mirrors 4
	adapter_reports
	(PGDATABASE=mariadb; sql "$(saves 301 from-afar); delete from devices where id = '307'; delete from sip where id = '307'")
	syncs 4 "what was written there"
	is "$(printf '%s\n' "select string_agg(username || ' ' || password, ', ' order by username) from credential where username in ('301', '307')" | told state)" "301 from-afar" \
		"is found by the next run"
	adapter_leaves
else
	skip "foreign tables" "postgres_fdw is not installed"
fi
done_testing
