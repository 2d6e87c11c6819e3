/*
 * bend - what a fault rule makes of a finished reply.
 *
 * The reply is that of the operation where it was carried out, and empty
 * (status 0) where it was not.
 */
#ifndef BEND_H
#define BEND_H

#include "sim.h"

void bend_reply(const struct sim *sim, const struct request *rq, const struct fault *fault, struct reply *reply);

#endif
