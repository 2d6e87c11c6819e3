/*
 * listen_verify - the daemon's own look at SignalWire: every [listen] verify, and it changes nothing.
 *
 * A comparison as of `swbridge verify` runs beside the daemon's work: on a
 * connection of its own, and with at most half of http's window, so that neither
 * the lock's connection nor a change waits for it.  What is ours and differs is
 * logged, a line each for the first of them, and counted in the metrics; nothing
 * is repaired.  The first one begins ten minutes after the daemon (sooner where
 * `verify` is shorter), the next ones `verify` after the end of the one before,
 * whatever sessions come and go; one that is cut off begins anew.
 */
#ifndef LISTEN_VERIFY_H
#define LISTEN_VERIFY_H

#include "config.h"
#include "listen_signs.h"
#include "loop.h"
#include "session.h"

struct rounds;

struct rounds *rounds_new(struct loop *loop, struct signs *signs);
void rounds_free(struct rounds *rounds); /* before the loop; NULL is fine */

/* A session with an api is there; borrowed until rounds_close(). */
void rounds_open(struct rounds *rounds, const struct session *session);
/* It is about to be closed: what is under way is given up, and calls nothing of it any more. */
void rounds_close(struct rounds *rounds);
/* It was closed. */
void rounds_closed(struct rounds *rounds);

#endif
