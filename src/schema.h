/*
 * schema - makes the ledger's schema, migrates it, binds it, removes it.
 *
 * The numbered files of sql/ are embedded in the program (embed.awk), so the
 * program and its schema cannot be of different versions.  Everything runs in
 * one transaction; a second run changes nothing but what the configuration and
 * the source changed.
 */
#ifndef SCHEMA_H
#define SCHEMA_H

#include <stdbool.h>

#include "config.h"
#include "db.h"
#include "error.h"
#include "source.h"

/* Statements, ending with NULL; generated. */
extern const char *const schema_001_ledger[];
extern const char *const schema_002_triggers[]; /* only with init --triggers: see triggers.h */
extern const char *const schema_003_target[];
extern const char *const schema_004_refused[];
extern const char *const schema_005_subscriber[];
extern const char *const schema_uninstall[];

struct schema_binding {
	const struct source *source;
	const char *sip_domain;        /* NULL: not known, what is bound stays */
	bool rebind;                   /* another project, space or database is meant */
	const char *subscriber_id;     /* [mirror] subscriber_id: gets a row of subscriber; NULL: none */
	const char *subscriber_email;  /* its e-mail, folded */
};

struct schema_done {
	bool created;  /* there was nothing before */
	bool rebound;  /* bound columns or the source are others than before */
	bool migrated; /* it was of an older version */
};

/*
 * Creates or migrates, then binds.  Another project, URL or database than the
 * bound one is refused (exit 6) unless `rebind`; another target wherever the
 * ledger has rows, and another subscriber_id wherever something of them is at
 * SignalWire, with `rebind` too.  To rebind and to migrate is refused (exit 7) while another
 * swbridge is at work.  Turns the loop.
 */
int schema_install(struct db *db, const struct config *config, const struct schema_binding *binding,
		   struct schema_done *done, struct error *err);

/* Whether the schema and a ledger in it are there. */
int schema_exists(struct db *db, const struct config *config, bool *schema, bool *ledger, struct error *err);

/* The whole as a script for psql, for those who run DDL themselves.  Needs no database.  Caller frees. */
char *schema_script(const struct config *config);

/*
 * Drops everything that schema_install() and the adapters (adapter.h) made; exit 7 while another swbridge is at
 * work, exit 6 where nothing of that is there, or where something else in the schema bears such a name: then
 * nothing is dropped.  *kept: the schema is there still, since it was there before.
 */
int schema_remove(struct db *db, const struct config *config, bool *kept, struct error *err);

#endif
