#!/bin/sh
# test_demo - contrib/demo tells a true story, and leaves nothing behind.
#
# What it shows last is compared with what the story must end with; it is run
# once more over a program that does less, and must notice; it is ended half-way.

NO_POSTGRES=1
. "${SRCDIR:-.}/tests/lib.sh"
command -v curl >/dev/null || skip_all "curl is not installed"
command -v psql >/dev/null || skip_all "psql is not installed"
[ -x "$BUILDDIR/tests/sim/swbridge-sim" ] || skip_all "the simulator is not built"
/bin/sh "$SRCDIR/tests/with-postgres" true >"$tmp/said" 2>&1 || skip_all "no PostgreSQL server programs"

chmod 711 "$tmp" # the server may run as somebody else
builddir=$(cd "$BUILDDIR" && pwd)

# What of the demo is left: files in its TMPDIR, processes that name it.
left() {
	ls -A "$tmp/play"
	for process in /proc/[0-9]*; do
		tr '\0' ' ' <"$process/cmdline" | grep -F -e "$tmp/play"
	done 2>/dev/null
}

# The postmaster is there a moment longer than its postmaster.pid, for whose end pg_ctl waits.
nothing_is_left() { # DESCRIPTION
	wait_for 10 nothing_left
	is "$(left)" "" "$1"
}
nothing_left() { [ -z "$(left)" ]; }

# demo BUILDDIR: runs it, sets $rc; what it says is in $tmp/out and $tmp/err.
demo() {
	rm -rf "$tmp/play"
	mkdir -m 711 "$tmp/play"
	TMPDIR=$tmp/play DEMO_BUILDDIR=$1 PGHOST=db.example.com SWBRIDGE_CONFIG=/nonexistent \
		/bin/sh "$SRCDIR/contrib/demo" >"$tmp/out" 2>"$tmp/err" </dev/null
	rc=$?
}

# table N TITLE: the rows of the Nth table whose first column has this title.
table() {
	awk -v wanted="$1" -v title="$2" '
	/^-+[+]/ { next }
	!/\|/ { on = 0 }
	on { gsub(/ *\| */, "|"); gsub(/^ +| +$/, ""); print }
	$1 == title && $2 == "|" { on = ++n == wanted }' "$tmp/out"
}

demo "$builddir"
is "$rc" 0 "the demo ends well"
[ "$rc" -eq 0 ] || diag "$(cat "$tmp/out" "$tmp/err")"
nothing_is_left "no file and no process is left"
is "$(cat "$tmp/err")" "" "nobody complained"

is "$(table 1 subscriber | wc -l)" 10 "ten phones are mirrored at first"
is "$(table 2 subscriber | cut -d '|' -f 1-4)" "\
reception@example.com|100|Example Inc.|OPUS G722 PCMU
aisha@example.com|101|Aisha Rahman|OPUS G722 PCMU
ben@example.com|102|Ben Carter|PCMU PCMA
chloe@example.com|103|Chloé Laurent|OPUS PCMU
ben@example.com|105|Ben Carter|PCMU PCMA
hiro@example.com|108|Hiro Tanaka|PCMU PCMA
hiro@example.com|109|Warehouse|PCMU PCMA
1011@phones.example.com|110|Meeting room|G722 PCMU H264
ines@example.com|112|Ines Moreau|PCMU PCMA
daniel@example.com|124|Daniel Weber|PCMU PCMA" "the remote side at the end"
is "$(table 1 subscriber; table 2 subscriber)" "$(
	table 1 subscriber | sed 's/|[^|]*|[^|]*$/|as in the PBX|as mapped/'
	table 2 subscriber | sed 's/|[^|]*|[^|]*$/|as in the PBX|as mapped/'
)" "every password and every id is right, both times"

# The ids of a row of a mapping: those of Daniel stay, hand in hand with the new number.
ids() { # TABLE EXTENSION
	table "$1" extension | awk -F '|' -v e="$2" '$1 == e { print $4, $5 }'
}
like "$(ids 1 104)" '^[0-9a-f-]{36} [0-9a-f-]{36}$' "the mapping has both ids"
is "$(ids 2 124)" "$(ids 1 104)" "another number, the same ids"
is "$(ids 2 102)" "$(ids 1 102)" "another password, the same ids"
isnt "$(ids 2 105)" "$(ids 1 105)" "another owner, other ids"
is "$(table 2 extension | awk -F '|' '{ print $NF }' | sort -u)" active "all is active at the end"
is "$(grep -c '^\[0 requests reached' "$tmp/out")" 1 "the last sync sent nothing"
unlike "$(cat "$tmp/out")" 'PTdemo' "the token is not shown"

# A program that does less than the story says.
mkdir -p "$tmp/lazy/tests"
ln -s "$builddir/tests/sim" "$tmp/lazy/tests/sim"
cat >"$tmp/lazy/swbridge" <<-LAZY
	#!/bin/sh
	[ "\$1" = init ] || exit 0
	exec '$builddir/swbridge' "\$@"
LAZY
chmod +x "$tmp/lazy/swbridge"
demo "$tmp/lazy"
is "$rc" 1 "a program that does nothing is found out"
nothing_is_left "and cleaned up after"

# Ended half-way: while the program waits, everything is up.
cat >"$tmp/lazy/swbridge" <<-STUCK
	#!/bin/sh
	echo "\$\$" >'$tmp/stuck'
	exec sleep 300
STUCK
rm -rf "$tmp/play"
mkdir -m 711 "$tmp/play"
TMPDIR=$tmp/play DEMO_BUILDDIR=$tmp/lazy /bin/sh "$SRCDIR/contrib/demo" >"$tmp/out" 2>"$tmp/err" </dev/null &
demo_pid=$!
if wait_for 60 test -s "$tmp/stuck"; then
	isnt "$(left)" "" "half-way there is something to clean up"
	kill "$demo_pid" # which it heeds when its command has ended
	kill "$(cat "$tmp/stuck")" 2>/dev/null
	wait "$demo_pid"
	is $? 143 "ended by SIGTERM"
	nothing_is_left "nothing is left half-way either"
else
	lib_end "$demo_pid"
	not_ok "the demo comes to its first command" "$(cat "$tmp/err")"
fi

done_testing
