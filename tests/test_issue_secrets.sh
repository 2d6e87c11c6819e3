#!/bin/sh
# test_issue_secrets.sh - [mirror] issue_secrets: who gets a new secret, that it is shown once and kept nowhere, and that none is lost.
. "${SRCDIR:-.}/tests/world.sh"
. "${SRCDIR:-.}/tests/listens.sh"

# ---- what is looked at -----------------------------------------------------------

# A world whose PBX has hashes, with the setting unless the caller says otherwise.
hashes() { # NAME [SECTION.KEY=VALUE…]
	world "$1" mirror.issue_secrets=yes
	shift
	sql "alter table pbx_users add secret_hash text"
	issues "$@"
	swb init
	[ "$rc" -eq 0 ] || bail_out "init: $err"
	kept=0
	rm -f "$tmp"/kept.*
	: >"$tmp/shown"
}

issues() { # [SECTION.KEY=VALUE…]
	config mirror.issue_secrets=yes "$@"
}

hashed() { # FROM TO: extensions of whose secret the PBX has only a hash
	sql "insert into pbx_users (key, extension, secret_hash) select 'k' || n, n, md5('hash-' || n) from generate_series($1, $2) n"
}

# "EXTENSION SECRET" of what a text shows, for people or as JSON.
shown_in() {
	sed -n -e 's/^+ *\([^ ]*\) *[^ ]* *secret *\([^ ]*\)  (issued; it is shown only here)$/\1 \2/p' \
		-e 's/^{"type":"secret","key":"[^"]*","extension":"\([^"]*\)","username":"[^"]*","secret":"\([^"]*\)"}$/\1 \2/p' "$1"
}

# Runs it; $tmp/shown has every secret that was ever shown, the rest of what is printed is searched later.
keeps() { # VERB…
	swb "$@"
	keep_output
}
keep_output() {
	kept=$((kept + 1))
	shown_in "$tmp/out" >>"$tmp/shown"
	grep -v -e 'secret .*(issued; it is shown only here)$' -e '^{"type":"secret",' "$tmp/out" >"$tmp/kept.$kept.out"
	cp "$tmp/err" "$tmp/kept.$kept.err"
}
passes() { # EXIT-STATUS DESCRIPTION [VERB…]
	syncs "$@"
	keep_output
}

password() { # EXTENSION: at SignalWire
	remote | sed -n "s/^$1 [^ ]* \\([^ ]*\\) .*/\\1/p"
}
last_shown() { # EXTENSION
	sed -n "s/^$1 //p" "$tmp/shown" | tail -n 1
}
times_shown() { # EXTENSION
	grep -c "^$1 " "$tmp/shown"
}
fit() { # EXTENSION DESCRIPTION: what was shown last is there, and it is a secret as it should be
	like "$(last_shown "$1")" '^[A-HJ-NP-Za-km-np-z2-9]{24}$' "$2: 24 letters and digits that nobody mistakes are shown"
	is "$(password "$1")" "$(last_shown "$1")" "$2: that is what is there"
}
digest_of() { # KEY: empty, null, or known
	sql "select case when secret_digest is null then 'null' when secret_digest = '' then 'empty' else 'known' end
		from swbridge.sync where key = '$1'"
}
# Nothing but what was shown holds a secret that was issued, as it is or as the dump shows bytes.
nowhere() { # DESCRIPTION
	pg_dump --schema=swbridge >"$tmp/kept.dump" || not_ok "pg_dump"
	nowhere_found= nowhere_looked=0
	for nowhere_secret in $(cut -d ' ' -f 2 "$tmp/shown") $(remote | awk 'length($3) == 24 { print $3 }'); do
		nowhere_hex=$(printf '%s' "$nowhere_secret" | od -An -tx1 | tr -d ' \n')
		nowhere_found="$nowhere_found$(grep -aFl -e "$nowhere_secret" -e "$nowhere_hex" "$tmp"/kept.*)"
		nowhere_looked=$((nowhere_looked + 1))
	done
	is "$nowhere_found" "" "I36: $1: no other output and no table holds a secret ($nowhere_looked in $(ls "$tmp"/kept.* | wc -l) files)"
	ok "$1: there was something to look for" test "$nowhere_looked" -gt 0
}
ever_made() {
	told log 0 <<-'EOF'
		select count(*) from log where by = 'api' and op = 'create' and type = 'credential';
	EOF
}

# ---- issued once -------------------------------------------------------------------

hashes once
people 101 102
hashed 103 104
sql "insert into pbx_users (key, extension, secret, secret_hash) values ('k105', '105', null, null), ('k106', '106', '', '')"
keeps plan
like "$out" '^\+ 103 .* create .*new in the PBX; a new secret will be issued$' "plan says who gets one"
unlike "$out" '^\+ 101 .*secret' "and nobody else does"
like "$out" '^New secrets: 2;' "and how many"
keeps --json plan
is "$(printf '%s\n' "$out" | grep -c '"issues_secret":true')" 2 "as JSON, too"
keeps check
like "$out" '^ok +hashes +of 2 of 6 rows only a hash' "check says how many"
keeps explain 103
like "$out" 'secret +only a hash of it' "explain says what the PBX has"
like "$out" 'A new secret is issued: swbridge sync or migrate shows it, once' "and what happens"
passes 0 "four extensions, two of them with a hash" -v sync
is "$(sent_sorted | grep credential)" "POST credential 101 password,username
POST credential 102 password,username
POST credential 103 password,username
POST credential 104 password,username" "each is created, and those without any secret are not"
is "$(cut -d ' ' -f 1 "$tmp/shown" | sort | tr '\n' ' ')" "103 104 " "two secrets are shown, each once"
fit 103 "the first"
fit 104 "the second"
isnt "$(last_shown 103)" "$(last_shown 104)" "they differ"
like "$out" '^New secrets: 2, in the lines above and nowhere else' "the last line tells to keep them"
is "$(password 101)" secret-101 "who has a secret in the PBX keeps that"
passes 0 "once more" -v sync
is "$requests $(wc -l <"$tmp/shown")" "0 2" "sends nothing and shows nothing"
quiet "issued"
keeps -v explain 103
keeps status
keeps --json status
keeps -v plan
keeps -q sync
nowhere "issued once"
pg_dump --schema=swbridge >"$tmp/dump"
no_secret "$(sql "select md5('hash-103')")" "$tmp"/kept.* "$tmp/dump"

hashes json
hashed 103 103
passes 0 "with --json and -q" --json -q sync
is "$(times_shown 103)" 1 "the secret is an object of its own"
fit 103 "--json"
nowhere "json"

# ---- the setting -------------------------------------------------------------------

hashes off
config
people 101 101
hashed 103 104
passes 0 "without the setting"
is "$(sent_sorted | grep -c credential) $(cat "$tmp/shown")" "1 " "nothing is issued"
like "$out" '^Of the secrets of 2 extensions the PBX has only a hash: they are skipped. \[mirror\] issue_secrets = yes' "and the setting is named"
keeps check
like "$out" '^warning +hashes +of 2 of 3 rows .*\[mirror\] issue_secrets = yes' "check names it"
keeps status
like "$out" '^ *103 +password hashed; \[mirror\] issue_secrets = yes' "status names it"
keeps explain 103
like "$out" 'way out +\[mirror\] issue_secrets = yes' "explain names it"
quiet "skipped"
issues
passes 0 "with the setting"
fit 103 "set later"
config
passes 0 "taken back"
is "$(sent) $requests" " 0" "what was issued stays"
issues
passes 0 "and set again"
is "$requests $(times_shown 103)" "0 1" "it is not issued again"
issues mirror.issue_secrets=sometimes
swb sync
is "$rc" 78 "neither yes nor no is refused"
issues
sql "alter table pbx_users drop secret_hash"
swb sync
is "$rc" 6 "a column of hashes that is gone is a fence"
nowhere "off"

# ---- what changes in the PBX ----------------------------------------------------------

hashes changes
people 101 101
hashed 103 103
passes 0 "two extensions"
issued=$(last_shown 103)
sql "update pbx_users set secret_hash = md5('another') where key = 'k103'"
keeps plan
like "$out" '^ +103 .*its secret changed in the PBX, which has only a hash of it: the credential keeps' "plan says that the hash changed"
passes 0 "the hash changed"
is "$(sent) $requests $(password 103)" " 0 $issued" "nothing is sent"
like "$out" '^ +103 .*noted .*its secret changed in the PBX, .*to issue another: swbridge retry --secret' "and it is said, with the way to another"
quiet "a changed hash"
sql "update pbx_users set secret_hash = md5('a third'), caller_id = 'C' where key = 'k103'"
passes 0 "the hash and the caller id changed"
is "$(sent)" "PATCH credential 103 caller_id" "only the caller id is sent"
like "$out" 'all that changed but its secret' "and it is said"
quiet "a changed hash and another change"
sql "update pbx_users set secret = 'secret-103' where key = 'k103'"
passes 0 "the PBX knows the secret"
is "$(sent) $(password 103)" "PATCH credential 103 password secret-103" "it is sent"
quiet "from a hash to a secret"
sql "update pbx_users set secret = null, secret_hash = md5('101') where key in ('k101', 'k103')"
passes 0 "and does not any more"
is "$requests $(password 101) $(password 103)" "0 secret-101 secret-103" "what is there stays"
is "$(printf '%s\n' "$out" | grep -c noted)" 2 "and it is said of each"
is "$(wc -l <"$tmp/shown")" 1 "no other secret was shown in all of this"
quiet "from a secret to a hash"
if with_subscribers; then
	sql "update pbx_users set email = 'two@example.com' where key = 'k103'"
	passes 0 "its subscriber gets another e-mail"
	is "$(times_shown 103)" 1 "a credential that stays keeps its password"
	sql "update pbx_users set email = 'two@example.com' where key = 'k101'"
	passes 0 "one moves to another's subscriber"
	fit 101 "a credential that is made anew"
	quiet "moved"
fi
sim edit -d "{\"id\":\"$(sql "select sip_endpoint_id from swbridge.mapping where key = 'k103'")\",\"delete\":true}" >/dev/null
sql "update pbx_users set caller_id = 'gone' where key = 'k103'"
passes 0 "a credential that somebody deleted"
fit 103 "made again"
quiet "made again"
sql "update pbx_users set key = 'new-' || key where key = 'k103'"
passes 0 "another row takes its username over"
is "$(times_shown 103)" 3 "it gets a secret of its own"
fit 103 "taken over"
quiet "taken over"
nowhere "changes"

# ---- suspended, and wanted again -----------------------------------------------------

hashes suspended mirror.on_remove=suspend
hashed 103 103
passes 0 "one extension"
sql "update pbx_users set enabled = false"
passes 0 "suspended"
isnt "$(password 103)" "$(last_shown 103)" "its password is nobody's"
is "$(digest_of k103) $(times_shown 103)" "empty 1" "and is shown to nobody"
quiet "suspended"
sql "update pbx_users set enabled = true"
passes 0 "wanted again"
is "$(times_shown 103)" 2 "another secret is shown"
fit 103 "wanted again"
quiet "wanted again"
sql "update pbx_users set enabled = false"
passes 0 "suspended again"
sql "update pbx_users set secret = 'secret-103', enabled = true"
passes 0 "wanted again with a secret of the PBX's"
is "$(password 103)" secret-103 "that one is sent"
nowhere "suspended"

# ---- another one -----------------------------------------------------------------------

hashes again
people 101 101
hashed 103 103
passes 0 "two extensions"
passes 64 "retry --secret of nobody" retry --secret
passes 0 "another one is asked for" retry --secret 103
is "$requests" 0 "nothing is sent yet"
passes 0 "and issued"
is "$(sent) $(times_shown 103)" "PATCH credential 103 password 2" "and shown"
fit 103 "another one"
quiet "another one"
passes 0 "of one whose secret the PBX has" retry --secret 101
passes 0 "that is sent again"
is "$(sent) $(password 101)" "PATCH credential 101 password secret-101" "and none is issued"
passes 0 "verify --secrets" verify --secrets
is "$(sent)" "PATCH credential 101 password" "sends the one that the PBX has"
like "$out" '^ +103 .*noted .*only a hash of its secret: the credential keeps the password that it has' "passes over the other, and says so"
is "$(password 103)" "$(last_shown 103)" "and leaves it"
quiet "verify --secrets"
nowhere "again"

# ---- unknown outcomes ------------------------------------------------------------------

hashes unknown
hashed 103 103
fault '{"method":"POST","path":"*/sip_endpoints","action":"commit_then_reset"}'
passes 5 "the answer to the creation is lost"
is "$(times_shown 103) $(digest_of k103)" "0 empty" "what nobody knows to be there is not shown"
lost=$(password 103)
like "$lost" '^.{24}$' "it is there"
settle
passes 0 "settled"
is "$(ever_made) $(times_shown 103)" "1 1" "it was made once, and a secret is shown"
fit 103 "after a lost answer"
isnt "$(last_shown 103)" "$lost" "it is a fresh one"
quiet "a lost answer"
passes 0 "another one is asked for" retry --secret 103
fault '{"method":"PATCH","action":"commit_then_status","status":502}'
passes 5 "the answer to a PATCH is lost"
settle
passes 0 "settled"
fit 103 "after a lost PATCH"
quiet "a lost PATCH"
# The PBX learns the secret, and forgets it, while an outcome is unknown: nobody was told what may be there.
passes 0 "another one is asked for" retry --secret 103
fault '{"method":"PATCH","action":"commit_then_reset"}'
passes 5 "its answer is lost"
settle
sql "update pbx_users set secret = 'secret-103' where key = 'k103'"
fault '{"method":"PATCH","action":"commit_then_reset"}'
passes 5 "the PBX has a secret by now, and whether it arrived nobody knows"
sql "update pbx_users set secret = null where key = 'k103'"
settle
passes 0 "and has it no more"
fit 103 "a secret that nobody was told does not stay"
quiet "to and fro"
passes 0 "another one is asked for" retry --secret 103
fault '{"method":"PATCH","action":"status","status":422,"content":"{\"errors\":[{\"message\":\"no\",\"code\":\"bad\"}]}"}'
passes 4 "and refused"
is "$(digest_of k103)" empty "it is still to be issued"
passes 0 "tried again" retry 103
passes 0 "and issued"
fit 103 "after a refusal"
nowhere "unknown"

# ---- where nobody would see it -----------------------------------------------------------

hashes unseen
hashed 103 103
people 101 101
if [ -c /dev/full ]; then
	into_nothing() { "$BUILDDIR/swbridge" -c "$conf" sync >/dev/full 2>"$tmp/err"; }
	into_nothing
	like "$(cat "$tmp/err")" 'error: 103: its new secret could not be shown, and so nobody has it; the next pass issues another' \
		"what cannot be printed is an error"
	is "$(digest_of k103)" empty "and does not count as issued"
	passes 0 "the next pass"
	fit 103 "issued by the next pass"
	passes 0 "another one is asked for" retry --secret 103
	into_nothing
	passes 0 "verify --secrets" verify --secrets
	is "$(times_shown 103)" 2 "issues it, since nobody has it"
	fit 103 "issued by verify --secrets"
else
	skip "what cannot be printed" "there is no /dev/full"
fi
hashed 104 104
: >"$tmp/out"
JOURNAL_STREAM=$(stat -c %d:%i "$tmp/out")
export JOURNAL_STREAM
swb sync
unset JOURNAL_STREAM
is "$rc $(times_shown 104)" "3 0" "into systemd's journal none is issued"
like "$out" '! 104 .*held: it needs a new secret, which nobody would see here: swbridge sync' "it is held, and says why"
is "$(sql "select count(*) from swbridge.sync where key = 'k104'")" 0 "nothing is sent for it"

listens mirror.issue_secrets=yes listen.poll=200ms
ok "the daemon says that a secret is needed" wait_for 20 log_has '1 extension needs a new secret .* run swbridge sync, which shows each once'
hashed 105 105
ok "and says it again when it is more" wait_for 20 log_has '2 extensions need a new secret'
changes "update pbx_users set secret = 'secret-new' where key = 'k101'" k101
has_new() { [ "$(password 101)" = secret-new ]; }
ok "it goes on with others" wait_for 20 has_new
before=$(full_pass)
ok "and looks again" wait_for 20 passed_again
is "$(there 104) $(there 105)" "0 0" "it issues none"
is "$(grep -c 'extensions need a new secret' "$tmp/err")" 1 "what is no news is not said again"
ended "the daemon"
keep_output
issues
passes 0 "sync issues them"
fit 104 "after the daemon"
fit 105 "after the daemon"
listens mirror.issue_secrets=yes
changes "update pbx_users set secret_hash = md5('x'), caller_id = 'Y' where key = 'k105'" k105
has_caller() {
	[ "$(remote | grep '^105 ' | cut -d ' ' -f 4)" = Y ]
}
ok "what needs no new secret the daemon sends" wait_for 20 has_caller
changes "insert into pbx_users (key, extension, secret_hash) values ('k106', '106', 'h')" k106
ok "of one that it is told of the daemon says that it needs one" wait_for 20 log_has '1 extension needs a new secret'
ended "the daemon again"
keep_output
is "$(password 105)" "$(last_shown 105)" "its secret stays"
issues
passes 0 "sync issues the last one"
quiet "after the daemon"
nowhere "unseen"

# ---- a migration ---------------------------------------------------------------------------

hashes migrated
people 101 101
hashed 103 104
passes 0 "a dry run" migrate --dry-run --report "$tmp/kept.dry.csv"
like "$out" '103 .*a new secret will be issued' "a migration says who gets one"
is "$(wc -l <"$tmp/shown")" 0 "a dry run issues none"
passes 0 "a migration" migrate --yes --with-secrets --report "$tmp/all.csv"
fit 103 "migrated"
fit 104 "migrated"
is "$(stat -c %a "$tmp/all.csv")" 600 "the report is its owner's"
for extension in 103 104; do
	like "$(tr -d '\r' <"$tmp/all.csv")" "^k$extension,$extension,created,,$extension,$SIM_DOMAIN,$(last_shown $extension)," "the report has the secret of $extension"
done
passes 0 "again" migrate --yes --with-secrets --report "$tmp/kept.later.csv"
is "$(sent) $(times_shown 103)" " 1" "nothing is issued again"
like "$(tr -d '\r' <"$tmp/kept.later.csv")" '^k103,103,created,"?the PBX has only a hash of its secret, which is not known here"?,103,' "a later report does not know it"
hashed 105 105
passes 0 "without the passwords" migrate --yes --report "$tmp/kept.some.csv"
fit 105 "printed all the same"
quiet "migrated"
nowhere "migrated"

hashes adopted
hashed 103 103
if with_subscribers; then
	sim seed -d '{"subscribers":[{"email":"k103@pbx.example.com","credentials":[{"username":"103","password":"known"}]}]}' >/dev/null
else
	sim seed -d '{"sip_endpoints":[{"username":"103","password":"known"}]}' >/dev/null
fi
passes 0 "one that is there already is adopted" migrate --adopt --yes
is "$(password 103) $(times_shown 103)" "known 0" "it keeps the password that it has"
quiet "adopted"

# ---- killed at every step ----------------------------------------------------------------------

# What is done then, and what was there before it, by the name of the scenario.
before_create() { :; }
after_create() { hashed 103 103; }
before_again() { hashed 103 103; }
after_again() { swb retry --secret 103; }
before_restore() {
	issues mirror.on_remove=suspend
	hashed 103 103
	swb sync
	sql "update pbx_users set enabled = false"
}
after_restore() { sql "update pbx_users set enabled = true"; }
before_replace() {
	hashed 103 104
	sql "update pbx_users set email = key || '@example.com'"
}
after_replace() { sql "update pbx_users set email = 'k104@example.com' where key = 'k103'"; }

hashes killed
stage() { # SCENARIO
	sql "truncate swbridge.sync, swbridge.subscriber, swbridge.journal, swbridge.approval, pbx_users"
	stop_sim
	start_sim --port "${sim_url##*:}"
	with_subscribers || set_sim '{"list_defaults":false}'
	issues
	"before_$1"
	swb sync
	[ "$rc" -eq 0 ] || bail_out "$1: the peaceful run: $rc $err"
	: >"$tmp/shown"
	"after_$1"
}
killed() { # VARIABLE STEP
	env "$1=$2" "$BUILDDIR/tests/swbridge-kill" -c "$conf" -v sync >"$tmp/out" 2>"$tmp/err" </dev/null
	keep_output
}
resumed() {
	resumed_runs=0
	while [ "$resumed_runs" -lt 5 ]; do
		wait_for 5 lock_free
		settle
		keeps -v sync
		resumed_runs=$((resumed_runs + 1))
		[ "$rc" -ne 0 ] || return 0
	done
	return 1
}
one_step() { # SCENARIO VARIABLE STEP
	stage "$1"
	killed "$2" "$3"
	ok "$1, $2=$3: resumed" resumed
	is "$(there 103) $(password 103)" "1 $(last_shown 103)" "I1: $1, $2=$3: one credential, with the secret that was shown last"
	like "$(last_shown 103)" '^.{24}$' "$1, $2=$3: it was shown"
	[ "$(times_shown 103)" -lt 2 ] || outlived=$((outlived + 1))
	quiet "$1, $2=$3"
}
outlived=0
for scenario in create again restore $(either replace ""); do
	stage "$scenario"
	killed SWBRIDGE_STEPS "$tmp/steps"
	read -r steps <"$tmp/steps"
	ok "$scenario takes $steps steps" test "$steps" -gt 5
	step=1
	while [ "$step" -le "$steps" ]; do
		[ "$scenario" != create ] || one_step "$scenario" SWBRIDGE_KILL "$step"
		one_step "$scenario" SWBRIDGE_KILL9 "$step"
		step=$((step + 1))
	done
done
ok "some runs had shown one that is not there any more ($outlived)" test "$outlived" -gt 0
nowhere "killed"
done_testing
