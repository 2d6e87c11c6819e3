/*
 * cmd_adopt - what SignalWire has under the ids that the verb `adopt` is given.
 *
 * The caller sets wanted_id and wanted_name, which it owns; what was read is
 * there_release()'s.  Only reads are sent.
 */
#ifndef CMD_ADOPT_H
#define CMD_ADOPT_H

#include <stdbool.h>
#include <stdint.h>

#include "api.h"
#include "error.h"
#include "session.h"
#include "strbuf.h"

enum { THERE_NAMED_MAX = 20 }; /* credentials that are listed */

struct there {
	bool here;
	enum api_outcome outcome;
	char *text;
	char *project_id, *email;

	const char *wanted_id, *wanted_name; /* of a credential; the id may be NULL */
	char *id, *username; /* of the one that is meant */
	int64_t matching, credentials;
	struct strbuf list; /* of all credentials, a line each, its names made printable */
	struct strbuf choice; /* lines that are said after a refusal: what there is to choose from, and how */
};

/*
 * A subscriber and its credentials; what is not there, or cannot be read, is an
 * error that says which id is meant.
 */
int there_read(struct session *session, const char *subscriber_id, struct there *there, struct error *err);
/* A standalone credential has no subscriber to list it: it is read by its id. */
int there_read_endpoint(struct session *session, const char *id, struct there *there, struct error *err);
void there_release(struct there *there);

#endif
