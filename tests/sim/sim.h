/*
 * sim - everything that one simulator is, and one API call on it.
 *
 * api_handle() is synchronous and knows no sockets: what arrives, when it is
 * answered and whether the answer gets through is exchange.c's.  So a commit
 * that happens late is just api_handle() called late.
 */
#ifndef SIM_H
#define SIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "counts.h"
#include "fault.h"
#include "oplog.h"
#include "reply.h"
#include "rng.h"
#include "settings.h"
#include "store.h"

struct event_base;
struct exchange;
struct late;
struct wait;

struct sim {
	struct settings settings;
	struct store store;
	struct oplog oplog;
	struct faults faults;
	struct counts counts;
	struct rng dice; /* of the fault rules */
	struct rng ids;
	char *space;
	char *url; /* where it listens, without a slash at the end */
	int64_t window_start_ms, window_writes;
	struct event_base *base;
	LIST_HEAD(, exchange) exchanges; /* not answered yet */
	LIST_HEAD(, late) lates;         /* commits to come */
	LIST_HEAD(, wait) waits;         /* control requests that wait for a count */
};

/* A request, as it arrived.  Owned strings. */
struct request {
	enum method method;
	char *method_name;
	char *path;
	char *query; /* never NULL */
	char *body;
	size_t body_len;
	char *content_type;  /* NULL: none */
	char *authorization; /* NULL: none */
	char id[RNG_UUID_SIZE];
	int64_t arrived_us; /* of the machine's clock, without any skew */
	bool late; /* carried out after it was answered */
};

/* One call on its way through the routes. */
struct call {
	struct sim *sim;
	const struct request *rq;
	const struct fault *fault; /* NULL: none */
	struct project *project;
	char id[2][RNG_UUID_SIZE]; /* of the path */
	bool legacy;
	struct reply *reply;
};

/* The simulator's clock: the machine's, and the skew of the settings. */
int64_t sim_now(const struct sim *sim);

/* Which operation a path is, for the counters and whatever the method. */
enum path_class api_class(const char *path);

/* Carries the request out and fills the reply.  The fault is one that changes what is shown. */
void api_handle(struct sim *sim, const struct request *rq, const struct fault *fault, struct reply *reply);

/* Commits one mutation to the log. */
void api_log(const struct call *c, const char *op, const struct object *object);

#endif
