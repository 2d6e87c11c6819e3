#!/bin/sh
# test_kamailio - a real Kamailio lets in a phone with just the name and secret that stand at SignalWire.
#
# Both read the same table: Debian's Kamailio by its auth_db, the bridge by its adapter.  Loopback only.
. "${SRCDIR:-.}/tests/adapters.sh"

kamailio=$(PATH=$PATH:/usr/sbin:/sbin command -v kamailio) || skip_all "kamailio is not installed"
scripts=/usr/share/kamailio/postgres
[ -r "$scripts/auth_db-create.sql" ] || skip_all "kamailio-postgres-modules is not installed"

adapter_load() {
	for script in standard auth_db alias_db; do
		psql -XAtq -v ON_ERROR_STOP=1 -f "$scripts/$script-create.sql" || bail_out "$script-create.sql does not load"
	done 2>"$tmp/err"
}

# passwd USERNAME PASSWORD: as kamctl does it, the hashes beside the password.
passwd() {
	sql "insert into subscriber (username, domain, password, ha1, ha1b)
		values ('$1', 'pbx.example', '$2', md5('$1:pbx.example:$2'), md5('$1@pbx.example:pbx.example:$2'))
		on conflict (username, domain) do update set password = excluded.password, ha1 = excluded.ha1, ha1b = excluded.ha1b"
}

# The smallest Kamailio: it asks for a digest, compares it with the table, and says 200.
start_kamailio() { # COLUMN CALCULATE-HA1
	sip_port=$("$BUILDDIR/tests/udp_ask" free)
	cat >"$tmp/kamailio.cfg" <<-CONF
		#!KAMAILIO
		debug=1
		log_stderror=yes
		children=1
		auto_aliases=no
		disable_tcp=yes
		listen=udp:127.0.0.1:$sip_port
		loadmodule "sl.so"
		loadmodule "pv.so"
		loadmodule "textops.so"
		loadmodule "db_postgres.so"
		loadmodule "auth.so"
		loadmodule "auth_db.so"
		modparam("auth_db", "db_url", "postgres://$PGUSER@/$PGDATABASE")
		modparam("auth_db", "calculate_ha1", $2)
		modparam("auth_db", "password_column", "$1")
		modparam("auth_db", "use_domain", 1)
		request_route {
			if (!is_method("REGISTER")) {
				sl_send_reply("200", "Here");
				exit;
			}
			if (!www_authorize("\$td", "subscriber")) {
				www_challenge("\$td", "0");
				exit;
			}
			sl_send_reply("200", "OK");
		}
	CONF
	mkdir -p "$tmp/run"
	"$kamailio" -f "$tmp/kamailio.cfg" -DD -E -m 16 -M 4 -Y "$tmp/run" -P "$tmp/kamailio.pid" >"$tmp/kamailio.log" 2>&1 &
	kamailio_pid=$!
	wait_for 20 kamailio_answers || { diag "$(tail -n 20 "$tmp/kamailio.log")"; bail_out "kamailio does not answer"; }
}

stop_kamailio() {
	lib_end "${kamailio_pid-}"
	kamailio_pid=
}
trap 'lib_rc=$?; stop_kamailio; (exit $lib_rc); lib_clean_up' EXIT

# request METHOD USER CSEQ [HEADER]: a SIP request, its lines ended as they must be.
request() {
	{
		printf '%s\n' "$1 sip:pbx.example SIP/2.0" "Via: SIP/2.0/UDP 127.0.0.1:9;rport;branch=z9hG4bK$$$3" "Max-Forwards: 70" \
			"From: <sip:$2@pbx.example>;tag=t$$" "To: <sip:$2@pbx.example>" "Call-ID: c$$-$2" "CSeq: $3 $1" \
			"Contact: <sip:$2@127.0.0.1:9>"
		[ -z "${4-}" ] || printf '%s\n' "$4"
		printf '%s\n\n' "Content-Length: 0"
	} | sed 's/$/\r/' | "$BUILDDIR/tests/udp_ask" "$sip_port" 2>"$tmp/udp.err"
}

status_line() {
	sed -n 's/^SIP\/2\.0 \([0-9]*\).*/\1/p' | head -n 1
}

kamailio_answers() {
	lib_gone "$kamailio_pid" && bail_out "kamailio ended: $(tail -n 20 "$tmp/kamailio.log")"
	[ "$(request OPTIONS nobody 1 | status_line)" = 200 ]
}

# registers USERNAME SECRET: the status of a REGISTER that answers the challenge (RFC 2617, without qop).
registers() {
	challenge=$(request REGISTER "$1" 1 | tr -d '\r' | sed -n 's/^WWW-Authenticate: //p')
	nonce=$(printf '%s\n' "$challenge" | sed -n 's/.*nonce="\([^"]*\)".*/\1/p')
	realm=$(printf '%s\n' "$challenge" | sed -n 's/.*realm="\([^"]*\)".*/\1/p')
	[ -n "$nonce" ] || { echo "no challenge"; return; }
	response=$(psql -XAtq -v u="$1" -v r="$realm" -v s="$2" -v n="$nonce" <<-'EOF_SQL'
		select md5(md5(concat_ws(':', :'u', :'r', :'s')) || ':' || :'n' || ':' || md5('REGISTER:sip:pbx.example'));
	EOF_SQL
	)
	request REGISTER "$1" 2 "Authorization: Digest username=\"$1\", realm=\"$realm\", nonce=\"$nonce\", uri=\"sip:pbx.example\", response=\"$response\"" |
		status_line
}

# What is at SignalWire under this name.
mirrored_secret() {
	echo "select password from credential where username = '$1'" | told state
}

adapter_world kamailio
passwd alice 'open; sesame'
passwd bob 'bobs-secret'
syncs 0 "two subscribers"
start_kamailio password 1
is "$(registers alice "$(mirrored_secret alice)")" 200 "Kamailio lets in the name and secret that SignalWire has"
is "$(registers bob "$(mirrored_secret bob)")" 200 "each of them"
is "$(registers alice "$(mirrored_secret bob)")" 401 "and nobody with another secret"
passwd alice changed
syncs 0 "a changed password"
is "$(registers alice "$(mirrored_secret alice)")" 200 "the new one is let in"
is "$(registers alice 'open; sesame')" 401 "the old one is not"
stop_kamailio

# A site that goes by the hash: a password that is not the hash's would be let in nowhere, and is not mirrored.
start_kamailio ha1 0
is "$(registers alice "$(mirrored_secret alice)")" 200 "Kamailio that reads the hash"
sql "update subscriber set password = 'stale' where username = 'alice'"
is "$(registers alice stale)" 401 "a password beside another hash is let in by nobody"
syncs 0 "a stale password"
is "$(mirrored_secret alice)" changed "and does not reach SignalWire"
is "$(registers alice "$(mirrored_secret alice)")" 200 "where the right one stays"
stop_kamailio
done_testing
