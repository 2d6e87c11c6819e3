#!/bin/sh
# A database, a source or a remote side that is not as it should be: one clear
# sentence that names the setting, the right exit status, and nothing is lost.
. "${SRCDIR:-.}/tests/world.sh"

# ends STATUS REGEX DESCRIPTION VERB…: exit status and sentence; no mutation was sent.
ends() {
	ends_rc=$1 ends_says=$2 ends_what=$3
	shift 3
	ends_seq=$(sim count/mutations 2>/dev/null)
	swb "$@"
	if [ "$rc" = "$ends_rc" ] && printf '%s\n' "$err" | grep -Eq -e "$ends_says"; then
		pass "$ends_what ends with $ends_rc and says why"
	else
		not_ok "$ends_what ends with $ends_rc and says why" "exit status $rc" "wanted: $ends_says" "$out" "$err"
	fi
	is "$(sim count/mutations 2>/dev/null)" "$ends_seq" "$ends_what: nothing was changed"
}

whole() { # DESCRIPTION: all five are there, and a pass has nothing to do
	swb sync
	is "$rc" 0 "$1: sync is content"
	is "$(sim state | grep -c '"username":"10[1-5]"')" 5 "$1: nothing is lost"
}

# ---- The source.
world source
people 101 105
syncs 0 "five extensions"

sql "alter table pbx_users rename column codecs to codecs_old"
ends 6 'column "codecs" of public.pbx_users is gone.*swbridge init' "a bound column that is gone" sync
ends 6 'column "codecs" of public.pbx_users is gone.*swbridge init' "a bound column that is gone, in plan," plan
sql "alter table pbx_users rename column codecs_old to codecs"
sql "alter table pbx_users rename column secret to password"
ends 6 'column "secret" of public.pbx_users is gone.*\[columns\]' "the secret's column gone" sync
ends 78 'has no column "secret".*\[columns\].*its columns are: .*password' "init without the secret's column" init
sql "alter table pbx_users rename column password to secret"
whole "columns back"

sql "alter table pbx_users rename to elsewhere"
ends 6 'public.pbx_users is gone.*\[postgres\] source' "a table that is gone" sync
ends 78 'has no table.*public.pbx_users.*\[postgres\] source' "init without the table" init
sql "alter table elsewhere rename to pbx_users"
whole "table back"

sql "create table numbers (number text, secret text)"
write_conf postgres.source=public.numbers
ends 78 'public.numbers has no column "extension".*\[columns\].*number, secret' "init without an extension's column" init
config

# ---- Rights, with a role of its own and a password.
hba=$(sql "show hba_file")
{
	echo "local all bridge scram-sha-256"
	cat "$hba"
} >"$tmp/hba" && cat "$tmp/hba" >"$hba"
sql "create role bridge login password 'right-77'; grant usage on schema swbridge to bridge;
	grant select, insert, update, delete on all tables in schema swbridge to bridge;
	grant usage on all sequences in schema swbridge to bridge;
	grant select on pbx_users to bridge; select pg_reload_conf()" >/dev/null
password_asked() {
	! psql -wXqc "select" "host=$PGHOST user=bridge dbname=$PGDATABASE" >/dev/null 2>&1
}
wait_for 10 password_asked || bail_out "the server does not ask for the password"
server="host=$PGHOST dbname=$PGDATABASE"
config "postgres.conninfo=$server user=bridge password=right-77"
whole "a role with few rights"

sql "delete from pbx_users where extension = '103'; revoke select on pbx_users from bridge"
ends 6 'role bridge may not read public.pbx_users.*grant select on public.pbx_users to bridge' "SELECT revoked" sync
sql "grant select on pbx_users to bridge; alter table pbx_users enable row level security;
	create policy a_few on pbx_users using (extension < '102')"
ends 6 'row-level security policy would hide rows.*bypassrls.*row_security' "a policy that hides rows" sync
ends 6 'row-level security policy would hide rows' "a policy that hides rows, in plan," plan
sql "alter table pbx_users disable row level security; insert into pbx_users (key, extension, secret)
	values ('k103', '103', 'secret-103')"
whole "rights back"

config "postgres.conninfo=$server user=bridge password=wrong-88"
ends 78 'as user bridge.*password authentication failed.*password in conninfo' "a wrong password" sync
unlike "$err" "wrong-88" "which is not shown"
config "postgres.conninfo=$server user=bridge"
ends 78 'no password supplied.*conninfo' "no password" sync
config "postgres.conninfo=host=$PGHOST dbname=nowhere"
ends 78 'database "nowhere" does not exist.*dbname in conninfo' "a database that is not there" sync
config "postgres.conninfo=host=$tmp dbname=nowhere"
ends 75 "Is the server running.*host in conninfo" "a server that is not there" sync

# ---- The remote side.
config signalwire.api_token=PTwrong0wrong0wrong
whole "a wrong token with nothing to send"
sql "update pbx_users set secret = 'new-101' where extension = '101'"
ends 77 "\[signalwire\] project_id and the token right" "a wrong token" sync
ends 77 "\[signalwire\] project_id and the token right" "a wrong token, in init," init --rebind
config
sim fault -d '{"action":"html_200","times":-1}' >/dev/null
ends 75 "not JSON but HTML.*space and proxy \(\[signalwire\]\)" "a server that answers HTML" sync
sim fault/clear -d '{}' >/dev/null
whole "API back"
is "$(sim state | grep -c '"password":"new-101"')" 1 "the changed secret arrived"

sql "update pbx_users set secret = 'new-102' where extension = '102'"
sim fault -d '{"method":"PATCH","action":"html_200","times":-1}' >/dev/null
syncs 5 "HTML to a mutation leaves its outcome unknown"
like "$out" "102.*unknown.*not JSON but HTML" "and is named"
sim fault/clear -d '{}' >/dev/null
sql "update swbridge.journal set settles_at = now() where outcome is null"
whole "settled"
is "$(sim state | grep -c '"password":"new-102"')" 1 "the changed secret arrived"

sql "update pbx_users set secret = 'new-103' where extension = '103'"
url=$sim_url
stop_sim
ends 75 "could not be reached.*try again later.*space and proxy \(\[signalwire\]\)" "a server that is down" sync
is "$sim_url" "$url" "at the same address"
swb plan
is "$rc" 0 "a plan needs no server"
like "$out" "103.*secret" "and knows what is to be done"

done_testing
