#!/bin/sh
# test_listen_outlet.sh - where the daemon serves its metrics: an address that is not there yet keeps it from nothing.
. "${SRCDIR:-.}/tests/world.sh"
. "$SRCDIR/tests/listens.sh"

# Somebody else's port, until frees_it.
busy_pid=
takes_a_port() {
	rm -f "$tmp/busy.port"
	"$BUILDDIR/tests/sim/swbridge-sim" --port 0 --port-file "$tmp/busy.port" --die-with-parent >/dev/null 2>&1 &
	busy_pid=$!
	has_a_port() { [ -f "$tmp/busy.port" ] && [ "$(wc -l <"$tmp/busy.port")" -gt 0 ]; }
	wait_for 10 has_a_port || bail_out "no port is taken"
	read -r busy <"$tmp/busy.port"
}
frees_it() {
	lib_end "$busy_pid"
	busy_pid=
}
health() { # ADDRESS:PORT
	curl -sS --fail --noproxy '*' --max-time 20 "http://$1/healthz" 2>&1
}
healthy() { [ "$(health "$1")" = ok ]; }
closed() { ! health "$1" >/dev/null; }
said() { grep -Ec -e "$1" "$tmp/err"; } # how often
served() { sed -n 's/.*metrics are served at .* (port \([0-9]*\)).*/\1/p' "$tmp/err" | tail -n 1; }
reloads() { # SECTION.KEY=VALUE…
	reads=$(said 'configuration was read again')
	config listen.poll=1h "$@"
	kill -HUP "$swb_pid"
	read_again() { [ "$(said 'configuration was read again')" -gt "$reads" ]; }
	wait_for 20 read_again || not_ok "SIGHUP is heard" "$(cat "$tmp/err")"
}

# ---- at its start -------------------------------------------------------------------------

world start
people 101 102
takes_a_port
listens "listen.metrics=127.0.0.1:$busy"
wait_for 20 mirrored_quietly
mirrored "the port is another one's: it mirrors all the same"
is "$(said "127.0.0.1:$busy is in use .*another swbridge.*tried again every 10 s; until then there are no metrics")" 1 "and says so, once"
frees_it
ok "when the port is free the metrics are there" wait_for 60 healthy "127.0.0.1:$busy"
is "$(said 'is in use .*tried again every') $(said "metrics are served at 127.0.0.1:$busy")" "1 1" "which is said once more"
ended "a port that came later"

listens listen.metrics=192.0.2.1:9753
wait_for 20 mirrored_quietly
mirrored "the address is not this machine's: it mirrors all the same"
is "$(said "192.0.2.1:9753 is not this machine's now .*tried again every 10 s")" 1 "and says so, once"
reloads listen.metrics=127.0.0.1:0
ok "with another address the metrics are there" healthy "127.0.0.1:$(served)"
ended "an address that did not come"

for address in nothing example.invalid:9753 127.0.0.1:nothing; do
	config "listen.metrics=$address"
	swb listen
	is "$rc" 78 "$address: what is no address is a mistake in the configuration"
done

# ---- told to read again --------------------------------------------------------------------

takes_a_port
listens
old=127.0.0.1:$(served)
ok "the metrics are there" healthy "$old"
reloads "listen.metrics=127.0.0.1:$busy"
ok "the new port is another one's: the metrics stay where they were" healthy "$old"
is "$(said "$busy is in use .*until then the metrics stay where they were")" 1 "and that is said"
reloads listen.metrics=example.invalid:9753
ok "the new one is no address: they stay as well" healthy "$old"
is "$(said 'no numeric address .*The metrics stay as they were')" 1 "and that is said"
frees_it
ok "when the port is free they move" wait_for 60 healthy "127.0.0.1:$busy"
ok "and are not where they were any more" closed "$old"
reloads "listen.metrics=0.0.0.0:$busy"
ok "the same port of all addresses, where only they themselves stand in the way" healthy "127.0.0.2:$busy"
reloads listen.metrics=
ok "nowhere" closed "127.0.0.1:$busy"
ended "reload"

done_testing
