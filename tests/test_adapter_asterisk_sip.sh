#!/bin/sh
# test_adapter_asterisk_sip - Asterisk's realtime table of chan_sip, from its rows to SignalWire.
. "${SRCDIR:-.}/tests/adapters.sh"

adapter_world asterisk-sip
adapter_yields
adapter_mirrors
adapter_reports
adapter_issues "202"

# ---- the PBX's own ways of writing ---------------------------------------------------

tells "a secret" "201" "update sippeers set secret = 's201x' where name = '201'"
tells "a registration" "" "update sippeers set ipaddr = '192.0.2.1', port = 5060, regseconds = 1, defaultuser = 'x', fullcontact = 'sip:x',
	useragent = 'x', lastms = 3, regserver = 'x' where name = '203'"
tells "nothing that is watched" "" "update sippeers set context = 'other', accountcode = 'x'" "update voicemail set password = '9'"
tells "a mailbox, in whatever context" "201" "update voicemail set email = 'new@example.com' where context = 'default'"
tells "a trunk that becomes a user" "trunk2" "update sippeers set trunkname = null where name = 'trunk2'"
tells "and back" "trunk2" "update sippeers set trunkname = 'Branch trunk' where name = 'trunk2'"
tells "another name: both" "203 253" "update sippeers set name = '253' where name = '203'" "update sippeers set name = '203' where name = '253'"
tells "deleted and inserted again" "202 203" "begin; create temp table kept as select * from sippeers where name in ('202', '203');
	delete from sippeers where name in ('202', '203'); insert into sippeers table kept; commit"
tells "TRUNCATE" "*" "begin; create temp table kept as table sippeers; truncate sippeers; insert into sippeers table kept; commit"

arrives "a secret" "update sippeers set secret = 'arrived' where name = '203'" "select password from credential where username = '203'" arrived
arrives "a new phone" "insert into sippeers (name, type, host, secret) values ('220', 'friend', 'dynamic', 's220')" \
	"select password from credential where username = '220'" s220
arrives "an e-mail of voicemail" "insert into voicemail (context, mailbox, password, fullname, email) values ('default', '220', '1', 'Vic', 'Vic@example.com')" \
	"select email from credential where username = '220'" vic@example.com
stop_swb

# ---- its upgrades -----------------------------------------------------------------

for column in name secret host; do survives sippeers $column 'sippeers has no column.*the source changed'; done
for column in type md5secret allow callerid fullname cid_number mailbox trunkname callbackextension insecure; do survives sippeers $column; done
for column in mailbox context email fullname; do survives voicemail $column; done

adapter_world asterisk-sip
sql "alter table sippeers add column encryption text; update sippeers set encryption = 'yes' where name = '201'; update sippeers set encryption = 'no' where name = '203'"
is "$(adapter_query "select string_agg(key || ' ' || encryption, ', ' order by key) from source")" "201 required, 203 default" "a column encryption of the operator's own"
sql "alter table sippeers drop column encryption; drop table voicemail"
is "$(adapter_query "select count(*) from source")" "$(sql "select count(*) from sippeers where name ~ '^20[1235678]$|211'")" "without voicemail it goes on"
sql "$(sed -n '/voicemail (/p' "$fixture/tables.sql")"
adapter_leaves
done_testing
