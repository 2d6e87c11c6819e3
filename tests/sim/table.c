/* table - a hash table of nodes that live inside the things it holds. */
#include "table.h"

#include <ctype.h>

#include "mem.h"

static uint64_t hash(const char *key, int fold)
{
	uint64_t h = UINT64_C(14695981039346656037);

	for (; *key; key++) {
		unsigned char c = (unsigned char)*key;

		h ^= fold && c < 0x80 ? (uint64_t)tolower(c) : c;
		h *= UINT64_C(1099511628211);
	}
	return h ^ (h >> 32);
}

uint64_t table_hash(const char *key)
{
	return hash(key, 0);
}

uint64_t table_hash_fold(const char *key)
{
	return hash(key, 1);
}

static void grow(struct table *t)
{
	size_t size = t->size ? t->size * 2 : 64;
	struct table_node **bucket = mem_array(size, sizeof *bucket);
	size_t i = 0;

	for (i = 0; i < t->size; i++) {
		struct table_node *node = t->bucket[i];

		while (node) {
			struct table_node *next = node->next;
			struct table_node **slot = &bucket[node->hash & (size - 1)];

			node->next = *slot;
			*slot = node;
			node = next;
		}
	}
	mem_free(t->bucket);
	t->bucket = bucket;
	t->size = size;
}

void table_add(struct table *t, struct table_node *node, uint64_t h, struct object *object)
{
	struct table_node **slot = NULL;

	if (t->count >= t->size)
		grow(t);
	slot = &t->bucket[h & (t->size - 1)];
	node->hash = h;
	node->object = object;
	node->next = *slot;
	*slot = node;
	t->count++;
}

void table_remove(struct table *t, struct table_node *node)
{
	struct table_node **slot = t->size ? &t->bucket[node->hash & (t->size - 1)] : NULL;

	while (slot && *slot) {
		if (*slot == node) {
			*slot = node->next;
			t->count--;
			return;
		}
		slot = &(*slot)->next;
	}
}

static struct table_node *same(struct table_node *node, uint64_t h)
{
	while (node && node->hash != h)
		node = node->next;
	return node;
}

struct table_node *table_first(const struct table *t, uint64_t h)
{
	return t->size ? same(t->bucket[h & (t->size - 1)], h) : NULL;
}

struct table_node *table_next(struct table_node *node)
{
	return same(node->next, node->hash);
}

void table_release(struct table *t)
{
	mem_free(t->bucket);
	*t = (struct table)TABLE_INIT;
}
