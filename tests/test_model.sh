#!/bin/sh
# test_model - the Promela model holds, and every bug put into it is caught (tests/model/README).

NO_POSTGRES=1
. "${SRCDIR:-.}/tests/lib.sh"

# Another program is called spin as well.
spin -V 2>/dev/null | grep -q '^Spin Version' || skip_all "spin, the model checker, is not installed"
command -v "${CC:-cc}" >/dev/null || skip_all "there is no C compiler"
[ -z "$MEMCHECK" ] || skip_all "no program of swbridge runs in the model"

# A name that stands for a bug must be caught, and no other may be.
/bin/sh "$SRCDIR/tests/model/run" >"$tmp/results" 2>"$tmp/why"
is "$?" 0 "all models end as expected"
for name in $(/bin/sh "$SRCDIR/tests/model/run" --list); do
	case $name in
	bug_*) wanted='caught by [a-z_]+' ;;
	every_run_ends) wanted=ends ;;
	*) wanted=holds ;;
	esac
	like "$(sed -n "s/^$name: //p" "$tmp/results")" "^$wanted\$" "$name"
done
[ "$tests_failed" -eq 0 ] || diag "$(tail -n 200 "$tmp/why")"

done_testing
