#!/bin/sh
# What the triggers cost the PBX: its own writes, to a table with them and to the same table without.
#
# The server does not wait for its disk (fsync off), so that the writes are as cheap and the
# ratios as large as can be; each of these writes is a transaction of its own.
. "${SRCDIR:-.}/tests/lib.sh"
. "$SRCDIR/tests/bench/bench.sh"

: "${BENCH_ROWS:=10000}" "${BENCH_RUNS:=5}" "${BENCH_WRITERS:=200}"
command -v pgbench >/dev/null || skip_all "no pgbench"

bench_world
# As wide as the users table of a PBX, most of it not watched.
for table in pbx_users bare_users; do
	[ "$table" = bare_users ] || sql "drop table pbx_users"
	sql "create table $table (extension text primary key, secret text, caller_id text, first_name text, context text default 'internal',
		host text default 'dynamic', nat text default 'force_rport', qualify text default 'yes', transport text default 'udp',
		mailbox text, callgroup text default '1', useragent text, lastms int default 0, ipaddr text, port int default 5060,
		regseconds bigint default 0, fullcontact text) with (fillfactor = 50)"
done
fleet 100001 "$BENCH_ROWS"
sql "insert into bare_users select * from pbx_users"
sql "vacuum analyze"
swb init --triggers
is "$rc" 0 "init --triggers" || diag "$err"
psql -XAtq -c "listen swbridge" -c "update bare_users set secret = secret || 'x' where extension = '100001'" \
	-c "update pbx_users set secret = secret || 'x' where extension = '100001'" -c "select" >"$tmp/heard"
is "$(grep -c 'payload "100001"' "$tmp/heard")" 1 "only one of the two speaks"

script() { # TABLE ASSIGNMENT
	printf '%s\n' "\\set n random(100001, 100000 + $BENCH_ROWS)" "update $1 set $2 where extension = (:n)::text;" >"$tmp/$1.sql"
}

# rates NAME WRITERS ASSIGNMENT: both tables in turns, a line for each run in $tmp/cost.TABLE.NAME: transactions a second.
rates() {
	rates_run=0
	while [ "$rates_run" -lt "$BENCH_RUNS" ]; do
		rates_run=$((rates_run + 1))
		for table in bare_users pbx_users; do
			script "$table" "$3"
			pgbench -n -M prepared -c "$2" -j 2 -t $((BENCH_ROWS / $2 + 1)) -f "$tmp/$table.sql" >"$tmp/out" 2>&1 ||
				not_ok "$2 writers to $table" "$(tail -n 3 "$tmp/out")"
			sed -n 's/^tps = \([0-9.]*\).*/\1/p' "$tmp/out" >>"$tmp/cost.$table.$1"
		done
		sql "vacuum pbx_users"
		sql "vacuum bare_users"
	done
}

# compared WHAT NAME MOST
compared() {
	row "$1: without, writes/s" "$(median "bare_users.$2" '$1')"
	row "$1: with, writes/s" "$(median "pbx_users.$2" '$1')"
	judged "$1: ratio of the table without to the one with" "$(divided "$(median "bare_users.$2" '$1')" "$(median "pbx_users.$2" '$1')")" "$3"
}

few=$BENCH_WRITERS
[ "$few" -le "$BENCH_ROWS" ] || few=$BENCH_ROWS
rates one.unwatched 1 "regseconds = regseconds + 1"
rates one.watched 1 "secret = (random() * 1000000)::int"
rates many.unwatched "$few" "regseconds = regseconds + 1"
rates many.watched "$few" "secret = (random() * 1000000)::int"

echo "Triggers: $BENCH_ROWS writes, medians of $BENCH_RUNS runs, fsync off"
compared "one writer, nothing watched changes" one.unwatched 6
compared "one writer, the secret changes" one.watched 15
compared "$few writers, nothing watched changes" many.unwatched 4
compared "$few writers, the secret changes" many.watched 10
done_testing
