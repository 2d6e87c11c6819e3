#!/bin/sh
# test_paused.sh - a paused daemon looks and does nothing: that is no complete pass, and nothing is removed at once behind it.
. "${SRCDIR:-.}/tests/world.sh"

. "$SRCDIR/tests/listens.sh"

metric() { awk -v name="$1" '$1 == name { print $2 }' "$tmp/metrics.prom"; }
full_looks() { awk '/^swbridge_passes_total{kind="full"/ { n += $2 } END { print n + 0 }' "$tmp/metrics.prom"; }
looked_again() { [ "$(full_looks)" -ge "$looks" ]; }
# Two: what the first one writes behind its metrics is there when the second has ended.
looks_twice() {
	for look in 1 2; do
		looks=$(($(full_looks) + 1))
		changes "select 1" '*'
		wait_for 20 looked_again || not_ok "it looks at everything" "$(cat "$tmp/err")"
	done
}

world paused
people 101 103
listens listen.metrics_file="$tmp/metrics.prom" mirror.grace=1h
wait_for 20 mirrored_quietly
looks_twice
swb pause
# What was under way when it was paused has ended behind these.
looks_twice
before=$(full_pass)
last=$(metric swbridge_last_success_timestamp_seconds)
sql "delete from pbx_users where key = 'k102'; update pbx_users set secret = 'held' where key = 'k103'"
looks_twice
is "$(full_pass)" "$before" "a paused look at everything is no complete pass"
is "$(metric swbridge_paused)" 1 "which the metrics show"
sql "update swbridge.holder set last_complete_pass = now() - interval '2 hours'; update swbridge.sync set absent_since = now() - interval '2 hours' where key = 'k102'"
looks_twice
last=$(metric swbridge_last_success_timestamp_seconds)
ok "and they let the last success grow old, so that an alert comes" test "${last%.*}" -lt $(($(date +%s) - 7000))
is "$(journal_of k103)" "create:done" "nothing is sent"

# Nothing was removed for longer than grace, and a start amid that begins it anew.
kill -HUP "$swb_pid"
anew() { [ "$(sql "select absent_since > now() - interval '1 hour' from swbridge.sync where key = 'k102'")" = t ]; }
ok "a term that begins behind a long pause begins every absence anew" wait_for 20 anew
before=$(full_pass)
swb resume
looks_twice
is "$(is_there 102 && echo there) $(remote | grep -c held)" "there 1" "resumed: what was held is sent, and what is gone has its grace"
ok "and that is a complete pass" wait_for 20 passed_again
sql "update swbridge.sync set absent_since = now() - interval '2 hours' where key = 'k102'"
kill -HUP "$swb_pid"
wait_for 20 mirrored_quietly
mirrored "it is removed when that is over, also by a term that begins then"
ended "paused"

done_testing
