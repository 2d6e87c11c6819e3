#!/bin/sh
# test_sync_metrics - what a sync leaves in metrics_file, and that it never stands in the way.

. "${SRCDIR:-.}/tests/world.sh"

prom=$tmp/textfile/swbridge.prom
mkdir "$tmp/textfile"

# metric NAME-WITH-LABELS: its value.
metric() {
	awk -v name="$1" '$1 == name { print $2 }' "$prom"
}

world metrics listen.metrics_file="$prom"
people 1 3
sql "insert into pbx_users (key, extension, secret, skip_reason) values ('k9', '9', 'x', 'virtual')"
before=$(date +%s)
syncs 0 "a sync"
is "$(stat -c %a "$prom")" 644 "leaves a file that everybody can read"
is "$(ls -A "$tmp/textfile")" swbridge.prom "and nothing beside it"
is "$(metric 'swbridge_extensions{state="active"}')" 3 "active"
is "$(metric 'swbridge_extensions{state="skipped"}')" 1 "skipped"
is "$(metric 'swbridge_changes_total{action="create",result="done"}')" 3 "created"
is "$(metric 'swbridge_requests_total{method="POST",code="201"}')" 6 "requests, as the simulator counts them"
is "$(metric 'swbridge_subscribers') $(metric swbridge_monthly_cost_dollars)" "3 9.00" "what is paid for"
is "$(metric 'swbridge_passes_total{kind="full",result="complete"}')" 1 "one pass"
is "$(metric swbridge_paused)" 0 "not paused"
is "$(metric swbridge_leader)" "" "a process that has ended leads nobody"
is "$(metric swbridge_deaf)" "" "nor is it deaf"
last=$(metric swbridge_last_success_timestamp_seconds)
ok "the last success is now" test "${last%.*}" -ge "$before" -a "${last%.*}" -le "$(date +%s)"
is "$(grep -c -e secret- -e "$SIM_TOKEN" -e extension= -e pbx.example "$prom")" 0 "no secret, no name"
if command -v promtool >/dev/null; then
	is "$(promtool check metrics <"$prom" 2>&1)" "" "promtool finds nothing wrong"
else
	skip "promtool check metrics" "promtool is not installed"
fi

# Held.
config listen.metrics_file="$prom" mirror.max_removals=0
sql "delete from pbx_users where key in ('k1', 'k2')"
syncs 3 "two are gone and held"
is "$(metric 'swbridge_held{class="removals"}')" 2 "held removals"
is "$(metric 'swbridge_extensions{state="held"}')" 2 "as extensions, too"
is "$(metric 'swbridge_passes_total{kind="full",result="partial"}')" 1 "a pass that left something"

# A pass of some extensions says nothing of the whole.
cp "$prom" "$tmp/before"
syncs 0 "one extension" sync 3
ok "leaves the file as it was" cmp -s "$prom" "$tmp/before"
swb plan
ok "and so does a plan" cmp -s "$prom" "$tmp/before"

# A pass that fails keeps the last success, and tells of the attempt.
last=$(metric swbridge_last_success_timestamp_seconds)
sql "alter table pbx_users rename column secret to secrets"
swb sync
isnt "$rc" 0 "the source cannot be read"
case $(cmp -s "$prom" "$tmp/before" && echo same) in
same) pass "no session: the file stays as it is" ;;
*) is "$(metric swbridge_last_success_timestamp_seconds)" "$last" "the last success stays" ;;
esac
sql "alter table pbx_users rename column secrets to secret"

# What goes wrong on the way: throttled and tried again, no answer.
config listen.metrics_file="$prom"
sql "update pbx_users set secret = 'secret-3b' where key = 'k3'"
sim fault -d '{"method":"PATCH","action":"status","status":429,"times":2}' >/dev/null
syncs 0 "throttled twice"
is "$(metric swbridge_throttled_total) $(metric swbridge_retries_total)" "2 2" "throttled, tried again"
is "$(metric 'swbridge_requests_total{method="PATCH",code="429"}')" 2 "by code"
is "$(metric 'swbridge_changes_total{action="update",result="done"}')" 1 "and done"
sql "update pbx_users set secret = 'secret-3c' where key = 'k3'"
sim fault -d '{"method":"PATCH","action":"commit_then_reset"}' >/dev/null
syncs 5 "an answer is lost"
is "$(metric 'swbridge_requests_total{method="PATCH",code="none"}')" 1 "a request without an answer"
is "$(metric 'swbridge_changes_total{action="update",result="unknown"}')" 1 "a change whose outcome is unknown"
is "$(metric swbridge_unknown_outcomes) $(metric 'swbridge_extensions{state="unknown"}')" "1 1" "which remains"

# What cannot be written is a warning, once, and no error.
world warnings listen.metrics_file="$tmp/nowhere/swbridge.prom"
people 1 1
syncs 0 "the file cannot be written: the pass is a success"
is "$(grep -c metrics_file "$tmp/err")" 1 "and one line warns"
like "$err" "warning: metrics_file in \[listen\]: $tmp/nowhere/swbridge.prom cannot be written \(No such file or directory\)" "and says what to do"

# The journal gets levels, where stderr is the journal.
JOURNAL_STREAM=$(stat -c %d:%i "$tmp/err")
export JOURNAL_STREAM
syncs 0 "stderr is the journal"
like "$err" '^<4>swbridge: warning: metrics_file' "each line has its level"
JOURNAL_STREAM=1:1
syncs 0 "stderr is something else"
unlike "$err" '^<' "and no line has"

done_testing
