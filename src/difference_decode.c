/* difference_decode - rows of the difference texts to structs. */
#include "difference_decode.h"

#include <stdlib.h>
#include <string.h>

#include "difference_sql.h"

static bool truth(const struct db_row *row, int column)
{
	const char *value = db_row_get(row, column);

	return value && value[0] == 't';
}

static int64_t number(const struct db_row *row, int column)
{
	const char *value = db_row_get(row, column);

	return value ? strtoll(value, NULL, 10) : 0;
}

/* The position of the row's word in `words` (whose first is for NULL and for anything else). */
static int word(const struct db_row *row, int column, const char *const *words, int count)
{
	const char *value = db_row_get(row, column);

	for (int i = 1; value && i < count; i++) {
		if (strcmp(words[i], value) == 0)
			return i;
	}
	return 0;
}

#define WORD(row, column, words) word(row, column, words, (int)(sizeof(words) / sizeof *(words)))

static const char *const states[] = {
	[STATE_NONE] = "", [STATE_CREATING] = "creating", [STATE_ACTIVE] = "active",
	[STATE_SUSPENDED] = "suspended", [STATE_REMOVING] = "removing",
};
static const char *const operations[] = {
	[OPERATION_NONE] = "", [OPERATION_CREATE] = "create", [OPERATION_UPDATE] = "update",
	[OPERATION_REPLACE] = "replace", [OPERATION_SUSPEND] = "suspend", [OPERATION_RESTORE] = "restore",
	[OPERATION_REMOVE] = "remove",
};
static const char *const origins[] = {
	[ORIGIN_NONE] = "", [ORIGIN_CREATED] = "created", [ORIGIN_ADOPTED] = "adopted",
};
static const char *const holders[] = {
	[HOLDER_NONE] = "", [HOLDER_ABSENT] = "absent", [HOLDER_DISABLED] = "disabled",
	[HOLDER_MOVES] = "moves", [HOLDER_KEEPS] = "keeps",
};

static void decode_desired(const struct db_row *row, struct difference *d)
{
	d->present = truth(row, ROW_PRESENT);
	d->extension = db_row_get(row, ROW_EXTENSION);
	d->tenant = db_row_get(row, ROW_TENANT);
	d->username = db_row_get(row, ROW_USERNAME);
	d->secret = db_row_get(row, ROW_SECRET);
	d->hashed = truth(row, ROW_HASHED);
	d->enabled = truth(row, ROW_ENABLED);
	d->email = db_row_get(row, ROW_EMAIL);
	d->email_given = truth(row, ROW_EMAIL_GIVEN);
	d->caller_id = db_row_get(row, ROW_CALLER_ID);
	d->send_as = db_row_get(row, ROW_SEND_AS);
	d->ciphers = db_row_get(row, ROW_CIPHERS);
	d->codecs = db_row_get(row, ROW_CODECS);
	d->encryption = db_row_get(row, ROW_ENCRYPTION);
	d->call_handler = db_row_get(row, ROW_CALL_HANDLER);
	d->calling_handler = db_row_get(row, ROW_CALLING_HANDLER);
	for (int i = 0; i < JSON_PROFILE_COUNT; i++)
		d->profile[i] = db_row_get(row, ROW_FIRST_NAME + i);
	d->profile_speaks = truth(row, ROW_PROFILE_SPEAKS);
	d->skip_reason = db_row_get(row, ROW_SKIP_REASON);
	d->problem = db_row_get(row, ROW_PROBLEM);
	d->sharers = db_row_get(row, ROW_SHARERS);
	d->namesake = db_row_get(row, ROW_NAMESAKE);
	d->wants_protection = truth(row, ROW_WANTS_PROTECTION);
	d->settings_digest = db_row_get(row, ROW_SETTINGS_DIGEST);
	d->secret_digest = db_row_get(row, ROW_SECRET_DIGEST);
	d->profile_digest = db_row_get(row, ROW_PROFILE_DIGEST);
	d->desired_digest = db_row_get(row, ROW_DESIRED_DIGEST);
}

static void decode_remembered(const struct db_row *row, struct difference *d)
{
	d->state = (enum difference_state)WORD(row, ROW_STATE, states);
	d->ledger_extension = db_row_get(row, ROW_LEDGER_EXTENSION);
	d->ledger_username = db_row_get(row, ROW_LEDGER_USERNAME);
	d->sip_endpoint_id = db_row_get(row, ROW_SIP_ENDPOINT_ID);
	d->ledger_settings_digest = db_row_get(row, ROW_LEDGER_SETTINGS_DIGEST);
	d->ledger_secret_digest = db_row_get(row, ROW_LEDGER_SECRET_DIGEST);
	d->tried_digest = db_row_get(row, ROW_TRIED_DIGEST);
	d->sent_fields = db_row_get(row, ROW_SENT_FIELDS);
	d->is_protected = truth(row, ROW_IS_PROTECTED);
	d->absent_noted = truth(row, ROW_ABSENT_NOTED);
	d->absence_due = truth(row, ROW_ABSENCE_DUE);
	d->not_yet = truth(row, ROW_NOT_YET);
	d->attempts = number(row, ROW_ATTEMPTS);
	d->last_error = db_row_get(row, ROW_LAST_ERROR);
}

static void decode_owner(const struct db_row *row, struct difference *d)
{
	d->owner_no = db_row_get(row, ROW_OWNER_NO);
	d->owner_email = db_row_get(row, ROW_OWNER_EMAIL);
	d->owner_id = db_row_get(row, ROW_OWNER_ID);
	d->owner_origin = (enum difference_origin)WORD(row, ROW_OWNER_ORIGIN, origins);
	d->owner_profile_digest = db_row_get(row, ROW_OWNER_PROFILE_DIGEST);
	d->owner_sent_fields = db_row_get(row, ROW_OWNER_SENT_FIELDS);
	d->owner_extensions = number(row, ROW_OWNER_EXTENSIONS);
	d->wanted_owner_no = db_row_get(row, ROW_WANTED_OWNER_NO);
	d->wanted_owner_id = db_row_get(row, ROW_WANTED_OWNER_ID);
	d->wanted_owner_origin = (enum difference_origin)WORD(row, ROW_WANTED_OWNER_ORIGIN, origins);
	d->owner_moves_whole = truth(row, ROW_OWNER_MOVES_WHOLE);
}

void difference_decode_row(const struct db_row *row, struct difference *d, bool *in_step)
{
	*d = (struct difference){ 0 };
	d->orphan = truth(row, ROW_ORPHAN);
	d->key = db_row_get(row, ROW_KEY);
	d->cursor = db_row_get(row, ROW_CURSOR);
	*in_step = truth(row, ROW_IN_STEP);
	decode_desired(row, d);
	decode_remembered(row, d);
	decode_owner(row, d);
	d->intent = (enum difference_operation)WORD(row, ROW_INTENT, operations);
	d->intent_id = db_row_get(row, ROW_INTENT_ID);
	d->intent_settled = truth(row, ROW_INTENT_SETTLED);
	d->intent_at_ms = number(row, ROW_INTENT_AT_MS);
	d->intent_usernames = db_row_get(row, ROW_INTENT_USERNAMES);
	d->intent_others = db_row_get(row, ROW_INTENT_OTHERS);
	d->intent_owner_no = db_row_get(row, ROW_INTENT_OWNER_NO);
	d->intent_owner_id = db_row_get(row, ROW_INTENT_OWNER_ID);
	d->intent_owner_email = db_row_get(row, ROW_INTENT_OWNER_EMAIL);
	d->holder = (enum difference_holder)WORD(row, ROW_HOLDER, holders);
	d->holder_key = db_row_get(row, ROW_HOLDER_KEY);
	d->holder_protected = truth(row, ROW_HOLDER_PROTECTED);
	d->counted = (unsigned)number(row, ROW_COUNTED);
	d->approved = (unsigned)number(row, ROW_APPROVED);
}

void difference_decode_totals(const struct db_row *row, struct difference_totals *totals)
{
	*totals = (struct difference_totals){
		.source_rows = number(row, TOTAL_SOURCE_ROWS),
		.mirrored = number(row, TOTAL_MIRRORED),
		.skipped = number(row, TOTAL_SKIPPED),
		.without_secret = number(row, TOTAL_WITHOUT_SECRET),
		.hashed = number(row, TOTAL_HASHED),
		.rejected = number(row, TOTAL_REJECTED),
		.retiring = number(row, TOTAL_RETIRING),
		.leaving = number(row, TOTAL_LEAVING),
		.leaving_ms = number(row, TOTAL_LEAVING_MS),
		.unchanged = number(row, TOTAL_UNCHANGED),
		.differences = number(row, TOTAL_DIFFERENCES),
		.removals = number(row, TOTAL_REMOVALS),
		.active_ids = number(row, TOTAL_ACTIVE_IDS),
		.removed_in_window = number(row, TOTAL_REMOVED_IN_WINDOW),
		.counted_creates = number(row, TOTAL_COUNTED_CREATES),
		.counted_removals = number(row, TOTAL_COUNTED_REMOVALS),
		.counted_changes = number(row, TOTAL_COUNTED_CHANGES),
		.unknown = number(row, TOTAL_UNKNOWN),
		.paused = truth(row, TOTAL_PAUSED),
	};
}
