/* wake - which keys wait to be looked at. */
#include "wake.h"

#include <json-c/linkhash.h>
#include <string.h>

#include "mem.h"

struct wake {
	struct lh_table *pending; /* key -> itself, in the order of arrival */
	struct lh_table *busy;
	bool all;
};

static void free_entry(struct lh_entry *entry)
{
	mem_free(lh_entry_k(entry));
}

struct wake *wake_new(void)
{
	struct wake *wake = mem_alloc(sizeof *wake);

	wake->pending = lh_kchar_table_new(64, free_entry);
	wake->busy = lh_kchar_table_new(64, free_entry);
	return wake;
}

void wake_free(struct wake *wake)
{
	if (!wake)
		return;
	lh_table_free(wake->pending);
	lh_table_free(wake->busy);
	mem_free(wake);
}

static void add(struct lh_table *table, const char *key)
{
	char *copy = NULL;

	if (lh_table_lookup_entry(table, key))
		return;
	copy = mem_strdup(key);
	lh_table_insert(table, copy, copy);
}

static void clear(struct lh_table *table)
{
	struct lh_entry *entry = NULL, *next = NULL;

	lh_foreach_safe(table, entry, next)
		lh_table_delete_entry(table, entry);
}

void wake_key(struct wake *wake, const char *key)
{
	if (lh_table_length(wake->pending) < WAKE_KEYS_MOST)
		add(wake->pending, key);
	else
		wake_all(wake);
}

void wake_all(struct wake *wake)
{
	wake->all = true;
}

bool wake_wants_all(const struct wake *wake)
{
	return wake->all;
}

bool wake_wants_keys(const struct wake *wake)
{
	return lh_table_length(wake->pending) > 0;
}

void wake_take_all(struct wake *wake)
{
	wake->all = false;
	clear(wake->pending);
}

char **wake_take_keys(struct wake *wake, size_t most, size_t *count)
{
	size_t there = (size_t)lh_table_length(wake->pending);
	char **keys = mem_array(there < most ? there + 1 : most + 1, sizeof *keys);
	struct lh_entry *entry = NULL, *next = NULL;

	*count = 0;
	lh_foreach_safe(wake->pending, entry, next) {
		if (*count == most)
			break;
		keys[(*count)++] = mem_strdup(lh_entry_k(entry));
		lh_table_delete_entry(wake->pending, entry);
	}
	return keys;
}

void wake_release_keys(char **keys, size_t count)
{
	for (size_t i = 0; i < count; i++)
		mem_free(keys[i]);
	mem_free(keys);
}

void wake_busy(struct wake *wake, const char *key)
{
	add(wake->busy, key);
}

void wake_ended(struct wake *wake, const char *key)
{
	struct lh_entry *entry = lh_table_lookup_entry(wake->busy, key);

	if (!entry)
		return;
	lh_table_delete_entry(wake->busy, entry);
	wake_key(wake, key);
}
