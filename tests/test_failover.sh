#!/bin/sh
# test_failover.sh - the database server dies amid creations and its standby is promoted: the daemon goes on there, and nothing is there twice.
#
# The standby is a synchronous one: what the ledger was told is there is there on
# both, as an operator has to have it who wants to lose no intent.  conninfo names
# both servers, and libpq chooses the one that takes writes.
. "${SRCDIR:-.}/tests/world.sh"
. "$SRCDIR/tests/listens.sh"
[ -x "$PG_BINDIR/pg_basebackup" ] || skip_all "no pg_basebackup"

first=$WITH_POSTGRES second=$WITH_POSTGRES/two
as_server() {
	if [ "$(id -u)" = 0 ]; then (cd / && runuser -u "$(stat -c %U "$first/data")" -- "$@"); else (cd / && "$@"); fi
}
server() { # DIRECTORY ARGUMENT…
	server_dir=$1
	shift
	as_server "$PG_BINDIR/pg_ctl" -D "$server_dir/data" -l "$server_dir/log" -w -t 60 "$@" >"$tmp/server" 2>&1 ||
		bail_out "the server in $server_dir: $(cat "$tmp/server")"
}
standby_end() {
	[ ! -f "$second/data/postmaster.pid" ] || as_server "$PG_BINDIR/pg_ctl" -D "$second/data" -m immediate -w stop >/dev/null 2>&1
}
trap 'failover_rc=$?; lib_end "$swb_pid"; swb_pid=; standby_end; (exit "$failover_rc"); lib_clean_up' EXIT

printf '%s\n' "wal_level = replica" "max_wal_senders = 5" >>"$first/data/postgresql.conf"
server "$first" -m fast restart
as_server mkdir -m 700 "$second" || bail_out "no place for a standby"
as_server "$PG_BINDIR/pg_basebackup" -h "$first" -U "$PGUSER" -D "$second/data" -R -X stream -c fast --no-sync >"$tmp/server" 2>&1 ||
	bail_out "no copy of the server: $(cat "$tmp/server")"
printf '%s\n' "unix_socket_directories = '$second'" >>"$second/data/postgresql.conf"
server "$second" start
sql "alter system set synchronous_standby_names = '*'"
sql "select pg_reload_conf()" >/dev/null
follows() { [ "$(sql "select sync_state from pg_stat_replication")" = sync ]; }
wait_for 30 follows || bail_out "the standby does not follow"

world failover
people 101 103
listens signalwire.timeout=5s mirror.settle=11s \
	"postgres.conninfo=host=$first,$second user=$PGUSER dbname=$PGDATABASE target_session_attrs=read-write"
wait_for 20 mirrored_quietly
mirrored "before"

set_sim "{\"latency_ms\":$(unhurried 1000)}"
before=$(sim count/posts_received)
people 104 109
tell '*' | psql -XAtq >/dev/null
sim "wait?key=posts_received&min=$((before + 2))" >/dev/null || not_ok "two are on their way" "$(cat "$tmp/err")"
server "$first" -m immediate stop
server "$second" promote
set_sim '{"latency_ms":0}'
PGHOST=$second
export PGHOST
sql "update pbx_users set secret = 'meanwhile' where key = 'k102'"
ok "the loss is said" wait_for 30 log_has 'tried again and again'
wait_for 120 mirrored_quietly
mirrored "I1, I19: at the promoted standby"
again() { log_has 'it works again'; }
ok "and that it works again" wait_for 30 again
is "$(told log <<-'EOF'
	select type, name, count(*) from log where by = 'api' and method = 'POST' group by 1, 2 having count(*) > 1;
EOF
)" "" "I1: nothing was created twice"
changes "update pbx_users set secret = 'told' where key = 'k101'" k101
wait_for 20 mirrored_quietly
mirrored "I22: it hears the new server"
never_at_once
ended "failover"
quiet "failover"
done_testing
