/*
 * adapter - the ready-made sources of contrib/adapters: installs, renews and removes them.
 *
 * An adapter is a function in the bridge's schema, named as its directory with _ for -,
 * that yields the columns of the contract (swbridge.conf(5), "THE SOURCE") from the
 * tables of one kind of PBX, and a function NAME_watch() that puts triggers on these
 * tables.  contrib/adapters/README says how one is written.  The files are embedded
 * (embed.awk), so that program and adapter are of one version.
 *
 * The configuration names it like any source: source = swbridge.asterisk_pjsip.  From
 * then on every `init` renews what is not this program's.  Its functions look for the
 * PBX's tables in the search_path that the role had at `init`.
 *
 * Everything that takes a db turns the loop.
 */
#ifndef ADAPTER_H
#define ADAPTER_H

#include <stdbool.h>

#include "config.h"
#include "db.h"
#include "error.h"
#include "strbuf.h"

/* The comment on a schema that was made for the ledger: with this one it goes with it. */
#define SCHEMA_MADE "swbridge: made by swbridge init"

struct adapter {
	const char *name;     /* of the directory: "asterisk-pjsip" */
	const char *function; /* "asterisk_pjsip" */
	const char *const *install;   /* statements, ending with NULL */
	const char *const *uninstall; /* one statement, which may run where nothing is installed */
};

/* The first one is what all share and no adapter of its own; the last one's name is NULL.  Generated. */
extern const struct adapter adapters[];

/* NULL: there is none of this name. */
const struct adapter *adapter_find(const char *name);

/* Appends the names of all: "asterisk-pjsip, kamailio". */
void adapter_list(struct strbuf *out);

/* The one that the configuration's source names; NULL: its source is something else. */
const struct adapter *adapter_of(const struct config *config);

/* The adapter that `init --adapter NAME` means (NULL: not given; must be there): exit 78 with the line to write where it is not the source. */
int adapter_choose(const struct config *config, const char *name, const struct adapter **adapter, struct error *err);

/*
 * Makes the schema if need be, then whatever of the functions is not there or not this
 * program's, and looks whether the PBX's tables are what the adapter is for (else 78).
 */
int adapter_install(struct db *db, const struct config *config, const struct adapter *adapter, bool *installed,
		    struct error *err);

struct adapter_watched {
	char *tables;   /* those with both triggers; NULL: none */
	bool installed; /* made anew, or renewed */
};

/*
 * Puts the triggers on the tables, where `asked` or where some are there already.
 * notify_change() must be there (triggers.h).  No lock: 75; not the owner: 78.
 */
int adapter_watch(struct db *db, const struct config *config, const struct adapter *adapter, bool asked,
		  struct adapter_watched *watched, struct error *err);
void adapter_watched_release(struct adapter_watched *watched);

/*
 * For psql, behind the ledger's script (schema.h): the functions unless they are there, and the triggers, where
 * `triggers` has the statements that define notify_change(), maybe none; NULL: no triggers.  Caller frees; NULL and
 * an error where the database does not answer.
 */
char *adapter_script(struct db *db, const struct config *config, const struct adapter *adapter, const char *const *triggers,
		     struct error *err);

#endif
