/*
 * fake_http - in place of http: requests are written down, answers come from a script.
 *
 * Linked instead of http.c, so nothing leaves the process.  It keeps http.h's
 * promises: an answer comes once, from the loop, never from within http_send().
 * Or a function answers each request by what it asks for: fake_http_respond().
 * When the script is over every further request ends as "no answer" and
 * fake_http_overrun() counts it.
 */
#ifndef FAKE_HTTP_H
#define FAKE_HTTP_H

#include <stddef.h>

#include "http.h"

struct fake_answer {
	enum http_end end;
	int status;
	const char *type; /* NULL: application/json */
	const char *body; /* NULL: none */
	int64_t retry_after_ms; /* 0: none */
};

struct fake_request {
	char *method, *path, *body; /* body: "" where none */
};

struct http *fake_http_new(struct loop *loop);

/* From now on these are the answers, in order; borrowed.  Forgets the requests so far. */
void fake_http_script(struct http *http, const struct fake_answer *answers, size_t count);

/* Asked for the answer to each request from now on, in place of a script; NULL: none. */
void fake_http_respond(struct http *http,
		       struct fake_answer (*respond)(const char *method, const char *path, void *arg), void *arg);

size_t fake_http_count(const struct http *http); /* requests since the script */
const struct fake_request *fake_http_request(const struct http *http, size_t i);
size_t fake_http_overrun(const struct http *http);
size_t fake_http_most(const struct http *http); /* requests that were ever on their way together */

enum { FAKE_HTTP_WINDOW = 8 };

#endif
