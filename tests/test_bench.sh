#!/bin/sh
# The benches still run: over a few rows, without judging any ratio or time.
NO_POSTGRES=1
. "${SRCDIR:-.}/tests/lib.sh"

[ -x "$BUILDDIR/tests/sim/swbridge-sim" ] || skip_all "the simulator is not built"

BENCH_ROWS=20 BENCH_RUNS=1 BENCH_JUDGE=no BENCH_IN_FLIGHT=8 BENCH_LATENCY=5 BENCH_CHANGES=20 BENCH_KILLS=1
export BENCH_KILLS BENCH_CHANGES BENCH_ROWS BENCH_RUNS BENCH_JUDGE BENCH_IN_FLIGHT BENCH_LATENCY
for bench in in_step create triggers live migrate adapters verify; do
	# Each with a server of its own, also where this runs beside one.
	WITH_POSTGRES= sh "$SRCDIR/tests/bench/bench_$bench.sh" >"$tmp/out" 2>"$tmp/err"
	rc=$?
	[ "$rc" -ne 77 ] || skip_all "no PostgreSQL server programs"
	is "$rc" 0 "the bench $bench runs"
	like "$(cat "$tmp/out")" "(ratio of|greatest resident set),? .*[0-9]" "and prints what it judges"
	[ "$rc" -eq 0 ] || diag "$(cat "$tmp/out" "$tmp/err")"
done
done_testing
