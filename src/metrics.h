/*
 * metrics - what a process counts, and how Prometheus reads it.
 *
 * No I/O and no clock: whoever counts hands in the times.  Counters live in
 * memory and begin at 0 with every process, as Prometheus expects of them.
 * There is no label whose values come from outside (no extension, no name, no
 * address), so that the number of series is bounded, and nothing in here is a
 * secret.
 *
 * metrics_render() writes the text format 0.0.4
 * (https://prometheus.io/docs/instrumenting/exposition_formats/).  All names
 * begin with swbridge_, also those of the process: node_exporter, which may
 * serve the same text from a file, has its own process_* and refuses a second one.
 * swbridge(1) lists every metric; a test compares.
 *
 * Wall clock times are ms since the epoch, `now_ms` is CLOCK_MONOTONIC
 * (loop_now_ms()).  A gauge that is METRICS_UNKNOWN is left out.
 */
#ifndef METRICS_H
#define METRICS_H

#include <stdbool.h>
#include <stdint.h>

#include "strbuf.h"

enum { METRICS_UNKNOWN = -1 };

enum metrics_state {
	METRICS_ACTIVE, METRICS_SUSPENDED, METRICS_CREATING, METRICS_REMOVING, METRICS_UNSURE, METRICS_REJECTED,
	METRICS_RETIRING, METRICS_HELD, METRICS_SKIPPED, METRICS_STATES
};

enum metrics_class { METRICS_CREATES, METRICS_REMOVALS, METRICS_CHANGES, METRICS_CLASSES };

enum metrics_kind { METRICS_FULL, METRICS_KEYED, METRICS_KINDS };

/* complete: everything is in step; partial: it ended, and something was held, rejected, failed or is unknown. */
enum metrics_pass { METRICS_PASS_COMPLETE, METRICS_PASS_PARTIAL, METRICS_PASS_FAILED, METRICS_PASSES };

enum metrics_action {
	METRICS_CREATE, METRICS_UPDATE, METRICS_REPLACE, METRICS_SUSPEND, METRICS_RESTORE, METRICS_REMOVE,
	METRICS_ADOPT, METRICS_ACTIONS
};

enum metrics_result { METRICS_DONE, METRICS_RESULT_REJECTED, METRICS_FAILED, METRICS_RESULT_UNKNOWN, METRICS_RESULTS };

enum metrics_unsent { METRICS_UNSENT_NETWORK, METRICS_UNSENT_FENCE, METRICS_UNSENTS };

enum metrics_found { METRICS_DRIFTED, METRICS_MISSING, METRICS_LEAKED, METRICS_FOREIGN, METRICS_FOUNDS };

enum { METRICS_METHODS = 5, METRICS_CODES = 500, METRICS_BUCKETS = 14 };

/* Read it freely; the counters are changed by the functions below alone, the gauges by whoever knows them. */
struct metrics {
	/* counters */
	int64_t passes[METRICS_KINDS][METRICS_PASSES];
	int64_t changes[METRICS_ACTIONS][METRICS_RESULTS];
	int64_t codes[METRICS_METHODS][METRICS_CODES]; /* of answers 100 to 599 */
	int64_t odd_codes[METRICS_METHODS];            /* of other answers */
	int64_t no_answers[METRICS_METHODS];
	int64_t unsent[METRICS_UNSENTS];
	int64_t retries;
	int64_t notifications;
	int64_t deaf_ms;       /* without the time since deaf_since_ms */
	int64_t deaf_since_ms; /* METRICS_UNKNOWN: it hears */

	/* the histogram: each bucket alone, the last one is what is beyond all bounds */
	int64_t live_buckets[METRICS_BUCKETS + 1];
	int64_t live_sum_ms;

	/* gauges */
	int64_t started_ms;      /* wall clock */
	int64_t last_attempt_ms; /* wall clock */
	int64_t last_success_ms; /* wall clock; 0: never */
	int64_t pass_ms[METRICS_KINDS];
	int64_t extensions[METRICS_STATES];
	int64_t held[METRICS_CLASSES];
	int64_t source_rows;
	int64_t subscribers;
	int64_t verified_ms;    /* when a comparison with the remote side was last whole; wall clock; METRICS_UNKNOWN: never */
	int64_t found[METRICS_FOUNDS]; /* by that one */
	int64_t price_cents;    /* of one subscriber, a month */
	int leader;             /* 1: this process mutates, 0: it stands by */
	int paused;
	bool listens;           /* deaf and the histogram mean something: the daemon */
	bool away;              /* it stands by or connects, without ears: whether it is deaf and `found` are left out */
	int64_t resident_bytes; /* metrics_process.h */
	int64_t open_fds, max_fds;
};

void metrics_init(struct metrics *m, int64_t started_ms);

/* What source and ledger said is not known any more: others may go on from here.  Times and counters stay. */
void metrics_forget(struct metrics *m);

/* A pass ended.  A full one that is not METRICS_PASS_FAILED is a success: the source was read whole, the rest was done. */
void metrics_pass(struct metrics *m, enum metrics_kind kind, enum metrics_pass result, int64_t ended_ms, int64_t took_ms);
void metrics_change(struct metrics *m, enum metrics_action action, enum metrics_result result);

/* An answer to one request; `status` 0: it was sent and there was none.  An unknown method counts as nothing. */
void metrics_request(struct metrics *m, const char *method, int status);
void metrics_request_unsent(struct metrics *m, enum metrics_unsent why);

/* From a notification heard, a few milliseconds behind the commit, to its outcome recorded; what nobody told of has no begin. */
void metrics_live(struct metrics *m, int64_t took_ms);

/* May be said again and again: only a change counts. */
void metrics_deaf(struct metrics *m, bool deaf, int64_t now_ms);

/* Everything that is known, as text; appended. */
void metrics_render(const struct metrics *m, int64_t now_ms, struct strbuf *out);

/* A label's value, escaped: \ " and the line's end.  Of its own for the tests. */
void metrics_escape(struct strbuf *out, const char *value);

#endif
