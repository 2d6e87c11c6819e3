/* stage - what a test puts on the stage itself: the state, seeds and edits. */
#include "stage.h"

#include <inttypes.h>
#include <string.h>

#include "jsontext.h"
#include "mem.h"

static const char *const names[FIELD_COUNT] = {
	[FIELD_EMAIL] = "email",
	[FIELD_USERNAME] = "username",
	[FIELD_PASSWORD] = "password",
	[FIELD_FIRST_NAME] = "first_name",
	[FIELD_LAST_NAME] = "last_name",
	[FIELD_DISPLAY_NAME] = "display_name",
	[FIELD_JOB_TITLE] = "job_title",
	[FIELD_TIMEZONE] = "timezone",
	[FIELD_COUNTRY] = "country",
	[FIELD_COMPANY_NAME] = "company_name",
	[FIELD_CALLER_ID] = "caller_id",
	[FIELD_SEND_AS] = "send_as",
	[FIELD_CIPHERS] = "ciphers",
	[FIELD_CODECS] = "codecs",
	[FIELD_ENCRYPTION] = "encryption",
	[FIELD_CALL_HANDLER] = "call_handler",
	[FIELD_HANDLER_ID] = "calling_handler_resource_id",
};

static void show_object(const struct object *o, struct strbuf *out)
{
	int f = 0;

	strbuf_printf(out, "{\"id\":\"%s\"", o->id);
	if (o->kind != KIND_CREDENTIAL)
		strbuf_printf(out, ",\"inner_id\":\"%s\"", o->inner_id);
	strbuf_puts(out, ",\"project_id\":");
	jsontext_string(out, o->project->id);
	if (o->parent) {
		strbuf_printf(out, ",\"subscriber_id\":\"%s\",\"email\":", o->parent->id);
		jsontext_string(out, o->parent->name);
	}
	for (f = 0; f < FIELD_COUNT; f++)
		if (names[f] && o->field[f])
			strbuf_printf(out, ",\"%s\":%s", names[f], o->field[f]);
	strbuf_puts(out, ",\"created_at\":");
	jsontext_time(out, o->created_ms, 3);
	strbuf_puts(out, ",\"updated_at\":");
	jsontext_time(out, o->updated_ms, 3);
	strbuf_putc(out, '}');
}

static size_t show_kind(const struct sim *sim, enum kind kind, struct strbuf *out)
{
	const struct project *p = NULL;
	size_t count = 0;

	for (p = sim->store.projects; p; p = p->next) {
		const struct series *s = kind == KIND_SUBSCRIBER ? &p->subscribers : &p->endpoints;
		size_t i = 0;

		for (i = 0; i < s->used; i++) {
			if (!s->slot[i].object || s->slot[i].object->kind != kind)
				continue;
			strbuf_puts(out, count++ ? ",\n" : "\n");
			show_object(s->slot[i].object, out);
		}
	}
	return count;
}

void stage_show(const struct sim *sim, struct strbuf *out)
{
	size_t count[3] = { 0, 0, 0 };

	strbuf_puts(out, "{\"subscribers\":[");
	count[0] = show_kind(sim, KIND_SUBSCRIBER, out);
	strbuf_puts(out, "],\n\"credentials\":[");
	count[1] = show_kind(sim, KIND_CREDENTIAL, out);
	strbuf_puts(out, "],\n\"sip_endpoints\":[");
	count[2] = show_kind(sim, KIND_STANDALONE, out);
	strbuf_printf(out,
		      "],\n\"subscriber_count\":%zu,\n\"credential_count\":%zu,\n\"sip_endpoint_count\":%zu,\n"
		      "\"seq\":%" PRId64 "\n}\n",
		      count[0], count[1], count[2], sim->oplog.seq);
}

static void log_stage(struct sim *sim, const char *by, const char *op, struct json_object *fields,
		      const struct object *o)
{
	const char *text = json_object_to_json_string_ext(fields, JSON_C_TO_STRING_PLAIN);
	struct oplog_entry e = { .time_ms = sim_now(sim),
				 .by = by,
				 .method = "",
				 .path = "",
				 .op = op,
				 .fields = text,
				 .fields_len = strlen(text) };

	oplog_write(&sim->oplog, &e, o);
}

static bool is_taken(const struct sim *sim, const struct object *o, const char *name)
{
	if (o->kind == KIND_SUBSCRIBER)
		return store_find_email(&sim->store, o->project, name, o) != NULL;
	return store_find_username(&sim->store, o->project, name, false, o) != NULL;
}

static void copy_fields(struct object *o, struct json_object *from)
{
	int f = 0;

	for (f = 0; f < FIELD_COUNT; f++) {
		struct json_object *value = NULL;

		if (!names[f] || !json_object_object_get_ex(from, names[f], &value))
			continue;
		store_set(o, (enum field)f,
			  value ? mem_strdup(json_object_to_json_string_ext(
					  value, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE))
				: NULL);
	}
}

/* Takes over what the object names; members that are no fields are left to the caller. */
static int set_fields(struct sim *sim, struct object *o, struct json_object *from, bool force, struct error *err)
{
	const char *name = jsontext_get(from, o->kind == KIND_SUBSCRIBER ? "email" : "username", NULL);
	int64_t created = jsontext_read_time(jsontext_get(from, "created_at", NULL));
	int64_t updated = jsontext_read_time(jsontext_get(from, "updated_at", NULL));

	if (name && !force && is_taken(sim, o, name))
		return error_set(err, ERROR_NEVER, "%s is there already; \"force\":true makes a twin.", name);
	copy_fields(o, from);
	if (name)
		store_rename(&sim->store, o, name);
	o->created_ms = created >= 0 ? created : o->created_ms ? o->created_ms : sim_now(sim);
	o->updated_ms = updated >= 0 ? updated : sim_now(sim);
	return 0;
}

/* Makes one object and shows {"id":…,"name":…}; NULL after an error. */
static struct object *make(struct sim *sim, enum kind kind, struct project *p, struct object *parent,
			   struct json_object *from, struct strbuf *out, struct error *err)
{
	const char *name = jsontext_get(from, kind == KIND_SUBSCRIBER ? "email" : "username", NULL);
	struct object *o = NULL;

	if (!name) {
		error_set(err, ERROR_NEVER, "Each object to seed needs its email or username.");
		return NULL;
	}
	o = store_add(&sim->store, &sim->ids, kind, p, parent, jsontext_get(from, "id", NULL));
	if (set_fields(sim, o, from, jsontext_get_bool(from, "force", false), err) != 0) {
		store_remove(&sim->store, o);
		return NULL;
	}
	log_stage(sim, "seed", "create", from, o);
	strbuf_printf(out, "{\"id\":\"%s\",\"name\":", o->id);
	jsontext_string(out, o->name);
	strbuf_puts(out, "}\n");
	return o;
}

static int make_all(struct sim *sim, enum kind kind, struct project *p, struct object *parent,
		    struct json_object *list, struct strbuf *out, struct error *err)
{
	size_t i = 0;

	for (i = 0; list && i < json_object_array_length(list); i++) {
		struct json_object *from = json_object_array_get_idx(list, i);
		struct json_object *credentials = NULL;
		struct object *o = make(sim, kind, p, parent, from, out, err);

		if (!o)
			return -1;
		if (kind == KIND_SUBSCRIBER && json_object_object_get_ex(from, "credentials", &credentials) &&
		    make_all(sim, KIND_CREDENTIAL, p, o, credentials, out, err) != 0)
			return -1;
	}
	return 0;
}

/* {"count":1000,"prefix":"x","credentials":1}: subscribers x1@bulk.example and on, with credentials x1-1 and on. */
static int make_bulk(struct sim *sim, struct project *p, struct json_object *bulk, struct error *err)
{
	const char *prefix = jsontext_get(bulk, "prefix", "bulk");
	int64_t count = jsontext_get_int(bulk, "count", 0);
	int64_t each = jsontext_get_int(bulk, "credentials", 1);
	struct strbuf ids = STRBUF_INIT;
	int64_t n = 0;
	int64_t k = 0;
	int rc = 0;

	for (n = 1; n <= count && rc == 0; n++) {
		struct json_object *from = json_object_new_object();
		struct object *o = NULL;
		char *name = mem_printf("%s%" PRId64 "@bulk.example", prefix, n);

		json_object_object_add(from, "email", json_object_new_string(name));
		mem_free(name);
		o = make(sim, KIND_SUBSCRIBER, p, NULL, from, &ids, err);
		json_object_put(from);
		if (!o)
			rc = -1;
		for (k = 1; o && k <= each && rc == 0; k++) {
			from = json_object_new_object();
			name = mem_printf("%s%" PRId64 "-%" PRId64, prefix, n, k);
			json_object_object_add(from, "username", json_object_new_string(name));
			json_object_object_add(from, "password", json_object_new_string("bulk-secret"));
			mem_free(name);
			if (!make(sim, KIND_CREDENTIAL, p, o, from, &ids, err))
				rc = -1;
			json_object_put(from);
		}
		strbuf_truncate(&ids, 0);
	}
	strbuf_release(&ids);
	return rc;
}

int stage_seed(struct sim *sim, struct json_object *wanted, struct strbuf *out, struct error *err)
{
	const char *id = jsontext_get(wanted, "project", sim->store.projects->id);
	const char *under = jsontext_get(wanted, "subscriber_id", NULL);
	struct project *p = store_project(&sim->store, id);
	struct object *parent = under ? store_find(&sim->store, under) : NULL;
	struct json_object *list = NULL;

	if (!p)
		return error_set(err, ERROR_NEVER, "There is no project %s.", id);
	if (json_object_object_get_ex(wanted, "subscribers", &list) &&
	    make_all(sim, KIND_SUBSCRIBER, p, NULL, list, out, err) != 0)
		return -1;
	if (json_object_object_get_ex(wanted, "sip_endpoints", &list) &&
	    make_all(sim, KIND_STANDALONE, p, NULL, list, out, err) != 0)
		return -1;
	if (json_object_object_get_ex(wanted, "credentials", &list)) {
		if (!parent || parent->kind != KIND_SUBSCRIBER)
			return error_set(err, ERROR_NEVER, "Credentials need the subscriber_id of a subscriber.");
		if (make_all(sim, KIND_CREDENTIAL, p, parent, list, out, err) != 0)
			return -1;
	}
	if (json_object_object_get_ex(wanted, "bulk", &list))
		return make_bulk(sim, p, list, err);
	return 0;
}

static void delete(struct sim *sim, struct object *o, struct json_object *edit)
{
	while (o->children.alive) {
		size_t last = o->children.used - 1;

		while (!o->children.slot[last].object)
			last--;
		log_stage(sim, "dashboard", "cascade", edit, o->children.slot[last].object);
		store_remove(&sim->store, o->children.slot[last].object);
	}
	log_stage(sim, "dashboard", "delete", edit, o);
	store_remove(&sim->store, o);
}

int stage_edit(struct sim *sim, struct json_object *edit, struct error *err)
{
	const char *id = jsontext_get(edit, "id", "");
	struct object *o = store_find(&sim->store, id);
	struct json_object *set = NULL;

	if (!o)
		return error_set(err, ERROR_NEVER, "There is no object with the outer id %s.", id);
	if (jsontext_get_bool(edit, "delete", false)) {
		delete (sim, o, edit);
		return 0;
	}
	if (!json_object_object_get_ex(edit, "set", &set) || !json_object_is_type(set, json_type_object))
		return error_set(err, ERROR_NEVER, "An edit has \"delete\":true or \"set\":{…}.");
	if (set_fields(sim, o, set, jsontext_get_bool(edit, "force", false), err) != 0)
		return -1;
	log_stage(sim, "dashboard", "update", set, o);
	return 0;
}
