/* roster - finds subscribers by e-mail in a complete listing; one serves all. */
#include "roster.h"

#include "mem.h"

#include <stdbool.h>
#include <strings.h>

struct question {
	struct question *next;
	char *email;
	char *id; /* found */
	int64_t created_at_ms;
	void (*done)(const struct roster_entry *entry, void *arg);
	void *arg;
};

struct roster {
	struct api *api;
	bool listing;
	struct question *asked;   /* answered by the running listing */
	struct question *waiting; /* came later */
};

struct roster *roster_new(struct api *api)
{
	struct roster *roster = mem_alloc(sizeof *roster);

	roster->api = api;
	return roster;
}

static void question_free(struct question *question)
{
	mem_free(question->email);
	mem_free(question->id);
	mem_free(question);
}

static void questions_free(struct question *list)
{
	while (list) {
		struct question *next = list->next;

		question_free(list);
		list = next;
	}
}

void roster_free(struct roster *roster)
{
	if (!roster)
		return;
	questions_free(roster->asked);
	questions_free(roster->waiting);
	mem_free(roster);
}

static void row(const struct json_subscriber *subscriber, void *arg)
{
	struct roster *roster = arg;

	for (struct question *q = roster->asked; q && subscriber->email; q = q->next) {
		if (q->id || strcasecmp(q->email, subscriber->email) != 0)
			continue;
		q->id = mem_strdup(subscriber->id);
		q->created_at_ms = subscriber->created_at_ms;
	}
}

static void start(struct roster *roster);

static void listed(const struct api_result *result, void *arg)
{
	struct roster *roster = arg;
	struct question *list = roster->asked;

	roster->asked = NULL;
	roster->listing = false;
	while (list) {
		struct question *q = list;
		struct roster_entry entry = {
			.answer = q->id ? ROSTER_FOUND : result->outcome == API_DONE ? ROSTER_NONE : ROSTER_FAILED,
			.id = q->id,
			.created_at_ms = q->created_at_ms,
			.outcome = result->outcome,
			.text = result->text,
		};

		list = q->next;
		q->done(&entry, q->arg);
		question_free(q);
	}
	if (roster->waiting && !roster->listing)
		start(roster);
}

static void start(struct roster *roster)
{
	roster->asked = roster->waiting;
	roster->waiting = NULL;
	roster->listing = true;
	api_list_subscribers(roster->api, row, listed, roster);
}

void roster_find(struct roster *roster, const char *email,
		 void (*done)(const struct roster_entry *entry, void *arg), void *arg)
{
	struct question *q = mem_alloc(sizeof *q);

	q->email = mem_strdup(email);
	q->created_at_ms = -1;
	q->done = done;
	q->arg = arg;
	q->next = roster->waiting;
	roster->waiting = q;
	if (!roster->listing)
		start(roster);
}
