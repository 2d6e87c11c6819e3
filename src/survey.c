/* survey - the remote side as it is, read whole into tables of the session. */
#include "survey_internal.h"

#include "mem.h"

#include <assert.h>
#include <string.h>
#include <strings.h>

enum { ROWS_IN_BATCH = 500, ROWS_BEFORE_HOLD = 1000 };

const char *survey_part_name(enum survey_part part)
{
	static const char *const names[] = {
		[SURVEY_SUBSCRIBERS] = "subscribers", [SURVEY_ENDPOINTS] = "standalone credentials",
		[SURVEY_LEGACY] = "legacy SIP endpoints", [SURVEY_CREDENTIALS] = "credentials of subscribers",
	};

	return names[part];
}

struct survey *survey_new(const struct survey_setup *setup)
{
	struct survey *survey = mem_alloc(sizeof *survey);

	survey->setup = *setup;
	survey->project_id = mem_strdup(setup->project_id);
	survey->sip_domain = mem_strdup(setup->sip_domain);
	survey->batch = (struct survey_batch)SURVEY_BATCH_INIT;
	return survey;
}

void survey_free(struct survey *survey)
{
	if (!survey)
		return;
	for (int i = 0; i < SURVEY_PARTS; i++)
		mem_free(survey->parts[i].why);
	survey_forget_visits(survey);
	survey_batch_release(&survey->batch);
	mem_free(survey->first_trouble);
	mem_free(survey->project_id);
	mem_free(survey->sip_domain);
	error_clear(&survey->err);
	mem_free(survey);
}

void survey_abandon(struct survey *survey)
{
	survey->abandoned = true;
}

/* ---- how it ends -------------------------------------------------------------- */

bool survey_failed(const struct survey *survey)
{
	return survey->err.kind != ERROR_NONE;
}

/* Nothing is under way and nothing will be: says so, once. */
static void finish(struct survey *survey)
{
	if (survey->held)
		api_hold_pages(survey->setup.api, false);
	survey->held = false;
	survey->done(survey_failed(survey) ? &survey->err : NULL, survey->done_arg);
}

void survey_give_up(struct survey *survey, struct error *err)
{
	if (survey_failed(survey))
		error_clear(err);
	else
		error_move(&survey->err, err);
	if (survey->abandoned)
		return;
	/* A listing that is held would never end. */
	if (survey->held)
		api_hold_pages(survey->setup.api, false);
	survey->held = false;
}

static void not_whole(struct survey *survey, enum survey_part part, const char *why)
{
	survey->parts[part].whole = false;
	mem_free(survey->parts[part].why);
	survey->parts[part].why = mem_strdup(why);
}

void survey_denied(struct survey *survey, const struct api_result *result)
{
	struct error err = ERROR_INIT;

	error_exit(&err, EXIT_DENIED, "%s", result->text);
	survey_give_up(survey, &err);
}

/* ---- rows on their way to the database ---------------------------------------- */

static void written(struct db_result *const *results, const struct error *cause, void *arg)
{
	struct survey *survey = arg;
	struct error err = ERROR_INIT;

	(void)results;
	survey->writing = false;
	if (cause) {
		error_set(&err, cause->kind, "%s", error_text(cause));
		err.exit_code = cause->exit_code;
		survey_give_up(survey, &err);
	}
	survey_go_on(survey);
}

/* One batch is on its way at a time; what comes meanwhile gathers, and from some size on nothing more is asked for. */
static void write_rows(struct survey *survey)
{
	bool much = false;

	if (survey->abandoned)
		return;
	if (!survey->writing && survey->batch.rows && !survey_failed(survey)) {
		survey->writing = true;
		survey_batch_write(&survey->batch, survey->setup.db, written, survey);
	}
	much = survey->batch.rows >= ROWS_BEFORE_HOLD && !survey_failed(survey);
	if (much != survey->held) {
		survey->held = much;
		api_hold_pages(survey->setup.api, much);
	}
}

void survey_took(struct survey *survey, enum survey_part part)
{
	survey->parts[part].rows++;
	if (survey->batch.rows >= ROWS_IN_BATCH)
		write_rows(survey);
}

void survey_report(struct survey *survey, int64_t done, int64_t total)
{
	if (survey->setup.progress)
		survey->setup.progress(done, total, survey->setup.arg);
}

/* ---- the lists of the whole project -------------------------------------------- */

static void subscriber_row(const struct json_subscriber *subscriber, void *arg)
{
	struct survey *survey = arg;
	struct error err = ERROR_INIT;

	if (survey_failed(survey))
		return;
	if (strcasecmp(subscriber->project_id, survey->project_id) != 0) {
		error_exit(&err, EXIT_FENCE, "SignalWire lists subscriber %s of another project (%s, this is %s); is the "
			   "token in [signalwire] the right one?", subscriber->id, subscriber->project_id, survey->project_id);
		survey_give_up(survey, &err);
		return;
	}
	survey_batch_subscriber(&survey->batch, subscriber);
	survey_took(survey, SURVEY_SUBSCRIBERS);
	if (survey->parts[SURVEY_SUBSCRIBERS].rows % ROWS_IN_BATCH == 0)
		survey_report(survey, survey->parts[SURVEY_SUBSCRIBERS].rows, 0);
}

static void endpoint_row(const struct json_credential *endpoint, void *arg)
{
	struct survey *survey = arg;

	if (survey_failed(survey))
		return;
	survey_batch_credential(&survey->batch, survey->listing == SURVEY_LEGACY ? "legacy" : "standalone", NULL, endpoint);
	survey_took(survey, survey->listing);
}

static void listed(const struct api_result *result, void *arg);

static void list_next(struct survey *survey)
{
	struct api *api = survey->setup.api;

	switch (survey->listing) {
	case SURVEY_SUBSCRIBERS:
		api_list_subscribers(api, subscriber_row, listed, survey);
		break;
	case SURVEY_ENDPOINTS:
		api_list_endpoints(api, endpoint_row, listed, survey);
		break;
	case SURVEY_LEGACY:
		api_list_legacy(api, endpoint_row, listed, survey);
		break;
	case SURVEY_CREDENTIALS: case SURVEY_PARTS:
		survey->listed = true;
		survey_visit(survey);
		break;
	}
}

static void listed(const struct api_result *result, void *arg)
{
	struct survey *survey = arg;

	survey->in_flight--;
	if (result->outcome == API_DENIED)
		survey_denied(survey, result);
	else if (result->outcome == API_DONE)
		survey->parts[survey->listing].whole = true;
	else
		not_whole(survey, survey->listing, result->text);
	if (survey->listing == SURVEY_SUBSCRIBERS)
		survey_report(survey, survey->parts[SURVEY_SUBSCRIBERS].rows, 0);
	survey->listing++;
	survey_go_on(survey);
}

/* ---- the order of things --------------------------------------------------------- */

static void analyzed(struct db_result *const *results, const struct error *cause, void *arg)
{
	struct survey *survey = arg;
	struct error err = ERROR_INIT;

	(void)results;
	if (cause) {
		error_set(&err, cause->kind, "%s", error_text(cause));
		survey_give_up(survey, &err);
	}
	if (!survey->abandoned)
		finish(survey);
}

void survey_go_on(struct survey *survey)
{
	if (survey->abandoned)
		return;
	write_rows(survey);
	if (survey_failed(survey)) {
		if (!survey->in_flight && !survey->writing && !survey->fetching)
			finish(survey);
	} else if (!survey->listed) {
		/* A list begins when the rows of the one before are in the table. */
		if (!survey->in_flight && !survey->writing) {
			survey->in_flight += survey->listing < SURVEY_CREDENTIALS;
			list_next(survey);
		}
	} else {
		survey_visit(survey);
		if (!survey->in_flight && !survey->writing && !survey->fetching) {
			survey_judge_visits(survey);
			survey_table_analyze(survey->setup.db, analyzed, survey);
		}
	}
}

static void canary_answered(const struct api_result *result, void *arg)
{
	struct survey *survey = arg;
	struct error err = ERROR_INIT;

	survey->in_flight--;
	if (result->outcome == API_DONE && strcmp(result->domain, survey->sip_domain) != 0)
		error_exit(&err, EXIT_FENCE, "The project's SIP domain is %s, but this ledger is bound to %s: is the token one "
			   "of another project or space? Correct [signalwire], or after a move run: swbridge init --rebind",
			   result->domain, survey->sip_domain);
	else if (result->outcome == API_DENIED)
		error_exit(&err, EXIT_DENIED, "%s", result->text);
	else if (result->outcome == API_NOT_FOUND || result->outcome == API_REJECTED)
		error_exit(&err, EXIT_FENCE, "SignalWire does not show the project's SIP profile (%s); is [signalwire] space "
			   "(or api_url) right?", result->text);
	else if (result->outcome != API_DONE)
		error_exit(&err, EXIT_LATER, "%s", result->text);
	if (err.kind != ERROR_NONE)
		survey_give_up(survey, &err);
	survey_go_on(survey);
}

static void created(struct db_result *const *results, const struct error *cause, void *arg)
{
	struct survey *survey = arg;
	struct error err = ERROR_INIT;

	(void)results;
	survey->writing = false;
	if (survey->abandoned)
		return;
	if (cause) {
		survey_table_explain(survey->setup.db, cause, &err);
		survey_give_up(survey, &err);
		finish(survey);
		return;
	}
	survey->in_flight++;
	api_get_sip_profile(survey->setup.api, canary_answered, survey);
}

void survey_start(struct survey *survey, void (*done)(const struct error *err, void *arg), void *arg)
{
	assert(!survey->done);
	survey->done = done;
	survey->done_arg = arg;
	survey->writing = true;
	survey_table_create(survey->setup.db, created, survey);
}

struct waiting {
	bool over;
	struct error *err;
	int rc;
};

static void waited(const struct error *err, void *arg)
{
	struct waiting *waiting = arg;

	waiting->over = true;
	if (!err)
		return;
	waiting->rc = error_set(waiting->err, err->kind, "%s", error_text(err));
	waiting->err->exit_code = err->exit_code;
}

static bool is_over(void *arg)
{
	const struct waiting *waiting = arg;

	return waiting->over;
}

int survey_run(struct survey *survey, struct error *err)
{
	struct waiting waiting = { .err = err };

	survey_start(survey, waited, &waiting);
	if (loop_until(survey->setup.loop, is_over, &waiting))
		return waiting.rc;
	survey_abandon(survey);
	return error_set(err, ERROR_LATER, "Interrupted.");
}

bool survey_whole(const struct survey *survey, enum survey_part part, const char **why)
{
	if (why)
		*why = survey->parts[part].why;
	return survey->parts[part].whole;
}

int survey_check_whole(const struct survey *survey, struct error *err)
{
	int rc = 0;

	for (int i = 0; i < SURVEY_PARTS; i++) {
		const struct part *part = &survey->parts[i];
		char *before = NULL;

		if (part->whole)
			continue;
		before = rc ? mem_strdup(error_text(err)) : mem_strdup("The remote side could not be read whole:");
		rc = error_exit(err, EXIT_LATER, "%s%s %s (%s)", before, rc ? ";" : "", survey_part_name((enum survey_part)i),
				part->why ? part->why : "not read");
		mem_free(before);
	}
	return rc;
}

int64_t survey_count(const struct survey *survey, enum survey_part part)
{
	return survey->parts[part].rows;
}
