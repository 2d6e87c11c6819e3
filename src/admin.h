/*
 * admin - what an operator changes in the ledger by hand: forget, retry,
 * approve, pause.
 *
 * None of it takes the advisory lock: a row lock is enough, and a row whose
 * intent is open is refused (exit 75), since a request about it may be on its
 * way.  The session's search_path must be the ledger's (ledger_open()).  All
 * turn the loop.
 */
#ifndef ADMIN_H
#define ADMIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "db.h"
#include "error.h"
#include "strbuf.h"

/*
 * The ledger's key for an extension given by key, as key=KEY, or by extension.  Not there,
 * or several rows have it, be it as their key or as their extension: an error that
 * names it, or the keys.  Caller frees *key.
 */
int admin_find(struct db *db, const char *name, char **key, struct error *err);

/* Such an error, of a list that grows row by row. */
void admin_several_add(struct strbuf *list, const char *key, const char *extension);
int admin_several(const struct strbuf *list, const char *name, struct error *err);

struct admin_forgotten {
	char *extension;
	char *subscriber_id;   /* may be NULL, as the next */
	char *sip_endpoint_id;
	char *email;           /* of the subscriber whose row went as well; NULL: others use it, or it is the fixed one */
};

/*
 * Drops the ledger's row, and that of its subscriber with its last extension,
 * but never `keep_subscriber` ([mirror] subscriber_id, may be NULL).  Nothing
 * at SignalWire is touched.  Refused also where the subscriber would go, and an
 * open intent of another extension is about it.
 */
int admin_forget(struct db *db, const char *key, const char *keep_subscriber, struct admin_forgotten *forgotten,
		 struct error *err);
void admin_forgotten_release(struct admin_forgotten *forgotten);

/* A name that the database could not even be asked for is an error. */
int admin_name_objection(struct db *db, const char *name, struct error *err);

/* Clears what keeps the row from being tried now.  *tried: there was something, so that the next pass tries it. */
int admin_retry(struct db *db, const char *key, bool *tried, struct error *err);

/*
 * The same, and its password counts as nobody's: the next pass sends the PBX's, or
 * issues another; of a suspended one (*tried: false) the pass that restores it.
 */
int admin_retry_secret(struct db *db, const char *key, bool *tried, struct error *err);

/* The same for every row that is rejected or waits for its next attempt; those with an open intent stay as they are. */
int admin_retry_all(struct db *db, int64_t *count, struct error *err);

/* `operation`: creates, removals or changes.  Approvals that are over are dropped. */
int admin_approve(struct db *db, const char *operation, const char *const *keys, size_t count, int64_t for_ms,
		  struct error *err);

/* *changed: it was not so before. */
int admin_pause(struct db *db, bool paused, bool *changed, struct error *err);

#endif
