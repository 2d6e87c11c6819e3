/* textarray - the text form of PostgreSQL's text[], as one parameter. */
#include "textarray.h"

#include "strbuf.h"

char *textarray(const char *const *values, size_t count)
{
	struct strbuf out = STRBUF_INIT;

	strbuf_putc(&out, '{');
	for (size_t i = 0; i < count; i++) {
		strbuf_puts(&out, i ? ",\"" : "\"");
		for (const char *c = values[i]; *c; c++) {
			if (*c == '"' || *c == '\\')
				strbuf_putc(&out, '\\');
			strbuf_putc(&out, *c);
		}
		strbuf_putc(&out, '"');
	}
	strbuf_putc(&out, '}');
	return strbuf_detach(&out);
}
