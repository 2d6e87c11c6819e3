/*
 * jsonline - one JSON object a line, for --json.
 *
 * Valid JSON whatever the data: bytes that are no UTF-8 become U+FFFD
 * (RFC 8259 allows nothing else), control characters are escaped.
 *
 *	jsonline_begin(&line, "change");
 *	jsonline_text(&line, "key", key);
 *	jsonline_end(&line);
 */
#ifndef JSONLINE_H
#define JSONLINE_H

#include <stdbool.h>
#include <stdint.h>

#include "strbuf.h"

void jsonline_begin(struct strbuf *out, const char *type); /* appends {"type":"..." */
void jsonline_text(struct strbuf *out, const char *name, const char *value); /* NULL: null */
void jsonline_int(struct strbuf *out, const char *name, int64_t value);
void jsonline_bool(struct strbuf *out, const char *name, bool value);
void jsonline_cents(struct strbuf *out, const char *name, int64_t cents); /* as a number of dollars: 3.00 */
void jsonline_seconds(struct strbuf *out, const char *name, double seconds);
void jsonline_end(struct strbuf *out); /* appends } and the line's end */

#endif
