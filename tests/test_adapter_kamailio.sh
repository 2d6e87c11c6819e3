#!/bin/sh
# test_adapter_kamailio - the subscribers of Kamailio, from their rows to SignalWire.
. "${SRCDIR:-.}/tests/adapters.sh"

adapter_world kamailio 'mirror.username={username}-{tenant}'
adapter_yields
adapter_mirrors 4
adapter_reports
adapter_issues "a.example/bob"

# ---- kamctl's ways of writing --------------------------------------------------------

passwd() { # USERNAME DOMAIN PASSWORD: as kamctl passwd
	echo "update subscriber set password = '$3', ha1 = md5('$1:$2:$3'), ha1b = md5('$1@$2:$2:$3') where username = '$1' and domain = '$2'"
}
tells "kamctl passwd" "a.example/alice" "$(passwd alice a.example wonderful)"
tells "the other of that name" "b.example/alice" "$(passwd alice b.example elsewhere)"
tells "an alias" "a.example/bob" "update dbaliases set alias_username = '+15551230112' where username = 'bob'"
tells "an alias that moves" "a.example/bob a.example/dave" "update dbaliases set username = 'dave' where username = 'bob'"
tells "kamctl add and rm" "a.example/new" "insert into subscriber (username, domain, password, ha1) values ('new', 'a.example', 'n', md5('new:a.example:n'))" \
	"delete from subscriber where username = 'new'"
tells "one without a domain" "no domain" "update subscriber set password = 'x' where domain = ''"
tells "an update that changes nothing" "" "update subscriber set password = password"
tells "deleted and inserted again" "*" "begin; create temp table kept as table subscriber; truncate subscriber; insert into subscriber table kept; commit"

arrives "kamctl passwd" "$(passwd alice a.example arrived)" "select password from credential where username = 'alice-a.example'" arrived
arrives "a password beside a hash that was alone" "$(passwd bob a.example plain)" "select password from credential where username = 'bob-a.example'" plain
arrives "kamctl add" "insert into subscriber (username, domain, password, ha1) values ('new', 'b.example', 'n', md5('new:b.example:n'))" \
	"select password from credential where username = 'new-b.example'" n
stop_swb

# ---- columns of the operator's own, and of old releases -----------------------------------

sql "alter table subscriber add column enabled integer not null default 1, add column email_address varchar(64) not null default '',
	add column first_name text, add column last_name text, add column caller_id text, add column codecs text, add column encryption text"
sql "update subscriber set enabled = 0 where username = 'frank';
	update subscriber set email_address = 'Alice@example.com', first_name = 'Alice', last_name = 'Liddell', caller_id = 'Alice L', codecs = 'opus,alaw',
		encryption = 'Required' where username = 'alice' and domain = 'a.example'"
is "$(adapter_query "select concat_ws('|', caller_id, codecs, encryption, email, first_name, last_name, display_name) from source where key = 'a.example/alice'")" \
	"Alice L|opus,alaw|required|Alice@example.com|Alice|Liddell|Alice Liddell" "columns of the operator's own are read"
is "$(adapter_query "select string_agg(key, ' ') from source where not enabled")" "a.example/frank" "enabled, whatever its type"
swb init
like "$out" 'Triggers on' "and watched from the next init on"
tells "an e-mail" "a.example/alice" "update subscriber set email_address = 'l@example.com' where username = 'alice' and domain = 'a.example'"

# OpenSIPS has hashes of other kinds beside ha1.
sql "alter table subscriber add column ha1_sha256 varchar(64) not null default '', add column ha1_sha512t256 varchar(64) not null default ''"
sql "insert into subscriber (username, domain, password, ha1_sha256) values
	('sha', 'a.example', 'pw', encode(sha256('sha:a.example:pw'), 'hex')), ('shastale', 'a.example', 'pw', encode(sha256('shastale:a.example:other'), 'hex'));
	insert into subscriber (username, domain, ha1_sha512t256) values ('shaonly', 'a.example', 'ab')"
is "$(adapter_query "select string_agg(concat_ws(':', extension, secret, skip_reason, secret_hash), ' ' order by key) from source where extension like 'sha%'")" \
	"sha:pw shaonly:ab shastale:password_unverified" "the hashes of OpenSIPS"
sql "delete from subscriber where username like 'sha%'"

# ---- several domains ----------------------------------------------------------------

config postgres.source=swbridge.kamailio
swb init
swb sync
is "$rc" 4 "without a template two want one name"
like "$out" 'a.example/alice .*rejected .*another row of the source wants the same username' "both are named"
like "$out" 'b.example/alice .*rejected .*another row of the source wants the same username' "each of them"

# ---- upgrades ------------------------------------------------------------------------

config postgres.source=swbridge.kamailio 'mirror.username={username}-{tenant}'
for column in username domain password; do survives subscriber $column 'subscriber has no column.*the source changed'; done
for column in ha1 ha1b enabled email_address first_name codecs; do survives subscriber $column; done
# Columns of an operator's own, and those of other releases.
for column in email last_name display_name caller_id send_as encryption ha1_sha256 ha1_sha512t256; do
	sql "alter table subscriber add column if not exists $column varchar(64)"
	survives subscriber $column
done
survives dbaliases id
for column in username domain; do survives dbaliases $column 'dbaliases has no column'; done
survives dbaliases alias_username
sql "drop table dbaliases"
swb plan
is "$rc" 0 "without aliases it goes on" || diag "$err"

adapter_world kamailio
adapter_leaves

# ---- the tables as Debian's package makes them ---------------------------------------------

scripts=${KAMAILIO_SCRIPTS-/usr/share/kamailio/postgres}
if [ -r "$scripts/auth_db-create.sql" ]; then
	adapter_load() {
		for script in standard auth_db domain uri_db alias_db group usrloc; do
			psql -XAtq -v ON_ERROR_STOP=1 -f "$scripts/$script-create.sql" || bail_out "$script-create.sql does not load"
		done 2>"$tmp/err"
		psql -XAtq -v ON_ERROR_STOP=1 -f "$fixture/rows.sql" || bail_out "the rows do not fit Debian's tables"
	}
	adapter_world kamailio 'mirror.username={username}-{tenant}'
	adapter_yields
	adapter_mirrors 4
	adapter_reports
	tells "a registration" "" "insert into location (username, contact) values ('alice', 'sip:alice@192.0.2.1')" "update location set q = 0.5" "delete from location"
	is "$(sql "select count(*) from pg_trigger where tgname like 'notify%' and tgrelid not in ('public.subscriber'::regclass, 'public.dbaliases'::regclass)")" 0 \
		"and nothing else has triggers"
	adapter_leaves
else
	skip "Kamailio's own tables" "kamailio-postgres-modules is not installed"
fi
done_testing
