#!/bin/sh
# test_triggers - what the triggers say, and that the PBX never suffers from them.
. "${SRCDIR:-.}/tests/lib.sh"
[ -x "$BUILDDIR/tests/sim/swbridge-sim" ] || skip_all "the simulator is not built"

# heard SQL…: the payloads that one session is told while it runs these, each a transaction.
heard() {
	heard_channel=${channel-swbridge}
	for heard_sql; do
		shift
		set -- "$@" -c "$heard_sql"
	done
	psql -XAq -v ON_ERROR_STOP=1 -c "listen \"$heard_channel\"" "$@" -c "select" >"$tmp/heard" 2>&1 ||
		echo "failed: $(cat "$tmp/heard")"
	sed -n 's/^Asynchronous notification.* with payload "\(.*\)" received from.*/\1/p' "$tmp/heard" | tr '\n' ' ' | sed 's/ $//'
}

# triggers_of TABLE: name, mode and arguments of all that are there.
triggers_of() {
	sql "select tgname || ' ' || tgenabled::text || ' ' || regexp_replace(replace(encode(tgargs, 'escape'), '\\000', ','), '_[0-9]+,', '_N,')
	       from pg_trigger where tgrelid = '$1'::regclass order by 1"
}

# catalog: every row of the catalog that is about triggers and functions, with its writer.
catalog() {
	sql "select xmin, oid, tgname from pg_trigger union all select p.xmin, p.oid, proname from pg_proc p
	     join pg_namespace n on n.oid = pronamespace where nspname = 'swbridge' order by 2"
}

start_sim
new_database pbx
sql "create role pbx login; create role bridge login; create role stranger login;
     grant create on database pbx to bridge, pbx; grant usage, create on schema public to pbx"
sql "create table pbx_users (id int, exten text primary key, secret text, \"Caller Id\" text, tenant text, seen int default 0)" -U pbx
write_conf columns.extension=exten "columns.caller_id=Caller Id"

# ---- installing ------------------------------------------------------------------

swb init
is "$rc" 0 "init without triggers"
is "$(triggers_of pbx_users)" "" "leaves none"
is "$(sql "select count(*) from pg_proc where proname = 'notify_change'")" 0 "and no function"
swb check
like "$out" '^ok +triggers +none:.*swbridge init --triggers' "check says how to install them"
swb init --triggers
is "$rc" 0 "init --triggers" || diag "$err"
like "$out" 'Triggers on public.pbx_users' "says so"
is "$(triggers_of pbx_users)" "notify_swbridge A swbridge,swbridge.said_N,0.5,tenant,exten,,exten,secret,tenant,Caller Id,
notify_truncate_swbridge A swbridge,swbridge.said_N,0.5,tenant,exten,,exten,secret,tenant,Caller Id," "two, always enabled, the columns are arguments"
catalog >"$tmp/before"
swb init --triggers
is "$rc" 0 "init --triggers again"
swb init
is "$rc" 0 "init again"
catalog >"$tmp/after"
ok "nothing is made anew" cmp -s "$tmp/before" "$tmp/after"
swb check
like "$out" 'triggers +on public.pbx_users, watching exten, secret, tenant, Caller Id; .*one after the other' "check knows them and their cost"
like "$out" '^warning +triggers .*PREPARE TRANSACTION.*max_prepared_transactions' "check warns where PREPARE TRANSACTION is allowed"

# ---- what is said -----------------------------------------------------------------

is "$(heard "insert into pbx_users values (1, '101', 's1', 'Ann', 'north'), (2, '102', 's2', null, null)")" "north/101 102" "an insert: the keys as they are desired"
is "$(heard "update pbx_users set secret = 'x' where exten = '101'")" "north/101" "an update"
is "$(heard "update pbx_users set secret = 'x' where exten = '101'" "update pbx_users set seen = seen + 1" "update pbx_users set id = id")" "" \
	"no watched column changed: silence"
is "$(heard "update pbx_users set \"Caller Id\" = 'Bob' where exten = '102'")" "102" "a column with a name that needs quoting"
is "$(heard "update pbx_users set exten = '103' where exten = '101'")" "north/103 north/101" "another key: both"
is "$(heard "update pbx_users set tenant = 'south' where exten = '102'")" "south/102 102" "another tenant: both"
is "$(heard "delete from pbx_users where exten = '103'")" "north/103" "a delete"
is "$(heard "insert into pbx_users values (4, '', 's', null, null)")" "" "a row without extension is no row"
is "$(heard "begin; update pbx_users set secret = 'a'; update pbx_users set secret = 'b'; update pbx_users set secret = 'c'; commit")" \
	"south/102" "a transaction says a key once"
is "$(heard "begin; update pbx_users set secret = 'd'; savepoint s; insert into pbx_users values (5, '105'); rollback to s;
	insert into pbx_users values (6, '106'); commit")" "south/102 106" "what is rolled back is not said"
is "$(heard "insert into pbx_users select n, n from generate_series(1001, 1100) n" | wc -w)" 100 "a hundred keys: each"
is "$(heard "insert into pbx_users select n, n from generate_series(2001, 2102) n" | tr ' ' '\n' | sed -n '100,$p' | xargs)" "2100 *" "more: the first hundred and one *"
is "$(heard "begin; delete from pbx_users where exten like '1___'; delete from pbx_users where exten like '2___'; commit" | tr ' ' '\n' | grep -c '^\*$')" 1 \
	"over several statements, too"
is "$(heard "begin; insert into pbx_users select n, n from generate_series(3001, 3050) n; $(
	for i in 1 2 3; do echo "update pbx_users set secret = secret || 'x' where exten like '3___';"; done) commit" | wc -w)" 50 \
	"the same fifty again and again are fifty"
is "$(heard "insert into pbx_users values (7, repeat('7', 7001))")" "*" "a key that is too long"
is "$(heard "insert into pbx_users values (7, repeat('7', 7000))" | wc -c)" 7000 "one that is not"
is "$(heard "insert into pbx_users values (8, '?swbridge-probe:1')")" "*" "a key that looks like a probe of the daemon"
is "$(heard "delete from pbx_users where length(exten) > 10")" "*" "and gone"
is "$(heard "truncate pbx_users")" "*" "TRUNCATE"
is "$(printf 'listen swbridge;\ncopy pbx_users (exten, secret) from stdin;\n201\tx\n202\ty\n\\.\nselect;\n' | psql -XAq |
	sed -n 's/.*payload "\(.*\)" rec.*/\1/p' | tr '\n' ' ')" "201 202 " "COPY"
is "$(heard "set session_replication_role = replica" "update pbx_users set secret = 'r' where exten = '201'")" "201" \
	"session_replication_role = replica, as on a logical replica"

# ---- I26: the PBX's writes never fail ------------------------------------------------

writes() { # DESCRIPTION [PSQL-OPTION…]: writes of every kind, as the table's owner unless the caller says otherwise
	writes_what=$1
	shift
	if sql "begin; insert into pbx_users (exten) values ('900'); update pbx_users set seen = 1; update pbx_users set exten = '901' where exten = '900';
		delete from pbx_users where exten = '901'; commit" -U pbx "$@" 2>"$tmp/writes"; then
		pass "$writes_what"
	else
		not_ok "$writes_what" "$(cat "$tmp/writes")"
	fi
}

sql "grant select, insert, update, delete on pbx_users to stranger"
is "$(sql "select has_schema_privilege('stranger', 'swbridge', 'usage')")" f "a role without any right on the schema"
writes "I26: writes of a role without any right on the schema go on" -U stranger
is "$(PGUSER=stranger heard "insert into pbx_users values (1, '301')")" "301" "and are said"
sql "revoke all on function swbridge.notify_change() from public"
writes "I26: writes with a revoked function go on" -U stranger
sql "revoke execute on function pg_notify(text, text) from public"
writes "I26: writes of a role that may not notify go on" -U stranger
sql "grant execute on function pg_notify(text, text) to public"
sql "create schema trap;
	create function trap.pg_notify(text, text) returns void language plpgsql as 'begin raise exception ''trapped''; end';
	create function trap.hashtext(text) returns int language plpgsql as 'begin raise exception ''trapped''; end'"
sql "grant usage on schema trap to pbx"
is "$(heard "set search_path = trap, pg_catalog, public" "insert into public.pbx_users values (1, '302')")" "302" \
	"a search_path with functions of the same names is not followed"
is "$(heard "set plpgsql.extra_errors = 'all'" "insert into pbx_users values (1, '303')")" "303" "nor is plpgsql.extra_errors"
sql "create table other (id int)"
is "$(heard "create temp table text (a int)" "insert into pbx_users values (1, '304')")" "304" "nor a temporary table that is called text"
is "$(heard "set swbridge.said_$(sql "select hashtext('swbridge') & 2147483647") = 'nonsense'" "insert into pbx_users values (1, '305')")" \
	"305" "a setting with nonsense in it"

# Every watched column: changed, renamed, dropped, as its owner and in one transaction with a write.
for column in exten secret '"Caller Id"' tenant; do
	sql "create table kept as table pbx_users"
	for change in "alter column $column type varchar(200)" "alter column $column type char(40)" "rename column $column to was" \
		"rename column was to $column" "drop column $column"; do
		if sql "begin; update pbx_users set seen = seen + 1; alter table pbx_users $change; update pbx_users set seen = seen + 1; commit" -U pbx 2>"$tmp/ddl"; then
			pass "I26: alter table pbx_users $change"
		else
			not_ok "I26: alter table pbx_users $change" "$(cat "$tmp/ddl")"
		fi
		case $change in
		*varchar*) is "$(heard "insert into pbx_users (exten) values ('950')" "delete from pbx_users where exten = '950'")" "950 950" "and is said" ;;
		*char*) is "$(heard "insert into pbx_users (exten) values ('951')" "delete from pbx_users where exten = '951'")" "951 951" "without the blanks of char(40)" ;;
		esac
	done
	ok "I26: writes go on without $column" sql "update pbx_users set seen = 2; insert into pbx_users (seen) select 1 where $([ "$column" = exten ] && echo true || echo false)" -U pbx
	case $column in
	exten) is "$(heard "insert into pbx_users (seen) values (3)")" "*" "without the key's column: everything" ;;
	tenant) is "$(heard "update pbx_users set seen = 5 where exten = '201'")" "*" "without a column of the key: everything" ;;
	*)
		is "$(heard "update pbx_users set seen = 5 where exten = '201'")" "" "without a watched column: nothing of the others that are not watched"
		is "$(heard "update pbx_users set tenant = 'w' || seen where exten = '201'" | tr ' ' '\n' | grep -c '/201$')" 1 "and what is still watched is said"
		is "$(heard "update pbx_users set seen = 6 where exten = '201'" "begin; update pbx_users set seen = 7; update pbx_users set seen = 8; commit")" "" \
			"phones that register wake nobody"
		swb check
		like "$out" "^problem +source +column .*$(echo "$column" | tr -d '"').* is gone.*swbridge init" "check says which column is gone"
		;;
	esac
	sql "drop table pbx_users; alter table kept rename to pbx_users; alter table pbx_users owner to pbx;
		grant select, insert, update, delete on pbx_users to stranger"
	is "$(triggers_of pbx_users)" "" "a table that is made anew has none"
	swb check
	like "$out" '^ok +triggers +none' "check says so"
	swb init --triggers
	is "$rc $(triggers_of pbx_users | wc -l)" "0 2" "init --triggers"
done

# One session that has called them already and meets the changed table.
is "$(heard "insert into pbx_users (exten) values ('960')" "alter table pbx_users alter column exten type varchar(30)" \
	"insert into pbx_users (exten) values ('961')" "alter table pbx_users add column more int" "insert into pbx_users (exten) values ('962')" \
	"alter table pbx_users drop column more" "delete from pbx_users where exten like '96_'")" "960 961 962 960 961 962" "a session that outlives ALTER TABLE"

# The notification queue: filled by a listener that sleeps in its transaction.  The limit is an argument; here it is a page of the queue's 8 GB.
queue_limit() { # LIMIT
	sql "drop trigger notify_swbridge on pbx_users; create trigger notify_swbridge after insert or update or delete on pbx_users for each row
		execute function swbridge.notify_change('swbridge', 'swbridge.said', '$1', 'tenant', 'exten', '', 'exten', 'secret')"
}
queue_limit 0.000005
is "$(heard "insert into pbx_users (exten) values ('401')")" "401" "the queue is empty"
mkfifo "$tmp/sleeper"
psql -XAtq <"$tmp/sleeper" >"$tmp/sleeper.out" 2>&1 &
sleeper=$!
exec 7>"$tmp/sleeper"
printf 'listen filler;\nbegin;\nselect 1;\n' >&7
ok "a listener sleeps in its transaction" wait_for 10 grep -q 1 "$tmp/sleeper.out"
sql "select pg_notify('filler', n || repeat('x', 7900)) from generate_series(1, 40) n" >/dev/null
is "$(sql "select pg_notification_queue_usage() > 0.000005")" t "and the queue fills"
is "$(heard "insert into pbx_users (exten) values ('402')" "truncate other")" "" "I26: queue beyond the limit: silence"
writes "I26: queue beyond the limit: the PBX's writes go on"
sql "select pg_notify('filler', n || repeat('x', 7900)) from generate_series(1, 40) n" >/dev/null
sql "drop table other"
exec 7>&-
wait "$sleeper" 2>/dev/null
drained() {
	[ "$(sql "select pg_notify('filler', ''); select pg_notification_queue_usage() < 0.000005" | tail -n 1)" = t ]
}
ok "the listener is gone and the queue drains" wait_for 10 drained
is "$(heard "insert into pbx_users (exten) values ('403')")" "403" "and they speak again"
swb check
like "$out" '^warning +triggers .*other columns' "check sees other arguments"
swb init
is "$rc $(triggers_of pbx_users | grep -c 'swbridge,swbridge.said_N,0.5,tenant,exten,,exten,secret,tenant,Caller Id,')" "0 2" "and init renews them"

# 200 writers at once.
if command -v pgbench >/dev/null; then
	sql "insert into pbx_users (exten, secret) select n, 0 from generate_series(5001, 5200) n"
	printf '%s\n' '\set n random(5001, 5200)' "update pbx_users set secret = secret || 'x' where exten = (:n)::text;" >"$tmp/write.sql"
	if pgbench -n -c 200 -j 2 -t 10 -f "$tmp/write.sql" -U postgres >"$tmp/bench" 2>&1; then
		is "$(sed -n 's/^number of transactions actually processed: //p' "$tmp/bench")" 2000/2000 \
			"I26: 200 concurrent writers lose nothing"
	else
		not_ok "I26: 200 concurrent writers" "$(tail -n 5 "$tmp/bench")"
	fi
	is "$(sed -n 's/^number of failed transactions: \([0-9]*\).*/\1/p' "$tmp/bench")" 0 "and none fails"
else
	skip "I26: 200 concurrent writers" "no pgbench"
fi
done_testing
