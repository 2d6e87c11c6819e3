#!/bin/sh
# From the commit of a PBX row to the request on the wire, through the triggers and the daemon.
#
# The writer notes when it knew of its commit (tests/bench/commits.c), the simulator when
# the whole request had arrived, both by the machine's clock: what lies between is the
# notification, the daemon's look at the row, its intent, and the request itself.
# The server waits for its disk, as a PBX's does (fsync on).
. "${SRCDIR:-.}/tests/lib.sh"
. "$SRCDIR/tests/bench/bench.sh"

: "${BENCH_ROWS:=10000}" "${BENCH_CHANGES:=1000}"

# live NAME LEAST MOST: changes with pauses of so many ms, and a line for each in $tmp/cost.NAME:
# ms from the commit to the request, and ms from the statement's sending to the request.
live() {
	mark=$(sim count/seq)
	"$BUILDDIR/tests/bench/commits" "$1" 100001 "$BENCH_CHANGES" "$BENCH_ROWS" "$2" "$3" >"$tmp/commits" 2>"$tmp/err" ||
		not_ok "the writer writes" "$(cat "$tmp/err")"
	ok "$1: each change arrived" wait_for 120 arrived
	sim "log?since=$mark" >"$tmp/log"
	# The first request that carried this secret.
	sed -n 's/.*"arrived":\([0-9]*\),.*"fields":.*"password":"\('"$1"'-[0-9]*\)".*/\2 \1/p' "$tmp/log" |
		awk 'FILENAME != "-" { done[$2] = $4; begun[$2] = $3; next }
			$1 in done { print ($2 - done[$1]) / 1000, ($2 - begun[$1]) / 1000; delete done[$1] }' "$tmp/commits" - \
			>"$tmp/cost.$1"
	is "$(grep -c . "$tmp/cost.$1")" "$BENCH_CHANGES" "$1: and was found in the log"
}

arrived() { [ $(($(sim count/seq) - mark)) -ge "$BENCH_CHANGES" ]; }

# percentile NAME COLUMN PERCENT
percentile() {
	awk "{ print \$$2 }" "$tmp/cost.$1" | sort -n |
		awk -v p="$3" '{ value[NR] = $1 } END { n = int((NR * p + 99) / 100); printf "%.2f\n", value[n < 1 ? 1 : n] }'
}

shown() { # WHAT NAME
	row "$1: from the statement's sending, median" "$(percentile "$2" 2 50)"
	row "$1: from the commit, median, 90th, 99th, most" \
		"$(percentile "$2" 1 50) $(percentile "$2" 1 90) $(percentile "$2" 1 99) $(percentile "$2" 1 100)"
}

bench_world listen.metrics=
sql "alter system set fsync = on"
sql "select pg_reload_conf()" >/dev/null
swb init --triggers
is "$rc" 0 "init --triggers" || diag "$err"
fleet 100001 "$BENCH_ROWS"
cost create "$BUILDDIR/swbridge" -c "$conf" -q sync
is "$rc" 0 "a first sync mirrors the fleet"
sql "vacuum analyze"
start_swb -v listen
hears() { grep -q 'notifications arrive' "$tmp/err"; }
ok "the daemon hears" wait_for 60 hears

live single 5 25
live burst 0 0

echo "Live: ms from commit to request, $BENCH_CHANGES single-row changes in a fleet of $BENCH_ROWS"
shown "one by one" single
shown "back to back" burst
judged "one by one: ratio of the median to 1 ms" "$(percentile single 1 50)" 5
judged "one by one: ratio of the 99th percentile to 1 ms" "$(percentile single 1 99)" 50
stop_swb TERM
is "$rc" 0 "the daemon ends"
done_testing
