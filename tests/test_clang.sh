#!/bin/sh
# test_clang - clang takes all of it as well, with warnings as errors.

NO_POSTGRES=1
. "${SRCDIR:-.}/tests/lib.sh"

command -v clang >/dev/null || skip_all "clang is not installed"
[ ! -e "$SRCDIR/config.status" ] || skip_all "the sources are configured, so nothing can be built beside them"
[ -z "$MEMCHECK" ] || skip_all "no program of swbridge runs here"

mkdir "$tmp/clang"
cd "$tmp/clang" || bail_out "no directory for clang"

# Prints what clang says; this make is not a part of the one that runs the tests.
complaints() {
	env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL make -k -j2 "$@" >"$tmp/why" 2>&1 ||
		grep -E 'error:|warning:|\*\*\*' "$tmp/why" | sort -u | head -n 20
}

ok "configure takes clang" "$SRCDIR/configure" -q CC=clang --enable-werror
like "$(sed -n 's/^WARN_CFLAGS = //p' Makefile)" '-Wall .*-Werror$' "clang is asked for warnings, as errors"
is "$(complaints all)" "" "swbridge builds with clang"
is "$(complaints check TESTS=)" "" "the tests' own programs build with clang"
ok "the program made by clang runs" ./swbridge --version

done_testing
