/*
 * source - the desired side: which columns the PBX has, and the query over them.
 *
 * source_discover() looks at the configured relation or function and finds the
 * contract's columns (swbridge.conf(5), "THE SOURCE"), by their own or by their
 * mapped names.  `init` binds what it found into the ledger's identity; every
 * later run binds the same columns again with source_bind(), which refuses
 * (exit 6) when one of them is gone and takes their present types.
 *
 * source_query() then writes the text of "desired": one row per extension that
 * the configuration includes, normalised:
 *
 *   key, extension, tenant, username, secret, enabled, email, email_given,
 *   caller_id, send_as, ciphers, codecs, encryption, call_handler,
 *   calling_handler_resource_id, first_name .. company_name, skip_reason,
 *   protected, problem, sharers
 *
 * all text but enabled, email_given, protected (boolean, never null); lists are
 * comma separated; empty texts are null; key is collated "C".  And five that
 * only the difference needs: wanted (to be mirrored: enabled, no skip_reason, no
 * problem), hashed (boolean, never null), settings_text, secret_text and
 * profile_text (what their digests are over).
 *
 * hashed: the source says by its column secret_hash that it has a hash of the
 * secret, and not the secret; nothing else is taken for that, and a row that has
 * its secret, or a skip_reason of its own, is not hashed.  Where [mirror]
 * issue_secrets is off its skip_reason says `password_hashed`.  Else it is wanted
 * like any other, and whoever has to send a secret makes one (plan.h).  The hash
 * itself is never sent, and leaves the server only as a digest: a hash is as good
 * as the password to somebody who listens.  Hence it has a column of its own: what
 * stands in `secret` is sent.
 *
 * skip_reason also says `no_secret`, and `no_extension` for a row with a key and
 * no extension (whose extension then reads as its key); a row with neither is no
 * row.  problem says `duplicate_key` (counted over all rows) or
 * `duplicate_username` (over rows that are enabled and have no skip_reason) or is
 * null; of rows with the same key one is yielded, the one with the first extension,
 * so that keys are unique, and sharers says whose rows they are ("101 and 111", or
 * "101 to 119" of more than two; null where all have one extension).  What
 * means nothing to the target (target.h: no e-mail and no profile where there are
 * no subscribers, no handlers where there are) is null, whatever the source says.
 * enabled: NULL and '' are true, since a wrong removal costs a phone; a text is
 * true where it says true, t, yes, y, on, 1 or enabled; a number where it is not 0.
 * protected the same, but NULL is false.
 *
 * The text refers to the fixed parameters of difference.h and holds no value
 * of the configuration.  Identifiers are quoted by the server; every column is cast,
 * since a PBX upgrade may change its type (enabled: text or boolean or number).
 */
#ifndef SOURCE_H
#define SOURCE_H

#include <stdbool.h>
#include <stddef.h>

#include "config.h"
#include "db.h"
#include "error.h"
#include "strbuf.h"

enum source_column {
	SOURCE_KEY, SOURCE_EXTENSION, SOURCE_SECRET, SOURCE_ENABLED, SOURCE_TENANT, SOURCE_USERNAME,
	SOURCE_CALLER_ID, SOURCE_SEND_AS, SOURCE_CIPHERS, SOURCE_CODECS, SOURCE_ENCRYPTION,
	SOURCE_EMAIL, SOURCE_FIRST_NAME, SOURCE_LAST_NAME, SOURCE_DISPLAY_NAME, SOURCE_JOB_TITLE,
	SOURCE_TIMEZONE, SOURCE_COUNTRY, SOURCE_COMPANY_NAME, SOURCE_SKIP_REASON, SOURCE_PROTECTED,
	SOURCE_CALL_HANDLER, SOURCE_CALLING_HANDLER, SOURCE_SECRET_HASH, SOURCE_COLUMN_COUNT
};
extern const char *const source_column_names[SOURCE_COLUMN_COUNT];

/* Why a row of desired is skipped, in words, as SQL; the setting that is the way out is named. */
#define SOURCE_SQL_WHY_SKIPPED(row) \
	"replace(" row ".skip_reason, '_', ' ') || case when " row ".hashed then '" SOURCE_WAY_OUT "' else '' end"
#define SOURCE_WAY_OUT "; [mirror] issue_secrets = yes issues a new one"

/* What the generated text must know about a column's type. */
enum source_kind { SOURCE_TEXT, SOURCE_CHAR, SOURCE_BOOLEAN, SOURCE_INTEGER, SOURCE_NUMBER, SOURCE_UUID, SOURCE_OTHER };

struct source_binding {
	char *column; /* the source's name for it; NULL: not bound */
	char *quoted; /* the same as an identifier of SQL, quoted by the server */
	char *collation; /* of the column, quoted: keys must be compared by it for an index to be used; NULL: none */
	char *type;   /* format_type(), e.g. "character varying(40)", "text[]" */
	bool array;
	bool unique; /* a unique index says that no two rows have the same, and it is never null */
	enum source_kind kind; /* of a domain: of its base type; SOURCE_OTHER for arrays */
};

struct source {
	char *name; /* quoted and schema-qualified */
	bool function;
	bool takes_keys; /* a function with one argument, keys text[] */
	struct source_binding columns[SOURCE_COLUMN_COUNT];
};

/*
 * Finds the relation or function and its columns now.  config->source may be
 * qualified or not, its parts quoted as in SQL or not: letters are compared as
 * they are.  A relation goes before a function, a function that takes keys before
 * one that does not. Missing source or missing extension/secret: exit 78, names what is there.
 */
int source_discover(struct db *db, const struct config *config, struct source **source, struct error *err);

/*
 * The columns that the ledger is bound to (`bound`: identity.columns as JSON
 * text, `name`: identity.source), with their present types.  Gone, or another one
 * than the configuration names, the source or a column in [columns] (NULL: not
 * asked): exit 6.  A column that is only new is not used, and no mistake.
 */
int source_bind(struct db *db, const struct config *config, const char *name, const char *bound,
		struct source **source, struct error *err);

/* The JSON text for identity.columns.  Caller frees. */
char *source_columns_json(const struct source *source);

/* Whether two such texts bind the same, however the server wrote them. */
bool source_same_columns(const char *one, const char *other);

bool source_has(const struct source *source, enum source_column column);

/*
 * Appends the text of "desired" as a parenthesised subquery.  `keys`: an SQL
 * expression of type text[] ("$1::text[]"); only the rows with these keys are
 * read, by index where there is one.  NULL: everything.  Problems are counted
 * over the rows that are read.
 */
void source_query(struct strbuf *out, const struct source *source, const struct config *config, const char *keys);

/*
 * Appends, as a parenthesised subquery, the keys and usernames of the enabled and
 * not skipped rows whose username is one of `names`, an SQL expression of type
 * text[].  Read by indexes of the columns extension and username, where there are
 * both and no template makes usernames; else the whole source is read.  False: no
 * two rows with different keys can have the same username, and nothing is appended.
 */
bool source_names_query(struct strbuf *out, const struct source *source, const struct config *config, const char *names);

/* Whether a bound column means nothing to what [mirror] target says, and so is not read. */
bool source_ignores(const struct source *source, const struct config *config, enum source_column column);

/*
 * A read of the source failed with `err`: says it in an operator's words where
 * the cause is the source.  A bound column, the relation or the right to read it
 * is gone: exit 6, with what to do.  Anything else stays as it is.  Always -1, so
 * that a caller can return it.  Turns the loop.
 */
int source_explain_error(struct db *db, const struct source *source, struct error *err);

/* The JSON text of the parameters that source_query() refers to (username template, domain, patterns ...).  Caller frees. */
char *source_policy_json(const struct config *config);

/* What the server said within the text of an error of db: an adapter's message is a whole sentence.  Caller frees. */
char *source_server_words(const char *text);

void source_free(struct source *source);

#endif
