/*
 * progress - a bar on a terminal for a pass that takes its time.
 *
 * Nothing is drawn in the first two seconds, and then at most ten times a
 * second: a short pass and a cron job stay clean.  Whoever prints a line
 * meanwhile clears the bar first; the next update draws it again.
 */
#ifndef PROGRESS_H
#define PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "strbuf.h"

struct progress {
	bool terminal;     /* else nothing is ever drawn */
	bool drawn;        /* the bar stands on the line now */
	int64_t started_ms;
	int64_t drawn_ms;
};

/* `terminal`: stderr is one. */
void progress_init(struct progress *progress, bool terminal);
void progress_update(struct progress *progress, int64_t done, int64_t total);
void progress_clear(struct progress *progress);

/* What the bar says, `width` cells wide at most; pure. */
void progress_text(struct strbuf *out, int64_t done, int64_t total, int64_t elapsed_ms, size_t width);

#endif
