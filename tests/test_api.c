/* test_api - what each answer proves, what is sent again, and what a listing must be to be complete. */
#include "api.h"

#include "backoff.h"
#include "check.h"
#include "fake_http.h"
#include "mem.h"
#include "utf8.h"

#include <stdio.h>
#include <string.h>

#define S "3f2504e0-4f89-41d3-9a0c-0305e82c3301"
#define C "c9bf9e57-1685-4c89-bafb-ff5af830be8a"
#define OTHER "c9bf9e57-1685-4c89-bafb-ff5af830be8b"
#define SUBSCRIBERS "/api/fabric/resources/subscribers"
#define SUBSCRIBER(id) "{\"id\":\"" id "\",\"project_id\":\"p\",\"subscriber\":{\"email\":\"a@b.c\"}}"
#define ENDPOINTS "/api/fabric/resources/sip_endpoints"
#define STANDALONE(id, inner) "{\"id\":\"" id "\",\"sip_endpoint\":{\"id\":\"" inner "\",\"username\":\"101\"}}"
#define CREDENTIAL(id) "{\"id\":\"" id "\",\"username\":\"101\"}"

/* ---- In place of backoff: no wait but where a test wants one, and as many of them as it wants. ---- */

const struct backoff BACKOFF_REQUEST = { .tries_left = 6 };
static int waits_allowed = 6; /* -1: for ever */
static int64_t last_retry_after = -1, wait_ms;

int64_t backoff_next(struct backoff *backoff, uint64_t random, int64_t retry_after_ms)
{
	(void)random;
	last_retry_after = retry_after_ms;
	if (waits_allowed >= 0 && backoff->failures >= waits_allowed)
		return -1;
	backoff->failures++;
	return wait_ms;
}

/* ---- A scene: an api on a scripted http, and what the last operation said. ---- */

struct scene {
	struct loop *loop;
	struct http *http;
	struct api *api;
	struct loop_timer *deadline;
	bool late;
	int calls;  /* of `done` */
	int wanted;
	bool inside; /* the call that starts an operation is running */
	enum api_outcome outcome;
	int status, rows;
	char *text, *attribute, *id;
	bool not_unique, account;
	int64_t first_byte_at;
};

static void too_late(void *arg)
{
	struct scene *scene = arg;

	scene->late = true;
	loop_break(scene->loop);
}

static int set_up(void **state)
{
	static struct scene scene;
	struct error err = ERROR_INIT;

	scene = (struct scene){ .rows = 0 };
	if (loop_new(&scene.loop, &err) < 0)
		return -1;
	scene.deadline = loop_timer_new(scene.loop, too_late, &scene);
	loop_timer_arm(scene.deadline, 60000);
	scene.http = fake_http_new(scene.loop);
	scene.api = api_new(scene.loop, scene.http);
	waits_allowed = 6;
	last_retry_after = -1;
	wait_ms = 0;
	*state = &scene;
	return 0;
}

static int tear_down(void **state)
{
	struct scene *scene = *state;

	api_free(scene->api);
	http_free(scene->http);
	loop_timer_free(scene->deadline);
	loop_free(scene->loop);
	mem_free(scene->text);
	mem_free(scene->attribute);
	mem_free(scene->id);
	return scene->late ? -1 : 0;
}

static void done(const struct api_result *result, void *arg)
{
	struct scene *scene = arg;

	assert_false(scene->inside);
	scene->calls++;
	scene->outcome = result->outcome;
	scene->status = result->status;
	scene->not_unique = result->not_unique;
	scene->account = result->account;
	scene->first_byte_at = result->first_byte_at;
	mem_free(scene->text);
	mem_free(scene->attribute);
	mem_free(scene->id);
	scene->text = mem_strdup(result->text);
	scene->attribute = mem_strdup(result->attribute);
	scene->id = mem_strdup(result->credential ? result->credential->id :
			       result->subscriber ? result->subscriber->id : result->domain);
	assert_non_null(result->request_id);
	assert_true(result->outcome == API_DONE || !scene->id);
	assert_int_equal(result->outcome == API_DONE, result->text[0] == '\0');
}

static void subscriber_row(const struct json_subscriber *subscriber, void *arg)
{
	assert_non_null(subscriber->id);
	((struct scene *)arg)->rows++;
}

static void credential_row(const struct json_credential *credential, void *arg)
{
	assert_non_null(credential->id);
	((struct scene *)arg)->rows++;
}

static bool finished(void *arg)
{
	struct scene *scene = arg;

	return scene->calls >= scene->wanted;
}

/* ---- Every operation by name. ---- */

enum operation {
	GET_PROFILE, CREATE_SUBSCRIBER, GET_SUBSCRIBER, PUT_SUBSCRIBER, DELETE_SUBSCRIBER, CREATE_CREDENTIAL,
	GET_CREDENTIAL, PATCH_CREDENTIAL, DELETE_CREDENTIAL, LIST_SUBSCRIBERS, LIST_CREDENTIALS,
	CREATE_ENDPOINT, GET_ENDPOINT, PUT_ENDPOINT, DELETE_ENDPOINT, LIST_ENDPOINTS, LIST_LEGACY, OPERATIONS
};

enum kind { GET, WRITE, DELETE };

static const struct {
	enum kind kind;
	const char *method, *path, *body, *answer, *id;
} operations[OPERATIONS] = {
	[GET_PROFILE] = { GET, "GET", "/api/relay/rest/sip_profile", "", "{\"domain\":\"d\"}", "d" },
	[CREATE_SUBSCRIBER] = { WRITE, "POST", SUBSCRIBERS, "{\"email\":\"a@b.c\",\"first_name\":\"Ann\"}",
				SUBSCRIBER(S), S },
	[GET_SUBSCRIBER] = { GET, "GET", SUBSCRIBERS "/" S, "", SUBSCRIBER(S), S },
	[PUT_SUBSCRIBER] = { WRITE, "PUT", SUBSCRIBERS "/" S,
			     "{\"email\":\"a@b.c\",\"first_name\":\"Ann\",\"country\":null}", SUBSCRIBER(S), S },
	[DELETE_SUBSCRIBER] = { DELETE, "DELETE", SUBSCRIBERS "/" S, "", "", NULL },
	[CREATE_CREDENTIAL] = { WRITE, "POST", SUBSCRIBERS "/" S "/sip_endpoints",
				"{\"username\":\"101\",\"password\":\"s3cret\"}", CREDENTIAL(C), C },
	[GET_CREDENTIAL] = { GET, "GET", SUBSCRIBERS "/" S "/sip_endpoints/" C, "", CREDENTIAL(C), C },
	[PATCH_CREDENTIAL] = { WRITE, "PATCH", SUBSCRIBERS "/" S "/sip_endpoints/" C,
			       "{\"username\":\"101\",\"password\":\"s3cret\"}", CREDENTIAL(C), C },
	[DELETE_CREDENTIAL] = { DELETE, "DELETE", SUBSCRIBERS "/" S "/sip_endpoints/" C, "", "", NULL },
	[LIST_SUBSCRIBERS] = { GET, "GET", SUBSCRIBERS "?page_size=1000", "", "{\"data\":[],\"links\":{}}", NULL },
	[LIST_CREDENTIALS] = { GET, "GET", SUBSCRIBERS "/" S "/sip_endpoints", "", "{\"data\":[],\"links\":{}}", NULL },
	[CREATE_ENDPOINT] = { WRITE, "POST", ENDPOINTS, "{\"username\":\"101\",\"password\":\"s3cret\"}",
			      STANDALONE(C, S), C },
	[GET_ENDPOINT] = { GET, "GET", ENDPOINTS "/" C, "", STANDALONE(C, S), C },
	[PUT_ENDPOINT] = { WRITE, "PUT", ENDPOINTS "/" C, "{\"username\":\"101\",\"password\":\"s3cret\"}",
			   STANDALONE(C, S), C },
	[DELETE_ENDPOINT] = { DELETE, "DELETE", ENDPOINTS "/" C, "", "", NULL },
	[LIST_ENDPOINTS] = { GET, "GET", "/api/fabric/resources/sip_endpoints?page_size=1000", "", "{\"data\":[],\"links\":{}}", NULL },
	[LIST_LEGACY] = { GET, "GET", "/api/relay/rest/endpoints/sip?page_size=1000", "", "{\"data\":[],\"links\":{}}", NULL },
};

static const struct json_credential_request usual = {
	.fields = JSON_USERNAME | JSON_PASSWORD, .username = "101", .password = "s3cret",
};

static void start(struct scene *scene, enum operation operation, const char *subscriber, const char *credential,
		  const struct json_credential_request *request)
{
	const char *profile[JSON_PROFILE_COUNT] = { [JSON_FIRST_NAME] = "Ann" };
	struct api *api = scene->api;

	scene->inside = true;
	switch (operation) {
	case GET_PROFILE: api_get_sip_profile(api, done, scene); break;
	case CREATE_SUBSCRIBER: api_create_subscriber(api, "a@b.c", profile, done, scene); break;
	case GET_SUBSCRIBER: api_get_subscriber(api, subscriber, done, scene); break;
	case PUT_SUBSCRIBER:
		api_put_subscriber(api, subscriber, "a@b.c", profile, 1 << JSON_COUNTRY, done, scene); break;
	case DELETE_SUBSCRIBER: api_delete_subscriber(api, subscriber, done, scene); break;
	case CREATE_CREDENTIAL: api_create_credential(api, subscriber, request, done, scene); break;
	case GET_CREDENTIAL: api_get_credential(api, subscriber, credential, done, scene); break;
	case PATCH_CREDENTIAL: api_patch_credential(api, subscriber, credential, request, done, scene); break;
	case DELETE_CREDENTIAL: api_delete_credential(api, subscriber, credential, done, scene); break;
	case LIST_SUBSCRIBERS: api_list_subscribers(api, subscriber_row, done, scene); break;
	case LIST_CREDENTIALS: api_list_credentials(api, subscriber, credential_row, done, scene); break;
	case CREATE_ENDPOINT: api_create_endpoint(api, request, done, scene); break;
	case GET_ENDPOINT: api_get_endpoint(api, credential, done, scene); break;
	case PUT_ENDPOINT: api_put_endpoint(api, credential, request, done, scene); break;
	case DELETE_ENDPOINT: api_delete_endpoint(api, credential, done, scene); break;
	case LIST_ENDPOINTS: api_list_endpoints(api, credential_row, done, scene); break;
	case LIST_LEGACY: api_list_legacy(api, credential_row, done, scene); break;
	case OPERATIONS: break;
	}
	scene->inside = false;
	assert_int_equal(scene->calls, scene->wanted);
	scene->wanted++;
}

static void run(struct scene *scene, enum operation operation, const struct fake_answer *answers, size_t count)
{
	fake_http_script(scene->http, answers, count);
	scene->rows = 0;
	start(scene, operation, S, C, &usual);
	assert_true(loop_until(scene->loop, finished, scene));
	assert_int_equal(scene->calls, scene->wanted);
}

/* ---- What each answer proves. ---- */

#define HTML "text/html; charset=utf-8"
#define COUNTED(code) "{\"errors\":[{\"code\":\"" code "\",\"message\":\"M\",\"attribute\":\"email\"}]}"
static const char right[] = ""; /* by address: the body that the operation hopes for */

static const struct { struct fake_answer answer; enum api_outcome get, write, delete; } proofs[] = {
	{ { HTTP_ANSWERED, 200, NULL, right, 0 }, API_DONE, API_DONE, API_DONE },
	{ { HTTP_ANSWERED, 201, NULL, right, 0 }, API_DONE, API_DONE, API_DONE },
	{ { HTTP_ANSWERED, 299, NULL, right, 0 }, API_DONE, API_DONE, API_DONE },
	{ { HTTP_ANSWERED, 200, "", right, 0 }, API_DONE, API_DONE, API_DONE },
	{ { HTTP_ANSWERED, 204, NULL, NULL, 0 }, API_FAILED, API_UNKNOWN, API_DONE },
	{ { HTTP_ANSWERED, 204, HTML, NULL, 0 }, API_FAILED, API_UNKNOWN, API_DONE },
	{ { HTTP_ANSWERED, 200, NULL, NULL, 0 }, API_FAILED, API_UNKNOWN, API_DONE },
	{ { HTTP_ANSWERED, 200, HTML, NULL, 0 }, API_FAILED, API_UNKNOWN, API_UNKNOWN },
	{ { HTTP_ANSWERED, 200, HTML, "<html>", 0 }, API_FAILED, API_UNKNOWN, API_UNKNOWN },
	{ { HTTP_ANSWERED, 200, NULL, "<html>", 0 }, API_FAILED, API_UNKNOWN, API_UNKNOWN },
	{ { HTTP_ANSWERED, 200, NULL, "{\"id\":\"3f25", 0 }, API_FAILED, API_UNKNOWN, API_UNKNOWN },
	{ { HTTP_ANSWERED, 200, NULL, "{\"id\":5}", 0 }, API_FAILED, API_UNKNOWN, API_DONE },
	{ { HTTP_ANSWERED, 200, NULL, "[]", 0 }, API_FAILED, API_UNKNOWN, API_UNKNOWN },
	{ { HTTP_ANSWERED, 301, NULL, right, 0 }, API_FAILED, API_UNKNOWN, API_UNKNOWN },
	{ { HTTP_ANSWERED, 307, HTML, NULL, 0 }, API_FAILED, API_UNKNOWN, API_UNKNOWN },
	{ { HTTP_ANSWERED, 100, NULL, right, 0 }, API_FAILED, API_UNKNOWN, API_UNKNOWN },
	{ { HTTP_ANSWERED, 600, NULL, right, 0 }, API_FAILED, API_UNKNOWN, API_UNKNOWN },
	{ { HTTP_ANSWERED, 999, NULL, right, 0 }, API_FAILED, API_UNKNOWN, API_UNKNOWN },
	{ { HTTP_ANSWERED, 400, NULL, "{\"error\":\"Bad Request\"}", 0 }, API_FAILED, API_REJECTED, API_REJECTED },
	{ { HTTP_ANSWERED, 400, HTML, "<html>", 0 }, API_FAILED, API_REJECTED, API_REJECTED },
	{ { HTTP_ANSWERED, 402, NULL, NULL, 0 }, API_FAILED, API_REJECTED, API_REJECTED },
	{ { HTTP_ANSWERED, 405, NULL, NULL, 0 }, API_FAILED, API_REJECTED, API_REJECTED },
	{ { HTTP_ANSWERED, 409, NULL, NULL, 0 }, API_FAILED, API_REJECTED, API_REJECTED },
	{ { HTTP_ANSWERED, 422, NULL, COUNTED("not_unique"), 0 }, API_FAILED, API_REJECTED, API_REJECTED },
	{ { HTTP_ANSWERED, 422, NULL, COUNTED("insufficient_balance"), 0 }, API_FAILED, API_REJECTED, API_REJECTED },
	{ { HTTP_ANSWERED, 422, NULL, "{\"errors\"", 0 }, API_FAILED, API_REJECTED, API_REJECTED },
	{ { HTTP_ANSWERED, 451, NULL, NULL, 0 }, API_FAILED, API_REJECTED, API_REJECTED },
	{ { HTTP_ANSWERED, 401, NULL, "{\"error\":\"Unauthorized\"}", 0 }, API_DENIED, API_DENIED, API_DENIED },
	{ { HTTP_ANSWERED, 401, NULL, COUNTED("insufficient_balance"), 0 }, API_DENIED, API_DENIED, API_DENIED },
	{ { HTTP_ANSWERED, 403, HTML, "<html>", 0 }, API_DENIED, API_DENIED, API_DENIED },
	{ { HTTP_ANSWERED, 403, NULL, COUNTED("account_limit_exceeded"), 0 }, API_DENIED, API_REJECTED, API_REJECTED },
	{ { HTTP_ANSWERED, 407, HTML, "<html>", 0 }, API_DENIED, API_DENIED, API_DENIED },
	{ { HTTP_ANSWERED, 404, NULL, NULL, 0 }, API_NOT_FOUND, API_NOT_FOUND, API_NOT_FOUND },
	{ { HTTP_ANSWERED, 410, NULL, NULL, 0 }, API_NOT_FOUND, API_NOT_FOUND, API_NOT_FOUND },
	{ { HTTP_ANSWERED, 408, NULL, NULL, 0 }, API_FAILED, API_UNKNOWN, API_UNKNOWN },
	{ { HTTP_ANSWERED, 425, NULL, NULL, 0 }, API_FAILED, API_UNKNOWN, API_UNKNOWN },
	{ { HTTP_ANSWERED, 499, NULL, NULL, 0 }, API_FAILED, API_UNKNOWN, API_UNKNOWN },
	{ { HTTP_ANSWERED, 429, HTML, "<html>", 0 }, API_THROTTLED, API_THROTTLED, API_THROTTLED },
	{ { HTTP_ANSWERED, 422, NULL, COUNTED("rate_limit_exceeded"), 0 }, API_THROTTLED, API_THROTTLED, API_THROTTLED },
	{ { HTTP_ANSWERED, 409, NULL, COUNTED("out_of_sync"), 0 }, API_THROTTLED, API_THROTTLED, API_THROTTLED },
	{ { HTTP_ANSWERED, 503, NULL, COUNTED("rate_limit_exceeded"), 0 }, API_FAILED, API_UNKNOWN, API_UNKNOWN },
	{ { HTTP_ANSWERED, 408, NULL, COUNTED("cannot_process"), 0 }, API_THROTTLED, API_UNKNOWN, API_UNKNOWN },
	{ { HTTP_ANSWERED, 500, NULL, "{\"error\":\"Internal Server Error\"}", 0 }, API_FAILED, API_UNKNOWN, API_UNKNOWN },
	{ { HTTP_ANSWERED, 501, NULL, NULL, 0 }, API_FAILED, API_UNKNOWN, API_UNKNOWN },
	{ { HTTP_ANSWERED, 502, HTML, "<html>", 0 }, API_FAILED, API_UNKNOWN, API_UNKNOWN },
	{ { HTTP_ANSWERED, 503, NULL, NULL, 0 }, API_FAILED, API_UNKNOWN, API_UNKNOWN },
	{ { HTTP_ANSWERED, 504, NULL, NULL, 0 }, API_FAILED, API_UNKNOWN, API_UNKNOWN },
	{ { HTTP_ANSWERED, 599, NULL, NULL, 0 }, API_FAILED, API_UNKNOWN, API_UNKNOWN },
	{ { HTTP_NOT_SENT, 0, NULL, NULL, 0 }, API_NOT_SENT, API_NOT_SENT, API_NOT_SENT },
	{ { HTTP_NO_ANSWER, 0, NULL, NULL, 0 }, API_FAILED, API_UNKNOWN, API_UNKNOWN },
	{ { HTTP_FENCED, 0, NULL, NULL, 0 }, API_FENCED, API_FENCED, API_FENCED },
};

static void sorts_every_answer(void **state)
{
	struct scene *scene = *state;

	waits_allowed = 0;
	for (size_t i = 0; i < COUNT(proofs); i++) {
		for (int o = 0; o < OPERATIONS; o++) {
			struct fake_answer answers[] = { proofs[i].answer, proofs[i].answer };
			enum api_outcome want = operations[o].kind == GET ? proofs[i].get :
						operations[o].kind == WRITE ? proofs[i].write : proofs[i].delete;

			if (answers[0].body == right)
				answers[0].body = operations[o].answer;
			run(scene, (enum operation)o, answers, COUNT(answers));
			if (scene->outcome != want)
				fail_msg("row %zu (%d), %s %s: %s, %s", i, proofs[i].answer.status, operations[o].method,
					 operations[o].path, api_outcome_name(scene->outcome), scene->text);
			assert_int_equal(scene->status, proofs[i].answer.status);
			if (want == API_UNKNOWN)
				assert_non_null(strstr(scene->text, "whether it acted is unknown"));
			if (want == API_DONE && operations[o].id)
				assert_string_equal(scene->id, operations[o].id);
		}
	}
}

static void says_what_was_refused(void **state)
{
	static const struct {
		struct fake_answer answer;
		const char *text, *attribute;
		bool not_unique, account;
	} rows[] = {
		{ { HTTP_ANSWERED, 422, NULL, "{\"errors\":[{\"code\":\"not_unique\",\"message\":\"email has already been taken\","
		    "\"attribute\":\"email\"}]}", 0 },
		  "SignalWire refused it: email has already been taken (not_unique, email)", "email", true, false },
		{ { HTTP_ANSWERED, 403, NULL, COUNTED("insufficient_balance"), 0 },
		  "SignalWire refused it: M (insufficient_balance, email)", "email", false, true },
		{ { HTTP_ANSWERED, 402, NULL, "", 0 }, "SignalWire refused it: HTTP 402 without a body", "", false, true },
		{ { HTTP_ANSWERED, 401, NULL, COUNTED("not_unique"), 0 }, "SignalWire refused the project id and token (401): "
		  "are [signalwire] project_id and the token right, and does the token have one of the scopes Voice, Messaging, Fax or Video?", "", false, false },
		{ { HTTP_ANSWERED, 502, HTML, "<html>", 0 }, "SignalWire failed (502): HTTP 502 with text/html in place of "
		  "JSON; whether it acted is unknown", "", false, false },
		{ { HTTP_NO_ANSWER, 0, NULL, NULL, 0 }, "SignalWire did not answer (a problem of the network); whether it acted "
		  "is unknown", "", false, false },
		{ { HTTP_ANSWERED, 422, NULL, "{\"error\":\"two\\nlines\\u001b[31m\"}", 0 },
		  "SignalWire refused it: two lines [31m", "", false, false },
	};
	struct scene *scene = *state;

	waits_allowed = 0;
	for (size_t i = 0; i < COUNT(rows); i++) {
		run(scene, CREATE_SUBSCRIBER, &rows[i].answer, 1);
		assert_string_equal(scene->text, rows[i].text);
		assert_string_equal(scene->attribute, rows[i].attribute);
		assert_int_equal(scene->not_unique, rows[i].not_unique);
		assert_int_equal(scene->account, rows[i].account);
	}
}

static void sends_what_was_asked(void **state)
{
	struct scene *scene = *state;

	for (int o = 0; o < OPERATIONS; o++) {
		struct fake_answer answer = { .status = 200, .body = operations[o].answer };
		const struct fake_request *sent = NULL;

		run(scene, (enum operation)o, &answer, 1);
		assert_int_equal(fake_http_count(scene->http), 1);
		sent = fake_http_request(scene->http, 0);
		assert_string_equal(sent->method, operations[o].method);
		assert_string_equal(sent->path, operations[o].path);
		assert_string_equal(sent->body, operations[o].body);
		assert_int_equal(scene->first_byte_at, 4711);
	}
	assert_int_equal(api_requests(scene->api), OPERATIONS);
}

/* An answer about another object than was asked for proves nothing; letters of an id may differ in case. */
static void wants_the_same_object(void **state)
{
	static const struct { enum operation operation; const char *body; enum api_outcome outcome; } rows[] = {
		{ GET_CREDENTIAL, CREDENTIAL(OTHER), API_FAILED },
		{ PATCH_CREDENTIAL, CREDENTIAL(OTHER), API_UNKNOWN },
		{ GET_SUBSCRIBER, SUBSCRIBER(OTHER), API_FAILED },
		{ PUT_SUBSCRIBER, SUBSCRIBER(OTHER), API_UNKNOWN },
		{ CREATE_CREDENTIAL, CREDENTIAL(OTHER), API_DONE },
		{ CREATE_SUBSCRIBER, SUBSCRIBER(OTHER), API_DONE },
		{ GET_CREDENTIAL, CREDENTIAL("C9BF9E57-1685-4C89-BAFB-FF5AF830BE8A"), API_DONE },
	};
	struct scene *scene = *state;

	waits_allowed = 0;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct fake_answer answer = { .status = 200, .body = rows[i].body };

		run(scene, rows[i].operation, &answer, 1);
		if (scene->outcome != rows[i].outcome)
			fail_msg("row %zu: %s", i, api_outcome_name(scene->outcome));
	}
}

static void refuses_what_is_no_id(void **state)
{
	static const char *const bad[] = { "", "..", S "/../x", "3f2504e0-4f89-41d3-9a0c-0305e82c330", NULL };
	static const enum operation aimed[] = {
		GET_SUBSCRIBER, PUT_SUBSCRIBER, DELETE_SUBSCRIBER, CREATE_CREDENTIAL, GET_CREDENTIAL, PATCH_CREDENTIAL,
		DELETE_CREDENTIAL, LIST_CREDENTIALS,
	};
	struct scene *scene = *state;

	fake_http_script(scene->http, NULL, 0);
	for (size_t b = 0; b < COUNT(bad); b++) {
		for (size_t a = 0; a < COUNT(aimed); a++) {
			bool two = aimed[a] == GET_CREDENTIAL || aimed[a] == PATCH_CREDENTIAL || aimed[a] == DELETE_CREDENTIAL;

			start(scene, aimed[a], two ? S : bad[b], bad[b], &usual);
			assert_true(loop_until(scene->loop, finished, scene));
			assert_int_equal(scene->outcome, API_REJECTED);
			assert_int_equal(scene->status, 0);
			assert_int_equal(scene->first_byte_at, -1);
		}
	}
	assert_int_equal(fake_http_count(scene->http), 0);
}

/* ---- What is sent again. ---- */

#define OK { HTTP_ANSWERED, 200, NULL, right, 0 }
#define ANSWER(status) { HTTP_ANSWERED, status, NULL, NULL, 0 }
#define LATER { HTTP_ANSWERED, 422, NULL, COUNTED("cannot_process"), 0 }
#define NOT_SENT { HTTP_NOT_SENT, 0, NULL, NULL, 0 }
#define NO_ANSWER { HTTP_NO_ANSWER, 0, NULL, NULL, 0 }

static void tries_again_where_that_is_safe(void **state)
{
	static const struct {
		enum operation operation;
		size_t requests;
		enum api_outcome outcome;
		struct fake_answer answers[3];
	} rows[] = {
		{ GET_CREDENTIAL, 2, API_DONE, { ANSWER(500), OK } },
		{ GET_CREDENTIAL, 3, API_DONE, { NO_ANSWER, NOT_SENT, OK } },
		{ GET_CREDENTIAL, 2, API_DONE, { { HTTP_ANSWERED, 200, HTML, "<html>", 0 }, OK } },
		{ GET_CREDENTIAL, 2, API_DONE, { ANSWER(408), OK } },
		{ GET_PROFILE, 2, API_DENIED, { ANSWER(503), ANSWER(401) } },
		{ GET_CREDENTIAL, 1, API_FAILED, { ANSWER(422), OK } },
		{ GET_CREDENTIAL, 1, API_NOT_FOUND, { ANSWER(404), OK } },
		{ GET_CREDENTIAL, 1, API_FAILED, { ANSWER(302), OK } },
		{ LIST_CREDENTIALS, 2, API_DONE, { ANSWER(500), OK } },
		{ CREATE_CREDENTIAL, 1, API_UNKNOWN, { ANSWER(500), OK } },
		{ CREATE_CREDENTIAL, 1, API_UNKNOWN, { ANSWER(503), OK } },
		{ CREATE_CREDENTIAL, 1, API_UNKNOWN, { ANSWER(408), OK } },
		{ CREATE_CREDENTIAL, 1, API_UNKNOWN, { NO_ANSWER, OK } },
		{ CREATE_CREDENTIAL, 1, API_UNKNOWN, { { HTTP_ANSWERED, 200, HTML, "<html>", 0 }, OK } },
		{ PATCH_CREDENTIAL, 1, API_UNKNOWN, { NO_ANSWER, OK } },
		{ DELETE_CREDENTIAL, 1, API_UNKNOWN, { ANSWER(503), OK } },
		{ CREATE_CREDENTIAL, 3, API_DONE, { ANSWER(429), ANSWER(429), OK } },
		{ PATCH_CREDENTIAL, 2, API_DONE, { NOT_SENT, OK } },
		{ CREATE_SUBSCRIBER, 2, API_DONE, { LATER, OK } },
		{ DELETE_SUBSCRIBER, 2, API_DONE, { ANSWER(429), ANSWER(204) } },
		{ CREATE_CREDENTIAL, 2, API_UNKNOWN, { ANSWER(429), ANSWER(502), OK } },
		{ CREATE_CREDENTIAL, 1, API_REJECTED, { ANSWER(422), OK } },
		{ CREATE_CREDENTIAL, 1, API_DENIED, { ANSWER(403), OK } },
		{ CREATE_CREDENTIAL, 1, API_FENCED, { { HTTP_FENCED, 0, NULL, NULL, 0 }, OK } },
		{ GET_PROFILE, 1, API_FENCED, { { HTTP_FENCED, 0, NULL, NULL, 0 }, OK } },
	};
	struct scene *scene = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct fake_answer answers[3];

		api_free(scene->api);
		scene->api = api_new(scene->loop, scene->http);
		memcpy(answers, rows[i].answers, sizeof answers);
		for (size_t a = 0; a < COUNT(answers); a++)
			if (answers[a].body == right)
				answers[a].body = operations[rows[i].operation].answer;
		run(scene, rows[i].operation, answers, COUNT(answers));
		if (scene->outcome != rows[i].outcome || fake_http_count(scene->http) != rows[i].requests)
			fail_msg("row %zu: %s after %zu requests", i, api_outcome_name(scene->outcome),
				 fake_http_count(scene->http));
		for (size_t r = 0; r < rows[i].requests; r++)
			assert_string_equal(fake_http_request(scene->http, r)->body, operations[rows[i].operation].body);
	}
}

static void gives_up_in_the_end(void **state)
{
	static const struct fake_answer throttled = { HTTP_ANSWERED, 429, NULL, NULL, 1500 };
	struct fake_answer answers[8];
	struct scene *scene = *state;

	for (size_t i = 0; i < COUNT(answers); i++)
		answers[i] = throttled;
	run(scene, CREATE_CREDENTIAL, answers, COUNT(answers));
	assert_int_equal(scene->outcome, API_THROTTLED);
	assert_int_equal(fake_http_count(scene->http), 7);
	assert_int_equal(last_retry_after, 1500);
}

/* Ten retries, and one more for every ten requests, whatever the single requests were allowed. (I30) */
static void keeps_a_retry_budget(void **state)
{
	struct scene *scene = *state;
	struct fake_answer ok = { .status = 200, .body = operations[GET_PROFILE].answer };
	const struct fake_answer throttled[] = { { .status = 429 }, { .status = 429 }, ok };

	for (int i = 0; i < 30; i++) {
		fake_http_script(scene->http, NULL, 0);
		start(scene, GET_PROFILE, S, C, &usual);
		assert_true(loop_until(scene->loop, finished, scene));
		assert_int_equal(scene->outcome, API_FAILED);
	}
	assert_in_range(api_requests(scene->api), 30 + 10, 30 + 10 + 3);
	/* It is used up; a 429 needs none of it. */
	run(scene, GET_PROFILE, throttled, 3);
	assert_int_equal(scene->outcome, API_DONE);

	for (int i = 0; i < 12000; i++)
		run(scene, GET_PROFILE, &ok, 1);
	waits_allowed = -1;
	fake_http_script(scene->http, NULL, 0);
	start(scene, GET_PROFILE, S, C, &usual);
	assert_true(loop_until(scene->loop, finished, scene));
	assert_int_equal(fake_http_count(scene->http), 1001);
}

/* ---- Listings. ---- */

#define PAGE(rows, next) "{\"data\":[" rows "],\"links\":{\"self\":\"/x\",\"next\":" next "}}"
#define LAST(rows) "{\"data\":[" rows "],\"links\":{\"self\":\"/x\"}}"
#define ROW CREDENTIAL(C)
#define ENDPOINT "{\"id\":\"" S "\",\"sip_endpoint\":{\"id\":\"" C "\",\"username\":\"900\"}}"
#define LEGACY "{\"id\":\"" C "\",\"username\":\"900\",\"codecs\":7}"
#define TEXT(text) { HTTP_ANSWERED, 200, NULL, text, 0 }

static void follows_pages(void **state)
{
	static const struct {
		const char *name;
		enum api_outcome outcome;
		int rows;
		size_t requests;
		const char *last_path;
		struct fake_answer answers[5];
	} rows[] = {
		{ "empty", API_DONE, 0, 1, SUBSCRIBERS "/" S "/sip_endpoints", { TEXT(LAST("")) } },
		{ "absolute link", API_DONE, 3, 2, "/p?page_token=b&page_number=1",
		  { TEXT(PAGE(ROW "," ROW, "\"https://space.signalwire.com/p?page_token=b&page_number=1\"")), TEXT(LAST(ROW)) } },
		{ "relative link", API_DONE, 2, 2, "/p?page_token=b", { TEXT(PAGE(ROW, "\"/p?page_token=b\"")), TEXT(LAST(ROW)) } },
		{ "off-host link", API_DONE, 1, 2, "/p?a=b", { TEXT(PAGE(ROW, "\"https://evil.example/p?a=b\"")), TEXT(LAST("")) } },
		{ "empty page with a next", API_DONE, 1, 3, "/c", { TEXT(PAGE("", "\"/b\"")), TEXT(PAGE("", "\"/c\"")), TEXT(LAST(ROW)) } },
		{ "next is this page", API_FAILED, 1, 1, NULL,
		  { TEXT(PAGE(ROW, "\"" SUBSCRIBERS "/" S "/sip_endpoints\"")), TEXT(LAST(ROW)) } },
		{ "next repeats", API_FAILED, 2, 2, "/b", { TEXT(PAGE(ROW, "\"/b\"")), TEXT(PAGE(ROW, "\"/b\"")), TEXT(LAST(ROW)) } },
		{ "cycle of two, other host", API_FAILED, 3, 3, "/c", { TEXT(PAGE(ROW, "\"/b\"")), TEXT(PAGE(ROW, "\"/c\"")),
		  TEXT(PAGE(ROW, "\"https://x.example/b\"")), TEXT(LAST(ROW)) } },
		{ "no usable link", API_FAILED, 1, 1, NULL, { TEXT(PAGE(ROW, "\"ftp://x/y\"")), TEXT(LAST(ROW)) } },
		{ "broken link", API_FAILED, 1, 1, NULL, { TEXT(PAGE(ROW, "\"/a b\"")), TEXT(LAST(ROW)) } },
		{ "500 on page 3, then well", API_DONE, 3, 4, "/c",
		  { TEXT(PAGE(ROW, "\"/b\"")), TEXT(PAGE(ROW, "\"/c\"")), ANSWER(500), TEXT(LAST(ROW)) } },
		{ "broken row on page 2, then well", API_DONE, 3, 3, "/b",
		  { TEXT(PAGE(ROW, "\"/b\"")), TEXT(LAST(ROW ",{\"id\":1}")), TEXT(LAST(ROW "," ROW)) } },
		{ "404 on page 1", API_NOT_FOUND, 0, 1, NULL, { ANSWER(404), TEXT(LAST("")) } },
		{ "404 on page 2", API_FAILED, 1, 2, "/b", { TEXT(PAGE(ROW, "\"/b\"")), ANSWER(404) } },
		{ "422 on page 2", API_FAILED, 1, 2, "/b", { TEXT(PAGE(ROW, "\"/b\"")), ANSWER(422), TEXT(LAST("")) } },
		{ "401 on page 2", API_DENIED, 1, 2, "/b", { TEXT(PAGE(ROW, "\"/b\"")), ANSWER(401) } },
	};
	struct scene *scene = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		size_t sent = 0;

		run(scene, LIST_CREDENTIALS, rows[i].answers, COUNT(rows[i].answers));
		sent = fake_http_count(scene->http);
		if (scene->outcome != rows[i].outcome || scene->rows != rows[i].rows || sent != rows[i].requests)
			fail_msg("%s: %s, %d rows, %zu requests: %s", rows[i].name, api_outcome_name(scene->outcome),
				 scene->rows, sent, scene->text);
		if (rows[i].last_path)
			assert_string_equal(fake_http_request(scene->http, sent - 1)->path, rows[i].last_path);
	}
}

static void fails_where_a_page_fails_for_good(void **state)
{
	static const struct fake_answer answers[] = {
		TEXT(PAGE(ROW, "\"/b\"")), TEXT(PAGE(ROW, "\"/c\"")), ANSWER(500), ANSWER(500), ANSWER(500),
	};
	struct scene *scene = *state;

	waits_allowed = 2;
	run(scene, LIST_CREDENTIALS, answers, COUNT(answers));
	assert_int_equal(scene->outcome, API_FAILED);
	assert_int_equal(scene->rows, 2);
	assert_int_equal(fake_http_overrun(scene->http), 0);
}

static void asks_for_pages_that_the_server_grants(void **state)
{
	static const int refusals[] = { 400, 422 };

	for (size_t i = 0; i < COUNT(refusals); i++) {
		struct scene *scene = *state;
		struct fake_answer answers[] = { ANSWER(refusals[i]), TEXT(LAST(SUBSCRIBER(S))) };
		struct fake_answer twice[] = { ANSWER(refusals[i]), ANSWER(refusals[i]) };

		api_free(scene->api);
		scene->api = api_new(scene->loop, scene->http);
		run(scene, LIST_SUBSCRIBERS, answers, 2);
		assert_int_equal(scene->outcome, API_DONE);
		assert_int_equal(scene->rows, 1);
		assert_string_equal(fake_http_request(scene->http, 0)->path, SUBSCRIBERS "?page_size=1000");
		assert_string_equal(fake_http_request(scene->http, 1)->path, SUBSCRIBERS);
		run(scene, LIST_SUBSCRIBERS, answers + 1, 1);
		assert_string_equal(fake_http_request(scene->http, 0)->path, SUBSCRIBERS);
		assert_int_equal(scene->outcome, API_DONE);
		run(scene, LIST_SUBSCRIBERS, twice, 2);
		assert_int_equal(scene->outcome, API_FAILED);
		assert_int_equal(fake_http_count(scene->http), 1);
	}
}

/* The other listings have the same manners, and rows of their own shape. */
static void lists_other_endpoints(void **state)
{
	static const struct {
		enum operation operation;
		enum api_outcome outcome;
		int rows;
		size_t requests;
		struct fake_answer answers[3];
	} rows[] = {
		{ LIST_ENDPOINTS, API_DONE, 2, 2, { TEXT(PAGE(ENDPOINT, "\"/b\"")), TEXT(LAST(ENDPOINT)) } },
		{ LIST_ENDPOINTS, API_DONE, 1, 2, { ANSWER(400), TEXT(LAST(ENDPOINT)) } },
		{ LIST_ENDPOINTS, API_FAILED, 1, 1, { TEXT(PAGE(ENDPOINT, "\"/api/fabric/resources/sip_endpoints\"")) } },
		{ LIST_LEGACY, API_DONE, 2, 2, { TEXT(PAGE(LEGACY, "\"/b\"")), TEXT(LAST(LEGACY)) } },
	};
	struct scene *scene = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		run(scene, rows[i].operation, rows[i].answers, COUNT(rows[i].answers));
		if (scene->outcome != rows[i].outcome || scene->rows != rows[i].rows ||
		    fake_http_count(scene->http) != rows[i].requests)
			fail_msg("row %zu: %s, %d rows: %s", i, api_outcome_name(scene->outcome), scene->rows, scene->text);
	}
}

static void let_pages_go(void *arg)
{
	struct scene *scene = arg;

	assert_int_equal(scene->calls, scene->wanted - 1);
	assert_int_equal(fake_http_count(scene->http), 1);
	api_hold_pages(scene->api, false);
}

static void holds_pages_back(void **state)
{
	static const struct fake_answer answers[] = { TEXT(PAGE(ROW, "\"/b\"")), TEXT(LAST(ROW)) };
	struct scene *scene = *state;
	struct loop_timer *later = loop_timer_new(scene->loop, let_pages_go, scene);

	api_hold_pages(scene->api, true);
	loop_timer_arm(later, 20);
	run(scene, LIST_CREDENTIALS, answers, 2);
	assert_int_equal(scene->outcome, API_DONE);
	assert_int_equal(scene->rows, 2);
	loop_timer_free(later);
}

/* ---- A stop. ---- */

static void heard_of_retry(void *arg)
{
	*(bool *)arg = true;
}

static bool retries(void *arg)
{
	return *(bool *)arg;
}

/* What waits for another attempt ends with what came of the last one, and not within the call. (I37) */
static void stops_retrying(void **state)
{
	static const struct {
		enum operation operation;
		struct fake_answer answers[2];
		enum api_outcome outcome;
		int status, first_byte_at;
		const char *says;
	} rows[] = {
		{ CREATE_CREDENTIAL, { { HTTP_ANSWERED, 429, NULL, NULL, 60000 } }, API_THROTTLED, 429, 4711, "fewer requests" },
		{ DELETE_SUBSCRIBER, { LATER }, API_THROTTLED, 422, 4711, "M" },
		{ PATCH_CREDENTIAL, { NOT_SENT }, API_NOT_SENT, 0, -1, "a problem of the network" },
		{ GET_CREDENTIAL, { ANSWER(503) }, API_FAILED, 503, 4711, "failed" },
		{ LIST_SUBSCRIBERS, { NO_ANSWER }, API_FAILED, 0, 4711, "a problem of the network" },
	};
	struct scene *scene = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		bool waits = false;

		api_free(scene->api);
		scene->api = api_new(scene->loop, scene->http);
		api_set_observer(scene->api, heard_of_retry, &waits);
		wait_ms = 3600 * 1000;
		fake_http_script(scene->http, rows[i].answers, 1);
		start(scene, rows[i].operation, S, C, &usual);
		assert_true(loop_until(scene->loop, retries, &waits));
		api_stop_retrying(scene->api);
		assert_int_equal(scene->calls, scene->wanted - 1);
		assert_true(loop_until(scene->loop, finished, scene));
		if (scene->outcome != rows[i].outcome || scene->status != rows[i].status ||
		    scene->first_byte_at != rows[i].first_byte_at || !strstr(scene->text, rows[i].says))
			fail_msg("row %zu: %s, %d: %s", i, api_outcome_name(scene->outcome), scene->status, scene->text);
		assert_int_equal(fake_http_count(scene->http), 1);
	}
}

/* What is on its way, or comes later, is sent once. */
static void sends_once_in_a_stop(void **state)
{
	static const struct fake_answer throttled[] = { { HTTP_ANSWERED, 429, NULL, NULL, 0 }, { HTTP_ANSWERED, 429, NULL, NULL, 0 } };
	const struct fake_answer ok = { .status = 200, .body = operations[CREATE_CREDENTIAL].answer };
	struct scene *scene = *state;

	wait_ms = 3600 * 1000;
	fake_http_script(scene->http, throttled, 2);
	start(scene, CREATE_CREDENTIAL, S, C, &usual);
	api_stop_retrying(scene->api);
	assert_true(loop_until(scene->loop, finished, scene));
	assert_int_equal(scene->outcome, API_THROTTLED);
	assert_int_equal(fake_http_count(scene->http), 1);
	run(scene, PATCH_CREDENTIAL, throttled, 2);
	assert_int_equal(scene->outcome, API_THROTTLED);
	assert_int_equal(fake_http_count(scene->http), 1);
	run(scene, CREATE_CREDENTIAL, &ok, 1);
	assert_int_equal(scene->outcome, API_DONE);
}

static bool has_a_row(void *arg)
{
	return ((struct scene *)arg)->rows > 0;
}

/* A listing that ends early is none: held at its next page, or on its way there. (I9) */
static void lists_no_further_in_a_stop(void **state)
{
	static const struct fake_answer answers[] = { TEXT(PAGE(ROW, "\"/b\"")), TEXT(LAST(ROW)) };
	struct scene *scene = *state;

	api_hold_pages(scene->api, true);
	fake_http_script(scene->http, answers, 2);
	start(scene, LIST_CREDENTIALS, S, C, &usual);
	assert_true(loop_until(scene->loop, has_a_row, scene));
	assert_int_equal(scene->calls, 0);
	api_stop_retrying(scene->api);
	assert_int_equal(scene->calls, 0);
	assert_true(loop_until(scene->loop, finished, scene));
	assert_int_equal(scene->outcome, API_FAILED);
	assert_non_null(strstr(scene->text, "not read to its end"));
	api_hold_pages(scene->api, false);
	run(scene, LIST_CREDENTIALS, answers, 2);
	assert_int_equal(scene->outcome, API_FAILED);
	assert_int_equal(scene->rows, 1);
	assert_int_equal(fake_http_count(scene->http), 1);
}

/* ---- Secrets. ---- */

/* The server's words for a row: `before` letters, the echo, then a tail. */
static char *echoing(size_t before, const char *echo, const char *member)
{
	struct strbuf body = STRBUF_INIT;

	strbuf_puts(&body, "{\"errors\":[{\"message\":\"no\",\"");
	strbuf_puts(&body, member);
	strbuf_puts(&body, "\":\"");
	for (size_t i = 0; i < before; i++)
		strbuf_putc(&body, '-');
	strbuf_puts(&body, echo);
	strbuf_puts(&body, " is too short\"}]}");
	return strbuf_detach(&body);
}

/* I36 */
static void never_shows_the_password(void **state)
{
	static const struct { const char *password, *echo, *leak; } rows[] = {
		{ "hunter2", "hunter2", "hunter" },
		{ "hunter2", "hunter2hunter2 HUNTER2", "unter" },
		{ "hunter2", "Hunter2", "unter" },
		{ "hun\"ter\\2", "hun\\\"ter\\\\2", "hun" },
		{ "hun\"ter\\2", "hun\\\\\\\"ter\\\\\\\\2", "ter" },
		{ "hun\tter", "hun\\tter", "hun" },
		{ "ünïcode", "ünïcode", "code" },
		{ "7", "7", "7" },
	};
	static const char *const members[] = { "message", "attribute", "code" };
	static const int statuses[] = { 422, 400, 409, 403, 404, 429, 500, 408 };
	struct scene *scene = *state;

	waits_allowed = 0;
	for (size_t i = 0; i < COUNT(rows) * COUNT(members) * COUNT(statuses); i++) {
		size_t row = i % COUNT(rows);
		struct json_credential_request request = usual;
		char *body = echoing(0, rows[row].echo, members[i / COUNT(rows) % COUNT(members)]);
		struct fake_answer answer = { .status = statuses[i / COUNT(rows) / COUNT(members)], .body = body };

		request.password = rows[row].password;
		fake_http_script(scene->http, &answer, 1);
		start(scene, CREATE_CREDENTIAL, S, C, &request);
		assert_true(loop_until(scene->loop, finished, scene));
		if (strstr(scene->text, rows[row].leak) || strstr(scene->attribute, rows[row].leak))
			fail_msg("row %zu: %s (%s)", row, scene->text, scene->attribute);
		mem_free(body);
	}
}

/* What is left around a masked letter would tell it. */
static void tells_no_short_password(void **state)
{
	static const struct { const char *password, *echo; bool shown; } rows[] = {
		{ "x", "caller_id is too long (maximum is 255),", true },
		{ "X", "caller_id is too long (maximum is 255),", true },
		{ "id", "caller_id", true },
		{ "x", "password x", false },
		{ "X", "password 'x'", false },
		{ "255", "(maximum is 255)", false },
		{ "ab.", "the password ab., which", false },
		{ " ", "password", false },
		{ "\"", "password \\\"", false },
		{ "\\\\", "password", false },
	};
	struct scene *scene = *state;

	waits_allowed = 0;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct json_credential_request request = usual;
		char *body = echoing(0, rows[i].echo, "message");
		struct fake_answer answer = { .status = 422, .body = body };

		request.password = rows[i].password;
		fake_http_script(scene->http, &answer, 1);
		start(scene, CREATE_CREDENTIAL, S, C, &request);
		assert_true(loop_until(scene->loop, finished, scene));
		assert_null(strstr(scene->text, "***"));
		if ((strstr(scene->text, rows[i].echo) != NULL) != rows[i].shown)
			fail_msg("row %zu: %s", i, scene->text);
		if (!rows[i].shown)
			assert_non_null(strstr(scene->text, "SignalWire refused it: (what it says is not shown"));
		mem_free(body);
	}
}

/* Wherever the text is cut, no part of a password is left at its end; nor half a character. */
static void cuts_after_taking_secrets_out(void **state)
{
	struct scene *scene = *state;

	waits_allowed = 0;
	for (size_t before = 1970; before < 2010; before++) {
		char *body = echoing(before, "hunter2", "message");
		struct fake_answer answer = { .status = 422, .body = body };
		struct json_credential_request request = usual;

		request.password = "hunter2";
		fake_http_script(scene->http, &answer, 1);
		start(scene, CREATE_CREDENTIAL, S, C, &request);
		assert_true(loop_until(scene->loop, finished, scene));
		assert_in_range(strlen(scene->text), 1000, 2050);
		assert_null(strchr(scene->text + strlen("SignalWire refused it: "), 'u'));
		mem_free(body);
		body = echoing(before, "€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€", "message");
		answer.body = body;
		run(scene, CREATE_CREDENTIAL, &answer, 1);
		assert_true(utf8_valid(scene->text));
		assert_non_null(strstr(scene->text, "…"));
		mem_free(body);
	}
}

static void refuses_broken_passwords_silently(void **state)
{
	struct scene *scene = *state;
	struct json_credential_request request = usual;

	request.password = "hunter2\xff";
	fake_http_script(scene->http, NULL, 0);
	start(scene, PATCH_CREDENTIAL, S, C, &request);
	assert_true(loop_until(scene->loop, finished, scene));
	assert_int_equal(scene->outcome, API_REJECTED);
	assert_null(strstr(scene->text, "hunter"));
	assert_non_null(strstr(scene->text, "UTF-8"));
	assert_int_equal(fake_http_count(scene->http), 0);
}

/* ---- The end. ---- */

static void must_not_be_called(const struct api_result *result, void *arg)
{
	(void)result;
	(void)arg;
	fail_msg("an operation called back after its end");
}

static bool passed(void *arg)
{
	return !loop_timer_armed(arg);
}

static void nothing_to_do(void *arg)
{
	(void)arg;
}

static void forgets_without_calling_back(void **state)
{
	struct scene *scene = *state;
	struct loop_timer *soon = loop_timer_new(scene->loop, nothing_to_do, NULL);

	fake_http_script(scene->http, NULL, 0);
	api_get_sip_profile(scene->api, must_not_be_called, NULL);
	api_create_credential(scene->api, S, &usual, must_not_be_called, NULL);
	api_get_subscriber(scene->api, "no id", must_not_be_called, NULL);
	api_free(scene->api);
	http_free(scene->http);
	scene->api = NULL;
	scene->http = NULL;
	loop_timer_arm(soon, 5);
	assert_true(loop_until(scene->loop, passed, soon));
	loop_timer_free(soon);
}

static void names_every_outcome(void **state)
{
	(void)state;
	for (int i = API_DONE; i <= API_UNKNOWN; i++)
		for (int j = API_DONE; j < i; j++)
			assert_string_not_equal(api_outcome_name((enum api_outcome)i), api_outcome_name((enum api_outcome)j));
}

#define SCENE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCENE(sorts_every_answer),
		SCENE(says_what_was_refused),
		SCENE(sends_what_was_asked),
		SCENE(wants_the_same_object),
		SCENE(refuses_what_is_no_id),
		SCENE(tries_again_where_that_is_safe),
		SCENE(gives_up_in_the_end),
		SCENE(keeps_a_retry_budget),
		SCENE(follows_pages),
		SCENE(fails_where_a_page_fails_for_good),
		SCENE(asks_for_pages_that_the_server_grants),
		SCENE(lists_other_endpoints),
		SCENE(holds_pages_back),
		SCENE(stops_retrying),
		SCENE(sends_once_in_a_stop),
		SCENE(lists_no_further_in_a_stop),
		SCENE(never_shows_the_password),
		SCENE(tells_no_short_password),
		SCENE(cuts_after_taking_secrets_out),
		SCENE(refuses_broken_passwords_silently),
		SCENE(forgets_without_calling_back),
		cmocka_unit_test(names_every_outcome),
	};

	return cmocka_run_group_tests_name("api", tests, NULL, NULL);
}
