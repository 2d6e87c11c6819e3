#!/bin/sh
# test_silent_names.sh - the database's host is a name, and the name server does not answer: nothing else stands still.
#
# In a network namespace of its own, where packets to the name server come to a host that
# is not meant; what says whom to ask is another one in a mount namespace.

[ "$(id -u)" = 0 ] || { echo "1..0 # SKIP network namespaces need root"; exit 0; }
command -v ip >/dev/null 2>&1 || { echo "1..0 # SKIP no ip (iproute2)"; exit 0; }

. "${SRCDIR:-.}/tests/lib.sh"

# RFC 2544: networks for tests.  The resolver waits longer than a connect may take.
cat >"$tmp/alone" <<'EOF'
#!/bin/sh
# alone DIRECTORY COMMAND…
ip link set lo up &&
	ip link add asks type veth peer name silence &&
	ip addr add 198.18.255.1/30 dev asks &&
	ip link set asks up &&
	ip link set silence up &&
	ip neigh add 198.18.255.2 lladdr 02:00:00:00:00:02 dev asks &&
	mount --bind "$1/resolv.conf" /etc/resolv.conf || exit 99
# Services of this machine that look names up would be reached through their sockets.
[ ! -e /etc/nsswitch.conf ] || mount --bind "$1/nsswitch.conf" /etc/nsswitch.conf || exit 99
[ ! -d /run/nscd ] || mount -t tmpfs none /run/nscd || exit 99
shift
exec "$@"
EOF
printf '%s\n' "nameserver 198.18.255.2" "options timeout:30 attempts:3" >"$tmp/resolv.conf"
echo "hosts: files dns" >"$tmp/nsswitch.conf"
in_silence() { unshare -n -m sh "$tmp/alone" "$tmp" "$@"; }
in_silence true >"$tmp/alone.out" 2>&1 || skip_all "no namespaces here: $(head -n 1 "$tmp/alone.out")"

sim_url=http://127.0.0.1:1
write_conf listen.metrics=127.0.0.1:0 \
	"postgres.conninfo=host=db.swbridge.test user=swbridge dbname=pbx password=sentinel-of-the-name"

# A verb meanwhile: it ends when a connect may take no longer.
in_silence $MEMCHECK "$BUILDDIR/swbridge" -c "$conf" status >"$tmp/status.out" 2>"$tmp/status.err" </dev/null &
status=$!

# exec() all the way: it is the daemon's own process.
: >"$tmp/err"
unshare -n -m sh "$tmp/alone" "$tmp" $MEMCHECK "$BUILDDIR/swbridge" -v -c "$conf" listen >"$tmp/out" 2>"$tmp/err" </dev/null &
swb_pid=$!
served() { sed -n 's/.*metrics are served at .* (port \([0-9]*\)).*/\1/p' "$tmp/err" | tail -n 1; }
asks() { [ -n "$(served)" ] && [ "$(ls "/proc/$swb_pid/task" | wc -l)" -ge 2 ]; }
ok "the daemon's connect waits for the name" wait_for 20 asks || diag "$(cat "$tmp/err")"
health=$(nsenter -t "$swb_pid" -n curl -sS --noproxy '*' --max-time 10 -o /dev/null -w '%{http_code}' \
	"http://127.0.0.1:$(served)/healthz" 2>&1)
like "$health" '^(200|503)$' "meanwhile it says how it is"
ok "and still waits for the name" asks
begun=$(date +%s)
stop_swb TERM
is "$rc" 0 "SIGTERM ends it with 0" || diag "$err"
ok "without waiting for the name server" [ $(($(date +%s) - begun)) -lt 10 ]

wait "$status"
rc=$? err=$(cat "$tmp/status.err")
is "$rc" 75 "a verb ends with 75"
like "$err" 'Cannot connect to .*looked up. Do the name servers answer.*hostaddr' "and says that it was the name"
no_secret sentinel-of-the-name "$tmp/err" "$tmp/status.err"

done_testing
