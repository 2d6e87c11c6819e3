#!/bin/sh
# test_listen_terms.sh - how the daemon's terms begin and end: what counts as a look at everything, and as working again; told to end at once.
. "${SRCDIR:-.}/tests/world.sh"
. "$SRCDIR/tests/listens.sh"

# A PBX of which something is told all the time, from before the daemon's first look on.
sings() { # KEY
	sql "create table test.enough ()"
	psql -XAtq >/dev/null <<-SQL &
		do \$\$ begin
			for i in 1..10000000 loop
				perform pg_notify('swbridge', '$1');
				commit;
				exit when to_regclass('test.enough') is null;
			end loop;
		end \$\$
	SQL
	singer=$!
	wait_for 10 is_singing || not_ok "the PBX tells all the time"
}
is_singing() { [ "$(sql "select count(*) from pg_stat_activity where query like '%test.enough%' and pid <> pg_backend_pid()")" = 1 ]; }
falls_silent() {
	sql "drop table test.enough"
	wait "$singer"
}

# ---- the first look of a term ---------------------------------------------------------

world first_look
people 101 112
listens mirror.grace=2s mirror.on_remove=delete
wait_for 20 mirrored_quietly
changes "delete from pbx_users where key = 'k103'" '*'
marked() { [ -n "$(sql "select absent_since from swbridge.sync where key = 'k103'")" ]; }
ok "what is gone from the source is marked" wait_for 10 marked
stop_swb TERM
old_enough() { [ "$(sql "select max(at) < now() - interval '3 s' from (select last_complete_pass at from swbridge.holder union all select absent_since from swbridge.sync) t")" = t ]; }
ok "nobody looks for longer than grace" wait_for 20 old_enough
before=$(full_pass)
# As long as no probe can be sent it does not know that it hears, and hears all the same.
sql "alter function pg_catalog.pg_notify(text, text) rename to pg_notify_later"
config listen.poll=1h listen.metrics=127.0.0.1:0 mirror.grace=2s mirror.on_remove=delete
start_swb -v listen
is_listening() { [ "$(sql "select count(*) from pg_stat_activity where application_name = 'swbridge listen (ears)' and query like 'listen %' and state = 'idle'")" = 1 ]; }
wait_for 20 is_listening || not_ok "it listens" "$(cat "$tmp/err")"
sql "notify swbridge, 'k101'"
told_of() { curl -sS --noproxy '*' --max-time 10 "http://127.0.0.1:$(sed -n 's/.*served at .* (port \([0-9]*\).*/\1/p' "$tmp/err")/metrics" | grep -q '^swbridge_notifications_total 1$'; }
ok "it is told of a key before its first look" wait_for 20 told_of
sql "alter function pg_catalog.pg_notify_later(text, text) rename to pg_notify"
ok "which comes" wait_for 20 passed_again
is "$(is_there 103 && echo there)" there "I35: what was gone while nobody looked has its grace, whatever was told before that look"
ended "first look"

# ---- working again ------------------------------------------------------------------

world denied
people 101 103
listens
wait_for 20 mirrored_quietly
stop_swb TERM
fault '{"action":"status","status":401,"times":-1}'
sql "update pbx_users set secret = 'wanted' where key = 'k101'"
sings k102
config listen.poll=1h listen.metrics=127.0.0.1:0
start_swb -v listen
denied_for_long() { [ "$(sim faults | sed -n 's/.*"acted":\([0-9]*\).*/\1/p')" -ge 4 ]; }
ok "a token that is refused is tried again and again" wait_for 60 denied_for_long
is "$(grep -c 'it works again' "$tmp/err")" 0 "looks by keys, for which nothing is asked of SignalWire, are no sign that it works again"
is "$(grep -c 'tried again and again' "$tmp/err")" 1 "and it is said once"
sim fault/clear -d '{}' >/dev/null
wait_for 60 mirrored_quietly
mirrored "I19: and when it is taken"
again() { log_has 'it works again'; }
ok "that it works again is said then" wait_for 10 again
falls_silent
ended "denied"

# ---- told to read again in the middle of a look ---------------------------------------------

world hurried
people 101 102
listens signalwire.write_rate=2 signalwire.max_in_flight=2
wait_for 20 mirrored_quietly
people 103 142
changes "select 1" '*'
wait_for 20 is_there 104 || not_ok "it is at work"
config listen.poll=1h listen.metrics=127.0.0.1:0 signalwire.write_rate=100
kill -HUP "$swb_pid"
read_again() { log_has 'the configuration was read again'; }
ok "SIGHUP is heard in the middle of a look at everything" wait_for 10 read_again
wait_for 20 mirrored_quietly
mirrored "I19: and the look goes on, as the new configuration has it"
is "$(sql "select bool_and(finished_at > since) from swbridge.journal, swbridge.holder where key = 'k142'")" t "which was not at its end before"
is "$(sql "select count(*) from swbridge.journal where outcome is distinct from 'done'")" 0 "what was on its way is recorded"
fails "it is no trouble" log_has 'tried again and again|it works again'
never_at_once
ended "hurried"

# ---- told to end while it opens its ledger ------------------------------------------------

# Whoever has the lock writes itself down as the holder; a session of somebody's lets it wait for that.
world opening
people 101 102
listens
wait_for 20 mirrored_quietly
kill -9 "$swb_pid"
wait "$swb_pid" 2>/dev/null
swb_pid=
killed=$(sql "select pid from swbridge.holder where released_at is null")
isnt "$killed" "" "one that was killed is in the row of the holder"
holder() { sql "select case pid when $killed then 'killed' else 'new' end, released_at is not null from swbridge.holder"; }
stopping() { log_has 'stopping:'; }

locks swbridge.holder
config listen.poll=1h listen.metrics=127.0.0.1:0 signalwire.timeout=2s
start_swb -v listen
ok "the next one has the lock, and waits for the row" wait_for 30 is_stuck
stop_swb TERM
is "$rc" 0 "SIGTERM ends it with 0 all the same, within [signalwire] timeout"
is "$(holder)" "killed|f" "of the one that was killed it says nothing"
unlocks

sql "create function refuse() returns trigger language plpgsql as \$\$ begin raise 'not now'; end \$\$;
	create trigger refuse before update of verb on swbridge.holder execute function refuse()"
wait_for 10 lock_free
swb sync
like "$err" 'not now' "one that cannot write itself down ends"
is "$(holder)" "killed|f" "nor does this one"
sql "drop function refuse cascade" 2>/dev/null

locks swbridge.holder
config listen.poll=1h listen.metrics=127.0.0.1:0
start_swb -v listen
ok "one with more patience has the lock, and waits for the row" wait_for 30 is_stuck
kill -TERM "$swb_pid"
wait_for 10 stopping || not_ok "it is told to end" "$(cat "$tmp/err")"
unlocks
wait_for 30 lib_gone "$swb_pid"
stop_swb
is "$rc" 0 "SIGTERM ends it with 0"
is "$(holder)" "new|t" "and it writes that it came, and that it gave the lock back"
fails "it begins nothing" log_has 'mutates now|there are no triggers'

# ---- whoever asks for metrics and does not wait for them --------------------------------

serves() { curl -sS --noproxy '*' --max-time 10 "http://127.0.0.1:$(sed -n 's/.*served at .* (port \([0-9]*\).*/\1/p' "$tmp/err")/metrics" | grep "^swbridge_leader 0" >/dev/null; }
survives() { # DESCRIPTION
	wait_for 20 serves || not_ok "it serves metrics" "$(cat "$tmp/err")"
	kill -PIPE "$swb_pid"
	ok "$1: a reader who hangs up does not end it" serves
	stop_swb TERM
	is "$rc" 0 "$1: SIGTERM does"
}
config listen.metrics=127.0.0.1:0 "postgres.conninfo=host=$tmp/nowhere dbname=x"
start_swb listen
survives "without a database"
config listen.metrics=127.0.0.1:0 listen.verify=0s
start_swb listen --observe
survives "where it only looks"

done_testing
