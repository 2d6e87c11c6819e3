# lib.sh - what the shell tests share: TAP, the simulator, a database, the program.
#
# A test begins with
#
#	. "${SRCDIR:-.}/tests/lib.sh"
#
# and ends with done_testing.  Sourcing this gives it a private PostgreSQL: the
# script is started once more under tests/with-postgres (set NO_POSTGRES=1
# first where none is needed).  $tmp is a directory of its own, gone at the end,
# like the simulator and every program started by start_swb.
#
# Nothing here counts inside a subshell or a pipe: `… | ok` loses its number.
# Tests never sleep for a fixed time: wait_for polls a condition up to a deadline.

set -u

SRCDIR=${SRCDIR:-.}
BUILDDIR=${BUILDDIR:-.}
MEMCHECK=${MEMCHECK-}

if [ -z "${NO_POSTGRES-}" ] && [ -z "${WITH_POSTGRES-}" ]; then
	exec /bin/sh "$SRCDIR/tests/with-postgres" /bin/sh "$0" "$@"
fi

tests_run=0
tests_failed=0
tests_planned=
sim_pid= sim_url=
swb_pid=
# The database of new_database() lives as long as the server, the rest in here.
tmp=$(mktemp -d "${TMPDIR:-/tmp}/swbridge-test.XXXXXX") || exit 99
conf=$tmp/swbridge.conf
# What is read anyway: the commands that are printed name no other configuration then.
SWBRIDGE_CONFIG=$conf
export SWBRIDGE_CONFIG

lib_clean_up() {
	lib_rc=$?
	trap '' HUP INT TERM
	lib_end "$swb_pid"
	lib_end "$sim_pid"
	rm -rf "$tmp"
	exit "$lib_rc"
}
trap lib_clean_up EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# ---- TAP -------------------------------------------------------------------

diag() {
	printf '%s\n' "$*" | sed 's/^/# /'
}

plan() {
	tests_planned=$1
	echo "1..$1"
}

lib_result() {
	tests_run=$((tests_run + 1))
	[ "$1" = ok ] || tests_failed=$((tests_failed + 1))
	# A # would begin a directive, a line's end a new line.
	printf '%s %d - %s\n' "$1" "$tests_run" "$(printf '%s' "$2" | tr '#\n' '= ')"
}

# pass DESCRIPTION, not_ok DESCRIPTION [EXPLANATION…]
pass() {
	lib_result ok "$1"
}

not_ok() {
	lib_result "not ok" "$1"
	shift
	for line; do
		diag "$line"
	done
}

skip() { # DESCRIPTION REASON
	tests_run=$((tests_run + 1))
	printf 'ok %d - %s # SKIP %s\n' "$tests_run" "$1" "$2"
}

skip_all() {
	echo "1..0 # SKIP $1"
	exit 0
}

bail_out() {
	echo "Bail out! $*"
	exit 99
}

# ok DESCRIPTION COMMAND…: passes if the command succeeds; fails: if it does not.
ok() {
	lib_what=$1
	shift
	[ $# -gt 0 ] || bail_out "ok '$lib_what': no command to run"
	if "$@"; then pass "$lib_what"; else not_ok "$lib_what" "failed ($?): $*"; fi
}

fails() {
	lib_what=$1
	shift
	[ $# -gt 0 ] || bail_out "fails '$lib_what': no command to run"
	if "$@"; then not_ok "$lib_what" "succeeded: $*"; else pass "$lib_what"; fi
}

is() { # GOT WANTED DESCRIPTION
	if [ "$1" = "$2" ]; then pass "$3"; else not_ok "$3" "got:    $1" "wanted: $2"; fi
}

isnt() { # GOT UNWANTED DESCRIPTION
	if [ "$1" != "$2" ]; then pass "$3"; else not_ok "$3" "got just that: $1"; fi
}

like() { # GOT EXTENDED-REGEX DESCRIPTION
	if printf '%s\n' "$1" | grep -Eq -e "$2"; then pass "$3"; else not_ok "$3" "got:      $1" "not like: $2"; fi
}

unlike() { # GOT EXTENDED-REGEX DESCRIPTION
	if printf '%s\n' "$1" | grep -Eq -e "$2"; then not_ok "$3" "got:  $1" "like: $2"; else pass "$3"; fi
}

done_testing() {
	[ -n "$tests_planned" ] || echo "1..$tests_run"
	[ "$tests_failed" -eq 0 ]
	exit
}

# wait_for SECONDS COMMAND…: polls until the command succeeds; false at the deadline.
# Under MEMCHECK everything is slower, so the deadline is ten times as far.
wait_for() {
	lib_seconds=$1
	[ -z "$MEMCHECK" ] || lib_seconds=$((lib_seconds * 10))
	lib_deadline=$(($(date +%s) + lib_seconds + 1))
	shift
	until "$@"; do
		# A last look, where the machine stood still between the two.
		[ "$(date +%s)" -lt "$lib_deadline" ] || { "$@"; return; }
		sleep 0.02
	done
}

# unhurried MS: so long must something take that others are to come before its end; under MEMCHECK ten times as long.
unhurried() {
	if [ -z "$MEMCHECK" ]; then echo "$1"; else echo $(($1 * 10)); fi
}

lib_gone() {
	! kill -0 "$1" 2>/dev/null
}

# Ends a process of ours by its id, gently, then not.
lib_end() {
	[ -n "$1" ] || return 0
	kill "$1" 2>/dev/null
	wait_for 10 lib_gone "$1" || kill -9 "$1" 2>/dev/null
	wait "$1" 2>/dev/null
	return 0
}

# ---- The simulator ---------------------------------------------------------

SIM_PROJECT=11111111-2222-4333-8444-555555555555
SIM_TOKEN=PTsentinel0token0never0printed
SIM_SPACE=example
SIM_DOMAIN=example-0123456789ab.sip.signalwire.com

# start_sim [OPTION…]: sets $sim_url and $sim_pid; its log is $tmp/sim.log.
start_sim() {
	rm -f "$tmp/sim.port"
	"$BUILDDIR/tests/sim/swbridge-sim" --port 0 --port-file "$tmp/sim.port" --log "$tmp/sim.log" \
		--project "$SIM_PROJECT" --token "$SIM_TOKEN" --space "$SIM_SPACE" --domain "$SIM_DOMAIN" \
		--die-with-parent "$@" >"$tmp/sim.out" 2>&1 &
	sim_pid=$!
	if ! wait_for 10 lib_sim_ready; then
		diag "$(cat "$tmp/sim.out")"
		bail_out "the simulator does not start"
	fi
	read -r lib_port <"$tmp/sim.port"
	sim_url=http://127.0.0.1:$lib_port
}

# Ready when the port is there with its line's end, or when there is no point in waiting.
lib_sim_ready() {
	lib_gone "$sim_pid" && bail_out "the simulator ended: $(tail -n 1 "$tmp/sim.out")"
	[ -f "$tmp/sim.port" ] && [ "$(wc -l <"$tmp/sim.port")" -gt 0 ]
}

stop_sim() {
	lib_end "$sim_pid"
	sim_pid=
}

# sim PATH [CURL-OPTION…]: one request to the simulator's control interface.
sim() {
	lib_path=$1
	shift
	curl -sS --fail --noproxy '*' --max-time 20 "$@" "$sim_url/_sim/$lib_path"
}

# sim_counts METHOD: how many API requests of this method the simulator saw.
sim_counts() {
	sim counts | tr ',{}' '\n\n\n' | sed -n "s/^ *\"$1\": *\([0-9][0-9]*\) *$/\1/p" | grep . || echo 0
}

# sim_saw COUNTER NUMBER: waits until the simulator has counted so many, and fails where it does not.
sim_saw() {
	wait_for 20 lib_counted "$1" "$2" || not_ok "the simulator has seen $2 of $1" "$(sim "count/$1")"
}
lib_counted() {
	[ "$(sim "count/$1")" -ge "$2" ]
}

# ---- The database ----------------------------------------------------------

sql() { # 'STATEMENT…' [PSQL-OPTION…]
	lib_statement=$1
	shift
	psql -XAtq -v ON_ERROR_STOP=1 "$@" -c "$lib_statement"
}

# new_database NAME: an empty one, which sql and write_conf use from now on.
new_database() {
	PGDATABASE=postgres sql "create database \"$1\"" || bail_out "cannot create database $1"
	PGDATABASE=$1
	export PGDATABASE
}

# ---- The program -----------------------------------------------------------

# write_conf [SECTION.KEY=VALUE…]: $conf for the running simulator and the
# private server.  A later line replaces an earlier one, an empty value removes it.
write_conf() {
	rm -f "$conf"
	(
		umask 077
		for lib_line in \
			"signalwire.space=$SIM_SPACE" \
			"signalwire.project_id=$SIM_PROJECT" \
			"signalwire.api_token=$SIM_TOKEN" \
			"signalwire.api_url=$sim_url" \
			"postgres.conninfo=host=$PGHOST user=$PGUSER dbname=$PGDATABASE" \
			"postgres.source=public.pbx_users" \
			"mirror.on_remove=delete" \
			"mirror.subscriber_domain=pbx.example.com" \
			"$@"; do
			printf '%s\n' "$lib_line"
		done | awk '
		{
			dot = index($0, ".")
			equals = index($0, "=")
			section = substr($0, 1, dot - 1)
			key = substr($0, dot + 1, equals - dot - 1)
			if (!(section in seen)) { seen[section]; sections[++n] = section }
			if (!((section, key) in value)) keys[section, ++count[section]] = key
			value[section, key] = substr($0, equals + 1)
		}
		END {
			for (i = 1; i <= n; i++) {
				print "[" sections[i] "]"
				for (j = 1; j <= count[sections[i]]; j++) {
					key = keys[sections[i], j]
					if (value[sections[i], key] != "")
						print key " = " value[sections[i], key]
				}
			}
		}' >"$conf"
	)
}

# swb ARGUMENT…: runs the program to its end; sets $out, $err and $rc.  What the
# memory checkers find, a failed assertion or a crash fails the test at once,
# whatever status the test itself expects.
swb() {
	$MEMCHECK "$BUILDDIR/swbridge" -c "$conf" "$@" >"$tmp/out" 2>"$tmp/err" </dev/null
	rc=$?
	lib_taken "swbridge $*"
}

lib_taken() {
	out=$(cat "$tmp/out")
	err=$(cat "$tmp/err")
	case $rc in
	99 | 134 | 139) not_ok "$1 runs clean" "exit status $rc" "$err" ;;
	esac
}

# start_swb ARGUMENT…: the program in the background, its id in $swb_pid, its
# output in $tmp/out and $tmp/err.  stop_swb [SIGNAL] ends it and sets $out, $err, $rc.
start_swb() {
	# The new one empties them a moment later: what the last one wrote must not be taken for its words.
	: >"$tmp/out"
	: >"$tmp/err"
	$MEMCHECK "$BUILDDIR/swbridge" -c "$conf" "$@" >"$tmp/out" 2>"$tmp/err" </dev/null &
	swb_pid=$!
}

stop_swb() {
	kill -s "${1:-TERM}" "$swb_pid" 2>/dev/null
	wait_for 30 lib_gone "$swb_pid" || { not_ok "swbridge ends on ${1:-TERM}"; kill -9 "$swb_pid"; }
	wait "$swb_pid"
	rc=$?
	swb_pid=
	lib_taken "swbridge in the background"
}

# no_secret SENTINEL FILE…: passes if the sentinel is in none of these files.
# A file that is missing fails: nothing was looked at.
no_secret() {
	lib_sentinel=$1
	shift
	lib_found= lib_looked=0
	for lib_file; do
		if [ -r "$lib_file" ] && [ -n "$lib_sentinel" ]; then
			lib_looked=$((lib_looked + 1))
			grep -aFq -e "$lib_sentinel" "$lib_file" && lib_found="$lib_found $lib_file"
		else
			lib_found="$lib_found $lib_file(unreadable)"
		fi
	done
	if [ -z "$lib_found" ] && [ "$lib_looked" -gt 0 ]; then
		pass "no secret in $lib_looked file(s)"
	else
		not_ok "no secret in the files" "found in:$lib_found"
	fi
}
