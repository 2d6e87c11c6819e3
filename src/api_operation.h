/*
 * api_operation - one operation of the API on its way, from its start to its end.
 *
 * The inside of api: api.c says what is asked for, this says how it is sent,
 * read, tried again and followed from page to page.  Nobody else includes it.
 */
#ifndef API_OPERATION_H
#define API_OPERATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "api.h"
#include "api_verdict.h"
#include "backoff.h"
#include "http.h"
#include "json.h"
#include "loop.h"
#include "strbuf.h"

#define API_SUBSCRIBERS "/api/fabric/resources/subscribers"
#define API_ENDPOINTS "/api/fabric/resources/sip_endpoints"
#define API_LEGACY "/api/relay/rest/endpoints/sip"
/* Nobody knows the largest page of these listings: who refuses this one is asked without. */
#define API_LARGE_PAGES "?page_size=1000"

enum {
	API_UUID_LENGTH = 36,
	/* The retry budget, in tenths of a retry. */
	API_BUDGET_START = 100, API_BUDGET_MOST = 10000, API_BUDGET_REQUEST = 1, API_BUDGET_RETRY = 10
};

/* What a 2xx must hold. */
enum api_reads {
	API_READS_NOTHING, API_READS_CREDENTIAL, API_READS_ENDPOINT, API_READS_SUBSCRIBER, API_READS_PROFILE,
	/* listings */
	API_READS_SUBSCRIBERS, API_READS_CREDENTIALS, API_READS_ENDPOINTS, API_READS_LEGACY
};

/* One operation from its call to its `done`, with everything that another attempt needs. */
struct api_operation {
	struct api *api;
	LIST_ENTRY(api_operation) entry;
	const char *method;
	enum api_reads reads;
	char *path;
	char id[API_UUID_LENGTH + 1]; /* of the object that the path names; "": not known before the answer */
	struct strbuf body;
	char *secret;  /* the password in the body; NULL: none */
	char *refusal; /* why nothing is sent; NULL: it is */
	struct backoff backoff;
	struct loop_timer *timer; /* NULL until something waits */
	struct api_verdict last;  /* while it waits for another attempt: what came of the one before, */
	struct http_response last_response; /* and how it was answered, without the body */
	char *last_request_id;
	api_done *done;
	void (*subscriber_row)(const struct json_subscriber *subscriber, void *arg);
	void (*credential_row)(const struct json_credential *credential, void *arg);
	void *arg;
	uint64_t *seen; /* hashes of the pages' paths */
	size_t pages;
	bool held; /* its next page waits (api_hold_pages()) */
	const char *small_path; /* what is asked for where the large page is refused; NULL: it was not asked for */
	struct json_page_links links;
	struct json_credential credential;
	struct json_subscriber subscriber;
	char *domain;
};

struct api {
	struct loop *loop;
	struct http *http;
	LIST_HEAD(, api_operation) operations;
	uint64_t random;
	int budget;
	void (*retrying)(void *arg); /* may be NULL */
	void *retrying_arg;
	bool small_pages; /* the server refused the page size that we asked for */
	bool held;
	bool stopping; /* nothing is tried again, and no listing goes on */
};

/* A new operation of `api`, which owns it.  `method` is borrowed for good. */
struct api_operation *api_operation_new(struct api *api, const char *method, enum api_reads reads, api_done *done,
					void *arg);

/*
 * Sends what was put together; or, with `failed`, ends the operation from the
 * loop as rejected, in the words of `err`, which is cleared.
 */
void api_operation_start(struct api_operation *op, bool failed, struct error *err);

/* The pages that were held back are asked for. */
void api_operation_go_on(struct api *api);

void api_operation_stop(struct api *api); /* api_stop_retrying() */

void api_operation_free(struct api_operation *op); /* no callback */

#endif
