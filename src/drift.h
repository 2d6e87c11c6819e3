/*
 * drift - where an object at SignalWire is not as it was last sent.
 *
 * Pure.  Only what is managed is compared: a setting of which the PBX gives a
 * value.  Defaults that a reply holds for others are no drift.  Codecs and
 * ciphers are compared as sets, in the API's names; what a request would leave
 * out (a list of unknown names) is left out here.  The e-mail is compared
 * without case, and only where the source gives one.
 *
 * SignalWire shows no password and no digest of it: drift in it cannot be seen.
 */
#ifndef DRIFT_H
#define DRIFT_H

#include <stdbool.h>
#include <stddef.h>

#include "json.h"
#include "settings.h"
#include "strbuf.h"

/* What was sent; everything borrowed, NULL: nothing to compare with. */
struct drift_sent {
	const char *subscriber_id; /* that it hangs on */
	const char *username;
	const struct settings_desired *settings;
	const char *email;
	const char *profile[JSON_PROFILE_COUNT];
};

/* What is there.  Lists: one name a line. */
struct drift_found {
	const char *subscriber_id; /* NULL: it is no credential of a subscriber */
	const char *username;
	const char *caller_id, *send_as, *ciphers, *codecs, *encryption;
	const char *call_handler, *calling_handler;
	const char *email;
	const char *profile[JSON_PROFILE_COUNT];
};

/*
 * How many fields differ.  Their names are appended to `fields`, with commas
 * between; to `text` what each of them is and was sent as, in words.  The first
 * name is "subscriber" where the credential hangs on another one: no PATCH mends
 * that, and the rest is not compared.
 */
size_t drift_find(const struct drift_sent *sent, const struct drift_found *found, struct strbuf *fields,
		  struct strbuf *text);

#endif
