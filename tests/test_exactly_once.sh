#!/bin/sh
# 500 extensions while a fifth of all POSTs is lost after the act, a fifth answered 500 after it, and the
# program is killed again and again: exactly 500 subscribers and 500 credentials were ever made.
#
# EXTENSIONS=N runs it with another number.

. "${SRCDIR:-.}/tests/world.sh"

wanted=${EXTENSIONS:-500}
seed=${SEED:-1}
dice=$seed

rnd() {
	dice=$(((dice * 1103515245 + 12345) % 2147483648))
	r=$((dice / 512 % $1))
}

is_zero() {
	[ "$(sim "count/$1")" = 0 ]
}

world exactly_once signalwire.timeout=2s mirror.settle=8s
people 1001 $((1000 + wanted))
sim dice -d "{\"seed\":$seed}" >/dev/null
fault '{"method":"POST","action":"commit_then_reset","p":0.2,"times":-1}'
# Of the four fifths that are left, a quarter.
fault '{"method":"POST","action":"commit_then_status","status":500,"p":0.25,"times":-1}'

kills_for_certain=3
runs=0 kills=0 rc=-1
while [ "$runs" -lt 60 ] && [ "$rc" -ne 0 ]; do
	runs=$((runs + 1))
	requests=$(sim count/requests)
	start_swb sync
	rnd 3
	# The first runs for certain: each is in the middle of its POSTs then, whatever the machine is busy with.
	if [ "$kills" -lt "$kills_for_certain" ] || { [ "$r" -gt 0 ] && [ "$kills" -lt 20 ]; }; then
		rnd 120
		sim "wait?key=requests&min=$((requests + r))&timeout_ms=2000" >/dev/null 2>&1
		kill -9 "$swb_pid"
	fi
	wait "$swb_pid"
	rc=$?
	# Not one that had ended by itself before the signal came.
	[ "$rc" -ne 137 ] || kills=$((kills + 1))
	swb_pid=
	# What was on its way has arrived, or never will.
	wait_for 10 is_zero in_flight || not_ok "the simulator is at rest"
	settle
done
is "$rc" 0 "in step after $runs runs, $kills of them killed"
ok "the program was killed $kills times" test "$kills" -ge "$kills_for_certain"
# What went wrong, of all POSTs that reached the simulator.
posts=$(sim count/POST)
acted() { # ACTION: how often
	sim faults | sed -n "s/.*\"action\":\"$1\".*\"acted\":\([0-9]*\).*/\1/p"
}
for action in commit_then_reset commit_then_status; do
	share=$(($(acted $action) * 100 / posts))
	ok "$(acted $action) of $posts POSTs, $share%, went by $action" test "$share" -ge 15 -a "$share" -le 25
done
is "$(told log <<-'END'
	select count(*) filter (where type = 'subscriber' and op = 'create'),
	       count(*) filter (where type = 'credential' and op = 'create'),
	       count(*) filter (where op in ('delete', 'cascade'))
	  from log where by = 'api';
END
)" "$(either "$wanted" 0) $wanted 0" "$wanted subscribers and $wanted credentials were ever made, and none was removed"
is "$(told state <<-'END'
	select count(*) from credential c join pbx_users p on p.extension = c.username and p.secret = c.password;
END
)" "$wanted" "every password is right"
in_step "at the end"
done_testing
