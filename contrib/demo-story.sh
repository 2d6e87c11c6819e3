# demo-story.sh - what contrib/demo shows, once the stage is set.
#
# Runs in the demo's own directory, against the private server (PGHOST and the
# like are set), with swbridge and swbridge-sim in PATH.  Ends with 1 where a
# command does not do what the story says it does.

set -u
story=$(cd "$(dirname "$0")" && pwd) || exit 1
simulator=
printf '%s\n' '\set QUIET 1' '\pset footer off' '\pset pager off' >psqlrc || exit 1
unset SWBRIDGE_CONFIG SIGNALWIRE_API_TOKEN SIGNALWIRE_PROJECT_ID SIGNALWIRE_SPACE CREDENTIALS_DIRECTORY
PGCLIENTENCODING=UTF8 PSQLRC=$PWD/psqlrc
export PGCLIENTENCODING PSQLRC

clean_up() {
	rc=$?
	if [ -n "$simulator" ]; then
		kill "$simulator" 2>/dev/null
		wait "$simulator" 2>/dev/null
	fi
	exit "$rc"
}
trap clean_up EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# ---- Means -----------------------------------------------------------------

headline() {
	printf '\n== %s\n\n' "$1"
}

tell() {
	printf '%s\n' "$@" ''
}

fail() {
	echo "demo: $*" >&2
	exit 1
}

# Shows a command as one would type it.
show() {
	printf '$'
	for word; do
		case $word in
		*[!A-Za-z0-9_./=:@%+,-]* | '') printf ' "%s"' "$word" ;;
		*) printf ' %s' "$word" ;;
		esac
	done
	printf '\n'
}

# run STATUS COMMAND…: shows and runs it; the demo ends if it ends otherwise.
run() {
	wanted=$1
	shift
	show "$@"
	"$@" 2>&1
	got=$?
	[ "$got" -eq 0 ] || echo "[exit status $got]"
	[ "$got" -eq "$wanted" ] || fail "the last command should have ended with $wanted, not $got"
}

query() {
	run 0 psql pbx -c "$1"
}

mapping() {
	query 'select extension, username, email, subscriber_id, sip_endpoint_id, state from swbridge.mapping order by key'
}

remote() { # /_sim/PATH
	curl -sS --fail --noproxy '*' "$url/_sim/$1"
}

requests() {
	echo "[$(($(remote count/requests) - before)) requests reached the simulator]"
}

# What SignalWire would show in its dashboard, and whether the ids are ours.
remote_side() {
	echo '[the remote side, read from the simulator]'
	remote state >state || fail "the simulator does not answer"
	psql pbx -v ON_ERROR_STOP=1 <<-'SQL' || fail "the remote side cannot be shown"
		\set state `cat state`
		with remote as (select :'state'::jsonb as r),
		subscriber as (select s->>'id' as id, s->>'email' as email
		                 from remote, jsonb_array_elements(r->'subscribers') s),
		credential as (select c->>'id' as id, c->>'subscriber_id' as subscriber_id, c->>'username' as username,
		                      c->>'caller_id' as caller_id, c->>'password' as password,
		                      (select string_agg(codec, ' ') from jsonb_array_elements_text(c->'codecs') codec) as codecs
		                 from remote, jsonb_array_elements(r->'credentials') c)
		select s.email as subscriber, c.username, c.caller_id, c.codecs,
		       case when c.password = p.secret then 'as in the PBX' else 'another' end as password,
		       case when m.key is not null then 'as mapped' else 'not mapped' end as ids
		  from subscriber s
		  left join credential c on c.subscriber_id = s.id
		  left join phones p on p.exten = c.username
		  left join swbridge.mapping m on m.sip_endpoint_id = c.id::uuid and m.subscriber_id = s.id::uuid
		 order by c.username, s.email;
	SQL
}

# The simulator says where it listens; a pipe, so that nothing has to be polled.
start_simulator() {
	(umask 077 && echo PTdemo0token >token)
	mkfifo sim.url || fail "cannot make a pipe"
	swbridge-sim --token PTdemo0token --log "$PWD/remote.log" --die-with-parent >sim.url 2>sim.err &
	simulator=$!
	read -r url <sim.url || fail "the simulator does not start: $(cat sim.err)"
}

write_configuration() {
	cat >swbridge.conf <<-CONF
		[signalwire]
		space = example
		project_id = 11111111-2222-4333-8444-555555555555
		api_token_file = $PWD/token
		; The simulator.  Without this line it is https://example.signalwire.com.
		api_url = $url

		[postgres]
		conninfo = dbname=pbx
		source = public.phones

		[columns]
		key = id
		extension = exten
		email = mail
		caller_id = callerid
		codecs = allow
		enabled = active

		[mirror]
		on_remove = delete
		; A real PBX keeps the default, 24h: whoever vanishes by mistake has a day to come back.
		grace = 0s
		; For phones that belong to nobody.
		subscriber_domain = phones.example.com
	CONF
	SWBRIDGE_CONFIG=$PWD/swbridge.conf
	export SWBRIDGE_CONFIG
}

# ---- The story -------------------------------------------------------------

headline 'A PBX: one table in PostgreSQL'
tell 'Twelve phones.  106 is switched off, 111 has no SIP password yet, 108 and 109 are' \
	'both of Hiro, and the meeting room belongs to nobody.'
psql -c 'create database pbx' || fail "cannot create the database"
run 0 psql pbx -f "$story/demo.sql"
query 'select id, exten, first_name, last_name, mail, allow, active, secret is not null as has_secret from phones order by id'

headline 'One file says what is mirrored where'
start_simulator
write_configuration
run 0 cat swbridge.conf

headline 'init makes the ledger in the database and binds it to this project'
run 0 swbridge init

headline 'check looks at everything that could go wrong later'
run 0 swbridge check

headline 'plan shows what would be done, and what it costs; it changes nothing anywhere'
run 0 swbridge plan

headline 'sync does it'
run 0 swbridge sync

headline 'The mapping of extensions to remote ids is a view in the PBX database'
mapping

headline 'And this is what is there remotely'
remote_side

headline 'A day at the office'
tell 'Ben gets a new SIP password.  Chloé marries, and the name on her display changes.' \
	'Daniel moves to 124.  Ines starts.  Grace leaves.  Elena leaves her phone to Ben.'
query "update phones set secret = 'new-aeG4ahfoo' where exten = '102'"
query "update phones set last_name = 'Laurent', callerid = 'Chloé Laurent' where exten = '103'"
query "update phones set exten = '124' where exten = '104'"
query "insert into phones values (1013, '112', 'ooF9aghai', 'Ines', 'Moreau', 'ines@example.com', 'Ines Moreau')"
query "delete from phones where exten = '107'"
query "update phones set mail = 'ben@example.com', first_name = 'Ben', last_name = 'Carter', callerid = 'Ben Carter' where exten = '105'"

headline 'plan again'
run 0 swbridge plan

headline 'sync again: one removal is done, the second is held'
tell 'A phone that changes hands is a removal and a creation; a phone that is gone is a' \
	'removal.  More than one in a day looks like an accident in so small a PBX, so what is' \
	'beyond that waits for a human being.  Everything else is done (exit status 3 says so).'
run 3 swbridge sync

headline 'explain tells the whole story of one extension'
run 0 swbridge explain 107

headline 'It was no accident: approve releases what is held now, and nothing that comes later'
run 0 swbridge approve removals
run 0 swbridge sync

headline 'The mapping and the remote side now'
tell 'Daniel has another number and the same ids.  The subscribers of Grace and Elena,' \
	'whom nobody needs any more, are gone and cost nothing.'
mapping
remote_side

headline 'Everything is in step: another sync sends nothing'
before=$(remote count/requests)
run 0 swbridge sync
requests
[ "$(remote count/requests)" = "$before" ] || fail "requests were sent though nothing had changed"
run 0 swbridge status
