/*
 * source_pick - conditions that let an index of the source find some of its rows.
 *
 * They let at least the wanted rows through; the exact comparison comes after
 * them.  The columns are those of `c`, the source.
 */
#ifndef SOURCE_PICK_H
#define SOURCE_PICK_H

#include "source.h"

/* Appends the clause "where": rows that can have one of the keys at all.  `keys`: an SQL expression of type text[]. */
void source_pick_keys(struct strbuf *out, const struct source *source, const char *keys);

/* The same of usernames, where no template makes them. */
void source_pick_names(struct strbuf *out, const struct source *source, const char *names);

#endif
