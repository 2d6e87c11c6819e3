/*
 * report_fleet - the rows of a report file: every extension of the source, as it is now.
 *
 * What was done is read from the ledger, and from the pre-flight of this session
 * (preflight.h): so a migration that was stopped and went on reports all of it.
 * Username, domain and secret stand only where the credential has the password
 * that the PBX says, as far as is known.
 *
 *   created    by a migration       adopted   of an adopted subscriber, or adopted now
 *   in step    before, or by a sync rejected, foreign, skipped, failed, unknown, disabled, not done
 *
 * Of a secret that the PBX has only a hash of, the one that this run issued stands
 * there (`issued`, may be NULL); one that was issued or set before nobody knows here.
 *
 * `planned`: what would be done instead (to create, to adopt).
 */
#ifndef REPORT_FLEET_H
#define REPORT_FLEET_H

#include <stdbool.h>

#include "issued.h"
#include "report_file.h"
#include "session.h"

/* Rows in the order of their keys; turns the loop. */
int report_fleet(const struct session *session, const char *domain, bool planned, const struct issued *issued,
		 struct report_file *file, struct error *err);

#endif
