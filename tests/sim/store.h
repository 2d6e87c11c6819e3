/*
 * store - what the simulated project holds: subscribers and credentials.
 *
 * Pure memory, no rules: who may do what stands in ops_*.c.  Every lookup is a
 * hash lookup and every list a series, so that a hundred thousand objects
 * cost no more a request than ten.  The store owns its objects and projects.
 *
 * Two ids: `id` is the outer one that stands in paths; `inner_id` is that of
 * the object inside (subscriber.id, and for a standalone credential the id
 * that the legacy list shows).  A subscriber's credential has no inner id.
 */
#ifndef STORE_H
#define STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "rng.h"
#include "series.h"
#include "table.h"

enum field {
	FIELD_EMAIL,
	FIELD_USERNAME,
	FIELD_PASSWORD,
	FIELD_FIRST_NAME,
	FIELD_LAST_NAME,
	FIELD_DISPLAY_NAME,
	FIELD_JOB_TITLE,
	FIELD_TIMEZONE,
	FIELD_COUNTRY,
	FIELD_COMPANY_NAME,
	FIELD_CALLER_ID,
	FIELD_SEND_AS,
	FIELD_CIPHERS,
	FIELD_CODECS,
	FIELD_ENCRYPTION,
	FIELD_CALL_HANDLER,
	FIELD_HANDLER_ID,
	FIELD_CALL_EXTRA, /* legacy call_* members, as `,"name":value…` */
	FIELD_COUNT
};

enum kind { KIND_SUBSCRIBER, KIND_CREDENTIAL, KIND_STANDALONE };

struct project {
	char *id;
	char *token;
	char *domain;
	char *authorization; /* the header value that opens it */
	struct series subscribers;
	struct series endpoints; /* credentials and standalone ones */
	struct project *next;
};

struct object {
	enum kind kind;
	char id[RNG_UUID_SIZE];
	char inner_id[RNG_UUID_SIZE];
	char *name;               /* e-mail or username, plain */
	char *field[FIELD_COUNT]; /* JSON text; NULL: never set */
	struct project *project;
	struct object *parent; /* the subscriber of a credential */
	struct series children;
	int64_t number;
	int64_t created_ms;
	int64_t updated_ms;
	struct table_node by_id, by_inner, by_name;
};

struct store {
	struct project *projects; /* the first one is the one of the command line */
	struct table by_id, by_inner, by_email, by_username;
	int64_t last_number;
};

void store_init(struct store *s);
void store_release(struct store *s);

struct project *store_project(struct store *s, const char *id);     /* borrowed, or NULL */
struct project *store_project_by_header(struct store *s, const char *authorization);
struct project *store_put_project(struct store *s, const char *id, const char *token, const char *domain);

/* Makes an object with new ids (or `id` where it is given); name and times are the caller's to set. */
struct object *store_add(struct store *s, struct rng *ids, enum kind kind, struct project *project,
			 struct object *parent, const char *id);
void store_rename(struct store *s, struct object *o, const char *name);
void store_set(struct object *o, enum field f, char *json); /* takes json */
void store_remove(struct store *s, struct object *o);       /* a subscriber's credentials go first */

struct object *store_find(const struct store *s, const char *id);
struct object *store_find_inner(const struct store *s, const char *inner_id);

/* The first other object of this name than `except`; project NULL: in any. */
struct object *store_find_email(const struct store *s, const struct project *project, const char *email,
				const struct object *except);
struct object *store_find_username(const struct store *s, const struct project *project, const char *username,
				   bool fold, const struct object *except);

#endif
