/* listen_refused - which rows the daemon has said that it refuses. */
#include "listen_refused.h"

#include <stdint.h>

#include "mem.h"

enum { SIZE_LEAST = 64 };

struct refused_row {
	uint64_t key;    /* 0: free */
	uint32_t reason; /* 0: not refused any more */
	uint32_t look;   /* in which it was met last */
};

/* FNV-1a, never 0. */
static uint64_t sum(const char *text)
{
	uint64_t hash = 14695981039346656037u;

	for (const char *c = text ? text : ""; *c; c++)
		hash = (hash ^ (unsigned char)*c) * 1099511628211u;
	return hash ? hash : 1;
}

static uint32_t short_sum(const char *text)
{
	uint64_t hash = sum(text);
	uint32_t folded = (uint32_t)(hash ^ hash >> 32);

	return folded ? folded : 1;
}

/* The place of a key, or that where it would be. */
static struct refused_row *place(const struct refused *refused, uint64_t key)
{
	size_t at = (size_t)key & (refused->size - 1);

	while (refused->rows[at].key && refused->rows[at].key != key)
		at = (at + 1) & (refused->size - 1);
	return &refused->rows[at];
}

/* Into a table that has room for twice as many as are kept: those that were met since the look `since`. */
static void rebuild(struct refused *refused, uint32_t since)
{
	struct refused new = { .size = SIZE_LEAST, .look = refused->look };

	for (size_t i = 0; i < refused->size; i++)
		new.count += refused->rows[i].reason && refused->rows[i].look >= since;
	while (new.size < new.count * 3)
		new.size *= 2;
	new.rows = mem_array(new.size, sizeof *new.rows);
	for (size_t i = 0; i < refused->size; i++)
		if (refused->rows[i].reason && refused->rows[i].look >= since)
			*place(&new, refused->rows[i].key) = refused->rows[i];
	mem_free(refused->rows);
	*refused = new;
}

void refused_release(struct refused *refused)
{
	mem_free(refused->rows);
	*refused = (struct refused){ 0 };
}

void refused_begin(struct refused *refused)
{
	refused->look++;
}

void refused_end(struct refused *refused)
{
	if (refused->count)
		rebuild(refused, refused->look);
}

bool refused_is_news(struct refused *refused, const struct pass_line *line)
{
	const bool is_refused = line->own && line->state == PASS_REJECTED;
	const uint32_t reason = is_refused ? short_sum(line->reason) : 0;
	struct refused_row *row = NULL;
	bool news = false;

	if (!line->key || (!is_refused && !refused->count))
		return false;
	if (refused->count * 3 >= refused->size * 2)
		rebuild(refused, 0);
	row = place(refused, sum(line->key));
	if (!row->key && !is_refused)
		return false;
	news = is_refused && row->reason != reason;
	refused->count += !row->key;
	*row = (struct refused_row){ .key = sum(line->key), .reason = reason, .look = refused->look };
	return news;
}
