#!/bin/sh
# test_wait.sh - wait says "live" of what SignalWire has taken, and of nothing else, whatever the ledger shows meanwhile.
. "${SRCDIR:-.}/tests/world.sh"

. "$SRCDIR/tests/listens.sh"

refused='{"method":"PATCH","action":"status","status":422,"times":1,"content":"{\"errors\":[{\"code\":\"invalid\",\"message\":\"too weak\",\"attribute\":\"password\"}]}"}'
waits() { # EXT [CHECKER]: in the background, until it has looked
	: >"$tmp/wait.err" # what an earlier one said is not taken for its words
	${2-$MEMCHECK} "$BUILDDIR/swbridge" -v -c "$conf" wait "$1" >"$tmp/wait.out" 2>"$tmp/wait.err" </dev/null &
	waiting=$!
	wait_for 20 waits_still || not_ok "it waits" "$(cat "$tmp/wait.out" "$tmp/wait.err")"
}
waits_still() { grep -q 'is not live yet' "$tmp/wait.err"; }
# It has looked while the change was under way, of which the ledger then shows no secret.
saw_it_under_way() { grep -q 'is not live yet (the outcome of an earlier attempt is unknown' "$tmp/wait.err"; }
looks() { grep -c 'is not live yet' "$tmp/wait.err"; }
looked_on() { [ "$(looks)" -ge $((seen + 2)) ] || ! kill -0 "$waiting" 2>/dev/null; }
changed() { [ "$(sql "select count(*) from swbridge.journal where key = '$1' and operation = 'update' and outcome = 'done'")" = "$2" ]; }
answers() { # EXIT-STATUS OUTPUT DESCRIPTION
	wait "$waiting"
	is "$?" "$1" "$3"
	like "$(cat "$tmp/wait.out")" "$2" "and says so"
}

# ---- refused while it waits -----------------------------------------------------------

world refused
people 101 102
listens
wait_for 20 mirrored_quietly
sql "update pbx_users set secret = 'feeble' where key = 'k101'"
waits 101
set_sim '{"hold":true}'
fault "$refused"
changes "select 1" k101
wait_for 20 saw_it_under_way || not_ok "it looks while the change is under way" "$(cat "$tmp/wait.err")"
set_sim '{"hold":false}'
answers 4 '^k101 will not be live: .*too weak' "what is refused while it waits is not live: the old password, back in the ledger, is no new one"

# The one behind it is another matter.
changes "update pbx_users set secret = 'strong' where key = 'k101'" k101
swb wait 101
is "$rc $(remote | grep -c strong)" "0 1" "the next one is"
ended "refused"

# ---- decided before the call, sent during it -------------------------------------------

# The intent waits at a locked journal, so the value was read before the call and is sent behind it.  It waits for some
# seconds and no longer: where the call has not looked by then, another row is taken.
world older
people 101 104
listens
wait_for 20 mirrored_quietly
for n in 102 103 104; do
	locks swbridge.journal
	changes "update pbx_users set secret = 'older' where key = 'k$n'" "k$n"
	wait_for 20 is_stuck || not_ok "an intent waits" "$(cat "$tmp/err")"
	stuck=$(date +%s%N)
	sql "update pbx_users set secret = 'newer' where key = 'k$n'"
	waits "$n" ''
	set_sim '{"hold":true}'
	[ $((($(date +%s%N) - stuck) / 1000000)) -gt 4000 ] && [ "$n" != 104 ] || break
	set_sim '{"hold":false}'
	unlocks
	kill "$waiting"
	wait "$waiting"
	tell "k$n" | psql -XAtq >/dev/null
	wait_for 60 mirrored_quietly || not_ok "it goes on" "$(cat "$tmp/err")"
done
unlocks
wait_for 20 saw_it_under_way || not_ok "it looks while the change is under way" "$(cat "$tmp/wait.err")"
set_sim '{"hold":false}'
wait_for 20 changed "k$n" 1 || not_ok "the older one is sent" "$(sql "select * from swbridge.journal")"
seen=$(looks)
wait_for 20 looked_on
is "$(secret_of "$n") $(cat "$tmp/wait.out")" "older " "an older value that comes through is not what it waits for"
tell "k$n" | psql -XAtq >/dev/null
answers 0 "^k$n is live" "its own value is"
is "$(secret_of "$n")" newer "which is there then"
ended "older"

# ---- rows that want each other's names ---------------------------------------------------

# One of them is given another name for a while: of one decision come two changes, both decided before the call.
newest='{"method":"PATCH","body":"the-newest","action":"delay","ms":1500,"times":-1}'
swaps() { changes "update pbx_users set username = case key when 'k101' then '102' else '101' end where key in ('k101', 'k102')" k101 k102; }
parked() { sql "select key from swbridge.journal where outcome is null and usernames[cardinality(usernames)] like 'swbridge-parked-%'"; }
is_parked() { [ -n "$(parked)" ]; }
# The secret that is there, and how many changes are under way.
then_there() {
	echo "$(remote | awk -v name="$(case $1 in k101) echo 102 ;; *) echo 101 ;; esac)" '$1 == name { print $3 }')" \
		"$(sql "select count(*) from swbridge.journal where key = '$1' and outcome is null")"
}

world swapped
people 101 102
listens
wait_for 20 mirrored_quietly
fault "$newest"
set_sim '{"hold":true}'
swaps
wait_for 20 is_parked || not_ok "one gives its name away" "$(sql "select * from swbridge.journal")"
who=$(parked)
sql "update pbx_users set secret = 'the-newest' where key = '$who'"
waits "$who"
set_sim '{"hold":false}'
tell "$who" | psql -XAtq >/dev/null
answers 0 "^$who is live" "what gives its name away is awaited to the end"
is "$(then_there "$who")" "the-newest 0" "and its own value is there then"
ended "swapped"

world locked
people 101 102
listens
wait_for 20 mirrored_quietly
fault "$newest"
locks swbridge.journal
swaps
wait_for 20 is_stuck || not_ok "an intent waits" "$(cat "$tmp/err")"
sql "update pbx_users set secret = 'the-newest'"
for key in k101 k102; do
	{
		$MEMCHECK "$BUILDDIR/swbridge" -v -c "$conf" wait "$key" >"$tmp/$key.out" 2>"$tmp/$key.err" </dev/null
		echo "$? $(then_there "$key")" >"$tmp/$key.then"
	} &
	eval "waiting_$key=\$!"
done
looked_both() { grep -q 'is not live yet' "$tmp/k101.err" && grep -q 'is not live yet' "$tmp/k102.err"; }
wait_for 20 looked_both || not_ok "both wait"
unlocks
tell k101 k102 | psql -XAtq >/dev/null
wait "$waiting_k101" "$waiting_k102"
is "$(cat "$tmp/k101.then")" "0 the-newest 0" "decided before the call, sent behind it: a swap does not count"
is "$(cat "$tmp/k102.then")" "0 the-newest 0" "for neither of them"
ended "locked"

done_testing
