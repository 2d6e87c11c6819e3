/*
 * loop - the event loop: timers, signals, watched sockets.
 *
 * The only module that knows libevent, but for the exporter.  Everything that waits, waits here;
 * nothing that a callback runs may block.  Time in here is CLOCK_MONOTONIC.
 *
 * Two ways of writing meet in this loop.  Clients (db, http) are callbacks.
 * The verbs on top are straight-line code that says "turn until this is true"
 * with loop_until(); meanwhile timers, signals and both clients go on.
 * loop_until() must not be called from a callback: that would nest, and is
 * asserted.
 */
#ifndef LOOP_H
#define LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "error.h"

struct loop;
struct loop_timer;
struct loop_watch;
struct loop_signal;

enum { LOOP_READ = 1, LOOP_WRITE = 2 };

int loop_new(struct loop **loop, struct error *err);
void loop_free(struct loop *loop); /* after everything registered in it was freed; NULL is fine */

/*
 * libevent's own handle, for the exporter's evhttp and nobody else
 * (tests/test_floors.sh looks who includes libevent).
 */
struct event_base;
struct event_base *loop_base(struct loop *loop);

/*
 * Turns the loop until done(arg) is true (looked at before the first turn and
 * after every turn).  False: loop_break() was called meanwhile.
 */
bool loop_until(struct loop *loop, bool (*done)(void *arg), void *arg);

/* Makes the running loop_until() (or the next one) return false, once. */
void loop_break(struct loop *loop);

/* Timers fire once; arming an armed timer moves it.  Times are in milliseconds. */
struct loop_timer *loop_timer_new(struct loop *loop, void (*fire)(void *arg), void *arg);
void loop_timer_arm(struct loop_timer *timer, int64_t ms);
void loop_timer_disarm(struct loop_timer *timer);
bool loop_timer_armed(const struct loop_timer *timer);
void loop_timer_free(struct loop_timer *timer); /* NULL is fine, as below */

/* Watches a descriptor that stays the caller's; `events` is a mask of LOOP_READ and LOOP_WRITE. */
struct loop_watch *loop_watch_new(struct loop *loop, int fd, int events,
				  void (*ready)(int fd, int events, void *arg), void *arg);
void loop_watch_change(struct loop_watch *watch, int events); /* 0: none for now */
void loop_watch_free(struct loop_watch *watch);

/* Signals arrive as ordinary calls from the loop. */
struct loop_signal *loop_signal_new(struct loop *loop, int signo, void (*caught)(int signo, void *arg), void *arg);
void loop_signal_free(struct loop_signal *sig);

int64_t loop_now_ms(void);      /* CLOCK_MONOTONIC */
int64_t loop_boottime_ms(void); /* CLOCK_BOOTTIME: goes on while the machine is suspended */

#endif
