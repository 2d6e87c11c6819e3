/* test_target - what a PUT of a standalone credential must say, and in which order its change asks. */
#include "target_internal.h"

#include "check.h"

#include "fake_http.h"
#include "mem.h"

#include <string.h>

#define C "c9bf9e57-1685-4c89-bafb-ff5af830be8a"
#define INNER "3f2504e0-4f89-41d3-9a0c-0305e82c3301"
#define ENDPOINTS "/api/fabric/resources/sip_endpoints"
#define R "11111111-2222-4333-8444-555555555555"

/* ---- Merging. ---- */

#define PASSWORD .fields = JSON_PASSWORD, .password = "new"
#define HANDLER(handler) .fields = JSON_CALL_HANDLER, .call_handler = (handler)

static const struct {
	const char *is; /* members of the inner object, behind the username */
	struct json_credential_request request;
	const char *put;
} merges[] = {
	/* What the request does not say goes back as it is; what is null is left out. */
	{ "", { PASSWORD }, "{\"username\":\"101\",\"password\":\"new\"}" },
	{ "\"caller_id\":null,\"send_as\":null,\"call_handler\":null", { PASSWORD },
	  "{\"username\":\"101\",\"password\":\"new\"}" },
	{ "\"caller_id\":\"Ann\",\"ciphers\":[],\"codecs\":[\"PCMU\",\"G722\"],\"encryption\":\"required\"", { PASSWORD },
	  "{\"username\":\"101\",\"password\":\"new\",\"caller_id\":\"Ann\",\"ciphers\":[],\"codecs\":[\"PCMU\",\"G722\"],"
	  "\"encryption\":\"required\"}" },
	/* What it says counts, null too. */
	{ "\"caller_id\":\"Ann\"", { .fields = JSON_CALLER_ID | JSON_USERNAME, .username = "102" },
	  "{\"username\":\"102\",\"caller_id\":null}" },
	{ "\"codecs\":[\"VP8\"]", { .fields = JSON_CODECS }, "{\"username\":\"101\",\"codecs\":[]}" },
	/* A resource goes with its handler and with no other. */
	{ "\"call_handler\":\"resource\",\"calling_handler_resource_id\":\"" R "\"", { PASSWORD },
	  "{\"username\":\"101\",\"password\":\"new\",\"call_handler\":\"resource\",\"calling_handler_resource_id\":\"" R "\"}" },
	{ "\"call_handler\":\"resource\",\"calling_handler_resource_id\":\"" R "\"", { HANDLER("passthrough") },
	  "{\"username\":\"101\",\"call_handler\":\"passthrough\",\"calling_handler_resource_id\":null}" },
	{ "\"call_handler\":\"default\"",
	  { .fields = JSON_CALL_HANDLER | JSON_CALLING_HANDLER, .call_handler = "resource", .calling_handler_resource_id = R },
	  "{\"username\":\"101\",\"call_handler\":\"resource\",\"calling_handler_resource_id\":\"" R "\"}" },
	/* One that was set elsewhere and that the API does not take is not sent. */
	{ "\"call_handler\":\"ai_agent\",\"calling_handler_resource_id\":\"" R "\"", { PASSWORD },
	  "{\"username\":\"101\",\"password\":\"new\"}" },
};

static void merges_the_whole(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(merges); i++) {
		char *body = mem_printf("{\"id\":\"" C "\",\"sip_endpoint\":{\"id\":\"" INNER "\",\"username\":\"101\"%s%s}}",
					*merges[i].is ? "," : "", merges[i].is);
		struct json_credential_request request = merges[i].request;
		struct json_credential is;
		struct strbuf out = STRBUF_INIT;
		struct error err = ERROR_INIT;

		assert_int_equal(json_read_endpoint(body, strlen(body), &is, &err), 0);
		target_merge(&request, &is);
		assert_int_equal(json_write_credential(&out, &request, &err), 0);
		if (strcmp(out.data, merges[i].put) != 0)
			fail_msg("row %zu: %s", i, out.data);
		strbuf_release(&out);
		json_credential_release(&is);
		mem_free(body);
	}
}

/* ---- The requests of an operation. ---- */

struct scene {
	struct loop *loop;
	struct http *http;
	struct api *api;
	struct target *target;
	int done, wanted, rows;
	enum api_outcome outcome;
};

static int set_up(void **state)
{
	static const struct config config = { .target = CONFIG_SIP_ENDPOINT };
	static struct scene scene;
	struct error err = ERROR_INIT;

	scene = (struct scene){ .wanted = 1 };
	if (loop_new(&scene.loop, &err) < 0)
		return -1;
	scene.http = fake_http_new(scene.loop);
	scene.api = api_new(scene.loop, scene.http);
	scene.target = target_new(&config, scene.api);
	*state = &scene;
	return 0;
}

static int tear_down(void **state)
{
	struct scene *scene = *state;

	target_free(scene->target);
	api_free(scene->api);
	http_free(scene->http);
	loop_free(scene->loop);
	return 0;
}

static void done(const struct api_result *result, void *arg)
{
	struct scene *scene = arg;

	scene->done++;
	scene->outcome = result->outcome;
}

static void row(const struct json_credential *credential, void *arg)
{
	assert_string_equal(credential->id, C);
	((struct scene *)arg)->rows++;
}

static bool is_done(void *arg)
{
	const struct scene *scene = arg;

	return scene->done >= scene->wanted;
}

#define IS "{\"id\":\"" C "\",\"sip_endpoint\":{\"id\":\"" INNER "\",\"username\":\"101\",\"caller_id\":\"Ann\"}}"

/* The request is copied: who asked may wipe what it lent. */
static void change(struct scene *scene)
{
	char password[] = "s3cret", codec[] = "PCMU";
	const char *codecs[] = { codec, NULL };
	const struct json_credential_request request = {
		.fields = JSON_PASSWORD | JSON_CODECS, .password = password, .codecs = codecs,
	};

	scene->done = 0;
	target_change(scene->target, "the project", C, &request, done, scene);
	memset(password, 'x', strlen(password));
	memset(codec, 'x', strlen(codec));
	codecs[0] = NULL;
	assert_true(loop_until(scene->loop, is_done, scene));
}

static void a_change_reads_and_puts(void **state)
{
	static const struct fake_answer answers[] = {
		{ HTTP_ANSWERED, 200, NULL, IS, 0 }, { HTTP_ANSWERED, 200, NULL, IS, 0 },
	};
	struct scene *scene = *state;

	fake_http_script(scene->http, answers, COUNT(answers));
	change(scene);
	assert_int_equal(scene->outcome, API_DONE);
	assert_int_equal(fake_http_count(scene->http), 2);
	assert_string_equal(fake_http_request(scene->http, 0)->method, "GET");
	assert_string_equal(fake_http_request(scene->http, 0)->path, ENDPOINTS "/" C);
	assert_string_equal(fake_http_request(scene->http, 1)->method, "PUT");
	assert_string_equal(fake_http_request(scene->http, 1)->path, ENDPOINTS "/" C);
	assert_string_equal(fake_http_request(scene->http, 1)->body,
			    "{\"username\":\"101\",\"password\":\"s3cret\",\"caller_id\":\"Ann\",\"codecs\":[\"PCMU\"]}");
}

static void what_cannot_be_read_is_not_put(void **state)
{
	static const struct { struct fake_answer answer; enum api_outcome outcome; } rows[] = {
		{ { HTTP_ANSWERED, 404, NULL, NULL, 0 }, API_NOT_FOUND },
		{ { HTTP_ANSWERED, 401, NULL, NULL, 0 }, API_DENIED },
		{ { HTTP_FENCED, 0, NULL, NULL, 0 }, API_FENCED },
		{ { HTTP_ANSWERED, 451, NULL, NULL, 0 }, API_FAILED },
		{ { HTTP_ANSWERED, 405, NULL, IS, 0 }, API_FAILED },
	};
	struct scene *scene = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		fake_http_script(scene->http, &rows[i].answer, 1);
		change(scene);
		if (scene->outcome != rows[i].outcome)
			fail_msg("row %zu: %s", i, api_outcome_name(scene->outcome));
		assert_int_equal(fake_http_count(scene->http), 1);
	}
}

static void a_put_says_what_became_of_it(void **state)
{
	static const struct { struct fake_answer answer; enum api_outcome outcome; } rows[] = {
		{ { HTTP_ANSWERED, 500, NULL, NULL, 0 }, API_UNKNOWN },
		{ { HTTP_NO_ANSWER, 0, NULL, NULL, 0 }, API_UNKNOWN },
		{ { HTTP_ANSWERED, 200, NULL, "{\"id\":\"" INNER "\",\"username\":\"101\"}", 0 }, API_UNKNOWN },
		{ { HTTP_ANSWERED, 422, NULL, "{\"errors\":[{\"code\":\"not_unique\"}]}", 0 }, API_REJECTED },
		{ { HTTP_ANSWERED, 404, NULL, NULL, 0 }, API_NOT_FOUND },
	};
	struct scene *scene = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct fake_answer answers[] = { { HTTP_ANSWERED, 200, NULL, IS, 0 }, rows[i].answer };

		fake_http_script(scene->http, answers, COUNT(answers));
		change(scene);
		if (scene->outcome != rows[i].outcome)
			fail_msg("row %zu: %s", i, api_outcome_name(scene->outcome));
	}
}

/* Freed in the middle: nobody is called, nothing is kept. */
static void a_change_is_forgotten(void **state)
{
	static const struct json_credential_request request = { .fields = JSON_PASSWORD, .password = "s3cret" };
	struct scene *scene = *state;

	target_change(scene->target, "the project", C, &request, done, scene);
	target_free(scene->target);
	scene->target = NULL;
	api_free(scene->api);
	scene->api = NULL;
	assert_int_equal(scene->done, 0);
}

/* Two ask in one breath: the first listing may be older than the second question, a third is not needed. */
static void a_listing_serves_all(void **state)
{
	static const struct fake_answer answers[] = {
		{ HTTP_ANSWERED, 200, NULL, "{\"data\":[" IS "],\"links\":{}}", 0 },
		{ HTTP_ANSWERED, 200, NULL, "{\"data\":[" IS "],\"links\":{}}", 0 },
	};
	struct scene *scene = *state;

	fake_http_script(scene->http, answers, COUNT(answers));
	scene->wanted = 5;
	for (int i = 0; i < scene->wanted; i++)
		target_list(scene->target, "the project", row, done, scene);
	assert_true(loop_until(scene->loop, is_done, scene));
	assert_int_equal(scene->outcome, API_DONE);
	assert_int_equal(scene->rows, 5);
	assert_int_equal(fake_http_count(scene->http), 2);
}

static void no_list_is_no_empty_list(void **state)
{
	static const struct fake_answer answer = { HTTP_ANSWERED, 404, NULL, NULL, 0 };
	struct scene *scene = *state;

	fake_http_script(scene->http, &answer, 1);
	target_list(scene->target, "the project", row, done, scene);
	assert_true(loop_until(scene->loop, is_done, scene));
	assert_int_equal(scene->outcome, API_FAILED);
	assert_int_equal(scene->rows, 0);
}

/* ---- What is known without asking. ---- */

static void traits(void **state)
{
	static char one[] = C;
	static const struct { struct config config; const char *name; bool one_place, place, dated, handlers; } rows[] = {
		{ { .target = CONFIG_SUBSCRIBER }, "subscriber", false, false, false, false },
		{ { .target = CONFIG_SUBSCRIBER, .subscriber_id = one }, "subscriber", true, false, false, false },
		{ { .target = CONFIG_SIP_ENDPOINT }, "sip-endpoint", true, true, true, true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct target_traits *t = target_traits(&rows[i].config);

		assert_string_equal(t->name, rows[i].name);
		assert_string_equal(t->name, config_target_name(rows[i].config.target));
		assert_int_equal(target_one_place(&rows[i].config), rows[i].one_place);
		assert_int_equal(t->place != NULL, rows[i].place);
		assert_int_equal(t->dated, rows[i].dated);
		assert_int_equal(t->handlers, rows[i].handlers);
	}
}

#define SCENE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(traits),
		cmocka_unit_test(merges_the_whole),
		SCENE(a_change_reads_and_puts),
		SCENE(what_cannot_be_read_is_not_put),
		SCENE(a_put_says_what_became_of_it),
		SCENE(a_change_is_forgotten),
		SCENE(a_listing_serves_all),
		SCENE(no_list_is_no_empty_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
