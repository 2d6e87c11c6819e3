/*
 * difference_sql - the texts of the statements that difference runs.
 *
 * Kept apart so that a text can be read, explained and tried in psql without
 * anything else.  All texts take the parameters of difference.h by the same
 * numbers; each mentions every one of them, so that the server knows its type.
 */
#ifndef DIFFERENCE_SQL_H
#define DIFFERENCE_SQL_H

#include "config.h"
#include "source.h"
#include "strbuf.h"

/* What a row of a difference text holds, by position. */
enum difference_column {
	ROW_ORPHAN, ROW_KEY, ROW_CURSOR, ROW_IN_STEP,
	ROW_PRESENT, ROW_EXTENSION, ROW_TENANT, ROW_USERNAME, ROW_SECRET, ROW_HASHED, ROW_ENABLED, ROW_EMAIL, ROW_EMAIL_GIVEN,
	ROW_CALLER_ID, ROW_SEND_AS, ROW_CIPHERS, ROW_CODECS, ROW_ENCRYPTION, ROW_CALL_HANDLER, ROW_CALLING_HANDLER,
	ROW_FIRST_NAME, ROW_LAST_NAME, ROW_DISPLAY_NAME, ROW_JOB_TITLE, ROW_TIMEZONE, ROW_COUNTRY, ROW_COMPANY_NAME,
	ROW_PROFILE_SPEAKS, ROW_SKIP_REASON, ROW_PROBLEM, ROW_SHARERS, ROW_NAMESAKE, ROW_WANTS_PROTECTION,
	ROW_SETTINGS_DIGEST, ROW_SECRET_DIGEST, ROW_PROFILE_DIGEST, ROW_DESIRED_DIGEST,
	ROW_STATE, ROW_LEDGER_EXTENSION, ROW_LEDGER_USERNAME, ROW_SIP_ENDPOINT_ID,
	ROW_LEDGER_SETTINGS_DIGEST, ROW_LEDGER_SECRET_DIGEST, ROW_TRIED_DIGEST, ROW_SENT_FIELDS,
	ROW_IS_PROTECTED, ROW_ABSENT_NOTED, ROW_ABSENCE_DUE, ROW_NOT_YET, ROW_ATTEMPTS, ROW_LAST_ERROR,
	ROW_OWNER_NO, ROW_OWNER_EMAIL, ROW_OWNER_ID, ROW_OWNER_ORIGIN, ROW_OWNER_PROFILE_DIGEST, ROW_OWNER_SENT_FIELDS,
	ROW_OWNER_EXTENSIONS, ROW_WANTED_OWNER_NO, ROW_WANTED_OWNER_ID, ROW_WANTED_OWNER_ORIGIN, ROW_OWNER_MOVES_WHOLE,
	ROW_INTENT, ROW_INTENT_ID, ROW_INTENT_SETTLED, ROW_INTENT_AT_MS, ROW_INTENT_USERNAMES, ROW_INTENT_OTHERS,
	ROW_INTENT_OWNER_NO, ROW_INTENT_OWNER_ID, ROW_INTENT_OWNER_EMAIL,
	ROW_HOLDER, ROW_HOLDER_KEY, ROW_HOLDER_PROTECTED, ROW_COUNTED, ROW_APPROVED,
	ROW_COLUMN_COUNT
};

/* What the row of the totals holds, by position; the names are those of struct difference_totals. */
enum difference_total {
	TOTAL_SOURCE_ROWS, TOTAL_MIRRORED, TOTAL_SKIPPED, TOTAL_WITHOUT_SECRET, TOTAL_HASHED, TOTAL_REJECTED, TOTAL_RETIRING,
	TOTAL_LEAVING, TOTAL_LEAVING_MS,
	TOTAL_UNCHANGED, TOTAL_DIFFERENCES, TOTAL_REMOVALS, TOTAL_ACTIVE_IDS, TOTAL_REMOVED_IN_WINDOW,
	TOTAL_COUNTED_CREATES, TOTAL_COUNTED_REMOVALS, TOTAL_COUNTED_CHANGES, TOTAL_UNKNOWN, TOTAL_PAUSED,
	TOTAL_COUNT
};

/* All return text that the caller frees. */
char *difference_sql_totals(const struct source *source, const struct config *config);
char *difference_sql_ledger_totals(void);

/*
 * A page.  It must run after the totals in the same transaction: where these
 * counted nothing for its walk, the join is not run a second time.
 */
char *difference_sql_page(const struct source *source, const struct config *config);

/* By keys; $5 is 'keys' (differences, and what is still rejected), or 'explain' for exactly the given keys, in step and absent ones too. */
char *difference_sql_keys(const struct source *source, const struct config *config);

char *difference_sql_find(const struct source *source, const struct config *config);
char *difference_sql_still_wanted(const struct source *source, const struct config *config);
char *difference_sql_function(const struct source *source, const struct config *config);

/*
 * The parts that several texts share.  `join` is a FROM clause that says how
 * desired d and sync s come together; `desired` yields the desired rows, and is
 * read for orphans only where there is a candidate.
 */
extern const char difference_sql_parameters[];
void difference_sql_joined(struct strbuf *out, const char *join);
void difference_sql_orphans(struct strbuf *out, const char *desired);
char *difference_sql_desired(const struct source *source, const struct config *config, const char *keys);

#endif
