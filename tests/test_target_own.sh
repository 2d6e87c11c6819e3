#!/bin/sh
# test_target_own.sh - what is true of standalone credentials alone: handlers, PUT, no cost; and a ledger is about one target.
WORLD_TARGET=sip-endpoint
. "${SRCDIR:-.}/tests/world.sh"

id_of() { sql "select sip_endpoint_id from swbridge.mapping where key = '$1'"; }
dashboard() { sim edit -d "{\"id\":\"$(id_of "$1")\",\"set\":$2}" >/dev/null; }
# What a credential is at SignalWire, but for what everybody has.
endpoint() {
	sim state | grep "\"username\":\"$1\"" | sed 's/.*"username"/"username"/; s/,"created_at".*//; s/},*]*,*$//'
}
R=1a2b3c4d-0000-4000-8000-00000000000

# ---- handlers ------------------------------------------------------------------

world handlers
sql "alter table pbx_users add column call_handler text, add column calling_handler_resource_id uuid"
swb init
like "$out" "call_handler, calling_handler_resource_id" "the handlers are bound"
people 101 105
sql "update pbx_users set call_handler = 'resource', calling_handler_resource_id = '${R}1' where key = 'k101';
	update pbx_users set call_handler = 'resource' where key = 'k102';
	update pbx_users set calling_handler_resource_id = '${R}1' where key = 'k103';
	update pbx_users set call_handler = 'relay_script' where key = 'k104';
	update pbx_users set call_handler = 'Block-PSTN' where key = 'k105'"
syncs 4 "handlers of every kind"
is "$(sent_values POST | LC_ALL=C sort)" \
"101 {\"password\": \"secret-101\", \"username\": \"101\", \"call_handler\": \"resource\", \"calling_handler_resource_id\": \"${R}1\"}
105 {\"password\": \"secret-105\", \"username\": \"105\", \"call_handler\": \"block-pstn\"}" "those that SignalWire takes are sent"
like "$out" "102 .*rejected .*the call_handler is resource, which needs a calling_handler_resource_id" "resource without a resource"
like "$out" "103 .*rejected .*there is a calling_handler_resource_id, which needs the call_handler resource" "a resource without resource"
like "$out" "104 .*rejected .*the call_handler is none of default, passthrough, block-pstn, resource" "a word that is none"
quiet "handlers" 4
sql "update pbx_users set call_handler = 'passthrough', calling_handler_resource_id = null where key in ('k101', 'k103');
	update pbx_users set call_handler = 'resource', calling_handler_resource_id = '${R}2' where key in ('k102', 'k104');
	update pbx_users set call_handler = null where key = 'k105'"
syncs 0 "all are mended"
is "$(sent_values PATCH)" '101 {"call_handler": "passthrough", "calling_handler_resource_id": null}
105 {"call_handler": "default"}' "the resource goes with its handler; a handler that is not managed any more is the default"
in_step "mended"
sql "update pbx_users set calling_handler_resource_id = '${R}3' where key = 'k102'"
syncs 0 "another resource"
is "$(sent_values PATCH)" "102 {\"calling_handler_resource_id\": \"${R}3\"}" "is one PUT"
in_step "another resource"
swb explain 102
like "$out" "call handler +resource" "explain shows it"
unlike "$out" "ubscriber" "and speaks of no subscriber"

# ---- what a PUT would clear ----------------------------------------------------

world clearing
set_sim '{"endpoint_put_clears":true}'
people 101 103
sql "update pbx_users set caller_id = 'Desk' where key = 'k102'"
syncs 0 "three"
dashboard k101 '{"caller_id":"Ann","codecs":["G722"],"encryption":"required"}'
dashboard k102 "{\"call_handler\":\"resource\",\"calling_handler_resource_id\":\"${R}4\"}"
sql "update pbx_users set secret = 'new' where key in ('k101', 'k102')"
syncs 0 "passwords change"
is "$(sent_sorted)" "PATCH credential 101 password
PATCH credential 102 password" "and nothing else, whatever somebody set in the dashboard"
like "$(endpoint 101)" '"password":"new","caller_id":"Ann",.*"codecs":\["G722"\],"encryption":"required"' "what is not managed stays"
like "$(endpoint 102)" "\"caller_id\":\"Desk\".*\"call_handler\":\"resource\",\"calling_handler_resource_id\":\"${R}4\"" "the handler too"
sql "update pbx_users set caller_id = null where key = 'k102'; update pbx_users set username = 'door' where key = 'k101'"
syncs 0 "one is renamed, another loses its caller id"
is "$(sent_sorted)" "PATCH credential 102 caller_id
PATCH credential door username" "the password is not sent again"
like "$(endpoint door)" '"password":"new".*"codecs":\["G722"\]' "and is there still"
unlike "$(endpoint 102)" 'Desk' "what is not wanted any more is taken back"
quiet "nothing was cleared"
# What the API shows as the default stands in the credential behind a PUT: nobody can tell the two apart.
set_sim '{"list_defaults":true}'
sql "update pbx_users set secret = 'newer' where key = 'k103'"
syncs 0 "a PUT of what had only defaults"
quiet "defaults"

# A handler that only the dashboard knows is shown, and refused if it is sent.
fault '{"method":"GET","path":"*/sip_endpoints/*","action":"status","status":200,"content":"{\"id\":\"'"$(id_of k103)"'\",\"sip_endpoint\":{\"id\":\"'"$(id_of k103)"'\",\"username\":\"103\",\"caller_id\":null,\"send_as\":null,\"ciphers\":[],\"codecs\":[],\"encryption\":\"default\",\"call_handler\":\"ai_agent\",\"calling_handler_resource_id\":null}}"}'
sql "update pbx_users set secret = 'newest' where key = 'k103'"
syncs 0 "a handler of another kind"
unlike "$(sim log | tail -n 1)" "ai_agent" "is not sent back"

# What cannot be read is not written.
fault '{"method":"GET","path":"*/sip_endpoints/*","action":"status","status":500,"times":-1}'
sql "update pbx_users set secret = 'unread' where key = 'k103'"
syncs 5 "a credential that cannot be read"
is "$(sent)" "" "is not written"
sim fault/clear -d '{}' >/dev/null
settle
syncs 0 "when it can be read again"
quiet "read again"
fault '{"method":"PUT","action":"status","status":404}'
sql "update pbx_users set secret = 'lied' where key = 'k103'"
syncs 4 "a 404 to a PUT of what is there"
syncs 0 "is not believed"
quiet "a 404"

# ---- no subscriber, no cost ----------------------------------------------------

world costs mirror.subscriber_domain=
people 101 103
sql "update pbx_users set email = 'Ann@X.example', first_name = 'Ann' where key = 'k101'"
swb --json plan
like "$out" '"subscribers_create":0,"subscribers_remove":0,"monthly_cost_change":0' "I16: a plan of three costs nothing"
swb plan
unlike "$out" '[$]|subscriber' "and speaks of no subscriber"
syncs 0 "without an e-mail"
is "$(sent | cut -d' ' -f1,2 | uniq -c | tr -s ' ')" " 3 POST credential" "each is one request"
is "$requests" 4 "and one that asks for the right project"
is "$(sql "select count(*), count(subscriber_id), count(email) from swbridge.mapping")" "3|0|0" "the mapping has no subscribers"
is "$(sql "select sip_endpoint_id from swbridge.mapping where key = 'k101'")" "$(told state <<-'END'
	select id from credential where username = '101';
END
)" "and the outer id"
in_step "costs"
sql "update pbx_users set email = 'bob@x.example', first_name = 'Bob'"
quiet "e-mails and profiles mean nothing"
swb check
like "$out" "^ok +target +sip-endpoint; these mean nothing to it and are not used: email, first_name, last_name, display_name$" \
	"check says which columns"
like "$out" "^ok +scopes .*SIP profile and the SIP endpoints" "and asks whether the token may see the endpoints"
swb status
like "$out" "subscribers 0," "status counts none"
sql "delete from pbx_users where key = 'k103'"
swb --json plan
like "$out" '"subscribers_remove":0,"monthly_cost_change":0' "nor does a removal save anything"
swb forget 101
is "$rc" 0 "forget drops one"
like "$out" "SIP" "and says what stays"

# ---- somebody else's -----------------------------------------------------------

world strangers
sim seed -d '{"sip_endpoints":[{"username":"101","password":"z"},{"username":"900","password":"z"},{"username":"901","password":"z"}],
	"subscribers":[{"email":"k102@pbx.example.com","credentials":[{"username":"102","password":"z"}]}]}' >/dev/null
strangers() { sim state | grep '"z"' | sed 's/[],]*$//' | sort; }
strangers >"$tmp/strangers"
people 101 104
syncs 4 "names that a standalone credential and a subscriber's have"
is "$(sql "select key, state from swbridge.mapping order by 1" | tr '\n' ' ')" "k101|rejected k102|rejected k103|active k104|active " \
	"I8: both are rejected"
like "$(sql "select string_agg(last_error, ' ') from swbridge.sync")" "101 exists remotely.*102 exists remotely" "and the ledger says why"
sql "update pbx_users set username = '900' where key = 'k103'"
syncs 4 "renamed to somebody's name"
sql "delete from pbx_users"
people 500 500
swb sync
swb sync
is "$rc $(strangers | cmp - "$tmp/strangers" 2>&1)" "0 " "I7: what is not ours is as it was"
is "$(sim state | grep -c '"username":"10[0-9]","password":"secret')" 0 "and what was ours is gone"

# ---- what is there already is taken over ------------------------------------------

world adopting
seeded=$(sim seed -d '{"sip_endpoints":[{"username":"101","password":"z"},{"username":"desk","password":"z"},{"username":"103","password":"z"}]}')
seeded_id() { printf '%s\n' "$seeded" | sed -n "s/.*\"id\":\"\([^\"]*\)\".*\"$1\".*/\1/p"; }
inner_id() { sim state | sed -n "s/.*\"inner_id\":\"\([^\"]*\)\".*\"username\":\"$1\".*/\1/p"; }
people 101 102
syncs 4 "one is there already"
like "$(sql "select last_error from swbridge.sync where key = 'k101'")" "swbridge adopt k101 SIP_ENDPOINT_ID" "which says how to take it"
swb adopt 101 "$(seeded_id 101)" "${R}1"
is "$rc" 64 "there is no subscriber to name"
swb adopt 101 "$(inner_id 101)"
is "$rc" 1 "the inner id"
like "$err" "has no standalone SIP credential .* not the id within \"sip_endpoint\"" "is none"
is "$(sent)" "POST credential 102 password,username" "nothing is sent for it"
swb adopt 101 "$(seeded_id 101)"
is "$rc" 0 "adopt takes it by its id"
like "$out" "Adopted: 101 is the standalone SIP credential $(seeded_id 101) \(101\)" "and says so"
like "$out" "sets its password to the PBX's" "and what that means"
is "$(sql "select subscriber_id, sip_endpoint_id, state from swbridge.mapping where key = 'k101'")" "|$(seeded_id 101)|active" "the ledger has it"
swb adopt 101 "$(seeded_id 101)"
like "$rc $out" "^0 101 has just these already" "once more changes nothing"
swb forget 102
swb adopt 102 "$(seeded_id 101)"
like "$rc $err" "^1 .*belongs to k101 .extension 101. in the ledger" "nobody else can take it"
swb adopt 102 "$(seeded_id desk)"
is "$rc" 0 "one of another name is taken, too"
sim edit -d "{\"id\":\"$(told state <<-'END'
	select id from credential where username = '102';
END
)\",\"delete\":true}" >/dev/null
syncs 0 "the next pass"
is "$(sent_sorted)" "PATCH credential 101 password
PATCH credential 102 password,username" "sends the passwords, and the name"
sql "insert into test.foreign_credential values ('103')"
in_step "adopted"
sql "delete from test.foreign_credential"
people 103 105
swb migrate --dry-run --adopt
unlike "$out" '[$][1-9]' "a migration costs nothing"
mark=$(sim count/seq)
swb migrate --adopt --yes
is "$rc" 0 "migrate adopts what fits and makes the rest"
is "$(sent_sorted)" "PATCH credential 103 password
POST credential 104 password,username
POST credential 105 password,username" "each in one request"
is "$(id_of k103)" "$(seeded_id 103)" "with the id that was there"
in_step "migrated"

# ---- a handler of something else ------------------------------------------------

world assigned
people 101 102
syncs 0 "two"
fault '{"method":"DELETE","action":"status","status":422,"content":"{\"errors\":[{\"type\":\"validation_error\",\"code\":\"resource_assigned_as_handler\",\"message\":\"The resource is assigned as a handler\",\"attribute\":null}]}"}'
sql "delete from pbx_users where key = 'k101'"
syncs 4 "one is the handler of something and cannot be deleted"
like "$out" "101 .*assigned as a handler \(resource_assigned_as_handler" "the line says so"
is "$(sql "select state from swbridge.sync where key = 'k101'")" removing "it stays"
syncs 0 "once it is free"
in_step "assigned"

# ---- lost creates ---------------------------------------------------------------

world listed
people 101 110
fault '{"method":"POST","action":"commit_then_reset","times":6}'
fault '{"method":"POST","action":"reset_before_commit","times":-1}'
syncs 5 "ten creates are lost, six of which acted"
sim fault/clear -d '{}' >/dev/null
settle
fault '{"method":"GET","path":"*/sip_endpoints","action":"status","status":500,"times":-1}'
syncs 5 "the listing cannot be read"
is "$(sent)" "" "I9: nothing is concluded"
sim fault/clear -d '{}' >/dev/null
set_sim '{"page_size_max":3}'
settle
lists=$(sim count/class.sip_endpoints.GET)
syncs 0 "the listing is read"
is "$(($(sim count/class.sip_endpoints.GET) - lists))" 4 "twice, in two pages, for all ten"
is "$(sent | cut -d' ' -f1,2 | sort | uniq -c | tr -s ' ')" " 6 PATCH credential
 4 POST credential" "six are found, four are made"
in_step "lost creates"

# ---- a ledger is about one target -----------------------------------------------

world bound
people 101 102
syncs 0 "two standalone credentials"
config mirror.target=subscriber
syncs 6 "the other target"
like "$err" "bound to target = sip-endpoint, the configuration says subscriber" "is refused"
is "$(sent) $requests" " 0" "before anything is asked"
for options in init "init --rebind"; do
	# shellcheck disable=SC2086
	swb $options
	is "$rc" 6 "and so does $options"
	like "$err" "Set \[mirror\] target = sip-endpoint again, and for the others make a second ledger" "with a way out"
done
config
quiet "set again"
sql "update pbx_users set enabled = false"
syncs 0 "everything goes"
config mirror.target=subscriber
swb init
is "$rc" 0 "an empty ledger is bound anew"
sql "update pbx_users set enabled = true"
syncs 0 "and mirrors to subscribers"
is "$(sql "select count(subscriber_id) from swbridge.mapping")" 2 "which the mapping has"
config mirror.subscriber_domain= mirror.subscriber_id=${R}1
swb check
like "$out" "subscriber_id puts all credentials under one subscriber, and with target = sip-endpoint they belong to none" \
	"one subscriber for all contradicts it"

# ---- from version 1 ----------------------------------------------------------------

world older mirror.target=subscriber
people 101 103
swb sync
sql "alter table swbridge.identity drop column target, drop column subscriber_id; alter table swbridge.holder drop column refused; update swbridge.identity set schema_version = 1"
before=$(sql "select * from swbridge.mapping order by key")
for verb in sync status plan; do
	swb $verb
	is "$rc" 6 "a ledger of version 1: $verb"
	like "$err" "has version 1, this swbridge needs 4; run: swbridge init" "says what to do"
done
config
swb init
is "$rc $(sql "select schema_version from swbridge.identity")" "6 1" "init with another target changes nothing"
config mirror.target=subscriber
psql -XAtq -c "select pg_advisory_lock(1937203826, (select oid::integer from pg_namespace where nspname = 'swbridge')), pg_sleep(600)" \
	>/dev/null 2>&1 &
holder=$!
locked() { [ "$(sql "select count(*) from pg_locks where locktype = 'advisory'")" = 1 ]; }
wait_for 10 locked
swb init
is "$rc $(sql "select schema_version from swbridge.identity")" "7 1" "nor does it while another one is at work"
sql "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory'" >/dev/null
wait "$holder" 2>/dev/null
swb init
is "$rc $(sql "select schema_version, target from swbridge.identity")" "0 4|subscriber" "init migrates it"
is "$(sql "select * from swbridge.mapping order by key")" "$before" "and keeps every id"
swb sync
like "$rc $out" "^0 Sync: nothing to do; 3 in step before; 0 requests" "nothing is different"
swb init
is "$rc" 0 "once more"
# The DDL by hand: what is missing, and nothing else.
sql "alter table swbridge.identity drop column target, drop column subscriber_id; alter table swbridge.holder drop column refused; update swbridge.identity set schema_version = 1"
swb init --print-sql
is "$(printf '%s\n' "$out" | PGOPTIONS="-c client_min_messages=warning" psql -XAtq -v ON_ERROR_STOP=1 2>&1)" "" "init --print-sql | psql migrates it as well"
is "$(sql "select schema_version, target from swbridge.identity")" "4|subscriber" "to the same"
swb init --print-sql
is "$(printf '%s\n' "$out" | PGOPTIONS="-c client_min_messages=warning" psql -XAtq -v ON_ERROR_STOP=1 2>&1)" "" "and once more does nothing"
# A script of version 1, never bound.
sql "set client_min_messages = warning; drop schema swbridge cascade; create schema swbridge"
psql -XAtq -v ON_ERROR_STOP=1 -c "set search_path = swbridge" -f "$SRCDIR/sql/001-ledger.sql" >"$tmp/psql" 2>&1
swb init
is "$rc $(sql "select schema_version, target from swbridge.identity")" "0 4|subscriber" "what was made by hand and never bound is migrated, too"

done_testing
