/* survey_visit - the credentials of each subscriber, many listings at once. */
#include "survey_internal.h"

#include "mem.h"

#include <string.h>

enum { MOST_IN_FLIGHT = 64, FAILURES_IN_A_ROW = 20 };

/* One subscriber whose credentials are being listed. */
struct visit {
	struct survey *survey;
	LIST_ENTRY(visit) entry;
	char id[SURVEY_ID_SIZE];
};

static void visit_free(struct visit *visit)
{
	LIST_REMOVE(visit, entry);
	mem_free(visit);
}

void survey_forget_visits(struct survey *survey)
{
	while (!LIST_EMPTY(&survey->visits))
		visit_free(LIST_FIRST(&survey->visits));
}

static void credential_row(const struct json_credential *credential, void *arg)
{
	struct visit *visit = arg;

	if (survey_failed(visit->survey))
		return;
	survey_batch_credential(&visit->survey->batch, "subscriber", visit->id, credential);
	survey_took(visit->survey, SURVEY_CREDENTIALS);
}

static void note_trouble(struct survey *survey, const struct visit *visit, const struct api_result *result)
{
	survey->trouble++;
	if (!survey->first_trouble)
		survey->first_trouble = mem_printf("subscriber %s: %s", visit->id, result->text);
}

static void visited(const struct api_result *result, void *arg)
{
	struct visit *visit = arg;
	struct survey *survey = visit->survey;

	survey->in_flight--;
	survey->read++;
	if (result->outcome == API_DENIED) {
		survey_denied(survey, result);
	} else if (result->outcome == API_DONE) {
		survey->failures = 0;
		survey_batch_read(&survey->batch, visit->id, "whole", NULL);
	} else {
		survey->failures += result->outcome != API_NOT_FOUND;
		note_trouble(survey, visit, result);
		survey_batch_read(&survey->batch, visit->id, result->outcome == API_NOT_FOUND ? "gone" : "failed", result->text);
	}
	visit_free(visit);
	survey_report(survey, survey->read, survey->parts[SURVEY_SUBSCRIBERS].rows);
	survey_go_on(survey);
}

static void visit_next(struct survey *survey)
{
	struct visit *visit = mem_alloc(sizeof *visit);

	visit->survey = survey;
	memcpy(visit->id, survey->queue[survey->taken++], SURVEY_ID_SIZE);
	LIST_INSERT_HEAD(&survey->visits, visit, entry);
	survey->in_flight++;
	api_list_credentials(survey->setup.api, visit->id, credential_row, visited, visit);
}

static void fetched(struct db_result *const *results, const struct error *cause, void *arg)
{
	struct survey *survey = arg;
	struct error err = ERROR_INIT;

	survey->fetching = false;
	if (cause) {
		error_set(&err, cause->kind, "%s", error_text(cause));
		err.exit_code = cause->exit_code;
		survey_give_up(survey, &err);
	} else {
		survey->taken = 0;
		survey->queued = db_result_rows(results[0]);
		survey->exhausted = survey->queued < SURVEY_QUEUE;
		for (int i = 0; i < survey->queued; i++)
			memcpy(survey->queue[i], db_result_get(results[0], i, 0), SURVEY_ID_SIZE);
		if (survey->queued)
			memcpy(survey->after, survey->queue[survey->queued - 1], SURVEY_ID_SIZE);
	}
	survey_go_on(survey);
}

/* Half of what http lets through, so that others have room. */
static int most_in_flight(const struct survey *survey)
{
	int half = (http_window(survey->setup.http) + 1) / 2;

	return half < MOST_IN_FLIGHT ? half : MOST_IN_FLIGHT;
}

static bool all_failing(const struct survey *survey)
{
	return survey->failures >= FAILURES_IN_A_ROW;
}

void survey_visit(struct survey *survey)
{
	while (!survey->held && !all_failing(survey) && survey->taken < survey->queued &&
	       survey->in_flight < most_in_flight(survey))
		visit_next(survey);
	/* The rows of the listing are in the table by now: nothing of it was unwritten when this began. */
	if (survey->taken == survey->queued && !survey->exhausted && !survey->fetching && !all_failing(survey)) {
		survey->fetching = true;
		survey_table_unread(survey->setup.db, *survey->after ? survey->after : NULL, SURVEY_QUEUE, fetched, survey);
	}
}

void survey_judge_visits(struct survey *survey)
{
	struct part *part = &survey->parts[SURVEY_CREDENTIALS];

	if (all_failing(survey))
		part->why = mem_printf("given up after %lld subscribers, since %d in a row could not be read; %s",
				       (long long)survey->read, FAILURES_IN_A_ROW, survey->first_trouble);
	else if (survey->trouble)
		part->why = mem_printf("those of %lld subscribers could not be read; %s", (long long)survey->trouble,
				       survey->first_trouble);
	else if (!survey->parts[SURVEY_SUBSCRIBERS].whole)
		part->why = mem_strdup("the subscribers are not");
	part->whole = !part->why;
}
