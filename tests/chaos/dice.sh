# dice.sh - what is drawn by lot in chaos.sh and soak.sh: dice and their diary, the server of the database, faults.
#
# Sourced behind world.sh.  What is decided comes from $dice alone, which the caller seeds.

[ -n "${PG_BINDIR-}" ] || bail_out "no server programs to restart the server with"
complaints=

# ---- Dice, and a diary of what they said --------------------------------------

# rnd N: sets $r to 0 … N-1.  The low bits of such a generator are poor, so they are not used.
rnd() {
	dice=$(((dice * 1103515245 + 12345) % 2147483648))
	r=$((dice / 512 % $1))
}

chance() { # PERCENT
	rnd 100
	[ "$r" -lt "$1" ]
}

# one_of WORD…: sets $pick.
one_of() {
	rnd $#
	shift "$r"
	pick=$1
}

did() {
	printf '%s\n' "round $round: $*" >>"$diary"
	[ -z "$verbose" ] || diag "round $round: $*"
}

# ---- The server of the database -------------------------------------------------

as_server() {
	if [ "$(id -u)" = 0 ]; then
		(cd / && runuser -u "$(stat -c %U "$WITH_POSTGRES/data")" -- "$@")
	else
		"$@"
	fi
}

restart_server() {
	as_server "$PG_BINDIR/pg_ctl" -D "$WITH_POSTGRES/data" -l "$WITH_POSTGRES/log" -m immediate -w -t 60 restart \
		>"$tmp/restart" 2>&1 || bail_out "the server does not come back: $(cat "$tmp/restart")"
}

complain() {
	complaints="$complaints$*
"
}

foreign_state() {
	sim state | grep -F -e foreign -e stranger | sed 's/\],*$//; s/,$//'
}

sim_is_zero() {
	[ "$(sim "count/$1")" = 0 ]
}

# What was put off is due.
hurry() {
	sql "update swbridge.sync set next_attempt_at = now() where next_attempt_at > now()"
}

# Nothing stands in the way any more of what SignalWire refused.
try_again() {
	"$BUILDDIR/swbridge" -c "$conf" retry >>"$tmp/runs" 2>&1 || complain "retry failed: $(tail -n 3 "$tmp/runs")"
}

# ---- What goes wrong at SignalWire -----------------------------------------------

wrong_mutation() {
	one_of POST POST PATCH PUT DELETE
	method=$pick
	one_of commit_then_reset commit_then_reset commit_then_status html_200 truncated_json empty_body cut_body late_commit \
		commit_then_hang hang_before_commit reset_before_commit status throttle id_inner_only denied refused
	case $pick in
	commit_then_status) rule='"action":"commit_then_status","status":500' ;;
	html_200) rule='"action":"html_200","commit":true' ;;
	late_commit)
		one_of reset status hang
		rnd 400
		rule="\"action\":\"late_commit\",\"then\":\"$pick\",\"ms\":$((r + 1))"
		;;
	status) rule='"action":"status","status":503' ;;
	throttle)
		one_of 0 -1 soon "Wed, 21 Oct 2015 07:28:00 GMT" date:0 "" 1e9
		rule="\"action\":\"status\",\"status\":429,\"retry_after\":\"$pick\""
		;;
	refused) rule='"action":"status","status":422' ;;
	denied) rule='"action":"status","status":401' ;;
	*) rule="\"action\":\"$pick\"" ;;
	esac
	one_of '*' '*/sip_endpoints*' '*/subscribers'
	rule="\"method\":\"$method\",\"path\":\"$pick\",$rule"
}

wrong_reading() {
	# A list that is whole by its own word and lacks a row is no fault of this kind: who could tell?
	one_of status html_200 truncated_json empty_body cut_body empty_page duplicate_row repeat_next next_offhost not_found \
		commit_then_reset slow_body
	case $pick in
	status) rule='"action":"status","status":500' ;;
	not_found) rule="\"path\":\"*/$(either subscribers sip_endpoints)/*\",\"action\":\"status\",\"status\":404" ;;
	slow_body) rule='"action":"slow_body","bytes":40,"tick_ms":5' ;;
	*) rule="\"action\":\"$pick\"" ;;
	esac
	rule="\"method\":\"GET\",$rule"
}

a_fault() {
	if chance 70; then wrong_mutation; else wrong_reading; fi
	rnd 4
	skip=$r
	one_of 1 1 2 5
	times=$pick
	one_of 1.0 0.5 0.2
	case $rule in
	*hang*) times=1 pick=1.0 ;; # each one costs a timeout
	*404*) times=1 ;;           # a lie that is repeated behind the canary is the truth
	esac
	fault "{$rule,\"skip\":$skip,\"times\":$times,\"p\":$pick}"
	did "fault $rule skip $skip times $times p $pick"
}
