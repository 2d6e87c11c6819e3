/* cmd_pass - what `plan` and `sync` share: open, pass, report, close. */
#include "cmd_pass.h"

#include "ledger.h"
#include "mem.h"
#include "progress.h"
#include "tally.h"

#include <stdio.h>
#include <unistd.h>

struct view {
	struct report *report;
	struct progress progress;
	struct metrics *metrics;
};

static void line(const struct pass_line *line, void *arg)
{
	struct view *view = arg;

	progress_clear(&view->progress);
	report_line(view->report, line);
	tally_line(view->metrics, line);
}

static bool secret(const struct mirror_issued *issued, void *arg)
{
	struct view *view = arg;

	progress_clear(&view->progress);
	return report_secret(view->report, issued);
}

static void progress(int64_t done, int64_t total, void *arg)
{
	struct view *view = arg;

	progress_update(&view->progress, done, total);
}

/* Refused for what their row says, each time again: with -q it is said when it is new, and where they were asked for. */
static int say_refused(const struct cmd_pass *pass, const struct session *session, struct report *report, struct error *err)
{
	const struct pass_summary *summary = &pass->summary;
	char *mark = NULL;
	bool changed = pass->name_count > 0;
	int rc = 0;

	if (session->mirror && !changed && !summary->source_empty) {
		mark = summary->refused ? mem_printf("%016llx", (unsigned long long)summary->refused_mark) : mem_strdup("");
		rc = ledger_note_refused(session->ledger, mark, &changed, err);
		mem_free(mark);
	}
	if (changed)
		report_refused(report);
	return rc;
}

static int run_pass(struct cmd_pass *pass, const struct session *session, const struct pass_setup *setup,
		    const struct cmd_keys *keys, struct report *report, struct error *err)
{
	if (pass->name_count)
		return pass_keys(setup, (const char *const *)keys->key, keys->count, &pass->summary, err) ||
		       say_refused(pass, session, report, err) ? -1 : 0;
	if (pass_full(setup, &pass->summary, err) || say_refused(pass, session, report, err))
		return -1;
	if (!session->mirror)
		return 0;
	/* A paused one looked, and did nothing: that is no sign that all is well. */
	return (!pass->summary.paused && ledger_complete_pass(session->ledger, err)) ||
	       ledger_prune(session->ledger, session->config->journal_keep_ms, err) ? -1 : 0;
}

/* What a sync leaves for node_exporter; one of some extensions does not know whether all is well. */
static void leave_metrics(struct metrics *metrics, const struct cmd_pass *pass, const struct session *session, bool failed)
{
	bool warned = false;

	if (!session->mirror || pass->name_count)
		return;
	tally_pass(metrics, METRICS_FULL, &pass->summary, failed);
	tally_file(metrics, session, &warned);
}

static int run_open(struct cmd_pass *pass, const struct session *session, struct metrics *metrics)
{
	const struct cmd_options *options = pass->options;
	const struct report_setup report_setup = {
		.out = stdout, .kind = pass->kind, .json = options->json, .quiet = options->quiet,
		.color = report_color(stdout), .price_cents = session->config->subscriber_price_cents,
	};
	struct view view = { .metrics = metrics };
	struct pass_setup setup = {
		.line = line, .progress = progress, .secret = report_is_private(stdout) ? secret : NULL, .arg = &view,
	};
	struct cmd_keys keys = { 0 };
	struct error err = ERROR_INIT;
	int rc = EXIT_IN_STEP;

	if (pass->name_count && cmd_find(session, pass->names, pass->name_count, false, &keys, &err)) {
		cmd_keys_release(&keys);
		return cmd_fail(&err);
	}
	cmd_pass_setup(&setup, session);
	tally_init(metrics, session->config);
	if (session->mirror)
		tally_attach(metrics, session);
	view.report = report_new(&report_setup);
	progress_init(&view.progress, session->mirror && !options->quiet && isatty(STDERR_FILENO));
	if (run_pass(pass, session, &setup, &keys, view.report, &err)) {
		progress_clear(&view.progress);
		rc = cmd_fail(&err);
	}
	progress_clear(&view.progress);
	/* What failed before it had read anything has nothing to tell, least of all that there is nothing to do. */
	if (rc == EXIT_IN_STEP || pass->summary.looked)
		report_end(view.report, &pass->summary);
	report_free(view.report);
	leave_metrics(metrics, pass, session, rc != EXIT_IN_STEP);
	cmd_keys_release(&keys);
	return rc;
}

int cmd_pass_run(struct cmd_pass *pass)
{
	const struct session_wish wish = {
		.config_path = pass->options->config_path, .verb = pass->verb, .level = pass->level, .wait = pass->wait,
	};
	struct metrics *metrics = NULL;
	struct session session;
	struct error err = ERROR_INIT;
	int rc = EXIT_IN_STEP;

	if (session_open(&session, &wish, &err))
		return cmd_fail(&err);
	metrics = mem_alloc(sizeof *metrics);
	rc = run_open(pass, &session, metrics);
	session_close(&session);
	mem_free(metrics);
	return rc;
}
