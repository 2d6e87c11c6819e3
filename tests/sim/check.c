/* check - a request's body against the API's rules. */
#include "check.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "jsontext.h"
#include "mem.h"
#include "values.h"

struct member {
	const char *name;
	enum field field;
	values_check *check;
	bool required;
};

static const struct member subscriber[] = {
	{ "email", FIELD_EMAIL, values_email, true },
	{ "password", FIELD_PASSWORD, values_login_password, false },
	{ "first_name", FIELD_FIRST_NAME, values_text, false },
	{ "last_name", FIELD_LAST_NAME, values_text, false },
	{ "display_name", FIELD_DISPLAY_NAME, values_text, false },
	{ "job_title", FIELD_JOB_TITLE, values_text, false },
	{ "timezone", FIELD_TIMEZONE, values_text, false },
	{ "country", FIELD_COUNTRY, values_text, false },
	{ "company_name", FIELD_COMPANY_NAME, values_text, false },
	{ NULL, FIELD_COUNT, NULL, false },
};

/* A credential's members come first in the other two. */
#define ENDPOINT_MEMBERS \
	{ "username", FIELD_USERNAME, values_username, true }, \
	{ "password", FIELD_PASSWORD, values_sip_password, true }, \
	{ "caller_id", FIELD_CALLER_ID, values_text, false }, \
	{ "send_as", FIELD_SEND_AS, values_send_as, false }, \
	{ "ciphers", FIELD_CIPHERS, values_ciphers, false }, \
	{ "codecs", FIELD_CODECS, values_codecs, false }, \
	{ "encryption", FIELD_ENCRYPTION, values_encryption, false }

static const struct member credential[] = {
	ENDPOINT_MEMBERS,
	{ NULL, FIELD_COUNT, NULL, false },
};

static const struct member standalone[] = {
	ENDPOINT_MEMBERS,
	{ "call_handler", FIELD_CALL_HANDLER, values_handler, false },
	{ "calling_handler_resource_id", FIELD_HANDLER_ID, values_uuid, false },
	{ NULL, FIELD_COUNT, NULL, false },
};

static const struct member legacy[] = {
	ENDPOINT_MEMBERS,
	{ "call_handler", FIELD_CALL_HANDLER, values_legacy_handler, false },
	{ "calling_handler_resource_id", FIELD_HANDLER_ID, values_uuid, false },
	{ NULL, FIELD_COUNT, NULL, false },
};

static const struct {
	const struct member *members;
	bool creating;
} bodies[] = {
	[CHECK_SUBSCRIBER] = { subscriber, true },
	[CHECK_CREDENTIAL_NEW] = { credential, true },
	[CHECK_CREDENTIAL_CHANGE] = { credential, false },
	[CHECK_STANDALONE_NEW] = { standalone, true },
	[CHECK_STANDALONE_CHANGE] = { standalone, false },
	[CHECK_LEGACY_NEW] = { legacy, true },
	[CHECK_LEGACY_CHANGE] = { legacy, false },
};

static bool is_json(const char *content_type)
{
	size_t len = strlen("application/json");

	if (!content_type || strncasecmp(content_type, "application/json", len) != 0)
		return false;
	return !content_type[len] || content_type[len] == ';' || content_type[len] == ' ';
}

struct json_object *check_json(struct call *c)
{
	struct json_object *json = NULL;

	if (!is_json(c->rq->content_type)) {
		reply_error(c->reply, 415);
		return NULL;
	}
	json = jsontext_parse(c->rq->body, c->rq->body_len);
	if (!json_object_is_type(json, json_type_object)) {
		json_object_put(json);
		reply_error(c->reply, 400);
		return NULL;
	}
	return json;
}

static const char *json_text(struct json_object *value)
{
	return json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
}

static void take(struct draft *d, enum field f, struct json_object *value)
{
	d->given[f] = true;
	mem_free(d->value[f]);
	d->value[f] = value ? mem_strdup(json_text(value)) : NULL;
	if (value && (f == FIELD_EMAIL || f == FIELD_USERNAME) && json_object_is_type(value, json_type_string)) {
		mem_free(d->name);
		d->name = mem_strdup(json_object_get_string(value));
	}
}

/* The legacy API has many call_* members; they are kept as they are. */
static bool take_call_member(struct draft *d, const char *name, struct json_object *value)
{
	struct strbuf text = STRBUF_INIT;

	if (strncmp(name, "call_", 5) != 0)
		return false;
	if (value && !json_object_is_type(value, json_type_string)) {
		problems_add(&d->problems, "invalid_parameter", name, "%s must be a string", name);
		return true;
	}
	if (d->value[FIELD_CALL_EXTRA])
		strbuf_puts(&text, d->value[FIELD_CALL_EXTRA]);
	strbuf_putc(&text, ',');
	jsontext_string(&text, name);
	strbuf_putc(&text, ':');
	strbuf_puts(&text, value ? json_text(value) : "null");
	mem_free(d->value[FIELD_CALL_EXTRA]);
	d->value[FIELD_CALL_EXTRA] = strbuf_detach(&text);
	d->given[FIELD_CALL_EXTRA] = true;
	return true;
}

static void check_member(struct call *c, const struct member *members, const char *name, struct json_object *value,
			 struct draft *d)
{
	const struct member *m = members;

	while (m->name && strcmp(m->name, name) != 0)
		m++;
	if (!m->name) {
		if (members == legacy && take_call_member(d, name, value))
			return;
		problems_add(&d->problems, "unknown_parameter", name, "%s is not a known parameter", name);
		return;
	}
	m->check(&c->sim->settings, name, value, &d->problems);
	take(d, m->field, value);
}

/* `resource` goes with a resource's id, every other handler without one. */
static void check_handler(struct draft *d)
{
	const char *handler = d->value[FIELD_CALL_HANDLER];
	bool resource = handler && strcmp(handler, "\"resource\"") == 0;

	if (!d->given[FIELD_CALL_HANDLER])
		return;
	if (resource && !d->value[FIELD_HANDLER_ID])
		problems_add(&d->problems, "missing_required_parameter", "calling_handler_resource_id",
			     "calling_handler_resource_id is required where call_handler is resource");
	if (!resource && d->value[FIELD_HANDLER_ID])
		problems_add(&d->problems, "invalid_parameter", "calling_handler_resource_id",
			     "calling_handler_resource_id must be null where call_handler is not resource");
}

int check_body(struct call *c, enum check_body what, struct draft *d)
{
	const struct member *members = bodies[what].members;
	const struct member *m = NULL;
	struct json_object *json = NULL;

	memset(d, 0, sizeof *d);
	json = check_json(c);
	if (!json)
		return -1;
	json_object_object_foreach(json, name, value)
		check_member(c, members, name, value, d);
	for (m = members; bodies[what].creating && m->name; m++)
		if (m->required && !d->given[m->field])
			problems_add(&d->problems, "missing_required_parameter", m->name, "%s is required", m->name);
	if (members == standalone)
		check_handler(d);
	json_object_put(json);
	return 0;
}

void draft_apply(struct draft *d, struct store *store, struct object *o, bool clear)
{
	int f = 0;

	for (f = 0; f < FIELD_COUNT; f++) {
		if (!d->given[f] && !(clear && f != FIELD_PASSWORD && f != FIELD_USERNAME && f != FIELD_EMAIL))
			continue;
		store_set(o, (enum field)f, d->value[f]);
		d->value[f] = NULL;
	}
	if (d->name && (!o->name || strcmp(o->name, d->name) != 0))
		store_rename(store, o, d->name);
}

void draft_release(struct draft *d)
{
	int f = 0;

	for (f = 0; f < FIELD_COUNT; f++)
		mem_free(d->value[f]);
	mem_free(d->name);
	problems_release(&d->problems);
}
