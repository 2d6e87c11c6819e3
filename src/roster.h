/*
 * roster - a complete listing of the project, shared by all who ask for it.
 *
 * The API has no search, so whoever must know whether something exists lists
 * everything of its kind.  A question that comes while a listing runs waits for
 * the next one: what was created before the question was asked must be seen.
 * Memory holds the questions, never the listing.
 */
#ifndef ROSTER_H
#define ROSTER_H

#include <stdint.h>

#include "api.h"

struct roster;

enum roster_answer {
	ROSTER_FOUND,
	ROSTER_NONE,   /* the listing was complete and it was not there */
	ROSTER_FAILED  /* nothing is known; `text` says why */
};

struct roster_entry {
	enum roster_answer answer;
	const char *id;
	int64_t created_at_ms; /* -1: not said */
	enum api_outcome outcome; /* of the listing */
	const char *text;
};

enum roster_kind { ROSTER_SUBSCRIBERS, ROSTER_ENDPOINTS };

struct roster *roster_new(struct api *api, enum roster_kind kind);
void roster_free(struct roster *roster); /* questions are forgotten; NULL is fine */

/* Of subscribers.  `email` is compared without case; `done` is called once, from the loop. */
void roster_find(struct roster *roster, const char *email,
		 void (*done)(const struct roster_entry *entry, void *arg), void *arg);

/*
 * Of endpoints (standalone credentials): every row, then `done`; only DONE means that it was all.
 * The list of a project is there as long as the project is, so that a 404 is FAILED.
 */
void roster_read(struct roster *roster, void (*row)(const struct json_credential *endpoint, void *arg), api_done *done,
		 void *arg);

#endif
