/* mirror_change - one change: its copy of the wish, and how it can end. */
#include "mirror_internal.h"

#include "log.h"
#include "mem.h"

#include <string.h>
#include <strings.h>

/* A block that texts are copied into; without one they are only measured. */
struct packing {
	char *block;
	size_t size;
};

static const char *pack(struct packing *packing, const char *text)
{
	char *copy = packing->block ? packing->block + packing->size : NULL;
	size_t size = text ? strlen(text) + 1 : 0;

	packing->size += size;
	return copy && text ? memcpy(copy, text, size) : NULL;
}

static void pack_wish(struct change *c, const struct difference *d, struct packing *to)
{
	c->key = pack(to, d->key);
	c->extension = pack(to, d->extension ? d->extension : d->ledger_extension ? d->ledger_extension : d->key);
	c->secret = pack(to, d->secret);
	c->email = pack(to, d->email);
	c->caller_id = pack(to, d->caller_id);
	c->send_as = pack(to, d->send_as);
	c->ciphers = pack(to, d->ciphers);
	c->codecs = pack(to, d->codecs);
	c->encryption = pack(to, d->encryption);
	c->call_handler = pack(to, d->call_handler);
	c->calling_handler = pack(to, d->calling_handler);
	for (int i = 0; i < JSON_PROFILE_COUNT; i++)
		c->profile[i] = pack(to, d->profile[i]);
	c->settings_digest = pack(to, d->settings_digest);
	c->secret_digest = pack(to, d->secret_digest);
	c->profile_digest = pack(to, d->profile_digest);
	c->desired_digest = pack(to, d->desired_digest);
}

static void pack_memory(struct change *c, const struct difference *d, struct packing *to)
{
	c->old_settings_digest = pack(to, d->ledger_settings_digest ? d->ledger_settings_digest : "");
	c->old_secret_digest = pack(to, d->ledger_secret_digest ? d->ledger_secret_digest : "");
	c->old_profile_digest = pack(to, d->owner_profile_digest ? d->owner_profile_digest : "");
	c->holder_key = pack(to, d->holder_key);
	c->tried_usernames = pack(to, d->intent_usernames);
}

/* Thousands of changes wait at once, and most texts never change: one allocation for all of these. */
static void copy_texts(struct change *c, const struct difference *d)
{
	struct packing to = { NULL, 0 };

	pack_wish(c, d, &to);
	pack_memory(c, d, &to);
	c->texts_size = to.size;
	c->texts = mem_alloc(to.size);
	to = (struct packing){ c->texts, 0 };
	pack_wish(c, d, &to);
	pack_memory(c, d, &to);
	c->username = mem_strdup(d->username);
	c->ledger_username = mem_strdup(d->ledger_username);
	c->credential_id = mem_strdup(d->sip_endpoint_id);
	c->sent_fields = d->sent_fields && *d->sent_fields ? mem_strdup(d->sent_fields) : NULL;
}

struct change *change_new(struct mirror *mirror, const struct difference *difference,
			  const struct plan_decision *decision)
{
	const struct difference *d = difference;
	struct change *c = mem_alloc(sizeof *c);

	c->mirror = mirror;
	c->decision = *decision;
	copy_texts(c, d);
	c->email_given = d->email_given;
	c->orphan = d->orphan;
	c->present = d->present;
	c->wants_protection = d->present ? d->wants_protection : d->is_protected;
	c->state = d->state;
	c->intent_at_ms = d->intent_at_ms;
	c->refusal_over = d->tried_digest && d->desired_digest && strcmp(d->tried_digest, d->desired_digest) != 0;
	c->request_ids = (struct strbuf)STRBUF_INIT;
	c->random_secret = (struct strbuf)STRBUF_INIT_SECRET;
	c->outcome = (struct ledger_outcome)LEDGER_OUTCOME_INIT;
	c->extra = (struct ledger_outcome)LEDGER_OUTCOME_INIT;
	return c;
}

void change_free(struct change *c)
{
	char *const texts[] = { c->username, c->ledger_username, c->credential_id, c->sent_fields, c->wanted_username,
				c->journal_id, c->found_id, c->found_username, c->sent_now, c->profile_now, c->reason, c->detail };

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		mem_free(texts[i]);
	for (int i = 0; i < JSON_PROFILE_COUNT; i++)
		mem_free(c->merged[i]);
	mem_wipe(c->texts, c->texts_size);
	mem_free(c->texts);
	strbuf_release(&c->request_ids);
	strbuf_release(&c->random_secret);
	mem_free(c);
}

bool change_may_be_called(const struct change *change, const char *username)
{
	const char *line = change->tried_usernames ? change->tried_usernames : "";
	size_t len = strlen(username);

	if (change->ledger_username && strcasecmp(change->ledger_username, username) == 0)
		return true;
	while (*line) {
		size_t line_len = strcspn(line, "\n");

		if (line_len == len && strncasecmp(line, username, len) == 0)
			return true;
		line += line_len + (line[line_len] == '\n');
	}
	return false;
}

void change_heard(struct change *change, const struct api_result *result)
{
	if (!result->request_id[0] || strchr(result->request_id, ','))
		return;
	if (change->request_ids.len)
		strbuf_putc(&change->request_ids, ',');
	strbuf_puts(&change->request_ids, result->request_id);
}

static void set_reason(struct change *change, const char *reason)
{
	/* What SignalWire wrote goes into the ledger and onto terminals: no control characters, valid UTF-8. */
	char *clean = log_clean(reason);

	mem_free(change->reason);
	change->reason = clean;
}

/* What every outcome of a change with an intent says. */
static void set_journal(struct change *c, const char *outcome)
{
	c->outcome.journal_id = c->journal_id;
	c->outcome.outcome = outcome;
	c->outcome.request_ids = c->request_ids.len ? c->request_ids.data : NULL;
	c->outcome.detail = c->detail ? c->detail : outcome && strcmp(outcome, "done") == 0 ? NULL : c->reason;
	if (c->owner)
		c->outcome.subscriber_id = c->owner->id;
	c->outcome.credential_id = c->found_id ? c->found_id : c->credential_id;
}

/* The subscriber, as far as this change learned of it; also where the change itself came to nothing. */
static void set_owner(struct change *c)
{
	struct owner *owner = c->owner;

	if (!owner || !owner->no || !c->owner_new)
		return;
	c->outcome.owner_no = owner->no;
	c->outcome.owner_id = owner->id ? owner->id : "";
	c->outcome.owner_origin = "created";
}

/* A credential that was made stays known, also where a later step of its change came to nothing. */
static void set_made(struct change *c)
{
	/* What a look found of an earlier attempt is ours as it was found; what it holds is not known. */
	bool found = !c->made && c->found_id && c->found_username && c->decision.look_first && c->owner && c->owner->no &&
		     (c->decision.action == PLAN_CREATE || c->decision.action == PLAN_REPLACE);

	if (found) {
		c->outcome.state = "active";
		c->outcome.username = c->found_username;
		c->outcome.row_owner_no = c->owner->no;
		c->outcome.sip_endpoint_id = c->found_id;
		c->outcome.settings_digest = c->outcome.secret_digest = "";
	}
	if (c->removes_found)
		c->outcome.sip_endpoint_id = c->credential_id;
	if (!c->made)
		return;
	c->outcome.state = "active";
	c->outcome.username = c->username;
	c->outcome.row_owner_no = c->owner->no;
	c->outcome.sip_endpoint_id = c->found_id;
	c->outcome.settings_digest = c->settings_digest;
	c->outcome.secret_digest = c->secret_digest;
	c->outcome.sent_fields = c->sent_now ? c->sent_now : "";
}

void change_done(struct change *change)
{
	change->end = MIRROR_DONE;
	set_journal(change, change->detail && change->owner_gone && change->orphan ? "void" : "done");
	batch_record(change);
}

/* A creation that certainly came to nothing set nothing: there is nothing to take back later. */
static void set_nothing_sent(struct change *c)
{
	if (c->decision.action == PLAN_CREATE && !c->decision.take_over && !c->found_id && !c->credential_id)
		c->outcome.sent_fields = "";
}

static void record_rejection(struct change *change)
{
	bool update = change->state == STATE_ACTIVE && !change->decision.take_over && !change->made;

	change->end = MIRROR_REJECTED;
	set_journal(change, change->verdict);
	set_owner(change);
	set_made(change);
	change->outcome.key = change->key;
	change->outcome.last_error = change->reason;
	change->outcome.count_attempt = true;
	set_nothing_sent(change);
	if (change->present) {
		/* What the row says of itself is noted with it: the next pass has nothing left to write. */
		change->outcome.tried_digest = change->desired_digest;
		change->outcome.extension = change->extension;
		change->outcome.protection = change->wants_protection;
		change->outcome.absence = LEDGER_NOT_ABSENT;
	}
	/* A certain refusal: what was there before is there still. */
	if (update && change->journal_id && !change->patched) {
		change->outcome.settings_digest = change->old_settings_digest;
		change->outcome.secret_digest = change->old_secret_digest;
	}
	batch_record(change);
}

void change_rejected(struct change *change, const char *outcome, const char *reason)
{
	char *text = NULL;

	/* Somebody else's object is never touched; what an operator can do is said with it. */
	if (strcmp(outcome, "foreign") == 0)
		text = mem_printf("%s; it is left alone: give the extension another name or e-mail, or, if it is left over "
				  "from a lost ledger, delete it at SignalWire and run: swbridge retry %s", reason, change->key);
	set_reason(change, text ? text : reason);
	mem_free(text);
	change->verdict = outcome;
	/*
	 * What a look alone refused has no intent yet: a new extension has no row
	 * that could remember it, and an earlier attempt's intent is to be closed.
	 */
	if (!change->journal_id && (change->intent_at_ms || change->state == STATE_NONE))
		batch_intend(change, record_rejection);
	else
		record_rejection(change);
}

void change_name_taken(struct change *change, const char *why)
{
	bool ours = change->decision.after_holder && change->holder != WAIT_FREE;
	char *text = ours ? mem_printf("the username %s is still held by extension %s; the next pass tries again",
				       change->username, change->holder_key)
			  : mem_printf("the username %s exists remotely, not in the ledger (%s)", change->username, why);

	if (ours)
		change_failed(change, "failed", text);
	else
		change_rejected(change, "foreign", text);
	mem_free(text);
}

void change_failed(struct change *change, const char *outcome, const char *reason)
{
	bool update = change->state == STATE_ACTIVE && !change->decision.take_over && !change->made;

	change->end = MIRROR_FAILED;
	set_reason(change, reason);
	set_journal(change, outcome);
	set_owner(change);
	set_made(change);
	change->outcome.key = change->key;
	change->outcome.last_error = change->reason;
	change->outcome.count_attempt = true;
	set_nothing_sent(change);
	if (update && change->journal_id && !change->patched) {
		change->outcome.settings_digest = change->old_settings_digest;
		change->outcome.secret_digest = change->old_secret_digest;
	}
	batch_record(change);
}

void change_unknown(struct change *change, int64_t first_byte_at, const char *reason)
{
	int64_t settle = change->mirror->setup.config->settle_ms;
	int64_t passed = first_byte_at >= 0 ? loop_boottime_ms() - first_byte_at : 0;

	change->end = MIRROR_UNKNOWN;
	set_reason(change, reason);
	set_journal(change, NULL);
	set_owner(change);
	set_made(change);
	change->outcome.settles_in_ms = settle > passed ? settle - passed : 0;
	change->outcome.key = change->key;
	change->outcome.last_error = change->reason;
	change->outcome.count_attempt = true;
	batch_record(change);
}

void change_again(struct change *change, const char *reason)
{
	change->end = MIRROR_AGAIN;
	set_reason(change, reason);
	set_journal(change, "void");
	batch_record(change);
}

void change_wait(struct change *change, const char *reason)
{
	change->end = MIRROR_UNKNOWN;
	set_reason(change, reason);
	mirror_ended(change);
}

void change_drop(struct change *change, const char *reason)
{
	change->end = MIRROR_DROPPED;
	set_reason(change, reason);
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
	else if (result->outcome == API_NOT_SENT || result->outcome == API_THROTTLED)
		stop_with(change->mirror, EXIT_LATER, result->text);
	change->end = change->intent_at_ms ? MIRROR_UNKNOWN : MIRROR_FAILED;
	set_reason(change, result->text[0] ? result->text : "SignalWire could not be asked");
	if (change->journal_id) {
		/* Mutations of this change may have happened before the read. */
		change_unknown(change, -1, change->reason);
		return;
	}
	/* Nothing was sent: an intent of an earlier attempt stays as it was, without one only the error is noted. */
	change->outcome.key = change->orphan ? NULL : change->key;
	change->outcome.last_error = change->reason;
	change->outcome.count_attempt = true;
	batch_record(change);
}

/* An earlier step of the same change may have acted: then the rails count it. */
static const char *nothing_sent(const struct change *change)
{
	return change->owner_new || change->patched || change->gone ? "failed" : "not sent";
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
			change_failed(change, "failed", result->text);
		} else {
			change_rejected(change, result->not_unique ? "foreign" : "rejected", result->text);
		}
		return true;
	case API_NOT_FOUND:
		change_failed(change, "failed", result->text);
		return true;
	case API_DENIED:
		stop_with(mirror, EXIT_DENIED, result->text);
		change_failed(change, nothing_sent(change), result->text);
		return true;
	case API_NOT_SENT:
	case API_THROTTLED:
		stop_with(mirror, EXIT_LATER, result->text);
		change_failed(change, nothing_sent(change), result->text);
		return true;
	case API_FENCED:
		stop_with(mirror, EXIT_LATER, "The database did not answer in time, so the lock could not be proved and "
			  "nothing more was sent; look at the database, then run this again");
		change_failed(change, nothing_sent(change), "held back: the lock could not be proved");
		return true;
	case API_FAILED:
	case API_UNKNOWN:
		break;
	}
	change_unknown(change, result->first_byte_at, result->text);
	return true;
}
