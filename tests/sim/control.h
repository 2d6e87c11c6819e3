/*
 * control - the interface under /_sim/ by which tests steer the simulator.
 *
 * No authentication: it listens on loopback only.  Its traffic is not counted
 * as the API's.  The README beside this file is its manual.
 */
#ifndef CONTROL_H
#define CONTROL_H

#include <event2/http.h>

#include "sim.h"

/* Answers the request, now or (for /_sim/wait) later. */
void control_handle(struct sim *sim, struct evhttp_request *request);

/* Something was counted or committed: answers the waits that are satisfied. */
void control_wake(struct sim *sim);

/* Forgets the waits; their connections are evhttp's to free, afterwards. */
void control_drop_all(struct sim *sim);

#endif
