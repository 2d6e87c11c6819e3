/* tally - what happens to a bridge, as the metrics count it. */
#include "tally.h"

#include <time.h>

#include "log.h"
#include "metrics_file.h"
#include "metrics_process.h"

static int64_t wall_ms(void)
{
	struct timespec now = { 0 };

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void tally_init(struct metrics *m, const struct config *config)
{
	metrics_init(m, wall_ms());
	m->price_cents = config->subscriber_price_cents;
}

static void request_ended(const char *method, const struct http_response *response, void *arg)
{
	struct metrics *m = arg;

	switch (response->end) {
	case HTTP_ANSWERED:
		metrics_request(m, method, response->status);
		break;
	case HTTP_NO_ANSWER:
		metrics_request(m, method, 0);
		break;
	case HTTP_NOT_SENT:
		metrics_request_unsent(m, METRICS_UNSENT_NETWORK);
		break;
	case HTTP_FENCED:
		metrics_request_unsent(m, METRICS_UNSENT_FENCE);
		break;
	}
}

static void retried(void *arg)
{
	struct metrics *m = arg;

	m->retries++;
}

void tally_attach(struct metrics *m, const struct session *session)
{
	http_set_observer(session->http, request_ended, m);
	api_set_observer(session->api, retried, m);
}

/* False: nothing that changes anything at SignalWire. */
static bool action_of(enum plan_action action, enum metrics_action *counted)
{
	switch (action) {
	case PLAN_CREATE:
		*counted = METRICS_CREATE;
		return true;
	case PLAN_UPDATE:
		*counted = METRICS_UPDATE;
		return true;
	case PLAN_REPLACE:
		*counted = METRICS_REPLACE;
		return true;
	case PLAN_SUSPEND:
		*counted = METRICS_SUSPEND;
		return true;
	case PLAN_RESTORE:
		*counted = METRICS_RESTORE;
		return true;
	case PLAN_REMOVE: case PLAN_REMOVE_SUBSCRIBER:
		*counted = METRICS_REMOVE;
		return true;
	case PLAN_NOTHING: case PLAN_SKIP: case PLAN_REJECT: case PLAN_WAIT: case PLAN_NOTE: case PLAN_MARK_ABSENT:
	case PLAN_ADOPT: case PLAN_FORGET:
		break;
	}
	return false;
}

void tally_line(struct metrics *m, const struct pass_line *line)
{
	enum metrics_action action;

	if (!action_of(line->action, &action))
		return;
	switch (line->state) {
	case PASS_DONE:
		metrics_change(m, action, METRICS_DONE);
		break;
	case PASS_REJECTED:
		metrics_change(m, action, METRICS_RESULT_REJECTED);
		break;
	case PASS_FAILED:
		metrics_change(m, action, METRICS_FAILED);
		break;
	case PASS_UNKNOWN:
		metrics_change(m, action, METRICS_RESULT_UNKNOWN);
		break;
	case PASS_PLANNED: case PASS_HELD: case PASS_SKIPPED:
		break;
	}
}

void tally_pass(struct metrics *m, enum metrics_kind kind, const struct pass_summary *summary, bool failed)
{
	enum metrics_pass result = failed ? METRICS_PASS_FAILED
				 : pass_exit_code(summary) ? METRICS_PASS_PARTIAL : METRICS_PASS_COMPLETE;

	metrics_pass(m, kind, result, wall_ms(), (int64_t)(summary->seconds * 1000));
	if (failed || kind != METRICS_FULL)
		return;
	m->source_rows = summary->source_rows;
	m->extensions[METRICS_HELD] = summary->held;
	m->extensions[METRICS_SKIPPED] = summary->skipped;
	m->held[METRICS_CREATES] = summary->held_creates;
	m->held[METRICS_REMOVALS] = summary->held_removals;
	m->held[METRICS_CHANGES] = summary->held_changes;
}

void tally_status(struct metrics *m, const struct admin_status *status)
{
	m->extensions[METRICS_ACTIVE] = status->active;
	m->extensions[METRICS_SUSPENDED] = status->suspended;
	m->extensions[METRICS_CREATING] = status->creating;
	m->extensions[METRICS_REMOVING] = status->removing;
	m->extensions[METRICS_UNSURE] = status->unknown;
	m->extensions[METRICS_REJECTED] = status->rejected;
	m->extensions[METRICS_RETIRING] = status->retiring;
	m->subscribers = status->subscribers;
	m->paused = status->paused;
	m->last_success_ms = status->last_success_ms;
}

void tally_verified(struct metrics *m, const struct verify_summary *summary, bool whole)
{
	static const enum verify_kind kinds[METRICS_FOUNDS] = {
		[METRICS_DRIFTED] = VERIFY_DRIFTED, [METRICS_MISSING] = VERIFY_MISSING, [METRICS_LEAKED] = VERIFY_LEAKED,
		[METRICS_FOREIGN] = VERIFY_FOREIGN,
	};

	/* What was not read is not "none". */
	if (!whole)
		return;
	m->verified_ms = wall_ms();
	for (size_t i = 0; i < METRICS_FOUNDS; i++)
		m->found[i] = summary->count[kinds[i]];
}

void tally_render(struct metrics *m, struct strbuf *out)
{
	metrics_process(m);
	metrics_render(m, loop_now_ms(), out);
}

static void warn(bool *warned, struct error *err)
{
	if (!*warned)
		log_warn("%s", error_text(err));
	*warned = true;
	error_clear(err);
}

void tally_file_write(struct metrics *m, const struct config *config, bool *warned)
{
	struct strbuf text = STRBUF_INIT;
	struct error err = ERROR_INIT;

	if (!config->metrics_file || !*config->metrics_file)
		return;
	tally_render(m, &text);
	if (metrics_file_write(config->metrics_file, &text, &err))
		warn(warned, &err);
	strbuf_release(&text);
}

void tally_file(struct metrics *m, const struct session *session, bool *warned)
{
	struct admin_status status = { 0 };
	struct error err = ERROR_INIT;

	if (!session->config->metrics_file || !*session->config->metrics_file)
		return;
	/* Without the ledger the file stays as it is: its last success grows old, and an alert says so. */
	if (!db_connected(session->db) || admin_status(session->db, &status, &err)) {
		if (error_text(&err)[0])
			warn(warned, &err);
		return;
	}
	tally_status(m, &status);
	admin_status_release(&status);
	tally_file_write(m, session->config, warned);
}
