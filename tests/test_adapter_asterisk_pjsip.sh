#!/bin/sh
# test_adapter_asterisk_pjsip - Asterisk's realtime tables of chan_pjsip, from their rows to SignalWire.
. "${SRCDIR:-.}/tests/adapters.sh"

adapter_world asterisk-pjsip
adapter_yields
adapter_mirrors 4
adapter_reports
adapter_issues "6002 6017"

# ---- the PBX's own ways of writing ---------------------------------------------------

tells "a password" "6001" "update ps_auths set password = 'x1' where id = '6001'"
tells "an auth that is one of several" "6005" "update ps_auths set password = 'x5' where id = '6005'"
sql "update ps_endpoints set auth = ' 6001 ', aors = ' 6001 ' where id = '6001'"
tells "an auth with blanks around its name" "6001" "update ps_auths set password = 'x2' where id = '6001'"
tells "an aor likewise" "6001" "update ps_aors set contact = 'sip:192.0.2.8' where id = '6001'" "update ps_aors set contact = null where id = '6001'"
sql "update ps_endpoints set auth = '6001', aors = '6001' where id = '6001'"
tells "an auth of nobody" "" "insert into ps_auths (id, username, password) values ('6099', '6099', 'x')"
tells "nothing that is watched" "" "update ps_auths set nonce_lifetime = 5" "update ps_endpoints set transport = 'udp', set_var = 'a=b'" \
	"update ps_aors set max_contacts = 2, qualify_frequency = 60" "update voicemail set password = '9', stamp = now()"
tells "a mailbox belongs to whoever names it" "6001 6010 6011 acme-6001" "update voicemail set email = 'new@example.com' where context = 'default'"
tells "a trunk that becomes a user" "gw1" "delete from ps_endpoint_id_ips where endpoint = 'gw1'"
tells "and back" "gw1" "insert into ps_endpoint_id_ips values ('gw1', 'gw1', '192.0.2.9')"
tells "a fixed contact" "6005" "update ps_aors set contact = 'sip:192.0.2.7' where id = '6005'" "update ps_aors set contact = null where id = '6005'"
tells "a new phone, in one transaction" "6100" "begin; insert into ps_aors (id, max_contacts) values ('6100', 1);
	insert into ps_auths (id, username, password) values ('6100', '6100', 'pw6100'); insert into ps_endpoints (id, aors, auth) values ('6100', '6100', '6100'); commit"
tells "and gone again" "6100" "begin; delete from ps_endpoints where id = '6100'; delete from ps_auths where id = '6100'; delete from ps_aors where id = '6100'; commit"
like "$(heard "begin; create temp table kept as table ps_auths; delete from ps_auths; insert into ps_auths select * from kept; commit")" \
	'^\* ' "everything deleted and inserted: a few, then everything"

# What the statements behind the triggers may cost the PBX, and that they never fail it.
sql "create role pbx login; grant insert, update, select on ps_auths to pbx"
is "$(PGUSER=pbx heard "insert into ps_auths (id, username) values ('own', 'own')")" "*" "I26: a role that may not read the endpoints writes on; everything is looked at"
sql "begin; alter table ps_endpoints rename to away; update ps_auths set password = password || 'x' where id = '6001'; alter table away rename to ps_endpoints; commit"
tells "I26: nor where a table is gone" "*" "begin; alter table ps_endpoints rename to away; update ps_auths set password = 'Sw0rdfish-1' where id = '6001';
	alter table away rename to ps_endpoints; commit"
tells "auths of nobody, one after the other" "" "insert into ps_auths (id) select 'few' || n from generate_series(1, 10) n"
tells "many of them: looked for no more, but everything" "*" "insert into ps_auths (id) select 'many' || n from generate_series(1, 11) n"
sql "delete from ps_auths where id like 'few%' or id like 'many%' or id = 'own'; drop owned by pbx; drop role pbx"
tells "TRUNCATE" "*" "begin; create temp table kept as table ps_aors; truncate ps_aors; insert into ps_aors table kept; commit"
tells "the realm of all" "*" "update ps_globals set default_realm = 'asterisk'"

# A column of the operator's own: the next init has it watched, too.
sql "alter table ps_endpoints add column enabled text"
swb init
like "$out" 'Triggers on .*ps_endpoints' "init renews the triggers for a column that is new"
swb init
unlike "$out" 'Triggers on|Installed' "once more changes nothing"

arrives "a password" "update ps_auths set password = 'arrived-1' where id = '6001'" "select password from credential where username = '6001'" arrived-1
arrives "a caller id" "update ps_endpoints set callerid = '\"Ada King\" <6001>' where id = '6001'" "select caller_id from credential where username = '6001'" "Ada King"
arrives "a new phone" "insert into ps_aors (id, max_contacts) values ('6101', 1); insert into ps_auths (id, username, password) values ('6101', '6101', 'pw6101');
	insert into ps_endpoints (id, aors, auth) values ('6101', '6101', '6101')" "select password from credential where username = '6101'" pw6101
arrives "a disabled one" "update ps_endpoints set enabled = 'no' where id = '6101'" \
	"select count(*) from credential where username = '6101'" 0
stop_swb
sql "delete from ps_endpoints where id = '6101'; alter table ps_endpoints drop column enabled"

# A watched column that an upgrade drops: phones that register write to the table all the time.
tells "a watched column is gone: nothing of what is not watched" "" "update ps_endpoints set transport = 'tcp'"
tells "and what is still watched is heard of" "6001" "update ps_endpoints set allow = allow || ',g722' where id = '6001'"
swb check
like "$out" '^warning +triggers .*watching ps_endpoints.enabled, which the PBX does not have any more.*swbridge init$' "check says which, and what to do"
swb init
like "$out" 'Triggers on .*ps_endpoints' "init renews the triggers"
swb check
unlike "$out" 'does not have any more' "and then all is well"

# ---- its upgrades -----------------------------------------------------------------

for column in id auth; do survives ps_endpoints $column 'ps_endpoints has no column.*the source changed'; done
for column in aors allow callerid mailboxes outbound_auth media_encryption media_encryption_optimistic webrtc tenantid; do
	survives ps_endpoints $column
done
for column in id username password; do survives ps_auths $column 'ps_auths has no column.*the source changed'; done
for column in auth_type md5_cred password_digest realm; do survives ps_auths $column; done
survives ps_aors id 'ps_aors has no column'
for column in contact mailboxes; do survives ps_aors $column; done
for column in mailbox context email fullname; do survives voicemail $column; done
for column in endpoint; do survives ps_registrations $column; survives ps_endpoint_id_ips $column; done
for column in default_outbound_endpoint default_realm; do survives ps_globals $column; done
sql "drop table ps_auths"
swb sync
is "$rc" 6 "a table is gone: nothing is done"
like "$err" 'no table ps_auths.*the source changed' "it says so"

# What an operator does not want sent is left alone.
adapter_world asterisk-pjsip
printf '[columns]\nsend_as =\n' >>"$conf"
swb init
unlike "$out" 'columns: .*send_as' "[columns] send_as = with nothing behind it: not bound"
set_sim '{"numbers":null}'
syncs 4 "a number that the project does not own keeps nobody out then"
is "$(echo "select count(*) from credential where username = '6001'" | told state)" 1 "the phone is there"

# The daily role reads what the README of the adapter says, and no more.
adapter_world asterisk-pjsip
sql "create role bridge login"
rights=$(sed -n '/^-v source=/,$p' "$SRCDIR/contrib/adapters/asterisk-pjsip/README" | tr '\n' ' ' | sed 's/-v source="\(.*\)".*/\1/')
psql -XAtq -v ON_ERROR_STOP=1 -v schema=swbridge -v role=bridge -v source="$rights" -f "$SRCDIR/sql/grants.sql" >"$tmp/grants" 2>&1
is "$(cat "$tmp/grants")" "" "the grants of the README"
config postgres.source=swbridge.asterisk_pjsip "postgres.conninfo=host=$PGHOST user=bridge dbname=$PGDATABASE"
syncs 4 "and that is enough for a sync"
is "$(credentials | wc -l)" "$(wc -l <"$fixture/credentials")" "of everybody"
sql "revoke select on ps_auths from bridge"
swb sync
is "$rc" 6 "without a right nothing is done"
like "$err" 'ps_auths' "and it says on what"
config postgres.source=swbridge.asterisk_pjsip
sql "drop owned by bridge; drop role bridge"

# Their schema is as it was.
adapter_leaves
done_testing
