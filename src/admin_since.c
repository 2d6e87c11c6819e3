/* admin_since - whether SignalWire has taken what a row said at a moment, or later. */
#include "admin_since.h"

#include <stdio.h>

#include "ledger.h"

/* Only a name given away for a while: part of a change that was decided before, and carries nothing of what the row says. */
#define PARKS "coalesce(usernames[cardinality(usernames)], '') like '" LEDGER_PARKED "%'"

static const char sql_moment[] =
	"-- swbridge: where the journal is now, and whether a change of this row is under way\n"
	"select coalesce((select max(id) from journal), 0),\n"
	"       exists (select from journal where key = $1 and outcome is null and not " PARKS ")";

static const char sql_since[] =
	"-- swbridge: has a change ended well since, but for the first so many, which may have been decided before?\n"
	"select exists (select from (select outcome, operation\n"
	"                              from journal\n"
	"                             where key = $1 and id > $2::bigint and not " PARKS "\n"
	"                             order by id\n"
	"                            offset $3::bigint) later\n"
	"                where outcome = 'done' and operation not in ('suspend', 'remove'))";

int admin_moment(struct db *db, const char *key, struct admin_moment *now, struct error *err)
{
	const char *params[] = { key };
	struct db_result *r = NULL;

	if (db_query_wait(db, sql_moment, params, 1, &r, err))
		return -1;
	now->last = db_result_int(r, 0, 0);
	now->open = db_result_bool(r, 0, 1);
	db_result_free(r);
	return 0;
}

int admin_since(struct db *db, const char *key, const struct admin_moment *then, bool *sent, struct error *err)
{
	char last[24] = "";
	const char *params[] = { key, last, then->open ? "0" : "1" };
	struct db_result *r = NULL;

	snprintf(last, sizeof last, "%lld", (long long)then->last);
	if (db_query_wait(db, sql_since, params, 3, &r, err))
		return -1;
	*sent = db_result_bool(r, 0, 0);
	db_result_free(r);
	return 0;
}
