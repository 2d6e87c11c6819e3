#!/bin/sh
# Rows that cannot be mirrored as they are: each gets one clear sentence, the
# others go on, and once a row is put right it is mirrored like any other.
. "${SRCDIR:-.}/tests/world.sh"

# told EXTENSION REGEX: one line of the result names the extension and says this.
told() {
	told_line=$(printf '%s\n%s\n' "$out" "$err" | grep -a "[^0-9]$1[ :].*$2")
	if [ "$(printf '%s\n' "$told_line" | grep -ac .)" = 1 ]; then
		pass "$1: $2"
	else
		not_ok "$1: $2" "$out" "$err"
	fi
}

# remote USERNAME: how many credentials of that name are there.
remote() {
	sim state | grep -c "\"username\":\"$1\""
}

mirrored_all() { # DESCRIPTION USERNAME…
	mirrored_what=$1 mirrored_missing=
	shift
	for name; do
		[ "$(remote "$name")" = 1 ] || mirrored_missing="$mirrored_missing $name"
	done
	is "$mirrored_missing" "" "$mirrored_what"
}

# ---- Rows of every kind, in one pass.
world rows
sim settings -d '{"numbers":"+15551230000"}' >/dev/null
sim seed -d '{"subscribers":[{"email":"boss@other.example","credentials":[{"username":"boss","password":"old"}]},
	{"email":"twin@other.example","credentials":[{"username":"116","password":"old"}]}]}' >/dev/null
people 101 117
sql "update pbx_users set secret = null where extension = '102';
	update pbx_users set secret = '' where extension = '103';
	update pbx_users set username = 'a b' where extension = '104';
	update pbx_users set username = 'a@b' where extension = '105';
	update pbx_users set username = 'twin' where extension in ('106', '107');
	update pbx_users set codecs = 'ulaw,speex32,alaw' where extension = '108';
	update pbx_users set send_as = '+15559999999' where extension = '109';
	update pbx_users set email = 'Boss@Other.example' where extension = '110';
	update pbx_users set first_name = repeat('x', 10240) where extension = '111';
	update pbx_users set encryption = 'perhaps' where extension = '112';
	update pbx_users set caller_id = repeat('y', 10240) where extension = '113';
	update pbx_users set skip_reason = 'virtual' where extension = '114';
	update pbx_users set extension = '' where extension = '115'"
syncs 4 "I40: a pass over rows that cannot all be mirrored ends with 4"
told 104 "the username contains white space.*correct it in the PBX"
told 105 "the username contains @.*correct it in the PBX"
told 106 "wants the same username.*give one of them another"
told 107 "wants the same username.*give one of them another"
told 108 "codecs that SignalWire does not know are left out: speex32"
told 109 "send_as.*purchased or verified"
told 110 "e-mail boss@other.example exists remotely, not in the ledger"
told 111 "first_name is too long"
told 112 "encryption is none of default, required, optional"
told 113 "caller_id is too long"
told 116 "exists remotely, not in the ledger"
like "$out" "[^0-9]3 .*no secret|2 .*no secret" "rows without a secret are counted"
mirrored_all "the others are mirrored" 101 108 117
is "$(sim state | grep '"username":"108"' | grep -o '"codecs":\[[^]]*\]')" '"codecs":["PCMU","PCMA"]' \
	"the known codecs are sent in their order"
mirrored_all "what belongs to others is as it was" boss 116
is "$(sim log | grep -c '"by":"api".*boss@other.example')" 0 "nobody else's subscriber was touched"
unlike "$out$err" "x{300}|y{300}" "a long value is not shown whole"
swb status
for row in '102 +no secret' '103 +no secret' '104 +the username contains white space' '105 +the username contains @' \
	'106 +another row .* the same username' '107 +another row .* the same username' '112 +the encryption is none of' \
	'114 +virtual'; do
	like "$out" "^  $row" "status names it: $row"
done
is "$(printf '%s\n' "$out" | grep -Ec '^  (101|108|117) ')" 0 "and nobody who is mirrored"

syncs 4 "the next pass says 4 again"
is "$requests" 0 "and asks SignalWire nothing"

# ---- Put right, each becomes an extension like the others.
sql "update pbx_users set secret = 'secret-' || key, username = null, codecs = null, send_as = null, first_name = null, encryption = null, caller_id = null, skip_reason = null,
	extension = substr(key, 2) where key <> 'k116'"
sql "update pbx_users set username = 'other116' where key = 'k116';
	update pbx_users set email = 'own110@other.example' where key = 'k110'"
syncs 0 "once the rows are put right nothing is left to do"
mirrored_all "nothing was lost" 101 102 103 104 105 106 107 108 109 110 111 112 113 114 115 other116 117
syncs 0 "and a pass later nothing at all"
is "$requests" 0 "without a request"
is "$(sql "select count(*) from swbridge.subscriber where id is not null")" 17 "no subscriber twice"
is "$(sim state | grep -o '"subscriber_count":[0-9]*')" '"subscriber_count":19' "nor on the remote side, where two are of others"

# ---- Names that no index of the ledger takes, in a text that does not compress.
world long
people 101 106
sql "alter table pbx_users drop constraint pbx_users_pkey"
sql "create function long() returns text language sql as \$\$ select string_agg(md5(random()::text), '') from generate_series(1, 320) \$\$"
sql "update pbx_users set key = long() where extension = '102';
	update pbx_users set username = long() where extension = '103';
	update pbx_users set email = long() || '@x.example' where extension = '104'"
syncs 4 "I29: rows with a key, a username and an e-mail of 10 kB"
told 102 "the key is longer than 255 bytes: shorten it in the PBX"
told 103 "the username is longer than 255 bytes: shorten it in the PBX"
told 104 "the email is longer than 255 bytes: shorten it in the PBX"
mirrored_all "the others are mirrored" 101 105 106
sql "update pbx_users set username = long() where extension = '101';
	update pbx_users set email = long() || '@x.example' where extension = '105';
	update pbx_users set secret = 'new' where extension = '106'"
syncs 4 "rows that are there get such a username and e-mail"
told 101 "the username is longer than 255 bytes"
told 105 "the email is longer than 255 bytes"
is "$(sim state | grep '"username":"106"' | grep -c '"password":"new"')" 1 "and the one beside them gets what it wants"
unlike "$out$err" "[0-9a-f]{64}" "a long name is not shown whole"
for verb in plan status; do
	swb "$verb"
	unlike "$out$err" "[0-9a-f]{64}" "by $verb neither"
done
sql "update pbx_users set username = null, email = null"
sql "update pbx_users set key = 'k' || extension"
syncs 0 "once they are shortened nothing is left to do"
mirrored_all "nothing was lost" 101 102 103 104 105 106

# ---- An e-mail that is made of a key that makes none.
world made
people 101 103
sql "update pbx_users set key = 'front desk' where extension = '102'; update pbx_users set key = 'a,b' where extension = '103'"
people 104 105
sql "update pbx_users set email = 'c,d@x.example' where extension = '104'"
syncs 4 "a key with a blank, of which an e-mail is made"
told 102 "its e-mail is made of its key and .mirror. subscriber_domain, and the key contains white space: change the key"
told 103 "email is not a valid e-mail address.*; the e-mail is a,b@pbx.example.com, made of its key and .mirror. subscriber_domain"
told 104 "email is not a valid e-mail address.*; the e-mail is c,d@x.example$"
mirrored_all "the others are mirrored" 101 105

# ---- Bytes that are no UTF-8, out of a database that does not care.
stop_sim
start_sim
PGDATABASE=postgres sql "create database ascii encoding 'SQL_ASCII' lc_collate 'C' lc_ctype 'C' template template0"
PGDATABASE=ascii
sql "create table pbx_users (extension text primary key, secret text, first_name text, codecs text, email text)"
sql "insert into pbx_users values
	('201', 'ok', null, null, null),
	('202', E'sec\\xff', null, null, null),
	('203', 'ok', E'J\\xf6rg', null, null),
	('204', 'ok', null, E'ulaw,\\xff', null),
	('205', 'ok', null, null, E'\\xff@x.example'),
	(E'20\\xff6', 'ok', null, null, null),
	('207', 'ok', E'J\\xc3\\xb6rg', null, null)"
config
swb init
is "$rc" 0 "init in a SQL_ASCII database"
for verb in plan sync; do
	swb "$verb"
	told 202 "the secret is not valid UTF-8"
	told 203 "the first_name is not valid UTF-8"
	told 204 "the codecs are not valid UTF-8"
	told 205 "the email is not valid UTF-8"
	like "$out" "20.*6.*the key is not valid UTF-8" "a key that is no UTF-8 is shown, escaped"
	is "$(printf '%s%s' "$out" "$err" | iconv -f UTF-8 -t UTF-8 >/dev/null 2>&1 && echo yes)" yes \
		"what $verb prints is valid UTF-8"
done
is "$rc" 4 "sync ends with 4"
mirrored_all "the others are mirrored" 201 207
is "$(sim state | grep -c 'J.*rg')" 1 "a name in UTF-8 arrives"

# ---- What SignalWire says and has, and the database's encoding cannot hold.
stop_sim
start_sim
PGDATABASE=postgres sql "create database latin encoding 'LATIN1' lc_collate 'C' lc_ctype 'C' template template0"
PGDATABASE=latin
sql "create table pbx_users (key text primary key, extension text, secret text, first_name text)"
people 401 402
sql "update pbx_users set first_name = E'J\\u00f6rg' where key = 'k401'"
config
swb init
is "$rc" 0 "init in a LATIN1 database"
fault '{"method":"POST","path":"*/sip_endpoints","action":"status","status":422,"content":"{\"errors\":[{\"message\":\"Jörg: 電話\",\"code\":\"odd\"}]}"}'
syncs 4 "a refusal in words that the database cannot hold"
is "$(sql "select count(*) from swbridge.sync where last_error like '%J' || chr(246) || 'rg: ??%'")" 1 "is recorded as far as it can be"
swb retry
syncs 0 "and tried again"
sim seed -d '{"subscribers":[{"email":"a@x.example","first_name":"電話","credentials":[{"username":"9","password":"z"}]}]}' >/dev/null
syncs 2 "verify reads what has such a name" verify
like "$out" "2 extensions checked: .*2 foreign" "and finds no fault with ours"
unlike "$out" "drifted" "nor with a name that the database can hold"
syncs 0 "migrate reads it, too" migrate --dry-run

# ---- No row has a secret.
world secrets
people 301 303
syncs 0 "three extensions"
sql "update pbx_users set secret = null"
syncs 0 "rows without a secret are no error"
like "$err" "Not one row of the source has a secret; was the secret column renamed" "but an alarm where it is all of them"
is "$requests" 0 "nothing is sent"
mirrored_all "nothing is removed" 301 302 303

# ---- No row at all.
sql "truncate pbx_users"
syncs 0 "a plan over an empty source" plan
like "$out" "The source has no rows: nothing is removed" "says so"
syncs 3 "a sync over an empty source ends with 3"
like "$out" "The source has no rows: nothing is removed" "and with the same sentence"
mirrored_all "nothing is removed" 301 302 303
people 301 303
syncs 0 "when the rows are back nothing is to be done"
is "$requests" 0 "and nothing is sent"

done_testing
