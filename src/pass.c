/* pass - difference, plan, rails and mirror put together, once, for every verb. */
#include "pass_internal.h"

#include "log.h"
#include "mem.h"
#include "target.h"

#include <string.h>

enum {
	LIFE_MS = 1000, /* a proof of life that is younger is proof enough before a request */
	PAGE_ROWS = 3000, /* at 1.7 kB each, with which a pass stays under 24 MiB */
	PAGE_SHOWN = 25000, /* nothing is kept of a row that is only shown; each page costs the server a look at all rows */
	PENDING_LOW = 500, /* the next page is read while so many still wait, so that the wire does not run dry */
	WAKE_PAGE = 1000, /* keys that are looked at together */
	SERVED_MS = 10000, /* so long a pass by keys goes on with those that come up meanwhile */
	ROUNDS = 4 /* of planning keys again whose ground moved, and of fetching those who hold a wanted name */
};

static int fetch_holders(struct pass *pass, struct error *err);
static int see_through(struct pass *pass, struct error *err);

static bool woken(const struct pass *pass)
{
	return pass->setup->wake && wake_wants_keys(pass->setup->wake) && !mirror_stopped(pass->setup->mirror, NULL);
}

/*
 * Where rows change without end the engine has always something to do, and what
 * comes after this pass would wait for ever (I28).  So what comes up meanwhile is
 * served while the pass's own changes are under way, and then it waits until the
 * engine has come to rest, which takes as long as the requests that were begun.
 */
static bool serves(const struct pass *pass)
{
	const struct wake *wake = pass->setup->wake;

	if (!woken(pass))
		return false;
	if (pass->under_way > 0)
		return true;
	return !pass->whole && !wake_wants_all(wake) && loop_now_ms() - pass->started_ms < SERVED_MS;
}

static bool enough_ended(const struct pass *pass)
{
	const struct mirror *mirror = pass->setup->mirror;

	return mirror_pending(mirror) <= (pass->goes_on && !mirror_stopped(mirror, NULL) ? PENDING_LOW : 0);
}

static bool ended_or_served(void *arg)
{
	const struct pass *pass = arg;

	return enough_ended(pass) || serves(pass);
}

/* What changed while the engine works does not wait for its end. */
static int serve(struct pass *pass, struct error *err)
{
	const struct pass_setup *setup = pass->setup;
	const bool keyed = pass->policy.keyed;
	const int64_t rows = pass->rows;
	size_t count = 0;
	char **keys = wake_take_keys(setup->wake, WAKE_PAGE, &count);
	int rc = -1;

	pass->policy.keyed = pass->serving = true;
	mirror_gather(setup->mirror, true);
	if (!difference_keys(setup->query, setup->db, (const char *const *)keys, count, &pass->summary->paused, pass_row, pass,
			     err))
		rc = fetch_holders(pass, err);
	mirror_gather(setup->mirror, false);
	pass->policy.keyed = keyed;
	pass->serving = false;
	pass->rows = rows;
	wake_release_keys(keys, count);
	return rc;
}

/*
 * Lets the engine work until nothing is left, or but a few where another page
 * comes (goes_on), and says why it stopped, if it did.
 */
static int finish(struct pass *pass, struct error *err)
{
	struct mirror *mirror = pass->setup->mirror;
	const struct error *why = NULL;

	if (!mirror)
		return 0;
	mirror_gather(mirror, false);
	do {
		if (!loop_until(pass->setup->loop, ended_or_served, pass))
			mirror_stop(mirror, NULL);
		else if (serves(pass) && serve(pass, err))
			return see_through(pass, err);
	} while (!enough_ended(pass));
	if (!mirror_stopped(mirror, &why))
		return 0;
	if (!why)
		return error_set(err, ERROR_LATER, "Interrupted; what was on its way has been recorded, and the next pass "
				 "goes on from here.");
	error_set(err, why->kind, "%s", error_text(why));
	err->exit_code = why->exit_code;
	return -1;
}

/* ---- reading ---------------------------------------------------------------- */

static int fetch_holders(struct pass *pass, struct error *err)
{
	const struct pass_setup *setup = pass->setup;

	for (int round = 0; setup->mirror && pass->holders.count && round < ROUNDS; round++) {
		struct keys keys = pass->holders;

		pass->holders = (struct keys){ 0 };
		for (size_t i = 0; i < keys.count; i++) {
			if (mirror_has(setup->mirror, keys.key[i]))
				continue;
			if (difference_explain(setup->query, setup->db, keys.key[i], pass_holder_row, pass, err)) {
				pass_keys_release(&keys);
				return -1;
			}
		}
		pass_keys_release(&keys);
	}
	pass_keys_release(&pass->holders);
	return 0;
}

/* Whatever failed, what was submitted is seen through first. */
static int see_through(struct pass *pass, struct error *err)
{
	struct error later = ERROR_INIT;

	if (!pass->setup->mirror)
		return -1;
	mirror_stop(pass->setup->mirror, NULL); /* from here on all of it is waited for */
	finish(pass, &later);
	error_clear(&later);
	(void)err;
	return -1;
}

/*
 * The lock is proved by the last answer of its connection, as of its asking, and
 * a long read was asked for long ago: without a younger proof the fence is shut.
 */
static int prove_life(struct pass *pass, struct error *err)
{
	struct db *db = pass->setup->db;

	if (!pass->setup->mirror || loop_boottime_ms() - db_alive_at(db) < LIFE_MS)
		return 0;
	return db_query_wait(db, "select 1", NULL, 0, NULL, err);
}

static int read_keys(struct pass *pass, const char *const *keys, size_t count, struct error *err)
{
	const struct pass_setup *setup = pass->setup;

	if (setup->mirror)
		mirror_gather(setup->mirror, true);
	if (difference_keys(setup->query, setup->db, keys, count, &pass->summary->paused, pass_row, pass, err) ||
	    fetch_holders(pass, err) || prove_life(pass, err))
		return see_through(pass, err);
	pass->summary->looked = true;
	return finish(pass, err);
}

static bool narrowed(const struct config *config)
{
	return (config->include && config->include[0]) || (config->exclude && config->exclude[0]);
}

static void take_totals(struct pass *pass)
{
	const struct difference_totals *totals = &pass->totals;
	struct pass_summary *summary = pass->summary;

	summary->looked = summary->looked || !pass->policy.keyed;
	summary->paused = totals->paused;
	summary->source_empty = !pass->policy.keyed && totals->source_rows == 0;
	summary->narrowed = narrowed(pass->setup->config);
	summary->emptied = summary->source_empty && totals->active_ids > 0;
	summary->source_rows = totals->source_rows;
	if (pass->with_rails)
		return;
	pass->with_rails = true;
	rails_init(&summary->rails, pass->setup->config, totals);
	summary->unchanged = totals->unchanged;
	summary->skipped = totals->skipped;
	summary->without_secret = totals->without_secret;
	summary->hashed = pass->setup->config->issue_secrets ? 0 : totals->hashed;
	summary->rejected = totals->rejected;
	summary->leaving = summary->source_empty ? 0 : totals->leaving;
	summary->leaving_ms = totals->leaving_ms;
	summary->differences = totals->differences;
	pass->total = totals->differences;
}

/* The rails need the size of the fleet, which the ledger knows; the source is read by keys alone. */
static int count_for_keys(struct pass *pass, struct error *err)
{
	const struct pass_memory *memory = pass->setup->memory;

	if (memory && memory->known && !pass->remembered) {
		pass->remembered = true;
		pass->summary->rails = memory->rails;
		rails_forget_held(&pass->summary->rails);
		return 0;
	}
	if (difference_ledger_totals(pass->setup->query, pass->setup->db, &pass->totals, err))
		return -1;
	pass->remembered = false;
	take_totals(pass);
	return 0;
}

static int plan_again(struct pass *pass, struct error *err)
{
	bool keyed = pass->policy.keyed;
	int rc = 0;

	for (int round = 0; !rc && pass->again.count && round < ROUNDS; round++) {
		struct keys keys = pass->again;

		pass->again = (struct keys){ 0 };
		pass->policy.keyed = true;
		if (pass->remembered)
			rc = count_for_keys(pass, err);
		if (!rc)
			rc = read_keys(pass, (const char *const *)keys.key, keys.count, err);
		pass->policy.keyed = keyed;
		pass_keys_release(&keys);
	}
	pass->summary->failed += (int64_t)pass->again.count;
	pass_keys_release(&pass->again);
	return rc;
}

static int read_page(struct pass *pass, enum difference_walk walk, const char *after, struct error *err)
{
	const struct pass_setup *setup = pass->setup;
	const int64_t most = setup->mirror ? PAGE_ROWS : PAGE_SHOWN;
	int rc = 0;

	pass->rows = 0;
	pass->goes_on = false;
	if (setup->mirror)
		mirror_gather(setup->mirror, true);
	pass->walking = true;
	rc = difference_page(setup->query, setup->db, walk, after, most, &pass->totals, pass_row, pass, err);
	pass->walking = false;
	if (rc)
		return -1;
	take_totals(pass);
	pass->goes_on = pass->rows == most;
	return 0;
}

static int walk_pages(struct pass *pass, enum difference_walk walk, struct error *err)
{
	char *after = NULL;
	int rc = -1;

	do {
		mem_free(after);
		after = pass->cursor;
		pass->cursor = NULL;
		if (read_page(pass, walk, after, err) || fetch_holders(pass, err) || prove_life(pass, err)) {
			see_through(pass, err);
			goto out;
		}
		if (finish(pass, err) || plan_again(pass, err))
			goto out;
	} while (pass->goes_on);
	rc = 0;
out:
	mem_free(after);
	mem_free(pass->cursor);
	pass->cursor = NULL;
	return rc;
}

/* ---- the whole -------------------------------------------------------------- */

static void begin(struct pass *pass, const struct pass_setup *setup, struct pass_summary *summary, bool keyed)
{
	const struct config *config = setup->config;

	*summary = (struct pass_summary){ .on_remove = config->on_remove, .keyed = keyed };
	*pass = (struct pass){ .setup = setup, .summary = summary, .whole = !keyed };
	pass->started_ms = loop_now_ms();
	pass->requests_before = setup->api ? api_requests(setup->api) : 0;
	pass->policy.on_remove = config->on_remove;
	pass->policy.one_place = target_one_place(config);
	pass->policy.keyed = keyed;
	if (setup->mirror) {
		mirror_try_creates(setup->mirror);
		mirror_set_report(setup->mirror, pass_ended, pass);
		mirror_set_show(setup->mirror, setup->secret ? pass_issued : NULL, pass);
	}
}

static void complete(struct pass *pass)
{
	const struct pass_setup *setup = pass->setup;
	struct pass_summary *summary = pass->summary;

	if (setup->mirror) {
		summary->subscribers_created = mirror_counts(setup->mirror)->subscribers_created;
		summary->subscribers_removed = mirror_counts(setup->mirror)->subscribers_removed;
		mirror_set_report(setup->mirror, NULL, NULL);
		mirror_set_show(setup->mirror, NULL, NULL);
	}
	summary->requests = setup->api ? api_requests(setup->api) - pass->requests_before : 0;
	summary->seconds = (double)(loop_now_ms() - pass->started_ms) / 1000.0;
	pass_keys_release(&pass->holders);
	pass_keys_release(&pass->again);
	pass_keys_release(&pass->failed);
	mem_free(pass->cursor);
	pass->cursor = NULL;
	if (setup->memory && (pass->with_rails || pass->remembered)) {
		setup->memory->known = true;
		setup->memory->rails = summary->rails;
	}
	if (summary->source_rows > 0 && summary->without_secret == summary->source_rows)
		log_error("Not one row of the source has a secret; was the secret column renamed or emptied? "
			  "Nothing was changed for these extensions");
}

int pass_full(const struct pass_setup *setup, struct pass_summary *summary, struct error *err)
{
	struct pass pass;
	int rc = -1;

	begin(&pass, setup, summary, false);
	if (difference_totals(setup->query, setup->db, &pass.totals, err))
		goto out;
	take_totals(&pass);
	if (pass.totals.differences == 0) {
		rc = 0;
		goto out;
	}
	if (walk_pages(&pass, WALK_CHANGE, err) || (!setup->never_removes && walk_pages(&pass, WALK_REMOVE, err)))
		goto out;
	rc = 0;
out:
	complete(&pass);
	return rc;
}

int pass_keys(const struct pass_setup *setup, const char *const *keys, size_t count,
	      struct pass_summary *summary, struct error *err)
{
	struct pass pass;
	int rc = -1;

	begin(&pass, setup, summary, true);
	if (count_for_keys(&pass, err))
		goto out;
	pass.total = (int64_t)count;
	rc = read_keys(&pass, keys, count, err);
	if (!rc)
		rc = plan_again(&pass, err);
out:
	complete(&pass);
	return rc;
}

int pass_orphans(const struct pass_setup *setup, struct pass_summary *summary, struct error *err)
{
	struct pass pass;
	int rc = -1;

	begin(&pass, setup, summary, false);
	if (difference_totals(setup->query, setup->db, &pass.totals, err))
		goto out;
	take_totals(&pass);
	/* What is said of the extensions is for a pass over them. */
	summary->unchanged = summary->skipped = summary->rejected = summary->without_secret = summary->hashed = summary->leaving = 0;
	/* Behind the last key. */
	pass.cursor = mem_strdup("\x01");
	rc = walk_pages(&pass, WALK_REMOVE, err);
out:
	complete(&pass);
	return rc;
}

int pass_exit_code(const struct pass_summary *summary)
{
	if (summary->rejected || summary->failed)
		return EXIT_REJECTED;
	if (summary->unknown)
		return EXIT_UNKNOWN;
	if (summary->held || summary->paused || summary->emptied)
		return EXIT_HELD;
	return EXIT_IN_STEP;
}
