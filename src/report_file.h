/*
 * report_file - a file with a line for each extension: what became of it, and what its phone must use.
 *
 * The name's ending says how it is written: .csv (RFC 4180, with a line of
 * names), or .json, .jsonl, .ndjson (one object a line).  It is made beside its
 * name and appears whole (rename).  With secrets it has mode 0600 from its first
 * moment on, and a file of that name that others may read is refused.  What is
 * kept back for writing is wiped.  Memory does not grow with the fleet.
 */
#ifndef REPORT_FILE_H
#define REPORT_FILE_H

#include <stdbool.h>

#include "error.h"
#include "strbuf.h"

struct report_file;

struct report_file_row {
	const char *key, *extension;
	const char *done; /* in one word or two: created, adopted, rejected ... */
	const char *why;
	const char *username, *domain, *secret; /* what a phone must use; NULL: nothing */
	const char *email, *subscriber_id, *sip_endpoint_id;
};

/* Whether the ending is a known one; else an error with exit 64. */
int report_file_check(const char *path, struct error *err);

/* Makes the file beside its name, so that what is wrong is known before the work. */
int report_file_open(const char *path, bool secrets, struct report_file **file, struct error *err);

/* A write that fails is told by report_file_finish(). */
void report_file_row(struct report_file *file, const struct report_file_row *row);
bool report_file_has_secrets(const struct report_file *file);

/* Gives it its name.  Frees it, also on failure, and then nothing is left of it. */
int report_file_finish(struct report_file *file, struct error *err);
void report_file_abandon(struct report_file *file); /* nothing is left of it; NULL is fine */

/* ---- the pure part --------------------------------------------------------- */

void report_file_csv(struct strbuf *out, const struct report_file_row *row, bool secrets); /* NULL: the names */
void report_file_json(struct strbuf *out, const struct report_file_row *row, bool secrets);

#endif
