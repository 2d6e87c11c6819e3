/*
 * admin_since - whether SignalWire has taken what a row said at a moment, or later.
 *
 * A row that is edited all the time is never in step, and what it said then is
 * live all the same.  The journal knows: a change reads its row when the one
 * before it is over.  So one that comes behind another which was over after the
 * moment carries what the row said then, or something newer.  The first one
 * behind the moment may have been decided before it, and have waited for its
 * turn; unless one was open at the moment: then that was decided before, and the
 * first one is behind it.  A change that first gives its name away, since rows
 * want each other's, is two in the journal: that part of it is none of its own.
 *
 * Only reads.  The session's search_path must be the ledger's.  Both turn the loop.
 */
#ifndef ADMIN_SINCE_H
#define ADMIN_SINCE_H

#include <stdbool.h>
#include <stdint.h>

#include "db.h"
#include "error.h"

/* A moment; without strings, to be copied freely. */
struct admin_moment {
	int64_t last; /* the youngest change of any row */
	bool open;    /* one of this row was, and more than its name given away */
};

int admin_moment(struct db *db, const char *key, struct admin_moment *now, struct error *err);

/* *sent: a change ended well that carried what the row said at `then` or later, and made or left it usable. */
int admin_since(struct db *db, const char *key, const struct admin_moment *then, bool *sent, struct error *err);

#endif
