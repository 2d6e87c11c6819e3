#!/bin/sh
# test_sync_remove.sh - extensions that are disabled or gone: deleted, suspended, kept, after grace, never where protected.
. "${SRCDIR:-.}/tests/world.sh"

there() { told state <<-EOF
	select count(*) from credential where username = '$1';
EOF
}
password_of() { told state <<-EOF
	select password from credential where username = '$1';
EOF
}

# ---- delete ------------------------------------------------------------------

world deleting
people 101 105
sql "update pbx_users set email = 'two@x.example' where key in ('k101', 'k102')"
syncs 0 "five extensions"
sql "update pbx_users set enabled = false where key = 'k101'"
syncs 0 "one of two siblings is disabled"
is "$(sent)" "DELETE credential 101 " "its credential alone is deleted"
in_step "one of two"
sql "delete from pbx_users where key = 'k102'; update pbx_users set enabled = true where key = 'k101'"
syncs 0 "the siblings change places"
in_step "changed places"
sql "delete from pbx_users where key in ('k101', 'k103')"
# Somebody deleted one of them in the dashboard already.
sim edit -d "{\"id\":\"$(sql "select sip_endpoint_id from swbridge.mapping where key = 'k103'")\",\"delete\":true}" >/dev/null
syncs 0 "a plan of that" plan
like "$out" "^- 101 +101 +remove +gone" "names who goes by number and username"
syncs 0 "I33: gone, one of them already at SignalWire"
like "$out" "^- 101 +101 +removed +gone" "and so does the pass"
in_step "gone"
is "$(journal_of k103)" "create:done remove:done" "the journal says so"

# What stands under the ledger's id is not what the ledger says: not touched.
sim edit -d "{\"id\":\"$(sql "select sip_endpoint_id from swbridge.mapping where key = 'k104'")\",\"set\":{\"username\":\"reception\"}}" >/dev/null
sql "delete from pbx_users where key = 'k104'"
syncs 4 "I7: a credential that has another name now"
is "$(sent) $(there reception)" " 1" "is not deleted"
sim edit -d "{\"id\":\"$(sql "select sip_endpoint_id from swbridge.mapping where key = 'k104'")\",\"set\":{\"username\":\"104\"}}" >/dev/null
syncs 0 "under its own name"
in_step "under its own name"

if with_subscribers; then
	# Somebody else lives on our subscriber.
	sim seed -d "{\"subscriber_id\":\"$(sql "select subscriber_id from swbridge.mapping where key = 'k105'")\",\"credentials\":[{\"username\":\"door\",\"password\":\"x\"}]}" >/dev/null
	sql "insert into test.foreign_credential values ('door');
		insert into test.foreign_subscriber values ('k105@pbx.example.com');
		delete from pbx_users where key = 'k105'"
	people 110 110
	syncs 0 "I7: a subscriber that somebody else uses"
	is "$(sent | grep DELETE)" "DELETE credential 105 " "stays"
	like "$(sql "select detail from swbridge.journal where key = 'k105' and operation = 'remove'")" "other credential" "and the journal says why"
	in_step "somebody else's"
fi
never_at_once

# ---- suspend -----------------------------------------------------------------

world suspending mirror.on_remove=suspend
people 101 103
syncs 0 "three extensions"
before=$(ids k101)
sql "update pbx_users set enabled = false where key = 'k101'; delete from pbx_users where key = 'k102'"
syncs 0 "one is disabled and one is gone"
is "$(sent_sorted)" "PATCH credential 101 password
PATCH credential 102 password" "each gets a password"
isnt "$(password_of 101)" secret-101 "that nobody knows"
isnt "$(password_of 101)" "$(password_of 102)" "and that no other has"
is "$(password_of 101 | tr -d '\n' | wc -c)" 32 "and that is long"
is "$(sql "select key, state from swbridge.sync order by key" | tr '\n' ' ')" "k101|suspended k102|suspended k103|active " "they are suspended"
quiet "suspended"
sql "update pbx_users set secret = 'secret-new', caller_id = 'Ann' where key = 'k101'"
quiet "a suspended row that changes"
sql "update pbx_users set enabled = true where key = 'k101'"
people 102 102
syncs 0 "both come back"
is "$(ids k101)" "$before" "with their ids"
unlike "$(sent)" "POST|DELETE" "and nothing is created or deleted"
in_step "back"
sql "delete from pbx_users where key = 'k101'; update pbx_users set enabled = false where key = 'k102'"
syncs 0 "suspended again"
config mirror.on_remove=delete
syncs 0 "I34: on_remove becomes delete"
is "$(sent_sorted)" "DELETE credential 101 
DELETE credential 102 
DELETE subscriber k101@pbx.example.com 
DELETE subscriber k102@pbx.example.com " "what was suspended goes"
in_step "suspended and deleted"

# ---- keep --------------------------------------------------------------------

world keeping mirror.on_remove=keep
people 101 103
syncs 0 "three extensions"
sql "update pbx_users set enabled = false where key = 'k101'; delete from pbx_users where key = 'k102'"
syncs 0 "disabled and gone"
is "$(sent)" "" "nothing is sent"
quiet "kept"
is "$(there 101) $(there 102)" "1 1" "both are there"
config mirror.on_remove=delete
syncs 0 "on_remove becomes delete"
is "$(sent | grep -c DELETE)" "$(either 4 2)" "both go"
in_step "kept and deleted"

# ---- grace -------------------------------------------------------------------

world grace mirror.grace=1h
people 101 104
syncs 0 "four extensions"
before=$(ids k101)
sql "delete from pbx_users where key in ('k101', 'k102')"
syncs 0 "two are gone"
is "$(sent)" "" "nothing is sent"
is "$(state_of k101)" retiring "they retire"
quiet "in grace"
sql "update swbridge.sync set absent_since = absent_since - interval '50 minutes' where absent_since is not null"
people 101 101
syncs 0 "one comes back"
is "$(sent)$(sql "select absent_since from swbridge.sync where key = 'k101'")" "" "nothing is sent, it is not absent any more"
is "$(ids k101)" "$before" "its ids are the same"
quiet "nearly over"
sql "delete from pbx_users where key = 'k101'"
syncs 0 "it goes once more"
sql "update swbridge.sync set absent_since = absent_since - interval '11 minutes' where absent_since is not null"
syncs 0 "grace is over for the other"
is "$(sent)" "DELETE credential 102 
DELETE subscriber k102@pbx.example.com " "I35: which is removed; absence counts from its last beginning"
is "$(state_of k101)" retiring "the first one still retires"
sql "update pbx_users set enabled = false where key = 'k103'"
syncs 0 "a row is disabled"
is "$(sent)" "DELETE credential 103 
DELETE subscriber k103@pbx.example.com " "that needs no grace"
quiet "after grace"

# ---- protected ---------------------------------------------------------------

world protecting
people 101 104
sql "update pbx_users set protected = true where key in ('k101', 'k102', 'k103')"
syncs 0 "three protected rows"
sql "delete from pbx_users where key = 'k101'; update pbx_users set enabled = false where key = 'k102'"
syncs 0 "one is gone and one disabled"
is "$(sent)" "" "nothing is sent"
quiet "protected"
sql "update pbx_users set protected = false where key in ('k102', 'k103')"
syncs 0 "protection is lifted"
is "$(sent)" "DELETE credential 102 
DELETE subscriber k102@pbx.example.com " "the disabled one goes"
quiet "less protected"
is "$(there 101)" 1 "the other is there for good"
config mirror.on_remove=suspend
quiet "protected against suspension too"

# ---- a row that was never created ----------------------------------------------

world never
sim seed -d '{"subscribers":[{"email":"z@x.example","credentials":[{"username":"101","password":"z"}]}]}' >/dev/null
people 101 102
syncs 4 "a name that is taken at SignalWire"
sql "update pbx_users set enabled = false where key = 'k101'"
swb sync
is "$rc" 0 "the row is disabled"
swb sync
is "$(sql "select count(*) from swbridge.sync where key = 'k101'") $(sim state | grep -c k101@)" "0 0" "nothing of it is left, no subscriber either"
quiet "never created"

# ---- protected at the last moment --------------------------------------------------------

# One by one; the last one is protected while it waits for its turn.
world late signalwire.max_in_flight=1
people 101 112
syncs 0 "twelve"
sql "update pbx_users set enabled = false"
set_sim '{"latency_ms":100}'
deletes=$(sim count/DELETE)
start_swb sync
sim_saw DELETE $((deletes + 1))
sql "update pbx_users set protected = true where key = 'k112'"
set_sim '{"latency_ms":0}'
wait_for 60 lib_gone "$swb_pid"
stop_swb
is "$(there 112) $(there 111)" "1 0" "what is protected while its removal waits stays"
syncs 0 "the next pass notes it"
quiet "protected at the last moment"

done_testing
