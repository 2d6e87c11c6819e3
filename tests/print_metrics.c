/* print_metrics - every metric with some value, for tests/test_docs.sh and promtool. */
#include "metrics.h"

#include <stdio.h>

static void fill(struct metrics *m)
{
	metrics_init(m, 1700000000123);
	for (int i = 0; i < METRICS_STATES; i++)
		m->extensions[i] = i;
	for (int i = 0; i < METRICS_CLASSES; i++)
		m->held[i] = i;
	m->source_rows = 12;
	m->subscribers = 11;
	m->verified_ms = 1700000102456;
	for (int i = 0; i < METRICS_FOUNDS; i++)
		m->found[i] = i;
	m->price_cents = 300;
	m->leader = 1;
	m->paused = 0;
	m->listens = true;
	m->resident_bytes = 9000000;
	m->open_fds = 12;
	m->max_fds = 1024;
	m->retries = 1;
	m->notifications = 3;
	metrics_pass(m, METRICS_FULL, METRICS_PASS_COMPLETE, 1700000100456, 1234);
	metrics_pass(m, METRICS_KEYED, METRICS_PASS_PARTIAL, 1700000101456, 4);
	metrics_change(m, METRICS_CREATE, METRICS_DONE);
	metrics_request(m, "POST", 201);
	metrics_request(m, "GET", 429);
	metrics_request(m, "DELETE", 0);
	metrics_request_unsent(m, METRICS_UNSENT_FENCE);
	metrics_live(m, 7);
	metrics_deaf(m, true, 1000);
	metrics_deaf(m, false, 3500);
}

int main(void)
{
	static struct metrics m;
	struct strbuf text = STRBUF_INIT;

	fill(&m);
	metrics_render(&m, 4000, &text);
	fputs(text.data, stdout);
	strbuf_release(&text);
	return 0;
}
