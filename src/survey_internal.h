/*
 * survey_internal - what the files of a survey share.
 *
 *   survey.c        the order of things, the lists of the whole project, how it ends
 *   survey_visit.c  the credentials of each subscriber
 */
#ifndef SURVEY_INTERNAL_H
#define SURVEY_INTERNAL_H

#include <sys/queue.h>

#include "survey.h"
#include "survey_table.h"

enum {
	SURVEY_ID_SIZE = 37,
	SURVEY_QUEUE = 500 /* subscribers that are fetched together */
};

struct part {
	bool whole;
	char *why; /* NULL: whole, or not read yet */
	int64_t rows;
};

struct survey {
	struct survey_setup setup;
	char *project_id, *sip_domain;
	void (*done)(const struct error *err, void *arg);
	void *done_arg;
	bool abandoned; /* nobody waits any more, and what it works with is going away */
	struct error err; /* why there is no survey */
	struct part parts[SURVEY_PARTS];
	enum survey_part listing; /* the part that is being listed */

	struct survey_batch batch;
	bool writing;
	bool held;
	bool listed;   /* nothing more comes */

	char queue[SURVEY_QUEUE][SURVEY_ID_SIZE]; /* whose credentials come next */
	int queued, taken;
	bool fetching; /* the next ones of the queue */
	bool exhausted; /* there are no more */
	char after[SURVEY_ID_SIZE];
	int in_flight;
	LIST_HEAD(, visit) visits; /* of subscribers, on their way */
	int failures;  /* one after the other */
	int64_t read, trouble;
	char *first_trouble;
};

bool survey_failed(const struct survey *survey);

/* There is no survey: the first reason counts (`err` is taken); what is in flight is waited for. */
void survey_give_up(struct survey *survey, struct error *err);
void survey_denied(struct survey *survey, const struct api_result *result);

/* One row more, in the midst of a page: the next page may have to be held. */
void survey_took(struct survey *survey, enum survey_part part);
void survey_report(struct survey *survey, int64_t done, int64_t total);

/* Something has come to its end: what is next?  The survey may be gone when this returns. */
void survey_go_on(struct survey *survey);

/* Starts as many listings of subscribers' credentials as may be under way. */
void survey_visit(struct survey *survey);
void survey_forget_visits(struct survey *survey); /* nobody will answer any more */
/* All have ended: are they whole? */
void survey_judge_visits(struct survey *survey);

#endif
