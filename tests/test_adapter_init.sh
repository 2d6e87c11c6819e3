#!/bin/sh
# test_adapter_init - installing an adapter, as whom, from what configuration, beside what was there; and tenants.
. "${SRCDIR:-.}/tests/adapters.sh"

adapter=kamailio adapter_function=kamailio fixture=$SRCDIR/tests/adapters/kamailio
start_sim
set_sim '{"numbers":"+15551230111"}'
new_database chosen
adapter_load
dump_schema "$tmp/dump.before"

# ---- what the configuration must say ---------------------------------------------------

config postgres.source=
swb init --adapter kamailio
is "$rc" 78 "no source"
like "$err" 'source is not set.*source = swbridge.asterisk_pjsip' "it says that an adapter is named there"
config postgres.source=public.subscriber
swb init --adapter kamailio
is "$rc" 78 "another source"
like "$err" 'source says public.subscriber; write: source = swbridge.kamailio' "it says what to write"
swb init --adapter nonsense
is "$rc" 64 "an adapter that there is not"
like "$err" 'there are: .*kamailio' "it says which there are"
swb init --adapter kamailio --uninstall
is "$rc" 64 "--adapter and --uninstall"
config postgres.source=swbridge.asterisk_sip
swb init --adapter asterisk-sip
is "$rc" 78 "the adapter of another PBX"
like "$err" 'error: The PBX has no table sippeers in schema public: the source changed.* for\.$' "it says what is missing, in one sentence"
swb init --uninstall
is "$rc" 0 "what was begun is taken away"
dump_schema "$tmp/dump.after"
ok "and nothing is left" cmp -s "$tmp/dump.before" "$tmp/dump.after"

# ---- the source alone names it, too --------------------------------------------------------

config postgres.source=swbridge.kamailio 'mirror.username={username}-{tenant}'
swb init
is "$rc" 0 "init without --adapter, where the source names one" || diag "$err"
like "$out" 'Installed the adapter kamailio' "installs it"
swb check
like "$out" '^ok +triggers +none: .*swbridge init --triggers' "check says that there are no triggers"
printf '[listen]\nmetrics =\n' >>"$conf"
start_swb listen --observe
ok "so does a daemon" wait_for 15 grep -q 'there are no triggers on the tables beneath swbridge.kamailio: .*swbridge init --triggers' "$tmp/err"
stop_swb
swb init --triggers
like "$out" 'Triggers on .*subscriber tell a daemon' "init --triggers makes them"
swb check
like "$out" 'triggers +on .*subscriber.*one after the other' "check knows them and their cost"
swb init --triggers
like "$out" '^The triggers on .*subscriber.* are there already' "init --triggers says that they are there"
swb init --json --triggers
like "$out" '"adapter":"kamailio","adapter_installed":false,"triggers_installed":false' "once more does nothing, in JSON"
sql "create or replace function swbridge.adapter_text(value text) returns text language sql as 'select value'"
swb init
like "$out" 'Installed the adapter kamailio' "a function of another version is made anew"
is "$(sql "select count(*) from pg_trigger where tgname like 'notify_adapter%'")" 4 "and the triggers stay"

# ---- tenants ---------------------------------------------------------------------------

config postgres.source=swbridge.kamailio 'mirror.username={username}-{tenant}' 'mirror.include=a.example/*'
syncs 0 "one tenant"
is "$(credentials | cut -d '|' -f 1 | xargs)" "alice-a.example frank-a.example grace-a.example" "include = TENANT/PATTERN: nobody of another"
config postgres.source=swbridge.kamailio 'mirror.username={username}-{tenant}' 'mirror.include=a.example/*, b.example/a*' 'mirror.exclude=a.example/f*'
syncs 0 "a part of another, without a part of the first"
is "$(credentials | cut -d '|' -f 1 | xargs)" "alice-a.example alice-b.example grace-a.example" "include and exclude by tenant"
config postgres.source=swbridge.kamailio mirror.max_removals=0
swb sync
is "$rc" 4 "names that collide"
like "$out" 'a.example/alice .*rejected .*another row of the source wants the same username' "both are named"
is "$(credentials | grep -c '^alice-')" 2 "and both stay as they are"

# ---- from an adapter to a table and back -----------------------------------------------------

sql "create table phones (extension text primary key, secret text)"
config postgres.source=public.phones
swb init
like "$out" 'Took the triggers away from .*subscriber' "another source: the adapter's triggers go"
is "$(sql "select count(*) from pg_trigger where tgname like 'notify%'")" 0 "all of them"
swb init --triggers
config postgres.source=swbridge.kamailio
swb init --triggers
is "$rc $(sql "select string_agg(distinct tgrelid::regclass::text, ' ') from pg_trigger where tgname like 'notify%'")" "0 dbaliases subscriber" \
	"and back: those of the table go"
swb init --uninstall
sql "drop table phones"
dump_schema "$tmp/dump.after"
ok "--uninstall leaves nothing" cmp -s "$tmp/dump.before" "$tmp/dump.after"

# ---- as SQL, by the owner ------------------------------------------------------------------

sql "create role owner login; create role bridge login; grant create on database chosen to bridge; grant usage, create on schema public to owner;
	alter table subscriber owner to owner; alter table dbaliases owner to owner; grant select on subscriber, dbaliases to bridge;
	grant pg_read_all_settings to bridge"
config postgres.source=swbridge.kamailio "postgres.conninfo=host=$PGHOST user=bridge dbname=$PGDATABASE" 'mirror.username={username}-{tenant}'
swb init --adapter kamailio --triggers
is "$rc" 78 "a role that does not own the tables"
like "$err" 'subscriber belongs to owner.*--print-sql --adapter kamailio --triggers' "is told whom to ask for what"
swb init --print-sql --adapter kamailio --triggers
is "$rc" 0 "the SQL for the owner"
unlike "$out" 'create table|create function adapter_rows' "holds only what is missing"
printf '%s\n' "$out" >"$tmp/owner.sql"
sql "grant usage, create on schema swbridge to owner"
psql -XAtq -v ON_ERROR_STOP=1 -U owner -f "$tmp/owner.sql" >"$tmp/owner.out" 2>&1
is "$? $(sql "select count(*) from pg_trigger where tgname like 'notify_adapter%'")" "0 4" "the owner runs it" || diag "$(cat "$tmp/owner.out")"
swb init --triggers
is "$rc" 0 "and init --triggers is content" || diag "$err"
config postgres.source=swbridge.kamailio
swb init --uninstall
swb init --print-sql --adapter kamailio --triggers
printf '%s\n' "$out" >"$tmp/all.sql"
ok "the whole as SQL, from nothing" psql -XAtq -v ON_ERROR_STOP=1 -o "$tmp/all.out" -f "$tmp/all.sql" 2>"$tmp/all.err"
swb init --triggers
unlike "$out" 'Installed|Triggers on' "which init leaves as it is"
swb init --uninstall

# ---- tables in a schema of their own --------------------------------------------------------

sql "create schema kam; alter table subscriber set schema kam; alter table dbaliases set schema kam"
swb init
is "$rc" 78 "tables in a schema that is not in the path"
like "$err" "there is one in kam; put options='-c search_path=kam' into" "it says how to name it"
config postgres.source=bridge2.kamailio "postgres.conninfo=host=$PGHOST user=$PGUSER dbname=$PGDATABASE options='-c search_path=kam'" 'mirror.username={username}-{tenant}' postgres.schema=bridge2
swb init --triggers
is "$rc" 0 "with the path, and the bridge in another schema than usual" || diag "$err"
swb plan
is "$rc" 0 "it reads them" || diag "$err"
is "$(psql -XAtq -c 'listen bridge2' -c "update kam.subscriber set password = 'x' where username = 'erin'" -c select | grep -c '"a.example/erin"')" 1 "and they speak"
done_testing
