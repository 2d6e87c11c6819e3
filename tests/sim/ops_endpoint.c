/* ops_endpoint - standalone credentials: the Fabric's view and the legacy one. */
#include <string.h>

#include "check.h"
#include "jsontext.h"
#include "listing.h"
#include "ops.h"
#include "show.h"

static bool is_standalone(const struct call *c, const struct object *o)
{
	return o->kind == KIND_STANDALONE && c->sim->settings.all_404 == SETTINGS_404_OFF;
}

static bool is_legacy(const struct call *c, const struct object *o)
{
	if (c->sim->settings.all_404 != SETTINGS_404_OFF)
		return false;
	return o->kind == KIND_STANDALONE || c->sim->settings.legacy_includes_credentials;
}

/* The legacy API knows a standalone credential by its inner id, a subscriber's by its only one. */
static struct object *find_legacy(const struct call *c)
{
	struct object *o = store_find_inner(&c->sim->store, c->id[0]);

	if (!o)
		o = store_find(&c->sim->store, c->id[0]);
	if (o && o->kind == KIND_STANDALONE && strcmp(o->inner_id, c->id[0]) != 0)
		return NULL;
	return o && o->kind != KIND_SUBSCRIBER && is_legacy(c, o) ? o : NULL;
}

static struct object *find_fabric(const struct call *c)
{
	struct object *o = store_find(&c->sim->store, c->id[0]);

	return o && is_standalone(c, o) ? o : NULL;
}

/* By the id of the path, or NULL after a 404. */
static struct object *find(struct call *c)
{
	struct object *o = c->legacy ? find_legacy(c) : find_fabric(c);

	if (o && o->project == c->project)
		return o;
	reply_error(c->reply, 404);
	return NULL;
}

static void show(struct call *c, const struct object *o, int status)
{
	reply_start(c->reply, status);
	if (c->legacy)
		show_legacy(c, o, &c->reply->body);
	else
		show_standalone(c, o, &c->reply->body);
}

void ops_endpoints_list(struct call *c)
{
	struct listing listing = {
		.series = &c->project->endpoints,
		.filter = c->legacy ? is_legacy : is_standalone,
		.show = c->legacy ? show_legacy : show_standalone,
		.page_size_max = c->legacy ? c->sim->settings.legacy_page_size_max : c->sim->settings.page_size_max,
		.username_filter = c->legacy,
	};

	listing_reply(c, &listing);
}

void ops_endpoint_create(struct call *c)
{
	struct draft draft;
	struct object *o = NULL;

	if (check_body(c, c->legacy ? CHECK_LEGACY_NEW : CHECK_STANDALONE_NEW, &draft) != 0)
		goto out;
	ops_check_username(c, &draft, NULL);
	if (ops_refused(c, &draft) || ops_account_refused(c))
		goto out;
	o = store_add(&c->sim->store, &c->sim->ids, KIND_STANDALONE, c->project, NULL, NULL);
	draft_apply(&draft, &c->sim->store, o, false);
	o->created_ms = o->updated_ms = sim_now(c->sim);
	api_log(c, "create", o);
	show(c, o, (int)c->sim->settings.endpoint_create_status);
out:
	draft_release(&draft);
}

void ops_endpoint_get(struct call *c)
{
	const struct object *o = find(c);

	if (o)
		show(c, o, 200);
}

void ops_endpoint_put(struct call *c)
{
	struct draft draft;
	struct object *o = NULL;

	if (check_body(c, c->legacy ? CHECK_LEGACY_CHANGE : CHECK_STANDALONE_CHANGE, &draft) != 0)
		goto out;
	o = find(c);
	if (!o)
		goto out;
	ops_check_username(c, &draft, o);
	if (ops_refused(c, &draft))
		goto out;
	draft_apply(&draft, &c->sim->store, o, c->sim->settings.endpoint_put_clears);
	o->updated_ms = sim_now(c->sim);
	api_log(c, "update", o);
	show(c, o, 200);
out:
	draft_release(&draft);
}

void ops_endpoint_delete(struct call *c)
{
	struct object *o = find(c);

	if (!o)
		return;
	ops_remove(c, o);
	reply_start(c->reply, 204);
}

/* Makes the resource of the path the handler of a standalone credential. */
void ops_attach(struct call *c)
{
	struct json_object *json = check_json(c);
	const char *id = jsontext_get(json, "sip_endpoint_id", NULL);
	struct object *o = NULL;

	if (!json)
		return;
	if (!id || json_object_object_length(json) != 1) {
		reply_problem(c->reply, &c->sim->settings, false, "invalid_parameter", "sip_endpoint_id",
			      "sip_endpoint_id is required, and nothing else");
		goto out;
	}
	if (!ops_find(c, KIND_SUBSCRIBER, c->id[0]))
		goto out;
	o = ops_find(c, KIND_STANDALONE, id);
	if (!o)
		goto out;
	store_set(o, FIELD_CALL_HANDLER, jsontext_quote("resource"));
	store_set(o, FIELD_HANDLER_ID, jsontext_quote(c->id[0]));
	o->updated_ms = sim_now(c->sim);
	api_log(c, "attach", o);
	reply_start(c->reply, 200);
	show_standalone(c, o, &c->reply->body);
out:
	json_object_put(json);
}

void ops_sip_profile(struct call *c)
{
	reply_start(c->reply, 200);
	show_sip_profile(c, &c->reply->body);
}
