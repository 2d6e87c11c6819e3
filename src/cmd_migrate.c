/* cmd_migrate - the verb `migrate`: a whole fleet, with what is at SignalWire already, in one sitting. */
#include "cmd_migrate.h"

#include "log.h"
#include "mem.h"
#include "migrate.h"
#include "report_fleet.h"
#include "report_json.h"
#include "survey.h"
#include "target.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
	OPTION_ADOPT = CMD_OPTION_FIRST, OPTION_OURS, OPTION_DRY_RUN, OPTION_YES, OPTION_CANARY, OPTION_REPORT, OPTION_SECRETS
};

static const struct option options_known[] = {
	{ "adopt", no_argument, NULL, OPTION_ADOPT },
	{ "ours", no_argument, NULL, OPTION_OURS },
	{ "dry-run", no_argument, NULL, OPTION_DRY_RUN },
	{ "yes", no_argument, NULL, OPTION_YES },
	{ "canary", required_argument, NULL, OPTION_CANARY },
	{ "report", required_argument, NULL, OPTION_REPORT },
	{ "with-secrets", no_argument, NULL, OPTION_SECRETS },
	{ NULL, 0, NULL, 0 },
};

/* ---- looking ---------------------------------------------------------------------- */

static void survey_progress(int64_t done, int64_t total, void *arg)
{
	struct cmd_migrate_work *w = arg;

	if (total)
		progress_update(&w->progress, done, total);
}

static void begin_progress(struct cmd_migrate_work *w)
{
	progress_init(&w->progress, !w->options->quiet && isatty(STDERR_FILENO));
	if (!w->progress.terminal && !w->options->quiet)
		progress_lines(&w->progress, w->session.loop);
}

/* What was not read whole proves nothing; without the subscribers there is nothing to go by. */
static int judge_survey(const struct survey *survey, struct error *err)
{
	const char *why = NULL;

	if (!survey_whole(survey, SURVEY_SUBSCRIBERS, &why))
		return error_exit(err, EXIT_LATER, "The subscribers at SignalWire could not be read whole (%s), so nobody knows what is "
				  "there already; nothing was done.", why);
	for (int part = 0; part < SURVEY_PARTS; part++)
		if (!survey_whole(survey, (enum survey_part)part, &why))
			log_warn("The %s at SignalWire could not be read whole (%s): a username that is taken there may be found only when "
				 "SignalWire refuses it", survey_part_name((enum survey_part)part), why);
	return 0;
}

static int look(struct cmd_migrate_work *w, struct survey **survey, struct error *err)
{
	struct session *s = &w->session;
	const struct survey_setup setup = {
		.loop = s->loop, .db = s->db, .api = s->api, .http = s->http, .project_id = s->config->project_id,
		.sip_domain = ledger_identity(s->ledger)->sip_domain, .progress = survey_progress, .arg = w,
	};
	int rc = 0;

	log_info("reading what is at SignalWire; nothing is changed meanwhile");
	begin_progress(w);
	*survey = survey_new(&setup);
	rc = survey_run(*survey, err) || judge_survey(*survey, err) ? -1 : 0;
	progress_end(&w->progress);
	w->what.subscribers = survey_count(*survey, SURVEY_SUBSCRIBERS);
	w->what.credentials = survey_count(*survey, SURVEY_CREDENTIALS);
	w->what.endpoints = survey_count(*survey, SURVEY_ENDPOINTS);
	return rc;
}

/* ---- doing -------------------------------------------------------------------------- */

static void done_line(const struct pass_line *line, void *arg)
{
	struct cmd_migrate_work *w = arg;

	progress_clear(&w->progress);
	report_line(w->report, line);
}

/* Printed at once, as by sync: until the file is there, this is all that anybody has of it. */
static bool done_secret(const struct mirror_issued *issued, void *arg)
{
	struct cmd_migrate_work *w = arg;

	progress_clear(&w->progress);
	if (w->issued)
		issued_keep(w->issued, issued->key, issued->secret);
	return report_secret(w->report, issued);
}

static void done_progress(int64_t done, int64_t total, void *arg)
{
	struct cmd_migrate_work *w = arg;

	progress_update(&w->progress, done, total);
}

static void waiting(int64_t unknown, int64_t ms, void *arg)
{
	struct cmd_migrate_work *w = arg;

	progress_wait(&w->progress, unknown == 1 ? "for an unknown outcome to settle" : "for unknown outcomes to settle");
	log_info("waiting %lld s until %lld unknown %s settled; then it is looked for what became of %s", (long long)(ms + 999) / 1000,
		 (long long)unknown, unknown == 1 ? "outcome has" : "outcomes have", unknown == 1 ? "it" : "them");
}

static int act(struct cmd_migrate_work *w, struct error *err)
{
	struct migrate migrate = {
		.session = &w->session, .ours = w->ours, .canary = w->canary != 0, .line = done_line, .progress = done_progress,
		.secret = report_is_private(stdout) ? done_secret : NULL, .waiting = waiting, .arg = w,
	};
	int rc = 0;

	w->began = true;
	begin_progress(w);
	rc = migrate_run(&migrate, err);
	progress_end(&w->progress);
	w->summary = migrate.summary;
	return rc;
}

static int write_report(struct cmd_migrate_work *w, struct error *err)
{
	struct report_file *file = w->file;
	int rc = 0;

	if (!file)
		return 0;
	w->file = NULL;
	rc = report_fleet(&w->session, ledger_identity(w->session.ledger)->sip_domain, w->dry_run, w->issued, file, err);
	if (rc)
		report_file_abandon(file);
	else
		rc = report_file_finish(file, err);
	if (!rc && !w->options->quiet)
		log_info("the report is in %s%s", w->report_path, w->with_secrets ? ", with the passwords: keep it safe" : "");
	return rc;
}

/* ---- the end ------------------------------------------------------------------------ */

static void end_dry_run(struct cmd_migrate_work *w)
{
	struct pass_summary *s = &w->summary;
	char *go = cmd_migrate_command(w, true, false);

	s->created = w->counts.chosen[PREFLIGHT_CREATE];
	s->updated = w->counts.chosen[PREFLIGHT_CHANGE];
	s->subscribers_created = w->counts.subscribers;
	s->unchanged = w->counts.totals.unchanged;
	s->skipped = w->counts.kind[PREFLIGHT_SKIP];
	s->held = w->counts.kind[PREFLIGHT_MOVE];
	s->rejected = w->counts.kind[PREFLIGHT_FOREIGN] + w->counts.kind[PREFLIGHT_REJECT] + w->counts.kind[PREFLIGHT_REFUSED];
	if (w->options->json)
		report_json_plan(stdout, s, w->what.price_cents);
	else if (!w->options->quiet)
		log_print(stdout, "This was a dry run: nothing was changed anywhere. To do it: %s\n", go);
	mem_free(go);
}

static void end_run(struct cmd_migrate_work *w, int rc)
{
	int64_t rest = w->counts.kind[PREFLIGHT_CREATE] + w->counts.kind[PREFLIGHT_ADOPT] - w->counts.chosen[PREFLIGHT_CREATE] -
		       w->counts.chosen[PREFLIGHT_ADOPT];
	/* One that was stopped was to do no more than its canary; one that is done is looked at, and then the rest follows. */
	char *go = cmd_migrate_command(w, rc != EXIT_IN_STEP, false);

	w->summary.requests = api_requests(w->session.api);
	w->summary.seconds = (double)(loop_now_ms() - w->started_ms) / 1000.0;
	report_end(w->report, &w->summary);
	if (rc != EXIT_IN_STEP)
		log_warn("what was done is recorded; to go on where it stopped: %s", go);
	else if (w->canary && rest > 0 && !w->options->json && !w->options->quiet)
		log_print(stdout, "Stopped after the canary's %lld, as asked; %lld are left. Look at them, then go on with: %s\n",
		       (long long)w->canary, (long long)rest, go);
	else if (w->summary.unknown && !w->options->quiet)
		log_warn("some outcomes are still unknown; to go on: %s", go);
	mem_free(go);
}

static int finish(struct cmd_migrate_work *w, int rc)
{
	struct error err = ERROR_INIT;

	/* Also of a migration that was stopped: who was reached has to be told. */
	if (db_connected(w->session.db) && write_report(w, &err))
		rc = cmd_worse(rc, cmd_fail(&err));
	end_run(w, rc);
	return cmd_worse(rc, pass_exit_code(&w->summary));
}

static int work(struct cmd_migrate_work *w, struct survey **survey)
{
	const struct session *s = &w->session;
	const struct preflight_setup setup = {
		.db = s->db, .source = s->source, .config = s->config, .query = s->query, .adopt = w->adopt, .canary = w->canary,
	};
	struct error err = ERROR_INIT;
	bool agreed = false;

	if ((w->report_path && report_file_open(w->report_path, w->with_secrets, &w->file, &err)) || look(w, survey, &err) ||
	    preflight_make(&setup, &w->counts, &err) || cmd_migrate_say_found(w, &err))
		return cmd_fail(&err);
	if (w->dry_run) {
		if (write_report(w, &err))
			return cmd_fail(&err);
		end_dry_run(w);
		return EXIT_IN_STEP;
	}
	if (cmd_migrate_agree(w, &agreed, &err))
		return cmd_fail(&err);
	if (!agreed)
		return EXIT_HELD;
	return finish(w, act(w, &err) ? cmd_fail(&err) : EXIT_IN_STEP);
}

static void prepare(struct cmd_migrate_work *w)
{
	const struct config *config = w->session.config;
	const struct report_setup setup = {
		.out = stdout, .kind = REPORT_MIGRATE, .json = w->options->json, .quiet = w->options->quiet,
		.color = report_color(stdout), .price_cents = config->subscriber_price_cents,
	};

	w->started_ms = loop_now_ms();
	w->report = report_new(&setup);
	w->issued = w->with_secrets ? issued_new() : NULL;
	w->what = (struct report_migrate){
		.counts = &w->counts, .write_rate = config->write_rate, .adopt = w->adopt, .ours = w->ours, .canary = w->canary,
		.price_cents = target_traits(config)->place ? 0 : config->subscriber_price_cents,
	};
}

/* ---- the verb ----------------------------------------------------------------------- */

static bool take_number(const char *text, int64_t *number)
{
	char *end = NULL;

	errno = 0;
	*number = strtoll(text, &end, 10);
	return !errno && *text && !*end && *number > 0;
}

/* -1: go on; else the exit code. */
static int take_arguments(struct cmd_migrate_work *w, const struct cmd_verb *verb, struct cmd_options *options, int argc, char **argv)
{
	struct error err = ERROR_INIT;
	int rc = 0, option = 0;

	while ((option = cmd_option(verb, options, options_known, argc, argv, &rc)) != CMD_END) {
		if (option == CMD_STOP)
			return rc < 0 ? EXIT_FAULT : rc;
		w->adopt = w->adopt || option == OPTION_ADOPT;
		w->ours = w->ours || option == OPTION_OURS;
		w->dry_run = w->dry_run || option == OPTION_DRY_RUN;
		w->yes = w->yes || option == OPTION_YES;
		w->with_secrets = w->with_secrets || option == OPTION_SECRETS;
		if (option == OPTION_REPORT)
			w->report_path = optarg;
		if (option == OPTION_CANARY && !take_number(optarg, &w->canary))
			return cmd_usage(verb, "--canary takes a number from 1.");
	}
	if (optind < argc)
		return cmd_usage(verb, "It takes no extensions; one alone: swbridge sync EXT.");
	if (w->ours && !w->adopt)
		return cmd_usage(verb, "--ours says whose the adopted subscribers are: it needs --adopt.");
	if (w->with_secrets && !w->report_path)
		return cmd_usage(verb, "--with-secrets is about the file of --report.");
	if (w->report_path && report_file_check(w->report_path, &err))
		return cmd_fail(&err);
	return -1;
}

static int run(const struct cmd_verb *verb, struct cmd_options *options, int argc, char **argv)
{
	struct cmd_migrate_work w = { .options = options };
	struct session_wish wish = { .verb = verb->name };
	struct survey *survey = NULL;
	struct error err = ERROR_INIT;
	int rc = take_arguments(&w, verb, options, argc, argv);

	if (rc >= 0)
		return rc;
	wish.config_path = options->config_path;
	wish.level = w.dry_run ? SESSION_API : SESSION_ENGINE;
	if (session_open(&w.session, &wish, &err))
		return cmd_fail(&err);
	prepare(&w);
	rc = work(&w, &survey);
	progress_end(&w.progress);
	report_file_abandon(w.file);
	report_free(w.report);
	issued_free(w.issued);
	session_close(&w.session);
	survey_free(survey); /* where it was interrupted, api and db would have called back */
	return rc;
}

const struct cmd_verb cmd_migrate = {
	.name = "migrate",
	.summary = "move a whole fleet, with what is at SignalWire already",
	.arguments = "[--adopt] [--ours] [--dry-run] [--yes] [--canary N] [--report FILE] [--with-secrets]",
	.details =
	"Reads the PBX and SignalWire whole, says what it would do, what stands in the way and what it\n"
	"costs, asks, and does it.  Run it again and it goes on where it stopped.  It removes nothing.\n\n"
	"  --adopt        take over what is there exactly as it would be made: one subscriber with the\n"
	"                 extension's e-mail, and one credential with its username under it.  That sets\n"
	"                 the credential's password to the PBX's\n"
	"  --ours         and their subscribers count as made by swbridge (the ledger was lost); not where\n"
	"                 anything else lives on them\n"
	"  --dry-run      only say it; nothing is changed anywhere\n"
	"  --yes          do not ask: what is printed is approved, and nothing else\n"
	"  --canary N     stop after the first N\n"
	"  --report FILE  a line for each extension: what was done, and what its phone must use (.csv or\n"
	"                 .json by its ending)\n"
	"  --with-secrets the passwords, too; then only its owner may read the file\n\n"
	"Exit: 0 all in step, or the canary's N are done; 3 nothing done, since nobody agreed, or something is\n"
	"held; 4 some were rejected or left alone; 5 outcomes are still unknown; 75 try later.\n",
	.run = run,
};
