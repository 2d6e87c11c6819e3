# listens.sh - a daemon in a world: started, told of changes, ended.  Sourced behind world.sh.

# A daemon that nothing but a notification or a loss wakes, unless the caller says otherwise.
listens() { # [SECTION.KEY=VALUE…]
	config listen.poll=1h listen.metrics=127.0.0.1:0 "$@"
	looked_before=$(full_pass)
	start_swb -v listen
	wait_for 20 hearing || not_ok "the daemon hears" "$(cat "$tmp/err")"
}
log_has() { grep -Eq -e "$1" "$tmp/err"; }
hearing() { log_has 'notifications arrive' && looked; }
looked_before= # what an earlier process has looked at
looked() {
	looked_now=$(full_pass)
	[ -n "$looked_now" ] && [ "$looked_now" != "$looked_before" ]
}
tell() { # KEY…: as a trigger would
	for key in "$@"; do printf "select pg_notify('swbridge', '%s');\n" "$key"; done
}
changes() { # STATEMENTS KEY…: one transaction of the PBX
	statements=$1
	shift
	sql "begin; $statements; $(tell "$@") commit" >/dev/null
}
there() { told state <<-SQL
	select count(*) from credential where username = '$1';
SQL
}
is_there() { [ "$(there "$1")" = 1 ]; }
full_pass() { sql "select last_complete_pass from swbridge.holder"; }
passed_again() { [ "$(full_pass)" != "$before" ]; }
ended() { # DESCRIPTION
	stop_swb TERM
	is "$rc" 0 "$1: SIGTERM ends it with 0"
	is "$(sql 'select released_at is not null from swbridge.holder')" t "$1: the lock was given back"
}
