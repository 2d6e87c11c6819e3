/* roster - a complete listing of the project, shared by all who ask for it. */
#include "roster.h"

#include "mem.h"

#include <stdbool.h>
#include <strings.h>

struct question {
	struct question *next;
	/* a subscriber's e-mail, what was found of it, and who wants to know */
	char *email;
	char *id;
	int64_t created_at_ms;
	void (*found)(const struct roster_entry *entry, void *arg);
	/* or who wants to see every endpoint */
	void (*row)(const struct json_credential *endpoint, void *arg);
	api_done *done;
	void *arg;
};

struct roster {
	struct api *api;
	enum roster_kind kind;
	bool listing;
	struct question *asked;   /* answered by the running listing */
	struct question *waiting; /* came later */
};

struct roster *roster_new(struct api *api, enum roster_kind kind)
{
	struct roster *roster = mem_alloc(sizeof *roster);

	roster->api = api;
	roster->kind = kind;
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

static void subscriber_row(const struct json_subscriber *subscriber, void *arg)
{
	struct roster *roster = arg;

	for (struct question *q = roster->asked; q && subscriber->email; q = q->next) {
		if (q->id || strcasecmp(q->email, subscriber->email) != 0)
			continue;
		q->id = mem_strdup(subscriber->id);
		q->created_at_ms = subscriber->created_at_ms;
	}
}

static void endpoint_row(const struct json_credential *endpoint, void *arg)
{
	struct roster *roster = arg;

	for (struct question *q = roster->asked; q; q = q->next)
		q->row(endpoint, q->arg);
}

static void answer(const struct question *q, const struct api_result *result)
{
	const struct roster_entry entry = {
		.answer = q->id ? ROSTER_FOUND : result->outcome == API_DONE ? ROSTER_NONE : ROSTER_FAILED,
		.id = q->id,
		.created_at_ms = q->created_at_ms,
		.outcome = result->outcome,
		.text = result->text,
	};
	struct api_result listed = *result;

	if (listed.outcome == API_NOT_FOUND)
		listed.outcome = API_FAILED;
	if (q->found)
		q->found(&entry, q->arg);
	else
		q->done(&listed, q->arg);
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

		list = q->next;
		answer(q, result);
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
	if (roster->kind == ROSTER_SUBSCRIBERS)
		api_list_subscribers(roster->api, subscriber_row, listed, roster);
	else
		api_list_endpoints(roster->api, endpoint_row, listed, roster);
}

static void ask(struct roster *roster, struct question *q)
{
	q->next = roster->waiting;
	roster->waiting = q;
	if (!roster->listing)
		start(roster);
}

void roster_find(struct roster *roster, const char *email,
		 void (*done)(const struct roster_entry *entry, void *arg), void *arg)
{
	struct question *q = mem_alloc(sizeof *q);

	q->email = mem_strdup(email);
	q->created_at_ms = -1;
	q->found = done;
	q->arg = arg;
	ask(roster, q);
}

void roster_read(struct roster *roster, void (*row)(const struct json_credential *endpoint, void *arg), api_done *done,
		 void *arg)
{
	struct question *q = mem_alloc(sizeof *q);

	q->row = row;
	q->done = done;
	q->arg = arg;
	ask(roster, q);
}
