# embed - turns SQL files into C arrays, one string a statement.
#
# A statement ends with a line that ends with a semicolon, outside of $$.
# Arrays are named schema_<file>, with - and . as _; each ends with NULL.

function emit(    text) {
	text = statement
	gsub(/\\/, "\\\\", text)
	gsub(/"/, "\\\"", text)
	gsub(/\t/, "\\t", text)
	sub(/\n$/, "", text)
	gsub(/\n/, "\\n\"\n\t\"", text)
	if (text != "")
		printf "\t\"%s\",\n", text
	statement = ""
}

function finish() {
	if (name == "")
		return
	statement = ""   # only comments are left
	printf "\tNULL\n};\n"
}

BEGIN {
	print "/* schema_sql - the SQL files as strings; generated, do not edit. */"
	print "#include \"schema.h\""
	print ""
	print "#include <stddef.h>"
}

FNR == 1 {
	finish()
	name = FILENAME
	sub(/.*\//, "", name)
	sub(/\.sql$/, "", name)
	gsub(/[^A-Za-z0-9]/, "_", name)
	printf "\nconst char *const schema_%s[] = {\n", name
	dollar = 0
}

/^[ \t]*--/ && statement == "" { next }
/^[ \t]*$/ && statement == "" { next }

{
	statement = statement $0 "\n"
	count = gsub(/\$\$/, "$$")
	if (count % 2)
		dollar = !dollar
	if (!dollar && $0 ~ /;[ \t]*$/)
		emit()
}

END { finish() }
