/* fake_http - in place of http: requests are written down, answers come from a script. */
#include "fake_http.h"

#include "mem.h"

#include <assert.h>
#include <string.h>

struct http_request {
	struct http *http;
	struct http_request *next;
	struct loop_timer *timer;
	struct fake_answer answer;
	void (*done)(const struct http_response *response, void *arg);
	void *arg;
};

struct http {
	struct loop *loop;
	struct http_request *waiting;
	const struct fake_answer *answers;
	size_t answers_left;
	struct fake_answer (*respond)(const char *method, const char *path, void *arg);
	void *respond_arg;
	size_t on_their_way, most;
	struct fake_request *requests;
	size_t count;
	size_t overrun;
	int64_t total;
};

struct http *fake_http_new(struct loop *loop)
{
	struct http *http = mem_alloc(sizeof *http);

	http->loop = loop;
	return http;
}

static void forget(struct http *http)
{
	for (size_t i = 0; i < http->count; i++) {
		mem_free(http->requests[i].method);
		mem_free(http->requests[i].path);
		mem_free(http->requests[i].body);
	}
	http->count = 0;
}

void fake_http_script(struct http *http, const struct fake_answer *answers, size_t count)
{
	forget(http);
	http->answers = answers;
	http->answers_left = count;
	http->overrun = 0;
	http->most = 0;
	http->respond = NULL;
}

void fake_http_respond(struct http *http,
		       struct fake_answer (*respond)(const char *method, const char *path, void *arg), void *arg)
{
	fake_http_script(http, NULL, 0);
	http->respond = respond;
	http->respond_arg = arg;
}

size_t fake_http_most(const struct http *http)
{
	return http->most;
}

int http_window(const struct http *http)
{
	(void)http;
	return FAKE_HTTP_WINDOW;
}

size_t fake_http_count(const struct http *http)
{
	return http->count;
}

const struct fake_request *fake_http_request(const struct http *http, size_t i)
{
	assert(i < http->count);
	return &http->requests[i];
}

size_t fake_http_overrun(const struct http *http)
{
	return http->overrun;
}

static void request_free(struct http_request *request)
{
	loop_timer_free(request->timer);
	mem_free(request);
}

void http_free(struct http *http)
{
	if (!http)
		return;
	while (http->waiting) {
		struct http_request *request = http->waiting;

		http->waiting = request->next;
		request_free(request);
	}
	forget(http);
	mem_free(http->requests);
	mem_free(http);
}

static void answer(void *arg)
{
	struct http_request *request = arg;
	struct http_request **link = &request->http->waiting;
	const struct fake_answer *from = &request->answer;
	bool answered = from->end == HTTP_ANSWERED;
	struct http_response response = {
		.end = from->end,
		.status = answered ? from->status : 0,
		.body = answered && from->body ? from->body : "",
		.body_len = answered && from->body ? strlen(from->body) : 0,
		.content_type = !answered ? "" : from->type ? from->type : "application/json",
		.request_id = answered ? "req-1" : "",
		.retry_after_ms = from->retry_after_ms ? from->retry_after_ms : -1,
		.date_ms = answered ? 1795224128000 : -1,
		.first_byte_at = from->end == HTTP_ANSWERED || from->end == HTTP_NO_ANSWER ? 4711 : -1,
		.problem = answered ? "" : "a problem of the network",
	};

	while (*link != request)
		link = &(*link)->next;
	*link = request->next;
	request->http->on_their_way--;
	request->done(&response, request->arg);
	request_free(request);
}

struct http_request *http_send(struct http *http, const char *method, const char *path, struct strbuf *body,
			       void (*done)(const struct http_response *response, void *arg), void *arg)
{
	struct http_request *request = mem_alloc(sizeof *request);

	assert(path[0] == '/');
	assert(!body || (strcmp(method, "GET") != 0 && strcmp(method, "DELETE") != 0));
	http->requests = mem_grow(http->requests, http->count + 1, sizeof *http->requests);
	http->requests[http->count++] = (struct fake_request){
		.method = mem_strdup(method), .path = mem_strdup(path), .body = mem_strdup(body ? body->data : ""),
	};
	if (body)
		strbuf_release(body);
	request->answer.end = HTTP_NO_ANSWER;
	http->on_their_way++;
	http->most = http->on_their_way > http->most ? http->on_their_way : http->most;
	if (http->respond) {
		request->answer = http->respond(method, path, http->respond_arg);
	} else if (http->answers_left) {
		http->answers_left--;
		request->answer = *http->answers++;
	} else {
		http->overrun++;
	}
	http->total += request->answer.end == HTTP_ANSWERED || request->answer.end == HTTP_NO_ANSWER;
	request->http = http;
	request->done = done;
	request->arg = arg;
	request->timer = loop_timer_new(http->loop, answer, request);
	loop_timer_arm(request->timer, 0);
	request->next = http->waiting;
	http->waiting = request;
	return request;
}

int64_t http_sent_total(const struct http *http)
{
	return http->total;
}
