#!/bin/sh
# mutants - the program, broken in the ways that tests/README forbids: a test must turn red each time.
#
#	sh tests/mutants.sh [NAME…]	NAME: I1, I3…; without one all of tests/mutants/
#
# A mutant is a patch: what it breaks, "Run: TEST [ARGUMENT…]", the difference.
# It is applied to a copy of the sources and built in a copy of the build, which
# has to be complete (make check TESTS=).  A patch that does not apply any more
# is a failure too: whoever changed the code says anew how it could be broken.

set -u
SRCDIR=${SRCDIR:-.} BUILDDIR=${BUILDDIR:-.}
SRCDIR=$(cd "$SRCDIR" && pwd) BUILDDIR=$(cd "$BUILDDIR" && pwd)
tmp=$(mktemp -d "${TMPDIR:-/tmp}/swbridge-mutants.XXXXXX") || exit 99
trap 'rm -rf "$tmp"' EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# Objects and the times of files are kept, so that only what a patch touches is built again.
mkdir "$tmp/src" "$tmp/build"
(cd "$SRCDIR" && tar cf - --exclude=.git --exclude='*.o' src sql tests build-aux configure Makefile.in Makefile.am \
	configure.ac aclocal.m4 build.h.in contrib doc COPYING NEWS README) | (cd "$tmp/src" && tar xf -) || exit 99
(cd "$BUILDDIR" && tar cf - --exclude=autom4te.cache --exclude=.git .) | (cd "$tmp/build" && tar xf -) || exit 99

# What was noted of dependencies names the sources as configure was given them.
was=$(sed -n 's/^srcdir = //p' "$tmp/build/Makefile")
find "$tmp/build" -name '*.Po' -exec sed -i "s,\(^\| \)$was/,\1$tmp/src/,g" {} +

build() { # TARGET…
	make -C "$tmp/build" -s srcdir="$tmp/src" top_srcdir="$tmp/src" abs_srcdir="$tmp/src" abs_top_srcdir="$tmp/src" \
		VPATH="$tmp/src" AUTOMAKE=: ACLOCAL=: AUTOCONF=: AUTOHEADER=: "$@" >"$tmp/make.log" 2>&1 ||
		{ sed 's/^/# /' "$tmp/make.log" | tail -n 20; return 1; }
}

run() { # TEST [ARGUMENT…]
	SRCDIR=$tmp/src BUILDDIR=$tmp/build
	export SRCDIR BUILDDIR
	case $1 in
	*.sh) /bin/sh "$tmp/src/$@" ;;
	*) CMOCKA_MESSAGE_OUTPUT=TAP "$tmp/build/$@" ;;
	esac
}

number=0 failed=0
verdict() { # ok|"not ok" WORDS
	number=$((number + 1))
	[ "$1" = ok ] || failed=1
	echo "$1 $number - $2"
}

mutant() { # NAME
	patch=$SRCDIR/tests/mutants/$1.patch
	what="$1: $(head -n 1 "$patch")"
	command=$(sed -n 's/^Run: //p' "$patch")
	if ! patch -d "$tmp/src" -p1 -s -F 1 --no-backup-if-mismatch <"$patch" >"$tmp/patch.log" 2>&1; then
		verdict "not ok" "$what (the patch does not apply any more: say anew in $patch how this could be broken)"
		sed 's/^/# /' "$tmp/patch.log"
		return
	fi
	target=${command%% *}
	if ! build swbridge tests/swbridge-kill tests/sim/swbridge-sim $(case $target in *.sh) ;; *) echo "$target" ;; esac); then
		verdict "not ok" "$what (it does not build any more)"
	elif (run $command) >"$tmp/test.log" 2>&1; then
		verdict "not ok" "$what ($command stays green)"
	elif ! grep -q '^not ok' "$tmp/test.log"; then
		verdict "not ok" "$what ($command ends before it finds anything)"
		tail -n 5 "$tmp/test.log" | sed 's/^/# /'
	else
		verdict ok "$what: red, $(grep -c '^not ok' "$tmp/test.log") in $command"
		grep -m 1 '^not ok' "$tmp/test.log" | sed 's/^/# /'
	fi
	# Back, with a time that has it built again.
	for file in $(sed -n 's,^+++ b/,,p' "$patch"); do
		cp "$SRCDIR/$file" "$tmp/src/$file"
	done
}

[ $# -gt 0 ] || set -- $(cd "$SRCDIR/tests/mutants" && ls ./*.patch | sed 's,^\./,,; s,\.patch$,,' | sort -V)
for name; do
	mutant "$name"
done
echo "1..$number"
exit "$failed"
