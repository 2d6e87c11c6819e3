/* pattern - writes a shell pattern as a regular expression of PostgreSQL. */
#include "pattern.h"

#include <string.h>

#include "strbuf.h"

static void add_literal(struct strbuf *out, char c)
{
	if (strchr("^.[$()|*+?{}\\]-", c))
		strbuf_putc(out, '\\');
	strbuf_putc(out, c);
}

/* What stands between [ and ], from behind the [; where the ] is.  A ] that comes first stands for itself. */
static const char *add_bracket(struct strbuf *out, const char *pattern)
{
	const char *first = pattern + (*pattern == '!' || *pattern == '^');

	strbuf_puts(out, first == pattern ? "[" : "[^");
	for (pattern = first; *pattern && (*pattern != ']' || pattern == first); pattern++) {
		if (*pattern == '-' && pattern != first && pattern[1] != ']')
			strbuf_putc(out, '-');
		else
			add_literal(out, *pattern);
	}
	strbuf_putc(out, ']');
	return pattern;
}

char *pattern_regex(const char *pattern)
{
	struct strbuf regex = STRBUF_INIT;

	strbuf_puts(&regex, "^(?:");
	for (; *pattern; pattern++) {
		if (*pattern == '*')
			strbuf_puts(&regex, ".*");
		else if (*pattern == '?')
			strbuf_putc(&regex, '.');
		else if (*pattern == '[')
			pattern = add_bracket(&regex, pattern + 1);
		else if (*pattern == '\\' && pattern[1])
			add_literal(&regex, *++pattern);
		else
			add_literal(&regex, *pattern);
	}
	strbuf_puts(&regex, ")$");
	return strbuf_detach(&regex);
}
