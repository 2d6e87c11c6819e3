#!/bin/sh
# The adapters over tables of a size that people have: the whole source, one key of it, and from the commit of
# one change to the request on the wire, through the PBX's own tables, the triggers and the daemon.
#
# tests/bench/fill/NAME.sql makes :rows users; NAME-change.sql gives the :n-th the secret :secret.
. "${SRCDIR:-.}/tests/lib.sh"
. "$SRCDIR/tests/bench/bench.sh"

[ "${BENCH_ROWS:-50000}" -gt 20 ] || BENCH_CHANGES=3
: "${BENCH_ROWS:=50000}" "${BENCH_RUNS:=5}" "${BENCH_CHANGES:=50}"
: "${BENCH_ADAPTERS:=$(cd "$SRCDIR/tests/bench/fill" && ls | sed -n 's/\.sql$//p' | grep -v -e '-change$')}"

# timed NAME SQL: ms of it on the server, as a line of $tmp/cost.NAME.
timed() {
	psql -XAtq -v ON_ERROR_STOP=1 -c '\timing on' -c "$2" >"$tmp/timed" || not_ok "$1" "$(cat "$tmp/timed")"
	sed -n 's/^Time: \([0-9.]*\) ms.*/\1/p' "$tmp/timed" >>"$tmp/cost.$1"
}

# change N SECRET: prints the server's clock behind the commit, in microseconds.
change() {
	psql -XAtq -v ON_ERROR_STOP=1 -v n="$1" -v secret="$2" -f "$SRCDIR/tests/bench/fill/$adapter-change.sql" \
		-c "select (extract(epoch from clock_timestamp()) * 1000000)::bigint"
}

arrived() { sim log | grep -q "\"password\":\"$1\""; }
hears() { grep -q 'notifications arrive' "$tmp/err"; }

changes() {
	n=0
	while [ "$n" -lt "$BENCH_CHANGES" ]; do
		n=$((n + 1))
		mark=$(sim count/seq)
		committed=$(change "$((n * 7919 % BENCH_ROWS + 1))" "live-$n")
		wait_for 60 reached || { not_ok "$adapter: change $n arrives" "$(tail -n 3 "$tmp/err")"; return; }
		awk -v a="$arrival" -v c="$committed" 'BEGIN { print (a - c) / 1000 }' >>"$tmp/cost.$adapter.live"
	done
	is "$(grep -c . "$tmp/cost.$adapter.live")" "$BENCH_CHANGES" "$adapter: each change arrived"
}

reached() {
	arrival=$(sim "log?since=$mark" | sed -n 's/.*"arrived":\([0-9]*\),.*"password":"live-'"$n"'".*/\1/p' | head -n 1)
	[ -n "$arrival" ]
}

start_sim
for adapter in $BENCH_ADAPTERS; do
	function=$(printf '%s' "$adapter" | tr - _)
	new_database "bench_$function"
	psql -XAtq -v ON_ERROR_STOP=1 -f "$SRCDIR/tests/adapters/$adapter/tables.sql" -c "select" >"$tmp/out" 2>&1 ||
		psql -XAtq -v ON_ERROR_STOP=1 -v B=boolean -f "$SRCDIR/tests/adapters/$adapter/tables.sql" || bail_out "$adapter: no tables"
	psql -XAtq -v ON_ERROR_STOP=1 -v rows="$BENCH_ROWS" -f "$SRCDIR/tests/bench/fill/$adapter.sql" -c "vacuum analyze" || bail_out "$adapter: no rows"
	stop_sim
	start_sim
	write_conf "postgres.source=swbridge.$function" 'mirror.username={username}-{tenant}' mirror.grace=0s mirror.max_creates=unlimited \
		mirror.max_changes=unlimited signalwire.write_rate=1000000
	# The simulator owns none of these numbers, and the port of the metrics may be another daemon's.
	printf '[columns]\nsend_as =\n[listen]\npoll = 1d\nmetrics =\n' >>"$conf"
	swb init --adapter "$adapter" --triggers
	is "$rc" 0 "init --adapter $adapter --triggers" || diag "$err"
	is "$(sql "select count(secret) from swbridge.$function()")" "$BENCH_ROWS" "$adapter: everybody is there"

	run=0
	while [ "$run" -lt "$BENCH_RUNS" ]; do
		run=$((run + 1))
		timed "$adapter.whole" "select count(secret) from swbridge.$function()"
		key=$(sql "select key from swbridge.$function() offset $((run * 7919 % BENCH_ROWS)) limit 1")
		timed "$adapter.key" "select count(secret) from swbridge.$function(array['$key'])"
	done

	cost create "$BUILDDIR/swbridge" -c "$conf" -q sync
	ok "$adapter: a first sync mirrors all" test "$rc" -eq 0 || diag "$(tail -n 3 "$tmp/err")"
	sql "vacuum analyze"
	start_swb -v listen
	ok "$adapter: the daemon hears" wait_for 120 hears
	changes
	stop_swb TERM

	echo "$adapter: $BENCH_ROWS users"
	judged "$adapter: the whole source, s; ratio of it to 1 s" "$(median "$adapter.whole" '$1 / 1000')" 2
	row "$adapter: one key, ms" "$(median "$adapter.key" '$1')"
	judged "$adapter: from the commit of a change to its request, ms; ratio of it to 1 ms" "$(median "$adapter.live" '$1')" 100
done
done_testing
