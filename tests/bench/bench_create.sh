#!/bin/sh
# Creating extensions: swbridge's CPU for each, against a bare libcurl loop that
# sends the same POSTs to the same simulator, as many at once.
. "${SRCDIR:-.}/tests/lib.sh"
. "$SRCDIR/tests/bench/bench.sh"

: "${BENCH_ROWS:=10000}" "${BENCH_RUNS:=5}" "${BENCH_IN_FLIGHT:=192}" "${BENCH_LATENCY:=100}"

BARE_CURL_USER=$SIM_PROJECT:$SIM_TOKEN
export BARE_CURL_USER
first=100001

# Both sides once, on a remote side and a mirror that are as empty as the first time.
one_round() { # SUFFIX
	stop_sim
	start_sim --latency "$latency"
	cost "bare$1" "$BUILDDIR/tests/bench/bare_curl" "$sim_url" "$BENCH_ROWS" "$BENCH_IN_FLIGHT" ||
		not_ok "the bare loop runs" "$(cat "$tmp/err")"
	is "$(sim_counts status.POST.201)" $((2 * BENCH_ROWS)) "the bare loop sent two POSTs for each"
	stop_sim
	start_sim --latency "$latency"
	dropdb --if-exists bench
	new_database bench
	sql "create table pbx_users (extension text primary key, secret text, caller_id text, first_name text)"
	write_conf mirror.grace=0s mirror.max_removals=unlimited mirror.max_creates=unlimited mirror.max_changes=unlimited \
		signalwire.write_rate=1000000 signalwire.max_in_flight="$BENCH_IN_FLIGHT"
	swb init
	fleet "$first" "$BENCH_ROWS"
	cost "sync$1" "$BUILDDIR/swbridge" -c "$conf" -q sync
	is "$rc" 0 "sync creates them all"
	is "$(sim_counts status.POST.201)" $((2 * BENCH_ROWS)) "swbridge sent two POSTs for each"
}

latency=0
run=0
while [ "$run" -lt "$BENCH_RUNS" ]; do
	run=$((run + 1))
	one_round ""
done
latency=$BENCH_LATENCY
one_round .late

per_extension() { # NAME
	median "$1" "(\$2 + \$3) * 1000 / $BENCH_ROWS"
}

echo "Creating: $BENCH_ROWS extensions, $BENCH_IN_FLIGHT requests at once, medians of $BENCH_RUNS runs"
row "bare libcurl loop, CPU for an extension, us" "$(per_extension bare)"
row "swbridge sync, CPU for an extension, us" "$(per_extension sync)"
judged "ratio of swbridge to the bare loop" "$(divided "$(per_extension sync)" "$(per_extension bare)")" 2
row "swbridge sync, wall, ms" "$(median sync '$1')"
row "with $BENCH_LATENCY ms of latency: bare loop, us" "$(per_extension bare.late)"
row "with $BENCH_LATENCY ms of latency: swbridge, us" "$(per_extension sync.late)"
row "with $BENCH_LATENCY ms of latency: ratio" "$(divided "$(per_extension sync.late)" "$(per_extension bare.late)")"
row "with $BENCH_LATENCY ms of latency: swbridge, extensions/s" \
	"$(divided "$BENCH_ROWS" "$(divided "$(median sync.late '$1')" 1000)")"
judged "greatest resident set, MiB" "$(divided "$(greatest_kib sync)" 1024)" 24
done_testing
