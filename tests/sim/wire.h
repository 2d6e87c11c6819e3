/*
 * wire - connections: TLS, bytes and the ways to end one badly.
 *
 * A connection is the API's from its first API request on; before, and where
 * only the control interface was asked, it counts as accepted and no more.
 */
#ifndef WIRE_H
#define WIRE_H

#include <event2/http.h>

#include "error.h"
#include "sim.h"

struct ssl_ctx_st;
struct wire_link;

struct wire {
	struct sim *sim;
	struct ssl_ctx_st *tls; /* NULL: plain */
	struct wire_link *links;
};

/* Certificate and key in PEM; both NULL: plain HTTP. */
int wire_init(struct wire *wire, struct sim *sim, const char *certificate, const char *key, struct error *err);
void wire_release(struct wire *wire);

/* For evhttp_set_bevcb(); `arg` is the wire. */
struct bufferevent *wire_accept(struct event_base *base, void *arg);

/* Says that an API request came over this connection. */
void wire_api(struct wire *wire, struct evhttp_connection *connection);

/*
 * Ends the connection and frees the request with it: with a reset (RST on the
 * wire), or with an orderly close.  The request must be unanswered or being
 * answered; one whose connection is gone is just freed.
 */
void wire_break(struct evhttp_request *request, bool orderly);

/* Whether the client has gone. */
bool wire_is_closed(struct evhttp_request *request);

#endif
