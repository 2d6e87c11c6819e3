/* json_errors - what went wrong according to the API, whatever shape it says it in. */
#include "json.h"

#include "json_tree.h"
#include "mem.h"

#include <json-c/json.h>
#include <string.h>

/* What is being gathered into `errors`. */
struct gather {
	struct strbuf text;
	struct json_errors *errors;
};

/* A member's text; numbers and truth values as JSON writes them.  NULL for anything else. */
static const char *scalar(struct json_object *object, const char *name)
{
	struct json_object *node = NULL;

	if (!json_object_object_get_ex(object, name, &node) || !node)
		return NULL;
	if (json_object_is_type(node, json_type_object) || json_object_is_type(node, json_type_array))
		return NULL;
	if (!json_object_is_type(node, json_type_string))
		return json_object_get_string(node);
	return json_tree_string(node);
}

static bool any_of(const char *text, const char *const *parts)
{
	for (; *parts; parts++)
		if (strcasestr(text, *parts))
			return true;
	return false;
}

static void sort_code(struct json_errors *errors, const char *code)
{
	static const char *const unique[] = { "unique", "already been taken", "already taken", NULL };
	static const char *const account[] = { "account_limit_exceeded", "insufficient_balance",
					       "feature_not_available", "not_allowed_on_subscription_plan", NULL };
	static const char *const later[] = { "cannot_process", "out_of_sync", NULL };
	static const char *const slower[] = { "rate_limit_exceeded", NULL };

	errors->not_unique |= any_of(code, unique);
	errors->account |= any_of(code, account);
	errors->try_later |= any_of(code, later);
	errors->slow_down |= any_of(code, slower);
}

static void note_attribute(struct gather *g, const char *attribute)
{
	if (attribute && *attribute && !g->errors->attribute)
		g->errors->attribute = mem_strdup(attribute);
}

/* One entry; every part may be NULL. */
static void add(struct gather *g, const char *message, const char *code, const char *attribute)
{
	const char *said = message && *message ? message : code && *code ? code : NULL;
	const char *behind = said != code && code && *code ? code : NULL;

	if (attribute && !*attribute)
		attribute = NULL;
	if (!said)
		return;
	sort_code(g->errors, code && *code ? code : said);
	note_attribute(g, attribute);
	strbuf_puts(&g->text, g->text.len ? "; " : "");
	strbuf_puts(&g->text, said);
	if (behind || attribute)
		strbuf_printf(&g->text, " (%s%s%s)", behind ? behind : "", behind && attribute ? ", " : "",
			      attribute ? attribute : "");
}

static const char *message_of(struct json_object *object)
{
	static const char *const members[] = { "message", "detail", "title", "error" };
	const char *message = NULL;

	for (size_t i = 0; i < sizeof members / sizeof *members && !message; i++)
		message = scalar(object, members[i]);
	return message;
}

/* A text or a number that stands where an entry should; `field` is the member it stood under, or NULL. */
static void add_value(struct gather *g, struct json_object *node, const char *field)
{
	bool broken = json_object_is_type(node, json_type_string) && !json_tree_string(node);
	char *text = mem_printf("%s%s%s", field ? field : "", field ? " " : "",
				broken ? "(a text that is not UTF-8)" : json_object_get_string(node));

	note_attribute(g, field);
	add(g, text, NULL, NULL);
	mem_free(text);
}

/*
 * A node at or below `errors` or `error`: one entry, a list of them, or a map
 * from fields to them.  The parser has limited how deep that can be.
 */
static void add_node(struct gather *g, struct json_object *node, const char *field)
{
	if (json_object_is_type(node, json_type_array)) {
		for (size_t i = 0; i < json_object_array_length(node); i++)
			add_node(g, json_object_array_get_idx(node, i), field);
	} else if (!json_object_is_type(node, json_type_object)) {
		if (node)
			add_value(g, node, field);
	} else if (message_of(node) || scalar(node, "code")) {
		const char *attribute = scalar(node, "attribute");

		add(g, message_of(node), scalar(node, "code"), attribute ? attribute : field);
	} else {
		json_object_object_foreach(node, name, value)
			add_node(g, value, name);
	}
}

static void add_tree(struct gather *g, struct json_object *root)
{
	struct json_object *node = NULL;

	if (json_object_object_get_ex(root, "errors", &node))
		add_node(g, node, NULL);
	if (json_object_object_get_ex(root, "error", &node))
		add_node(g, node, NULL);
	if (!g->text.len)
		add(g, message_of(root), scalar(root, "code"), scalar(root, "attribute"));
}

/* "text/html; charset=utf-8" without what follows the type, and no longer than types are. */
static int type_len(const char *content_type)
{
	size_t len = strcspn(content_type, "; \t\r\n");

	return len < 60 ? (int)len : 60;
}

static void add_unreadable(struct gather *g, size_t len, int status, const char *content_type)
{
	if (!len)
		strbuf_printf(&g->text, "HTTP %d without a body", status);
	else if (*content_type && !strcasestr(content_type, "json"))
		strbuf_printf(&g->text, "HTTP %d with %.*s in place of JSON", status, type_len(content_type),
			      content_type);
	else
		strbuf_printf(&g->text, "HTTP %d with a body that cannot be read", status);
}

void json_read_errors(const char *body, size_t len, int status, const char *content_type, struct json_errors *errors)
{
	struct gather g = { .text = STRBUF_INIT, .errors = errors };
	struct json_object *root = NULL;
	struct error err = ERROR_INIT;

	*errors = (struct json_errors){ 0 };
	if (json_tree_parse(body, len, &root, &err))
		add_unreadable(&g, len, status, content_type ? content_type : "");
	else
		add_tree(&g, root);
	if (!g.text.len)
		strbuf_printf(&g.text, "HTTP %d without a reason", status);
	errors->text = strbuf_detach(&g.text);
	json_object_put(root);
	error_clear(&err);
}

void json_errors_release(struct json_errors *errors)
{
	mem_free(errors->text);
	mem_free(errors->attribute);
	*errors = (struct json_errors){ 0 };
}
