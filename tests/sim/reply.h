/*
 * reply - what the API answers: a status, a body, and the shapes of errors.
 *
 * The shapes are those of the published specification; the setting
 * `error_shape` gives the others that have been seen in live use.
 */
#ifndef REPLY_H
#define REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "settings.h"
#include "strbuf.h"

struct reply {
	int status;
	const char *content_type; /* static; NULL: none */
	char *retry_after;        /* owned; NULL: none */
	struct strbuf body;
};

/* One thing wrong with a request. */
struct problem {
	const char *code; /* static, or of the settings */
	char *attribute;  /* owned; NULL: the request as a whole */
	char *message;    /* owned */
};

struct problems {
	struct problem *list;
	size_t count;
	bool crash; /* what makes the live server answer 500 */
};

void reply_init(struct reply *r);
void reply_release(struct reply *r);

/* Empties the body and sets the status; the content type is JSON's. */
void reply_start(struct reply *r, int status);

/* 400, 401, 403, 404, 429, 500: `{"error":"Not Found"}`. */
void reply_error(struct reply *r, int status);
const char *reply_phrase(int status);

/* A date as RFC 9110, 5.6.7 wants it; caller frees. */
char *reply_date(int64_t ms);

void problems_add(struct problems *p, const char *code, const char *attribute, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
void problems_release(struct problems *p);

/* 422 (500 after a crash) with every problem, in the Fabric's or the legacy shape. */
void reply_problems(struct reply *r, const struct settings *settings, bool legacy, const struct problems *p);

/* The same with one problem. */
void reply_problem(struct reply *r, const struct settings *settings, bool legacy, const char *code,
		   const char *attribute, const char *message);

#endif
