/*
 * ledger_internal - what the files of the ledger share.
 */
#ifndef LEDGER_INTERNAL_H
#define LEDGER_INTERNAL_H

#include "ledger.h"

struct ledger {
	struct db *db;   /* borrowed */
	char *schema;
	bool row_security;
	struct ledger_identity identity;
};

#endif
