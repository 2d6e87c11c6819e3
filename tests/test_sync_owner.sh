#!/bin/sh
# test_sync_owner.sh - extensions that move between subscribers, and what happens to profiles.
. "${SRCDIR:-.}/tests/world.sh"

remember() { sql "set client_min_messages = warning; drop table if exists test.ids; create table test.ids as select key, subscriber_id, sip_endpoint_id from swbridge.mapping"; }
changed_ids() { sql "select m.key from swbridge.mapping m join test.ids i using (key)
	where (m.subscriber_id, m.sip_endpoint_id) is distinct from (i.subscriber_id, i.sip_endpoint_id) order by 1"; }
person() { told state <<-EOF
	select email, first_name, last_name, display_name, job_title from subscriber where email = '$1';
EOF
}

world owner
sql "insert into pbx_users (key, extension, secret, email) values
	('a', '101', 's1', 'ann@x.example'), ('b', '102', 's2', 'ann@x.example'),
	('c', '103', 's3', 'carl@x.example'), ('d', '104', 's4', 'dora@x.example')"
syncs 0 "four extensions of three people"

sql "update pbx_users set email = 'Carl@x.example' where key = 'c'"
quiet "the case of an e-mail"

sql "update pbx_users set email = 'bob@x.example' where key = 'b'"
syncs 0 "one of two moves to a new e-mail"
is "$(sent)" "POST subscriber bob@x.example email
DELETE credential 102 
POST credential 102 password,username" "subscriber first, then the credential"
in_step "moved"
is "$(journal_of b)" "create:done replace:done" "a replace in the journal"

sql "update pbx_users set email = 'ann@x.example' where key = 'c'"
syncs 0 "the only extension of a person moves to another person"
is "$(sent)" "DELETE credential 103 
POST credential 103 password,username
DELETE subscriber carl@x.example " "and the empty subscriber goes"
in_step "the last one moved"

remember
sql "update pbx_users set email = 'anna@x.example' where email = 'ann@x.example'"
syncs 0 "all extensions of a person move to one new e-mail"
is "$(sent)" "PUT subscriber anna@x.example email" "the subscriber gets it"
is "$(changed_ids)" "" "ids are kept"
in_step "renamed"

sql "update pbx_users set email = 'dora@x.example', secret = 's1b' where key = 'a'; update pbx_users set email = 'anna@x.example' where key = 'd'"
syncs 0 "two change places"
in_step "changed places"
never_at_once

# The only extension of a person gets another e-mail, and another extension gets that person's, in one transaction.
world swapped
for new in n 0; do
	for verb in sync "sync 1 2"; do
		sql "insert into pbx_users (key, extension, secret, email) values ('a', '1', 's1', 'ann@x.example')"
		syncs 0 "$verb, $new: one extension"
		sql "update pbx_users set email = 'bob@x.example'; insert into pbx_users (key, extension, secret, email) values ('$new', '2', 's2', 'ann@x.example')"
		syncs 0 "$verb, $new: its e-mail is another's now" $verb
		in_step "$verb, $new: each on the subscriber of its own e-mail"
		sql "delete from pbx_users; insert into pbx_users (key, extension, secret, enabled) values ('off', '9', 's9', false)"
		syncs 0 "both go"
		sql "delete from pbx_users"
	done
done

# An adopted subscriber is not ours to delete or to rename.
world adopted
made=$(sim seed -d '{"subscribers":[{"email":"old@x.example"}]}')
subscriber=$(printf '%s\n' "$made" | sed -n 's/.*"id":"\([^"]*\)".*/\1/p' | head -n 1)
sql "insert into swbridge.subscriber (email, id, origin) values ('old@x.example', '$subscriber', 'adopted');
	insert into pbx_users (key, extension, secret, email) values ('a', '101', 's1', 'old@x.example')"
syncs 0 "an extension on an adopted subscriber"
in_step "adopted"
sql "update pbx_users set email = 'new@x.example'"
syncs 0 "moves to another e-mail"
is "$(sent)" "POST subscriber new@x.example email
DELETE credential 101 
POST credential 101 password,username" "and the adopted one is neither renamed nor deleted"
sql "insert into test.foreign_subscriber values ('old@x.example')"
in_step "away from the adopted"

# ---- profiles ----------------------------------------------------------------

world profile
sql "insert into pbx_users (key, extension, secret, email, first_name, last_name) values
	('a', '101', 's1', 'ann@x.example', 'Ann', null), ('b', '102', 's2', 'ann@x.example', 'Bea', 'B.'),
	('c', '103', 's3', null, null, null)"
syncs 0 "a person with two profiles"
is "$(person ann@x.example)" "ann@x.example Ann   " "that of the smaller key counts"
in_step "two profiles"
sim edit -d "{\"id\":\"$(sql "select id from swbridge.subscriber where email = 'ann@x.example'")\",\"set\":{\"job_title\":\"Boss\"}}" >/dev/null
sql "update pbx_users set first_name = 'Anna' where key = 'a'"
syncs 0 "it changes"
is "$(sent_values PUT)" 'ann@x.example {"email": "ann@x.example", "job_title": "Boss", "first_name": "Anna"}' \
	"what somebody else wrote stays, and no password is sent"
in_step "a changed profile"
sql "update pbx_users set first_name = 'Beate' where key = 'b'"
quiet "the other profile changes"
sql "update pbx_users set enabled = false where key = 'a'"
syncs 0 "the smaller key is disabled"
swb sync
is "$(person ann@x.example)" "ann@x.example Beate B.  Boss" "then that of the other counts"
quiet "the other profile"
sql "update pbx_users set first_name = null, last_name = null where key = 'b'"
syncs 0 "a profile is emptied"
is "$(person ann@x.example)" "ann@x.example    Boss" "what we sent is taken back"
quiet "an empty profile"
sql "update pbx_users set display_name = 'Carl' where key = 'c'"
syncs 0 "a profile where there was none"
is "$(sent | cut -d' ' -f1-3)" "PUT subscriber c@pbx.example.com" "is put"
quiet "a first profile"
never_at_once

# ---- subscribers without extensions --------------------------------------------

world orphan
made=$(sim seed -d '{"subscribers":[{"email":"mine@x.example"},{"email":"shared@x.example","credentials":[{"username":"door","password":"x"}]},{"email":"theirs@x.example"}]}')
for who in mine shared theirs; do
	id=$(told state <<-EOF
		select id from subscriber where email = '$who@x.example';
	EOF
	)
	sql "insert into swbridge.subscriber (email, id, origin) values ('$who@x.example', '$id', case '$who' when 'theirs' then 'adopted' else 'created' end)"
done
people 101 101
syncs 0 "subscribers without extensions"
is "$(sent | grep DELETE)" "DELETE subscriber mine@x.example " "ours is removed, where nothing lives on it"
is "$(sql 'select email from swbridge.subscriber')" k101@pbx.example.com "the ledger lets go of all"
like "$(sql "select outcome || ' ' || detail from swbridge.journal where key = 'shared@x.example'")" "other credential" "the journal says why"
quiet "no orphans"

# Its removal may be lost, and it may be wanted again before that is known.
world abandoned
people 101 101
syncs 0 "one extension"
abandoned() { # EMAIL: a subscriber of ours that nobody lives on
	sim seed -d "{\"subscribers\":[{\"email\":\"$1\"}]}" >/dev/null
	sql "insert into swbridge.subscriber (email, id, origin) values ('$1', '$(told state <<-EOF
		select id from subscriber where email = '$1';
	EOF
	)', 'created')"
}
opened() { sql 'select count(*) from swbridge.journal where outcome is null'; }

for action in commit_then_reset reset_before_commit; do
	abandoned lost@x.example
	fault "{\"method\":\"DELETE\",\"action\":\"$action\"}"
	syncs 5 "the removal of a subscriber is lost ($action)"
	syncs 5 "and is left alone until it has settled"
	is "$(sent)" "" "nothing is sent"
	settle
	syncs 0 "then it is seen through"
	is "$(opened) $(sql "select count(*) from swbridge.subscriber where email = 'lost@x.example'")" "0 0" "and nothing is open"
	in_step "a lost removal of a subscriber ($action)"

	abandoned again@x.example
	fault "{\"method\":\"DELETE\",\"action\":\"$action\"}"
	syncs 5 "another is lost ($action)"
	sql "insert into pbx_users (key, extension, secret, email) values ('k102', '102', 's', 'again@x.example')"
	syncs 5 "an extension wants it again, and waits"
	settle
	syncs 0 "and gets it, or a new one"
	in_step "wanted again ($action)"
	sql "delete from pbx_users where key = 'k102'"
	syncs 0 "the extension goes"
done

# The rails hold it like every removal, and an approval releases it.
abandoned held@x.example
config mirror.max_removals=0
syncs 3 "no removal is allowed"
like "$out" '^! -       +remove +subscriber held@x.example: held by max_removals$' "the e-mail breaks no column"
swb plan
like "$out" '^! - {13,20}remove +subscriber held@x.example: held by max_removals$' "nor of a plan"
swb approve removals
is "$rc" 0 "approved"
like "$out" '^- - {13,20}remove +subscriber held@x.example$' "told as in a plan"
syncs 0 "released"
is "$(sent)" "DELETE subscriber held@x.example " "I15: the subscriber that was approved is removed"
config
quiet "approved"

# A profile whose sending nobody heard of any more is taken back all the same.
world lostprofile
sql "insert into pbx_users (key, extension, secret, email, first_name) values ('k1', '1', 's1', 'ann@x.example', 'Ann')"
fault '{"method":"POST","path":"*/subscribers","action":"commit_then_reset"}'
syncs 5 "a subscriber whose creation is unknown"
settle
sql "update pbx_users set first_name = null"
syncs 0 "its first name is emptied meanwhile"
[ "$(person ann@x.example | sed 's/ *$//')" = ann@x.example ] || syncs 0 "and taken back by the next pass"
is "$(person ann@x.example | sed 's/ *$//')" "ann@x.example" "what the lost request sent is taken back"
sql "update pbx_users set first_name = 'Anna'"
fault '{"method":"PUT","path":"*/subscribers/*","action":"commit_then_reset"}'
syncs 5 "a PUT whose outcome is unknown"
settle
sql "update pbx_users set first_name = null"
syncs 0 "emptied meanwhile"
is "$(person ann@x.example | sed 's/ *$//')" "ann@x.example" "what the lost PUT sent is taken back"
quiet "a lost profile"

# A replacement whose end nobody heard of, and another name meanwhile: what it made is found under its first name.
world lostreplace
sql "insert into pbx_users (key, extension, secret, email) values ('k1', '1', 's1', 'ann@x.example'), ('k2', '2', 's2', 'bob@x.example')"
syncs 0 "two people"
sql "update pbx_users set email = 'bob@x.example' where key = 'k1'"
fault '{"method":"POST","path":"*/sip_endpoints","action":"commit_then_reset"}'
syncs 5 "one moves to the other, and the answer is lost"
settle
sql "update pbx_users set extension = '11' where key = 'k1'"
swb sync
[ "$rc" -eq 0 ] || { settle; swb sync; }
in_step "another name behind a lost replacement"

# ---- an adopted subscriber ---------------------------------------------------

world taken
made=$(sim seed -d '{"subscribers":[{"email":"old@x.example","first_name":"Olga","credentials":[{"username":"900","password":"z"}]}]}')
subscriber=$(printf '%s\n' "$made" | sed -n 's/.*"id":"\([^"]*\)".*old@x.example.*/\1/p' | head -n 1)
sql "insert into swbridge.subscriber (email, id, origin) values ('old@x.example', '$subscriber', 'adopted');
	insert into test.foreign_credential values ('900');
	insert into pbx_users (key, extension, secret, email) values ('a', '101', 's1', 'old@x.example'), ('b', '900', 's2', 'old@x.example')"
syncs 4 "a foreign credential under an adopted subscriber"
is "$(sent)" "POST credential 101 password,username" "is left alone, and the other extension is created"
is "$(remote)" "101 old@x.example s1 
900 old@x.example z " "the foreign one is as it was"
is "$(state_of b)" rejected "its row is rejected"
like "$(sql "select last_error from swbridge.sync where key = 'b'")" "exists remotely" "and says why"
quiet "a foreign credential" 4
sql "update pbx_users set extension = '102' where key = 'b'"
syncs 0 "under another name"
in_step "under another name"
sql "delete from pbx_users where key in ('a', 'b')"
people 500 500
syncs 0 "both go"
like "$(sim state)" '"email":"old@x.example"' "and the adopted subscriber stays"
is "$(sql "select count(*) from swbridge.subscriber where origin = 'adopted'")" 0 "forgotten"
quiet "adopted and forgotten"

# ---- one subscriber for all ----------------------------------------------------

world fixed
made=$(sim seed -d '{"subscribers":[{"email":"all@x.example"}]}')
subscriber=$(printf '%s\n' "$made" | sed -n 's/.*"id":"\([^"]*\)".*/\1/p' | head -n 1)
config "mirror.subscriber_id=$subscriber" mirror.subscriber_domain=
swb init
sql "insert into test.foreign_subscriber values ('all@x.example')"
people 101 110
sql "update pbx_users set first_name = 'X'"
set_sim '{"latency_ms":5}'
syncs 0 "one subscriber is configured for all"
is "$(sent | cut -d' ' -f1,2 | uniq -c | tr -s ' ')" " 10 POST credential" "only credentials are created"
is "$(told state <<-'EOF'
	select count(*), count(distinct subscriber_id) from credential;
EOF
)" "10 1" "all under it"
never_at_once
quiet "one for all"
sql "update pbx_users set secret = 'new' where key = 'k101'; delete from pbx_users where key in ('k102', 'k103')"
syncs 0 "one changes, two go"
is "$(sent_sorted)" "DELETE credential 102 
DELETE credential 103 
PATCH credential 101 password" "and the subscriber stays"
quiet "one for all, changed"
# What a look found is known from then on, whatever comes of the rest.
people 102 102
fault '{"method":"POST","path":"*/sip_endpoints","action":"commit_then_reset"}'
syncs 5 "the answer to a creation under it is lost"
settle
fault '{"method":"PATCH","path":"*/sip_endpoints/*","action":"status","status":422}'
syncs 4 "it is found, and its secret is refused"
is "$(sql "select state, username, sip_endpoint_id is not null from swbridge.sync where key = 'k102'")" "active|102|t" "I5: its id is known"
sql "update pbx_users set secret = 'better' where key = 'k102'"
syncs 0 "another secret"
is "$(sent)" "PATCH credential 102 password" "I5: goes to it"
quiet "one for all, found"

# A creation of unknown outcome, its subscriber deleted by somebody, and another e-mail meanwhile.
world moved_and_gone
sql "insert into pbx_users (key, extension, secret, email) values ('k1', '1', 's1', 'before@x.example')"
fault '{"method":"POST","path":"*/sip_endpoints","action":"reset_before_commit"}'
syncs 5 "a subscriber, and no answer for its credential"
sim edit -d "{\"id\":\"$(sql "select id from swbridge.subscriber")\",\"delete\":true}" >/dev/null
sql "update pbx_users set email = 'after@x.example'"
settle
swb sync
[ "$rc" -eq 0 ] || swb sync
is "$rc" 0 "it is made anew"
in_step "I32: under the e-mail that the ledger has"

# ---- what was removed, and could not be made where it was to go ---------------------------

# k1 moves to the subscriber of k2, its old credential is deleted, and the new one is certainly not made; then it moves back.
left_behind() { # WORLD STATUS FAULT
	world "$1"
	sql "insert into pbx_users (key, extension, secret, email) values
		('k1', '1', 's1', 'one@x.example'), ('k2', '2', 's2', 'two@x.example')"
	syncs 0 "two people"
	fault "$3"
	sql "update pbx_users set email = 'two@x.example' where key = 'k1'"
	syncs "$2" "one moves to the other, and the new credential is refused"
	is "$(sql "select sip_endpoint_id is null from swbridge.sync where key = 'k1'")" t "I40: the ledger knows that the old one is gone"
	is "$(sql "select outcome from swbridge.journal where key = 'k1' and operation = 'replace'")" failed "I13: and that something was done"
	sim fault/clear -d '{}' >/dev/null
	sql "update pbx_users set email = 'one@x.example' where key = 'k1'"
	settle
	syncs 0 "it moves back"
	in_step "I40: it has a credential again"
}

left_behind refused 4 '{"method":"POST","path":"*/sip_endpoints","action":"status","status":422}'
left_behind throttled 75 '{"method":"POST","path":"*/sip_endpoints","action":"status","status":429,"times":-1}'
left_behind account 4 '{"method":"POST","path":"*/sip_endpoints","action":"status","status":422,"content":"{\"errors\":[{\"code\":\"account_limit_exceeded\",\"message\":\"no\",\"attribute\":null}]}"}'

# ---- a subscriber that was made for a replacement, which nobody wants any more -------------

# made_in_vain NAME STATUS CHANGE [SECTION.KEY=VALUE…]: k1 moves, is refused, moves again without an answer, and CHANGE comes of it.
made_in_vain() {
	vain=$1 vain_rc=$2 vain_change=$3
	shift 3
	world "$vain" "$@"
	sql "insert into pbx_users (key, extension, secret, email) values ('k1', '1', 's1', 'one@x.example'), ('k2', '2', 's2', 'one@x.example')"
	syncs 0 "$vain: two extensions of a person"
	sql "update pbx_users set email = 'lost@x.example' where key = 'k1'"
	fault '{"method":"POST","path":"*/subscribers","action":"status","status":422}'
	syncs 4 "$vain: another e-mail, which is refused"
	sql "update pbx_users set secret = 's1b' where key = 'k1'"
	fault '{"method":"POST","path":"*/subscribers","action":"commit_then_status","status":502}'
	syncs 5 "$vain: once more, and the answer is lost"
	settle
	sql "$vain_change"
	syncs "$vain_rc" "$vain: what the row wants instead"
	swb sync
	swb sync
	like "$(told state <<-'EOF'
		select count(*) from subscriber where email = 'lost@x.example';
	EOF
)" '^0$' "I32: $vain: what was made in vain is gone"
	is "$(sql "select count(*) from swbridge.subscriber where email = 'lost@x.example'")" 0 "$vain: and the ledger does not know it"
	quiet "$vain"
}

made_in_vain vain_back 0 "update pbx_users set email = 'one@x.example' where key = 'k1'"
mirrored "moved back"
made_in_vain vain_away 0 "update pbx_users set email = 'three@x.example' where key = 'k1'"
mirrored "moved away"
made_in_vain vain_disabled 5 "update pbx_users set enabled = false where key = 'k1'" mirror.on_remove=delete
made_in_vain vain_left 0 "update pbx_users set email = 'one@x.example', skip_reason = 'moved' where key = 'k1'"

# half_known NAME OUTCOME…: a subscriber without an id, whose attempts ended so, an hour apart; one with its e-mail is there.
half_known() {
	half=$1
	shift
	world "$half"
	people 101 101
	syncs 0 "$half: one extension"
	sim seed -d '{"subscribers":[{"email":"half@x.example"}]}' >/dev/null
	sql "insert into swbridge.subscriber (email, origin, created_at) values ('half@x.example', 'created', now() - interval '9 hours')"
	hours=8
	for outcome; do
		sql "insert into swbridge.journal (key, extension, operation, cause, at, subscriber_no, outcome, finished_at, detail)
			select 'gone', '9', 'create', 'sync', now() - interval '$hours hours', no, '${outcome%:*}',
				now() - interval '$hours hours', '${outcome#*:}'
			  from swbridge.subscriber where email = 'half@x.example'"
		hours=$((hours - 1))
	done
	swb sync
	swb sync
	is "$(sql "select count(*) from swbridge.subscriber where email = 'half@x.example'")" 0 "$half: the ledger lets go of it"
}
there() { told state <<-'EOF'
	select count(*) from subscriber where email = 'half@x.example';
EOF
}
doubt="it is not known what it did, and something else is wanted now"
half_known half_refused rejected "not sent" "failed:the account is full"
is "$(there)" 1 "I7: what is there was never ours where every answer was certain"
half_known half_again "failed:$doubt" done void
is "$(there)" 1 "I7: nor where the last one was"
half_known half_pruned
is "$(there)" 1 "I7: nor where nothing is known of any"
half_known half_unknown rejected "failed:$doubt" "not sent"
is "$(there)" 0 "I32: one whose last attempt was not certain is looked for, and removed"
quiet "one that was half known"

# Clocks that disagree: what is compared with SignalWire's times is of its clock.
world clocks
set_sim '{"clock_skew_ms":-3600000}'
sql "insert into pbx_users (key, extension, secret, email) values ('k1', '1', 's1', 'one@x.example')"
syncs 0 "the database's clock is an hour ahead"
is "$(sql "select created_at < now() - interval '50 minutes' from swbridge.subscriber")" t "a subscriber's row has SignalWire's time"

# ---- a page behind one that is planned again -----------------------------------------------

# Its sibling stands behind all others; what is read for the two must not move the walk there.
world pages
sql "insert into pbx_users (key, extension, secret, email) values ('a1', '1', 's1', 'ann@x.example'), ('z9', '9', 's9', 'ann@x.example')"
syncs 0 "two of one person"
sim edit -d "{\"id\":\"$(sql "select sip_endpoint_id from swbridge.sync where key = 'a1'")\",\"delete\":true}" >/dev/null
sql "update pbx_users set secret = secret || 'x';
	insert into pbx_users (key, extension, secret) select 'b' || n, n, 's' from generate_series(1000, 1599) n;
	insert into pbx_users (key, extension, secret) select 'k' || n, 'not ' || n, 's' from generate_series(10000, 13399) n"
syncs 4 "600 to be created and 3400 that are refused, behind one that is gone at SignalWire" sync --json
is "$(printf '%s\n' "$out" | grep -c '"state":"rejected"')" 3400 "every one of them is looked at"
is "$(told state <<-'EOF'
	select count(*) from credential;
EOF
)" 602 "and all others are there"
is "$(told state <<-'EOF'
	select username, password from credential where username in ('1', '9') order by 1;
EOF
)" "1 s1x
9 s9x" "and the two are as the PBX has them"

done_testing
