#!/bin/sh
# test_pooler.sh - a pooler that shares sessions is named and refused, one in session mode works (pgbouncer).

PATH=$PATH:/usr/sbin
command -v pgbouncer >/dev/null 2>&1 || { echo "1..0 # SKIP pgbouncer is not installed"; exit 0; }

. "${SRCDIR:-.}/tests/world.sh"

bouncer_pid=
server=$PGHOST
user=
[ "$(id -u)" != 0 ] || user=postgres # it refuses to be root; so does the server, whose user this is

# The pooler's own user must get to its socket.
bouncer_dir=$(mktemp -d "${TMPDIR:-/tmp}/swbridge-bouncer.XXXXXX") || exit 99
[ -z "$user" ] || chown "$user" "$bouncer_dir"

as_user() {
	if [ -z "$user" ]; then exec "$@"; else exec setpriv --reuid="$user" --regid="$(id -g "$user")" --clear-groups -- "$@"; fi
}

end_bouncer() {
	lib_end "$bouncer_pid"
	bouncer_pid=
}
trap 'bouncer_rc=$?; end_bouncer; rm -rf "$bouncer_dir"; (exit "$bouncer_rc"); lib_clean_up' EXIT

bouncer_answers() {
	psql -XAtq -h "$bouncer_dir" -p 6432 -c 'select 1' >/dev/null 2>&1
}

# bouncer MODE [SETTING…]: a fresh one.
bouncer() {
	end_bouncer
	{
		printf '[databases]\n* = host=%s\n[pgbouncer]\n' "$server"
		printf '%s\n' "listen_addr =" "listen_port = 6432" "unix_socket_dir = $bouncer_dir" "auth_type = trust" \
			"auth_file = $bouncer_dir/users" "pool_mode = $1" "logfile = $bouncer_dir/log" "pidfile ="
		shift
		[ $# -eq 0 ] || printf '%s\n' "$@"
	} >"$bouncer_dir/ini"
	printf '"%s" ""\n' "$PGUSER" >"$bouncer_dir/users"
	chmod 644 "$bouncer_dir/ini" "$bouncer_dir/users"
	(as_user pgbouncer -q "$bouncer_dir/ini") >"$bouncer_dir/out" 2>&1 &
	bouncer_pid=$!
	wait_for 10 bouncer_answers || { diag "$(tail -n 5 "$bouncer_dir/out" "$bouncer_dir/log")"; bail_out "pgbouncer does not start"; }
}

through_bouncer() {
	config "postgres.conninfo=host=$bouncer_dir port=6432 user=$PGUSER dbname=$PGDATABASE" "$@"
}

# What ears tell: the daemon's connection through the pooler, its probes by another.
ears() { # SPEAKERS-CONNINFO
	"$BUILDDIR/tests/ears_tell" "host=$bouncer_dir port=6432" "$1" "$PGDATABASE"
}

# ---- Transaction mode --------------------------------------------------------

world pooled
people 100 102

for mode in transaction statement; do
	bouncer "$mode"
	through_bouncer
	swb check
	is "$rc" 78 "$mode mode: check ends with 78"
	like "$out" "problem +pooler +.*pooler in transaction mode \(pgbouncer\).*conninfo lead to PostgreSQL itself.*pool_mode = session" \
		"$mode mode: I24: check names the pooler, and what to do"
	for speaker in "host=$server" "host=$bouncer_dir port=6432"; do # beside the pooler, and through it
		like "$(ears "$speaker")" "^deaf: .*pooler in transaction mode \(pgbouncer\); notifications do not arrive there: .*pool_mode = session.*\`poll\`" \
			"$mode mode: I24: the listener is deaf and says why, probes by $speaker"
	done
	is "$(sql "select count(*) from pg_stat_activity where query ilike 'listen \"%'")" 0 "$mode mode: it left no LISTEN behind"
	before=$(sim count/requests)
	for verb in sync "sync --wait" plan status init; do
		# shellcheck disable=SC2086 # two words on purpose
		swb $verb
		is "$rc" 78 "$mode mode: $verb is refused with 78"
		like "$err" "pooler in transaction mode \(pgbouncer\).*pool_mode = session" "$mode mode: $verb says what to do"
	done
	is "$(sim count/requests)" "$before" "$mode mode: no request was sent"
	is "$(sql "select count(*) from pg_locks where locktype = 'advisory'")" 0 "$mode mode: no lock was left behind"
	is "$(psql -XAtq -h "$bouncer_dir" -p 6432 -c 'show search_path')" '"$user", public' \
		"$mode mode: the next one's search_path is as it was"
done
is "$(sql 'select count(*) from swbridge.journal')" 0 "nothing was done"

# Busy: other clients take and leave the sessions, so that few of ours in a row meet the same.
bouncer transaction server_round_robin=1
sleepers=
for n in 1 2 3; do
	psql -XAtq -h "$bouncer_dir" -p 6432 -c 'select pg_sleep(3)' >/dev/null &
	sleepers="$sleepers $!"
done
three_sleep() { [ "$(sql "select count(*) from pg_stat_activity where query = 'select pg_sleep(3)'")" = 3 ]; }
ok "three sessions are in the pool" wait_for 10 three_sleep
# shellcheck disable=SC2086 # a list
wait $sleepers
for n in 1 2 3 4 5; do
	like "$(ears "host=$server")" "^deaf: .*transaction mode" "a pool of several sessions in turn: the listener says why ($n)"
	swb sync
	is "$rc" 78 "a pool of several sessions in turn: refused ($n)"
done

# ---- Session mode -----------------------------------------------------------

bouncer session
through_bouncer
swb check
is "$rc" 0 "session mode: check finds no problem"
like "$out" "ok +pooler +.*session mode" "session mode: check says so"
is "$(ears "host=$server")" hearing "session mode: I24: the listener hears"
syncs 0 "session mode: sync works"
mirrored "session mode"
quiet "session mode"

# A pooler that has no second session cannot be judged, and is not trusted.
bouncer session default_pool_size=1 query_wait_timeout=1
swb sync
is "$rc" 75 "a pool of one session: sync does not go on"
like "$err" "cannot be told" "a pool of one session: and says why"

# ---- None --------------------------------------------------------------------

config
swb check
like "$out" "ok +pooler +none" "without a pooler check says so"

done_testing
