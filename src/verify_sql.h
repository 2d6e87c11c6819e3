/*
 * verify_sql - the texts that join a survey with the ledger.
 *
 * Parameters are those of difference.h, where $1 is null and
 *   $5  'whole' where the listing of the subscribers was whole
 *   $6  when the survey began, by the database's clock: what the ledger has
 *       changed since then is left out, for the survey may show it as it was before
 *   $7  at most so many rows
 */
#ifndef VERIFY_SQL_H
#define VERIFY_SQL_H

#include "config.h"
#include "source.h"

/*
 * Makes pg_temp.survey_beside: one row for each extension with a credential,
 * numbered in the order of their keys: what was sent, what is there.
 */
char *verify_sql_beside(const struct source *source, const struct config *config);

/* A page of it: rows behind number $1::bigint, at most $2::int of them; columns as enum verify_column. */
extern const char verify_sql_page[];

enum verify_column {
	BESIDE_NTH, BESIDE_KEY, BESIDE_EXTENSION, BESIDE_SENT_USERNAME, BESIDE_SUBSCRIBER_ID, BESIDE_ID,
	BESIDE_SHOWN,       /* the credential is in the survey */
	BESIDE_OWNER_SHOWN, /* its subscriber is */
	BESIDE_WANTED,      /* mirrored, and the PBX wants it */
	BESIDE_PROVED,      /* where it is not shown: the listing that would show it was read whole, or answered 404 */
	BESIDE_COMPARE_SETTINGS, /* what is desired is what was sent */
	BESIDE_COMPARE_PROFILE,
	BESIDE_CALLER_ID, BESIDE_SEND_AS, BESIDE_CIPHERS, BESIDE_CODECS, BESIDE_ENCRYPTION,
	BESIDE_CALL_HANDLER, BESIDE_CALLING_HANDLER, BESIDE_EMAIL,
	BESIDE_PROFILE, /* seven */
	BESIDE_IS_SUBSCRIBER_ID = BESIDE_PROFILE + 7, BESIDE_IS_USERNAME, BESIDE_IS_CALLER_ID, BESIDE_IS_SEND_AS,
	BESIDE_IS_CIPHERS, BESIDE_IS_CODECS, BESIDE_IS_ENCRYPTION, BESIDE_IS_CALL_HANDLER, BESIDE_IS_CALLING_HANDLER,
	BESIDE_IS_EMAIL, BESIDE_IS_PROFILE, /* seven */
	BESIDE_COLUMN_COUNT = BESIDE_IS_PROFILE + 7
};

/*
 * What is at SignalWire and not mapped.  Columns: kind ('leaked', 'foreign'),
 * object ('subscriber', 'credential', 'standalone credential', 'legacy endpoint'),
 * name (e-mail or username), id, subscriber_id and its e-mail (of a credential),
 * key (of a leaked one, may be null), why, place (of the order), whether the
 * ledger has it as created.
 */
char *verify_sql_strangers(const struct source *source, const struct config *config);

#endif
