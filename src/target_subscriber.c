/* target_subscriber - credentials that belong to a subscriber each. */
#include "target_internal.h"

static void create(struct target *target, const char *place, const struct json_credential_request *request,
		   api_done *done, void *arg)
{
	api_create_credential(target->api, place, request, done, arg);
}

static void get(struct target *target, const char *place, const char *id, api_done *done, void *arg)
{
	api_get_credential(target->api, place, id, done, arg);
}

static void change(struct target *target, const char *place, const char *id,
		   const struct json_credential_request *request, api_done *done, void *arg)
{
	api_patch_credential(target->api, place, id, request, done, arg);
}

static void delete(struct target *target, const char *place, const char *id, api_done *done, void *arg)
{
	api_delete_credential(target->api, place, id, done, arg);
}

static void list(struct target *target, const char *place,
		 void (*row)(const struct json_credential *credential, void *arg), api_done *done, void *arg)
{
	api_list_credentials(target->api, place, row, done, arg);
}

static void probe(struct target *target, api_done *done, void *arg)
{
	api_get_subscriber(target->api, TARGET_NO_ID, done, arg);
}

const struct target_driver target_subscriber = {
	.traits = { .name = "subscriber", .objects = "subscribers", .where = "under this subscriber" },
	.create = create,
	.get = get,
	.change = change,
	.delete = delete,
	.list = list,
	.probe = probe,
};
