/*
 * migrate - what a migration does once it was agreed to: adopt, create, wait, go on.
 *
 * It works on the pre-flight of the same session (preflight.h), under the lock.
 * Every step can be the last one: adoptions are recorded in batches, creations
 * by the engine as in any pass, and a migration that is begun again finds by its
 * own pre-flight what is left.  Nothing is ever removed.
 *
 * An unknown outcome is waited for: when it has settled, a further pass looks
 * for what became of it.  Three passes in a row after which no fewer are unknown
 * are the end of that.
 */
#ifndef MIGRATE_H
#define MIGRATE_H

#include <stdbool.h>

#include "error.h"
#include "pass.h"
#include "session.h"

struct migrate {
	struct session *session;
	bool ours;   /* what is adopted, and alone on its subscriber, counts as made by us */
	bool canary; /* only what the pre-flight chose */
	void (*line)(const struct pass_line *line, void *arg);
	bool (*secret)(const struct mirror_issued *issued, void *arg); /* as in struct pass_setup; may be NULL */
	void (*progress)(int64_t done, int64_t total, void *arg);
	void (*waiting)(int64_t unknown, int64_t ms, void *arg); /* for outcomes to settle */
	void *arg;
	struct pass_summary summary; /* of all passes together; filled also on failure */
};

/* What was said about rows before is not said again: only changes, and what holds them. */
int migrate_run(struct migrate *migrate, struct error *err);

#endif
