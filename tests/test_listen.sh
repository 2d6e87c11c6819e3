#!/bin/sh
# test_listen.sh - the daemon: woken, coalescing, taking over, losing everything and going on.
. "${SRCDIR:-.}/tests/world.sh"

. "$SRCDIR/tests/listens.sh"

# ---- woken ----------------------------------------------------------------------

world woken
people 101 103
listens listen.metrics_file="$tmp/metrics.prom"
wait_for 20 mirrored_quietly
mirrored "the first look finds everything"
no_triggers='there are no triggers on public.pbx_users: changes are found every 3600 s; to hear of them at once: swbridge init --triggers'
ok "it says that nothing will tell it" log_has "$no_triggers"
before=$(full_pass)
changes "insert into pbx_users (key, extension, secret) values ('k104', '104', 'new')" k104
wait_for 20 mirrored_quietly
mirrored "I19: an inserted row that is told"
changes "update pbx_users set secret = 'changed' where key = 'k101'" k101
wait_for 20 mirrored_quietly
mirrored "I19: a changed secret that is told"
is "$(full_pass)" "$before" "without looking at everything"
changes "delete from pbx_users where key = 'k102'" k102
changes "insert into pbx_users (key, extension, secret) values ('k105', '105', 'x')" k105
wait_for 20 is_there 105
has_secret() { [ "$(secret_of "$1")" = "$2" ]; }
changes "update pbx_users set secret = 'behind it' where key = 'k101'" k101
ok "another one behind it arrives" wait_for 20 has_secret 101 'behind it'
is "$(there 102)" 1 "a look by keys removes nothing"
changes "select 1" '*'
wait_for 20 mirrored_quietly
mirrored "a look at everything does"
for n in 1 2 3 4 5 6 7 8 9 10; do changes "update pbx_users set secret = 'edit-$n' where key = 'k103'" k103 k103; done
wait_for 20 mirrored_quietly
mirrored "I28: ten edits of one row"
metric() { sed -n "s/^$1 //p" "$tmp/metrics.prom"; }
requests=$(sim count/requests)
before=$(full_pass)
changes "select 1" '*'
wait_for 20 passed_again
now=$(date +%s.%N)
changes "select 1" '*'
fresh() { awk -v now="$now" '$1 == "swbridge_last_success_timestamp_seconds" { exit !($2 >= now) }' "$tmp/metrics.prom"; }
ok "the last success of the metrics is that of the look that has just ended" wait_for 20 fresh
notifications=$(metric swbridge_notifications_total)
changes "select 1" '*' k101 ''
counted() { [ "$(metric swbridge_notifications_total)" = $((notifications + 3)) ]; }
ok "the metrics count every notification, whatever it names" wait_for 20 counted
is "$(sim count/requests)" "$requests" "I18: in step nothing is sent"
written() { [ "$(metric swbridge_leader)" = 1 ]; }
wait_for 20 written
is "$(metric swbridge_leader) $(metric swbridge_deaf)" "1 0" "the metrics say who mutates, and that it hears"
like "$(metric swbridge_commit_to_live_seconds_count)" '^[1-9]' "and how long changes took"
is "$(sql "select count(*) from pg_stat_activity where application_name = 'swbridge listen (ears)' and state like 'idle in%'")" 0 \
	"I25: the ears are in no transaction"
never_at_once
ended "woken"

# ---- refused --------------------------------------------------------------------------

# What a row says is refused at every look, and said once.
world refused
people 101 103
listens
wait_for 20 mirrored_quietly
prints() { grep -Eq -e "$1" "$tmp/out"; }
printed() { grep -Ec -e "$1" "$tmp/out"; }
again() { # a look at everything
	before=$(full_pass)
	changes "select 1" '*'
	wait_for 20 passed_again
}
changes "insert into pbx_users (key, extension, secret, username) values ('k104', '104', 'hush-104', 'a b')" k104
ok "a username with a blank is refused, and that is said at once" \
	wait_for 20 prints '^! 104 +a b +rejected +the username contains white space'
changes "insert into pbx_users (key, extension, secret, username) values ('t1', '105', 'hush-105', 'twin'), ('t2', '105', 'hush-105', 'twin')" t1 t2
ok "two with one username" wait_for 20 prints '^! 105 .*the key is t1; that of another row is t2'
ok "and the other" prints '^! 105 .*the key is t2; that of another row is t1'
changes "update pbx_users set caller_id = 'Touched' where key in ('k104', 't1', 't2')" k104 t1 t2
again
again
is "$(printed '^! 104') $(printed '^! 105')" "1 2" "no edit and no look at everything says it again"
is "$(is_there twin && echo there)" "" "I1: neither of the two is made"
changes "update pbx_users set username = 'a@b' where key = 'k104'" k104
ok "another reason is said" wait_for 20 prints '^! 104 +a@b +rejected +the username contains @'
changes "update pbx_users set username = null where key = 'k104'" k104
wait_for 20 is_there 104
changes "update pbx_users set username = 'a@b' where key = 'k104'" k104
refused_again() { [ "$(printed '^! 104 +a@b')" = 2 ]; }
ok "what was good meanwhile is news again" wait_for 20 refused_again
before=$(full_pass)
changes "insert into pbx_users (key, extension, secret, username) select 'm' || n, n::text, 'x', 'm ' || n from generate_series(201, 230) n" '*'
ok "of thirty at once" wait_for 20 prints 'and 10 more are refused: swbridge status'
is "$(printed '^! 2')" 20 "twenty are named"
wait_for 20 passed_again # they are named before that look is at its end
again
is "$(printed '^! 2')" 20 "once"
is "$(grep -c hush "$tmp/out" "$tmp/err" | cut -d: -f 2 | xargs)" "0 0" "I36: and no secret"
ended "refused"

# ---- rails -------------------------------------------------------------------------

# By keys the rails go on from the look before, and count again before they hold anything.
world rails
people 101 102
listens mirror.max_creates=4 mirror.max_removals=0 listen.metrics_file="$tmp/metrics.prom"
full_looks() { awk '/^swbridge_passes_total{kind="full"/ { n += $2 } END { print n + 0 }' "$tmp/metrics.prom"; }
looked_again() { [ "$(full_looks)" -gt "$looks" ]; }
wait_for 20 mirrored_quietly
adds() { changes "insert into pbx_users (key, extension, secret) values ('k$1', '$1', 'x')" "k$1"; }
for n in 103 104; do
	adds $n
	wait_for 20 is_there $n
done
pass "as many as the rails let in a day, by keys"
adds 105
changes "update pbx_users set secret = 'meanwhile' where key = 'k101'" k101
changed() { remote | grep -q '^101 .*meanwhile'; }
ok "I14: a held creation delays no password" wait_for 20 changed
held_by='1 change is held by .mirror. max_creates .limit 4 in 24 hours, 4 used.*swbridge approve creates'
ok "and the log says that one is held, by what, and how to release it" wait_for 20 log_has "$held_by"
is "$(there 105)" 0 "I13: by keys too, one more is held"
changes "update pbx_users set caller_id = 'Held' where key = 'k105'" k105
before=$(full_pass)
changes "select 1" '*'
wait_for 20 passed_again
is "$(grep -c "$held_by" "$tmp/err")" 1 "once, as long as they are as many"
swb wait --timeout 0s 105
is "$rc" 75 "what is held is not live"
like "$out" "^k105 is not live yet .*held by .mirror. max_creates; to release it: swbridge approve creates k105" \
	"and wait says by what, and how to release it"
swb --json wait --timeout 0s 105
like "$out" '"state":"waiting".*"paused":false,"held_by":"max_creates"' "the same for programs"
sql "update swbridge.journal set at = at - interval '25 hours' where key = 'k102'"
adds 106
ok "a day later there is room again" wait_for 20 is_there 106
is "$(there 105)" 0 "for one"
swb approve creates k105
is "$rc" 0 "what is held is approved" || diag "$err"
changes "update pbx_users set secret = 'y' where key = 'k105'" k105
wait_for 20 mirrored_quietly
mirrored "an approval lets it in"
swb pause
changes "update pbx_users set secret = 'paused' where key = 'k101'" k101
looks=$(full_looks)
changes "select 1" '*'
wait_for 20 looked_again
is "$(remote | grep -c paused) $(journal_of k101 | grep -c open)" "0 0" "what is told while swbridge is paused is held"
is "$(grep -c 'swbridge is paused: .*To go on: swbridge resume' "$tmp/err")" 1 "which the log says once"
swb wait --timeout 0s 101
like "$rc $out" "^75 k101 is not live yet .*swbridge is paused; to go on: swbridge resume" "and so does wait"
swb resume
changes "select 1" k101
wait_for 20 mirrored_quietly
mirrored "and done when it is not"
ok "and that it is not paused any more is said" wait_for 20 log_has 'not paused any more'
changes "select 1" '*'
ok "nor that anything is held" wait_for 20 log_has 'nothing is held by .mirror. max_creates any more'
changes "delete from pbx_users where key = 'k106'" '*'
ok "a removal that is held is said, too" wait_for 20 log_has '1 change is held by .mirror. max_removals .*swbridge approve removals'
swb wait --timeout 0s k106
like "$rc $out" "^75 k106 is still there .*held by .mirror. max_removals; to release it: swbridge approve removals k106" "and by wait"
ended "rails"

# ---- wait ---------------------------------------------------------------------------

world waits
people 101 102
sql "alter table pbx_users add column tenant text"
swb init
listens
changes "update pbx_users set secret = 'awaited' where key = 'k101'" k101
swb wait 101
is "$rc $(remote | grep -c awaited)" "0 1" "wait returns when the change is live"
like "$out" "^k101 is live" "and says so"
fault '{"method":"POST","path":"*/sip_endpoints","action":"status","status":422,"content":"{\"errors\":[{\"code\":\"invalid\",\"message\":\"too short\",\"attribute\":\"password\"}]}"}'
changes "insert into pbx_users (key, extension, secret) values ('k103', '103', 'x')" k103
swb wait k103
is "$rc" 4 "what is refused is not waited for"
like "$out" "k103 will not be live: .*too short.*swbridge explain k103" "it says why"
sql "insert into pbx_users (key, extension, secret) values ('k104', '104', 'unheard')"
swb wait --timeout 50ms k104
is "$rc" 75 "what nobody does in time gives 75"
like "$out" "k104 is not live yet" "and says so"
swb --json wait 101
like "$out" '"type":"wait","key":"k101","state":"live"' "the same for programs"
is "$(printf '%s\n' "$out" | grep '"type":"summary"')" '{"type":"summary","waiting":0,"live":1,"retired":0,"refused":0}' "with a summary at the end"
swb wait nobody
isnt "$rc" 0 "an extension that is nowhere is no success"
changes "update pbx_users set enabled = false where key = 'k102'" k102
swb wait k102
is "$rc $(is_there 102 || echo gone)" "0 gone" "a removal is waited for"
like "$out" "^k102 is not live, as the PBX has it: " "and it does not say that it is live"
sql "delete from pbx_users where key = 'k102'"
sql "insert into pbx_users (key, extension, secret) values ('k105', '105', 'short-lived')"
changes "select 1" k105
swb wait k105
is "$rc" 0 "one that is deleted soon after"
sql "delete from pbx_users where key = 'k105'"
swb wait --timeout 0s k105
is "$rc" 75 "what was deleted, and is still there, is waited for"
like "$out" "^k105 is still there .gone from the PBX" "and it says why"
set_sim '{"hold":true}'
changes "select 1" '*'
$MEMCHECK "$BUILDDIR/swbridge" -v -c "$conf" wait k105 >"$tmp/wait.out" 2>"$tmp/wait.err" </dev/null &
waiting=$!
still_waits() { grep -q 'k105 is not live yet' "$tmp/wait.err"; }
wait_for 20 still_waits || not_ok "it waits" "$(cat "$tmp/wait.out" "$tmp/wait.err")"
set_sim '{"hold":false}'
wait "$waiting"
is "$? $(is_there 105 || echo gone)" "0 gone" "until it is gone"
changes "insert into pbx_users (key, tenant, extension, username, secret) values
	('a201', 'a.example', '201', '201-a', 'a'), ('b201', 'b.example', '201', '201-b', 'b')" a201
swb wait a.example/201
is "$rc $(grep -c '^a201 is live' "$tmp/out")" "0 1" "a tenant's extension is waited for"
swb wait --timeout 0s b.example/201
is "$rc $(grep -c '^b201 is not live yet' "$tmp/out")" "75 1" "and another tenant's of the same number is another"
swb wait --timeout 0s 201
is "$rc $(printf '%s\n' "$out" | grep -c -e '^a201 is live' -e '^b201 is not live yet')" "75 2" "the number alone is all tenants'"
changes "select 1" b201
swb wait b.example/201
is "$rc $(is_there 201-b && echo there)" "0 there" "until that one is told, too"

# What comes while it waits is not what it waits for.
under_way() { [ "$(sql "select count(*) from swbridge.journal where outcome is null")" = 1 ]; }
not_yet() { grep -q 'k101 is not live yet' "$tmp/wait.err"; }
set_sim '{"hold":true}'
patches=$(carried PATCH)
changes "update pbx_users set secret = 'before the call' where key = 'k101'" k101
sim_saw PATCH $((patches + 1))
wait_for 20 under_way || not_ok "a request is under way"
$MEMCHECK "$BUILDDIR/swbridge" -v -c "$conf" wait 101 >"$tmp/wait.out" 2>"$tmp/wait.err" </dev/null &
waiting=$!
wait_for 20 not_yet || not_ok "it waits" "$(cat "$tmp/wait.out" "$tmp/wait.err")"
fault '{"method":"PATCH","action":"status","status":422,"times":1,"content":"{\"errors\":[{\"code\":\"invalid\",\"message\":\"too new\",\"attribute\":\"password\"}]}"}'
changes "update pbx_users set secret = 'after the call' where key = 'k101'" k101
set_sim '{"hold":false}'
wait "$waiting"
is "$? $(cat "$tmp/wait.out")" "0 k101 is live." "a newer edit that is refused is not what it waits for"
swb wait 101
is "$rc" 4 "but what the next one waits for"
ended "waits"

# ---- an edit during its own request ------------------------------------------------

world during
people 101 102
listens
wait_for 20 mirrored_quietly
patches=$(sim count/requests.PATCH)
set_sim '{"hold":true}'
changes "update pbx_users set secret = 'first' where key = 'k101'" k101
under_way() { [ "$(sql "select count(*) from swbridge.journal where outcome is null")" = 1 ]; }
wait_for 20 under_way || not_ok "a request is under way"
changes "update pbx_users set secret = 'second' where key = 'k101'" k101
changes "update pbx_users set secret = 'other' where key = 'k102'" k102
has_secret() { [ "$(secret_of "$1")" = "$2" ]; }
wait_for 20 has_secret 102 other
is "$(secret_of 102) $(sql "select count(*) from swbridge.journal where outcome is null")" "other 2" \
	"another extension does not wait for a slow request"
set_sim '{"hold":false}'
wait_for 20 mirrored_quietly
mirrored "I19, I20: an edit during its own request is seen afterwards"
never_at_once
ended "an edit during its own request"

# ---- a storm of edits --------------------------------------------------------------

# One row is edited again as soon as an edit's request begins, and in 100 ms where none does: it is never in step.
world storm
people 101 102
listens
wait_for 20 mirrored_quietly
has_secret() { [ "$(secret_of "$1")" = "$2" ]; }
fault '{"method":"PATCH","action":"delay","ms":100,"times":100000}'
sql "create table test.storm as select 0 as edits, false as over;
	create function test.lull() returns void language plpgsql as \$\$
	declare
		requests constant bigint := (select count(*) from swbridge.journal);
		latest constant timestamptz := clock_timestamp() + interval '100 ms';
	begin
		while clock_timestamp() < latest and requests = (select count(*) from swbridge.journal) loop
			perform pg_sleep(0.01);
		end loop;
	end \$\$"
storms() {
	awk 'BEGIN { for (n = 1; n <= 2000; n++) {
		print "begin; update pbx_users set secret = \047storm-" n "\047 where key = \047k101\047;"
		print "update test.storm set edits = " n "; select pg_notify(\047swbridge\047, \047k101\047); commit;"
		print "select test.lull(); select over from test.storm \\gset"
		print "\\if :over\n\\q\n\\endif"
	} }' | psql -XAtq -v ON_ERROR_STOP=1 >/dev/null
}
edits() { sql "select edits from test.storm"; }
raged_on() { [ "$(edits)" -gt $((edits_before + ${1:-0})) ]; }
rages() { # DESCRIPTION: edits came meanwhile, and go on to come
	ok "$1, and the storm goes on" wait_for 20 raged_on 2
}
storms &
storm=$!
edits_before=3
wait_for 20 raged_on || not_ok "a storm" "$(cat "$tmp/err")"
changes "update pbx_users set secret = 'meanwhile' where key = 'k102'" k102
ok "I28: another row's edit in the storm is sent" wait_for 20 has_secret 102 meanwhile
edits_before=$(edits)
rages "it was sent"
swb wait 101
is "$rc $(grep -c '^k101 is live' "$tmp/out")" "0 1" "wait returns although newer edits come for ever"
edits_before=$(edits)
rages "it returned"
before=$(full_pass)
changes "insert into pbx_users (key, extension, secret) values ('k103', '103', 'new')" '*'
ok "I28: a look at everything comes to its end" wait_for 30 passed_again
edits_before=$(edits)
rages "it ended"
often() { [ "$(carried PATCH)" -ge 5 ]; }
wait_for 20 often
sql "update test.storm set over = true"
wait "$storm"
is "$?" 0 "the storm is over"
sent=$(carried PATCH)
ok "I28: its own row was sent again and again ($sent), and not more often than it was edited ($(edits))" \
	test "$sent" -ge 5 -a "$sent" -le $(($(edits) + 1))
wait_for 20 mirrored_quietly
mirrored "I28: a row that changes for ever is sent, and its last value stays"
never_at_once
ended "storm"

# ---- nobody tells ------------------------------------------------------------------

world polling
people 101 102
listens listen.poll=200ms
wait_for 20 mirrored_quietly
sql "update pbx_users set secret = 'silent' where key = 'k101'; insert into pbx_users (key, extension, secret) values ('k103', '103', 'x')"
wait_for 20 mirrored_quietly
mirrored "I21: without any notification"
ended "polling"

# ---- two of them --------------------------------------------------------------------

world two
people 101 102
listens
wait_for 20 mirrored_quietly
"$BUILDDIR/swbridge" -v -c "$conf" listen >"$tmp/second.out" 2>"$tmp/second.err" </dev/null &
second=$!
standing_by() { grep -q 'waiting for another swbridge' "$tmp/second.err"; }
wait_for 20 standing_by || not_ok "the second stands by" "$(cat "$tmp/second.err")"
pass "I31: the second stands by"
config listen.poll=1h listen.metrics=127.0.0.1:0 listen.metrics_file="$tmp/second.prom"
kill -HUP "$second"
reads_again() { [ "$(grep -c -e 'configuration was read again' -e 'waiting for another swbridge' "$tmp/second.err")" = 3 ]; }
ok "SIGHUP is heard while it stands by, and it goes on to" wait_for 20 reads_again
kill -KILL "$swb_pid"
wait "$swb_pid" 2>/dev/null
swb_pid=
sql "update pbx_users set secret = 'orphaned' where key = 'k101'"
wait_for 30 mirrored_quietly
mirrored "the second takes over"
ok "with the configuration that it was told to read" wait_for 20 test -s "$tmp/second.prom"
is "$(sql 'select pid from swbridge.holder')" "$second" "and says so"
kill -TERM "$second"
wait "$second"
is "$?" 0 "SIGTERM ends it"
never_at_once

# ---- told to read again --------------------------------------------------------------

world reload
people 101 102
listens mirror.exclude=102
excluded() { is_there 101; }
wait_for 20 excluded
is "$(there 102)" 0 "what is excluded is not there"
printf 'nonsense\n' >>"$conf"
kill -HUP "$swb_pid"
kept() { log_has 'configuration of before stays in force'; }
wait_for 20 kept
pass "a configuration that cannot be read is refused, and the one before stays"
config listen.poll=1h listen.metrics=127.0.0.1:0
kill -HUP "$swb_pid"
wait_for 30 mirrored_quietly
mirrored "a configuration that can is taken"
ended "reload"

# ---- only looking ---------------------------------------------------------------------

world observe
people 101 102
config listen.poll=1h listen.metrics=127.0.0.1:0 mirror.max_creates=1 listen.metrics_file="$tmp/observed.prom"
requests=$(sim count/requests)
start_swb -v listen --observe
shown() { grep -q '101 .*create' "$tmp/out"; }
wait_for 20 shown
pass "--observe shows what would be done"
is "$(sim count/requests)" "$requests" "and sends nothing"
is "$(sql 'select count(*) from swbridge.journal')" 0 "and writes nothing"
ok "it logs what is held" wait_for 20 log_has '1 change is held by .mirror. max_creates'
metric() { sed -n "s/^$1 //p" "$tmp/observed.prom"; }
written() { [ "$(metric swbridge_source_extensions)" = 2 ]; }
ok "it counts what is there, in its file too" wait_for 20 written
is "$(metric 'swbridge_held{class="creates"}') $(metric swbridge_leader) $(metric swbridge_last_success_timestamp_seconds)" "1 0 0.000" \
	"and what is held; it does not lead, and does nobody's work"
like "$(metric 'swbridge_passes_total{kind="full",result="partial"}')" '^[1-9]' "and its looks"
stop_swb TERM
is "$rc" 0 "SIGTERM ends it"

# ---- who tells it -----------------------------------------------------------------------

world told
people 101 101
starts() { # SOURCE [OPTION]: init, and a daemon that has looked once
	config postgres.source="$1"
	swb init ${2-}
	is "$rc" 0 "init for $1" || diag "$err"
	listens postgres.source="$1"
	stop_swb TERM
}
starts public.pbx_users --triggers
fails "with triggers it says nothing of them" log_has '[tT]riggers'
sql "alter table pbx_users disable trigger notify_swbridge"
listens
stop_swb TERM
ok "disabled ones are told" log_has 'the triggers on public.pbx_users are not as they should be.*swbridge check'
sql "create view phones as select * from pbx_users; create function yields() returns setof pbx_users language sql as 'table pbx_users'"
starts public.phones
ok "nothing can tell of a view" log_has 'public.phones is a view, which can have no triggers: changes are found every 3600 s, unless the PBX itself notifies the channel swbridge'
starts public.yields
ok "nor of a function" log_has 'public.yields is a function, which can have no triggers'

# ---- a start that cannot be ------------------------------------------------------------

config listen.poll=1h listen.metrics=127.0.0.1:0 postgres.schema=nowhere
swb listen
is "$rc" 6 "without a ledger it does not start"
like "$err" "swbridge init" "and says what to do"

done_testing
