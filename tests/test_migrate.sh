#!/bin/sh
# test_migrate.sh - the verb migrate: what it finds, what it does after it was agreed to, and what it leaves alone.
. "${SRCDIR:-.}/tests/world.sh"

# seed JSON: makes objects by hand and notes their ids as $tmp/seeded (id, name).
seed() {
	sim seed -d "$1" >"$tmp/seeded.json"
	sed -n 's/.*"id": *"\([^"]*\)", *"name": *"\([^"]*\)".*/\1 \2/p' "$tmp/seeded.json" >"$tmp/seeded"
}
id_of() { awk -v name="$1" '$2 == name { print $1; exit }' "$tmp/seeded"; }
# Everything that is kept: the rows of the ledger with their place and writer, the rest, and the remote side.
all_print() {
	ledger_print "$1"
	sql "select 'approval', * from swbridge.approval order by 2, 3; select 'control', ctid, xmin, * from swbridge.control;
		select 'holder', ctid, xmin, * from swbridge.holder; select 'identity', ctid, xmin from swbridge.identity" >>"$1"
	sim state >>"$1"
}
migrates() { # EXIT-STATUS DESCRIPTION OPTION…
	migrates_rc=$1 migrates_what=$2
	shift 2
	syncs "$migrates_rc" "$migrates_what" migrate "$@"
}
# changes_nothing EXIT-STATUS DESCRIPTION OPTION…
changes_nothing() {
	changes_rc=$1 changes_what=$2
	shift 2
	all_print "$tmp/all.before"
	migrates "$changes_rc" "$changes_what" "$@"
	all_print "$tmp/all.after"
	ok "$changes_what: nothing is written anywhere" cmp -s "$tmp/all.before" "$tmp/all.after"
}

# ours DESCRIPTION: whatever is in the ledger as active is as the PBX says, and what is there besides is a stranger's.
ours() {
	ours_found=$(told state <<-'SQL'
		select 'PBX and SignalWire:', p.key, p.username, p.secret, r.username, r.password
		  from swbridge.mapping m
		  join (select key, coalesce(username, extension) as username, secret from pbx_users) p using (key)
		  left join credential r on r.id = m.sip_endpoint_id and r.subscriber_id = m.subscriber_id
		 where m.state = 'active' and (r.id is null or r.username <> p.username or r.password <> p.secret);
		select 'nobody''s:', r.username from credential r
		 where not exists (select from swbridge.mapping m where m.sip_endpoint_id = r.id)
		   and r.username not in (select f.username from test.foreign_credential f);
		select 'nobody''s:', s.email from subscriber s
		 where not exists (select from swbridge.mapping m where m.subscriber_id = s.id)
		   and s.email not in (select f.email from test.foreign_subscriber f);
		select 'still open:', j.* from swbridge.journal j where outcome is null;
	SQL
	)
	is "$ours_found" "" "$1: PBX, ledger and SignalWire say the same of what is ours"
}

# ---- a fleet in every state ------------------------------------------------------------

fleet() {
	seed '{"subscribers":[
		{"email":"K101@PBX.example.com","credentials":[{"username":"101","password":"old"}]},
		{"email":"k102@pbx.example.com"},
		{"email":"k103@pbx.example.com","credentials":[{"username":"903","password":"z"}]},
		{"email":"z@x.example","credentials":[{"username":"104","password":"z"},{"username":"ABC","password":"z"}]},
		{"email":"two@x.example","credentials":[{"username":"112","password":"old"}]},
		{"email":"other@x.example","credentials":[{"username":"114","password":"z"}]}],
		"sip_endpoints":[{"username":"105","password":"z"}]}'
	sim seed -d '{"subscribers":[{"email":"twin@x.example","force":true,"credentials":[{"username":"115","password":"z"}]}]}' >/dev/null
	sim seed -d '{"subscribers":[{"email":"twin@x.example","force":true}]}' >/dev/null
	people 101 116
	sql "update pbx_users set username = 'abc', key = 'k 106''s', email = 'k106@pbx.example.com' where key = 'k106'; update pbx_users set secret = null where key = 'k107';
		update pbx_users set username = 'a b' where key = 'k108'; update pbx_users set skip_reason = 'password_hashed' where key = 'k109';
		update pbx_users set email = 'two@x.example' where key in ('k112', 'k113');
		update pbx_users set email = 'mine@x.example' where key = 'k114'; update pbx_users set email = 'twin@x.example' where key = 'k115'
		;update pbx_users set enabled = false where key = 'k116';
		insert into pbx_users (key, extension, secret) values ('d1', '201', 'secret-201'), ('d2', '201', 'secret-202')"
	sql "insert into test.foreign_credential select unnest(array['903','104','ABC','114','105','115']);
		insert into test.foreign_subscriber select unnest(array['k102@pbx.example.com','k103@pbx.example.com','z@x.example',
			'other@x.example','twin@x.example'])"
}
# The strangers, as they are: by name, with whatever is on them.
strangers() {
	told state <<-'SQL'
		select s.id, s.email, c.id, c.username, c.password from subscriber s left join credential c on c.subscriber_id = s.id
		 where s.email in (select f.email from test.foreign_subscriber f) order by 2, 4, 1;
	SQL
}

world states
fleet
strangers_before=$(strangers)
changes_nothing 0 "I16: a dry run" --dry-run --adopt
is "$(sim_counts POST) $(sim_counts PUT) $(sim_counts PATCH) $(sim_counts DELETE)" "0 0 0 0" "I16: it only reads"
like "$out" "^\+ 101 +101 +adopt +credential $(id_of 101) of subscriber $(id_of K101@PBX.example.com) \(K101@PBX.example.com\)" "what fits exactly is to be adopted, by name"
like "$out" "^! 102 .*no credential exists remotely.*swbridge adopt k102 $(id_of k102@pbx.example.com)$" "a subscriber without a credential is left, with the command"
like "$out" "^! 103 .*has one credential \(903\) and none with the username 103; to take it: swbridge adopt k103 $(id_of k103@pbx.example.com) $(id_of 903)$" "one with another credential"
like "$out" "^! 104 .*under the subscriber $(id_of z@x.example) \(z@x.example\); to take it: swbridge adopt k104 $(id_of z@x.example) $(id_of 104)$" "a username under another subscriber"
like "$out" "^! 105 .*standalone credential" "a username that a standalone credential has"
like "$out" "^! 106 +abc .*as ABC .*swbridge retry 'k 106'\\\\''s'$" "a username in another case"
like "$out" "^  107 .*no secret" "an extension without a secret"
like "$out" "^! 108 +a b .*white space" "illegal characters"
like "$out" "^  109 .*password hashed" "a hashed secret"
like "$out" "^\+ 112 .*adopt" "one of two that share an e-mail is to be adopted"
like "$out" "^\+ 113 .*create" "the other one is to be created beside it"
like "$out" "^! 114 .*whose e-mail is other@x.example and not mine@x.example" "a username under another e-mail than the PBX gives"
like "$out" "^! 115 .*2 subscribers with the e-mail twin@x.example" "twins"
unlike "$out" "^. 116 " "one that is disabled is no matter"
like "$out" "^! 201 .*same username" "usernames that collide with each other"
like "$out" "^At SignalWire now: 8 subscribers with 7 SIP credentials, and 1 standalone one" "what is there"
like "$out" "^3 to create, 2 to adopt, 7 left alone .something exists remotely[^,]*, 3 rejected, 2 skipped" "what would be done"
like "$out" "^Subscribers: 8 now, 24.00 dollars a month; 2 more: \+6.00 dollars a month" "what it costs now and a month"
like "$out" "locked out until it gets the new one" "that adopting sets the password"
no_secret secret- "$tmp/out" "$tmp/err"
changes_nothing 0 "without --adopt" --dry-run
like "$out" "^! 101 .*swbridge migrate --adopt" "what fits is left alone, and named"
like "$out" "^! 113 .*swbridge adopt k113 $(id_of two@x.example)" "its sibling, too"
before=$(sim state)
migrates 3 "without --yes and without a terminal"
like "$out" "^Nothing was done yet. To do just this: swbridge migrate --yes$" "the command is printed"
is "$(sim state)" "$before" "and nothing is done"
is "$(sql "select count(*) from swbridge.sync")" 0 "nor recorded"
migrates 4 "with --adopt --yes" --adopt --yes
is "$(strangers)" "$strangers_before" "I8: the strangers are as they were"
is "$(sql "select string_agg(extension || ':' || state, ' ' order by extension) from swbridge.mapping where sip_endpoint_id is not null")" \
	"101:active 110:active 111:active 112:active 113:active" "the others are mirrored"
is "$(sent_sorted | cut -d ' ' -f 1-3)" "PATCH credential 101
PATCH credential 112
POST credential 110
POST credential 111
POST credential 113
POST subscriber k110@pbx.example.com
POST subscriber k111@pbx.example.com" "I8: only these requests were sent: no subscriber was made in vain"
is "$(sql "select string_agg(email, ' ' order by email) from swbridge.subscriber where origin = 'adopted'")" \
	"k101@pbx.example.com two@x.example" "what was adopted is not ours"
like "$out" "^Migrate: 3 created, 2 updated, 2 adopted, 10 rejected; 2 skipped" "the summary"
ours "all states"
quiet "all states" 4
swb status
like "$out" "swbridge adopt k103 $(id_of k103@pbx.example.com) $(id_of 903)" "status names the commands"
swb explain 104
like "$out" "swbridge adopt k104" "explain, too"
migrates 4 "once more" --adopt --yes
is "$(sent)" "" "I18: nothing is sent"
swb adopt k103 "$(id_of k103@pbx.example.com)" "$(id_of 903)"
is "$rc" 0 "the printed command works"
swb adopt k102 "$(id_of k102@pbx.example.com)"
is "$rc" 0 "the other one, too"
migrates 4 "and migrate goes on from there" --yes
is "$(sent_sorted | cut -d ' ' -f 1-3)" "PATCH credential 103
POST credential 102" "with these two"

world tenants mirror.username={username}-{tenant}
sql "alter table pbx_users add column tenant text"
swb init
people 101 102
sql "update pbx_users set tenant = 'north'; update pbx_users set skip_reason = 'virtual' where key = 'k102'"
migrates 0 "a dry run with tenants" --dry-run
like "$out" "^\+ north/101 " "the lines name the tenant"
like "$out" "north/102 .*virtual" "of what is skipped, too"
swb -q migrate --dry-run
unlike "$out" "This was a dry run" "-q: what was said before needs no end"

# The same as JSON, and what scripts read of it.
world json
fleet
swb --json migrate --dry-run --adopt
like "$out" '^\{"type":"change","key":"k101",.*"action":"adopt","state":"planned"' "JSON: an adoption"
like "$out" '^\{"type":"preflight","create":3,"adopt":2,.*"foreign":7,"rejected":3,.*"monthly_cost":24.00,"monthly_cost_change":6.00\}' "JSON: the pre-flight"
like "$(printf '%s\n' "$out" | tail -n 1)" '^\{"type":"summary","create":3,' "JSON: last the summary, as of a plan"
swb --json migrate --yes --adopt
is "$rc" 4 "and in earnest"
like "$(printf '%s\n' "$out" | tail -n 1)" '^\{"type":"summary","created":3,"updated":2,"removed":0,"suspended":0,"adopted":2,"unchanged":0,"skipped":2,"held":0,"rejected":10,' "JSON: the summary"
is "$(printf '%s\n' "$out" | grep -c '"type":"version"')" 1 "JSON: one version"
no_secret secret- "$tmp/out" "$tmp/err"

# ---- a canary, limits, and what was not printed ------------------------------------------

world canary mirror.max_creates=1 mirror.max_changes=1
seed '{"subscribers":[{"email":"k101@pbx.example.com","credentials":[{"username":"101","password":"old"}]},
	{"email":"k102@pbx.example.com","credentials":[{"username":"102","password":"old"}]},
	{"email":"k103@pbx.example.com","credentials":[{"username":"103","password":"old"}]},
	{"email":"k109@pbx.example.com","credentials":[{"username":"909","password":"z"}]}]}'
people 101 110
sql "insert into test.foreign_credential values ('909'); insert into test.foreign_subscriber values ('k109@pbx.example.com')"
migrates 0 "a canary" --adopt --yes --canary 4
is "$(sql "select string_agg(key, ' ' order by key) from swbridge.sync")" "k101 k102 k103 k104" "does the first four"
like "$out" "^Stopped after the canary's 4, as asked; 5 are left" "and says so"
like "$out" "go on with: swbridge migrate --adopt$" "and how to go on"
sql "insert into pbx_users (key, extension, secret) values ('late', '300', 'secret-300')"
swb plan
like "$out" "Held by max_creates: [0-9]+" "the rails stand as they are"
sql "delete from pbx_users where key = 'late'"
migrates 4 "the rest" --adopt --yes
is "$(sql "select count(*) from swbridge.mapping where state = 'active'")" 9 "I15: everything that was printed is created, past the limits"
is "$(sql "select count(*) from swbridge.approval a where operation = 'creates' and not exists (select from pbx_users p where p.key = a.key)")" 0 "I15: nothing else is approved"
ours "past the limits"
people 111 113
syncs 4 "what comes later"
like "$out" "Held by max_creates" "I15: is held"

# ---- it removes nothing -------------------------------------------------------------------

world keeps
people 101 105
sql "update pbx_users set email = 'one@x.example' where key in ('k104', 'k105')"
migrates 0 "a fleet" --yes
in_step "a fleet"
sql "delete from pbx_users where key = 'k101'; update pbx_users set enabled = false where key = 'k102';
	update pbx_users set email = 'new@x.example' where key = 'k104'; update pbx_users set secret = 'new' where key = 'k103'"
people 106 106
migrates 3 "where something is to be removed" --yes
is "$(sent_sorted | cut -d ' ' -f 1-3)" "PATCH credential 103
POST credential 106
POST subscriber k106@pbx.example.com" "I7: nothing is: the rest is done"
like "$out" "^! 104 .*held: this removes something" "a move to another subscriber is held"
syncs 0 "sync"
in_step "sync does the rest"

# ---- what has an unknown outcome ------------------------------------------------------------

world unknown signalwire.timeout=500ms mirror.settle=6s
people 101 106
fault '{"method":"POST","path":"*/subscribers","action":"commit_then_reset","times":2}'
fault '{"method":"POST","path":"*/sip_endpoints","action":"commit_then_hang","skip":1,"times":1}'
migrates 0 "lost answers in the middle" --yes
like "$err" "waiting [0-9]+ s until [0-9]+ unknown outcomes? ha(s|ve) settled" "are waited for"
like "$out" "^Migrate: 6 created" "and everything is there"
is "$(told log 0 <<-'SQL'
	select count(*) filter (where type = 'subscriber'), count(*) filter (where type = 'credential') from log where op = 'create';
SQL
)" "6 6" "I2: once each"
in_step "unknown outcomes"

# ---- stopped, and gone on -------------------------------------------------------------------

world stopped
people 101 160
set_sim '{"latency_ms":100}'
config signalwire.max_in_flight=2 signalwire.timeout=120s mirror.settle=130s
start_swb migrate --yes --canary 60 --report "$tmp/stopped.csv"
ok "it is at work" wait_for 20 sh -c '[ "$(curl -sS --noproxy "*" "'"$sim_url"'/_sim/count/posts_received")" -gt 4 ]'
set_sim '{"hold":true}'
tells() { grep -Eq ' [0-9]+ of 60, [0-9.]+/s, ' "$tmp/err"; }
ok "elsewhere than on a terminal a line every ten seconds says how far it is" wait_for 25 tells
swb sync
is "$rc" 7 "nobody else works meanwhile"
kill -TERM "$swb_pid"
set_sim '{"hold":false}'
stop_swb 0 # it was told
is "$rc" 75 "SIGTERM stops it"
like "$err" "to go on where it stopped: swbridge migrate --canary 60 --report '.*stopped.csv'" "it says how to go on, to its canary and no further"
like "$(grep -c ',created,' "$tmp/stopped.csv")" "^[1-9]" "its report tells who was reached"
like "$(grep -c ',not done,' "$tmp/stopped.csv")" "^[1-9]" "and who was not"
set_sim '{"latency_ms":0}'
migrates 0 "the canary again" --yes --canary 1
complete() { sql "select count(last_complete_pass) from swbridge.holder"; }
is "$(complete)" 0 "neither one that was stopped nor a canary is a complete pass"
migrates 0 "all the same again" --yes --report "$tmp/stopped.csv"
is "$(complete)" 1 "a whole one is"
is "$(grep -c ',created,' "$tmp/stopped.csv")" 60 "the report has all of both"
in_step "stopped and gone on"
sql "delete from pbx_users where key = 'k101'; update swbridge.holder set last_complete_pass = now() - interval '30 days';
	update swbridge.sync set absent_since = now() - interval '30 days' where key = 'k101'"
config mirror.grace=1d
migrates 0 "where nobody looked for longer than grace" --yes
is "$(sql "select absent_since is null from swbridge.sync where key = 'k101'")" t "who is gone has all of grace before him, from the next pass on"
start_swb migrate --yes
stop_swb TERM
is "$(ls "$tmp" | grep -c '\.tmp$')" 0 "no half report is left"

# ---- the report ---------------------------------------------------------------------------------

world report
fleet
sql "update pbx_users set extension = '1,1\"0', username = '110' where key = 'k110'; update pbx_users set secret = 'se\"cret' where key = 'k111'"
for bad in "$tmp/report.txt" "$tmp/report"; do
	changes_nothing 64 "a report called $(basename "$bad")" --yes --report "$bad"
	like "$err" "\.csv" "says what there is"
done
changes_nothing 64 "passwords without a report" --yes --with-secrets
changes_nothing 1 "a report in no directory" --dry-run --report "$tmp/nowhere/report.csv"
touch "$tmp/open.csv"
chmod 644 "$tmp/open.csv"
changes_nothing 1 "passwords into the place of a file that others may read" --dry-run --with-secrets --report "$tmp/open.csv"
like "$err" "others may read it" "says so"
ln -s "$tmp/elsewhere" "$tmp/link.csv"
changes_nothing 1 "a link" --dry-run --report "$tmp/link.csv"
changes_nothing 0 "of a dry run" --dry-run --adopt --report "$tmp/plan.csv"
is "$(stat -c %a "$tmp/plan.csv")" 644 "a report without passwords may be read"
like "$(cat "$tmp/plan.csv")" "^k101,101,to adopt," "says what would be done"
no_secret secret- "$tmp/plan.csv"
migrates 4 "with the passwords" --adopt --yes --with-secrets --report "$tmp/all.csv"
is "$(stat -c %a "$tmp/all.csv")" 600 "only its owner may read it"
is "$(head -n 1 "$tmp/all.csv" | tr -d '\r')" "key,extension,done,why,username,domain,secret,email,subscriber_id,sip_endpoint_id" "the names"
like "$(tr -d '\r' <"$tmp/all.csv")" "^k101,101,adopted,,101,$SIM_DOMAIN,secret-101,k101@pbx.example.com,$(id_of K101@PBX.example.com),$(id_of 101)$" "one that was adopted: all that its phone needs"
like "$(cat "$tmp/all.csv")" '^k110,"1,1""0",created,,110,' "RFC 4180: what has to be is in quotes"
like "$(cat "$tmp/all.csv")" ',"se""cret",' "the password as well"
like "$(tr -d '\r' <"$tmp/all.csv")" '^k103,103,foreign,".*swbridge adopt k103 .*",,,,,,$' "what was left alone has no phone's data, and says why"
like "$(tr -d '\r' <"$tmp/all.csv")" '^k107,107,skipped,no secret,,,,,,$' "what was skipped"
like "$(tr -d '\r' <"$tmp/all.csv")" '^k108,108,rejected,"?the username contains white space' "what cannot be sent"
like "$(tr -d '\r' <"$tmp/all.csv")" '^k116,116,disabled,' "what is disabled"
is "$(grep -c "$(printf '\r')\$" "$tmp/all.csv")" 19 "a line each, ended as RFC 4180 says"
no_secret secret- "$tmp/out" "$tmp/err"
migrates 4 "again, into the same file" --yes --with-secrets --report "$tmp/all.csv"
migrates 4 "as JSON" --yes --report "$tmp/all.json"
like "$(cat "$tmp/all.json")" "^\{\"type\":\"extension\",\"key\":\"k101\",\"extension\":\"101\",\"done\":\"adopted\",\"why\":null,\"username\":\"101\",\"domain\":\"$SIM_DOMAIN\"" "an object a line"
no_secret secret- "$tmp/all.json"
unlike "$(cat "$tmp/all.json")" '"secret"' "without --with-secrets there is no such member"

# ---- somebody is asked --------------------------------------------------------------------------

world asked
people 101 102
if script -qec true /dev/null >/dev/null 2>&1 </dev/null; then
	on_terminal() { # ANSWER
		printf '%s\n' "$1" | script -qec "$BUILDDIR/swbridge -c '$conf' migrate" /dev/null >"$tmp/asked" 2>&1
		rc=$?
	}
	on_terminal no
	is "$rc" 3 "on a terminal: no"
	like "$(cat "$tmp/asked")" "Type yes to go on" "somebody is asked"
	is "$(sql "select count(*) from swbridge.sync")" 0 "and nothing is done"
	on_terminal yes
	is "$rc" 0 "on a terminal: yes"
	in_step "agreed to on a terminal"
else
	skip "on a terminal somebody is asked" "there is no script(1)"
fi

# ---- where credentials stand alone ------------------------------------------------------------------

world alone mirror.target=sip-endpoint
seed '{"sip_endpoints":[{"username":"101","password":"old"},{"username":"ABC","password":"z"}],
	"subscribers":[{"email":"x@x.example","credentials":[{"username":"103","password":"z"}]}]}'
people 101 104
sql "update pbx_users set username = 'abc' where key = 'k102'"
migrates 4 "standalone credentials" --adopt --yes
like "$out" "^\+ 101 +101 +adopt +credential $(id_of 101) exists at SignalWire with its username$" "the username alone counts"
is "$(sent_sorted | cut -d ' ' -f 1-3)" "POST sip_endpoint 104
PUT sip_endpoint 101" "one is taken over, one is made"
unlike "$out" "dollars" "and nothing costs a subscriber"
is "$(sql "select string_agg(key || ':' || state, ' ' order by key) from swbridge.mapping")" "k101:active k102:rejected k103:rejected k104:active" "names that are taken are left alone"
quiet "standalone credentials" 4

# ---- when it cannot be known what is there ---------------------------------------------------------

world broken
seed '{"subscribers":[{"email":"k101@pbx.example.com","credentials":[{"username":"101","password":"old"}]},
	{"email":"k102@pbx.example.com","credentials":[{"username":"102","password":"old"}]}]}'
people 101 104
sql "insert into test.foreign_credential values ('101'); insert into test.foreign_subscriber values ('k101@pbx.example.com')"
fault '{"method":"GET","path":"*/subscribers","action":"status","status":500,"times":-1}'
before=$(sim state)
migrates 75 "the subscribers cannot be read" --adopt --yes
is "$(sim state)$(sql "select count(*) from swbridge.sync")" "${before}0" "I9: nothing is done"
sim fault/clear -d '{}' >/dev/null
fault '{"method":"GET","path":"*/subscribers","action":"repeat_next","times":-1}'
set_sim '{"page_size_default":1,"page_size_max":1}'
migrates 75 "a list that goes in circles" --adopt --yes
is "$(sim state)$(sql "select count(*) from swbridge.sync")" "${before}0" "I9: nothing is done"
sim fault/clear -d '{}' >/dev/null
set_sim '{"page_size_default":50,"page_size_max":1000}'
fault "{\"method\":\"GET\",\"path\":\"*/$(id_of k101@pbx.example.com)/sip_endpoints\",\"action\":\"status\",\"status\":500,\"times\":-1}"
migrates 4 "one subscriber whose credentials cannot be read" --adopt --yes
like "$out" "^! 101 .*could not be read; to take it: swbridge adopt k101 $(id_of k101@pbx.example.com)" "I9: is not adopted"
is "$(sql "select string_agg(key, ' ' order by key) from swbridge.mapping where state = 'active'")" "k102 k103 k104" "the others are"
sim fault/clear -d '{}' >/dev/null
ours "but one"
sim project -d '{"domain":"elsewhere.sip.signalwire.com"}' >/dev/null
migrates 6 "I11: another space" --yes
sim project -d "{\"domain\":\"$SIM_DOMAIN\",\"token\":\"flipped\"}" >/dev/null
migrates 77 "a token that is refused" --yes
sim project -d "{\"token\":\"$SIM_TOKEN\"}" >/dev/null
swb pause
people 105 105
migrates 4 "paused" --yes
is "$(sent)" "" "nothing is sent"
like "$out" "swbridge is paused.*swbridge resume" "and it is said why"
swb resume
for usage in "--ours" "--canary 0" "--canary x" "101"; do
	# shellcheck disable=SC2086
	swb migrate $usage
	is "$rc" 64 "migrate $usage is refused"
done

never_at_once
done_testing
