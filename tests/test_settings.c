/* test_settings - lists in the API's names, and what a request writes. */
#include "settings.h"

#include "check.h"

#include <string.h>

#include "mem.h"
#include "strbuf.h"

static const struct {
	const char *list;
	const char *names;   /* NULL: names nothing */
	const char *unknown; /* NULL: none */
} codec_rows[] = {
	{ NULL, NULL, NULL },
	{ "", NULL, NULL },
	{ " , |&", NULL, NULL },
	{ "ulaw", "PCMU", NULL },
	{ "mulaw", "PCMU", NULL },
	{ "ulaw,alaw,g722,g729,opus,vp8,h264", "PCMU PCMA G722 G729 OPUS VP8 H264", NULL },
	{ "g729a", "G729", NULL },
	{ "ULAW|Alaw&G722 opus\tvp8\nh264", "PCMU PCMA G722 OPUS VP8 H264", NULL },
	{ "pcmu,PCMA,Opus,VP8", "PCMU PCMA OPUS VP8", NULL },
	{ "opus@48000h@20i,OPUS@24000H@20I,opus@16000H@20i,OPUS@8000H@20I",
	  "OPUS@48000H@20I OPUS@24000H@20I OPUS@16000H@20I OPUS@8000H@20I", NULL },
	{ "opus,opus@48000h@20i", "OPUS OPUS@48000H@20I", NULL },
	{ "alaw,ulaw,PCMA,alaw", "PCMA PCMU", NULL },
	{ ",,alaw,,ulaw,,", "PCMA PCMU", NULL },
	{ "ulaw,gsm,alaw,ilbc", "PCMU PCMA", "gsm, ilbc" },
	{ "gsm", "", "gsm" },
	{ "ula,ulaww,pcm", "", "ula, ulaww, pcm" },
	{ "opus@12000h@20i", "", "opus@12000h@20i" },
	{ "!all,ulaw", "PCMU", NULL },
	{ "ulaw,!all,alaw", "PCMA", NULL },
	{ "ulaw,!ALL,ulaw", "PCMU", NULL },
	{ "!all", NULL, NULL },
	{ "!ulaw,alaw", "PCMA", "!ulaw" },
}, cipher_rows[] = {
	{ NULL, NULL, NULL },
	{ "AEAD_AES_256_GCM_8,AES_256_CM_HMAC_SHA1_80", "AEAD_AES_256_GCM_8 AES_256_CM_HMAC_SHA1_80", NULL },
	{ "aes_cm_128_hmac_sha1_80|aes_256_cm_hmac_sha1_32 AES_CM_128_HMAC_SHA1_32",
	  "AES_CM_128_HMAC_SHA1_80 AES_256_CM_HMAC_SHA1_32 AES_CM_128_HMAC_SHA1_32", NULL },
	{ "AES_CM_128_HMAC_SHA1_80,aes_cm_128_hmac_sha1_80", "AES_CM_128_HMAC_SHA1_80", NULL },
	{ "!all,ROT13", "", "!all, ROT13" },
};

static char *joined(const char *const *list, const char *separator)
{
	struct strbuf out = STRBUF_INIT;

	for (; list && *list; list++)
		strbuf_printf(&out, "%s%s", out.len ? separator : "", *list);
	return strbuf_detach(&out);
}

static void check_list(const char **got, char *unknown, const char *wanted, const char *wanted_unknown, const char *list)
{
	char *text = joined(got, " ");

	if (!got != !wanted || (wanted && strcmp(text, wanted)))
		fail_msg("%s: got \"%s\"", list, got ? text : "nothing");
	if (!unknown != !wanted_unknown || (unknown && strcmp(unknown, wanted_unknown)))
		fail_msg("%s: unknown \"%s\"", list, unknown ? unknown : "none");
	mem_free(text);
	mem_free(got);
	mem_free(unknown);
}

static void lists(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(codec_rows); i++) {
		char *unknown = NULL;
		const char **got = settings_codecs(codec_rows[i].list, &unknown);

		check_list(got, unknown, codec_rows[i].names, codec_rows[i].unknown, codec_rows[i].list);
	}
	for (size_t i = 0; i < COUNT(cipher_rows); i++) {
		char *unknown = NULL;
		const char **got = settings_ciphers(cipher_rows[i].list, &unknown);

		check_list(got, unknown, cipher_rows[i].names, cipher_rows[i].unknown, cipher_rows[i].list);
	}
}

/* A request as text: every field that would be written, in the order of its bit. */
static char *written(const struct json_credential_request *request)
{
	const struct {
		unsigned bit;
		const char *name;
		const char *text;
		const char *const *list;
	} fields[] = {
		{ JSON_USERNAME, "username", request->username, NULL },
		{ JSON_PASSWORD, "password", request->password, NULL },
		{ JSON_CALLER_ID, "caller_id", request->caller_id, NULL },
		{ JSON_SEND_AS, "send_as", request->send_as, NULL },
		{ JSON_CIPHERS, "ciphers", NULL, request->ciphers },
		{ JSON_CODECS, "codecs", NULL, request->codecs },
		{ JSON_ENCRYPTION, "encryption", request->encryption, NULL },
		{ JSON_CALL_HANDLER, "call_handler", request->call_handler, NULL },
		{ JSON_CALLING_HANDLER, "calling_handler", request->calling_handler_resource_id, NULL },
	};
	struct strbuf out = STRBUF_INIT;

	for (size_t i = 0; i < COUNT(fields); i++) {
		char *list = fields[i].list ? joined(fields[i].list, ",") : NULL;

		if (request->fields & fields[i].bit)
			strbuf_printf(&out, "%s%s=%s%s%s", out.len ? " " : "", fields[i].name, list ? "[" : "",
				      list ? list : fields[i].text ? fields[i].text : "null", list ? "]" : "");
		mem_free(list);
	}
	return strbuf_detach(&out);
}

#define ALL_SENT "caller_id,send_as,ciphers,codecs,encryption,call_handler,calling_handler_resource_id"

static const struct {
	struct settings_desired desired;
	const char *written;
	const char *sent; /* sent_fields afterwards */
} fills[] = {
	/* Nothing is managed. */
	{ { .sent_fields = NULL }, "", "" },
	{ { .caller_id = "", .codecs = " ", .encryption = "" }, "", "" },
	/* What has a value is sent. */
	{ { .caller_id = "Jo" }, "caller_id=Jo", "caller_id" },
	{ { .send_as = "random", .sent_fields = "send_as" }, "send_as=random", "send_as" },
	{ { .codecs = "ulaw,opus", .ciphers = "AES_CM_128_HMAC_SHA1_80" },
	  "ciphers=[AES_CM_128_HMAC_SHA1_80] codecs=[PCMU,OPUS]", "ciphers,codecs" },
	{ { .encryption = "Required" }, "encryption=required", "encryption" },
	{ { .encryption = "default" }, "encryption=default", "encryption" },
	{ { .encryption = "sometimes" }, "encryption=sometimes", "encryption" }, /* an objection's business */
	/* What was sent before and has no value now is taken back, once. */
	{ { .sent_fields = "caller_id" }, "caller_id=null", "" },
	{ { .sent_fields = "send_as" }, "send_as=null", "" },
	{ { .sent_fields = "ciphers, codecs" }, "ciphers=[] codecs=[]", "" },
	{ { .sent_fields = "encryption" }, "encryption=default", "" },
	{ { .sent_fields = ALL_SENT }, "caller_id=null send_as=null ciphers=[] codecs=[] encryption=default", "" },
	{ { .caller_id = "Jo", .sent_fields = "codecs" }, "caller_id=Jo codecs=[]", "caller_id" },
	{ { .sent_fields = "caller_i,codecss,x" }, "", "" },
	{ { .codecs = ",", .sent_fields = "codecs" }, "codecs=[]", "" },
	/* Unknown names are left out; a list of nothing else is not sent, and what was sent stays. */
	{ { .codecs = "gsm,ulaw" }, "codecs=[PCMU]", "codecs" },
	{ { .codecs = "gsm" }, "", "" },
	{ { .codecs = "gsm", .sent_fields = "codecs" }, "", "codecs" },
	{ { .ciphers = "ROT13", .sent_fields = "ciphers,caller_id" }, "caller_id=null", "ciphers" },
	{ { .ciphers = "ROT13", .codecs = "gsm", .sent_fields = "ciphers,codecs" }, "", "ciphers,codecs" },
	/* Handlers belong to standalone credentials. */
	{ { .call_handler = "resource", .calling_handler = "id" }, "", "" },
	{ { .call_handler = "resource", .calling_handler = "id", .standalone = true },
	  "call_handler=resource calling_handler=id", "call_handler,calling_handler_resource_id" },
	{ { .sent_fields = "call_handler,calling_handler_resource_id", .standalone = true },
	  "call_handler=default calling_handler=null", "" },
	{ { .call_handler = "Block-PSTN", .standalone = true }, "call_handler=block-pstn", "call_handler" },
	{ { .caller_id = "Jo", .call_handler = "passthrough", .standalone = true },
	  "caller_id=Jo call_handler=passthrough", "caller_id,call_handler" },
	{ { .sent_fields = "call_handler" }, "", "" },
};

static void requests(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(fills); i++) {
		struct settings settings = SETTINGS_INIT;
		struct json_credential_request request = { .fields = 0 };
		char *text = NULL, *sent = NULL;

		settings_fill(&settings, &fills[i].desired, &request);
		text = written(&request);
		sent = settings_sent_fields(&settings);
		if (strcmp(text, fills[i].written) || strcmp(sent, fills[i].sent))
			fail_msg("row %zu: writes \"%s\", sent \"%s\"", i, text, sent);
		mem_free(text);
		mem_free(sent);
		settings_release(&settings);
	}
}

/* Username and password are somebody else's; a struct may be used again. */
static void used_again(void **state)
{
	const struct settings_desired one = { .codecs = "gsm,ulaw", .ciphers = "ROT13", .caller_id = "Jo" };
	const struct settings_desired two = { .codecs = "alaw", .sent_fields = "caller_id,codecs" };
	struct settings settings = SETTINGS_INIT;
	struct json_credential_request request = {
		.fields = JSON_USERNAME | JSON_PASSWORD, .username = "100", .password = "x",
	};
	char *text = NULL;

	(void)state;
	settings_fill(&settings, &one, &request);
	assert_string_equal(settings.unknown_codecs, "gsm");
	assert_string_equal(settings.unknown_ciphers, "ROT13");
	text = written(&request);
	assert_string_equal(text, "username=100 password=x caller_id=Jo codecs=[PCMU]");
	mem_free(text);

	settings_fill(&settings, &two, &request);
	assert_null(settings.unknown_codecs);
	assert_null(settings.unknown_ciphers);
	text = written(&request);
	assert_string_equal(text, "username=100 password=x caller_id=null codecs=[PCMA]");
	mem_free(text);
	text = settings_sent_fields(&settings);
	assert_string_equal(text, "codecs");
	mem_free(text);
	settings_release(&settings);
	settings_release(&settings);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists),
		cmocka_unit_test(requests),
		cmocka_unit_test(used_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
