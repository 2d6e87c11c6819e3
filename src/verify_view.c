/* verify_view - what a comparison found, for people or as JSON. */
#include "verify_view.h"

#include "columns.h"
#include "jsonline.h"
#include "log.h"
#include "mem.h"
#include "report_json.h"

#include <string.h>

enum { KEPT_MAX = 500, WIDTH_MAX = 40 };

enum column { COLUMN_EXTENSION, COLUMN_NAME, COLUMN_KIND, COLUMN_COUNT };

struct kept {
	enum verify_kind kind;
	char *cell[COLUMN_COUNT];
	char *rest;
};

struct verify_view {
	FILE *out;
	bool json, color;
	size_t width[COLUMN_COUNT];
	struct kept *kept;
	size_t count;
};

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

/* What cannot be told from a name alone. */
static void add_what(struct strbuf *line, const struct verify_finding *finding)
{
	const char *id = strcmp(finding->object, "subscriber") == 0 ? finding->subscriber_id : finding->sip_endpoint_id;

	if (finding->kind == VERIFY_LEAKED || finding->kind == VERIFY_FOREIGN)
		strbuf_printf(line, "%s %s%s", finding->object, id ? id : "",
			      !finding->text ? "" : finding->kind == VERIFY_LEAKED ? ": " : " ");
}

struct verify_view *verify_view_new(FILE *out, bool json, bool color)
{
	struct verify_view *view = mem_alloc(sizeof *view);

	*view = (struct verify_view){ .out = out, .json = json, .color = color };
	view->width[COLUMN_EXTENSION] = 6;
	view->width[COLUMN_NAME] = 8;
	view->width[COLUMN_KIND] = 7;
	return view;
}

static void kept_fill(struct kept *kept, const struct verify_finding *finding)
{
	const char *name = strcmp(finding->object, "subscriber") == 0 && !finding->username ? finding->email : finding->username;
	struct strbuf rest = STRBUF_INIT;
	char *text = log_printable(finding->text ? finding->text : "");

	kept->kind = finding->kind;
	kept->cell[COLUMN_EXTENSION] = columns_name(finding->extension ? finding->extension : finding->key ? finding->key : "-");
	kept->cell[COLUMN_NAME] = columns_name(name ? name : "-");
	kept->cell[COLUMN_KIND] = mem_strdup(verify_kind_name(finding->kind));
	add_what(&rest, finding);
	strbuf_puts(&rest, text);
	if (!finding->repairable && (finding->kind == VERIFY_DRIFTED || finding->kind == VERIFY_MISSING))
		strbuf_puts(&rest, " (not mended by --repair)");
	kept->rest = strbuf_detach(&rest);
	mem_free(text);
}

static void kept_release(struct kept *kept)
{
	for (int i = 0; i < COLUMN_COUNT; i++)
		mem_free(kept->cell[i]);
	mem_free(kept->rest);
}

static void kept_print(const struct verify_view *view, const struct kept *kept)
{
	struct strbuf line = STRBUF_INIT;

	strbuf_printf(&line, "%s%c%s ", view->color ? looks[kept->kind].color : "", looks[kept->kind].sign,
		      view->color ? "\033[0m" : "");
	for (int i = 0; i < COLUMN_COUNT; i++) {
		columns_add(&line, kept->cell[i], view->width[i]);
		strbuf_puts(&line, "  ");
	}
	strbuf_puts(&line, kept->rest);
	strbuf_putc(&line, '\n');
	log_print(view->out, "%s", line.data);
	strbuf_release(&line);
}

void verify_view_flush(struct verify_view *view)
{
	for (size_t i = 0; i < view->count; i++) {
		kept_print(view, &view->kept[i]);
		kept_release(&view->kept[i]);
	}
	mem_free(view->kept);
	view->kept = NULL;
	view->count = 0;
}

void verify_view_line(struct verify_view *view, const struct verify_finding *finding)
{
	struct kept kept = { .kind = finding->kind };

	if (view->json) {
		print_json(view->out, finding);
		return;
	}
	kept_fill(&kept, finding);
	/* One odd name does not push all others off the screen. */
	for (int i = 0; i < COLUMN_COUNT; i++) {
		size_t cells = columns_width(kept.cell[i]);

		if (cells > view->width[i] && cells <= WIDTH_MAX)
			view->width[i] = cells;
	}
	view->kept = mem_grow(view->kept, view->count + 1, sizeof *view->kept);
	view->kept[view->count++] = kept;
	if (view->count == KEPT_MAX)
		verify_view_flush(view);
}

void verify_view_free(struct verify_view *view)
{
	if (!view)
		return;
	for (size_t i = 0; i < view->count; i++)
		kept_release(&view->kept[i]);
	mem_free(view->kept);
	mem_free(view);
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
	if (t->in_use)
		strbuf_printf(out, "On %lld of them credentials live, and phones may use these: look first, and take %s over with: "
			      "swbridge adopt EXT SUBSCRIBER_ID\n", (long long)t->in_use, t->in_use == 1 ? "it" : "them");
	if (t->looks_leaked)
		strbuf_printf(out, "Those that the ledger does not have%s are taken back with: swbridge adopt EXT SUBSCRIBER_ID; "
			      "or remove them in SignalWire's dashboard. swbridge does not.\n",
			      t->in_use ? ", and that nothing lives on," : "");
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
