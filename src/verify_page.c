/* verify_page - a page of ours: what drifted, and what may be missing. */
#include "verify_internal.h"

#include "drift.h"
#include "jsonline.h"
#include "mem.h"
#include "verify_sql.h"

#include <stdio.h>
#include <string.h>

void verify_note_repair(struct verify *verify, const char *key, const char *username, bool owner_drifted,
			bool credential_gone, bool owner_gone)
{
	struct strbuf *doc = &verify->repairs;

	if (!verify->setup.note_repairs)
		return;
	strbuf_putc(doc, doc->len ? ',' : '[');
	jsonline_begin(doc, "repair");
	jsonline_text(doc, "key", key);
	jsonline_text(doc, "username", username);
	jsonline_bool(doc, "owner_drifted", owner_drifted);
	jsonline_bool(doc, "credential_gone", credential_gone);
	jsonline_bool(doc, "owner_gone", owner_gone);
	jsonline_end(doc);
}

/* Whether one of the fields is the subscriber's. */
static bool is_of_owner(const char *fields)
{
	for (const char *at = fields; at; at = strchr(at, ',')) {
		size_t len = 0;

		at += *at == ',';
		len = strcspn(at, ",");
		if (len == 5 && strncmp(at, "email", len) == 0)
			return true;
		for (int i = 0; i < JSON_PROFILE_COUNT; i++)
			if (strlen(json_profile_names[i]) == len && strncmp(at, json_profile_names[i], len) == 0)
				return true;
	}
	return false;
}

static void compare(struct verify *verify, const struct db_result *page, int row)
{
	const struct settings_desired settings = {
		.caller_id = db_result_get(page, row, BESIDE_CALLER_ID), .send_as = db_result_get(page, row, BESIDE_SEND_AS),
		.ciphers = db_result_get(page, row, BESIDE_CIPHERS), .codecs = db_result_get(page, row, BESIDE_CODECS),
		.encryption = db_result_get(page, row, BESIDE_ENCRYPTION),
		.call_handler = db_result_get(page, row, BESIDE_CALL_HANDLER),
		.calling_handler = db_result_get(page, row, BESIDE_CALLING_HANDLER), .standalone = verify->standalone,
	};
	struct drift_sent sent = {
		.subscriber_id = verify->standalone ? NULL : db_result_get(page, row, BESIDE_SUBSCRIBER_ID),
		.username = db_result_get(page, row, BESIDE_SENT_USERNAME),
		.settings = db_result_bool(page, row, BESIDE_COMPARE_SETTINGS) ? &settings : NULL,
	};
	struct drift_found found = {
		.subscriber_id = db_result_get(page, row, BESIDE_IS_SUBSCRIBER_ID),
		.username = db_result_get(page, row, BESIDE_IS_USERNAME), .caller_id = db_result_get(page, row, BESIDE_IS_CALLER_ID),
		.send_as = db_result_get(page, row, BESIDE_IS_SEND_AS), .ciphers = db_result_get(page, row, BESIDE_IS_CIPHERS),
		.codecs = db_result_get(page, row, BESIDE_IS_CODECS), .encryption = db_result_get(page, row, BESIDE_IS_ENCRYPTION),
		.call_handler = db_result_get(page, row, BESIDE_IS_CALL_HANDLER),
		.calling_handler = db_result_get(page, row, BESIDE_IS_CALLING_HANDLER),
		.email = db_result_get(page, row, BESIDE_IS_EMAIL),
	};
	struct strbuf fields = STRBUF_INIT, text = STRBUF_INIT;

	if (db_result_bool(page, row, BESIDE_COMPARE_PROFILE)) {
		sent.email = db_result_get(page, row, BESIDE_EMAIL);
		for (int i = 0; i < JSON_PROFILE_COUNT; i++) {
			sent.profile[i] = db_result_get(page, row, BESIDE_PROFILE + i);
			found.profile[i] = db_result_get(page, row, BESIDE_IS_PROFILE + i);
		}
	}
	verify->summary.checked++;
	if (drift_find(&sent, &found, &fields, &text)) {
		bool hangs_elsewhere = strncmp(fields.data, "subscriber", strlen("subscriber")) == 0;
		const struct verify_finding finding = {
			.kind = VERIFY_DRIFTED, .object = "credential", .key = db_result_get(page, row, BESIDE_KEY),
			.extension = db_result_get(page, row, BESIDE_EXTENSION), .username = sent.username,
			.subscriber_id = db_result_get(page, row, BESIDE_SUBSCRIBER_ID),
			.sip_endpoint_id = db_result_get(page, row, BESIDE_ID), .fields = fields.data, .text = text.data,
			.repairable = !hangs_elsewhere && db_result_bool(page, row, BESIDE_WANTED),
		};

		verify_found(verify, &finding);
		if (finding.repairable)
			verify_note_repair(verify, finding.key, found.username, is_of_owner(fields.data), false, false);
	}
	strbuf_release(&fields);
	strbuf_release(&text);
}

static void suspect(struct verify *verify, const struct db_result *page, int row)
{
	struct suspect suspect = {
		.owner_shown = db_result_bool(page, row, BESIDE_OWNER_SHOWN), .wanted = db_result_bool(page, row, BESIDE_WANTED),
	};

	if (!db_result_bool(page, row, BESIDE_PROVED)) {
		verify_unsure(verify, db_result_get(page, row, BESIDE_EXTENSION), "what would show its credential could not be read");
		return;
	}
	suspect.key = mem_strdup(db_result_get(page, row, BESIDE_KEY));
	suspect.extension = mem_strdup(db_result_get(page, row, BESIDE_EXTENSION));
	suspect.username = mem_strdup(db_result_get(page, row, BESIDE_SENT_USERNAME));
	suspect.subscriber_id = mem_strdup(db_result_get(page, row, BESIDE_SUBSCRIBER_ID));
	suspect.id = mem_strdup(db_result_get(page, row, BESIDE_ID));
	verify_suspect(verify, &suspect);
}

static void page_read(struct db_result *const *results, const struct error *err, void *arg)
{
	struct verify *verify = arg;

	if (err) {
		verify_fail(verify, err);
		verify_page_over(verify);
		return;
	}
	verify->rows = db_result_rows(results[0]);
	for (int i = 0; i < verify->rows; i++) {
		if (db_result_bool(results[0], i, BESIDE_SHOWN))
			compare(verify, results[0], i);
		else
			suspect(verify, results[0], i);
	}
	if (verify->rows) {
		mem_free(verify->nth);
		verify->nth = mem_strdup(db_result_get(results[0], verify->rows - 1, BESIDE_NTH));
	}
	verify_confirm(verify);
}

void verify_page(struct verify *verify)
{
	char most[16] = "";
	const char *params[] = { verify->nth ? verify->nth : "0", most };
	const struct db_statement page = { .sql = verify_sql_page, .params = params, .param_count = 2 };

	snprintf(most, sizeof most, "%d", VERIFY_PAGE_ROWS);
	db_run(verify->setup.db, DB_AUTOCOMMIT, &page, 1, page_read, verify);
}
