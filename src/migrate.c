/* migrate - what a migration does once it was agreed to: adopt, create, wait, go on. */
#include "migrate.h"

#include <string.h>

#include "admin_adopt.h"
#include "mem.h"
#include "preflight.h"

enum { ADOPT_ROWS = 500, PATIENCE = 3, SETTLED_MS = 100 };

/* ---- adopting --------------------------------------------------------------------- */

struct batch {
	struct admin_adoption rows[ADOPT_ROWS];
	char *texts[ADOPT_ROWS][6]; /* what the rows point at */
	size_t count;
};

static void take_adoption(const struct preflight_row *row, void *arg)
{
	struct batch *batch = arg;
	char **texts = batch->texts[batch->count];
	const char *const values[6] = { row->key, row->extension, row->username, row->subscriber_id, row->email, row->sip_endpoint_id };

	for (int i = 0; i < 6; i++)
		texts[i] = mem_strdup(values[i]);
	batch->rows[batch->count++] = (struct admin_adoption){
		.key = texts[0], .extension = texts[1], .username = texts[2], .subscriber_id = texts[3], .email = texts[4],
		.sip_endpoint_id = texts[5], .is_protected = row->is_protected,
	};
}

static void batch_release(struct batch *batch)
{
	for (size_t i = 0; i < batch->count; i++) {
		admin_adoption_release(&batch->rows[i]);
		for (int t = 0; t < 6; t++)
			mem_free(batch->texts[i][t]);
	}
	batch->count = 0;
}

static int say_adoption(struct migrate *m, const struct admin_adoption *a, struct error *err)
{
	struct pass_line line = {
		.key = a->key, .extension = a->extension, .username = a->username, .action = PLAN_ADOPT, .state = PASS_DONE,
		.reason = "its password is set to the PBX's, where the PBX has it", .subscriber_id = a->subscriber_id, .sip_endpoint_id = a->sip_endpoint_id,
	};
	struct error refusal = ERROR_INIT;
	int rc = 0;

	if (a->verdict == ADMIN_ADOPTED) {
		m->summary.adopted++;
	} else if (a->verdict != ADMIN_ADOPT_ALREADY) {
		admin_adopt_refuse(a, &refusal);
		line.state = PASS_REJECTED;
		line.reason = error_text(&refusal);
		rc = preflight_not_adopted(m->session->db, a->key, error_text(&refusal), err);
	}
	m->line(&line, m->arg);
	error_clear(&refusal);
	return rc;
}

static int adopt_some(struct migrate *m, bool alone, struct batch *batch, struct error *err)
{
	char *after = NULL;
	bool more = true;
	int rc = 0;

	while (!rc && more) {
		rc = preflight_adoptions(m->session->db, alone, after, ADOPT_ROWS, take_adoption, batch, err);
		more = batch->count == ADOPT_ROWS;
		if (!rc && batch->count)
			rc = admin_adopt(m->session->db, batch->rows, batch->count, m->ours && alone, err);
		for (size_t i = 0; !rc && i < batch->count; i++)
			rc = say_adoption(m, &batch->rows[i], err);
		mem_free(after);
		after = batch->count ? mem_strdup(batch->rows[batch->count - 1].key) : NULL;
		batch_release(batch);
	}
	mem_free(after);
	return rc;
}

static int adopt(struct migrate *m, struct error *err)
{
	struct batch *batch = mem_alloc(sizeof *batch);
	/* What shares its subscriber with a stranger comes first: there the subscriber is not ours. */
	int rc = adopt_some(m, false, batch, err) || adopt_some(m, true, batch, err) ? -1 : 0;

	mem_free(batch);
	return rc;
}

/* ---- passes ----------------------------------------------------------------------- */

static void pass_line(const struct pass_line *line, void *arg)
{
	struct migrate *m = arg;

	/* What is refused, skipped or waits was said before the first pass, or will be. */
	if (!plan_mutates(line->action))
		return;
	m->line(line, m->arg);
}

static bool pass_secret(const struct mirror_issued *issued, void *arg)
{
	const struct migrate *m = arg;

	return m->secret(issued, m->arg);
}

static void pass_progress(int64_t done, int64_t total, void *arg)
{
	struct migrate *m = arg;

	m->progress(done, total, m->arg);
}

struct keys {
	char **key;
	size_t count;
};

static void take_key(const char *key, void *arg)
{
	struct keys *keys = arg;

	keys->key = mem_grow(keys->key, keys->count + 1, sizeof *keys->key);
	keys->key[keys->count++] = mem_strdup(key);
}

static int one_pass(struct migrate *m, const struct keys *keys, struct pass_summary *summary, struct error *err)
{
	const struct session *s = m->session;
	struct pass_setup setup = {
		.loop = s->loop, .db = s->db, .ledger = s->ledger, .query = s->query, .config = s->config, .mirror = s->mirror,
		.api = s->api, .never_removes = true, .line = pass_line,
		.secret = m->secret ? pass_secret : NULL, .progress = pass_progress, .arg = m,
	};

	return m->canary ? pass_keys(&setup, (const char *const *)keys->key, keys->count, summary, err)
			 : pass_full(&setup, summary, err);
}

/* What was done adds up; what is left is what the last pass leaves. */
static void add(struct pass_summary *all, const struct pass_summary *pass, bool first)
{
	struct pass_summary sum = *pass;

	sum.created += all->created;
	sum.updated += all->updated;
	sum.replaced += all->replaced;
	sum.removed += all->removed;
	sum.suspended += all->suspended;
	sum.adopted += all->adopted;
	sum.issued += all->issued;
	sum.requests += all->requests;
	sum.seconds += all->seconds;
	if (!first)
		sum.unchanged = all->unchanged;
	*all = sum;
}

/* ---- waiting ---------------------------------------------------------------------- */

static const char sql_settles[] =
	"-- swbridge: when has everything settled?\n"
	"select ceil(extract(epoch from max(settles_at) - clock_timestamp()) * 1000)::bigint\n"
	"  from journal where outcome is null and settles_at is not null";

static void fire(void *arg)
{
	*(bool *)arg = true;
}

static bool fired(void *arg)
{
	return *(bool *)arg;
}

static int wait_settled(struct migrate *m, int64_t unknown, struct error *err)
{
	struct db_result *result = NULL;
	struct loop_timer *timer = NULL;
	int64_t ms = 0;
	bool over = false;
	int rc = 0;

	if (db_query_wait(m->session->db, sql_settles, NULL, 0, &result, err))
		return -1;
	ms = db_result_rows(result) ? db_result_int(result, 0, 0) : 0;
	db_result_free(result);
	ms = ms > 0 ? ms + SETTLED_MS : SETTLED_MS;
	m->waiting(unknown, ms, m->arg);
	timer = loop_timer_new(m->session->loop, fire, &over);
	loop_timer_arm(timer, ms);
	if (!loop_until(m->session->loop, fired, &over))
		rc = error_set(err, ERROR_LATER, "Interrupted while outcomes settle; they are in the ledger, and the next run goes on.");
	loop_timer_free(timer);
	return rc;
}

static int passes(struct migrate *m, const struct keys *keys, struct error *err)
{
	int64_t unknown_before = 0;
	int patience = PATIENCE;
	bool first = true;

	for (;;) {
		struct pass_summary pass = { 0 };
		int rc = one_pass(m, keys, &pass, err);

		add(&m->summary, &pass, first);
		if (rc)
			return -1;
		if (!pass.unknown)
			return 0;
		patience = first || pass.unknown < unknown_before ? PATIENCE : patience - 1;
		if (!patience)
			return 0;
		unknown_before = pass.unknown;
		first = false;
		if (wait_settled(m, pass.unknown, err))
			return -1;
	}
}

/* The removals are for a later pass: whoever is gone has the grace of one that looks at them. */
static int note_complete(const struct migrate *m, struct error *err)
{
	const struct session *s = m->session;

	return ledger_restart_absence(s->ledger, s->config->grace_ms, err) || ledger_complete_pass(s->ledger, err) ? -1 : 0;
}

int migrate_run(struct migrate *m, struct error *err)
{
	struct keys keys = { 0 };
	int rc = -1;

	if (preflight_record(m->session->db, !m->canary, err) || adopt(m, err) ||
	    (m->canary && preflight_chosen(m->session->db, take_key, &keys, err)))
		goto out;
	rc = passes(m, &keys, err);
	if (!rc && !m->canary)
		rc = note_complete(m, err);
out:
	for (size_t i = 0; i < keys.count; i++)
		mem_free(keys.key[i]);
	mem_free(keys.key);
	return rc;
}
