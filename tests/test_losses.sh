#!/bin/sh
# test_losses.sh - the daemon loses everything, one after the other, and goes on without help; what is wrong is said once.
. "${SRCDIR:-.}/tests/world.sh"
. "$SRCDIR/tests/listens.sh"

# Ends its connections, and lets it come back only behind these statements.
terminate() {
	sql "begin; lock table swbridge.identity;
		select pg_terminate_backend(pid, 20000) from pg_stat_activity
		 where application_name like 'swbridge listen%' and datname = current_database();
		$1; commit" >/dev/null
}

again() { [ "$(grep -c 'it works again' "$tmp/err")" -ge "${1:-1}" ]; }
as_server() {
	if [ "$(id -u)" = 0 ]; then (cd / && runuser -u "$(stat -c %U "$WITH_POSTGRES/data")" -- "$@"); else "$@"; fi
}
server() { # stop or start, and more
	as_server "$PG_BINDIR/pg_ctl" -D "$WITH_POSTGRES/data" -l "$WITH_POSTGRES/log" -m immediate -w -t 60 "$@" >"$tmp/server" 2>&1 ||
		bail_out "the server: $(cat "$tmp/server")"
}

# ---- its sessions, and a token ------------------------------------------------------------------------

world losses
people 101 103
listens
wait_for 20 mirrored_quietly
terminate "update pbx_users set secret = 'meanwhile' where key = 'k102'"
wait_for 30 mirrored_quietly
mirrored "I22: what changed while the connections were down"
like "$(cat "$tmp/err")" "connection to .*was lost.*tried again" "the loss is said"
again() { log_has 'it works again'; }
wait_for 20 again
pass "and that it works again"
fault '{"action":"status","status":401,"times":3}'
changes "update pbx_users set secret = 'refused' where key = 'k101'" k101
wait_for 60 mirrored_quietly
mirrored "after three answers of 401"
is "$(sim faults | grep -o '"acted":3' | wc -l)" 1 "which all were met"
is "$(grep -c 'token.*tried again and again' "$tmp/err")" 1 "and said once"
ended "losses"

# ---- the server ----------------------------------------------------------------------

world crashed
people 101 103
listens
wait_for 20 mirrored_quietly
server stop
gone() { log_has 'it is tried again and again'; }
wait_for 20 gone
kill -STOP "$swb_pid" # until the edit is there
server start
before=$(full_pass)
heard=$(grep -c 'notifications arrive' "$tmp/err")
arrive_again() { [ "$(grep -c 'notifications arrive' "$tmp/err")" -gt "$heard" ]; }
sql "update pbx_users set secret = 'after' where key = 'k102'"
kill -CONT "$swb_pid"
wait_for 60 mirrored_quietly
mirrored "I22: a server that crashed and came back, and what changed before anybody listened"
wait_for 30 again
ok "a text is said once, however often it is tried" \
	test "$(grep 'tried again and again' "$tmp/err" | sed 's/^[^:]*:[^:]*:[^ ]* //' | sort | uniq -d | wc -l)" -eq 0
ok "notifications arrive again" wait_for 30 arrive_again
wait_for 30 at_rest "$before" || not_ok "everything is looked at"
changes "update pbx_users set secret = 'told' where key = 'k101'" k101
wait_for 20 mirrored_quietly
mirrored "I22: and it hears again"
ended "crashed"

# ---- a way that goes dead without a word ------------------------------------------------

world half_open
people 101 102
relay=
trap 'losses_rc=$?; lib_end "$relay"; (exit "$losses_rc"); lib_clean_up' EXIT
relay_said() { grep -q "$1" "$tmp/relay.out"; }
relays() { # FROM TO
	: >"$tmp/relay.out" # what the last one said is not this one's word
	"$BUILDDIR/tests/relay" "$1" "$2" >"$tmp/relay.out" &
	relay=$!
	wait_for 10 relay_said ready || bail_out "no relay"
}
relays "$tmp/.s.PGSQL.5432" "$PGHOST/.s.PGSQL.5432"
listens "postgres.conninfo=host=$tmp user=$PGUSER dbname=$PGDATABASE"
wait_for 20 mirrored_quietly
requests=$(sim count/requests)
kill -USR1 "$relay"
wait_for 10 relay_said silent || not_ok "the way is dead"
changes "update pbx_users set secret = 'unheard' where key = 'k101'" k101
noticed() { log_has 'heartbeat was not answered'; }
ok "I24: a half-open connection is noticed" wait_for 60 noticed
is "$(sim count/requests)" "$requests" "I31: and nothing was sent without the ledger"
kill -USR2 "$relay"
# The server keeps the session of the dead way, and its lock: that is ended as its keepalives would.
sql "select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'swbridge listen%'" >/dev/null
wait_for 90 mirrored_quietly
mirrored "I22: what nobody could tell is found when there is a way again"
wait_for 30 again
ok "and it says that it works again" again
ended "half open"
lib_end "$relay"
relay=

# ---- the API ------------------------------------------------------------------------------

world outage
people 101 102
listens
wait_for 20 mirrored_quietly
fault '{"action":"status","status":503}'
changes "update pbx_users set secret = 'wanted' where key = 'k101'" k101
sim "wait?key=status.PATCH.503&min=1" >/dev/null || sim "wait?key=faults&min=2" >/dev/null
sim fault/clear -d '{}' >/dev/null
# Only what the daemon has noted as unknown can settle sooner.
noted() { [ "$(sql "select count(*) from swbridge.journal where outcome is null and settles_at is null")" = 0 ]; }
wait_for 20 noted || not_ok "the unknown outcome is noted"
settle
changes "select 1" '*'
wait_for 90 mirrored_quietly
mirrored "I30: answers of 503 for a while"
is "$(kill -0 "$swb_pid" && echo there)" there "the daemon is there"
kill -STOP "$sim_pid"
changes "update pbx_users set secret = 'hung' where key = 'k102'" k102
under_way() { [ "$(sql "select count(*) from swbridge.journal where outcome is null")" = 1 ]; }
ok "an API that says nothing" wait_for 20 under_way
kill -CONT "$sim_pid"
settle
changes "select 1" '*'
wait_for 90 mirrored_quietly
mirrored "I19: and goes on"
ended "outage"

# Connection refused.
world refused
people 101 102
# Below the ports that the system gives to connections, which stay taken for a minute.
door=$((${sim_url##*:} % 20000 + 10001))
relays "$door" "${sim_url##*:}"
config "signalwire.api_url=http://127.0.0.1:$door"
swb init --rebind
is "$rc" 0 "bound to the way there" || diag "$err"
config listen.poll=1h listen.metrics=127.0.0.1:0 signalwire.api_url="http://127.0.0.1:$door"
start_swb listen
wait_for 20 hearing || not_ok "the daemon hears" "$(cat "$tmp/err")"
wait_for 20 mirrored_quietly
mirrored "before nobody is at home"
lib_end "$relay"
changes "update pbx_users set secret = 'nobody' where key = 'k101'" k101
said() { log_has 'tried again and again'; }
ok "nobody at home is said" wait_for 60 said
since() { sql "select since from swbridge.holder"; }
tried() { [ "$(since)" != "$attempt" ]; }
for n in 1 2 3; do
	attempt=$(since)
	wait_for 60 tried || not_ok "it is tried again"
done
is "$(sed 's/^[^:]*:[^:]*:[^ ]* //' "$tmp/err" | grep -v 'it works again' | sort | uniq -d)" "" \
	"an attempt in an outage says nothing that was said before"
relays "$door" "${sim_url##*:}"
wait_for 90 mirrored_quietly
mirrored "I19: somebody is at home again"
wait_for 30 again
ok "it says that it works again" again
ended "refused"

# ---- nobody tells, and not even the triggers do -------------------------------------------------

world untold
people 101 102
swb init --triggers
listens listen.poll=1s
wait_for 20 mirrored_quietly
sql "alter table pbx_users disable trigger all"
before=$(full_pass)
sql "update pbx_users set secret = 'silent' where key = 'k101'"
wait_for 10 mirrored_quietly
mirrored "I21: with all triggers disabled it is found within poll"
ended "untold"

# ---- outcomes that are never known -------------------------------------------------------------

# Each of them has to be looked for when it has settled; whatever else changed does not wait for the last of them.
world unknowns
people 101 103
listens signalwire.timeout=1s mirror.settle=7s listen.poll=8s
wait_for 20 mirrored_quietly
fault '{"method":"PATCH","path":"*","action":"commit_then_status","status":503,"times":-1}'
edits=0
goes_on_and() { # COMMAND…: after one more edit, whose outcome will not be known
	edits=$((edits + 1))
	changes "update pbx_users set secret = 'edit-$edits' where key = 'k10$((edits % 3 + 1))'" "k10$((edits % 3 + 1))"
	"$@"
}
never_known() { [ "$(sql "select count(*) from swbridge.journal where outcome is null")" -ge 2 ]; }
ok "outcomes are unknown" wait_for 20 goes_on_and never_known
sql "insert into pbx_users (key, extension, secret) values ('k104', '104', 'untold')"
ok "I19, I21: unknown outcomes that go on and on do not put off the look at everything" wait_for 20 goes_on_and is_there 104
sim fault/clear -d '{}' >/dev/null
wait_for 60 mirrored_quietly
mirrored "I19: and when answers come again"
ended "unknowns"

# ---- stopped past the margin ---------------------------------------------------------------------

world stopped
people 101 102
listens
wait_for 20 mirrored_quietly
set_sim '{"latency_ms":1000}'
before=$(sim count/posts_received)
people 103 106
changes "select 1" '*'
sim "wait?key=posts_received&min=$((before + 2))" >/dev/null || not_ok "two are on their way" "$(cat "$tmp/err")"
old=$swb_pid
kill -STOP "$old"
begun=$(date +%s)
sql "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'swbridge listen'" >/dev/null
set_sim '{"latency_ms":0}'
"$BUILDDIR/swbridge" -v -c "$conf" listen >"$tmp/second.out" 2>"$tmp/second.err" </dev/null &
second=$!
past_margin() { [ $(($(date +%s) - begun)) -gt 6 ]; }
wait_for 20 past_margin
settled_and_mirrored() { settle; sql "select pg_notify('swbridge', '*')" >/dev/null; mirrored_quietly; }
wait_for 60 settled_and_mirrored
mirrored "I31: another one took over from one that was stopped"
mutations=$(sim count/mutations)
kill -CONT "$old"
ok "the old one wakes, and sees that it lost the lock" wait_for 30 log_has 'lost.*tried again|waiting for another'
behind() { tail -n 4 "$tmp/err" | grep -q 'waiting for another swbridge'; }
ok "it stands by" wait_for 60 behind
is "$(sim count/mutations)" "$mutations" "I31: it mutates nothing more"
kill -TERM "$second"
wait "$second"
is "$?" 0 "SIGTERM ends the other one"
took_over() { [ "$(sql "select pid = $old and released_at is null from swbridge.holder")" = t ]; }
ok "and the old one takes over" wait_for 20 took_over
never_at_once
ended "stopped"

# ---- a token that changes, and a second signal --------------------------------------------------

world token
people 101 102
(umask 077 && printf '%s\n' "$SIM_TOKEN" >"$tmp/token")
listens signalwire.api_token= signalwire.api_token_file="$tmp/token"
wait_for 20 mirrored_quietly
sim project -d '{"token":"PTanother"}' >/dev/null
changes "update pbx_users set secret = 'denied' where key = 'k101'" k101
denied() { log_has 'token.*tried again and again'; }
ok "a token that is refused is said" wait_for 30 denied
(umask 077 && printf '%s\n' PTanother >"$tmp/token")
kill -HUP "$swb_pid"
wait_for 60 mirrored_quietly
mirrored "SIGHUP reads the token again"
set_sim '{"hold":true}'
changes "update pbx_users set secret = 'twice' where key = 'k101'" k101
wait_for 20 under_way || not_ok "a request is under way"
kill -TERM "$swb_pid"
stopping() { log_has 'stopping:'; }
wait_for 10 stopping
kill -TERM "$swb_pid"
at_once() { lib_gone "$swb_pid"; }
ok "I37: a second signal ends it at once" wait_for 2 at_once
wait "$swb_pid"
is "$?" 143 "I37: with the signal's status"
swb_pid=
set_sim '{"hold":false}'
idle() { [ "$(sim count/in_flight)" = 0 ]; }
wait_for 20 idle
for run in 1 2 3; do
	settle
	swb sync
done
in_step "I37: and safely"

# ---- an account that may not grow, for a while -----------------------------------------

world account
people 101 102
set_sim '{"account_error":"insufficient_balance"}'
config listen.poll=300ms
start_swb -v listen
refused() { grep -q insufficient "$tmp/out" || log_has insufficient; }
ok "the account may not grow" wait_for 20 refused
set_sim '{"account_error":null}'
ok "I29: when it may again, the daemon creates by itself" wait_for 20 mirrored_quietly
stop_swb
is "$rc" 0 "and ends as it should"

done_testing
