#!/bin/sh
# test_docs - every option is in the manual page and in the sample, as it is.
#
# The option table is compared with what the two files say, in both directions;
# then the same checks are run over copies with one fault each, and must find it.

NO_POSTGRES=1
. "${SRCDIR:-.}/tests/lib.sh"

unset SWBRIDGE_CONFIG SIGNALWIRE_API_TOKEN SIGNALWIRE_SPACE SIGNALWIRE_PROJECT_ID CREDENTIALS_DIRECTORY

man=$SRCDIR/doc/swbridge.conf.5
sample=$SRCDIR/contrib/swbridge.conf.sample
print_options() {
	$MEMCHECK "$BUILDDIR/tests/print_options" "$@"
}

print_options >"$tmp/table" || bail_out "tests/print_options does not run"

# The options of a manual page: section, key, type, default.  Columns have no
# type and no default there, and stand under THE SOURCE.
man_options() {
	awk '
	function end_item() {
		if (key != "")
			print section "\t" key "\t" type "\t" default_value
		key = ""
	}
	/^\.S[hs] / {
		end_item()
		section = ""
		if ($0 == ".Sh THE SOURCE") section = "columns"
		else if ($1 == ".Ss" && $2 ~ /^\[.*\]$/) section = substr($2, 2, length($2) - 2)
	}
	section != "" && /^\.It Cm / {
		end_item()
		key = $3
		type = section == "columns" ? "column" : $NF
		default_value = section == "columns" ? key : "MISSING"
	}
	/^Default: none/ { default_value = "" }
	/^Default:$/ { getline; default_value = $2 }
	END { end_item() }' "$1"
}

# The options of a sample: section, key, default.  One that is set to an example
# shows no default.
sample_options() {
	awk '
	/^\[/ { section = substr($0, 2, length($0) - 2) }
	/^;?[a-z_]+ =/ {
		example = $0 !~ /^;/
		sub(/^;/, "")
		value = $0
		sub(/^[a-z_]+ = */, "", value)
		print section "\t" $1 "\t" (example ? "-" : value)
	}' "$1"
}

# What the table has and the file has not, or the other way round.
check_man() {
	man_options "$1" | sort >"$tmp/left"
	sort "$tmp/table" | diff "$tmp/left" - | grep '^[<>]'
}

check_sample() {
	sample_options "$1" | sort >"$tmp/left"
	awk -F '\t' -v OFS='\t' '
	FILENAME == ARGV[1] { if ($3 == "-") example[$1, $2]; next }
	{ print $1, $2, (($1, $2) in example) ? "-" : $4 }' "$tmp/left" "$tmp/table" | sort |
		diff "$tmp/left" - | grep '^[<>]'
}

ok "the table has options" test "$(wc -l <"$tmp/table")" -gt 50
is "$(cut -f 1,2 "$tmp/table" | sort | uniq -d)" "" "no option is in the table twice"
is "$(check_man "$man")" "" "the manual page has every option, its type and its default"
is "$(check_sample "$sample")" "" "the sample has every option and its default"

# The sample loads once it is filled in, as it is and with every default spelt out.
(umask 077 && echo PTtoken >"$tmp/token")
fill_in() {
	sed -e 's|^space =.*|space = example|' -e 's|^project_id =.*|project_id = p-1|' \
		-e "s|^api_token_file =.*|api_token_file = $tmp/token|" \
		-e 's|^source =.*|source = public.pbx_users|' -e 's|^on_remove =.*|on_remove = keep|' "$sample"
}
fill_in >"$tmp/filled.conf"
ok "the sample loads when it is filled in" print_options "$tmp/filled.conf"
fill_in | sed -e '/^;api_token =/d' -e 's/^;\([a-z_]* =\)/\1/' >"$tmp/spelt.conf"
ok "the sample loads with all defaults spelt out" print_options "$tmp/spelt.conf"
fails "the sample as it is says that something is missing" print_options "$sample" 2>"$tmp/err"
like "$(cat "$tmp/err")" 'swbridge\.conf\.sample:[0-9]+: on_remove = :' "and where"

# The smallest file of the manual page.
awk '/^The smallest file/ { on = 1 } on && /^\.Ed/ { exit } on && !/^(\.|The)/' "$man" |
	sed "s|^api_token_file =.*|api_token_file = $tmp/token|" >"$tmp/smallest.conf"
ok "the smallest file of the manual page loads" print_options "$tmp/smallest.conf"

# Every metric that there is stands in swbridge(1), and no other.
man_metrics() {
	awk '/^\.Sh METRICS/ { on = 1; next } /^\.Sh/ { on = 0 } on && /^\.It swbridge_/ { print $2 }' "$1" | sort
}
check_metrics() {
	man_metrics "$1" | diff - "$tmp/metrics" | grep '^[<>]'
}
$MEMCHECK "$BUILDDIR/tests/print_metrics" | sed -n 's/^# TYPE \([^ ]*\) .*/\1/p' | sort >"$tmp/metrics"
ok "there are metrics" test "$(wc -l <"$tmp/metrics")" -gt 15
is "$(check_metrics "$SRCDIR/doc/swbridge.1")" "" "the manual page has every metric"

# README: its configuration loads, its exit statuses are those of the manual
# page, and what it names in the tree is there.
readme_conf() {
	awk '/^ +\[signalwire\]/ { on = 1 } on && /^ ? ? ? ?[^ ]/ { exit } on { sub(/^ +/, ""); print }' "$SRCDIR/README"
}
readme_statuses() {
	awk '/^Exit status/ { on = 1; next } on && /^The / { exit } on && /^ +[0-9]/ { print $1 }' "$1"
}
man_statuses() {
	awk '/^\.Sh EXIT STATUS/ { on = 1; next } /^\.Sh/ { on = 0 } on && /^\.It/ { print $2 }' "$1"
}
readme_paths() { # those that are not there
	tr -s ' "=' '\n' <"$1" | grep -oE '^(contrib|sql|src|doc|tests)/[A-Za-z0-9_./-]*[A-Za-z0-9_]' |
		sort -u | while read -r path; do
		[ -e "$SRCDIR/$path" ] || [ -e "$SRCDIR/$path.c" ] || echo "$path"
	done
}
readme_conf | sed "s|^api_token_file =.*|api_token_file = $tmp/token|" >"$tmp/readme.conf"
ok "the file of README loads" print_options "$tmp/readme.conf"
ok "the manual page has exit statuses" test "$(man_statuses "$SRCDIR/doc/swbridge.1" | wc -l)" -gt 8
is "$(readme_statuses "$SRCDIR/README")" "$(man_statuses "$SRCDIR/doc/swbridge.1")" "README has the same"
is "$(readme_paths "$SRCDIR/README")" "" "what README names is in the tree"

if command -v mandoc >/dev/null; then
	for page in "$SRCDIR"/doc/*.[1-8]; do
		is "$(mandoc -T lint -W warning "$page" 2>&1)" "" "mandoc has no warning about $(basename "$page")"
	done
else
	skip "mandoc has no warning about the manual pages" "mandoc is not installed"
fi

# From here on the checks are tested: faults in, complaints out.
fault() { # FILE SED-SCRIPT CHECK COMPLAINT
	sed -e "$2" "$1" >"$tmp/fault"
	like "$($3 "$tmp/fault")" "$4" "$3 finds: $2"
}
tab=$(printf '\t')
fault "$man" '/^\.It Cm grace/d' check_man "^> mirror${tab}grace"
fault "$man" 's/^\.It Cm grace/.It Cm graze/' check_man "^< mirror${tab}graze"
fault "$man" 's/^\.Ql 24h \./.Ql 25h ./' check_man "^< mirror${tab}grace${tab}duration${tab}25h"
fault "$man" 's/^\(\.It Cm grace.*\) duration/\1 limit/' check_man "^< mirror${tab}grace${tab}limit"
fault "$man" '/^\.It Cm email/d' check_man "^> columns${tab}email"
fault "$SRCDIR/doc/swbridge.1" '/^\.It swbridge_held/d' check_metrics '^> swbridge_held$'
fault "$SRCDIR/doc/swbridge.1" 's/^\.It swbridge_held/.It swbridge_hold/' check_metrics '^< swbridge_hold$'
fault "$SRCDIR/README" 's/^ *77 /    76 /' readme_statuses '^76$'
fault "$SRCDIR/README" 's|contrib/demo|contrib/domo|' readme_paths '^contrib/domo$'
fault "$sample" '/^;grace/d' check_sample "^> mirror${tab}grace"
fault "$sample" 's/^;grace/;graze/' check_sample "^< mirror${tab}graze"
fault "$sample" 's/^;grace = 24h/;grace = 25h/' check_sample "^< mirror${tab}grace${tab}25h"
fault "$sample" '/^\[listen\]/d' check_sample "^> listen${tab}poll"
fault "$sample" '/^space/d' check_sample "^> signalwire${tab}space"

done_testing
