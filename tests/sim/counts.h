/*
 * counts - what arrived and what was answered, for tests to assert on.
 *
 * Only API traffic is counted, never the control interface's.  Every counter
 * has a name, and the names are flat:
 *
 *   requests  posts_received  refused  unroutable  unauthorized  throttled
 *   in_flight  max_in_flight  late_pending  peak_writes_per_second  overlapping_writes
 *   accepted  connections  bytes_in  bytes_out  faults  seq  mutations
 *   GET  POST  PUT  PATCH  DELETE  OTHER
 *   status.POST.201  outcome.reset  outcome.hang
 *   class.subscribers.POST  posts_received.subscribers
 *
 * connections and bytes are those of connections that carried an API request,
 * accepted counts all.  posts_received counts POSTs whose whole body arrived,
 * whatever became of them.  late_pending counts late commits that have not
 * happened yet.  seq is the last line of the mutation log,
 * mutations the number of its lines that the API made; neither is ever reset.
 */
#ifndef COUNTS_H
#define COUNTS_H

#include <stdint.h>

#include "strbuf.h"

enum method { METHOD_GET, METHOD_POST, METHOD_PUT, METHOD_PATCH, METHOD_DELETE, METHOD_OTHER, METHOD_COUNT };

enum path_class {
	CLASS_SUBSCRIBERS,
	CLASS_SUBSCRIBER,
	CLASS_ADDRESSES,
	CLASS_CREDENTIALS,
	CLASS_CREDENTIAL,
	CLASS_STANDALONES,
	CLASS_STANDALONE,
	CLASS_ATTACH,
	CLASS_LEGACY_LIST,
	CLASS_LEGACY,
	CLASS_SIP_PROFILE,
	CLASS_UNKNOWN,
	CLASS_COUNT
};

enum outcome { OUTCOME_REPLY, OUTCOME_RESET, OUTCOME_HANG, OUTCOME_CUT, OUTCOME_COUNT };

struct counts {
	int64_t requests;
	int64_t refused;      /* 400, 405, 415, 422 of the API's own rules */
	int64_t unroutable;   /* paths and methods that the API does not have */
	int64_t unauthorized; /* 401 and 403 of the API's own */
	int64_t throttled;
	int64_t faults;
	int64_t in_flight, max_in_flight;
	int64_t late_pending;
	int64_t overlapping_writes;
	int64_t accepted, connections, bytes_in, bytes_out;
	int64_t second, writes_this_second, peak_writes_per_second;
	int64_t by_class[CLASS_COUNT][METHOD_COUNT];
	int64_t by_status[METHOD_COUNT][600];
	int64_t by_outcome[OUTCOME_COUNT];
};

enum method counts_method(const char *name);
const char *counts_method_name(enum method method);

void counts_request(struct counts *c, enum path_class class, enum method method, int64_t now_ms);
void counts_status(struct counts *c, enum method method, int status);

/* All to 0, but for in_flight and late_pending. */
void counts_reset(struct counts *c);

/* Walks every counter that is not 0 (the ones without a dot always). */
void counts_each(const struct counts *c, void (*each)(const char *name, int64_t value, void *arg), void *arg);

void counts_show(const struct counts *c, int64_t seq, int64_t mutations, struct strbuf *out);
int64_t counts_get(const struct counts *c, int64_t seq, int64_t mutations, const char *name);

#endif
