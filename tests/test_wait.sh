#!/bin/sh
# test_wait.sh - wait says "live" of what SignalWire has taken, and of nothing else, whatever the ledger shows meanwhile.
. "${SRCDIR:-.}/tests/world.sh"

. "$SRCDIR/tests/listens.sh"

refused='{"method":"PATCH","action":"status","status":422,"times":1,"content":"{\"errors\":[{\"code\":\"invalid\",\"message\":\"too weak\",\"attribute\":\"password\"}]}"}'
waits() { # EXT: in the background, until it has looked
	$MEMCHECK "$BUILDDIR/swbridge" -v -c "$conf" wait "$1" >"$tmp/wait.out" 2>"$tmp/wait.err" </dev/null &
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

# The intent waits at a locked journal, so the value was read before the call and is sent behind it.
world older
people 101 102
listens
wait_for 20 mirrored_quietly
mkfifo "$tmp/lock"
psql -XAtq <"$tmp/lock" >/dev/null 2>&1 &
locker=$!
exec 5>"$tmp/lock"
echo "begin; lock table swbridge.journal in share mode; " >&5
is_locked() { [ "$(sql "select count(*) from pg_locks where relation = 'swbridge.journal'::regclass and mode = 'ShareLock' and granted")" = 1 ]; }
is_stuck() { [ "$(sql "select count(*) from pg_locks where relation = 'swbridge.journal'::regclass and not granted")" = 1 ]; }
wait_for 20 is_locked || not_ok "the journal is locked"
changes "update pbx_users set secret = 'older' where key = 'k102'" k102
wait_for 20 is_stuck || not_ok "an intent waits" "$(cat "$tmp/err")"
sql "update pbx_users set secret = 'newer' where key = 'k102'"
waits 102
set_sim '{"hold":true}'
printf '%s\n' 'commit;' '\q' >&5
exec 5>&-
wait "$locker"
wait_for 20 saw_it_under_way || not_ok "it looks while the change is under way" "$(cat "$tmp/wait.err")"
set_sim '{"hold":false}'
wait_for 20 changed k102 1 || not_ok "the older one is sent" "$(sql "select * from swbridge.journal")"
seen=$(looks)
wait_for 20 looked_on
is "$(remote | sed -n 's/^102 [^ ]* \([^ ]*\) .*/\1/p') $(cat "$tmp/wait.out")" "older " "an older value that comes through is not what it waits for"
tell k102 | psql -XAtq >/dev/null
answers 0 '^k102 is live' "its own value is"
is "$(remote | sed -n 's/^102 [^ ]* \([^ ]*\) .*/\1/p')" newer "which is there then"
ended "older"

done_testing
