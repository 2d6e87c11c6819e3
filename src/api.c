/* api - SignalWire's operations, typed. */
#include "api.h"

#include "api_operation.h"
#include "mem.h"

#include <assert.h>
#include <string.h>
#include <sys/random.h>

#define SIP_PROFILE "/api/relay/rest/sip_profile"

struct api *api_new(struct loop *loop, struct http *http)
{
	struct api *api = mem_alloc(sizeof *api);

	api->loop = loop;
	api->http = http;
	api->budget = API_BUDGET_START;
	LIST_INIT(&api->operations);
	if (getrandom(&api->random, sizeof api->random, 0) != (ssize_t)sizeof api->random)
		api->random = (uint64_t)loop_now_ms();
	return api;
}

void api_free(struct api *api)
{
	if (!api)
		return;
	while (!LIST_EMPTY(&api->operations))
		api_operation_free(LIST_FIRST(&api->operations));
	mem_free(api);
}

/* Ids become parts of paths. */
static int check_id(const char *id, struct error *err)
{
	if (id && json_is_uuid(id))
		return 0;
	return error_set(err, ERROR_NEVER, "\"%s\" is no id of SignalWire, which are UUIDs; nothing was sent", id ? id : "");
}

/* The path subscribers/{subscriber_id}`behind`{id}, where `id` may be NULL. */
static int aim(struct api_operation *op, const char *subscriber_id, const char *behind, const char *id,
	       struct error *err)
{
	if (check_id(subscriber_id, err) || (id && check_id(id, err)))
		return -1;
	op->path = mem_printf(API_SUBSCRIBERS "/%s%s%s", subscriber_id, behind, id ? id : "");
	if (id || !*behind)
		memcpy(op->id, id ? id : subscriber_id, API_UUID_LENGTH);
	return 0;
}

void api_get_sip_profile(struct api *api, api_done *done, void *arg)
{
	struct api_operation *op = api_operation_new(api, "GET", API_READS_PROFILE, done, arg);

	op->path = mem_strdup(SIP_PROFILE);
	api_operation_start(op, false, NULL);
}

void api_create_subscriber(struct api *api, const char *email, const char *const profile[JSON_PROFILE_COUNT],
			   api_done *done, void *arg)
{
	struct api_operation *op = api_operation_new(api, "POST", API_READS_SUBSCRIBER, done, arg);
	struct error err = ERROR_INIT;

	op->path = mem_strdup(API_SUBSCRIBERS);
	api_operation_start(op, json_write_subscriber(&op->body, email, profile, 0, &err), &err);
}

void api_get_subscriber(struct api *api, const char *id, api_done *done, void *arg)
{
	struct api_operation *op = api_operation_new(api, "GET", API_READS_SUBSCRIBER, done, arg);
	struct error err = ERROR_INIT;

	api_operation_start(op, aim(op, id, "", NULL, &err), &err);
}

void api_put_subscriber(struct api *api, const char *id, const char *email,
			const char *const profile[JSON_PROFILE_COUNT], unsigned clear, api_done *done, void *arg)
{
	struct api_operation *op = api_operation_new(api, "PUT", API_READS_SUBSCRIBER, done, arg);
	struct error err = ERROR_INIT;

	api_operation_start(op, aim(op, id, "", NULL, &err) || json_write_subscriber(&op->body, email, profile, clear, &err), &err);
}

void api_delete_subscriber(struct api *api, const char *id, api_done *done, void *arg)
{
	struct api_operation *op = api_operation_new(api, "DELETE", API_READS_NOTHING, done, arg);
	struct error err = ERROR_INIT;

	api_operation_start(op, aim(op, id, "", NULL, &err), &err);
}

static int write_credential(struct api_operation *op, const struct json_credential_request *request, struct error *err)
{
	if (request->fields & JSON_PASSWORD)
		op->secret = mem_strdup(request->password);
	return json_write_credential(&op->body, request, err);
}

void api_create_credential(struct api *api, const char *subscriber_id, const struct json_credential_request *request,
			   api_done *done, void *arg)
{
	struct api_operation *op = api_operation_new(api, "POST", API_READS_CREDENTIAL, done, arg);
	struct error err = ERROR_INIT;

	api_operation_start(op, aim(op, subscriber_id, "/sip_endpoints", NULL, &err) || write_credential(op, request, &err), &err);
}

void api_get_credential(struct api *api, const char *subscriber_id, const char *id, api_done *done, void *arg)
{
	struct api_operation *op = api_operation_new(api, "GET", API_READS_CREDENTIAL, done, arg);
	struct error err = ERROR_INIT;

	api_operation_start(op, aim(op, subscriber_id, "/sip_endpoints/", id ? id : "", &err), &err);
}

void api_patch_credential(struct api *api, const char *subscriber_id, const char *id,
			  const struct json_credential_request *request, api_done *done, void *arg)
{
	struct api_operation *op = api_operation_new(api, "PATCH", API_READS_CREDENTIAL, done, arg);
	struct error err = ERROR_INIT;

	api_operation_start(op, aim(op, subscriber_id, "/sip_endpoints/", id ? id : "", &err) ||
	      write_credential(op, request, &err), &err);
}

void api_delete_credential(struct api *api, const char *subscriber_id, const char *id, api_done *done, void *arg)
{
	struct api_operation *op = api_operation_new(api, "DELETE", API_READS_NOTHING, done, arg);
	struct error err = ERROR_INIT;

	api_operation_start(op, aim(op, subscriber_id, "/sip_endpoints/", id ? id : "", &err), &err);
}

static int aim_at_endpoint(struct api_operation *op, const char *id, struct error *err)
{
	if (check_id(id, err))
		return -1;
	assert(id);
	op->path = mem_printf(API_ENDPOINTS "/%s", id);
	memcpy(op->id, id, API_UUID_LENGTH);
	return 0;
}

void api_create_endpoint(struct api *api, const struct json_credential_request *request, api_done *done, void *arg)
{
	struct api_operation *op = api_operation_new(api, "POST", API_READS_ENDPOINT, done, arg);
	struct error err = ERROR_INIT;

	op->path = mem_strdup(API_ENDPOINTS);
	api_operation_start(op, write_credential(op, request, &err), &err);
}

void api_get_endpoint(struct api *api, const char *id, api_done *done, void *arg)
{
	struct api_operation *op = api_operation_new(api, "GET", API_READS_ENDPOINT, done, arg);
	struct error err = ERROR_INIT;

	api_operation_start(op, aim_at_endpoint(op, id, &err), &err);
}

void api_put_endpoint(struct api *api, const char *id, const struct json_credential_request *request, api_done *done,
		      void *arg)
{
	struct api_operation *op = api_operation_new(api, "PUT", API_READS_ENDPOINT, done, arg);
	struct error err = ERROR_INIT;

	api_operation_start(op, aim_at_endpoint(op, id, &err) || write_credential(op, request, &err), &err);
}

void api_delete_endpoint(struct api *api, const char *id, api_done *done, void *arg)
{
	struct api_operation *op = api_operation_new(api, "DELETE", API_READS_NOTHING, done, arg);
	struct error err = ERROR_INIT;

	api_operation_start(op, aim_at_endpoint(op, id, &err), &err);
}

/* `path` is borrowed for good. */
static void list(struct api_operation *op, const char *path)
{
	struct error err = ERROR_INIT;

	op->small_path = op->api->small_pages ? NULL : path;
	op->path = mem_printf("%s%s", path, op->small_path ? API_LARGE_PAGES : "");
	api_operation_start(op, false, &err);
}

void api_list_subscribers(struct api *api, void (*row)(const struct json_subscriber *subscriber, void *arg),
			  api_done *done, void *arg)
{
	struct api_operation *op = api_operation_new(api, "GET", API_READS_SUBSCRIBERS, done, arg);

	op->subscriber_row = row;
	list(op, API_SUBSCRIBERS);
}

void api_list_endpoints(struct api *api, void (*row)(const struct json_credential *endpoint, void *arg),
			api_done *done, void *arg)
{
	struct api_operation *op = api_operation_new(api, "GET", API_READS_ENDPOINTS, done, arg);

	op->credential_row = row;
	list(op, API_ENDPOINTS);
}

void api_list_legacy(struct api *api, void (*row)(const struct json_credential *endpoint, void *arg),
		     api_done *done, void *arg)
{
	struct api_operation *op = api_operation_new(api, "GET", API_READS_LEGACY, done, arg);

	op->credential_row = row;
	list(op, API_LEGACY);
}

void api_list_credentials(struct api *api, const char *subscriber_id,
			  void (*row)(const struct json_credential *credential, void *arg),
			  api_done *done, void *arg)
{
	struct api_operation *op = api_operation_new(api, "GET", API_READS_CREDENTIALS, done, arg);
	struct error err = ERROR_INIT;

	op->credential_row = row;
	api_operation_start(op, aim(op, subscriber_id, "/sip_endpoints", NULL, &err), &err);
}

void api_hold_pages(struct api *api, bool held)
{
	bool before = api->held;

	api->held = held;
	if (before && !held)
		api_operation_go_on(api);
}

void api_stop_retrying(struct api *api)
{
	if (!api->stopping)
		api_operation_stop(api);
}

void api_set_observer(struct api *api, void (*retrying)(void *arg), void *arg)
{
	api->retrying = retrying;
	api->retrying_arg = arg;
}

int64_t api_requests(const struct api *api)
{
	return http_sent_total(api->http);
}

const char *api_outcome_name(enum api_outcome outcome)
{
	static const char *const names[] = {
		[API_DONE] = "done",           [API_REJECTED] = "rejected", [API_NOT_FOUND] = "not found",
		[API_NOT_SENT] = "not sent",   [API_THROTTLED] = "throttled", [API_DENIED] = "denied",
		[API_FENCED] = "fenced",       [API_FAILED] = "failed",     [API_UNKNOWN] = "unknown",
	};

	return names[outcome];
}
