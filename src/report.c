/* report - what a pass says on stdout: a line for each change, then a trailer. */
#include "report.h"

#include "columns.h"
#include "log.h"
#include "mem.h"
#include "report_json.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { KEPT_MAX = 500, WIDTH_MAX = 40, REFUSED_MAX = 50 };

enum column { COLUMN_EXTENSION, COLUMN_USERNAME, COLUMN_WORD, COLUMN_COUNT };

struct kept {
	char sign;
	char *cell[COLUMN_COUNT];
	char *why;
};

struct report {
	struct report_setup setup;
	size_t width[COLUMN_COUNT];
	struct kept *kept;
	size_t kept_count;
	bool flowing; /* nothing is kept back any more */
	bool said;    /* a line was printed */
	FILE *aside;  /* the first lines of those refused for their row, with `quiet`: until report_refused() */
	char *aside_text;
	size_t aside_len;
	int64_t refused;
};

struct report *report_new(const struct report_setup *setup)
{
	struct report *report = mem_alloc(sizeof *report);

	report->setup = *setup;
	report->flowing = setup->kind == REPORT_SYNC;
	report->width[COLUMN_EXTENSION] = 6;
	report->width[COLUMN_USERNAME] = 8;
	report->width[COLUMN_WORD] = 9; /* suspended */
	if (setup->json)
		report_json_version(setup->out);
	return report;
}

bool report_color(FILE *out)
{
	const char *no = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	return isatty(fileno(out)) && !(no && *no) && term && strcmp(term, "dumb") != 0;
}

/* ---- one line ---------------------------------------------------------------- */

static const struct {
	const char *plan, *done;
} words[] = {
	[PLAN_NOTHING] = { "nothing", "nothing" },
	[PLAN_SKIP] = { "skipped", "skipped" },
	[PLAN_REJECT] = { "rejected", "rejected" },
	[PLAN_WAIT] = { "waits", "waits" },
	[PLAN_NOTE] = { "note", "noted" },
	[PLAN_MARK_ABSENT] = { "retire", "retiring" },
	[PLAN_ADOPT] = { "adopt", "adopted" },
	[PLAN_CREATE] = { "create", "created" },
	[PLAN_UPDATE] = { "update", "updated" },
	[PLAN_REPLACE] = { "replace", "replaced" },
	[PLAN_SUSPEND] = { "suspend", "suspended" },
	[PLAN_RESTORE] = { "restore", "restored" },
	[PLAN_REMOVE] = { "remove", "removed" },
	[PLAN_FORGET] = { "forget", "forgot" },
	[PLAN_REMOVE_SUBSCRIBER] = { "remove", "removed" },
};

const char *report_word(const struct pass_line *line)
{
	return line->state == PASS_DONE ? words[line->action].done : words[line->action].plan;
}

char report_sign(const struct pass_line *line)
{
	if (line->state == PASS_PLANNED || line->state == PASS_DONE)
		return plan_action_sign(line->action);
	return line->state == PASS_SKIPPED ? ' ' : '!';
}

/* Why a change was not done; of lines that are no change the word says it already. */
static const char *obstacle(const struct pass_line *line)
{
	if (!plan_mutates(line->action))
		return "";
	switch (line->state) {
	case PASS_REJECTED:
		return "rejected: ";
	case PASS_FAILED:
		return "failed: ";
	case PASS_UNKNOWN:
		return "outcome unknown: ";
	case PASS_PLANNED: case PASS_DONE: case PASS_HELD: case PASS_SKIPPED:
		break;
	}
	return "";
}

static void kept_release(struct kept *kept)
{
	for (int i = 0; i < COLUMN_COUNT; i++)
		mem_free(kept->cell[i]);
	mem_free(kept->why);
}

/* A subscriber that is removed alone is no extension: its e-mail would widen the column of the short names. */
static void kept_fill(struct kept *kept, const struct pass_line *line)
{
	bool subscriber = line->action == PLAN_REMOVE_SUBSCRIBER;
	char *why = log_printable(line->reason ? line->reason : "");
	char *name = pass_line_name(line);

	kept->sign = report_sign(line);
	kept->cell[COLUMN_EXTENSION] = mem_strdup(subscriber ? "-" : name);
	kept->cell[COLUMN_USERNAME] = columns_name(line->username ? line->username : "");
	kept->cell[COLUMN_WORD] = mem_strdup(report_word(line));
	kept->why = mem_printf("%s%s%s%s%s", subscriber ? "subscriber " : "", subscriber ? name : "",
			       subscriber && (*why || *obstacle(line)) ? ": " : "", obstacle(line), why);
	mem_free(name);
	mem_free(why);
}

/* Columns grow with what is in them, but one odd name does not push all others off the screen. */
static void widen(struct report *report, const struct kept *kept)
{
	for (int i = 0; i < COLUMN_COUNT; i++) {
		size_t cells = columns_width(kept->cell[i]);

		if (cells > report->width[i] && cells <= WIDTH_MAX)
			report->width[i] = cells;
	}
}

static const char *color_of(char sign)
{
	switch (sign) {
	case '+':
		return "\033[32m";
	case '~':
		return "\033[33m";
	case '-':
		return "\033[31m";
	case '!':
		return "\033[35m";
	default:
		return "";
	}
}

static void print_kept(struct report *report, const struct kept *kept)
{
	struct strbuf line = STRBUF_INIT;
	const char *color = report->setup.color ? color_of(kept->sign) : "";

	strbuf_puts(&line, color);
	strbuf_putc(&line, kept->sign);
	strbuf_puts(&line, *color ? "\033[0m " : " ");
	for (int i = 0; i < COLUMN_COUNT; i++) {
		columns_add(&line, kept->cell[i], report->width[i]);
		strbuf_puts(&line, "  ");
	}
	strbuf_puts(&line, kept->why);
	while (line.len && line.data[line.len - 1] == ' ')
		strbuf_truncate(&line, line.len - 1);
	strbuf_putc(&line, '\n');
	log_print(report->setup.out, "%s", line.data);
	strbuf_release(&line);
}

void report_flush(struct report *report)
{
	for (size_t i = 0; i < report->kept_count; i++) {
		print_kept(report, &report->kept[i]);
		kept_release(&report->kept[i]);
	}
	mem_free(report->kept);
	report->kept = NULL;
	report->kept_count = 0;
	report->flowing = true;
}

/* What happened just now; what only is as it was says nothing to a cron job. */
bool report_is_news(const struct pass_line *line)
{
	return line->state == PASS_DONE || line->state == PASS_PLANNED ||
	       (line->state != PASS_HELD && plan_mutates(line->action));
}

static void print_line(struct report *report, const struct pass_line *line)
{
	struct kept kept = { 0 };

	if (report->setup.json) {
		report_json_change(report->setup.out, line);
		return;
	}
	kept_fill(&kept, line);
	widen(report, &kept);
	if (report->flowing) {
		print_kept(report, &kept);
		kept_release(&kept);
		return;
	}
	report->kept = mem_grow(report->kept, report->kept_count + 1, sizeof *report->kept);
	report->kept[report->kept_count++] = kept;
	if (report->kept_count == KEPT_MAX)
		report_flush(report);
}

/* Of a plan and a migration nobody asks later. */
static void set_aside(struct report *report, const struct pass_line *line)
{
	FILE *out = report->setup.out;

	if (report->setup.kind != REPORT_SYNC || ++report->refused > REFUSED_MAX)
		return;
	if (!report->aside)
		report->aside = open_memstream(&report->aside_text, &report->aside_len);
	if (!report->aside)
		return;
	report->setup.out = report->aside;
	print_line(report, line);
	report->setup.out = out;
}

void report_line(struct report *report, const struct pass_line *line)
{
	if (!report->setup.quiet || report_is_news(line)) {
		report->said = true;
		print_line(report, line);
	} else if (line->own) {
		set_aside(report, line);
	}
}

void report_refused(struct report *report)
{
	if (!report->aside || fflush(report->aside))
		return;
	report->said = true;
	fwrite(report->aside_text, 1, report->aside_len, report->setup.out);
	if (report->refused > REFUSED_MAX && !report->setup.json)
		log_print(report->setup.out, "  ... and %lld more; all of them: swbridge plan\n",
			(long long)(report->refused - REFUSED_MAX));
}

/* ---- a secret ------------------------------------------------------------------ */

static void secret_text(const struct report *report, const struct mirror_issued *issued, struct strbuf *out)
{
	const struct pass_line line = { .key = issued->key, .extension = issued->extension, .tenant = issued->tenant };
	char *name = pass_line_name(&line);
	char *username = log_printable(issued->username);
	const char *const cells[COLUMN_COUNT] = { name, username, "secret" };

	strbuf_puts(out, "+ ");
	for (int i = 0; i < COLUMN_COUNT; i++) {
		columns_add(out, cells[i], report->width[i]);
		strbuf_puts(out, "  ");
	}
	strbuf_printf(out, "%s  (issued; it is shown only here)\n", issued->secret);
	mem_free(username);
	mem_free(name);
}

bool report_secret(struct report *report, const struct mirror_issued *issued)
{
	FILE *out = report->setup.out;
	struct strbuf text = STRBUF_INIT_SECRET;
	bool written = false;

	report_flush(report);
	report->said = true;
	if (report->setup.json)
		report_json_secret(&text, issued);
	else
		secret_text(report, issued, &text);
	clearerr(out);
	written = fwrite(text.data, 1, text.len, out) == text.len && !fflush(out) && !ferror(out);
	strbuf_release(&text);
	return written;
}

bool report_is_private(FILE *out)
{
	return !log_is_journal(fileno(out));
}

/* ---- the end ------------------------------------------------------------------ */

void report_end(struct report *report, const struct pass_summary *summary)
{
	const struct report_setup *setup = &report->setup;
	struct strbuf text = STRBUF_INIT;

	report_flush(report);
	if (setup->json) {
		if (setup->kind == REPORT_PLAN)
			report_json_plan(setup->out, summary, setup->price_cents);
		else
			report_json_sync(setup->out, summary);
	} else if (!setup->quiet || report->said || summary->held || summary->emptied) {
		if (setup->kind == REPORT_PLAN)
			report_plan_trailer(&text, summary, setup->price_cents);
		else
			report_sync_trailer(&text, setup->kind == REPORT_MIGRATE ? "Migrate" : "Sync", summary);
		log_print(setup->out, "%s", text.data);
	}
	fflush(setup->out);
	strbuf_release(&text);
}

void report_free(struct report *report)
{
	if (!report)
		return;
	for (size_t i = 0; i < report->kept_count; i++)
		kept_release(&report->kept[i]);
	mem_free(report->kept);
	if (report->aside)
		fclose(report->aside);
	free(report->aside_text);
	mem_free(report);
}
