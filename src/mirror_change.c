/* mirror_change - one change: its copy of the wish. */
#include "mirror_internal.h"

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
	c->tenant = pack(to, d->tenant);
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
	c->old_secret_digest = pack(to, !d->ledger_secret_digest ? "" :
				    *d->ledger_secret_digest ? d->ledger_secret_digest : LEDGER_SECRET_UNSHOWN);
	c->old_profile_digest = pack(to, d->owner_profile_digest ? d->owner_profile_digest : "");
	c->holder_key = pack(to, d->holder_key);
	c->tried_usernames = pack(to, d->intent_usernames);
	c->others_usernames = pack(to, d->intent_others);
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
	c->journal_id = decision->settle ? mem_strdup(d->intent_id) : NULL;
	c->intent = d->intent;
	c->was_replace = d->intent == OPERATION_REPLACE;
	c->refusal_over = d->tried_digest && d->desired_digest && strcmp(d->tried_digest, d->desired_digest) != 0;
	c->request_ids = (struct strbuf)STRBUF_INIT;
	c->random_secret = (struct strbuf)STRBUF_INIT_SECRET;
	return c;
}

void change_begin(struct change *c)
{
	c->started = true;
	if (!c->papers)
		c->papers = mem_alloc(sizeof *c->papers);
	c->papers->outcome = c->papers->extra = (struct ledger_outcome)LEDGER_OUTCOME_INIT;
}

void change_free(struct change *c)
{
	char *const texts[] = { c->username, c->ledger_username, c->credential_id, c->sent_fields, c->wanted_username, c->given_name,
				c->journal_id, c->found_id, c->found_username, c->strange_id, c->sent_now, c->profile_now, c->reason, c->detail };

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		mem_free(texts[i]);
	for (int i = 0; c->papers && i < JSON_PROFILE_COUNT; i++)
		mem_free(c->papers->merged[i]);
	mem_free(c->papers);
	mem_wipe(c->texts, c->texts_size);
	mem_free(c->texts);
	strbuf_release(&c->request_ids);
	strbuf_release(&c->random_secret);
	mem_free(c);
}

/* Whether the server keeps the case of names is not documented. */
static bool has_line(const char *lines, const char *text)
{
	const char *line = lines ? lines : "";
	size_t len = strlen(text);

	while (*line) {
		size_t line_len = strcspn(line, "\n");

		if (line_len == len && strncasecmp(line, text, len) == 0)
			return true;
		line += line_len + (line[line_len] == '\n');
	}
	return false;
}

static bool is_called(const struct change *change, const char *username)
{
	return change->ledger_username && strcasecmp(change->ledger_username, username) == 0;
}

bool change_may_be_called(const struct change *change, const char *username)
{
	return is_called(change, username) || has_line(change->tried_usernames, username);
}

bool change_may_have_made(const struct change *change, const char *username)
{
	return is_called(change, username) ||
	       (has_line(change->tried_usernames, username) && !has_line(change->others_usernames, username));
}

/* What is made is looked for, and what is removed is read, before anything is sent. */
static bool earlier_may_have_acted(const struct change *c)
{
	if (c->intent == OPERATION_NONE)
		return false;
	switch (c->decision.action) {
	case PLAN_CREATE: case PLAN_REPLACE:
		return c->found_id || c->owner_new;
	case PLAN_REMOVE: case PLAN_REMOVE_SUBSCRIBER: case PLAN_FORGET:
		return false;
	case PLAN_NOTE:
		return c->intent != OPERATION_CREATE;
	case PLAN_UPDATE: case PLAN_RESTORE: case PLAN_SUSPEND: case PLAN_NOTHING: case PLAN_SKIP: case PLAN_REJECT:
	case PLAN_WAIT: case PLAN_MARK_ABSENT: case PLAN_ADOPT:
		break;
	}
	return true;
}

const char *change_counted(const struct change *c, const char *outcome)
{
	const bool makes = c->decision.action == PLAN_CREATE || c->decision.action == PLAN_REPLACE;
	const bool came_to_nothing = outcome && (strcmp(outcome, "not sent") == 0 || strcmp(outcome, "void") == 0 ||
						 strcmp(outcome, "rejected") == 0 || (makes && strcmp(outcome, "foreign") == 0));

	return came_to_nothing && earlier_may_have_acted(c) ? "failed" : outcome;
}

void change_heard(struct change *change, const struct api_result *result)
{
	check_clock(change->mirror, result);
	if (!result->request_id[0] || strchr(result->request_id, ','))
		return;
	if (change->request_ids.len)
		strbuf_putc(&change->request_ids, ',');
	strbuf_puts(&change->request_ids, result->request_id);
}
