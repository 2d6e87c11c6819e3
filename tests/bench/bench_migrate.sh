#!/bin/sh
# A first migration: does it reach the configured write rate in spite of latency, and
# what is there when it was killed five times at random moments?
#
#	BENCH_RATE  [signalwire] write_rate
#	BENCH_SEED  of the random moments
. "${SRCDIR:-.}/tests/lib.sh"
. "$SRCDIR/tests/bench/bench.sh"

: "${BENCH_ROWS:=10000}" "${BENCH_LATENCY:=100}" "${BENCH_RATE:=1380}" "${BENCH_SEED:=$(date +%s)}" "${BENCH_KILLS:=5}"

fresh() { # SECTION.KEY=VALUE…
	stop_sim
	dropdb --if-exists bench
	start_sim --latency "$BENCH_LATENCY"
	new_database bench
	sql "create table pbx_users (extension text primary key, secret text, caller_id text, first_name text)"
	write_conf signalwire.write_rate="$BENCH_RATE" "$@"
	swb init
	[ "$rc" -eq 0 ] || bail_out "init: $err"
	fleet 100001 "$BENCH_ROWS"
}

# What was created, and how often: kinds, distinct names, rows of the log.
created() {
	awk '/"by":"api"/ && /"op":"create"/ {
		match($0, /"type":"[a-z_]*"/); type = substr($0, RSTART + 8, RLENGTH - 9)
		match($0, /"name":"[^"]*"/); name = substr($0, RSTART + 8, RLENGTH - 9)
		all[type]++
		if (!((type, name) in seen)) { seen[type, name]; distinct[type]++ }
	}
	END { print all["subscriber"] + 0, distinct["subscriber"] + 0, all["credential"] + 0, distinct["credential"] + 0 }' "$tmp/sim.log"
}

# Mutations a second, from the first one to the last one, by the simulator's clock.
rate() {
	sed -n 's/.*"by":"api".*"arrived":\([0-9]*\),.*/\1/p' "$tmp/sim.log" |
		awk 'NR == 1 || $1 < first { first = $1 } $1 > last { last = $1 }
			END { printf("%.1f\n", last > first ? (NR - 1) * 1000000 / (last - first) : 0) }'
}

once_each() { # DESCRIPTION
	is "$(created)" "$BENCH_ROWS $BENCH_ROWS $BENCH_ROWS $BENCH_ROWS" "$1: one subscriber and one credential each"
	is "$(sql "select count(*) from swbridge.mapping where state = 'active' and sip_endpoint_id is not null")" "$BENCH_ROWS" "$1: all are in the ledger"
}

# ---- the rate ---------------------------------------------------------------------------

fresh
cost migrate "$BUILDDIR/swbridge" -c "$conf" -q migrate --yes
is "$rc" 0 "migrate creates them all" || diag "$(cat "$tmp/err")"
once_each "in one go"
reached=$(rate)
echo "Migrating: $BENCH_ROWS extensions, $BENCH_LATENCY ms of latency, write_rate $BENCH_RATE"
row "requests that change something, a second" "$reached"
judged "greatest resident set, MiB" "$(divided "$(greatest_kib migrate)" 1024)" 24
row "wall, s" "$(divided "$(median migrate '$1')" 1000)"
judged "ratio of the configured rate to that which was reached" "$(divided "$BENCH_RATE" "$reached")" 1.05

# ---- killed, and gone on ----------------------------------------------------------------

random() { # N MOST: the Nth number from 1 to MOST
	awk -v seed="$BENCH_SEED" -v n="$1" -v most="$2" 'BEGIN { srand(seed); while (n-- > 0) x = rand(); print int(x * most) + 1 }'
}
unlocked() { # the server notices the death of a client when it next has something for it
	[ "$(sql "select count(*) from pg_locks where locktype = 'advisory'")" = 0 ]
}
posts_are() {
	[ "$(sim count/posts_received)" -ge "$1" ] || lib_gone "$swb_pid"
}

fresh signalwire.timeout=2s mirror.settle=8s
kill=0
while [ "$kill" -lt "$BENCH_KILLS" ]; do
	# Somewhere in its share of what is left: on the average half-way to it.
	posts=$(sim count/posts_received)
	posts=$((posts + $(random "$((kill + 1))" $((2 * (2 * BENCH_ROWS - posts) / (BENCH_KILLS - kill + 1) + 1)))))
	kill=$((kill + 1))
	start_swb -q migrate --yes
	wait_for 300 posts_are "$posts" || not_ok "it comes to $posts POSTs" "$(cat "$tmp/err")"
	kill -9 "$swb_pid" 2>/dev/null
	wait "$swb_pid" 2>/dev/null
	swb_pid=
	wait_for 60 unlocked || not_ok "the lock of the dead is gone"
	row "killed ($kill) when so many POSTs had come" "$(sim count/posts_received)"
done
swb -q migrate --yes
is "$rc" 0 "then it comes to its end (seed $BENCH_SEED)" || diag "$err"
once_each "killed $BENCH_KILLS times (seed $BENCH_SEED)"
is "$(sim count/overlapping_writes)" 0 "no two writes at once on one subscriber"
done_testing
