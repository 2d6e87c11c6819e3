/*
 * verify_view - what a comparison found, for people or as JSON.
 */
#ifndef VERIFY_VIEW_H
#define VERIFY_VIEW_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "strbuf.h"
#include "verify.h"

struct verify_view;

struct verify_view *verify_view_new(FILE *out, bool json, bool color);
void verify_view_free(struct verify_view *view); /* NULL is fine; what was not flushed is dropped */

/*
 * One line: a sign (~ drifted, - missing, ! leaked, ? foreign), whose it is, what
 * it is, what is wrong.  The first ones are kept back, so that their columns fit;
 * with json nothing is.
 */
void verify_view_line(struct verify_view *view, const struct verify_finding *finding);
void verify_view_flush(struct verify_view *view);

struct verify_totals {
	const struct verify_summary *summary;
	int64_t repaired, requests;
	double seconds;
	bool repairing;      /* --repair was given */
	int64_t repairable;  /* of what was found */
	int64_t looks_leaked; /* leaked ones that only look like ours, with nothing on them */
	int64_t in_use;      /* those with credentials on them */
	int64_t price_cents; /* of a subscriber, a month */
	bool read;           /* false: it ended before everything was read */
};

/* How it ends: complete lines, with the commands that go on from there. */
void verify_view_trailer(struct strbuf *out, const struct verify_totals *totals);
void verify_view_json(FILE *out, const struct verify_totals *totals);

#endif
