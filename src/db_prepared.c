/* db_prepared - statements that come again and again: parsed and planned once on a connection. */
#include "db_internal.h"

#include "mem.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

/*
 * A text is made known to the server by a unit of its own before the one that
 * brings it first; whatever becomes of that, the text itself can still be sent,
 * and then says what is wrong with it.
 */
struct db_prepared {
	struct db_prepared *next;
	char *sql;
	int number;
	bool ready;
};

static struct db_prepared *find(const struct db *db, const char *sql)
{
	struct db_prepared *known = db->prepared;

	while (known && strcmp(known->sql, sql) != 0)
		known = known->next;
	return known;
}

static struct db_prepared *add(struct db *db, const char *sql)
{
	struct db_prepared *new = mem_alloc(sizeof *new);

	new->sql = mem_strdup(sql);
	new->number = db->prepared ? db->prepared->number + 1 : 1;
	new->next = db->prepared;
	db->prepared = new;
	return new;
}

void db_prepared_forget(struct db *db)
{
	struct db_prepared *known = NULL;

	while ((known = db->prepared)) {
		db->prepared = known->next;
		mem_free(known->sql);
		mem_free(known);
	}
}

/*
 * The plan does not fit the tables any more (0A000: their columns have other types
 * now), or somebody threw it away (26000): from here on the texts themselves are sent.
 */
void db_prepared_doubt(struct db *db, const char *sqlstate)
{
	if (strcmp(sqlstate, "0A000") != 0 && strcmp(sqlstate, "26000") != 0)
		return;
	for (struct db_prepared *known = db->prepared; known; known = known->next)
		known->ready = false;
}

/* All of a unit are ready, or it is not known which. */
static void made_known(struct db_result *const *results, const struct error *err, void *arg)
{
	struct db_unit *unit = arg;

	(void)results;
	for (int i = 0; !err && i < unit->count; i++) {
		struct db_prepared *known = find(unit->owner, unit->statements[i].sql);

		if (known)
			known->ready = true;
	}
}

struct db_unit *db_prepared_unit(struct db *db, const struct db_statement *statements, int count)
{
	struct db_statement *new = NULL;
	struct db_unit *unit = NULL;
	int unknown = 0;

	for (int i = 0; i < count; i++)
		if (statements[i].prepared && !find(db, statements[i].sql)) {
			new = mem_grow(new, (size_t)unknown + 1, sizeof *new);
			new[unknown++] = (struct db_statement){ .sql = statements[i].sql };
			add(db, statements[i].sql);
		}
	if (!unknown)
		return NULL;
	unit = db_unit_new(DB_PREPARE, new, unknown);
	unit->owner = db;
	unit->done = made_known;
	unit->arg = unit;
	mem_free(new);
	return unit;
}

static void name_of(const struct db_prepared *known, char name[DB_PREPARED_NAME_SIZE])
{
	snprintf(name, DB_PREPARED_NAME_SIZE, "swbridge_%d", known->number);
}

bool db_prepared_make(struct db *db, const char *sql)
{
	const struct db_prepared *known = find(db, sql);
	char name[DB_PREPARED_NAME_SIZE];

	assert(known);
	name_of(known, name);
	return PQsendPrepare(db->conn, name, sql, 0, NULL) == 1;
}

bool db_prepared_send(struct db *db, const struct db_statement *statement)
{
	const struct db_prepared *known = statement->prepared ? find(db, statement->sql) : NULL;
	char name[DB_PREPARED_NAME_SIZE];

	if (!known || !known->ready)
		return PQsendQueryParams(db->conn, statement->sql, statement->param_count, NULL, statement->params, NULL,
					 NULL, 0) == 1;
	name_of(known, name);
	return PQsendQueryPrepared(db->conn, name, statement->param_count, statement->params, NULL, NULL, 0) == 1;
}
