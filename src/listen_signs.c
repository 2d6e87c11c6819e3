/* listen_signs - what the daemon shows of itself: metrics, health, systemd's view. */
#include "listen_signs.h"

#include <json-c/linkhash.h>
#include <stdint.h>
#include <string.h>

#include "admin_view.h"
#include "listen_outlet.h"
#include "log.h"
#include "mem.h"
#include "sdnotify.h"
#include "tally.h"
#include "wake.h"

enum { READY_MS = 3000 };

struct signs {
	struct loop *loop;
	const struct config *config;
	bool observe;
	struct metrics metrics;
	struct outlet *outlet; /* of the metrics */
	struct sdnotify *sdnotify;
	struct loop_timer *ready;
	bool is_ready;
	char *trouble;
	struct lh_table *heard; /* key -> when, in milliseconds of the loop */
	bool warned;
};

static void free_entry(struct lh_entry *entry)
{
	mem_free(lh_entry_k(entry));
}

static void render(struct strbuf *out, void *arg)
{
	struct signs *signs = arg;

	tally_render(&signs->metrics, out);
}

static bool healthy(struct strbuf *reason, void *arg)
{
	const struct signs *signs = arg;

	if (signs->trouble)
		strbuf_puts(reason, signs->trouble);
	return !signs->trouble;
}

static struct outlet *new_outlet(struct signs *signs)
{
	const struct exporter_setup setup = { .loop = signs->loop, .render = render, .healthy = healthy, .arg = signs };

	return outlet_new(&setup);
}

static void say_ready(struct signs *signs, const char *status)
{
	loop_timer_disarm(signs->ready);
	if (signs->is_ready)
		sdnotify_status(signs->sdnotify, status);
	else
		sdnotify_ready(signs->sdnotify, status);
	signs->is_ready = true;
}

static void ready_anyway(void *arg)
{
	say_ready(arg, "opening");
}

int signs_new(struct loop *loop, const struct config *config, bool observe, struct signs **signs, struct error *err)
{
	struct signs *new = mem_alloc(sizeof *new);

	new->loop = loop;
	new->config = config;
	new->observe = observe;
	tally_init(&new->metrics, config);
	new->metrics.listens = true;
	new->metrics.leader = 0;
	new->metrics.away = true;
	metrics_deaf(&new->metrics, true, loop_now_ms());
	new->heard = lh_kchar_table_new(64, free_entry);
	new->ready = loop_timer_new(loop, ready_anyway, new);
	new->sdnotify = sdnotify_new(loop);
	new->outlet = new_outlet(new);
	if (outlet_want(new->outlet, config->metrics, err)) {
		signs_free(new);
		return -1;
	}
	loop_timer_arm(new->ready, READY_MS);
	*signs = new;
	return 0;
}

void signs_free(struct signs *signs)
{
	if (!signs)
		return;
	outlet_free(signs->outlet);
	sdnotify_free(signs->sdnotify);
	loop_timer_free(signs->ready);
	lh_table_free(signs->heard);
	mem_free(signs->trouble);
	mem_free(signs);
}

/* ---- terms -------------------------------------------------------------------- */

void signs_opening(struct signs *signs)
{
	if (signs->is_ready && !signs->trouble)
		sdnotify_status(signs->sdnotify, "opening");
}

void signs_standing_by(struct signs *signs)
{
	signs_trouble(signs, NULL);
	say_ready(signs, "standing by: another swbridge is at work");
}

void signs_open(struct signs *signs, const struct session *session)
{
	signs->metrics.leader = session->mirror != NULL;
	signs->metrics.away = false;
	if (session->api)
		tally_attach(&signs->metrics, session);
	say_ready(signs, signs->observe ? "observing" : "mutating");
}

void signs_closed(struct signs *signs)
{
	signs->metrics.leader = 0;
	signs->metrics.away = true;
	metrics_deaf(&signs->metrics, true, loop_now_ms());
	/* What another process mends from now on would be told for ever: alerts take the most that any instance says. */
	metrics_forget(&signs->metrics);
	signs_settled(signs);
	/* A term that ends before it has read the ledger leaves the file, in which the last success grows old. */
	if (signs->metrics.last_success_ms != METRICS_UNKNOWN)
		tally_file_write(&signs->metrics, signs->config, &signs->warned);
}

void signs_trouble(struct signs *signs, const char *text)
{
	mem_free(signs->trouble);
	signs->trouble = mem_strdup(text);
	if (text)
		say_ready(signs, text);
}

/* ---- looks -------------------------------------------------------------------- */

void signs_deaf(struct signs *signs, bool deaf)
{
	metrics_deaf(&signs->metrics, deaf, loop_now_ms());
}

void signs_heard(struct signs *signs, const char *key)
{
	char *copy = NULL;

	signs->metrics.notifications++;
	if (!key)
		return;
	if (lh_table_length(signs->heard) >= WAKE_KEYS_MOST || lh_table_lookup_entry(signs->heard, key))
		return;
	copy = mem_strdup(key);
	lh_table_insert(signs->heard, copy, (void *)(intptr_t)loop_now_ms());
}

void signs_line(struct signs *signs, const struct pass_line *line)
{
	struct lh_entry *entry = NULL;

	tally_line(&signs->metrics, line);
	entry = line->state == PASS_DONE ? lh_table_lookup_entry(signs->heard, line->key) : NULL;
	if (!entry)
		return;
	metrics_live(&signs->metrics, loop_now_ms() - (int64_t)(intptr_t)lh_entry_v(entry));
	lh_table_delete_entry(signs->heard, entry);
}

void signs_settled(struct signs *signs)
{
	struct lh_entry *entry = NULL, *next = NULL;

	lh_foreach_safe(signs->heard, entry, next)
		lh_table_delete_entry(signs->heard, entry);
}

static void show_status(struct signs *signs, const struct admin_status *status)
{
	char *text = mem_printf("%s: %lld active, %lld rejected, %lld unknown", signs->observe ? "observing" : "mutating",
				(long long)status->active, (long long)status->rejected, (long long)status->unknown);

	sdnotify_status(signs->sdnotify, text);
	mem_free(text);
}

void signs_pass(struct signs *signs, enum metrics_kind kind, const struct pass_summary *summary, bool failed,
		const struct session *session)
{
	const int64_t success_ms = signs->metrics.last_success_ms;
	int64_t ended_ms = METRICS_UNKNOWN; /* this one, if it is a success */
	struct admin_status status = { 0 };
	struct error err = ERROR_INIT;

	tally_pass(&signs->metrics, kind, summary, failed);
	/* Who only looks does nobody's work, and who is paused neither. */
	if (signs->observe || summary->paused)
		signs->metrics.last_success_ms = success_ms;
	ended_ms = signs->metrics.last_success_ms == success_ms ? METRICS_UNKNOWN : signs->metrics.last_success_ms;
	if (kind == METRICS_KEYED || failed)
		return;
	if (admin_status(session->db, &status, &err)) {
		log_debug("%s", error_text(&err));
		error_clear(&err);
		return;
	}
	tally_status(&signs->metrics, &status);
	/* It is noted in the ledger only behind this. */
	if (ended_ms > signs->metrics.last_success_ms)
		signs->metrics.last_success_ms = ended_ms;
	show_status(signs, &status);
	admin_status_release(&status);
	tally_file_write(&signs->metrics, signs->config, &signs->warned);
}

void signs_verified(struct signs *signs, const struct verify_summary *summary, bool whole)
{
	tally_verified(&signs->metrics, summary, whole);
	tally_file_write(&signs->metrics, signs->config, &signs->warned);
}

/* ---- signals ------------------------------------------------------------------ */

void signs_reloading(struct signs *signs)
{
	sdnotify_reloading(signs->sdnotify, "reading the configuration again");
}

void signs_reloaded(struct signs *signs, const struct config *config)
{
	struct error err = ERROR_INIT;

	signs->config = config;
	signs->metrics.price_cents = config->subscriber_price_cents;
	if (outlet_want(signs->outlet, config->metrics, &err)) {
		log_error("%s The metrics stay as they were.", error_text(&err));
		error_clear(&err);
	}
	sdnotify_ready(signs->sdnotify, NULL);
	signs->is_ready = true;
}

void signs_stopping(struct signs *signs)
{
	sdnotify_stopping(signs->sdnotify, "stopping: what is on its way is finished and recorded");
}
