#!/bin/sh
# test_sync_stop.sh - what stops a pass at once, what kills it, and that the next one goes on from there.
. "${SRCDIR:-.}/tests/world.sh"

twins() { told log 0 <<-'EOF'
	select type, name, count(*) from log l where op = 'create'
	   and not exists (select from log d where d.id = l.id and d.op in ('delete', 'cascade'))
	 group by 1, 2 having count(*) > 1;
EOF
}

reached() { [ "$(carried "$1")" -ge "$2" ]; }

world refused
people 101 110
syncs 0 "ten extensions"
sql "update pbx_users set secret = 'new'"
for status in 401 403; do
	set_sim "{\"missing_scope\":$status}"
	syncs 77 "the API answers $status"
	is "$(sent) $requests" " 1" "one request, and nothing more is sent"
done
set_sim '{"missing_scope":0}'
fault '{"method":"PATCH","action":"status","status":401}'
swb sync
is "$rc $(sql 'select count(*) from swbridge.journal where outcome is null')" "77 0" "401 in the middle: certain"
syncs 0 "when the token is right again"
in_step "after 401"

# Another project answers with another domain.
sql "update pbx_users set secret = 'newer'"
sim project -d '{"id":"99999999-2222-4333-8444-555555555555","token":"x","domain":"other.sip.signalwire.com"}' >/dev/null
set_sim '{"act_as":"99999999-2222-4333-8444-555555555555"}'
syncs 6 "the token belongs to another project"
is "$(sent) $requests" " 1" "nothing is sent"
set_sim '{"act_as":null}'

# Everything is gone, says an API that lies: nothing is believed.
set_sim '{"all_404":"all"}'
syncs 6 "every answer is 404"
is "$(sent)" "" "nothing is sent"
is "$(sql 'select count(sip_endpoint_id) from swbridge.sync')" 10 "no id is forgotten"
set_sim '{"all_404":"off"}'
syncs 0 "it was a mistake"
in_step "after 404"

# Too many requests.
sql "update pbx_users set secret = 'limited'"
fault '{"method":"PATCH","action":"status","status":429,"retry_after":"1","times":3}'
syncs 0 "three are told to wait a second"
in_step "after 429"
is "$(sent | wc -l)" 10 "each is sent once"

stop_sim
sql "update pbx_users set secret = 'down'"
swb sync
is "$rc" 75 "the API is down"
is "$(sql 'select count(*) from swbridge.journal where outcome is null')" 0 "nothing is unknown"

# ---- the dashboard -----------------------------------------------------------------

world dashboard
people 101 105
sql "update pbx_users set email = 'two@x.example', first_name = 'Two' where key in ('k101', 'k102')"
syncs 0 "five extensions"
sim edit -d "{\"id\":\"$(sql "select sip_endpoint_id from swbridge.mapping where key = 'k103'")\",\"delete\":true}" >/dev/null
sql "update pbx_users set secret = 'new' where key = 'k103'"
syncs 0 "a credential that somebody deleted"
is "$(sent)" "POST credential 103 password,username" "is created again in the same pass"
in_step "deleted by somebody"
if with_subscribers; then
	sim edit -d "{\"id\":\"$(sql "select id from swbridge.subscriber where email = 'two@x.example'")\",\"delete\":true}" >/dev/null
	sql "update pbx_users set secret = 'new' where key = 'k101'"
	swb sync
	swb sync
	in_step "a subscriber that somebody deleted"
	sim edit -d "{\"id\":\"$(sql "select id from swbridge.subscriber where email = 'two@x.example'")\",\"delete\":true}" >/dev/null
	sql "update pbx_users set first_name = 'Three' where key = 'k101'"
	swb sync
	swb sync
	in_step "a subscriber that somebody deleted, seen by its profile"
fi

# ---- killed -----------------------------------------------------------------------

world killed signalwire.max_in_flight=2
people 101 120
set_sim '{"latency_ms":100}'
killed=0
for min in $(either "1 7 13 19 25" "1 5 9 13 17"); do
	start_swb sync
	wait_for 5 reached mutations "$min"
	kill -9 "$swb_pid" 2>/dev/null
	wait "$swb_pid" 2>/dev/null
	[ $? -ne 137 ] || killed=$((killed + 1))
	swb_pid=
	wait_for 10 lock_free
done
ok "most of them were at work: $killed" test "$killed" -ge 3
set_sim '{"latency_ms":0}'
swb sync
settle
swb sync
settle
swb sync
is "$rc" 0 "I1: killed five times, and run again"
in_step "killed"
is "$(twins)" "" "nothing is there twice"

# ---- two at once ------------------------------------------------------------------

sql "update pbx_users set secret = 'again'"
set_sim '{"hold":true}'
n=$(carried PATCH)
start_swb sync
ok "the first has sent something" wait_for 20 reached PATCH $((n + 1))
rc=0
"$BUILDDIR/swbridge" -c "$conf" sync >"$tmp/second" 2>&1 || rc=$?
is "$rc" 7 "a second one is refused"
like "$(cat "$tmp/second")" 'since [-0-9]+ [0-9:]+\+00\)' "and told since when, to the second"
set_sim '{"hold":false}'
wait "$swb_pid"
is "$?" 0 "the first goes on"
swb_pid=
in_step "two at once"

# ---- a long read ------------------------------------------------------------------

# endless [true]: reading takes for ever; with "true" the server does not even look whether anybody is there.
endless() {
	unread
	sql "create or replace view pbx_users as select t.* from pbx_table t, (select case when ${1:-false}
			then (select set_config(name, '0', false) from pg_settings where name = 'client_connection_check_interval') end) s
		where pg_sleep(600) is not null"
}
reading() { [ "$(sql "select count(*) from pg_stat_activity where wait_event = 'PgSleep'")" -gt 0 ]; }
unread() { sql "select pg_terminate_backend(pid) from pg_stat_activity where wait_event = 'PgSleep'" -o /dev/null; } # after a failure
nobody() {
	[ "$(sql "select (select count(*) from pg_stat_activity where application_name like 'swbridge%')
		+ (select count(*) from pg_locks where locktype = 'advisory')")" -eq 0 ]
}

world long_read
people 101 103
syncs 0 "three extensions"
sql "alter table pbx_users rename to pbx_table"
endless true
start_swb sync
ok "it reads" wait_for 20 reading
stop_swb TERM
is "$rc" 75 "stopped while it reads"
ok "A stopped read is over on the server, and the lock is free" wait_for 20 nobody
endless
if [ "$(sql "select count(*) from pg_settings where name = 'client_connection_check_interval'")" -eq 1 ]; then
	for verb in sync plan; do
		start_swb "$verb"
		ok "it reads" wait_for 20 reading
		kill -9 "$swb_pid"
		wait "$swb_pid" 2>/dev/null
		swb_pid=
		ok "$verb: the read of one that was killed is over on the server, and the lock is free" wait_for 20 nobody
	done
else
	skip "the read of one that was killed ends" "this server does not look for its clients"
fi
unread
sql "drop view pbx_users; alter table pbx_table rename to pbx_users"
in_step "a long read"

done_testing
