/* db_result - results and rows of statements. */
#include "db_internal.h"

#include "mem.h"

#include <assert.h>
#include <stdlib.h>

struct db_result *db_result_new(PGresult *pg)
{
	struct db_result *result = mem_alloc(sizeof *result);

	result->pg = pg;
	return result;
}

void db_result_free(struct db_result *result)
{
	if (!result)
		return;
	PQclear(result->pg);
	mem_free(result);
}

static const char *value(const PGresult *pg, int row, int column)
{
	assert(row >= 0 && row < PQntuples(pg) && column >= 0 && column < PQnfields(pg));
	return PQgetisnull(pg, row, column) ? NULL : PQgetvalue(pg, row, column);
}

int db_result_rows(const struct db_result *result)
{
	return PQntuples(result->pg);
}

const char *db_result_get(const struct db_result *result, int row, int column)
{
	return value(result->pg, row, column);
}

int64_t db_result_int(const struct db_result *result, int row, int column)
{
	const char *text = value(result->pg, row, column);

	return text ? strtoll(text, NULL, 10) : 0;
}

bool db_result_bool(const struct db_result *result, int row, int column)
{
	const char *text = value(result->pg, row, column);

	return text && text[0] == 't';
}

int64_t db_result_affected(const struct db_result *result)
{
	/* "" for commands that count nothing, which reads as 0. */
	return strtoll(PQcmdTuples(result->pg), NULL, 10);
}

const char *db_row_get(const struct db_row *row, int column)
{
	return value(row->pg, 0, column);
}

int db_row_columns(const struct db_row *row)
{
	return PQnfields(row->pg);
}

const char *db_row_name(const struct db_row *row, int column)
{
	return PQfname(row->pg, column);
}
