#!/bin/sh
# test_cli - the command line: usage, help, exit codes, -q, --json, and what each verb says.

. "${SRCDIR:-.}/tests/lib.sh"

[ -x "$BUILDDIR/tests/sim/swbridge-sim" ] || skip_all "the simulator is not built"

# json_ok DESCRIPTION: every line of $out is one JSON object with a type, by PostgreSQL's own parser.
json_ok() {
	lib_bad=$(printf '%s\n' "$out" | while IFS= read -r lib_json; do
		[ "$(psql -XAtq -v j="$lib_json" <<-'SQL' 2>&1
			select json_typeof((:'j')::json -> 'type');
		SQL
		)" = string ] || printf '%s\n' "$lib_json"
	done)
	if [ -n "$out" ] && [ -z "$lib_bad" ]; then pass "$1"; else not_ok "$1" "not JSON: $lib_bad"; fi
}

exits() { # CODE ARGUMENT…; what is printed is searched for secrets in the end
	lib_wanted=$1
	shift
	swb "$@"
	cat "$tmp/out" "$tmp/err" >>"$tmp/printed"
	is "$rc" "$lib_wanted" "exit $lib_wanted: swbridge $*"
}

start_sim
new_database cli
sql "create table pbx_users (extension text primary key, secret text, caller_id text, enabled boolean default true)"
write_conf

# ---- usage ------------------------------------------------------------------

exits 64
exits 64 nonsense
like "$err" 'no verb "nonsense".*--help' "an unknown verb is named, with a hint"
exits 64 --nonsense
exits 64 migrat
exits 64 listen extra
exits 64 wait
exits 64 wait --timeout soon 101
exits 64 sync --nonsense
like "$err" 'no option --nonsense.*swbridge help sync' "an unknown option is named, with a hint"
exits 64 sync -xy
like "$err" 'sync: There is no option -x\.' "one letter of several, too"
exits 64 --json -xy sync
like "$err" 'There is no option -x\.' "before the verb as well"
exits 64 forget -dash
like "$err" 'There is no option -d\.' "and of what was meant as a name"
exits 64 sync --quiet=1
like "$err" 'There is no option --quiet=1\.' "a value too many"
exits 64 wait --timeout 5 101
like "$err" 'or 7d\. Try:' "a duration without its unit: one full stop"
exits 64 init extra
exits 64 init --print-sql --rebind
exits 64 init --triggers --uninstall
exits 64 forget
exits 64 forget 1 2
exits 64 pause 1
exits 64 approve
exits 64 approve bogus
exits 64 approve creates --for 5x
exits 64 approve creates --for
like "$err" '(--for).*needs a value' "a missing value is said"
exits 64 -c
exits 0 --help
for verb in init check plan sync listen wait verify status explain forget retry approve pause resume; do
	like "$out" "^  $verb " "--help lists $verb"
	ok "the manual page has $verb" grep -Eq "^\.It .*Cm $verb( |\$)" "$SRCDIR/doc/swbridge.1"
done
exits 0 --version
like "$out" '^swbridge [0-9]' "--version"
exits 0 help approve
like "$out" 'creates\|removals\|changes' "help of a verb"
exits 0 approve --help
exits 0 help init
is "$(printf '%s\n' "$out" | sed -n 's/^Adapters: //p' | tr -d ' ' | tr , '\n')" \
	"$(cd "$SRCDIR/contrib/adapters" && ls -d [a-z]*/ | tr -d / | grep -vx common)" "help init lists the adapters"
exits 64 help nonsense

# ---- before init --------------------------------------------------------------

exits 6 plan
like "$err" 'swbridge init' "without a ledger it says what to run"
exits 6 status
exits 6 check
like "$out" '^problem +ledger .*swbridge init' "check says it too"
exits 0 init --print-sql
like "$out" '^create table sync' "the SQL for those who run it themselves"
is "$(sql "select count(*) from pg_namespace where nspname = 'swbridge'")" 0 "and nothing was made"

mv "$conf" "$conf.away"
exits 78 plan
mv "$conf.away" "$conf"
write_conf "mirror.nonsense=1"
exits 78 check
like "$out" '^problem +configuration .*nonsense' "check names a wrong setting"
write_conf "mirror.on_remove="
exits 78 init
like "$err" 'on_remove' "on_remove has no default"
write_conf "postgres.conninfo=host=$tmp/nowhere dbname=x"
exits 75 plan
exits 75 check
write_conf "postgres.source=public.nothing_here"
exits 78 init
write_conf "signalwire.api_token=PTwrongwrongwrong"
exits 77 init
write_conf "mirror.subscriber_domain=" "mirror.subscriber_id=99999999-2222-4333-8444-555555555555"
exits 78 init
like "$err" '99999999-2222-4333-8444-555555555555.*subscriber_id' "a subscriber that SignalWire does not know is refused"
one=$(sim seed -d '{"subscribers":[{"email":"Fleet@PBX.example"}]}' | sed -n 's/.*"id": *"\([0-9a-f-]*\)".*/\1/p' | head -n 1)
write_conf "mirror.subscriber_domain=" "mirror.subscriber_id=$one" "postgres.schema=fleet"
exits 0 init
is "$(sql "select id || ' ' || email || ' ' || origin from fleet.subscriber")" "$one fleet@pbx.example adopted" \
	"one that it knows owns every credential"
exits 0 init --uninstall
write_conf

# ---- API down at init: everything else is done ----------------------------------

sim fault -d '{"path":"*sip_profile","action":"status","status":503,"times":-1}' >/dev/null
write_conf "signalwire.timeout=2s" "mirror.settle=20s"
exits 75 init
like "$err" 'run again: swbridge init' "an API that is down: run init again"
is "$(sql "select sip_domain is null from swbridge.identity")" t "the ledger is there, without a domain"
exits 6 sync
sim fault/clear -d '{}' >/dev/null
write_conf
exits 0 init
is "$(sql "select sip_domain from swbridge.identity")" "$SIM_DOMAIN" "the domain is bound"

# ---- in step, and not -------------------------------------------------------------

exits 0 -q sync
is "$out$err" "" "-q prints nothing where nothing changed"
sql "insert into pbx_users select (100 + i)::text, 'hunter2sentinel' || i, E'Zo\\u00eb \"' || i || E'\"\\\\' from generate_series(1, 4) i"
exits 0 check
unlike "$out" '^problem' "check finds no problem"
before=$(sim count/requests)
exits 0 -v plan
exits 0 plan
like "$out" '^\+ 101 +101 +create +' "a line for a create"
like "$out" '4 added, 0 removed: \+12\.00 dollars a month' "what it costs"
exits 2 plan --detailed-exitcode
exits 0 --json plan
json_ok "--json plan is JSON"
like "$(printf '%s\n' "$out" | head -n 1)" '^\{"type":"version"' "the version comes first"
like "$(printf '%s\n' "$out" | tail -n 1)" '^\{"type":"summary","create":4,.*"monthly_cost_change":12\.00\}$' "the summary comes last"
is "$(sim count/requests)" "$before" "I16: a plan asks nothing of SignalWire"
is "$(sql "select count(*) from swbridge.journal")" 0 "I16: a plan writes nothing"
exits 1 plan 101 nobody
like "$err" '"nobody"' "an extension that is nowhere is named"
exits 0 sync 101
like "$out" '^\+ 101 .*created' "one extension alone"
is "$(sql "select count(*) from swbridge.mapping")" 1 "and only that"
exits 0 --json sync
json_ok "--json sync is JSON"
like "$(printf '%s\n' "$out" | tail -n 1)" '"created":3,"updated":0,"removed":0,"suspended":0,"adopted":0,"unchanged":1,' "its counters"
exits 0 sync
like "$out" '^Sync: nothing to do; 4 in step before' "in step"
exits 0 plan --detailed-exitcode
sql "update pbx_users set secret = 'hunter2sentinelnew' where extension = '101'"
exits 0 -q sync
like "$out" '^~ 101 .*updated .*secret' "-q prints what changed"

# ---- rejected, skipped, held, released ---------------------------------------------

sql "insert into pbx_users values ('1 05', 'hunter2sentinel', null), ('106', null, null)"
exits 4 sync
like "$out" '^! 1 05 +1 05 +rejected +the username contains white space' "rejected, and why"
exits 4 -q sync
is "$out" "" "what only is as it was says nothing with -q"
exits 0 status
like "$out" '^  106 +no secret' "status names what is skipped"
like "$out" '^  1 05 +the username contains white space' "and what is refused, with the reason"
exits 0 --json status
json_ok "--json status with such rows is JSON"
like "$out" '"type":"refused","key":"1 05","extension":"1 05","username":"1 05","reason":"the username contains' "a line for what is refused"
like "$out" '"rejected":0,"retiring":0,"refused":1,' "which is counted"
exits 0 explain "1 05"
like "$out" 'white space' "explain says why"
sql "delete from pbx_users where extension in ('1 05', '106'); insert into pbx_users values (E'1 \"07\\\\', 'hunter2sentinel', null)"
exits 0 --json plan
json_ok "names with quotes and backslashes are JSON"
like "$out" '"extension":"1 \\"07\\\\"' "and escaped"
sql "delete from pbx_users where extension like '1 %07%'"

sql "update pbx_users set enabled = false where extension in ('102', '103')"
exits 3 sync
like "$out" '^! 103 .*held by max_removals' "held by a rail"
like "$out" 'swbridge approve removals' "with the command that releases it"
exits 3 plan --detailed-exitcode
exits 0 explain 103
like "$out" 'swbridge approve removals 103' "explain says it for one"
exits 1 approve removals 104
like "$err" '"104" is not held' "only what is held can be approved"
is "$(sql "select count(*) from swbridge.approval")" 0 "and nothing was approved"
exits 0 approve removals --for 1h
like "$out" '^- 103     103       (suspend|remove)$' "told in the columns of a plan"
is "$(sql "select operation || key || (expires_at between now() and now() + interval '1 hour') from swbridge.approval")" \
	removals103true "exactly what is held is released"
exits 0 status
like "$out" '^approvals that count: 1$' "status counts the approval"
exits 0 sync
is "$(sql "select string_agg(key, ',' order by key) from swbridge.mapping")" 101,104 "it is removed"
exits 0 status
unlike "$out" 'approvals' "an approval that is used up is not counted"

# ---- pause, forget, retry ------------------------------------------------------------

exits 0 pause
sql "update pbx_users set secret = 'hunter2sentinel2' where extension = '104'"
exits 3 sync
like "$out" 'swbridge resume' "a pause says how it ends"
exits 0 --json pause
like "$out" '"paused":true,"changed":false' "pausing twice"
exits 0 resume
exits 0 sync
exits 0 status 104
like "$out" '104 +active +subscriber [0-9a-f-]{36}' "the ids of one"
exits 0 --json status
json_ok "--json status is JSON"
like "$out" '"type":"summary","active":2,' "counts of the states"
exits 0 --json explain 104
json_ok "--json explain is JSON"
exits 0 --json check
json_ok "--json check is JSON"
sql "insert into swbridge.journal (key, extension, operation, cause, at) values ('104', '104', 'update', 'test', now())"
exits 75 forget 104
exits 75 retry 104
sql "delete from swbridge.journal where cause = 'test'"
sql "update swbridge.sync set tried_digest = '\\x01', attempts = 3, next_attempt_at = now() + interval '1 day' where key = '104'"
exits 0 retry 104
is "$(sql "select tried_digest is null and attempts = 0 and next_attempt_at is null from swbridge.sync where key = '104'")" t \
	"retry clears what held it"
exits 0 forget 104
is "$(sql "select (select count(*) from swbridge.sync where key = '104') + (select count(*) from swbridge.subscriber where email like '104@%')")" \
	0 "forget drops the row and its subscriber"
is "$(sim state | grep -c '"username":"104"')" 1 "and nothing at SignalWire"
like "$out" "goes on costing money: no later pass removes it" "it says what that costs"
like "$out" "^To take it back: swbridge adopt 104 [-0-9a-f]{36} [-0-9a-f]{36}$" "and what undoes it"
exits 1 forget 104
exits 4 sync

# ---- somebody else's configuration --------------------------------------------------------

if [ "$(id -u)" = 0 ] && command -v runuser >/dev/null && id daemon >/dev/null 2>&1; then
	chmod 711 "$tmp"
	cp "$conf" "$tmp/theirs.conf"
	chown daemon "$tmp/theirs.conf"
	chmod 600 "$tmp/theirs.conf"
	cp "$BUILDDIR/swbridge" "$tmp/swbridge"
	runuser -u nobody -- "$tmp/swbridge" -c "$tmp/theirs.conf" plan >"$tmp/out" 2>"$tmp/err"
	is "$?" 78 "the configuration is another user's"
	like "$(cat "$tmp/err")" 'it belongs to daemon: .*runuser -u daemon -- swbridge' "it is not to be taken away from that user"
	unlike "$(cat "$tmp/err")" 'chown' "nobody is told to"
	chmod 700 "$tmp"
else
	skip "the configuration is another user's" "this needs root, runuser and the user daemon"
fi

# ---- two configurations -------------------------------------------------------------------

# What is printed is typed as it is: it must not reach the other one's ledger.
second="$tmp/it's the second.conf"
(conf=$second && write_conf postgres.schema=second)
second_swb() { "$BUILDDIR/swbridge" "$@" >"$tmp/out" 2>"$tmp/err"; rc=$? out=$(cat "$tmp/out") err=$(cat "$tmp/err"); }
paused() { sql "select (select paused from swbridge.control), (select paused from second.control)"; }
types_it() { # the command at the end of TEXT, as a shell takes it
	types_command=$(printf '%s\n' "$1" | sed -n 's/.*: \(swbridge .*\)/\1/p' | tail -n 1)
	(PATH=$BUILDDIR:$PATH && eval "$types_command") >"$tmp/typed" 2>&1
}
second_swb -c "$second" init
is "$rc" 0 "a second ledger" || diag "$err"
exits 0 pause
like "$out" "To go on: swbridge resume$" "what is read anyway needs no option"
second_swb pause --config="$second"
like "$out" "To go on: swbridge -c '.*' resume$" "the command has the option, wherever it stood"
is "$(paused)" "t|t" "both are paused"
types_it "$out"
is "$(paused)" "t|f" "as it is printed, it reaches the second one alone" || diag "$types_command" "$(cat "$tmp/typed")"
second_swb -c "$second" wait --timeout 0s nobody
like "$err" "swbridge: error: .*nobody" "the log names itself by its name alone"
second_swb -c "$second" migrate --dry-run
like "$out" "To do it: swbridge -c '.*' migrate$" "migrate names it once"
second_swb -c "$second" sync extra --wait
unlike "$(cat "$tmp/out" "$tmp/err")" "swbridge (init|plan|sync|status|explain|forget|retry|adopt|migrate|approve|pause|resume)" "no command is without it"
verbs='init|check|plan|sync|listen|wait|verify|status|explain|forget|retry|adopt|migrate|approve|pause|resume'
is "$(grep -nE "(^|[^_a-z])(f?printf|f?puts)\(.*swbridge ($verbs)" "$SRCDIR"/src/*.c)" "" "whatever prints a command goes by log_print()"
exits 0 resume
second_swb -c "$second" init --uninstall
is "$rc" 0 "the second one goes" || diag "$err"

# ---- locked -----------------------------------------------------------------------------

psql -XAtq -c "select pg_advisory_lock(1937203826, (select oid::integer from pg_namespace where nspname = 'swbridge'))" \
	-c "select pg_sleep(600)" >"$tmp/lock.out" 2>&1 &
lock_pid=$!
locked() {
	[ "$(sql "select count(*) from pg_locks where locktype = 'advisory' and granted")" = 1 ]
}
ok "another session holds the lock" wait_for 10 locked
exits 7 sync
like "$err" 'swbridge sync --wait' "and how to wait for it"
for verb in "migrate --yes" "verify --repair"; do
	exits 7 $verb
	like "$err" 'wait for it, and then run this again' "$verb cannot wait, and says what to do"
done
# The daemon ends only when it is stopped.
sql "update swbridge.holder set verb = 'listen', host = 'vm', pid = 1, since = now(), released_at = null"
exits 7 sync
like "$err" 'listen on vm.*the daemon, which does by itself what sync does.*swbridge wait EXT' "sync beside a daemon need not be"
for verb in "migrate --yes" "verify --repair" "init --uninstall" "init --rebind"; do
	exits 7 $verb
	like "$err" 'the daemon: stop it first .*systemctl stop swbridge@swbridge.*start it afterwards' "$verb: stop the daemon first"
done
"$BUILDDIR/swbridge" -c "$conf" sync --wait >"$tmp/waiting" 2>&1 &
waiting=$!
ok "sync --wait says for what it waits" wait_for 20 grep -q 'waiting for another .*daemon .*ends only when it is stopped' "$tmp/waiting"
kill "$waiting"
wait "$waiting" 2>/dev/null
sql "update swbridge.holder set verb = 'sync', released_at = now()"
exits 0 plan
sql "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory'" >/dev/null
wait "$lock_pid" 2>/dev/null

# ---- a result that nobody can read is no success ---------------------------------------

if [ -c /dev/full ]; then
	"$BUILDDIR/swbridge" -c "$conf" plan >/dev/full 2>"$tmp/err"
	is $? 1 "a full disk under the result is an error"
fi

# What is not ours in the schema is not dropped; a role that is called like it makes its own tables there.
sql "create table swbridge.mine (); create view above as select * from swbridge.mapping"
exits 1 init --uninstall
like "$err" 'Nothing was removed: .*view public.above depends on view mapping.*drop it, or move it to another schema than "swbridge"' \
	"init --uninstall says what depends, and what to do"
sql "drop view above"
exits 1 init --uninstall
like "$err" 'cannot drop schema swbridge .*: table mine depends on schema swbridge' "also what only lies in the schema"
is "$(sql "select count(*) > 0 from swbridge.identity")" t "and nothing was removed"
sql "drop table swbridge.mine"

exits 0 init --uninstall
like "$out" '^To build it again .*swbridge init, then swbridge migrate --adopt --ours' "init --uninstall says what brings it back"
is "$(sql "select count(*) from pg_namespace where nspname = 'swbridge'")" 0 "nothing is left"
exits 6 init --uninstall
like "$err" 'no swbridge ledger' "where there is none it says so"

# What only bears such a name is another program's, and a schema that was there before stays.
sql "create schema kam create table subscriber (id serial primary key, username text)"
write_conf postgres.schema=kam
exits 6 init --uninstall
like "$err" 'no swbridge ledger in schema "kam"' "a PBX's table subscriber is no ledger"
is "$(sql "select count(*) from kam.subscriber")" 0 "and it is there still"
sql "create schema before"
write_conf postgres.schema=before
exits 0 init
sql "create function before.notify_change() returns trigger language plpgsql as 'begin return null; end'"
exits 6 init --uninstall
like "$err" 'Nothing was removed: in schema "before" this .* not its own: notify_change\(\)' "another one's function under our name"
sql "drop function before.notify_change(); drop view before.status; alter table before.holder rename to held;
	create table before.holder (id integer)"
exits 6 init --uninstall
like "$err" 'Nothing was removed: .* not its own: holder\. Rename it' "another one's table under our name"
is "$(sql "select count(*) from before.identity")" 1 "nothing was removed"
sql "drop table before.holder, before.held, before.identity"
exits 0 init --uninstall
like "$out" '^Removed the ledger from schema before.* The schema stays' "what is left of a ledger can be removed"
is "$(sql "select count(c.oid) from pg_namespace n left join pg_class c on c.relnamespace = n.oid where nspname = 'before' group by n.oid")" 0 \
	"and the schema stays, which was there before"
write_conf "postgres.schema=it's \\ \"so\""
swb init --print-sql
ok "the script makes a schema of any name" psql -XAtq -v ON_ERROR_STOP=1 -o "$tmp/psql" -f "$tmp/out"
exits 0 init
sql "update \"it's \\ \"\"so\"\"\".identity set schema_version = 99"
exits 6 init --uninstall
like "$err" 'has version 99, .*remove it with the newer' "a ledger of the future is left to a newer one"
sql "update \"it's \\ \"\"so\"\"\".identity set schema_version = 3"
exits 0 init --uninstall
is "$(sql "select count(*) from pg_namespace where nspname like 'it%'")" 0 "a schema that the script made goes"
write_conf

no_secret hunter2sentinel "$tmp/printed"

done_testing
