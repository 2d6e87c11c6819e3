/*
 * values - the rules for single values: types, enumerations, lengths.
 *
 * Each check adds what is wrong with the value (NULL: JSON's null) to the
 * problems.  An array that is a string in place of an array marks a crash:
 * the live server was seen to answer 500.
 */
#ifndef VALUES_H
#define VALUES_H

#include <json-c/json.h>

#include "reply.h"
#include "settings.h"

typedef void values_check(const struct settings *s, const char *name, struct json_object *value, struct problems *p);

values_check values_text; /* null, or a string of at most `name_max` bytes */
values_check values_email;
values_check values_username;
values_check values_login_password; /* 8 to 72 bytes */
values_check values_sip_password;
values_check values_send_as;
values_check values_ciphers;
values_check values_codecs;
values_check values_encryption;
values_check values_handler;
values_check values_legacy_handler;
values_check values_uuid; /* null, or a UUID */

/* All ciphers and codecs, as the SIP profile's defaults: JSON text. */
extern const char values_default_ciphers[];
extern const char values_default_codecs[];

#endif
