/*
 * stage - what a test puts on the stage itself: the state, seeds and edits.
 *
 * Seeding and editing go past the API's rules, as old data and people in a
 * dashboard do; only uniqueness is kept, and that too gives way to `force`.
 * Both are written to the mutation log, by `seed` and `dashboard`.
 */
#ifndef STAGE_H
#define STAGE_H

#include <json-c/json.h>

#include "error.h"
#include "sim.h"

/* Everything there is, passwords included; one object a line. */
void stage_show(const struct sim *sim, struct strbuf *out);

/* Makes objects; `out` gets their ids. */
int stage_seed(struct sim *sim, struct json_object *wanted, struct strbuf *out, struct error *err);

/* Changes or deletes one object by its outer id. */
int stage_edit(struct sim *sim, struct json_object *edit, struct error *err);

#endif
