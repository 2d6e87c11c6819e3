/* loop - the event loop: timers, signals, watched sockets. */
#include "loop.h"

#include "log.h"
#include "mem.h"

#include <assert.h>
#include <event2/event.h>
#include <time.h>

struct loop {
	struct event_base *base;
	bool turning;
	bool broken;
};

struct loop_timer {
	struct event *event;
	void (*fire)(void *arg);
	void *arg;
};

struct loop_watch {
	struct loop *loop;
	struct event *event; /* NULL while nothing is watched */
	int fd;
	int events;
	void (*ready)(int fd, int events, void *arg);
	void *arg;
};

struct loop_signal {
	struct event *event;
	void (*caught)(int signo, void *arg);
	void *arg;
};

/* What libevent has to say goes into the log: its own way is a line of its own kind on stderr. */
static void libevent_says(int severity, const char *text)
{
	if (severity >= EVENT_LOG_WARN)
		log_warn("libevent: %s", text);
	else
		log_debug("libevent: %s", text);
}

int loop_new(struct loop **loop, struct error *err)
{
	struct event_config *config = event_config_new();
	struct event_base *base = NULL;

	event_set_log_callback(libevent_says);
	/* Retry-After and heartbeats want real milliseconds, not the coarse clock's. */
	if (config) {
		event_config_set_flag(config, EVENT_BASE_FLAG_PRECISE_TIMER);
		/* A timer counts from its arming, not from when the callbacks of this turn began. */
		event_config_set_flag(config, EVENT_BASE_FLAG_NO_CACHE_TIME);
		base = event_base_new_with_config(config);
		event_config_free(config);
	}
	if (!base)
		return error_set(err, ERROR_NEVER, "The event loop cannot be created; "
				 "is the limit on open files (ulimit -n) very low?");
	*loop = mem_alloc(sizeof **loop);
	(*loop)->base = base;
	return 0;
}

void loop_free(struct loop *loop)
{
	if (!loop)
		return;
	event_base_free(loop->base);
	mem_free(loop);
}

struct event_base *loop_base(struct loop *loop)
{
	return loop->base;
}

bool loop_until(struct loop *loop, bool (*done)(void *arg), void *arg)
{
	bool reached = false;

	assert(!loop->turning);
	loop->turning = true;
	for (;;) {
		reached = done(arg);
		if (reached || loop->broken)
			break;
		event_base_loop(loop->base, EVLOOP_ONCE | EVLOOP_NO_EXIT_ON_EMPTY);
	}
	loop->turning = false;
	if (!reached)
		loop->broken = false;
	return reached;
}

void loop_break(struct loop *loop)
{
	loop->broken = true;
	event_base_loopbreak(loop->base);
}

static void timer_fired(evutil_socket_t fd, short what, void *arg)
{
	struct loop_timer *timer = arg;

	(void)fd;
	(void)what;
	timer->fire(timer->arg);
}

struct loop_timer *loop_timer_new(struct loop *loop, void (*fire)(void *arg), void *arg)
{
	struct loop_timer *timer = mem_alloc(sizeof *timer);

	timer->fire = fire;
	timer->arg = arg;
	timer->event = event_new(loop->base, -1, 0, timer_fired, timer);
	assert(timer->event);
	return timer;
}

void loop_timer_arm(struct loop_timer *timer, int64_t ms)
{
	struct timeval wait = { .tv_sec = ms > 0 ? ms / 1000 : 0, .tv_usec = ms > 0 ? ms % 1000 * 1000 : 0 };

	event_add(timer->event, &wait);
}

void loop_timer_disarm(struct loop_timer *timer)
{
	event_del(timer->event);
}

bool loop_timer_armed(const struct loop_timer *timer)
{
	return event_pending(timer->event, EV_TIMEOUT, NULL) != 0;
}

void loop_timer_free(struct loop_timer *timer)
{
	if (!timer)
		return;
	event_free(timer->event);
	mem_free(timer);
}

static void watch_ready(evutil_socket_t fd, short what, void *arg)
{
	struct loop_watch *watch = arg;

	watch->ready(fd, (what & EV_READ ? LOOP_READ : 0) | (what & EV_WRITE ? LOOP_WRITE : 0), watch->arg);
}

struct loop_watch *loop_watch_new(struct loop *loop, int fd, int events,
				  void (*ready)(int fd, int events, void *arg), void *arg)
{
	struct loop_watch *watch = mem_alloc(sizeof *watch);

	watch->loop = loop;
	watch->fd = fd;
	watch->ready = ready;
	watch->arg = arg;
	loop_watch_change(watch, events);
	return watch;
}

void loop_watch_change(struct loop_watch *watch, int events)
{
	short what = EV_PERSIST;

	if (events == watch->events)
		return;
	if (watch->event)
		event_free(watch->event);
	watch->event = NULL;
	watch->events = events;
	if (!events)
		return;
	if (events & LOOP_READ)
		what |= EV_READ;
	if (events & LOOP_WRITE)
		what |= EV_WRITE;
	watch->event = event_new(watch->loop->base, watch->fd, what, watch_ready, watch);
	assert(watch->event);
	event_add(watch->event, NULL);
}

void loop_watch_free(struct loop_watch *watch)
{
	if (!watch)
		return;
	if (watch->event)
		event_free(watch->event);
	mem_free(watch);
}

static void signal_caught(evutil_socket_t signo, short what, void *arg)
{
	struct loop_signal *sig = arg;

	(void)what;
	sig->caught(signo, sig->arg);
}

struct loop_signal *loop_signal_new(struct loop *loop, int signo, void (*caught)(int signo, void *arg), void *arg)
{
	struct loop_signal *sig = mem_alloc(sizeof *sig);

	sig->caught = caught;
	sig->arg = arg;
	sig->event = event_new(loop->base, signo, EV_SIGNAL | EV_PERSIST, signal_caught, sig);
	assert(sig->event);
	event_add(sig->event, NULL);
	return sig;
}

void loop_signal_free(struct loop_signal *sig)
{
	if (!sig)
		return;
	event_free(sig->event);
	mem_free(sig);
}

static int64_t clock_ms(clockid_t clock)
{
	struct timespec now = { 0 };

	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t loop_now_ms(void)
{
	return clock_ms(CLOCK_MONOTONIC);
}

int64_t loop_boottime_ms(void)
{
	return clock_ms(CLOCK_BOOTTIME);
}
