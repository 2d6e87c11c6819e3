/* test_ears - the connection that LISTENs: what it tells, and when it knows that it hears. */
#include "db_proxy.h"
#include "ears.h"
#include "strbuf.h"

#define CHANNEL "Sw\"bridge"

enum { PROBE_MS = 50, ANSWER_MS = 1000 };

/* What is dead is to be seen soon; elsewhere a machine that stands still for a moment is no deafness. */
#define SOON(hall) ((hall)->answer_ms = ANSWER_MS)

struct hall {
	struct world *world;
	struct ears *ears;
	struct proxy *proxy;
	struct strbuf told; /* "deaf;" "hearing;" "all;" "KEY;" in their order */
	char *reason;       /* of the last "deaf" */
	const char *awaited;
	bool dumb;          /* speak() has no connection */
	bool confirms;
	int64_t answer_ms;  /* 0: the program's own */
	int spoken;
	int notifications;
};

static void heard(const char *key, bool told, void *arg)
{
	struct hall *hall = arg;

	assert_true(told || !key);
	hall->notifications += told;

	strbuf_printf(&hall->told, "%s;", key ? key : "all");
}

static void changed(bool deaf, const char *reason, void *arg)
{
	struct hall *hall = arg;

	assert_true(deaf == (reason[0] != '\0'));
	strbuf_puts(&hall->told, deaf ? "deaf;" : "hearing;");
	if (deaf) {
		mem_free(hall->reason);
		hall->reason = mem_strdup(reason);
	}
}

static void spoken(struct db_result *const *results, const struct error *err, void *arg)
{
	struct hall *hall = arg;

	(void)results;
	if (hall->confirms && hall->ears)
		ears_spoken(hall->ears, !err);
}

static void notify(struct hall *hall, const char *channel, const char *payload)
{
	const char *params[] = { channel, payload };
	struct db_statement statement = { .sql = "select pg_notify($1, $2)", .params = params, .param_count = 2 };

	db_run(hall->world->other, DB_AUTOCOMMIT, &statement, 1, spoken, hall);
}

static bool speak(const char *channel, const char *payload, void *arg)
{
	struct hall *hall = arg;

	assert_string_equal(channel, CHANNEL);
	if (hall->dumb)
		return false;
	hall->spoken++;
	notify(hall, channel, payload);
	return true;
}

static struct ears *open_ears(struct hall *hall, const char *conninfo)
{
	const struct ears_setup setup = {
		.loop = hall->world->loop, .conninfo = conninfo, .channel = CHANNEL, .probe_ms = PROBE_MS,
		.answer_ms = hall->answer_ms, .confirms = hall->confirms, .heard = heard, .changed = changed, .speak = speak,
		.arg = hall,
	};

	return ears_new(&setup);
}

static int setup(void **state)
{
	struct hall *hall = mem_alloc(sizeof *hall);
	void *world = NULL;

	world_setup(&world);
	hall->world = world;
	hall->proxy = proxy_new(hall->world->loop);
	strbuf_init(&hall->told);
	*state = hall;
	return 0;
}

static int teardown(void **state)
{
	struct hall *hall = *state;
	void *world = hall->world;

	ears_free(hall->ears);
	hall->ears = NULL;
	proxy_free(hall->proxy);
	world_teardown(&world);
	strbuf_release(&hall->told);
	mem_free(hall->reason);
	mem_free(hall);
	return 0;
}

static bool told_it(void *arg)
{
	const struct hall *hall = arg;

	return strstr(hall->told.data, hall->awaited) != NULL;
}

/* Turns until it was told, and forgets what was told. */
static void expect(struct hall *hall, const char *wanted)
{
	hall->awaited = wanted;
	if (!await(hall->world, told_it, hall) || strcmp(hall->told.data, wanted) != 0)
		fail_msg("told: %s, wanted: %s (%s)", hall->told.data, wanted, hall->reason ? hall->reason : "");
	strbuf_truncate(&hall->told, 0);
}

static bool ears_spoke_on(void *arg)
{
	const struct hall *hall = arg;

	return hall->spoken > 3;
}

static void listen_by_proxy(struct hall *hall)
{
	char *conninfo = mem_printf("host=%s", hall->proxy->directory);

	hall->ears = open_ears(hall, conninfo);
	mem_free(conninfo);
	expect(hall, "hearing;all;");
}

static void terminate(struct hall *hall)
{
	sql(hall->world->db, "select pg_terminate_backend(pid) from pg_stat_activity where application_name like '%(ears)'");
}

static void keys_arrive(void **state)
{
	struct hall *hall = *state;

	hall->ears = open_ears(hall, "");
	assert_true(ears_deaf(hall->ears));
	expect(hall, "hearing;all;");
	assert_false(ears_deaf(hall->ears));
	assert_string_equal(ears_reason(hall->ears), "");
	notify(hall, CHANNEL, "k1");
	expect(hall, "k1;");
	notify(hall, CHANNEL, "*");
	expect(hall, "all;");
	notify(hall, CHANNEL, "");
	expect(hall, "all;");
	notify(hall, "elsewhere", "k2");
	notify(hall, CHANNEL, "?swbridge-probe:0123456789abcdef:1"); /* another daemon's */
	notify(hall, CHANNEL, "?k=3");
	expect(hall, "?k=3;");
	hall->spoken = 0;
	assert_true(await(hall->world, ears_spoke_on, hall)); /* and probes go on, and say nothing */
	assert_string_equal(hall->told.data, "");
}

static void two_daemons_share_a_channel(void **state)
{
	struct hall *hall = *state;
	struct hall second = { .world = hall->world };

	strbuf_init(&second.told);
	hall->ears = open_ears(hall, "");
	second.ears = open_ears(&second, "");
	expect(hall, "hearing;all;");
	expect(&second, "hearing;all;");
	hall->spoken = second.spoken = 0;
	second.dumb = true; /* the first one's probes are no proof for it */
	expect(&second, "deaf;");
	assert_non_null(strstr(second.reason, "cannot be proved"));
	assert_string_equal(hall->told.data, "");
	second.dumb = false;
	expect(&second, "hearing;all;");
	ears_free(second.ears);
	second.ears = NULL;
	strbuf_release(&second.told);
	mem_free(second.reason);
}

/* I22: what is committed behind LISTEN is told, what was before it is looked for: heard(NULL) comes behind both. */
static void listens_then_looks(void **state)
{
	struct hall *hall = *state;

	hall->ears = open_ears(hall, "");
	expect(hall, "hearing;all;");
	hall->dumb = true;
	terminate(hall);
	expect(hall, "deaf;");
	assert_non_null(strstr(hall->reason, "administrator command"));
	assert_string_equal(hall->reason, ears_reason(hall->ears));
	notify(hall, CHANNEL, "lost"); /* nobody listens now: only the look finds it */
	await_answer(hall->world, "select count(*) from pg_stat_activity where application_name like '%(ears)' and query like 'listen %'"
		     " and state = 'idle'", "1"); /* committed, and not only on its way */
	notify(hall, CHANNEL, "between");
	expect(hall, "between;");
	assert_true(ears_deaf(hall->ears)); /* it listens, and has not proved that it hears */
	hall->dumb = false;
	expect(hall, "hearing;all;");
	assert_int_equal(hall->notifications, 1); /* what is looked at because nobody told is none */
	notify(hall, CHANNEL, "*");
	expect(hall, "all;");
	assert_int_equal(hall->notifications, 2);
}

/* I24: a lost connection is deafness, told once however often it is tried. */
static void a_loss_is_told_once(void **state)
{
	struct hall *hall = *state;

	hall->ears = open_ears(hall, "");
	expect(hall, "hearing;all;");
	for (int i = 0; i < 3; i++) {
		terminate(hall);
		expect(hall, "deaf;hearing;all;");
	}
}

static void nobody_there_is_told_once(void **state)
{
	struct hall *hall = *state;

	hall->ears = open_ears(hall, "host=/no/such/directory");
	expect(hall, "deaf;");
	assert_non_null(strstr(hall->reason, "cannot connect to database"));
	hall->world->paused = true;
	loop_timer_arm(hall->world->pause, 600); /* several tries */
	await(hall->world, pause_done, hall->world);
	assert_string_equal(hall->told.data, "");
}

/* I24: a socket that is open and dead: two probes, then a new connection. */
static void half_open_is_noticed(void **state)
{
	struct hall *hall = *state;
	int64_t since = 0, before = 0;

	SOON(hall);
	listen_by_proxy(hall);
	before = ears_deaf_ms(hall->ears);
	since = loop_now_ms();
	proxy_freeze(hall->proxy);
	notify(hall, CHANNEL, "lost");
	expect(hall, "deaf;");
	assert_true(loop_now_ms() - since >= ANSWER_MS - PROBE_MS);
	assert_non_null(strstr(hall->reason, "did not arrive within 1000 ms"));
	assert_int_equal(hall->proxy->count, 1);
	expect(hall, "hearing;all;");
	assert_int_equal(hall->proxy->count, 2);
	assert_true(ears_deaf_ms(hall->ears) - before >= ANSWER_MS);
}

/* I24: the session stands, and does not listen any more. */
static void unlisten_is_noticed(void **state)
{
	struct hall *hall = *state;

	SOON(hall);
	listen_by_proxy(hall);
	proxy_say(hall->proxy, "UNLISTEN *");
	expect(hall, "deaf;hearing;all;");
	assert_int_equal(hall->proxy->count, 2);
	notify(hall, CHANNEL, "k1");
	expect(hall, "k1;");
}

/* I25: it is idle, in no transaction, whenever somebody looks. */
static void never_in_a_transaction(void **state)
{
	struct hall *hall = *state;

	hall->ears = open_ears(hall, "");
	expect(hall, "hearing;all;");
	for (int i = 0; i < 20; i++) {
		notify(hall, CHANNEL, "k");
		expect(hall, "k;");
		expect_answer(hall->world->db, "select string_agg(distinct state, ',') from pg_stat_activity"
			      " where application_name like '%(ears)'", "idle");
	}
}

static void deaf_time_counts_deafness_only(void **state)
{
	struct hall *hall = *state;
	int64_t after = 0;

	hall->ears = open_ears(hall, "");
	expect(hall, "hearing;all;");
	after = ears_deaf_ms(hall->ears);
	hall->spoken = 0;
	assert_true(await(hall->world, ears_spoke_on, hall));
	assert_int_equal(ears_deaf_ms(hall->ears), after);
	hall->dumb = true;
	terminate(hall);
	expect(hall, "deaf;");
	hall->world->paused = true;
	loop_timer_arm(hall->world->pause, 100);
	await(hall->world, pause_done, hall->world);
	assert_true(ears_deaf_ms(hall->ears) >= after + 99);
	hall->dumb = false;
	expect(hall, "hearing;all;");
}

/* The ledger's connection is busy for longer than a probe may take, or nothing need be proved: that is no deafness. */
static void a_busy_speaker_is_not_deafness(void **state)
{
	struct hall *hall = *state;
	struct db_statement sleeps = { .sql = "select pg_sleep(2)" };

	SOON(hall);
	hall->confirms = true;
	hall->ears = open_ears(hall, "");
	expect(hall, "hearing;all;");
	db_run(hall->world->other, DB_AUTOCOMMIT, &sleeps, 1, NULL, NULL);
	hall->spoken = 0;
	assert_true(await(hall->world, ears_spoke_on, hall));
	assert_string_equal(hall->told.data, "");
	notify(hall, CHANNEL, "k1");
	expect(hall, "k1;");
}

static bool none_connects(void *arg)
{
	(void)arg;
	return !db_connects();
}

/* While it connects, LISTENs and waits for its proof. */
static void freed_at_any_time(void **state)
{
	struct hall *hall = *state;

	for (int turns = 0; !hall->told.len; turns++) {
		struct ears *ears = open_ears(hall, "");

		for (int i = 0; i < turns; i++) {
			hall->world->paused = true;
			loop_timer_arm(hall->world->pause, 1);
			await(hall->world, pause_done, hall->world);
		}
		ears_free(ears);
		/* So many that still connect would be a reason to be deaf. */
		if (!hall->told.len)
			assert_true(await(hall->world, none_connects, NULL));
	}
	assert_string_equal(hall->told.data, "hearing;all;");
	ears_free(NULL);
}

#define HALL(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		HALL(keys_arrive), HALL(two_daemons_share_a_channel), HALL(listens_then_looks), HALL(a_loss_is_told_once),
		HALL(nobody_there_is_told_once), HALL(half_open_is_noticed), HALL(unlisten_is_noticed),
		HALL(never_in_a_transaction), HALL(deaf_time_counts_deafness_only), HALL(a_busy_speaker_is_not_deafness),
		HALL(freed_at_any_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
