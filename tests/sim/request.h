/*
 * request - an API request as it arrived, apart from its connection.
 *
 * A copy of it can be carried out after the connection is gone.
 */
#ifndef REQUEST_H
#define REQUEST_H

#include <event2/http.h>

#include "sim.h"

/* Fills `rq`, which was all zero; the id is drawn from `ids`. */
void request_read(struct request *rq, struct evhttp_request *req, struct rng *ids);
struct request request_copy(const struct request *rq);
void request_release(struct request *rq);

#endif
