#!/bin/sh
# test_adapter_common - what the adapters share: how values are read, and how the PBX's tables are.
. "${SRCDIR:-.}/tests/lib.sh"

new_database pbx
{
	echo 'create schema bridge; set search_path = bridge, public;'
	cat "$SRCDIR/contrib/adapters/common/adapter.sql"
} >"$tmp/common.sql"
ok "the helpers load" psql -XAtq -v ON_ERROR_STOP=1 -f "$tmp/common.sql"

# function | argument | result: both as an E'' string; ~ is null.
cat >"$tmp/cases" <<'END'
adapter_text|~|~
adapter_text||~
adapter_text| \t |~
adapter_text| a b \n|a b
adapter_caller_name|"Ada Lovelace" <+15551230001>|Ada Lovelace
adapter_caller_number|"Ada Lovelace" <+15551230001>|+15551230001
adapter_caller_name|Ada Lovelace <6001>|Ada Lovelace
adapter_caller_number|Ada Lovelace <6001>|6001
adapter_caller_name|<6001>|~
adapter_caller_number|<6001>|6001
adapter_caller_name|6001|~
adapter_caller_number| 6001 |6001
adapter_caller_number|+1 (555) 123-0001|+1 (555) 123-0001
adapter_caller_name|Ada|Ada
adapter_caller_number|Ada|~
adapter_caller_name|"Ada \\"the\\" L" <1>|Ada "the" L
adapter_caller_name|"Ada Lovelace of a very long name" <+155|Ada Lovelace of a very long name
adapter_caller_number|"Ada Lovelace of a very long name" <+155|~
adapter_caller_name|"Ada Lovelace of a name that was cut|Ada Lovelace of a name that was cut
adapter_caller_number|"Ada Lovelace of a name that was cut|~
adapter_caller_name|"" <6001>|~
adapter_caller_name|"A <b> c" <6001>|A <b> c
adapter_caller_number|"A <b> c" <6001>|6001
adapter_caller_name|~|~
adapter_caller_name||~
adapter_caller_number||~
adapter_caller_name|Jos\u00e9 <1>|Jos\u00e9
adapter_e164|+15551230001|+15551230001
adapter_e164| +1 (555) 123-00.01 |+15551230001
adapter_e164|15551230001|~
adapter_e164|0015551230001|~
adapter_e164|5551230001|~
adapter_e164|6001|~
adapter_e164|+6001|~
adapter_e164|+0155512300|~
adapter_e164|+44 (0)20 7946 0000|~
adapter_e164|+1234567890123456|~
adapter_e164|+1555123x001|~
adapter_e164|+1555+1230001|~
adapter_e164|~|~
adapter_e164||~
adapter_email|Ada@Example.com|Ada@Example.com
adapter_email|hank@acme.example, boss@acme.example|hank@acme.example
adapter_email|hank@acme.example;boss@acme.example|hank@acme.example
adapter_email|Hank <hank@acme.example>|hank@acme.example
adapter_email| |~
adapter_email|nobody|~
adapter_email|~|~
adapter_codecs|ulaw,alaw,g722|ulaw,alaw,g722
adapter_codecs|ulaw;g729|ulaw,g729
adapter_codecs|ulaw&g722|ulaw,g722
adapter_codecs|ulaw alaw|ulaw,alaw
adapter_codecs|!all,opus,g722,ulaw:20,alaw\x7ch264|opus,g722,ulaw,alaw,h264
adapter_codecs|ulaw,!all,alaw|alaw
adapter_codecs|ulaw,alaw,!ulaw|alaw
adapter_codecs|ulaw,!ulaw,ulaw|ulaw
adapter_codecs|ULAW,ulaw:10|ulaw
adapter_codecs|all|~
adapter_codecs|all,!g729|~
adapter_codecs|all,!all,ulaw|ulaw
adapter_codecs|gsm|gsm
adapter_codecs|!all|~
adapter_codecs|,,|~
adapter_codecs||~
adapter_codecs|~|~
adapter_codecs|OPUS@48000h@20i,PCMU|opus@48000h@20i,pcmu
adapter_decode|a^3Bb^5Ec |a;b^c
adapter_decode|plain|plain
adapter_decode|~|~
adapter_decode|  |~
adapter_decode|a^|a^
adapter_decode|a^3|a^3
adapter_decode|a^zz|a^zz
adapter_decode|a^5e5e|a^5e
adapter_decode|Jos^C3^A9|Jos\u00e9
adapter_decode|\u00e9^3b|\u00e9;
adapter_decode|a^FFb|~
adapter_decode|a^00b|~
adapter_decode|old;new|new
adapter_decode|old; |old
adapter_decode|;|~
END
while IFS='|' read -r function argument result; do
	[ "$argument" = '~' ] && value=null || value="E'$argument'"
	[ "$result" = '~' ] && wanted=null || wanted="E'$result'"
	is "$(sql "set search_path = bridge; select coalesce($function($value), '~')")" "$(sql "select coalesce($wanted, '~')")" "$function($value) is $result"
done <"$tmp/cases"

for value in true t YES y on 1 enabled ' true '; do
	is "$(sql "select bridge.adapter_truth('$value', false)")" t "truth: $value"
done
for value in false f no off 0 disabled 2; do
	is "$(sql "select bridge.adapter_truth('$value', true)")" f "truth: $value is none"
done
is "$(sql "select bridge.adapter_truth(null, true), bridge.adapter_truth(' ', true), bridge.adapter_truth(null, false)")" "t|t|f" "truth: what is not set"

# ---- tables -----------------------------------------------------------------------

rows() { # TABLE COLUMNS
	sql "select bridge.adapter_rows('$1', '$2')" 2>&1 | head -n 1
}
sql 'create table users (id integer, name text, "odd name" text); create table bridge.users (id text); create schema other; create table other.elsewhere (id text)'
is "$(rows users '{id!,name,gone}')" "(select t.id::text as id, t.name::text as name, null::text as gone from public.users t)" \
	"a column that is not there is null, and our own table of that name is not looked at"
is "$(rows users '{id!=,odd name}')" '(select t.id, t."odd name"::text as "odd name" from public.users t)' "types that are kept, names that are quoted"
is "$(rows 'nothing?' '{id!,name}')" "(select null::text as id, null::text as name where false)" "a table that may be missing"
equal() { sql "select bridge.adapter_equal('users', 'u', '$1', 'other_users', 'o', '$2')"; }
sql "create table other_users (id integer, owner bigint, name varchar(9))"
is "$(equal id id)" "u.id = o.id" "a join of one type"
is "$(equal id owner)" "u.id::text = o.owner::text" "of two types"
is "$(equal "odd name" gone)" 'u."odd name"::text = o.gone::text' "with a column that is not there"
like "$(rows users '{id!,gone!,lost!}')" 'table public.users has no column gone, lost any more: the source changed' "a column that must be there"
like "$(rows nothing '{id}')" 'no table nothing in schema public: the source changed' "a table that must be there"
like "$(rows elsewhere '{id}')" "no table elsewhere in schema public: there is one in other; put options='-c search_path=other'" "one in another schema"
is "$(printf '%s\n' '\set VERBOSITY sqlstate' "select bridge.adapter_rows('nothing', '{id}');" | psql -XAtq 2>&1)" "ERROR:  SW001" "with a state that the bridge knows"

keyed() { # TYPE KEYS: how many rows the condition finds
	sql "drop table if exists keyed; create table keyed (k $1 unique)" 2>"$tmp/err"
	sql "insert into keyed select k::$1 from unnest('$2'::text[]) k"
	sql "do \$do\$ declare n int; begin execute 'select count(*) from keyed x where ' || bridge.adapter_condition('keyed', 'x', 'k')
		into n using '{1,11111111-2222-4333-8444-555555555555,x,99999999999999999999}'::text[]; raise notice 'found %', n; end \$do\$" 2>&1 |
		sed -n 's/.*found //p'
}
is "$(keyed integer '{1,2}')" 1 "keys of an integer column"
is "$(keyed uuid '{11111111-2222-4333-8444-555555555555}')" 1 "of a uuid"
is "$(keyed 'varchar(40)' '{x,1}')" 2 "of a varchar"
is "$(keyed numeric '{1,2}')" 1 "of another type"
done_testing
