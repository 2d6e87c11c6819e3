/* counts - what arrived and what was answered, for tests to assert on. */
#include "counts.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *const methods[METHOD_COUNT] = { "GET", "POST", "PUT", "PATCH", "DELETE", "OTHER" };
static const char *const classes[CLASS_COUNT] = {
	"subscribers", "subscriber", "addresses",   "credentials", "credential",  "sip_endpoints",
	"sip_endpoint", "attach",    "legacy_list", "legacy",      "sip_profile", "unknown",
};
static const char *const outcomes[OUTCOME_COUNT] = { "reply", "reset", "hang", "cut" };

enum method counts_method(const char *name)
{
	int m = 0;

	while (m < METHOD_OTHER && strcmp(methods[m], name) != 0)
		m++;
	return (enum method)m;
}

const char *counts_method_name(enum method method)
{
	return methods[method];
}

void counts_request(struct counts *c, enum path_class class, enum method method, int64_t now_ms)
{
	c->requests++;
	c->by_class[class][method]++;
	c->in_flight++;
	if (c->in_flight > c->max_in_flight)
		c->max_in_flight = c->in_flight;
	if (method != METHOD_POST && method != METHOD_PUT && method != METHOD_PATCH)
		return;
	if (now_ms / 1000 != c->second) {
		c->second = now_ms / 1000;
		c->writes_this_second = 0;
	}
	if (++c->writes_this_second > c->peak_writes_per_second)
		c->peak_writes_per_second = c->writes_this_second;
}

void counts_status(struct counts *c, enum method method, int status)
{
	if (status >= 0 && status < 600)
		c->by_status[method][status]++;
}

void counts_reset(struct counts *c)
{
	int64_t in_flight = c->in_flight;
	int64_t late_pending = c->late_pending;

	memset(c, 0, sizeof *c);
	c->in_flight = c->max_in_flight = in_flight;
	c->late_pending = late_pending;
}

static void each_plain(const struct counts *c, void (*each)(const char *, int64_t, void *), void *arg)
{
	int64_t posts = 0;
	int i = 0;

	for (i = 0; i < CLASS_COUNT; i++)
		posts += c->by_class[i][METHOD_POST];
	each("requests", c->requests, arg);
	each("posts_received", posts, arg);
	each("refused", c->refused, arg);
	each("unroutable", c->unroutable, arg);
	each("unauthorized", c->unauthorized, arg);
	each("throttled", c->throttled, arg);
	each("faults", c->faults, arg);
	each("in_flight", c->in_flight, arg);
	each("max_in_flight", c->max_in_flight, arg);
	each("late_pending", c->late_pending, arg);
	each("overlapping_writes", c->overlapping_writes, arg);
	each("peak_writes_per_second", c->peak_writes_per_second, arg);
	each("accepted", c->accepted, arg);
	each("connections", c->connections, arg);
	each("bytes_in", c->bytes_in, arg);
	each("bytes_out", c->bytes_out, arg);
}

static void each_class(const struct counts *c, void (*each)(const char *, int64_t, void *), void *arg)
{
	char name[64] = "";
	int class = 0;
	int m = 0;

	for (class = 0; class < CLASS_COUNT; class++) {
		for (m = 0; m < METHOD_COUNT; m++) {
			if (!c->by_class[class][m])
				continue;
			snprintf(name, sizeof name, "class.%s.%s", classes[class], methods[m]);
			each(name, c->by_class[class][m], arg);
		}
		if (!c->by_class[class][METHOD_POST])
			continue;
		snprintf(name, sizeof name, "posts_received.%s", classes[class]);
		each(name, c->by_class[class][METHOD_POST], arg);
	}
}

static void each_method(const struct counts *c, void (*each)(const char *, int64_t, void *), void *arg)
{
	char name[64] = "";
	int status = 0;
	int m = 0;

	for (m = 0; m < METHOD_COUNT; m++) {
		int64_t sum = 0;
		int class = 0;

		for (class = 0; class < CLASS_COUNT; class++)
			sum += c->by_class[class][m];
		each(methods[m], sum, arg);
		for (status = 0; status < 600; status++) {
			if (!c->by_status[m][status])
				continue;
			snprintf(name, sizeof name, "status.%s.%d", methods[m], status);
			each(name, c->by_status[m][status], arg);
		}
	}
}

void counts_each(const struct counts *c, void (*each)(const char *name, int64_t value, void *arg), void *arg)
{
	char name[64] = "";
	int i = 0;

	each_plain(c, each, arg);
	each_method(c, each, arg);
	each_class(c, each, arg);
	for (i = 0; i < OUTCOME_COUNT; i++) {
		snprintf(name, sizeof name, "outcome.%s", outcomes[i]);
		if (c->by_outcome[i])
			each(name, c->by_outcome[i], arg);
	}
}

static void show(const char *name, int64_t value, void *arg)
{
	strbuf_printf(arg, "\"%s\":%" PRId64 ",\n", name, value);
}

void counts_show(const struct counts *c, int64_t seq, int64_t mutations, struct strbuf *out)
{
	strbuf_puts(out, "{\n");
	counts_each(c, show, out);
	strbuf_printf(out, "\"mutations\":%" PRId64 ",\n\"seq\":%" PRId64 "\n}\n", mutations, seq);
}

struct search {
	const char *name;
	int64_t value;
};

static void compare(const char *name, int64_t value, void *arg)
{
	struct search *search = arg;

	if (strcmp(search->name, name) == 0)
		search->value = value;
}

int64_t counts_get(const struct counts *c, int64_t seq, int64_t mutations, const char *name)
{
	struct search search = { name, 0 };

	if (strcmp(name, "seq") == 0)
		return seq;
	if (strcmp(name, "mutations") == 0)
		return mutations;
	counts_each(c, compare, &search);
	return search.value;
}
