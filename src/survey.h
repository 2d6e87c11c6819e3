/*
 * survey - the remote side as it is, read whole into tables of the session.
 *
 * Nothing is changed anywhere: only GETs are sent, and what they answer goes into
 * temporary tables of the given connection (survey_table.h), so memory does not
 * grow with the fleet: while the database is slower than SignalWire, no further
 * page is asked for.
 *
 * In this order: the canary; subscribers, page by page; standalone credentials;
 * the legacy list; then the credentials of each subscriber, with many requests
 * in flight, but never more than half of http's window and 64, so that a
 * daemon's own work has room beside it.  What fails for a while is tried again
 * by api, within its budget.
 *
 * Every part is whole or not, and if not it is said why.  A part is whole only
 * where every page of it was read; what a part that is not whole did not show
 * proves nothing.  The credentials are whole where each subscriber's listing was
 * (survey_subscriber.credentials says so of each one); a part of them counts only
 * where the subscribers are whole, too.  One subscriber whose listing fails for
 * good does not stop the others; twenty in a row do.
 *
 * No survey at all: the canary shows another project's SIP domain, or a
 * subscriber is of another project (exit 6); 401 and 403 (exit 77); the database
 * fails, or the role may make no temporary table (exit 78, with the grant).
 *
 * What the tables hold is what was there while it was read: an object may have
 * come or gone since.  Whoever acts on it reads that object again first.
 */
#ifndef SURVEY_H
#define SURVEY_H

#include <stdbool.h>
#include <stdint.h>

#include "api.h"
#include "db.h"
#include "error.h"
#include "http.h"
#include "loop.h"

struct survey;

enum survey_part { SURVEY_SUBSCRIBERS, SURVEY_ENDPOINTS, SURVEY_LEGACY, SURVEY_CREDENTIALS, SURVEY_PARTS };

struct survey_setup {
	struct loop *loop;
	struct db *db;   /* its session gets the tables; other units may run between */
	struct api *api;
	struct http *http; /* for its window */
	const char *project_id; /* copied, as the next: every subscriber has to be of it */
	const char *sip_domain; /* what the canary has to answer */
	/*
	 * How far it is, at most once for each answer: subscribers whose credentials
	 * were read, of how many; while these are listed `total` is 0 and `done` counts
	 * them.  NULL: nobody wants to know.
	 */
	void (*progress)(int64_t done, int64_t total, void *arg);
	void *arg;
};

/* `setup` is copied; what it points at is borrowed, and db, api and http must outlive the survey's work. */
struct survey *survey_new(const struct survey_setup *setup);

/* After `done` (which may do it), or once db and api are freed, which would call back.  The tables stay.  NULL is fine. */
void survey_free(struct survey *survey);

/* Nobody wants it any more: nothing new is asked for, `done` is not called, and db and api may be freed. */
void survey_abandon(struct survey *survey);

/* Begins, once; `done` is called once, from the loop, `err` (borrowed) as above or NULL. */
void survey_start(struct survey *survey, void (*done)(const struct error *err, void *arg), void *arg);

/* The same, turning the loop; where loop_break() comes first it is abandoned, and the error is LATER, "interrupted". */
int survey_run(struct survey *survey, struct error *err);

/* After `done`.  *why: in a sentence part, borrowed; NULL where it is whole. */
bool survey_whole(const struct survey *survey, enum survey_part part, const char **why);
/* All parts: else LATER, naming those that are not whole, and why. */
int survey_check_whole(const struct survey *survey, struct error *err);

/* How many rows were read; of the credentials those under subscribers. */
int64_t survey_count(const struct survey *survey, enum survey_part part);

const char *survey_part_name(enum survey_part part); /* "subscribers" */

#endif
