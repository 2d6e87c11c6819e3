#!/bin/sh
# many - seeds FROM to TO of the soak, two at a time; a line for each that fails, and a total.
#
#	sh tests/chaos/many.sh FROM TO [ROUNDS]
set -u
from=$1 to=$2 rounds=${3:-7}
dir=$(mktemp -d "${TMPDIR:-/tmp}/swbridge-chaos-many.XXXXXX") || exit 99

half() { # FIRST: every second seed from there on, with a server and a simulator of its own
	sh "$SRCDIR/tests/with-postgres" sh "$SRCDIR/tests/chaos.sh" -r "$rounds" -s 2 "$1" "$to" >"$dir/$1" 2>&1
}

half "$from" &
[ "$to" -le "$from" ] || half $((from + 1)) &
wait
grep -h -A 12 -e '^not ok' -e '^Bail out' "$dir"/*
passed=$(cat "$dir"/* | grep -c '^ok ')
echo "$passed of $((to - from + 1)) seeds passed (seeds $from to $to, $rounds rounds each)"
rm -rf "$dir"
[ "$passed" -eq $((to - from + 1)) ]
