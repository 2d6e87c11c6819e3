# world.sh - a PBX, a SignalWire and a ledger between them, for tests of whole passes.
#
# Sourced in place of lib.sh, which it brings along.  A scenario begins with
# world(), changes the PBX by SQL, calls syncs() and looks at all three sides:
# sent() for the simulator's log, mirrored() for what is there, and quiet() for
# the rule that stands over them all: a mirror in step is left alone.
#
# WORLD_TARGET=sip-endpoint runs the same scenario with standalone credentials
# (tests/test_target_*.sh).  What is told of the simulator then speaks of
# "credential" and PATCH all the same, with the fields that a PUT really changed;
# what is wanted loses what there is only with subscribers, lines and e-mails.
# with_subscribers asks, either() chooses, on_target() keeps a scenario from running.

. "${SRCDIR:-.}/tests/lib.sh"

[ -x "$BUILDDIR/tests/sim/swbridge-sim" ] || skip_all "the simulator is not built"

mark=0
WORLD_TARGET=${WORLD_TARGET-subscriber}

with_subscribers() {
	[ "$WORLD_TARGET" = subscriber ]
}

# either WITH-SUBSCRIBERS WITHOUT
either() {
	if with_subscribers; then printf '%s\n' "$1"; else printf '%s\n' "$2"; fi
}

# What there is only with subscribers goes from what a test wants.
on_target() {
	if with_subscribers; then
		printf '%s\n' "$1"
	else
		printf '%s\n' "$1" | sed -e '/^ *[0-9]* *[A-Z][A-Z]* subscriber/d' -e '/^[^ ]*@[^ ]* {/d' -e 's/ [^ ]*@[^ ]* /  /'
	fi
}

if ! with_subscribers; then
	is() { # GOT WANTED DESCRIPTION
		world_wanted=$(on_target "$2")
		if [ "$1" = "$world_wanted" ]; then
			pass "$WORLD_TARGET: $3"
		else
			not_ok "$WORLD_TARGET: $3" "got:    $1" "wanted: $world_wanted"
		fi
	}
fi

# world NAME [SECTION.KEY=VALUE…]: everything new, and `init` has run.
world() {
	world_name=$1
	shift
	stop_sim
	start_sim
	with_subscribers || set_sim '{"list_defaults":false}'
	new_database "$world_name"
	sql "create table pbx_users (
		key text primary key, extension text not null, secret text, enabled boolean not null default true,
		username text, email text, caller_id text, send_as text, codecs text, ciphers text, encryption text,
		first_name text, last_name text, display_name text, skip_reason text,
		protected boolean not null default false)"
	sql "create schema test
		create table foreign_credential (username text primary key)
		create table foreign_subscriber (email text primary key)"
	config "$@"
	swb init
	[ "$rc" -eq 0 ] || bail_out "init: $rc $err"
	mark=$(sim count/seq)
}

# The configuration of a world: no limit, no waiting, unless the caller says otherwise.
config() {
	write_conf mirror.grace=0s mirror.max_removals=unlimited mirror.max_creates=unlimited \
		mirror.max_changes=unlimited "mirror.target=$(either "" "$WORLD_TARGET")" "$@"
}

# people FROM TO: extensions with the key kN, the extension N and the secret secret-N.
people() {
	sql "insert into pbx_users (key, extension, secret)
		select 'k' || n, n, 'secret-' || n from generate_series($1, $2) n"
}

# syncs EXIT-STATUS DESCRIPTION [VERB…]: one pass; sent() tells from here on.
syncs() {
	syncs_rc=$1 syncs_what=$2
	shift 2
	mark=$(sim count/seq)
	requests_before=$(sim count/requests)
	swb "${@:-sync}"
	requests=$(($(sim count/requests) - requests_before))
	if [ "$rc" = "$syncs_rc" ]; then
		pass "$syncs_what"
	else
		not_ok "$syncs_what" "exit status $rc, wanted $syncs_rc" "$out" "$err"
	fi
}

# told WHAT: the simulator's state or log as the relation "told" for a query on standard input.
told() {
	told_file=$(mktemp "$tmp/told.XXXXXX") # its own: two may ask at once
	case $1 in
	state) sim state >"$told_file" ;;
	log) sim "log?since=$(either "${2:-0}" 0)" >"$told_file" ;;
	esac
	{
		printf '%s\n' "\\set told \`cat '$told_file'\`" "\\set since ${2:-0}"
		case $1 in
		state) printf '%s\n' "create temp view credential as
			select * from jsonb_to_recordset(:'told'::jsonb -> '$(either credentials sip_endpoints)')
			as c(id uuid, subscriber_id uuid, username text, password text, caller_id text, codecs jsonb, email text,
				call_handler text, calling_handler_resource_id uuid);
			create temp view subscriber as select * from jsonb_to_recordset(:'told'::jsonb -> 'subscribers')
			as s(id uuid, email text, first_name text, last_name text, display_name text, job_title text);" ;;
		log) printf '%s\n' "create temp view $(either log raw) as select l.* from regexp_split_to_table(:'told', E'\\n') line,
			jsonb_to_record(line::jsonb) as l(seq bigint, by text, method text, path text, op text, type text,
				id uuid, subscriber_id uuid, name text, late boolean, fields jsonb) where line <> '';"
			with_subscribers || cat "$SRCDIR/tests/target.sql" ;;
		esac
		cat
	} | psql -XAtq -F ' ' -v ON_ERROR_STOP=1 -f -
	told_rc=$?
	rm -f "$told_file"
	return "$told_rc"
}

# sent: what the last pass changed, a line each: method, type, name and the fields it carried.  In order.
sent() {
	told log "$mark" <<-'EOF'
		select method, type, name, (select string_agg(f, ',' order by f) from jsonb_object_keys(fields) f)
		  from log where by = 'api' and op <> 'cascade' order by seq;
	EOF
}

# sent_sorted: the same where the order of different subscribers does not matter.
sent_sorted() {
	sent | LC_ALL=C sort
}

# sent_values METHOD: name and body, by name: those of different names went side by side.
sent_values() {
	told log "$mark" <<-EOF
		select name, fields from log where by = 'api' and method = '$1' order by name collate "C", seq;
	EOF
}

# remote: username, e-mail, password and caller id of everything that is there.
remote() {
	told state <<-'EOF'
		select username, email, password, caller_id from credential order by username;
	EOF
}

# PBX, ledger and simulator say the same of every enabled row with a secret; else $mirrored_found says what differs.
mirrored_quietly() {
	mirrored_found=$(told state <"$SRCDIR/tests/$(either mirrored target_mirrored).sql") && [ -z "$mirrored_found" ]
}

mirrored() { # DESCRIPTION
	if mirrored_quietly; then pass "$1: mirrored"; else not_ok "$1: mirrored" "$mirrored_found"; fi
}

secret_of() { # USERNAME: the password of the credential that is called so
	told state <<-EOF
		select password from credential where username = '$1';
	EOF
}

# Every row of the ledger with its place and its writer: whatever is written shows.
ledger_print() {
	sql "select 'sync', ctid, xmin, * from swbridge.sync order by key;
		select 'subscriber', ctid, xmin, * from swbridge.subscriber order by no;
		select 'journal', ctid, xmin, * from swbridge.journal order by id" >"$1"
}

# quiet DESCRIPTION [EXIT-STATUS]: one more pass sends nothing and writes nothing.
quiet() {
	quiet_requests=$(sim count/requests)
	ledger_print "$tmp/ledger.before"
	swb sync
	ledger_print "$tmp/ledger.after"
	quiet_requests=$(($(sim count/requests) - quiet_requests))
	if [ "$quiet_requests $rc" = "0 ${2:-0}" ] && cmp -s "$tmp/ledger.before" "$tmp/ledger.after"; then
		pass "I18: $1: once more does nothing"
	else
		not_ok "$1: once more does nothing" "exit status $rc, wanted ${2:-0}; $quiet_requests requests" "$out" "$err" \
			"$(diff "$tmp/ledger.before" "$tmp/ledger.after")"
	fi
}

# in_step DESCRIPTION [EXIT-STATUS]: mirrored, and quiet.
in_step() {
	mirrored "$1"
	quiet "$1" "${2:-0}"
}

# never_at_once: no two mutations of one subscriber were ever under way together.
never_at_once() {
	is "$(sim count/overlapping_writes)" 0 "no two writes at once on one subscriber"
}

ids() { # KEY: subscriber and credential
	sql "select subscriber_id, sip_endpoint_id from swbridge.mapping where key = '$1'"
}

state_of() { # KEY
	sql "select state from swbridge.mapping where key = '$1'"
}

journal_of() { # KEY: its changes, oldest first
	sql "select operation || ':' || coalesce(outcome, 'open') from swbridge.journal where key = '$1' order by id" | tr '\n' ' ' |
		sed 's/ $//'
}

# fault RULE; a PATCH is the PUT that stands for it.
fault() {
	sim fault -d "$(either "$1" "$(printf '%s' "$1" | sed 's/"method":"PATCH"/"method":"PUT"/')")" >/dev/null </dev/null
}

# carried METHOD: how many the simulator has seen; the same of a PATCH.
carried() {
	sim "count/$(either "$1" "$(printf '%s' "$1" | sed 's/PATCH/PUT/')")"
}

set_sim() {
	sim settings -d "$1" >/dev/null
}

# at_rest LAST_COMPLETE_PASS: the daemon has looked at everything since that one ('': since ever), and is not about to
# again: its last look is a second old.  Nothing but a notification tells it of what changes from here on.
at_rest() {
	[ "$(sql "select count(*) from swbridge.holder where last_complete_pass < clock_timestamp() - interval '1 second'
		and last_complete_pass is distinct from nullif('$1', '')::timestamptz")" = 1 ]
}

# A lock goes with its connection, of whose end the server hears a moment after that of a process.
lock_free() { [ "$(sql "select count(*) from pg_locks where locktype = 'advisory' and granted")" = 0 ]; }

# locks TABLE: a session of somebody's lets who writes there wait, until unlocks.
locks() {
	locked_table=$1
	rm -f "$tmp/locker"
	mkfifo "$tmp/locker"
	psql -XAtq <"$tmp/locker" >/dev/null 2>&1 &
	locker=$!
	exec 7>"$tmp/locker"
	echo "begin; lock table $locked_table in share mode;" >&7
	wait_for 20 is_locked || not_ok "$locked_table is locked"
}
is_locked() { [ "$(sql "select count(*) from pg_locks where relation = '$locked_table'::regclass and mode = 'ShareLock' and granted")" = 1 ]; }
is_stuck() { [ "$(sql "select count(*) from pg_locks where relation = '$locked_table'::regclass and not granted")" = 1 ]; }
# What was started meanwhile has the other end as well: the session is told to end.
unlocks() {
	printf '%s\n' 'commit;' '\q' >&7
	exec 7>&-
	wait "$locker"
}

# settle: what is unknown has waited long enough.
settle() {
	sql "update swbridge.journal set settles_at = now() - interval '1 second' where outcome is null"
}
