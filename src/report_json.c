/* report_json - what a pass says with --json: one object a line. */
#include "report_json.h"

#include "jsonline.h"
#include "ledger.h"

#include <build.h>

void report_json_put(FILE *out, struct strbuf *line)
{
	jsonline_end(line);
	fwrite(line->data, 1, line->len, out);
	strbuf_release(line);
}

void report_json_version(FILE *out)
{
	struct strbuf line = STRBUF_INIT;

	jsonline_begin(&line, "version");
	jsonline_text(&line, "version", PACKAGE_VERSION);
	jsonline_int(&line, "schema", LEDGER_SCHEMA_VERSION);
	report_json_put(out, &line);
}

const char *report_json_state(enum pass_state state)
{
	static const char *const names[] = {
		[PASS_PLANNED] = "planned", [PASS_DONE] = "done", [PASS_HELD] = "held", [PASS_REJECTED] = "rejected",
		[PASS_FAILED] = "failed", [PASS_UNKNOWN] = "unknown", [PASS_SKIPPED] = "skipped",
	};

	return names[state];
}

void report_json_change(FILE *out, const struct pass_line *l)
{
	struct strbuf line = STRBUF_INIT;

	jsonline_begin(&line, "change");
	jsonline_text(&line, "key", l->key);
	jsonline_text(&line, "extension", l->extension);
	jsonline_text(&line, "username", l->username);
	jsonline_text(&line, "action", plan_action_name(l->action));
	jsonline_text(&line, "state", report_json_state(l->state));
	jsonline_text(&line, "reason", l->reason);
	if (l->issues)
		jsonline_bool(&line, "issues_secret", true);
	jsonline_text(&line, "subscriber_id", l->subscriber_id);
	jsonline_text(&line, "sip_endpoint_id", l->sip_endpoint_id);
	report_json_put(out, &line);
}

void report_json_secret(struct strbuf *out, const struct mirror_issued *issued)
{
	jsonline_begin(out, "secret");
	jsonline_text(out, "key", issued->key);
	jsonline_text(out, "extension", issued->extension);
	jsonline_text(out, "username", issued->username);
	jsonline_text(out, "secret", issued->secret);
	jsonline_end(out);
}

void report_json_plan(FILE *out, const struct pass_summary *s, int64_t price_cents)
{
	struct strbuf line = STRBUF_INIT;

	jsonline_begin(&line, "summary");
	jsonline_int(&line, "create", s->created);
	jsonline_int(&line, "update", s->updated - s->replaced);
	jsonline_int(&line, "replace", s->replaced);
	jsonline_int(&line, "remove", s->removed);
	jsonline_int(&line, "suspend", s->suspended);
	jsonline_int(&line, "unchanged", s->unchanged);
	jsonline_int(&line, "skipped", s->skipped);
	jsonline_int(&line, "held", s->held);
	jsonline_int(&line, "rejected", s->rejected);
	jsonline_bool(&line, "source_empty", s->source_empty);
	jsonline_int(&line, "subscribers_create", s->subscribers_created);
	jsonline_int(&line, "subscribers_remove", s->subscribers_removed);
	jsonline_cents(&line, "monthly_cost_change", (s->subscribers_created - s->subscribers_removed) * price_cents);
	report_json_put(out, &line);
}

void report_json_sync(FILE *out, const struct pass_summary *s)
{
	struct strbuf line = STRBUF_INIT;

	jsonline_begin(&line, "summary");
	jsonline_int(&line, "created", s->created);
	jsonline_int(&line, "updated", s->updated);
	jsonline_int(&line, "removed", s->removed);
	jsonline_int(&line, "suspended", s->suspended);
	jsonline_int(&line, "adopted", s->adopted);
	jsonline_int(&line, "unchanged", s->unchanged);
	jsonline_int(&line, "skipped", s->skipped);
	jsonline_int(&line, "held", s->held);
	jsonline_int(&line, "rejected", s->rejected);
	jsonline_int(&line, "failed", s->failed);
	jsonline_int(&line, "unknown", s->unknown);
	jsonline_bool(&line, "source_empty", s->source_empty);
	jsonline_int(&line, "requests", s->requests);
	jsonline_seconds(&line, "seconds", s->seconds);
	report_json_put(out, &line);
}
