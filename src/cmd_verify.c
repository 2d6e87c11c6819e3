/* cmd_verify - the verb `verify`: is SignalWire as the ledger says, and what is there besides? */
#include "cmd.h"

#include "log.h"
#include "progress.h"
#include "repair.h"
#include "report.h"
#include "verify.h"
#include "verify_view.h"

#include <stdio.h>
#include <unistd.h>

enum { OPTION_REPAIR = CMD_OPTION_FIRST, OPTION_SECRETS, OPTION_WAIT };

static const struct option options_known[] = {
	{ "repair", no_argument, NULL, OPTION_REPAIR },
	{ "secrets", no_argument, NULL, OPTION_SECRETS },
	{ "wait", no_argument, NULL, OPTION_WAIT },
	{ NULL, 0, NULL, 0 },
};

struct run {
	const struct cmd_options *options;
	struct session session;
	struct verify *verify;
	struct verify_view *view; /* of what is found */
	struct report *report; /* of what is sent */
	struct progress progress;
	bool repair, secrets;
	bool compared; /* to the end */
	bool said;
	int64_t leaked_for_sure;
	struct verify_totals totals;
	struct pass_summary sent;
};

static void finding(const struct verify_finding *finding, void *arg)
{
	struct run *run = arg;

	progress_clear(&run->progress);
	verify_view_line(run->view, finding);
	run->said = true;
	run->totals.repairable += finding->repairable;
	run->leaked_for_sure += finding->kind == VERIFY_LEAKED && finding->repairable;
	run->totals.looks_leaked += finding->kind == VERIFY_LEAKED && !finding->repairable && !finding->in_use;
	run->totals.in_use += finding->in_use;
}

static void progress(int64_t done, int64_t total, void *arg)
{
	struct run *run = arg;

	if (total)
		progress_update(&run->progress, done, total);
}

static void line(const struct pass_line *line, void *arg)
{
	struct run *run = arg;

	progress_clear(&run->progress);
	report_line(run->report, line);
	run->said = true;
}

static bool secret(const struct mirror_issued *issued, void *arg)
{
	struct run *run = arg;

	progress_clear(&run->progress);
	run->said = true;
	return report_secret(run->report, issued);
}

static int compare(struct run *run, struct error *err)
{
	const struct session *s = &run->session;
	const struct verify_setup setup = {
		.loop = s->loop, .db = s->db, .api = s->api, .http = s->http, .identity = ledger_identity(s->ledger),
		.query = s->query, .source = s->source, .config = s->config, .note_repairs = run->repair,
		.finding = finding, .progress = progress, .arg = run,
	};

	run->verify = verify_new(&setup);
	return verify_run(run->verify, err);
}

static int mend(struct run *run, struct error *err)
{
	struct repair repair = { .found = run->repair, .orphans = run->leaked_for_sure > 0, .secrets = run->secrets };
	struct pass_setup setup = { .line = line, .secret = report_is_private(stdout) ? secret : NULL, .arg = run };
	struct strbuf trailer = STRBUF_INIT;
	int rc = 0;

	cmd_pass_setup(&setup, &run->session);
	rc = repair_run(&repair, &setup, &run->sent, err);
	run->totals.repaired = repair.repaired;
	if (!run->options->json && (run->said || !run->options->quiet)) {
		report_repair_trailer(&trailer, &run->sent);
		log_print(stdout, "%s", trailer.data);
	}
	if (run->secrets && !run->options->quiet)
		log_info("%lld secrets count as not sent; those that a rail holds go with a later sync",
			 (long long)repair.secrets_unknown);
	strbuf_release(&trailer);
	return rc;
}

static int end(struct run *run, int rc)
{
	const struct verify_summary *summary = verify_summary(run->verify);
	struct strbuf trailer = STRBUF_INIT;
	struct error err = ERROR_INIT;
	int64_t found = 0;

	run->totals.summary = summary;
	run->totals.read = run->compared && !verify_check_whole(run->verify, &err);
	if (err.kind != ERROR_NONE)
		rc = cmd_worse(rc, cmd_fail(&err));
	for (int i = 0; i < VERIFY_KINDS; i++)
		found += summary->count[i];
	if (run->options->json) {
		verify_view_json(stdout, &run->totals);
	} else if (!run->options->quiet || run->said) {
		verify_view_trailer(&trailer, &run->totals);
		log_print(stdout, "%s", trailer.data);
	}
	strbuf_release(&trailer);
	return cmd_worse(rc, found > run->totals.repaired ? EXIT_WORK_REMAINS : EXIT_IN_STEP);
}

static int run_open(struct run *run)
{
	const struct report_setup report = {
		.out = stdout, .kind = REPORT_SYNC, .json = run->options->json, .quiet = run->options->quiet,
		.color = report_color(stdout),
	};
	int64_t started_ms = loop_now_ms();
	struct error err = ERROR_INIT;
	int rc = EXIT_IN_STEP;

	run->view = verify_view_new(stdout, run->options->json, report_color(stdout));
	run->report = report_new(&report);
	progress_init(&run->progress, !run->options->quiet && isatty(STDERR_FILENO));
	run->totals.repairing = run->repair;
	run->totals.price_cents = run->session.config->subscriber_price_cents;
	if (compare(run, &err))
		rc = cmd_fail(&err);
	run->compared = rc == EXIT_IN_STEP;
	progress_clear(&run->progress);
	verify_view_flush(run->view);
	if (run->compared && (run->repair || run->secrets)) {
		if (mend(run, &err))
			rc = cmd_fail(&err);
		rc = cmd_worse(rc, pass_exit_code(&run->sent));
	}
	run->totals.requests = api_requests(run->session.api);
	run->totals.seconds = (double)(loop_now_ms() - started_ms) / 1000.0;
	return end(run, rc);
}

static int run(const struct cmd_verb *verb, struct cmd_options *options, int argc, char **argv)
{
	struct run run = { .options = options };
	struct session_wish wish = { .verb = verb->name, .level = SESSION_API };
	struct error err = ERROR_INIT;
	int rc = 0, option = 0;

	while ((option = cmd_option(verb, options, options_known, argc, argv, &rc)) != CMD_END) {
		if (option == CMD_STOP)
			return rc;
		run.repair = run.repair || option == OPTION_REPAIR;
		run.secrets = run.secrets || option == OPTION_SECRETS;
		wish.wait = wish.wait || option == OPTION_WAIT;
	}
	if (optind < argc)
		return cmd_usage(verb, "It takes no names.");
	if (run.repair || run.secrets)
		wish.level = SESSION_ENGINE;
	wish.config_path = options->config_path;
	if (session_open(&run.session, &wish, &err))
		return cmd_fail(&err);
	rc = run_open(&run);
	session_close(&run.session);
	verify_free(run.verify);
	verify_view_free(run.view);
	report_free(run.report);
	return rc;
}

const struct cmd_verb cmd_verify = {
	.name = "verify",
	.summary = "compare SignalWire, as it really is, with the ledger",
	.arguments = "[--repair] [--secrets] [--wait]",
	.details =
	"Reads subscribers and SIP credentials whole and changes nothing. It tells what of ours is not\n"
	"as it was last sent (~ drifted, with the fields), what is gone (- missing), what is paid for\n"
	"and has no extension (! leaked), and what is there and not ours (? foreign).\n\n"
	"  --repair   send again what is ours, within the limits of [mirror]: drifted and missing ones\n"
	"             become ordinary changes, leaked ones that the ledger has are removed\n"
	"  --secrets  send all SIP passwords again: they cannot be read back, so nobody knows\n"
	"  --wait     with these: wait for another swbridge that holds the lock, instead of exit 7\n\n"
	"What could not be read is never counted as missing.\n"
	"Exit: 0 all is as it was sent, 2 differences remain, 75 not everything could be read; with\n"
	"--repair or --secrets also 3, 4, 5 and 7, as of sync.\n",
	.run = run,
};
