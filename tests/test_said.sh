#!/bin/sh
# test_said.sh - what a verb says when it ends: no comfort where there is none, and no riddle.
. "${SRCDIR:-.}/tests/world.sh"

world said
people 101 104
syncs 0 "four extensions"

# ---- in step after all ------------------------------------------------------------

# Two swap their names, and one of the credentials is gone: the first attempt fails, the second does it.
sim edit -d "{\"id\":\"$(sql "select sip_endpoint_id from swbridge.sync where key = 'k103'")\",\"delete\":true}" >/dev/null
sql "update pbx_users set extension = case extension when '103' then '104' else '103' end where extension in ('103', '104')"
syncs 0 "what failed first and was done then is done"
like "$out" '^! 103 .*the next pass tries again' "the first attempt failed"
like "$out" '^Sync: 1 created, 1 updated; 2 in step' "and is not counted"
in_step "failed first, done then"

# ---- rejected ---------------------------------------------------------------------

sql "update pbx_users set send_as = 'junk' where key = 'k101'"
swb sync
is "$rc" 4 "one is rejected"
like "$out" 'swbridge retry\. All of them: swbridge status\. The whole story of one: swbridge explain EXT' "the trailer says where they are"
swb --json explain 101
like "$out" '"in_step":false,"action":"reject","reason":"rejected; it waits .*swbridge retry"' "a rejected row is not in step"
swb --json explain 102
like "$out" '"in_step":true' "another is"
sql "update pbx_users set send_as = null where key = 'k101'"
swb sync
in_step "sent as before"

# ---- two rows, one key ------------------------------------------------------------

sql "alter table pbx_users drop constraint pbx_users_pkey; insert into pbx_users (key, extension, secret) values ('k102', '112', 'other')"
for verb in plan sync status; do
	swb $verb
	like "$out" '102 .*same key.* .the key is k102; the rows are those of 102 and 112.' "$verb: both rows are named"
done
swb explain k102
like "$out" 'rows with it +102 and 112' "explain names them too"
sql "delete from pbx_users where extension = '112'; alter table pbx_users add primary key (key)"
swb sync
in_step "one row again"

# ---- no rows ----------------------------------------------------------------------

config "mirror.include=9*"
swb sync
is "$rc" 3 "no row passes include"
like "$out" 'No row of the source passes .mirror. include and exclude: nothing is removed' "the setting is named"
unlike "$out" 'The source has no rows' "and not the source"
swb check
like "$out" 'source .* 0 rows.* none passes .mirror. include and exclude' "check names it too"
config
sql "create table safe as select * from pbx_users"

# ---- what check says of the rows ----------------------------------------------------

swb check
unlike "$out" '^warning +refused' "check finds nothing to refuse"
sql "update pbx_users set username = 'a b' where key = (select min(key) from pbx_users)"
swb check
is "$rc" 0 "a row that is refused is a warning"
like "$out" '^warning +refused +1 of [0-9]+ rows cannot be mirrored as they are; 10[0-9]: the username contains white space.* All of them: swbridge status' \
	"check counts it, and says why"
sql "update pbx_users set username = null, secret = null"
swb check
is "$rc" 78 "no row with a secret is a problem, and no success"
like "$out" '^problem +secrets' "which is the line of it"
sql "truncate pbx_users"

# ---- no rows at all -------------------------------------------------------------------

swb -q sync
is "$rc" 3 "the source is empty"
like "$out" 'The source has no rows: nothing is removed' "no riddle for cron"
swb --json sync
like "$out" '"source_empty":true' "nor for a program"
swb status
like "$out" 'The source yields no rows.*swbridge plan' "nor in status"
swb --json status
like "$out" '"source_empty":true' "nor in its JSON"
sql "insert into pbx_users select * from safe"
swb --json sync
like "$out" '"source_empty":false' "a source with rows is not empty"

# ---- nothing was done -------------------------------------------------------------

sql "alter table pbx_users rename to pbx_table; create view pbx_users as select * from pbx_table where 1 / (length(key) - length(key)) = 1"
for verb in sync plan "sync 101" "--json sync"; do
	swb $verb
	isnt "$rc" 0 "$verb: the source cannot be read"
	unlike "$out" 'nothing to do|"summary"' "$verb: nor is there nothing to do"
done
sql "drop view pbx_users; alter table pbx_table rename to pbx_users"

swb pause
before=$(sql "select last_complete_pass from swbridge.holder")
sql "update pbx_users set secret = 'new' where key = 'k102'"
swb sync
is "$rc $(sql "select last_complete_pass from swbridge.holder")" "3 $before" "a paused pass is no complete one"
swb check
like "$out" ' 1 difference( |$)' "one difference"
swb resume
swb sync
isnt "$(sql "select last_complete_pass from swbridge.holder")" "$before" "the next one is"

swb retry 999
is "$rc $out" "1 " "retry of an unknown row: an error and no count"
swb status 104 101 999
is "$rc" 1 "status of three, one unknown"
like "$out" '^  101 ' "those that are there are shown"
like "$out" '^  104 ' "all of them"
like "$err" 'no extension "999"' "the one that is not is named"
for verb in explain status sync retry forget wait; do
	swb $verb "$(printf 'a\377')"
	like "$err" 'There is no extension .*the name is not valid UTF-8' "$verb: bytes that are no text"
done

# A pipe that nobody reads: descriptor 3 is its reader until it is closed.
mkfifo "$tmp/pipe"
(
	exec 3<>"$tmp/pipe" 4>"$tmp/pipe" 3<&-
	"$BUILDDIR/swbridge" -c "$conf" sync >&4 2>"$tmp/piped"
	echo $? >"$tmp/piped.rc"
)
is "$(cat "$tmp/piped.rc")" 1 "a result that nobody reads"
like "$(cat "$tmp/piped")" 'could not be written to the standard output' "is an error"
unlike "$(cat "$tmp/piped")" Success "and no success"

stop_sim
swb init
is "$rc" 75 "init while SignalWire is down"
unlike "$out" '^Next' "says one thing that is next"
like "$err" 'run again: swbridge init' "and that is init"

done_testing
