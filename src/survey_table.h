/*
 * survey_table - the temporary tables of a survey, and batches of rows into them.
 *
 * Tables of the session's own, in pg_temp: nobody else sees them, no other
 * object is named so, and they go with the connection.  They are always written
 * and read with "pg_temp." before the name: a temporary table would otherwise
 * stand before one of the ledger.
 *
 *   survey_subscriber  id, email (as it is there; null: not said), email_folded,
 *                      created_at (null: not said), first_name .. company_name,
 *                      credentials: whether its credentials were listed:
 *                        'unread'  not, so far
 *                        'whole'   all of them are in survey_credential
 *                        'gone'    SignalWire answered 404: nothing is proved yet
 *                        'failed'  some of them may be missing; `trouble` says why
 *   survey_credential  place: 'subscriber', 'standalone' or 'legacy'; id (outer,
 *                      one row for each place and id), subscriber_id, inner_id
 *                      (of a standalone one: what the legacy list shows),
 *                      username, username_folded, caller_id, send_as, ciphers and
 *                      codecs (text[], null: not said), encryption, call_handler,
 *                      calling_handler_resource_id, created_at.  Of a legacy row
 *                      only id and username are known.
 *
 * Folded means lower() of the letters A to Z.  Ids are uuid, which have no case.
 * Rows stay until survey_table_drop() or the end of the session: the tables
 * outlive the transaction (on commit preserve rows).
 */
#ifndef SURVEY_TABLE_H
#define SURVEY_TABLE_H

#include <stddef.h>

#include "db.h"
#include "error.h"
#include "json.h"
#include "strbuf.h"

/* Rows on their way: text, some 400 bytes a row. */
struct survey_batch {
	struct strbuf subscribers, credentials, reads;
	size_t rows;
};

#define SURVEY_BATCH_INIT { STRBUF_INIT, STRBUF_INIT, STRBUF_INIT, 0 }

void survey_batch_subscriber(struct survey_batch *batch, const struct json_subscriber *subscriber);
/* `subscriber_id` NULL: it hangs on none. */
void survey_batch_credential(struct survey_batch *batch, const char *place, const char *subscriber_id,
			     const struct json_credential *credential);
/* How the listing of a subscriber's credentials ended; `trouble` may be NULL. */
void survey_batch_read(struct survey_batch *batch, const char *subscriber_id, const char *credentials,
		       const char *trouble);

/* Hands the rows to `db`, which copies them, and empties the batch; `done` as of db_run(). */
void survey_batch_write(struct survey_batch *batch, struct db *db,
			void (*done)(struct db_result *const *results, const struct error *err, void *arg), void *arg);
void survey_batch_release(struct survey_batch *batch);

typedef void survey_table_done(struct db_result *const *results, const struct error *err, void *arg);

/* Empty ones, whatever was there. */
void survey_table_create(struct db *db, survey_table_done *done, void *arg);
void survey_table_drop(struct db *db, survey_table_done *done, void *arg);

/* Ids (column 0) of subscribers whose credentials are 'unread', in order, behind `after` (NULL: from the first). */
void survey_table_unread(struct db *db, const char *after, int limit, survey_table_done *done, void *arg);

/* The planner learns what is in them: nobody else tells it of temporary tables. */
void survey_table_analyze(struct db *db, survey_table_done *done, void *arg);

/* The tables cannot be made for `cause`: says what the role lacks, with the command that grants it. */
void survey_table_explain(struct db *db, const struct error *cause, struct error *err);

#endif
