/*
 * exporter - answers Prometheus, and whoever asks whether all is well.
 *
 *   GET /metrics   what render() writes, text format 0.0.4
 *   GET /healthz   200 "ok", or 503 with the reason
 *
 * GET and HEAD only (else 405), nothing else is there (404).  It runs on the
 * project's loop through libevent's evhttp, and is made so that nobody who may
 * connect can hurt the daemon: nothing blocks, every connection carries one
 * request and ends within EXPORTER_VISIT_MS whatever its client does, there are
 * at most EXPORTER_VISITS at once (others wait in the kernel's queue), and
 * headers and bodies are limited.  There is no password and no TLS: the address
 * is meant to be loopback, and no answer holds a secret.
 */
#ifndef EXPORTER_H
#define EXPORTER_H

#include <stdbool.h>
#include <stdint.h>

#include "error.h"
#include "loop.h"
#include "strbuf.h"

struct exporter;

enum { EXPORTER_VISIT_MS = 5000, EXPORTER_VISITS = 16, EXPORTER_HEADER_MAX = 8192, EXPORTER_BODY_MAX = 1024 };

/* Both functions are called from the loop, and append. */
struct exporter_setup {
	struct loop *loop;
	const char *address; /* [listen] metrics: 127.0.0.1:9753, [::1]:9753, localhost:9753; port 0: the kernel chooses */
	void (*render)(struct strbuf *out, void *arg);
	bool (*healthy)(struct strbuf *reason, void *arg); /* false: `reason` says why, one line */
	void *arg;
	int64_t visit_ms; /* 0: EXPORTER_VISIT_MS; shorter ones are for tests */
};

/*
 * Errors name the setting.  An address that is in use, or not this machine's, may
 * be had another time (ERROR_LATER); any other is a mistake.  `address` is not kept.
 */
int exporter_new(const struct exporter_setup *setup, struct exporter **exporter, struct error *err);
void exporter_free(struct exporter *exporter); /* before the loop; NULL is fine */

int exporter_port(const struct exporter *exporter);

#endif
