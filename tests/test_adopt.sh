#!/bin/sh
# test_adopt.sh - the verb adopt: what it takes over, what it says, and everything that it refuses.
. "${SRCDIR:-.}/tests/world.sh"

# seed JSON: makes objects by hand and notes their ids as $tmp/seeded (id, name).
seed() {
	sim seed -d "$1" >"$tmp/seeded.json"
	sed -n 's/.*"id": *"\([^"]*\)", *"name": *"\([^"]*\)".*/\1 \2/p' "$tmp/seeded.json" >"$tmp/seeded"
}
id_of() { awk -v name="$1" '$2 == name { print $1; exit }' "$tmp/seeded"; }

# adopts EXIT-STATUS DESCRIPTION ARGUMENT…: nothing is ever changed remotely.
adopts() {
	adopts_rc=$1 adopts_what=$2
	shift 2
	adopts_before=$(sim state) adopts_mark=$(sim count/seq)
	ledger_print "$tmp/ledger.before"
	swb adopt "$@"
	ledger_print "$tmp/ledger.after"
	is "$rc" "$adopts_rc" "$adopts_what" || diag "$err"
	if [ "$adopts_rc" -ne 0 ]; then
		ok "$adopts_what: the ledger is as it was" cmp -s "$tmp/ledger.before" "$tmp/ledger.after"
	fi
	is "$(sim count/seq)" "$adopts_mark" "$adopts_what: nothing is sent"
}

nobody=aaaaaaaa-0000-4000-8000-000000000000

# ---- one that sync reports -------------------------------------------------------

world adopting
seed '{"subscribers":[{"email":"K101@PBX.example.com","first_name":"Ada","credentials":[
	{"username":"101","password":"old"},{"username":"900","password":"z"}]}]}'
subscriber=$(id_of K101@PBX.example.com) credential=$(id_of 101)
people 101 102
sql "insert into test.foreign_credential values ('900')"
syncs 4 "one exists by hand"
like "$out" "101 .*exists remotely, not in the ledger" "which is said"
like "$out$(sql "select last_error from swbridge.sync where key = 'k101'")" "swbridge migrate --adopt" "with what takes it over"
swb explain 101
like "$out" "swbridge adopt k101 SUBSCRIBER_ID" "explain names the command, too"
adopts 0 "I8: adopt takes it over by its id" 101 "$subscriber"
like "$out" "Adopted: 101 is the SIP credential $credential \(101\) of the subscriber $subscriber \(K101@PBX.example.com\)" "it says what was taken"
like "$out" "sets its password to the PBX's" "and that the password is set"
like "$out" "locked out" "and what that means for a phone"
is "$(ids k101)" "$subscriber|$credential" "the ledger has the ids"
is "$(state_of k101)" active "and it is rejected no more"
is "$(sql "select email, origin from swbridge.subscriber where id = '$subscriber'")" "k101@pbx.example.com|adopted" "its subscriber is not ours"
is "$(sql "select settings_digest is null, secret_digest is null, last_error is null from swbridge.sync where key = 'k101'")" "t|t|t" "what it was sent is unknown"
adopts 0 "the same once more" k101 "$subscriber" "$credential"
like "$out" "has just these already" "which changes nothing"
syncs 0 "the next pass"
like "$(sent)" "^PATCH credential 101 .*password" "the next pass sends everything, the password included"
is "$(sent | wc -l)" 1 "in one request"
like "$(remote)" "^101 K101@PBX.example.com secret-101" "the password is the PBX's now"
in_step "adopted"
swb explain 101
like "$out" "adopted, never removed by swbridge" "explain tells that it is not ours"
sql "delete from pbx_users where key = 'k101'"
syncs 0 "it goes in the PBX"
is "$(sent)" "DELETE credential 101 " "I7: the credential is removed and the subscriber stays"

# ---- a name that a shell would take apart ----------------------------------------------

# pasted TEXT: what the arguments of the command at its end are, to a shell, one a line.
pasted() {
	pasted_words=$(printf '%s\n' "$1" | sed -n 's/.*: swbridge //p' | tail -n 1)
	eval "set -- $pasted_words"
	printf '%s\n' "$@"
}

world quoted
key="it's \$(101)"
people 101 101
sql "update pbx_users set key = 'it''s \$(101)', email = 'q@x.example' where key = 'k101'"
syncs 0 "a key with a blank, a quote and a dollar"
subscriber=$(sql "select subscriber_id from swbridge.mapping") credential=$(sql "select sip_endpoint_id from swbridge.mapping")
swb forget "$key"
is "$(pasted "$out")" "adopt
$key
$subscriber
$credential" "forget prints what takes it back, for a shell"
syncs 4 "a stranger's from then on"
swb wait --timeout 0s "$key"
is "$(pasted "$out")" "explain
$key" "wait prints what tells why"
like "$(sql "select last_error from swbridge.sync")" "swbridge adopt 'it'\\\\''s [\$]\(101\)' SUBSCRIBER_ID" "the refusal prints what takes it"
swb adopt "$key"
is "$(printf '%s\n' "$err" | sed -n "s/.*swbridge explain \(.*\) tells.*/\1/p")" "'it'\\''s \$(101)'" "adopt without an id"
swb migrate --dry-run
is "$(pasted "$(printf '%s\n' "$out" | grep '^! 101 ' | sed 's/ (all that fit.*//')")" "adopt
$key
$subscriber
$credential" "migrate prints the command"
adopts 0 "taken back" "$key" "$subscriber" "$credential"
is "$(pasted "$out")" "sync
$key" "with what comes next"
syncs 0 "and it is in step"
in_step "taken back"

# ---- with another name, or by the id of the credential --------------------------------

world named
seed '{"subscribers":[
	{"email":"hand@x.example","credentials":[{"username":"desk","password":"z"},{"username":"103","password":"z"}]},
	{"email":"other@x.example","credentials":[{"username":"900","password":"z"}]},
	{"email":"bare@x.example"}]}'
hand=$(id_of hand@x.example) other=$(id_of other@x.example) bare=$(id_of bare@x.example) desk=$(id_of desk) nine=$(id_of 900)
people 101 104
adopts 1 "no credential has the name" 101 "$hand"
like "$err" "has no SIP credential with the username 101" "which is said"
like "$err" " It has 2:$" "and how many are there"
like "$err" "swbridge: error:   desk +$desk$" "each with its id, in a line of its own"
like "$err" "swbridge: error: To take one: swbridge adopt k101 $hand SIP_ENDPOINT_ID$" "and how to name it"
unlike "$err" '\\x0a' "lines are lines"
adopts 1 "a credential of another subscriber" 101 "$hand" "$nine"
like "$err" "has no SIP credential $nine; it may be another subscriber's" "which is said"
adopts 1 "the inner id, or none" 101 "$nobody"
like "$err" "has no subscriber $nobody" "which is said"
adopts 0 "by its id" 101 "$hand" "$(printf '%s' "$desk" | tr a-f A-F)"
is "$(ids k101)" "$hand|$desk" "the ids are as SignalWire writes them"
is "$(sql "select username from swbridge.sync where key = 'k101'")" desk "with the name that it has"
adopts 0 "a sibling on the same subscriber, by its name" 103 "$hand"
adopts 0 "a subscriber without a credential" 104 "$bare"
like "$out" "which has no SIP credential yet" "which is said"
adopts 1 "what another extension has" 102 "$hand" "$desk"
like "$err" "belongs to k101 \(extension 101\) in the ledger" "names the row"
adopts 1 "who has another one" 101 "$other" "$nine"
like "$err" "has the SIP credential $desk already.*swbridge forget k101" "says forget"
sql "insert into test.foreign_credential values ('900'); insert into test.foreign_subscriber values ('other@x.example')"
syncs 0 "the next pass"
like "$(sent)" "PATCH credential 101 .*username" "renames the one"
like "$(sent)" "POST credential 104 " "makes the missing one"
unlike "$(sent)" "POST subscriber .*(101|103|104)" "under the subscribers that are there"
in_step "named"
swb forget 101
is "$rc" 0 "forget drops it"
adopts 0 "and it can be adopted again" 101 "$hand" "$desk"
swb sync
in_step "adopted again"

# ---- what cannot be ------------------------------------------------------------------

world refused
seed '{"subscribers":[{"email":"one@x.example","credentials":[{"username":"101","password":"z"},{"username":"102","password":"z"},
	{"username":"103","password":"z"},{"username":"1 4","password":"z"}]},
	{"email":"two@x.example","credentials":[{"username":"105","password":"z"}]}]}'
one=$(id_of one@x.example) two=$(id_of two@x.example)
people 101 106
sql "update pbx_users set enabled = false where key = 'k101'; update pbx_users set secret = null where key = 'k102';
	update pbx_users set skip_reason = 'virtual' where key = 'k103'; update pbx_users set username = '1 4' where key = 'k104';
	update pbx_users set email = 'one@x.example' where key = 'k105'"
for case in "101:is disabled" "102:no_secret|no secret" "103:virtual" "104:white space"; do
	adopts 1 "one that ${case#*:}" "${case%%:*}" "$one"
	like "$err" "${case#*:}" "which is said"
done
adopts 1 "one that is nowhere" 777 "$one"
adopts 1 "one whose e-mail is another's" 105 "$two"
like "$err" "belongs to one@x.example, and the subscriber $two is two@x.example" "which is said"
adopts 64 "without an id" 101
adopts 64 "with something that is no id" 101 subscriber-1
# A subscriber of this e-mail that the ledger knows by another id.
sql "insert into swbridge.subscriber (email, id, origin) values ('two@x.example', '$nobody', 'created')"
adopts 1 "two subscribers of one e-mail" 106 "$two" "$(id_of 105)"
like "$err" "another subscriber, $nobody, with the e-mail two@x.example" "names the other"
sql "delete from swbridge.subscriber"
# An intent that is open: a request may be on its way.
sql "insert into swbridge.journal (key, extension, operation, cause, at, settles_at) values ('k106', '106', 'create', 'sync', now(), now() + interval '1 hour')"
adopts 75 "one with an open intent" 106 "$two" "$(id_of 105)"
like "$err" "unknown outcome" "says why"
sql "delete from swbridge.journal; with o as (insert into swbridge.subscriber (email, origin) values ('two@x.example', 'created') returning no)
	insert into swbridge.journal (key, extension, operation, cause, at, settles_at, subscriber_no)
	select 'k999', '999', 'create', 'sync', now(), now() + interval '1 hour', no from o"
adopts 75 "one on whose subscriber another's intent is open" 106 "$two" "$(id_of 105)"
sql "delete from swbridge.journal; delete from swbridge.subscriber"
fault '{"method":"GET","path":"*/sip_endpoints","action":"status","status":500,"times":-1}'
adopts 75 "a list that fails" 106 "$two"
sim fault/clear -d '{}' >/dev/null
fault '{"method":"GET","path":"*/sip_profile","action":"status","status":401,"times":-1}'
adopts 77 "a token that is refused" 106 "$two"
sim fault/clear -d '{}' >/dev/null
sim project -d '{"domain":"elsewhere.sip.signalwire.com"}' >/dev/null
adopts 6 "I11: another space" 106 "$two" "$(id_of 105)"
sim project -d "{\"domain\":\"$SIM_DOMAIN\"}" >/dev/null
set_sim '{"all_404":"objects"}'
adopts 1 "everything is 404" 106 "$two"
set_sim '{"all_404":"off"}'

# Where one subscriber owns every credential, another's is none of ours.
config "mirror.subscriber_id=$one" mirror.subscriber_domain=
sql "update swbridge.identity set subscriber_id = '$one'" # which init refuses: there are others
adopts 1 "one that is not under the fixed subscriber" 106 "$two" "$(id_of 105)"
like "$err" "puts every credential under the subscriber $one" "says so"
sql "update pbx_users set secret = 'x', skip_reason = null, enabled = true, email = null; update pbx_users set username = '104' where key = 'k104'"
adopts 0 "one that is" 102 "$one"
config

# ---- as JSON, quietly, for one whose own subscriber is left over -------------------------

world spoken
seed '{"subscribers":[{"email":"z@x.example","credentials":[{"username":"101","password":"z"}]}]}'
z=$(id_of z@x.example)
people 101 101
syncs 4 "the name is taken under another subscriber"
is "$(sent)" "POST subscriber k101@pbx.example.com email" "one subscriber was made for nothing"
like "$(sql "select last_error from swbridge.sync")" "exists remotely" "and the row says so"
swb --json adopt 101 "$z"
is "$rc" 0 "adopted"
like "$out" "\"action\":\"adopt\",\"state\":\"done\".*\"subscriber_id\":\"$z\"" "the change as JSON"
like "$out" '{"type":"summary","adopted":1}' "and the summary"
no_secret secret-101 "$tmp/out" "$tmp/err"
syncs 0 "the next pass"
like "$(sent)" "DELETE subscriber k101@pbx.example.com" "removes the subscriber that nothing lives on"
in_step "adopted under another subscriber"
swb -q adopt 101 "$z"
is "$rc$out" 0 "-q says nothing"

# ---- an adopted subscriber that somebody deletes at SignalWire ---------------------------------

gone() { # ID: somebody deletes it, and what lives on it, by hand
	sim edit -d "{\"id\":\"$1\",\"delete\":true}" >/dev/null
}
adopted_two() { # WORLD: 101 and 102 are adopted on one subscriber, $two
	world "$1"
	seed '{"subscribers":[{"email":"two@x.example","credentials":[{"username":"101","password":"z"},{"username":"102","password":"z"}]}]}'
	two=$(id_of two@x.example)
	people 101 102
	sql "update pbx_users set email = 'two@x.example'"
	people 900 900
	swb adopt 101 "$two"
	swb adopt 102 "$two"
	syncs 0 "$1: two are adopted on one subscriber"
	gone "$two"
}
one_of_each() { # DESCRIPTION
	is "$(told state <<-'EOF'
		select (select count(*) from subscriber where email = 'two@x.example'),
		       (select count(*) from credential where username in ('101', '102'));
	EOF
	)" "1 2" "$1: one subscriber and the two credentials"
	is "$(sql "select count(*), min(origin), bool_and(id <> '$two') from swbridge.subscriber where email = 'two@x.example'")" "1|created|t" "$1: which is ours now"
}

adopted_two lost
config mirror.max_creates=1
sql "update pbx_users set secret = 'new' where key in ('k101', 'k102')"
swb sync
is "$(told state <<-'EOF'
	select count(*) from credential where username in ('101', '102');
EOF
)" 0 "what is gone is not made again past max_creates: the one of today was 900's"
config
syncs 0 "the next pass makes the rest"
one_of_each "found by a pass"
in_step "found by a pass"
sql "delete from pbx_users where email is not null"
syncs 0 "both go"
is "$(sent | tail -n 1)" "DELETE subscriber two@x.example " "and its subscriber, which was made here, with them"

adopted_two lost_repaired
swb verify
like "$out" "its subscriber $two is not at SignalWire any more" "verify says what is gone"
syncs 0 "verify --repair makes it again" verify --repair
one_of_each "found by verify"
in_step "found by verify"

# The answer to the new one's POST is lost: it is looked for, and found, and is ours also where the row goes.
adopted_two lost_twice
sql "update swbridge.sync set sip_endpoint_id = null where key <> 'k900'"
fault '{"method":"POST","path":"*/subscribers","action":"commit_then_reset"}'
syncs 5 "the outcome of the new one is unknown"
sql "delete from pbx_users where email is not null"
settle
swb sync
[ "$rc" -eq 0 ] || swb sync
is "$rc" 0 "both rows are gone meanwhile"
is "$(sim state | grep -c two@x.example)" 0 "I6: what was made in vain is found and removed"
in_step "lost twice"

# The one of [mirror] subscriber_id is the operator's: none is made in its place.
world lost_fixed
seed '{"subscribers":[{"email":"all@x.example"}]}'
all=$(id_of all@x.example)
config "mirror.subscriber_id=$all" mirror.subscriber_domain=
swb init
people 101 101
syncs 0 "one subscriber for all"
gone "$all"
swb verify --repair
like "$out$err" "forget its extensions.*set \[mirror\] subscriber_id to its id, and run swbridge init" "verify says what to do"
is "$(sim state | grep -c 'POST subscriber')" 0 "and makes none"
people 102 102
syncs 4 "a new extension cannot be created"
like "$out" "$all does not exist at SignalWire any more.*swbridge forget k102.*set subscriber_id to its id.*swbridge init; swbridge sync" "which says what to do, too"
swb forget k101
swb forget k102
seed '{"subscribers":[{"email":"all@x.example"}]}'
config "mirror.subscriber_id=$(id_of all@x.example)" mirror.subscriber_domain=
swb init
is "$rc" 0 "another one of its e-mail is bound when nothing is left under the first"
syncs 0 "which it does"
in_step "another subscriber for all"

done_testing
