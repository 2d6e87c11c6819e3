/* test_objection - what cannot be sent, field by field. */
#include "plan.h"

#include "check.h"

#include <stddef.h>
#include <string.h>

#define TEXT(field) offsetof(struct difference, field)
#define PROFILE(i) (offsetof(struct difference, profile) + (i) * sizeof(const char *))
#define BAD "J\xf6rg" /* Latin-1 */
#define FROM_PBX ", which SignalWire does not take: correct it in the PBX, or set username in [mirror]"
#define NO_EMAIL "it has no e-mail for a subscriber: set subscriber_domain or subscriber_id in [mirror], " \
		 "or give the row an e-mail (column email)"
#define MADE_OF "its e-mail is made of its key and [mirror] subscriber_domain, and "
#define OWN_EMAIL ": change the key, or give the row an e-mail of its own (column email)"

static struct difference sound(void)
{
	struct difference d = {
		.key = "100", .present = true, .enabled = true, .extension = "100", .username = "100", .secret = "x",
		.email = "100@example.org", .email_given = true, .profile_speaks = true,
	};

	return d;
}

/* One field of a sound row is changed. */
static const struct {
	size_t field;
	const char *text;
	const char *objection;
} fields[] = {
	{ TEXT(key), NULL, "the key is empty" },
	{ TEXT(key), "", "the key is empty" },
	{ TEXT(key), BAD, "the key is not valid UTF-8: correct it in the PBX" },
	{ TEXT(key), "10\n0", "the key contains control characters" },
	{ TEXT(key), "10\x1f", "the key contains control characters" },
	{ TEXT(key), "10\x7f", "the key contains control characters" },
	{ TEXT(key), "10\xc2\x80", "the key contains control characters" },
	{ TEXT(key), "10\xc2\x9f", "the key contains control characters" },
	{ TEXT(key), "10\xc2\xa0 J\xc3\x9frg", NULL },
	{ TEXT(extension), NULL, "the extension is empty" },
	{ TEXT(extension), "", "the extension is empty" },
	{ TEXT(problem), "duplicate_key", "another row of the source has the same key: give each its own, or name a column for it (key) in [columns]" },
	{ TEXT(problem), "duplicate_username", "another row of the source wants the same username: give one of them another, or set username in [mirror]" },
	{ TEXT(problem), "something", "the source has a problem with this row" },
	{ TEXT(username), NULL, "the username is empty" },
	{ TEXT(username), "", "the username is empty" },
	{ TEXT(username), BAD, "the username is not valid UTF-8: correct it in the PBX" },
	{ TEXT(username), "1 0", "the username contains white space" FROM_PBX },
	{ TEXT(username), "100\t", "the username contains white space" FROM_PBX },
	{ TEXT(username), "\r100", "the username contains white space" FROM_PBX },
	{ TEXT(username), "100\n", "the username contains white space" FROM_PBX },
	{ TEXT(username), "10\v0", "the username contains white space" FROM_PBX },
	{ TEXT(username), "10\f0", "the username contains white space" FROM_PBX },
	{ TEXT(username), "10\xc2\x85", "the username contains white space" FROM_PBX },
	{ TEXT(username), "10\xc2\xa0", "the username contains white space" FROM_PBX },
	{ TEXT(username), "10\xe1\x9a\x80", "the username contains white space" FROM_PBX },
	{ TEXT(username), "10\xe2\x80\x80", "the username contains white space" FROM_PBX },
	{ TEXT(username), "10\xe2\x80\x85", "the username contains white space" FROM_PBX },
	{ TEXT(username), "10\xe2\x80\x8a", "the username contains white space" FROM_PBX },
	{ TEXT(username), "10\xe2\x80\xa8", "the username contains white space" FROM_PBX },
	{ TEXT(username), "10\xe2\x80\xaf", "the username contains white space" FROM_PBX },
	{ TEXT(username), "10\xe2\x81\x9f", "the username contains white space" FROM_PBX },
	{ TEXT(username), "10\xe3\x80\x80", "the username contains white space" FROM_PBX },
	{ TEXT(username), "10\xe2\x80\x8b", NULL }, /* zero width space: no White_Space */
	{ TEXT(username), "100@pbx", "the username contains @" FROM_PBX },
	{ TEXT(username), "j\xc3\xb6rg", NULL },
	{ TEXT(secret), BAD, "the secret is not valid UTF-8: correct it in the PBX" },
	{ TEXT(secret), " x @ ", NULL }, /* no rule is published for passwords */
	{ TEXT(email), BAD, "the email is not valid UTF-8: correct it in the PBX" },
	{ TEXT(email), NULL, NO_EMAIL },
	{ TEXT(email), "", NO_EMAIL },
	{ TEXT(caller_id), BAD, "the caller_id is not valid UTF-8: correct it in the PBX" },
	{ TEXT(send_as), BAD, "the send_as is not valid UTF-8: correct it in the PBX" },
	{ TEXT(ciphers), BAD, "the ciphers are not valid UTF-8: correct them in the PBX" },
	{ TEXT(codecs), BAD, "the codecs are not valid UTF-8: correct them in the PBX" },
	{ TEXT(encryption), BAD, "the encryption is not valid UTF-8: correct it in the PBX" },
	{ TEXT(call_handler), BAD, "the call_handler is not valid UTF-8: correct it in the PBX" },
	{ TEXT(calling_handler), BAD, "the calling_handler_resource_id is not valid UTF-8: correct it in the PBX" },
	{ PROFILE(JSON_FIRST_NAME), BAD, "the first_name is not valid UTF-8: correct it in the PBX" },
	{ PROFILE(JSON_LAST_NAME), BAD, "the last_name is not valid UTF-8: correct it in the PBX" },
	{ PROFILE(JSON_DISPLAY_NAME), BAD, "the display_name is not valid UTF-8: correct it in the PBX" },
	{ PROFILE(JSON_JOB_TITLE), BAD, "the job_title is not valid UTF-8: correct it in the PBX" },
	{ PROFILE(JSON_TIMEZONE), BAD, "the timezone is not valid UTF-8: correct it in the PBX" },
	{ PROFILE(JSON_COUNTRY), BAD, "the country is not valid UTF-8: correct it in the PBX" },
	{ PROFILE(JSON_COMPANY_NAME), BAD, "the company_name is not valid UTF-8: correct it in the PBX" },
	{ PROFILE(JSON_COMPANY_NAME), "M\xc3\xbcller & Co", NULL },
	{ TEXT(encryption), "sometimes", "the encryption is none of default, required, optional: correct it in the PBX" },
	{ TEXT(encryption), "default", NULL },
	{ TEXT(encryption), "Required", NULL },
	{ TEXT(encryption), "Default", NULL },
	{ TEXT(encryption), "OPTIONAL", NULL },
	{ TEXT(encryption), "optional", NULL },
	{ TEXT(call_handler), "resource", "the call_handler is resource, which needs a calling_handler_resource_id" },
	{ TEXT(call_handler), "Resource", "the call_handler is resource, which needs a calling_handler_resource_id" },
	{ TEXT(call_handler), "passthrough", NULL },
	{ TEXT(call_handler), "Block-PSTN", NULL },
	{ TEXT(call_handler), "default", NULL },
	{ TEXT(call_handler), "relay_script",
	  "the call_handler is none of default, passthrough, block-pstn, resource: correct it in the PBX" },
	{ TEXT(calling_handler), "11111111-2222-4333-8444-555555555555",
	  "there is a calling_handler_resource_id, which needs the call_handler resource" },
};

static void expect(const struct difference *d, bool fixed, const char *wanted, const char *what)
{
	const struct plan_policy policy = { .one_place = fixed };
	const char *got = plan_objection(d, &policy);

	if ((got == NULL) != (wanted == NULL) || (got && strcmp(got, wanted)))
		fail_msg("%s: wanted \"%s\", got \"%s\"", what, wanted ? wanted : "none", got ? got : "none");
}

static void single_fields(void **state)
{
	struct difference d = sound();

	(void)state;
	expect(&d, false, NULL, "a sound row");
	for (size_t i = 0; i < COUNT(fields); i++) {
		d = sound();
		memcpy((char *)&d + fields[i].field, &fields[i].text, sizeof fields[i].text);
		expect(&d, false, fields[i].objection, fields[i].text ? fields[i].text : "(null)");
	}
}

/* An e-mail is asked for only where a subscriber has to be found or made. */
static void missing_email(void **state)
{
	struct difference d = sound();

	(void)state;
	d.email = NULL;
	expect(&d, true, NULL, "one subscriber owns all");
	d.owner_id = "owner";
	expect(&d, false, NULL, "its subscriber is known");
	d.owner_id = NULL;
	d.holder = HOLDER_DISABLED;
	expect(&d, false, NULL, "takes a row over");
	d.holder = HOLDER_ABSENT;
	expect(&d, false, NULL, "takes a row over");
	d.holder = HOLDER_MOVES;
	expect(&d, false, NO_EMAIL, "its holder only moves");
	d.holder = HOLDER_ABSENT;
	d.state = STATE_CREATING;
	expect(&d, false, NO_EMAIL, "has a row of its own");
}

/* An e-mail is looked at where it would be sent. */
static void unfit_email(void **state)
{
	struct difference d = sound();

	(void)state;
	d.email_given = false;
	d.key = "10 0";
	d.email = "10 0@example.org";
	expect(&d, false, MADE_OF "the key contains white space" OWN_EMAIL, "made of a key with a blank");
	expect(&d, true, NULL, "one subscriber owns all");
	d.owner_id = "owner";
	expect(&d, false, NULL, "its subscriber is known");
	d.owner_id = NULL;
	d.key = "100@pbx";
	d.email = "100@pbx@example.org";
	expect(&d, false, MADE_OF "the key contains @" OWN_EMAIL, "made of an address");
	d.email_given = true;
	d.email = "j doe@example.org";
	expect(&d, false, "the email contains white space: correct it in the PBX", "given");
	d.owner_id = "owner";
	d.owner_email = "old@example.org";
	expect(&d, false, "the email contains white space: correct it in the PBX", "given, and another than before");
	d.owner_email = d.email;
	expect(&d, false, NULL, "given, and taken before");
}

/* What no index of the ledger takes: 255 bytes are enough. */
static void long_names(void **state)
{
	struct difference d = sound();
	char text[257];

	(void)state;
	memset(text, 'x', sizeof text - 1);
	text[256] = '\0';
	d.key = text + 1;
	d.username = text + 1;
	d.email = text + 1;
	expect(&d, false, NULL, "255 bytes");
	d.key = text;
	expect(&d, false, "the key is longer than 255 bytes: shorten it in the PBX", "a key");
	d.key = "100";
	d.username = text;
	expect(&d, false, "the username is longer than 255 bytes: shorten it in the PBX, or set username in [mirror]", "a username");
	d.username = "100";
	d.email = text;
	expect(&d, false, "the email is longer than 255 bytes: shorten it in the PBX", "an e-mail");
	d.email_given = false;
	expect(&d, false, MADE_OF "is longer than 255 bytes then" OWN_EMAIL, "an e-mail that is made");
}

static void profiles_that_are_not_sent(void **state)
{
	struct difference d = sound();

	(void)state;
	d.profile[JSON_COUNTRY] = BAD;
	expect(&d, true, NULL, "one subscriber owns all");
	d.profile_speaks = false;
	expect(&d, false, NULL, "another row speaks");
}

static void handlers(void **state)
{
	struct difference d = sound();

	(void)state;
	d.call_handler = "resource";
	d.calling_handler = "11111111-2222-4333-8444-555555555555";
	expect(&d, false, NULL, "resource with its id");
	d.call_handler = "passthrough";
	expect(&d, false, "there is a calling_handler_resource_id, which needs the call_handler resource", "passthrough with an id");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(single_fields),
		cmocka_unit_test(missing_email),
		cmocka_unit_test(unfit_email),
		cmocka_unit_test(long_names),
		cmocka_unit_test(profiles_that_are_not_sent),
		cmocka_unit_test(handlers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
