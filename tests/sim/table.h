/*
 * table - a hash table of nodes that live inside the things it holds.
 *
 * One key may be there several times (seeded twins): the caller walks the
 * chain and compares.  The table owns nothing but its buckets.
 */
#ifndef TABLE_H
#define TABLE_H

#include <stddef.h>
#include <stdint.h>

struct object;

struct table_node {
	struct table_node *next;
	struct object *object;
	uint64_t hash;
};

struct table {
	struct table_node **bucket;
	size_t size; /* a power of two, or 0 */
	size_t count;
};

#define TABLE_INIT { NULL, 0, 0 }

uint64_t table_hash(const char *key);      /* FNV-1a */
uint64_t table_hash_fold(const char *key); /* the same without ASCII case */

void table_add(struct table *t, struct table_node *node, uint64_t hash, struct object *object);
void table_remove(struct table *t, struct table_node *node);

/* The first node with this hash, and the one after; NULL at the end. */
struct table_node *table_first(const struct table *t, uint64_t hash);
struct table_node *table_next(struct table_node *node);

void table_release(struct table *t);

#endif
