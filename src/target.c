/* target - which implementation a configuration means, and the way to it. */
#include "target_internal.h"

#include "mem.h"

static const struct target_driver *driver_of(const struct config *config)
{
	return config->target == CONFIG_SIP_ENDPOINT ? &target_endpoint : &target_subscriber;
}

const struct target_traits *target_traits(const struct config *config)
{
	return &driver_of(config)->traits;
}

bool target_one_place(const struct config *config)
{
	return config->subscriber_id || target_traits(config)->place;
}

struct target *target_new(const struct config *config, struct api *api)
{
	struct target *target = mem_alloc(sizeof *target);

	target->driver = driver_of(config);
	target->api = api;
	target->endpoints = roster_new(api, ROSTER_ENDPOINTS);
	LIST_INIT(&target->puttings);
	return target;
}

void target_free(struct target *target)
{
	if (!target)
		return;
	target_forget_puttings(target);
	roster_free(target->endpoints);
	mem_free(target);
}

void target_create(struct target *target, const char *place, const struct json_credential_request *request,
		   api_done *done, void *arg)
{
	target->driver->create(target, place, request, done, arg);
}

void target_get(struct target *target, const char *place, const char *id, api_done *done, void *arg)
{
	target->driver->get(target, place, id, done, arg);
}

void target_change(struct target *target, const char *place, const char *id,
		   const struct json_credential_request *request, api_done *done, void *arg)
{
	target->driver->change(target, place, id, request, done, arg);
}

void target_delete(struct target *target, const char *place, const char *id, api_done *done, void *arg)
{
	target->driver->delete(target, place, id, done, arg);
}

void target_list(struct target *target, const char *place,
		 void (*row)(const struct json_credential *credential, void *arg), api_done *done, void *arg)
{
	target->driver->list(target, place, row, done, arg);
}

void target_probe(struct target *target, api_done *done, void *arg)
{
	target->driver->probe(target, done, arg);
}
