#!/bin/sh
# target.sh SCENARIO… - tests of whole passes once more, with standalone credentials, as one test.
#
# A SCENARIO is tests/SCENARIO.sh; what differs is said there and in tests/world.sh.

SRCDIR=${SRCDIR:-.} WORLD_TARGET=sip-endpoint
export SRCDIR WORLD_TARGET

for scenario; do
	echo "# $scenario"
	/bin/sh "$SRCDIR/tests/$scenario.sh"
	echo "@end $scenario $?"
done | awk '
	/^1\.\.0 # SKIP/ { print "ok " ++n " - " scenario substr($0, 5); skipped = 1; next }
	/^1\.\./ { next }
	/^# / && NF == 2 { scenario = $2 }
	/^ok / { $2 = ++n; print; next }
	/^not ok / { $3 = ++n; failed = 1; print; next }
	/^@end / {
		# A failure that no line told of.
		if ($3 != 0 && !failed)
			print "not ok " ++n " - " $2 " ended with " $3
		bad = bad || $3 != 0
		failed = 0
		next
	}
	{ print }
	END { print "1.." n; exit bad }'
