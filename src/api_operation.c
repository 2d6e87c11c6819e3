/* api_operation - one operation of the API on its way, from its start to its end. */
#include "api_operation.h"

#include "api_verdict.h"
#include "mem.h"

#include <string.h>
#include <strings.h>

enum { MOST_PAGES = 100000 };

/* Jitter, no secret: splitmix64. */
static uint64_t next_random(struct api *api)
{
	uint64_t z = api->random += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

void api_operation_free(struct api_operation *op)
{
	LIST_REMOVE(op, entry);
	loop_timer_free(op->timer);
	mem_free(op->path);
	strbuf_release(&op->body);
	mem_free_secret(op->secret);
	mem_free(op->refusal);
	api_verdict_release(&op->last);
	mem_free(op->last_request_id);
	mem_free(op->seen);
	json_page_links_release(&op->links);
	json_credential_release(&op->credential);
	json_subscriber_release(&op->subscriber);
	mem_free(op->domain);
	mem_free(op);
}

static bool is_mutation(const struct api_operation *op)
{
	return strcmp(op->method, "GET") != 0;
}

/* ---- The way of one request. -------------------------------------------- */

static void answered(const struct http_response *response, void *arg);

static void attempt(struct api_operation *op)
{
	struct strbuf body = STRBUF_INIT_SECRET;

	strbuf_add(&body, op->body.data, op->body.len);
	http_send(op->api->http, op->method, op->path, op->body.len ? &body : NULL, answered, op);
	strbuf_release(&body);
}

/* The first attempt of an operation or of a page; only these fill the budget. */
static void first_attempt(struct api_operation *op)
{
	struct api *api = op->api;

	if (api->budget + API_BUDGET_REQUEST <= API_BUDGET_MOST)
		api->budget += API_BUDGET_REQUEST;
	op->backoff = BACKOFF_REQUEST;
	attempt(op);
}

/* `response` is NULL where nothing was ever sent. */
static void finish(struct api_operation *op, const struct api_verdict *verdict, const struct http_response *response)
{
	bool done = verdict->outcome == API_DONE;
	struct api_result result = {
		.outcome = verdict->outcome,
		.status = response && response->end == HTTP_ANSWERED ? response->status : 0,
		.text = verdict->text,
		.request_id = response && response->request_id ? response->request_id : "",
		.not_unique = verdict->not_unique,
		.account = verdict->account,
		.alone = verdict->alone,
		.attribute = verdict->attribute ? verdict->attribute : "",
		.first_byte_at = response ? response->first_byte_at : -1,
		.credential = done && (op->reads == API_READS_CREDENTIAL || op->reads == API_READS_ENDPOINT)
			      ? &op->credential : NULL,
		.subscriber = done && op->reads == API_READS_SUBSCRIBER ? &op->subscriber : NULL,
		.domain = done && op->reads == API_READS_PROFILE ? op->domain : NULL,
		.server_ms = response ? response->date_ms : -1,
	};

	op->done(&result, op->arg);
	api_operation_free(op);
}

static void timer_fired(void *arg)
{
	struct api_operation *op = arg;
	struct api_verdict refused = { .outcome = API_REJECTED, .text = op->refusal };

	if (op->refusal)
		finish(op, &refused, NULL);
	else if (op->api->stopping)
		finish(op, &op->last, &op->last_response);
	else
		attempt(op);
}

static void wait_for(struct api_operation *op, int64_t ms)
{
	if (!op->timer)
		op->timer = loop_timer_new(op->api->loop, timer_fired, op);
	loop_timer_arm(op->timer, ms);
}

/* What it ends with where it is not tried again after all; takes the verdict. */
static void keep_last(struct api_operation *op, struct api_verdict *verdict, const struct http_response *response)
{
	api_verdict_release(&op->last);
	op->last = *verdict;
	*verdict = (struct api_verdict){ .text = NULL };
	mem_free(op->last_request_id);
	op->last_request_id = mem_strdup(response->request_id);
	op->last_response = *response;
	op->last_response.request_id = op->last_request_id;
	/* These are borrowed, and tell nothing that the verdict does not. */
	op->last_response.body = op->last_response.content_type = op->last_response.problem = "";
	op->last_response.body_len = 0;
}

static bool try_again(struct api_operation *op, struct api_verdict *verdict, const struct http_response *response)
{
	/* Nothing was done, and the window that the 429 halved keeps the next ones few: that is no storm of retries. */
	bool free_of_charge = response->end == HTTP_ANSWERED && response->status == 429;
	int64_t ms = -1;

	if (op->api->stopping || !verdict->again || (!free_of_charge && op->api->budget < API_BUDGET_RETRY))
		return false;
	ms = backoff_next(&op->backoff, next_random(op->api), response->retry_after_ms);
	if (ms < 0)
		return false;
	if (!free_of_charge)
		op->api->budget -= API_BUDGET_RETRY;
	if (op->api->retrying)
		op->api->retrying(op->api->retrying_arg);
	keep_last(op, verdict, response);
	wait_for(op, ms);
	return true;
}

/* ---- What a 2xx says. ---------------------------------------------------- */

static int same_object(const struct api_operation *op, const char *id, struct error *err)
{
	if (op->id[0] && strcasecmp(op->id, id) != 0)
		return error_set(err, ERROR_NEVER, "It is about another object (id %s)", id);
	return 0;
}

static int read_answer(struct api_operation *op, const struct http_response *response, struct error *err)
{
	const char *body = response->body;
	size_t len = response->body_len;

	switch (op->reads) {
	case API_READS_NOTHING:
		if (api_verdict_plain_answer(response))
			return 0;
		return error_set(err, ERROR_NEVER, "It has a body of another kind than JSON");
	case API_READS_CREDENTIAL:
	case API_READS_ENDPOINT:
		json_credential_release(&op->credential);
		if (op->reads == API_READS_ENDPOINT ? json_read_endpoint(body, len, &op->credential, err)
						    : json_read_credential(body, len, &op->credential, err))
			return -1;
		return same_object(op, op->credential.id, err);
	case API_READS_SUBSCRIBER:
		json_subscriber_release(&op->subscriber);
		if (json_read_subscriber(body, len, &op->subscriber, err))
			return -1;
		return same_object(op, op->subscriber.id, err);
	case API_READS_PROFILE:
		mem_free(op->domain);
		return json_read_sip_profile(body, len, &op->domain, err);
	case API_READS_SUBSCRIBERS:
		json_page_links_release(&op->links);
		return json_read_subscriber_page(body, len, op->subscriber_row, op->arg, &op->links, err);
	case API_READS_CREDENTIALS:
		json_page_links_release(&op->links);
		return json_read_credential_page(body, len, op->credential_row, op->arg, &op->links, err);
	case API_READS_ENDPOINTS:
		json_page_links_release(&op->links);
		return json_read_endpoint_page(body, len, op->credential_row, op->arg, &op->links, err);
	case API_READS_LEGACY:
		json_page_links_release(&op->links);
		return json_read_legacy_page(body, len, op->credential_row, op->arg, &op->links, err);
	}
	return error_set(err, ERROR_BUG, "It belongs to no known operation");
}

/* ---- Listings. ------------------------------------------------------------ */

/* FNV-1a: a collision would only end a listing as FAILED. */
static uint64_t hash(const char *path)
{
	uint64_t h = 0xcbf29ce484222325u;

	for (; *path; path++)
		h = (h ^ (unsigned char)*path) * 0x100000001b3u;
	return h;
}

/* Notes the page that op->path names; -1 where it was there before or this goes on for ever. */
static int enter_page(struct api_operation *op, struct error *err)
{
	uint64_t h = hash(op->path);

	for (size_t i = 0; i < op->pages; i++)
		if (op->seen[i] == h)
			return error_set(err, ERROR_LATER, "The listing came back to a page that was already read");
	if (op->pages == MOST_PAGES)
		return error_set(err, ERROR_LATER, "The listing has more than %d pages", MOST_PAGES);
	if ((op->pages & (op->pages - 1)) == 0)
		op->seen = mem_grow(op->seen, op->pages ? op->pages * 2 : 1, sizeof *op->seen);
	op->seen[op->pages++] = h;
	return 0;
}

static int follow(struct api_operation *op, struct error *err)
{
	char *path = http_link_path(op->links.next);

	if (!path)
		return error_set(err, ERROR_LATER, "The page's link to the next one is no usable link");
	mem_free(op->path);
	op->path = path;
	return enter_page(op, err);
}

/* The loop ends it as one that was not read whole. */
static void end_without_next_page(struct api_operation *op)
{
	op->held = false;
	api_verdict_release(&op->last);
	op->last = (struct api_verdict){
		.outcome = API_FAILED, .text = mem_strdup("The listing was not read to its end, since swbridge stops"),
	};
	op->last_response = (struct http_response){ .request_id = "", .first_byte_at = -1, .date_ms = -1 };
	wait_for(op, 0);
}

static void next_page(struct api_operation *op)
{
	op->held = op->api->held;
	if (op->api->stopping)
		end_without_next_page(op);
	else if (!op->held)
		first_attempt(op);
}

void api_operation_go_on(struct api *api)
{
	struct api_operation *op = NULL;

	LIST_FOREACH(op, &api->operations, entry)
		if (op->held)
			next_page(op);
}

void api_operation_stop(struct api *api)
{
	struct api_operation *op = NULL;

	api->stopping = true;
	LIST_FOREACH(op, &api->operations, entry) {
		if (op->held)
			end_without_next_page(op);
		else if (op->timer && loop_timer_armed(op->timer))
			loop_timer_arm(op->timer, 0);
	}
}

/* Nobody knows the largest page of these listings: whoever refuses ours gets none asked for. */
static bool try_small_pages(struct api_operation *op, const struct api_verdict *verdict,
			    const struct http_response *response)
{
	bool refused = verdict->outcome == API_FAILED && (response->status == 400 || response->status == 422);

	if (!refused || !op->small_path || op->pages > 1)
		return false;
	op->api->small_pages = true;
	mem_free(op->path);
	op->path = mem_strdup(op->small_path);
	op->small_path = NULL;
	first_attempt(op);
	return true;
}

static void answered(const struct http_response *response, void *arg)
{
	struct api_operation *op = arg;
	struct api_verdict verdict;
	struct error err = ERROR_INIT;

	api_verdict_sort(response, is_mutation(op), op->secret, &verdict);
	if (verdict.outcome == API_DONE && read_answer(op, response, &err)) {
		api_verdict_unreadable(response->status, is_mutation(op), error_text(&err), op->secret, &verdict);
	} else if (verdict.outcome == API_DONE && op->links.next) {
		if (follow(op, &err) == 0) {
			next_page(op);
			goto out;
		}
		api_verdict_unreadable(response->status, false, error_text(&err), NULL, &verdict);
		verdict.again = false;
	} else if (verdict.outcome == API_NOT_FOUND && op->pages > 1) {
		verdict.outcome = API_FAILED; /* a page is missing, not what was listed */
	}
	if (!try_small_pages(op, &verdict, response) && !try_again(op, &verdict, response))
		finish(op, &verdict, response);
out:
	api_verdict_release(&verdict);
	error_clear(&err);
}

struct api_operation *api_operation_new(struct api *api, const char *method, enum api_reads reads, api_done *done,
				       void *arg)
{
	struct api_operation *op = mem_alloc(sizeof *op);

	op->api = api;
	op->method = method;
	op->reads = reads;
	op->body = (struct strbuf)STRBUF_INIT_SECRET;
	op->done = done;
	op->arg = arg;
	LIST_INSERT_HEAD(&api->operations, op, entry);
	return op;
}

void api_operation_start(struct api_operation *op, bool failed, struct error *err)
{
	bool listing = op->reads >= API_READS_SUBSCRIBERS;

	if (failed || (listing && enter_page(op, err))) {
		op->refusal = mem_strdup(error_text(err));
		error_clear(err);
		wait_for(op, 0);
		return;
	}
	first_attempt(op);
}
