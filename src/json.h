/*
 * json - the API's JSON to structs and back.
 *
 * Pure: bytes in, structs out; no socket, no clock.  Whatever the bytes are,
 * nothing crashes, and what is not understood is said to be so: an object
 * without a usable outer id is an error, never a guess.  Unknown fields are
 * passed over; of a member that comes twice the last one counts.  Texts that
 * are not UTF-8 are refused before they are sent, answers that hold U+0000 or
 * broken UTF-8 are not read.  No error text of a reader or writer holds a value.
 *
 * Source of every shape: signalwire-api.md.  Ids are compared and kept as the
 * server wrote them, and checked to be UUIDs (RFC 9562), since they become
 * parts of paths.
 */
#ifndef JSON_H
#define JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "strbuf.h"

/* Lists end with NULL; a NULL list is "not there", an empty list is "empty". */

/* What can be set on a credential.  In a request only fields whose bit is in `fields` are written. */
enum json_setting {
	JSON_USERNAME = 1 << 0,
	JSON_PASSWORD = 1 << 1,
	JSON_CALLER_ID = 1 << 2,
	JSON_SEND_AS = 1 << 3,
	JSON_CIPHERS = 1 << 4,
	JSON_CODECS = 1 << 5,
	JSON_ENCRYPTION = 1 << 6,
	JSON_CALL_HANDLER = 1 << 7,
	JSON_CALLING_HANDLER = 1 << 8
};

/* A credential as asked for; everything borrowed.  A set bit with NULL writes null (texts) or [] (lists). */
struct json_credential_request {
	unsigned fields; /* mask of enum json_setting */
	const char *username;
	const char *password; /* secret */
	const char *caller_id;
	const char *send_as;
	const char *const *ciphers;
	const char *const *codecs;
	const char *encryption;
	const char *call_handler;
	const char *calling_handler_resource_id;
};

struct json_object;

/*
 * A credential as answered.  Its texts are borrowed from the answer, which it
 * holds until it is released; that of a page's row is held by the page.
 */
struct json_credential {
	const char *id;
	const char *inner_id; /* standalone only, and may be absent: the one that the legacy list shows */
	const char *username;
	const char *caller_id; /* may be NULL */
	const char *send_as;   /* may be NULL */
	const char **ciphers;  /* a text in place of the list is read as one, split at commas */
	const char **codecs;
	const char *encryption; /* may be NULL */
	const char *call_handler; /* standalone only */
	const char *calling_handler_resource_id;
	int64_t created_at_ms; /* ms since the epoch; standalone only, else -1 */
	struct json_object *answer;
};

/* The managed profile of a subscriber, by position; names as in the API. */
enum json_profile {
	JSON_FIRST_NAME, JSON_LAST_NAME, JSON_DISPLAY_NAME, JSON_JOB_TITLE,
	JSON_TIMEZONE, JSON_COUNTRY, JSON_COMPANY_NAME, JSON_PROFILE_COUNT
};
extern const char *const json_profile_names[JSON_PROFILE_COUNT];

/* A subscriber as answered; its texts are borrowed as a credential's are. */
struct json_subscriber {
	const char *id; /* the outer one: the only id that paths take */
	const char *project_id; /* never NULL in what was read */
	const char *email; /* may be NULL where the answer left it out */
	const char *profile[JSON_PROFILE_COUNT]; /* NULL: absent or null; time_zone is read as timezone */
	int64_t created_at_ms; /* ms since the epoch, -1: not said */
	struct json_object *answer;
};

struct json_page_links {
	char *next; /* NULL: the last page; as the server wrote it */
};

/*
 * An answer's errors in one text, whatever of the known shapes it has, every
 * entry of a list in it: "email has already been taken (not_unique, email);
 * …".  Never NULL, as long as the server made it and as the server wrote it:
 * it may echo what was sent, so whoever shows it takes the secrets out and
 * cuts it to size, in this order.
 */
struct json_errors {
	char *text;
	bool not_unique;     /* a code with "unique" in it; where there is no code, a text that says so */
	bool account;        /* account_limit_exceeded, insufficient_balance, ...: stop creating */
	bool try_later;      /* cannot_process, out_of_sync: of this object */
	bool slow_down;      /* rate_limit_exceeded: of all */
	char *attribute;     /* of the first entry that names one; may be NULL */
};

/*
 * Requests: append JSON text to `out` (which should be a secret buffer where a
 * password is in it; no other copy is made).  On failure `out` is as before.
 */
int json_write_credential(struct strbuf *out, const struct json_credential_request *request, struct error *err);
/* email plus every non-NULL member; `clear`: members whose bit (1 << enum json_profile) is set are written as null, whatever their text. */
int json_write_subscriber(struct strbuf *out, const char *email, const char *const profile[JSON_PROFILE_COUNT],
			  unsigned clear, struct error *err);

/* A text in quotes, escaped; what is not UTF-8 goes through as it is. */
void json_write_escaped(struct strbuf *out, const char *text);

/* One text as JSON text, or null for NULL; `name` is what an error calls it. */
int json_write_text(struct strbuf *out, const char *name, const char *text, struct error *err);

/* 8-4-4-4-12 hexadecimal digits, any version, any case: what may become part of a path. */
bool json_is_uuid(const char *text);

/*
 * Answers; `body` is terminated behind its `len` bytes, as http hands it out.  On failure nothing is left to release.
 * A standalone credential's inner object is read too, its outer id kept.
 */
int json_read_credential(const char *body, size_t len, struct json_credential *credential, struct error *err);
/* One that has no inner object is no standalone credential: its id may be the inner one, which opens no path. */
int json_read_endpoint(const char *body, size_t len, struct json_credential *credential, struct error *err);
int json_read_subscriber(const char *body, size_t len, struct json_subscriber *subscriber, struct error *err);
int json_read_sip_profile(const char *body, size_t len, char **domain, struct error *err);

/*
 * A page of a listing: reads it whole, then calls back per row, so a page with
 * one unreadable row hands over none.  Rows are borrowed during the call.  A
 * page without `links` is an error: nobody could say whether it is the last.
 */
int json_read_subscriber_page(const char *body, size_t len,
			      void (*row)(const struct json_subscriber *subscriber, void *arg), void *arg,
			      struct json_page_links *links, struct error *err);
int json_read_credential_page(const char *body, size_t len,
			      void (*row)(const struct json_credential *credential, void *arg), void *arg,
			      struct json_page_links *links, struct error *err);
/* Standalone credentials: a row without its inner object is no such thing. */
int json_read_endpoint_page(const char *body, size_t len,
			    void (*row)(const struct json_credential *credential, void *arg), void *arg,
			    struct json_page_links *links, struct error *err);
/* The legacy list: flat rows, of which only id and username are read. */
int json_read_legacy_page(const char *body, size_t len,
			  void (*row)(const struct json_credential *credential, void *arg), void *arg,
			  struct json_page_links *links, struct error *err);

/* Never fails: what cannot be read becomes a sentence with the status in it. */
void json_read_errors(const char *body, size_t len, int status, const char *content_type, struct json_errors *errors);

void json_credential_release(struct json_credential *credential);
void json_subscriber_release(struct json_subscriber *subscriber);
void json_page_links_release(struct json_page_links *links);
void json_errors_release(struct json_errors *errors);

#endif
