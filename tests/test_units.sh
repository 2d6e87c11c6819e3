#!/bin/sh
# test_units - the units, the cron file and the alert rules are right, as far as their own programs can tell.

NO_POSTGRES=1
. "${SRCDIR:-.}/tests/lib.sh"

systemd=$SRCDIR/contrib/systemd
units="swbridge@.service swbridge-sync@.service swbridge-sync@.timer"

# The units as they are installed, but for paths that are there on this machine.
mkdir "$tmp/units"
: >"$tmp/swbridge" && chmod 755 "$tmp/swbridge"
for unit in $units; do
	sed -e "s|@bindir@|$tmp|g" -e "s|@sysconfdir@|/etc|g" -e "s|@SERVICE_TYPE@|notify|" -e "s|@SERVICE_WATCHDOG@|WatchdogSec=60s|" \
		"$systemd/$unit.in" >"$tmp/units/$unit"
done
is "$(cat "$tmp"/units/* | grep -o '@[a-zA-Z_]*@')" "" "nothing is left to fill in"
is "$(cat "$BUILDDIR"/contrib/systemd/*.service | grep -o '@[a-zA-Z_]*@\|\${[a-z_]*}')" "" "nor in what the build made"

setting() { # UNIT KEY
	sed -n "s/^$2=//p" "$tmp/units/$1"
}
is "$(setting swbridge@.service Type)" notify "the daemon says when it is ready"
is "$(setting swbridge@.service ExecStart)" "$tmp/swbridge -c /etc/swbridge/%i.conf listen" "the instance is the configuration"
is "$(setting swbridge@.service RestartPreventExitStatus)" "64 78 6" "what a person has to mend is not tried again"
is "$(setting swbridge-sync@.service ExecStart)" "$tmp/swbridge -q -c /etc/swbridge/%i.conf sync" "the timer's unit is one pass"

# Both services are closed in the same way.
closed_in() {
	sed -n '/^# Nothing of the machine/,/^KeyringMode/p' "$tmp/units/$1"
}
isnt "$(closed_in swbridge@.service)" "" "the daemon is closed in"
is "$(closed_in swbridge-sync@.service)" "$(closed_in swbridge@.service)" "and a pass likewise"

# Instances are what is run, so these are looked at: they need names of their own.
verify() { # UNIT INSTANCE
	(cd "$tmp/units" && cp "$1" "$2" && systemd-analyze --man=no verify "./$2" 2>&1 | grep -e "$2" -e swbridge)
}
if command -v systemd-analyze >/dev/null && systemd-analyze --version >/dev/null 2>&1; then
	is "$(verify swbridge@.service swbridge@one.service)" "" "systemd-analyze verify: the daemon"
	is "$(verify swbridge-sync@.service swbridge-sync@one.service)" "" "systemd-analyze verify: a pass"
	is "$(verify swbridge-sync@.timer swbridge-sync@one.timer)" "" "systemd-analyze verify: the timer"
	sed 's/^ProtectHome=yes/ProtectHouse=yes/' "$tmp/units/swbridge@.service" >"$tmp/units/wrong@.service"
	like "$(verify wrong@.service wrong@one.service)" ProtectHouse "and it finds an unknown setting"
	exposure=$(cd "$tmp/units" && systemd-analyze --no-pager --offline=true security ./swbridge@one.service 2>&1 |
		sed -n 's/.*Overall exposure level[^:]*: *\([0-9]*\)\.\([0-9]*\) .*/\1\2/p')
	case $exposure in
	'') skip "systemd-analyze security" "it cannot look at files here" ;;
	*) ok "systemd-analyze security: exposure below 2.5 (is $exposure tenths)" test "$exposure" -lt 25 ;;
	esac
else
	skip "systemd-analyze verify and security" "systemd-analyze is not installed"
fi

# What is installed stays below the prefix, unless that is the system's own.  DESTDIR: whatever is wrong, nothing gets out.
unit_at() { # PREFIX [OPTION...]: where it is put
	rm -rf "$tmp/configured" "$tmp/dest" && mkdir "$tmp/configured" && (
		unset MAKEFLAGS MFLAGS MAKELEVEL
		cd "$tmp/configured" && prefix=$1 && shift &&
			"$SRCDIR/configure" -q --cache-file="$tmp/config.cache" --prefix="$prefix" "$@" \
				SYSTEMD_UNIT_DIR=/some/where/system &&
			make -s DESTDIR="$tmp/dest" install-nodist_systemdsystemunitDATA
	) >"$tmp/installed" 2>&1
	(cd "$tmp/dest" 2>/dev/null && find . -name 'swbridge@.service' | cut -c 2-)
}
if [ -x "$SRCDIR/configure" ] && [ ! -e "$SRCDIR/config.status" ] && command -v make >/dev/null; then
	is "$(unit_at "$tmp/x" --sysconfdir=/etc)" "$tmp/x/lib/systemd/system/swbridge@.service" \
		"a prefix of one's own holds the units, too" || diag "$(cat "$tmp/installed")"
	is "$(unit_at /usr/local)" /some/where/system/swbridge@.service \
		"with the usual one they are where systemd looks" || diag "$(cat "$tmp/installed")"
	is "$(unit_at "$tmp/x" --with-systemdsystemunitdir=/other/units)" /other/units/swbridge@.service \
		"and --with-systemdsystemunitdir says it for both"
	at=$(unit_at "$tmp/x" --without-systemd)
	is "$(grep -E '^(Type|WatchdogSec)=' "$tmp/dest$at")" "Type=exec" \
		"one that cannot tell systemd that it is ready is not waited for" || diag "$(cat "$tmp/installed")"
else
	skip "where the units are installed" "there is no make, or no configure that another directory can use"
fi

# cron.d: five fields of time, a user, a command; PATH and MAILTO are set.
cron=$SRCDIR/contrib/cron/swbridge
like "$(grep '^\*' "$cron")" '^(\S+ +){5}swbridge +swbridge -q sync$' "the cron file has time, user and command"
like "$(cat "$cron")" '^MAILTO=' "and says who hears of it"
is "$(tail -c 1 "$cron" | od -An -c | tr -d ' ')" '\n' "and its last line has an end, which cron wants"
is "$(basename "$cron" | tr -d 'a-zA-Z0-9_-')" "" "and a name that cron reads"

# The rules name only metrics that there are.
"$BUILDDIR/tests/print_metrics" | sed -n 's/^# TYPE \([^ ]*\) .*/\1/p' | sort >"$tmp/metrics"
rules=$SRCDIR/contrib/prometheus/swbridge.rules.yml
ok "there are metrics" test "$(wc -l <"$tmp/metrics")" -gt 15
is "$(grep -o 'swbridge_[a-z_]*' "$rules" | sort -u | grep -vxF -f "$tmp/metrics")" "" "the rules name metrics that there are"
is "$(grep -c '^ *- alert:' "$rules")" "$(grep -c '^ *description:' "$rules")" "every alert says what to do"
for alert in $(sed -n 's/^ *- alert: //p' "$rules"); do
	grep -q "alertname: $alert\$" "$SRCDIR/contrib/prometheus/swbridge.test.yml" || not_ok "$alert has a test"
done

if command -v promtool >/dev/null; then
	cp "$SRCDIR"/contrib/prometheus/*.yml "$tmp"
	like "$("$BUILDDIR/tests/print_metrics" | promtool check metrics 2>&1 && echo good)" '^good$' "promtool check metrics"
	promtool check rules "$tmp/swbridge.rules.yml" >"$tmp/out" 2>&1
	is "$?" 0 "promtool check rules"
	(cd "$tmp" && promtool test rules swbridge.test.yml) >"$tmp/out" 2>&1
	is "$?" 0 "promtool test rules"
	sed -i 's/> 1800/> 18000/' "$tmp/swbridge.rules.yml"
	(cd "$tmp" && promtool test rules swbridge.test.yml) >"$tmp/out" 2>&1
	isnt "$?" 0 "and it finds a changed rule"
else
	skip "promtool check metrics, check rules, test rules" "promtool is not installed (Debian: prometheus)"
fi

done_testing
