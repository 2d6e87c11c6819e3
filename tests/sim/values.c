/* values - the rules for single values: types, enumerations, lengths. */
#include "values.h"

#include <ctype.h>
#include <string.h>

const char values_default_ciphers[] = "[\"AES_256_CM_HMAC_SHA1_80\",\"AES_CM_128_HMAC_SHA1_80\","
				      "\"AES_256_CM_HMAC_SHA1_32\",\"AES_CM_128_HMAC_SHA1_32\"]";
const char values_default_codecs[] = "[\"OPUS\",\"G722\",\"PCMU\",\"PCMA\",\"VP8\",\"H264\"]";

static const char *const ciphers[] = { "AEAD_AES_256_GCM_8", "AES_256_CM_HMAC_SHA1_80", "AES_CM_128_HMAC_SHA1_80",
				       "AES_256_CM_HMAC_SHA1_32", "AES_CM_128_HMAC_SHA1_32", NULL };
static const char *const codecs[] = { "PCMU", "PCMA", "G722", "G729", "OPUS", "OPUS@48000H@20I", "OPUS@24000H@20I",
				      "OPUS@16000H@20I", "OPUS@8000H@20I", "VP8", "H264", NULL };
static const char *const encryptions[] = { "default", "required", "optional", NULL };
static const char *const handlers[] = { "default", "passthrough", "block-pstn", "resource", NULL };
static const char *const legacy_handlers[] = { "relay_context", "relay_topic", "relay_application", "relay_connector",
					       "relay_script", "laml_webhooks", "laml_application", "dialogflow",
					       "video_room", "call_flow", "ai_agent", NULL };

static void invalid(struct problems *p, const char *name, const char *why)
{
	problems_add(p, "invalid_parameter", name, "%s %s", name, why);
}

/* A string without NUL bytes, or NULL after a problem. */
static const char *string(const char *name, struct json_object *value, struct problems *p)
{
	const char *s = NULL;

	if (!json_object_is_type(value, json_type_string)) {
		invalid(p, name, "must be a string");
		return NULL;
	}
	s = json_object_get_string(value);
	if (strlen(s) != (size_t)json_object_get_string_len(value)) {
		invalid(p, name, "must not hold a NUL character");
		return NULL;
	}
	return s;
}

static void too_long(const struct settings *s, const char *name, const char *text, struct problems *p)
{
	if (strlen(text) > (size_t)s->name_max)
		problems_add(p, "too_long", name, "%s is too long (maximum is %d)", name, (int)s->name_max);
}

void values_text(const struct settings *s, const char *name, struct json_object *value, struct problems *p)
{
	const char *text = value ? string(name, value, p) : NULL;

	if (text)
		too_long(s, name, text, p);
}

/* The local part's characters of the HTML standard's valid e-mail address; the domain as labels. */
static int is_email(const char *text)
{
	static const char local[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.!#$%&'*+/=?^_`{|}~-";
	size_t len = strspn(text, local);
	const char *label = text + len + 1;

	if (!len || text[len] != '@')
		return 0;
	for (;;) {
		size_t n = 0;

		while (isalnum((unsigned char)label[n]) || label[n] == '-')
			n++;
		if (!n || n > 63 || label[0] == '-' || label[n - 1] == '-')
			return 0;
		if (!label[n])
			return 1;
		if (label[n] != '.')
			return 0;
		label += n + 1;
	}
}

void values_email(const struct settings *s, const char *name, struct json_object *value, struct problems *p)
{
	const char *text = string(name, value, p);

	if (!text)
		return;
	if (!is_email(text))
		problems_add(p, "invalid_email", name, "%s is not a valid e-mail address", name);
	too_long(s, name, text, p);
}

void values_username(const struct settings *s, const char *name, struct json_object *value, struct problems *p)
{
	const char *text = string(name, value, p);
	const char *at = text;

	if (!text)
		return;
	if (!*text)
		problems_add(p, "blank", name, "%s can't be blank", name);
	while (*at && *at != '@' && !isspace((unsigned char)*at) && !iscntrl((unsigned char)*at))
		at++;
	if (*at)
		invalid(p, name, "must not contain white space or @");
	too_long(s, name, text, p);
}

void values_login_password(const struct settings *s, const char *name, struct json_object *value, struct problems *p)
{
	const char *text = string(name, value, p);

	(void)s;
	if (text && strlen(text) < 8)
		problems_add(p, "too_short", name, "%s is too short (minimum is 8)", name);
	if (text && strlen(text) > 72)
		problems_add(p, "too_long", name, "%s is too long (maximum is 72)", name);
}

void values_sip_password(const struct settings *s, const char *name, struct json_object *value, struct problems *p)
{
	const char *text = string(name, value, p);

	if (text && !*text)
		problems_add(p, "blank", name, "%s can't be blank", name);
	else if (text && strlen(text) < (size_t)s->sip_password_min)
		problems_add(p, "too_short", name, "%s is too short (minimum is %d)", name, (int)s->sip_password_min);
	if (text)
		too_long(s, name, text, p);
}

static int is_e164(const char *text)
{
	size_t digits = text[0] == '+' ? strspn(text + 1, "0123456789") : 0;

	return digits >= 7 && digits <= 15 && !text[1 + digits] && text[1] != '0';
}

static int has_number(const char *numbers, const char *number)
{
	size_t len = strlen(number);

	while (numbers && *numbers) {
		size_t here = strcspn(numbers, ", ");

		if (here == len && strncmp(numbers, number, len) == 0)
			return 1;
		numbers += here;
		numbers += strspn(numbers, ", ");
	}
	return 0;
}

void values_send_as(const struct settings *s, const char *name, struct json_object *value, struct problems *p)
{
	const char *text = json_object_get_string(value);

	if (!value)
		return;
	if (!json_object_is_type(value, json_type_string)) {
		problems_add(p, "send_as_is_invalid", name, "send_as is invalid");
		return;
	}
	if (strcmp(text, "random") == 0) {
		if (!s->numbers || !*s->numbers)
			problems_add(p, "no_valid_number_for_random_send_as_selection", name,
				     "There is no valid number for a random send_as");
	} else if (!is_e164(text)) {
		problems_add(p, "not_e164", name, "send_as must be in E.164 format");
	} else if (!has_number(s->numbers, text)) {
		problems_add(p, "not_purchased_or_verified", name, "send_as must be a purchased or verified number");
	}
}

static int among(const char *const *list, const char *word)
{
	while (*list && strcmp(*list, word) != 0)
		list++;
	return *list != NULL;
}

static void check_list(const char *const *known, const char *name, struct json_object *value, struct problems *p)
{
	size_t i = 0;

	if (json_object_is_type(value, json_type_string)) {
		p->crash = true;
		return;
	}
	if (!json_object_is_type(value, json_type_array)) {
		invalid(p, name, "must be an array");
		return;
	}
	for (i = 0; i < json_object_array_length(value); i++) {
		struct json_object *item = json_object_array_get_idx(value, i);
		const char *text = string(name, item, p);

		if (text && !among(known, text))
			problems_add(p, "invalid_parameter", name, "%s: %s is not one of the known values", name, text);
	}
}

void values_ciphers(const struct settings *s, const char *name, struct json_object *value, struct problems *p)
{
	(void)s;
	check_list(ciphers, name, value, p);
}

void values_codecs(const struct settings *s, const char *name, struct json_object *value, struct problems *p)
{
	(void)s;
	check_list(codecs, name, value, p);
}

static void check_word(const char *const *known, const char *name, struct json_object *value, struct problems *p)
{
	const char *text = string(name, value, p);

	if (text && !among(known, text))
		problems_add(p, "invalid_parameter", name, "%s: %s is not one of the known values", name, text);
}

void values_encryption(const struct settings *s, const char *name, struct json_object *value, struct problems *p)
{
	(void)s;
	check_word(encryptions, name, value, p);
}

void values_handler(const struct settings *s, const char *name, struct json_object *value, struct problems *p)
{
	(void)s;
	check_word(handlers, name, value, p);
}

void values_legacy_handler(const struct settings *s, const char *name, struct json_object *value, struct problems *p)
{
	(void)s;
	if (value)
		check_word(legacy_handlers, name, value, p);
}

void values_uuid(const struct settings *s, const char *name, struct json_object *value, struct problems *p)
{
	const char *text = value ? string(name, value, p) : NULL;
	size_t i = 0;

	(void)s;
	if (!text)
		return;
	for (i = 0; text[i]; i++) {
		int dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (dash ? text[i] != '-' : !isxdigit((unsigned char)text[i]))
			break;
	}
	if (i != 36 || text[i])
		invalid(p, name, "must be a UUID");
}
