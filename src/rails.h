/*
 * rails - what must wait.
 *
 * Pure.  Every class of dangerous work (creates, removals, changes) has a limit
 * over the last 24 hours: distinct keys in the journal plus what this pass has
 * admitted already.  A key that is counted already, or that an approval covers,
 * passes without taking a place.  A replace counts as a removal and a create
 * and is held whole.  What one class holds never delays another class.
 *
 * rails_init() is called once per pass, with the totals of its first page: what
 * a pass admits is in the journal by the time of a later page and would count
 * twice.  A key is asked for at most once per pass.
 */
#ifndef RAILS_H
#define RAILS_H

#include <stdbool.h>
#include <stdint.h>

#include "config.h"
#include "difference.h"

struct rails_class {
	bool unlimited;
	int64_t limit;    /* places in the window, from the configuration and the fleet */
	int64_t taken;    /* places used: journal and this pass */
	int64_t held;     /* changes held by this class in this pass, for the report */
};

struct rails {
	struct rails_class creates;
	struct rails_class removals;
	struct rails_class changes;
};

/* Percentages are rounded down, of the rows with a credential plus what was removed in the window. */
void rails_init(struct rails *rails, const struct config *config, const struct difference_totals *totals);

/*
 * Asks for a change of these classes (mask CLASS_*).  Returns 0 and takes the
 * places, or the mask of the classes that hold it, taking none.
 */
unsigned rails_admit(struct rails *rails, unsigned classes, unsigned counted, unsigned approved);

/* What was held is of one pass; the places taken are of the day. */
void rails_forget_held(struct rails *rails);

/* "max_removals" and the like, for the smallest class in the mask ("" for none); static. */
const char *rails_setting(unsigned held);
const char *rails_approve_word(unsigned held); /* "removals": as `swbridge approve` takes it; static */

#endif
