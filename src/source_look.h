/*
 * source_look - looks up what bears the source's name in the database, and the columns that it has now.
 *
 * What is found is not judged here: source.c says which columns must be there,
 * and what it means where one is not.
 */
#ifndef SOURCE_LOOK_H
#define SOURCE_LOOK_H

#include <stdbool.h>

#include "db.h"
#include "error.h"
#include "source.h"

/*
 * *source without bindings, and *columns for source_look_bind(), both the caller's,
 * also on failure; *source stays NULL where nothing bears the name.  Turns the loop.
 */
int source_look_up(struct db *db, const char *name, struct source **source, struct db_result **columns, struct error *err);

/* Binds `column` to the contract's `which` (enum source_column); false: there is no such column. */
bool source_look_bind(struct source *source, const struct db_result *columns, int which, const char *column);

#endif
