/*
 * progress - how far a pass is that takes its time: a bar on a terminal, or lines in the log.
 *
 * Nothing is drawn in the first two seconds, and then at most ten times a
 * second: a short pass and a cron job stay clean.  Whoever prints a line
 * meanwhile clears the bar first; the next update draws it again.  Lines come
 * every ten seconds, by a timer: also while nothing moves.  What is waited for
 * then is said in place of a rate and an estimate, which would be wrong.
 */
#ifndef PROGRESS_H
#define PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loop.h"
#include "strbuf.h"

struct progress {
	bool terminal;     /* a bar is drawn */
	bool drawn;        /* the bar stands on the line now */
	int64_t started_ms;
	int64_t drawn_ms;
	struct loop_timer *timer; /* of the lines; NULL: none */
	int64_t done, total;
	const char *waits; /* for what; NULL: it moves */
};

/* `terminal`: stderr is one. */
void progress_init(struct progress *progress, bool terminal);
/* Lines, until progress_end(), in place of a bar.  `progress` stays where it is. */
void progress_lines(struct progress *progress, struct loop *loop);
void progress_end(struct progress *progress); /* also takes the bar away */
void progress_update(struct progress *progress, int64_t done, int64_t total);
void progress_clear(struct progress *progress);
/* Until the next update it waits "for ..." (a literal); the bar is taken away. */
void progress_wait(struct progress *progress, const char *what);

/* What it says, `width` cells wide at most; with 0 there is no bar, and no limit; pure. */
void progress_text(struct strbuf *out, int64_t done, int64_t total, int64_t elapsed_ms, size_t width);

/* A line of the log; pure. */
void progress_line(struct strbuf *out, const struct progress *progress, int64_t now_ms);

#endif
