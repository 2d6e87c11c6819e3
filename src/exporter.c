/* exporter - answers Prometheus, and whoever asks whether all is well. */
#include "exporter.h"

#include <errno.h>
#include <netdb.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/listener.h>

#include "mem.h"

enum { BACKLOG = 64, FULL_MS = 50, LOOK_MS = 1000 };

/*
 * One connection.  evhttp owns it and ends it; the reference held here keeps the
 * buffer, so that its deadline can see whether it still lives.  The descriptor is
 * the buffer's own (BEV_OPT_CLOSE_ON_FREE): closed by evhttp, its number could come
 * back while the buffer still reads from it, and libpq would miss its answer.
 */
struct visit {
	struct exporter *exporter;
	struct bufferevent *buffer;
	struct loop_timer *deadline;
	struct visit *next;
};

struct exporter {
	struct exporter_setup setup;
	struct evhttp *http;
	struct evconnlistener *listener; /* evhttp's */
	struct visit *visits;
	struct loop_timer *look; /* for room: soon where there are as many visits as there may be */
	int visit_count;
	int port;
};

/* ---- connections ------------------------------------------------------------- */

/* evhttp frees a buffer with its callbacks taken out (bufferevent_free()). */
static bool lives(const struct visit *visit)
{
	bufferevent_data_cb read = NULL, write = NULL;
	bufferevent_event_cb event = NULL;

	bufferevent_getcb(visit->buffer, &read, &write, &event, NULL);
	return read || write || event;
}

static void visit_free(struct visit *visit)
{
	loop_timer_free(visit->deadline);
	bufferevent_decref(visit->buffer);
	mem_free(visit);
}

/* Forgets those that have ended. */
static void sweep_visits(struct exporter *exporter)
{
	struct visit **at = &exporter->visits;

	while (*at) {
		struct visit *visit = *at;

		if (lives(visit)) {
			at = &visit->next;
			continue;
		}
		*at = visit->next;
		visit_free(visit);
		exporter->visit_count--;
	}
}

static void look_for_room(void *arg)
{
	struct exporter *exporter = arg;

	sweep_visits(exporter);
	if (exporter->visit_count < EXPORTER_VISITS)
		evconnlistener_enable(exporter->listener);
	loop_timer_arm(exporter->look, exporter->visit_count < EXPORTER_VISITS ? LOOK_MS : FULL_MS);
}

/*
 * No descriptor is left, say: the socket would be ready again at once, and the
 * loop would do nothing else.  The next look takes it up again; `arg` is evhttp.
 */
static void accept_failed(struct evconnlistener *listener, void *arg)
{
	(void)arg;
	evconnlistener_disable(listener);
}

/* Whatever it has sent or read so far: evhttp takes it for a broken connection and closes it. */
static void visit_over(void *arg)
{
	struct visit *visit = arg;
	struct exporter *exporter = visit->exporter;

	if (lives(visit))
		bufferevent_trigger_event(visit->buffer, BEV_EVENT_READING | BEV_EVENT_ERROR, BEV_OPT_DEFER_CALLBACKS);
	look_for_room(exporter);
	/* The event comes in the next turn: this visit goes with a later look. */
}

/* A connection has come: evhttp asks for its buffer. */
static struct bufferevent *visit_begins(struct event_base *base, void *arg)
{
	struct exporter *exporter = arg;
	struct visit *visit = mem_alloc(sizeof *visit);

	sweep_visits(exporter);
	visit->exporter = exporter;
	visit->buffer = bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);
	if (!visit->buffer) {
		mem_free(visit);
		return NULL; /* evhttp makes one of its own, or gives up */
	}
	bufferevent_incref(visit->buffer);
	visit->deadline = loop_timer_new(exporter->setup.loop, visit_over, visit);
	loop_timer_arm(visit->deadline, exporter->setup.visit_ms);
	visit->next = exporter->visits;
	exporter->visits = visit;
	if (++exporter->visit_count >= EXPORTER_VISITS) {
		evconnlistener_disable(exporter->listener);
		loop_timer_arm(exporter->look, FULL_MS);
	}
	return visit->buffer;
}

/* ---- answers ----------------------------------------------------------------- */

static void answer(struct evhttp_request *request, int status, const char *words, const char *type,
		   const struct strbuf *text)
{
	struct evkeyvalq *headers = evhttp_request_get_output_headers(request);
	struct evbuffer *body = evhttp_request_get_output_buffer(request);
	char *length = mem_printf("%zu", text->len);

	evhttp_add_header(headers, "Content-Type", type);
	evhttp_add_header(headers, "Content-Length", length);
	evhttp_add_header(headers, "Cache-Control", "no-store");
	/* One request a connection: what is open is then bounded by the deadline alone. */
	evhttp_add_header(headers, "Connection", "close");
	if (evhttp_request_get_command(request) != EVHTTP_REQ_HEAD)
		evbuffer_add(body, text->data, text->len);
	evhttp_send_reply(request, status, words, NULL);
	mem_free(length);
}

static void answer_line(struct evhttp_request *request, int status, const char *words, const char *line)
{
	struct strbuf text = STRBUF_INIT;

	strbuf_printf(&text, "%s\n", line);
	answer(request, status, words, "text/plain; charset=utf-8", &text);
	strbuf_release(&text);
}

static void answer_metrics(struct exporter *exporter, struct evhttp_request *request)
{
	struct strbuf text = STRBUF_INIT;

	exporter->setup.render(&text, exporter->setup.arg);
	answer(request, 200, "OK", "text/plain; version=0.0.4; charset=utf-8", &text);
	strbuf_release(&text);
}

static void answer_health(struct exporter *exporter, struct evhttp_request *request)
{
	struct strbuf reason = STRBUF_INIT;

	if (exporter->setup.healthy(&reason, exporter->setup.arg))
		answer_line(request, 200, "OK", "ok");
	else
		answer_line(request, 503, "Service Unavailable", reason.data);
	strbuf_release(&reason);
}

static void asked(struct evhttp_request *request, void *arg)
{
	struct exporter *exporter = arg;
	const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(request);
	const char *path = uri ? evhttp_uri_get_path(uri) : NULL;
	enum evhttp_cmd_type method = evhttp_request_get_command(request);
	bool metrics = path && !strcmp(path, "/metrics");
	bool health = path && !strcmp(path, "/healthz");

	if (!metrics && !health) {
		answer_line(request, 404, "Not Found", "There are /metrics and /healthz.");
	} else if (method != EVHTTP_REQ_GET && method != EVHTTP_REQ_HEAD) {
		evhttp_add_header(evhttp_request_get_output_headers(request), "Allow", "GET, HEAD");
		answer_line(request, 405, "Method Not Allowed", "GET and HEAD only.");
	} else if (metrics) {
		answer_metrics(exporter, request);
	} else {
		answer_health(exporter, request);
	}
	loop_timer_arm(exporter->look, FULL_MS); /* its descriptor goes soon */
}

/* ---- the socket -------------------------------------------------------------- */

/* "[::1]:9753" in two; both are the caller's to free. */
static int split(const char *address, char **host, char **port, struct error *err)
{
	const char *colon = strrchr(address, ':');
	size_t len = colon ? (size_t)(colon - address) : 0;
	bool brackets = len > 2 && address[0] == '[' && address[len - 1] == ']';

	if (len == 0)
		return error_exit(err, EXIT_CONFIG, "metrics in [listen]: %s is no address with a port, like "
				  "127.0.0.1:9753.", address);
	*host = mem_strndup(address + brackets, len - 2 * (size_t)brackets);
	*port = mem_strdup(colon + 1);
	return 0;
}

/* A name would be looked up, and that blocks: only the one that is always this machine is taken. */
static int resolve(const char *address, struct addrinfo **found, struct error *err)
{
	const struct addrinfo wish = { .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE, .ai_socktype = SOCK_STREAM };
	char *host = NULL, *port = NULL;
	int rc = 0;

	if (split(address, &host, &port, err))
		return -1;
	rc = getaddrinfo(!strcmp(host, "localhost") ? "127.0.0.1" : host, port, &wish, found);
	if (rc)
		error_exit(err, EXIT_CONFIG, "metrics in [listen]: %s is no numeric address (%s); write one like "
			   "127.0.0.1:9753 or [::1]:9753.", address, gai_strerror(rc));
	mem_free(host);
	mem_free(port);
	return rc ? -1 : 0;
}

static int chosen_port(int fd)
{
	struct sockaddr_storage bound = { 0 };
	socklen_t len = sizeof bound;
	char port[NI_MAXSERV] = "0";
	int number = 0;

	if (!getsockname(fd, (struct sockaddr *)&bound, &len) &&
	    !getnameinfo((struct sockaddr *)&bound, len, NULL, 0, port, sizeof port, NI_NUMERICSERV))
		for (const char *p = port; *p; p++)
			number = number * 10 + (*p - '0');
	return number;
}

/* What may be there another time is LATER: an address that a lease or another host still has, a port that is taken. */
static void cannot_bind(const char *address, int why, struct error *err)
{
	if (why == EADDRINUSE)
		error_exit(err, EXIT_LATER, "metrics in [listen]: %s is in use (%s); another swbridge, perhaps? Give each "
			   "its own port, or set \"metrics =\" for none.", address, strerror(why));
	else if (why == EADDRNOTAVAIL)
		error_exit(err, EXIT_LATER, "metrics in [listen]: %s is not this machine's now (%s); write an address that it "
			   "has, or set \"metrics =\" for none.", address, strerror(why));
	else
		error_exit(err, EXIT_CONFIG, "metrics in [listen]: %s cannot be used (%s); write an address of this machine "
			   "and a port from 1024 on, or set \"metrics =\" for none.", address, strerror(why));
}

static int open_socket(const char *address, int *port, struct error *err)
{
	struct addrinfo *found = NULL;
	int fd = -1, on = 1, why = 0;

	if (resolve(address, &found, err))
		return -1;
	fd = socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	/* A daemon that comes back finds its port, though connections of the old one still fade. */
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) ||
	    bind(fd, found->ai_addr, found->ai_addrlen) || listen(fd, BACKLOG)) {
		why = errno;
		if (fd >= 0)
			close(fd);
		fd = -1;
		cannot_bind(address, why, err);
	} else {
		*port = chosen_port(fd);
	}
	freeaddrinfo(found);
	return fd;
}

/* ---- all of it --------------------------------------------------------------- */

static void set_limits(struct exporter *exporter)
{
	const int64_t ms = exporter->setup.visit_ms;
	const struct timeval wait = { .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 };

	evhttp_set_max_headers_size(exporter->http, EXPORTER_HEADER_MAX);
	evhttp_set_max_body_size(exporter->http, EXPORTER_BODY_MAX);
	evhttp_set_timeout_tv(exporter->http, &wait);
	/* All of them come to asked(), which says 405: evhttp itself would say 501. */
	evhttp_set_allowed_methods(exporter->http, EVHTTP_REQ_GET | EVHTTP_REQ_HEAD | EVHTTP_REQ_POST | EVHTTP_REQ_PUT |
				   EVHTTP_REQ_DELETE | EVHTTP_REQ_OPTIONS | EVHTTP_REQ_TRACE | EVHTTP_REQ_CONNECT |
				   EVHTTP_REQ_PATCH);
	evhttp_set_gencb(exporter->http, asked, exporter);
	evhttp_set_bevcb(exporter->http, visit_begins, exporter);
}

int exporter_new(const struct exporter_setup *setup, struct exporter **exporter, struct error *err)
{
	struct exporter *new = NULL;
	struct evhttp_bound_socket *bound = NULL;
	int port = 0, fd = open_socket(setup->address, &port, err);

	if (fd < 0)
		return -1;
	new = mem_alloc(sizeof *new);
	new->setup = *setup;
	new->setup.address = NULL;
	if (!new->setup.visit_ms)
		new->setup.visit_ms = EXPORTER_VISIT_MS;
	new->port = port;
	new->http = evhttp_new(loop_base(setup->loop));
	if (new->http)
		bound = evhttp_accept_socket_with_handle(new->http, fd);
	if (!bound) {
		if (new->http)
			evhttp_free(new->http);
		close(fd);
		mem_free(new);
		return error_set(err, ERROR_NEVER, "metrics in [listen]: the server cannot be started; is memory short?");
	}
	new->listener = evhttp_bound_socket_get_listener(bound);
	evconnlistener_set_error_cb(new->listener, accept_failed);
	new->look = loop_timer_new(setup->loop, look_for_room, new);
	loop_timer_arm(new->look, LOOK_MS);
	set_limits(new);
	*exporter = new;
	return 0;
}

void exporter_free(struct exporter *exporter)
{
	if (!exporter)
		return;
	evhttp_free(exporter->http); /* closes the socket and every connection */
	while (exporter->visits) {
		struct visit *visit = exporter->visits;

		exporter->visits = visit->next;
		visit_free(visit);
	}
	loop_timer_free(exporter->look);
	mem_free(exporter);
}

int exporter_port(const struct exporter *exporter)
{
	return exporter->port;
}
