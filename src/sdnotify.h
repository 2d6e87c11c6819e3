/*
 * sdnotify - tells systemd how the daemon is (sd_notify(3)).
 *
 * Silent where no NOTIFY_SOCKET is set, and in a build without libsystemd.  The
 * watchdog is fed by a timer of the loop and by nothing else, twice in
 * WATCHDOG_USEC, so by a loop that turns: a daemon that hangs in a callback is
 * ended and started anew.
 */
#ifndef SDNOTIFY_H
#define SDNOTIFY_H

#include <stdint.h>

#include "loop.h"

struct sdnotify;

/* From now on the watchdog is fed, where systemd wants that. */
struct sdnotify *sdnotify_new(struct loop *loop);
void sdnotify_free(struct sdnotify *sdnotify); /* before the loop; NULL is fine */

/* `status` is shown by systemctl: one line, no secrets; NULL: as it was. */
void sdnotify_ready(struct sdnotify *sdnotify, const char *status);     /* also the end of a reload */
void sdnotify_reloading(struct sdnotify *sdnotify, const char *status); /* SIGHUP: sdnotify_ready() must follow */
void sdnotify_stopping(struct sdnotify *sdnotify, const char *status);
void sdnotify_status(struct sdnotify *sdnotify, const char *status);    /* sends it only where it has changed */

int64_t sdnotify_watchdog_ms(const struct sdnotify *sdnotify); /* between two signs of life; 0: nobody wants any */

#endif
