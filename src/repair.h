/*
 * repair - sends again what a comparison found not to be as it was sent.
 *
 * A comparison notes what it found in pg_temp.survey_repair (verify.h), a row for
 * each key of ours: username (what it is called at SignalWire now),
 * owner_drifted (the subscriber's e-mail or profile), credential_gone and
 * owner_gone (404, behind a canary), found (false: noted for its secret alone).
 *
 * From these the ledger is told what it does not know any more: digests become
 * unknown, ids of what is gone are cleared (that of a subscriber only where
 * swbridge created it).  Ordinary keyed passes then send it again, under lock and
 * rails, so what a rail holds is sent by a later `sync`.  Rows with an open intent
 * are left as they are.
 */
#ifndef REPAIR_H
#define REPAIR_H

#include <stdbool.h>
#include <stdint.h>

#include "db.h"
#include "error.h"
#include "pass.h"

struct repair {
	bool found;   /* repair what was found ... */
	bool orphans; /* ... subscribers that no extension is left on as well */
	bool secrets; /* all secrets are sent again */
	int64_t repaired; /* what came of it: extensions and subscribers that were found and are as they should be now */
	int64_t secrets_unknown; /* of so many the secret became unknown */
};

/* `setup` as for any pass, with an engine; `summary` adds up what the passes did, also on failure. */
int repair_run(struct repair *repair, const struct pass_setup *setup, struct pass_summary *summary, struct error *err);

#endif
