/*
 * listing - pages, links and tokens of every list.
 *
 * Two ways of paging (setting `paging`): by cursor, where a page begins after
 * the last row of the one before, and by offset, where rows shift when others
 * come and go in between.  Both hand out a token that a page beyond the first
 * must bring along, and refuse one that they did not make for that list.
 */
#ifndef LISTING_H
#define LISTING_H

#include "show.h"

/* Whether a row of the series belongs to the list. */
typedef bool listing_filter(const struct call *c, const struct object *o);

struct listing {
	const struct series *series;
	listing_filter *filter; /* NULL: all */
	show_row *show;
	int64_t page_size_max;
	bool username_filter; /* takes filter_username */
};

/* Answers the call with one page. */
void listing_reply(struct call *c, const struct listing *list);

/* Refuses a query on an operation that takes none: false after a reply. */
bool listing_no_query(struct call *c);

#endif
