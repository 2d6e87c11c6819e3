/*
 * report_json - what a pass says with --json: one object a line.
 *
 * {"type":"version",...} first, {"type":"change",...} for each line,
 * {"type":"summary",...} last.  Ids, never secrets.  Scripts read this: names
 * are added, never renamed.
 */
#ifndef REPORT_JSON_H
#define REPORT_JSON_H

#include <stdint.h>
#include <stdio.h>

#include "pass.h"
#include "strbuf.h"

void report_json_version(FILE *out);
/* {"type":"secret",...}: a secret that was issued, as a line at the end of a buffer for secrets. */
void report_json_secret(struct strbuf *out, const struct mirror_issued *issued);
void report_json_change(FILE *out, const struct pass_line *line);
void report_json_plan(FILE *out, const struct pass_summary *summary, int64_t price_cents);
void report_json_sync(FILE *out, const struct pass_summary *summary);

const char *report_json_state(enum pass_state state);

/* Writes a finished line and releases it. */
void report_json_put(FILE *out, struct strbuf *line);

#endif
