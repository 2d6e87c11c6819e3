/* cmd_wait - the verb `wait`: returns when what was committed before the call is live. */
#include "cmd.h"

#include "admin_since.h"
#include "config_value.h"
#include "difference.h"
#include "jsonline.h"
#include "log.h"
#include "mem.h"
#include "pass.h"
#include "plan.h"
#include "rails.h"
#include "report_json.h"
#include "target.h"

#include <stdio.h>
#include <string.h>

enum { OPTION_TIMEOUT = CMD_OPTION_FIRST, LOOK_FIRST_MS = 10, LOOK_LONGEST_MS = 250, TIMEOUT_MS = 60000 };

enum standing {
	STANDING_NOT_YET,
	STANDING_LIVE,
	STANDING_RETIRED, /* not wanted, and nothing more is done about it now */
	STANDING_REFUSED,
	STANDINGS
};

struct waiting {
	const struct session *session;
	const char *key;
	struct plan_policy policy;
	enum standing standing;
	bool unwanted; /* gone from the PBX, or disabled there */
	bool gone;     /* from the PBX */
	bool none;     /* nothing of it is at SignalWire */
	bool suspended;
	bool paused;   /* swbridge is, and it is not live */
	unsigned held; /* by which limits (CLASS_*) */
	char *obstacle; /* held for another reason */
	char *reason; /* of the last look; NULL: nothing is there of it */

	/* of one key: what its row wanted when the wait began, and what the ledger has shown since */
	char *wanted;
	bool differed; /* the ledger was seen with something else */
	bool sent;     /* a change ended well that carried that, or something newer */
};

static const char *or_none(const char *text, bool counts)
{
	return text && counts ? text : "";
}

static char *wanted_values(const struct difference *d, const struct plan_policy *policy)
{
	return mem_printf("%s %s %s %s %s", or_none(d->username, true), or_none(d->email, !policy->one_place),
			  or_none(d->settings_digest, true), or_none(d->secret_digest, true),
			  or_none(d->profile_digest, d->profile_speaks && !policy->one_place));
}

static char *ledger_values(const struct difference *d, const struct plan_policy *policy)
{
	return mem_printf("%s %s %s %s %s", or_none(d->ledger_username, true), or_none(d->owner_email, !policy->one_place),
			  or_none(d->ledger_settings_digest, true), or_none(d->ledger_secret_digest, true),
			  or_none(d->owner_profile_digest, d->profile_speaks && !policy->one_place));
}

/*
 * A row that is edited all the time is never in step, and what was committed
 * before the call is live all the same: when the ledger takes just that, or when
 * a change ended well that carried that or something newer.  What the ledger
 * merely shows does not tell: while a change is under way it shows no secret,
 * and the old one again where the change was refused.
 */
static bool has_been_live(struct waiting *waiting, const struct difference *d)
{
	char *has = NULL;
	bool equal = false;

	if (d->state != STATE_ACTIVE || !d->present || !d->enabled)
		return false;
	has = ledger_values(d, &waiting->policy);
	if (!waiting->wanted)
		waiting->wanted = wanted_values(d, &waiting->policy);
	equal = strcmp(has, waiting->wanted) == 0;
	waiting->differed = waiting->differed || !equal;
	mem_free(has);
	return (equal && waiting->differed) || waiting->sent;
}

static void forget_key(struct waiting *waiting)
{
	mem_free(waiting->wanted);
	waiting->wanted = NULL;
	waiting->differed = waiting->sent = false;
}

static bool nothing_is_sent(enum plan_action action)
{
	return action == PLAN_NOTHING || action == PLAN_NOTE || action == PLAN_MARK_ABSENT || action == PLAN_FORGET;
}

static void standing_of(const struct difference *d, bool in_step, void *arg)
{
	struct waiting *waiting = arg;
	struct plan_decision decision = { 0 };

	plan_decide(d, &waiting->policy, &decision);
	waiting->unwanted = !d->present || !d->enabled;
	waiting->gone = !d->present;
	waiting->none = !d->sip_endpoint_id && !d->owner_id;
	waiting->suspended = d->state == STATE_SUSPENDED;
	if (has_been_live(waiting, d))
		waiting->standing = STANDING_LIVE;
	else if (decision.action == PLAN_REJECT || decision.action == PLAN_SKIP)
		waiting->standing = STANDING_REFUSED;
	else if (in_step || nothing_is_sent(decision.action))
		waiting->standing = waiting->unwanted ? STANDING_RETIRED : STANDING_LIVE;
	else
		waiting->standing = STANDING_NOT_YET;
	mem_free(waiting->reason);
	if (waiting->standing == STANDING_NOT_YET && waiting->unwanted && d->attempts > 0 && d->last_error)
		waiting->reason = mem_printf("%s; its last attempt came to nothing: %s", decision.reason, d->last_error);
	else
		waiting->reason = mem_strdup(waiting->standing == STANDING_REFUSED && d->last_error ? d->last_error : decision.reason);
}

static void fired(void *arg)
{
	*(bool *)arg = true;
}

static bool is_set(void *arg)
{
	return *(bool *)arg;
}

/* False: interrupted. */
static bool rest(struct loop *loop, int64_t ms)
{
	bool over = false;
	struct loop_timer *timer = loop_timer_new(loop, fired, &over);
	bool whole = false;

	loop_timer_arm(timer, ms);
	whole = loop_until(loop, is_set, &over);
	loop_timer_free(timer);
	return whole;
}

/* The answer comes from the ledger, which whoever mutates writes: nothing is asked of SignalWire. */
static int wait_for(struct waiting *waiting, const char *key, int64_t until_ms, struct error *err)
{
	const struct session *s = waiting->session;
	struct admin_moment begun = { 0 };
	int64_t pause = LOOK_FIRST_MS;

	if (admin_moment(s->db, key, &begun, err))
		return -1;
	for (;;) {
		int64_t left = until_ms - loop_now_ms();

		waiting->standing = STANDING_RETIRED;
		mem_free(waiting->reason);
		waiting->unwanted = waiting->gone = waiting->none = true;
		waiting->reason = mem_strdup("it is not in the PBX, and nothing of it is at SignalWire");
		if (admin_since(s->db, key, &begun, &waiting->sent, err) ||
		    difference_explain(s->query, s->db, key, standing_of, waiting, err))
			return -1;
		if (waiting->standing != STANDING_NOT_YET)
			return 0;
		if (left <= 0)
			return 0;
		log_debug("%s is not live yet (%s)", key, waiting->reason);
		if (!rest(s->loop, pause < left ? pause : left))
			return error_set(err, ERROR_LATER, "Interrupted.");
		pause = pause * 2 < LOOK_LONGEST_MS ? pause * 2 : LOOK_LONGEST_MS;
	}
}

static void held_line(const struct pass_line *line, void *arg)
{
	struct waiting *waiting = arg;

	if (strcmp(line->key, waiting->key) != 0 || line->state != PASS_HELD)
		return;
	waiting->held = line->held;
	mem_free(waiting->obstacle);
	waiting->obstacle = mem_strdup(line->reason);
}

/* What whoever mutates would hold, a plan holds; that a row is gone, only a plan of everything sees. */
static int find_held(struct waiting *waiting, const char *key, struct error *err)
{
	struct pass_setup setup = { .line = held_line, .never_issues = true, .arg = waiting };
	struct pass_summary summary = { 0 };
	int rc = 0;

	mem_free(waiting->obstacle);
	waiting->obstacle = NULL;
	waiting->held = 0;
	waiting->paused = false;
	if (waiting->standing != STANDING_NOT_YET)
		return 0;
	waiting->key = key;
	cmd_pass_setup(&setup, waiting->session);
	rc = waiting->gone ? pass_full(&setup, &summary, err) : pass_keys(&setup, &key, 1, &summary, err);
	waiting->paused = summary.paused;
	return rc;
}

/* What nobody wants and nobody does anything about now: is it there no more, or does its phone go on? */
static void say_retired(const struct waiting *waiting, const char *name)
{
	if (waiting->none && waiting->gone)
		log_print(stdout, "%s is not there any more: %s.\n", name, waiting->reason);
	else if (waiting->none || waiting->suspended)
		log_print(stdout, "%s is not live, as the PBX has it: %s.\n", name, waiting->reason);
	else
		log_print(stdout, "%s stays as it is at SignalWire for now: %s.\n", name, waiting->reason);
}

/* `name` and `word`: the extension, fit for a terminal, and as a shell takes it. */
static void say_not_yet(const struct waiting *waiting, const char *name, const char *word)
{
	log_print(stdout, "%s is %s (%s). ", name, waiting->unwanted ? "still there" : "not live yet", waiting->reason);
	if (waiting->paused)
		log_print(stdout, "swbridge is paused; to go on: swbridge resume\n");
	else if (waiting->held)
		log_print(stdout, "It is held by [mirror] %s; to release it: swbridge approve %s %s\n", rails_setting(waiting->held),
		       rails_approve_word(waiting->held), word);
	else if (waiting->obstacle)
		log_print(stdout, "It is %s. See: swbridge explain %s\n", waiting->obstacle, word);
	else
		log_print(stdout, "Is the daemon running, or cron? See: swbridge explain %s\n", word);
}

static const char *const states[STANDINGS] = {
	[STANDING_NOT_YET] = "waiting", [STANDING_LIVE] = "live", [STANDING_RETIRED] = "retired", [STANDING_REFUSED] = "refused",
};

static void say_summary(const int64_t *count)
{
	struct strbuf line = STRBUF_INIT;

	jsonline_begin(&line, "summary");
	for (int i = 0; i < STANDINGS; i++)
		jsonline_int(&line, states[i], count[i]);
	report_json_put(stdout, &line);
}

static int say(const struct waiting *waiting, const struct cmd_options *options, const char *key)
{
	static const int codes[] = {
		[STANDING_NOT_YET] = EXIT_LATER, [STANDING_LIVE] = EXIT_IN_STEP, [STANDING_RETIRED] = EXIT_IN_STEP,
		[STANDING_REFUSED] = EXIT_REJECTED,
	};
	char *name = log_printable(key), *word = cmd_word(key);
	struct strbuf line = STRBUF_INIT;

	if (options->json) {
		jsonline_begin(&line, "wait");
		jsonline_text(&line, "key", key);
		jsonline_text(&line, "state", states[waiting->standing]);
		jsonline_text(&line, "reason", waiting->standing == STANDING_LIVE ? NULL : waiting->reason);
		jsonline_bool(&line, "paused", waiting->paused);
		jsonline_text(&line, "held_by", waiting->held ? rails_setting(waiting->held) : NULL);
		report_json_put(stdout, &line);
	} else if (waiting->standing == STANDING_NOT_YET) {
		say_not_yet(waiting, name, word);
	} else if (waiting->standing == STANDING_REFUSED) {
		log_print(stdout, "%s will not be live: %s. See: swbridge explain %s\n", name, waiting->reason, word);
	} else if (waiting->standing == STANDING_RETIRED && !options->quiet) {
		say_retired(waiting, name);
	} else if (!options->quiet) {
		printf("%s is live.\n", name);
	}
	mem_free(word);
	mem_free(name);
	return codes[waiting->standing];
}

static int wait_for_all(const struct session *session, const struct cmd_options *options, const struct cmd_keys *keys,
			int64_t timeout_ms, struct error *err)
{
	struct waiting waiting = { .session = session };
	int64_t until = loop_now_ms() + timeout_ms;
	int64_t count[STANDINGS] = { 0 };
	int rc = EXIT_IN_STEP;

	waiting.policy.on_remove = session->config->on_remove;
	waiting.policy.one_place = target_one_place(session->config);
	/* That a row is not there is believed: nothing is removed here. */
	waiting.policy.source_complete = true;
	if (options->json)
		report_json_version(stdout);
	for (size_t i = 0; i < keys->count; i++) {
		forget_key(&waiting);
		if (wait_for(&waiting, keys->key[i], until, err) || find_held(&waiting, keys->key[i], err)) {
			rc = cmd_fail(err);
			break;
		}
		rc = cmd_worse(rc, say(&waiting, options, keys->key[i]));
		count[waiting.standing]++;
	}
	if (options->json)
		say_summary(count);
	forget_key(&waiting);
	mem_free(waiting.reason);
	mem_free(waiting.obstacle);
	return rc;
}

static int run(const struct cmd_verb *verb, struct cmd_options *options, int argc, char **argv)
{
	static const struct option known[] = {
		{ "timeout", required_argument, NULL, OPTION_TIMEOUT }, { NULL, 0, NULL, 0 },
	};
	static const struct config_option value = { .section = "wait", .key = "timeout", .least = 0, .most = 86400000 };
	struct session_wish wish = { .verb = verb->name, .level = SESSION_LEDGER, .unbound_space = true };
	struct session session;
	struct cmd_keys keys = { 0 };
	struct error err = ERROR_INIT;
	int64_t timeout_ms = TIMEOUT_MS;
	int rc = 0, option = 0;

	while ((option = cmd_option(verb, options, known, argc, argv, &rc)) != CMD_END) {
		if (option == CMD_STOP)
			return rc;
		if (config_value_duration(&value, optarg, &timeout_ms, &err)) {
			rc = cmd_usage(verb, "--timeout: %s", error_text(&err));
			error_clear(&err);
			return rc;
		}
	}
	if (optind == argc)
		return cmd_usage(verb, "Which extension?");
	wish.config_path = options->config_path;
	if (session_open(&session, &wish, &err))
		return cmd_fail(&err);
	rc = cmd_find(&session, argv + optind, argc - optind, true, &keys, &err)
	     ? cmd_fail(&err) : wait_for_all(&session, options, &keys, timeout_ms, &err);
	cmd_keys_release(&keys);
	session_close(&session);
	return rc;
}

const struct cmd_verb cmd_wait = {
	.name = "wait",
	.summary = "return when what was committed before is live",
	.arguments = "[--timeout 60s] EXT...",
	.details =
	"For scripts that make an extension and then use it: returns as soon as SignalWire has what the\n"
	"PBX's row says, as whoever mutates (listen, or sync) has recorded it; for one that was disabled\n"
	"or deleted: when it is removed or suspended, or grace or a setting keeps it.  Only reads.\n"
	"  --timeout  how long (60s); 0s looks once\n\n"
	"Exit: 0 it is as the PBX has it, 4 it was refused and waits for its row to change, 75 not yet.\n",
	.run = run,
};
