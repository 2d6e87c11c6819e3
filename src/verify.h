/*
 * verify - compares what is at SignalWire with what the ledger says of it.
 *
 * Nothing is changed: GETs are sent, and temporary tables of the connection are
 * written (survey_table.h, and survey_beside).  The remote side is read whole
 * (survey.h), joined with ledger and source by the database, and gone through in
 * pages, so memory does not grow with the fleet.
 *
 *   drifted   a credential or subscriber of ours that is there, and of which a
 *             managed field is not what was last sent.  Since only a digest is
 *             kept, what is desired now is compared, and only where it is what was
 *             sent (a row that changed in the PBX since is for `sync`); the
 *             username is compared with the ledger's, always.
 *   missing   the ledger has a credential that the listing did not show, though it
 *             was read whole, and a GET by id behind a green canary answered 404.
 *   leaked    a subscriber that no extension hangs on and that is ours:
 *               - the ledger has it as created by swbridge; or
 *               - the journal says that a create or a replacement made it, and it
 *                 is not older than that; or
 *               - its e-mail is the one that swbridge gives by itself
 *                 (<key>@<subscriber_domain>) to a key of the source, where the
 *                 source gives none, or to one of ledger and journal.
 *             Only the first kind is certain, and only that one can be repaired.
 *   foreign   everything else that is there and that the ledger does not have:
 *             subscribers, credentials of subscribers (but those of a leaked one
 *             that the ledger does not have, which are counted there: phones may
 *             use them, and nobody should remove it), standalone ones,
 *             and names of the legacy list that none of these has.
 *
 * What has an open intent, or was changed in the ledger since the survey began,
 * is left out: a daemon may be at work meanwhile.  What could not be read is
 * never counted as anything: verify_check_whole() says what it was.
 */
#ifndef VERIFY_H
#define VERIFY_H

#include <stdbool.h>
#include <stdint.h>

#include "api.h"
#include "config.h"
#include "db.h"
#include "difference.h"
#include "error.h"
#include "http.h"
#include "ledger.h"
#include "loop.h"
#include "source.h"

struct verify;

enum verify_kind { VERIFY_DRIFTED, VERIFY_MISSING, VERIFY_LEAKED, VERIFY_FOREIGN, VERIFY_KINDS };

/* One line.  Borrowed during the call; NULL: does not apply, or is not known. */
struct verify_finding {
	enum verify_kind kind;
	const char *object;    /* "credential", "subscriber", "standalone credential", "legacy endpoint" */
	const char *key, *extension; /* of ours */
	const char *username;  /* drifted: the ledger's */
	const char *email;     /* of a subscriber */
	const char *subscriber_id, *sip_endpoint_id;
	const char *fields;    /* drifted: their names, commas between */
	const char *text;      /* what is wrong, a sentence part */
	bool in_use;           /* leaked, and the ledger does not have it: credentials live on it, or may */
	bool repairable;       /* by `verify --repair` */
};

struct verify_summary {
	int64_t checked; /* extensions whose credential was looked at */
	int64_t count[VERIFY_KINDS];
	int64_t unsure;  /* credentials of ours about which nothing could be said */
};

struct verify_setup {
	struct loop *loop;
	struct db *db;    /* gets the tables; search_path is the ledger's */
	struct api *api;
	struct http *http;
	const struct ledger_identity *identity;
	struct difference_query *query;
	const struct source *source;
	const struct config *config;
	/* Repairs are noted: pg_temp.survey_repair then says what is to be done to which key (repair.h). */
	bool note_repairs;
	void (*finding)(const struct verify_finding *finding, void *arg);
	void (*progress)(int64_t done, int64_t total, void *arg); /* of the survey; may be NULL */
	void *arg;
};

/* Everything in `setup` is borrowed and must outlive the work. */
struct verify *verify_new(const struct verify_setup *setup);
/* After `done` (which may do it), or once db and api are freed.  NULL is fine. */
void verify_free(struct verify *verify);
/* As survey_abandon(). */
void verify_abandon(struct verify *verify);

/* Begins, once; `done` is called once, from the loop; err (borrowed) NULL: all was gone through that could be read. */
void verify_start(struct verify *verify, void (*done)(const struct error *err, void *arg), void *arg);

/* The same, turning the loop.  Where loop_break() comes first it is abandoned, and the error is LATER, "interrupted". */
int verify_run(struct verify *verify, struct error *err);

/* After `done`: whether everything could be read and judged; else LATER, and what could not. */
int verify_check_whole(const struct verify *verify, struct error *err);

const struct verify_summary *verify_summary(const struct verify *verify);
const char *verify_kind_name(enum verify_kind kind);

#endif
