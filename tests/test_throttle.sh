#!/bin/sh
# test_throttle.sh - as fast as is allowed and no faster: the write rate, 429 in all its forms, and an outage that is not made worse.
. "${SRCDIR:-.}/tests/world.sh"

# ---- the write rate -------------------------------------------------------------------

world rate signalwire.write_rate=40
people 101 150
began=$(date +%s%N)
syncs 0 "fifty extensions at forty writes a second"
took=$((($(date +%s%N) - began) / 1000000))
# All of them but a full bucket, a tenth of a second's worth, take their time.
ok "I30: a hundred took $took ms, at least 2400" test "$took" -ge 2400
# On a busy machine those of more than a second may arrive in one: hence not 44.
peak=$(sim count/peak_writes_per_second)
ok "I30: never more than that in a second: $peak" test "$peak" -le 60
# Whoever is kept from the processor loses what the bucket cannot hold: one second in which nobody is will do.
brisk() {
	[ "$(sim count/peak_writes_per_second)" -ge 30 ] ||
		{ sql "update pbx_users set secret = secret || 'x', first_name = secret"; swb sync; return 1; }
}
ok "and not much less" wait_for 60 brisk
in_step "at forty a second"

# ---- 429 -------------------------------------------------------------------------------

world limit
set_sim '{"rate_limit":20,"rate_window_ms":1000,"retry_after":"1"}'
people 101 140
syncs 0 "eighty writes where twenty a second are allowed"
throttled=$(sim count/throttled)
ok "I30: some are told to wait: $throttled" test "$throttled" -ge 1
ok "I30: and not over and over: $throttled" test "$throttled" -le 160
set_sim '{"rate_limit":0}'
is "$(sim count/posts_received | cat)" "$((80 + throttled))" "I1: each is carried out once"
in_step "throttled"

# after FORM SECONDS MOST DESCRIPTION: how long one change takes whose first attempt is answered 429.
after() {
	sql "update pbx_users set secret = secret || 'x' where key = 'k101'"
	sim fault -d "{\"method\":\"PATCH\",\"action\":\"status\",\"status\":429$1}" >/dev/null
	began=$(date +%s%N)
	syncs 0 "$4"
	took=$((($(date +%s%N) - began) / 1000000))
	ok "$4: waited $took ms, at least $2" test "$took" -ge "$2"
	# A checked program may take its time.
	[ -n "$MEMCHECK" ] || ok "$4: and at most $3" test "$took" -le "$3"
	is "$(sent)" "PATCH credential 101 password" "$4: and sent once"
}
after ',"retry_after":"2"' 2000 20000 "I30: Retry-After in seconds"
# The date has whole seconds.
after ',"retry_after":"date:3"' 2000 20000 "I30: Retry-After as a date"
after '' 0 10000 "I30: 429 without Retry-After"
after ',"retry_after":"soon"' 0 10000 "I30: Retry-After that is no number"
after ',"retry_after":"-7"' 0 10000 "I30: Retry-After in the past"
after ',"retry_after":"99999999999999999999"' 20000 45000 "I30: Retry-After beyond reason is cut to half a minute"
in_step "waited"

# ---- an outage --------------------------------------------------------------------------

world outage
people 101 400
syncs 0 "three hundred extensions"
sql "delete from pbx_users where key <> 'k101'"
fault '{"method":"GET","path":"*/sip_endpoints/*","action":"status","status":503,"times":-1}'
swb_before=$(sim count/requests)
swb sync
many=$(($(sim count/requests) - swb_before))
ok "I30: 299 reads that are answered 503 are $many requests: a few are tried again" test "$many" -gt 299
ok "I30: and not all: the budget holds" test "$many" -le 360
isnt "$rc" 0 "I40: and the pass is no success"
is "$(told log "$mark" <<-'SQL'
	select count(*) from log where op = 'delete';
SQL
)" 0 "I9: what could not be read is not removed"
sim fault/clear -d '{}' >/dev/null
syncs 0 "when it is over"
in_step "outage"

done_testing
