#!/bin/sh
# test_two_hosts.sh - two daemons on two hosts: one is cut off, the other takes over, and the first one mutates nothing more.
#
# The hosts are network namespaces.  Each has a way of its own to the server of the
# database, which is cut without a word, and one to the API, which is never cut: what
# the lost host might still send would arrive.

[ "$(id -u)" = 0 ] || { echo "1..0 # SKIP network namespaces need root"; exit 0; }
command -v ip >/dev/null 2>&1 || { echo "1..0 # SKIP no ip (iproute2)"; exit 0; }

. "${SRCDIR:-.}/tests/world.sh"

name=swb$$
# RFC 2544: networks for tests.
net1=198.18.$(($$ % 120 * 2)) net2=198.18.$(($$ % 120 * 2 + 1))
relay1= relay2= daemon1= daemon2=
hosts_end() {
	for pid in "$daemon1" "$daemon2" "$relay1" "$relay2"; do
		[ -z "$pid" ] || kill -CONT "$pid" 2>/dev/null
		lib_end "$pid"
	done
	ip netns del "${name}1" 2>/dev/null
	ip netns del "${name}2" 2>/dev/null
	ip link del "${name}a1" 2>/dev/null
	ip link del "${name}a2" 2>/dev/null
	return 0
}
trap 'hosts_rc=$?; hosts_end; (exit "$hosts_rc"); lib_clean_up' EXIT

# host N: a namespace, .2 of its network, beside us, .1.
host() {
	eval "net=\$net$1"
	ip netns add "$name$1" &&
		ip link add "${name}a$1" type veth peer name "${name}b$1" &&
		ip link set "${name}b$1" netns "$name$1" &&
		ip addr add "$net.1/30" dev "${name}a$1" &&
		ip link set "${name}a$1" up &&
		ip netns exec "$name$1" ip addr add "$net.2/30" dev "${name}b$1" &&
		ip netns exec "$name$1" ip link set "${name}b$1" up &&
		ip netns exec "$name$1" ip link set lo up
}
if ! { host 1 && host 2; } >"$tmp/hosts" 2>&1; then
	skip_all "no network namespaces here: $(head -n 1 "$tmp/hosts")"
fi

as_server() { (cd / && runuser -u "$(stat -c %U "$WITH_POSTGRES/data")" -- "$@"); }
printf '%s\n' "host all all 198.18.0.0/15 trust" >>"$WITH_POSTGRES/data/pg_hba.conf"
printf '%s\n' "listen_addresses = '$net1.1,$net2.1'" "port = 5432" >>"$WITH_POSTGRES/data/postgresql.conf"
as_server "$PG_BINDIR/pg_ctl" -D "$WITH_POSTGRES/data" -l "$WITH_POSTGRES/log" -m fast -w restart >"$tmp/restart" 2>&1 ||
	bail_out "the server does not listen: $(cat "$tmp/restart")"

# daemon N: sets $started; its log is $tmp/host.N.  The API is at the same address of either host's loopback.
daemon() {
	eval "net=\$net$1"
	write_conf mirror.grace=0s mirror.max_removals=unlimited mirror.max_creates=unlimited mirror.max_changes=unlimited \
		listen.poll=1h listen.metrics= signalwire.timeout=20s mirror.settle=26s \
		"postgres.conninfo=host=$net.1 user=$PGUSER dbname=$PGDATABASE gssencmode=disable sslmode=disable"
	cp -p "$conf" "$conf.$1"
	ip netns exec "$name$1" "$BUILDDIR/swbridge" -v -c "$conf.$1" listen >"$tmp/host.$1.out" 2>"$tmp/host.$1" </dev/null &
	started=$!
}
log_has() { grep -Eq -e "$2" "$tmp/host.$1"; }
tells() { # STATEMENTS KEY
	sql "begin; $1; select pg_notify('swbridge', '$2'); commit" >/dev/null
}

world hosts
people 101 104
for n in 1 2; do
	"$BUILDDIR/tests/relay" -n "/run/netns/$name$n" "${sim_url##*:}" "${sim_url##*:}" >"$tmp/relay.$n" &
	[ "$n" = 1 ] && relay1=$! || relay2=$!
	relay_ready() { grep -q ready "$tmp/relay.$n"; }
	wait_for 10 relay_ready || bail_out "no relay"
done
daemon 1
daemon1=$started
wait_for 30 log_has 1 'notifications arrive' || bail_out "the first one does not hear: $(cat "$tmp/host.1")"
wait_for 30 mirrored_quietly
mirrored "by the first host"
daemon 2
daemon2=$started
ok "I31: the second stands by" wait_for 30 log_has 2 'waiting for another swbridge'

# Cut off in the middle of its work: the answers to two first POSTs come behind the margin.
set_sim '{"hold":true}'
before=$(sim count/posts_received)
people 105 106
tells "select 1" '*'
sim_saw posts_received $((before + 2))
ip addr flush dev "${name}a1"
cut=$(date +%s)
sql "update pbx_users set caller_id = 'Two'"
past_margin() { [ $(($(date +%s) - cut)) -gt 6 ]; }
wait_for 20 past_margin
set_sim '{"hold":false}'
answered() { [ "$(sim count/in_flight)" = 0 ]; }
wait_for 30 answered
wait_for 30 log_has 1 'tried again and again' || not_ok "it has noticed" "$(cat "$tmp/host.1")"
is "$(sim count/posts_received)" $((before + 2)) "I31: without a proof of life no second POST, though it would arrive"
ok "I31: the second takes over" wait_for 90 log_has 2 'this process mutates now'
diag "after $(($(date +%s) - cut)) s"
wait_for 90 mirrored_quietly
mirrored "I31: by the second host"
mutations=$(sim count/mutations) requests=$(sim count/requests)
ok "the first one says that it lost the connection" wait_for 60 log_has 1 'tried again and again'
pids() { sql "select count(*) from pg_stat_activity where application_name like 'swbridge listen%' and client_addr = '$net1.2'"; }
nobody() { [ "$(pids)" = 0 ]; }
ok "the server has forgotten the first host" wait_for 60 nobody
is "$(sim count/mutations) $(sim count/requests)" "$mutations $requests" "I31: the first one sends nothing more, though it could"

# The way is back: it stands by behind the other one.
ip addr add "$net1.1/30" dev "${name}a1"
behind() { tail -n 3 "$tmp/host.1" | grep -q 'waiting for another swbridge'; }
ok "the way is back: it stands by" wait_for 90 behind
tells "update pbx_users set secret = 'again' where key = 'k101'" k101
wait_for 20 mirrored_quietly
mirrored "the second goes on"
kill -TERM "$daemon2"
wait "$daemon2"
is "$?" 0 "SIGTERM ends the second"
daemon2=
again() { [ "$(grep -c 'this process mutates now' "$tmp/host.1")" = 2 ]; }
ok "and the first takes over at once" wait_for 20 again
tells "update pbx_users set secret = 'back' where key = 'k102'" k102
wait_for 20 mirrored_quietly
mirrored "by the first host again"
kill -TERM "$daemon1"
wait "$daemon1"
is "$?" 0 "SIGTERM ends the first"
daemon1=
never_at_once
done_testing
