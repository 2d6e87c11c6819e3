# build.sh - build a copy of the tree, quietly unless a step fails.
#
# Sourced by contrib/check and contrib/demo, after contrib/packages.sh.  Expects
# $root (the tree) and $work (a directory of the caller's own, removed by it);
# makes $work/source and $work/build.  The tree itself is never written to.

# step WHAT COMMAND…: says what it does and runs it; where it fails, shows what
# it printed and ends the script with step_failed, which the caller may define.
step() {
	say "$1"
	shift
	"$@" >"$work/step.log" 2>&1 </dev/null && return 0
	cat "$work/step.log" >&2
	step_failed
	exit 1
}

step_failed() {
	:
}

# What a build in the tree itself may have left would get in the way.
copy_tree() {
	(
		cd "$root" && tar -cf - --exclude=./.git --exclude=./config.status --exclude=./Makefile \
			--exclude=./build.h --exclude=./stamp-h1 --exclude=autom4te.cache --exclude='*.o' --exclude='*.a' \
			--exclude='*.trs' .
	) | tar -C "$work/source" -xf -
}

# build_tree CONFIGURE-OPTION…: as a newcomer would; leaves $work/build as the current directory.
build_tree() {
	jobs=$(nproc 2>/dev/null || echo 2)
	mkdir "$work/source" "$work/build"
	step "Copying the tree" copy_tree
	cd "$work/source" || exit 1
	step "Generating configure" autoreconf -fi
	cd "$work/build" || exit 1
	step "Configuring" "$work/source/configure" "$@"
	step "Building" make -j"$jobs" all
}
