# embed - turns SQL files into C arrays, one string a statement.
#
# A statement ends with a line that ends with a semicolon, outside of $$.
# Arrays are named schema_<file>, with - and . as _; each ends with NULL.
#
# With -v adapters=1 the files are those of contrib/adapters: the arrays are named
# <directory>_<file>, and a table of the adapters (adapter.h) follows them.

function emit(    text) {
	text = statement
	gsub(/\\/, "&&", text)
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
	what = adapters ? "adapter" : "schema"
	print "/* " what "_sql - the SQL files as strings; generated, do not edit. */"
	print "#include \"" what ".h\""
	print ""
	print "#include <stddef.h>"
	print ""
	print "/* Longer than C11 asks of a compiler (5.2.4.1), which every compiler of ours takes. */"
	print "#pragma GCC diagnostic ignored \"-Woverlength-strings\""
}

FNR == 1 {
	finish()
	name = FILENAME
	if (adapters && name ~ /\/adapter\.sql$/) {
		directory = name
		sub(/\/adapter\.sql$/, "", directory)
		sub(/.*\//, "", directory)
		adapter[++count_adapters] = directory
	}
	sub(adapters ? ".*contrib/adapters/" : ".*/", "", name)
	sub(/\.sql$/, "", name)
	gsub(/[^A-Za-z0-9]/, "_", name)
	if (adapters)
		printf "\nstatic const char *const %s[] = {\n", name
	else
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

# The first one is what they share.
function table(    i, word) {
	print "\nconst struct adapter adapters[] = {"
	for (i = 1; i <= count_adapters; i++) {
		word = adapter[i]
		gsub(/[^A-Za-z0-9]/, "_", word)
		printf "\t{ \"%s\", \"%s\", %s_adapter, %s_uninstall },\n", adapter[i], word, word, word
	}
	print "\t{ NULL, NULL, NULL, NULL }\n};"
}

END {
	finish()
	if (adapters)
		table()
}
