/* report_trailer - how a pass ends in words: counts, costs, what is held and what releases it. */
#include "report.h"

#include <stdlib.h>
#include <time.h>

#include "rails.h"

struct count {
	int64_t n;
	const char *word;
};

/* "3 created, 1 updated"; what is 0 is left out. */
static bool add_counts(struct strbuf *out, const struct count *counts, size_t n)
{
	bool any = false;

	for (size_t i = 0; i < n; i++) {
		if (!counts[i].n)
			continue;
		strbuf_printf(out, "%s%lld %s", any ? ", " : "", (long long)counts[i].n, counts[i].word);
		any = true;
	}
	return any;
}

/* "; 3 in step, 1 skipped", or else `none`; NULL: nothing, where not all were looked at. */
static void add_rest(struct strbuf *out, const struct count *counts, size_t n, const char *none)
{
	struct strbuf text = STRBUF_INIT;

	if (add_counts(&text, counts, n))
		strbuf_printf(out, "; %s", text.data);
	else if (none)
		strbuf_printf(out, "; %s", none);
	strbuf_release(&text);
}

void report_time(struct strbuf *out, int64_t ms)
{
	const time_t seconds = (time_t)(ms / 1000);
	struct tm tm = { 0 };
	char text[32] = "";

	gmtime_r(&seconds, &tm);
	strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S+00", &tm);
	strbuf_puts(out, text);
}

/* What is going to happen to those that are gone, which is no work yet. */
static void add_leaving(struct strbuf *out, const struct pass_summary *s)
{
	if (!s->leaving)
		return;
	strbuf_printf(out, "; %lld gone from the PBX, to be %s from ", (long long)s->leaving,
		      s->on_remove == CONFIG_DELETE ? "deleted" : "suspended");
	report_time(out, s->leaving_ms);
	strbuf_puts(out, " on");
}

static void add_held(struct strbuf *out, int64_t held, unsigned class, const struct rails_class *rail)
{
	if (!held)
		return;
	strbuf_printf(out, "Held by %s: %lld (limit %lld in 24 hours, %lld used). Look at them, then release them with: "
		      "swbridge approve %s\n", rails_setting(class), (long long)held, (long long)rail->limit,
		      (long long)rail->taken, rails_approve_word(class));
}

void report_held(struct strbuf *out, const struct pass_summary *s)
{
	add_held(out, s->held_creates, CLASS_CREATES, &s->rails.creates);
	add_held(out, s->held_removals, CLASS_REMOVALS, &s->rails.removals);
	add_held(out, s->held_changes, CLASS_CHANGES, &s->rails.changes);
}

/* What both kinds say about what was not done. */
static void add_obstacles(struct strbuf *out, const struct pass_summary *s)
{
	if (s->paused)
		strbuf_puts(out, "swbridge is paused: nothing is sent to SignalWire. To go on: swbridge resume\n");
	if (s->doubted)
		strbuf_puts(out, "A list at SignalWire could not be read whole: nothing is removed, until a later pass can "
			    "read it\n");
	report_held(out, s);
	if (s->source_empty && s->narrowed)
		strbuf_puts(out, "No row of the source passes [mirror] include and exclude: nothing is removed on that account. "
			    "Correct them; or, if the PBX really has no such extensions left, let them pass one row that is disabled "
			    "or has no secret: then a pass does to the others what [mirror] on_remove says\n");
	else if (s->source_empty)
		strbuf_puts(out, "The source has no rows: nothing is removed on that account. If the PBX really has no "
			    "extensions left, give it one row that is disabled or has no secret: then a pass does to the others "
			    "what [mirror] on_remove says\n");
	if (s->without_secret)
		strbuf_printf(out, "%lld %s no secret in the PBX and cannot be mirrored: swbridge status\n",
			      (long long)s->without_secret, s->without_secret == 1 ? "extension has" : "extensions have");
	if (s->hashed)
		strbuf_printf(out, "Of the secrets of %lld %s the PBX has only a hash: they are skipped. [mirror] issue_secrets = yes "
			      "issues new secrets, and sync shows each once\n",
			      (long long)s->hashed, s->hashed == 1 ? "extension" : "extensions");
	if (s->rejected)
		strbuf_printf(out, "Rejected extensions wait until their row in the PBX%s All of them: swbridge status. The whole "
			      "story of one: swbridge explain EXT\n",
			      s->rejected > s->refused ? " changes, or for: swbridge retry." : ", or what swbridge is told, changes.");
	if (s->unknown)
		strbuf_puts(out, "Unknown outcomes are settled by a later pass.\n");
}

static void add_cost(struct strbuf *out, const struct pass_summary *s, int64_t price)
{
	int64_t cents = (s->subscribers_created - s->subscribers_removed) * price;

	if (!s->subscribers_created && !s->subscribers_removed)
		return;
	strbuf_printf(out, "Subscribers: %lld added, %lld removed: %c%lld.%02lld dollars a month (%lld.%02lld each).\n",
		      (long long)s->subscribers_created, (long long)s->subscribers_removed, cents < 0 ? '-' : '+',
		      llabs((long long)cents) / 100, llabs((long long)cents) % 100, (long long)price / 100,
		      (long long)price % 100);
}

void report_plan_trailer(struct strbuf *out, const struct pass_summary *s, int64_t price_cents)
{
	const struct count work[] = {
		{ s->created, "to create" }, { s->updated - s->replaced, "to update" }, { s->replaced, "to replace" },
		{ s->suspended, "to suspend" }, { s->removed, "to remove" },
		{ s->orphans, s->orphans == 1 ? "subscriber to remove" : "subscribers to remove" }, { s->held, "held" },
		{ s->rejected, "rejected" }, { s->failed, "waiting for their next attempt" },
		{ s->unknown, "of unknown outcome" },
	};
	const struct count rest[] = { { s->unchanged, "in step" }, { s->skipped, "skipped" } };

	strbuf_puts(out, "Plan: ");
	if (!add_counts(out, work, sizeof work / sizeof *work))
		strbuf_puts(out, "nothing to do");
	add_rest(out, rest, sizeof rest / sizeof *rest, s->keyed ? NULL : "none in step");
	add_leaving(out, s);
	strbuf_puts(out, ".\n");
	add_cost(out, s, price_cents);
	if (s->issued)
		strbuf_printf(out, "New secrets: %lld; the sync that issues them prints each once, and nothing keeps them.\n",
			      (long long)s->issued);
	add_obstacles(out, s);
}

static void add_pass(struct strbuf *out, const char *title, const struct pass_summary *s, const char *no_rest)
{
	const struct count work[] = {
		{ s->created, "created" }, { s->updated, "updated" }, { s->suspended, "suspended" },
		{ s->removed, "removed" }, { s->orphans, s->orphans == 1 ? "subscriber removed" : "subscribers removed" },
		{ s->adopted, "adopted" }, { s->held, "held" },
		{ s->rejected, "rejected" }, { s->failed, "failed" }, { s->unknown, "of unknown outcome" },
	};
	const struct count rest[] = { { s->unchanged, "in step before" }, { s->skipped, "skipped" } };

	strbuf_printf(out, "%s: ", title);
	if (!add_counts(out, work, sizeof work / sizeof *work))
		strbuf_puts(out, "nothing to do");
	add_rest(out, rest, sizeof rest / sizeof *rest, s->keyed ? NULL : no_rest);
	add_leaving(out, s);
	strbuf_printf(out, "; %lld %s in %lld.%01lld s.\n", (long long)s->requests, s->requests == 1 ? "request" : "requests",
		      (long long)s->seconds, (long long)(s->seconds * 10.0) % 10);
	if (s->issued)
		strbuf_printf(out, "New secrets: %lld, in the lines above and nowhere else: keep them. To issue another: swbridge retry "
			      "--secret EXT\n", (long long)s->issued);
	add_obstacles(out, s);
}

void report_sync_trailer(struct strbuf *out, const char *title, const struct pass_summary *s)
{
	add_pass(out, title, s, "none in step before");
}

void report_repair_trailer(struct strbuf *out, const struct pass_summary *s)
{
	add_pass(out, "Repair", s, NULL);
}
