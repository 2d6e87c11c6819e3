/*
 * http_header - the few header fields of an answer that matter here.
 *
 * Pure, and made for bytes from outside: what cannot be read is as if it had
 * not been sent.
 */
#ifndef HTTP_HEADER_H
#define HTTP_HEADER_H

#include <stddef.h>
#include <stdint.h>

#include "strbuf.h"

/* Nobody means to be left alone for longer; a larger Retry-After is cut to this. */
#define HTTP_RETRY_AFTER_MOST_MS INT64_C(86400000)

struct http_header {
	struct strbuf content_type;
	struct strbuf request_id;
	struct strbuf retry_after;
	struct strbuf date;
	int request_id_rank; /* which of the names it came under; smaller counts more */
};

void http_header_init(struct http_header *header);
void http_header_clear(struct http_header *header); /* for the next answer; keeps the memory */
void http_header_release(struct http_header *header);

/*
 * Takes one line as libcurl hands it out, with or without its line end.  A
 * status line forgets what came before (an interim 1xx answer, RFC 9110 15.2).
 */
void http_header_line(struct http_header *header, const char *line, size_t len);

/* An HTTP date (RFC 9110 5.6.7) in ms since the epoch; -1: none. */
int64_t http_header_date_ms(const char *value);

/*
 * Retry-After (RFC 9110 10.2.3), seconds or a date, in ms from now; -1: missing
 * or nonsense.  A date is taken against `now_ms`: the answer's own Date where it
 * has one (clocks differ), else this machine's, both in ms since the epoch.
 */
int64_t http_header_retry_after_ms(const char *value, int64_t now_ms);

#endif
