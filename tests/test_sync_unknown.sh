#!/bin/sh
# test_sync_unknown.sh - whatever goes wrong on the way, nothing is created twice and the last word of the PBX counts.
. "${SRCDIR:-.}/tests/world.sh"

# Every way in which an answer can fail to say what happened; extension 201 gets the first, and so on.
cat >"$tmp/faults" <<'EOF'
"action":"commit_then_reset"
"action":"commit_then_status","status":500
"action":"commit_then_status","status":504
"action":"status","status":502
"action":"html_200","commit":true
"action":"html_200"
"action":"truncated_json"
"action":"empty_body"
"action":"cut_body"
"action":"commit_then_hang"
"action":"hang_before_commit"
"action":"reset_before_commit"
"action":"reset_before_commit","close":true
"action":"late_commit","then":"reset","ms":300
"action":"late_commit","then":"status","ms":300
EOF
faults=$(wc -l <"$tmp/faults")

# objects that were made more often than they went
twins() { told log 0 <<-'EOF'
	select type, name, count(*) from log l where op = 'create'
	   and not exists (select from log d where d.id = l.id and d.op in ('delete', 'cascade'))
	 group by 1, 2 having count(*) > 1;
EOF
}
opened() { sql 'select count(*) from swbridge.journal where outcome is null'; }

# what the fault of extension N matches: METHOD PATH BODY; an id in the path stands for it
match() {
	case $1 in
	post_subscriber) printf '"method":"POST","path":"*/subscribers","body":"c%s@"' "$2" ;;
	post_credential) printf '"method":"POST","path":"*/sip_endpoints","body":"\\"%s\\""' "$2" ;;
	patch) printf '"method":"PATCH","path":"*/%s"' "$(sql "select sip_endpoint_id from swbridge.mapping where key = 'c$2'")" ;;
	put) printf '"method":"PUT","path":"*/%s"' "$(sql "select subscriber_id from swbridge.mapping where key = 'c$2'")" ;;
	delete_credential) printf '"method":"DELETE","path":"*/%s"' "$(sql "select sip_endpoint_id from swbridge.mapping where key = 'c$2'")" ;;
	delete_subscriber) printf '"method":"DELETE","path":"*/subscribers/%s"' "$(sql "select subscriber_id from swbridge.mapping where key = 'c$2'")" ;;
	esac
}

# Longer than an answer takes of which nobody said that it never comes, also where the machine stands still for a moment.
if [ -z "$MEMCHECK" ]; then patience=4s; else patience=10s; fi

# trouble WHAT EDIT [LAST-EDIT]: all faults in one pass, and the passes after it.
trouble() {
	trouble_what=$1 trouble_edit=$2 trouble_last=${3-}
	world "$trouble_what$trouble_worlds" "signalwire.timeout=$patience" mirror.settle=60s
	trouble_worlds=$((trouble_worlds + 1))
	sql "insert into pbx_users (key, extension, secret, first_name)
		select 'c' || n, n, 's' || n, 'A' from generate_series(201, 200 + $faults) n"
	people 101 102
	case $trouble_what in
	post_*) ;;
	*) syncs 0 "$trouble_what: all are there" ;;
	esac
	sql "$trouble_edit"
	n=200
	while read -r action; do
		n=$((n + 1))
		# The answer to a DELETE is whole when its head is: the simulator still counts this one as open.
		case $trouble_what$action in delete_*cut_body*) continue ;; esac
		fault "{$(match "$trouble_what" "$n"),$action}"
	done <"$tmp/faults"
	swb sync
	# A 204 has no body that could be broken.
	case $trouble_what in delete_*) unknown=$((faults - 3)) ;; *) unknown=$faults ;; esac
	is "$rc $(opened)" "5 $unknown" "$trouble_what: every outcome is unknown"
	is "$(sql "select count(*) from swbridge.mapping where state = 'unknown'")" "$unknown" "$trouble_what: which the mapping says"
	mark=$(sim count/seq)
	[ -z "$trouble_last" ] || sql "$trouble_last"
	wait_for 5 late 2
	swb sync
	is "$rc $(sent)" "5 " "I20: $trouble_what: nothing is sent before it has settled"
	settle
	swb sync
	is "$rc" 0 "$trouble_what: settled"
	in_step "$trouble_what"
	is "$(twins)" "" "I2: $trouble_what: nothing is there twice"
	never_at_once
}
trouble_worlds=0
late() { [ "$(sim log | grep -c '"late":true')" -ge "$1" ]; }

with_subscribers && trouble post_subscriber ""
trouble post_credential ""
# I20: What is desired now counts, whatever the lost attempt carried.
trouble post_credential "" "update pbx_users set secret = 'later', caller_id = 'Late' where key like 'c%'"
trouble patch "update pbx_users set secret = 'new', extension = '9' || extension where key like 'c%'"
trouble patch "update pbx_users set secret = 'new', extension = '9' || extension where key like 'c%'" \
	"update pbx_users set secret = 's' || substr(key, 2), extension = substr(key, 2) where key like 'c%'"
with_subscribers && trouble put "update pbx_users set first_name = 'B' where key like 'c%'"
trouble delete_credential "delete from pbx_users where key like 'c%'"
with_subscribers && trouble delete_subscriber "delete from pbx_users where key like 'c%'"
trouble delete_credential "update pbx_users set enabled = false where key like 'c%'" "update pbx_users set enabled = true where key not in ('c207', 'c208', 'c209')"

# ---- what was begun and is not wanted any more -----------------------------------

with_subscribers && trouble post_subscriber "" "delete from pbx_users where key like 'c%'"
trouble post_credential "" "delete from pbx_users where key like 'c%'"

# ---- somebody else's ---------------------------------------------------------------

world stranger
people 101 101
fault "{\"method\":\"POST\",\"path\":\"*/$(either subscribers sip_endpoints)\",\"action\":\"reset_before_commit\"}"
sim seed -d "$(either '{"subscribers":[{"email":"k101@pbx.example.com","created_at":"2026-01-02T03:04:05Z"}]}' \
	'{"sip_endpoints":[{"username":"101","password":"z","created_at":"2026-01-02T03:04:05Z"}]}')" >/dev/null
swb sync
is "$rc" 5 "a lost request for what somebody has"
settle
swb sync
is "$rc $(state_of k101)" "4 rejected" "what is older than the attempt is not ours"
quiet "somebody else's" 4

with_subscribers || done_testing

# ---- siblings of a subscriber whose creation is unknown --------------------------

world siblings
sql "insert into pbx_users (key, extension, secret, email) select 'k' || n, n, 's' || n, 'pat@x.example' from generate_series(1, 5) n"
fault '{"method":"POST","path":"*/subscribers","action":"commit_then_reset"}'
swb sync
isnt "$rc" 0 "the creation of a shared subscriber is unknown"
mark=$(sim count/seq)
sql "insert into pbx_users (key, extension, secret, email) values ('a', '0', 's0', 'pat@x.example')"
swb sync
is "$(sent)" "" "nothing is sent for its siblings either, not for a new one"
settle
swb sync
is "$rc" 0 "settled"
in_step "siblings"
is "$(twins)" "" "I6: one subscriber"

# ---- a replacement ---------------------------------------------------------------

for what in 'POST","path":"*/subscribers' 'DELETE","path":"*/sip_endpoints/*' 'POST","path":"*/sip_endpoints' 'DELETE","path":"*/subscribers/????????-????-????-????-????????????'; do
	for action in commit_then_reset reset_before_commit; do
		trouble_worlds=$((trouble_worlds + 1))
		world "replace$trouble_worlds"
		sql "insert into pbx_users (key, extension, secret, email) values ('a', '1', 's1', 'a@x.example'),
			('b', '2', 's2', 'b@x.example')"
		swb sync
		# With a subscriber to be made, or with one to be left empty.
		case $what in DELETE*subscribers/[?]*) sql "update pbx_users set email = 'b@x.example'" ;;
		*) sql "update pbx_users set email = 'a@x.example'"; swb sync; sql "update pbx_users set email = 'c@x.example' where key = 'a'" ;; esac
		fault "{\"method\":\"$what\",\"action\":\"$action\"}"
		swb sync
		is "$rc $(opened)" "5 1" "replace, $what: unknown"
		mark=$(sim count/seq)
		swb sync
		is "$rc $(sent)" "5 " "replace: left alone"
		settle
		swb sync
		is "$rc" 0 "replace: settled"
		swb sync
		in_step "replace"
		is "$(twins)" "" "replace: nothing is there twice"
	done
done
# Back again before it has settled: the other subscriber is not left behind.
world back
sql "insert into pbx_users (key, extension, secret, email) values ('a', '1', 's1', 'a@x.example'), ('b', '2', 's2', 'a@x.example')"
swb sync
sql "update pbx_users set email = 'b@x.example' where key = 'a'"
fault '{"method":"POST","path":"*/subscribers","action":"commit_then_reset"}'
swb sync
sql "update pbx_users set email = 'a@x.example'"
settle
swb sync
swb sync
swb sync
in_step "a replacement that is taken back"

# ---- rows that are left as they are, and whose last attempt nobody sends again --------

open_intents() { sql "select count(*) from swbridge.journal where outcome is null"; }
in_ledger() { sql "select state, username, sip_endpoint_id is not null from swbridge.sync where key = '$1'"; }
# left FAULT EDIT: a new extension 103 (the fault comes with it), and then its row
left() { # WORLD ON_REMOVE FAULT EDIT
	world "$1" "mirror.on_remove=$2"
	people 101 102
	syncs 0 "two extensions"
	fault "$3"
	people 103 103
	syncs 5 "a third one, and no answer"
	sql "$4"
	settle
	swb sync
	settle
	swb sync
	is "$(open_intents)" 0 "I6: what came of it is found out"
}
lost='{"method":"POST","path":"*/sip_endpoints","action":"commit_then_reset"}'
never='{"method":"POST","path":"*/sip_endpoints","action":"reset_before_commit"}'

left kept keep "$lost" "delete from pbx_users where key = 'k103'"
is "$(in_ledger k103)" "active|103|t" "I6: it was made, and is kept"
is "$(remote | grep -c '^103 ')" 1 "as it is"
quiet "kept"
swb forget k103
is "$rc" 0 "who does not want it can let go of it"

left kept_not_made keep "$never" "delete from pbx_users where key = 'k103'"
is "$(in_ledger k103)" "" "I6: there is nothing of it, and the row goes"
swb sync
is "$(told state <<-'EOF'
	select count(*) from subscriber;
EOF
)" "$(with_subscribers && echo 2 || echo 0)" "and its subscriber"
quiet "kept, and not made"

left skipped delete "$lost" "update pbx_users set secret = null where key = 'k103'"
is "$(in_ledger k103)" "active|103|t" "I6: it was made, and its row is skipped now"
sql "update pbx_users set secret = 'again' where key = 'k103'"
syncs 0 "until it has a secret"
in_step "skipped for a while"

left disabled keep "$lost" "update pbx_users set enabled = false where key = 'k103'"
is "$(in_ledger k103)" "active|103|t" "I6: it was made, and is kept, disabled"
sql "update pbx_users set enabled = true where key = 'k103'"
syncs 0 "and wanted again"
in_step "disabled for a while"

world renamed mirror.on_remove=keep
people 101 102
syncs 0 "two extensions"
fault '{"method":"PATCH","action":"commit_then_reset"}'
sql "update pbx_users set username = 'new' where key = 'k101'"
syncs 5 "a new name, and no answer"
sql "delete from pbx_users where key = 'k101'"
settle
swb sync
settle
swb sync
is "$(open_intents) $(in_ledger k101)" "0 active|new|t" "I6: the ledger learns which name it has"
people 101 101
syncs 0 "it comes back under the old one"
in_step "renamed, and kept"

# A replacement deletes the old credential before it makes the new one.
moved() { # WORLD FAULT: k101 was moving to the subscriber of k102, and is gone from the PBX
	world "$1" mirror.on_remove=keep
	people 101 102
	syncs 0 "two extensions"
	fault "$2"
	sql "update pbx_users set email = 'k102@pbx.example.com' where key = 'k101'"
	syncs 5 "one moves to the other, and no answer"
	sql "delete from pbx_users where key = 'k101'"
	settle
	swb sync
	settle
	swb sync
	is "$(open_intents)" 0 "I6: what came of it is found out"
}
if with_subscribers; then
	moved moved_there "$lost"
	is "$(in_ledger k101)" "active|101|t" "I6: the new one is in the ledger"
	is "$(told state <<-'EOF'
		select c.email from credential c join swbridge.sync s on s.sip_endpoint_id = c.id where s.key = 'k101';
	EOF
	)" "k102@pbx.example.com" "where it lives"
	moved moved_nowhere "$never"
	is "$(in_ledger k101)" "active|101|f" "I6: the old one was deleted, and there is no new one"
	people 101 101
	syncs 0 "it comes back"
	in_step "moved, and kept"
fi

done_testing
