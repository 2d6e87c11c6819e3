# packages.sh - install what is missing on a Debian or Ubuntu machine.
#
# Sourced by contrib/check and contrib/demo.  What is there already is found by
# looking for the tool, library or file itself, so that nothing is asked of the
# network, and no rights are needed, where everything is installed.
#
# PostgreSQL comes without a cluster of the machine: only its programs are wanted.

missing_packages=

say() {
	echo "$*" >&2
}

give_up() {
	say "${0##*/}: $*"
	exit 1
}

want() {
	case " $missing_packages " in
	*" $1 "*) ;;
	*) missing_packages="$missing_packages $1" ;;
	esac
}

want_tool() { # PROGRAM PACKAGE
	command -v "$1" >/dev/null 2>&1 || want "$2"
}

want_library() { # PKG-CONFIG-NAME PACKAGE
	pkg-config --exists "$1" 2>/dev/null || want "$2"
}

want_file() { # FILE PACKAGE
	[ -e "$1" ] || want "$2"
}

want_server() {
	for want_initdb in /usr/lib/postgresql/*/bin/initdb "${PG_BINDIR:-/nonexistent}/initdb" \
		"$(pg_config --bindir 2>/dev/null)/initdb"; do
		[ ! -x "$want_initdb" ] || return 0
	done
	want postgresql
}

# What a build from the repository needs.
want_build() {
	want_tool autoreconf autoconf
	want_tool automake automake
	want_file /usr/share/aclocal/ax_append_compile_flags.m4 autoconf-archive
	want_tool pkg-config pkg-config
	want_tool make make
	want_tool "${CC:-gcc}" gcc
	want_file /usr/include/stdio.h libc6-dev
	want_library libcurl libcurl4-openssl-dev
	want_library json-c libjson-c-dev
	want_library libpq libpq-dev
	want_library libevent_extra libevent-dev
	want_library ini_config libini-config-dev
}

# What the simulator and the private server need besides.
want_play() {
	want_library openssl libssl-dev
	want_tool openssl openssl
	want_tool curl curl
	want_file /etc/ssl/certs/ca-certificates.crt ca-certificates
	want_server
	want_tool psql postgresql-client
}

# Runs a command as root: directly, or by sudo where there is one.
as_root() {
	if [ "$(id -u)" = 0 ]; then
		env "$@"
	elif command -v sudo >/dev/null 2>&1; then
		sudo env "$@"
	else
		give_up "these packages are missing:$missing_packages. Install them, or run this as root."
	fi
}

apt() {
	as_root DEBIAN_FRONTEND=noninteractive LC_ALL=C apt-get -q -y -o Dpkg::Use-Pty=0 "$@" </dev/null >&2 ||
		give_up "apt-get $* failed"
}

# A package that starts a service of the machine, which nobody asked for: only the program is wanted.
install_stopped() { # SERVICE
	unit=/etc/systemd/system/$1.service
	if [ -d "${unit%/*}" ] && [ ! -e "$unit" ] && [ ! -L "$unit" ]; then
		as_root ln -s /dev/null "$unit" || give_up "cannot write $unit"
		trap 'as_root rm -f "$unit"' EXIT
		apt install --no-install-recommends "$1"
		as_root rm -f "$unit"
		trap - EXIT
		! command -v systemctl >/dev/null 2>&1 || as_root systemctl disable "$1" >/dev/null 2>&1 || :
	else
		apt install --no-install-recommends "$1"
	fi
}

# Says "no cluster" to postgresql-common while the server's package is installed.
install_server() {
	clusters=/etc/postgresql-common/createcluster.conf
	if [ ! -e "$clusters" ]; then
		apt install --no-install-recommends postgresql-common
		as_root cp -p "$clusters" "$clusters.before" || give_up "cannot set $clusters aside"
		trap 'as_root mv -f "$clusters.before" "$clusters"' EXIT
		as_root sh -c 'echo "create_main_cluster = false" >>"$0"' "$clusters" ||
			give_up "cannot write $clusters"
		apt install --no-install-recommends postgresql
		as_root mv -f "$clusters.before" "$clusters"
		trap - EXIT
	else
		apt install --no-install-recommends postgresql
	fi
}

install_missing() {
	[ -n "$missing_packages" ] || return 0
	command -v apt-get >/dev/null 2>&1 ||
		give_up "this machine has no apt-get; install the equivalents of:$missing_packages"
	say "Installing:$missing_packages"
	apt update
	case " $missing_packages " in
	*" postgresql "*) install_server ;;
	esac
	for service in pgbouncer kamailio; do
		case " $missing_packages " in
		*" $service "*) install_stopped "$service" ;;
		esac
	done
	# shellcheck disable=SC2086 # a list on purpose
	apt install --no-install-recommends $missing_packages
}
