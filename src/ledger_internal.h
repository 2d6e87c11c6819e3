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

/* One member more of the object that `doc` ends in; without a value none. */
void ledger_put(struct strbuf *doc, const char *name, const char *value);
void ledger_put_bool(struct strbuf *doc, const char *name, bool value);
void ledger_put_int(struct strbuf *doc, const char *name, int64_t value);

#endif
