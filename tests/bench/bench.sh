# bench.sh - what the two benches share; sourced after tests/lib.sh.
#
# A bench compares two programs within one run, in turns, and judges the ratio of
# the medians: no time of its own means anything on a machine that it does not know.
#
#	BENCH_ROWS   extensions
#	BENCH_RUNS   how often each side is measured
#	BENCH_JUDGE  no: print the ratios, judge none of them (for few rows)

: "${BENCH_JUDGE:=yes}"
measured=$BUILDDIR/tests/bench/measured

# cost NAME COMMAND…: runs it, adds a line of costs to $tmp/cost.NAME; its status.
cost() {
	bench_name=$1
	shift
	"$measured" "$tmp/cost.now" "$@" >"$tmp/out" 2>"$tmp/err" </dev/null
	rc=$?
	[ -s "$tmp/cost.now" ] && cat "$tmp/cost.now" >>"$tmp/cost.$bench_name"
	return "$rc"
}

# median NAME EXPRESSION: of an awk expression over a line of costs.
median() {
	awk "{ print $2 }" "$tmp/cost.$1" | sort -n | awk '
		{ value[NR] = $1 }
		END { print NR % 2 ? value[(NR + 1) / 2] : (value[NR / 2] + value[NR / 2 + 1]) / 2 }'
}

greatest_kib() { # NAME
	awk '$4 > most { most = $4 } END { print most + 0 }' "$tmp/cost.$1"
}

row() { # WHAT VALUE
	printf '  %-52s %14s\n' "$1" "$2"
}

divided() { # A B
	awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f\n", a / b }'
}

# judged WHAT VALUE MOST: VALUE is at most MOST.
judged() {
	row "$1 (at most $3)" "$2"
	if [ "$BENCH_JUDGE" = yes ]; then
		ok "$1: $2, at most $3" awk -v a="$2" -v b="$3" 'BEGIN { exit !(a <= b) }'
	else
		# Of few rows even the sign means nothing: a clock that is read a moment too late makes it negative.
		like "$2" '^-?[0-9]+([.][0-9]+)?(e[-+]?[0-9]+)?$' "$1: $2, not judged"
	fi
}

# fleet FIRST COUNT: so many extensions more in the PBX's table.
fleet() {
	sql "insert into pbx_users
	     select n::text, 'bench-secret-' || n, 'Desk ' || n, 'F' || n from generate_series($1, $1 + $2 - 1) n"
}

# bench_world SECTION.KEY=VALUE…: simulator, table and settings without limits.
bench_world() {
	start_sim
	new_database bench
	sql "create table pbx_users (extension text primary key, secret text, caller_id text, first_name text)"
	write_conf mirror.grace=0s mirror.max_removals=unlimited mirror.max_creates=unlimited mirror.max_changes=unlimited \
		signalwire.write_rate=1000000 "$@"
}
