/* shellword - a name as a shell takes it, for the commands that are printed. */
#include "shellword.h"

#include <string.h>

#include "mem.h"

static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_@%+=:,./-";

void shellword_quote(struct strbuf *out, const char *word)
{
	strbuf_putc(out, '\'');
	for (const char *c = word; *c; c++)
		strbuf_puts(out, *c == '\'' ? "'\\''" : (char[]){ *c, '\0' });
	strbuf_putc(out, '\'');
}

char *shellword(const char *word)
{
	struct strbuf out = STRBUF_INIT;

	if (*word && !word[strspn(word, plain)])
		return mem_strdup(word);
	shellword_quote(&out, word);
	return strbuf_detach(&out);
}
