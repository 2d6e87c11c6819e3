/*
 * settings - what the PBX says about a line, as the API takes it.
 *
 * Pure.  Names of codecs and ciphers become the API's, and a request says
 * which settings are written:
 *   - one with a value is sent;
 *   - one without, that was sent with a value before (`sent_fields`), is taken
 *     back: null, [] for the lists (the project's SIP profile then decides),
 *     "default" for encryption and call_handler, which cannot be null;
 *   - one that never had a value is not managed and is left out;
 *   - a list of which no name is known is left out: [] would mean something
 *     else.  The warning names them.
 *
 * Source of the names and of [] and "default": signalwire-api.md,
 * "Enumerations and limits".
 */
#ifndef SETTINGS_H
#define SETTINGS_H

#include <stdbool.h>

#include "json.h"

/* As in a difference; everything borrowed, NULL: no value.  No secrets here. */
struct settings_desired {
	const char *caller_id;
	const char *send_as;
	const char *ciphers; /* lists: PBX or API names between commas, '|', '&' or blanks */
	const char *codecs;
	const char *encryption;
	const char *call_handler;
	const char *calling_handler;
	const char *sent_fields; /* the ledger's: API names, comma separated */
	bool standalone;         /* only then are the handlers sent */
};

/* What a filled request borrows; the owner releases it after the request. */
struct settings {
	const char **ciphers; /* API names, NULL-terminated; NULL: not sent with a value */
	const char **codecs;
	char *unknown_ciphers; /* "FOO, BAR": left out, for a warning; NULL: none */
	char *unknown_codecs;
	unsigned sent;         /* mask of enum json_setting: has a value remotely once the request is done */
};

#define SETTINGS_INIT { .sent = 0 }

/*
 * Fills the settings of `request` and their bits in `fields`; username and
 * password and their bits are not touched.  `settings` is filled anew (what it
 * held is released); the request borrows from it and from `desired`.
 */
void settings_fill(struct settings *settings, const struct settings_desired *desired,
		   struct json_credential_request *request);

/* For the ledger's sent_fields, once the request is done: "caller_id,codecs", "" for none.  Caller frees. */
char *settings_sent_fields(const struct settings *settings);

/*
 * A list of PBX or API names in the API's names: order kept, duplicates
 * dropped.  Returns a NULL-terminated array of static strings (caller frees the
 * array), or NULL where the list names nothing; unknown names are left out and
 * go to `unknown` ("foo, bar", caller frees; NULL: none).  Codecs: Asterisk's
 * `!all` forgets what came before it.
 */
const char **settings_codecs(const char *list, char **unknown);
const char **settings_ciphers(const char *list, char **unknown);

void settings_release(struct settings *settings);

#endif
