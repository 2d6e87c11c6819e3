/*
 * backoff - how long to wait before trying again, as a value.
 *
 * Pure: the random number comes from the caller.  Full jitter (every wait is
 * uniform between 0 and a ceiling that doubles), so that a thousand clients
 * that failed together do not come back together.  A Retry-After of the server
 * is honoured and clamped: never below it, never longer than `longest_ms`.
 */
#ifndef BACKOFF_H
#define BACKOFF_H

#include <stdbool.h>
#include <stdint.h>

struct backoff {
	int64_t first_ms;   /* ceiling of the first wait */
	int64_t longest_ms; /* ceiling of every wait */
	int tries_left;     /* -1: for ever */
	int failures;
};

/* Presets. */
extern const struct backoff BACKOFF_REQUEST;   /* one HTTP request: 250 ms .. 30 s, 6 tries */
extern const struct backoff BACKOFF_RECONNECT; /* database connection of a daemon: 100 ms .. 10 s, for ever */

/*
 * The next wait in milliseconds, or -1 when the tries are used up.
 * `random` is any 64 random bits; `retry_after_ms` is -1 where the server said nothing.
 */
int64_t backoff_next(struct backoff *backoff, uint64_t random, int64_t retry_after_ms);

#endif
