#!/bin/sh
# test_takeover.sh - the daemon that stands by: how well it is, what it waits out, and that it takes over what the ledger is bound to by then.
. "${SRCDIR:-.}/tests/world.sh"
. "$SRCDIR/tests/listens.sh"

second=
trap 'takeover_rc=$?; lib_end "$second"; (exit "$takeover_rc"); lib_clean_up' EXIT

has() { grep -Eqs -e "$2" "$1"; } # LOG PATTERN
# second LOG: one more daemon, $second, with the configuration as it is now.
second() {
	: >"$1" # what the last one wrote there are not its words
	"$BUILDDIR/swbridge" -v -c "$conf" listen >"$tmp/second.out" 2>"$1" </dev/null &
	second=$!
	wait_for 20 has "$1" 'waiting for another swbridge' || not_ok "the second stands by" "$(cat "$1")"
}
killed() { # PID
	kill -KILL "$1"
	wait "$1" 2>/dev/null
}
has_secret() { [ "$(secret_of "$1")" = "$2" ]; }
health_of() { # LOG: the answer's status
	curl -s --noproxy '*' --max-time 20 -o "$tmp/health" -w '%{http_code}' \
		"http://127.0.0.1:$(sed -n 's/.*served at .* (port \([0-9]*\)).*/\1/p' "$1" | tail -n 1)/healthz"
}
healthy() { [ "$(health_of "$1")" = 200 ]; }
# Of the two daemons the one that does not mutate: sets $log and $other.
roles() {
	if [ "$(sql 'select pid from swbridge.holder')" = "$second" ]; then
		log=$tmp/err other=$tmp/second.err
	else
		log=$tmp/second.err other=$tmp/err
	fi
}
both_say() { has "$tmp/err" "$1" && has "$tmp/second.err" "$1"; }
works_again='it works again, after [0-9]* s; another swbridge is at work'

# ---- a fault that both meet --------------------------------------------------------

# A column is gone for a moment, and the server forgets all sessions.
world both
people 101 103
sql "update pbx_users set caller_id = 'Before'"
listens
wait_for 20 mirrored_quietly
second "$tmp/second.err"
sql "alter table pbx_users rename caller_id to caller_id_gone" >/dev/null
sql "select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'swbridge listen%'" >/dev/null
ok "both say what is gone" wait_for 60 both_say 'caller_id.*tried again and again'
is "$(health_of "$tmp/err") $(health_of "$tmp/second.err")" "503 503" "neither is well"
ok "who stood by has not ended" kill -0 "$second"
sql "alter table pbx_users rename caller_id_gone to caller_id; update pbx_users set secret = 'again' where key = 'k101'" >/dev/null
wait_for 60 mirrored_quietly
mirrored "it is back"
roles
ok "who stands by says that it works again, and who is at work" wait_for 60 has "$log" "$works_again"
ok "and is well" wait_for 10 healthy "$log"
ok "who mutates says so, too" wait_for 60 has "$other" 'it works again, after [0-9]* s; this process mutates'

# ---- a fault of SignalWire's -------------------------------------------------------

# Each has the lock for a moment, in turn, and is no better off for that: nothing works again before a pass is complete.
set_sim '{"latency_ms":700}'
sim project -d '{"token":"PTanother"}' >/dev/null
for file in "$tmp/err" "$tmp/second.err"; do
	cp "$file" "$file.before"
done
since() { tail -n +$(($(wc -l <"$1.before") + 1)) "$1"; } # LOG: what it says from here on
refused() { since "$1" | grep -q 'token.*tried again and again'; }
in_turn() {
	refused "$tmp/err" && refused "$tmp/second.err" &&
		[ "$( (since "$tmp/err"; since "$tmp/second.err") | grep -c 'waiting for another swbridge')" -ge 3 ]
}
changes "update pbx_users set secret = 'denied' where key = 'k102'" k102
ok "both are refused, and wait for each other, again and again" wait_for 90 in_turn
is "$( (since "$tmp/err"; since "$tmp/second.err") | grep -c 'it works again')" 0 "which neither takes for work"
is "$(health_of "$tmp/err") $(health_of "$tmp/second.err")" "503 503" "nor for well"
set_sim '{"latency_ms":0}'
sim project -d "{\"token\":\"$SIM_TOKEN\"}" >/dev/null
wait_for 60 mirrored_quietly
mirrored "the token is good again"
again() { roles && since "$log" | grep -Eq -e "$works_again"; }
ok "who stands by says that it works again" wait_for 60 again
ok "and is well" wait_for 10 healthy "$log"
kill -TERM "$second"
wait "$second"
is "$?" 0 "SIGTERM ends the second"
second=
never_at_once
ended "both"

# ---- bound anew while it stands by -----------------------------------------------------

# The PBX gets a column, and init binds it.
world bound
people 101 102
listens
wait_for 20 mirrored_quietly
second "$tmp/second.err"
sql "alter table pbx_users add column job_title text default 'Clerk', add column sip_password text"
swb init
like "$rc $out" 'columns: .*job_title.*others than before.*' "init binds another column"
like "$out" 'daemon .*goes on with those of before.*SIGHUP' "and says how a daemon hears of it"
killed "$swb_pid"
swb_pid=
titles() { told state <<-'SQL'
	select string_agg(distinct coalesce(job_title, 'none'), ' ') from subscriber;
SQL
}
has_titles() { [ "$(titles)" = "$1" ]; }
ok "I20: who takes over reads what is bound now" wait_for 30 has_titles Clerk
first=$second

# The secrets are in another column from now on, which a standby's configuration does not say.
second "$tmp/old.err"
config listen.poll=1h listen.metrics=127.0.0.1:0 columns.secret=sip_password
sql "update pbx_users set sip_password = 'new-' || extension"
swb init
mutations=$(sim count/mutations)
killed "$first"
ok "I11: one whose configuration says another column waits" \
	wait_for 30 has "$tmp/old.err" 'bound to column .*sip_password.*tried again and again'
is "$(sim count/mutations) $(sql 'select pid from swbridge.holder')" "$mutations $first" "and has sent and written nothing"
ok "and has not ended" kill -0 "$second"
kill -HUP "$second"
ok "with the new configuration it reads the new one" wait_for 30 has_secret 101 new-101
ok "of every extension" wait_for 30 has_secret 102 new-102
sql "update pbx_users set secret = sip_password"
wait_for 20 mirrored_quietly
mirrored "bound anew"
first=$second

# An upgrade: the ledger is of a version that those who wait do not know.
second "$tmp/third.err"
"$BUILDDIR/swbridge" -c "$conf" sync --wait >"$tmp/waiting" 2>&1 </dev/null &
waiting=$!
ok "sync --wait waits" wait_for 20 has "$tmp/waiting" 'waiting for another swbridge'
version=$(sql "select schema_version from swbridge.identity")
sql "update swbridge.identity set schema_version = 99; update pbx_users set secret = 'late', sip_password = 'late'"
mutations=$(sim count/mutations)
killed "$first"
ok "sync --wait ends" wait_for 30 lib_gone "$waiting" || kill -KILL "$waiting"
wait "$waiting"
is "$?" 6 "I11: migrated while it waits: sync --wait ends with 6"
like "$(cat "$tmp/waiting")" 'version 99.*newer swbridge' "and says what is to be done"
ok "I11: a daemon says it, and does not end" wait_for 30 has "$tmp/third.err" 'version 99.*newer swbridge.*tried again and again'
is "$(sim count/mutations) $(sql 'select pid from swbridge.holder')" "$mutations $first" "I11: neither has sent or written anything"
is "$(health_of "$tmp/third.err")" 503 "the daemon is not well"
sql "update swbridge.identity set schema_version = $version"
wait_for 60 mirrored_quietly
mirrored "a version that it knows"
ok "it works again" wait_for 20 has "$tmp/third.err" 'it works again.*this process mutates'
kill -TERM "$second"
wait "$second"
is "$?" 0 "SIGTERM ends it"
second=
never_at_once

done_testing
