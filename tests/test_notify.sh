#!/bin/sh
# test_notify.sh - what systemd hears of the daemon, from its start to its end (sd_notify(3)).
. "${SRCDIR:-.}/tests/world.sh"

. "$SRCDIR/tests/listens.sh"

grep -q '^#define HAVE_LIBSYSTEMD 1' "$BUILDDIR/build.h" || skip_all "built without libsystemd"

said=$tmp/said

# A socket of systemd's, and whoever is started from now on has it.
systemd_listens() {
	rm -f "$tmp/notify"
	: >"$said" # what the last one heard is not what this one hears
	"$BUILDDIR/tests/hear_systemd" "$tmp/notify" >"$said" 2>&1 </dev/null &
	systemd=$!
	wait_for 10 says listening || bail_out "hear_systemd: $(cat "$said")"
	NOTIFY_SOCKET=$tmp/notify
	export NOTIFY_SOCKET
}
says() { grep -Eqx -e "$1" "$said"; }
says_behind() { sed "1,/$1/d" "$said" | grep -Eqx -e "$2"; } # a line of the kind $2 behind the first of the kind $1
how_often() { grep -cx -e "$1" "$said"; }
fed_again() { [ "$(how_often WATCHDOG=1)" -ge $((fed + 3)) ]; }
nobody_fed() { is "$(how_often WATCHDOG=1)" 0 "$1"; }

# ---- from start to end ----------------------------------------------------------

world told
people 101 102
systemd_listens
listens
wait_for 20 says '(READY=1 \| )?STATUS=mutating' || not_ok "READY=1" "$(cat "$said")"
is "$(how_often 'READY=1.*') $(sed -n 2p "$said" | cut -d ' ' -f 1)" "1 READY=1" "READY=1 is said first, and once"
wait_for 20 mirrored_quietly
mirrored "it is ready when it has looked"
fault '{"method":"POST","path":"*/sip_endpoints","action":"status","status":422,"content":"{\"errors\":[{\"code\":\"invalid\",\"message\":\"too short\",\"attribute\":\"password\"}]}"}'
changes "insert into pbx_users (key, extension, secret) values ('k103', '103', 'x')" '*'
ok "STATUS= follows what is there" wait_for 20 says_behind '^READY=1' 'STATUS=.*1 rejected.*'
kill -HUP "$swb_pid"
ok "SIGHUP: RELOADING=1 with its time" wait_for 20 says 'RELOADING=1 \| MONOTONIC_USEC=[1-9][0-9]* \| STATUS=.*'
ok "and READY=1 when it is read" wait_for 20 says_behind '^RELOADING=1' 'READY=1.*'
ok "and STATUS= of what is there again" wait_for 20 says_behind '^RELOADING=1' '(READY=1 \| )?STATUS=.*1 rejected.*'
printf 'nonsense\n' >>"$conf"
kill -HUP "$swb_pid"
reloads_ended() { [ "$(how_often 'RELOADING=1.*') $(how_often 'READY=1.*')" = "2 3" ]; }
ok "a configuration that cannot be read ends its reload too" wait_for 20 reloads_ended
before=$(full_pass)
changes "select 1" '*'
wait_for 20 passed_again || not_ok "it goes on" "$(cat "$tmp/err")"
nobody_fed "nobody asked for a watchdog, and none is fed"
unlike "$(cat "$said")" 'STOPPING=1' "it is not stopping yet"
ended "told"
ok "SIGTERM: STOPPING=1" wait_for 10 says 'STOPPING=1 \| STATUS=stopping.*'
unlike "$(sed '1,/^STOPPING=1/d' "$said")" 'READY=1' "and is not ready any more"
no_secret "$SIM_TOKEN" "$said"
lib_end "$systemd"

# ---- the watchdog ----------------------------------------------------------------

world fed
people 101 102
systemd_listens
WATCHDOG_USEC=400000
export WATCHDOG_USEC
listens
fed=0
ok "the watchdog is fed" wait_for 20 fed_again
fed=$(how_often WATCHDOG=1)
kill -HUP "$swb_pid"
wait_for 20 says_behind '^RELOADING=1' 'READY=1.*' || not_ok "READY=1 after SIGHUP" "$(cat "$said")"
ok "and goes on to be, also behind a reload" wait_for 20 fed_again
ended "fed"
lib_end "$systemd"

done_testing
