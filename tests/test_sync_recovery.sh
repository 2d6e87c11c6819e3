#!/bin/sh
# Recoveries that are cut short themselves: what a look found is never lost again (I5, I6).
. "${SRCDIR:-.}/tests/world.sh"

# killed_at N: a pass that ends at its N-th point.
killed_at() {
	killed_steps=$tmp/killed.trace
	rm -f "$killed_steps"
	SWBRIDGE_TRACE=$killed_steps SWBRIDGE_KILL9=$1 "$BUILDDIR/tests/swbridge-kill" -c "$conf" sync \
		>"$tmp/out" 2>"$tmp/err" </dev/null
}

objects() {
	told state <<-'EOF'
		select (select count(*) from subscriber), (select count(*) from credential);
	EOF
}

# A new extension takes these steps: 1-3 the lock, 4-6 the intent, 7 and 8 the subscriber, if there is one, then two
# for the credential.
created_and_forgotten() {
	killed_at "$(either 10 8)"
	is "$(tail -n 1 "$killed_steps")" "$(either 10 8) mutation answered" "ended with the credential's answer in hand"
	is "$(objects)" "$(either "$1" "0 ${1#* }")" "both are there"
	is "$(sql "select sip_endpoint_id is null from swbridge.sync where extension = '101'")" t "the ledger has not heard"
}

# ---- The row goes, and its removal is cut short ---------------------------------

world removal_cut
people 900 900 # the source is never empty
syncs 0 "in peace"
people 101 101
created_and_forgotten "2 2"
sql "delete from pbx_users where extension = '101'"
settle
killed_at 7
like "$(tail -n 1 "$killed_steps")" "before a mutation" "a removal ended before its first byte"
settle
syncs 0 "the next pass"
is "$(sql "select count(*) from swbridge.mapping where extension = '101'")" 0 "the ledger has no row of it"
in_step "and nothing is left behind"

# ---- What was found is refused ---------------------------------------------------

world found_refused
people 101 101
created_and_forgotten "1 1"
settle
fault '{"method":"PATCH","action":"status","status":422,"content":"{\"errors\":[{\"code\":\"invalid\",\"message\":\"no\",\"attribute\":\"caller_id\"}]}"}'
syncs 4 "it is found, and its PATCH refused"
isnt "$(sql 'select sip_endpoint_id from swbridge.sync')" "" "the ledger keeps the id"
sql "update pbx_users set secret = 'another'"
syncs 0 "the row changes"
is "$(sent)" "PATCH credential 101 password" "one PATCH of the one that was found"
is "$(objects)" "$(either 1 0) 1" "still one of each"
in_step "found and refused"

with_subscribers || done_testing

# ---- A subscriber that vanished twice ---------------------------------------------

world vanished
people 900 900
syncs 0 "in peace"
people 101 101
fault '{"method":"POST","path":"*/sip_endpoints","action":"reset_before_commit"}'
syncs 5 "the credential's outcome is unknown"
id=$(sql "select o.id from swbridge.subscriber o join swbridge.sync s on s.subscriber_no = o.no where s.extension = '101'")
isnt "$id" "" "its subscriber is known"
sim edit -d "{\"id\":\"$id\",\"delete\":true}" >/dev/null
settle
killed_at 8
like "$(tail -n 1 "$killed_steps")" "mutation answered" "ended with a new subscriber's answer in hand"
is "$(objects)" "2 1" "the new subscriber is there"
is "$(sql "select count(*) from swbridge.subscriber where id = '$id'")" 1 "the ledger has the old one"
sql "delete from pbx_users where extension = '101'"
settle
syncs 0 "the row is gone by then"
in_step "the new subscriber went too"

# ---- The list lags behind what was made: the e-mail is taken, and both are looked for again ----

lagging() { # the next list of subscribers shows none of them
	fault '{"method":"GET","path":"*/subscribers","action":"empty_list"}'
}

world lagging
people 101 101
created_and_forgotten "1 1"
settle
lagging
syncs 0 "the list does not show the subscriber at first"
is "$(objects)" "1 1" "I1: subscriber and credential are found behind the refusal"
in_step "lagging"

world lagging_sibling
people 101 101
sql "update pbx_users set email = 'both@x.example'"
fault '{"method":"POST","path":"*/subscribers","action":"commit_then_reset"}'
syncs 5 "the creation of a subscriber is lost"
people 102 102
sql "update pbx_users set email = 'both@x.example'; delete from pbx_users where key = 'k101'"
settle
lagging
swb sync
for run in 1 2; do
	settle
	swb sync
done
is "$rc" 0 "another extension wants it, and the list does not show it at first"
is "$(objects)" "1 1" "I1: it is found behind the refusal"
in_step "lagging, for a sibling"

done_testing
