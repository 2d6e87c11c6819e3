/* report_migrate - what a migration says before it asks: what is there, what would be done, what it costs. */
#include "report_migrate.h"

#include "jsonline.h"
#include "report_json.h"

static int64_t chosen(const struct preflight_counts *counts, enum preflight_kind kind)
{
	return counts->chosen[kind];
}

int64_t report_migrate_work(const struct preflight_counts *counts)
{
	return chosen(counts, PREFLIGHT_CREATE) + chosen(counts, PREFLIGHT_ADOPT) + chosen(counts, PREFLIGHT_CHANGE);
}

static void add_money(struct strbuf *out, int64_t cents)
{
	strbuf_printf(out, "%lld.%02lld", (long long)cents / 100, (long long)cents % 100);
}

static void add_counts(struct strbuf *out, const struct report_migrate *what)
{
	const struct preflight_counts *c = what->counts;
	const struct {
		int64_t n;
		const char *word;
	} work[] = {
		{ chosen(c, PREFLIGHT_CREATE), "to create" },
		{ chosen(c, PREFLIGHT_ADOPT), "to adopt" },
		{ chosen(c, PREFLIGHT_CHANGE), "to change" },
		{ c->kind[PREFLIGHT_WAIT], "whose outcome is unknown so far" },
		{ c->kind[PREFLIGHT_FOREIGN], "left alone (something exists remotely that is not in the ledger)" },
		{ c->kind[PREFLIGHT_REJECT] + c->kind[PREFLIGHT_REFUSED], "rejected" },
		{ c->kind[PREFLIGHT_MOVE], "held (the change removes something)" },
		{ c->kind[PREFLIGHT_SKIP], "skipped" },
		{ c->totals.unchanged, "in step" },
	};
	bool any = false;

	for (size_t i = 0; i < sizeof work / sizeof *work; i++) {
		if (work[i].n)
			strbuf_printf(out, "%s%lld %s", any ? ", " : "", (long long)work[i].n, work[i].word);
		any = any || work[i].n;
	}
	strbuf_puts(out, any ? ".\n" : "Nothing to do.\n");
}

static void add_cost(struct strbuf *out, const struct report_migrate *what)
{
	int64_t more = what->counts->subscribers;

	if (!what->price_cents)
		return;
	strbuf_printf(out, "Subscribers: %lld now, ", (long long)what->subscribers);
	add_money(out, what->subscribers * what->price_cents);
	strbuf_printf(out, " dollars a month; %lld more: +", (long long)more);
	add_money(out, more * what->price_cents);
	strbuf_puts(out, " dollars a month (");
	add_money(out, what->price_cents);
	strbuf_puts(out, " each).\n");
}

static void add_time(struct strbuf *out, const struct report_migrate *what)
{
	const struct preflight_counts *c = what->counts;
	int64_t requests = chosen(c, PREFLIGHT_CREATE) + c->subscribers + chosen(c, PREFLIGHT_ADOPT) + chosen(c, PREFLIGHT_CHANGE);

	if (requests)
		strbuf_printf(out, "About %lld %s something: at least %lld s at [signalwire] write_rate (%lld).\n",
			      (long long)requests, requests == 1 ? "request that changes" : "requests that change", (long long)((requests + what->write_rate - 1) / what->write_rate),
			      (long long)what->write_rate);
}

void report_migrate_preview(struct strbuf *out, const struct report_migrate *what)
{
	const struct preflight_counts *c = what->counts;

	strbuf_printf(out, "At SignalWire now: %lld %s with %lld SIP %s, and %lld standalone %s.\n", (long long)what->subscribers,
		      what->subscribers == 1 ? "subscriber" : "subscribers", (long long)what->credentials,
		      what->credentials == 1 ? "credential" : "credentials", (long long)what->endpoints,
		      what->endpoints == 1 ? "one" : "ones");
	if (what->canary)
		strbuf_printf(out, "The first %lld only (--canary), of %lld: ", (long long)what->canary,
			      (long long)(c->kind[PREFLIGHT_CREATE] + c->kind[PREFLIGHT_ADOPT]));
	add_counts(out, what);
	add_cost(out, what);
	add_time(out, what);
	if (chosen(c, PREFLIGHT_ADOPT))
		strbuf_printf(out, "Adopting sets the password of each adopted credential to the PBX's: a phone that registers with the "
			      "old one is locked out until it gets the new one.%s\n",
			      what->ours ? " Their subscribers count as made by swbridge, and are deleted with their last extension."
					 : "");
	if (c->kind[PREFLIGHT_FOREIGN])
		strbuf_printf(out, "What is left alone is reported with what to do about it%s.\n",
			      what->adopt ? "" : "; what fits exactly is taken over by: swbridge migrate --adopt");
}

void report_migrate_json(FILE *out, const struct report_migrate *what)
{
	const struct preflight_counts *c = what->counts;
	struct strbuf line = STRBUF_INIT;

	jsonline_begin(&line, "preflight");
	jsonline_int(&line, "create", chosen(c, PREFLIGHT_CREATE));
	jsonline_int(&line, "adopt", chosen(c, PREFLIGHT_ADOPT));
	jsonline_int(&line, "update", chosen(c, PREFLIGHT_CHANGE));
	jsonline_int(&line, "foreign", c->kind[PREFLIGHT_FOREIGN]);
	jsonline_int(&line, "rejected", c->kind[PREFLIGHT_REJECT] + c->kind[PREFLIGHT_REFUSED]);
	jsonline_int(&line, "held", c->kind[PREFLIGHT_MOVE]);
	jsonline_int(&line, "unknown", c->kind[PREFLIGHT_WAIT]);
	jsonline_int(&line, "skipped", c->kind[PREFLIGHT_SKIP]);
	jsonline_int(&line, "unchanged", c->totals.unchanged);
	jsonline_int(&line, "subscribers", what->subscribers);
	jsonline_int(&line, "subscribers_create", c->subscribers);
	jsonline_cents(&line, "monthly_cost", what->subscribers * what->price_cents);
	jsonline_cents(&line, "monthly_cost_change", c->subscribers * what->price_cents);
	report_json_put(out, &line);
}
