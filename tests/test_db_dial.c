/* test_db_dial - connecting while name servers are silent: the loop goes on, and every end comes in time. */
#include "db_world.h"

#include <dirent.h>
#include <dlfcn.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

/*
 * libpq's calls end up here, since the program comes before the C library.  The
 * one name that the tests make up is not answered before they say so.
 */
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t opened = PTHREAD_COND_INITIALIZER;
static bool held;
static atomic_int asked, answered;

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **found)
{
	int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **) = NULL;

	*(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
	if (!node || strcmp(node, "silent.invalid") != 0)
		return real(node, service, hints, found);
	asked++;
	pthread_mutex_lock(&gate);
	while (held)
		pthread_cond_wait(&opened, &gate);
	pthread_mutex_unlock(&gate);
	answered++;
	return EAI_AGAIN;
}

static void hold(void)
{
	pthread_mutex_lock(&gate);
	held = true;
	pthread_mutex_unlock(&gate);
}

static void answer(void)
{
	pthread_mutex_lock(&gate);
	held = false;
	pthread_cond_broadcast(&opened);
	pthread_mutex_unlock(&gate);
}

/* ---- What the tests wait for. ---------------------------------------------- */

struct beat {
	struct loop_timer *timer;
	int count;
};

static void beat(void *arg)
{
	struct beat *heart = arg;

	heart->count++;
	loop_timer_arm(heart->timer, 5);
}

static bool hangs(void *arg)
{
	(void)arg;
	return asked > answered;
}

/* The loop turned, and did other work, after the name was asked for. */
static bool went_on(void *arg)
{
	const struct beat *heart = arg;

	return heart->count > 10 && asked > answered;
}

/* Whether the thread that this runs in is the only one. */
static bool alone(void *arg)
{
	DIR *tasks = opendir("/proc/self/task");
	int count = 0;

	(void)arg;
	assert_non_null(tasks);
	for (struct dirent *entry = readdir(tasks); entry; entry = readdir(tasks))
		count += entry->d_name[0] != '.';
	closedir(tasks);
	return count == 1;
}

/* What was given up ends by itself once libpq is answered; meanwhile the loop has to turn. */
static void all_threads_end(struct world *world)
{
	struct beat heart = { .timer = NULL };

	heart.timer = loop_timer_new(world->loop, beat, &heart);
	loop_timer_arm(heart.timer, 0);
	answer();
	assert_true(await(world, alone, NULL));
	assert_int_equal(asked, answered);
	assert_false(db_connects());
	loop_timer_free(heart.timer);
}

static int release(void **state)
{
	answer();
	return world_teardown(state);
}

/* ---- The tests. ------------------------------------------------------------ */

static void the_loop_goes_on(void **state)
{
	struct world *world = *state;
	struct db *db = db_new(world->loop, "host=silent.invalid dbname=postgres", "swbridge-test");
	struct told connected = { 0 };
	struct beat heart = { 0 };
	struct db_result *result = NULL;
	struct error err = ERROR_INIT;

	hold();
	heart.timer = loop_timer_new(world->loop, beat, &heart);
	loop_timer_arm(heart.timer, 0);
	db_connect(db, DEADLINE_MS, told_lost, &connected);
	assert_true(await(world, went_on, &heart));
	/* Another connection works meanwhile. */
	assert_return_code(db_query_wait(world->db, "select 7", NULL, 0, &result, &err), 0);
	assert_int_equal(db_result_int(result, 0, 0), 7);
	db_result_free(result);
	assert_int_equal(connected.times, 0);
	assert_true(asked > answered);

	answer();
	assert_true(await(world, was_told, &connected));
	assert_int_equal(connected.times, 1);
	assert_int_equal(connected.kind, ERROR_LATER);
	assert_non_null(strstr(connected.text, "could not translate host name"));
	assert_non_null(strstr(connected.text, "name service"));
	loop_timer_free(heart.timer);
	mem_free(connected.text);
	db_free(db);
}

static void the_look_up_has_a_deadline(void **state)
{
	struct world *world = *state;
	struct db *db = db_new(world->loop, "host=silent.invalid dbname=postgres", "swbridge-test");
	struct error err = ERROR_INIT;
	int64_t start = loop_now_ms();

	hold();
	assert_int_equal(db_connect_wait(db, 150, &err), -1);
	assert_true(loop_now_ms() - start >= 300 && loop_now_ms() - start < DEADLINE_MS);
	assert_int_equal(err.exit_code, EXIT_LATER);
	assert_non_null(strstr(error_text(&err), "looked up"));
	assert_non_null(strstr(error_text(&err), "hostaddr"));
	error_clear(&err);

	/* The same object connects again, while the earlier thread still hangs there. */
	assert_int_equal(db_connect_wait(db, 50, &err), -1);
	error_clear(&err);
	db_free(db);
	assert_true(db_connects()); /* so the process must not end by exit(3) */
	all_threads_end(world);
}

/* What can hang for good does not become ever more. */
static void there_is_a_bound(void **state)
{
	struct world *world = *state;
	struct db *db = db_new(world->loop, "host=silent.invalid dbname=postgres", "swbridge-test");
	struct error err = ERROR_INIT;
	int attempts = 0;

	hold();
	for (; attempts < 100 && !strstr(error_text(&err), "still hang"); attempts++) {
		error_clear(&err);
		assert_int_equal(db_connect_wait(db, 1, &err), -1);
	}
	assert_int_equal(attempts, 17);
	assert_int_equal(err.exit_code, EXIT_LATER);
	error_clear(&err);
	db_free(db);
	all_threads_end(world);
}

static void interrupt(void *arg)
{
	struct world *world = arg;

	if (asked > answered)
		loop_break(world->loop);
	else
		loop_timer_arm(world->pause, 1);
}

/* SIGTERM's way: nobody waits for the name server. */
static void an_interruption_is_heard(void **state)
{
	struct world *world = *state;
	struct db *db = db_new(world->loop, "host=silent.invalid dbname=postgres", "swbridge-test");
	struct loop_timer *pause = world->pause;
	struct error err = ERROR_INIT;

	hold();
	world->pause = loop_timer_new(world->loop, interrupt, world);
	loop_timer_arm(world->pause, 1);
	assert_int_equal(db_connect_wait(db, DEADLINE_MS, &err), -1);
	assert_non_null(strstr(error_text(&err), "interrupted"));
	loop_timer_free(world->pause);
	world->pause = pause;
	error_clear(&err);
	db_free(db);
	all_threads_end(world);
}

static bool knows_the_first(void *arg)
{
	return strstr(db_describe(arg), "127.0.0.1") != NULL;
}

/* The second host of a list is looked up late, from within PQconnectPoll(), and the deadline knows. */
static void the_second_host_too(void **state)
{
	struct world *world = *state;
	struct db *db = db_new(world->loop, "host=127.0.0.1,silent.invalid port=1,1 dbname=postgres", "swbridge-test");
	struct told connected = { 0 };
	struct beat heart = { 0 };
	struct error err = ERROR_INIT;

	hold();
	heart.timer = loop_timer_new(world->loop, beat, &heart);
	loop_timer_arm(heart.timer, 0);
	db_connect(db, DEADLINE_MS, told_lost, &connected);
	assert_true(await(world, went_on, &heart));
	assert_true(await(world, knows_the_first, db)); /* which was known before */
	db_close(db);
	assert_true(await(world, was_told, &connected));
	all_threads_end(world);

	hold();
	assert_int_equal(db_connect_wait(db, 2000, &err), -1);
	assert_true(hangs(NULL));
	assert_non_null(strstr(error_text(&err), "looked up"));
	error_clear(&err);
	all_threads_end(world);
	loop_timer_free(heart.timer);
	mem_free(connected.text);
	db_free(db);
}

/* It accepts and says nothing: who gives up there leaves no thread behind. */
static void a_silent_server_is_left(void **state)
{
	struct world *world = *state;
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof address;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct error err = ERROR_INIT;
	struct db *db = NULL;
	char *conninfo = NULL;

	assert_return_code(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
	assert_return_code(listen(fd, 8), 0);
	assert_return_code(getsockname(fd, (struct sockaddr *)&address, &len), 0);
	conninfo = mem_printf("host=127.0.0.1 port=%d dbname=postgres", ntohs(address.sin_port));
	db = db_new(world->loop, conninfo, "swbridge-test");
	assert_int_equal(db_connect_wait(db, 1500, &err), -1);
	assert_non_null(strstr(error_text(&err), "no answer within 1500 ms"));
	error_clear(&err);
	db_free(db);
	all_threads_end(world);
	close(fd);
	mem_free(conninfo);
}

static void no_descriptor_is_said(void **state)
{
	struct world *world = *state;
	struct db *db = NULL;
	struct error err = ERROR_INIT;
	struct rlimit before, none;
	const char *memcheck = getenv("MEMCHECK");

	/* Valgrind opens beyond the limit. */
	if (memcheck && *memcheck)
		skip();
	db = db_new(world->loop, "dbname=postgres", "swbridge-test");
	assert_return_code(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = before;
	none.rlim_cur = 3;
	assert_return_code(setrlimit(RLIMIT_NOFILE, &none), 0);
	assert_int_equal(db_connect_wait(db, DEADLINE_MS, &err), -1);
	assert_return_code(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_int_equal(err.exit_code, EXIT_LATER);
	assert_non_null(strstr(error_text(&err), "Cannot connect to the database"));
	assert_non_null(strstr(error_text(&err), "ulimit -n"));
	error_clear(&err);
	assert_return_code(db_connect_wait(db, DEADLINE_MS, &err), 0);
	db_free(db);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_loop_goes_on, world_setup, release),
		cmocka_unit_test_setup_teardown(the_look_up_has_a_deadline, world_setup, release),
		cmocka_unit_test_setup_teardown(there_is_a_bound, world_setup, release),
		cmocka_unit_test_setup_teardown(an_interruption_is_heard, world_setup, release),
		cmocka_unit_test_setup_teardown(the_second_host_too, world_setup, release),
		cmocka_unit_test_setup_teardown(a_silent_server_is_left, world_setup, release),
		cmocka_unit_test_setup_teardown(no_descriptor_is_said, world_setup, release),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
