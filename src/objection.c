/* objection - why a present row cannot be sent as it is. */
#include "objection.h"

#include <string.h>
#include <strings.h>

#include "utf8.h"

/* Characters with the property White_Space (Unicode 15, PropList.txt) beyond ASCII, in UTF-8. */
static const char *const wide_spaces[] = {
	"\xc2\x85", "\xc2\xa0", "\xe1\x9a\x80",
	"\xe2\x80\x80", "\xe2\x80\x81", "\xe2\x80\x82", "\xe2\x80\x83", "\xe2\x80\x84", "\xe2\x80\x85",
	"\xe2\x80\x86", "\xe2\x80\x87", "\xe2\x80\x88", "\xe2\x80\x89", "\xe2\x80\x8a",
	"\xe2\x80\xa8", "\xe2\x80\xa9", "\xe2\x80\xaf", "\xe2\x81\x9f", "\xe3\x80\x80",
};

/* Beyond some 2,700 bytes an index of the ledger takes none, and the transaction of everybody's intents would fail with it. */
enum { NAME_MAX_BYTES = 255 };

#define TOO_LONG " is longer than 255 bytes: shorten it in the PBX"

#define FROM_PBX ", which SignalWire does not take: correct it in the PBX, or set username in [mirror]"

static bool has_white_space(const char *text)
{
	if (strpbrk(text, " \t\n\v\f\r"))
		return true;
	for (size_t i = 0; i < sizeof wide_spaces / sizeof *wide_spaces; i++)
		if (strstr(text, wide_spaces[i]))
			return true;
	return false;
}

/* C0, DEL and C1 (U+0080 to U+009F): they break a line of a log or of a list of keys. */
static bool has_control(const char *text)
{
	for (const unsigned char *s = (const unsigned char *)text; *s; s++)
		if (*s < 0x20 || *s == 0x7f || (*s == 0xc2 && s[1] >= 0x80 && s[1] < 0xa0))
			return true;
	return false;
}

static bool too_long(const char *text)
{
	return strlen(text) > NAME_MAX_BYTES;
}

static bool empty(const char *text)
{
	return !text || !*text;
}

const char *objection_problem(const char *problem)
{
	if (!strcmp(problem, "duplicate_key"))
		return "another row of the source has the same key: give each its own, or name a column for it (key) in [columns]";
	if (!strcmp(problem, "duplicate_username"))
		return "another row of the source wants the same username: give one of them another, or set username in [mirror]";
	return "the source has a problem with this row";
}

static const char *key_objection(const struct difference *d)
{
	if (empty(d->key))
		return "the key is empty";
	if (!utf8_valid(d->key))
		return "the key is not valid UTF-8: correct it in the PBX";
	if (too_long(d->key))
		return "the key" TOO_LONG;
	if (has_control(d->key))
		return "the key contains control characters";
	if (empty(d->extension))
		return "the extension is empty";
	return NULL;
}

static const char *username_objection(const char *username)
{
	if (empty(username))
		return "the username is empty";
	if (!utf8_valid(username))
		return "the username is not valid UTF-8: correct it in the PBX";
	if (too_long(username))
		return "the username" TOO_LONG ", or set username in [mirror]";
	if (has_white_space(username))
		return "the username contains white space" FROM_PBX;
	if (strchr(username, '@'))
		return "the username contains @" FROM_PBX;
	return NULL;
}

/* Whatever is sent has to be UTF-8; lists too, since their names stand in warnings. */
static const char *text_objection(const struct difference *d)
{
	const struct {
		const char *text;
		const char *objection;
	} texts[] = {
		{ d->secret, "the secret is not valid UTF-8: correct it in the PBX" },
		{ d->email, "the email is not valid UTF-8: correct it in the PBX" },
		{ d->caller_id, "the caller_id is not valid UTF-8: correct it in the PBX" },
		{ d->send_as, "the send_as is not valid UTF-8: correct it in the PBX" },
		{ d->ciphers, "the ciphers are not valid UTF-8: correct them in the PBX" },
		{ d->codecs, "the codecs are not valid UTF-8: correct them in the PBX" },
		{ d->encryption, "the encryption is not valid UTF-8: correct it in the PBX" },
		{ d->call_handler, "the call_handler is not valid UTF-8: correct it in the PBX" },
		{ d->calling_handler, "the calling_handler_resource_id is not valid UTF-8: correct it in the PBX" },
	};

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		if (texts[i].text && !utf8_valid(texts[i].text))
			return texts[i].objection;
	return NULL;
}

static const char *profile_objection(const struct difference *d)
{
	static const char *const objections[JSON_PROFILE_COUNT] = {
		[JSON_FIRST_NAME] = "the first_name is not valid UTF-8: correct it in the PBX",
		[JSON_LAST_NAME] = "the last_name is not valid UTF-8: correct it in the PBX",
		[JSON_DISPLAY_NAME] = "the display_name is not valid UTF-8: correct it in the PBX",
		[JSON_JOB_TITLE] = "the job_title is not valid UTF-8: correct it in the PBX",
		[JSON_TIMEZONE] = "the timezone is not valid UTF-8: correct it in the PBX",
		[JSON_COUNTRY] = "the country is not valid UTF-8: correct it in the PBX",
		[JSON_COMPANY_NAME] = "the company_name is not valid UTF-8: correct it in the PBX",
	};

	if (!d->profile_speaks)
		return NULL;
	for (size_t i = 0; i < JSON_PROFILE_COUNT; i++)
		if (d->profile[i] && !utf8_valid(d->profile[i]))
			return objections[i];
	return NULL;
}

static const char *settings_objection(const struct difference *d)
{
	bool resource = d->call_handler && !strcasecmp(d->call_handler, "resource");

	if (d->encryption && strcasecmp(d->encryption, "default") && strcasecmp(d->encryption, "required") &&
	    strcasecmp(d->encryption, "optional"))
		return "the encryption is none of default, required, optional: correct it in the PBX";
	if (d->call_handler && !resource && strcasecmp(d->call_handler, "default") &&
	    strcasecmp(d->call_handler, "passthrough") && strcasecmp(d->call_handler, "block-pstn"))
		return "the call_handler is none of default, passthrough, block-pstn, resource: correct it in the PBX";
	if (resource && empty(d->calling_handler))
		return "the call_handler is resource, which needs a calling_handler_resource_id";
	if (!resource && !empty(d->calling_handler))
		return "there is a calling_handler_resource_id, which needs the call_handler resource";
	return NULL;
}

/* An e-mail is needed where a subscriber has to be found or made, and only there. */
static bool needs_email(const struct difference *d)
{
	bool takes_over = d->state == STATE_NONE && (d->holder == HOLDER_ABSENT || d->holder == HOLDER_DISABLED);

	return !d->owner_id && !takes_over;
}

#define MADE_OF "its e-mail is made of its key and [mirror] subscriber_domain, and "
#define OWN_EMAIL ": change the key, or give the row an e-mail of its own (column email)"

/* One that is made of the key. */
static const char *made_objection(const struct difference *d)
{
	if (too_long(d->email))
		return MADE_OF "is longer than 255 bytes then" OWN_EMAIL;
	if (has_white_space(d->key))
		return MADE_OF "the key contains white space" OWN_EMAIL;
	if (strchr(d->key, '@'))
		return MADE_OF "the key contains @" OWN_EMAIL;
	return NULL;
}

static const char *email_objection(const struct difference *d)
{
	if (empty(d->email))
		return needs_email(d) ? "it has no e-mail for a subscriber: set subscriber_domain or subscriber_id in [mirror], "
					"or give the row an e-mail (column email)" : NULL;
	if (!d->email_given)
		return needs_email(d) ? made_objection(d) : NULL;
	/* What SignalWire has taken before is no trouble. */
	if (d->owner_email && strcmp(d->email, d->owner_email) == 0)
		return NULL;
	if (too_long(d->email))
		return "the email" TOO_LONG;
	if (has_white_space(d->email))
		return "the email contains white space: correct it in the PBX";
	return NULL;
}

const char *objection_find(const struct difference *d, bool one_place)
{
	const char *objection = key_objection(d);

	if (!objection && d->problem)
		objection = objection_problem(d->problem);
	if (!objection)
		objection = username_objection(d->username);
	if (!objection)
		objection = text_objection(d);
	if (!objection && !one_place)
		objection = profile_objection(d);
	if (!objection)
		objection = settings_objection(d);
	if (!objection && !one_place)
		objection = email_objection(d);
	return objection;
}
