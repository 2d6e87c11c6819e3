/* source_pick - conditions that let an index of the source find some of its rows. */
#include "source_pick.h"

#include <stdlib.h>

#include "mem.h"

/*
 * A condition that an index of `column` can serve and that lets at least the
 * wanted rows through: the exact comparison of keys comes after it.  Hence the
 * parameter is cast to the column's type and not the column to text.
 */
static void index_condition(struct strbuf *out, const struct source_binding *b, const char *values)
{
	const char *name = b->quoted;

	switch (b->kind) {
	case SOURCE_TEXT:
	case SOURCE_CHAR:
		strbuf_printf(out, "c.%s = any((%s)::%s[]%s%s)", name, values, b->kind == SOURCE_TEXT ? "text" : "bpchar",
			      b->collation ? " collate " : "", b->collation ? b->collation : "");
		break;
	case SOURCE_INTEGER:
		strbuf_printf(out,
			      "c.%s = any(array(select v.v::bigint from unnest(%s) v (v)\n"
			      "                            where v.v ~ '^-?[0-9]{1,18}$'))",
			      name, values);
		break;
	case SOURCE_UUID:
		strbuf_printf(out,
			      "c.%s = any(array(select v.v::uuid from unnest(%s) v (v)\n"
			      "                            where v.v ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'))",
			      name, values);
		break;
	case SOURCE_BOOLEAN:
	case SOURCE_NUMBER:
	case SOURCE_OTHER:
	default:
		strbuf_printf(out, "c.%s::text = any(%s)", name, values);
		break;
	}
}

/* A key that is made of tenant and extension is taken apart at each '/', since either may hold one. */
static void parts_condition(struct strbuf *out, const struct source *source, const char *keys)
{
	char *tails = mem_printf("array(select k.k from unnest(%s) k (k) union all\n"
				 "              select substr(k.k, i.i + 1) from unnest(%s) k (k), generate_series(1, length(k.k)) i (i)\n"
				 "               where substr(k.k, i.i, 1) = '/')",
				 keys, keys);
	char *heads = mem_printf("array(select '' union all\n"
				 "              select left(k.k, i.i - 1) from unnest(%s) k (k), generate_series(1, length(k.k)) i (i)\n"
				 "               where substr(k.k, i.i, 1) = '/')",
				 keys);

	index_condition(out, &source->columns[SOURCE_EXTENSION], tails);
	strbuf_puts(out, "\n               and (");
	index_condition(out, &source->columns[SOURCE_TENANT], heads);
	strbuf_printf(out, "\n                    or c.%s is null)", source->columns[SOURCE_TENANT].quoted);
	free(tails);
	free(heads);
}

/* Which rows can have one of the keys at all. */
void source_pick_keys(struct strbuf *out, const struct source *source, const char *keys)
{
	strbuf_puts(out, "\n             where ");
	if (source_has(source, SOURCE_KEY))
		index_condition(out, &source->columns[SOURCE_KEY], keys);
	else if (source_has(source, SOURCE_TENANT))
		parts_condition(out, source, keys);
	else
		index_condition(out, &source->columns[SOURCE_EXTENSION], keys);
}

void source_pick_names(struct strbuf *out, const struct source *source, const char *names)
{
	strbuf_puts(out, "\n             where (");
	index_condition(out, &source->columns[SOURCE_EXTENSION], names);
	if (source_has(source, SOURCE_USERNAME)) {
		strbuf_puts(out, "\n                    or ");
		index_condition(out, &source->columns[SOURCE_USERNAME], names);
	}
	strbuf_puts(out, ")");
}
