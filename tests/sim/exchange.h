/*
 * exchange - one request on a connection, from its arrival to its end.
 *
 * Decides what of a fault rule concerns the wire: whether api_handle() is
 * called before, after, later or not at all, and whether the answer goes out
 * whole, late, slowly, cut, or not.
 */
#ifndef EXCHANGE_H
#define EXCHANGE_H

#include "wire.h"

/* For evhttp_set_gencb(); `arg` is the wire.  Control requests go to control.c. */
void exchange_begin(struct evhttp_request *request, void *arg);

/* Forgets what is under way; the connections are evhttp's to free, afterwards. */
void exchange_drop_all(struct sim *sim);

#endif
