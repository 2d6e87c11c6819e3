/* drift - where an object at SignalWire is not as it was last sent. */
#include "drift.h"

#include <string.h>
#include <strings.h>

struct finding {
	struct strbuf *fields, *text;
	size_t count;
};

static void note(struct finding *finding, const char *field, const char *is, const char *was)
{
	strbuf_printf(finding->fields, "%s%s", finding->count ? "," : "", field);
	strbuf_printf(finding->text, "%s%s is ", finding->count ? "; " : "", field);
	if (is && *is)
		strbuf_printf(finding->text, "\"%s\"", is);
	else
		strbuf_puts(finding->text, "empty");
	strbuf_printf(finding->text, ", not \"%s\"", was);
	finding->count++;
}

/* SignalWire shows an empty text as null, or as it is. */
static void compare(struct finding *finding, const char *field, const char *is, const char *was)
{
	if (was && strcmp(is ? is : "", was) != 0)
		note(finding, field, is, was);
}

/* Whether `name` is a line of `lines`. */
static bool is_line(const char *lines, const char *name)
{
	size_t len = strlen(name);

	while (lines && *lines) {
		size_t line = strcspn(lines, "\n");

		if (line == len && strncasecmp(lines, name, len) == 0)
			return true;
		lines += line;
		lines += *lines == '\n';
	}
	return false;
}

static bool names(const char *const *list, const char *line, size_t len)
{
	for (; *list; list++)
		if (strlen(*list) == len && strncasecmp(*list, line, len) == 0)
			return true;
	return false;
}

static bool same_set(const char *lines, const char *const *list)
{
	for (size_t i = 0; list[i]; i++)
		if (!is_line(lines, list[i]))
			return false;
	while (lines && *lines) {
		size_t len = strcspn(lines, "\n");

		if (!names(list, lines, len))
			return false;
		lines += len;
		lines += *lines == '\n';
	}
	return true;
}

static void compare_lists(struct finding *finding, const char *field, const char *is, const char *const *was)
{
	struct strbuf there = STRBUF_INIT, sent = STRBUF_INIT;

	if (same_set(is, was))
		return;
	for (const char *c = is; c && *c; c++)
		strbuf_puts(&there, (char[]){ *c == '\n' ? ',' : *c, '\0' });
	for (size_t i = 0; was[i]; i++)
		strbuf_printf(&sent, "%s%s", i ? "," : "", was[i]);
	note(finding, field, there.data, sent.data);
	strbuf_release(&there);
	strbuf_release(&sent);
}

/* What a request would hold is what is compared. */
static void compare_settings(struct finding *finding, const struct settings_desired *desired, const struct drift_found *found)
{
	struct json_credential_request request = { 0 };
	struct settings settings = SETTINGS_INIT;

	settings_fill(&settings, desired, &request);
	if (settings.sent & JSON_CALLER_ID)
		compare(finding, "caller_id", found->caller_id, request.caller_id);
	if (settings.sent & JSON_SEND_AS)
		compare(finding, "send_as", found->send_as, request.send_as);
	if (settings.sent & JSON_CIPHERS & request.fields)
		compare_lists(finding, "ciphers", found->ciphers, request.ciphers);
	if (settings.sent & JSON_CODECS & request.fields)
		compare_lists(finding, "codecs", found->codecs, request.codecs);
	if (settings.sent & JSON_ENCRYPTION)
		compare(finding, "encryption", found->encryption, request.encryption);
	if (settings.sent & JSON_CALL_HANDLER)
		compare(finding, "call_handler", found->call_handler, request.call_handler);
	if (settings.sent & JSON_CALLING_HANDLER)
		compare(finding, "calling_handler_resource_id", found->calling_handler, request.calling_handler_resource_id);
	settings_release(&settings);
}

size_t drift_find(const struct drift_sent *sent, const struct drift_found *found, struct strbuf *fields,
		  struct strbuf *text)
{
	struct finding finding = { .fields = fields, .text = text };

	if (sent->subscriber_id && strcasecmp(found->subscriber_id ? found->subscriber_id : "", sent->subscriber_id) != 0) {
		note(&finding, "subscriber", found->subscriber_id, sent->subscriber_id);
		return finding.count;
	}
	compare(&finding, "username", found->username, sent->username);
	if (sent->settings)
		compare_settings(&finding, sent->settings, found);
	if (sent->email && strcasecmp(found->email ? found->email : "", sent->email) != 0)
		note(&finding, "email", found->email, sent->email);
	for (int i = 0; i < JSON_PROFILE_COUNT; i++)
		compare(&finding, json_profile_names[i], found->profile[i], sent->profile[i]);
	return finding.count;
}
