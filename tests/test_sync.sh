#!/bin/sh
# test_sync.sh - two hundred extensions are mirrored, changed, removed and added, with the fewest requests that do it.
. "${SRCDIR:-.}/tests/world.sh"

world story
people 101 300
syncs 0 "two hundred extensions are created"
is "$(sent | cut -d' ' -f1,2 | sort | uniq -c | tr -s ' ')" " 200 POST credential
 200 POST subscriber" "with two requests each"
is "$requests" "$(either 401 201)" "and one that asks for the right project"
is "$(sql 'select count(*), count(distinct subscriber_id), count(distinct sip_endpoint_id) from swbridge.mapping')" \
	"200|$(either 200 0)|200" "two hundred ids of either kind are in the ledger"
in_step "two hundred"

sql "update pbx_users set secret = 'changed-' || extension where extension::int between 101 and 105;
	update pbx_users set caller_id = 'Desk ' || extension where extension::int between 106 and 110;
	delete from pbx_users where extension::int between 201 and 205"
people 301 305
syncs 0 "ten are changed, five removed, five added"
is "$(sent_sorted | grep PATCH)" "PATCH credential 101 password
PATCH credential 102 password
PATCH credential 103 password
PATCH credential 104 password
PATCH credential 105 password
PATCH credential 106 caller_id
PATCH credential 107 caller_id
PATCH credential 108 caller_id
PATCH credential 109 caller_id
PATCH credential 110 caller_id" "ten PATCHes, and a password only where it changed"
is "$(sent_sorted | grep POST)" "POST credential 301 password,username
POST credential 302 password,username
POST credential 303 password,username
POST credential 304 password,username
POST credential 305 password,username
POST subscriber k301@pbx.example.com email
POST subscriber k302@pbx.example.com email
POST subscriber k303@pbx.example.com email
POST subscriber k304@pbx.example.com email
POST subscriber k305@pbx.example.com email" "ten POSTs"
is "$(sent_sorted | grep DELETE)" "DELETE credential 201 
DELETE credential 202 
DELETE credential 203 
DELETE credential 204 
DELETE credential 205 
DELETE subscriber k201@pbx.example.com 
DELETE subscriber k202@pbx.example.com 
DELETE subscriber k203@pbx.example.com 
DELETE subscriber k204@pbx.example.com 
DELETE subscriber k205@pbx.example.com " "ten DELETEs"
is "$(sent | wc -l)" "$(either 30 20)" "and nothing else"
is "$(sent | cut -d' ' -f1 | uniq | tail -n 1)" DELETE "I33: what is removed comes last"
in_step "changed"
never_at_once

sql "update pbx_users set enabled = false"
syncs 0 "all are disabled"
is "$(sim state | grep _count)" '"subscriber_count":0,
"credential_count":0,
"sip_endpoint_count":0,' "nothing is left that costs money"
in_step "nothing left"
sql "update pbx_users set enabled = true"
syncs 0 "all are enabled again"
in_step "all back"

sql "delete from pbx_users"
syncs 3 "an emptied source removes nothing"
is "$(sent)" "" "and sends nothing"
is "$(sql 'select count(*) from swbridge.sync where absent_since is not null')" 0 "and nothing counts as absent"
quiet "an emptied source" 3

done_testing
