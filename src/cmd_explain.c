/* cmd_explain - the verb `explain`: the whole story of one extension. */
#include "cmd.h"

#include "admin_view.h"
#include "jsonline.h"
#include "log.h"
#include "mem.h"
#include "report_json.h"
#include "row_view.h"
#include "target.h"

#include <stdio.h>
#include <string.h>

enum { EVENTS_MAX = 10 };

struct story {
	const struct cmd_options *options;
	const struct session *session;
	const char *name; /* as asked for */
	const char *key;
	char *word;       /* the key as a shell takes it, printable */
	bool seen;        /* in the PBX or in the ledger */
	bool gone;        /* not in the PBX */
	bool disabled;    /* there */
	bool goes_on;     /* a phone can register with it */
	char *failed;     /* why its last attempt came to nothing; NULL: it did not */
	char *due;        /* gone from the PBX: when on_remove is done to it; NULL: it is not */
	bool source_empty;
	bool in_step;
	bool tracked;
	bool rejected;
	struct plan_decision decision;
	unsigned held;    /* CLASS_* */
	bool is_held;
	char *refusal;    /* by a look at everything, in its words; NULL: none */
	bool events;
};

/* "  label: value", escaped; nothing where there is no value. */
static void say(const char *label, const char *value)
{
	char *shown = value ? log_printable(value) : NULL;

	if (shown)
		log_print(stdout, "  %-14s  %s\n", label, shown);
	mem_free(shown);
}

/* The same of a word as the source has it: no_secret. */
static void say_words(const char *label, const char *value)
{
	char *words = value ? mem_strdup(value) : NULL;

	for (char *c = words; c && *c; c++)
		*c = *c == '_' ? ' ' : *c;
	say(label, words);
	mem_free(words);
}

/* ---- what the PBX wants ---------------------------------------------------------- */

static void say_present(const struct story *story, const struct difference *d)
{
	const struct plan_policy policy = { .one_place = target_one_place(story->session->config) };
	const char *objection = d->enabled ? plan_objection(d, &policy) : NULL;

	printf("In the PBX (%s):\n", story->session->config->source);
	say("extension", d->extension);
	say("tenant", d->tenant);
	say("enabled", d->enabled ? "yes" : "no");
	say("username", d->username);
	say("secret", d->secret ? "there" : d->hashed ? "only a hash of it" : "missing");
	say("e-mail", d->email_given ? d->email : NULL);
	say("caller id", d->caller_id);
	say("send as", d->send_as);
	say("codecs", d->codecs);
	say("ciphers", d->ciphers);
	say("encryption", d->encryption);
	say("call handler", d->call_handler);
	say("", d->calling_handler);
	say("protected", d->wants_protection ? "yes" : NULL);
	say_words("skipped", d->skip_reason);
	if (d->hashed && d->skip_reason)
		printf("  %-14s  [mirror] issue_secrets = yes: then it gets a new secret\n", "way out");
	say("cannot be sent", objection);
	say("rows with it", d->problem ? d->sharers : NULL);
	say("name held by", d->holder != HOLDER_NONE ? d->holder_key : NULL);
}

static void take_row(const struct difference *d, bool in_step, void *arg)
{
	struct story *story = arg;
	const struct config *config = story->session->config;
	const struct plan_policy policy = {
		.on_remove = config->on_remove,
		.one_place = target_one_place(config),
		.source_complete = !story->source_empty,
	};

	story->in_step = in_step;
	story->seen = true;
	story->gone = !d->present;
	story->disabled = d->present && !d->enabled;
	story->goes_on = d->sip_endpoint_id && d->state == STATE_ACTIVE;
	plan_decide(d, &policy, &story->decision);
	if (story->options->json)
		return;
	if (d->present)
		say_present(story, d);
	else
		printf("In the PBX (%s): not there any more.\n", config->source);
}

/* ---- what the ledger has --------------------------------------------------------- */

static const char *whose(const struct story *story, const struct admin_row *row)
{
	if (!row->subscriber_id)
		return NULL;
	if (strcmp(row->origin, "created") != 0)
		return "adopted, never removed by swbridge";
	if (row->is_protected || story->session->config->on_remove != CONFIG_DELETE)
		return "made by swbridge";
	return "made by swbridge, and removed with its last extension";
}

static void ledger_row(const struct admin_row *row, void *arg)
{
	struct story *story = arg;

	if (strcmp(row->key, story->key) != 0)
		return;
	story->tracked = true;
	story->rejected = strcmp(row->state, "rejected") == 0;
	story->failed = row->failed && !row->intent ? mem_strdup(row->last_error) : NULL;
	if (story->options->json) {
		row_view_print(stdout, row, true);
		return;
	}
	printf("In the ledger:\n");
	say("state", row->state);
	say("username", row->username);
	if (!target_traits(story->session->config)->place)
		say("subscriber", row->subscriber_id ? row->subscriber_id : "none yet");
	say("", row->email);
	say("", whose(story, row));
	say("SIP endpoint", row->sip_endpoint_id ? row->sip_endpoint_id : "none yet");
	say("protected", row->is_protected ? "yes: never removed" : NULL);
	say("absent since", row->absent_since);
	say("last error", row->last_error);
	say("changed", row->updated_at);
	if (row->intent) {
		printf("  An outcome is unknown: %s, begun %s; ", row->intent, row->intent_at);
		if (row->settles_at)
			printf("it settles at %s, the next pass after that looks.\n", row->settles_at);
		else
			printf("a swbridge is at it now.\n");
	}
}

static void event(const struct admin_event *e, void *arg)
{
	struct story *story = arg;

	if (story->options->json) {
		struct strbuf line = STRBUF_INIT;

		jsonline_begin(&line, "event");
		jsonline_text(&line, "operation", e->operation);
		jsonline_text(&line, "cause", e->cause);
		jsonline_text(&line, "at", e->at);
		jsonline_text(&line, "finished_at", e->finished_at);
		jsonline_text(&line, "outcome", e->outcome);
		jsonline_text(&line, "detail", e->detail);
		jsonline_text(&line, "request_ids", e->request_ids);
		report_json_put(stdout, &line);
		return;
	}
	char *detail = log_printable(e->detail ? e->detail : "");
	char *ids = log_printable(e->request_ids ? e->request_ids : "");

	if (!story->events)
		printf("What was done (the last %d):\n", EVENTS_MAX);
	story->events = true;
	printf("  %s  %-8s %-8s by %s%s%s%s%s\n", e->at, e->operation, e->outcome ? e->outcome : "unknown", e->cause,
	       *detail ? ": " : "", detail, *ids ? "; requests " : "", ids);
	mem_free(ids);
	mem_free(detail);
}

static void leaving(const char *key, const char *extension, const char *since, const char *due, void *arg)
{
	struct story *story = arg;

	(void)key, (void)extension, (void)since;
	story->due = mem_strdup(due);
}

/* ---- what happens now ------------------------------------------------------------- */

static void held_line(const struct pass_line *line, void *arg)
{
	struct story *story = arg;

	if (strcmp(line->key, story->key) != 0)
		return;
	if (line->action == PLAN_REJECT && line->own && !story->refusal)
		story->refusal = mem_strdup(line->reason);
	if (line->state != PASS_HELD)
		return;
	story->is_held = true;
	story->held = line->held;
}

/* Only a whole plan knows: what is held depends on everything else that wants to pass, and a row may not go with another. */
static int find_held(struct story *story, struct error *err)
{
	struct pass_setup setup = { .line = held_line, .arg = story };
	struct pass_summary summary = { 0 };

	cmd_pass_setup(&setup, story->session);
	setup.progress = NULL;
	if (pass_full(&setup, &summary, err))
		return -1;
	if (!story->refusal)
		return 0;
	story->in_step = false;
	story->decision = (struct plan_decision){ .action = PLAN_REJECT, .reason = story->refusal };
	return 0;
}

static void say_release(const struct story *story)
{
	if (story->is_held && !story->held)
		log_print(stdout, "  Held: swbridge is paused. To go on: swbridge resume\n");
	else if (story->is_held)
		log_print(stdout, "  Held by %s. To release this one: swbridge approve %s %s\n", rails_setting(story->held),
		       rails_approve_word(story->held), story->word);
}

static void say_now(const struct story *story)
{
	const struct plan_decision *decision = &story->decision;

	/* No difference, since what was refused is what is desired still. */
	if (story->rejected && (story->in_step || decision->action == PLAN_NOTHING)) {
		log_print(stdout, "Now: rejected (see the last error); it waits until its row in the PBX changes, or for: "
		       "swbridge retry %s\n", story->word);
		return;
	}
	if (story->due && (story->in_step || decision->action == PLAN_NOTHING)) {
		printf("Now: gone from the PBX; it is to be %s from %s on, when [mirror] grace is over.\n",
		       story->session->config->on_remove == CONFIG_DELETE ? "deleted" : "suspended", story->due);
		return;
	}
	if (story->in_step || decision->action == PLAN_NOTHING) {
		if (!story->tracked)
			printf("Now: nothing to do; it is not mirrored.\n");
		else if (story->in_step && !story->gone && !story->disabled)
			printf("Now: in step, nothing to do.\n");
		else
			log_print(stdout, "Now: nothing to do: %s.%s\n", decision->reason,
				  story->goes_on ? " Its phone goes on as before." : "");
		return;
	}
	log_print(stdout, "Now: %s (%s)\n", plan_action_name(decision->action), decision->reason);
	if (decision->issue)
		log_print(stdout, "  A new secret is issued: swbridge sync or migrate shows it, once; listen issues none.\n");
	say_release(story);
	if (story->failed && plan_mutates(decision->action))
		log_print(stdout, "  Its last attempt came to nothing: %s\n", story->failed);
	if (decision->action == PLAN_REJECT)
		printf("  It waits until its row in the PBX, or a setting, changes.\n");
	else if (plan_mutates(decision->action) && !story->is_held)
		log_print(stdout, "  The next pass %s, or at once: swbridge sync%s%s\n", story->failed ? "tries it again" : "does it",
			  story->gone ? "" : " ", story->gone ? "" : story->word);
}

static void say_now_json(const struct story *story)
{
	struct strbuf line = STRBUF_INIT;
	/* No difference, and in step all the same it is not: what is desired was refused. */
	bool waits = story->rejected && (story->in_step || story->decision.action == PLAN_NOTHING);

	jsonline_begin(&line, "summary");
	jsonline_text(&line, "key", story->key);
	jsonline_bool(&line, "in_step", story->in_step && !story->rejected);
	jsonline_text(&line, "action", plan_action_name(story->decision.action));
	jsonline_text(&line, "reason", waits ? "rejected; it waits until its row in the PBX changes, or for: swbridge retry"
					     : story->decision.reason);
	jsonline_bool(&line, "held", story->is_held);
	jsonline_text(&line, "due_at", story->due);
	jsonline_text(&line, "held_by", story->held ? rails_setting(story->held) : NULL);
	report_json_put(stdout, &line);
}

static void say_whose(const struct story *story)
{
	char *name = log_printable(story->name), *key = log_printable(story->key);

	if (strcmp(name, key) == 0)
		printf("%s\n", key);
	else
		printf("%s (key %s)\n", name, key);
	mem_free(name);
	mem_free(key);
}

static int tell(struct story *story, struct error *err)
{
	const struct session *s = story->session;
	struct difference_totals totals = { 0 };

	if (difference_totals(s->query, s->db, &totals, err))
		return -1;
	story->source_empty = totals.source_rows == 0;
	story->decision.reason = "in step";
	story->in_step = true;
	if (story->options->json)
		report_json_version(stdout);
	else
		say_whose(story);
	if (difference_explain(s->query, s->db, story->key, take_row, story, err) ||
	    admin_rows(s->db, &story->key, 1, ledger_row, story, err))
		return -1;
	if (!story->seen && !story->options->json)
		printf("In the PBX (%s): not there any more.\n", s->config->source);
	if (!story->tracked && !story->options->json)
		printf("In the ledger: nothing.\n");
	if (find_held(story, err) ||
	    admin_leaving(s->db, difference_policy(s->query), story->key, 1, leaving, story, err))
		return -1;
	if (!story->options->json)
		say_now(story);
	if (admin_journal(s->db, story->key, EVENTS_MAX, event, story, err))
		return -1;
	if (story->options->json)
		say_now_json(story);
	return 0;
}

static int run(const struct cmd_verb *verb, struct cmd_options *options, int argc, char **argv)
{
	struct session session;
	struct story story = { .options = options, .session = &session };
	struct cmd_keys keys = { 0 };
	struct error err = ERROR_INIT;
	int rc = 0;

	if (cmd_open(verb, options, argc, argv, 1, 1, &session, &rc) == CMD_STOP)
		return rc;
	if (!cmd_find_one(&session, argv + optind, &keys, &err)) {
		story.name = argv[optind];
		story.key = keys.key[0];
		story.word = cmd_word(story.key);
		rc = tell(&story, &err);
	}
	if (err.text)
		rc = cmd_fail(&err);
	mem_free(story.refusal);
	mem_free(story.due);
	mem_free(story.failed);
	mem_free(story.word);
	cmd_keys_release(&keys);
	session_close(&session);
	return rc;
}

const struct cmd_verb cmd_explain = {
	.name = "explain",
	.summary = "the whole story of one extension",
	.arguments = "EXT",
	.details =
	"What the PBX wants, what the ledger has, what the next pass would do and why, what holds it and\n"
	"the command that releases it, and what was done so far.  Only reads.\n",
	.run = run,
};
