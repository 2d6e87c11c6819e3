/*
 * http - requests to one server, many at once, through curl multi on the loop.
 *
 * What this floor promises:
 * - A request puts its bytes on the wire at most once.  libcurl replays a body
 *   when a reused connection dies before the answer (signalwire-api.md,
 *   "libcurl facts"); here the body goes through a read callback with a seek
 *   callback that fails, so such a transfer ends as `sent, no answer` instead.
 * - Right before the first byte of every request, also on a reused connection,
 *   the fence is asked (CURLOPT_PREREQFUNCTION); if it says no, nothing is
 *   sent and the request ends as HTTP_FENCED.
 * - Every request has a deadline.  Redirects are not followed, protocols are
 *   https (plain http only to loopback), certificates are verified, HTTP/1.1.
 * - At most `window` requests are on the wire; writes (not GET) also take a
 *   token from a bucket that fills at `write_rate` a second.  A 429 halves the
 *   window (once per round trip), every 2xx grows it back towards max_in_flight.
 *   Requests beyond that wait their turn, first come first served.
 *
 * Nothing here retries, and nothing here knows what a body means.
 */
#ifndef HTTP_H
#define HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "loop.h"
#include "strbuf.h"

struct http;
struct http_request;

struct http_settings {
	const char *base_url; /* https://host or http://127.0.0.1:port; copied, as all strings here */
	const char *user;
	const char *password; /* secret; wiped on free */
	const char *ca_file;  /* NULL: the system's */
	const char *proxy;    /* NULL: the environment's */
	const char *agent;    /* User-Agent */
	int64_t timeout_ms;   /* deadline of one request, from its start on the wire */
	int64_t max_in_flight;
	int64_t write_rate;
};

enum http_end {
	HTTP_ANSWERED,  /* a status line and the whole body arrived */
	HTTP_NOT_SENT,  /* certain that no byte of the request was sent */
	HTTP_NO_ANSWER, /* sent, at least in part, and no complete answer: outcome unknown */
	HTTP_FENCED     /* the fence said no: nothing was sent */
};

struct http_response {
	enum http_end end;
	int status;                /* with HTTP_ANSWERED */
	const char *body;          /* terminated; may hold bytes of value 0 before body_len */
	size_t body_len;
	const char *content_type;  /* "" where missing */
	const char *request_id;    /* x-request-id, x-signalwire-request-id or request-id; "" */
	int64_t retry_after_ms;    /* from seconds or an HTTP date; -1: not given or nonsense */
	int64_t date_ms;           /* Date header in ms since the epoch; -1 */
	int64_t first_byte_at;     /* CLOCK_BOOTTIME ms at which the first byte may have left; -1: none did */
	const char *problem;       /* libcurl's words where end is not HTTP_ANSWERED; "" */
};

int http_new(struct loop *loop, const struct http_settings *settings, struct http **http, struct error *err);
void http_free(struct http *http); /* aborts what is in flight without calling back; NULL is fine */

/* Asked before the first byte of each request; returns whether it may go.  NULL: always. */
void http_set_fence(struct http *http, bool (*may_send)(void *arg), void *arg);

/* Takes a new token (after a 401); copied. */
void http_set_password(struct http *http, const char *password);

/*
 * Queues a request.  `method` is GET, POST, PUT, PATCH or DELETE; `path` begins
 * with '/' and is appended to the base; `body` may be NULL, its content is
 * taken (and wiped when done).  `done` is called exactly once, from the loop;
 * the response is borrowed during the call.
 */
struct http_request *http_send(struct http *http, const char *method, const char *path, struct strbuf *body,
			       void (*done)(const struct http_response *response, void *arg), void *arg);

int http_window(const struct http *http);    /* how many requests may be on the wire now, >= 1 */
int http_in_flight(const struct http *http); /* on the wire or waiting their turn */
int64_t http_sent_total(const struct http *http); /* requests whose first byte was let through, ever */

/*
 * Joins a link of a server's answer to the configured host: only path and query
 * of `link` are kept (signalwire-api.md, "Paging": a link must never carry the
 * credentials elsewhere).  Caller frees; NULL where it is no usable link.
 */
char *http_link_path(const char *link);

#endif
