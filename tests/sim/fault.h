/*
 * fault - rules that make chosen requests go wrong.
 *
 * A rule matches by method, path, query and body; of the matching requests it
 * lets the first `skip` pass, then acts on `times` of them (-1: all), each
 * with probability `p` drawn from a seeded generator.  Of several rules the
 * first that acts wins, in the order of their making; the ones before it have
 * counted the request too.
 *
 * The README beside this file lists the actions and their members.
 */
#ifndef FAULT_H
#define FAULT_H

#include <stdbool.h>
#include <stdint.h>

#include <json-c/json.h>

#include "counts.h"
#include "error.h"
#include "rng.h"
#include "strbuf.h"

enum fault_action {
	FAULT_STATUS,
	FAULT_COMMIT_THEN_STATUS,
	FAULT_COMMIT_THEN_RESET,
	FAULT_COMMIT_THEN_HANG,
	FAULT_RESET_BEFORE_COMMIT,
	FAULT_HANG_BEFORE_COMMIT,
	FAULT_LATE_COMMIT,
	FAULT_HTML_200,
	FAULT_TRUNCATED_JSON,
	FAULT_EMPTY_BODY,
	FAULT_CUT_BODY,
	FAULT_SLOW_BODY,
	FAULT_DELAY,
	FAULT_EMPTY_LIST,
	FAULT_EMPTY_PAGE,
	FAULT_DROP_ROW,
	FAULT_DUPLICATE_ROW,
	FAULT_SHIFT_PAGE,
	FAULT_DROP_PAGE,
	FAULT_DUPLICATE_PAGE,
	FAULT_REPEAT_NEXT,
	FAULT_NEXT_OFFHOST,
	FAULT_NO_NEXT,
	FAULT_LIST_LAG,
	FAULT_ID_INNER_ONLY,
	FAULT_EXTRA_FIELDS,
	FAULT_ACTIONS
};

struct fault {
	int64_t id;
	enum fault_action action;
	char *method, *path, *query, *body; /* what to match; NULL: anything */
	int64_t skip, times;
	double p;
	int64_t matched, acted;
	/* What the actions take. */
	bool commit;
	bool close; /* an orderly close in place of a reset */
	int64_t status;
	char *retry_after;
	char *content;
	char *then; /* late_commit: reset, hang or status */
	char *host;
	int64_t ms, by, row, bytes, tick_ms;
	struct fault *next;
};

struct faults {
	struct fault *first;
	int64_t last_id;
};

/* Adds the rule that the object describes; an unknown member or action is an error. */
int fault_add(struct faults *f, struct json_object *rule, int64_t *id, struct error *err);

/* The rule that acts on this request, or NULL; borrowed until the next clear. */
const struct fault *fault_match(struct faults *f, struct rng *rng, const char *method, const char *path,
				const char *query, const char *body, size_t body_len);

/* Whether `fault` (NULL: no) has this action. */
bool fault_is(const struct fault *fault, enum fault_action action);

void fault_show(const struct faults *f, struct strbuf *out);
void fault_clear(struct faults *f, int64_t id); /* 0: all */

#endif
