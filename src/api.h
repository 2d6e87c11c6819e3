/*
 * api - SignalWire's operations, typed; every answer sorted by what it means.
 *
 * The one thing callers look at first is the outcome.  The rule behind it: an
 * outcome other than API_UNKNOWN is certain.
 *
 *   DONE       the operation took effect (any 2xx that could be read)
 *   REJECTED   422, 400 and other refusals of a mutation: certain, no effect;
 *              also, with status 0, what was never sent because it cannot be
 *              written (a text that is not UTF-8, an id that is no UUID)
 *   NOT_FOUND  404 or 410 (for DELETE the caller may take it as done, after looking)
 *   NOT_SENT   no byte left this machine, tries used up: certain, no effect
 *   THROTTLED  429, or a refusal whose code says "try later", throughout, tries
 *              used up: certain, no effect
 *   DENIED     401 or 403 (407 from a proxy): certain, no effect; the whole run
 *              must stop.  A 403 to a mutation that names the account (balance,
 *              plan, limit) is REJECTED instead
 *   FENCED     the fence closed: nothing was sent; the run must stop
 *   FAILED     a GET that failed for good (5xx, no answer, unreadable, an odd
 *              4xx): nothing is known, nothing may be concluded from it
 *   UNKNOWN    a mutation that may have taken effect: no answer, 5xx, 408, 425,
 *              499, a redirect, an answer that could not be read or is about
 *              another object, HTML in place of JSON
 *
 * What is safe to try again is tried again in here, with backoff, full jitter,
 * Retry-After and a retry budget shared by all requests (ten, plus a tenth of
 * the requests, at most a thousand saved up; beyond that failures are returned
 * at once): a 429, which costs none of the budget since it narrows the window of
 * requests (http_pace.h), "try later" and NOT_SENT for every operation, 5xx, no
 * answer and unreadable bodies for GETs.  A mutation whose outcome is unknown is never
 * sent again here.
 *
 * `row` and `done` are called from the loop, never from within the call that
 * started the operation.  `done` is called once; what the result points at is
 * borrowed during the call.  What the caller passes in is copied.
 */
#ifndef API_H
#define API_H

#include <stdbool.h>
#include <stdint.h>

#include "error.h"
#include "http.h"
#include "json.h"
#include "loop.h"

struct api;

enum api_outcome {
	API_DONE, API_REJECTED, API_NOT_FOUND, API_NOT_SENT, API_THROTTLED,
	API_DENIED, API_FENCED, API_FAILED, API_UNKNOWN
};

struct api_result {
	enum api_outcome outcome;
	int status;               /* HTTP status of the last attempt, 0 where none */
	const char *text;         /* for people, no full stop; "" with API_DONE; the request's password is not in it */
	const char *request_id;   /* of the last attempt; "" where none */
	bool not_unique;          /* REJECTED because the name or e-mail is taken */
	bool account;             /* REJECTED because of the account, not of this object */
	bool alone;               /* THROTTLED because of this object, not of all */
	const char *attribute;    /* the field that was refused; "" where not said */
	int64_t first_byte_at;    /* CLOCK_BOOTTIME ms of the last attempt's first byte; -1 */
	const struct json_credential *credential;  /* with DONE of credential operations that answer one */
	const struct json_subscriber *subscriber;  /* likewise */
	const char *domain;       /* with DONE of the SIP profile */
	int64_t server_ms;        /* the answer's Date, ms since the epoch; -1 */
};

typedef void api_done(const struct api_result *result, void *arg);

/* `loop` and `http` stay the caller's. */
struct api *api_new(struct loop *loop, struct http *http);

/*
 * Forgets every operation without calling back; NULL is fine.  Not from within
 * a callback of this module.  Where something is in flight the loop must not
 * turn between this and http_free(), whichever comes first.
 */
void api_free(struct api *api);

/* GET of the SIP profile: the canary. */
void api_get_sip_profile(struct api *api, api_done *done, void *arg);

void api_create_subscriber(struct api *api, const char *email, const char *const profile[JSON_PROFILE_COUNT],
			   api_done *done, void *arg);
void api_get_subscriber(struct api *api, const char *id, api_done *done, void *arg);
/* PUT: the whole object; `profile` is what the caller merged. */
void api_put_subscriber(struct api *api, const char *id, const char *email,
			const char *const profile[JSON_PROFILE_COUNT], unsigned clear, api_done *done, void *arg);
void api_delete_subscriber(struct api *api, const char *id, api_done *done, void *arg);

/* Credentials of a subscriber. */
void api_create_credential(struct api *api, const char *subscriber_id, const struct json_credential_request *request,
			   api_done *done, void *arg);
void api_get_credential(struct api *api, const char *subscriber_id, const char *id, api_done *done, void *arg);
void api_patch_credential(struct api *api, const char *subscriber_id, const char *id,
			  const struct json_credential_request *request, api_done *done, void *arg);
void api_delete_credential(struct api *api, const char *subscriber_id, const char *id, api_done *done, void *arg);

/* Standalone credentials, which belong to nobody.  The id is the outer one. */
void api_create_endpoint(struct api *api, const struct json_credential_request *request, api_done *done, void *arg);
void api_get_endpoint(struct api *api, const char *id, api_done *done, void *arg);
/* PUT: the whole object, but for the password, which stays where none is given; `request` is what the caller merged. */
void api_put_endpoint(struct api *api, const char *id, const struct json_credential_request *request, api_done *done,
		      void *arg);
void api_delete_endpoint(struct api *api, const char *id, api_done *done, void *arg);

/*
 * Listings: every row is handed to `row`, then `done` is called once.  Only
 * API_DONE means that the list was complete: every page was read, no `next`
 * link came twice.  A page is read whole before its first row is handed over.
 * An object that moved between two pages may come twice.  What was handed over
 * before another outcome proves that those rows exist, never that others do not.
 */
void api_list_subscribers(struct api *api, void (*row)(const struct json_subscriber *subscriber, void *arg),
			  api_done *done, void *arg);
void api_list_credentials(struct api *api, const char *subscriber_id,
			  void (*row)(const struct json_credential *credential, void *arg),
			  api_done *done, void *arg);
/* Standalone credentials. */
void api_list_endpoints(struct api *api, void (*row)(const struct json_credential *endpoint, void *arg),
			api_done *done, void *arg);
/* The legacy list, by which usernames are unique: of its rows only id and username are read. */
void api_list_legacy(struct api *api, void (*row)(const struct json_credential *endpoint, void *arg),
		     api_done *done, void *arg);

/* While held, no listing asks for its next page: for who takes the rows more slowly than they come. */
void api_hold_pages(struct api *api, bool held);

/*
 * For whoever stops and must not keep others waiting: from now on every request
 * is sent once, and a listing reads no further page (FAILED).  What waits for
 * another attempt ends with the outcome of its last one, also from the loop,
 * never from within this call.  What is on its way gets its answer.  For good.
 */
void api_stop_retrying(struct api *api);

/* Hears of every attempt that will be made again: for counting.  It calls nothing in here.  NULL: nobody hears. */
void api_set_observer(struct api *api, void (*retrying)(void *arg), void *arg);

/* Requests that were let onto the wire so far, for summaries. */
int64_t api_requests(const struct api *api);

const char *api_outcome_name(enum api_outcome outcome);

#endif
