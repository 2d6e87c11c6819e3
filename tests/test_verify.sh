#!/bin/sh
# test_verify.sh - what somebody did at SignalWire is found, named exactly, and mended where it is ours.
. "${SRCDIR:-.}/tests/world.sh"

remote_id() { # PLACE NAME: the id of a subscriber by e-mail, or of a credential by username
	sim state | sed -n "s/.*\"id\":\"\([^\"]*\)\".*\"$1\":\"$2\".*/\1/p" | head -n 1
}
subscriber_of() { sql "select subscriber_id from swbridge.mapping where key = '$1'"; }
credential_of() { sql "select sip_endpoint_id from swbridge.mapping where key = '$1'"; }
edit() { sim edit -d "$1" >/dev/null; } # somebody in the dashboard
seed() { sim seed -d "$1"; }
summary() { printf '%s\n' "$out" | grep '"type":"summary"' | sed 's/.*"checked":\([0-9]*\),"drifted":\([0-9]*\),"missing":\([0-9]*\),"leaked":\([0-9]*\),"foreign":\([0-9]*\),"repaired":\([0-9]*\).*/\1 \2 \3 \4 \5 \6/'; }

# verifies EXIT-STATUS "CHECKED DRIFTED MISSING LEAKED FOREIGN REPAIRED" DESCRIPTION [OPTION…]: with --json.
verifies() {
	verifies_rc=$1 verifies_counts=$2 verifies_what=$3
	shift 3
	mark=$(sim count/seq)
	swb --json verify "$@"
	if [ "$rc $(summary)" = "$verifies_rc $verifies_counts" ]; then
		pass "$verifies_what"
	else
		not_ok "$verifies_what" "exit status $rc, wanted $verifies_rc; $(summary), wanted $verifies_counts" "$out" "$err"
	fi
}

# line KIND: the findings of a kind, in a few words each.
found() {
	printf '%s\n' "$out" | grep "\"kind\":\"$1\"" |
		sed 's/.*"object":"\([^"]*\)".*"extension":"*\([^",]*\)"*,"username":"*\([^",]*\)"*,"email":"*\([^",]*\)"*,.*/\1 \2 \3 \4/'
}

# ---- drift -----------------------------------------------------------------------

world drift
people 101 110
sql "update pbx_users set caller_id = 'Ann', codecs = 'ulaw,alaw', encryption = 'required' where key = 'k101';
	update pbx_users set first_name = 'Bob', display_name = 'Bob B' where key = 'k102';
	update pbx_users set email = 'carol@x.example' where key = 'k103'"
syncs 0 "ten extensions"
ledger_print "$tmp/ledger.before"
verifies 0 "10 0 0 0 0 0" "what was just sent is as it was sent"
is "$(sent)" "" "verify sends no mutation"
ledger_print "$tmp/ledger.after"
ok "and writes nothing into the ledger" cmp -s "$tmp/ledger.before" "$tmp/ledger.after"
is "$(sql "select count(*) from pg_class where relname like 'survey%'")" 0 "nothing of its tables is left"
swb verify
like "$out" "^Verify: 10 extensions checked: all as it was sent, and nothing else is there; [0-9]+ requests in " "and says so"
swb -q verify
is "$out$err $rc" " 0" "-q says nothing then"

edit "{\"id\":\"$(credential_of k101)\",\"set\":{\"caller_id\":\"Mallory\",\"codecs\":[\"PCMA\",\"PCMU\"],\"encryption\":\"optional\",\"send_as\":\"random\"}}"
edit "{\"id\":\"$(subscriber_of k102)\",\"set\":{\"display_name\":\"Robert\",\"job_title\":\"Boss\"}}"
edit "{\"id\":\"$(subscriber_of k103)\",\"set\":{\"email\":\"Carol.New@X.example\"}}"
edit "{\"id\":\"$(credential_of k104)\",\"set\":{\"username\":\"1O4\"}}"
edit "{\"id\":\"$(credential_of k105)\",\"set\":{\"caller_id\":\"is not ours to say\",\"password\":\"guessed\"}}"
edit "{\"id\":\"$(subscriber_of k106)\",\"set\":{\"email\":\"six@pbx.example.com\"}}"
verifies 2 "10 4 0 0 0 0" "four of ten have drifted"
is "$(printf '%s\n' "$out" | sed -n 's/.*"key":"\([^"]*\)".*"fields":\(\[[^]]*\]\).*/\1 \2/p')" 'k101 ["caller_id","encryption"]
k102 ["display_name"]
k103 ["email"]
k104 ["username"]' "exactly these fields: what is not managed is not ours to say"
swb verify
like "$out" '^~ 101 +101 +drifted +caller_id is "Mallory", not "Ann"; encryption is "optional", not "required"$' "a line each, for people"
like "$out" '^~ 104 +104 +drifted +username is "1O4", not "104"$' "with the name that it has now"
like "$out" "swbridge verify --repair" "and the command that mends it"
ok "nothing was changed by looking" cmp -s "$tmp/ledger.before" "$tmp/ledger.after"

sql "update pbx_users set caller_id = 'Ann B' where key = 'k101'"
verifies 2 "10 3 0 0 0 0" "what the PBX has changed since is for sync to send, and no drift"
sql "update pbx_users set caller_id = 'Ann' where key = 'k101'"
verifies 0 "10 4 0 0 0 4" "--repair sends it again" --repair
is "$(sent_sorted)" "PATCH credential 101 caller_id,codecs,encryption
PATCH credential 104 username
PUT subscriber carol@x.example email
PUT subscriber k102@pbx.example.com display_name,email,first_name,job_title" "as ordinary changes"
verifies 0 "10 0 0 0 0 0" "and then nothing differs"
is "$(told state <<-'EOF'
	select display_name, job_title from subscriber where email = 'k102@pbx.example.com';
EOF
)" "Bob B Boss" "what is not managed was left alone"
quiet "drift repaired"

# A row that is suspended or kept is ours, too, but only its name is known.
config mirror.on_remove=suspend
sql "update pbx_users set enabled = false where key = 'k107'"
syncs 0 "one is suspended"
edit "{\"id\":\"$(credential_of k107)\",\"set\":{\"username\":\"107x\"}}"
verifies 2 "10 1 0 0 0 0" "renamed while it is suspended"
swb verify
like "$out" '^~ 107 .* drifted .*username is "107x", not "107" \(not mended by --repair\)' "and nobody wants it now"

# ---- what is gone -------------------------------------------------------------------

world gone
people 101 106
sql "update pbx_users set email = 'both@x.example' where key in ('k105', 'k106')"
syncs 0 "six extensions, two of them on one subscriber"
edit "{\"id\":\"$(credential_of k101)\",\"delete\":true}"
edit "{\"id\":\"$(subscriber_of k102)\",\"delete\":true}"
edit "{\"id\":\"$(subscriber_of k105)\",\"delete\":true}"
before=$(ids k101)
ledger_print "$tmp/ledger.before"
verifies 2 "6 0 4 0 0 0" "a credential and two subscribers were deleted"
is "$(found missing)" "credential 101 101 null
subscriber 102 102 null
subscriber 105 105 null
subscriber 106 106 null" "each extension of theirs is named"
ledger_print "$tmp/ledger.after"
ok "nothing was changed by looking" cmp -s "$tmp/ledger.before" "$tmp/ledger.after"
sql "update swbridge.journal set at = at - interval '25 hours'"
config mirror.max_creates=2
verifies 3 "6 0 4 0 0 2" "--repair creates again what max_creates allows" --repair
like "$out" '"action":"create","state":"held"' "and holds the rest"
swb approve creates
syncs 0 "which is made by the next sync, once it is approved"
in_step "made again"
isnt "$(ids k101)" "$before" "with other ids"
is "$(sim state | grep -o '"subscriber_count":[0-9]*')" '"subscriber_count":5' "and nothing twice"

# ---- strangers, and what only looks like one -------------------------------------------

world strangers
people 101 103
syncs 0 "three extensions"
seed '{"subscribers":[{"email":"Ann@X.example","credentials":[{"username":"900","password":"x"},{"username":"UPPER","password":"x"}]},
	{"email":"empty@x.example"}],
	"sip_endpoints":[{"username":"door","password":"x"}]}' >/dev/null
seed "{\"subscriber_id\":\"$(subscriber_of k101)\",\"credentials\":[{\"username\":\"upper\",\"password\":\"x\"}]}" >/dev/null
verifies 2 "3 0 0 0 6 0" "what others made"
is "$(found foreign | LC_ALL=C sort)" "credential null 900 Ann@X.example
credential null UPPER Ann@X.example
credential null upper k101@pbx.example.com
standalone credential null door null
subscriber null null Ann@X.example
subscriber null null empty@x.example" "each is named once, also one on a subscriber of ours, and twins by case"
set_sim '{"legacy_includes_credentials":true}'
verifies 2 "3 0 0 0 6 0" "the same where the legacy list shows credentials, too"
verifies 2 "3 0 0 0 6 0" "I7: --repair leaves them alone" --repair
is "$(sent)" "" "without a request that changes anything"

seed '{"subscribers":[{"email":"somebody.with.a.long.name@x.example"}]}' >/dev/null
swb verify
like "$out" "^[?] -       somebody.with.a.long.name@x.example  foreign  subscriber" "a long e-mail"
is "$(printf '%s\n' "$out" | awk '/^[?]/ { print index($0, "  foreign  ") }' | sort -u | wc -l)" 1 "breaks no column"

# ---- leaked ------------------------------------------------------------------------------

world leaked mirror.max_removals=1
people 101 104
syncs 0 "four extensions"
for n in 901 902; do
	id=$(seed "{\"subscribers\":[{\"email\":\"k$n@pbx.example.com\"}]}" | sed 's/.*"id":"\([^"]*\)".*/\1/')
	sql "insert into swbridge.subscriber (email, id, origin, updated_at)
		values ('k$n@pbx.example.com', '$id', 'created', now() - interval '1 hour')"
done
# The ledger is restored from before 104: it is in the PBX, and SignalWire has it.
sql "delete from swbridge.sync where key = 'k104'; delete from swbridge.journal where key = 'k104';
	delete from swbridge.subscriber where email = 'k104@pbx.example.com'"
# 103 was forgotten, and has left the PBX: the journal still knows who made its subscriber.
swb forget 103
sql "delete from pbx_users where key = 'k103'"
verifies 2 "2 0 0 4 0 0" "four subscribers are paid for, and no extension hangs on them"
is "$(found leaked)" "subscriber null null k103@pbx.example.com
subscriber null null k104@pbx.example.com
subscriber null null k901@pbx.example.com
subscriber null null k902@pbx.example.com" "by name; their credentials are not told as strangers"
swb verify
like "$out" "k901@pbx.example.com +leaked +subscriber [-0-9a-f]+: no extension is left on it" "what the ledger has"
like "$out" "k103@pbx.example.com +leaked +subscriber [-0-9a-f]+: swbridge made it, and the ledger does not have it" "what the journal knows"
like "$out" "k104@pbx.example.com +leaked +subscriber [-0-9a-f]+: its e-mail is the one that swbridge gives, and the ledger does not have it; 1 credential lives on it$" "what looks like ours, and what lives on it"
like "$out" "^Leaked: 4 subscribers are paid for without an extension, 12.00 dollars a month" "and what it costs"
like "$out" "^On 2 of them credentials live, and phones may use these: .* swbridge adopt EXT SUBSCRIBER_ID$" "what phones may use is to be taken over"
unlike "$out" "dashboard" "and nobody is told to remove it"
verifies 3 "2 0 0 4 0 1" "--repair removes what the ledger has, as far as max_removals goes" --repair
is "$(sent)" "DELETE subscriber k901@pbx.example.com " "one"
swb approve removals
verifies 2 "2 0 0 3 0 1" "and another one when it is approved" --repair
is "$(sent)" "DELETE subscriber k902@pbx.example.com " "which is all that is certainly ours"
verifies 2 "2 0 0 2 0 0" "I7: what only looks like ours stays" --repair
is "$(sent)" "" "untouched"

# A stranger with the e-mail that swbridge gives, before and after the PBX has the extension.
world lookalike
people 101 101
seed '{"subscribers":[{"email":"k202@pbx.example.com","credentials":[{"username":"202","password":"x"},{"username":"202b","password":"x"}]},
	{"email":"k203@pbx.example.com"}]}' >/dev/null
syncs 0 "one extension"
verifies 2 "1 0 0 0 4 0" "two subscribers of others and two credentials"
people 202 203
swb sync
swb verify
like "$out" "^! k202 +k202@pbx.example.com  leaked   subscriber [-0-9a-f]+: its e-mail is .*; 2 credentials live on it$" \
	"sync has refused it since: its credentials are told of all the same"
like "$out" "^! k203 +k203@pbx.example.com  leaked   subscriber [-0-9a-f]+: its e-mail is .* does not have it$" "of the other one there are none"
like "$out" "^On 1 of them credentials live, .*look first, and take it over" "the one is to be taken over"
like "$out" "^Those that the ledger does not have, and that nothing lives on, .*dashboard" "only the other may be removed"

# ---- a place that is not ours ---------------------------------------------------------------

world elsewhere
people 101 103
syncs 0 "three extensions"
moved=$(credential_of k102)
edit "{\"id\":\"$moved\",\"delete\":true}"
seed "{\"subscriber_id\":\"$(subscriber_of k103)\",\"credentials\":[{\"id\":\"$moved\",\"username\":\"102\",\"password\":\"x\"}],\"force\":true}" >/dev/null
verifies 2 "3 1 0 0 0 0" "a credential that hangs on another subscriber"
like "$out" '"fields":\["subscriber"\]' "is told as that"
verifies 2 "3 1 0 0 0 0" "--repair cannot mend it" --repair
is "$(sent)" "" "and does not try"

# ---- standalone credentials ------------------------------------------------------------------

world alone mirror.target=sip-endpoint
people 101 103
sql "update pbx_users set codecs = 'ulaw' where key = 'k101'"
syncs 0 "three standalone credentials"
seed '{"sip_endpoints":[{"username":"door","password":"x"}],"subscribers":[{"email":"z@x.example","credentials":[{"username":"900","password":"x"}]}]}' >/dev/null
verifies 2 "3 0 0 0 3 0" "standalone credentials: ours are as they were sent, three objects are foreign"
edit "{\"id\":\"$(credential_of k101)\",\"set\":{\"codecs\":[\"G722\"]}}"
edit "{\"id\":\"$(credential_of k102)\",\"delete\":true}"
verifies 2 "3 1 1 0 3 0" "one drifted, one is gone"
like "$out" '"key":"k101".*"fields":\["codecs"\]' "with the field"
verifies 2 "3 1 1 0 3 2" "--repair mends both" --repair
verifies 2 "3 0 0 0 3 0" "and then only strangers are there"

# ---- secrets -----------------------------------------------------------------------------------

world secrets
people 101 105
syncs 0 "five extensions"
edit "{\"id\":\"$(credential_of k101)\",\"set\":{\"password\":\"guessed\"}}"
verifies 0 "5 0 0 0 0 0" "a password cannot be read back"
config mirror.max_changes=4
verifies 3 "5 0 0 0 0 0" "--secrets sends all again, within max_changes" --secrets
is "$(sent | sort)" "PATCH credential 101 password
PATCH credential 102 password
PATCH credential 103 password
PATCH credential 104 password" "and nothing but these"
swb approve changes
syncs 0 "the rest goes with a sync"
is "$(sent)" "PATCH credential 105 password" "when it is approved"
in_step "passwords sent again"

# ---- what could not be read proves nothing ---------------------------------------------------

world faults
people 101 130
syncs 0 "thirty extensions"
set_sim '{"page_size_max":10}'
edit "{\"id\":\"$(credential_of k117)\",\"delete\":true}"
# reads FAULT DESCRIPTION: only what is really gone may be told as missing, and the exit is 75.
reads() {
	fault "$1"
	swb --json verify
	sim fault/clear -d '{}' >/dev/null
	if [ "$rc" = 75 ] && [ "$(found missing | grep -vc '^credential 117 ')" = 0 ] && [ "$(found leaked)$(found foreign)" = "" ] &&
		printf '%s' "$out" | grep -q '"whole":false'; then
		pass "$2: $(summary)"
	else
		not_ok "$2" "exit status $rc" "$out" "$err"
	fi
}
list='"method":"GET","path":"/api/fabric/resources/subscribers"'
reads "{$list,\"skip\":1,\"times\":-1,\"action\":\"status\",\"status\":500}" "I9: 500 on page 2"
reads "{$list,\"skip\":2,\"times\":-1,\"action\":\"html_200\"}" "HTML on page 3"
reads "{$list,\"skip\":1,\"times\":-1,\"action\":\"truncated_json\"}" "half of the JSON"
reads "{$list,\"skip\":1,\"times\":-1,\"action\":\"cut_body\"}" "half of the bytes"
reads "{$list,\"skip\":1,\"times\":-1,\"action\":\"empty_body\"}" "nothing at all"
reads "{$list,\"skip\":1,\"times\":-1,\"action\":\"repeat_next\"}" "a page whose next is itself"
reads "{$list,\"skip\":1,\"action\":\"drop_page\"}" "I9: a page that is passed over: each of its subscribers is there"
reads "{$list,\"action\":\"empty_list\"}" "I9: an empty list: each is there"
reads "{$list,\"skip\":1,\"action\":\"no_next\"}" "a list that ends early"
reads "{$list,\"skip\":1,\"action\":\"drop_row\",\"row\":4}" "a row that is left out"
reads "{\"method\":\"GET\",\"path\":\"*/$(subscriber_of k111)/sip_endpoints\",\"times\":-1,\"action\":\"status\",\"status\":500}" \
	"one subscriber whose list is broken for good"
reads "{\"method\":\"GET\",\"path\":\"*/$(subscriber_of k111)/sip_endpoints\",\"action\":\"empty_list\"}" "an empty list of credentials"
reads '{"method":"GET","path":"/api/fabric/resources/sip_endpoints","times":-1,"action":"status","status":500}' "the standalone list is broken"
reads '{"method":"GET","path":"/api/relay/rest/endpoints/sip","times":-1,"action":"status","status":500}' "the legacy list is broken"
verifies 2 "30 0 1 0 0 0" "without faults"
for harmless in "{$list,\"skip\":1,\"action\":\"empty_page\"}" "{$list,\"skip\":1,\"action\":\"duplicate_row\"}" \
	"{$list,\"skip\":1,\"action\":\"status\",\"status\":503}" "{$list,\"skip\":1,\"action\":\"next_offhost\"}" \
	"{$list,\"action\":\"extra_fields\"}"; do
	fault "$harmless"
	verifies 2 "30 0 1 0 0 0" "harmless: ${harmless##*\"action\":}"
	sim fault/clear -d '{}' >/dev/null
done
set_sim '{"all_404":"all"}'
swb --json verify
is "$rc $(found missing)" "6 " "I10: where everything answers 404, nothing is believed"
set_sim '{"all_404":"off","missing_scope":401}'
swb --json verify
is "$rc $(found missing)" "77 " "nor where the token is refused"
set_sim '{"missing_scope":0,"links":"relative","paging":"offset","empty_page_every":3,"order":"oldest"}'
verifies 2 "30 0 1 0 0 0" "relative links, offsets, empty pages"
mark=$(sim count/seq)
swb verify --repair
is "$(sent)" "POST credential 117 password,username" "and the one that was gone is made again"
in_step "the one that was gone"
done_testing
