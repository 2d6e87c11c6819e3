#!/bin/sh
# test_sync_create.sh - what is sent when an extension is created, and what when it changes.
. "${SRCDIR:-.}/tests/world.sh"

# ---- creating ----------------------------------------------------------------

world create
sql "insert into pbx_users (key, extension, secret, email, first_name, display_name, caller_id, codecs, send_as, encryption)
	values ('a', '101', 's1', 'Ann@X.example', 'Ann', 'Ann A.', 'Ann', 'ulaw,alaw,g722', null, 'required'),
	       ('b', '102', 's2', null, null, 'Bob', null, null, null, null),
	       ('c', '103', 's3', null, null, null, null, '', null, '')"
syncs 0 "profiles and settings"
is "$(sent_values POST | LC_ALL=C sort)" \
'101 {"codecs": ["PCMU", "PCMA", "G722"], "password": "s1", "username": "101", "caller_id": "Ann", "encryption": "required"}
102 {"password": "s2", "username": "102"}
103 {"password": "s3", "username": "103"}
ann@x.example {"email": "ann@x.example", "first_name": "Ann", "display_name": "Ann A."}
b@pbx.example.com {"email": "b@pbx.example.com", "display_name": "Bob"}
c@pbx.example.com {"email": "c@pbx.example.com"}' "are sent where there is a value, and nothing else is"
in_step "profiles and settings"

# Several extensions of one person.
sql "insert into pbx_users (key, extension, secret, email, first_name) select 'p' || n, n, 's' || n, 'pat@x.example', 'Pat' || n
	from generate_series(201, 220) n"
set_sim '{"latency_ms":5}'
syncs 0 "twenty extensions of one e-mail"
is "$(sent | grep subscriber)" "POST subscriber pat@x.example email,first_name" "share one subscriber"
is "$(sent_values POST | grep ^pat)" 'pat@x.example {"email": "pat@x.example", "first_name": "Pat201"}' \
	"whose profile is that of the smallest key"
is "$(sent | grep -c credential)" 20 "and have a credential each"
never_at_once
in_step "twenty of one e-mail"

# Half of them existed before.
set_sim '{"latency_ms":0}'
sql "insert into pbx_users (key, extension, secret, email) select 'p' || n, n, 's' || n, 'PAT@x.example' from generate_series(221, 225) n"
syncs 0 "five more of the same e-mail"
is "$(sent | cut -d' ' -f1,2 | uniq -c | tr -s ' ')" " 5 POST credential" "need no other subscriber"
in_step "five more"

# ---- changing ------------------------------------------------------------------

world change
sql "insert into pbx_users (key, extension, secret, caller_id, codecs, encryption)
	values ('a', '101', 's1', 'Ann', 'ulaw,alaw', 'required'), ('b', '102', 's2', null, null, null)"
syncs 0 "two with settings and without"
sql "update pbx_users set caller_id = null where key = 'a'"
syncs 0 "a caller id is cleared"
is "$(sent_values PATCH)" "$(either '101 {"codecs": ["PCMU", "PCMA"], "caller_id": null, "encryption": "required"}' \
	'101 {"caller_id": null}')" "null is sent"
in_step "cleared"
sql "update pbx_users set codecs = 'g722' where key = 'a'"
syncs 0 "the codecs change"
is "$(sent_values PATCH)" "$(either '101 {"codecs": ["G722"], "encryption": "required"}' '101 {"codecs": ["G722"]}')" \
	"null is sent once only"
in_step "codecs"
sql "update pbx_users set codecs = null, encryption = null where key = 'a'"
syncs 0 "everything is cleared"
is "$(sent_values PATCH)" '101 {"codecs": [], "encryption": "default"}' "the defaults are sent"
in_step "all cleared"
sql "update pbx_users set caller_id = 'Bob', secret = 's2b', extension = '112' where key = 'b'"
before=$(ids b)
syncs 0 "name, secret and settings at once"
is "$(sent_values PATCH)" '112 {"password": "s2b", "username": "112", "caller_id": "Bob"}' "one PATCH"
is "$(ids b)" "$before" "the ids are kept"
in_step "all at once"
sql "update pbx_users set username = 'bob-112' where key = 'b'; update pbx_users set extension = '777' where key = 'b'"
syncs 0 "a username of its own"
in_step "a username of its own"
sql "update pbx_users set extension = '778' where key = 'b'"
syncs 0 "an extension that is no username"
is "$(sent) $requests" " 0" "changes the ledger alone"
is "$(sql "select extension from swbridge.mapping where key = 'b'")" 778 "which follows"
quiet "an extension that is no username"

sql "update pbx_users set secret = null where key = 'a'"
syncs 0 "a secret that is gone"
is "$(sent) $requests" " 0" "leaves everything as it is"
quiet "a secret that is gone"
sql "update pbx_users set secret = 's3', skip_reason = 'no_auth' where key = 'a'"
quiet "a skipped row"
sql "update pbx_users set skip_reason = null"
syncs 0 "a skip reason that is over"
is "$(sent)" "PATCH credential 101 password" "sends the secret"
in_step "after skipping"
never_at_once

# ---- without a key column -------------------------------------------------------

world keyless
sql "alter table pbx_users drop column key; alter table pbx_users drop column username;
	insert into pbx_users (extension, secret) values ('101', 's1'), ('102', 's2')"
sql "set client_min_messages = warning; drop schema swbridge cascade"
swb init
syncs 0 "a table without a key"
sql "update pbx_users set extension = '111' where extension = '101'"
syncs 0 "renumbering is another extension"
is "$(sent_sorted)" "DELETE credential 101 
DELETE subscriber 101@pbx.example.com 
POST credential 111 password,username
POST subscriber 111@pbx.example.com email" "created and removed"
quiet "a table without a key"

done_testing
