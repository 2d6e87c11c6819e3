#!/bin/sh
# Changes that want the same thing at once: a row that one takes over and another removes, a name that a suspended
# extension has, names and e-mails that change places, and an operator who lets go of what is about to be changed.
. "${SRCDIR:-.}/tests/world.sh"

# swb, but not for ever.
swb_in_time() {
	rc=0
	timeout 60 "$BUILDDIR/swbridge" -c "$conf" "$@" >"$tmp/out" 2>"$tmp/err" </dev/null || rc=$?
	out=$(cat "$tmp/out") err=$(cat "$tmp/err")
}

# ---- taken over, and removed ------------------------------------------------------

# replaced ON_REMOVE KEY: a row is disabled and another with its username added, and both are looked at by their keys.
replaced() {
	world "replaced_$1_$2" "mirror.on_remove=$1"
	sql "insert into pbx_users (key, extension, secret) values ('k', '101', 'old'), ('l', '102', 's2')"
	syncs 0 "$1 $2: two extensions"
	sql "update pbx_users set enabled = false where key = 'k';
		insert into pbx_users (key, extension, secret) values ('$2', '101', 'new')"
	set_sim '{"latency_ms":30}'
	syncs 0 "$1 $2: one is disabled, and its name given to another" sync "$2" k
	set_sim '{"latency_ms":0}'
	is "$(secret_of 101)" new "$1 $2: its phone is in"
	in_step "$1 $2"
}
for key in a z; do
	for on_remove in suspend delete; do
		replaced "$on_remove" "$key"
	done
done

# ---- a name that a suspended one has --------------------------------------------------

world renumbered mirror.on_remove=suspend
people 101 103
syncs 0 "three extensions"
sql "update pbx_users set enabled = false where key = 'k101';
	update pbx_users set extension = '101' where key = 'k102'"
syncs 0 "one is disabled, and its number given to another" sync k101 k102
is "$(secret_of 101)" secret-102 "whose phone is in under it"
is "$(state_of k101)" suspended "and the first is out"
quiet "a name of a suspended one"
sql "update pbx_users set enabled = true, extension = '102' where key = 'k101'"
syncs 0 "it comes back under another number"
in_step "a suspended one under another number"

# ---- names and e-mails change places ----------------------------------------------------

if with_subscribers; then
	world swapped
	sql "insert into pbx_users (key, extension, secret, email) values
		('a', '1', 's1', 'a@x.example'), ('b', '2', 's2', 'b@x.example'), ('c', '3', 's3', 'c@x.example')"
	syncs 0 "three extensions of three people"
	sql "update pbx_users set extension = '2', email = 'b@x.example' where key = 'a';
		update pbx_users set extension = '1', email = 'a@x.example' where key = 'b'"
	swb_in_time sync
	is "$rc" 0 "two change their names and their e-mails"
	in_step "names and e-mails swapped"
	sql "update pbx_users set extension = '3', email = 'c@x.example' where key = 'a';
		update pbx_users set extension = '2', email = 'b@x.example' where key = 'b';
		update pbx_users set extension = '1', email = 'a@x.example' where key = 'c'"
	swb_in_time sync
	is "$rc" 0 "three of them in a ring"
	in_step "names and e-mails in a ring"
	never_at_once
fi

# ---- an operator in between -----------------------------------------------------------------

open_intents() { sql "select count(*) from swbridge.journal where outcome is null"; }
# begun: a pass of two changes, one of which is under way, and the other waits for its turn.
begun() {
	set_sim '{"hold":true}'
	config signalwire.max_in_flight=1 "$@"
	start_swb sync
	ok "$world_name: one change is under way" wait_for 20 sql "select 1 / count(*) from swbridge.journal where outcome is null"
	waits=$(sql "select k from unnest(array['k101', 'k102']) k
		where not exists (select from swbridge.journal where key = k and outcome is null)")
}
goes_on() {
	set_sim '{"hold":false}'
	stop_swb 0
}

world let_go
people 101 103
syncs 0 "three extensions"
sql "delete from pbx_users where key in ('k101', 'k102')"
begun
swb forget "$waits"
is "$rc" 0 "an operator lets the other one go: $out"
goes_on
isnt "$(secret_of "${waits#k}")" "" "and it is not removed behind that"
is "$(open_intents)" 0 "nor is anything left open"

if with_subscribers; then
	world adopted_between
	sim seed -d '{"subscribers":[{"email":"k101@pbx.example.com","credentials":[{"username":"101","password":"z"}]},
		{"email":"k102@pbx.example.com","credentials":[{"username":"102","password":"z"}]}]}' >/dev/null
	people 101 102
	begun
	swb adopt "$waits" "$(told state <<-EOF
		select id from subscriber where email = '$waits@pbx.example.com';
	EOF
)"
	is "$rc" 0 "an operator gives the other one what is there: $out"
	goes_on
	syncs 4 "the next pass"
	is "$(secret_of "${waits#k}")" "secret-${waits#k}" "goes on with that"
	is "$(told state <<-'EOF'
		select count(*) from credential;
	EOF
)" 2 "I2: and no other is made"
fi

# ---- held, and there again ---------------------------------------------------------------------

# back_and_gone NAME STATUS HOLD RELEASE: a row that was gone comes back with a change that is held, and goes again.
back_and_gone() {
	world "$1"
	people 101 102
	syncs 0 "$1: two extensions"
	config mirror.grace=1h
	sql "delete from pbx_users where key = 'k101'"
	syncs 0 "$1: one is gone"
	sql "insert into pbx_users (key, extension, secret) values ('k101', '101', 'new')"
	eval "$3"
	syncs "$2" "$1: it is back, and what it wants is held"
	is "$(sql "select absent_since is null from swbridge.sync where key = 'k101'")" t "$1: its absence is over"
	sql "delete from pbx_users where key = 'k101'"
	eval "$4"
	syncs 0 "$1: gone again"
	isnt "$(secret_of 101)" "" "$1: it has all of grace again"
	is "$(sql "select now() - absent_since < interval '1 minute' from swbridge.sync where key = 'k101'")" t "$1: from now on"
}
back_and_gone paused 3 "swb pause" "swb resume"
back_and_gone held 3 "config mirror.grace=1h mirror.max_changes=0" "config mirror.grace=1h"

# ---- a subscriber that is let go of, and wanted again meanwhile -----------------------------

# while_it_goes BEFORE LATENCY: a's removal has come as far as looking at who else lives on its subscriber, and is told late.
while_it_goes() {
	listens
	wait_for 10 is_there 101
	wait_for 10 is_there 900
	of_ann=$(sql "select id from swbridge.subscriber where email = 'ann@x.example'")
	"$1"
	set_sim "{\"latency_ms\":$2}"
	fault '{"method":"GET","path":"*/subscribers/*/sip_endpoints","action":"delay","ms":3000}'
	lists=$(sim count/class.credentials.GET)
	changes "update pbx_users set enabled = false where key = 'a'" a
	sim_saw class.credentials.GET $((lists + 1))
}

settled() { # nothing is under way
	[ "$(sql "select count(*) from swbridge.journal where outcome is null") $(sql "select count(*) from swbridge.sync where key = 'a'")" = "0 0" ]
}

if with_subscribers; then
	. "$SRCDIR/tests/listens.sh"
	world wanted_again
	sql "insert into pbx_users (key, extension, secret, email) values ('a', '101', 's1', 'ann@x.example'), ('z', '900', 's9', 'zoe@x.example')"
	while_it_goes : 200
	changes "insert into pbx_users (key, extension, secret, email) values ('n', '201', 's2', 'ann@x.example')" n
	ok "a new extension gets the subscriber of one that goes" wait_for 30 is_there 201
	ok "which is gone" wait_for 30 settled
	set_sim '{"latency_ms":0}'
	stop_swb
	unlike "$err" "violates" "and the ledger takes both"
	is "$(sql "select id from swbridge.subscriber where email = 'ann@x.example'")" "$of_ann" "the subscriber is the one that was there"
	is "$(journal_of n)" "create:done" "its outcome is known"
	config
	in_step "wanted again"

	world wanted_left
	sql "insert into pbx_users (key, extension, secret, email) values ('a', '101', 's1', 'ann@x.example'), ('n', '201', 's2', 'bob@x.example'),
		('z', '900', 's9', 'bob@x.example')"
	door() {
		sim seed -d "{\"subscriber_id\":\"$of_ann\",\"credentials\":[{\"username\":\"door\",\"password\":\"x\"}]}" >/dev/null
		sql "insert into test.foreign_credential values ('door')"
	}
	while_it_goes door 300
	changes "update pbx_users set email = 'ann@x.example' where key = 'n'" n
	moved() { [ "$(journal_of n)" = "create:done replace:done" ]; }
	ok "one moves to the subscriber of one that goes, on which somebody else lives" wait_for 30 moved
	set_sim '{"latency_ms":0}'
	stop_swb
	unlike "$err" "violates" "and the ledger takes it"
	is "$(sql "select id from swbridge.subscriber where email = 'ann@x.example'")" "$of_ann" "which was not forgotten"
	config
	in_step "wanted, and left"

	# An operator lets go of it between the look and the change.
	world forgotten
	sql "insert into pbx_users (key, extension, secret, email) values ('a', '101', 's1', 'ann@x.example')"
	syncs 0 "one extension"
	sql "delete from pbx_users; insert into pbx_users (key, extension, secret, email) values
		('b', '102', 's2', 'ann@x.example'), ('c', '103', 's3', 'carl@x.example')"
	config mirror.grace=24h
	set_sim '{"latency_ms":3000}'
	canaries=$(sim count/class.sip_profile.GET)
	start_swb sync
	sim_saw class.sip_profile.GET $((canaries + 1))
	"$BUILDDIR/swbridge" -c "$conf" forget 101 >/dev/null 2>&1
	is $? 0 "the last extension on a subscriber is forgotten, while another is about to be made there"
	set_sim '{"latency_ms":0}'
	wait_for 30 lib_gone "$swb_pid"
	stop_swb
	is "$rc" 4 "that one is refused alone"
	like "$(sql "select last_error from swbridge.sync where key = 'b'")" "e-mail ann@x.example exists remotely" "since its subscriber is nobody's now"
	is "$(state_of c)" active "and the rest is done"
fi

done_testing
