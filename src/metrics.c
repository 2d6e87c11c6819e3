/* metrics - what a process counts. */
#include "metrics.h"

#include <string.h>

#include "metrics_internal.h"

/* http.h's methods. */
const char *const metrics_methods[METRICS_METHODS] = { "GET", "POST", "PUT", "PATCH", "DELETE" };

/* From a request on one machine (5 ms) to a daemon that had to poll. */
const int64_t metrics_bounds_ms[METRICS_BUCKETS] = {
	5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000, 30000, 60000, 300000
};

void metrics_forget(struct metrics *m)
{
	m->source_rows = m->subscribers = METRICS_UNKNOWN;
	m->paused = METRICS_UNKNOWN;
	for (size_t i = 0; i < METRICS_STATES; i++)
		m->extensions[i] = METRICS_UNKNOWN;
	for (size_t i = 0; i < METRICS_CLASSES; i++)
		m->held[i] = METRICS_UNKNOWN;
}

void metrics_init(struct metrics *m, int64_t started_ms)
{
	*m = (struct metrics){
		.deaf_since_ms = METRICS_UNKNOWN,
		.started_ms = started_ms,
		.last_attempt_ms = METRICS_UNKNOWN,
		.last_success_ms = METRICS_UNKNOWN,
		.verified_ms = METRICS_UNKNOWN,
		.leader = METRICS_UNKNOWN,
		.resident_bytes = METRICS_UNKNOWN,
		.open_fds = METRICS_UNKNOWN,
		.max_fds = METRICS_UNKNOWN,
	};
	metrics_forget(m);
	for (size_t i = 0; i < METRICS_FOUNDS; i++)
		m->found[i] = METRICS_UNKNOWN;
	for (size_t i = 0; i < METRICS_KINDS; i++)
		m->pass_ms[i] = METRICS_UNKNOWN;
}

void metrics_pass(struct metrics *m, enum metrics_kind kind, enum metrics_pass result, int64_t ended_ms, int64_t took_ms)
{
	m->passes[kind][result]++;
	m->pass_ms[kind] = took_ms;
	m->last_attempt_ms = ended_ms;
	if (kind == METRICS_FULL && result != METRICS_PASS_FAILED)
		m->last_success_ms = ended_ms;
}

void metrics_change(struct metrics *m, enum metrics_action action, enum metrics_result result)
{
	m->changes[action][result]++;
}

void metrics_request(struct metrics *m, const char *method, int status)
{
	for (size_t i = 0; i < METRICS_METHODS; i++) {
		if (strcmp(method, metrics_methods[i]) != 0)
			continue;
		if (status == 0)
			m->no_answers[i]++;
		else if (status >= METRICS_CODE_FIRST && status < METRICS_CODE_FIRST + METRICS_CODES)
			m->codes[i][status - METRICS_CODE_FIRST]++;
		else
			m->odd_codes[i]++;
	}
}

void metrics_request_unsent(struct metrics *m, enum metrics_unsent why)
{
	m->unsent[why]++;
}

void metrics_live(struct metrics *m, int64_t took_ms)
{
	size_t i = 0;

	if (took_ms < 0)
		took_ms = 0;
	while (i < METRICS_BUCKETS && took_ms > metrics_bounds_ms[i])
		i++;
	m->live_buckets[i]++;
	m->live_sum_ms += took_ms;
}

void metrics_deaf(struct metrics *m, bool deaf, int64_t now_ms)
{
	if (deaf == (m->deaf_since_ms != METRICS_UNKNOWN))
		return;
	if (!deaf)
		m->deaf_ms += now_ms - m->deaf_since_ms;
	m->deaf_since_ms = deaf ? now_ms : METRICS_UNKNOWN;
}
