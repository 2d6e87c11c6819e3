/* series - objects in the order of their making, cheap to page through. */
#include "series.h"

#include "mem.h"

void series_add(struct series *s, int64_t number, struct object *object)
{
	if (s->used == s->size) {
		s->size = s->size ? s->size * 2 : 4;
		s->slot = mem_grow(s->slot, s->size, sizeof *s->slot);
	}
	s->slot[s->used].number = number;
	s->slot[s->used].object = object;
	s->used++;
	s->alive++;
}

size_t series_find(const struct series *s, int64_t number)
{
	size_t low = 0;
	size_t high = s->used;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (s->slot[middle].number < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void close_gaps(struct series *s)
{
	size_t from = 0;
	size_t to = 0;

	for (from = 0; from < s->used; from++)
		if (s->slot[from].object)
			s->slot[to++] = s->slot[from];
	s->used = to;
}

void series_remove(struct series *s, int64_t number)
{
	size_t at = series_find(s, number);

	if (at == s->used || s->slot[at].number != number || !s->slot[at].object)
		return;
	s->slot[at].object = NULL;
	s->alive--;
	if (s->alive < s->used / 2)
		close_gaps(s);
}

void series_release(struct series *s)
{
	mem_free(s->slot);
	*s = (struct series){ 0 };
}
