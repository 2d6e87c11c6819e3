#!/bin/sh
# soak - the daemon, left alone with a PBX, a server and an API that all misbehave; at the end everything is compared.
#
#	sh tests/with-postgres sh tests/soak.sh [-m MINUTES] [-v] SEED
#
# Two kinds of rows: some change at random (tests/chaos/pbx.sql), others stay
# (tests/chaos/soak.sql) and must never be removed or suspended, though the
# whole table is deleted and inserted again in separate transactions, with less
# than `grace` between them.  Meanwhile connections are ended, servers restarted,
# daemons killed, ended, stopped and relieved, and the API lies.
#
# Every so often there is peace, and within a time the three sides must be
# equal, by the daemon's own doing.  In the last part of the time one process
# lives through everything but its own death: its memory and its descriptors
# must be at the end what they were at the beginning.
#
# What is decided comes from the seed; when it happens, from the machine.

. "${SRCDIR:-.}/tests/world.sh"

minutes=10 verbose=
while getopts m:v option; do
	case $option in
	m) minutes=$OPTARG ;;
	v) verbose=yes ;;
	*) exit 64 ;;
	esac
done
shift $((OPTIND - 1))
seed=${1:?a seed}
soak_seconds=$(awk -v m="$minutes" 'BEGIN { print int(m * 60) }')
grace=20
. "${SRCDIR:-.}/tests/chaos/dice.sh"

now() { date +%s; }

# ---- The daemons: $swb_pid mutates or will; $second stands by, where there is one --------

daemon_no=0 second= ended= ends_of_all=0

starts() { # sets $started
	daemon_no=$((daemon_no + 1))
	$MEMCHECK "$BUILDDIR/swbridge" -v -c "$conf" listen >"$tmp/daemon.$daemon_no.out" 2>"$tmp/daemon.$daemon_no.err" </dev/null &
	started=$!
}

# ends PID SIGNAL: waits for its end.  TERM must be 0, in good time; the wait counts as a failure.
ends() {
	kill -s "$2" "$1" 2>/dev/null
	wait_for 45 lib_gone "$1" || { complain "round $round: a daemon does not end on $2 within 45 s"; kill -9 "$1"; }
	wait "$1"
	ended=$?
	ends_of_all=$((ends_of_all + 1))
	did "daemon $1 ended by $2: $ended"
	case "$2 $ended" in
	"TERM 0" | "KILL 137") ;;
	*) complain "round $round: a daemon ended by $2 with $ended: $(tail -n 2 "$tmp"/daemon.*.err)" ;;
	esac
}

second_ends() { lib_end "$second"; second=; }
trap 'soak_rc=$?; lib_end "$second"; (exit "$soak_rc"); lib_clean_up' EXIT

lives() {
	lib_gone "$swb_pid" || return 0
	wait "$swb_pid"
	complain "round $round: the daemon ended by itself with $?: $(tail -n 3 "$tmp/daemon.$daemon_no.err")"
	starts
	swb_pid=$started
}

replaced() { # SIGNAL
	if [ -n "$second" ]; then
		ends "$swb_pid" "$1"
		swb_pid=$second second=
	else
		ends "$swb_pid" "$1"
		starts
		swb_pid=$started
	fi
}

# ---- What happens ------------------------------------------------------------------

# Something of the daemon's own doing first, or so many ms.
a_moment() { # MS
	sim "wait?key=requests&min=$(($(sim count/requests) + 4))&timeout_ms=$1" >/dev/null 2>&1
}

whole_table() { # delete, half or truncate
	did "the table: $1"
	sql "select test.take_away('$1')" >/dev/null || complain "round $round: take_away failed"
	rnd 4000
	a_moment $((r + 1))
	sql "select test.bring_back()" >/dev/null || complain "round $round: bring_back failed"
}

backends_end() {
	one_of '%' '%(ears)' 'swbridge listen'
	did "backends like $pick are terminated"
	sql "select pg_terminate_backend(pid) from pg_stat_activity
	      where application_name like 'swbridge listen%' and application_name like '$pick'" >/dev/null
}

# Longer than the margin: what it had in its hands is another's by then.
stopped() {
	did "stopped for more than the margin"
	kill -STOP "$swb_pid"
	begun=$(now)
	sql "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'swbridge listen'" >/dev/null
	if [ -z "$second" ]; then
		starts
		second=$started
	fi
	while [ $(($(now) - begun)) -lt 7 ]; do a_moment 1000; done
	kill -CONT "$swb_pid"
}

told_again() {
	one_of HUP HUP triggers
	if [ "$pick" = HUP ]; then
		kill -HUP "$swb_pid"
		did "SIGHUP"
		return
	fi
	did "an edit that nobody tells of"
	sql "begin; alter table pbx_users disable trigger user; select test.edit_stayers();
		do \$\$ declare name text; begin
			for name in select tgname from pg_trigger where tgrelid = 'pbx_users'::regclass and not tgisinternal loop
				execute format('alter table pbx_users enable always trigger %I', name);
			end loop;
		end \$\$; commit" >/dev/null || bail_out "an edit that nobody tells of"
}

relieved() { # the second one is there before the first is gone
	if [ -z "$second" ]; then
		starts
		second=$started
		did "a second daemon"
	fi
}

an_event() {
	rnd 100
	if [ "$r" -lt 40 ]; then
		sql "select test.edit($seed, $round)" >/dev/null || complain "round $round: the edit failed"
	elif [ "$r" -lt 58 ]; then sql "select test.edit_stayers()" >/dev/null
	elif [ "$r" -lt 68 ]; then a_fault
	elif [ "$r" -lt 72 ]; then sim fault/clear -d '{}' >/dev/null
	elif [ "$r" -lt 76 ]; then one_of delete half delete; whole_table "$pick"
	elif [ "$r" -lt 79 ]; then whole_table truncate
	elif [ "$r" -lt 85 ]; then backends_end
	elif [ "$r" -lt 88 ]; then
		did "server restarted"
		restart_server
	elif [ "$r" -lt 91 ]; then told_again
	elif [ -n "$keeps" ]; then a_moment 500
	elif [ "$r" -lt 93 ]; then relieved
	elif [ "$r" -lt 96 ]; then replaced KILL
	elif [ "$r" -lt 99 ]; then replaced TERM
	else stopped; fi
}

# ---- Peace, and what is looked at ----------------------------------------------------

differences() {
	{ printf '\\set on_remove %s\n' "$on_remove"; cat "$SRCDIR/tests/chaos/compare.sql"; } | told state 2>&1
}

equal() {
	found=$(differences) && [ -z "$found" ]
}

peace() {
	sim fault/clear -d '{}' >/dev/null
	sql "select test.tidy('$on_remove')" >/dev/null || complain "round $round: tidy failed"
	try_again
	hurry
	peace_begun=$(now)
	if wait_for 120 equal; then
		did "peace after $(($(now) - peace_begun)) s"
	else
		complain "round $round: not equal within 120 s: $found"
	fi
}

# The daemon's resident set in KiB and its descriptors, a line each time.
measure() {
	lives
	awk -v fds="$(ls "/proc/$swb_pid/fd" | wc -l)" -v at="$(now)" '/^VmRSS:/ { print at, $2, fds }' "/proc/$swb_pid/status" >>"$tmp/measures"
	found=$(sql "select application_name, state from pg_stat_activity
	              where application_name = 'swbridge listen (ears)' and state like 'idle in%'")
	[ -z "$found" ] || complain "round $round: $found"
}

# least COLUMN FROM-PERCENT TO-PERCENT of the measures
least() {
	awk -v c="$1" -v from="$2" -v to="$3" '{ v[NR] = $c }
		END { for (i = int(NR * from / 100) + 1; i <= int(NR * to / 100); i++) if (!least || v[i] < least) least = v[i]; print least + 0 }' \
		"$tmp/measures"
}

flat() { # WHAT COLUMN MORE
	flat_before=$(least "$2" 10 40) flat_after=$(least "$2" 70 100)
	diag "$1: $flat_before, at the end $flat_after, in $(grep -c . "$tmp/measures") measures"
	[ "$flat_after" -le $((flat_before + $3)) ] || complain "$1 grew from $flat_before to $flat_after"
}

begin() {
	dice=$(((seed * 2654435 + 1013904223) % 2147483648))
	round=0 keeps=
	diary=$tmp/diary
	one_of delete suspend
	on_remove=$pick
	# A timeout that a busy machine does not reach by itself.
	config mirror.on_remove="$on_remove" mirror.grace=${grace}s signalwire.timeout=3s mirror.settle=9s listen.poll=2s \
		listen.metrics=127.0.0.1:0 listen.metrics_file="$tmp/metrics.prom"
	sim dice -d "{\"seed\":$seed}" >/dev/null
	sim seed -d '{"subscribers":[{"email":"stranger0@people.example","created_at":"2026-01-02T03:04:05Z","credentials":[
		{"username":"foreign0","password":"old"}]},{"email":"stranger1@people.example","created_at":"2026-01-02T03:04:05Z"}],
		"sip_endpoints":[{"username":"foreign1","password":"x","created_at":"2026-01-02T03:04:05Z"}]}' >/dev/null
	foreign_state >"$tmp/foreign"
	sql "select test.begin($seed);
		insert into test.foreign_credential values ('foreign0'), ('foreign1');
		insert into test.foreign_subscriber values ('stranger0@people.example'), ('stranger1@people.example');
		select test.add_stayers(30)" >/dev/null
	swb init --triggers
	[ "$rc" -eq 0 ] || bail_out "init --triggers: $rc $err"
	did "seed $seed: on_remove $on_remove"
	starts
	swb_pid=$started
	peace
}

# until SECONDS-SINCE-THE-BEGINNING: events, peace now and then.
goes_on() {
	while [ $(($(now) - soak_begun)) -lt "$1" ]; do
		round=$((round + 1))
		an_event
		rnd 1200
		a_moment $((r + 1))
		measure
		[ $((round % 60)) -ne 0 ] || peace
	done
}

keep() {
	kept=$(mktemp -d "${TMPDIR:-/tmp}/swbridge-soak-$seed.XXXXXX")
	sim state >"$kept/state" 2>&1
	sql "table pbx_users" >"$kept/pbx" 2>&1
	ledger_print "$kept/ledger" 2>&1
	cp "$diary" "$tmp/measures" "$tmp/sim.log" "$tmp"/daemon.* "$kept"
	printf '%s' "$complaints" >"$kept/complaints"
	diag "everything is in $kept"
}

verdict() { # DESCRIPTION: of what was complained of since the last one
	if [ -z "$complaints" ]; then
		pass "$1"
		return
	fi
	[ -n "${kept-}" ] || keep
	not_ok "$1" "$complaints"
	complaints=
}

world soak
stop_sim
start_sim --port "${sim_url##*:}" --lifetime $((soak_seconds + 3600))
psql -XAtq -v ON_ERROR_STOP=1 -f "$SRCDIR/tests/chaos/pbx.sql" -f "$SRCDIR/tests/chaos/soak.sql" 2>"$tmp/pbx.err" ||
	bail_out "$(cat "$tmp/pbx.err")"
begin
verdict "what is there at the beginning is mirrored"
soak_begun=$(now)
goes_on $((soak_seconds / 2))
diag "daemons that were ended: $ends_of_all"
[ "$ends_of_all" -gt 0 ] || complain "no daemon was ended: take another seed, or more time"
verdict "I37: half the time, with daemons that end"

# From here on one process.
[ -z "$second" ] || second_ends
replaced TERM
: >"$tmp/measures"
keeps=yes
goes_on "$soak_seconds"
verdict "half the time, with one daemon"
peace
verdict "I19: PBX, ledger and SignalWire are equal at the end"
sql "select 'gap', count(*), max(seconds) from test.gap" >"$tmp/gaps"
diag "rounds: $round; the table was away: $(cat "$tmp/gaps")"
if [ "$(sql "select coalesce(max(seconds), 0) < $grace - 5 from test.gap")" = t ]; then
	found=$(told log <"$SRCDIR/tests/chaos/stayers.sql")
	[ -z "$found" ] || complain "$found"
	verdict "I12, I35: nothing of a row that stays was ever removed, suspended or made twice"
else
	skip "nothing of a row that stays was ever removed" "the machine was too slow: the table was away for longer than grace"
fi
found=$(told log <"$SRCDIR/tests/chaos/history.sql")
[ -z "$found" ] || complain "$found"
foreign_state >"$tmp/foreign.now"
cmp -s "$tmp/foreign" "$tmp/foreign.now" || complain "what is foreign changed: $(diff "$tmp/foreign" "$tmp/foreign.now")"
verdict "I1, I7: nothing twice, and nothing of a stranger's"
if [ "$soak_seconds" -ge 300 ] && [ -z "$MEMCHECK" ]; then
	flat "resident set, KiB" 2 1024
	flat "descriptors" 3 4
	verdict "memory and descriptors are flat"
	[ "$(awk '$2 > most { most = $2 } END { print most }' "$tmp/measures")" -lt $((24 * 1024)) ] || complain "more than 24 MiB resident"
	verdict "and under 24 MiB resident"
fi
ends "$swb_pid" TERM
swb_pid=
[ "$(sql 'select released_at is not null from swbridge.holder')" = t ] || complain "the lock was not given back"
verdict "I37: SIGTERM ends it, and the lock is given back"
never_at_once
quiet "soak"
done_testing
