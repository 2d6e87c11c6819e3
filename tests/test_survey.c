/* test_survey - the remote side in tables: what is in them, and which parts of it are whole. */
#include "survey.h"

#include "backoff.h"
#include "db_world.h"
#include "fake_http.h"
#include "survey_table.h"

#include <stdio.h>

#define PROJECT "11111111-2222-4333-8444-555555555555"
#define DOMAIN "space-1.sip.signalwire.com"
#define SUBSCRIBERS "/api/fabric/resources/subscribers"
#define SUBSCRIBER_ID "00000000-0000-4000-8000-%012d"
#define CREDENTIAL_ID "00000000-0000-4000-9000-%012d"
#define PROFILE_PATH "/api/relay/rest/sip_profile"
#define ENDPOINTS_PATH "/api/fabric/resources/sip_endpoints?page_size=1000"
#define LEGACY_PATH "/api/relay/rest/endpoints/sip?page_size=1000"

/* In place of backoff: one more try, without a wait. */
const struct backoff BACKOFF_REQUEST = { .tries_left = 1 };
const struct backoff BACKOFF_RECONNECT = { .tries_left = 1 };

int64_t backoff_next(struct backoff *backoff, uint64_t random, int64_t retry_after_ms)
{
	(void)random;
	(void)retry_after_ms;
	return backoff->tries_left-- > 0 ? 0 : -1;
}

/* ---- A remote side: subscribers in pages, one credential each. ----------------- */

struct remote {
	int subscribers, page; /* how many there are, how many on a page */
	const char *fault_path; /* may begin with '*': what it ends in */
	struct fake_answer fault;
	const char *project;
	struct db *slow; /* this database is busy from the first page on */
	struct told awake;
	size_t pages_while_slow, pages;
	char **bodies;
	size_t body_count;
};

static struct fake_answer text(struct remote *remote, struct strbuf *body)
{
	remote->bodies = mem_grow(remote->bodies, remote->body_count + 1, sizeof *remote->bodies);
	remote->bodies[remote->body_count] = strbuf_detach(body);
	return (struct fake_answer){ HTTP_ANSWERED, 200, NULL, remote->bodies[remote->body_count++], 0 };
}

static struct fake_answer subscribers_page(struct remote *remote, int page)
{
	struct strbuf body = STRBUF_INIT;
	int last = (page + 1) * remote->page;

	remote->pages++;
	strbuf_puts(&body, "{\"data\":[");
	for (int i = page * remote->page; i < last && i < remote->subscribers; i++)
		strbuf_printf(&body, "%s{\"id\":\"" SUBSCRIBER_ID "\",\"project_id\":\"%s\",\"created_at\":\"2026-01-02T03:04:05Z\","
			      "\"subscriber\":{\"email\":\"S%d@X.example\",\"first_name\":\"Zo\\u00eb \\\"%d\\\"\"}}",
			      i % remote->page ? "," : "", i, remote->project, i, i);
	strbuf_puts(&body, "],\"links\":{");
	if (last < remote->subscribers)
		strbuf_printf(&body, "\"next\":\"https://elsewhere.example/p/%d\"", page + 1);
	strbuf_puts(&body, "}}");
	return text(remote, &body);
}

static struct fake_answer credentials_of(struct remote *remote, int subscriber)
{
	struct strbuf body = STRBUF_INIT;

	strbuf_printf(&body, "{\"data\":[{\"id\":\"" CREDENTIAL_ID "\",\"username\":\"U%d\",\"caller_id\":null,"
		      "\"codecs\":[\"PCMU\",\"OPUS@8000H@20I\"],\"ciphers\":[],\"encryption\":\"optional\"}],\"links\":{}}",
		      subscriber, subscriber);
	return text(remote, &body);
}

static struct fake_answer plain(struct remote *remote, const char *body)
{
	struct strbuf copy = STRBUF_INIT;

	strbuf_puts(&copy, body);
	return text(remote, &copy);
}

static void start_sleep(struct remote *remote)
{
	const struct db_statement sleep = { .sql = "select pg_sleep(0.3)" };

	if (remote->slow)
		db_run(remote->slow, DB_AUTOCOMMIT, &sleep, 1, told_done, &remote->awake);
}

static bool is_fault(const struct remote *remote, const char *path)
{
	const char *fault = remote->fault_path;

	if (!fault)
		return false;
	if (*fault != '*')
		return strcmp(fault, path) == 0;
	return strlen(path) >= strlen(fault) - 1 && strcmp(path + strlen(path) - strlen(fault) + 1, fault + 1) == 0;
}

static struct fake_answer respond(const char *method, const char *path, void *arg)
{
	struct remote *remote = arg;
	int number = 0;

	assert_string_equal(method, "GET");
	if (is_fault(remote, path))
		return remote->fault;
	if (remote->slow && !remote->awake.times)
		remote->pages_while_slow = remote->pages;
	if (strcmp(path, PROFILE_PATH) == 0)
		return plain(remote, "{\"domain\":\"" DOMAIN "\"}");
	if (strcmp(path, SUBSCRIBERS "?page_size=1000") == 0) {
		start_sleep(remote);
		return subscribers_page(remote, 0);
	}
	if (sscanf(path, "/p/%d", &number) == 1)
		return subscribers_page(remote, number);
	if (sscanf(path, SUBSCRIBERS "/00000000-0000-4000-8000-%12d/sip_endpoints", &number) == 1)
		return credentials_of(remote, number);
	if (strcmp(path, ENDPOINTS_PATH) == 0)
		return plain(remote, "{\"data\":[{\"id\":\"3f2504e0-4f89-41d3-9a0c-0305e82c3301\",\"created_at\":\"2026-01-01T00:00:00Z\","
			     "\"sip_endpoint\":{\"id\":\"3f2504e0-4f89-41d3-9a0c-0305e82c33ff\",\"username\":\"Door\",\"call_handler\":\"default\"}}],"
			     "\"links\":{}}");
	if (strcmp(path, LEGACY_PATH) == 0)
		return plain(remote, "{\"data\":[{\"id\":\"3F2504E0-4F89-41D3-9A0C-0305E82C33FF\",\"username\":\"Door\"},"
			     "{\"id\":\"3f2504e0-4f89-41d3-9a0c-0305e82c33fe\",\"username\":\"old\"}],\"links\":{}}");
	fail_msg("nobody should ask for %s", path);
	return (struct fake_answer){ 0 };
}

/* ---- A scene. ------------------------------------------------------------------- */

struct scene {
	struct http *http;
	struct api *api;
	struct survey *survey;
	struct remote remote;
};

static void scene_begin(struct scene *scene, struct world *world, struct db *db, int subscribers, int page)
{
	struct survey_setup setup = {
		.loop = world->loop, .db = db, .project_id = PROJECT, .sip_domain = DOMAIN,
	};

	*scene = (struct scene){ .remote = { .subscribers = subscribers, .page = page, .project = PROJECT } };
	setup.http = scene->http = fake_http_new(world->loop);
	setup.api = scene->api = api_new(world->loop, scene->http);
	scene->survey = survey_new(&setup);
	fake_http_respond(scene->http, respond, &scene->remote);
}

static void scene_end(struct scene *scene)
{
	api_free(scene->api);
	http_free(scene->http);
	survey_free(scene->survey);
	for (size_t i = 0; i < scene->remote.body_count; i++)
		mem_free(scene->remote.bodies[i]);
	mem_free(scene->remote.bodies);
	mem_free(scene->remote.awake.text);
}

static int run(struct scene *scene, struct world *world, struct error *err)
{
	int rc = 0;

	loop_timer_arm(world->deadline, DEADLINE_MS);
	rc = survey_run(scene->survey, err);
	loop_timer_disarm(world->deadline);
	return rc;
}

static void run_well(struct scene *scene, struct world *world)
{
	struct error err = ERROR_INIT;

	if (run(scene, world, &err))
		fail_msg("%s", error_text(&err));
}

/* ---- What is in the tables. ------------------------------------------------------ */

static void reads_everything(void **state)
{
	struct world *world = *state;
	struct scene scene;
	struct error err = ERROR_INIT;

	scene_begin(&scene, world, world->db, 1201, 12);
	run_well(&scene, world);
	assert_return_code(survey_check_whole(scene.survey, &err), 0);
	for (int i = 0; i < SURVEY_PARTS; i++)
		assert_true(survey_whole(scene.survey, (enum survey_part)i, NULL));
	assert_int_equal(survey_count(scene.survey, SURVEY_SUBSCRIBERS), 1201);
	assert_int_equal(survey_count(scene.survey, SURVEY_CREDENTIALS), 1201);
	assert_int_equal(survey_count(scene.survey, SURVEY_ENDPOINTS), 1);
	assert_int_equal(survey_count(scene.survey, SURVEY_LEGACY), 2);
	/* The canary, 101 pages, two lists, one for each subscriber; none twice. */
	assert_int_equal(fake_http_count(scene.http), 1 + 101 + 2 + 1201);
	assert_in_range(fake_http_most(scene.http), 2, FAKE_HTTP_WINDOW / 2);

	expect_answer(world->db, "select count(*) from pg_temp.survey_subscriber where credentials = 'whole'", "1201");
	expect_answer(world->db, "select concat_ws(' ', email, email_folded, first_name, created_at at time zone 'UTC', last_name is null)"
		      " from pg_temp.survey_subscriber where id = '00000000-0000-4000-8000-000000000777'",
		      "S777@X.example s777@x.example Zo\u00eb \"777\" 2026-01-02 03:04:05 t");
	expect_answer(world->db, "select concat_ws(' ', id, username, username_folded, codecs, ciphers, encryption, caller_id is null, send_as is null)"
		      " from pg_temp.survey_credential where subscriber_id = '00000000-0000-4000-8000-000000000777'",
		      "00000000-0000-4000-9000-000000000777 U777 u777 {PCMU,OPUS@8000H@20I} {} optional t t");
	expect_answer(world->db, "select string_agg(concat_ws(' ', place, username, subscriber_id is null, call_handler), ', ' order by id::text, place)"
		      " from pg_temp.survey_credential where place <> 'subscriber'",
		      "standalone Door t default, legacy old t, legacy Door t");
	/* An endpoint of the legacy list is known by its inner id, whatever the case. */
	expect_answer(world->db, "select count(*) from pg_temp.survey_credential l join pg_temp.survey_credential s on s.inner_id = l.id"
		      " where l.place = 'legacy' and s.place = 'standalone'", "1");
	expect_answer(world->db, "select count(*) from pg_class where relname like 'survey_%' and relkind = 'r' and relnamespace <> pg_my_temp_schema()", "0");

	scene_end(&scene);

	/* Once more, in the same session: nothing of before is left. */
	scene_begin(&scene, world, world->db, 3, 12);
	run_well(&scene, world);
	expect_answer(world->db, "select count(*) from pg_temp.survey_subscriber", "3");
	scene_end(&scene);
}

static void reads_nothing_where_nothing_is(void **state)
{
	struct world *world = *state;
	struct scene scene;

	scene_begin(&scene, world, world->db, 0, 12);
	run_well(&scene, world);
	assert_true(survey_whole(scene.survey, SURVEY_SUBSCRIBERS, NULL));
	assert_true(survey_whole(scene.survey, SURVEY_CREDENTIALS, NULL));
	scene_end(&scene);
}

/* ---- What is not whole. ------------------------------------------------------------ */

#define VISIT(n) SUBSCRIBERS "/00000000-0000-4000-8000-0000000000" n "/sip_endpoints"
#define BODY(body) { HTTP_ANSWERED, 200, NULL, body, 0 }
#define STATUS(status) { HTTP_ANSWERED, status, NULL, "{\"error\":\"no\"}", 0 }

static void says_what_is_not_whole(void **state)
{
	static const struct {
		const char *name, *path;
		struct fake_answer answer;
		unsigned parts; /* that are not whole: bits of enum survey_part */
		const char *subscribers, *states;
	} rows[] = {
		{ "500 on page 3", "/p/2", STATUS(500), 1U << SURVEY_SUBSCRIBERS | 1U << SURVEY_CREDENTIALS, "20", "whole:20" },
		{ "404 on page 2", "/p/1", STATUS(404), 1U << SURVEY_SUBSCRIBERS | 1U << SURVEY_CREDENTIALS, "10", "whole:10" },
		{ "HTML on page 2", "/p/1", { HTTP_ANSWERED, 200, "text/html", "<html>", 0 },
		  1U << SURVEY_SUBSCRIBERS | 1U << SURVEY_CREDENTIALS, "10", "whole:10" },
		{ "no answer on page 1", SUBSCRIBERS "?page_size=1000", { HTTP_NO_ANSWER, 0, NULL, NULL, 0 },
		  1U << SURVEY_SUBSCRIBERS | 1U << SURVEY_CREDENTIALS, "0", NULL },
		{ "next is the page itself", "/p/1", BODY("{\"data\":[],\"links\":{\"next\":\"/p/1\"}}"),
		  1U << SURVEY_SUBSCRIBERS | 1U << SURVEY_CREDENTIALS, "10", "whole:10" },
		{ "next goes back", "/p/1", BODY("{\"data\":[],\"links\":{\"next\":\"" SUBSCRIBERS "?page_size=1000\"}}"),
		  1U << SURVEY_SUBSCRIBERS | 1U << SURVEY_CREDENTIALS, "10", "whole:10" },
		{ "a page without links", "/p/1", BODY("{\"data\":[]}"), 1U << SURVEY_SUBSCRIBERS | 1U << SURVEY_CREDENTIALS, "10", "whole:10" },
		{ "an empty page with a next", "/p/1", BODY("{\"data\":[],\"links\":{\"next\":\"/p/2\"}}"), 0, "20", "whole:20" },
		{ "500 of one subscriber", VISIT("07"), STATUS(500), 1U << SURVEY_CREDENTIALS, "30", "failed:1 whole:29" },
		{ "404 of one subscriber", VISIT("07"), STATUS(404), 1U << SURVEY_CREDENTIALS, "30", "gone:1 whole:29" },
		{ "no id in a row", VISIT("07"), BODY("{\"data\":[{\"username\":\"1\"}],\"links\":{}}"), 1U << SURVEY_CREDENTIALS, "30", "failed:1 whole:29" },
		{ "500 of the standalone ones", ENDPOINTS_PATH, STATUS(500), 1U << SURVEY_ENDPOINTS, "30", "whole:30" },
		{ "404 of the legacy list", LEGACY_PATH, STATUS(404), 1U << SURVEY_LEGACY, "30", "whole:30" },
	};
	struct world *world = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct scene scene;
		struct error err = ERROR_INIT;
		char *count = NULL, *states = NULL;

		scene_begin(&scene, world, world->db, 30, 10);
		scene.remote.fault_path = rows[i].path;
		scene.remote.fault = rows[i].answer;
		run_well(&scene, world);
		for (int p = 0; p < SURVEY_PARTS; p++) {
			const char *why = NULL;
			bool whole = survey_whole(scene.survey, (enum survey_part)p, &why);

			if (whole != !(rows[i].parts & 1U << p) || whole != !why)
				fail_msg("%s: %s: %s", rows[i].name, survey_part_name((enum survey_part)p), why ? why : "whole");
		}
		assert_int_equal(survey_check_whole(scene.survey, &err), rows[i].parts ? -1 : 0);
		assert_int_equal(err.exit_code, rows[i].parts ? EXIT_LATER : 0);
		error_clear(&err);
		count = ask(world->db, "select count(*) from pg_temp.survey_subscriber");
		states = ask(world->db, "select string_agg(credentials || ':' || n, ' ' order by credentials)"
			     " from (select credentials, count(*) n from pg_temp.survey_subscriber group by 1) s");
		if (strcmp(count, rows[i].subscribers) != 0 || (states == NULL) != (rows[i].states == NULL) ||
		    (states && strcmp(states, rows[i].states) != 0))
			fail_msg("%s: %s subscribers, %s", rows[i].name, count, states ? states : "none");
		mem_free(count);
		mem_free(states);
		scene_end(&scene);
	}
}

static void names_whom_it_could_not_read(void **state)
{
	struct world *world = *state;
	struct scene scene;
	struct error err = ERROR_INIT;

	scene_begin(&scene, world, world->db, 30, 10);
	scene.remote.fault_path = VISIT("07");
	scene.remote.fault = (struct fake_answer)STATUS(500);
	run_well(&scene, world);
	assert_return_code(survey_check_whole(scene.survey, &err) + 1, 0);
	assert_non_null(strstr(error_text(&err), "credentials of subscribers (those of 1 subscribers could not be read; subscriber "
						 "00000000-0000-4000-8000-000000000007"));
	error_clear(&err);
	expect_answer(world->db, "select trouble is not null from pg_temp.survey_subscriber where credentials = 'failed'", "t");
	scene_end(&scene);
}

/* A service that is down gets no request for each of a hundred thousand subscribers. */
static void stops_where_nobody_answers(void **state)
{
	struct world *world = *state;
	struct scene scene;
	const char *why = NULL;

	scene_begin(&scene, world, world->db, 1000, 1000);
	scene.remote.fault_path = "*/sip_endpoints";
	scene.remote.fault = (struct fake_answer){ HTTP_NO_ANSWER, 0, NULL, NULL, 0 };
	run_well(&scene, world);
	assert_false(survey_whole(scene.survey, SURVEY_CREDENTIALS, &why));
	assert_non_null(strstr(why, "20 in a row"));
	assert_in_range(fake_http_count(scene.http), 20, 60);
	expect_answer(world->db, "select count(*) > 970 from pg_temp.survey_subscriber where credentials = 'unread'", "t");
	scene_end(&scene);
}

/* ---- No survey at all. --------------------------------------------------------------- */

static void refuses_what_is_not_its_project(void **state)
{
	static const struct { const char *path; struct fake_answer answer; const char *project; int exit_code; } rows[] = {
		{ PROFILE_PATH, BODY("{\"domain\":\"other.sip.signalwire.com\"}"), PROJECT, EXIT_FENCE },
		{ PROFILE_PATH, STATUS(404), PROJECT, EXIT_FENCE },
		{ PROFILE_PATH, STATUS(401), PROJECT, EXIT_DENIED },
		{ PROFILE_PATH, STATUS(500), PROJECT, EXIT_LATER },
		{ "/p/1", STATUS(403), PROJECT, EXIT_DENIED },
		{ VISIT("07"), STATUS(401), PROJECT, EXIT_DENIED },
		{ LEGACY_PATH, STATUS(403), PROJECT, EXIT_DENIED },
		{ NULL, STATUS(200), "21111111-2222-4333-8444-555555555555", EXIT_FENCE },
	};
	struct world *world = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct scene scene;
		struct error err = ERROR_INIT;

		scene_begin(&scene, world, world->db, 30, 10);
		scene.remote.fault_path = rows[i].path;
		scene.remote.fault = rows[i].answer;
		scene.remote.project = rows[i].project;
		if (!run(&scene, world, &err) || err.exit_code != rows[i].exit_code)
			fail_msg("row %zu: exit %d: %s", i, err.exit_code, error_text(&err));
		for (int p = 0; p < SURVEY_PARTS; p++)
			assert_false(p == SURVEY_CREDENTIALS && survey_whole(scene.survey, (enum survey_part)p, NULL));
		error_clear(&err);
		scene_end(&scene);
	}
}

static void names_the_grant_that_is_missing(void **state)
{
	struct world *world = *state;
	struct scene scene;
	struct error err = ERROR_INIT;
	struct db *poor = NULL;

	sql(world->other, "create role \"poor One\" login");
	sql(world->other, "revoke temporary on database postgres from public");
	poor = db_new(world->loop, "user='poor One'", "swbridge-poor");
	assert_return_code(db_connect_wait(poor, DEADLINE_MS, &err), 0);
	scene_begin(&scene, world, poor, 3, 10);
	assert_int_equal(run(&scene, world, &err), -1);
	assert_int_equal(err.exit_code, EXIT_CONFIG);
	assert_non_null(strstr(error_text(&err), "GRANT TEMPORARY ON DATABASE \"postgres\" TO \"poor One\""));
	assert_int_equal(fake_http_count(scene.http), 0);
	error_clear(&err);
	scene_end(&scene);
	sql(world->other, "grant temporary on database postgres to \"poor One\"");
	scene_begin(&scene, world, poor, 3, 10);
	run_well(&scene, world);
	scene_end(&scene);
	db_free(poor);
	sql(world->other, "grant temporary on database postgres to public");
}

static void ends_with_its_connection(void **state)
{
	struct world *world = *state;
	struct scene scene;
	struct error err = ERROR_INIT;

	scene_begin(&scene, world, world->db, 1000, 100);
	scene.remote.slow = world->db;
	sql(world->other, "create or replace function end_sleepers() returns void language plpgsql as $$ begin"
	    " loop exit when exists (select from pg_stat_activity where query ~ '^select pg_sleep' and state = 'active'"
	    " and pg_terminate_backend(pid)); perform pg_stat_clear_snapshot(); perform pg_sleep(0.01); end loop; end $$");
	{
		const struct db_statement end = { .sql = "select end_sleepers()" };

		db_run(world->other, DB_AUTOCOMMIT, &end, 1, NULL, NULL);
	}
	assert_int_equal(run(&scene, world, &err), -1);
	assert_int_equal(err.kind, ERROR_LATER);
	error_clear(&err);
	scene_end(&scene);
}

/* ---- Memory. --------------------------------------------------------------------------- */

static void waits_for_the_database(void **state)
{
	struct world *world = *state;
	struct scene scene;

	scene_begin(&scene, world, world->db, 10000, 100);
	scene.remote.slow = world->db;
	run_well(&scene, world);
	assert_int_equal(scene.remote.awake.times, 1);
	/* A batch on its way, and as much again waits; then no page is asked for. */
	assert_in_range(scene.remote.pages_while_slow, 5, 20);
	assert_int_equal(scene.remote.pages, 100);
	expect_answer(world->db, "select count(*) from pg_temp.survey_subscriber", "10000");
	scene_end(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(reads_everything),
		TEST(reads_nothing_where_nothing_is),
		TEST(says_what_is_not_whole),
		TEST(names_whom_it_could_not_read),
		TEST(stops_where_nobody_answers),
		TEST(refuses_what_is_not_its_project),
		TEST(names_the_grant_that_is_missing),
		TEST(ends_with_its_connection),
		TEST(waits_for_the_database),
	};

	return cmocka_run_group_tests_name("survey", tests, NULL, NULL);
}
