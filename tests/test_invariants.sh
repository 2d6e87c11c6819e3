#!/bin/sh
# test_invariants.sh - the list of tests/README is true: each case it names is there and bears the number of what it shows.

NO_POSTGRES=1
. "${SRCDIR:-.}/tests/lib.sh"

# Without these no list is complete: the numbers as they are, two are not used.
wanted=$(seq 1 40 | grep -vx -e 17 -e 23)

# faults README DIRECTORY: what is wrong with the list, a line each.
faults() {
	awk '
	/^I[0-9]+ / { number = $1; print "number\t" number; next }
	/^       with `listen`$/ { print "listen\t" number; next }
	/^       tests\// { file = $1; sub(/^ *[^ ]+ +/, ""); print "case\t" number "\t" file "\t" $0 }' "$1" >"$tmp/list"
	for n in $wanted; do
		grep -qx "number	I$n" "$tmp/list" || echo "I$n is not in the list"
		grep -q "^\(case\|listen\)	I$n\(	\|$\)" "$tmp/list" || echo "I$n names no test"
	done
	sed -n 's/^case	//p' "$tmp/list" | while IFS='	' read -r number file words; do
		if [ ! -f "$2/$file" ]; then
			echo "$number: there is no $file"
		elif [ "${file%.c}" != "$file" ]; then
			grep -B 1 "^static void $words(void" "$2/$file" | grep -qw "$number" || echo "$number: $words of $file bears no $number, or is not there"
		else
			grep -F -e "$words" "$2/$file" | grep -qw "$number" || echo "$number: \"$words\" of $file bears no $number, or is not there"
		fi
	done
}

is "$(faults "$SRCDIR/tests/README" "$SRCDIR")" "" "every case of tests/README is there and bears its number"
isnt "$(grep -c '^case' "$tmp/list")" 0 "there are $(grep -c '^case' "$tmp/list") of them"

# What is listed is also run: it is in TESTS, or is the sweep, which test_sweep.sh runs in part.
is "$(sed -n 's/^case	[^	]*	\(tests\/test_[^	]*\.sh\)	.*/\1/p' "$tmp/list" | sort -u | while read -r file; do
	grep -q "	$file\( \\\\\)*$" "$SRCDIR/Makefile.am" || echo "$file"
done)" "" "every script of the list is in TESTS"

# The check finds what is wrong.
mkdir -p "$tmp/tree"
cp -R "$SRCDIR/tests" "$tmp/tree/"
sed '/^I7 /,/^$/s/ a credential that has another name now/ a credential that nobody knows/' "$SRCDIR/tests/README" >"$tmp/list.words"
like "$(faults "$tmp/list.words" "$SRCDIR")" 'I7: "a credential that nobody knows"' "a case that is not there is found"
grep -v '^I31 ' "$SRCDIR/tests/README" >"$tmp/list.number"
like "$(faults "$tmp/list.number" "$SRCDIR")" "I31 is not in the list" "a number that is not there is found"
sed -i 's/"I39: a schema of the future/"a schema of the future/' "$tmp/tree/tests/test_fences.sh"
like "$(faults "$SRCDIR/tests/README" "$tmp/tree")" 'I39: "a schema of the future"' "a case without its number is found"
sed -i 's/(I3) /() /' "$tmp/tree/tests/test_http.c"
like "$(faults "$SRCDIR/tests/README" "$tmp/tree")" 'I3: test_mutation_once' "a function without its number is found"

# A mutant that does not fit the code any more is found at once, not only by make mutants.
misfits() { # TREE
	for mutant in "$SRCDIR"/tests/mutants/*.patch; do
		patch -d "$1" -p1 -s -F 1 --dry-run <"$mutant" >"$tmp/why" 2>&1 || echo "${mutant##*/}"
	done
}
if command -v patch >/dev/null; then
	is "$(misfits "$SRCDIR")" "" "every mutant still says how the code could be broken"
	cp -R "$SRCDIR/src" "$tmp/tree/"
	sed -i 's/source_complete = .*/source_complete = something_else;/' "$tmp/tree/src/pass_row.c"
	like "$(misfits "$tmp/tree")" "I12.patch" "one that does not is found"
else
	skip "every mutant still says how the code could be broken" "patch is not installed"
fi

done_testing
