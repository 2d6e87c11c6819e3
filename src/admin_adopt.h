/*
 * admin_adopt - the ledger takes over what exists at SignalWire.
 *
 * Only the ledger is written: the caller has read the objects, and knows that
 * they are this project's.  Digests stay unknown, so that the next pass sends
 * everything, the password included; that change is approved along with it.
 *
 * As in admin.h no advisory lock is needed: rows are locked, adoptions go one
 * after the other, and a row with an open intent is refused.  What the ledger
 * has already under another key or e-mail is never taken from there.
 */
#ifndef ADMIN_ADOPT_H
#define ADMIN_ADOPT_H

#include <stdbool.h>
#include <stddef.h>

#include "db.h"
#include "error.h"

enum admin_adopt_verdict {
	ADMIN_ADOPTED,
	ADMIN_ADOPT_ALREADY, /* the row has just these ids: nothing was written */
	ADMIN_ADOPT_OPEN,    /* an intent of it, or on that subscriber, is open */
	ADMIN_ADOPT_MAPPED,  /* the row has another credential */
	ADMIN_ADOPT_OWNED,   /* another row has this credential */
	ADMIN_ADOPT_EMAIL    /* another subscriber has this e-mail in the ledger */
};

struct admin_adoption {
	const char *key;
	const char *extension;
	const char *username;        /* that the credential has now; where there is none, that it will get */
	const char *subscriber_id;   /* NULL: a standalone credential, which belongs to nobody */
	const char *email;           /* of the subscriber, in any case; NULL with it */
	const char *sip_endpoint_id; /* NULL: none yet, the next pass makes it */
	bool is_protected;

	/* out */
	enum admin_adopt_verdict verdict;
	char *other; /* whose it is or which one it has: a key with its extension, or an id; owned */
};

/*
 * All of them in one transaction; each gets its verdict.  `created`: those that
 * have no row of subscriber yet count as made by us, and are removed with their
 * last extension.
 */
int admin_adopt(struct db *db, struct admin_adoption *adoptions, size_t count, bool created, struct error *err);

/* Says a verdict that is a refusal, with what to do; -1 like all who set an error. */
int admin_adopt_refuse(const struct admin_adoption *adoption, struct error *err);

void admin_adoption_release(struct admin_adoption *adoption); /* what is owned */

#endif
