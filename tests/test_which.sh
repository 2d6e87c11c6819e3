#!/bin/sh
# test_which.sh - which extension a name means, also of what is gone, and what is said of one that goes or stays.
. "${SRCDIR:-.}/tests/world.sh"

# ---- a key that is another row's extension -------------------------------------------

world keys
people 101 101
sql "insert into pbx_users (key, extension, secret) values ('102', '1020', 'one'), ('300', '102', 'two')"
syncs 0 "a row with the key 102, and one with the extension 102"
for verb in forget retry "retry --secret" explain; do
	swb $verb 102
	is "$rc" 1 "$verb 102 is either"
	like "$err" 'several extensions "102".* key=102 \(extension 1020\), key=300 \(extension 102\)' "and says how to name each"
done
swb adopt 102 11111111-2222-4333-8444-555555555555
like "$rc $err" '^1 .*several extensions "102"' "adopt too"
is "$(sql "select count(*) from swbridge.sync where secret_digest = ''") $(sql "select count(*) from swbridge.sync")" "0 3" "nothing was done to either"
swb retry --secret key=102
is "$rc $(sql "select key from swbridge.sync where secret_digest = ''")" "0 102" "by its key it is one"
swb explain key=300
like "$rc $out" '^0 .*300' "explain: by its key"
syncs 0 "sync by key" sync key=102
like "$out" '^~ 1020 .*1 updated|^~ 1020 ' "that row is updated"
swb forget 1020
like "$rc $out" '^0 Forgotten: 1020' "the other name of it is one, too"

# ---- gone, and what is said of it ------------------------------------------------------

world gone
people 507 510
syncs 0 "four extensions"
sql "delete from pbx_users where key in ('k507', 'k508')"
syncs 0 "two are gone"
for name in 508 k508 key=k508; do
	swb wait "$name"
	like "$rc $out" '^0 k508 is not there any more: ' "wait $name: its removal is carried out"
done
swb --json wait 508
like "$out" '"key":"k508","state":"retired"' "the same for programs"
swb explain 508
like "$rc $out" '^0 508 .key k508' "explain tells of it"
like "$out" 'remove +done' "what was done"
swb wait 508 599
like "$rc $err" '^1 .*no extension "599"' "what never was is nowhere"
swb sync 508
like "$rc $err" '^1 .*no extension "508"' "and sync does not act on what is gone"
config mirror.grace=1h
sql "update pbx_users set protected = true where key = 'k509'"
people 506 506
syncs 0 "one more, and one is protected"
sql "delete from pbx_users where key in ('k506', 'k509')"
syncs 0 "both are gone, and grace is not over"
swb wait 506
like "$rc $out" '^0 k506 stays as it is at SignalWire for now: gone from the PBX, and grace is not over\.$' "wait: its phone goes on"
swb wait 509
like "$rc $out" '^0 k509 stays as it is at SignalWire for now: gone from the PBX, and protected\.$' "protected: likewise"
swb explain 509
like "$out" '^Now: nothing to do: gone from the PBX, and protected\. Its phone goes on' "explain says so, too"
config
syncs 0 "grace is no more"
swb explain k510
like "$out" '^Now: in step, nothing to do\.' "one that is there"
unlike "$out" 'phone goes on' "needs no comfort"
sql "update pbx_users set enabled = false, protected = true where key = 'k510'"
syncs 0 "disabled and protected"
swb explain 510
like "$out" '^Now: nothing to do: disabled in the PBX, and protected\. Its phone goes on' "is not in step, and goes on"
unlike "$out" 'removed with its last extension' "and its subscriber is not removed"

# ---- a removal that is refused ----------------------------------------------------------

world refused
people 101 103
syncs 0 "three extensions"
sim edit -d "{\"id\":\"$(sql "select sip_endpoint_id from swbridge.mapping where key = 'k102'")\",\"set\":{\"username\":\"zzz\"}}" >/dev/null
sql "delete from pbx_users where key = 'k102'"
swb explain 102
like "$out" '^  The next pass does it, or at once: swbridge sync$' "what is gone goes with a whole pass only"
syncs 4 "a credential that has another name now is not removed"
like "$out" "is called zzz at SignalWire, not 102; .*swbridge forget k102" "the command has its key"
swb status
like "$out" '^  102 .* active ' "status names it"
like "$out" 'its last change came to nothing; .*Last error: not removed: .* is called zzz' "and says why"
swb explain 102
like "$out" '^  Its last attempt came to nothing: not removed: .* is called zzz' "explain says so where it tells what is next"
swb wait --timeout 0s 102
like "$rc $out" '^75 k102 is still there .gone from the PBX; its last attempt came to nothing: not removed: ' "and so does wait"
swb retry 102
like "$out" '^1 extension is tried again by the next pass' "retry does not deny it"
sim edit -d "{\"id\":\"$(sql "select sip_endpoint_id from swbridge.mapping where key = 'k102'")\",\"set\":{\"username\":\"102\"}}" >/dev/null
syncs 0 "under its own name it goes"
in_step "refused once, removed then"

# ---- a setting that is missing ------------------------------------------------------------

if with_subscribers; then
	config mirror.subscriber_domain=
	people 104 104
	swb explain 104
	like "$out" 'or give the row an e-mail' "no e-mail: what can be done"
	like "$out" '^  It waits until its row in the PBX, or a setting, changes' "it is not the row alone"
fi

done_testing
