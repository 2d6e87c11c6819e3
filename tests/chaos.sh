#!/bin/sh
# chaos - random edits, faults, kills and restarts; then peace, and the three sides are compared.
#
#	sh tests/with-postgres sh tests/chaos.sh [-r ROUNDS] [-s STEP] [-v] FROM [TO]
#
# One world for each seed FROM, FROM+STEP, … up to TO.  What is decided comes
# from the seed alone; how requests and kills interleave comes from the machine.
# A seed that fails leaves a directory with all logs, named in the output.
# -v shows the decisions as they are made.
#
# Nothing waits for `settle` to pass: once no request is on its way any more,
# the simulator says so (in_flight, late_pending), and then time is moved.

. "${SRCDIR:-.}/tests/world.sh"

rounds=7 stride=1 verbose=
while getopts r:s:v option; do
	case $option in
	r) rounds=$OPTARG ;;
	s) stride=$OPTARG ;;
	v) verbose=yes ;;
	*) exit 64 ;;
	esac
done
shift $((OPTIND - 1))
seed=${1:?a seed} last=${2:-$1}
. "${SRCDIR:-.}/tests/chaos/dice.sh"

# ---- The program, in every way it can end ---------------------------------------

# start_run NUMBER [VARIABLE=VALUE]: in the background; its id in $run_pid.
start_run() {
	run_no=$1
	shift
	run_begun=$(sim count/requests)
	env "$@" $MEMCHECK "$BUILDDIR/tests/swbridge-kill" -v -c "$conf" sync >"$tmp/out.$run_no" 2>"$tmp/err.$run_no" </dev/null &
	run_pid=$!
}

# end_run NUMBER PID WHAT: waits for its end, and refuses the statuses that nothing here can be the reason of.
end_run() {
	wait "$2"
	rc=$?
	did "run $1 ($3) ended with $rc"
	{
		echo "--- round $round, run $1 ($3): $rc"
		cat "$tmp/out.$1" "$tmp/err.$1"
	} >>"$tmp/runs"
	case $rc in
	0 | 3 | 4 | 5 | 7 | 75 | 77 | 100 | 137 | 143) ;; # 143: before it could react
	*) complain "round $round: run $1 ($3) ended with $rc: $(tail -n 3 "$tmp/err.$1")" ;;
	esac
}

# Until the run has sent so many requests, or is at its end because it makes fewer; 5 s at most.
comes_to() { # REQUESTS
	come_tries=0
	until sim "wait?key=requests&min=$((run_begun + $1))&timeout_ms=100" >/dev/null 2>&1 || lib_gone "$run_pid" || [ "$come_tries" -ge 50 ]; do
		come_tries=$((come_tries + 1))
	done
}

signal_after() { # SIGNAL REQUESTS
	comes_to "$2"
	kill -s "$1" "$run_pid" 2>/dev/null
}

run_plain() {
	start_run 1 A=
	end_run 1 "$run_pid" plain
}

run_killed() {
	rnd 60
	start_run 1 SWBRIDGE_KILL9=$((r + 1))
	end_run 1 "$run_pid" "killed at step $((r + 1))"
}

run_signalled() {
	one_of TERM KILL
	rnd 12
	start_run 1 A=
	signal_after "$pick" "$r"
	end_run 1 "$run_pid" "$pick after $r requests"
}

run_two() {
	rnd 40
	start_run 1 SWBRIDGE_KILL9=$((r + 1))
	first=$run_pid what="first of two, killed at step $((r + 1))"
	start_run 2 A=
	end_run 2 "$run_pid" "second of two"
	end_run 1 "$first" "$what"
}

run_restart() {
	rnd 8
	start_run 1 A=
	comes_to "$r"
	restart_server
	end_run 1 "$run_pid" "server restarted after $r requests"
}

run_paused() {
	rnd 8
	start_run 1 A=
	comes_to "$r"
	sql "update swbridge.control set paused = true"
	end_run 1 "$run_pid" "paused after $r requests"
	sql "update swbridge.control set paused = false"
}

run_edited() {
	rnd 8
	start_run 1 A=
	comes_to "$r"
	sql "select test.edit($seed, $((round + 1000)))" >/dev/null
	end_run 1 "$run_pid" "edited after $r requests"
}

a_run() {
	rnd 100
	if [ "$r" -lt 34 ]; then run_plain
	elif [ "$r" -lt 59 ]; then run_killed
	elif [ "$r" -lt 73 ]; then run_signalled
	elif [ "$r" -lt 83 ]; then run_two
	elif [ "$r" -lt 88 ]; then run_restart
	elif [ "$r" -lt 93 ]; then run_paused
	else run_edited; fi
}

# Somebody in the dashboard: a password or a caller id set, a credential or a subscriber deleted.
a_dashboard_edit() {
	rnd 1000
	one_of credential credential credential subscriber
	kind=$pick
	with_subscribers || kind=credential
	victim=$(told state <<-END
		select id from $kind
		 where $(either true "username not in (select username from test.foreign_credential)")
		   and id not in (select id from $kind c where '$kind' = 'credential'
				and c.email in (select email from test.foreign_subscriber)
			or c.email in (select email from test.foreign_subscriber))
		 order by email, id limit 1 offset $r % (select greatest(count(*), 1) from $kind)
	END
	)
	one_of delete edit edit
	[ "$kind" = credential ] || pick=delete
	[ -n "$victim" ] || return 0
	sql "insert into test.touched values ('$victim') on conflict do nothing"
	if [ "$pick" = delete ]; then
		# What goes with it was touched as well.
		told state <<-END >"$tmp/cascade"
			select format('insert into test.touched values (%L) on conflict do nothing;', id) from credential where subscriber_id = '$victim'
		END
		psql -XAtq -f "$tmp/cascade"
		sim edit -d "{\"id\":\"$victim\",\"delete\":true}" >/dev/null
	else
		sim edit -d "{\"id\":\"$victim\",\"set\":{\"password\":\"dashboard\",\"caller_id\":\"dashboard\"}}" >/dev/null
	fi
	did "dashboard: $pick $kind $victim"
}

# ---- A world, a round, the peace at the end ---------------------------------------

begin() {
	dice=$(((seed * 2654435 + 1013904223) % 2147483648))
	round=0 complaints= hurt=
	diary=$tmp/diary
	: >"$diary"
	: >"$tmp/runs"
	one_of delete delete suspend keep
	on_remove=$pick
	stop_sim
	start_sim --port "${sim_url##*:}"
	config mirror.on_remove="$on_remove" signalwire.timeout=400ms mirror.settle=6s
	one_of newest oldest
	order=$pick
	one_of 3 1000
	pages=$pick
	one_of cursor offset
	paging=$pick
	one_of other absent same
	set_sim "{\"order\":\"$order\",\"page_size_max\":$pages,\"paging\":\"$paging\",\"inner_id\":\"$pick\"}"
	one_of 0 3 6
	digits=$pick
	one_of 200 201
	status=$pick
	one_of cascade refuse
	set_sim "{\"time_digits\":$digits,\"create_status\":$status,\"on_delete\":\"$pick\"}"
	if ! with_subscribers; then
		one_of true true false
		set_sim "{\"list_defaults\":false,\"endpoint_create_status\":$status,\"endpoint_put_clears\":$pick}"
	fi
	sim dice -d "{\"seed\":$seed}" >/dev/null
	sim seed -d '{"subscribers":[{"email":"stranger0@people.example","created_at":"2026-01-02T03:04:05Z","credentials":[
		{"username":"foreign0","password":"old"}]},{"email":"stranger1@people.example","created_at":"2026-01-02T03:04:05Z"}],
		"sip_endpoints":[{"username":"foreign1","password":"x","created_at":"2026-01-02T03:04:05Z"}]}' >/dev/null
	foreign_state >"$tmp/foreign"
	sql "truncate swbridge.sync, swbridge.subscriber, swbridge.journal, swbridge.approval;
		update swbridge.control set paused = false;
		select test.begin($seed);
		insert into test.foreign_credential values ('foreign0'), ('foreign1');
		insert into test.foreign_subscriber values ('stranger0@people.example'), ('stranger1@people.example')" >/dev/null
	did "seed $seed: on_remove $on_remove, order $order, pages of $pages, $paging, a 404 to a full house $pick"
}

# Nothing is on its way any more: what the ledger still waits for cannot happen.
let_time_pass() {
	for key in in_flight late_pending; do
		wait_for 20 sim_is_zero "$key" || complain "the simulator's $key never was 0"
	done
	settle
	hurry
}

a_round() {
	if chance 85; then
		did "edits"
		sql "select test.edit($seed, $round)" >/dev/null || complain "round $round: the edit failed"
	fi
	if chance 12; then a_dashboard_edit; fi
	if chance 60; then
		a_fault
		if chance 40; then a_fault; fi
	fi
	if chance 4; then
		did "server restarted"
		restart_server
	fi
	a_run
	if chance 50; then sim fault/clear -d '{}' >/dev/null; fi
	if chance 60; then
		did "time passes"
		let_time_pass
	fi
}

# until_in_step: syncs until one says 0.
until_in_step() {
	tries=0 rc=-1
	while [ "$tries" -lt 10 ] && [ "$rc" -ne 0 ]; do
		let_time_pass
		start_run 1 A=
		end_run 1 "$run_pid" peaceful
		tries=$((tries + 1))
	done
	[ "$rc" -eq 0 ] || complain "still $rc after $tries peaceful passes: $(cat "$tmp/out.1" "$tmp/err.1")"
}

at_peace() {
	round=peace
	sim fault/clear -d '{}' >/dev/null
	sql "select test.tidy('$on_remove')" >/dev/null
	try_again
	until_in_step
	sql "select test.rewrite_touched()" >/dev/null
	until_in_step
}

look_for_faults() {
	found=$({ printf '\\set on_remove %s\n' "$on_remove"; cat "$SRCDIR/tests/chaos/compare.sql"; } | told state) ||
		complain "the comparison failed"
	[ -z "$found" ] || complain "$found"
	found=$(told log <"$SRCDIR/tests/chaos/history.sql") || complain "the history could not be read"
	[ -z "$found" ] || complain "$found"
	foreign_state >"$tmp/foreign.now"
	cmp -s "$tmp/foreign" "$tmp/foreign.now" || complain "what is foreign changed: $(diff "$tmp/foreign" "$tmp/foreign.now")"
	[ "$(sim count/unroutable)" = 0 ] || complain "requests that the API does not have"
	before=$(sim count/requests)
	ledger_print "$tmp/ledger.before"
	start_run 1 A=
	end_run 1 "$run_pid" "once more"
	ledger_print "$tmp/ledger.after"
	[ "$rc $(sim count/requests)" = "0 $before" ] || complain "once more: exit status $rc, requests $before, now $(sim count/requests)"
	cmp -s "$tmp/ledger.before" "$tmp/ledger.after" ||
		complain "once more wrote the ledger: $(diff "$tmp/ledger.before" "$tmp/ledger.after")"
}

keep() {
	kept=$(mktemp -d "${TMPDIR:-/tmp}/swbridge-chaos-$seed.XXXXXX")
	sim state >"$kept/state" 2>&1
	sql "table pbx_users" >"$kept/pbx" 2>&1
	ledger_print "$kept/ledger" 2>&1
	psql -X -c "select * from swbridge.journal order by id" >"$kept/journal" 2>&1
	cp "$diary" "$tmp/runs" "$tmp/sim.log" "$kept"
	printf '%s' "$complaints" >"$kept/complaints"
}

one_seed() {
	begin
	while [ "$round" -lt "$rounds" ]; do
		round=$((round + 1))
		a_round
	done
	at_peace
	look_for_faults
	if [ -z "$complaints" ]; then
		pass "seed $seed"
		return
	fi
	keep
	not_ok "seed $seed" "make chaos SEED=$seed ROUNDS=$rounds; everything is in $kept" "$complaints" \
		"what was done:" "$(tail -n 30 "$diary")"
}

world chaos
psql -XAtq -v ON_ERROR_STOP=1 -f "$SRCDIR/tests/chaos/pbx.sql" 2>"$tmp/pbx.err" || bail_out "$(cat "$tmp/pbx.err")"
while [ "$seed" -le "$last" ]; do
	one_seed
	seed=$((seed + stride))
done
done_testing
