/* listen - one look of the daemon: a full pass or one by keys, and what is printed of it. */
#include "listen.h"

#include "ledger.h"
#include "log.h"
#include "rails.h"
#include "report.h"

#include <stdio.h>

enum {
	SETTLED_MS = 250, /* behind the settling of an unknown outcome */
	KEYS_AT_ONCE = 1000,
	PRUNE_EVERY_MS = 60 * 60 * 1000,
	REFUSED_MAX = 20 /* lines of a look */
};

/* Lines go to stdout as those of sync do; a pass in which nothing happens prints nothing. */
struct view {
	struct daemon *daemon;
	struct report *report; /* from the first line on */
	int64_t unissued; /* held, since a new secret is needed */
	int64_t refused;  /* for what their row says, which was not said yet */
};

static void show_line(const struct pass_line *line, void *arg)
{
	struct view *view = arg;
	struct daemon *d = view->daemon;
	const struct report_setup setup = {
		.out = stdout, .kind = d->observe ? REPORT_PLAN : REPORT_SYNC, .json = d->options->json,
		.color = report_color(stdout), .price_cents = d->config->subscriber_price_cents,
	};

	signs_line(d->signs, line);
	view->unissued += line->state == PASS_HELD && line->issues;
	if (refused_is_news(&d->refused, line)) {
		if (++view->refused > REFUSED_MAX)
			return;
	} else if (!report_is_news(line)) {
		return;
	}
	if (!view->report)
		view->report = report_new(&setup);
	report_line(view->report, line);
}

/* Nobody looks at a daemon's output when it comes, and the journal keeps it: so it issues none, and says so. */
static void say_unissued(struct daemon *d, bool whole, int64_t unissued)
{
	bool news = unissued && (!whole || unissued != d->unissued);

	if (news)
		log_warn("%lld %s a new secret ([mirror] issue_secrets), which is not issued here: run swbridge sync, which shows each "
			 "once", (long long)unissued, unissued == 1 ? "extension needs" : "extensions need");
	if (whole)
		d->unissued = unissued;
}

/*
 * By keys only what nothing was said of: how many they are in all, a look at
 * everything tells, and every edit of a row that is held would say it again.
 */
static void say_class(int64_t *said, int64_t held, bool whole, unsigned class, const struct rails_class *rail)
{
	if (held == *said || (!whole && *said))
		return;
	*said = held;
	if (held)
		log_warn("%lld %s held by [mirror] %s (limit %lld in 24 hours, %lld used). Look at them with: swbridge plan; to release "
			 "them: swbridge approve %s", (long long)held, held == 1 ? "change is" : "changes are",
			 rails_setting(class), (long long)rail->limit, (long long)rail->taken, rails_approve_word(class));
	else
		log_info("nothing is held by [mirror] %s any more", rails_setting(class));
}

static void say_state(bool *said, bool is, const char *begins, const char *ends)
{
	if (is && !*said)
		log_warn("%s", begins);
	else if (!is && *said)
		log_info("%s", ends);
	*said = is;
}

static void say_held(struct daemon *d, bool whole, const struct pass_summary *s)
{
	struct listen_held *said = &d->held;

	say_state(&said->paused, s->paused, "swbridge is paused: nothing is sent to SignalWire. To go on: swbridge resume",
		  "swbridge is not paused any more");
	/* A pause holds all, and the rails are not asked. */
	if (s->paused)
		return;
	say_class(&said->creates, s->held_creates, whole, CLASS_CREATES, &s->rails.creates);
	say_class(&said->removals, s->held_removals, whole, CLASS_REMOVALS, &s->rails.removals);
	say_class(&said->changes, s->held_changes, whole, CLASS_CHANGES, &s->rails.changes);
	if (!whole)
		return;
	say_state(&said->doubted, s->doubted, "A list at SignalWire could not be read whole: nothing is removed, until a later look "
		  "can read it", "the lists at SignalWire can be read whole again");
	say_state(&said->emptied, s->emptied, "The source has no rows: nothing is removed on that account. If the PBX really has no "
		  "extensions left, give it one row that is disabled or has no secret: then a look at everything does to the others "
		  "what [mirror] on_remove says", "the source has rows again");
}

static void look_at_everything_in(struct daemon *d, int64_t ms)
{
	d->due_at = loop_now_ms() + ms;
	loop_timer_arm(d->due, ms);
}

/* Only ever earlier: else what comes again and again would push it back for ever. */
static void look_at_everything_within(struct daemon *d, int64_t ms)
{
	if (!loop_timer_armed(d->due) || loop_now_ms() + ms < d->due_at)
		look_at_everything_in(d, ms);
}

static void end_report(struct view *view, const struct pass_summary *summary)
{
	if (!view->report)
		return;
	report_flush(view->report);
	if (view->refused > REFUSED_MAX && !view->daemon->options->json)
		log_print(stdout, "  ... and %lld more are refused: swbridge status\n", (long long)(view->refused - REFUSED_MAX));
	report_end(view->report, summary);
	report_free(view->report);
}

/* *paused: it looked, and might do nothing. */
static int look(struct daemon *d, bool whole, bool *paused, struct error *err)
{
	struct view view = { .daemon = d };
	struct pass_summary summary = { 0 };
	struct pass_setup setup = { .line = show_line, .never_issues = true, .arg = &view };
	size_t count = 0;
	char **keys = NULL;
	int rc = 0;

	cmd_pass_setup(&setup, &d->session);
	if (d->observe)
		setup.api = NULL; /* what its rounds ask is no pass's doing */
	setup.wake = setup.mirror ? d->wake : NULL;
	setup.memory = setup.mirror ? &d->memory : NULL;
	if (whole) {
		wake_take_all(d->wake);
		refused_begin(&d->refused);
		look_at_everything_in(d, d->config->poll_ms);
		rc = pass_full(&setup, &summary, err);
	} else {
		keys = wake_take_keys(d->wake, KEYS_AT_ONCE, &count);
		rc = pass_keys(&setup, (const char *const *)keys, count, &summary, err);
		wake_release_keys(keys, count);
	}
	end_report(&view, &summary);
	if (whole && !rc)
		refused_end(&d->refused);
	if (!rc) {
		say_unissued(d, whole, view.unissued);
		say_held(d, whole, &summary);
	}
	signs_pass(d->signs, whole ? METRICS_FULL : METRICS_KEYED, &summary, rc != 0, &d->session);
	if (!wake_wants_keys(d->wake))
		signs_settled(d->signs);
	/* An outcome that is unknown now is looked for as soon as nothing can act any more. */
	if (!rc && summary.unknown)
		look_at_everything_within(d, d->config->settle_ms + SETTLED_MS);
	*paused = summary.paused;
	return rc;
}

int listen_look_at_everything(struct daemon *d, struct error *err)
{
	struct ledger *ledger = d->session.ledger;
	bool paused = false;

	/* What was gone while nobody looked for longer than grace has had no grace. */
	if (!d->looked && !d->observe && ledger_restart_absence(ledger, d->config->grace_ms, err))
		return -1;
	if (look(d, true, &paused, err))
		return -1;
	if (d->observe)
		return 0;
	/* A paused one did nothing: that is no sign that all is well. */
	if (!paused && ledger_complete_pass(ledger, err))
		return -1;
	if (d->pruned_at && loop_now_ms() - d->pruned_at < PRUNE_EVERY_MS)
		return 0;
	d->pruned_at = loop_now_ms();
	return ledger_prune(ledger, d->config->journal_keep_ms, err);
}

int listen_look_at_keys(struct daemon *d, struct error *err)
{
	bool paused = false;

	return look(d, false, &paused, err);
}
