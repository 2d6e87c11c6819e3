/* ops_subscriber - the operations on subscribers, and what all operations share. */
#include <string.h>

#include "check.h"
#include "jsontext.h"
#include "listing.h"
#include "mem.h"
#include "ops.h"
#include "show.h"

struct object *ops_find(struct call *c, enum kind kind, const char *id)
{
	struct object *o = store_find(&c->sim->store, id);

	if (o && o->kind == kind && o->project == c->project && c->sim->settings.all_404 == SETTINGS_404_OFF)
		return o;
	reply_error(c->reply, 404);
	return NULL;
}

void ops_check_username(struct call *c, struct draft *d, const struct object *except)
{
	bool fold = c->sim->settings.username_case == SETTINGS_INSENSITIVE;

	if (d->name && store_find_username(&c->sim->store, c->project, d->name, fold, except))
		problems_add(&d->problems, c->sim->settings.unique_code, "username", "username has already been taken");
}

bool ops_refused(struct call *c, struct draft *d)
{
	if (!d->problems.count && !d->problems.crash)
		return false;
	reply_problems(c->reply, &c->sim->settings, c->legacy, &d->problems);
	return true;
}

bool ops_account_refused(struct call *c)
{
	const char *code = c->sim->settings.account_error;

	if (!code)
		return false;
	reply_problem(c->reply, &c->sim->settings, c->legacy, code, NULL, "The account does not allow this");
	return true;
}

/* A reference of a standalone credential to this resource. */
static bool is_handler(const struct object *o)
{
	const struct series *all = &o->project->endpoints;
	char *quoted = jsontext_quote(o->id);
	bool found = false;
	size_t i = 0;

	for (i = 0; i < all->used && !found; i++) {
		const struct object *e = all->slot[i].object;

		found = e && e->kind == KIND_STANDALONE && e->field[FIELD_HANDLER_ID] &&
			strcmp(e->field[FIELD_HANDLER_ID], quoted) == 0;
	}
	mem_free(quoted);
	return found;
}

void ops_remove(struct call *c, struct object *o)
{
	/* From the end; gaps are closed under way, so the end is looked up each time. */
	while (o->children.alive) {
		size_t last = o->children.used - 1;

		while (!o->children.slot[last].object)
			last--;
		api_log(c, "cascade", o->children.slot[last].object);
		store_remove(&c->sim->store, o->children.slot[last].object);
	}
	api_log(c, "delete", o);
	store_remove(&c->sim->store, o);
}

static void check_email(struct call *c, struct draft *d, const struct object *except)
{
	const struct project *scope = c->sim->settings.email_scope == SETTINGS_SPACE ? NULL : c->project;

	if (d->name && store_find_email(&c->sim->store, scope, d->name, except))
		problems_add(&d->problems, c->sim->settings.unique_code, "email", "email has already been taken");
}

void ops_subscribers_list(struct call *c)
{
	struct listing list = { .series = &c->project->subscribers,
				.show = show_subscriber,
				.page_size_max = c->sim->settings.page_size_max };
	static const struct series none;

	if (c->sim->settings.all_404 == SETTINGS_404_OBJECTS)
		list.series = &none;
	listing_reply(c, &list);
}

static bool account_full(struct call *c)
{
	int64_t most = c->sim->settings.max_subscribers;

	if (most <= 0 || (int64_t)c->project->subscribers.alive < most)
		return false;
	reply_problem(c->reply, &c->sim->settings, false, "account_limit_exceeded", NULL,
		      "The account has reached its limit of subscribers");
	return true;
}

void ops_subscriber_create(struct call *c)
{
	struct draft draft;
	struct object *o = NULL;

	if (check_body(c, CHECK_SUBSCRIBER, &draft) != 0)
		goto out;
	check_email(c, &draft, NULL);
	if (ops_refused(c, &draft) || ops_account_refused(c) || account_full(c))
		goto out;
	o = store_add(&c->sim->store, &c->sim->ids, KIND_SUBSCRIBER, c->project, NULL, NULL);
	draft_apply(&draft, &c->sim->store, o, false);
	o->created_ms = o->updated_ms = sim_now(c->sim);
	api_log(c, "create", o);
	reply_start(c->reply, (int)c->sim->settings.create_status);
	show_subscriber(c, o, &c->reply->body);
out:
	draft_release(&draft);
}

void ops_subscriber_get(struct call *c)
{
	const struct object *o = ops_find(c, KIND_SUBSCRIBER, c->id[0]);

	if (!o)
		return;
	reply_start(c->reply, 200);
	show_subscriber(c, o, &c->reply->body);
}

void ops_subscriber_put(struct call *c)
{
	struct draft draft;
	struct object *o = NULL;

	if (check_body(c, CHECK_SUBSCRIBER, &draft) != 0)
		goto out;
	o = ops_find(c, KIND_SUBSCRIBER, c->id[0]);
	if (!o)
		goto out;
	check_email(c, &draft, o);
	if (ops_refused(c, &draft))
		goto out;
	draft_apply(&draft, &c->sim->store, o, c->sim->settings.put_clears);
	o->updated_ms = sim_now(c->sim);
	api_log(c, "update", o);
	reply_start(c->reply, 200);
	show_subscriber(c, o, &c->reply->body);
out:
	draft_release(&draft);
}

void ops_subscriber_delete(struct call *c)
{
	struct object *o = ops_find(c, KIND_SUBSCRIBER, c->id[0]);

	if (!o)
		return;
	if (is_handler(o)) {
		reply_problem(c->reply, &c->sim->settings, false, "resource_assigned_as_handler", NULL,
			      "The resource is assigned as a handler");
		return;
	}
	if (o->children.alive && c->sim->settings.on_delete == SETTINGS_REFUSE) {
		reply_problem(c->reply, &c->sim->settings, false, "resource_not_deletable", NULL,
			      "The subscriber still has SIP endpoints");
		return;
	}
	ops_remove(c, o);
	reply_start(c->reply, 204);
}

void ops_addresses_list(struct call *c)
{
	struct object *o = ops_find(c, KIND_SUBSCRIBER, c->id[0]);
	struct series_slot slot = { 0 };
	struct series one = { .slot = &slot, .used = 1, .size = 1, .alive = 1 };
	struct listing list = { .series = &one,
				.show = show_address,
				.page_size_max = c->sim->settings.page_size_max };

	if (!o)
		return;
	slot.number = o->number;
	slot.object = o;
	listing_reply(c, &list);
}
