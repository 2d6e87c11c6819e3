/*
 * listen_trouble - what goes wrong in a daemon is said once, and once more when it is over.
 *
 * An outage may say now this and now that for hours: each text is logged once in
 * it, at most eight of them, and what comes again is a debug line.
 */
#ifndef LISTEN_TROUBLE_H
#define LISTEN_TROUBLE_H

#include <stdint.h>

enum { LISTEN_SAID = 8 };

struct trouble {
	char *said[LISTEN_SAID]; /* since all was well, a text each; none: all is well */
	int64_t since;
};

void trouble_say(struct trouble *trouble, const char *text);
/* What every attempt in an outage does anew is no news then. */
void trouble_say_unless(const struct trouble *trouble, const char *text);
/* All is well; `then` is added to the line that says so, where there was anything. */
void trouble_over(struct trouble *trouble, const char *then);
void trouble_release(struct trouble *trouble);

#endif
