#!/bin/sh
# A pass over a mirror in step: whole `swbridge sync` against the bare SQL of the difference.
#
# The SQL is the text that the program itself sends, out of the server's log, run
# by psql under the same settings.
. "${SRCDIR:-.}/tests/lib.sh"
. "$SRCDIR/tests/bench/bench.sh"

: "${BENCH_ROWS:=100000}" "${BENCH_RUNS:=9}"

# Any insert, update or delete of a ledger row changes it.
ledger_stamp() {
	for table in sync subscriber journal; do
		sql "select '$table', count(*), sum(hashtextextended(ctid::text || xmin::text, 0)::numeric) from swbridge.$table"
	done
}

# A PREPARE of the statement of the log that begins with this comment.
logged() { # NAME COMMENT
	echo "prepare $1 as"
	awk -v comment="-- swbridge: $2" '
		index($0, comment) && /execute/ { printing = 1; next }
		printing && !/^\t/ { exit }
		printing' "$WITH_POSTGRES_LOG"
	echo ";"
}

bench_world
swb init
is "$rc" 0 "init"
fleet 100001 "$BENCH_ROWS"
cost create "$BUILDDIR/swbridge" -c "$conf" -q sync
is "$rc" 0 "a first sync mirrors the fleet"
[ "$rc" -eq 0 ] || diag "$(tail -n 5 "$tmp/err")"
sql "vacuum analyze"

sql "alter database bench set log_statement = 'all'"
swb sync
is "$rc" 0 "a sync over the mirror in step"
sql "alter database bench reset log_statement"
{
	cat <<-'SQL'
		\set ON_ERROR_STOP on
		set search_path = swbridge, public;
		select digest_inner, digest_outer from identity \gset
		begin isolation level repeatable read read only;
		select set_config('row_security', 'off', true), set_config('jit', 'off', true),
		       set_config('work_mem', greatest(pg_size_bytes(current_setting('work_mem')) / 1024, 32768) || 'kB', true);
	SQL
	logged totals "the totals of a pass"
	cat <<-'SQL'
		execute totals (null, :'digest_inner', :'digest_outer',
			'{"subscriber_domain":"pbx.example.com","on_remove":"delete","grace":"0"}', 'all', null, null);
		commit;
	SQL
} >"$tmp/bare.sql"

before=$(ledger_stamp)
sim counts/reset -X POST >/dev/null
run=0
while [ "$run" -lt "$BENCH_RUNS" ]; do
	run=$((run + 1))
	cost bare psql -XAtq -f "$tmp/bare.sql" || not_ok "the bare SQL runs" "$(cat "$tmp/err")"
	cp "$tmp/out" "$tmp/bare.out"
	cost sync "$BUILDDIR/swbridge" -c "$conf" sync || not_ok "sync over the mirror in step" "$(cat "$tmp/err")"
done

# Source rows, those to be mirrored, and last the number of differences.
is "$(sed -n '$p' "$tmp/bare.out" | awk -F'|' '{ print $1, $2, $NF }')" "$BENCH_ROWS $BENCH_ROWS 0" \
	"the bare SQL sees every row, and no difference"
is "$(sim_counts requests)" 0 "no request"
is "$(ledger_stamp)" "$before" "no row of sync, subscriber or journal written"

echo "In step: $BENCH_ROWS extensions, medians of $BENCH_RUNS runs"
row "bare SQL by psql, ms" "$(median bare '$1')"
row "swbridge sync, ms" "$(median sync '$1')"
row "swbridge sync, its own CPU, ms" "$(median sync '$2 + $3')"
judged "ratio of swbridge to the bare SQL" "$(divided "$(median sync '$1')" "$(median bare '$1')")" 1.5
judged "greatest resident set in step, MiB" "$(divided "$(greatest_kib sync)" 1024)" 24
judged "greatest resident set of the first sync, MiB" "$(divided "$(greatest_kib create)" 1024)" 24
done_testing
