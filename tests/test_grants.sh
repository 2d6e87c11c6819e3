#!/bin/sh
# test_grants - what sql/grants.sql grants is enough for the daily work, and no more.
. "${SRCDIR:-.}/tests/lib.sh"
command -v curl >/dev/null || skip_all "curl is not installed"
[ -x "$BUILDDIR/tests/sim/swbridge-sim" ] || skip_all "the simulator is not built"

start_sim
new_database pbx
sql "create table pbx_users (extension text primary key, secret text, email text)"
sql "insert into pbx_users select 100 + i, 'sesame' || i, 'u' || i || '@example.com' from generate_series(1, 5) i"
sql "create role owner login; grant create on database pbx to owner; alter table pbx_users owner to owner"
sql "create role bridge login; create role looker login"

# as ROLE: the program and sql run as that role from now on.
as() {
	PGUSER=$1
	write_conf mirror.grace=0s
}
changes() { # a line of every kind of daily change
	sql "delete from pbx_users where extension = '101'" -U owner
	sql "update pbx_users set secret = 'open' where extension = '102'" -U owner
	sql "update pbx_users set email = 'u4@example.com' where extension = '103'" -U owner
	sql "insert into pbx_users values ('106', 'sesame6', 'u6@example.com')" -U owner
}
refused() { # STATEMENT
	! sql "$1" >/dev/null 2>"$tmp/refusal" && grep -q 'permission denied\|must be owner' "$tmp/refusal"
}

as owner
swb init
is "$rc" 0 "init as an owner who may create a schema"
as bridge
swb plan
isnt "$rc" 0 "without grants nothing goes"
for verb in plan sync status check init; do
	swb "$verb"
	is "$rc" 6 "$verb without a right to use the schema"
	like "$out$err" 'role bridge may not use the schema "swbridge" .*its owner \(owner\) or a superuser runs: psql -d pbx -v schema=swbridge -v role=bridge -v source=public.pbx_users -f /.*/grants.sql' \
		"$verb says who can grant it and how"
	unlike "$out$err" '[*][*][*]|run: swbridge init' "and nothing that does not help"
done
sql "create schema empty authorization owner" -U postgres
write_conf postgres.schema=empty
swb init
is "$rc" 6 "init without a right to use a schema that has no ledger"
like "$err" 'may not use the schema "empty", in which there is no ledger yet; as its owner \(owner\) run: swbridge init' "says what to do"
as bridge
psql -XAtq -U looker -v schema=swbridge -v role=bridge -v source=public.pbx_users -f "$SRCDIR/sql/grants.sql" >"$tmp/psql" 2>&1
is "$?" 3 "the grants by a role that may not: an error for psql, too"
sql "create role \"my role\" login" -U postgres
write_conf postgres.schema="my e" "postgres.conninfo=host=$PGHOST user='my role' dbname=$PGDATABASE"
sql "create schema \"my e\" authorization owner create table identity ()" -U postgres
swb plan
like "$err" "runs: psql -d pbx -v schema='my e' -v role='my role' -v source=public.pbx_users -f" "names are quoted for the shell"
write_conf postgres.schema=fresh
swb init
is "$rc" 78 "a role that may not create the schema"
like "$err" 'grant create on database pbx to bridge; or, .*init --print-sql \| psql -d pbx' "with the names of both"
as bridge
is "$(psql -XAtq -U owner -v ON_ERROR_STOP=1 -v schema=swbridge -v role=bridge -v source=public.pbx_users \
	-v reader=looker -f "$SRCDIR/sql/grants.sql" 2>&1)" "" "the grants say nothing"

for verb in check plan sync; do
	swb "$verb"
	is "$rc" 0 "$verb" || diag "$err"
done
changes
swb sync
is "$rc" 3 "changes of every kind, and one held"
swb approve removals
is "$rc" 0 "approve"
swb sync
is "$rc" 0 "the rest"
is "$(sim state | grep -o '"subscriber_count":[0-9]*')" '"subscriber_count":4' "as it should be remotely"
for verb in status "explain 102" pause resume "retry 102" "forget 102"; do
	# shellcheck disable=SC2086 # a verb and its argument
	swb $verb
	is "$rc" 0 "$verb"
done
is "$(sql 'select count(*) from swbridge.difference()')" 1 "difference() in psql shows the one that was forgotten"

# Everybody may make temporary tables, unless somebody took that away.
sql "revoke temporary on database pbx from public" -U postgres
swb check
like "$out" "^warning +rights .*GRANT TEMPORARY ON DATABASE pbx TO bridge" "check: no temporary tables, and who can grant them"
psql -XAtq -U postgres -v ON_ERROR_STOP=1 -v schema=swbridge -v role=bridge -v source=public.pbx_users \
	-f "$SRCDIR/sql/grants.sql"
swb check
unlike "$out" TEMPORARY "grants.sql grants them, run by the owner of the database"

for statement in "update pbx_users set secret = ''" "delete from pbx_users" "drop table swbridge.sync" \
	"delete from swbridge.identity" "create table swbridge.mine ()" "truncate swbridge.journal"; do
	ok "refused: $statement" refused "$statement"
done
PGUSER=looker
is "$(sql 'select count(*) from swbridge.mapping')" 4 "a reader sees the mapping"
for statement in "table swbridge.identity" "table swbridge.sync" "table pbx_users"; do
	ok "refused to a reader: $statement" refused "$statement"
done

# Those who run DDL themselves: the SQL by its owner, the rest by the bridge's own role.
PGUSER=bridge
write_conf postgres.schema=by_hand
swb init --print-sql
printf '%s\n' "$out" | psql -XAtq -U looker >"$tmp/psql" 2>&1
is "$? $(grep -c . "$tmp/psql")" "3 1" "by a role that may not: it stops at the first error, and psql says so"
is "$(printf '%s\n' "$out" | psql -XAtq -U postgres -v ON_ERROR_STOP=1 2>&1)" "" "init --print-sql | psql"
is "$(psql -XAtq -U postgres -v ON_ERROR_STOP=1 -v schema=by_hand -v role=bridge -v source=public.pbx_users \
	-f "$SRCDIR/sql/grants.sql" 2>&1)" "" "and its grants"
swb init
is "$rc $(sql "select count(*) from by_hand.identity")" "0 1" "init binds what is there" || diag "$err"
swb plan
is "$rc" 0 "and plan works" || diag "$err"

# A role whose own path leads to another ledger: that one is never used in place of the configured one.
sql "grant create on database pbx to bridge" -U postgres
write_conf postgres.schema=bridge
swb init
is "$rc" 0 "a ledger in the schema that the role's own path begins with" || diag "$err"
swb status
is "$rc" 0 "and it is used"
own() { pg_dump -U postgres -n bridge pbx | grep -v '^[\\]'; }
own >"$tmp/own.before"
sent=$(sim count/seq)
never() { # REGEX DESCRIPTION; a daemon of the other one would not end
	within=$MEMCHECK
	MEMCHECK="timeout 20 $within"
	for verb in plan status sync "sync --wait" check "explain 102" "wait 102" pause resume "forget 102" "retry 102" \
		"approve removals" listen; do
		# shellcheck disable=SC2086 # a verb and its argument
		swb $verb
		is "$rc" 6 "$2: $verb"
		like "$out$err" "$1" "$2: $verb says why"
	done
	MEMCHECK=$within
	own >"$tmp/own.after"
	ok "$2: nothing of the other one was written" cmp -s "$tmp/own.before" "$tmp/own.after"
	is "$(sim count/seq)" "$sent" "$2: nothing was sent"
}
sql "revoke usage on schema by_hand from bridge" -U postgres
write_conf postgres.schema=by_hand
never 'role bridge may not use the schema "by_hand" .*grants.sql' "without a right to use the configured one"
sql "grant usage on schema by_hand to bridge" -U postgres
sql "revoke select on by_hand.identity from bridge" -U postgres
never 'may not read the ledger in schema "by_hand".*grants.sql' "without a right to read the configured one"
sql "grant select on by_hand.identity to bridge; drop table by_hand.control cascade" -U postgres
never 'ledger in schema "by_hand" is not whole, it has no control; .*init --uninstall.*migrate --adopt --ours' "the configured one lost a table"
write_conf postgres.schema=public
never 'no swbridge ledger in schema "public"; run: swbridge init' "the configured schema has no ledger"

done_testing
