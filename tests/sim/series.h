/*
 * series - objects in the order of their making, cheap to page through.
 *
 * Every object has a number that only grows.  A removed one leaves a gap; the
 * gaps are closed when they are half of the whole.  Finding a number is a
 * binary search, so a walk that resumes after some number never starts over.
 */
#ifndef SERIES_H
#define SERIES_H

#include <stddef.h>
#include <stdint.h>

struct object;

struct series_slot {
	int64_t number;
	struct object *object; /* NULL: removed */
};

struct series {
	struct series_slot *slot;
	size_t used;
	size_t size;
	size_t alive;
};

/* `number` must be greater than every one before. */
void series_add(struct series *s, int64_t number, struct object *object);
void series_remove(struct series *s, int64_t number);

/* The index of the first slot whose number is at least `number`; `used` if there is none. */
size_t series_find(const struct series *s, int64_t number);

void series_release(struct series *s);

#endif
