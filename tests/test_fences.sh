#!/bin/sh
# test_fences.sh - the wrong project, space, database or columns, and what cannot be believed: nothing is removed, nothing created, and it is said why.
. "${SRCDIR:-.}/tests/world.sh"

OTHER=99999999-2222-4333-8444-555555555555

# fenced STATUS REGEX DESCRIPTION: a pass that would remove, create and change does none of it, and says why.
fenced() {
	syncs "$1" "$3: ends with $1"
	like "$out$err" "$2" "$3: the sentence names the way out"
	is "$(sent)" "" "$3: 0 removals, 0 creations, 0 changes"
}

twins() { told log 0 <<-'SQL'
	select type, name, count(*) from log l where op = 'create'
	   and not exists (select from log d where d.id = l.id and d.op in ('delete', 'cascade'))
	 group by 1, 2 having count(*) > 1;
SQL
}

# ---- I11: what the ledger is bound to -------------------------------------------

world bound
people 101 108
syncs 0 "eight extensions"
# All of this is due in every pass below, and is done by the last of them.
sql "delete from pbx_users where key = 'k101'; update pbx_users set secret = 'new' where key = 'k102'"
people 109 109

config "signalwire.project_id=$OTHER"
fenced 6 "bound to project $SIM_PROJECT, .signalwire. project_id says $OTHER.*postgres. schema" "I11: another project id"
is "$requests" 0 "I11: another project id: not one request"
config "signalwire.api_url=http://127.0.0.1:1"
fenced 6 "bound to $sim_url, .* says http://127.0.0.1:1.*space.*swbridge init --rebind" "I11: another space"
config

home=$PGDATABASE
sql "create database twin template $home" -d postgres
PGDATABASE=twin
config
fenced 6 "another database or server.*stop the other and run: swbridge init --rebind" "I11: a copied database"
PGDATABASE=$home
sql "create database restored" -d postgres
pg_dump "$home" | psql -Xq -d restored >/dev/null
PGDATABASE=restored
config
fenced 6 "another database or server.*swbridge init --rebind" "I11: a restored dump"
PGDATABASE=$home
config
system=$(sql "update swbridge.identity set system_identifier = system_identifier + 1 returning system_identifier - 1")
fenced 6 "another database or server.*swbridge init --rebind" "I11: a database of the same name in another cluster"
sql "update swbridge.identity set system_identifier = $system"

version=$(sql "select schema_version from swbridge.identity")
sql "update swbridge.identity set schema_version = 99"
fenced 6 "version 99, this swbridge knows only up to $version; install the newer" "I39: a schema of the future"
swb init
is "$rc $(sql "select schema_version from swbridge.identity")" "6 99" "I39: init does not touch it either"
sql "update swbridge.identity set schema_version = 0"
fenced 6 "version 0, this swbridge needs $version; run: swbridge init" "I39: a schema of the past"
sql "update swbridge.identity set schema_version = $version"

# The token is one of another project: everything there answers, and nothing is ours.
sim project -d "{\"id\":\"$OTHER\",\"token\":\"x\",\"domain\":\"other.sip.signalwire.com\"}" >/dev/null
set_sim "{\"act_as\":\"$OTHER\"}"
fenced 6 "SIP domain is other.sip.signalwire.com.*bound to $SIM_DOMAIN.*signalwire.*swbridge init --rebind" "I11: a token of another project"
is "$requests" 1 "I11: one question finds it out"
set_sim '{"act_as":null,"all_404":"all"}'
fenced 6 "does not show the project's SIP profile.*space .or api_url. right" "I10: every answer is 404"
is "$(sql "select count(sip_endpoint_id) from swbridge.sync")" 8 "I10: no id is forgotten"
set_sim '{"all_404":"off"}'

# ---- I12: the source ------------------------------------------------------------

sql "alter table pbx_users rename column codecs to old_codecs"
fenced 6 'column "codecs" of public.pbx_users is gone.*columns.*run: swbridge init' "I12: a dropped column"
for verb in pause resume; do
	swb $verb
	is "$rc" 0 "$verb needs no source"
done
sql "alter table pbx_users rename column old_codecs to codecs"

# A mapping that was changed is not ignored either, whichever way it goes.
sql "alter table pbx_users add pin text"
config columns.secret=pin
fenced 6 'bound to column "secret" of public.pbx_users as secret, but .columns. secret says "pin".*run: swbridge init' "another column in [columns]"
for verb in plan status "explain k102" "retry k102" check; do
	swb $verb
	is "$rc" 6 "another column in [columns]: $verb"
done
like "$out" '^problem +source .*columns. secret says "pin"' "check names it as a problem"
config columns.last_name=pin
fenced 6 'bound to column "last_name" .*but .columns. last_name says "pin"' "a column that is named since"
config columns.job_title=pin
fenced 6 'bound to no column of public.pbx_users as job_title, but .columns. job_title says "pin"' "a column that was not there, and is named since"
config columns.codecs=" "
fenced 6 'bound to column "codecs" .*but .columns. codecs says that there is none' "a column that is left alone since"
config columns.secret=secret columns.tenant=" "
sql "alter table pbx_users add company_name text"
swb check
unlike "$out" '^problem' "what says the same in other words is no difference"
like "$out" "not used, since they are new: company_name" "a column that is only new is not used, and said"
config
sql "alter table pbx_users drop pin, drop company_name"

sql "create role bridge login; grant usage on schema swbridge to bridge; grant select on pbx_users to bridge;
	grant select, insert, update, delete on all tables in schema swbridge to bridge;
	grant usage on all sequences in schema swbridge to bridge"
config "postgres.conninfo=host=$PGHOST user=bridge dbname=$PGDATABASE"
sql "revoke select on pbx_users from bridge"
fenced 6 "role bridge may not read public.pbx_users.*run: grant select on public.pbx_users to bridge" "I12: a revoked SELECT"
sql "grant select on pbx_users to bridge; alter table pbx_users enable row level security"
fenced 6 "policy would hide rows of public.pbx_users.*run: alter role bridge bypassrls.*row_security" "I12: row-level security that hides all rows"
sql "alter table pbx_users disable row level security"
config

sql "create table safe as select * from pbx_users"
sql "truncate pbx_users"
fenced 3 "source has no rows.*give it one row that is disabled or has no secret" "I12: the users table is truncated"
is "$(sql "select count(*) from swbridge.sync where absent_since is not null")" 0 "I12: nobody counts as absent"
# Where all secrets went, nothing is done to the phones either, and it is no secret.
sql "insert into pbx_users select * from safe; insert into pbx_users (key, extension) values ('k101', '101');
	update pbx_users set secret = null"
syncs 0 "I12: all secrets are NULL"
like "$err" "Not one row of the source has a secret; was the secret column renamed" "I12: all secrets are NULL: an alarm"
is "$(sent)" "" "I12: all secrets are NULL: nothing is sent"
sql "truncate pbx_users; insert into pbx_users select * from safe"

syncs 0 "behind the last fence"
is "$(sent_sorted)" "DELETE credential 101 
DELETE subscriber k101@pbx.example.com 
PATCH credential 102 password
POST credential 109 password,username
POST subscriber k109@pbx.example.com email" "what was due all along is done"
in_step "behind the last fence"

# Emptied for good: what is said of it helps.
world emptied
people 101 103
syncs 0 "three extensions"
sql "delete from pbx_users"
syncs 3 "I12: none is left"
is "$(sent)" "" "I12: and nothing is removed"
like "$out" "give it one row that is disabled or has no secret" "it is said what to do"
unlike "$out" "swbridge forget" "and nothing that leaves the phones at work"
sql "insert into pbx_users (key, extension) values ('none', 'none')"
syncs 0 "a row without a secret"
is "$(sent | grep -c '^DELETE credential')" 3 "and the three are removed"
is "$(sql "select count(*) from swbridge.sync")" 0 "from the ledger, too"

# Emptied and filled again by two transactions, a pass between any two statements.
world refilled mirror.grace=1h
people 101 108
syncs 0 "eight extensions"
sql "create table safe as select * from pbx_users"
mark=$(sim count/seq)
for half in "delete from pbx_users where key < 'k105'" "delete from pbx_users" \
	"insert into pbx_users select * from safe where key < 'k105'" "insert into pbx_users select * from safe where key >= 'k105'"; do
	sql "$half"
	swb sync
done
is "$(sent)" "" "I12: deleted and inserted again, a pass between any two: nothing is sent"
is "$(sql "select count(*) from swbridge.sync where absent_since is not null")" 0 "I35: who is back is not absent"
in_step "filled again"

# ---- I10: where the credentials live --------------------------------------------

# One subscriber owns them all, and only the configuration says which.
world place
made=$(sim seed -d '{"subscribers":[{"email":"all@x.example"},{"email":"other@x.example"}]}' | sed -n 's/.*"id":"\([^"]*\)".*/\1/p')
all=$(printf '%s\n' "$made" | sed -n 1p) elsewhere=$(printf '%s\n' "$made" | sed -n 2p)
under() { # ID [SECTION.KEY=VALUE…]: one subscriber owns every credential; empty: none does
	under=$1
	shift
	if [ -n "$under" ]; then config mirror.subscriber_id="$under" mirror.subscriber_domain= "$@"; else config "$@"; fi
}
under "$all"
fenced 6 "bound to no subscriber_id, the configuration has subscriber_id = $all.*run: swbridge init" "a subscriber for all that init did not see"
swb init
is "$rc" 0 "init binds it while nothing is there"
sql "insert into test.foreign_subscriber values ('other@x.example')"
people 101 104
syncs 0 "four credentials under it"
in_step "one for all"
before=$(remote)
sql "update pbx_users set enabled = false where key in ('k101', 'k102')"
for on_remove in delete suspend; do
	for id in "$elsewhere" ""; do
		under "$id" mirror.on_remove=$on_remove
		fenced 6 "bound to subscriber_id = $all, the configuration has .*correct .mirror. subscriber_id" "I10: $on_remove under ${id:-none}"
		for how in "" --rebind; do
			swb init $how
			is "$rc" 6 "I10: init $how does not bind it either"
			like "$err" "Set .mirror. subscriber_id = $all again. To move, .*swbridge forget .*swbridge init; swbridge sync" "and says the ways out"
		done
		# Should that be passed somehow: what nobody can ask about is not gone.
		sql "update swbridge.identity set subscriber_id = '$id'"
		if [ -z "$id" ]; then
			syncs 4 "I10: $on_remove, and no subscriber is known at all"
			like "$out" "does not say under which subscriber its credential is.*set .mirror. subscriber_id" "which is said"
			is "$(sent) $(sql "select count(sip_endpoint_id), string_agg(distinct state, ' ') from swbridge.sync")" " 4|active" "I10: and nothing is recorded"
		fi
		sql "update swbridge.identity set subscriber_id = '$all'"
	done
done
is "$(remote)" "$before" "I10: every phone goes on"
# A ledger of before, which never heard of it.
sql "alter table swbridge.identity drop column subscriber_id; update swbridge.identity set schema_version = 3"
config
swb init
is "$rc" 6 "an older ledger is not taken over without it"
like "$err" "credentials under one subscriber that owns them all.*set .mirror. subscriber_id" "which is said"
under "$all"
swb init
is "$rc $(sql "select schema_version, subscriber_id from swbridge.identity")" "0 4|$all" "with it, it learns it"
syncs 0 "put back, the two go"
in_step "put back"
# A real move.
sql "update pbx_users set enabled = false"
syncs 0 "the others as well"
under "$elsewhere"
swb init
is "$rc" 0 "nothing is left, and another may own what comes"
sql "update pbx_users set enabled = true; update test.foreign_subscriber set email = 'all@x.example'"
syncs 0 "which it does"
is "$(remote | cut -d' ' -f1,2 | sort -u | tr '\n' ',')" "101 other@x.example,102 other@x.example,103 other@x.example,104 other@x.example," "there"
in_step "moved"
# Subscribers of their own.
world place_own
people 101 101
syncs 0 "one with a subscriber of its own"
sim seed -d "{\"subscribers\":[{\"id\":\"$all\",\"email\":\"all@x.example\"}]}" >/dev/null
under "$all"
swb init
is "$rc" 6 "is left behind for no subscriber of all"
like "$err" "extensions with subscribers of their own, the configuration has subscriber_id = $all" "which is said"

# ---- I9: listings that are not whole ----------------------------------------------

# unsure NAME: an extension whose subscriber may have been made, among three pages of others.
unsure() {
	world "$1"
	# The oldest first: what was made last is on the last page.
	set_sim '{"page_size_max":10,"page_size_default":10,"order":"oldest"}'
	sim seed -d '{"bulk":{"count":25,"prefix":"z"}}' >/dev/null
	sql "insert into test.foreign_subscriber select 'z' || n || '@bulk.example' from generate_series(1, 25) n;
		insert into test.foreign_credential select 'z' || n || '-1' from generate_series(1, 25) n"
	people 102 102
	syncs 0 "$1: one extension"
	people 101 101
	fault "{\"method\":\"POST\",\"path\":\"*/subscribers\",\"action\":\"$2\"}"
	syncs 5 "$1: a creation of unknown outcome"
	settle
}

# doubted FAULT REGEX DESCRIPTION: the listing fails, and nothing is concluded from it.
doubted() {
	sim fault -d "$1" >/dev/null
	syncs 5 "$3: it stays unknown"
	like "$out$err" "$2" "$3: and is said"
	like "$out" "A list at SignalWire could not be read whole: nothing is removed" "$3: and what is held for it"
	is "$(sent)" "" "$3: 0 removals, 0 creations"
	is "$(sim faults | grep -c '"acted":0')" 0 "$3: the fault was met"
	sim fault/clear -d '{}' >/dev/null
	settle
}

LIST='"method":"GET","path":"*/subscribers"'
unsure page3 commit_then_reset
# Another extension is gone, which no list has to say; still nothing is removed while one is in doubt.
sql "delete from pbx_users where key = 'k102'"
doubted "{$LIST,\"query\":\"page_number=2\",\"action\":\"status\",\"status\":500,\"times\":-1}" "500" "I9: a 500 on page 3"
doubted "{$LIST,\"query\":\"page_number=1\",\"action\":\"repeat_next\",\"times\":-1}" "came back to a page that was already read" "I9: a page whose next is itself"
doubted "{$LIST,\"query\":\"page_number=2\",\"action\":\"truncated_json\",\"times\":-1}" "JSON" "I9: half a page"
doubted "{$LIST,\"query\":\"page_number=2\",\"action\":\"html_200\",\"times\":-1}" "HTML" "I9: a page of HTML"
syncs 0 "the listing is whole"
is "$(sent | head -n 1)" "POST credential 101 password,username" "I9: what was made is found on it"
is "$(sent | grep -c 'DELETE credential 102')" 1 "and what was due is removed"
in_step "page 3"

# A list that ends early cannot be told from a whole one: then the e-mail's uniqueness has the last word.
for action in no_next drop_page empty_list list_lag; do
	unsure "$action" commit_then_reset
	sim fault -d "{$LIST,\"action\":\"$action\",\"ms\":600000,\"times\":1}" >/dev/null
	swb sync
	settle
	swb sync
	settle
	swb sync
	is "$rc $(twins)" "0 " "I9: $action: nothing is made twice"
	in_step "$action"
done

# The subscriber's own list, before it is deleted: somebody else's credential is on the second page.
world living
set_sim '{"page_size_max":2,"page_size_default":2,"order":"oldest"}'
people 101 102
syncs 0 "two extensions"
sim seed -d "{\"subscriber_id\":\"$(sql "select subscriber_id from swbridge.mapping where key = 'k101'")\",\"credentials\":[
	{\"username\":\"door\"},{\"username\":\"gate\"},{\"username\":\"lift\"},{\"username\":\"roof\"}]}" >/dev/null
sql "insert into test.foreign_credential values ('door'), ('gate'), ('lift'), ('roof');
	insert into test.foreign_subscriber values ('k101@pbx.example.com'); delete from pbx_users where key = 'k101'"
sim fault -d '{"method":"GET","path":"*/sip_endpoints","query":"page_number=1","action":"status","status":500,"times":-1}' >/dev/null
swb sync
isnt "$rc" 0 "I9: a subscriber whose credentials cannot be listed whole"
is "$(told log 0 <<-'SQL'
	select count(*) from log where op = 'delete' and type = 'subscriber';
SQL
)" 0 "I9: is not deleted"
sim fault/clear -d '{}' >/dev/null
settle
swb sync
is "$rc $(told log 0 <<-'SQL'
	select count(*) from log where op = 'delete' and type = 'subscriber';
SQL
)" "0 0" "I7: nor when they can, since they are somebody else's"
is "$(sim state | grep -c '"username":"\(door\|gate\|lift\|roof\)"')" 4 "I7: which all are there"

# ---- I10: gone, says one answer -----------------------------------------------------

world lying
people 101 104
syncs 0 "four extensions"
sql "update pbx_users set secret = 'new'"
fault '{"method":"PATCH","action":"status","status":404,"times":3}'
mark=$(sim count/seq)
swb sync
unlike "$(sent)" "POST|DELETE" "I10: a 404 to a PATCH is not believed while the object is there"
is "$(sql "select count(sip_endpoint_id) from swbridge.sync")" 4 "I10: no id is cleared"
syncs 0 "the next pass"
in_step "lying"

# By id nothing is there and the lists are empty, but the profile answers: max_creates and unique names are left.
world objects
people 101 104
syncs 0 "four extensions"
config mirror.max_creates=0
# Created longer ago than the rails look back: another creation counts.
sql "update swbridge.journal set at = at - interval '25 hours'; update pbx_users set secret = 'new'"
set_sim '{"all_404":"objects"}'
syncs 3 "everything answers 404 but the profile"
is "$(sent)" "" "I10: what seems to have vanished is not created again past max_creates"
like "$out" "max_creates.*swbridge approve creates" "I10: which says how"
set_sim '{"all_404":"off"}'
config
for run in 1 2 3; do
	settle
	swb sync
done
is "$(twins)" "" "I10: when it was a lie nothing is there twice"
is "$rc $(sql "select count(*) from swbridge.mapping where state = 'rejected'")" "4 4" "I38: and they are reported"
like "$(sql "select last_error from swbridge.sync limit 1")" "exists remotely, not in the ledger" "I38: as what they are"

done_testing
