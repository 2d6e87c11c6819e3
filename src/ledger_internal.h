/*
 * ledger_internal - what the files of the ledger share.
 */
#ifndef LEDGER_INTERNAL_H
#define LEDGER_INTERNAL_H

#include "ledger.h"
#include "strbuf.h"

struct ledger {
	struct db *db;   /* borrowed */
	char *schema;
	bool row_security;
	struct ledger_identity identity;
};

/* ledger_schema.c */
/*
 * Puts the schema before the session's search_path; exit 6 where it is not there, may not
 * be used or has no identity: the name would be looked up in the path behind it.
 */
int ledger_enter(struct db *db, const struct config *config, struct error *err);
int ledger_whole(struct db *db, const struct config *config, struct error *err); /* exit 6 where another table of it is not there */

/* ledger_place.c: the configuration's [mirror] subscriber_id is the one that is bound; else exit 6. */
int ledger_check_place(const struct ledger_identity *bound, const struct config *config, struct error *err);

/* ledger_refusal.c; but for ledger_locked_by_daemon() they return -1 with the sentence. */
int ledger_unreadable(struct db *db, const struct config *config, struct error *err); /* the identity, which was asked for last */
/* Exit 7 with the holder, and what whoever wants the lock for `verb` can do; NULL: changes the ledger itself. */
int ledger_locked(struct db *db, const char *verb, struct error *err);
int ledger_locked_by_daemon(struct db *db, bool *daemon, struct error *err);

/* One member more of the object that `doc` ends in; without a value none. */
void ledger_put(struct strbuf *doc, const char *name, const char *value);
void ledger_put_bool(struct strbuf *doc, const char *name, bool value);
void ledger_put_int(struct strbuf *doc, const char *name, int64_t value);

#endif
