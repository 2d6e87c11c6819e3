/* preflight_rows - hands out what a pre-flight found. */
#include "preflight.h"

#include <stdio.h>
#include <string.h>

#include "mem.h"
#include "preflight_internal.h"

const char *const preflight_words[PREFLIGHT_KINDS] = {
	[PREFLIGHT_CREATE] = "create", [PREFLIGHT_ADOPT] = "adopt", [PREFLIGHT_FOREIGN] = "foreign",
	[PREFLIGHT_CHANGE] = "change", [PREFLIGHT_MOVE] = "move", [PREFLIGHT_WAIT] = "wait",
	[PREFLIGHT_REJECT] = "reject", [PREFLIGHT_REFUSED] = "refused", [PREFLIGHT_SKIP] = "skip",
};

enum preflight_kind preflight_kind_of(const char *word)
{
	for (int i = 0; i < PREFLIGHT_KINDS; i++)
		if (strcmp(preflight_words[i], word) == 0)
			return (enum preflight_kind)i;
	return PREFLIGHT_REJECT;
}

struct row_taker {
	void (*row)(const struct preflight_row *row, void *arg);
	void *arg;
};

static bool truth(const char *text)
{
	return text && *text == 't';
}

static void deliver(const struct db_row *r, void *arg)
{
	const struct row_taker *taker = arg;
	const struct preflight_row row = {
		.key = db_row_get(r, 0),
		.extension = db_row_get(r, 1),
		.username = db_row_get(r, 2),
		.kind = preflight_kind_of(db_row_get(r, 3)),
		.reason = db_row_get(r, 4),
		.email = db_row_get(r, 5),
		.subscriber_id = db_row_get(r, 6),
		.sip_endpoint_id = db_row_get(r, 7),
		.chosen = truth(db_row_get(r, 8)),
		.is_protected = truth(db_row_get(r, 9)),
		.alone = truth(db_row_get(r, 10)),
		.tenant = db_row_get(r, 11),
	};

	taker->row(&row, taker->arg);
}

static int stream(struct db *db, const char *sql, const char *const *params, int param_count,
		  void (*row)(const struct db_row *row, void *arg), void *arg, struct error *err)
{
	const struct db_statement statement = { .sql = sql, .params = params, .param_count = param_count, .row = row, .arg = arg };
	struct db_result *result = NULL;
	int rc = db_run_wait(db, DB_AUTOCOMMIT, &statement, 1, &result, err);

	db_result_free(result);
	return rc;
}

int preflight_rows(struct db *db, void (*row)(const struct preflight_row *row, void *arg), void *arg, struct error *err)
{
	struct row_taker taker = { row, arg };

	return stream(db, preflight_sql_rows, NULL, 0, deliver, &taker, err);
}

int preflight_adoptions(struct db *db, bool alone, const char *after, int limit,
			void (*row)(const struct preflight_row *row, void *arg), void *arg, struct error *err)
{
	struct row_taker taker = { row, arg };
	char most[16] = "";
	const char *params[] = { alone ? "true" : "false", after, most };

	snprintf(most, sizeof most, "%d", limit);
	return stream(db, preflight_sql_adoptions, params, 3, deliver, &taker, err);
}

int preflight_not_adopted(struct db *db, const char *key, const char *reason, struct error *err)
{
	const char *params[] = { key, reason };

	return db_query_wait(db, preflight_sql_not_adopted, params, 2, NULL, err);
}

struct text_taker {
	void (*text)(const char *text, void *arg);
	void *arg;
};

static void deliver_text(const struct db_row *r, void *arg)
{
	const struct text_taker *taker = arg;

	taker->text(db_row_get(r, 0), taker->arg);
}

int preflight_case_twins(struct db *db, int limit, void (*row)(const char *names, void *arg), void *arg, struct error *err)
{
	struct text_taker taker = { row, arg };
	char most[16] = "";
	const char *params[] = { most };

	snprintf(most, sizeof most, "%d", limit);
	return stream(db, preflight_sql_case, params, 1, deliver_text, &taker, err);
}

int preflight_chosen(struct db *db, void (*key)(const char *key, void *arg), void *arg, struct error *err)
{
	struct text_taker taker = { key, arg };

	return stream(db, preflight_sql_chosen, NULL, 0, deliver_text, &taker, err);
}
