/* mirror_end - how a change can end. */
#include "mirror_internal.h"

#include "mem.h"
#include "shellword.h"

#include <string.h>

void change_done(struct change *change)
{
	change->end = MIRROR_DONE;
	outcome_journal(change, change->detail && change->drops_owner && change->orphan ? "void" : "done");
	batch_record(change);
}

void change_settled(struct change *change, const char *outcome, const char *detail)
{
	change->end = MIRROR_DONE;
	mem_free(change->detail);
	change->detail = mem_strdup(detail);
	outcome_journal(change, outcome);
	outcome_owner(change);
	batch_record(change);
}

/*
 * Its request came to nothing, but an earlier attempt under the same intent may
 * have given the credential another name, which the ledger would never learn of.
 */
static bool name_in_doubt(const struct change *c)
{
	return c->journal_id && c->intent_at_ms && c->tried_usernames && *c->tried_usernames && c->credential_id &&
	       !c->patched && !c->made && !c->gone && !c->decision.take_over && c->decision.action != PLAN_REPLACE;
}

static void record_rejection(struct change *change)
{
	change->end = MIRROR_REJECTED;
	outcome_journal(change, change_has_acted(change) ? "failed" : change->verdict);
	outcome_owner(change);
	outcome_made(change);
	outcome_gone(change);
	change->papers->outcome.name_taken = strcmp(change->verdict, "foreign") == 0 ? change->username : NULL;
	change->papers->outcome.key = change->key;
	change->papers->outcome.last_error = change->reason;
	change->papers->outcome.count_attempt = true;
	outcome_nothing_sent(change);
	/* The next pass has nothing left to write. */
	if (change->present)
		change->papers->outcome.tried_digest = change->desired_digest;
	outcome_row(change);
	outcome_untouched(change);
	batch_record(change);
}

void change_learn_name(struct change *change, const char *username)
{
	if (!username || !change_may_be_called(change, username))
		return;
	mem_free(change->found_username);
	change->found_username = mem_strdup(username);
	change->papers->outcome.username = change->found_username;
}

static void named(const struct api_result *result, void *arg)
{
	struct change *change = arg;

	change_heard(change, result);
	if (result->outcome != API_DONE && result->outcome != API_NOT_FOUND) {
		change_look_failed(change, result);
		return;
	}
	/* One that is gone has no name: the next change of it finds that out, and looks twice. */
	if (result->outcome == API_DONE)
		change_learn_name(change, result->credential->username);
	record_rejection(change);
}

static void reject(struct change *change, const char *outcome, const char *reason)
{
	outcome_reason(change, reason);
	change->verdict = outcome;
	if (name_in_doubt(change)) {
		target_get(change->mirror->target, change->owner->id, change->credential_id, named, change);
		return;
	}
	/*
	 * What a look alone refused has no intent yet: a new extension has no row
	 * that could remember it, and an earlier attempt's intent is to be closed.
	 * It names nothing, since nothing is sent: whoever finds it open must not
	 * take what is there for its work.
	 */
	if (!change->journal_id && (change->intent_at_ms || change->state == STATE_NONE)) {
		change->papers->intent.username = NULL;
		batch_intend(change, record_rejection);
	} else {
		record_rejection(change);
	}
}

/* Somebody else's object is never touched; what an operator can do is said with it. */
void change_foreign(struct change *change, const char *reason, const char *subscriber_id, const char *credential_id)
{
	bool standalone = target_traits(change->mirror->setup.config)->place != NULL;
	const char *first = standalone ? credential_id : subscriber_id, *second = standalone ? NULL : credential_id;
	char *word = shellword(change->key);
	char *text = mem_printf("%s; it is left alone. If it is this extension's, take it with: swbridge adopt %s %s%s%s%s; "
				"else give the extension another name%s", reason, word,
				first ? first : standalone ? "SIP_ENDPOINT_ID" : "SUBSCRIBER_ID", second ? " " : "",
				second ? second : "", first ? "" : " (swbridge migrate --adopt --dry-run shows the ids)",
				standalone ? "" : " or e-mail");

	reject(change, "foreign", text);
	mem_free(text);
	mem_free(word);
}

void change_rejected(struct change *change, const char *outcome, const char *reason)
{
	if (strcmp(outcome, "foreign") == 0)
		change_foreign(change, reason, NULL, NULL);
	else
		reject(change, outcome, reason);
}

/* A subscriber that was made for nothing is paid for: what becomes of it, and by what it would be lost. */
static char *made_in_vain(const struct change *change)
{
	enum config_on_remove on_remove = change->mirror->setup.config->on_remove;
	bool removes = on_remove == CONFIG_DELETE || on_remove == CONFIG_SUSPEND;

	if (!change->owner_new || !change->owner || !change->owner->id)
		return mem_strdup("");
	return mem_printf(". The subscriber that was made for it (%s) stays and costs money: a credential with another username "
			  "is made under it%s; swbridge forget would leave it there", change->owner->id,
			  removes ? ", and with the row in the PBX it goes" : "");
}

/* SignalWire does not say where the name is. */
static void name_is_foreign(struct change *change, const char *why)
{
	bool standalone = target_traits(change->mirror->setup.config)->place != NULL;
	char *made = made_in_vain(change), *word = shellword(change->key);
	char *take = standalone ? mem_printf(" (the one is taken with: swbridge adopt %s SIP_ENDPOINT_ID)", word) : mem_strdup("");
	char *text = mem_printf("the username %s exists remotely, not in the ledger (%s); it is left alone. It may be a standalone SIP "
				"endpoint, or a subscriber's: swbridge migrate --dry-run shows which, and how to take it where that "
				"is possible%s; else give the extension another username%s", change->username, why, take, made);

	reject(change, "foreign", text);
	mem_free(text);
	mem_free(take);
	mem_free(word);
	mem_free(made);
}

void change_name_taken(struct change *change, const char *why)
{
	char *text = NULL;

	if (!change->decision.after_holder || change->holder == WAIT_FREE) {
		name_is_foreign(change, why);
		return;
	}
	text = mem_printf("the username %s is still held by extension %s; the next pass tries again", change->username,
			  change->holder_key);
	change_failed(change, "failed", text);
	mem_free(text);
}

/* Its intent stays open, for a pass that comes when it has settled. */
static void stays_unknown(struct change *change, int64_t settles_in_ms, const char *reason)
{
	change->end = MIRROR_UNKNOWN;
	outcome_reason(change, reason);
	outcome_journal(change, NULL);
	outcome_owner(change);
	outcome_made(change);
	change->papers->outcome.settles_in_ms = settles_in_ms;
	change->papers->outcome.key = change->key;
	change->papers->outcome.last_error = change->reason;
	change->papers->outcome.count_attempt = true;
	batch_record(change);
}

void change_failed(struct change *change, const char *outcome, const char *reason)
{
	if (name_in_doubt(change)) {
		/* As unknown as before: nothing has to settle anew. */
		stays_unknown(change, 0, reason);
		return;
	}
	change->end = MIRROR_FAILED;
	outcome_reason(change, reason);
	outcome_journal(change, outcome);
	outcome_owner(change);
	outcome_made(change);
	outcome_gone(change);
	change->papers->outcome.key = change->key;
	change->papers->outcome.last_error = change->reason;
	change->papers->outcome.count_attempt = true;
	outcome_nothing_sent(change);
	outcome_untouched(change);
	outcome_row(change);
	batch_record(change);
}

void change_unknown(struct change *change, int64_t first_byte_at, const char *reason)
{
	int64_t settle = change->mirror->setup.config->settle_ms;
	int64_t passed = first_byte_at >= 0 ? loop_boottime_ms() - first_byte_at : 0;

	stays_unknown(change, settle > passed ? settle - passed : 0, reason);
}

void change_again(struct change *change, const char *reason)
{
	change->end = MIRROR_AGAIN;
	outcome_reason(change, reason);
	outcome_journal(change, change->gone ? "failed" : "void");
	outcome_gone(change);
	batch_record(change);
}

void change_wait(struct change *change, const char *reason)
{
	change->end = MIRROR_UNKNOWN;
	outcome_reason(change, reason);
	mirror_ended(change);
}

void change_drop(struct change *change, const char *reason)
{
	change->end = MIRROR_DROPPED;
	outcome_reason(change, reason);
	mirror_ended(change);
}

/* Stops the engine with an exit code of its own. */
static void stop_with(struct mirror *mirror, int exit_code, const char *text)
{
	struct error err = ERROR_INIT;

	error_exit(&err, exit_code, "%s", text);
	mirror_stop(mirror, &err);
}

void change_look_failed(struct change *change, const struct api_result *result)
{
	if (result->outcome == API_DENIED)
		stop_with(change->mirror, EXIT_DENIED, result->text);
	else if (result->outcome == API_NOT_SENT || (result->outcome == API_THROTTLED && !result->alone))
		stop_with(change->mirror, EXIT_LATER, result->text);
	change->end = change->intent_at_ms ? MIRROR_UNKNOWN : MIRROR_FAILED;
	outcome_reason(change, result->text[0] ? result->text : "SignalWire could not be asked");
	if (change->journal_id) {
		/* Mutations of this change may have happened before the read. */
		change_unknown(change, -1, change->reason);
		return;
	}
	/* Nothing was sent: an intent of an earlier attempt stays as it was, without one only the error is noted. */
	change->papers->outcome.key = change->orphan ? NULL : change->key;
	change->papers->outcome.last_error = change->reason;
	change->papers->outcome.count_attempt = true;
	outcome_row(change);
	batch_record(change);
}

void change_look_unsure(struct change *change)
{
	const struct api_result later = { .outcome = API_FAILED, .text = "what is there under a name of an earlier attempt may "
					  "be another extension's; the next pass looks again" };

	change_look_failed(change, &later);
}

const char *change_sent_nothing(const struct change *change)
{
	return change_has_acted(change) ? "failed" : "not sent";
}

/* SignalWire does not repeat the e-mail that it refuses, and where it is made the PBX has none. */
static char *which_email(const struct change *change)
{
	const char *sent = change->email_given || !change->owner ? change->email : change->owner->tag;
	bool made = !change->email_given && change->email && sent && strcmp(change->email, sent) == 0;

	return mem_printf("; the e-mail is %s%s", sent ? sent : "-", made ? ", made of its key and [mirror] subscriber_domain" : "");
}

/* What SignalWire says of a number helps nobody who has no such number: what to do is said with it. */
static void change_rejected_for(struct change *change, const struct api_result *result)
{
	bool number = result->attribute && strcmp(result->attribute, "send_as") == 0;
	char *email = result->attribute && strcmp(result->attribute, "email") == 0 ? which_email(change) : mem_strdup("");
	char *text = mem_printf("%s%s%s", result->text, email,
				number ? "; buy or verify the number there, or do without: \"send_as =\" (nothing behind it) under "
					 "[columns], then run: swbridge init; swbridge sync" : "");

	change_rejected(change, result->not_unique ? "foreign" : "rejected", text);
	mem_free(text);
	mem_free(email);
}

bool change_refused(struct change *change, const struct api_result *result)
{
	struct mirror *mirror = change->mirror;

	change_heard(change, result);
	switch (result->outcome) {
	case API_DONE:
		return false;
	case API_REJECTED:
		if (result->account) {
			mirror->creates_stopped = true;
			change_failed(change, change_sent_nothing(change), result->text);
		} else {
			change_rejected_for(change, result);
		}
		return true;
	case API_NOT_FOUND:
		change_failed(change, "failed", result->text);
		return true;
	case API_DENIED:
		stop_with(mirror, EXIT_DENIED, result->text);
		change_failed(change, change_sent_nothing(change), result->text);
		return true;
	case API_NOT_SENT:
	case API_THROTTLED:
		if (!result->alone)
			stop_with(mirror, EXIT_LATER, result->text);
		change_failed(change, change_sent_nothing(change), result->text);
		return true;
	case API_FENCED:
		stop_with(mirror, EXIT_LATER, "The database did not answer in time, so the lock could not be proved and "
			  "nothing more was sent; look at the database, then run this again");
		change_failed(change, change_sent_nothing(change), "held back: the lock could not be proved");
		return true;
	case API_FAILED:
	case API_UNKNOWN:
		break;
	}
	change_unknown(change, result->first_byte_at, result->text);
	return true;
}
