#!/bin/sh
# test_rails_whole.sh - what the rails hold waits, by class and over a day, says what releases it, and that releases just it.
. "${SRCDIR:-.}/tests/world.sh"

# rails SECTION.KEY=VALUE…: the limits as given, or the program's own.
rails() {
	config mirror.max_removals= mirror.max_creates= mirror.max_changes= "$@"
}

# released DESCRIPTION [ARGUMENT…]: the command that the last pass printed, run as it stands there.
released() {
	command=$(printf '%s\n' "$out" | sed -n 's/.*: swbridge \(\(approve\|resume\|forget\)[a-z ]*\)$/\1/p' | head -n 1)
	isnt "$command" "" "$1: a command is printed"
	shift
	# Its words are the arguments.
	swb $command "$@"
	is "$rc" 0 "swbridge $command runs"
}

there() { told state <<-EOF2
	select count(*) from credential;
EOF2
}

# ---- a class at a time (I14) ------------------------------------------------------

world classes
rails
people 101 108
syncs 0 "eight extensions, under the limits that the program has by itself"
in_step "eight"

# Three are gone, two change, one is new: one removal is let through, the rest is done.
sql "delete from pbx_users where key in ('k101', 'k102', 'k103');
	update pbx_users set secret = 'new' where key in ('k104', 'k105')"
people 109 109
syncs 3 "I13: of eight, one may be removed in a day"
is "$(sent_sorted)" "DELETE credential 101 
DELETE subscriber k101@pbx.example.com 
PATCH credential 104 password
PATCH credential 105 password
POST credential 109 password,username
POST subscriber k109@pbx.example.com email" "I14: held removals delay neither creates nor passwords"
is "$(sent | head -n 4 | grep -c DELETE) $(sent | tail -n 2 | grep -c DELETE)" "0 2" "I33: what is removed comes last"
like "$out" "Held by max_removals: 2 .limit 1 in 24 hours, 1 used.*: swbridge approve removals$" "the setting is named, and the command"
quiet "held" 3
quiet "I13: held, a process later" 3

# The window: counted in the journal, whatever was restarted in between.
sql "update swbridge.journal set at = at - interval '23 hours 50 minutes', finished_at = finished_at - interval '23 hours 50 minutes'"
quiet "I13: nearly a day later" 3
sql "update swbridge.journal set at = at - interval '11 minutes', finished_at = finished_at - interval '11 minutes'"
syncs 3 "I13: a day later"
is "$(sent | grep -c 'DELETE credential')" 1 "I13: one more is removed"
quiet "a day later" 3

# Approved is what is held now, and nothing else (I15).
released "held removals"
sql "delete from pbx_users where key = 'k104'"
syncs 3 "I15: one more is gone after the approval"
is "$(sent | grep 'DELETE credential')" "DELETE credential 103 " "I15: the approval covers what it listed, not a later one"
like "$out" "Held by max_removals: 1 " "I15: which is held"
quiet "one more" 3
swb approve removals k104 --for 1s
is "$rc" 0 "approved for a second"
is "$(sql "select key, expires_at < now() + interval '2 seconds' from swbridge.approval where key = 'k104'")" "k104|t" "with an end"
expired() { [ "$(sql "select count(*) from swbridge.approval where key = 'k104' and expires_at > now()")" = 0 ]; }
wait_for 10 expired
syncs 3 "I15: the approval has expired"
is "$(sent)" "" "I15: and releases nothing"
swb approve removals k105
is "$rc $(printf '%s' "$err" | grep -c 'Nothing was approved: "k105" is not held by max_removals')" "1 1" "I15: what is not held cannot be approved"
syncs 3 "one left"
released "one left"
syncs 0 "the last of them"
in_step "the last of them"

# ---- creates ------------------------------------------------------------------------

world creates
rails mirror.max_creates=5
people 101 110
syncs 3 "I13: ten are new, five may be created"
is "$(sent | cut -d' ' -f1,2 | sort | uniq -c | tr -s ' ')" " 5 POST credential
 5 POST subscriber" "five are"
like "$out" "Held by max_creates: 5 .limit 5.*: swbridge approve creates$" "the setting is named, and the command"
sql "update pbx_users set secret = 'new' where key = 'k101'; update pbx_users set enabled = false where key = 'k102'"
syncs 3 "I14: with creates held"
is "$(sent_sorted)" "DELETE credential 102 
DELETE subscriber k102@pbx.example.com 
PATCH credential 101 password" "I14: the rest is done"
quiet "held creates" 3
# One that failed for certain, and of which nothing was made, does not count.
world refused
rails mirror.max_creates=2
people 101 103
fault '{"method":"POST","path":"*/subscribers","body":"k101@","action":"status","status":422}'
syncs 4 "one of three is refused, two may be created"
is "$(sql "select count(sip_endpoint_id) from swbridge.sync")" "1" "the refused one took a place in its own pass"
syncs 4 "and gives it back"
is "$(sql "select count(sip_endpoint_id) from swbridge.sync")" "2" "so that both others are there"

# ---- changes ------------------------------------------------------------------------

world changes
rails mirror.max_changes=3
people 101 110
syncs 0 "ten"
sql "update pbx_users set secret = 'new'; delete from pbx_users where key = 'k110'"
people 111 111
syncs 3 "I13: all passwords change, three may"
is "$(sent | cut -d' ' -f1,2 | sort | uniq -c | tr -s ' ')" " 1 DELETE credential
 1 DELETE subscriber
 3 PATCH credential
 1 POST credential
 1 POST subscriber" "I14: three do, and what is created and removed is not delayed"
like "$out" "Held by max_changes: 6 .limit 3.*: swbridge approve changes$" "the setting is named, and the command"
released "held changes"
syncs 0 "approved"
is "$(sent | grep -c PATCH)" 6 "the other six"
in_step "approved"

# Three classes at once: each names its own setting.
world both
people 101 105
sql "update pbx_users set email = 'two@x.example' where key in ('k103', 'k104')"
syncs 0 "five"
# Longer ago than the rails look back.
sql "update swbridge.journal set at = at - interval '25 hours'"
rails mirror.max_changes=0 mirror.max_creates=0 mirror.max_removals=0
sql "update pbx_users set secret = 'new' where key = 'k101'; delete from pbx_users where key = 'k102'"
people 120 120
syncs 3 "everything is held"
is "$(sent) $requests" " 0" "I14: nothing is sent"
is "$(printf '%s\n' "$out" | grep -c 'Held by max_[a-z]*: 1 .*: swbridge approve [a-z]*$')" 3 "three settings, three commands"
swb approve removals
syncs 3 "the removal is approved"
is "$(sent)" "DELETE credential 102 
DELETE subscriber k102@pbx.example.com " "and alone is done"
# A replacement is a removal and a create: held whole, before its first step.
sql "update pbx_users set email = 'other@x.example' where key = 'k103'"
rails mirror.max_removals=0
syncs 3 "a replacement, where nothing may be removed"
unlike "$(sent)" "other@x.example|DELETE" "is held before its first step"
like "$out" "Held by max_removals: 1 .*: swbridge approve removals$" "the setting is named, and the command"
released "a replacement"
syncs 0 "approved"
is "$(sent | grep -c 'other@x.example')" 1 "it is done"
in_step "replaced"

# ---- on_remove has no default ---------------------------------------------------------

world undecided
people 101 103
syncs 0 "three"
config mirror.on_remove=
sql "delete from pbx_users where key = 'k101'; update pbx_users set enabled = false where key = 'k102'; update pbx_users set secret = 'new' where key = 'k103'"
syncs 78 "on_remove is not set"
is "$(sent)" "" "nothing is removed then, and nothing else done"
like "$err" "on_remove is not set in .mirror.*write on_remove = delete, suspend or keep" "and what to write is said"
config mirror.on_remove=delete
syncs 0 "once it is"
in_step "decided"

# ---- the switch -------------------------------------------------------------------

world paused
people 101 103
syncs 0 "three"
sql "update swbridge.control set paused = true"
sql "update pbx_users set secret = 'new' where key = 'k101'; delete from pbx_users where key = 'k102'"
people 104 104
syncs 3 "paused with psql alone"
is "$(sent) $requests" " 0" "nothing is sent"
like "$out" "swbridge is paused: nothing is sent to SignalWire. To go on: swbridge resume$" "and the command is printed"
quiet "paused" 3
released "paused"
syncs 0 "resumed"
in_step "resumed"

# In the middle of a pass: what is on its way ends, nothing more begins.
config signalwire.max_in_flight=1
people 201 220
set_sim '{"hold":true}'
posts=$(sim count/posts_received)
start_swb sync
sim_saw posts_received $((posts + 1))
sql "update swbridge.control set paused = true"
set_sim '{"hold":false}'
stop_swb_rc() { wait "$swb_pid"; rc=$?; swb_pid=; lib_taken "swbridge in the background"; }
stop_swb_rc
isnt "$rc" 0 "paused in the middle of a pass"
ok "most is left" test "$(there)" -lt 15
swb resume
for run in 1 2; do
	settle
	swb sync
done
is "$rc" 0 "resumed"
in_step "paused in the middle"

# ---- refusals behind something that was done ---------------------------------------------

refusal='{"method":"POST","path":"*/sip_endpoints","action":"status","status":422,"times":-1}'

world half_moved mirror.max_removals=2
people 101 108
syncs 0 "eight extensions"
fault "$refusal"
sql "update pbx_users set email = 'k108@pbx.example.com' where key <> 'k108'"
for run in 1 2 3 4; do swb sync; done
is "$(sim count/DELETE)" 2 "I13: a credential that was deleted is counted, though the new one was refused"
is "$(sql "select count(*) from swbridge.journal where outcome = 'failed' and operation = 'replace'")" 2 "in the journal"

world half_made mirror.max_creates=3
people 101 108
fault "$refusal"
for run in 1 2 3 4; do swb sync; done
is "$(told state <<-'EOF'
	select count(*) from subscriber;
EOF
)" 3 "I13: a subscriber that was made is counted, though its credential was refused"

world half_removed mirror.max_removals=1
people 101 108
syncs 0 "eight extensions"
fault '{"method":"DELETE","path":"*/subscribers/????????-????-????-????-????????????","action":"status","status":429,"times":-1}'
sql "delete from pbx_users where key = 'k101'"
syncs 75 "its credential is deleted, and for its subscriber nothing gets through"
sql "delete from pbx_users where key = 'k102'"
swb sync
is "$(told state <<-'EOF'
	select count(*) from credential;
EOF
)" 7 "I13: what was deleted of it is counted"

# ---- attempts that acted, and of which nobody heard ----------------------------------------

# What is wanted instead, or certainly came to nothing later, does not take back what the first attempt may have done.

pat() { sql "insert into pbx_users (key, extension, secret, email) values ('k$1', '$1', 's$1', 'pat@x.example')"; }
# lost_made WORLD ACTION: one more extension of a person whose subscriber is known, and no answer.
lost_made() {
	world "$1"
	pat 101
	syncs 0 "an extension"
	sql "update swbridge.journal set at = at - interval '25 hours'"
	rails mirror.max_creates=1
	pat 102
	fault "{\"method\":\"POST\",\"path\":\"*/sip_endpoints\",\"action\":\"$2\"}"
	syncs 5 "$1: one more, and no answer"
	settle
}

lost_made made_and_throttled commit_then_reset
fault '{"method":"PATCH","action":"status","status":429,"times":-1}'
syncs 75 "it is found, and nothing gets through to it"
sim fault/clear -d '{}' >/dev/null
pat 103
syncs 3 "I13: it was created all the same, and that counts"
is "$(there)" 2 "so that no other is"

lost_made made_not_wanted commit_then_reset
sql "delete from pbx_users where key = 'k102'"
syncs 0 "nobody wants it any more, and it is removed"
pat 103
syncs 3 "I13: it was created, too, and that counts"
is "$(there)" 1 "so that no other is"

lost_made not_made reset_before_commit
fault '{"method":"POST","action":"status","status":429,"times":-1}'
syncs 75 "it is looked for and not there, and nothing gets through"
sim fault/clear -d '{}' >/dev/null
is "$(sql "select outcome from swbridge.journal where key = 'k102'")" "not sent" "it was not created"
sql "delete from pbx_users where key = 'k102'"
pat 103
syncs 0 "which gives its place back"
is "$(there)" 2 "to another one"

# lost_removed WORLD ON_REMOVE METHOD
lost_removed() {
	world "$1" "mirror.on_remove=$2" mirror.max_removals=1
	people 101 104
	syncs 0 "four extensions"
	fault "{\"method\":\"$3\",\"action\":\"commit_then_reset\"}"
	sql "update pbx_users set enabled = false where key = 'k101'"
	syncs 5 "$1: one is disabled, and no answer"
	settle
}

for removed in "delete DELETE" "suspend PATCH"; do
	lost_removed "wanted_again_${removed% *}" $removed
	sql "update pbx_users set enabled = true where key = 'k101'"
	syncs 0 "it is enabled again"
	in_step "enabled again"
	sql "update pbx_users set enabled = false where key = 'k102'"
	syncs 3 "I13: ${removed% *}: that it was out counts"
	is "$(sent)" "" "so that no other goes"
done

lost_removed protected_late delete DELETE
sql "update pbx_users set protected = true where key = 'k101'"
syncs 0 "it is protected, and nothing is there of it"
sql "update pbx_users set enabled = false where key = 'k102'"
syncs 3 "I13: that it was removed counts"
is "$(sent)" "" "so that no other goes"

# ---- a name that is several ----------------------------------------------------------

world named
people 101 104
sql "insert into pbx_users (key, extension, secret) values ('102', 900, 'secret-900'), ('104', 901, 'secret-901')"
syncs 0 "the key of one is the extension of another"
rails mirror.max_removals=0
sql "delete from pbx_users where key not in ('k101', 'k104')"
syncs 3 "four are gone, and held"
for name in 102 104; do
	swb approve removals "$name"
	is "$rc $(sql "select count(*) from swbridge.approval")" "1 0" "I15: a name that is two extensions approves neither: $name"
	like "$err" "Nothing was approved: There are several extensions \"$name\".*key=$name .extension 90.., key=k$name .extension $name." \
		"and both are named, also where one is not held: $name"
done
swb --json approve removals key=102 k101
is "$rc$out$(sql "select count(*) from swbridge.approval")" "10" "nothing is listed where nothing is approved"
swb approve removals key=102 103
is "$rc $(sql "select string_agg(key, ' ' order by key) from swbridge.approval")" "0 102 k103" "I15: by its key it is one" || diag "$err"
like "$(printf '%s' "$out" | tr '\n' ' ')" " 900 .* 103 .*Approved removals: 2, " "and they are listed"
syncs 3 "two are approved"
is "$(sent | grep 'DELETE credential' | sort)" "DELETE credential 103 
DELETE credential 900 " "I15: and these two are removed"

# ---- an extension of one tenant of several --------------------------------------------

world tenants
sql "alter table pbx_users drop column key, add tenant text;
	insert into pbx_users (extension, tenant, secret)
	select n, t || '.example', 'secret-' || t || n from unnest('{a,b}'::text[]) t, generate_series(101, 102) n"
rails 'mirror.username={username}-{tenant}'
swb init
syncs 0 "two tenants with the same extensions"
rails 'mirror.username={username}-{tenant}' mirror.max_removals=0
sql "delete from pbx_users where tenant = 'a.example' or extension = '101'"
syncs 3 "three are gone, and held"
swb approve removals 101
is "$rc $(sql "select count(*) from swbridge.approval")" "1 0" "I15: without its tenant the name is two extensions"
like "$err" "several extensions \"101\".*key=a.example/101 .*key=b.example/101" "and both are named"
swb approve removals b.example/102
is "$rc $(sql "select count(*) from swbridge.approval")" "1 0" "I15: what is not held cannot be approved"
swb approve removals a.example/101
is "$rc $(sql "select string_agg(key, ' ') from swbridge.approval")" "0 a.example/101" "I15: with its tenant it is one"
syncs 3 "one is approved"
is "$(sent | grep 'DELETE credential')" "DELETE credential 101-a.example " "I15: and this one is removed"

done_testing
