#!/bin/sh
# test_verify_many.sh - 5,000 subscribers in 100 pages: all of them are seen, once, and memory stays flat.
. "${SRCDIR:-.}/tests/world.sh"
. "$SRCDIR/tests/bench/fleet.sh"

last() { printf '%s\n' "$out" | tail -n 1; }

world many
set_sim '{"page_size_max":50,"page_size_default":50}'
known_fleet 5000
before=$(sim count/requests)
swb --json verify
like "$rc $(last)" '^0 .*"checked":5000,"drifted":0,"missing":0,"leaked":0,"foreign":0,"repaired":0,"whole":true' "5,000 extensions, all as they were sent"
is "$(($(sim count/requests) - before))" 5103 "the canary, 100 pages of subscribers, two of other lists, and one request each"

# Ten that drifted, ten that are gone, a thousand that are not ours.
sql "select sip_endpoint_id from swbridge.sync where key ~ '^m1[0-9]-1\$'" | while read -r id; do
	sim edit -d "{\"id\":\"$id\",\"set\":{\"username\":\"x$id\"}}" >/dev/null
done
sql "select sip_endpoint_id from swbridge.sync where key ~ '^m2[0-9]-1\$'" | while read -r id; do
	sim edit -d "{\"id\":\"$id\",\"delete\":true}" >/dev/null
done
sim seed -d '{"bulk":{"count":1000,"prefix":"other","credentials":0}}' >/dev/null
swb --json verify
like "$rc $(last)" '^2 .*"checked":5000,"drifted":10,"missing":10,"leaked":0,"foreign":1000,"repaired":0,"whole":true' "what others did among them"
set_sim '{"latency_ms":20}'
if [ -z "$MEMCHECK" ]; then
	swb --json verify
	like "$(sim count/max_in_flight)" '^(3[0-9]|[4-9][0-9])$' "with many requests in flight"
fi

# Memory: what a sanitizer or valgrind takes is their own.
if [ -n "$MEMCHECK" ] || grep -aq __asan_init "$BUILDDIR/swbridge" || [ ! -x "$BUILDDIR/tests/bench/measured" ]; then
	skip "memory" "this build is being checked itself"
else
	set_sim '{"latency_ms":0,"page_size_max":1000}'
	"$BUILDDIR/tests/bench/measured" "$tmp/cost" "$BUILDDIR/swbridge" -c "$conf" -q verify >"$tmp/out" 2>"$tmp/err"
	kib=$(awk '{ print $4 }' "$tmp/cost")
	ok "at most 24 MiB resident, with pages of a thousand: $kib KiB" [ "$kib" -le 24576 ]
fi
done_testing
