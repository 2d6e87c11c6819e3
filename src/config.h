/*
 * config - the option table and the .conf file.
 *
 * One table (config_options()) names every option: section, key, type,
 * default, one line of help.  The parser, the manual page, the sample file and
 * the tests all stand on it; an option that is missing from one of them fails
 * `make check`.  The file is Asterisk-style: [section], key = value, lines that
 * begin with ';' are comments.  An unknown section or key, a bad value or a
 * duplicate is an error with file and line, exit code 78.  Durations are
 * `500ms 30s 5m 24h 7d`.
 *
 * After config_load() the struct is read-only and owns all its strings.
 * `api_token` is the one secret in it; config_free() wipes it.
 */
#ifndef CONFIG_H
#define CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

/* What kind of credential is mirrored: see target.h. */
enum config_target { CONFIG_SUBSCRIBER, CONFIG_SIP_ENDPOINT };
enum config_on_remove { CONFIG_ON_REMOVE_UNSET, CONFIG_DELETE, CONFIG_SUSPEND, CONFIG_KEEP };

/*
 * A rail: a number, a percentage, or unlimited.  A percentage other than 0%
 * never holds back the few changes of a small PBX: with it comes the least
 * count of its option (1 removal, 50 creates, 50 changes), and the larger counts.
 */
struct config_limit {
	bool unlimited;
	int64_t count;   /* at least this many ... */
	int64_t percent; /* ... or this share of the fleet, rounded down; the larger counts */
};

/* [columns]: the source's name for a contract column. */
struct config_column {
	char *name;   /* contract name, e.g. "extension" */
	char *column; /* the source's column, e.g. "exten"; "": none, though it may have one of the contract's name */
};

struct config {
	char *path; /* the file that was read */

	/* [signalwire] */
	char *space;
	char *project_id;
	char *api_token; /* secret; NULL where there is none */
	char *api_token_file;
	char *api_url; /* given, or made of space; without a trailing slash; NULL where neither is there */
	char *ca_file;
	char *proxy; /* may hold a password */
	int64_t max_in_flight;
	int64_t write_rate; /* requests a second */
	int64_t timeout_ms;

	/* [postgres] */
	char *conninfo; /* never NULL; may hold a password */
	char *source;
	char *schema;
	bool row_security; /* false: reads run with row_security = off */

	struct config_column *columns;
	size_t column_count;

	/* [mirror] */
	enum config_target target;
	enum config_on_remove on_remove;
	bool issue_secrets; /* a new secret where the PBX has only a hash of it */
	char *username; /* template, NULL: the extension or the bound column */
	char *subscriber_domain;
	char *subscriber_id;
	int64_t grace_ms;
	int64_t settle_ms;
	struct config_limit max_removals;
	struct config_limit max_creates;
	struct config_limit max_changes;
	int64_t subscriber_price_cents;
	char **include; /* shell patterns, NULL-terminated list or NULL */
	char **exclude;
	int64_t journal_keep_ms;

	/* [listen] */
	int64_t poll_ms;
	int64_t verify_ms; /* 0: never */
	char *metrics;     /* HOST:PORT or [HOST]:PORT; NULL: none */
	char *metrics_file;
};

/*
 * What a row of the option table says; for the documentation tests and
 * messages.  parse() is pure: it reads `text` into the field and says on
 * failure, in a whole clause without the value, how one is written.
 */
struct config_option {
	const char *section;
	const char *key;
	const char *type;          /* "text", "duration", "limit", ... */
	const char *default_value; /* as written in a file; "" where there is none */
	const char *help;          /* one line */
	bool secret; /* the value never appears in a message */

	int (*parse)(const struct config_option *option, const char *text, void *field, struct error *err);
	size_t offset;       /* of the field in struct config */
	int64_t least, most; /* the range, in the unit of the field; of a limit: the count that comes with a percentage */
};

/*
 * The table; ends with a row whose section is NULL.  [columns] stands there
 * once per contract column; its default is the source's column of that name,
 * which need not be there, and is not put into struct config.
 */
const struct config_option *config_options(void);

/*
 * Reads `path`; NULL: SWBRIDGE_CONFIG, or $(sysconfdir)/swbridge/swbridge.conf.
 * The token comes from api_token, api_token_file, SIGNALWIRE_API_TOKEN or
 * $CREDENTIALS_DIRECTORY/api_token, project and space also from
 * SIGNALWIRE_PROJECT_ID and SIGNALWIRE_SPACE; what the file says counts first.
 * A file that holds the token, or a password of conninfo or proxy, and is
 * readable by others is refused.  The token and both passwords are registered
 * with log_add_secret().  Every failure has exit code 78.
 */
int config_load(const char *path, struct config **config, struct error *err);

/* What is read where no path is given: caller frees. */
char *config_default_path(void);

/* Reads the token again into an existing configuration (after a 401).  On failure the old one stays. */
int config_reload_token(struct config *config, struct error *err);

/*
 * Whether everything that mutations need is there: space or api_url, project,
 * token, on_remove.  Where a subscriber's e-mail comes from is not looked at:
 * the source may have a column `email` that [columns] need not name.
 */
int config_require_api(const struct config *config, struct error *err);

void config_free(struct config *config); /* NULL is fine */

const char *config_on_remove_name(enum config_on_remove value);
const char *config_target_name(enum config_target value); /* as written in the file */

#endif
