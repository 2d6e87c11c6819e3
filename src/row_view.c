/* row_view - one row of the ledger, for people or as JSON. */
#include "row_view.h"

#include "columns.h"
#include "jsonline.h"
#include "log.h"
#include "mem.h"
#include "report_json.h"

#include <string.h>

const char *row_view_trouble(const struct admin_row *row)
{
	if (strcmp(row->state, "unknown") == 0)
		return "the outcome of its last change is unknown; a later pass settles it";
	if (strcmp(row->state, "rejected") == 0)
		return "rejected; it waits until its row in the PBX changes, or for: swbridge retry";
	if (row->failed)
		return "its last change came to nothing; what is left to do the next pass tries again";
	if (row->subscriber_id && !row->sip_endpoint_id)
		return "a subscriber that is paid for has no SIP credential yet";
	return NULL;
}

static void print_json(FILE *out, const struct admin_row *row)
{
	struct strbuf line = STRBUF_INIT;

	jsonline_begin(&line, "extension");
	jsonline_text(&line, "key", row->key);
	jsonline_text(&line, "extension", row->extension);
	jsonline_text(&line, "username", row->username);
	jsonline_text(&line, "email", row->email);
	jsonline_text(&line, "state", row->state);
	jsonline_text(&line, "subscriber_id", row->subscriber_id);
	jsonline_text(&line, "sip_endpoint_id", row->sip_endpoint_id);
	jsonline_bool(&line, "protected", row->is_protected);
	jsonline_text(&line, "last_error", row->last_error);
	jsonline_text(&line, "next_attempt_at", row->next_attempt_at);
	jsonline_text(&line, "absent_since", row->absent_since);
	jsonline_text(&line, "intent", row->intent);
	jsonline_text(&line, "settles_at", row->settles_at);
	jsonline_text(&line, "updated_at", row->updated_at);
	report_json_put(out, &line);
}

void row_view_print(FILE *out, const struct admin_row *row, bool json)
{
	const char *trouble = row_view_trouble(row);
	char *extension = NULL, *username = NULL, *error = NULL;

	if (json) {
		print_json(out, row);
		return;
	}
	extension = columns_name(row->extension);
	username = columns_name(row->username ? row->username : "-");
	error = log_printable(row->last_error ? row->last_error : "");
	fprintf(out, "  %-12s %-16s %-10s subscriber %s, SIP endpoint %s\n", extension, username, row->state,
		row->subscriber_id ? row->subscriber_id : "-", row->sip_endpoint_id ? row->sip_endpoint_id : "-");
	if (trouble)
		log_print(out, "    %s%s%s\n", trouble, *error ? ". Last error: " : "", error);
	mem_free(error);
	mem_free(username);
	mem_free(extension);
}
