#!/bin/sh
# test_tls.sh - the way it is used: a whole mirror over TLS, with answers of more than one piece.
. "${SRCDIR:-.}/tests/world.sh"

command -v openssl >/dev/null || skip_all "openssl is not installed"

openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1 -days 1 \
	-keyout "$tmp/key.pem" -out "$tmp/cert.pem" 2>/dev/null || skip_all "openssl makes no certificate for an address"

world tls
stop_sim
start_sim --tls-cert "$tmp/cert.pem" --tls-key "$tmp/key.pem"
sim_url=https://127.0.0.1:${sim_url##*:}
CURL_CA_BUNDLE=$tmp/cert.pem # of the curl that asks the simulator; swbridge has ca_file
export CURL_CA_BUNDLE

# An answer holds most texts twice: a kilobyte is not enough for it.
people 101 160
sql "update pbx_users set first_name = repeat('F', 200), last_name = repeat('L', 200), display_name = repeat('D', 200),
	caller_id = repeat('C', 60)"

config
syncs 6 "the address without TLS is another one"
swb init --rebind
is "$rc" 75 "a server that nobody vouches for"
like "$err" "certificate is not trusted.*ca_file" "is named, and what to do"
is "$(sim count/requests)" 0 "and has heard nothing"

config signalwire.ca_file="$tmp/cert.pem" signalwire.max_in_flight=16
swb init --rebind
is "$rc" 0 "the ledger moves to the address with TLS"
syncs 0 "sixty extensions over TLS"
is "$(sent | cut -d' ' -f1,2 | sort | uniq -c | tr -s ' ')" " 60 POST credential
 60 POST subscriber" "with two requests each"
in_step "over TLS"

sql "update pbx_users set secret = 'changed-' || extension, first_name = 'short' where extension::int < 110"
sql "delete from pbx_users where extension::int > 150"
syncs 0 "nine changed, ten removed"
in_step "changed over TLS"

people 201 220
fault '{"method":"POST","action":"commit_then_reset","p":0.3,"times":-1}'
swb sync
sim fault/clear -d '{}' >/dev/null
ok "some outcomes are unknown: $rc" test "$rc" -ne 0
settle
swb sync
is "$rc" 0 "what was cut off after it was done is found again"
in_step "cut off over TLS"
is "$(sim state | grep _count)" '"subscriber_count":70,
"credential_count":70,
"sip_endpoint_count":0,' "each exists once"
never_at_once
done_testing
