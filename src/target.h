/*
 * target - where credentials live at SignalWire, and how they are reached there.
 *
 * The engine knows one thing: a credential, with a username, a password and
 * settings, that lives in a place.  A target says what a place is and what
 * each operation on a credential means there; it decides nothing, records
 * nothing and asks nothing of the ledger.  There is one implementation for
 * each value of [mirror] target, and nobody but these two files knows which
 * requests an operation is made of.
 *
 *                      subscriber                     sip-endpoint
 *   place              a subscriber, by its id        the project: one, always there
 *   owned by           the subscriber                 nobody
 *   costs              subscriber_price a month       nothing
 *   create             POST                           POST
 *   change             PATCH                          GET, merge, PUT of the whole
 *   list               of one subscriber              of the project; one serves all who ask
 *   age                not said                       created_at
 *   handler            none                           call_handler
 *   e-mail, profile,   as the source has them         do not exist: the source's columns
 *   change of owner                                   are not read (source.h)
 *
 * What follows for the engine where there are no subscribers: every place is
 * fixed (it exists, is never made, never removed, and has no profile), so that
 * none of the steps of a subscriber is ever taken.  Changes run one after the
 * other for each credential instead of for each subscriber.
 */
#ifndef TARGET_H
#define TARGET_H

#include <stdbool.h>

#include "api.h"
#include "config.h"
#include "json.h"

struct target;

/* What is known of a target without asking anybody. */
struct target_traits {
	const char *name;  /* as [mirror] target has it */
	const char *objects; /* what the token must be able to read, for people: "subscribers" */
	/* The only place of all credentials, for people; NULL: each subscriber is a place. */
	const char *place;
	/* Where a credential is not, in a sentence: "under this subscriber". */
	const char *where;
	bool dated;    /* its credentials say when they were made: what is older than an attempt is a stranger's */
	bool handlers; /* its credentials have call_handler and calling_handler_resource_id */
};

const struct target_traits *target_traits(const struct config *config); /* static */

/* One place holds every credential: the project, or the one subscriber of [mirror] subscriber_id. */
bool target_one_place(const struct config *config);

/*
 * One target for one engine.  `api` is borrowed.  Whoever asked is forgotten
 * by target_free(), as by api_free(); NULL is fine.
 */
struct target *target_new(const struct config *config, struct api *api);
void target_free(struct target *target);

/*
 * The operations.  `place` is a subscriber's id, and ignored where there is
 * but one place; `id` is always the outer one.  What is passed in is copied,
 * `done` is called once, from the loop, and its result means what api.h says:
 * whatever an operation is made of, an outcome other than API_UNKNOWN and
 * API_FAILED is certain for the whole of it.
 */

/* Makes a credential; DONE answers it.  NOT_FOUND: the place is gone. */
void target_create(struct target *target, const char *place, const struct json_credential_request *request,
		   api_done *done, void *arg);

/* Reads one; DONE answers it. */
void target_get(struct target *target, const char *place, const char *id, api_done *done, void *arg);

/*
 * Changes what `request` says and nothing else; the password only where it
 * says one.  NOT_FOUND: it is gone, or its place is.  FAILED: what had to be
 * read for it could not be read, and nothing was sent.
 */
void target_change(struct target *target, const char *place, const char *id,
		   const struct json_credential_request *request, api_done *done, void *arg);

/* Removes one.  Nothing is looked at before. */
void target_delete(struct target *target, const char *place, const char *id, api_done *done, void *arg);

/*
 * All credentials of a place, strangers' too: every row is handed over, then
 * `done` is called; complete only with DONE.  Every row that was there when
 * this was called is seen.  NOT_FOUND: the place is gone (a subscriber; the
 * project's list is always there, and without an answer it is FAILED).
 */
void target_list(struct target *target, const char *place,
		 void (*row)(const struct json_credential *credential, void *arg), api_done *done, void *arg);

/*
 * Whether the token may read what this target works with: one GET of an object
 * that nobody has, so that DONE and NOT_FOUND both say yes.
 */
void target_probe(struct target *target, api_done *done, void *arg);

#endif
