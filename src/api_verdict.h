/*
 * api_verdict - what one answer, or the lack of one, proves.
 *
 * Pure: a response in, a verdict out.  Here stands the table that DESIGN.md's
 * "unknown outcome" rests on; whatever is not certain is API_UNKNOWN for a
 * mutation and API_FAILED for a GET.
 */
#ifndef API_VERDICT_H
#define API_VERDICT_H

#include <stdbool.h>

#include "api.h"
#include "http.h"

struct api_verdict {
	enum api_outcome outcome;
	bool again;      /* sending the same request once more is safe and may help */
	char *text;      /* "" with API_DONE; never NULL */
	bool not_unique; /* these three with API_REJECTED, else false and NULL */
	bool account;
	char *attribute;
	bool alone;      /* with API_THROTTLED: this object cannot be processed now, which says nothing of others */
};

/*
 * Sorts a response.  A 2xx is DONE as far as the status goes; whoever reads
 * the body calls api_verdict_unreadable() if that fails.  `secret` is what the
 * request's body held and no text may show; NULL: nothing.
 */
void api_verdict_sort(const struct http_response *response, bool mutation, const char *secret,
		      struct api_verdict *verdict);

/* A 2xx whose body says nothing that can be relied on; replaces the verdict. */
void api_verdict_unreadable(int status, bool mutation, const char *why, const char *secret,
			    struct api_verdict *verdict);

void api_verdict_release(struct api_verdict *verdict);

/* No HTML, and either nothing or JSON: what a DELETE may answer with. */
bool api_verdict_plain_answer(const struct http_response *response);

#endif
