#!/bin/sh
# test_triggers_init - making, renewing and removing the triggers, on every kind of source and by every role.
. "${SRCDIR:-.}/tests/world.sh"

# triggers: table, name and mode of all that call the function, without those of partitions.
triggers() {
	sql "select tgrelid::regclass || ' ' || tgname || ' ' || tgenabled::text from pg_trigger t join pg_proc p on p.oid = tgfoid
	      where p.proname = 'notify_change' and tgparentid = 0 order by 1"
}
both() { # TABLE
	printf '%s notify_swbridge A\n%s notify_truncate_swbridge A' "$1" "$1"
}
traces() { # everything in the database that came from us
	sql "select count(*) from pg_namespace where nspname = 'swbridge'"
	sql "select count(*) from pg_trigger where not tgisinternal"
	sql "select count(*) from pg_proc where proname in ('notify_change', 'difference')"
}
works() { # DESCRIPTION SQL [PSQL-OPTION…]
	works_what=$1 works_sql=$2
	shift 2
	if sql "$works_sql" "$@" >"$tmp/works" 2>&1; then pass "$works_what"; else not_ok "$works_what" "$(cat "$tmp/works")"; fi
}

# ---- I27: what the triggers did not see, a pass finds ---------------------------------

world unseen
swb init --triggers
is "$rc" 0 "init --triggers"
people 101 104
syncs 0 "four extensions"
sql "alter table pbx_users disable trigger all; update pbx_users set secret = 'disabled' where key = 'k101'; alter table pbx_users enable trigger all"
in_step_after() { # DESCRIPTION: a pass finds what no trigger said
	syncs 0 "$1"
	mirrored "$1"
}
in_step_after "I27: triggers that were disabled"
swb check
like "$out" '^warning +triggers +disabled, not ENABLE ALWAYS.*swbridge init --triggers' "check: enabled, but not ALWAYS"
sql "set session_replication_role = replica; update pbx_users set secret = 'replica' where key = 'k102'"
in_step_after "I27: a replica on which they are not ENABLE ALWAYS"
swb init
is "$rc $(triggers)" "0 $(both pbx_users)" "init puts the mode right"
printf 'begin; alter table pbx_users disable trigger all; copy pbx_users (key, extension, secret) from stdin;\nk105\t105\tsecret-105\n\\.\nalter table pbx_users enable always trigger all; commit;\n' |
	sed 's/enable always trigger all/enable always trigger notify_swbridge/' | psql -XAtq -v ON_ERROR_STOP=1
in_step_after "I27: a COPY while they were disabled"
swb init
sql "alter table pbx_users disable trigger notify_truncate_swbridge; create table safe as table pbx_users; truncate pbx_users;
	insert into pbx_users select * from safe where key <> 'k103'"
in_step_after "I27: a TRUNCATE while they were disabled"
sql "drop trigger notify_swbridge on pbx_users; update pbx_users set secret = 'dropped' where key = 'k104'"
in_step_after "I27: a trigger that was dropped"
swb check
like "$out" '^warning +triggers +one of the two is missing' "check: one is missing"
swb init
is "$rc $(triggers)" "0 $(both pbx_users)" "init makes it anew"
in_step "triggers and all"

# ---- I26: what is dropped ---------------------------------------------------------

sql "create or replace function swbridge.notify_change() returns trigger language plpgsql as 'begin return null; end'"
swb check
like "$out" '^warning +triggers +of another version' "check: a function that is not ours"
swb init
swb check
like "$out" '^warning +triggers +on public.pbx_users, watching' "init brings back ours"
fails "the function alone cannot be dropped" sql "drop function swbridge.notify_change()" 2>/dev/null
sql "drop function swbridge.notify_change() cascade"
works "I26: the function is gone: writes go on" "update pbx_users set secret = 'a'; insert into pbx_users (key, extension) values ('k200', '200'); delete from pbx_users where key = 'k200'"
swb init
is "$rc $(triggers)" "0 " "what was taken away by hand is not made by init alone"
swb init --triggers
is "$rc $(triggers)" "0 $(both pbx_users)" "but by init --triggers"
unlike "$out" 'triggers on .* there already' "which says that it made them"
swb init --triggers
like "$out" '^The triggers on public.pbx_users are there already' "and once more that they are there"
swb init
unlike "$out" 'triggers on .* there already' "which nobody asked here"
sql "alter trigger notify_swbridge on pbx_users rename to mine"
swb init
is "$rc $(triggers)" "0 $(both pbx_users)" "one that was renamed is made anew, not made twice"
sql "drop schema swbridge cascade"
works "I26: the schema is gone: writes go on" "update pbx_users set secret = 'b'; insert into pbx_users (key, extension) values ('k200', '200'); delete from pbx_users where key = 'k200'"
is "$(triggers)" "" "and the triggers are gone with it"

# ---- the source changes --------------------------------------------------------------

swb init --triggers
sql "create trigger own after insert on pbx_users for each statement execute function swbridge.notify_change()" 2>/dev/null
sql "drop trigger own on pbx_users; create function theirs() returns trigger language plpgsql as 'begin return null; end';
	create trigger theirs after insert on pbx_users for each row execute function theirs()"
sql "alter table pbx_users add column job_title text"
swb init
is "$rc" 0 "init with a new column"
like "$out" 'Triggers on public.pbx_users' "says that they are renewed"
like "$(sql "select encode(tgargs, 'escape') from pg_trigger where tgname = 'notify_swbridge'")" 'job_title' "the new column is watched"
sql "create schema other; create table other.phones (like pbx_users including all)"
config postgres.source=other.phones
swb check
like "$out" '^problem +source .*swbridge is bound to public.pbx_users' "the source is another one"
swb init
is "$rc $(triggers)" "0 " "init for another table takes them away from the old one"
like "$out" 'Took the triggers away from pbx_users.*swbridge init --triggers' "and says so"
swb init --triggers
is "$rc $(triggers)" "0 $(both other.phones)" "a table in another schema"
config
swb init --triggers
is "$rc $(triggers)" "0 $(both pbx_users)" "and back, at once"
like "$out" 'Took the triggers away from other.phones, which is the source no more$' "with a word"
swb init --uninstall
is "$rc $(traces | xargs)" "0 0 1 0" "--uninstall leaves nothing, and what is not ours" || diag "$err"

# Two bridges over one table.
swb init --triggers
config postgres.schema="Second bridge"
swb init --triggers
is "$rc $(triggers | wc -l)" "0 4" "two bridges over one table"
is "$(psql -XAtq -c 'listen swbridge' -c 'listen "Second bridge"' -c "update pbx_users set secret = 'z' where key = 'k101'" -c select |
	sed 's/ received.*//' | sort)" 'Asynchronous notification "Second bridge" with payload "k101"
Asynchronous notification "swbridge" with payload "k101"' "each is told on its own channel"
swb init --uninstall
config
is "$rc $(triggers)" "0 $(both pbx_users)" "one goes, the other stays"
swb init --uninstall

# ---- sources that are no table -----------------------------------------------------

refused() { # SOURCE REGEX
	config postgres.source="$1"
	swb init --triggers
	is "$rc" 78 "$1: init --triggers is refused"
	like "$err" "$2" "$1: it says why and what to do"
	is "$(traces | xargs)" "0 1 0" "$1: and did nothing"
	swb init --print-sql --triggers
	is "$rc $out" "78 " "$1: nor is there SQL for it"
	swb init
	swb check
	like "$out" '^ok +triggers +not possible on' "$1: check says so too"
	swb init --uninstall
}
sql "create view phones as table pbx_users; create materialized view still as table pbx_users;
	create function rows() returns setof pbx_users language sql as 'select * from pbx_users';
	create foreign data wrapper nothing; create server nowhere foreign data wrapper nothing;
	create foreign table far (extension text, secret text) server nowhere"
refused public.phones 'is a view.*leave --triggers out.*\[listen\] poll.*pg_notify'
refused public.still 'is a view'
refused public.rows 'is a function.*leave --triggers out.*poll'
config postgres.source=public.far
swb init --triggers
is "$rc" 78 "a foreign table"
like "$err" 'foreign table.*other database.*poll' "it says why"

# Partitions: theirs are kept by PostgreSQL, those that come later get them, too.
sql "create table split (extension text, secret text, at int) partition by range (at);
	create table split_1 partition of split for values from (0) to (10)"
config postgres.source=public.split
swb init --triggers
sql "create table split_2 partition of split for values from (10) to (20)"
is "$rc $(triggers)" "0 $(both split)" "a partitioned table"
is "$(sql "select count(*) from pg_trigger where tgname = 'notify_swbridge' and tgenabled = 'A'")" 3 "its partitions, the later ones too, always enabled"
is "$(psql -XAtq -c 'listen swbridge' -c "insert into split values ('1', 'a', 1), ('2', 'b', 11)" -c "update split set at = 12 where at = 1" -c select |
	grep -o '"[0-9]*"' | xargs)" "1 2 1" "they say what is written to the partitions, and what moves"
swb init --triggers
unlike "$out" 'Triggers on' "once more changes nothing"
swb init --uninstall
is "$(traces | xargs)" "0 1 0" "--uninstall takes those of the partitions, too"
sql "create table parent (extension text, secret text); create table child () inherits (parent)"
config postgres.source=public.parent
swb init --triggers
swb check
like "$out" '^warning +triggers .*tables inherit from public.parent.*poll' "a table with heirs: check says what is not seen"
swb init --uninstall

# ---- the key, as the query has it -----------------------------------------------------

# said_as COLUMNS VALUES: what is said of a row, and the key of that row in difference().
said_as() {
	sql "drop table if exists typed; create table typed ($1, secret text)"
	config postgres.source=public.typed
	swb init --triggers
	said=$(psql -XAtq -c 'listen swbridge' -c "insert into typed values ($2, 'x')" -c select |
		sed -n 's/.*with payload "\(.*\)" received.*/\1/p')
	is "$said" "$(sql "select key from swbridge.difference()")" "$1: said as $said, as it is desired"
	swb init --uninstall
}
said_as "extension integer" 101
said_as "extension char(10)" "'101'"
said_as "extension varchar(10)" "' 1 '"
said_as "extension text[]" "'{1,null,2}'"
said_as "extension numeric" 101.50
said_as "extension float8" 1e20
said_as "extension inet" "'10.0.0.1'"
said_as "extension uuid" "'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'"
said_as "extension text" "E'a\"b\\\\c\u00e4'"
said_as "tenant int, extension int" "7, 101"
said_as "tenant text, extension int" "'', 101"
said_as "key int, tenant text, extension int" "5, 'north', 101"
said_as "key text, tenant text, extension int" "'', 'north', 101"

# ---- roles ---------------------------------------------------------------------------

sql "create role pbx login; create role bridge login; grant create on database unseen to bridge; grant usage on schema public to pbx;
	alter table pbx_users owner to pbx; grant select on pbx_users to bridge; grant pg_read_all_settings to bridge"
config "postgres.conninfo=host=$PGHOST user=bridge dbname=$PGDATABASE"
swb init --triggers
is "$rc" 78 "a role that does not own the table"
like "$err" 'public.pbx_users belongs to pbx.*swbridge init --print-sql --triggers \| psql -d [a-z]+' "is told whom to ask for what"
is "$(triggers) $(sql "select count(*) from swbridge.identity")" " 1" "the ledger is made, no trigger is"
swb check
like "$out" 'triggers +none.*--print-sql --triggers \| psql -d [a-z]+' "check says it as well"
swb init --print-sql --triggers
is "$rc" 0 "the SQL for the owner"
unlike "$out" 'create table|create or replace' "holds only what is missing"
printf '%s\n' "$out" >"$tmp/owner.sql"
sql "grant usage on schema swbridge to pbx"
ok "the owner runs it" psql -XAtq -v ON_ERROR_STOP=1 -U pbx -f "$tmp/owner.sql"
sql "revoke usage on schema swbridge from pbx"
is "$(triggers)" "$(both pbx_users)" "both are there"
swb init --triggers
is "$rc" 0 "and init --triggers is content"
is "$(psql -XAtq -U pbx -c 'listen swbridge' -c "update pbx_users set secret = 'q' where key = 'k101'" -c select | grep -o '"k101"')" '"k101"' "they speak"
sql "alter table pbx_users add column country text" -U pbx
swb init
is "$rc" 0 "a new column"
like "$out" 'do not fit any more; as its owner run: .* \| psql -d [a-z]+' "they cannot be renewed by this role: it says so"
is "$(triggers)" "$(both pbx_users)" "and stay as they are"
swb init --print-sql --triggers
printf '%s\n' "$out" >"$tmp/owner.sql"
ok "a superuser runs the SQL, twice" psql -XAtq -v ON_ERROR_STOP=1 -f "$tmp/owner.sql" -f "$tmp/owner.sql" 2>/dev/null
like "$(sql "select encode(tgargs, 'escape') from pg_trigger where tgname = 'notify_swbridge'")" 'country' "now they fit"
sql "alter function swbridge.notify_change() owner to pbx; create or replace function swbridge.notify_change() returns trigger
	language plpgsql as 'begin return null; end'"
swb init
is "$rc" 78 "a function of another version that belongs to somebody else"
like "$err" 'run .swbridge init. as the role that owns the schema' "it says who may renew it"
sql "alter function swbridge.notify_change() owner to bridge"
swb init --uninstall
is "$rc $(traces | xargs)" "0 0 1 0" "the bridge's role takes them away, though the table is not its own"

# All of it as SQL, from nothing.
config
swb init --print-sql --triggers
printf '%s\n' "$out" >"$tmp/all.sql"
ok "the whole as SQL" psql -XAtq -v ON_ERROR_STOP=1 -f "$tmp/all.sql"
is "$(triggers)" "$(both pbx_users)" "with triggers"
catalog_before=$(sql "select max(oid) from pg_trigger")
swb init --triggers
is "$rc $(sql "select max(oid) from pg_trigger")" "0 $catalog_before" "which init --triggers leaves as they are"
swb init --uninstall

# The table is in use: we do not queue up before its writers for long.
mkfifo "$tmp/busy"
psql -XAtq <"$tmp/busy" >"$tmp/busy.out" 2>&1 &
busy=$!
exec 7>"$tmp/busy"
printf "begin;\nupdate pbx_users set secret = 'held' where key = 'k101';\nselect 1;\n" >&7
ok "somebody writes for long" wait_for 10 grep -q 1 "$tmp/busy.out"
swb init --triggers
is "$rc" 75 "init --triggers gives up: try later"
like "$err" 'is busy.*run again: swbridge init --triggers' "and says so"
exec 7>&-
wait "$busy"
swb init --triggers
is "$rc $(triggers)" "0 $(both pbx_users)" "later it works"
done_testing
