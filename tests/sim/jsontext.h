/*
 * jsontext - the pieces that the simulator's JSON is written with.
 *
 * Objects keep their values as finished JSON text, so a row is written by
 * putting pieces together.  Reading is json-c's work; what json-c lets pass
 * and a strict server would not (bytes that are no UTF-8, RFC 3629) is
 * refused here.
 */
#ifndef JSONTEXT_H
#define JSONTEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <json-c/json.h>

#include "strbuf.h"

/* A JSON string with its quotes; NULL gives null. */
void jsontext_string(struct strbuf *out, const char *s);
void jsontext_bytes(struct strbuf *out, const char *s, size_t len);

/* The same as a string of its own; caller frees. */
char *jsontext_quote(const char *s);

/* UTC, ISO 8601, with `digits` (0, 3 or 6) digits of a second, quoted. */
void jsontext_time(struct strbuf *out, int64_t ms, int digits);

/* Reads "2026-11-21T01:02:03Z", with or without a fraction: milliseconds since 1970, or -1. */
int64_t jsontext_read_time(const char *text);

bool jsontext_is_utf8(const char *s, size_t len);

/*
 * The one JSON value that fills the bytes, or NULL: also for bytes after it,
 * for what is no UTF-8, and for `null` itself.  Caller puts.
 */
struct json_object *jsontext_parse(const char *s, size_t len);

/* Members of an object, with what to give where they are absent or of another type. */
const char *jsontext_get(struct json_object *object, const char *key, const char *otherwise); /* borrowed */
int64_t jsontext_get_int(struct json_object *object, const char *key, int64_t otherwise);
double jsontext_get_double(struct json_object *object, const char *key, double otherwise);
bool jsontext_get_bool(struct json_object *object, const char *key, bool otherwise);

#endif
