/* settings - every switch of the simulator: the table, reading and showing. */
#include "settings.h"

#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "jsontext.h"
#include "mem.h"

enum type { TYPE_INT, TYPE_BOOL, TYPE_TEXT, TYPE_CHOICE };

struct entry {
	const char *name;
	enum type type;
	size_t at;
	const char *choices; /* in the order of the enum, with spaces between */
	int64_t initial;
};

#define AT(member) offsetof(struct settings, member)

static const struct entry settings_table[] = {
	{ "account_error", TYPE_TEXT, AT(account_error), NULL, 0 },
	{ "act_as", TYPE_TEXT, AT(act_as), NULL, 0 },
	{ "all_404", TYPE_CHOICE, AT(all_404), "off all objects", SETTINGS_404_OFF },
	{ "clock_skew_ms", TYPE_INT, AT(clock_skew_ms), NULL, 0 },
	{ "create_status", TYPE_INT, AT(create_status), NULL, 201 },
	{ "email_scope", TYPE_CHOICE, AT(email_scope), "project space", SETTINGS_PROJECT },
	{ "empty_page_every", TYPE_INT, AT(empty_page_every), NULL, 0 },
	{ "endpoint_create_status", TYPE_INT, AT(endpoint_create_status), NULL, 201 },
	{ "endpoint_put_clears", TYPE_BOOL, AT(endpoint_put_clears), NULL, false },
	{ "error_shape", TYPE_CHOICE, AT(error_shape), "spec object strings html empty", SETTINGS_SHAPE_SPEC },
	{ "extra_fields", TYPE_BOOL, AT(extra_fields), NULL, false },
	{ "filter_username", TYPE_CHOICE, AT(filter_username), "match ignore", SETTINGS_MATCH },
	{ "hold", TYPE_BOOL, AT(hold), NULL, false },
	{ "inner_id", TYPE_CHOICE, AT(inner_id), "other absent same", SETTINGS_INNER_OTHER },
	{ "latency_ms", TYPE_INT, AT(latency_ms), NULL, 0 },
	{ "legacy_includes_credentials", TYPE_BOOL, AT(legacy_includes_credentials), NULL, false },
	{ "legacy_page_size_max", TYPE_INT, AT(legacy_page_size_max), NULL, 1000 },
	{ "link_host", TYPE_TEXT, AT(link_host), NULL, 0 },
	{ "links", TYPE_CHOICE, AT(links), "absolute relative", SETTINGS_ABSOLUTE },
	{ "list_defaults", TYPE_BOOL, AT(list_defaults), NULL, true },
	{ "list_lag_ms", TYPE_INT, AT(list_lag_ms), NULL, 0 },
	{ "max_subscribers", TYPE_INT, AT(max_subscribers), NULL, 0 },
	{ "missing_scope", TYPE_INT, AT(missing_scope), NULL, 0 },
	{ "missing_voice", TYPE_BOOL, AT(missing_voice), NULL, false },
	{ "name_max", TYPE_INT, AT(name_max), NULL, 255 },
	{ "numbers", TYPE_TEXT, AT(numbers), NULL, 0 },
	{ "on_delete", TYPE_CHOICE, AT(on_delete), "cascade refuse", SETTINGS_CASCADE },
	{ "order", TYPE_CHOICE, AT(order), "newest oldest", SETTINGS_NEWEST },
	{ "page_size_default", TYPE_INT, AT(page_size_default), NULL, 50 },
	{ "page_size_max", TYPE_INT, AT(page_size_max), NULL, 1000 },
	{ "page_size_over", TYPE_CHOICE, AT(page_size_over), "clamp refuse", SETTINGS_CLAMP },
	{ "paging", TYPE_CHOICE, AT(paging), "cursor offset", SETTINGS_CURSOR },
	{ "put_clears", TYPE_BOOL, AT(put_clears), NULL, true },
	{ "rate_limit", TYPE_INT, AT(rate_limit), NULL, 0 },
	{ "rate_window_ms", TYPE_INT, AT(rate_window_ms), NULL, 10000 },
	{ "request_id_header", TYPE_TEXT, AT(request_id_header), NULL, 0 },
	{ "retry_after", TYPE_TEXT, AT(retry_after), NULL, 0 },
	{ "sip_password_min", TYPE_INT, AT(sip_password_min), NULL, 0 },
	{ "time_digits", TYPE_INT, AT(time_digits), NULL, 0 },
	{ "time_zone_name", TYPE_CHOICE, AT(time_zone_name), "time_zone timezone both neither", SETTINGS_TIME_ZONE },
	{ "unique_code", TYPE_TEXT, AT(unique_code), NULL, 0 },
	{ "username_case", TYPE_CHOICE, AT(username_case), "sensitive insensitive", SETTINGS_SENSITIVE },
	{ "wrong_method", TYPE_INT, AT(wrong_method), NULL, 404 },
};

#define ENTRIES (sizeof settings_table / sizeof settings_table[0])

static void *place(struct settings *s, const struct entry *e)
{
	return (char *)s + e->at;
}

static void set_text(struct settings *s, const struct entry *e, const char *text)
{
	char **to = place(s, e);
	char *copy = mem_strdup(text);

	mem_free(*to);
	*to = copy;
}

void settings_init(struct settings *s)
{
	size_t i = 0;

	memset(s, 0, sizeof *s);
	for (i = 0; i < ENTRIES; i++) {
		const struct entry *e = &settings_table[i];

		if (e->type == TYPE_BOOL)
			*(bool *)place(s, e) = e->initial;
		else if (e->type != TYPE_TEXT)
			*(int64_t *)place(s, e) = e->initial;
	}
	s->retry_after = mem_strdup("1");
	s->unique_code = mem_strdup("not_unique");
	s->request_id_header = mem_strdup("x-request-id");
}

void settings_release(struct settings *s)
{
	size_t i = 0;

	for (i = 0; i < ENTRIES; i++)
		if (settings_table[i].type == TYPE_TEXT)
			set_text(s, &settings_table[i], NULL);
}

/* The word's number among the choices, or -1. */
static int64_t choice(const char *choices, const char *word)
{
	size_t len = word ? strlen(word) : 0;
	int64_t number = 0;

	while (len) {
		size_t here = strcspn(choices, " ");

		if (here == len && strncmp(choices, word, len) == 0)
			return number;
		if (!choices[here])
			break;
		choices += here + 1;
		number++;
	}
	return -1;
}

static bool set_choice(struct settings *s, const struct entry *e, struct json_object *value)
{
	int64_t number = choice(e->choices, json_object_get_string(value));

	if (number < 0)
		return false;
	*(int64_t *)place(s, e) = number;
	return true;
}

/* False where the value is not of the entry's type. */
static bool set_value(struct settings *s, const struct entry *e, struct json_object *value)
{
	bool text = json_object_is_type(value, json_type_string);

	if (e->type == TYPE_INT && json_object_is_type(value, json_type_int))
		*(int64_t *)place(s, e) = json_object_get_int64(value);
	else if (e->type == TYPE_BOOL && json_object_is_type(value, json_type_boolean))
		*(bool *)place(s, e) = json_object_get_boolean(value);
	else if (e->type == TYPE_TEXT && (!value || text))
		set_text(s, e, value ? json_object_get_string(value) : NULL);
	else
		return e->type == TYPE_CHOICE && text && set_choice(s, e, value);
	return true;
}

static int set(struct settings *s, const struct entry *e, struct json_object *value, struct error *err)
{
	if (set_value(s, e, value))
		return 0;
	return error_set(err, ERROR_NEVER, "The setting %s does not take %s%s%s.", e->name,
			 value ? json_object_to_json_string(value) : "null",
			 e->choices ? "; choose from: " : "", e->choices ? e->choices : "");
}

int settings_apply(struct settings *s, struct json_object *object, struct error *err)
{
	json_object_object_foreach(object, name, value) {
		size_t i = 0;

		while (i < ENTRIES && strcmp(settings_table[i].name, name) != 0)
			i++;
		if (i == ENTRIES)
			return error_set(err, ERROR_NEVER, "There is no setting %s.", name);
		if (set(s, &settings_table[i], value, err) != 0)
			return -1;
	}
	return 0;
}

static void show_choice(const char *choices, int64_t number, struct strbuf *out)
{
	while (number-- > 0)
		choices += strcspn(choices, " ") + 1;
	jsontext_bytes(out, choices, strcspn(choices, " "));
}

void settings_show(const struct settings *s, struct strbuf *out)
{
	size_t i = 0;

	strbuf_puts(out, "{\n");
	for (i = 0; i < ENTRIES; i++) {
		const struct entry *e = &settings_table[i];
		const char *at = (const char *)s + e->at;

		strbuf_printf(out, "\"%s\":", e->name);
		if (e->type == TYPE_TEXT)
			jsontext_string(out, *(char *const *)(const void *)at);
		else if (e->type == TYPE_BOOL)
			strbuf_puts(out, *(const bool *)at ? "true" : "false");
		else if (e->type == TYPE_INT)
			strbuf_printf(out, "%" PRId64, *(const int64_t *)(const void *)at);
		else
			show_choice(e->choices, *(const int64_t *)(const void *)at, out);
		strbuf_puts(out, i + 1 < ENTRIES ? ",\n" : "\n");
	}
	strbuf_puts(out, "}\n");
}
