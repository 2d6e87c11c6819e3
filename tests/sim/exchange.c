/* exchange - one request on a connection, from its arrival to its end. */
#include "exchange.h"

#include <string.h>

#include <event2/buffer.h>
#include <event2/event.h>

#include "bend.h"
#include "control.h"
#include "mem.h"
#include "request.h"

struct exchange {
	LIST_ENTRY(exchange) link;
	struct sim *sim;
	struct evhttp_request *req;
	struct request rq;
	struct reply reply;
	enum outcome outcome;
	bool orderly; /* end the connection with a close, not a reset */
	bool started; /* the head of the answer is out */
	size_t sent, step;
	struct timeval tick;
	struct event *timer;
};

struct late {
	LIST_ENTRY(late) link;
	struct sim *sim;
	struct request rq;
	struct event *timer;
};

enum commit { COMMIT_YES, COMMIT_NO, COMMIT_BY_RULE, COMMIT_LATE };

/* What an action means on the wire; those not named commit and reply. */
static const struct {
	enum commit commit;
	enum outcome outcome;
} manners[FAULT_ACTIONS] = {
	[FAULT_STATUS] = { COMMIT_NO, OUTCOME_REPLY },
	[FAULT_COMMIT_THEN_RESET] = { COMMIT_YES, OUTCOME_RESET },
	[FAULT_COMMIT_THEN_HANG] = { COMMIT_YES, OUTCOME_HANG },
	[FAULT_RESET_BEFORE_COMMIT] = { COMMIT_NO, OUTCOME_RESET },
	[FAULT_HANG_BEFORE_COMMIT] = { COMMIT_NO, OUTCOME_HANG },
	[FAULT_LATE_COMMIT] = { COMMIT_LATE, OUTCOME_RESET },
	[FAULT_HTML_200] = { COMMIT_BY_RULE, OUTCOME_REPLY },
	[FAULT_TRUNCATED_JSON] = { COMMIT_BY_RULE, OUTCOME_REPLY },
	[FAULT_EMPTY_BODY] = { COMMIT_BY_RULE, OUTCOME_REPLY },
	[FAULT_CUT_BODY] = { COMMIT_BY_RULE, OUTCOME_CUT },
};

static void exchange_free(struct exchange *x)
{
	x->sim->counts.in_flight--;
	LIST_REMOVE(x, link);
	if (x->timer)
		event_free(x->timer);
	reply_release(&x->reply);
	request_release(&x->rq);
	mem_free(x);
}

static void late_free(struct late *late)
{
	late->sim->counts.late_pending--;
	LIST_REMOVE(late, link);
	event_free(late->timer);
	request_release(&late->rq);
	mem_free(late);
}

static struct timeval from_ms(int64_t ms)
{
	struct timeval tv = { .tv_sec = (time_t)(ms / 1000), .tv_usec = (suseconds_t)(ms % 1000 * 1000) };

	return tv;
}

static void add_header(struct exchange *x, const char *name, const char *value)
{
	evhttp_add_header(evhttp_request_get_output_headers(x->req), name, value);
}

static void add_headers(struct exchange *x)
{
	char *date = reply_date(sim_now(x->sim));

	add_header(x, "Date", date);
	if (x->sim->settings.request_id_header)
		add_header(x, x->sim->settings.request_id_header, x->rq.id);
	if (x->reply.content_type)
		add_header(x, "Content-Type", x->reply.content_type);
	if (x->reply.retry_after)
		add_header(x, "Retry-After", x->reply.retry_after);
	mem_free(date);
}

/* Sends `len` bytes more of the body, the head before them; libevent copies. */
static void send_part(struct exchange *x, size_t len)
{
	struct evbuffer *part = evbuffer_new();

	if (!x->started) {
		char *whole = mem_printf("%zu", x->reply.body.len);

		add_headers(x);
		add_header(x, "Content-Length", whole);
		mem_free(whole);
		evhttp_send_reply_start(x->req, x->reply.status, reply_phrase(x->reply.status));
		x->started = true;
	}
	evbuffer_add(part, x->reply.body.data + x->sent, len);
	evhttp_send_reply_chunk(x->req, part);
	x->sent += len;
	evbuffer_free(part);
}

static void send_whole(struct exchange *x)
{
	struct evbuffer *body = evbuffer_new();

	add_headers(x);
	evbuffer_add(body, x->reply.body.data, x->reply.body.len);
	evhttp_send_reply(x->req, x->reply.status, reply_phrase(x->reply.status), body);
	evbuffer_free(body);
}

static void again(struct exchange *x, int64_t ms)
{
	struct timeval tv = from_ms(ms);

	event_add(x->timer, &tv);
}

/* One step of a body that comes by drops: true at its end. */
static bool drip(struct exchange *x)
{
	size_t left = x->reply.body.len - x->sent;

	if (wire_is_closed(x->req)) {
		wire_break(x->req, true);
		return true;
	}
	send_part(x, left < x->step ? left : x->step);
	if (x->sent < x->reply.body.len) {
		event_add(x->timer, &x->tick);
		return false;
	}
	evhttp_send_reply_end(x->req);
	return true;
}

static bool holds(const struct exchange *x)
{
	return x->sim->settings.hold && x->rq.method != METHOD_GET;
}

/* The next thing to do for an exchange whose time has come. */
static void act(evutil_socket_t fd, short what, void *arg)
{
	struct exchange *x = arg;
	struct sim *sim = x->sim;
	bool done = true;

	(void)fd;
	(void)what;
	if (x->outcome == OUTCOME_RESET || (x->outcome == OUTCOME_CUT && x->started)) {
		wire_break(x->req, x->orderly);
	} else if (x->outcome == OUTCOME_HANG) {
		done = wire_is_closed(x->req);
		if (done)
			wire_break(x->req, true);
		else
			again(x, 100);
	} else if (x->outcome == OUTCOME_CUT) {
		send_part(x, x->reply.body.len / 2);
		again(x, 20); /* the half goes out, then the end */
		done = false;
	} else if (holds(x) && !x->started && !wire_is_closed(x->req)) {
		again(x, 20);
		done = false;
	} else if (x->step) {
		done = drip(x);
	} else {
		send_whole(x);
	}
	if (done)
		exchange_free(x);
	control_wake(sim);
}

static void commit_late(evutil_socket_t fd, short what, void *arg)
{
	struct late *late = arg;
	struct sim *sim = late->sim;
	struct reply nobody;

	(void)fd;
	(void)what;
	reply_init(&nobody);
	late->rq.late = true;
	api_handle(sim, &late->rq, NULL, &nobody);
	reply_release(&nobody);
	late_free(late);
	control_wake(sim);
}

static void schedule_late(struct exchange *x, const struct fault *fault)
{
	struct late *late = mem_alloc(sizeof *late);
	struct timeval tv = from_ms(fault->ms);

	late->sim = x->sim;
	late->rq = request_copy(&x->rq);
	late->timer = evtimer_new(x->sim->base, commit_late, late);
	LIST_INSERT_HEAD(&x->sim->lates, late, link);
	x->sim->counts.late_pending++;
	event_add(late->timer, &tv);
	if (fault->then && strcmp(fault->then, "hang") == 0)
		x->outcome = OUTCOME_HANG;
	else if (fault->then && strcmp(fault->then, "status") == 0)
		x->outcome = OUTCOME_REPLY;
}

static void carry_out(struct exchange *x, const struct fault *fault)
{
	enum commit commit = fault ? manners[fault->action].commit : COMMIT_YES;

	if (commit == COMMIT_BY_RULE)
		commit = fault->commit ? COMMIT_YES : COMMIT_NO;
	if (fault) {
		x->outcome = manners[fault->action].outcome;
		x->orderly = fault->close;
		x->sim->counts.faults++;
	}
	if (commit == COMMIT_LATE)
		schedule_late(x, fault);
	if (commit == COMMIT_YES)
		api_handle(x->sim, &x->rq, fault, &x->reply);
	if (fault)
		bend_reply(x->sim, &x->rq, fault, &x->reply);
	if (fault_is(fault, FAULT_SLOW_BODY)) {
		x->step = fault->bytes > 0 ? (size_t)fault->bytes : 1;
		x->tick = from_ms(fault->tick_ms);
	}
	x->sim->counts.by_outcome[x->outcome]++;
	if (x->outcome == OUTCOME_REPLY)
		counts_status(&x->sim->counts, x->rq.method, x->reply.status);
}

/* The subscriber that a path is under; its length, or 0. */
static size_t subscriber_part(const char *path)
{
	static const char before[] = "/api/fabric/resources/subscribers/";
	size_t len = strncmp(path, before, sizeof before - 1) == 0 ? sizeof before - 1 : 0;

	return len ? len + strcspn(path + len, "/") : 0;
}

/* Two mutations under way on one subscriber at once: a client that serialises has none. */
static void count_overlap(struct exchange *x)
{
	size_t len = subscriber_part(x->rq.path);
	struct exchange *other = NULL;

	if (!len || x->rq.method == METHOD_GET)
		return;
	LIST_FOREACH(other, &x->sim->exchanges, link) {
		if (other == x || other->rq.method == METHOD_GET || subscriber_part(other->rq.path) != len)
			continue;
		if (strncmp(other->rq.path, x->rq.path, len) == 0) {
			x->sim->counts.overlapping_writes++;
			return;
		}
	}
}

void exchange_begin(struct evhttp_request *req, void *arg)
{
	struct wire *wire = arg;
	struct sim *sim = wire->sim;
	struct exchange *x = NULL;
	const struct fault *fault = NULL;
	int64_t wait = 0;

	if (strncmp(evhttp_request_get_uri(req), "/_sim/", 6) == 0) {
		control_handle(sim, req);
		return;
	}
	wire_api(wire, evhttp_request_get_connection(req));
	x = mem_alloc(sizeof *x);
	x->sim = sim;
	x->req = req;
	x->timer = evtimer_new(sim->base, act, x);
	reply_init(&x->reply);
	request_read(&x->rq, req, &sim->ids);
	LIST_INSERT_HEAD(&sim->exchanges, x, link);
	counts_request(&sim->counts, api_class(x->rq.path), x->rq.method, sim_now(sim));
	count_overlap(x);
	fault = fault_match(&sim->faults, &sim->dice, x->rq.method_name, x->rq.path, x->rq.query, x->rq.body,
			    x->rq.body_len);
	carry_out(x, fault);
	wait = sim->settings.latency_ms + (fault_is(fault, FAULT_DELAY) ? fault->ms : 0);
	if (wait > 0 || holds(x) || x->outcome != OUTCOME_REPLY)
		again(x, wait);
	else
		act(-1, 0, x);
	control_wake(sim);
}

void exchange_drop_all(struct sim *sim)
{
	while (!LIST_EMPTY(&sim->exchanges))
		exchange_free(LIST_FIRST(&sim->exchanges));
	while (!LIST_EMPTY(&sim->lates))
		late_free(LIST_FIRST(&sim->lates));
}
