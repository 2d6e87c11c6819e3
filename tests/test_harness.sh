#!/bin/sh
# test_harness - the private server is private, and a failing test is red.
#
# with-postgres is run once more inside itself, with the settings of a hostile
# caller; tests/lib.sh is run on small scripts that must fail.

. "${SRCDIR:-.}/tests/lib.sh"

is "$(sql 'select 1 + 1')" 2 "the server answers"
is "$(sql 'show listen_addresses')" "" "it listens on no network address"
is "$(sql 'show data_directory')" "$PGHOST/data" "its data is in its own directory"
is "$(stat -c %a "$PGHOST")" 700 "its directory is closed to others"
is "$(stat -c %a "$PGHOST/data")" 700 "its data directory too"
is "$(sql "select rolsuper from pg_roles where rolname = current_user")" t "the test is a superuser there"
isnt "$(stat -c %u "$PGHOST/data")" 0 "the server is not root's"

with_postgres() {
	env -u WITH_POSTGRES "$@"
}

is "$(PGHOST=db.example.com PGPORT=1 PGSERVICE=production PGPASSWORD=x PGOPTIONS=-cx \
	with_postgres /bin/sh "$SRCDIR/tests/with-postgres" /bin/sh -c '
	env | sed -n "s/^\(PG[A-Z]*\)=.*/\1/p" | sort | tr "\n" " "; psql -XAtc "select 7"')" \
	"PGDATABASE PGHOST PGUSER 7" "no PG* setting of the caller gets through"

with_postgres /bin/sh "$SRCDIR/tests/with-postgres" /bin/sh -c 'echo "$PGHOST"; exit 5' >"$tmp/where" 2>"$tmp/err"
is $? 5 "the exit status is that of the command"
fails "the directory is gone afterwards" test -e "$(cat "$tmp/where")"

PG_BINDIR=/nonexistent with_postgres /bin/sh "$SRCDIR/tests/with-postgres" true >"$tmp/out"
is $? 77 "77 where there is no server"
like "$(cat "$tmp/out")" '^1\.\.0 # SKIP' "and a plan that skips"

# Ended by a signal, it takes server, command and directory along.
# (No function call here: $! would be a subshell between the two.)
env -u WITH_POSTGRES /bin/sh "$SRCDIR/tests/with-postgres" /bin/sh -c '
	echo $$ >"$0.pid"; psql -XAtc "show data_directory" >"$0"; exec sleep 60' "$tmp/signal" >"$tmp/out" 2>&1 &
harness=$!
if wait_for 30 test -s "$tmp/signal"; then
	server=$(head -n 1 "$(cat "$tmp/signal")/postmaster.pid")
	kill "$harness"
	wait "$harness"
	is $? 143 "ended by SIGTERM"
	# Whether init has reaped it yet is not ours to say: the dead have no command line.  pg_ctl waits
	# for postmaster.pid to go, which is a moment before the end.
	server_ended() { ! grep -qs . "/proc/$server/cmdline"; }
	ok "the server is gone" wait_for 10 server_ended
	fails "the command is gone" kill -0 "$(cat "$tmp/signal.pid")"
	fails "the directory is gone" test -e "$(cat "$tmp/signal")"
else
	lib_end "$harness"
	not_ok "ended by SIGTERM"
fi

new_database "odd name"
is "$(sql 'select current_database()')" "odd name" "a database of its own"

# verdict LINES: runs a small test of these lines, prints its exit status and last words.
verdict() {
	printf 'NO_POSTGRES=1\n. "%s/tests/lib.sh"\n%s\ndone_testing\n' "$SRCDIR" "$1" >"$tmp/small.sh"
	/bin/sh "$tmp/small.sh" >"$tmp/small.out" 2>&1
	echo "$? $(grep -c '^not ok' "$tmp/small.out") $(grep -c '^1\.\.[0-9]' "$tmp/small.out")"
}

is "$(verdict 'is 1 1 same; ok true true; fails no false; like ab "^a" l; unlike ab "^b" u; isnt 1 2 i')" "0 0 1" \
	"all good: status 0"
for wrong in 'is 1 2 x' 'isnt 1 1 x' 'ok x false' 'fails x true' 'like b a x' 'unlike a a x' 'not_ok x' \
	'echo sesame >$tmp/f; no_secret sesame $tmp/f' 'no_secret sesame $tmp/none' 'no_secret sesame' \
	'echo a >$tmp/f; no_secret "" $tmp/f' 'ok x wait_for 0 false' \
	'BUILDDIR=$tmp; printf "#!/bin/sh\nexit 99\n" >$tmp/swbridge; chmod +x $tmp/swbridge; swb plan'; do
	is "$(verdict "$wrong")" "1 1 1" "red: $wrong"
done
is "$(verdict 'exit 0')" "0 0 0" "ended early: no plan, which the driver reports"
is "$(verdict 'echo x >$tmp/f; no_secret sesame $tmp/f; wait_for 5 test -s $tmp/f || exit 3')" "0 0 1" "green again"

# The configuration file.
sim_url=http://127.0.0.1:1
write_conf mirror.on_remove=suspend mirror.grace=0s signalwire.space=
is "$(stat -c %a "$conf")" 600 "the configuration is readable by its owner only"
like "$(cat "$conf")" '^on_remove = suspend$' "a line is replaced"
unlike "$(cat "$conf")" '^on_remove = delete$' "and its default is gone"
unlike "$(cat "$conf")" '^space' "an empty value removes the line"
is "$(awk '/^\[/ { s = $0 } /^grace/ { print s, $0 }' "$conf")" "[mirror] grace = 0s" "a new line goes into its section"

done_testing
