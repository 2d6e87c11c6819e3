#!/bin/sh
# test_ledger_lost.sh - a ledger that was dropped, or restored from an older dump, leads to no duplicate and to a clear word.
. "${SRCDIR:-.}/tests/world.sh"

twins() { told log 0 <<-'SQL'
	select type, name, count(*) from log l where op = 'create'
	   and not exists (select from log d where d.id = l.id and d.op in ('delete', 'cascade'))
	 group by 1, 2 having count(*) > 1;
SQL
}
# what exists at SignalWire, byte for byte
remote_is() { [ "$(sim state)" = "$1" ]; }

# ---- dropped --------------------------------------------------------------------------

world dropped
people 101 110
syncs 0 "ten extensions"
before=$(sim state)
sql "set client_min_messages = warning; drop schema swbridge cascade"
syncs 6 "the ledger is gone"
like "$err" "no swbridge ledger in schema \"swbridge\"; run: swbridge init" "and it is said what to run"
swb init
is "$rc" 0 "init makes another"
syncs 4 "I38: an empty ledger before a full SignalWire"
is "$(sent)" "" "I38: no duplicate is created"
ok "I8: what is there is as it was" remote_is "$before"
is "$(sql "select count(*) from swbridge.mapping where state = 'rejected'")" 10 "I38: all ten are reported"
like "$out" "101 .*exists remotely, not in the ledger" "I38: as what they are"
quiet "dropped" 4
swb status
like "$out" "exists remotely, not in the ledger" "I38: status says it too"
swb explain 101
like "$out" "exists remotely, not in the ledger" "I38: and explain"
like "$out" "Now: rejected .see the last error.; it waits .* or for: swbridge retry k101$" "which says what it waits for"
# Nothing of it is ours: what goes in the PBX is not removed remotely.
sql "delete from pbx_users where key = 'k101'; update pbx_users set enabled = false where key = 'k102'"
swb sync
swb sync
ok "I7: what the ledger does not own is not removed" remote_is "$before"
swb retry
swb sync
ok "I8: nor changed by another attempt" remote_is "$before"
# The way out that there is by hand: the twin goes at SignalWire, and the next attempt makes it anew.
sim edit -d "{\"id\":\"$(told state <<-'SQL'
	select subscriber_id from credential where username = '103';
SQL
)\",\"delete\":true}" >/dev/null
swb retry 103
swb sync
is "$(state_of k103)" active "I38: one whose twin was deleted by hand is created when it is tried again"
is "$(twins)" "" "I38: nothing is there twice"

# ---- dropped, and built again -------------------------------------------------------------

world rebuilt
people 101 108
sql "update pbx_users set email = 'two@x.example' where key in ('k101', 'k102'); update pbx_users set email = 'three@x.example' where key = 'k103'"
syncs 0 "eight extensions"
ids_are() { told state <<-'SQL'
	select id, subscriber_id, username from credential where username <> '900' order by 3;
SQL
}
before=$(ids_are)
sql "set client_min_messages = warning; drop schema swbridge cascade"
# Meanwhile somebody puts a credential onto one of the subscribers, and an extension gets another name.
sim seed -d "{\"subscriber_id\":\"$(told state <<-'SQL'
	select id from subscriber where email = 'three@x.example';
SQL
)\",\"credentials\":[{\"username\":\"900\",\"password\":\"z\"}]}" >/dev/null
sql "update pbx_users set username = 'renamed' where key = 'k108'; insert into test.foreign_credential values ('900')"
swb init
syncs 4 "a sync reports them"
syncs 4 "without --adopt" migrate --yes
is "$(sent) $(ids_are)" " $before" "I8: nothing is taken over without being asked for"
syncs 4 "migrate --adopt --ours" migrate --adopt --ours --yes
is "$(ids_are)" "$before" "I38: everything keeps its ids"
is "$(sent | sed 's/ [^ ]*$//' | sort | uniq -c | sed 's/^ *//')" "$(seq 101 107 | sed 's/.*/1 PATCH credential &/')" "I38: each one is sent everything, once, and nothing is created"
is "$(sql "select string_agg(email, ' ' order by email) from swbridge.subscriber where id is not null and origin = 'created'")" \
	"k104@pbx.example.com k105@pbx.example.com k106@pbx.example.com k107@pbx.example.com two@x.example" "I38: what swbridge made is its own again"
is "$(sql "select origin from swbridge.subscriber where email = 'three@x.example'")" adopted "but where something else lives on it"
is "$(state_of k108)" rejected "and one whose name is not as it was made is left alone"
like "$(sql "select last_error from swbridge.sync where key = 'k108'")" "swbridge adopt k108 [0-9a-f-]{36} [0-9a-f-]{36}$" "with the command that takes it"
sh -c "$(sql "select last_error from swbridge.sync where key = 'k108'" | sed "s|.*swbridge adopt|'$BUILDDIR/swbridge' -c '$conf' adopt|")" >"$tmp/out" 2>"$tmp/err"
is "$?" 0 "which does"
syncs 0 "then"
in_step "rebuilt"
is "$(twins)" "" "I38: nothing is there twice"
# Whose they are shows when they go.
sql "delete from pbx_users where key in ('k103', 'k104')"
syncs 0 "two go"
is "$(sent_sorted)" "DELETE credential 103 
DELETE credential 104 
DELETE subscriber k104@pbx.example.com " "I7: of what was adopted the subscriber stays"

# ---- restored ---------------------------------------------------------------------------

world restored
people 101 105
syncs 0 "five extensions"
pg_dump --schema=swbridge >"$tmp/older.sql"
# After the dump: two more, one changed, one renumbered, one gone, one deleted and made again.
people 106 107
sql "update pbx_users set secret = 'newer' where key = 'k101'; update pbx_users set extension = '202' where key = 'k102';
	delete from pbx_users where key = 'k103'; update pbx_users set enabled = false where key = 'k104'"
syncs 0 "seven, changed"
sql "update pbx_users set enabled = true where key = 'k104'"
syncs 0 "one is made again"
in_step "before the disaster"
before=$(told state <<-'SQL'
	select id, username from credential order by 2;
SQL
)
sql "set client_min_messages = warning; drop schema swbridge cascade"
psql -Xq -v ON_ERROR_STOP=1 -f "$tmp/older.sql" >/dev/null || bail_out "the dump cannot be restored"
mark=$(sim count/seq)
swb sync
unlike "$(told log "$mark" <<-'SQL'
	select op, type, name from log where op in ('create', 'delete');
SQL
)" "." "I38: an older ledger creates and removes nothing"
is "$(twins)" "" "I38: nothing is there twice"
is "$(told state <<-'SQL'
	select id, username from credential order by 2;
SQL
)" "$before" "I8: what is there keeps its ids and names"
for key in k106 k107; do
	is "$(state_of $key)" rejected "I38: $key, made after the dump, is reported"
	like "$(sql "select last_error from swbridge.sync where key = '$key'")" "exists remotely, not in the ledger" "I38: as what it is"
done
is "$(told state <<-'SQL'
	select password from credential where username = '101';
SQL
)" newer "what changed after the dump is right"
for run in 1 2 3; do
	settle
	swb sync
done
is "$(twins)" "" "I38: nor three passes later"
is "$rc" 4 "I40: what is rejected is never exit 0"
quiet "restored" "$rc"
unlike "$(told log "$mark" <<-'SQL'
	select op, type, name from log where op = 'delete' and name not in ('103', 'k103@pbx.example.com');
SQL
)" "." "I38: and nothing that the PBX wants was removed"

done_testing
