#!/bin/sh
# test_stop_throttled.sh - SIGTERM while SignalWire asks for patience: the end comes at once, nothing is open, the next pass goes on.
. "${SRCDIR:-.}/tests/world.sh"
. "$SRCDIR/tests/listens.sh"

# told_to_wait PATCHES POSTS: so many of each were answered 429.
told_to_wait() {
	[ "$(sim count/status.PATCH.429)" -ge "$1" ] && [ "$(sim count/status.POST.429)" -ge "$2" ]
}
# A minute is asked for, of which half is heeded, and six times in a row; a person, and systemd, do not wait that long.
throttles() { # PATH-OF-POSTS
	fault '{"method":"PATCH","action":"status","status":429,"retry_after":"60","times":-1}'
	fault "{\"method\":\"POST\",\"path\":\"$1\",\"action\":\"status\",\"status\":429,\"retry_after\":\"60\",\"times\":-1}"
	patches=$(($(sim count/status.PATCH.429) + 2)) posts=$(($(sim count/status.POST.429) + 2))
}
stops() { # DESCRIPTION EXIT-STATUS OUTCOMES
	requests=$(sim count/requests)
	kill -TERM "$swb_pid"
	ok "I37: $1: SIGTERM ends it within seconds" wait_for 8 lib_gone "$swb_pid"
	stop_swb TERM
	is "$rc" "$2" "$1: with $2"
	is "$(sim count/requests)" "$requests" "$1: and nothing more is sent"
	is "$(sql 'select count(*) from swbridge.journal where outcome is null')" 0 "$1: no intent is open"
	is "$(sql "select distinct outcome from swbridge.journal where outcome <> 'done' order by 1")" "$3" "$1: what was refused is certain"
	is "$(sql 'select released_at is not null from swbridge.holder')" t "$1: the lock was given back"
}
goes_on() { # DESCRIPTION
	sim fault/clear -d '{}' >/dev/null
	syncs 0 "$1: the next run goes on"
	in_step "$1"
	is "$(told log 0 <<-'SQL'
		select type, name, count(*) from log where op = 'create' group by 1, 2 having count(*) > 1;
	SQL
	)" "" "I1: $1: nothing was made twice"
}

world sync
people 101 102
syncs 0 "two extensions"
people 103 104
sql "update pbx_users set secret = 'new' where key in ('k101', 'k102')"
throttles '*/sip_endpoints'
start_swb sync
ok "passwords and credentials have to wait" wait_for 20 told_to_wait "$patches" "$posts"
stops sync 75 "failed
not sent"
is "$(sql "select count(*) from swbridge.subscriber where id is not null")" 4 \
	"the subscribers that were made meanwhile are known"
goes_on sync

world listen
people 101 102
listens
wait_for 20 mirrored_quietly
throttles '*/subscribers'
changes "update pbx_users set secret = 'new'; insert into pbx_users (key, extension, secret)
	select 'k' || n, n, 'secret-' || n from generate_series(103, 104) n;" k101 k102 k103 k104
ok "passwords and subscribers have to wait" wait_for 20 told_to_wait "$patches" "$posts"
stops listen 0 "not sent"
goes_on listen

# ---- what is read beside it -----------------------------------------------------------------

world beside
people 101 102
config listen.poll=1h listen.metrics=127.0.0.1:0 listen.verify=1s
fault '{"method":"GET","path":"*/subscribers","action":"status","status":503,"retry_after":"60","times":-1}'
start_swb -v listen
wait_for 20 hearing || not_ok "the daemon hears" "$(cat "$tmp/err")"
refused() { [ "$(sim count/status.GET.503)" -ge 1 ]; }
ok "the daemon's own comparison has to wait" wait_for 20 refused
set_sim '{"hold":true}'
patches=$(sim count/PATCH)
changes "update pbx_users set secret = 'new'" k101
on_its_way() { [ "$(sim count/PATCH)" -gt "$patches" ]; }
ok "and a change is on its way" wait_for 20 on_its_way
kill -TERM "$swb_pid"
ok "SIGTERM is heard" wait_for 20 log_has 'stopping: what is on its way'
ok "the comparison is cut off" wait_for 20 log_has 'comparison .* is cut off'
set_sim '{"hold":false}'
ok "it ends" wait_for 20 lib_gone "$swb_pid"
stop_swb TERM
is "$rc" 0 "with 0"
unlike "$(cat "$tmp/err")" 'could not be compared' "what a stop cuts off is no failure"
is "$(journal_of k101)" "create:done update:done" "and what was on its way is recorded"

done_testing
