/* test_loop - timers in order, watched sockets, signals, ends of a wait. */
#include "loop.h"

#include "check.h"

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* A test's own state: a loop, what happened in it, and a deadline that ends every wait. */
struct scene {
	struct loop *loop;
	struct loop_timer *deadline;
	char seen[64];
	size_t wanted;
	bool late;
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

	memset(&scene, 0, sizeof scene);
	if (loop_new(&scene.loop, &err) < 0)
		return -1;
	scene.deadline = loop_timer_new(scene.loop, too_late, &scene);
	loop_timer_arm(scene.deadline, 10000);
	*state = &scene;
	return 0;
}

static int tear_down(void **state)
{
	struct scene *scene = *state;

	loop_timer_free(scene->deadline);
	loop_free(scene->loop);
	return scene->late ? -1 : 0;
}

static void note(struct scene *scene, char what)
{
	size_t len = strlen(scene->seen);

	if (len + 1 < sizeof scene->seen)
		scene->seen[len] = what;
}

static bool seen_enough(void *arg)
{
	struct scene *scene = arg;

	return strlen(scene->seen) >= scene->wanted;
}

static bool never(void *arg)
{
	(void)arg;
	return false;
}

static bool at_once(void *arg)
{
	(void)arg;
	return true;
}

static bool wait_until(struct scene *scene, size_t wanted)
{
	scene->wanted = wanted;
	return loop_until(scene->loop, seen_enough, scene);
}

struct lettered {
	struct scene *scene;
	struct loop_timer *timer;
	char letter;
	int again; /* how often the timer arms itself again */
	int64_t due;
	bool early;
};

static void fired(void *arg)
{
	struct lettered *t = arg;

	t->early = t->early || loop_now_ms() < t->due;
	note(t->scene, t->letter);
	if (t->again-- > 0)
		loop_timer_arm(t->timer, 0);
}

static void timers_in_order(void **state)
{
	static const struct { char letter; int ms; } rows[] = { { 'c', 300 }, { 'a', 0 }, { 'b', 150 }, { 'z', -5 } };
	struct scene *scene = *state;
	struct lettered t[COUNT(rows)];
	int64_t start = loop_now_ms();

	for (size_t i = 0; i < COUNT(rows); i++) {
		t[i] = (struct lettered){ .scene = scene, .letter = rows[i].letter };
		t[i].timer = loop_timer_new(scene->loop, fired, &t[i]);
		assert_false(loop_timer_armed(t[i].timer));
		/* A millisecond for the clock's rounding. */
		t[i].due = start + rows[i].ms - 1;
		loop_timer_arm(t[i].timer, t[i].due + 1 - loop_now_ms());
		assert_true(loop_timer_armed(t[i].timer));
	}
	assert_true(wait_until(scene, COUNT(rows)));
	assert_string_equal(scene->seen + 2, "bc");
	assert_non_null(memchr(scene->seen, 'a', 2));
	assert_non_null(memchr(scene->seen, 'z', 2));
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_false(t[i].early);
		assert_false(loop_timer_armed(t[i].timer)); /* once */
		loop_timer_free(t[i].timer);
	}
	loop_timer_free(NULL);
}

static void timer_moved(void **state)
{
	struct scene *scene = *state;
	struct lettered a = { .scene = scene, .letter = 'a' }, b = { .scene = scene, .letter = 'b' };
	struct lettered c = { .scene = scene, .letter = 'c' };

	a.timer = loop_timer_new(scene->loop, fired, &a);
	b.timer = loop_timer_new(scene->loop, fired, &b);
	c.timer = loop_timer_new(scene->loop, fired, &c);
	loop_timer_arm(a.timer, 1);
	loop_timer_arm(b.timer, 10);
	loop_timer_arm(c.timer, 5);
	loop_timer_arm(a.timer, 40);  /* moved behind b */
	loop_timer_disarm(c.timer);
	loop_timer_disarm(c.timer);
	assert_true(wait_until(scene, 2));
	assert_string_equal(scene->seen, "ba");
	loop_timer_free(a.timer);
	loop_timer_free(b.timer);
	loop_timer_free(c.timer);
}

static void timer_again(void **state)
{
	struct scene *scene = *state;
	struct lettered a = { .scene = scene, .letter = 'a', .again = 4 };

	a.timer = loop_timer_new(scene->loop, fired, &a);
	loop_timer_arm(a.timer, 0);
	assert_true(wait_until(scene, 5));
	assert_string_equal(scene->seen, "aaaaa");
	loop_timer_free(a.timer);
}

/* A callback that took long must not shorten the wait it asks for. */
static void slow_then_arm(void *arg)
{
	struct lettered *slow = arg;
	int64_t end = loop_now_ms() + 30;

	while (loop_now_ms() < end)
		;
	slow->due = loop_now_ms() + 20 - 1;
	loop_timer_arm(slow->timer, 20);
}

static void timer_after_slow_callback(void **state)
{
	struct scene *scene = *state;
	struct lettered a = { .scene = scene, .letter = 'a' };
	struct loop_timer *first = loop_timer_new(scene->loop, slow_then_arm, &a);

	a.timer = loop_timer_new(scene->loop, fired, &a);
	loop_timer_arm(first, 0);
	assert_true(wait_until(scene, 1));
	assert_false(a.early);
	loop_timer_free(first);
	loop_timer_free(a.timer);
}

static void ready(int fd, int events, void *arg)
{
	struct scene *scene = arg;
	char c = 0;

	if (events & LOOP_WRITE)
		note(scene, 'w');
	if (events & LOOP_READ)
		note(scene, read(fd, &c, 1) == 1 ? c : 'E');
}

static void watch(void **state)
{
	struct scene *scene = *state;
	struct loop_watch *w = NULL;
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
	w = loop_watch_new(scene->loop, fds[0], LOOP_READ, ready, scene);
	assert_int_equal(write(fds[1], "123", 3), 3);
	assert_true(wait_until(scene, 3)); /* ready as long as something is there */
	assert_string_equal(scene->seen, "123");
	loop_watch_change(w, LOOP_WRITE);
	assert_int_equal(write(fds[1], "4", 1), 1);
	assert_true(wait_until(scene, 4));
	assert_string_equal(scene->seen, "123w"); /* reading was not asked for */
	loop_watch_change(w, LOOP_READ | LOOP_WRITE);
	assert_true(wait_until(scene, 6));
	assert_string_equal(scene->seen, "123ww4");
	loop_watch_change(w, LOOP_READ);
	close(fds[1]);
	assert_true(wait_until(scene, 7));
	assert_string_equal(scene->seen, "123ww4E"); /* the end of the stream is readable */
	loop_watch_free(w);
	loop_watch_free(NULL);
	assert_true(fcntl(fds[0], F_GETFD) >= 0); /* the descriptor stays the caller's */
	close(fds[0]);
}

/* Nothing is watched for now: only the timer is seen. */
static void watch_nothing(void **state)
{
	struct scene *scene = *state;
	struct lettered t = { .scene = scene, .letter = 't' };
	struct loop_watch *w = NULL;
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
	w = loop_watch_new(scene->loop, fds[0], 0, ready, scene);
	assert_int_equal(write(fds[1], "1", 1), 1);
	t.timer = loop_timer_new(scene->loop, fired, &t);
	loop_timer_arm(t.timer, 20);
	assert_true(wait_until(scene, 1));
	assert_string_equal(scene->seen, "t");
	loop_watch_change(w, LOOP_READ);
	assert_true(wait_until(scene, 2));
	assert_string_equal(scene->seen, "t1");
	loop_watch_change(w, 0);
	loop_watch_free(w);
	loop_timer_free(t.timer);
	close(fds[0]);
	close(fds[1]);
}

static void caught(int signo, void *arg)
{
	note(arg, signo == SIGUSR1 ? '1' : signo == SIGTERM ? 'T' : '?');
}

static void signals(void **state)
{
	struct scene *scene = *state;
	struct loop_signal *usr1 = loop_signal_new(scene->loop, SIGUSR1, caught, scene);
	struct loop_signal *term = loop_signal_new(scene->loop, SIGTERM, caught, scene);

	raise(SIGUSR1);
	assert_string_equal(scene->seen, ""); /* not before the loop turns */
	assert_true(wait_until(scene, 1));
	raise(SIGTERM);
	assert_true(wait_until(scene, 2));
	raise(SIGUSR1);
	assert_true(wait_until(scene, 3));
	assert_string_equal(scene->seen, "1T1");
	loop_signal_free(usr1);
	loop_signal_free(term);
	loop_signal_free(NULL);
}

static void break_now(void *arg)
{
	loop_break(arg);
}

static void breaks(void **state)
{
	struct scene *scene = *state;
	struct loop_timer *timer = loop_timer_new(scene->loop, break_now, scene->loop);

	assert_true(loop_until(scene->loop, at_once, NULL)); /* looked at before the first turn */
	loop_timer_arm(timer, 5);
	assert_false(loop_until(scene->loop, never, NULL)); /* from a callback */
	loop_break(scene->loop);
	assert_false(loop_until(scene->loop, never, NULL)); /* from before the wait */
	assert_true(wait_until(scene, 0));                  /* once */
	loop_timer_arm(timer, 5);
	assert_false(loop_until(scene->loop, never, NULL));
	loop_timer_free(timer);
}

static void clocks(void **state)
{
	int64_t before = loop_now_ms();

	(void)state;
	assert_true(before > 0);
	assert_true(loop_now_ms() >= before);
	assert_true(loop_boottime_ms() + 1 >= before); /* counts sleep too, so it is never behind */
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(timers_in_order),
		TEST(timer_moved),
		TEST(timer_again),
		TEST(timer_after_slow_callback),
		TEST(watch),
		TEST(watch_nothing),
		TEST(signals),
		TEST(breaks),
		TEST(clocks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
