/* metrics_render - the counters as Prometheus reads them. */
#include "metrics_internal.h"

#include <build.h>

struct family {
	const char *name;
	const char *type;
	const char *help; /* without \ and line's ends: it is written as it is */
	void (*samples)(const struct family *family, const struct metrics *m, int64_t now_ms, struct strbuf *out);
};

static const char *const states[METRICS_STATES] = {
	"active", "suspended", "creating", "removing", "unknown", "rejected", "retiring", "held", "skipped"
};
static const char *const classes[METRICS_CLASSES] = { "creates", "removals", "changes" };
static const char *const kinds[METRICS_KINDS] = { "full", "keyed" };
static const char *const pass_results[METRICS_PASSES] = { "complete", "partial", "failed" };
static const char *const actions[METRICS_ACTIONS] = {
	"create", "update", "replace", "suspend", "restore", "remove", "adopt"
};
static const char *const results[METRICS_RESULTS] = { "done", "rejected", "failed", "unknown" };
static const char *const founds[METRICS_FOUNDS] = { "drifted", "missing", "leaked", "foreign" };
static const char *const unsents[METRICS_UNSENTS] = { "network", "fence" };

void metrics_escape(struct strbuf *out, const char *value)
{
	for (; *value; value++) {
		if (*value == '\n') {
			strbuf_puts(out, "\\n");
			continue;
		}
		if (*value == '\\' || *value == '"')
			strbuf_putc(out, '\\');
		strbuf_putc(out, *value);
	}
}

/* ---- samples --------------------------------------------------------------- */

static void add_label(struct strbuf *out, const char *name, const char *value, bool first)
{
	strbuf_printf(out, "%s%s=\"", first ? "{" : ",", name);
	metrics_escape(out, value);
	strbuf_putc(out, '"');
}

/* The name with up to two labels; a label whose name is NULL is none. */
static void add_head(struct strbuf *out, const char *name, const char *label, const char *value, const char *label2,
		     const char *value2)
{
	strbuf_puts(out, name);
	if (label)
		add_label(out, label, value, true);
	if (label2)
		add_label(out, label2, value2, false);
	strbuf_puts(out, label ? "} " : " ");
}

static void add_int(struct strbuf *out, int64_t value)
{
	strbuf_printf(out, "%lld\n", (long long)value);
}

/* Thousandths and hundredths as a decimal number, exactly. */
static void add_ms(struct strbuf *out, int64_t ms)
{
	strbuf_printf(out, "%lld.%03d\n", (long long)(ms / 1000), (int)(ms % 1000));
}

static void add_cents(struct strbuf *out, int64_t cents)
{
	strbuf_printf(out, "%lld.%02d\n", (long long)(cents / 100), (int)(cents % 100));
}

static void plain(const struct family *f, int64_t value, struct strbuf *out)
{
	if (value == METRICS_UNKNOWN)
		return;
	add_head(out, f->name, NULL, NULL, NULL, NULL);
	add_int(out, value);
}

static void plain_ms(const struct family *f, int64_t ms, struct strbuf *out)
{
	if (ms == METRICS_UNKNOWN)
		return;
	add_head(out, f->name, NULL, NULL, NULL, NULL);
	add_ms(out, ms);
}

#define PLAIN(function, add, value)                                                                                    \
	static void function(const struct family *f, const struct metrics *m, int64_t now_ms, struct strbuf *out)      \
	{                                                                                                              \
		(void)now_ms;                                                                                          \
		add(f, value, out);                                                                                    \
	}

PLAIN(start_time, plain_ms, m->started_ms)
PLAIN(resident, plain, m->resident_bytes)
PLAIN(open_fds, plain, m->open_fds)
PLAIN(max_fds, plain, m->max_fds)
PLAIN(leader, plain, m->leader)
PLAIN(paused, plain, m->paused)
PLAIN(last_attempt, plain_ms, m->last_attempt_ms)
PLAIN(last_success, plain_ms, m->last_success_ms)
PLAIN(source_rows, plain, m->source_rows)
PLAIN(unsure, plain, m->extensions[METRICS_UNSURE])
PLAIN(subscribers, plain, m->subscribers)
PLAIN(verified, plain_ms, m->verified_ms)
PLAIN(retries, plain, m->retries)
PLAIN(notifications, plain, m->listens ? m->notifications : METRICS_UNKNOWN)
PLAIN(deaf, plain, m->listens && !m->away ? m->deaf_since_ms != METRICS_UNKNOWN : METRICS_UNKNOWN)

static void build_info(const struct family *f, const struct metrics *m, int64_t now_ms, struct strbuf *out)
{
	(void)m;
	(void)now_ms;
	add_head(out, f->name, "version", PACKAGE_VERSION, NULL, NULL);
	add_int(out, 1);
}

static void deaf_seconds(const struct family *f, const struct metrics *m, int64_t now_ms, struct strbuf *out)
{
	int64_t now_deaf = m->deaf_since_ms == METRICS_UNKNOWN ? 0 : now_ms - m->deaf_since_ms;

	plain_ms(f, m->listens ? m->deaf_ms + now_deaf : METRICS_UNKNOWN, out);
}

static void monthly_cost(const struct family *f, const struct metrics *m, int64_t now_ms, struct strbuf *out)
{
	(void)now_ms;
	if (m->subscribers == METRICS_UNKNOWN)
		return;
	add_head(out, f->name, NULL, NULL, NULL, NULL);
	add_cents(out, m->subscribers * m->price_cents);
}

static void by_name(const struct family *f, const char *label, const char *const *names, const int64_t *values,
		    size_t count, struct strbuf *out)
{
	for (size_t i = 0; i < count; i++) {
		if (values[i] == METRICS_UNKNOWN)
			continue;
		add_head(out, f->name, label, names[i], NULL, NULL);
		add_int(out, values[i]);
	}
}

static void extensions(const struct family *f, const struct metrics *m, int64_t now_ms, struct strbuf *out)
{
	(void)now_ms;
	by_name(f, "state", states, m->extensions, METRICS_STATES, out);
}

static void held(const struct family *f, const struct metrics *m, int64_t now_ms, struct strbuf *out)
{
	(void)now_ms;
	by_name(f, "class", classes, m->held, METRICS_CLASSES, out);
}

static void found(const struct family *f, const struct metrics *m, int64_t now_ms, struct strbuf *out)
{
	(void)now_ms;
	if (m->away)
		return;
	by_name(f, "kind", founds, m->found, METRICS_FOUNDS, out);
}

static void unsent(const struct family *f, const struct metrics *m, int64_t now_ms, struct strbuf *out)
{
	(void)now_ms;
	by_name(f, "reason", unsents, m->unsent, METRICS_UNSENTS, out);
}

static void pass_duration(const struct family *f, const struct metrics *m, int64_t now_ms, struct strbuf *out)
{
	(void)now_ms;
	for (size_t i = 0; i < METRICS_KINDS; i++) {
		if (m->pass_ms[i] == METRICS_UNKNOWN)
			continue;
		add_head(out, f->name, "kind", kinds[i], NULL, NULL);
		add_ms(out, m->pass_ms[i]);
	}
}

/* All combinations, also those that are 0: a rate needs the first one's zero. */
static void passes(const struct family *f, const struct metrics *m, int64_t now_ms, struct strbuf *out)
{
	(void)now_ms;
	for (size_t i = 0; i < METRICS_KINDS; i++)
		for (size_t j = 0; j < METRICS_PASSES; j++) {
			add_head(out, f->name, "kind", kinds[i], "result", pass_results[j]);
			add_int(out, m->passes[i][j]);
		}
}

static void changes(const struct family *f, const struct metrics *m, int64_t now_ms, struct strbuf *out)
{
	(void)now_ms;
	for (size_t i = 0; i < METRICS_ACTIONS; i++)
		for (size_t j = 0; j < METRICS_RESULTS; j++) {
			add_head(out, f->name, "action", actions[i], "result", results[j]);
			add_int(out, m->changes[i][j]);
		}
}

static void request(const struct family *f, size_t method, const char *code, int64_t count, struct strbuf *out)
{
	if (count == 0)
		return;
	add_head(out, f->name, "method", metrics_methods[method], "code", code);
	add_int(out, count);
}

/* Only what was seen: of five hundred codes a few ever are. */
static void requests(const struct family *f, const struct metrics *m, int64_t now_ms, struct strbuf *out)
{
	struct strbuf code = STRBUF_INIT;

	(void)now_ms;
	for (size_t i = 0; i < METRICS_METHODS; i++) {
		for (size_t j = 0; j < METRICS_CODES; j++) {
			strbuf_truncate(&code, 0);
			strbuf_printf(&code, "%d", METRICS_CODE_FIRST + (int)j);
			request(f, i, code.data, m->codes[i][j], out);
		}
		request(f, i, "none", m->no_answers[i], out);
		request(f, i, "other", m->odd_codes[i], out);
	}
	strbuf_release(&code);
}

static void throttled(const struct family *f, const struct metrics *m, int64_t now_ms, struct strbuf *out)
{
	int64_t count = 0;

	(void)now_ms;
	for (size_t i = 0; i < METRICS_METHODS; i++)
		count += m->codes[i][429 - METRICS_CODE_FIRST];
	plain(f, count, out);
}

static void live(const struct family *f, const struct metrics *m, int64_t now_ms, struct strbuf *out)
{
	int64_t count = 0;

	(void)now_ms;
	if (!m->listens)
		return;
	for (size_t i = 0; i < METRICS_BUCKETS; i++) {
		count += m->live_buckets[i];
		strbuf_printf(out, "%s_bucket{le=\"%lld.%03d\"} %lld\n", f->name, (long long)(metrics_bounds_ms[i] / 1000),
			      (int)(metrics_bounds_ms[i] % 1000), (long long)count);
	}
	count += m->live_buckets[METRICS_BUCKETS];
	strbuf_printf(out, "%s_bucket{le=\"+Inf\"} %lld\n%s_sum ", f->name, (long long)count, f->name);
	add_ms(out, m->live_sum_ms);
	strbuf_printf(out, "%s_count %lld\n", f->name, (long long)count);
}

/* ---- the table ------------------------------------------------------------- */

/* clang-format off */
static const struct family families[] = {
	{ "swbridge_build_info", "gauge", "The version that runs; always 1.", build_info },
	{ "swbridge_process_start_time_seconds", "gauge", "When this process began, since the epoch.", start_time },
	{ "swbridge_process_resident_memory_bytes", "gauge", "Memory that this process has in RAM.", resident },
	{ "swbridge_process_open_fds", "gauge", "Descriptors that this process has open.", open_fds },
	{ "swbridge_process_max_fds", "gauge", "Descriptors that it may have open.", max_fds },
	{ "swbridge_leader", "gauge", "1: this process changes things at SignalWire; 0: it stands by.", leader },
	{ "swbridge_paused", "gauge", "1: swbridge is paused and changes nothing.", paused },
	{ "swbridge_last_attempt_timestamp_seconds", "gauge", "When the last pass ended, however, since the epoch.",
	  last_attempt },
	{ "swbridge_last_success_timestamp_seconds", "gauge",
	  "When the last complete pass ended, of any process, since the epoch; 0: never.", last_success },
	{ "swbridge_pass_duration_seconds", "gauge", "How long the last pass took, by kind.", pass_duration },
	{ "swbridge_passes_total", "counter", "Passes by kind and result.", passes },
	{ "swbridge_extensions", "gauge", "Extensions by state.", extensions },
	{ "swbridge_source_extensions", "gauge", "Extensions that the PBX has.", source_rows },
	{ "swbridge_held", "gauge", "Changes that a rail holds until they are approved, by class.", held },
	{ "swbridge_unknown_outcomes", "gauge", "Changes whose outcome is not known yet.", unsure },
	{ "swbridge_subscribers", "gauge", "Subscribers that are paid for.", subscribers },
	{ "swbridge_monthly_cost_dollars", "gauge", "What they cost a month, by subscriber_price.", monthly_cost },
	{ "swbridge_verify_found", "gauge", "What the last whole comparison with SignalWire found, by kind.", found },
	{ "swbridge_verify_last_success_timestamp_seconds", "gauge",
	  "When SignalWire was last read whole and compared with the ledger, since the epoch.", verified },
	{ "swbridge_changes_total", "counter", "Changes by action and result.", changes },
	{ "swbridge_requests_total", "counter", "Requests to SignalWire by method and code; none: no answer came.",
	  requests },
	{ "swbridge_requests_not_sent_total", "counter", "Requests of which no byte was sent, by reason.", unsent },
	{ "swbridge_throttled_total", "counter", "Answers 429: SignalWire wants fewer requests.", throttled },
	{ "swbridge_retries_total", "counter", "Requests that were tried again.", retries },
	{ "swbridge_notifications_total", "counter", "Notifications heard from the PBX's database.", notifications },
	{ "swbridge_deaf", "gauge", "1: notifications do not arrive, and the daemon polls instead.", deaf },
	{ "swbridge_deaf_seconds_total", "counter", "Time in which notifications did not arrive.", deaf_seconds },
	{ "swbridge_commit_to_live_seconds", "histogram",
	  "From a notification heard to the outcome of its change recorded; what a look at everything found is not in it.", live },
};
/* clang-format on */

void metrics_render(const struct metrics *m, int64_t now_ms, struct strbuf *out)
{
	struct strbuf samples = STRBUF_INIT;

	for (size_t i = 0; i < sizeof families / sizeof *families; i++) {
		const struct family *f = &families[i];

		strbuf_truncate(&samples, 0);
		f->samples(f, m, now_ms, &samples);
		if (!samples.len)
			continue;
		strbuf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", f->name, f->help, f->name, f->type);
		strbuf_add(out, samples.data, samples.len);
	}
	strbuf_release(&samples);
}
