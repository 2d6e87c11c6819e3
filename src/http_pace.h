/*
 * http_pace - how many requests may be on the wire, and how fast writes may start.
 *
 * Pure values: no socket, no clock, no allocation; times are milliseconds that
 * the caller reads, from a clock that never goes back.
 *
 * - Bucket: fills at `rate` tokens a second, holds a tenth of a second's worth
 *   (at least one), starts full.  A write takes one token.
 * - Window: starts at `most`; a 429 halves it, but only where the request
 *   started after the last halving: what was on the wire before it tells
 *   nothing about the new window (TCP's fast recovery, RFC 6582, does the
 *   same).  A whole window of 2xx answers makes it one wider.
 */
#ifndef HTTP_PACE_H
#define HTTP_PACE_H

#include <stdbool.h>
#include <stdint.h>

struct http_pace {
	int64_t rate;
	int64_t size;   /* of the bucket, in thousandths of a token */
	int64_t tokens; /* in it, in thousandths */
	int64_t filled_at;
	int window;
	int most;
	int good;         /* 2xx since the window changed */
	uint64_t started; /* requests started so far */
	uint64_t mark;    /* value of `started` at the last halving */
};

void http_pace_init(struct http_pace *pace, int64_t rate, int64_t most, int64_t now);

bool http_pace_take(struct http_pace *pace, int64_t now);    /* one token; false: there is none */
int64_t http_pace_wait(struct http_pace *pace, int64_t now); /* until there is one; 0: now */

uint64_t http_pace_start(struct http_pace *pace); /* the number of a request that starts */
void http_pace_answer(struct http_pace *pace, uint64_t number, int status);

#endif
