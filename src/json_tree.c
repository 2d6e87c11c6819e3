/* json_tree - a body to json-c's tree, strictly, and texts out of it. */
#include "json_tree.h"

#include "mem.h"
#include "utf8.h"

#include <json-c/json.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>

enum { DEEPEST = 32 };

/* An escaped U+0000: the backslash counts where an even number of others stands before it. */
static bool has_zero(const char *body, size_t len)
{
	const char *end = body + len;

	if (memchr(body, '\0', len))
		return true;
	for (const char *s = body; (s = memmem(s, (size_t)(end - s), "\\u0000", 6)) != NULL; s++) {
		const char *first = s;

		while (first > body && first[-1] == '\\')
			first--;
		if ((s - first) % 2 == 0)
			return true;
	}
	return false;
}

/* One for all answers: making it takes an eighth of what reading an answer does (json-c 0.16). */
static struct json_tokener *tokener;

static bool has_tokener(void)
{
	if (tokener) {
		json_tokener_reset(tokener);
		return true;
	}
	tokener = json_tokener_new_ex(DEEPEST);
	if (tokener)
		json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
	return tokener != NULL;
}

/* Behind an answer that broke off it is not as new: json_tokener_reset(3) keeps half of a surrogate pair for the next. */
static void drop_tokener(void)
{
	json_tokener_free(tokener);
	tokener = NULL;
}

int json_tree_parse(const char *body, size_t len, struct json_object **root, struct error *err)
{
	struct json_object *tree = NULL;
	int status = -1;

	if (!body || !len)
		return error_set(err, ERROR_NEVER, "The answer has no body");
	if (len > INT_MAX)
		return error_set(err, ERROR_NEVER, "The answer is longer than 2 GiB");
	if (has_zero(body, len))
		return error_set(err, ERROR_NEVER, "The answer holds U+0000, which no text may hold");
	if (body[strspn(body, " \t\r\n")] == '<')
		return error_set(err, ERROR_NEVER, "The answer is not JSON but HTML; something else than SignalWire's API "
				 "answers there: check space and proxy ([signalwire])");
	/* json-c would look byte by byte, and let some sequences through that RFC 3629 does not. */
	if (!utf8_valid(body))
		return error_set(err, ERROR_NEVER, "The answer is not UTF-8, which JSON has to be");
	if (!has_tokener())
		return error_set(err, ERROR_LATER, "There is not enough memory to read the answer");
	tree = json_tokener_parse_ex(tokener, body, (int)len);
	if (!tree && json_tokener_get_error(tokener) == json_tokener_continue)
		error_set(err, ERROR_NEVER, "The answer is JSON that was cut off after %zu bytes", len);
	else if (json_tokener_get_error(tokener) != json_tokener_success)
		error_set(err, ERROR_NEVER, "The answer is not JSON: %s at byte %zu",
			  json_tokener_error_desc(json_tokener_get_error(tokener)),
			  json_tokener_get_parse_end(tokener));
	else if (json_tokener_get_parse_end(tokener) != len)
		error_set(err, ERROR_NEVER, "The answer goes on after its JSON ended at byte %zu",
			  json_tokener_get_parse_end(tokener));
	else if (!json_object_is_type(tree, json_type_object))
		error_set(err, ERROR_NEVER, "The answer is JSON, but not an object");
	else
		status = 0;
	if (status == 0) {
		*root = tree;
	} else {
		json_object_put(tree);
		drop_tokener();
	}
	return status;
}

const char *json_tree_string(struct json_object *node)
{
	const char *text = NULL;

	if (!json_object_is_type(node, json_type_string))
		return NULL;
	/* Of a valid body: but what json-c makes of its escapes is its own affair. */
	text = json_object_get_string(node);
	return utf8_valid(text) ? text : NULL;
}

int json_tree_text(struct json_object *object, const char *name, const char **text, struct error *err)
{
	struct json_object *node = NULL;
	const char *found = NULL;

	*text = NULL;
	if (!json_object_object_get_ex(object, name, &node) || !node)
		return 0;
	found = json_tree_string(node);
	if (!found)
		return error_set(err, ERROR_NEVER, "The answer's \"%s\" is no text", name);
	*text = found;
	return 0;
}

int json_tree_copy(struct json_object *object, const char *name, char **text, struct error *err)
{
	const char *found = NULL;

	if (json_tree_text(object, name, &found, err))
		return -1;
	mem_free(*text);
	*text = mem_strdup(found);
	return 0;
}
