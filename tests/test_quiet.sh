#!/bin/sh
# test_quiet.sh - what cron mails once and not again, and what plan, sync, status and explain say alike.
. "${SRCDIR:-.}/tests/world.sh"

world quiet
people 101 105
syncs 0 "five extensions"

# ---- refused for what the row says: a mail when it is new ---------------------------

sql "insert into pbx_users (key, extension, secret) values ('13 0', '13 0', 'x')"
swb -q plan
is "$rc $out" "0 " "-q plan keeps it back"
swb -q sync
is "$rc" 4 "a row that cannot be sent"
like "$out" '^! 13 0 +13 0 +rejected +the username contains white space' "-q says it when it is new"
like "$out" '^Sync: 1 rejected; 5 in step before' "with the trailer"
like "$out" 'wait until their row in the PBX, or what swbridge is told, changes\. All' "where retry changes nothing, it is not advised"
swb -q sync
is "$rc $out$err" "4 " "and not while it stays the same"
quiet "refused" 4
sql "insert into pbx_users (key, extension, secret) values ('14 0', '14 0', 'x')"
swb --json -q sync
like "$out" '"key":"14 0",.*"state":"rejected"' "another one is new, in JSON too"
swb --json -q sync
is "$(printf '%s\n' "$out" | grep -c '"change"')" 0 "once"

# One that is in the ledger, and live: two rows with its key.
sql "alter table pbx_users drop constraint pbx_users_pkey; insert into pbx_users (key, extension, secret) values ('k102', '112', 'other')"
swb -q sync
like "$out" '^! 102 .*the key is k102; the rows are those of 102 and 112' "a duplicate key is new"
swb -q sync
is "$rc $out" "4 " "and is said once"
sql "delete from pbx_users where extension in ('112', '14 0')"
swb -q sync
like "$rc $out" '^4 ! 13 0 ' "some are over: what is left is said"
swb -q sync
is "$rc $out" "4 " "once"
swb -q sync "13 0"
like "$out" '^! 13 0 ' "asked for by its name it is always said"

sql "insert into pbx_users (key, extension, secret) select n || ' x', n || ' x', 'x' from generate_series(200, 260) n"
swb -q sync
is "$(printf '%s\n' "$out" | grep -c '^!')" 50 "many are not all listed"
like "$out" '^  \.\.\. and 12 more; all of them: swbridge plan$' "and how many more there are"
sql "delete from pbx_users where extension like '2% x'"
swb -q sync

# A ledger of the version before has no memory of it.
sql "alter table swbridge.holder drop column refused; alter table swbridge.identity drop column subscriber_id; update swbridge.identity set schema_version = 2"
swb -q sync
like "$rc $err" '^6 .*swbridge init' "the version before is to be migrated"
swb init
syncs 4 "and is"

# ---- the same count everywhere ------------------------------------------------------

swb plan
like "$out" '^Plan: nothing to do, 1 rejected; 5 in step|^Plan: 1 rejected; 5 in step' "plan: one is rejected"
unlike "$out" 'swbridge retry' "and retry is not advised"
swb status
like "$out" '^active 5, .* rejected 1, retiring 0, held 0$' "status: one is rejected"
swb retry
like "$rc $out" '^0 Nothing to try again: .*swbridge status' "retry: nothing"
swb retry "13 0"
like "$rc $err" "^1 .*swbridge explain '13 0'" "a name that a shell would take apart is quoted"
swb explain "13 0"
like "$out" '^  cannot be sent  the username contains' "explain: label and text are two"
swb -q status
like "$(printf '%s\n' "$out" | head -n 1)" 'Refused until' "-q status begins with what it says"
sql "delete from pbx_users where extension = '13 0'"

# ---- nothing there, and nothing to do ------------------------------------------------

sql "insert into pbx_users (key, extension, secret, enabled) values ('k120', '120', 'x', false)"
swb plan
like "$out" '^Plan: nothing to do; 5 in step\.$' "one that is disabled, and not there, is not in step"
swb plan 101
is "$out" "Plan: nothing to do." "of named ones it is not said that none is in step"
swb sync 101
like "$out" '^Sync: nothing to do; 0 requests' "nor by sync"
swb status 120
like "$out" '^k120 is in the PBX and not in the ledger; why: swbridge explain k120$' "one that is not mirrored is no other"

swb retry 101
like "$rc $out" '^0 101 was not rejected and does not wait; nothing to try again\.$' "retry of one that is live"
swb --json retry 101
like "$out" '"retried":0' "counts none"
swb retry --secret 101
like "$out" '^1 extension is tried again' "with its secret it is one"
swb plan
like "$out" '101 .*update .*its secret is sent again, as asked' "and the reason is no change"
syncs 0 "sent again"
in_step "its secret again"

sql "update pbx_users set skip_reason = 'no_secret' where key = 'k103'"
swb explain 103
like "$out" '^  skipped +no secret$' "explain says what status says"
sql "update pbx_users set skip_reason = null where key = 'k103'"

# ---- held -----------------------------------------------------------------------------

config mirror.max_removals=1 mirror.on_remove=suspend
sql "update pbx_users set enabled = false where key in ('k101', 'k102', 'k103')"
syncs 3 "two are held"
swb status
like "$out" '^active 4, suspended 1, .* held 2$' "status counts what is held"
like "$out" 'Held by max_removals: 2 .*swbridge approve removals' "and says what releases it"
swb --json status
like "$out" '"held":2,' "in JSON too"
swb retry --secret 101
like "$rc $out" '^0 101 is not active: its secret is sent when it is restored or created\.$' "a suspended one is not tried again"
swb approve removals --for 1h
like "$out" 'for the next 1 hour and these only' "an hour is one"
sql "update pbx_users set enabled = true where key in ('k101', 'k102', 'k103')"
syncs 0 "all are wanted again"

# ---- gone, and grace is not over -------------------------------------------------------

config mirror.grace=2d mirror.on_remove=suspend
sql "create table gone as select * from pbx_users where key in ('k104', 'k105'); delete from pbx_users where key in ('k104', 'k105')"
# The hour may end before the passes do.
due=$(sql "select '(' || string_agg(to_char(now() at time zone 'UTC' + interval '2 days' + late, 'YYYY-MM-DD HH24:'), '|') || ')'
	from unnest(array[interval '0', interval '5 minutes']) late")
swb plan
like "$out" "^Plan: nothing to do; 3 in step; 2 gone from the PBX, to be suspended from $due[0-9:]+\\+00 on\\.$" "plan says when"
swb sync
like "$out" '^  104 .*retiring ' "noted"
like "$out" "^Sync: nothing to do; 3 in step before; 2 gone from the PBX, to be suspended from $due[0-9:]+\\+00 on;" "sync says when"
sql "update swbridge.sync set absent_since = '2126-01-01 10:00:00+00' where key = 'k105'"
swb explain 105
like "$out" '^Now: gone from the PBX; it is to be suspended from 2126-01-03 10:00:00\+00 on' "explain says when"
swb --json explain 105
like "$out" '"due_at":"2126-01-03 10:00:00\+00"' "in JSON too"
swb status
like "$out" '^Gone from the PBX, and to be suspended:$' "status lists them"
like "$out" '^  105 +from 2126-01-03 10:00:00\+00 on; gone since 2126-01-01 10:00:00\+00$' "with the time"
swb --json status
like "$out" '"type":"leaving","key":"k105","extension":"105","absent_since":"2126-01-01 10:00:00\+00","due_at":"2126-01-03' "in JSON too"
config mirror.grace=2d mirror.on_remove=keep
swb plan
unlike "$out" 'gone from the PBX, to be' "where on_remove is keep nothing is going to happen"
swb explain 105
like "$out" '^Now: nothing to do: gone from the PBX, and on_remove is keep' "and explain says so"
config mirror.grace=2d mirror.on_remove=delete
swb status
like "$out" '^Gone from the PBX, and to be deleted:$' "where it is delete they are deleted"

done_testing
