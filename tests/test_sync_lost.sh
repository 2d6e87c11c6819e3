#!/bin/sh
# Requests that acted and were never answered, of rows that change before the outcome is looked for.

. "${SRCDIR:-.}/tests/world.sh"

lost() { # METHOD PATH: the next one acts, and nobody hears of it
	fault "{\"method\":\"$1\",\"path\":\"$2\",\"action\":\"commit_then_reset\"}"
}

ever_created() {
	told log 0 <<-'END'
		select count(*) filter (where type = 'subscriber'), count(*) filter (where type = 'credential')
		  from log where by = 'api' and op = 'create';
	END
}

# ---- A lost create ----------------------------------------------------------------

world lost
people 101 101
sql "update pbx_users set caller_id = 'Desk 1'"
lost POST '*/sip_endpoints'
syncs 5 "a create is lost"
sql "update pbx_users set extension = '102', caller_id = null"
settle
syncs 0 "its row has another name by now, and no caller id"
is "$(ever_created)" "$(either 1 0) 1" "I1: the one that was made is found by the name of then"
in_step "renamed meanwhile"

people 103 103
sql "update pbx_users set email = 'a@example.com' where key = 'k103'"
lost POST '*/sip_endpoints'
syncs 5 "another create is lost"
sql "update pbx_users set email = 'b@example.com' where key = 'k103'"
settle
syncs 0 "its row has another e-mail by now"
in_step "another owner meanwhile"

# ---- A lost rename, and then the row goes -------------------------------------------

people 105 105
syncs 0 "one more"
sql "update pbx_users set extension = '115' where key = 'k105'"
lost PATCH '*'
syncs 5 "its new name is lost"
sql "delete from pbx_users where key = 'k105'"
settle
syncs 0 "the row goes: its credential is ours by either name"
in_step "a lost name"

with_subscribers || done_testing

# ---- A lost subscriber ---------------------------------------------------------------

people 104 104
sql "update pbx_users set email = 'c@example.com' where key = 'k104'"
lost POST '*/subscribers'
syncs 5 "the create of a subscriber is lost"
sql "update pbx_users set email = 'd@example.com' where key = 'k104'"
settle
syncs 0 "its row has another e-mail by now"
sql "delete from pbx_users where key = 'k104'"
settle
syncs 0 "the row goes"
in_step "a lost subscriber"

# ---- A lost replacement -------------------------------------------------------------

people 106 108
sql "update pbx_users set email = 'old@example.com' where key in ('k106', 'k107', 'k108')"
syncs 0 "three of one person"
for way in back elsewhere gone; do
	sql "update pbx_users set email = 'old@example.com' where key = 'k106'"
	syncs 0 "all of one person ($way)"
	sql "update pbx_users set email = 'new@example.com' where key = 'k106'"
	lost POST '*/sip_endpoints'
	syncs 5 "one moves to another person, and it is lost ($way)"
	case $way in
	back) sql "update pbx_users set email = 'old@example.com' where key = 'k106'" ;;
	elsewhere) sql "update pbx_users set email = 'third@example.com', username = 'other' where key = 'k106'" ;;
	gone) sql "delete from pbx_users where key = 'k106'" ;;
	esac
	settle
	if [ "$way" = gone ]; then
		syncs 5 "it is found where it was to go"
		settle
	fi
	syncs 0 "and then: $way"
	in_step "a lost replacement, $way"
	sim fault/clear -d '{}' >/dev/null
done

# Of one whose credential somebody deleted nothing is where it was; what was made is where it was to go.
people 109 109
sql "update pbx_users set email = 'left@example.com' where key = 'k109'"
syncs 0 "one more person"
sim edit -d "{\"id\":\"$(sql "select sip_endpoint_id from swbridge.sync where key = 'k109'")\",\"delete\":true}" >/dev/null
sql "update swbridge.sync set sip_endpoint_id = null where key = 'k109';
	update pbx_users set email = 'old@example.com' where key = 'k109'"
lost POST '*/sip_endpoints'
syncs 5 "one without a credential moves, and it is lost"
settle
syncs 0 "it is found where it was to go"
in_step "a lost replacement without a credential"

# ---- Taking over on a shared subscriber ----------------------------------------------

sql "update pbx_users set caller_id = 'Desk 7' where key = 'k107'"
syncs 0 "a caller id"
sql "delete from pbx_users where key = 'k107';
	insert into pbx_users (key, extension, secret, email) values ('k207', '107', 'new-secret', 'other@example.com')"
before=$(told state <<-'END'
	select id from subscriber where email = 'old@example.com'
END
)
syncs 0 "a new row takes the credential of a gone one, and belongs to another person"
isnt "$before" "" "there was one"
is "$(told state <<-'END'
	select id from subscriber where email = 'old@example.com'
END
)" "$before" "who lives on the old subscriber keeps it"
in_step "taken over"
done_testing
