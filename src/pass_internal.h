/*
 * pass_internal - what the files of a pass share.
 *
 *   pass.c      reading, page by page, and seeing the engine through
 *   pass_row.c  one row: decided, held, submitted, said; and how its change ended
 */
#ifndef PASS_INTERNAL_H
#define PASS_INTERNAL_H

#include "pass.h"

struct keys {
	char **key;
	size_t count;
};

struct pass {
	const struct pass_setup *setup;
	struct pass_summary *summary;
	struct plan_policy policy;
	bool with_rails;      /* they are counted once, with the first totals */
	bool remembered;      /* they are of an earlier pass: count before holding */
	struct keys holders;  /* whose change has to go first and is not here yet */
	struct keys again;    /* the ground moved: plan these once more */
	struct keys failed;   /* counted as failed; what is planned once more takes that back */
	char *cursor;         /* of the last row */
	bool whole;           /* everything is looked at, not some keys */
	bool walking;         /* the rows are those of a page of the walk, whose end they move */
	bool serving;         /* these rows are what a daemon was told of meanwhile, and no part of the page */
	int64_t rows;
	bool goes_on;         /* another page comes behind this one */
	struct difference_totals totals; /* of the same snapshot as the rows that are being read */
	int64_t started_ms, requests_before;
	int64_t total, ended;
	int64_t under_way;    /* changes that were submitted and have not ended, but for those that came up meanwhile */
};

void pass_keys_add(struct keys *keys, const char *key);
bool pass_keys_take(struct keys *keys, const char *key); /* whether it was there; it is not any more */
void pass_keys_release(struct keys *keys);

/* A difference as it is read; `arg` is the pass. */
void pass_row(const struct difference *difference, void *arg);

/* A row that holds a name which another one wants: it may have to give it away. */
void pass_holder_row(const struct difference *difference, bool in_step, void *arg);

/* A secret that the engine issued; `arg` is the pass.  Whether it was shown. */
bool pass_issued(const struct mirror_issued *issued, void *arg);

/* What the engine reports; `arg` is the pass. */
void pass_ended(const struct mirror_report *report, void *arg);

#endif
