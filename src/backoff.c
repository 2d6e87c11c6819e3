/* backoff - how long to wait before trying again, as a value. */
#include "backoff.h"

const struct backoff BACKOFF_REQUEST = { .first_ms = 250, .longest_ms = 30 * 1000, .tries_left = 6 };
const struct backoff BACKOFF_RECONNECT = { .first_ms = 100, .longest_ms = 10 * 1000, .tries_left = -1 };

/* first, doubled once per earlier failure, at most longest. */
static int64_t ceiling(const struct backoff *backoff)
{
	int64_t ms = backoff->first_ms;

	for (int i = 0; i < backoff->failures && ms < backoff->longest_ms; i++)
		ms = ms > backoff->longest_ms / 2 ? backoff->longest_ms : ms * 2;
	return ms < backoff->longest_ms ? ms : backoff->longest_ms;
}

int64_t backoff_next(struct backoff *backoff, uint64_t random, int64_t retry_after_ms)
{
	int64_t wait = 0;

	if (backoff->tries_left == 0)
		return -1;
	if (backoff->tries_left > 0)
		backoff->tries_left--;
	wait = (int64_t)(random % ((uint64_t)ceiling(backoff) + 1));
	if (backoff->failures < 1000)
		backoff->failures++;
	/*
	 * The server's time is the start of the jitter, not its end: everybody
	 * whom it told the same second would come back together otherwise.
	 */
	if (retry_after_ms >= 0)
		wait = wait > backoff->longest_ms - retry_after_ms ? backoff->longest_ms : wait + retry_after_ms;
	return wait;
}
