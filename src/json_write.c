/* json_write - requests to JSON text, straight into the caller's buffer. */
#include "json.h"

#include "utf8.h"

#include <assert.h>
#include <string.h>

/*
 * json-c is not used here: it would keep copies of a password that nobody
 * wipes.  Escapes as RFC 8259, section 7.
 */
void json_write_escaped(struct strbuf *out, const char *text)
{
	strbuf_putc(out, '"');
	while (*text) {
		size_t plain = 0;

		while ((unsigned char)text[plain] >= 0x20 && text[plain] != '"' && text[plain] != '\\')
			plain++;
		strbuf_add(out, text, plain);
		text += plain;
		if (*text == '"' || *text == '\\') {
			strbuf_putc(out, '\\');
			strbuf_putc(out, *text++);
		} else if (*text) {
			static const char hex[] = "0123456789abcdef";
			unsigned char c = (unsigned char)*text++;

			strbuf_puts(out, "\\u00");
			strbuf_putc(out, hex[c >> 4]);
			strbuf_putc(out, hex[c & 15]);
		}
	}
	strbuf_putc(out, '"');
}

static int check(const char *name, const char *text, struct error *err)
{
	if (text && !utf8_valid(text))
		return error_set(err, ERROR_NEVER, "The %s is not valid UTF-8, and SignalWire takes nothing else; "
				 "correct it in the PBX", name);
	return 0;
}

int json_write_text(struct strbuf *out, const char *name, const char *text, struct error *err)
{
	if (check(name, text, err))
		return -1;
	if (text)
		json_write_escaped(out, text);
	else
		strbuf_puts(out, "null");
	return 0;
}

static int write_list(struct strbuf *out, const char *name, const char *const *list, struct error *err)
{
	strbuf_putc(out, '[');
	for (size_t i = 0; list && list[i]; i++) {
		if (i)
			strbuf_putc(out, ',');
		if (json_write_text(out, name, list[i], err))
			return -1;
	}
	strbuf_putc(out, ']');
	return 0;
}

/* What stands before each member; `start` is where the object's brace is. */
static void write_name(struct strbuf *out, size_t start, const char *name)
{
	strbuf_puts(out, out->len > start + 1 ? ",\"" : "\"");
	strbuf_puts(out, name);
	strbuf_puts(out, "\":");
}

int json_write_credential(struct strbuf *out, const struct json_credential_request *request, struct error *err)
{
	const struct {
		unsigned bit;
		const char *name;
		const char *text;
		const char *const *list;
	} members[] = {
		{ JSON_USERNAME, "username", request->username, NULL },
		{ JSON_PASSWORD, "password", request->password, NULL },
		{ JSON_CALLER_ID, "caller_id", request->caller_id, NULL },
		{ JSON_SEND_AS, "send_as", request->send_as, NULL },
		{ JSON_CIPHERS, "ciphers", NULL, request->ciphers },
		{ JSON_CODECS, "codecs", NULL, request->codecs },
		{ JSON_ENCRYPTION, "encryption", request->encryption, NULL },
		{ JSON_CALL_HANDLER, "call_handler", request->call_handler, NULL },
		{ JSON_CALLING_HANDLER, "calling_handler_resource_id", request->calling_handler_resource_id, NULL },
	};
	size_t start = out->len;

	strbuf_putc(out, '{');
	for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
		int failed = 0;

		if (!(request->fields & members[i].bit))
			continue;
		write_name(out, start, members[i].name);
		if (members[i].bit & (JSON_CIPHERS | JSON_CODECS))
			failed = write_list(out, members[i].name, members[i].list, err);
		else
			failed = json_write_text(out, members[i].name, members[i].text, err);
		if (failed) {
			strbuf_truncate(out, start);
			return -1;
		}
	}
	strbuf_putc(out, '}');
	return 0;
}

int json_write_subscriber(struct strbuf *out, const char *email, const char *const profile[JSON_PROFILE_COUNT],
			  unsigned clear, struct error *err)
{
	size_t start = out->len;

	assert(email);
	strbuf_putc(out, '{');
	write_name(out, start, "email");
	if (json_write_text(out, "email", email, err))
		goto failed;
	for (int i = 0; i < JSON_PROFILE_COUNT; i++) {
		bool null = clear & 1u << i;

		if (!null && !profile[i])
			continue;
		write_name(out, start, json_profile_names[i]);
		if (json_write_text(out, json_profile_names[i], null ? NULL : profile[i], err))
			goto failed;
	}
	strbuf_putc(out, '}');
	return 0;
failed:
	strbuf_truncate(out, start);
	return -1;
}
