/* test_sdnotify - what systemd hears, on a socket of the test's own. */
#include "sdnotify.h"

#include "check.h"

#include <build.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "mem.h"

struct scene {
	struct loop *loop;
	struct loop_timer *deadline;
	int fd; /* systemd's end */
	int heard;
	int wanted;
};

static void too_late(void *arg)
{
	(void)arg;
	fail_msg("nothing came in time");
}

static int set_up(void **state)
{
	static struct scene scene;
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct error err = ERROR_INIT;

	memset(&scene, 0, sizeof scene);
	if (loop_new(&scene.loop, &err))
		return -1;
	/* A name of the abstract kind: nothing to remove. */
	snprintf(address.sun_path + 1, sizeof address.sun_path - 1, "swbridge-test-%ld", (long)getpid());
	scene.fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (bind(scene.fd, (struct sockaddr *)&address,
		 (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(address.sun_path + 1))))
		return -1;
	address.sun_path[0] = '@';
	setenv("NOTIFY_SOCKET", address.sun_path, 1);
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
	scene.deadline = loop_timer_new(scene.loop, too_late, NULL);
	loop_timer_arm(scene.deadline, 20000);
	*state = &scene;
	return 0;
}

static int tear_down(void **state)
{
	struct scene *scene = *state;

	loop_timer_free(scene->deadline);
	loop_free(scene->loop);
	close(scene->fd);
	unsetenv("NOTIFY_SOCKET");
	return 0;
}

/* The next message; "" where there is none. */
static const char *hears(const struct scene *scene)
{
	static char text[4096];
	ssize_t len = recv(scene->fd, text, sizeof text - 1, 0);

	text[len > 0 ? len : 0] = '\0';
	return text;
}

static void states(void **state)
{
	const struct scene *scene = *state;
	struct sdnotify *sdnotify = sdnotify_new(scene->loop);

	assert_string_equal(hears(scene), ""); /* not before it is ready */
	sdnotify_ready(sdnotify, "in step, 12 extensions");
	assert_string_equal(hears(scene), "READY=1\nSTATUS=in step, 12 extensions");
	sdnotify_status(sdnotify, "in step, 12 extensions");
	assert_string_equal(hears(scene), ""); /* said already */
	sdnotify_status(sdnotify, "deaf");
	assert_string_equal(hears(scene), "STATUS=deaf");
	sdnotify_status(sdnotify, "x\nREADY=1");
	assert_string_equal(hears(scene), "STATUS=x\\x0aREADY=1");
	sdnotify_ready(sdnotify, NULL);
	assert_string_equal(hears(scene), "READY=1");
	sdnotify_stopping(sdnotify, "ends");
	assert_string_equal(hears(scene), "STOPPING=1\nSTATUS=ends");
	assert_int_equal(sdnotify_watchdog_ms(sdnotify), 0);
	sdnotify_free(sdnotify);
}

static void reload(void **state)
{
	const struct scene *scene = *state;
	struct sdnotify *sdnotify = sdnotify_new(scene->loop);
	struct timespec now = { 0 };
	long long usec = 0;

	sdnotify_reloading(sdnotify, "reads its configuration");
	assert_int_equal(sscanf(hears(scene), "RELOADING=1\nMONOTONIC_USEC=%lld\nSTATUS=reads", &usec), 1);
	clock_gettime(CLOCK_MONOTONIC, &now);
	assert_in_range(usec, (long long)(now.tv_sec - 5) * 1000000, (long long)(now.tv_sec + 1) * 1000000);
	sdnotify_free(sdnotify);
}

static bool fed_enough(void *arg)
{
	struct scene *scene = arg;
	const char *text = NULL;

	while (*(text = hears(scene))) {
		assert_string_equal(text, "WATCHDOG=1");
		scene->heard++;
	}
	return scene->heard >= scene->wanted;
}

static void nothing(void *arg)
{
	(void)arg;
}

/* One sign of life at once, then two in the time that systemd gave; none where the loop does not turn. */
static void watchdog(void **state)
{
	struct scene *scene = *state;
	struct loop_timer *turn = NULL;
	struct sdnotify *sdnotify = NULL;
	int64_t began = loop_now_ms();

	setenv("WATCHDOG_USEC", "40000", 1);
	sdnotify = sdnotify_new(scene->loop);
	turn = loop_timer_new(scene->loop, nothing, NULL);
	assert_int_equal(sdnotify_watchdog_ms(sdnotify), 20);
	while (loop_now_ms() < began + 60) /* the loop stands still */
		;
	assert_string_equal(hears(scene), "");
	began = loop_now_ms();
	scene->wanted = 4;
	assert_true(loop_until(scene->loop, fed_enough, scene));
	assert_true(loop_now_ms() >= began + 3 * 20 - 2);
	sdnotify_free(sdnotify);
	loop_timer_free(turn);
}

static void watchdog_of_another(void **state)
{
	const struct scene *scene = *state;
	struct sdnotify *sdnotify = NULL;

	setenv("WATCHDOG_USEC", "40000", 1);
	setenv("WATCHDOG_PID", "1", 1); /* meant for another process */
	sdnotify = sdnotify_new(scene->loop);
	assert_int_equal(sdnotify_watchdog_ms(sdnotify), 0);
	sdnotify_free(sdnotify);
}

/* Without libsystemd nothing is ever said, and all calls are there. */
static void silent_build(void **state)
{
	const struct scene *scene = *state;
	struct sdnotify *sdnotify = NULL;

	setenv("WATCHDOG_USEC", "40000", 1);
	sdnotify = sdnotify_new(scene->loop);
	assert_int_equal(sdnotify_watchdog_ms(sdnotify), 0);
	sdnotify_ready(sdnotify, "x");
	sdnotify_status(sdnotify, "y");
	assert_string_equal(hears(scene), "");
	sdnotify_free(sdnotify);
}

static void silent_without_systemd(void **state)
{
	const struct scene *scene = *state;
	struct sdnotify *sdnotify = NULL;

	unsetenv("NOTIFY_SOCKET");
	sdnotify = sdnotify_new(scene->loop);
	sdnotify_ready(sdnotify, "x");
	sdnotify_reloading(sdnotify, NULL);
	sdnotify_stopping(sdnotify, NULL);
	assert_string_equal(hears(scene), "");
	sdnotify_free(sdnotify);
	sdnotify_free(NULL);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest with[] = {
		TEST(states), TEST(reload), TEST(watchdog), TEST(watchdog_of_another), TEST(silent_without_systemd),
	};
	const struct CMUnitTest without[] = {
		TEST(silent_build), TEST(silent_without_systemd),
	};
#ifdef HAVE_LIBSYSTEMD
	const bool built_with = true;
#else
	const bool built_with = false;
#endif

	return built_with ? cmocka_run_group_tests(with, NULL, NULL) : cmocka_run_group_tests(without, NULL, NULL);
}
