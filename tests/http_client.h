/*
 * http_client - a http under test with its loop, for the tests on the wire.
 *
 * client_run() sends one request and turns the loop until it has ended; what
 * came is kept in `got`.  Nothing waits longer than CLIENT_DEADLINE_MS.
 */
#ifndef HTTP_CLIENT_H
#define HTTP_CLIENT_H

#include "http.h"

enum { CLIENT_DEADLINE_MS = 20000 };

struct client {
	struct loop *loop;
	struct http *http;
	struct loop_timer *deadline;
	int ended;
	int ends[4]; /* of each enum http_end */
	int wanted;
	int turns;  /* of the loop, since client_start() */
	bool fence; /* what the fence answers */
	int asked;  /* how often it was asked */
	struct got {
		enum http_end end;
		int status;
		struct strbuf body, content_type, request_id, problem;
		int64_t retry_after_ms, date_ms, first_byte_at;
	} got;
};

struct http_settings client_settings(const char *base);
void client_start(struct client *client, const struct http_settings *settings);
void client_stop(struct client *client);

void client_send(struct client *client, const char *method, const char *path, const char *body);
void client_wait(struct client *client, int ended); /* until so many have ended since client_start() */
const struct got *client_run(struct client *client, const char *method, const char *path, const char *body);

#endif
