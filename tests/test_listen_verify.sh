#!/bin/sh
# test_listen_verify.sh - the daemon looks at SignalWire by itself, changes nothing there, and is not kept from its work.
. "${SRCDIR:-.}/tests/world.sh"
command -v curl >/dev/null || skip_all "curl is not installed"

listens() { # [SECTION.KEY=VALUE…]
	config listen.poll=1h listen.metrics=127.0.0.1:0 "$@"
	start_swb -v listen # in a new world: whoever looks, it is this one
	wait_for 20 hearing || not_ok "the daemon hears" "$(cat "$tmp/err")"
}
log_has() { grep -Eq -e "$1" "$tmp/err"; }
log_times() { [ "$(grep -Ec -e "$1" "$tmp/err")" -ge "$2" ]; }
hearing() { log_has 'notifications arrive' && [ "$(sql "select last_complete_pass is not null from swbridge.holder")" = t ]; }
changes() { # STATEMENT KEY
	sql "begin; $1; select pg_notify('swbridge', '$2'); commit" >/dev/null
}
metric() { # PATTERN: of the last rendering
	curl -sS --noproxy '*' --max-time 10 "http://127.0.0.1:$(sed -n 's/.*served at .* (port \([0-9]*\)).*/\1/p' "$tmp/err" | tail -n 1)/metrics" |
		grep -E "$1"
}
password_is() { [ "$(remote | sed -n "s/^101 [^ ]* \([^ ]*\).*/\1/p")" = "$1" ]; }
edit() { sim edit -d "$1" >/dev/null; }
credential_of() { sql "select sip_endpoint_id from swbridge.mapping where key = '$1'"; }

world patrol
people 101 110
sql "update pbx_users set caller_id = 'Ann' where key = 'k103'"
listens listen.verify=1s signalwire.timeout=60s mirror.settle=70s
wait_for 30 log_has '10 extensions were compared with what is at SignalWire: no difference' || diag "$(cat "$tmp/err")"
ok "the daemon compares by itself" log_has '10 extensions were compared with what is at SignalWire: no difference'
like "$(metric swbridge_verify_found)" 'swbridge_verify_found.kind="drifted". 0' "and counts what it found"
like "$(metric swbridge_verify_last_success)" 'swbridge_verify_last_success_timestamp_seconds [0-9.]+' "and says when"
edit "{\"id\":\"$(credential_of k103)\",\"set\":{\"caller_id\":\"Mallory\"}}"
edit "{\"id\":\"$(credential_of k104)\",\"delete\":true}"
mark=$(sim count/seq)
wait_for 30 log_has '103 has drifted at SignalWire: caller_id is "Mallory", not "Ann"'
ok "a drift is logged with its field" log_has '103 has drifted at SignalWire: caller_id is "Mallory", not "Ann"'
wait_for 30 log_has 'Of 10 extensions at SignalWire 1 have drifted, 1 are missing; 0 subscribers have leaked'
ok "and counted, with the command that mends it" log_has '1 are missing; .*swbridge verify --repair'
found_both() { metric 'swbridge_verify_found.kind="drifted". 1' && metric 'swbridge_verify_found.kind="missing". 1'; }
wait_for 30 found_both >/dev/null
like "$(metric swbridge_verify_found)" 'kind="missing". 1' "in the metrics, too"
is "$(sent)" "" "nothing is changed"

# A comparison that takes its time keeps nobody waiting.
fault "{\"method\":\"GET\",\"path\":\"*/sip_endpoints\",\"times\":-1,\"action\":\"delay\",\"ms\":$(unhurried 5000)}"
visiting() { [ "$(sim count/class.credentials.GET)" -gt "$visits" ]; }
visits=$(sim count/class.credentials.GET)
wait_for 30 visiting
changes "update pbx_users set secret = 'changed-101' where key = 'k101'" k101
ok "a change is sent" wait_for 10 password_is changed-101
ok "while a comparison waits for SignalWire" test "$(sim count/in_flight)" -ge 1

# What cannot be read is said, and nothing of it counts as missing.
sim fault/clear -d '{}' >/dev/null
fault '{"method":"GET","path":"/api/fabric/resources/subscribers","times":-1,"action":"repeat_next"}'
set_sim '{"page_size_max":4}'
wait_for 40 log_has 'The remote side could not be read whole: subscribers'
ok "a list that cannot be read whole is told" log_has 'The remote side could not be read whole: subscribers'
sim fault/clear -d '{}' >/dev/null
like "$(metric swbridge_verify_found)" 'kind="missing". 1' "and what was known stands"

# SIGTERM amid one.
fault '{"method":"GET","path":"*/sip_endpoints","times":-1,"action":"delay","ms":20000}'
visits=$(sim count/class.credentials.GET)
wait_for 40 visiting
stop_swb TERM
is "$rc" 0 "SIGTERM amid a comparison ends it with 0"
is "$(sql 'select released_at is not null from swbridge.holder')" t "and the lock was given back"

# The connection is lost amid one: the next term begins it anew.
world lost
people 101 105
listens listen.verify=1s
fault '{"method":"GET","path":"*/sip_endpoints","times":-1,"action":"delay","ms":1500}'
visits=$(sim count/class.credentials.GET)
wait_for 30 visiting
sql "select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'swbridge%' and datname = current_database()" >/dev/null
wait_for 30 log_has 'it works again'
ok "every connection is lost amid one: it works again" log_has 'it works again'
sim fault/clear -d '{}' >/dev/null
compared=$(($(grep -c '5 extensions were compared' "$tmp/err") + 1))
wait_for 40 log_times '5 extensions were compared' "$compared"
ok "and compares again" log_times '5 extensions were compared' "$compared"
stop_swb TERM
is "$rc" 0 "and ends with 0"

world never
people 101 102
listens listen.verify=0s
changes "update pbx_users set secret = 'x' where key = 'k101'" k101
wait_for 20 password_is x
is "$(sim count/class.legacy_list.GET)" 0 "verify = 0s: never"
stop_swb TERM

# ---- only looking ----------------------------------------------------------------

world observes
people 101 103
swb sync
is "$rc" 0 "a sync"
config listen.poll=1h listen.metrics=127.0.0.1:0 listen.verify=1s
mutations=$(sim count/mutations)
start_swb -v listen --observe
ok "--observe compares, too" wait_for 30 log_has '3 extensions were compared with what is at SignalWire: no difference'
compared() { metric 'swbridge_verify_last_success_timestamp_seconds [1-9]' >/dev/null; }
ok "and has it in its metrics" wait_for 20 compared
is "$(sim count/mutations)" "$mutations" "and changes nothing"
stop_swb TERM
is "$rc" 0 "SIGTERM ends it"

done_testing
