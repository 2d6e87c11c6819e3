/* show - objects as the API shows them. */
#include "show.h"

#include "jsontext.h"
#include "values.h"

/* ,"name":value */
static void member(struct strbuf *out, const char *name, const char *json)
{
	strbuf_printf(out, ",\"%s\":", name);
	strbuf_puts(out, json ? json : "null");
}

static void member_text(struct strbuf *out, const char *name, const char *text)
{
	strbuf_printf(out, ",\"%s\":", name);
	jsontext_string(out, text);
}

static void member_time(const struct call *c, struct strbuf *out, const char *name, int64_t ms)
{
	strbuf_printf(out, ",\"%s\":", name);
	jsontext_time(out, ms, (int)c->sim->settings.time_digits);
}

/* Starts an object: its outer id, unless a fault hides it. */
static void start(const struct call *c, const char *id, struct strbuf *out)
{
	if (fault_is(c->fault, FAULT_ID_INNER_ONLY))
		strbuf_puts(out, "{\"kind\":null");
	else
		strbuf_printf(out, "{\"id\":\"%s\"", id);
}

static void finish(const struct call *c, struct strbuf *out)
{
	if (c->sim->settings.extra_fields || fault_is(c->fault, FAULT_EXTRA_FIELDS))
		strbuf_puts(out, ",\"x_unknown\":{\"a\":[1,2.5,{\"id\":\"nested\"}],\"b\":null},\"x_flag\":true");
	strbuf_putc(out, '}');
}

static void outer(const struct call *c, const struct object *o, const char *type, const char *display_name,
		  struct strbuf *out)
{
	start(c, o->id, out);
	member_text(out, "project_id", o->project->id);
	member(out, "display_name", display_name);
	member_text(out, "type", type);
	member_time(c, out, "created_at", o->created_ms);
	member_time(c, out, "updated_at", o->updated_ms);
}

static void inner_profile(const struct call *c, const struct object *o, struct strbuf *out)
{
	int64_t zone = c->sim->settings.time_zone_name;

	member(out, "email", o->field[FIELD_EMAIL]);
	member(out, "first_name", o->field[FIELD_FIRST_NAME]);
	member(out, "last_name", o->field[FIELD_LAST_NAME]);
	member(out, "display_name", o->field[FIELD_DISPLAY_NAME]);
	member(out, "job_title", o->field[FIELD_JOB_TITLE]);
	if (zone == SETTINGS_TIME_ZONE || zone == SETTINGS_BOTH)
		member(out, "time_zone", o->field[FIELD_TIMEZONE]);
	if (zone == SETTINGS_TIMEZONE || zone == SETTINGS_BOTH)
		member(out, "timezone", o->field[FIELD_TIMEZONE]);
	member(out, "country", o->field[FIELD_COUNTRY]);
	member(out, "region", NULL);
	member(out, "company_name", o->field[FIELD_COMPANY_NAME]);
}

void show_subscriber(const struct call *c, const struct object *o, struct strbuf *out)
{
	const char *display = o->field[FIELD_DISPLAY_NAME] ? o->field[FIELD_DISPLAY_NAME] : o->field[FIELD_EMAIL];
	int64_t inner_id = c->sim->settings.inner_id;

	outer(c, o, "subscriber", display, out);
	strbuf_puts(out, ",\"subscriber\":{");
	if (inner_id == SETTINGS_INNER_ABSENT && !fault_is(c->fault, FAULT_ID_INNER_ONLY))
		strbuf_puts(out, "\"push_enabled\":false");
	else
		strbuf_printf(out, "\"id\":\"%s\"", inner_id == SETTINGS_INNER_SAME ? o->id : o->inner_id);
	inner_profile(c, o, out);
	strbuf_putc(out, '}');
	finish(c, out);
}

/* What was never set, or set to an empty list, shows the project's defaults. */
static void member_list(const struct call *c, struct strbuf *out, const char *name, const char *json,
			const char *defaults)
{
	if (!json || (json[0] == '[' && json[1] == ']'))
		json = c->sim->settings.list_defaults ? defaults : "[]";
	member(out, name, json);
}

static void endpoint_members(const struct call *c, const struct object *o, struct strbuf *out)
{
	member(out, "username", o->field[FIELD_USERNAME]);
	member(out, "caller_id", o->field[FIELD_CALLER_ID]);
	member(out, "send_as", o->field[FIELD_SEND_AS]);
	member_list(c, out, "ciphers", o->field[FIELD_CIPHERS], values_default_ciphers);
	member_list(c, out, "codecs", o->field[FIELD_CODECS], values_default_codecs);
	member(out, "encryption", o->field[FIELD_ENCRYPTION] ? o->field[FIELD_ENCRYPTION] : "\"default\"");
}

static void handler_members(const struct object *o, const char *otherwise, struct strbuf *out)
{
	member(out, "call_handler", o->field[FIELD_CALL_HANDLER] ? o->field[FIELD_CALL_HANDLER] : otherwise);
	member(out, "calling_handler_resource_id", o->field[FIELD_HANDLER_ID]);
}

void show_credential(const struct call *c, const struct object *o, struct strbuf *out)
{
	start(c, o->id, out);
	endpoint_members(c, o, out);
	finish(c, out);
}

void show_standalone(const struct call *c, const struct object *o, struct strbuf *out)
{
	outer(c, o, "sip_endpoint", o->field[FIELD_USERNAME], out);
	strbuf_printf(out, ",\"sip_endpoint\":{\"id\":\"%s\"", o->inner_id);
	endpoint_members(c, o, out);
	handler_members(o, "\"default\"", out);
	strbuf_putc(out, '}');
	finish(c, out);
}

void show_legacy(const struct call *c, const struct object *o, struct strbuf *out)
{
	start(c, o->kind == KIND_STANDALONE ? o->inner_id : o->id, out);
	member_text(out, "type", "sip_endpoint");
	endpoint_members(c, o, out);
	handler_members(o, NULL, out);
	if (o->field[FIELD_CALL_EXTRA])
		strbuf_puts(out, o->field[FIELD_CALL_EXTRA]);
	finish(c, out);
}

/* A subscriber has one address, with an id made of its inner one. */
void show_address(const struct call *c, const struct object *o, struct strbuf *out)
{
	start(c, o->inner_id, out);
	member(out, "display_name", o->field[FIELD_DISPLAY_NAME] ? o->field[FIELD_DISPLAY_NAME] : o->field[FIELD_EMAIL]);
	member_text(out, "name", o->name);
	member_text(out, "resource_id", o->id);
	member_text(out, "type", "subscriber");
	strbuf_printf(out, ",\"channels\":{\"audio\":\"/private/%s?channel=audio\"}", o->id);
	finish(c, out);
}

void show_sip_profile(const struct call *c, struct strbuf *out)
{
	strbuf_puts(out, "{\"domain\":");
	jsontext_string(out, c->project->domain);
	member_text(out, "domain_identifier", c->sim->space);
	member(out, "default_codecs", values_default_codecs);
	member(out, "default_ciphers", values_default_ciphers);
	member(out, "default_encryption", "\"optional\"");
	member(out, "default_send_as", NULL);
	finish(c, out);
}
