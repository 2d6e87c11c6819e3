/* sdnotify - tells systemd how the daemon is. */
#include "sdnotify.h"

#include <string.h>
#include <time.h>

#include <build.h>

#include "log.h"
#include "mem.h"
#include "strbuf.h"

#ifdef HAVE_LIBSYSTEMD
#include <systemd/sd-daemon.h>
#endif

struct sdnotify {
	struct loop_timer *watchdog; /* NULL: nobody wants any */
	int64_t watchdog_ms;
	char *status; /* as it was said last */
};

/* Whether systemd heard it is nothing to stop for. */
static void tell(const char *state)
{
#ifdef HAVE_LIBSYSTEMD
	int rc = sd_notify(0, state);

	if (rc < 0)
		log_debug("systemd could not be told: %s", strerror(-rc));
#else
	(void)state;
#endif
}

static uint64_t watchdog_usec(void)
{
	uint64_t usec = 0;

#ifdef HAVE_LIBSYSTEMD
	if (sd_watchdog_enabled(0, &usec) <= 0)
		usec = 0;
#endif
	return usec;
}

static void feed(void *arg)
{
	struct sdnotify *sdnotify = arg;

	tell("WATCHDOG=1");
	loop_timer_arm(sdnotify->watchdog, sdnotify->watchdog_ms);
}

struct sdnotify *sdnotify_new(struct loop *loop)
{
	struct sdnotify *sdnotify = mem_alloc(sizeof *sdnotify);
	const uint64_t usec = watchdog_usec();

	if (usec == 0)
		return sdnotify;
	/* sd_watchdog_enabled(3): every half of the time. */
	sdnotify->watchdog_ms = usec / 2000 > 0 ? (int64_t)(usec / 2000) : 1;
	sdnotify->watchdog = loop_timer_new(loop, feed, sdnotify);
	loop_timer_arm(sdnotify->watchdog, 0);
	return sdnotify;
}

void sdnotify_free(struct sdnotify *sdnotify)
{
	if (!sdnotify)
		return;
	loop_timer_free(sdnotify->watchdog);
	mem_free(sdnotify->status);
	mem_free(sdnotify);
}

/* A line's end would begin another assignment: log_clean() shows it as \x0a. */
static void tell_with_status(struct sdnotify *sdnotify, struct strbuf *state, const char *status)
{
	if (status) {
		char *clean = log_clean(status);

		strbuf_printf(state, "%sSTATUS=%s", state->len ? "\n" : "", clean);
		mem_free(sdnotify->status);
		sdnotify->status = clean;
	}
	tell(state->data);
	strbuf_release(state);
}

void sdnotify_ready(struct sdnotify *sdnotify, const char *status)
{
	struct strbuf state = STRBUF_INIT;

	strbuf_puts(&state, "READY=1");
	tell_with_status(sdnotify, &state, status);
}

void sdnotify_reloading(struct sdnotify *sdnotify, const char *status)
{
	struct strbuf state = STRBUF_INIT;
	struct timespec now = { 0 };

	clock_gettime(CLOCK_MONOTONIC, &now);
	strbuf_printf(&state, "RELOADING=1\nMONOTONIC_USEC=%lld",
		      (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000);
	tell_with_status(sdnotify, &state, status);
}

void sdnotify_stopping(struct sdnotify *sdnotify, const char *status)
{
	struct strbuf state = STRBUF_INIT;

	strbuf_puts(&state, "STOPPING=1");
	tell_with_status(sdnotify, &state, status);
}

void sdnotify_status(struct sdnotify *sdnotify, const char *status)
{
	struct strbuf state = STRBUF_INIT;
	char *clean = log_clean(status);

	if (!sdnotify->status || strcmp(clean, sdnotify->status) != 0)
		tell_with_status(sdnotify, &state, status);
	mem_free(clean);
}

int64_t sdnotify_watchdog_ms(const struct sdnotify *sdnotify)
{
	return sdnotify->watchdog_ms;
}
