/* request - an API request as it arrived, apart from its connection. */
#include "request.h"

#include <string.h>
#include <time.h>

#include <event2/buffer.h>
#include <event2/keyvalq_struct.h>

#include "mem.h"

static const char *method_name(enum evhttp_cmd_type type)
{
	static const struct {
		enum evhttp_cmd_type type;
		const char *name;
	} names[] = {
		{ EVHTTP_REQ_GET, "GET" },	 { EVHTTP_REQ_POST, "POST" },	    { EVHTTP_REQ_PUT, "PUT" },
		{ EVHTTP_REQ_PATCH, "PATCH" },	 { EVHTTP_REQ_DELETE, "DELETE" },   { EVHTTP_REQ_HEAD, "HEAD" },
		{ EVHTTP_REQ_OPTIONS, "OPTIONS" },
	};
	size_t i = 0;

	for (i = 0; i < sizeof names / sizeof names[0]; i++)
		if (names[i].type == type)
			return names[i].name;
	return "OTHER";
}

static int64_t now_us(void)
{
	struct timespec now = { 0 };

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

void request_read(struct request *rq, struct evhttp_request *req, struct rng *ids)
{
	struct evkeyvalq *headers = evhttp_request_get_input_headers(req);
	struct evbuffer *body = evhttp_request_get_input_buffer(req);
	const char *uri = evhttp_request_get_uri(req);
	size_t path = strcspn(uri, "?");

	rq->arrived_us = now_us();
	rq->method_name = mem_strdup(method_name(evhttp_request_get_command(req)));
	rq->method = counts_method(rq->method_name);
	rq->path = mem_strndup(uri, path);
	rq->query = mem_strdup(uri[path] ? uri + path + 1 : "");
	rq->body_len = evbuffer_get_length(body);
	rq->body = mem_alloc(rq->body_len + 1);
	evbuffer_copyout(body, rq->body, rq->body_len);
	rq->content_type = mem_strdup(evhttp_find_header(headers, "Content-Type"));
	rq->authorization = mem_strdup(evhttp_find_header(headers, "Authorization"));
	rng_uuid(ids, rq->id);
}

void request_release(struct request *rq)
{
	mem_free(rq->method_name);
	mem_free(rq->path);
	mem_free(rq->query);
	mem_free(rq->body);
	mem_free(rq->content_type);
	mem_free(rq->authorization);
}

struct request request_copy(const struct request *rq)
{
	struct request copy = *rq;

	copy.method_name = mem_strdup(rq->method_name);
	copy.path = mem_strdup(rq->path);
	copy.query = mem_strdup(rq->query);
	copy.body = mem_strndup(rq->body, rq->body_len);
	copy.content_type = mem_strdup(rq->content_type);
	copy.authorization = mem_strdup(rq->authorization);
	return copy;
}
