#!/bin/sh
# test_sim.sh - the simulator refuses what the API refuses, and goes wrong as it is told to.
NO_POSTGRES=1
. "${SRCDIR:-.}/tests/lib.sh"
command -v curl >/dev/null || skip_all "curl is not installed"
[ -x "$BUILDDIR/tests/sim/swbridge-sim" ] || skip_all "the simulator is not built"

F=/api/fabric/resources
S=$F/subscribers
L=/api/relay/rest/endpoints/sip
credentials=$SIM_PROJECT:$SIM_TOKEN

# api METHOD PATH [BODY] [CURL-OPTION…]: sets $status, $body, $rc and the file $tmp/head.
api() {
	api_method=$1 api_path=$2 api_body=${3-}
	shift 2
	[ $# -eq 0 ] || shift
	case $api_path in http*) ;; *) api_path=$sim_url$api_path ;; esac
	: >"$tmp/body"
	if [ -n "$api_body" ]; then
		set -- -H 'Content-Type: application/json' --data-binary "$api_body" "$@"
	fi
	status=$(curl -s --noproxy '*' -m 10 -u "$credentials" -X "$api_method" -D "$tmp/head" -o "$tmp/body" \
		-w '%{http_code}' "$@" "$api_path")
	rc=$?
	body=$(cat "$tmp/body")
}

# answers DESCRIPTION STATUS METHOD PATH [BODY] [CURL-OPTION…]
answers() {
	answers_what=$1 answers_status=$2
	shift 2
	api "$@"
	is "$status" "$answers_status" "$answers_what"
}

# refuses DESCRIPTION ATTRIBUTE CODE METHOD PATH BODY: a 422 that names them
refuses() {
	refuses_what=$1 refuses_attribute=$2 refuses_code=$3
	shift 3
	api "$@"
	like "$status $body" "^422 .*\"code\":\"$refuses_code\".*\"attribute\":\"$refuses_attribute\"" "$refuses_what"
}

set_to() { sim settings -d "$1" >/dev/null; }
fault() { sim fault -d "$1" >/dev/null; }
count() { sim "count/$1"; }
quiet() { "$@" >"$tmp/said" 2>&1; }
header() { tr -d '\r' <"$tmp/head" | sed -n "s/^$1: //p"; }
outer_id() { printf '%s\n' "$body" | sed -n 's/^{"id":"\([^"]*\)".*/\1/p'; }
next_link() { printf '%s\n' "$body" | sed -n 's/.*"next":"\([^"]*\)".*/\1/p'; }
emails() { printf '%s\n' "$body" | grep -o '"email":"[^"@]*' | sed 's/.*"//' | tr '\n' ' '; }

# ended: the simulator is told to end and does so without a leak or a complaint.
ended() {
	kill "$sim_pid" 2>/dev/null
	wait "$sim_pid"
	is "$?" 0 "the simulator ends clean"
	is "$(wc -l <"$tmp/sim.out")" 1 "and has said nothing but where it listens"
	sim_pid=
}

fresh() {
	[ -z "$sim_pid" ] || ended
	start_sim "$@"
}

long() { printf "%0$1d" 0; }

# ---- Starting and ending ---------------------------------------------------

SIM=$BUILDDIR/tests/sim/swbridge-sim
fails "an address beyond loopback is refused" quiet "$SIM" --bind 0.0.0.0 --lifetime 5
like "$(cat "$tmp/said")" "loopback" "it says so"
ok "it ends by itself" quiet "$SIM" --lifetime 0
like "$(cat "$tmp/said")" '^http://127.0.0.1:[0-9]+$' "it prints where it listens"
fails "an unknown option is refused" quiet "$SIM" --no-such
# An orphan: its parent waits for the port file only.
has_port() { [ -s "$tmp/orphan.port" ]; }
(
	"$SIM" --die-with-parent --port-file "$tmp/orphan.port" --lifetime 60 >/dev/null 2>&1 &
	echo $! >"$tmp/orphan.pid"
	wait_for 10 has_port
)
ok "it ends with its parent" wait_for 10 lib_gone "$(cat "$tmp/orphan.pid")"
ok "it had begun" has_port

start_sim

# ---- Who may ask -----------------------------------------------------------

answers "the right token is admitted" 200 GET $S
answers "a wrong token is not" 401 GET $S "" -u "$SIM_PROJECT:wrong"
is "$body" '{"error":"Unauthorized"}' "the shape of a 401"
like "$(header x-request-id)" '^[0-9a-f-]{36}$' "an answer has a request id"
like "$(header Date)" ' GMT$' "and a date"
set_to '{"missing_scope":403}'
answers "a missing scope" 403 GET $S
set_to '{"missing_scope":0,"missing_voice":true}'
answers "without Voice no SIP profile" 403 GET /api/relay/rest/sip_profile
answers "without Voice subscribers all the same" 200 GET $S
set_to '{"missing_voice":false}'
answers "the SIP profile" 200 GET /api/relay/rest/sip_profile
like "$body" "\"domain\":\"$SIM_DOMAIN\"" "it names the domain"

# ---- Paths and forms -------------------------------------------------------

answers "an unknown path" 404 GET $F/nothing/here/at/all
answers "a wrong method" 404 PATCH $S '{}'
set_to '{"wrong_method":405}'
answers "a wrong method, the other way" 405 PATCH $S '{}'
answers "a missing subscriber" 404 GET $S/11111111-2222-4333-8444-555555555555
answers "an id that is none" 404 GET "$S/$(long 80)"
answers "an unknown query parameter" 422 GET "$S?page=1"
answers "a query where none is due" 422 GET "$S/x?page_size=1"
answers "a body that is no JSON" 400 POST $S '{"email":'
answers "a body that is no object" 400 POST $S '["a"]'
answers "something after the body" 400 POST $S '{"email":"a@b.c"} x'
answers "bytes that are no UTF-8" 400 POST $S "$(printf '{"email":"a@b.c","first_name":"\377"}')"
answers "another content type" 415 POST $S '' -H 'Content-Type: text/plain' -d '{"email":"a@b.c"}'
answers "no content type" 415 POST $S '' -H 'Content-Type:' -d '{"email":"a@b.c"}'
answers "a GET with a body" 400 GET $S '{}'
is "$(count mutations)" 0 "nothing of this was committed"

# ---- Subscribers -----------------------------------------------------------

answers "a subscriber is created" 201 POST $S \
	'{"email":"Anna@x.example","password":"password1","first_name":"Anna","timezone":"UTC","country":"SE"}'
anna=$(outer_id)
inner=$(printf '%s\n' "$body" | sed 's/.*"subscriber":{"id":"\([^"]*\)".*/\1/')
isnt "$inner" "$anna" "the inner id is another"
like "$body" '"time_zone":"UTC"' "time_zone is the live name"
unlike "$body" password "no password in an answer"
like "$body" "\"project_id\":\"$SIM_PROJECT\"" "the project is named"
answers "the inner id leads nowhere" 404 GET "$S/$inner"
answers "the outer one does" 200 GET "$S/$anna"
refuses "an e-mail is required" email missing_required_parameter POST $S '{"first_name":"x"}'
refuses "an e-mail is unique without case" email not_unique POST $S '{"email":"ANNA@x.example"}'
refuses "an e-mail has a form" email invalid_email POST $S '{"email":"no at"}'
refuses "an e-mail is a string" email invalid_parameter POST $S '{"email":5}'
refuses "an unknown member" nickname unknown_parameter POST $S '{"email":"b@x.example","nickname":"x"}'
refuses "time_zone is no member of a request" time_zone unknown_parameter POST $S '{"email":"b@x.example","time_zone":"x"}'
refuses "a password of 7" password too_short POST $S '{"email":"b@x.example","password":"1234567"}'
refuses "a password of 73" password too_long POST $S "{\"email\":\"b@x.example\",\"password\":\"$(long 73)\"}"
refuses "a name of 256" first_name too_long POST $S "{\"email\":\"b@x.example\",\"first_name\":\"$(long 256)\"}"
refuses "a name that is a number" first_name invalid_parameter POST $S '{"email":"b@x.example","first_name":1}'
api POST $S '{"email":"bad","password":"x"}'
is "$(echo "$body" | grep -o '"code"' | wc -l)" 2 "every problem is listed"
answers "PUT replaces" 200 PUT $S/$anna '{"email":"anna@x.example","last_name":"L"}'
like "$body" '"first_name":null,"last_name":"L"' "what is left out is cleared"
like "$(sim state)" '"email":"anna@x.example","password":"password1"' "but not the password"
refuses "PUT needs the e-mail" email missing_required_parameter PUT $S/$anna '{"first_name":"A"}'
set_to '{"put_clears":false}'
api PUT $S/$anna '{"email":"anna@x.example","first_name":"A"}'
like "$body" '"first_name":"A","last_name":"L"' "or kept, if so set"
set_to '{"time_zone_name":"timezone","inner_id":"absent"}'
api GET $S/$anna
like "$body" '"timezone":' "the specification's timezone, if so set"
unlike "$body" '"subscriber":\{"id"' "the inner id may be absent"
set_to '{"time_zone_name":"time_zone","inner_id":"other","put_clears":true}'
answers "addresses" 200 GET $S/$anna/addresses
set_to '{"create_status":200}'
answers "200 for a creation, if so set" 200 POST $S '{"email":"bert@x.example"}'
bert=$(outer_id)
set_to '{"create_status":201,"account_error":"insufficient_balance"}'
api POST $S '{"email":"c@x.example"}'
like "$status $body" '^422 .*insufficient_balance.*"attribute":null' "an account without money"
set_to '{"account_error":null,"max_subscribers":2}'
api POST $S '{"email":"c@x.example"}'
like "$status $body" '^422 .*account_limit_exceeded' "an account at its limit"
set_to '{"max_subscribers":0}'

# ---- Credentials -----------------------------------------------------------

C=$S/$anna/sip_endpoints
answers "a credential is created" 201 POST $C \
	'{"username":"101","password":"s3cret","caller_id":"Anna","ciphers":["AES_CM_128_HMAC_SHA1_80"],"codecs":[]}'
c101=$(outer_id)
unlike "$body" 's3cret|subscriber|created_at' "and shown flat, without its password"
like "$body" '"ciphers":\["AES_CM_128_HMAC_SHA1_80"\],"codecs":\["OPUS"' "an empty list shows the defaults"
refuses "a username is unique" username not_unique POST $S/$bert/sip_endpoints '{"username":"101","password":"x"}'
refuses "a username without white space" username invalid_parameter POST $C '{"username":"1 2","password":"x"}'
refuses "a username without @" username invalid_parameter POST $C '{"username":"1@2","password":"x"}'
refuses "a password is required" password missing_required_parameter POST $C '{"username":"102"}'
refuses "a codec is one of the list" codecs invalid_parameter POST $C '{"username":"102","password":"x","codecs":["ulaw"]}'
refuses "a cipher too" ciphers invalid_parameter POST $C '{"username":"102","password":"x","ciphers":["DES"]}'
refuses "and encryption" encryption invalid_parameter POST $C '{"username":"102","password":"x","encryption":"yes"}'
refuses "null is no list" codecs invalid_parameter POST $C '{"username":"102","password":"x","codecs":null}'
refuses "no call_handler here" call_handler unknown_parameter POST $C '{"username":"102","password":"x","call_handler":"default"}'
answers "a string in place of an array" 500 POST $C '{"username":"102","password":"x","codecs":"PCMU"}'
refuses "send_as that is no number" send_as not_e164 PATCH $C/$c101 '{"send_as":"123"}'
refuses "send_as that is not ours" send_as not_purchased_or_verified PATCH $C/$c101 '{"send_as":"+15551230000"}'
refuses "send_as random without numbers" send_as no_valid_number_for_random_send_as_selection PATCH $C/$c101 '{"send_as":"random"}'
refuses "send_as of another type" send_as send_as_is_invalid PATCH $C/$c101 '{"send_as":7}'
set_to '{"numbers":"+15551230000"}'
answers "send_as that is ours" 200 PATCH $C/$c101 '{"send_as":"+15551230000"}'
answers "send_as random" 200 PATCH $C/$c101 '{"send_as":"random"}'
answers "PATCH changes what is given" 200 PATCH $C/$c101 '{"username":"1010","encryption":"required"}'
like "$body" '"username":"1010","caller_id":"Anna".*"encryption":"required"' "and nothing else"
set_to '{"username_case":"insensitive"}'
api PATCH $C/$c101 '{"username":"abc"}'
refuses "usernames without case, if so set" username not_unique POST $C '{"username":"ABC","password":"x"}'
answers "a credential under another subscriber" 404 GET "$S/$bert/sip_endpoints/$c101"
answers "a credential is deleted" 204 DELETE $C/$c101
answers "and gone" 404 DELETE $C/$c101
api POST $C '{"username":"103","password":"x"}'
set_to '{"on_delete":"refuse"}'
answers "a subscriber with credentials stays, if so set" 422 DELETE $S/$anna
set_to '{"on_delete":"cascade"}'
answers "a subscriber takes its credentials along" 204 DELETE $S/$anna
like "$(sim state)" '"credential_count":0' "none is left"
is "$(sim log | grep -c '"op":"cascade","type":"credential"')" 1 "the log tells"

# ---- Standalone and legacy -------------------------------------------------

answers "a standalone credential" 201 POST $F/sip_endpoints '{"username":"900","password":"x","call_handler":"passthrough"}'
e900=$(outer_id)
inner=$(printf '%s\n' "$body" | sed 's/.*"sip_endpoint":{"id":"\([^"]*\)".*/\1/')
refuses "its name counts for all" username not_unique POST $S/$bert/sip_endpoints '{"username":"900","password":"x"}'
refuses "a handler that needs an id" calling_handler_resource_id missing_required_parameter \
	PUT $F/sip_endpoints/$e900 '{"call_handler":"resource"}'
answers "its PUT keeps what is left out" 200 PUT $F/sip_endpoints/$e900 '{"caller_id":"N"}'
like "$body" '"call_handler":"passthrough"' "such as the handler"
answers "the legacy API knows it by its inner id" 200 GET $L/$inner
answers "and only by that" 404 GET $L/$e900
answers "attach" 200 POST $F/$bert/sip_endpoints "{\"sip_endpoint_id\":\"$e900\"}"
api DELETE $S/$bert
like "$status $body" '^422 .*resource_assigned_as_handler' "a handler cannot be deleted"
answers "legacy create" 201 POST $L '{"username":"901","password":"x","call_handler":"laml_webhooks","call_request_url":"https://x.example/"}'
like "$body" '"call_request_url":"https://x.example/"' "call_ members are kept"
e901=$(outer_id)
api POST $L '{"username":"9 1","password":"x"}'
like "$body" '^\{"errors":\[\{"detail":' "the legacy shape of an error"
answers "legacy put" 200 PUT $L/$e901 '{"caller_id":"X"}'
api GET "$L?filter_username=901"
is "$(echo "$body" | grep -o '"username"' | wc -l)" 1 "filter_username filters"
set_to '{"filter_username":"ignore"}'
api GET "$L?filter_username=901"
is "$(echo "$body" | grep -o '"username"' | wc -l)" 2 "or not, if so set"
api POST $S/$bert/sip_endpoints '{"username":"104","password":"x"}'
set_to '{"legacy_includes_credentials":true}'
api GET $L
is "$(echo "$body" | grep -o '"username"' | wc -l)" 3 "the legacy list has them all, if so set"
answers "legacy delete" 204 DELETE $L/$e901
answers "standalone delete" 204 DELETE $F/sip_endpoints/$e900

# ---- Shapes, projects, limits ----------------------------------------------

# shape NAME REGEX
shape() {
	set_to "{\"error_shape\":\"$1\"}"
	api POST $S '{}'
	like "$status $body" "$2" "errors of the shape $1"
}
shape object '^422 \{"errors":\{"email":\["'
shape strings '^422 \{"errors":\["'
shape html '^422 <html>'
shape empty '^422 $'
set_to '{"error_shape":"spec","extra_fields":true}'
api GET $S
like "$body" '"x_unknown"' "unknown members in every row"
set_to '{"extra_fields":false,"all_404":"all"}'
answers "all 404" 404 GET /api/relay/rest/sip_profile
set_to '{"all_404":"objects"}'
answers "objects 404" 404 GET $S/$bert
answers "but not the profile" 200 GET /api/relay/rest/sip_profile
api GET $S
like "$body" '"data":\[\]' "lists are empty then"
set_to '{"all_404":"off"}'
sim project -d '{"id":"other","token":"t2","domain":"other.sip.example"}' >/dev/null
answers "an object of another project" 404 GET $S/$bert "" -u other:t2
answers "e-mails are free in another project" 201 POST $S '{"email":"bert@x.example"}' -u other:t2
set_to '{"email_scope":"space"}'
answers "unless the space is one" 422 POST $S '{"email":"bert@x.example"}' -u other:t2
set_to '{"act_as":"other"}'
api GET /api/relay/rest/sip_profile
like "$body" '"other.sip.example"' "the project flips"
set_to '{"act_as":null}'
sim project -d '{"token":"fresh"}' >/dev/null
answers "the token flips" 401 GET $S
credentials=$SIM_PROJECT:fresh
answers "to the new one" 200 GET $S
set_to '{"clock_skew_ms":-86400000}'
api GET $S
yesterday=$(header Date)
set_to '{"clock_skew_ms":0}'
api GET $S
isnt "${yesterday%% ??:*}" "$(header Date | sed 's/ ..:.*//')" "the clock can be wrong"
set_to '{"rate_limit":1,"rate_window_ms":600000,"retry_after":"7"}'
answers "the last write within the rate limit" 422 POST $S '{}'
api POST $S '{}'
is "$status $(header Retry-After)" "429 7" "the first beyond"
answers "reads have none" 200 GET $S
set_to '{"rate_limit":0}'

# ---- Paging ----------------------------------------------------------------

credentials=$SIM_PROJECT:$SIM_TOKEN
fresh --page-size-max 3
for n in 1 2 3 4 5; do
	sim seed -d "{\"subscribers\":[{\"email\":\"s$n@x.example\",\"created_at\":\"2026-01-0${n}T00:00:00Z\",
		\"credentials\":[{\"username\":\"$n\",\"password\":\"p\"}]}]}" >/dev/null
done
api GET "$S?page_size=2"
is "$(emails)" "s5 s4 " "the newest come first"
first=$body
api GET "$(next_link)"
is "$(emails)" "s3 s2 " "the second page"
api GET "$(next_link)"
is "$(emails)" "s1 " "the third"
is "$(next_link)" "" "has no next"
answers "a page needs its token" 422 GET "$S?page_size=2&page_number=1"
answers "and one that was given out" 422 GET "$S?page_size=2&page_number=1&page_token=PA00000000000000010000abcd"
token=$(printf '%s\n' "$first" | sed -n 's/.*page_token=\([^"&]*\)".*/\1/p')
answers "for this list" 422 GET "$L?page_size=2&page_number=1&page_token=$token"
answers "as it is for that one" 200 GET "$S?page_size=2&page_number=1&page_token=$token"
answers "a page size of none" 422 GET "$S?page_size=0"
api GET "$S?page_size=1000"
is "$(emails)" "s5 s4 s3 " "page_size has a maximum"
set_to '{"page_size_over":"refuse"}'
answers "or is refused" 422 GET "$S?page_size=1000"
set_to '{"order":"oldest","links":"relative"}'
api GET "$S?page_size=2"
is "$(emails)" "s1 s2 " "the oldest first, if so set"
like "$(next_link)" '^/api/' "a relative link, if so set"
api GET "$(next_link)"
is "$(emails)" "s3 s4 " "leads on"
set_to '{"links":"absolute","link_host":"https://space.example"}'
api GET "$S?page_size=2"
like "$(next_link)" '^https://space.example/api/' "links on another name, if so set"
set_to '{"link_host":null,"paging":"offset"}'
api GET "$S?page_size=2"
following=$(next_link)
s1=$(sim state | sed -n 's/^{"id":"\([^"]*\)".*"email":"s1@.*/\1/p' | head -n 1)
sim edit -d "{\"id\":\"$s1\",\"delete\":true}" >/dev/null
api GET "$following"
is "$(emails)" "s4 s5 " "paging by offset loses a row when one goes"
set_to '{"paging":"cursor","empty_page_every":2}'
api GET "$S?page_size=3"
api GET "$(next_link)"
is "$(emails)" "" "an empty page"
api GET "$(next_link)"
is "$(emails)" "s5 " "and a next all the same"
set_to '{"empty_page_every":0,"list_lag_ms":3600000}'
api POST $S '{"email":"young@x.example"}'
api GET $S
unlike "$body" young "a list that lags"
set_to '{"list_lag_ms":0,"order":"newest"}'

# ---- The control interface -------------------------------------------------

fresh
fails "twins are refused" quiet sim seed -d '{"subscribers":[{"email":"t@x.example"},{"email":"t@x.example"}]}'
ok "or forced" quiet sim seed -d '{"subscribers":[{"email":"t@x.example","force":true}]}'
cp "$tmp/said" "$tmp/seeded"
is "$(sim state | grep -c '"email":"t@x.example"')" 2 "two of them"
t=$(sed -n 's/.*"id":"\([^"]*\)".*/\1/p' "$tmp/seeded")
sim seed -d "{\"subscriber_id\":\"$t\",\"credentials\":[{\"username\":\"77\",\"password\":\"old\"}]}" >"$tmp/seeded"
c77=$(sed -n 's/.*"id":"\([^"]*\)".*/\1/p' "$tmp/seeded")
sim edit -d "{\"id\":\"$c77\",\"set\":{\"password\":\"new\"}}" >/dev/null
like "$(sim state)" '"username":"77","password":"new"' "an edit in the dashboard"
like "$(sim log | tail -n 1)" '"by":"dashboard".*"op":"update"' "is logged as such"
is "$(count mutations)" 0 "and is no mutation of the API"
is "$(sim 'log?since=2' | wc -l)" "$(($(count seq) - 2))" "the log from some line on"
is "$(sim log)" "$(cat "$tmp/sim.log")" "the log is the file"
sim seed -d '{"bulk":{"count":120,"prefix":"m","credentials":2}}' >/dev/null
like "$(sim state)" '"credential_count":241' "many at once"
fails "an unknown setting is refused" quiet sim settings -d '{"no_such":1}'
fails "an unknown choice is refused" quiet sim settings -d '{"order":"random"}'
fails "an unknown fault is refused" quiet sim fault -d '{"action":"no_such"}'
fails "an unknown member of a fault is refused" quiet sim fault -d '{"action":"status","stauts":500}'
fails "an unknown command is refused" quiet sim no-such
sim counts/reset -d '{}' >/dev/null
api GET $S
api POST $S '{"email":"counted@x.example"}'
is "$(count GET) $(count POST) $(count posts_received) $(count status.POST.201) $(count class.subscribers.GET)" \
	"1 1 1 1 1" "requests are counted"
is "$(sim_counts POST)" 1 "and listed"
is "$(count connections)" 2 "connections too"
ok "bytes too" [ "$(count bytes_in)" -gt 300 ]
ok "a wait that is satisfied" quiet sim 'wait?key=POST&min=1&timeout_ms=1000'
fails "a wait that is not" quiet sim 'wait?key=POST&min=9&timeout_ms=1'

# ---- Faults ----------------------------------------------------------------

fresh
posts='"method":"POST","path":"*/subscribers"'
# new N: one POST of a subscriber; $made says whether it was committed.
new() {
	new_before=$(count mutations)
	api POST $S "{\"email\":\"f$1@x.example\"}"
	made=$(($(count mutations) - new_before))
}

fault "{$posts,\"action\":\"status\",\"status\":503,\"retry_after\":\"date:30\"}"
new 1
is "$status $made" "503 0" "status: before the commit"
like "$(header Retry-After)" ' GMT$' "Retry-After as a date"
new 1
is "$status $made" "201 1" "once and no more"
fault "{$posts,\"action\":\"status\",\"status\":429,\"retry_after\":\"soon\",\"content\":\"<html>\"}"
new 2
is "$status $(header Retry-After) $body" "429 soon <html>" "an absurd Retry-After, another body"
fault "{$posts,\"action\":\"commit_then_status\",\"status\":502}"
new 3
is "$status $made" "502 1" "commit_then_status"
fault "{$posts,\"action\":\"commit_then_reset\"}"
new 4
is "$rc $made" "56 1" "commit_then_reset"
fault "{$posts,\"action\":\"commit_then_reset\",\"close\":true}"
new 5
is "$rc $made" "52 1" "an orderly close"
fault "{$posts,\"action\":\"reset_before_commit\"}"
new 6
is "$rc $made" "56 0" "reset_before_commit"
fault "{$posts,\"action\":\"commit_then_hang\"}"
api POST $S '{"email":"f7@x.example"}' -m 3
is "$rc $(sim log | grep -c f7@)" "28 1" "commit_then_hang"
fault "{$posts,\"action\":\"hang_before_commit\"}"
api POST $S '{"email":"f8@x.example"}' -m 3
is "$rc $(sim log | grep -c f8@)" "28 0" "hang_before_commit"
# nothing_under_way: the hanging ones were noticed to have gone
nothing_under_way() { [ "$(count in_flight)" -eq 0 ]; }
ok "a client that goes away ends a hang" wait_for 10 nothing_under_way
for then in reset hang status; do
	fault "{$posts,\"action\":\"late_commit\",\"ms\":3000,\"then\":\"$then\",\"status\":504}"
	before=$(count mutations)
	api POST $S "{\"email\":\"late-$then@x.example\"}" -m 1
	is "$(count mutations)" "$before" "late_commit, then $then: not yet"
	ok "but later" quiet sim "wait?key=mutations&min=$((before + 1))"
	like "$(sim log | tail -n 1)" "late-$then.*\"late\":true" "and marked in the log"
done
fault "{$posts,\"action\":\"html_200\"}"
new 9
like "$status $made $body" '^200 0 <!DOCTYPE' "html_200"
fault "{$posts,\"action\":\"html_200\",\"commit\":true}"
new 9
is "$status $made" "200 1" "html_200 with a commit"
fault "{$posts,\"action\":\"truncated_json\"}"
new 10
is "$status $made" "201 1" "truncated_json"
unlike "$body" '}$' "is cut"
fault "{$posts,\"action\":\"truncated_json\",\"commit\":false}"
new 11
is "$status $made" "201 0" "truncated_json without a commit"
fault "{$posts,\"action\":\"empty_body\"}"
new 12
is "$status $made $body" "201 1 " "empty_body"
fault "{$posts,\"action\":\"cut_body\",\"close\":true}"
new 13
is "$rc $made" "18 1" "cut_body"
fault "{$posts,\"action\":\"slow_body\",\"bytes\":200,\"tick_ms\":20}"
new 14
is "$status $made" "201 1" "slow_body"
like "$body" '}}$' "comes whole in the end"
fault "{$posts,\"action\":\"delay\",\"ms\":5000}"
api POST $S '{"email":"f15@x.example"}' -m 1
is "$rc" 28 "delay"
fault "{$posts,\"action\":\"id_inner_only\"}"
new 16
unlike "$body" '^\{"id"' "id_inner_only: no outer id"
like "$body" '"subscriber":\{"id"' "but the inner one"
fault "{$posts,\"action\":\"extra_fields\"}"
new 17
like "$body" '"x_unknown"' "extra_fields"

# Lists
fresh
for n in 1 2 3 4 5 6; do
	sim seed -d "{\"subscribers\":[{\"email\":\"s$n@x.example\"}]}" >/dev/null
done
# list ACTION [MORE]: the first page of two rows under this fault
list() {
	fault "{\"method\":\"GET\",\"path\":\"*/subscribers\",\"action\":\"$1\"${2-}}"
	api GET "$S?page_size=2"
}
list empty_list
is "$(emails)$(next_link)" "" "empty_list"
list empty_page
is "$(emails)" "" "empty_page"
api GET "$(next_link)"
is "$(emails)" "s6 s5 " "leads on to the rows"
list drop_row ',"row":1'
is "$(emails)" "s6 " "drop_row"
list duplicate_row
is "$(emails)" "s6 s6 s5 " "duplicate_row"
list shift_page ',"by":1'
is "$(emails)" "s5 s4 " "shift_page"
api GET "$S?page_size=2"
following=$(next_link)
fault '{"query":"page_number=1","action":"shift_page","by":-1}'
api GET "$following"
is "$(emails)" "s5 s4 " "shift_page, back"
list drop_page
is "$(emails)" "s4 s3 " "drop_page"
list duplicate_page
api GET "$(next_link)"
is "$(emails)" "s6 s5 " "duplicate_page"
list repeat_next
is "$(next_link)" "$sim_url$S?page_number=0&page_size=2" "repeat_next"
list next_offhost ',"host":"http://127.0.0.2:1"'
like "$(next_link)" '^http://127.0.0.2:1/api/' "next_offhost"
list no_next
is "$(emails)$(next_link)" "s6 s5 " "no_next"
list list_lag ',"ms":3600000'
is "$(emails)" "" "list_lag"

# Rules
fault "{$posts,\"body\":\"needle\",\"skip\":1,\"times\":2,\"action\":\"status\",\"status\":500}"
got=
for n in 1 2 3 4; do
	api POST $S "{\"email\":\"needle$n@x.example\"}"
	got="$got$status "
	api POST $S "{\"email\":\"hay$n@x.example\"}"
	got="$got$status "
done
is "$got" "201 201 500 201 500 201 201 201 " "body, skip and times"
like "$(sim faults)" '"matched":3,"acted":2' "and the rule counts"
# dice: which of twenty requests a rule with p hits
dice() {
	sim fault/clear -d '{}' >/dev/null
	sim dice -d '{"seed":5}' >/dev/null
	fault '{"p":0.5,"times":-1,"action":"status","status":500}'
	got=
	for n in 1 2 3 4 5 6 7 8 9 10 11 12; do
		api GET $S
		got="$got$status "
	done
}
dice
once=$got
dice
is "$got" "$once" "a probability falls the same way from the same seed"
like "$got" "200.*500|500.*200" "now so, now so"
sim fault/clear -d '{}' >/dev/null
answers "cleared" 200 GET $S

# ---- TLS, latency, the end --------------------------------------------------

set_to '{"latency_ms":5000}'
api GET $S '' -m 1
is "$rc" 28 "latency"
set_to '{"latency_ms":0}'
sim quit -d '{}' >/dev/null
wait "$sim_pid"
is "$?" 0 "it quits when told"
sim_pid=
if command -v openssl >/dev/null; then
	openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1 -days 1 \
		-keyout "$tmp/key.pem" -out "$tmp/cert.pem" 2>/dev/null
	start_sim --tls-cert "$tmp/cert.pem" --tls-key "$tmp/key.pem"
	sim_url=https://127.0.0.1:${sim_url##*:}
	answers "TLS" 200 GET $S '' --cacert "$tmp/cert.pem"
	api GET $S
	is "$rc" 60 "a certificate that is not trusted"
	curl -sk -m 5 "$sim_url/_sim/fault" -d '{"action":"commit_then_reset"}' >/dev/null
	api GET $S '' --cacert "$tmp/cert.pem"
	like "$rc" '^(35|52|56)$' "a reset under TLS"
	ended
else
	skip "TLS" "openssl is not installed"
fi

done_testing
