/*
 * listen_refused - which rows the daemon has said that it refuses.
 *
 * What a row says makes it refused again at every look, and it is news once.
 * What is remembered are sums of keys and reasons, 16 bytes a row.
 */
#ifndef LISTEN_REFUSED_H
#define LISTEN_REFUSED_H

#include "pass.h"

struct refused {
	struct refused_row *rows; /* a hash table; NULL: nothing */
	size_t size, count;
	uint32_t look; /* at everything, the one that was begun last */
};

void refused_release(struct refused *refused);

/* A look at everything begins. */
void refused_begin(struct refused *refused);

/* It came to its end: what it did not meet is not refused any more. */
void refused_end(struct refused *refused);

/* Takes note of a line.  True: it says of a row that it is refused, for a reason that was not said of it. */
bool refused_is_news(struct refused *refused, const struct pass_line *line);

#endif
