/*
 * report - what a pass says on stdout: a line for each change, then a trailer.
 *
 *	+ 101  alice  create  new in the PBX
 *
 * In a plan + ~ - stand for what would be done, in a sync for what was done;
 * ! marks what needs a person: held, rejected, failed, unknown.  Values from
 * outside are escaped (log_printable()).  A plan's first lines are kept back
 * until their widths are known; what comes later is aligned to these.  A
 * subscriber that is removed alone has "-" for its extension.  With
 * json it is one object a line instead (report_json.h).
 *
 * A secret that was issued has a line of its own, before that of its change and
 * at once, also where `quiet` is set: nothing else has it.
 *
 *	+ 101  alice  secret   wMv4...  (issued; it is shown only here)
 */
#ifndef REPORT_H
#define REPORT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "pass.h"
#include "strbuf.h"

struct report;

/* A migration is a plan until report_flush(), and a sync from there on. */
enum report_kind { REPORT_PLAN, REPORT_SYNC, REPORT_MIGRATE };

struct report_setup {
	FILE *out;
	enum report_kind kind;
	bool json;
	bool quiet; /* only what happened; nothing where nothing did */
	bool color; /* report_color() */
	int64_t price_cents; /* of a subscriber, a month */
};

/* With json the version line is written at once. */
struct report *report_new(const struct report_setup *setup);
void report_free(struct report *report); /* NULL is fine */

void report_line(struct report *report, const struct pass_line *line);
/* True: it is written, as far as the system says.  It is not kept. */
bool report_secret(struct report *report, const struct mirror_issued *issued);
/*
 * Whether what goes to `out` is read by who ran the command, or is his file: the
 * journal is neither, and keeps it for whoever may read logs.
 */
bool report_is_private(FILE *out);
/* Prints what is kept back; from now on lines are printed as they come. */
void report_flush(struct report *report);
/* Whether a line tells of something that happened just now: the others print nothing where `quiet` is set. */
bool report_is_news(const struct pass_line *line);
/*
 * Those refused for what their row says are as they were, most of the time, and
 * `quiet` keeps them back.  Says them, where they are not what the last pass
 * found (ledger_note_refused()); before report_end().
 */
void report_refused(struct report *report);
void report_end(struct report *report, const struct pass_summary *summary);

/* Whether `out` is a terminal that wants colour (NO_COLOR and TERM=dumb say no). */
bool report_color(FILE *out);

/* ---- the pure parts -------------------------------------------------------- */

/* What a line is about, in one word: "create" in a plan, "created" once it is done. */
const char *report_word(const struct pass_line *line);
char report_sign(const struct pass_line *line);

/* The trailer, complete lines. */
void report_plan_trailer(struct strbuf *out, const struct pass_summary *summary, int64_t price_cents);
void report_sync_trailer(struct strbuf *out, const char *title, const struct pass_summary *summary);
/* It looks only at what is to be repaired: nothing is said of what was in step. */
void report_repair_trailer(struct strbuf *out, const struct pass_summary *summary);
/* Of it: a line for each limit that holds something, with what releases it. */
void report_held(struct strbuf *out, const struct pass_summary *summary);
void report_time(struct strbuf *out, int64_t ms); /* since the epoch, in UTC, as the server writes times */

#endif
