/*
 * oplog - the log of every committed mutation: the oracle of the tests.
 *
 * One JSON object a line, appended and written at once, never changed.  It
 * lives in a file (that of --log, or one without a name), so that it stays
 * whole when the simulator is killed and costs no memory:
 *
 *   {"seq":1,"time":"…","by":"api","method":"POST","path":"…","op":"create",
 *    "type":"subscriber","id":"…","subscriber_id":null,"name":"…",
 *    "late":false,"request_id":"…","arrived":1796000000000000,"fields":{…}}
 *
 * `by` is api, or dashboard and seed for what the control interface did.
 * `arrived` is when the whole request was there, in microseconds of the
 * machine's own clock, null for what did not come as a request.  `fields` is the request's body as it came, passwords included.  A
 * credential that went with its subscriber has the op `cascade`.
 */
#ifndef OPLOG_H
#define OPLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "store.h"
#include "strbuf.h"

struct oplog {
	int fd;
	int64_t seq;    /* of the last line */
	int64_t api;    /* lines by the API */
	int64_t *start; /* offset of line n at n - 1 */
	size_t size;
	int64_t end;
};

struct oplog_entry {
	int64_t time_ms;
	const char *by;
	const char *method;
	const char *path;
	const char *op; /* create, update, delete, cascade, attach */
	bool late;
	const char *request_id; /* NULL: none */
	int64_t arrived_us;     /* 0: not a request */
	const char *fields;     /* JSON text; NULL: {} */
	size_t fields_len;
};

/* `path` NULL: a file without a name. */
int oplog_open(struct oplog *log, const char *path, struct error *err);
void oplog_write(struct oplog *log, const struct oplog_entry *entry, const struct object *object);
void oplog_read(const struct oplog *log, int64_t since, struct strbuf *out); /* lines after `since` */
void oplog_close(struct oplog *log);

#endif
