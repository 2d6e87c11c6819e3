#!/bin/sh
# What an attempt left in doubt is not believed the wrong way later: not of others' credentials, nor of a password,
# a name or an e-mail of ours (I3, I7, I20).
. "${SRCDIR:-.}/tests/world.sh"

emails() { told state <<-EOF
	select email from subscriber order by 1;
EOF
}
odd='"content":"{\"errors\":[{\"message\":\"odd\",\"code\":\"invalid\"}]}"'

# ---- others' credentials -----------------------------------------------------

# adopted NAME: a subscriber of somebody else's, with a credential 900 of his, on which our extension 101 lives.
adopted() {
	world "$1"
	made=$(sim seed -d '{"subscribers":[{"email":"old@x.example","credentials":[{"username":"900","password":"z"}]}]}')
	subscriber=$(printf '%s\n' "$made" | sed -n 's/.*"id":"\([^"]*\)".*old@x.example.*/\1/p' | head -n 1)
	sql "insert into swbridge.subscriber (email, id, origin) values ('old@x.example', '$subscriber', 'adopted');
		insert into test.foreign_credential values ('900');
		insert into pbx_users (key, extension, secret, email) values ('a', '101', 's1', 'old@x.example')"
	syncs 0 "$1: an extension on a subscriber that was adopted"
}

# renamed_onto_it NAME ACTION WANTED: a creation of unknown outcome, whose row then gets the name of another's credential.
renamed_onto_it() {
	adopted "$1"
	sql "insert into pbx_users (key, extension, secret, email) values ('b', '901', 's2', 'old@x.example')"
	fault "{\"method\":\"POST\",\"path\":\"*/sip_endpoints\",\"action\":\"$2\"}"
	syncs 5 "$1: a creation whose answer is lost"
	settle
	sql "update pbx_users set extension = '900' where key = 'b'"
	syncs 4 "$1: its row gets the name of somebody else's credential"
	is "$(secret_of 900)" z "I7: $1: which keeps its password"
	is "$(sent)" "" "$1: nothing is sent"
	like "$err$out" "900.*exists remotely.*left alone" "$1: it is said"
	is "$(sql "select sip_endpoint_id is not null from swbridge.sync where key = 'b'")" "$3" "$1: the ledger knows what the lost request made"
	is "$(journal_of b)" "create:$(if [ "$3" = t ]; then echo failed; else echo foreign; fi)" "I13: $1: the rails count it where it was made"
	quiet "$1" 4
	sql "update pbx_users set extension = '902' where key = 'b'"
	syncs 0 "$1: another name"
	in_step "$1"
	is "$(told state <<-'EOF'
		select count(*) from credential;
	EOF
)" 3 "I2: $1: one each"
}

if with_subscribers; then
	renamed_onto_it "made" commit_then_reset t
	renamed_onto_it "not_made" reset_before_commit f

	adopted killed
	sql "insert into pbx_users (key, extension, secret, email) values ('b', '900', 's2', 'old@x.example')"
	SWBRIDGE_TRACE=$tmp/trace SWBRIDGE_KILL9=7 "$BUILDDIR/tests/swbridge-kill" -c "$conf" sync >"$tmp/out" 2>"$tmp/err" </dev/null
	is "$(tail -n 1 "$tmp/trace")" "7 before a ledger write" "a refusal is cut short behind its intent"
	is "$(sql "select count(*) from swbridge.journal where outcome is null")" 1 "which is open"
	settle
	syncs 4 "the next pass"
	is "$(secret_of 900)" z "I7: does not take somebody else's credential for its own"
	quiet "a refusal that was cut short" 4
fi

# ---- a suspension that was taken back ------------------------------------------

# suspended NAME: an extension that was disabled.
suspended() {
	world "$1" mirror.on_remove=suspend
	sql "insert into pbx_users (key, extension, secret, email) values ('a', '101', 's1', 'ann@x.example'), ('b', '102', 's2', 'bob@x.example')"
	syncs 0 "$1: two extensions"
	sql "update pbx_users set enabled = false where key = 'a'"
	syncs 0 "$1: one is disabled"
	isnt "$(secret_of 101)" s1 "$1: and out"
}

# out_again NAME: it is disabled once more, and must not have a password that a phone knows.
out_again() {
	sql "update pbx_users set enabled = false, skip_reason = null where key = 'a'"
	syncs 0 "$1: it is disabled again"
	is "$(sent)" "PATCH credential 101 password" "$1: and suspended again"
	isnt "$(secret_of 101)" s1 "$1: its phone is out"
	is "$(sql "select state from swbridge.sync where key = 'a'")" suspended "$1: so says the ledger"
	quiet "$1"
}

if with_subscribers; then
	suspended profile_refused
	sql "update pbx_users set enabled = true, first_name = 'Ann' where key = 'a'"
	fault "{\"method\":\"PUT\",\"path\":\"*/subscribers/*\",\"action\":\"status\",\"status\":422,$odd}"
	syncs 4 "it is enabled, and its new profile refused"
	is "$(secret_of 101)" s1 "its phone is in"
	out_again "a profile refused"
fi

suspended restoring_lost
sql "update pbx_users set enabled = true where key = 'a'"
fault '{"method":"PATCH","action":"commit_then_reset"}'
syncs 5 "it is enabled, and the answer is lost"
is "$(secret_of 101)" s1 "its phone is in"
sql "update pbx_users set skip_reason = 'moved' where key = 'a'"
settle
syncs 0 "its row is left as it is meanwhile"
out_again "a restoring that was lost"

# ---- a name that was lost ---------------------------------------------------------

world renamed mirror.on_remove=suspend
people 101 102
syncs 0 "two extensions"
sql "update pbx_users set username = 'new' where key = 'k101'"
fault '{"method":"PATCH","action":"commit_then_reset"}'
syncs 5 "a new name, and no answer"
settle
sql "delete from pbx_users where key = 'k101'"
syncs 0 "it is suspended"
is "$(sql "select username from swbridge.sync where key = 'k101'")" new "and its name is learnt"
config mirror.on_remove=delete
syncs 0 "it is to be deleted"
in_step "deleted under a name that was lost"

# ---- an e-mail that was lost ------------------------------------------------------

if with_subscribers; then
	world email
	sql "insert into pbx_users (key, extension, secret, email) values ('a', '101', 's1', 'ann@x.example'), ('b', '102', 's2', 'ann@x.example')"
	syncs 0 "two extensions of one person"
	sql "update pbx_users set email = 'anna@x.example'"
	fault '{"method":"PUT","path":"*/subscribers/*","action":"commit_then_reset"}'
	syncs 5 "a new e-mail, and no answer"
	is "$(emails)" anna@x.example "it has it"
	settle
	sql "update pbx_users set email = 'ann@x.example'"
	syncs 0 "the old one again"
	is "$(emails)" ann@x.example "I20: it has that again"
	in_step "an e-mail taken back"
fi

# lost_email NAME [SECTION.KEY=VALUE…]: a subscriber that has the e-mail of a PUT whose answer was lost; the row has its old one again.
lost_email() {
	world "$@"
	sql "insert into pbx_users (key, extension, secret, email) values ('a', '101', 's1', 'ann@x.example')"
	syncs 0 "$1: one person"
	sql "update pbx_users set email = 'anna@x.example'"
	fault '{"method":"PUT","path":"*/subscribers/*","action":"commit_then_reset"}'
	syncs 5 "$1: a new e-mail, and no answer"
	is "$(emails)" anna@x.example "$1: it has it"
	settle
	sql "update pbx_users set email = 'ann@x.example'"
}

# ann_again NAME: whatever closed the intent, the e-mail is still in doubt, and is put right.
ann_again() {
	is "$(sql "select count(*) from swbridge.journal where outcome is null")" 0 "$1: nothing is open"
	is "$(sql "select difference from swbridge.difference()" | grep -c profile)" 1 "$1: it is a difference"
	syncs 0 "$1: the next pass"
	is "$(emails)" ann@x.example "I20: $1: it has its old e-mail again"
	in_step "$1"
}

if with_subscribers; then
	lost_email email_not_sent
	fault '{"method":"PATCH","action":"status","status":429,"times":-1}'
	syncs 75 "what is sent again is throttled"
	sim fault/clear -d '{}' >/dev/null
	sql "update swbridge.sync set next_attempt_at = null"
	is "$(sql "select outcome from swbridge.journal order by id desc limit 1")" "failed" "which does not make the attempt before it one that was not sent"
	ann_again "an e-mail, and nothing sent"

	lost_email email_refused
	fault "{\"method\":\"PATCH\",\"action\":\"status\",\"status\":422,$odd}"
	syncs 4 "what is sent again is refused"
	sql "update pbx_users set secret = 's2'"
	ann_again "an e-mail, and a refusal"

	lost_email email_left
	sql "update pbx_users set secret = null"
	syncs 0 "its row has no secret meanwhile"
	sql "update pbx_users set secret = 's1'"
	ann_again "an e-mail, and a row that was left as it was"

	lost_email email_suspended mirror.on_remove=suspend
	sql "update pbx_users set enabled = false"
	syncs 0 "it is suspended meanwhile"
	sql "update pbx_users set enabled = true"
	syncs 0 "and enabled again"
	is "$(emails)" ann@x.example "I20: an e-mail, and a suspension: it has its old e-mail again"
	in_step "an e-mail, and a suspension"

	lost_email email_none
	sql "update pbx_users set email = null"
	syncs 0 "its row says no e-mail any more"
	is "$(emails)" ann@x.example "I20: an e-mail, and then none: it has the one that the ledger has"
	quiet "an e-mail, and then none"

	world email_created
	sql "insert into pbx_users (key, extension, secret, email, first_name) values ('a', '101', 's1', 'ann@x.example', 'Ann')"
	syncs 0 "one person with a profile"
	sim edit -d "{\"id\":\"$(sql "select sip_endpoint_id from swbridge.sync")\",\"delete\":true}" >/dev/null
	sql "update pbx_users set secret = 's2'"
	fault "{\"method\":\"POST\",\"action\":\"status\",\"status\":422,$odd}"
	syncs 4 "its credential was deleted, and another is refused"
	sql "update pbx_users set email = 'anna@x.example', secret = 's3'"
	fault '{"method":"PUT","path":"*/subscribers/*","action":"commit_then_reset"}'
	syncs 5 "it is created, with a new e-mail, and no answer to that"
	is "$(emails)" anna@x.example "it has it"
	settle
	sql "update pbx_users set email = 'ann@x.example'"
	syncs 0 "the old one again"
	is "$(emails)" ann@x.example "I20: an e-mail behind a creation: it has its old one again"
	in_step "an e-mail behind a creation"
fi

# ---- a subscriber of ours that is gone, and one that somebody made with its e-mail ---------------

by_hand() { # EMAIL: ours is deleted in the dashboard, if there is one, and made anew
	ours=$(sql "select id from swbridge.subscriber where email = '$1' and id is not null")
	[ -z "$ours" ] || sim edit -d "{\"id\":\"$ours\",\"delete\":true}" >/dev/null
	sim seed -d "{\"subscribers\":[{\"email\":\"$1\"}]}" >/dev/null
}

left_to_him() { # NAME: the row goes, and he keeps what he made
	sql "delete from pbx_users where key = 'b'"
	swb sync
	swb sync
	swb sync
	is "$(emails)" "ann@x.example
boss@x.example" "I7: $1: it stays"
	is "$(sql "select count(*) from swbridge.subscriber where email = 'boss@x.example'")" 0 "$1: the ledger lets go of it"
	quiet "$1"
}

# two_people NAME [SECTION.KEY=VALUE…]
two_people() {
	world "$@"
	sql "insert into pbx_users (key, extension, secret, email) values ('a', '101', 's1', 'ann@x.example'), ('b', '102', 's2', 'boss@x.example')"
	syncs 0 "$1: two people"
}

if with_subscribers; then
	two_people by_hand
	by_hand boss@x.example
	sql "update pbx_users set secret = 'other' where key = 'b'"
	syncs 4 "ours was deleted and made anew by hand: it is left alone"
	left_to_him "one made by hand"

	two_people by_hand_repaired
	by_hand boss@x.example
	swb verify --repair
	is "$rc" 4 "the same, and what is there is to be repaired"
	left_to_him "one made by hand, and a repair"

	world by_hand_account
	sql "insert into pbx_users (key, extension, secret, email) values ('a', '101', 's1', 'ann@x.example')"
	syncs 0 "one person"
	set_sim '{"account_error":"account_limit_exceeded"}'
	sql "insert into pbx_users (key, extension, secret, email) values ('b', '102', 's2', 'boss@x.example')"
	syncs 4 "the account refuses another"
	is "$(journal_of b)" "create:not sent" "which is certain: nothing was made"
	set_sim '{"account_error":null}'
	by_hand boss@x.example
	left_to_him "one made by hand, and an account that was full"

	# What only removes made no subscriber that could be looked for.
	two_people by_hand_removed mirror.on_remove=delete
	sim edit -d "{\"id\":\"$(sql "select sip_endpoint_id from swbridge.sync where key = 'b'")\",\"delete\":true}" >/dev/null
	sql "update swbridge.sync set sip_endpoint_id = null where key = 'b'"
	fault '{"method":"DELETE","path":"*/subscribers/*","action":"commit_then_reset"}'
	sql "delete from pbx_users where key = 'b'"
	syncs 5 "a removal whose answer is lost"
	by_hand boss@x.example
	settle
	left_to_him "one made by hand behind a lost removal"
fi

# ---- a subscriber that a lost request may be making, while its row wants another ------------------

# making NAME: b moves to a subscriber of its own; the POST that makes it is lost, and acts later.
making() {
	world "$1"
	sql "insert into pbx_users (key, extension, secret, email) values ('a', '101', 's1', 'ann@x.example'), ('b', '102', 's2', 'ann@x.example')"
	syncs 0 "$1: two extensions of one person"
	fault '{"method":"POST","path":"*/subscribers","action":"late_commit","then":"reset","ms":1000}'
	sql "update pbx_users set email = 'new@x.example' where key = 'b'"
	syncs 5 "$1: one moves, and the answer is lost"
}

late_is_done() { [ "$(sim count/late_pending)" = 0 ]; }

if with_subscribers; then
	making late_maker
	sql "update pbx_users set email = 'ann@x.example' where key = 'b'"
	syncs 5 "it wants its old subscriber again"
	is "$(sql "select count(*) from swbridge.subscriber where email = 'new@x.example'")" 1 "I5: the other one is not forgotten before it is known"
	ok "it is made late" wait_for 10 late_is_done
	settle
	syncs 0 "what was made is found"
	syncs 0 "and removed"
	is "$(emails)" ann@x.example "I32: nothing is left that nobody wants"
	in_step "made late"

	making late_forgotten
	sql "insert into pbx_users (key, extension, secret, email) values ('c', '103', 's3', 'carl@x.example');
		insert into swbridge.sync (key, extension, username, subscriber_no, state)
		select 'z', '109', '109', no, 'creating' from swbridge.subscriber where email = 'new@x.example'"
	swb forget z
	is "$rc" 75 "an extension on it is not forgotten meanwhile"
	like "$err" "another extension on its subscriber" "and why is said"
	is "$(sql "select count(*) from swbridge.subscriber where email = 'new@x.example'")" 1 "its subscriber stays in the ledger"

	ok "it is made late" wait_for 10 late_is_done
	sql "update pbx_users set email = 'ann@x.example' where key = 'b'"
	settle
	swb sync
	swb sync
	is "$(emails | tr '\n' ' ')" "ann@x.example carl@x.example " "I32: nothing is left there either"
	in_step "not forgotten"

	# The removal of the last extension on it lets go of it no more than that, in a pass that does not see the other one.
	world late_kept mirror.on_remove=delete
	sql "insert into pbx_users (key, extension, secret, email) values ('a', '101', 's1', 'ann@x.example'), ('b', '102', 's2', 'ann@x.example'),
		('c', '103', 's3', 'new@x.example')"
	syncs 0 "three extensions of two persons"
	fault '{"method":"POST","path":"*/sip_endpoints","action":"commit_then_reset"}'
	sql "update pbx_users set email = 'new@x.example' where key = 'b'"
	syncs 5 "one moves to the other person, and the answer is lost"
	settle
	sql "update pbx_users set enabled = false where key = 'c'"
	swb sync 103
	is "$(sql "select count(*) from swbridge.sync where key = 'c'") $(sql "select count(*) from swbridge.subscriber where email = 'new@x.example'")" "0 1" \
		"I5: the last extension there goes, and its subscriber is not forgotten before it is known what is on it"
	sql "update pbx_users set email = 'ann@x.example' where key = 'b'"
	swb sync
	swb sync
	is "$(emails)" ann@x.example "I32: what was made there is found, and nothing is left"
	in_step "a subscriber with a lost credential"

	# Killed, the intent has the id of the subscriber that was left.
	world late_adopted mirror.on_remove=delete
	sim seed -d '{"subscribers":[{"email":"x@x.example"}]}' >/dev/null
	sql "insert into pbx_users (key, extension, secret, email) values ('a', '101', 's1', 'ann@x.example'), ('k', '102', 's2', 'ann@x.example')"
	syncs 0 "two extensions of one person"
	sql "insert into swbridge.subscriber (email, id, origin) values ('x@x.example', '$(told state <<-'EOF'
		select id from subscriber where email = 'x@x.example';
	EOF
	)', 'adopted');
		update pbx_users set email = 'x@x.example' where key = 'k'"
	fault '{"method":"POST","path":"*/sip_endpoints","action":"commit_then_hang"}'
	posts=$(sim count/posts_received)
	start_swb sync
	sim_saw posts_received $((posts + 1))
	kill -9 "$swb_pid"
	wait "$swb_pid" 2>/dev/null
	swb_pid=
	wait_for 10 lock_free
	sql "update pbx_users set email = 'ann@x.example', secret = 'new' where key = 'k'"
	syncs 5 "killed while one moves to an adopted subscriber, and moved back"
	is "$(sql "select origin from swbridge.subscriber where email = 'x@x.example'")" adopted "I5: which is not forgotten before it is known"
	settle
	swb sync
	swb sync
	is "$(secret_of 102)" new "I20: its phone has the password of its row"
	is "$(told state <<-'EOF'
		select count(*) from credential;
	EOF
)" 2 "I2: and nothing is there twice"
	quiet "adopted and left"

	# A key that is the e-mail of a subscriber which is to be removed.
	world keymail mirror.on_remove=delete
	sql "insert into pbx_users (key, extension, secret, email) values ('ann@x.example', '101', 's1', 'ann@x.example'), ('t', '300', 's3', 'team@x.example')"
	syncs 0 "a key that is an e-mail"
	fault '{"method":"DELETE","path":"*/subscribers/*","action":"status","status":422,"skip":1,"times":1,"content":"{\"errors\":[{\"code\":\"resource_not_deletable\",\"message\":\"no\"}]}"}'
	sql "delete from pbx_users where key <> 't'"
	syncs 0 "its row goes, and its subscriber stays"
	fault '{"method":"POST","path":"*/sip_endpoints","action":"commit_then_reset"}'
	sql "insert into pbx_users (key, extension, secret, email) values ('ann@x.example', '101', 's1', 'team@x.example')"
	syncs 5 "the key is another person's, and the answer is lost"
	is "$(journal_of ann@x.example | tr ' ' '\n' | tail -n 1)" "create:open" "I4: its intent is not the one of the subscriber's removal"
	settle
	swb sync
	swb sync
	is "$(emails)" team@x.example "the subscriber goes when that is known"
	in_step "a key that is an e-mail"
fi

# ---- a new e-mail that is lost on its way, and wanted by somebody else ---------------------

# The subscriber is older than the attempt, or as young as it.
email_lost() { # WORLD CREATED-AGO
	world "$1"
	sql "insert into pbx_users (key, extension, secret, email) values ('a', '101', 's1', 'ann@x.example')"
	set_sim "{\"clock_skew_ms\":-$2}"
	syncs 0 "$1: one"
	set_sim '{"clock_skew_ms":0}'
	fault '{"method":"PUT","path":"*/subscribers/*","action":"commit_then_reset"}'
	sql "update pbx_users set email = 'bob@x.example';
		insert into pbx_users (key, extension, secret, email) values ('b', '102', 's2', 'bob@x.example')"
	swb sync
	settle
	swb sync
	swb sync
	is "$rc" 0 "$1: it is settled by the next passes" || diag "$out" "$err"
	is "$(told state <<-'EOF'
		select c.username, s.email, c.password from credential c join subscriber s on s.id = c.subscriber_id order by 1;
	EOF
)" "101 bob@x.example s1
102 bob@x.example s2" "I7: $1: both are on the one subscriber, and nothing was replaced"
	is "$(told log <<-'EOF'
		select count(*) from log where op in ('delete', 'cascade');
	EOF
)" 0 "$1: nothing was deleted"
	is "$(sql "select email, id is not null from swbridge.subscriber")" "bob@x.example|t" "$1: the ledger has that one alone"
	in_step "$1"
}
if with_subscribers; then
	email_lost emailed_old 60000
	email_lost emailed_young 0
fi

done_testing
