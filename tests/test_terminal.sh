#!/bin/sh
# test_terminal - what a person sees: colour and a progress bar on a terminal, neither of them anywhere else.
. "${SRCDIR:-.}/tests/world.sh"

script -qec true /dev/null >/dev/null 2>&1 </dev/null || skip_all "no script(1) that makes a terminal"

escape=$(printf '\033')

# on_terminal ARGUMENT…: swbridge on a terminal of its own; sets $out (both of its outputs) and $rc.
on_terminal() {
	printf 'exec %s %s -c %s %s\n' "$MEMCHECK" "$BUILDDIR/swbridge" "$conf" "$*" >"$tmp/command"
	TERM=xterm SHELL=/bin/sh script -qec ". $tmp/command" /dev/null >"$tmp/out" 2>"$tmp/err" </dev/null
	rc=$?
	lib_taken "swbridge $* on a terminal"
}

world terminal
people 101 106
on_terminal plan
is "$rc" 0 "a plan on a terminal"
like "$out" "$escape\\[[0-9;]+m.*101" "is in colour"
NO_COLOR=1
export NO_COLOR
on_terminal plan
unlike "$out" "$escape" "not with NO_COLOR"
unset NO_COLOR
swb plan
unlike "$out$err" "$escape" "and not in a file"

# Twelve requests, one after the other, take longer than the two seconds that a bar waits for.
config signalwire.max_in_flight=1
set_sim '{"latency_ms":400}'
on_terminal sync
is "$rc" 0 "a sync on a terminal"
like "$out" "\\[#+\\.+\\] [1-5] of 6, [0-9]+[.][0-9]/s, [0-9]+s left" "shows how far it is, how fast, and how long it will take"
like "$out" "^Sync: 6 created" "and the bar is gone before the result"
mirrored "behind it"

sql "update pbx_users set caller_id = 'again'"
swb sync
is "$rc" 0 "a sync that takes as long elsewhere"
unlike "$out$err" "$escape|#\\.|of 6" "shows no bar"
sql "update pbx_users set caller_id = 'once more'"
on_terminal -q sync
unlike "$out" "of 6" "nor does one with -q"

done_testing
