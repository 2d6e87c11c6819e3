#!/bin/sh
# sweep - every scenario, ended at every step, resumed, and run once more.
#
#	sh tests/with-postgres sh tests/sweep.sh [-s STRIDE] [-o OFFSET] [-p] [-d] [SCENARIO…]
#
# For each scenario: how many steps does it take?  Then, for every STRIDE-th
# step from OFFSET on, in a world of its own: run, ended there by _exit, then by
# SIGKILL; wait until what is unknown has settled; go on until nothing is left;
# compare the three sides and what was ever created; and once more, when nothing
# may happen.  With -p the first resuming run is ended too (pairs of steps).
#
# With -d it is the daemon that runs, that is asked to end there besides (SIGTERM: 0,
# the lock given back, nothing left open), and that resumes.
#
# The model is mbsync's (isync): each step is a place where the power fails.

. "${SRCDIR:-.}/tests/world.sh"

stride=1 offset=1 pairs= use=sync
while getopts s:o:pd option; do
	case $option in
	s) stride=$OPTARG ;;
	o) offset=$OPTARG ;;
	p) pairs=yes ;;
	d) use=listen ;;
	*) exit 64 ;;
	esac
done
shift $((OPTIND - 1))

# ---- Scenarios: before_X is mirrored in peace, after_X is what is then swept. ----
# created_X: how many subscribers and credentials may ever be created in all; also_X: what is
# checked besides, before the three sides are compared; verb_X: what is run in place of sync (not with -d).

before_create() { :; }
after_create() {
	people 101 103
	sql "update pbx_users set email = 'two@example.com' where extension in ('101', '102')"
}
created_create="2 3"

before_update() { people 101 103; }
after_update() {
	sql "update pbx_users set secret = 'changed-' || extension, caller_id = 'Desk ' || extension where extension <> '103';
		update pbx_users set username = 'other' where extension = '103'"
}
created_update="3 3"

before_remove() {
	people 101 103
	sql "update pbx_users set email = 'two@example.com' where extension in ('101', '102')"
}
after_remove() { sql "delete from pbx_users where extension in ('102', '103')"; }
created_remove="2 3"

before_replace() {
	people 101 102
	sql "update pbx_users set email = 'one@example.com'"
}
after_replace() { sql "update pbx_users set email = 'new@example.com' where extension = '102'"; }
created_replace="2 3"

before_move() {
	people 101 102
	sql "update pbx_users set email = 'one@example.com', first_name = 'Ada'"
}
after_move() { sql "update pbx_users set email = 'new@example.com', first_name = 'Grace'"; }
created_move="1 2"

before_swap() {
	people 101 103
	sql "update pbx_users set username = 'n' || extension"
}
after_swap() {
	sql "update pbx_users set username = case extension when '101' then 'n102' when '102' then 'n103' else 'n101' end"
}
created_swap="3 3"

before_takeover() { people 101 102; }
after_takeover() { sql "update pbx_users set key = 'again-' || key where extension = '101'"; }
created_takeover="2 2"

before_mixed() { people 101 104; }
after_mixed() {
	sql "delete from pbx_users where extension = '101';
		update pbx_users set secret = 'changed' where extension = '102';
		update pbx_users set enabled = false where extension = '103'"
	people 105 106
}
created_mixed="6 6"

# Suspended: the ids are kept and the passwords are nobody's; who comes back gets everything again.
before_suspend() {
	config mirror.on_remove=suspend
	people 101 103
	sql "update pbx_users set email = 'two@example.com' where extension in ('101', '102')"
}
after_suspend() {
	sql "delete from pbx_users where extension = '103';
		update pbx_users set enabled = false where extension = '102'"
}
also_suspend() {
	is_suspended=$(told state <<-'EOF'
		select string_agg(concat_ws(' ', s.state, c.username, c.password like 'secret-%', o.id is not distinct from c.subscriber_id), ', '
		                  order by c.username)
		  from credential c
		  left join swbridge.sync s on s.sip_endpoint_id = c.id
		  left join swbridge.subscriber o on o.no = s.subscriber_no;
	EOF
	)
	[ "$is_suspended" = "active 101 t t, suspended 102 f t, suspended 103 f t" ] || wrong="$wrong; $is_suspended"
	sql "update pbx_users set enabled = true"
	people 103 103
	swb sync
	[ "$rc" -eq 0 ] || wrong="$wrong; back again: exit $rc"
}
created_suspend="2 3"

before_restore() {
	before_suspend
	swb sync
	after_suspend
}
after_restore() {
	sql "update pbx_users set enabled = true, secret = 'changed', caller_id = 'Back' where extension = '102'"
	people 103 104
}
created_restore="3 4"

# A first migration: two are adopted, one of them shares its subscriber with one that is created.
before_migrate() { :; }
after_migrate() {
	people 101 105
	sql "update pbx_users set email = 'two@example.com' where extension in ('102', '103')"
	sim seed -d '{"subscribers":[{"email":"K101@pbx.example.com","credentials":[{"username":"101","password":"old"}]},
		{"email":"two@example.com","credentials":[{"username":"102","password":"old"}]}]}' >/dev/null
}
also_migrate() {
	adopted=$(sql "select string_agg(email, ' ' order by email) from swbridge.subscriber where origin = 'adopted'")
	[ "$adopted" = "k101@pbx.example.com two@example.com" ] || wrong="$wrong; adopted: $adopted"
}
verb_migrate="migrate --adopt --yes"
created_migrate="2 3"

# A lost ledger: what is there is ours again.
before_ours() { people 101 103; }
after_ours() {
	sql "truncate swbridge.sync, swbridge.subscriber, swbridge.journal, swbridge.approval"
	people 104 104
}
also_ours() {
	made=$(sql "select count(*) from swbridge.subscriber where origin = 'created'")
	[ "$made" = 4 ] || wrong="$wrong; ours: $made"
}
verb_ours="migrate --adopt --ours --yes"
created_ours="4 4"

# ---- One run -------------------------------------------------------------------

# stage SCENARIO: a world in step, the change made and not yet mirrored.  The server,
# the schema and the simulator's process are used again; what they hold is not.
stage() {
	sql "truncate swbridge.sync, swbridge.subscriber, swbridge.journal, swbridge.approval, pbx_users"
	stop_sim
	start_sim --port "${sim_url##*:}"
	config
	"before_$1"
	swb sync
	[ "$rc" -eq 0 ] || bail_out "$1: the peaceful run: $rc $err"
	"after_$1"
}

steps_of() {
	stage "$1"
	killed SWBRIDGE_STEPS "$tmp/steps" || bail_out "$1: the run that counts steps: $(cat "$tmp/err")"
	read -r steps <"$tmp/steps"
}

# killed SIGNAL-VARIABLE STEP: runs the program up to that step; its status.
killed() {
	if [ "$use" = listen ]; then
		listens env "$1=$2" "$BUILDDIR/tests/swbridge-kill"
		wait_for 60 gone_or_done
		# Where it was the last step of the work, it may still be stopping, and would be asked twice.
		[ "$1" != SWBRIDGE_TERM ] || wait_for 1 lib_gone "$swb_pid"
		ends
		return
	fi
	# shellcheck disable=SC2086
	env "$1=$2" "$BUILDDIR/tests/swbridge-kill" -c "$conf" $verb >"$tmp/out" 2>"$tmp/err" </dev/null
}

# ---- The daemon: it runs until nothing is left to do, and is asked to end then, if it is still there. ----

listens() { # COMMAND…
	grep -q '^\[listen\]' "$conf" || printf '[listen]\npoll = 300ms\nmetrics =\n' >>"$conf"
	"$@" -v -c "$conf" listen >"$tmp/out" 2>"$tmp/err" </dev/null &
	swb_pid=$!
}

ends() { # sets and returns its status
	kill -s TERM "$swb_pid" 2>/dev/null
	wait_for 40 lib_gone "$swb_pid" || kill -s KILL "$swb_pid"
	wait "$swb_pid"
	rc=$? swb_pid=
	return "$rc"
}

nothing_left() {
	"$BUILDDIR/swbridge" -q -c "$conf" plan --detailed-exitcode >/dev/null 2>&1
}
gone_or_done() { lib_gone "$swb_pid" || nothing_left; }
# Where nothing was left before, it is not to be asked to end before it can hear that.
settled_and_done() {
	settle
	nothing_left && grep -q 'this process mutates' "$tmp/err"
}

# asked SCENARIO STEP: SIGTERM there; 0, the lock given back, and no outcome that is not known.
asked() {
	stage "$1"
	killed SWBRIDGE_TERM "$2"
	what="$1, SIGTERM at step $2"
	# A step of the stopping itself, which the sweep has asked for: that is a second signal, and ends it at once.
	if grep -q 'ended at once' "$tmp/err"; then status=143; else status=0; fi
	wait_for 10 lock_free
	is "$rc $? $(sql "select count(*) from swbridge.journal where outcome is null")" "$status 0 0" \
		"I37: $what: $status, the lock given back, nothing open"
	judged "$1"
}

# Goes on until everything is in step; each run first notes what it found open, and then time passes.
resume() {
	if [ "$use" = listen ]; then
		listens "$BUILDDIR/swbridge"
		wait_for 60 settled_and_done
		resume_runs="$? (nothing left after a minute: 0)"
		ends && [ "${resume_runs%% *}" = 0 ]
		return
	fi
	resume_runs=0
	while [ "$resume_runs" -lt 6 ]; do
		settle
		# shellcheck disable=SC2086
		swb $verb
		resume_runs=$((resume_runs + 1))
		[ "$rc" -ne 0 ] || return 0
	done
	return 1
}

# What was ever created, by the simulator's own log.
ever_created() {
	told log 0 <<-'EOF'
		select count(*) filter (where type = 'subscriber'), count(*) filter (where type = 'credential')
		  from log where by = 'api' and op = 'create';
	EOF
}

# Silent checks: one line for the whole run.
found_wrong() { # SCENARIO CREATED
	wrong=
	set -- "$1" "$(either "$2" "0 ${2#* }")"
	if command -v "also_$1" >/dev/null; then "also_$1"; fi
	[ "$(ever_created)" = "$2" ] || wrong="$wrong; created $(ever_created), wanted $2"
	mirrored_quietly || wrong="$wrong; sides differ: $mirrored_found"
	before=$(sim count/mutations)
	ledger_print "$tmp/ledger.before"
	swb sync
	ledger_print "$tmp/ledger.after"
	[ "$rc $(sim count/mutations)" = "0 $before" ] || wrong="$wrong; once more: exit $rc, $(sim count/mutations) mutations, were $before"
	cmp -s "$tmp/ledger.before" "$tmp/ledger.after" || wrong="$wrong; once more wrote the ledger"
	if [ "$verb" != sync ]; then
		# shellcheck disable=SC2086
		swb $verb
		ledger_print "$tmp/ledger.after"
		[ "$rc $(sim count/mutations)" = "0 $before" ] || wrong="$wrong; $verb once more: exit $rc, $(sim count/mutations) mutations"
		cmp -s "$tmp/ledger.before" "$tmp/ledger.after" || wrong="$wrong; $verb once more wrote the ledger"
	fi
	[ -n "$wrong" ]
}

# Where a daemon gets by with fewer steps than were counted, it is not ended at the last ones.
ended_runs=0 ended_there=0
one_step() { # SCENARIO VARIABLE STEP [SECOND]
	stage "$1"
	killed "$2" "$3"
	case "$2 $?" in "SWBRIDGE_KILL 100" | "SWBRIDGE_KILL9 137") ended_there=$((ended_there + 1)) ;; esac
	ended_runs=$((ended_runs + 1))
	[ -z "${4-}" ] || { settle; killed "$2" "$4"; }
	what="$1, $2=$3${4:+,$4}"
	judged "$1"
}

judged() { # SCENARIO: it is resumed, and then everything is as if nothing had happened
	if ! resume; then
		not_ok "$what: resumed" "still exit $rc after $resume_runs runs" "$out" "$err"
	elif eval "found_wrong \"\$1\" \"\$created_$1\""; then
		not_ok "$what" "$wrong"
	else
		pass "I1, I4, I5: $what: exactly once"
	fi
}

sweep() {
	eval "verb=\${verb_$1-sync}"
	steps_of "$1"
	[ "$steps" -gt 5 ] || bail_out "$1 takes $steps steps: nothing to sweep"
	step=$offset
	while [ "$step" -le "$steps" ]; do
		if [ -n "$pairs" ]; then
			one_step "$1" SWBRIDGE_KILL9 "$step" "$((step % 7 + 1))"
		else
			one_step "$1" SWBRIDGE_KILL "$step"
			one_step "$1" SWBRIDGE_KILL9 "$step"
			[ "$use" = sync ] || asked "$1" "$step"
		fi
		step=$((step + stride))
	done
}

world swept
# Nobody moves to another owner where there is none.
all="create update remove $(either "replace move" "") swap takeover suspend restore mixed"
[ "$use" = listen ] || ! with_subscribers || all="$all migrate ours"
for scenario in "${@:-$all}"; do
	for scenario in $scenario; do
		sweep "$scenario"
	done
done
[ "$use" = sync ] || ok "$ended_there of $ended_runs daemons were ended where they were to be" test $((ended_there * 2)) -gt "$ended_runs"
done_testing
