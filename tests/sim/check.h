/*
 * check - a request's body against the API's rules.
 *
 * Strict on purpose: an unknown member, a wrong type, a value outside its
 * enumeration is refused, so that a client's slip shows in a test and not in
 * production.  Sources: the published specification; where it is silent, what
 * was seen live (a string in place of an array ends in 500).
 */
#ifndef CHECK_H
#define CHECK_H

#include <stdbool.h>

#include "sim.h"

/* Values as JSON text, for the members that the body had. */
struct draft {
	bool given[FIELD_COUNT];
	char *value[FIELD_COUNT];
	char *name; /* e-mail or username, plain; NULL: not given */
	struct problems problems;
};

enum check_body {
	CHECK_SUBSCRIBER, /* POST and PUT: e-mail required */
	CHECK_CREDENTIAL_NEW,
	CHECK_CREDENTIAL_CHANGE,
	CHECK_STANDALONE_NEW,
	CHECK_STANDALONE_CHANGE,
	CHECK_LEGACY_NEW,
	CHECK_LEGACY_CHANGE
};

/*
 * Reads the body.  0: an object, `draft` is filled and draft->problems lists
 * what is wrong with its members.  -1: not even that, the call's reply is set.
 * draft_release() in both cases.
 */
int check_body(struct call *c, enum check_body what, struct draft *draft);

/* The parsed body of a call that has one of its own (attach); NULL after a reply. Caller puts. */
struct json_object *check_json(struct call *c);

/* Gives the values to the object.  `clear`: members not given are emptied, but for the password. */
void draft_apply(struct draft *draft, struct store *store, struct object *o, bool clear);
void draft_release(struct draft *draft);

#endif
