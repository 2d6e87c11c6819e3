/* control - the interface under /_sim/: its paths, and waiting for a count. */
#include "control.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/keyvalq_struct.h>

#include "jsontext.h"
#include "mem.h"
#include "stage.h"

/* One control request: its body and query read, its answer to be filled. */
struct command {
	struct sim *sim;
	struct evhttp_request *req;
	const char *rest; /* the path after the command's name */
	struct evkeyvalq query;
	struct json_object *body; /* {} where there was none */
	struct strbuf out;
	int status;
	bool postponed; /* answered later */
	struct error err;
};

struct wait {
	LIST_ENTRY(wait) link;
	struct sim *sim;
	struct evhttp_request *req;
	char *name;
	int64_t least;
	struct event *timer;
};

static const char *query(struct command *m, const char *key, const char *otherwise)
{
	const char *value = evhttp_find_header(&m->query, key);

	return value ? value : otherwise;
}

static int64_t count(const struct sim *sim, const char *name)
{
	return counts_get(&sim->counts, sim->oplog.seq, sim->oplog.api, name);
}

static void answer(struct evhttp_request *req, int status, const struct strbuf *text)
{
	struct evbuffer *body = evbuffer_new();

	evbuffer_add(body, text->data, text->len);
	evhttp_add_header(evhttp_request_get_output_headers(req), "Content-Type", "application/json");
	evhttp_send_reply(req, status, reply_phrase(status), body);
	evbuffer_free(body);
}

static void wait_free(struct wait *w)
{
	LIST_REMOVE(w, link);
	event_free(w->timer);
	mem_free(w->name);
	mem_free(w);
}

static void wait_end(struct wait *w, int status)
{
	struct strbuf text = STRBUF_INIT;

	strbuf_printf(&text, "%" PRId64 "\n", count(w->sim, w->name));
	answer(w->req, status, &text);
	strbuf_release(&text);
	wait_free(w);
}

static void wait_expired(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	wait_end(arg, 408);
}

void control_wake(struct sim *sim)
{
	struct wait *w = LIST_FIRST(&sim->waits);

	while (w) {
		struct wait *next = LIST_NEXT(w, link);

		if (count(sim, w->name) >= w->least)
			wait_end(w, 200);
		w = next;
	}
}

void control_drop_all(struct sim *sim)
{
	while (!LIST_EMPTY(&sim->waits))
		wait_free(LIST_FIRST(&sim->waits));
}

static void do_wait(struct command *m)
{
	struct wait *w = mem_alloc(sizeof *w);
	int64_t ms = strtoll(query(m, "timeout_ms", "10000"), NULL, 10);
	struct timeval tv = { .tv_sec = (time_t)(ms / 1000), .tv_usec = (suseconds_t)(ms % 1000 * 1000) };

	w->sim = m->sim;
	w->req = m->req;
	w->name = mem_strdup(query(m, "key", "requests"));
	w->least = strtoll(query(m, "min", "1"), NULL, 10);
	w->timer = evtimer_new(m->sim->base, wait_expired, w);
	LIST_INSERT_HEAD(&m->sim->waits, w, link);
	event_add(w->timer, &tv);
	m->postponed = true;
	control_wake(m->sim);
}

static void do_state(struct command *m)
{
	stage_show(m->sim, &m->out);
}

static void do_log(struct command *m)
{
	oplog_read(&m->sim->oplog, strtoll(query(m, "since", "0"), NULL, 10), &m->out);
}

static void do_counts(struct command *m)
{
	counts_show(&m->sim->counts, m->sim->oplog.seq, m->sim->oplog.api, &m->out);
}

static void do_count(struct command *m)
{
	strbuf_printf(&m->out, "%" PRId64 "\n", count(m->sim, m->rest));
}

static void do_counts_reset(struct command *m)
{
	counts_reset(&m->sim->counts);
}

static void do_settings(struct command *m)
{
	if (settings_apply(&m->sim->settings, m->body, &m->err) == 0)
		settings_show(&m->sim->settings, &m->out);
}

static void do_project(struct command *m)
{
	const char *id = jsontext_get(m->body, "id", m->sim->store.projects->id);

	store_put_project(&m->sim->store, id, jsontext_get(m->body, "token", NULL),
			  jsontext_get(m->body, "domain", NULL));
}

static void do_fault(struct command *m)
{
	int64_t id = 0;

	if (fault_add(&m->sim->faults, m->body, &id, &m->err) == 0)
		strbuf_printf(&m->out, "{\"id\":%" PRId64 "}\n", id);
}

static void do_faults(struct command *m)
{
	fault_show(&m->sim->faults, &m->out);
}

static void do_fault_clear(struct command *m)
{
	fault_clear(&m->sim->faults, jsontext_get_int(m->body, "id", 0));
}

static void do_dice(struct command *m)
{
	rng_seed(&m->sim->dice, (uint64_t)jsontext_get_int(m->body, "seed", 1));
}

static void do_seed(struct command *m)
{
	stage_seed(m->sim, m->body, &m->out, &m->err);
}

static void do_edit(struct command *m)
{
	stage_edit(m->sim, m->body, &m->err);
}

static void do_quit(struct command *m)
{
	struct timeval soon = { .tv_sec = 0, .tv_usec = 50000 }; /* the answer goes out first */

	event_base_loopexit(m->sim->base, &soon);
}

static const struct {
	const char *method;
	const char *name;
	void (*function)(struct command *m);
} commands[] = {
	{ "GET", "state", do_state },	  { "GET", "log", do_log },
	{ "GET", "counts", do_counts },	  { "GET", "count/", do_count },
	{ "GET", "wait", do_wait },	  { "GET", "settings", do_settings },
	{ "GET", "faults", do_faults },	  { "POST", "counts/reset", do_counts_reset },
	{ "POST", "seed", do_seed },	  { "POST", "edit", do_edit },
	{ "POST", "settings", do_settings }, { "POST", "project", do_project },
	{ "POST", "fault", do_fault },	  { "POST", "fault/clear", do_fault_clear },
	{ "POST", "dice", do_dice },	  { "POST", "quit", do_quit },
};

/* A name that ends in a slash takes the rest of the path. */
static bool is_command(const char *name, const char *path, size_t len)
{
	size_t own = strlen(name);

	if (name[own - 1] == '/')
		return len > own && strncmp(path, name, own) == 0;
	return len == own && strncmp(path, name, own) == 0;
}

static void run(struct command *m, const char *method, const char *path)
{
	size_t i = 0;

	m->status = 404;
	for (i = 0; i < sizeof commands / sizeof commands[0]; i++) {
		if (strcmp(commands[i].method, method) != 0 || !is_command(commands[i].name, path, strlen(path)))
			continue;
		m->status = 200;
		m->rest = path + strlen(commands[i].name);
		commands[i].function(m);
		if (m->err.kind == ERROR_NONE)
			return;
		m->status = 400;
		strbuf_truncate(&m->out, 0);
		strbuf_puts(&m->out, "{\"error\":");
		jsontext_string(&m->out, error_text(&m->err));
		strbuf_puts(&m->out, "}\n");
		return;
	}
	strbuf_puts(&m->out, "{\"error\":\"There is no such control command.\"}\n");
}

static int read_body(struct command *m)
{
	struct evbuffer *in = evhttp_request_get_input_buffer(m->req);
	size_t len = evbuffer_get_length(in);

	if (!len) {
		m->body = json_object_new_object();
		return 0;
	}
	m->body = jsontext_parse((const char *)evbuffer_pullup(in, -1), len);
	return json_object_is_type(m->body, json_type_object) ? 0 : -1;
}

void control_handle(struct sim *sim, struct evhttp_request *req)
{
	struct command m = { .sim = sim, .req = req, .out = STRBUF_INIT, .err = ERROR_INIT };
	const char *uri = evhttp_request_get_uri(req) + strlen("/_sim/");
	char *path = mem_strndup(uri, strcspn(uri, "?"));

	TAILQ_INIT(&m.query);
	if (uri[strlen(path)])
		evhttp_parse_query_str(uri + strlen(path) + 1, &m.query);
	if (read_body(&m) == 0) {
		run(&m, evhttp_request_get_command(req) == EVHTTP_REQ_POST ? "POST" : "GET", path);
	} else {
		m.status = 400;
		strbuf_puts(&m.out, "{\"error\":\"The body is not a JSON object.\"}\n");
	}
	if (!m.postponed) {
		if (!m.out.len)
			strbuf_puts(&m.out, "{}\n");
		answer(req, m.status, &m.out);
	}
	evhttp_clear_headers(&m.query);
	json_object_put(m.body);
	strbuf_release(&m.out);
	error_clear(&m.err);
	mem_free(path);
}
