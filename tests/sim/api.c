/* api - the routes of the API, and what holds for every one of them. */
#include <string.h>
#include <time.h>

#include "jsontext.h"
#include "listing.h"
#include "mem.h"
#include "ops.h"
#include "sim.h"

#define FABRIC "/api/fabric/resources"
#define LEGACY "/api/relay/rest"

/* In a pattern, `*` is one id.  The order matters: words before ids. */
static const struct route {
	const char *pattern;
	enum path_class class;
	ops_function *function[METHOD_COUNT];
	bool list;  /* its GET takes a query */
	bool voice; /* needs the scope Voice */
} routes[] = {
	{ FABRIC "/subscribers",
	  CLASS_SUBSCRIBERS,
	  { [METHOD_GET] = ops_subscribers_list, [METHOD_POST] = ops_subscriber_create },
	  true,
	  false },
	{ FABRIC "/subscribers/*",
	  CLASS_SUBSCRIBER,
	  { [METHOD_GET] = ops_subscriber_get,
	    [METHOD_PUT] = ops_subscriber_put,
	    [METHOD_DELETE] = ops_subscriber_delete },
	  false,
	  false },
	{ FABRIC "/subscribers/*/addresses", CLASS_ADDRESSES, { [METHOD_GET] = ops_addresses_list }, true, false },
	{ FABRIC "/subscribers/*/sip_endpoints",
	  CLASS_CREDENTIALS,
	  { [METHOD_GET] = ops_credentials_list, [METHOD_POST] = ops_credential_create },
	  true,
	  false },
	{ FABRIC "/subscribers/*/sip_endpoints/*",
	  CLASS_CREDENTIAL,
	  { [METHOD_GET] = ops_credential_get,
	    [METHOD_PATCH] = ops_credential_patch,
	    [METHOD_DELETE] = ops_credential_delete },
	  false,
	  false },
	{ FABRIC "/sip_endpoints",
	  CLASS_STANDALONES,
	  { [METHOD_GET] = ops_endpoints_list, [METHOD_POST] = ops_endpoint_create },
	  true,
	  false },
	{ FABRIC "/sip_endpoints/*",
	  CLASS_STANDALONE,
	  { [METHOD_GET] = ops_endpoint_get,
	    [METHOD_PUT] = ops_endpoint_put,
	    [METHOD_DELETE] = ops_endpoint_delete },
	  false,
	  false },
	{ FABRIC "/*/sip_endpoints", CLASS_ATTACH, { [METHOD_POST] = ops_attach }, false, false },
	{ LEGACY "/endpoints/sip",
	  CLASS_LEGACY_LIST,
	  { [METHOD_GET] = ops_endpoints_list, [METHOD_POST] = ops_endpoint_create },
	  true,
	  true },
	{ LEGACY "/endpoints/sip/*",
	  CLASS_LEGACY,
	  { [METHOD_GET] = ops_endpoint_get, [METHOD_PUT] = ops_endpoint_put, [METHOD_DELETE] = ops_endpoint_delete },
	  false,
	  true },
	{ LEGACY "/sip_profile", CLASS_SIP_PROFILE, { [METHOD_GET] = ops_sip_profile }, false, true },
};

#define ROUTES (sizeof routes / sizeof routes[0])

int64_t sim_now(const struct sim *sim)
{
	struct timespec now = { 0 };

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000 + sim->settings.clock_skew_ms;
}

/* Whether the path fits; the ids go to `id`, an over-long one as nothing that exists. */
static bool fits(const char *pattern, const char *path, char id[2][RNG_UUID_SIZE])
{
	int ids = 0;

	while (*pattern) {
		size_t len = 0;

		if (*pattern != '*') {
			if (*pattern++ != *path++)
				return false;
			continue;
		}
		len = strcspn(path, "/");
		if (!len)
			return false;
		memset(id[ids], 0, RNG_UUID_SIZE);
		if (len < RNG_UUID_SIZE)
			memcpy(id[ids], path, len);
		ids++;
		path += len;
		pattern++;
	}
	return !*path;
}

static const struct route *find_route(const char *path, char id[2][RNG_UUID_SIZE])
{
	size_t i = 0;

	for (i = 0; i < ROUTES; i++)
		if (fits(routes[i].pattern, path, id))
			return &routes[i];
	return NULL;
}

enum path_class api_class(const char *path)
{
	char id[2][RNG_UUID_SIZE] = { "", "" };
	const struct route *route = find_route(path, id);

	return route ? route->class : CLASS_UNKNOWN;
}

/* POST, PUT and PATCH in a fixed window: true where this one is beyond the limit. */
static bool throttled(struct sim *sim, const struct request *rq, struct reply *reply)
{
	int64_t now = sim_now(sim);

	if (rq->method != METHOD_POST && rq->method != METHOD_PUT && rq->method != METHOD_PATCH)
		return false;
	if (now - sim->window_start_ms >= sim->settings.rate_window_ms || now < sim->window_start_ms) {
		sim->window_start_ms = now;
		sim->window_writes = 0;
	}
	if (sim->settings.rate_limit <= 0 || ++sim->window_writes <= sim->settings.rate_limit)
		return false;
	sim->counts.throttled++;
	reply_start(reply, 429);
	strbuf_puts(&reply->body, "{\"errors\":[{\"type\":\"rate_limit_error\",\"code\":\"rate_limit_exceeded\","
				  "\"message\":\"Too many requests\",\"attribute\":null,\"url\":null}]}");
	mem_free(reply->retry_after);
	reply->retry_after = mem_strdup(sim->settings.retry_after);
	return true;
}

/* Who is asking, and may they: false after a reply. */
static bool admitted(struct call *c, const struct route *route)
{
	struct sim *sim = c->sim;
	int64_t denied = sim->settings.missing_scope;

	c->project = store_project_by_header(&sim->store, c->rq->authorization);
	if (!c->project) {
		sim->counts.unauthorized++;
		reply_error(c->reply, 401);
		return false;
	}
	if (sim->settings.missing_voice && route && route->voice)
		denied = 403;
	if (denied) {
		sim->counts.unauthorized++;
		reply_error(c->reply, (int)denied);
		return false;
	}
	if (sim->settings.act_as && store_project(&sim->store, sim->settings.act_as))
		c->project = store_project(&sim->store, sim->settings.act_as);
	return true;
}

/* A client that sends what an operation has no use for is told so. */
static bool well_formed(struct call *c, const struct route *route)
{
	bool body = c->rq->method != METHOD_GET && c->rq->method != METHOD_DELETE;

	if (!body && c->rq->body_len) {
		reply_error(c->reply, 400);
		return false;
	}
	if (c->rq->method == METHOD_GET && route->list)
		return true;
	return listing_no_query(c);
}

void api_handle(struct sim *sim, const struct request *rq, const struct fault *fault, struct reply *reply)
{
	struct call c = { .sim = sim, .rq = rq, .fault = fault, .reply = reply };
	const struct route *route = find_route(rq->path, c.id);

	c.legacy = strncmp(rq->path, LEGACY "/endpoints", strlen(LEGACY "/endpoints")) == 0;
	if (throttled(sim, rq, reply) || !admitted(&c, route))
		return;
	if (!route || !route->function[rq->method]) {
		sim->counts.unroutable++;
		reply_error(reply, route ? (int)sim->settings.wrong_method : 404);
		return;
	}
	if (sim->settings.all_404 == SETTINGS_404_ALL) {
		reply_error(reply, 404);
		return;
	}
	if (well_formed(&c, route))
		route->function[rq->method](&c);
	if (reply->status == 400 || reply->status == 415 || reply->status == 422 || reply->status == 500)
		sim->counts.refused++;
}

void api_log(const struct call *c, const char *op, const struct object *o)
{
	struct oplog_entry e = { .time_ms = sim_now(c->sim),
				 .by = "api",
				 .method = c->rq->method_name,
				 .path = c->rq->path,
				 .op = op,
				 .late = c->rq->late,
				 .request_id = c->rq->id,
				 .arrived_us = c->rq->arrived_us,
				 .fields = c->rq->body,
				 .fields_len = c->rq->body_len };

	oplog_write(&c->sim->oplog, &e, o);
}
