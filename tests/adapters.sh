# adapters.sh - what the tests of the adapters share; sourced in place of world.sh, which it brings along.
#
# An adapter NAME has its fixtures in tests/adapters/NAME:
#
#	tables.sql     the PBX's tables, with the names and types of a release
#	rows.sql       rows for them: users, trunks, and everything that goes wrong
#	rows           what the adapter yields of them: its columns, | between them, a line each
#	credentials    what is at SignalWire behind the first sync
#	status         what `status` says is refused or skipped, and why
#
# A test calls adapter_world, then adapter_yields, adapter_mirrors, adapter_reports, adapter_issues, then
# tells() for each of the PBX's own ways of writing, arrives() for what comes of it through
# a daemon, survives() for the PBX's upgrades, and adapter_leaves at its end.

. "${SRCDIR:-.}/tests/world.sh"

# adapter_world NAME [SECTION.KEY=VALUE…]: simulator and tables, the adapter installed with its triggers.
adapter_world() {
	adapter=$1
	shift
	adapter_function=$(printf '%s' "$adapter" | tr - _)
	fixture=$SRCDIR/tests/adapters/$adapter
	stop_sim
	start_sim
	new_database "$(printf '%s' "$adapter_function${adapter_worlds-}")"
	adapter_worlds=${adapter_worlds-}x
	adapter_load
	dump_schema "$tmp/dump.before"
	config "postgres.source=swbridge.$adapter_function" "$@"
	swb init --adapter "$adapter" --triggers
	[ "$rc" -eq 0 ] || bail_out "init --adapter $adapter: $rc $err"
	set_sim "{\"numbers\":\"$(adapter_query "select string_agg(distinct send_as, ',') from source where send_as is not null")\"}"
}

# The fixtures into the database; a test may replace it.
adapter_load() {
	psql -XAtq -v ON_ERROR_STOP=1 -f "$fixture/tables.sql" -f "$fixture/rows.sql" || bail_out "the fixtures of $adapter do not load"
}

adapter_query() { # SQL over what the adapter yields, as the relation "source"
	sql "with source as (select * from swbridge.$adapter_function()) $1"
}

dump_schema() { # FILE
	pg_dump --schema-only --no-owner | sed '/^\\\(un\)\{0,1\}restrict /d' >"$1"
}

same_as() { # FILE DESCRIPTION: $tmp/got is what stands in the fixture
	if cmp -s "$tmp/got" "$fixture/$1"; then pass "$2"; else not_ok "$2" "$(diff "$fixture/$1" "$tmp/got")"; fi
}

# What the function yields, asked for everything and for each key alone.
adapter_yields() {
	psql -XAq --pset footer=off -c "select * from swbridge.$adapter_function() order by key collate \"C\"" >"$tmp/yields"
	cp "$tmp/yields" "$tmp/got"
	same_as rows "$adapter yields just these rows"
	psql -XAq --pset footer=off -c "select r.* from swbridge.$adapter_function() s, swbridge.$adapter_function(array[s.key]) r
		order by r.key collate \"C\"" >"$tmp/keyed"
	ok "and each of them by its key" cmp -s "$tmp/yields" "$tmp/keyed"
	is "$(sql "select count(*) from swbridge.$adapter_function(array['no such key', '', '''', '%', '?/x', '00000000-0000-0000-0000-000000000000', '1'])")" 0 \
		"and nothing for keys that nobody has"
}

# credentials: everything at SignalWire, a line each.
credentials() {
	told state <<-'EOF' | tr ' ' '|' | tr '\001' ' '
		select replace(concat_ws(' ', c.username, c.password, lower(c.email), coalesce(replace(c.caller_id, ' ', E'\x01'), '-'),
		               coalesce(c.send_as, '-'), coalesce((select string_agg(x, ',') from jsonb_array_elements_text(c.codecs) x), '-'),
		               coalesce(c.encryption, '-'), coalesce((select string_agg(x, ',') from jsonb_array_elements_text(c.ciphers) x), '-'),
		               coalesce(replace(concat_ws(E'\x01', s.first_name, s.last_name), ' ', E'\x01'), '-')), '  ', ' ')
		  from jsonb_to_recordset(:'told'::jsonb -> 'credentials') as c(subscriber_id uuid, username text, password text, email text,
		               caller_id text, send_as text, codecs jsonb, encryption text, ciphers jsonb)
		  join subscriber s on s.id = c.subscriber_id
		 order by c.username collate "C";
	EOF
}

# One sync, and what is there then.  EXIT-STATUS: 4 where the rows have some that are refused.
adapter_mirrors() { # [EXIT-STATUS]
	syncs "${1:-0}" "$adapter: the first sync"
	credentials >"$tmp/got"
	same_as credentials "$adapter: just these credentials are at SignalWire"
	quiet "$adapter" "${1:-0}"
}

adapter_reports() {
	swb status
	printf '%s\n' "$out" | sed -n '/^\(Refused\|In the PBX\)/,$p' | sed 's/ *$//' >"$tmp/got"
	same_as status "$adapter: what is not mirrored is reported, with its reason"
}

# adapter_issues KEYS: with [mirror] issue_secrets these get a new secret, and nobody else.
adapter_issues() {
	sed -i 's/^\[mirror\]$/&\nissue_secrets = yes/' "$conf"
	swb --json plan
	is "$(printf '%s\n' "$out" | sed -n 's/^{"type":"change","key":"\([^"]*\)".*"issues_secret":true.*/\1/p' | xargs)" "$1" \
		"$adapter: only of these there is a hash alone"
	sed -i '/^issue_secrets = yes$/d' "$conf"
}

# heard SQL…: the payloads that a session is told while it runs these, each a transaction.
heard() {
	for heard_sql; do
		shift
		set -- "$@" -c "$heard_sql"
	done
	psql -XAq -v ON_ERROR_STOP=1 -c "listen swbridge" "$@" -c "select" >"$tmp/heard" 2>&1 || echo "failed: $(cat "$tmp/heard")"
	sed -n 's/^Asynchronous notification.* with payload "\(.*\)" received from.*/\1/p' "$tmp/heard" | sort -u | xargs
}

tells() { # DESCRIPTION PAYLOADS SQL…: each a transaction; payloads sorted, each once
	tells_what=$1 tells_wanted=$2
	shift 2
	is "$(heard "$@")" "$tells_wanted" "$tells_what"
}

# arrives DESCRIPTION SQL QUERY WANTED: the daemon hears of it and QUERY over told state says so, long before any poll.
arrives() {
	[ -n "$swb_pid" ] || adapter_listens
	arrives_query=$3 arrives_wanted=$4
	if arrived; then not_ok "$1: it was so before"; return; fi
	sql "$2" || not_ok "$1: the write"
	if wait_for 15 arrived; then pass "$1: arrives"; else not_ok "$1: arrives" "got:    $arrives_got" "wanted: $arrives_wanted" "$(tail -n 5 "$tmp/err")"; fi
}

arrived() {
	arrives_got=$(printf '%s\n' "$arrives_query" | told state)
	[ "$arrives_got" = "$arrives_wanted" ]
}

# The daemon, that polls but once a day.
adapter_listens() {
	sed -i '/^\[listen\]/,$d' "$conf"
	printf '[listen]\npoll = 1d\nmetrics =\nverify = 0s\n' >>"$conf"
	adapter_pass=$(sql "select last_complete_pass from swbridge.holder")
	start_swb listen -v
	wait_for 15 grep -q 'notifications arrive' "$tmp/err" || not_ok "the daemon hears" "$(cat "$tmp/err")"
	# The looks of its start are over, so that none of them finds what the triggers are to tell.
	wait_for 15 at_rest "$adapter_pass" || not_ok "the daemon has looked" "$(cat "$tmp/err")"
}

# survives TABLE COLUMN [GONE]: the PBX's upgrades of a column go on with function and triggers in place; another
# type changes nothing of what is yielded.  GONE: what is said where the column is dropped, '' where all goes on.
survives() {
	survives_key="public.$1.$2"
	sql "begin; create table test_kept as select * from swbridge.$adapter_function(); commit"
	survives_type=$(sql "select format_type(atttypid, atttypmod) from pg_attribute where attrelid = 'public.$1'::regclass and attname = '$2'")
	if sql "alter table public.$1 alter column $2 drop default; alter table public.$1 alter column $2 type $(wider "$survives_type") using $2::text::$(wider "$survives_type")" 2>"$tmp/ddl"; then
		is "$(sql "select count(*) from ((table test_kept except select * from swbridge.$adapter_function())
			union all (select * from swbridge.$adapter_function() except table test_kept)) d" 2>&1)" 0 \
			"I26: $survives_key: from $survives_type to $(wider "$survives_type"), and all goes on"
	else
		not_ok "I26: $survives_key: another type" "$(cat "$tmp/ddl")"
	fi
	sql "drop table test_kept; create table test_kept as select ctid as place, $2 from public.$1"
	sql "alter table public.$1 drop column $2 cascade" 2>"$tmp/ddl" || not_ok "$survives_key: dropped" "$(cat "$tmp/ddl")"
	swb plan
	if [ -z "${3-}" ]; then
		case $rc in
		0 | 3 | 4) pass "I26: $survives_key: dropped, and it goes on" ;;
		*) not_ok "I26: $survives_key: dropped, and it goes on" "exit status $rc" "$err" ;;
		esac
	else
		is "$rc" 6 "$survives_key: dropped, and nothing is done"
		like "$err" "$3" "$survives_key: it says that the source changed"
	fi
	sql "alter table public.$1 add column $2 $(wider "$survives_type");
		update public.$1 t set $2 = k.$2 from test_kept k where k.place = t.ctid; drop table test_kept"
}

# A type that a PBX's upgrade might give a column of this one.
wider() {
	case $1 in
	uuid | boolean | *enum* | ast_bool_values | type_values | pjsip_* | extenumbers_type | endpoint_sip_section_type) echo text ;;
	integer | smallint) echo bigint ;;
	*) echo 'character varying(4000)' ;;
	esac
}

# Uninstalling leaves the PBX's schema as it was before.
adapter_leaves() {
	[ -z "$swb_pid" ] || stop_swb
	swb init --uninstall
	is "$rc" 0 "init --uninstall" || diag "$err"
	dump_schema "$tmp/dump.after"
	if cmp -s "$tmp/dump.before" "$tmp/dump.after"; then
		pass "the schema is as it was before the adapter came"
	else
		not_ok "the schema is as it was before the adapter came" "$(diff "$tmp/dump.before" "$tmp/dump.after" | head -n 20)"
	fi
}
