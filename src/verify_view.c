/* verify_view - what a comparison found, for people or as JSON. */
#include "verify_view.h"

#include "columns.h"
#include "jsonline.h"
#include "log.h"
#include "mem.h"
#include "report_json.h"

#include <string.h>

enum { EXTENSION_WIDTH = 8, NAME_WIDTH = 16, KIND_WIDTH = 8 };

static const struct {
	char sign;
	const char *color;
} looks[VERIFY_KINDS] = {
	[VERIFY_DRIFTED] = { '~', "\033[33m" },
	[VERIFY_MISSING] = { '-', "\033[31m" },
	[VERIFY_LEAKED] = { '!', "\033[35m" },
	[VERIFY_FOREIGN] = { '?', "\033[36m" },
};

/* ["caller_id","codecs"]: names of fields need no escaping. */
static void put_fields(struct strbuf *line, const char *fields)
{
	strbuf_puts(line, ",\"fields\":[");
	for (const char *at = fields; *at; at += *at == ',') {
		size_t len = strcspn(at, ",");

		strbuf_printf(line, "%s\"%.*s\"", at == fields ? "" : ",", (int)len, at);
		at += len;
	}
	strbuf_putc(line, ']');
}

static void print_json(FILE *out, const struct verify_finding *finding)
{
	struct strbuf line = STRBUF_INIT;

	jsonline_begin(&line, "difference");
	jsonline_text(&line, "kind", verify_kind_name(finding->kind));
	jsonline_text(&line, "object", finding->object);
	jsonline_text(&line, "key", finding->key);
	jsonline_text(&line, "extension", finding->extension);
	jsonline_text(&line, "username", finding->username);
	jsonline_text(&line, "email", finding->email);
	jsonline_text(&line, "subscriber_id", finding->subscriber_id);
	jsonline_text(&line, "sip_endpoint_id", finding->sip_endpoint_id);
	if (finding->fields)
		put_fields(&line, finding->fields);
	jsonline_text(&line, "reason", finding->text);
	jsonline_bool(&line, "repairable", finding->repairable);
	report_json_put(out, &line);
}

static void add_column(struct strbuf *line, const char *text, size_t width)
{
	char *shown = log_printable(text);

	columns_add(line, shown, width);
	strbuf_puts(line, "  ");
	mem_free(shown);
}

/* What cannot be told from a name alone. */
static void add_what(struct strbuf *line, const struct verify_finding *finding)
{
	const char *id = strcmp(finding->object, "subscriber") == 0 ? finding->subscriber_id : finding->sip_endpoint_id;

	if (finding->kind == VERIFY_LEAKED || finding->kind == VERIFY_FOREIGN)
		strbuf_printf(line, "%s %s%s", finding->object, id ? id : "",
			      !finding->text ? "" : finding->kind == VERIFY_LEAKED ? ": " : " ");
}

void verify_view_line(FILE *out, const struct verify_finding *finding, bool json, bool color)
{
	struct strbuf line = STRBUF_INIT;
	const char *name = strcmp(finding->object, "subscriber") == 0 && !finding->username ? finding->email : finding->username;
	char *text = NULL;

	if (json) {
		print_json(out, finding);
		return;
	}
	text = log_printable(finding->text ? finding->text : "");
	strbuf_printf(&line, "%s%c%s ", color ? looks[finding->kind].color : "", looks[finding->kind].sign, color ? "\033[0m" : "");
	add_column(&line, finding->extension ? finding->extension : finding->key ? finding->key : "-", EXTENSION_WIDTH);
	add_column(&line, name ? name : "-", NAME_WIDTH);
	add_column(&line, verify_kind_name(finding->kind), KIND_WIDTH);
	add_what(&line, finding);
	strbuf_puts(&line, text);
	if (!finding->repairable && (finding->kind == VERIFY_DRIFTED || finding->kind == VERIFY_MISSING))
		strbuf_puts(&line, " (not mended by --repair)");
	strbuf_putc(&line, '\n');
	fwrite(line.data, 1, line.len, out);
	strbuf_release(&line);
	mem_free(text);
}

/* ---- the end ------------------------------------------------------------------- */

static void add_advice(struct strbuf *out, const struct verify_totals *t)
{
	int64_t leaked = t->summary->count[VERIFY_LEAKED];
	int64_t cents = leaked * t->price_cents;

	if (t->repairable && !t->repairing)
		strbuf_puts(out, "What is ours is sent again, and a leaked subscriber that the ledger has is removed, by: "
			    "swbridge verify --repair\n");
	if (leaked)
		strbuf_printf(out, "Leaked: %lld %s paid for without an extension, %lld.%02lld dollars a month.\n", (long long)leaked,
			      leaked == 1 ? "subscriber is" : "subscribers are", (long long)cents / 100, (long long)cents % 100);
	if (t->looks_leaked)
		strbuf_puts(out, "Those that the ledger does not have are taken back with: swbridge adopt EXT SUBSCRIBER_ID; "
			    "or remove them in SignalWire's dashboard. swbridge does not.\n");
}

void verify_view_trailer(struct strbuf *out, const struct verify_totals *t)
{
	const struct verify_summary *s = t->summary;
	bool any = false;

	strbuf_printf(out, "Verify: %lld %s checked%s: ", (long long)s->checked, s->checked == 1 ? "extension" : "extensions",
		      t->read ? "" : ", and not everything could be read");
	for (int i = 0; i < VERIFY_KINDS; i++) {
		if (!s->count[i])
			continue;
		strbuf_printf(out, "%s%lld %s", any ? ", " : "", (long long)s->count[i], verify_kind_name((enum verify_kind)i));
		any = true;
	}
	if (!any)
		strbuf_puts(out, t->read ? "all as it was sent, and nothing else is there" : "no difference in what was read");
	if (t->repairing)
		strbuf_printf(out, "; %lld repaired", (long long)t->repaired);
	strbuf_printf(out, "; %lld %s in %lld.%lld s.\n", (long long)t->requests, t->requests == 1 ? "request" : "requests",
		      (long long)t->seconds, (long long)(t->seconds * 10.0) % 10);
	add_advice(out, t);
}

void verify_view_json(FILE *out, const struct verify_totals *t)
{
	const struct verify_summary *s = t->summary;
	struct strbuf line = STRBUF_INIT;

	jsonline_begin(&line, "summary");
	jsonline_int(&line, "checked", s->checked);
	for (int i = 0; i < VERIFY_KINDS; i++)
		jsonline_int(&line, verify_kind_name((enum verify_kind)i), s->count[i]);
	jsonline_int(&line, "repaired", t->repaired);
	jsonline_bool(&line, "whole", t->read);
	jsonline_int(&line, "requests", t->requests);
	jsonline_seconds(&line, "seconds", t->seconds);
	report_json_put(out, &line);
}
