#!/bin/sh
# test_sync_rejected.sh - what SignalWire refuses waits until the row changes, and holds nobody else up.
. "${SRCDIR:-.}/tests/world.sh"

error_of() { sql "select last_error from swbridge.sync where key = '$1'"; }

# ---- on creating ---------------------------------------------------------------

world creating
set_sim '{"name_max":20}'
people 101 104
sql "update pbx_users set send_as = '+15559990000' where key = 'k102'; update pbx_users set username = repeat('x', 40) where key = 'k103'"
syncs 4 "two of four are refused"
like "$(error_of k102)" "send_as" "the ledger says why the first"
like "$(error_of k103)" "username" "and why the second"
is "$(state_of k101) $(state_of k102) $(state_of k103) $(state_of k104)" "active rejected rejected active" "I29: the others are mirrored"
quiet "refused" 4
before=$(sql "select id from swbridge.subscriber where email = 'k102@pbx.example.com'")
ok "the subscriber that was made for it is known" test "$(either "$before" none)" != ""
sql "update pbx_users set extension = '113' where key = 'k103'"
syncs 4 "a refused row gets another number, which is not its username"
is "$(sent) $requests $(state_of k103)" " 0 rejected" "it stays refused"
quiet "another number" 4
syncs 4 "by its name alone it is rejected still" sync k103
like "$out" "^! 113 .*rejected .*SignalWire rejected it, and it has not changed since" "and the line says so"
is "$(sent) $requests" " 0" "without a request"
syncs 4 "the others of the same call do not hide it" sync k101 k103
syncs 0 "who is in step is not blamed for it" sync k101
sql "update pbx_users set send_as = null where key = 'k102'"
syncs 4 "I29: the row is edited"
is "$(sent)" "POST credential 102 password,username" "I6: and created under the subscriber that was there"
is "$(sql "select subscriber_id from swbridge.mapping where key = 'k102'")" "$before" "with its id"
sql "update pbx_users set username = 'short' where key = 'k103'"
syncs 0 "the other too"
in_step "edited"

# ---- a number that is not SignalWire's: the remedy that is said helps ----------------------

world number
people 101 102
sql "update pbx_users set send_as = '+15559990000' where key = 'k101'"
syncs 4 "a number that SignalWire does not have"
like "$(error_of k101)" 'send_as.*"send_as =" .*under \[columns\], then run: swbridge init; swbridge sync$' "it says how to do without"
printf '[columns]\nsend_as =\n' >>"$conf"
swb init
syncs 0 "which helps"
is "$(sent)" "POST credential 101 password,username" "without the number"
quiet "without the number"

# ---- on changing ---------------------------------------------------------------

world changing
people 101 104
syncs 0 "four"
sql "update pbx_users set send_as = '+15559990000', secret = 'other' where key = 'k101'"
syncs 4 "a change is refused"
quiet "a refused change" 4
is "$(sql "select settings_digest is null, secret_digest is null from swbridge.sync where key = 'k101'")" "f|f" "what was there before is known still"
sql "update pbx_users set send_as = null, secret = 'secret-101' where key = 'k101'"
syncs 0 "a change that is taken back"
is "$(sent) $requests" " 0" "the ledger alone follows"
in_step "taken back"
set_sim '{"sip_password_min":6}'
sql "update pbx_users set secret = 'abc' where key = 'k101'"
syncs 4 "a password is refused"
unlike "$out $err $(error_of k101)" "'abc'|\"abc\"" "and told to nobody"
sql "update pbx_users set secret = 'abcdefg' where key = 'k101'"
syncs 0 "a longer one is not"
is "$(sent)" "PATCH credential 101 password" "one PATCH"
in_step "a longer password"

# ---- a subscriber that was made for nothing -----------------------------------------

if with_subscribers; then
	world vain
	sim seed -d '{"sip_endpoints":[{"username":"101","password":"z"},{"username":"102","password":"z"}]}' >/dev/null
	sql "insert into test.foreign_credential values ('101'), ('102')"
	people 101 103
	syncs 4 "two names are taken"
	sql "update pbx_users set extension = '111' where key = 'k101'; delete from pbx_users where key = 'k102'"
	syncs 0 "one gets another name, and the other leaves the PBX"
	is "$(sent | sort)" "DELETE subscriber k102@pbx.example.com 
POST credential 111 password,username" "the subscriber of the one is used, and that of the other goes with its row"
	in_step "made in vain"
fi

# ---- foreign names --------------------------------------------------------------

world foreign
sim seed -d "$(either '{"subscribers":[{"email":"k101@pbx.example.com","credentials":[{"username":"900","password":"z"}]},
	{"email":"z@x.example","credentials":[{"username":"102","password":"z"},{"username":"122","password":"z"}]}],
	"sip_endpoints":[{"username":"103","password":"z"}]}' '{"subscribers":[{"email":"z@x.example",
	"credentials":[{"username":"101","password":"z"}]}],"sip_endpoints":[{"username":"102","password":"z"},
	{"username":"103","password":"z"},{"username":"122","password":"z"}]}')" >/dev/null
sim state | grep -v '"k10[234]' >"$tmp/foreign.before"
people 101 104
syncs 4 "e-mail and usernames that exist remotely"
for key in k101 k102 k103; do
	is "$(state_of $key)" rejected "$key is rejected"
	like "$(error_of $key)" "exists remotely" "$key: the ledger says why"
	# A subscriber that was made for it is counted, and so the attempt has not come to nothing.
	made=$(with_subscribers && [ "$key" != k101 ] && echo failed || echo foreign)
	is "$(journal_of $key)" "create:$made" "$key: the journal too"
done
like "$(error_of k103)" "It may be a standalone SIP endpoint, or a subscriber's: swbridge migrate --dry-run shows which" \
	"where the name is nobody knows, and the error says who does"
unlike "$(error_of k103)" "$(either 'SUBSCRIBER_ID|SIP_ENDPOINT_ID' SUBSCRIBER_ID)" "it asks for no id that there is not"
if with_subscribers; then
	like "$(error_of k103)" "The subscriber that was made for it \($(sql "select o.id from swbridge.subscriber o where o.email = 'k103@pbx.example.com'")\) stays and costs money: .*and with the row in the PBX it goes" \
		"and what becomes of the subscriber that was made"
	unlike "$(error_of k101)" "stays and costs money" "where none was made nothing is said"
fi
is "$(state_of k104)" active "the fourth is mirrored"
quiet "foreign" 4
is "$(told state <<-'EOF'
	select username, password from credential where password = 'z' order by 1;
EOF
)" "$(either "102 z
122 z
900 z" "102 z
103 z
122 z")" "I8: the foreign ones are as they were"
sql "update pbx_users set extension = '122' where key = 'k104'"
syncs 4 "renamed to a foreign name"
is "$(state_of k104)" rejected "rejected"
quiet "renamed to a foreign name" 4
sql "update pbx_users set extension = '204' where key = 'k104'; update pbx_users set extension = '202' where key = 'k102';
	update pbx_users set extension = '203' where key = 'k103'; update pbx_users set email = 'free@x.example', extension = '201' where key = 'k101';
	insert into test.foreign_subscriber values ('k101@pbx.example.com'), ('z@x.example');
	insert into test.foreign_credential values ('900'), ('102'), ('103'), ('122')"
syncs 0 "all get other names"
swb sync
in_step "other names"

# ---- other shapes of a refusal ----------------------------------------------------

for shape in object strings html empty; do
	set_sim "{\"error_shape\":\"$shape\",\"unique_code\":\"must_be_unique\"}"
	sql "insert into pbx_users (key, extension, secret, send_as) values ('$shape', '1-$shape', 'x', '+15559990000')"
	swb sync
	is "$rc" 4 "a 422 whose body is of the shape $shape"
	quiet "the shape $shape" 4
	sql "delete from pbx_users where key = '$shape'"
	swb sync
	is "$rc" 0 "and what was left of it is removed"
done
in_step "shapes"

# ---- the account -----------------------------------------------------------------

world account signalwire.max_in_flight=2
people 101 103
syncs 0 "three"
set_sim '{"account_error":"insufficient_balance"}'
people 104 109
sql "update pbx_users set secret = 'new' where key = 'k101'; delete from pbx_users where key = 'k103'"
syncs 4 "the account may not grow"
is "$(sent_sorted)" "DELETE credential 103 
DELETE subscriber k103@pbx.example.com 
PATCH credential 101 password" "everything else goes on"
ok "not every row is tried" test "$(sim count/posts_received)" -lt 12
set_sim '{"account_error":null}'
syncs 0 "when it may again"
in_step "grown"

# ---- one that cannot be processed now ------------------------------------------------

world poison
people 101 105
syncs 0 "five"
fault '{"method":"PATCH","body":"poisoned","action":"status","status":422,"times":-1,"content":"{\"errors\":[{\"type\":\"validation_error\",\"code\":\"cannot_process\",\"message\":\"cannot process this now\",\"attribute\":null}]}"}'
sql "update pbx_users set secret = 'poisoned' where key = 'k101'; update pbx_users set secret = 'new' where key = 'k102';
	update pbx_users set enabled = false where key = 'k105'; delete from pbx_users where key = 'k104'"
syncs 4 "I29: of one SignalWire says that it cannot be processed now"
like "$out" "101 .*try later.*cannot process this now" "it is named"
is "$(sent_sorted)" "$(with_subscribers && printf '%s\n' 'DELETE credential 104 ' 'DELETE credential 105 ' 'DELETE subscriber k104@pbx.example.com ' \
	'DELETE subscriber k105@pbx.example.com ' 'PATCH credential 102 password' || printf '%s\n' 'DELETE credential 104 ' 'DELETE credential 105 ' \
	'PATCH credential 102 password')" "I29: everything else goes on"
is "$(sql "select last_complete_pass > now() - interval '1 minute' from swbridge.holder")" t "and the pass is complete"
sim fault/clear -d '{}' >/dev/null
sql "update swbridge.sync set next_attempt_at = null"
syncs 0 "when it can be processed again"
in_step "processed"

# ---- what a row says of itself while its change comes to nothing ---------------------------

world noted mirror.grace=24h
people 101 109
syncs 0 "nine"
sql "delete from pbx_users where key = 'k101'"
syncs 0 "one is gone"
isnt "$(sql "select absent_since from swbridge.sync where key = 'k101'")" "" "which is noted"
sql "insert into pbx_users (key, extension, secret) values ('k101', '101', 'new'); update pbx_users set secret = 'new', protected = true where key = 'k102'"
fault '{"method":"PATCH","action":"status","status":429,"times":-1,"retry_after":"1"}'
swb sync
is "$rc" 75 "it is back, and nothing can be sent"
sim fault/clear -d '{}' >/dev/null
is "$(sql "select absent_since is null, (select protected from swbridge.sync where key = 'k102') from swbridge.sync where key = 'k101'")" "t|t" \
	"I35: that it is back, and that another one is protected now, is noted all the same"

done_testing
