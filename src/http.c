/* http - requests to one server, many at once: the queues, and curl multi on the loop. */
#include "http_internal.h"

#include "http_pace.h"
#include "killpoint.h"
#include "mem.h"

#include <assert.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct queue {
	struct http_request *first;
	struct http_request **end;
};

struct http {
	struct loop *loop;
	CURLM *multi;
	struct loop_timer *curl_timer;  /* libcurl's own deadlines */
	struct loop_timer *token_timer; /* the next write may start */
	struct http_common common;
	struct http_pace pace;
	struct queue reads, writes; /* apart, so that a GET never waits for a token */
	struct http_slot *free_slots;
	struct http_slot *all_slots;
	int on_wire;
	int waiting;
	uint64_t arrived;
	void (*ended)(const char *method, const struct http_response *response, void *arg);
	void *ended_arg;
	bool finishing; /* done callbacks run: what they send waits for the last of them */
	bool acting;    /* act() runs */
	bool at_once;   /* meanwhile libcurl has asked to be called at once */
};

static const struct http_verb verbs[] = {
	{ "GET", true, false },
	{ "POST", false, true },
	{ "PUT", false, true },
	{ "PATCH", false, true },
	{ "DELETE", false, false },
};

static void queue_init(struct queue *queue)
{
	queue->first = NULL;
	queue->end = &queue->first;
}

static void queue_add(struct queue *queue, struct http_request *request)
{
	*queue->end = request;
	queue->end = &request->next;
}

static struct http_request *queue_take(struct queue *queue)
{
	struct http_request *request = queue->first;

	queue->first = request->next;
	if (!queue->first)
		queue->end = &queue->first;
	request->next = NULL;
	return request;
}

static void queue_free(struct queue *queue)
{
	while (queue->first)
		http_request_free(queue_take(queue));
}

static void must(CURLMcode code, const char *what)
{
	if (code == CURLM_OK)
		return;
	fprintf(stderr, "swbridge: libcurl cannot %s: %s\n", what, curl_multi_strerror(code));
	abort();
}

/* The oldest request that may start now; NULL: none. */
static struct http_request *next_request(struct http *http)
{
	struct queue *reads = &http->reads, *writes = &http->writes;
	int64_t now = 0;

	if (http->on_wire >= http->pace.window)
		return NULL;
	if (writes->first && (!reads->first || writes->first->order < reads->first->order)) {
		now = loop_now_ms();
		if (http_pace_take(&http->pace, now))
			return queue_take(writes);
		if (!loop_timer_armed(http->token_timer))
			loop_timer_arm(http->token_timer, http_pace_wait(&http->pace, now));
	}
	return reads->first ? queue_take(reads) : NULL;
}

static struct http_slot *take_slot(struct http *http)
{
	struct http_slot *slot = http->free_slots;

	if (slot) {
		http->free_slots = slot->next;
		return slot;
	}
	slot = http_slot_new(&http->common);
	slot->all = http->all_slots;
	http->all_slots = slot;
	return slot;
}

/* Hands to libcurl what may go; it does no more than note it down, and asks for a call at once by its timer. */
static void start_requests(struct http *http)
{
	struct http_request *request = NULL;
	struct http_slot *slot = NULL;

	while ((request = next_request(http))) {
		slot = take_slot(http);
		slot->number = http_pace_start(&http->pace);
		http_slot_prepare(slot, request);
		http->waiting--;
		http->on_wire++;
		must(curl_multi_add_handle(http->multi, slot->easy), "start a request");
	}
}

static void finish(struct http *http, struct http_slot *slot, CURLcode code)
{
	struct http_request *request = slot->request;
	struct http_response response;

	must(curl_multi_remove_handle(http->multi, slot->easy), "end a request");
	http_slot_response(slot, code, &response);
	if (response.end == HTTP_ANSWERED)
		http_pace_answer(&http->pace, slot->number, response.status);
	slot->request = NULL;
	http->on_wire--;
	if (!request->verb->safe)
		KILL_POINT("mutation answered");
	if (http->ended)
		http->ended(request->verb->name, &response, http->ended_arg);
	if (request->done)
		request->done(&response, request->arg);
	http_request_free(request);
	http_slot_clear(slot);
	slot->next = http->free_slots;
	http->free_slots = slot;
}

static void finish_all(struct http *http)
{
	CURLMsg *message = NULL;
	int left = 0;

	http->finishing = true;
	while ((message = curl_multi_info_read(http->multi, &left))) {
		char *slot = NULL;

		assert(message->msg == CURLMSG_DONE);
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &slot);
		finish(http, (struct http_slot *)(void *)slot, message->data.result);
	}
	http->finishing = false;
}

static void act_once(struct http *http, curl_socket_t fd, int events)
{
	int running = 0;

	http->at_once = false;
	must(curl_multi_socket_action(http->multi, fd, events, &running), "go on");
	finish_all(http);
	start_requests(http);
}

/*
 * The only place that lets libcurl run transfers; never called from one of its
 * callbacks.  What the end of a request has set free goes out with it, and not
 * by way of the loop's next turn; but once, so that the loop is never held up.
 */
static void act(struct http *http, curl_socket_t fd, int events)
{
	http->acting = true;
	act_once(http, fd, events);
	if (http->at_once)
		act_once(http, CURL_SOCKET_TIMEOUT, 0);
	http_sockets_settle(&http->common.sockets);
	http->acting = false;
	if (http->at_once)
		loop_timer_arm(http->curl_timer, 0);
}

static void socket_ready(int fd, int events, void *arg)
{
	act(arg, fd, (events & LOOP_READ ? CURL_CSELECT_IN : 0) | (events & LOOP_WRITE ? CURL_CSELECT_OUT : 0));
}

static void curl_time_up(void *arg)
{
	act(arg, CURL_SOCKET_TIMEOUT, 0);
}

static void token_there(void *arg)
{
	start_requests(arg);
}

static int watch_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *known)
{
	struct http *http = arg;

	(void)easy;
	(void)known;
	http_sockets_ask(&http->common.sockets, fd, what);
	return 0;
}

/* Also for 0, "at once": libcurl must not be called from here, so act() does it, or the loop's next turn. */
static int set_timer(CURLM *multi, long ms, void *arg)
{
	struct http *http = arg;

	(void)multi;
	http->at_once = ms == 0 && http->acting;
	if (ms < 0 || http->at_once)
		loop_timer_disarm(http->curl_timer);
	else
		loop_timer_arm(http->curl_timer, ms);
	return 0;
}

static void library_init(void)
{
	static bool ready;
	struct sigaction old;

	if (ready)
		return;
	if (curl_global_init(CURL_GLOBAL_DEFAULT))
		must(CURLM_OUT_OF_MEMORY, "begin");
	/* With CURLOPT_NOSIGNAL a TLS connection that the server closed would otherwise end the program. */
	if (!sigaction(SIGPIPE, NULL, &old) && old.sa_handler == SIG_DFL)
		signal(SIGPIPE, SIG_IGN);
	ready = true;
}

int http_new(struct loop *loop, const struct http_settings *settings, struct http **http, struct error *err)
{
	struct http *new = NULL;
	struct http_common common;

	library_init();
	if (http_common_init(&common, settings, err)) {
		http_common_release(&common);
		return -1;
	}
	new = mem_alloc(sizeof *new);
	new->loop = loop;
	new->common = common;
	http_sockets_init(&new->common.sockets, loop, socket_ready, new);
	http_pace_init(&new->pace, settings->write_rate, settings->max_in_flight, loop_now_ms());
	queue_init(&new->reads);
	queue_init(&new->writes);
	new->curl_timer = loop_timer_new(loop, curl_time_up, new);
	new->token_timer = loop_timer_new(loop, token_there, new);
	new->multi = curl_multi_init();
	if (!new->multi)
		must(CURLM_OUT_OF_MEMORY, "begin");
	curl_multi_setopt(new->multi, CURLMOPT_SOCKETFUNCTION, watch_socket);
	curl_multi_setopt(new->multi, CURLMOPT_SOCKETDATA, new);
	curl_multi_setopt(new->multi, CURLMOPT_TIMERFUNCTION, set_timer);
	curl_multi_setopt(new->multi, CURLMOPT_TIMERDATA, new);
	curl_multi_setopt(new->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);
	curl_multi_setopt(new->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, (long)new->pace.most);
	curl_multi_setopt(new->multi, CURLMOPT_MAXCONNECTS, (long)new->pace.most);
	*http = new;
	return 0;
}

void http_free(struct http *http)
{
	struct http_slot *slot = NULL;

	if (!http)
		return;
	assert(!http->finishing);
	while ((slot = http->all_slots)) {
		http->all_slots = slot->all;
		if (slot->request)
			curl_multi_remove_handle(http->multi, slot->easy);
		http_slot_free(slot);
	}
	curl_multi_cleanup(http->multi);
	queue_free(&http->reads);
	queue_free(&http->writes);
	loop_timer_free(http->curl_timer);
	loop_timer_free(http->token_timer);
	http_common_release(&http->common);
	mem_free(http);
}

void http_set_fence(struct http *http, bool (*may_send)(void *arg), void *arg)
{
	http->common.may_send = may_send;
	http->common.may_send_arg = arg;
}

void http_set_observer(struct http *http, void (*ended)(const char *method, const struct http_response *response, void *arg),
		       void *arg)
{
	http->ended = ended;
	http->ended_arg = arg;
}

void http_set_password(struct http *http, const char *password)
{
	struct http_common *common = &http->common;

	http_headers_leave(common->headers);
	common->headers = http_headers_new(common->user, password, common->agent);
}

static const struct http_verb *find_verb(const char *method)
{
	for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
		if (!strcmp(method, verbs[i].name))
			return &verbs[i];
	return NULL;
}

/* What a request line may hold: libcurl does not look through a path that is set by itself. */
static bool is_sendable(const char *path)
{
	const char *s = path;

	while (*s > ' ' && *s <= '~' && *s != '#')
		s++;
	return path[0] == '/' && !*s;
}

struct http_request *http_send(struct http *http, const char *method, const char *path, struct strbuf *body,
			       void (*done)(const struct http_response *response, void *arg), void *arg)
{
	struct http_request *request = mem_alloc(sizeof *request);
	char *query = NULL;

	request->verb = find_verb(method);
	assert(request->verb && is_sendable(path));
	request->path = mem_strdup(path);
	query = strchr(request->path, '?');
	if (query) {
		*query = '\0';
		request->query = query + 1;
	}
	strbuf_init(&request->body);
	if (body) {
		assert(request->verb->body || !body->len);
		request->body = *body;
		strbuf_init(body);
		body->secret = request->body.secret;
	}
	request->body.secret = true;
	request->done = done;
	request->arg = arg;
	request->order = http->arrived++;
	queue_add(request->verb->safe ? &http->reads : &http->writes, request);
	http->waiting++;
	if (!http->finishing)
		start_requests(http);
	return request;
}

int http_window(const struct http *http)
{
	return http->pace.window;
}

int http_in_flight(const struct http *http)
{
	return http->on_wire + http->waiting;
}

int64_t http_sent_total(const struct http *http)
{
	return http->common.sent_total;
}
