#!/bin/sh
# test_standby.sh - what the metrics say of a daemon that stands by: nothing that an alert would take for trouble.
. "${SRCDIR:-.}/tests/world.sh"
. "$SRCDIR/tests/listens.sh"

metrics_of() { # LOG
	curl -sS --noproxy '*' --max-time 10 "http://127.0.0.1:$(sed -n 's/.*served at .* (port \([0-9]*\).*/\1/p' "$1" | tail -n 1)/metrics"
}
shows() { metrics_of "$1" | grep -q -x -e "$2"; } # LOG PATTERN: a whole line
# What only one knows who has a ledger and ears.
known='swbridge_deaf|swbridge_held|swbridge_extensions|swbridge_unknown_outcomes|swbridge_paused|swbridge_subscribers|swbridge_monthly_cost_dollars|swbridge_source_extensions|swbridge_verify_found'
families() { metrics_of "$1" | sed -n 's/^# TYPE \([^ ]*\) .*/\1/p' | grep -E -x -e "$known"; }
stands_by() { grep -q 'waiting for another swbridge' "$1"; }

world standby
people 101 103
config listen.poll=1h listen.metrics=127.0.0.1:0
cp "$conf" "$tmp/second.conf"
fault '{"method":"POST","path":"*/sip_endpoints","body":"\"103\"","action":"status","status":422,"content":"{\"errors\":[{\"code\":\"invalid\",\"message\":\"too short\",\"attribute\":\"password\"}]}"}'
listens mirror.max_removals=0 listen.verify=1s listen.metrics_file="$tmp/first.prom"
sql "delete from pbx_users where key = 'k102'"
changes "select 1" '*'
ok "the first one has something held" wait_for 20 shows "$tmp/err" 'swbridge_held{class="removals"} 1'
ok "and something rejected" wait_for 20 shows "$tmp/err" 'swbridge_extensions{state="rejected"} 1'
ok "it hears" wait_for 20 shows "$tmp/err" 'swbridge_deaf 0'
ok "and compares" wait_for 20 shows "$tmp/err" 'swbridge_verify_found{kind="drifted"} 0'
is "$(families "$tmp/err" | wc -l | tr -d ' ')" 9 "it tells of all that an alert asks for"

"$BUILDDIR/swbridge" -v -c "$tmp/second.conf" listen >"$tmp/second.out" 2>"$tmp/second.err" </dev/null &
second=$!
wait_for 20 stands_by "$tmp/second.err" || not_ok "the second stands by" "$(cat "$tmp/second.err")"
is "$(families "$tmp/second.err")" "" "one that stands by tells nothing of that: it is not deaf"
ok "but that it stands by" shows "$tmp/second.err" 'swbridge_leader 0'
ok "and how long it had no ears" shows "$tmp/second.err" 'swbridge_deaf_seconds_total [0-9.]*'

# The first one sleeps while it loses its connections, and finds the second one at work.
kill -STOP "$swb_pid"
sql "select pg_terminate_backend(pid) from pg_stat_activity where pid = (select backend_pid from swbridge.holder)" >/dev/null
leads() { [ "$(sql "select pid from swbridge.holder")" = "$second" ]; }
ok "the second takes over" wait_for 30 leads
ok "and does what was held" wait_for 20 shows "$tmp/second.err" 'swbridge_held{class="removals"} 0'
ok "it hears, and says so" wait_for 20 shows "$tmp/second.err" 'swbridge_deaf 0'
kill -CONT "$swb_pid"
ok "the first stands by" wait_for 30 stands_by "$tmp/err"
is "$(families "$tmp/err")" "" "and what it knew is not told any more, for others mend it"
ok "it does not lead" shows "$tmp/err" 'swbridge_leader 0'
ok "the last success stays" shows "$tmp/err" 'swbridge_last_success_timestamp_seconds [1-9][0-9.]*'
is "$(grep -E -c "^($known)[ {]" "$tmp/first.prom") $(grep -c '^swbridge_leader 0' "$tmp/first.prom")" "0 1" "its file says the same"

kill -TERM "$second"
wait "$second"
is "$?" 0 "the second ends"
ok "the first leads again" wait_for 30 shows "$tmp/err" 'swbridge_leader 1'
ok "and tells of all that again" wait_for 20 shows "$tmp/err" 'swbridge_extensions{state="active"} 1'
ok "also of its ears" wait_for 20 shows "$tmp/err" 'swbridge_deaf 0'
ended "standby"

# Who only looks has ears and a ledger.
config listen.poll=1h listen.metrics=127.0.0.1:0
start_swb -v listen --observe
ok "--observe hears" wait_for 20 shows "$tmp/err" 'swbridge_deaf 0'
ok "and tells what is there" wait_for 20 shows "$tmp/err" 'swbridge_extensions{state="rejected"} 1'
ok "without leading" shows "$tmp/err" 'swbridge_leader 0'
stop_swb TERM
is "$rc" 0 "it ends"

done_testing
