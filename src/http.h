/*
 * http - requests to one server, many at once, through curl multi on the loop.
 *
 * What this floor promises:
 * - A request that is not a GET puts its bytes on the wire at most once.
 *   libcurl replays a request when a reused connection dies before the answer
 *   (signalwire-api.md, "libcurl facts").  A second sending of the same request,
 *   also of one without a body (DELETE), is refused where the fence is asked, and
 *   such a transfer ends as `sent, no answer`.
 * - Right before the first byte of every request, also on a reused connection,
 *   the fence is asked (CURLOPT_PREREQFUNCTION); if it says no, nothing is
 *   sent and the request ends as HTTP_FENCED.
 * - HTTP_NOT_SENT and HTTP_FENCED are certain; in doubt it is HTTP_NO_ANSWER.
 * - Every request has a deadline, which also covers connecting; an answer has a
 *   size limit (16 MiB).  Redirects are answers, and are not followed.  HTTP/1.1
 *   over verified TLS; plain http is for loopback only, and uses no proxy.
 * - At most `window` requests are on the wire; writes (not GET) also take a
 *   token from a bucket that fills at `write_rate` a second and holds a tenth of
 *   a second's worth.  A 429 halves the window (once per round trip), a window
 *   full of 2xx makes it one wider, up to max_in_flight.  Requests beyond that
 *   wait their turn, first come first served, but no GET waits for a token.
 *   The deadline does not run while a request waits its turn.
 *
 * Nothing here retries, and nothing here knows what a body means.
 *
 * http_new() makes the process ignore SIGPIPE, unless it handles it already:
 * libcurl leaves that to the program where it may not use signals itself.
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
	const char *base_url; /* https://host[:port] or http://127.0.0.1:port, nothing more; copied, as all strings here */
	const char *user;
	const char *password; /* secret; wiped on free */
	const char *ca_file;  /* NULL: the system's */
	const char *proxy;    /* NULL: the environment's; "": none; wiped on free */
	const char *agent;    /* User-Agent */
	int64_t timeout_ms;   /* deadline of one request, from when its turn has come; connecting included */
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
	int64_t retry_after_ms;    /* from seconds or an HTTP date, at most a day; -1: not given or nonsense */
	int64_t date_ms;           /* Date header in ms since the epoch; -1 */
	int64_t first_byte_at;     /* CLOCK_BOOTTIME ms at which the first byte may have left; -1: none did */
	const char *problem;       /* why, where end is not HTTP_ANSWERED: a sentence or libcurl's words; else "" */
};

int http_new(struct loop *loop, const struct http_settings *settings, struct http **http, struct error *err);

/* Aborts what is in flight without calling back; NULL is fine.  Never from `done` or the fence. */
void http_free(struct http *http);

/* Asked before the first byte of each request; returns whether it may go, and calls nothing in here.  NULL: always. */
void http_set_fence(struct http *http, bool (*may_send)(void *arg), void *arg);

/*
 * Hears of every request that ended, right before its `done`: for counting.
 * It calls nothing in here.  NULL: nobody hears.
 */
void http_set_observer(struct http *http, void (*ended)(const char *method, const struct http_response *response, void *arg),
		       void *arg);

/* Takes a new token (after a 401), for requests that start from now on; copied. */
void http_set_password(struct http *http, const char *password);

/*
 * Queues a request.  `method` is GET, POST, PUT, PATCH or DELETE; `path` begins
 * with '/', holds visible ASCII without '#', and is appended to the base (the
 * digits of a percent-encoding in either case, RFC 3986, 6.2.2.1); `body` may be
 * NULL, its content is taken (and wiped when done); GET and DELETE have none.
 * `done` is called exactly once, from the loop, never from within http_send();
 * the response is borrowed during the call.  `done` may send further requests.
 * What is returned is valid until `done` returns.
 */
struct http_request *http_send(struct http *http, const char *method, const char *path, struct strbuf *body,
			       void (*done)(const struct http_response *response, void *arg), void *arg);

int http_window(const struct http *http);    /* how many requests may be on the wire now, >= 1 */
int http_in_flight(const struct http *http); /* on the wire or waiting their turn; without the one whose `done` runs */
int64_t http_sent_total(const struct http *http); /* requests whose first byte was let through, ever */

/*
 * Joins a link of a server's answer to the configured host: only path and query
 * of `link` are kept (signalwire-api.md, "Paging": a link must never carry the
 * credentials elsewhere).  The result is a `path` for http_send().  Caller frees;
 * NULL where it is no usable link: no http URL and no absolute path, or with
 * bytes in it that RFC 3986 does not allow.
 */
char *http_link_path(const char *link);

#endif
