/* ops_credential - the operations on the SIP endpoints of a subscriber. */
#include "check.h"
#include "listing.h"
#include "ops.h"
#include "show.h"

/* The credential of the path under the subscriber of the path, or NULL after a 404. */
static struct object *find(struct call *c)
{
	const struct object *subscriber = ops_find(c, KIND_SUBSCRIBER, c->id[0]);
	struct object *o = subscriber ? ops_find(c, KIND_CREDENTIAL, c->id[1]) : NULL;

	if (o && o->parent != subscriber) {
		reply_error(c->reply, 404);
		return NULL;
	}
	return o;
}

void ops_credentials_list(struct call *c)
{
	const struct object *subscriber = ops_find(c, KIND_SUBSCRIBER, c->id[0]);
	struct listing list = { .show = show_credential, .page_size_max = c->sim->settings.page_size_max };

	if (!subscriber)
		return;
	list.series = &subscriber->children;
	listing_reply(c, &list);
}

void ops_credential_create(struct call *c)
{
	struct draft draft;
	struct object *subscriber = NULL;
	struct object *o = NULL;

	if (check_body(c, CHECK_CREDENTIAL_NEW, &draft) != 0)
		goto out;
	subscriber = ops_find(c, KIND_SUBSCRIBER, c->id[0]);
	if (!subscriber)
		goto out;
	ops_check_username(c, &draft, NULL);
	if (ops_refused(c, &draft) || ops_account_refused(c))
		goto out;
	o = store_add(&c->sim->store, &c->sim->ids, KIND_CREDENTIAL, c->project, subscriber, NULL);
	draft_apply(&draft, &c->sim->store, o, false);
	o->created_ms = o->updated_ms = sim_now(c->sim);
	api_log(c, "create", o);
	reply_start(c->reply, (int)c->sim->settings.create_status);
	show_credential(c, o, &c->reply->body);
out:
	draft_release(&draft);
}

void ops_credential_get(struct call *c)
{
	const struct object *o = find(c);

	if (!o)
		return;
	reply_start(c->reply, 200);
	show_credential(c, o, &c->reply->body);
}

void ops_credential_patch(struct call *c)
{
	struct draft draft;
	struct object *o = NULL;

	if (check_body(c, CHECK_CREDENTIAL_CHANGE, &draft) != 0)
		goto out;
	o = find(c);
	if (!o)
		goto out;
	ops_check_username(c, &draft, o);
	if (ops_refused(c, &draft))
		goto out;
	draft_apply(&draft, &c->sim->store, o, false);
	o->updated_ms = sim_now(c->sim);
	api_log(c, "update", o);
	reply_start(c->reply, 200);
	show_credential(c, o, &c->reply->body);
out:
	draft_release(&draft);
}

void ops_credential_delete(struct call *c)
{
	struct object *o = find(c);

	if (!o)
		return;
	ops_remove(c, o);
	reply_start(c->reply, 204);
}
