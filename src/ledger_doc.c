/* ledger_doc - the members of a batch, as JSON text. */
#include "ledger_internal.h"

#include "json.h"

/*
 * Batches are written as text at once: with many small changes under way, a
 * tree of objects for each would be most of the work.
 */
static void put_name(struct strbuf *doc, const char *name)
{
	if (doc->data[doc->len - 1] != '{')
		strbuf_putc(doc, ',');
	strbuf_putc(doc, '"');
	strbuf_puts(doc, name);
	strbuf_puts(doc, "\":");
}

void ledger_put(struct strbuf *doc, const char *name, const char *value)
{
	if (!value)
		return;
	put_name(doc, name);
	json_write_escaped(doc, value);
}

void ledger_put_bool(struct strbuf *doc, const char *name, bool value)
{
	put_name(doc, name);
	strbuf_puts(doc, value ? "true" : "false");
}

void ledger_put_int(struct strbuf *doc, const char *name, int64_t value)
{
	put_name(doc, name);
	strbuf_printf(doc, "%lld", (long long)value);
}
