/* fuzz_json - whatever bytes the API answers with, every reader of json ends well. */
#include "json.h"

#include "fuzz.h"
#include "mem.h"
#include "utf8.h"

#include <stdlib.h>
#include <string.h>

/* What was read holds what the header says; abort(3) where it does not. */
static void must(bool what)
{
	if (!what)
		abort();
}

static void must_be_text(const char *text)
{
	must(!text || utf8_valid(text));
}

static void check_list(const char *const *list)
{
	for (; list && *list; list++)
		must_be_text(*list);
}

/* A credential that could be read can be sent back, and comes back the same. */
static void check_credential(const struct json_credential *credential, void *arg)
{
	struct json_credential_request request = {
		.fields = JSON_USERNAME | JSON_CALLER_ID | JSON_CODECS,
		.username = credential->username, .caller_id = credential->caller_id,
		.codecs = (const char *const *)credential->codecs,
	};
	struct json_credential again;
	struct strbuf body = STRBUF_INIT;
	struct error err = ERROR_INIT;

	(void)arg;
	must(json_is_uuid(credential->id));
	must(credential->username && *credential->username);
	must_be_text(credential->caller_id);
	must_be_text(credential->inner_id);
	check_list(credential->ciphers);
	check_list(credential->codecs);
	strbuf_printf(&body, "{\"id\":\"%s\",\"sip_endpoint\":", credential->id);
	must(json_write_credential(&body, &request, &err) == 0);
	strbuf_putc(&body, '}');
	must(json_read_credential(body.data, body.len, &again, &err) == 0);
	must(strcmp(again.username, credential->username) == 0);
	must(!again.caller_id == !credential->caller_id);
	must(!again.caller_id || strcmp(again.caller_id, credential->caller_id) == 0);
	json_credential_release(&again);
	strbuf_release(&body);
}

static void check_legacy(const struct json_credential *endpoint, void *arg)
{
	(void)arg;
	must(json_is_uuid(endpoint->id));
	must(endpoint->username && *endpoint->username && utf8_valid(endpoint->username));
	must(!endpoint->codecs && !endpoint->inner_id);
}

static void check_subscriber(const struct json_subscriber *subscriber, void *arg)
{
	(void)arg;
	must(json_is_uuid(subscriber->id));
	must(subscriber->project_id && *subscriber->project_id);
	must_be_text(subscriber->email);
	for (int i = 0; i < JSON_PROFILE_COUNT; i++)
		must_be_text(subscriber->profile[i]);
}

static void read_objects(const char *body, size_t len)
{
	struct json_credential credential;
	struct json_subscriber subscriber;
	char *domain = NULL;
	struct error err = ERROR_INIT;

	if (json_read_credential(body, len, &credential, &err) == 0)
		check_credential(&credential, NULL);
	json_credential_release(&credential);
	if (json_read_subscriber(body, len, &subscriber, &err) == 0)
		check_subscriber(&subscriber, NULL);
	json_subscriber_release(&subscriber);
	if (json_read_sip_profile(body, len, &domain, &err) == 0)
		must(domain && *domain && utf8_valid(domain));
	mem_free(domain);
	error_clear(&err);
}

static void read_pages(const char *body, size_t len)
{
	struct json_page_links links;
	struct error err = ERROR_INIT;

	if (json_read_credential_page(body, len, check_credential, NULL, &links, &err) == 0)
		must_be_text(links.next);
	json_page_links_release(&links);
	if (json_read_endpoint_page(body, len, check_credential, NULL, &links, &err) == 0)
		must_be_text(links.next);
	json_page_links_release(&links);
	if (json_read_legacy_page(body, len, check_legacy, NULL, &links, &err) == 0)
		must_be_text(links.next);
	json_page_links_release(&links);
	if (json_read_subscriber_page(body, len, check_subscriber, NULL, &links, &err) == 0)
		must_be_text(links.next);
	json_page_links_release(&links);
	error_clear(&err);
}

static void read_errors(const char *body, size_t len)
{
	struct json_errors errors;

	json_read_errors(body, len, 422, "application/json", &errors);
	must(errors.text && *errors.text && utf8_valid(errors.text));
	must_be_text(errors.attribute);
	json_errors_release(&errors);
}

/* As http hands it out: terminated, and not a byte behind that. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *body = mem_alloc(size + 1);

	if (size)
		memcpy(body, data, size);
	read_objects(body, size);
	read_pages(body, size);
	read_errors(body, size);
	mem_free(body);
	return 0;
}
