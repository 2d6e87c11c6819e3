/* test_drift - which fields differ from what was last sent, and which are none of our business. */
#include "drift.h"

#include "check.h"

#include <string.h>

#define S "3f2504e0-4f89-41d3-9a0c-0305e82c3301"
#define T "3f2504e0-4f89-41d3-9a0c-0305e82c3302"

static void names_what_differs(void **state)
{
	static const struct {
		const char *name;
		struct settings_desired settings;
		struct drift_sent sent;
		struct drift_found found;
		const char *fields, *text;
	} rows[] = {
		{ "all the same", { .caller_id = "Ann", .codecs = "ulaw,alaw", .encryption = "required" },
		  { .subscriber_id = S, .username = "101" },
		  { .subscriber_id = S, .username = "101", .caller_id = "Ann", .codecs = "PCMU\nPCMA", .encryption = "required" }, "", "" },
		{ "ids have no case", { 0 }, { .subscriber_id = S }, { .subscriber_id = "3F2504E0-4F89-41D3-9A0C-0305E82C3301" }, "", "" },
		{ "another subscriber, and nothing else then", { .caller_id = "x" }, { .subscriber_id = S, .username = "101" },
		  { .subscriber_id = T, .username = "102" }, "subscriber", "subscriber is \"" T "\", not \"" S "\"" },
		{ "under none", { 0 }, { .subscriber_id = S }, { .username = "102" }, "subscriber", "subscriber is empty, not \"" S "\"" },
		{ "another name", { 0 }, { .username = "101" }, { .username = "1O1" }, "username", "username is \"1O1\", not \"101\"" },
		{ "a name in another case", { 0 }, { .username = "Ann" }, { .username = "ann" }, "username", "username is \"ann\", not \"Ann\"" },
		{ "not managed", { 0 }, { .username = "1" },
		  { .username = "1", .caller_id = "Bob", .send_as = "random", .codecs = "PCMU", .ciphers = "X", .encryption = "default",
		    .call_handler = "default", .email = "a@b.c", .profile = { "Bob" } }, "", "" },
		{ "texts", { .caller_id = "Ann", .send_as = "+1555" }, { 0 }, { .caller_id = "Bob" }, "caller_id,send_as",
		  "caller_id is \"Bob\", not \"Ann\"; send_as is empty, not \"+1555\"" },
		{ "a list in another order, and twice", { .codecs = "alaw,ulaw" }, { 0 }, { .codecs = "PCMU\nPCMA\nPCMU" }, "", "" },
		{ "a list in another case", { .codecs = "opus" }, { 0 }, { .codecs = "opus" }, "", "" },
		{ "one more", { .codecs = "alaw" }, { 0 }, { .codecs = "PCMU\nPCMA" }, "codecs", "codecs is \"PCMU,PCMA\", not \"PCMA\"" },
		{ "one less", { .codecs = "alaw,g722" }, { 0 }, { .codecs = "PCMA" }, "codecs", "codecs is \"PCMA\", not \"PCMA,G722\"" },
		{ "a beginning of a name", { .codecs = "opus" }, { 0 }, { .codecs = "OPUS@48000H@20I" }, "codecs",
		  "codecs is \"OPUS@48000H@20I\", not \"OPUS\"" },
		{ "none of them", { .ciphers = "AES_CM_128_HMAC_SHA1_80" }, { 0 }, { 0 }, "ciphers",
		  "ciphers is empty, not \"AES_CM_128_HMAC_SHA1_80\"" },
		{ "unknown names were never sent", { .codecs = "gsm" }, { 0 }, { .codecs = "PCMU" }, "", "" },
		{ "unknown names were left out", { .codecs = "gsm,ulaw" }, { 0 }, { .codecs = "PCMU" }, "", "" },
		{ "unknown names over what was sent before", { .codecs = "gsm", .sent_fields = "codecs" }, { 0 }, { .codecs = "PCMU" }, "", "" },
		{ "encryption as the API writes it", { .encryption = "REQUIRED" }, { 0 }, { .encryption = "required" }, "", "" },
		{ "encryption", { .encryption = "required" }, { 0 }, { .encryption = "optional" }, "encryption",
		  "encryption is \"optional\", not \"required\"" },
		{ "handlers of standalone ones", { .call_handler = "resource", .calling_handler = S, .standalone = true }, { 0 },
		  { .call_handler = "default" }, "call_handler,calling_handler_resource_id",
		  "call_handler is \"default\", not \"resource\"; calling_handler_resource_id is empty, not \"" S "\"" },
		{ "an e-mail in another case", { 0 }, { .email = "ann@x.example" }, { .email = "Ann@X.example" }, "", "" },
		{ "e-mail and profile", { 0 }, { .email = "ann@x.example", .profile = { "Ann", NULL, "Ann B" } },
		  { .email = "bob@x.example", .profile = { "Ann", "Foo", NULL } }, "email,display_name",
		  "email is \"bob@x.example\", not \"ann@x.example\"; display_name is empty, not \"Ann B\"" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct strbuf fields = STRBUF_INIT, text = STRBUF_INIT;
		struct drift_sent sent = rows[i].sent;
		size_t commas = 0;
		size_t count = 0;

		sent.settings = &rows[i].settings;
		count = drift_find(&sent, &rows[i].found, &fields, &text);
		if (strcmp(fields.data, rows[i].fields) != 0 || strcmp(text.data, rows[i].text) != 0)
			fail_msg("%s: %s: %s", rows[i].name, fields.data, text.data);
		for (const char *c = fields.data; *c; c++)
			commas += *c == ',';
		assert_int_equal(count, fields.len ? commas + 1 : 0);
		strbuf_release(&fields);
		strbuf_release(&text);
	}
}

/* Where the PBX has changed since, what is there cannot be compared with anything. */
static void compares_nothing_without_settings(void **state)
{
	struct strbuf fields = STRBUF_INIT, text = STRBUF_INIT;
	struct drift_sent sent = { .username = "1" };
	struct drift_found found = { .username = "1", .caller_id = "x" };

	(void)state;
	assert_int_equal(drift_find(&sent, &found, &fields, &text), 0);
	assert_string_equal(fields.data, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_what_differs),
		cmocka_unit_test(compares_nothing_without_settings),
	};

	return cmocka_run_group_tests_name("drift", tests, NULL, NULL);
}
