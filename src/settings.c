/* settings - what the PBX says about a line, as the API takes it. */
#include "settings.h"

#include <string.h>
#include <strings.h>

#include "mem.h"
#include "strbuf.h"

#define SEPARATORS ",|& \t\r\n\v\f"

struct name {
	const char *name; /* compared without case */
	const char *api;
};

static const struct name codecs[] = {
	{ "PCMU", "PCMU" }, { "ulaw", "PCMU" }, { "mulaw", "PCMU" },
	{ "PCMA", "PCMA" }, { "alaw", "PCMA" },
	{ "G722", "G722" },
	{ "G729", "G729" }, { "g729a", "G729" },
	{ "OPUS", "OPUS" },
	{ "OPUS@48000H@20I", "OPUS@48000H@20I" },
	{ "OPUS@24000H@20I", "OPUS@24000H@20I" },
	{ "OPUS@16000H@20I", "OPUS@16000H@20I" },
	{ "OPUS@8000H@20I", "OPUS@8000H@20I" },
	{ "VP8", "VP8" },
	{ "H264", "H264" },
	{ NULL, NULL }
};

static const struct name ciphers[] = {
	{ "AEAD_AES_256_GCM_8", "AEAD_AES_256_GCM_8" },
	{ "AES_256_CM_HMAC_SHA1_80", "AES_256_CM_HMAC_SHA1_80" },
	{ "AES_CM_128_HMAC_SHA1_80", "AES_CM_128_HMAC_SHA1_80" },
	{ "AES_256_CM_HMAC_SHA1_32", "AES_256_CM_HMAC_SHA1_32" },
	{ "AES_CM_128_HMAC_SHA1_32", "AES_CM_128_HMAC_SHA1_32" },
	{ NULL, NULL }
};

static const struct name encryptions[] = {
	{ "default", "default" }, { "required", "required" }, { "optional", "optional" },
	{ NULL, NULL }
};

static const struct name handlers[] = {
	{ "default", "default" }, { "passthrough", "passthrough" }, { "block-pstn", "block-pstn" }, { "resource", "resource" },
	{ NULL, NULL }
};

/* The settings in the order of sent_fields. */
static const struct {
	unsigned bit;
	const char *name;
} fields[] = {
	{ JSON_CALLER_ID, "caller_id" },
	{ JSON_SEND_AS, "send_as" },
	{ JSON_CIPHERS, "ciphers" },
	{ JSON_CODECS, "codecs" },
	{ JSON_ENCRYPTION, "encryption" },
	{ JSON_CALL_HANDLER, "call_handler" },
	{ JSON_CALLING_HANDLER, "calling_handler_resource_id" },
};
enum { FIELDS = sizeof fields / sizeof *fields };

static const char *api_name(const struct name *names, const char *text, size_t len)
{
	for (; names->name; names++)
		if (strlen(names->name) == len && !strncasecmp(names->name, text, len))
			return names->api;
	return NULL;
}

static bool listed(const char *const *list, const char *name)
{
	for (; *list; list++)
		if (!strcmp(*list, name))
			return true;
	return false;
}

/* `forget_all`: the word that empties the list so far; NULL: none. */
static const char **map_list(const struct name *names, const char *list, const char *forget_all, char **unknown)
{
	const char **out = NULL;
	size_t count = 0;
	bool named = false;
	struct strbuf strange = STRBUF_INIT;

	*unknown = NULL;
	if (!list)
		return NULL;
	/* There cannot be more names than every other byte. */
	out = mem_array(strlen(list) / 2 + 2, sizeof *out);
	for (const char *s = list + strspn(list, SEPARATORS); *s; s += strspn(s, SEPARATORS)) {
		size_t len = strcspn(s, SEPARATORS);
		const char *api = api_name(names, s, len);

		if (forget_all && strlen(forget_all) == len && !strncasecmp(s, forget_all, len)) {
			while (count > 0)
				out[--count] = NULL;
		} else if (!api) {
			named = true;
			strbuf_printf(&strange, "%s%.*s", strange.len ? ", " : "", (int)len, s);
		} else if (!listed(out, api)) {
			named = true;
			out[count++] = api;
		}
		s += len;
	}
	if (strange.len)
		*unknown = strbuf_detach(&strange);
	if (!named) {
		mem_free(out);
		out = NULL;
	}
	strbuf_release(&strange);
	return out;
}

const char **settings_codecs(const char *list, char **unknown)
{
	return map_list(codecs, list, "!all", unknown);
}

const char **settings_ciphers(const char *list, char **unknown)
{
	return map_list(ciphers, list, NULL, unknown);
}

/* Whether `name` stands in the comma separated text. */
static bool in_text(const char *text, const char *name)
{
	size_t len = strlen(name);

	for (const char *s = text; s && *s; s += strspn(s, SEPARATORS)) {
		size_t word = strcspn(s, SEPARATORS);

		if (word == len && !memcmp(s, name, len))
			return true;
		s += word;
	}
	return false;
}

static unsigned sent_before(const char *sent_fields)
{
	unsigned sent = 0;

	for (size_t i = 0; i < FIELDS; i++)
		if (in_text(sent_fields, fields[i].name))
			sent |= fields[i].bit;
	return sent;
}

static const char *value_or_null(const char *text)
{
	return text && *text ? text : NULL;
}

/* A list of unknown names only: nothing is sent, and what was sent before stays. */
static const char **keep_known(const char **list, unsigned bit, unsigned before, struct settings *settings, unsigned *left_out)
{
	if (!list || *list)
		return list;
	mem_free(list);
	*left_out |= bit;
	settings->sent |= before & bit;
	return NULL;
}

/* One word in the API's letters; one that is not known stays, and what is not there is "default". */
static const char *word(const struct name *names, const char *text)
{
	const char *known = text ? api_name(names, text, strlen(text)) : "default";

	return known ? known : text;
}

void settings_fill(struct settings *settings, const struct settings_desired *desired,
		   struct json_credential_request *request)
{
	static const char *const none[] = { NULL };
	unsigned before = sent_before(desired->sent_fields);
	unsigned managed = JSON_CALLER_ID | JSON_SEND_AS | JSON_CIPHERS | JSON_CODECS | JSON_ENCRYPTION;
	unsigned left_out = 0;
	unsigned values = 0;
	unsigned taken_back = 0;

	if (desired->standalone)
		managed |= JSON_CALL_HANDLER | JSON_CALLING_HANDLER;
	settings_release(settings);
	settings->ciphers = keep_known(settings_ciphers(desired->ciphers, &settings->unknown_ciphers),
				       JSON_CIPHERS, before, settings, &left_out);
	settings->codecs = keep_known(settings_codecs(desired->codecs, &settings->unknown_codecs),
				      JSON_CODECS, before, settings, &left_out);

	request->caller_id = value_or_null(desired->caller_id);
	request->send_as = value_or_null(desired->send_as);
	request->ciphers = settings->ciphers ? settings->ciphers : none;
	request->codecs = settings->codecs ? settings->codecs : none;
	request->encryption = value_or_null(desired->encryption);
	request->call_handler = value_or_null(desired->call_handler);
	request->calling_handler_resource_id = value_or_null(desired->calling_handler);

	values |= request->caller_id ? JSON_CALLER_ID : 0U;
	values |= request->send_as ? JSON_SEND_AS : 0U;
	values |= settings->ciphers ? JSON_CIPHERS : 0U;
	values |= settings->codecs ? JSON_CODECS : 0U;
	values |= request->encryption ? JSON_ENCRYPTION : 0U;
	values |= request->call_handler ? JSON_CALL_HANDLER : 0U;
	values |= request->calling_handler_resource_id ? JSON_CALLING_HANDLER : 0U;
	values &= managed;
	taken_back = before & managed & ~values & ~left_out;

	request->encryption = word(encryptions, request->encryption);
	request->call_handler = word(handlers, request->call_handler);
	settings->sent |= values;
	request->fields &= (unsigned)(JSON_USERNAME | JSON_PASSWORD);
	request->fields |= values | taken_back;
}

char *settings_sent_fields(const struct settings *settings)
{
	struct strbuf out = STRBUF_INIT;

	for (size_t i = 0; i < FIELDS; i++)
		if (settings->sent & fields[i].bit)
			strbuf_printf(&out, "%s%s", out.len ? "," : "", fields[i].name);
	return strbuf_detach(&out);
}

void settings_release(struct settings *settings)
{
	mem_free(settings->ciphers);
	mem_free(settings->codecs);
	mem_free(settings->unknown_ciphers);
	mem_free(settings->unknown_codecs);
	*settings = (struct settings)SETTINGS_INIT;
}
