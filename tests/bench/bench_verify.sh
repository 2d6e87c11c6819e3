#!/bin/sh
# What it takes to read the remote side whole and compare it: memory does not grow with the fleet.
. "${SRCDIR:-.}/tests/world.sh"
. "$SRCDIR/tests/bench/bench.sh"
. "$SRCDIR/tests/bench/fleet.sh"

: "${BENCH_ROWS:=20000}"

world bench
known_fleet "$BENCH_ROWS"
cost verify "$BUILDDIR/swbridge" -c "$conf" --json verify
is "$rc" 0 "verify"
like "$(tail -n 1 "$tmp/out")" "\"checked\":$BENCH_ROWS,\"drifted\":0,\"missing\":0,\"leaked\":0,\"foreign\":0" "all was looked at, and all as it was sent"

echo "verify: $BENCH_ROWS extensions, each on a subscriber of its own"
row "ms" "$(median verify '$1')"
row "its own CPU, microseconds an extension" "$(divided "$(median verify '($2 + $3) * 1000')" "$BENCH_ROWS")"
judged "greatest resident set, MiB" "$(divided "$(greatest_kib verify)" 1024)" 24
done_testing
