#!/bin/sh
# test_mutator.sh - one mutator at a time: who has the lock, who waits, and that who lost it sends and records nothing more.
. "${SRCDIR:-.}/tests/world.sh"

twins() { told log 0 <<-'SQL'
	select type, name, count(*) from log l where op = 'create'
	   and not exists (select from log d where d.id = l.id and d.op in ('delete', 'cascade'))
	 group by 1, 2 having count(*) > 1;
SQL
}
opened() { sql 'select count(*) from swbridge.journal where outcome is null'; }
backend() { sql "select pid from pg_stat_activity where application_name = 'swbridge sync' and datname = current_database()"; }
posts() { sim count/posts_received; }
reaped() { # the one in the background has ended: sets $rc, $out, $err
	wait_for 60 lib_gone "$swb_pid" || { not_ok "it ends"; kill -9 "$swb_pid"; }
	wait "$swb_pid"
	rc=$?
	swb_pid=
	lib_taken "swbridge in the background"
}

# Two passes of twenty creations each run slowly from here on: several are on the wire, most are not begun.
slow() { # NAME [SETTING…]: a pass over twenty extensions, in the background, a few requests into its work
	world "$@" signalwire.max_in_flight=2
	people 101 120
	set_sim '{"latency_ms":200}'
	start_swb sync
	sim_saw posts_received 5
}

# ---- two at once --------------------------------------------------------------------

slow together signalwire.timeout=600s mirror.settle=610s
set_sim '{"hold":true}'
first=$swb_pid
swb sync
is "$rc" 7 "I31: a second sync is refused with 7"
like "$err" "Another swbridge is at work on this ledger .sync on $(hostname), process $first, since .*swbridge sync --wait" \
	"I31: and says who holds the lock since when, and how to wait"
swb plan
is "$rc" 0 "a plan needs no lock"
swb status
like "$out" "^at work: sync on $(hostname), process $first, since " "status says who is at work"
swb init
is "$rc" 0 "nor an init that binds what is bound"
for option in --rebind --uninstall; do
	swb init $option
	is "$rc" 7 "I31: init $option under one that is at work is refused with 7"
	like "$err" "Another swbridge is at work on this ledger .sync on $(hostname), process $first, .*stop it first" "and says who it is"
done
set_sim '{"latency_ms":20}'
"$BUILDDIR/swbridge" -c "$conf" sync --wait >"$tmp/waiting" 2>&1 &
waiting=$!
said() { grep -q "waiting for another" "$1"; }
ok "I31: --wait says that it waits" wait_for 20 said "$tmp/waiting"
set_sim '{"hold":false}'
reaped
is "$rc" 0 "I31: the first goes on"
wait "$waiting"
is "$?" 0 "I31: --wait waits, and then runs"
like "$(cat "$tmp/waiting")" "nothing to do" "and finds the work done"
is "$(sql 'select released_at is not null from swbridge.holder')" t "a clean end is in the row of the holder"
in_step "two at once"
is "$(twins)" "" "I1: nothing is there twice"

# Interrupted while it waits: it ends, and has done nothing.  (A file of its own: what the first one said is in the other.)
set_sim '{"hold":true}'
sql "update pbx_users set secret = 'new'"
start_swb sync
sim_saw PATCH 2
"$BUILDDIR/swbridge" -c "$conf" sync --wait >"$tmp/interrupted" 2>&1 &
waiting=$!
ok "it says that it waits" wait_for 20 said "$tmp/interrupted"
kill -TERM "$waiting"
wait "$waiting"
is "$?" 75 "I37: interrupted while it waits"
set_sim '{"hold":false}'
reaped
is "$rc" 0 "the other is not disturbed"
in_step "interrupted while it waits"

# ---- the lock's session is ended ----------------------------------------------------

# Two are on the wire and stay there, so that something is under way whenever the other side does what it does.
both_held() { [ "$(sim count/in_flight)" = 2 ]; }

slow terminated
set_sim '{"hold":true}'
wait_for 20 both_held || not_ok "two are on the wire"
ok "its session is terminated" sql "select pg_terminate_backend($(backend), 20000)" -o /dev/null
before=$(posts)
set_sim '{"hold":false}'
reaped
isnt "$rc" 0 "I31: who lost the lock ends with an error"
like "$err" "connection|database|terminat" "and says why"
ok "I31: at most what was on its way was sent: $(($(posts) - before))" test $(($(posts) - before)) -le 2
after=$(posts)
ok "what was on its way stays open: $(opened)" test "$(opened)" -ge 1
is "$(sql 'select released_at is null from swbridge.holder')" t "the row of the holder tells it from a clean end"
swb status
like "$out" "^not at work any more: sync on $(hostname), process .* cut off from the database" "status does not take it for one at work"
set_sim '{"latency_ms":0}'
syncs 5 "I31: the next one leaves alone what is open"
settle
syncs 0 "I5: and settles it later"
is "$(twins)" "" "I1: nothing is there twice"
in_step "terminated"

# ---- stopped, overtaken, and awake again ----------------------------------------------

# A pass whose proof of life is older than the margin sends nothing; the others need not wait for it to end.
past_margin() { [ $(($(date +%s) - begun)) -gt 6 ]; }

slow stopped
old=$swb_pid
kill -STOP "$old"
begun=$(date +%s)
swb sync
is "$rc" 7 "I31: a stopped one still has its lock"
sql "select pg_terminate_backend($(backend))" -o /dev/null
wait_for 10 lock_free
set_sim '{"latency_ms":0}'
wait_for 20 past_margin
for run in 1 2 3; do
	swb sync
	settle
done
is "$rc" 0 "I31: another goes on behind it"
mirrored "overtaken"
ledger_print "$tmp/ledger.mark"
mutations=$(sim count/mutations) requests_before=$(sim count/requests)
kill -CONT "$old"
reaped
isnt "$rc" 0 "I31: the old one wakes and ends with an error"
is "$(sim count/mutations) $(sim count/requests)" "$mutations $requests_before" "I31: it sends nothing more"
ledger_print "$tmp/ledger.now"
ok "I32: and records nothing" cmp -s "$tmp/ledger.mark" "$tmp/ledger.now"
is "$(twins)" "" "I1: nothing is there twice"
in_step "awake again"

# Stopped past the margin, the lock kept: it proves that it lives before it sends again.
sql "update pbx_users set secret = 'awake'"
set_sim '{"latency_ms":200}'
n=$(sim count/PATCH)
start_swb sync
sim_saw PATCH $((n + 3))
kill -STOP "$swb_pid"
begun=$(date +%s)
wait_for 20 past_margin
kill -CONT "$swb_pid"
reaped
set_sim '{"latency_ms":0}'
for run in 1 2 3; do
	settle
	swb sync
done
is "$rc" 0 "stopped past the margin, and run again"
in_step "stopped past the margin"

# A database that has gone silent, the connection half open: the answer to a first POST comes past the margin.
world silent
people 101 102
set_sim '{"hold":true}'
start_swb sync
sim_saw posts_received 2
held=$(backend)
kill -STOP "$held"
begun=$(date +%s)
wait_for 20 past_margin
# The two answers come now, and no other request follows them.
before=$(posts)
set_sim '{"hold":false}'
answered() { [ "$(sim count/in_flight)" = 0 ]; }
wait_for 30 answered
wait_for 30 lib_gone "$swb_pid"
is "$(posts)" "$before" "I31: without a proof of life no second POST"
kill -CONT "$held"
sql "select pg_terminate_backend($held)" -o /dev/null
reaped
is "$rc" 75 "I31: a silent database ends the pass"
like "$err" "did not answer in time, so the lock could not be proved and nothing more was sent" "and it is said why"
wait_for 10 lock_free
for run in 1 2 3; do
	settle
	swb sync
done
is "$rc $(twins)" "0 " "I1: nothing is there twice behind it"
in_step "silent"

# ---- the server is restarted ------------------------------------------------------------

slow restarted
set_sim '{"hold":true}'
wait_for 20 both_held || not_ok "two are on the wire"
as_server() {
	if [ "$(id -u)" = 0 ]; then runuser -u "$(stat -c %U "$WITH_POSTGRES/data")" -- "$@"; else "$@"; fi
}
(cd "$WITH_POSTGRES" && as_server "$PG_BINDIR/pg_ctl" -D "$WITH_POSTGRES/data" -l "$WITH_POSTGRES/log" -m immediate -w restart) >"$tmp/restart" 2>&1 ||
	bail_out "the server does not come back: $(cat "$tmp/restart")"
set_sim '{"hold":false}'
reaped
isnt "$rc" 0 "I31: a server that crashed took the lock along"
ok "I4: the intents of what was on its way are there: $(opened)" test "$(opened)" -ge 1
set_sim '{"latency_ms":0}'
for run in 1 2 3; do
	settle
	swb sync
done
is "$rc $(twins)" "0 " "I1: nothing is there twice behind a crash of the server"
in_step "restarted"

# ---- a signal ---------------------------------------------------------------------------

slow asked
kill -TERM "$swb_pid"
before=$(posts)
reaped
isnt "$rc" 0 "I37: SIGTERM in the middle"
ok "I37: nothing new was begun: $(($(posts) - before))" test $(($(posts) - before)) -le 4
is "$(opened)" 0 "I37: what was on its way is recorded"
is "$(sql 'select released_at is not null from swbridge.holder')" t "I37: and the lock released"
set_sim '{"latency_ms":0}'
syncs 0 "the next one goes on"
in_step "asked to end"

slow twice
set_sim '{"hold":true}'
kill -TERM "$swb_pid"
kill -INT "$swb_pid"
reaped
set_sim '{"hold":false}'
like "$rc" '^(130|143)$' "I37: a second signal ends it at once"
wait_for 10 lock_free
set_sim '{"latency_ms":0}'
for run in 1 2 3; do
	settle
	swb sync
done
is "$rc $(twins)" "0 " "I37: and safely"
in_step "asked twice"

done_testing
