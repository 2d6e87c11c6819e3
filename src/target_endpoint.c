/*
 * target_endpoint - standalone credentials, which belong to the project alone.
 *
 * There is no PATCH for them: a change reads the object, puts into it what is
 * to change, and PUTs the whole, because a PUT may clear what it leaves out.
 */
#include "target_internal.h"

#include "mem.h"

#include <string.h>

/* One change between its GET and its PUT; owns a copy of what is to change. */
struct target_putting {
	struct target *target;
	LIST_ENTRY(target_putting) entry;
	char *id;
	struct json_credential_request request; /* of what lies below, and "texts" of it */
	char *texts[6];
	char *password;
	char **ciphers, **codecs;
	api_done *done;
	void *arg;
};

static void create(struct target *target, const char *place, const struct json_credential_request *request,
		   api_done *done, void *arg)
{
	(void)place;
	api_create_endpoint(target->api, request, done, arg);
}

static void get(struct target *target, const char *place, const char *id, api_done *done, void *arg)
{
	(void)place;
	api_get_endpoint(target->api, id, done, arg);
}

static void delete(struct target *target, const char *place, const char *id, api_done *done, void *arg)
{
	(void)place;
	api_delete_endpoint(target->api, id, done, arg);
}

static void list(struct target *target, const char *place,
		 void (*row)(const struct json_credential *credential, void *arg), api_done *done, void *arg)
{
	(void)place;
	roster_read(target->endpoints, row, done, arg);
}

static void probe(struct target *target, api_done *done, void *arg)
{
	api_get_endpoint(target->api, TARGET_NO_ID, done, arg);
}

/* ---- changing --------------------------------------------------------------- */

/* What a request may say of a handler; the API shows others that were set elsewhere and takes none of them. */
static bool known_handler(const char *handler)
{
	return strcmp(handler, "default") == 0 || strcmp(handler, "passthrough") == 0 || strcmp(handler, "block-pstn") == 0 ||
	       strcmp(handler, "resource") == 0;
}

static void keep_text(struct json_credential_request *request, enum json_setting field, const char **text, const char *is)
{
	if (request->fields & field || !is)
		return;
	request->fields |= field;
	*text = is;
}

static void keep_list(struct json_credential_request *request, enum json_setting field, const char *const **list,
		      const char *const *is)
{
	if (request->fields & field || !is)
		return;
	request->fields |= field;
	*list = is;
}

void target_merge(struct json_credential_request *request, const struct json_credential *is)
{
	bool handled = is->call_handler && known_handler(is->call_handler);

	keep_text(request, JSON_USERNAME, &request->username, is->username);
	keep_text(request, JSON_CALLER_ID, &request->caller_id, is->caller_id);
	keep_text(request, JSON_SEND_AS, &request->send_as, is->send_as);
	keep_list(request, JSON_CIPHERS, &request->ciphers, is->ciphers);
	keep_list(request, JSON_CODECS, &request->codecs, is->codecs);
	keep_text(request, JSON_ENCRYPTION, &request->encryption, is->encryption);
	keep_text(request, JSON_CALL_HANDLER, &request->call_handler, handled ? is->call_handler : NULL);
	if (!(request->fields & JSON_CALL_HANDLER))
		return;
	/* A resource's id goes with the handler `resource`, and with no other. */
	if (strcmp(request->call_handler, "resource") == 0) {
		keep_text(request, JSON_CALLING_HANDLER, &request->calling_handler_resource_id,
			  is->calling_handler_resource_id);
	} else {
		request->fields |= JSON_CALLING_HANDLER;
		request->calling_handler_resource_id = NULL;
	}
}

static char **copy_list(const char *const *list)
{
	size_t count = 0;
	char **copy = NULL;

	if (!list)
		return NULL;
	while (list[count])
		count++;
	copy = mem_array(count + 1, sizeof *copy);
	for (size_t i = 0; i < count; i++)
		copy[i] = mem_strdup(list[i]);
	return copy;
}

static void free_list(char **list)
{
	for (size_t i = 0; list && list[i]; i++)
		mem_free(list[i]);
	mem_free(list);
}

static struct target_putting *putting_new(struct target *target, const char *id,
					  const struct json_credential_request *request, api_done *done, void *arg)
{
	struct target_putting *p = mem_alloc(sizeof *p);
	struct json_credential_request *copy = &p->request;
	const char **const texts[] = { &copy->username, &copy->caller_id, &copy->send_as, &copy->encryption,
				       &copy->call_handler, &copy->calling_handler_resource_id };

	p->target = target;
	p->id = mem_strdup(id);
	p->done = done;
	p->arg = arg;
	*copy = *request;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		*texts[i] = p->texts[i] = mem_strdup(*texts[i]);
	copy->password = p->password = mem_strdup(request->password);
	copy->ciphers = (const char *const *)(p->ciphers = copy_list(request->ciphers));
	copy->codecs = (const char *const *)(p->codecs = copy_list(request->codecs));
	LIST_INSERT_HEAD(&target->puttings, p, entry);
	return p;
}

static void putting_free(struct target_putting *p)
{
	LIST_REMOVE(p, entry);
	mem_free(p->id);
	for (size_t i = 0; i < sizeof p->texts / sizeof *p->texts; i++)
		mem_free(p->texts[i]);
	mem_free_secret(p->password);
	free_list(p->ciphers);
	free_list(p->codecs);
	mem_free(p);
}

void target_forget_puttings(struct target *target)
{
	while (!LIST_EMPTY(&target->puttings))
		putting_free(LIST_FIRST(&target->puttings));
}

static void answered(const struct api_result *result, void *arg)
{
	struct target_putting *p = arg;

	p->done(result, p->arg);
	putting_free(p);
}

static void was_read(const struct api_result *result, void *arg)
{
	struct target_putting *p = arg;

	if (result->outcome != API_DONE) {
		answered(result, p);
		return;
	}
	target_merge(&p->request, result->credential);
	api_put_endpoint(p->target->api, p->id, &p->request, answered, p);
}

static void change(struct target *target, const char *place, const char *id,
		   const struct json_credential_request *request, api_done *done, void *arg)
{
	(void)place;
	api_get_endpoint(target->api, id, was_read, putting_new(target, id, request, done, arg));
}

const struct target_driver target_endpoint = {
	.traits = { .name = "sip-endpoint", .objects = "SIP endpoints", .place = "the project",
		    .where = "among the project's SIP endpoints", .dated = true, .handlers = true },
	.create = create,
	.get = get,
	.change = change,
	.delete = delete,
	.list = list,
	.probe = probe,
};
