/*
 * json_tree - a body to json-c's tree, strictly, and texts out of it.
 *
 * What the readers of json share.  Only a body that is one whole JSON object,
 * in UTF-8, at most 32 levels deep, is accepted; one that holds U+0000, raw or
 * escaped, is not (RFC 8259 allows the escape, but json-c would cut a name
 * there, and "id\u0000x" must not pass for "id").  Of a name that comes twice
 * the last value counts.  json-c's strict mode still takes '...' for "..." and
 * NaN for a number: harmless, since no reader believes what it did not check.
 */
#ifndef JSON_TREE_H
#define JSON_TREE_H

#include <stddef.h>

#include "error.h"

struct json_object;

/* `body` is terminated behind its `len` bytes.  The caller releases the tree with json_object_put(3). */
int json_tree_parse(const char *body, size_t len, struct json_object **root, struct error *err);

/* The member as text, borrowed from the tree: NULL where it is absent or null, -1 where it is anything else. */
int json_tree_text(struct json_object *object, const char *name, const char **text, struct error *err);

/* The same, copied: the caller frees what was there before and what is there after. */
int json_tree_copy(struct json_object *object, const char *name, char **text, struct error *err);

/* The string of a node, where it is well-formed UTF-8; NULL for everything else. */
const char *json_tree_string(struct json_object *node);

#endif
