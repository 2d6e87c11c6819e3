#!/bin/sh
# test_floors - the house stands: floors, sizes and first lines of src/.
#
# The checker is run over the sources, where it must be silent, and over small
# trees with one fault each, where it must not be.

NO_POSTGRES=1
. "${SRCDIR:-.}/tests/lib.sh"

max_file=450
max_function=80

# Prints one complaint a line about the sources in $1, by the table $2.
check_floors() {
	awk '
	FILENAME == ARGV[1] {
		if ($0 !~ /^(#|$)/) {
			pattern[++rows] = $1
			floor[rows] = $2
			beside[rows] = " "
			for (i = 3; i <= NF; i++)
				beside[rows] = beside[rows] $i " "
		}
		next
	}
	function row_of(name,    i, re) {
		for (i = 1; i <= rows; i++) {
			re = pattern[i]
			gsub(/\*/, ".*", re)
			if (name ~ "^" re "$")
				return i
		}
		return 0
	}
	# http_easy has no line of its own, so it is a room of http.
	function house(name) {
		if (!row_of(name))
			sub(/_.*/, "", name)
		return name
	}
	function row(name) {
		return row_of(house(name))
	}
	FNR == 1 {
		file = FILENAME
		sub(/.*\//, "", file)
		module = file
		sub(/\.[ch]$/, "", module)
		mine = row(module)
		if (!mine)
			print file ": not in tests/floors"
	}
	mine && /^[ \t]*#[ \t]*include[ \t]*"/ {
		split($0, part, "\"")
		name = part[2]
		sub(/\.h$/, "", name)
		if (name == module || name == "build")
			next
		other = row(name)
		if (!other)
			print file ":" FNR ": " name " is not in tests/floors"
		else if (floor[other] > floor[mine])
			print file ":" FNR ": includes upward: " name
		else if (house(name) == house(module))
			next
		else if (name ~ /_internal$/)
			print file ":" FNR ": " name " is for " house(name) " alone"
		else if (floor[other] == floor[mine] && floor[mine] > 0 && !index(beside[mine], " " house(name) " "))
			print file ":" FNR ": includes sideways: " name
	}' "$2" "$1"/*.[ch]
}

# Functions are those whose braces stand in the first column.
check_sizes() {
	awk -v max_file="$max_file" -v max_function="$max_function" '
	function end_file() {
		if (file != "" && lines > max_file)
			print file ": " lines " lines, at most " max_file
	}
	FNR == 1 { end_file(); file = FILENAME; sub(/.*\//, "", file); start = 0 }
	{ lines = FNR }
	/^[a-zA-Z_].*\(/ { head = $0 }
	/^\{/ { start = FNR }
	/^\}/ && start {
		if (FNR - start + 1 > max_function) {
			sub(/\(.*/, "", head)
			sub(/.*[ *]/, "", head)
			print file ":" start ": " head " has " FNR - start + 1 " lines, at most " max_function
		}
		start = 0
	}
	END { end_file() }' "$1"/*.[ch]
}

check_first_lines() {
	for file in "$1"/*.[ch]; do
		name=$(basename "$file")
		awk -v want="${name%.[ch]} - " '
		FNR == 1 && index($0, "/* " want) == 1 { good = 1 }
		FNR == 1 { open = $0 == "/*" }
		FNR == 2 && open && index($0, " * " want) == 1 { good = 1 }
		END { exit !good }' "$file" || echo "$name: its first line does not say its one job"
	done
}

# Who knows libevent: the loop, and the exporter for its evhttp.
check_libevent() {
	grep -lE '^[[:space:]]*#[[:space:]]*include[[:space:]]*<(event2/|event|evhttp)' "$1"/*.[ch] | sed 's|.*/||' |
		grep -vx -e loop.c -e exporter.c
}

is "$(check_floors "$SRCDIR/src" "$SRCDIR/tests/floors")" "" "nothing includes upward or sideways, every module has a floor"
is "$(check_libevent "$SRCDIR/src")" "" "nobody but loop and exporter includes libevent"
is "$(check_sizes "$SRCDIR/src")" "" "no file over $max_file lines, no function over $max_function"
is "$(check_first_lines "$SRCDIR/src")" "" "every file says its one job first"

# From here on the checker itself is tested: faults in, complaints out.
seeded="$tmp/seeded"
mkdir "$seeded"
cat >"$tmp/floors" <<'END'
mem 0
log 0
low 1
side 1 low
cmd_* 7
END

# seed FILE TEXT: makes $seeded hold this one file.
seed() {
	rm -f "$seeded"/*
	printf "$2" >"$seeded/$1"
}

floors_of() {
	seed "$1" "$2"
	check_floors "$seeded" "$tmp/floors"
}

is "$(floors_of low.c '#include "low.h"\n#include "mem.h"\n#include <side.h>\n')" "" "own header, lower floor, system header"
is "$(floors_of log.h '#include "mem.h"\n')" "" "floor 0 may include floor 0"
is "$(floors_of side.c '#include "low.h"\n')" "" "sideways where the table says so"
is "$(floors_of cmd_sync.c '#include "side.h"\n')" "" "a pattern in the table"
is "$(floors_of low_part.c '#include "low.h"\n#include "low_internal.h"\n#include "mem.h"\n')" "" "a module in several files"
is "$(floors_of cmd_sync.c '#include "low_internal.h"\n')" "cmd_sync.c:1: low_internal is for low alone" "a stranger inside"
is "$(floors_of low_part.c '#include "side.h"\n')" "low_part.c:1: includes sideways: side" "a part goes sideways"
is "$(floors_of mem.h '#include "low.h"\n')" "mem.h:1: includes upward: low" "upward, from a header too"
is "$(floors_of low.c '\n # include "side.h"\n')" "low.c:2: includes sideways: side" "sideways"
is "$(floors_of cmd_sync.c '#include "cmd_plan.h"\n')" "cmd_sync.c:1: includes sideways: cmd_plan" "one verb includes another"
is "$(floors_of attic.c '')" "" "an empty file has nothing to say"
is "$(floors_of attic.c '\n')" "attic.c: not in tests/floors" "a module without a floor"
is "$(floors_of low.c '#include "attic.h"\n')" "low.c:1: attic is not in tests/floors" "an unknown header"

seed low.c '#include <event2/event.h>\n'
is "$(check_libevent "$seeded")" "low.c" "a stranger who includes libevent"
seed loop.c '#include <event2/event.h>\n'
is "$(check_libevent "$seeded")" "" "the loop may"

long_function() {
	printf 'int low_f(int a)\n{\n'
	i=2
	while [ $i -lt "$1" ]; do
		echo "	a++;"
		i=$((i + 1))
	done
	printf '}\n'
}
seed low.c ''
long_function $max_function >"$seeded/low.c"
is "$(check_sizes "$seeded")" "" "a function of $max_function lines"
long_function $((max_function + 1)) >"$seeded/low.c"
is "$(check_sizes "$seeded")" "low.c:2: low_f has $((max_function + 1)) lines, at most $max_function" "a function of one more"
awk -v n=$((max_file + 1)) 'BEGIN { while (n--) print "" }' >"$seeded/low.c"
is "$(check_sizes "$seeded")" "low.c: $((max_file + 1)) lines, at most $max_file" "a file of one line too many"

seed low.c '/* low - does one thing. */\n'
is "$(check_first_lines "$seeded")" "" "a first line in one comment"
seed low.h '/*\n * low - does one thing.\n */\n'
is "$(check_first_lines "$seeded")" "" "a first line in a block"
seed low.c '#include "low.h"\n'
is "$(check_first_lines "$seeded")" "low.c: its first line does not say its one job" "no first line"
seed low.c '/* side - does one thing. */\n'
is "$(check_first_lines "$seeded")" "low.c: its first line does not say its one job" "the first line of another file"

done_testing
