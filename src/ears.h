/*
 * ears - the connection that LISTENs, and whether it hears.
 *
 * A connection of its own, for nothing else, never in a transaction.  It
 * connects by itself, again and again with backoff, by libpq's normal choice
 * among several hosts, all from loop timers; nothing here blocks.
 *
 * That a LISTEN was accepted says little: a half-open socket, an UNLISTEN or a
 * pooler leave it standing and silent.  So hearing is proved: a payload that
 * nobody else sends (a probe) is notified through another session, and must
 * arrive here within `answer_ms`.  The order on every connect is LISTEN
 * (committed), probe, the probe's arrival, changed(false), heard(NULL): what was
 * committed before LISTEN is found by the look that heard(NULL) asks for, what
 * comes after is notified (and may be told before it).  Probes go on every
 * `probe_ms`.  One that does not come: deaf, and the next goes out at once; two
 * in a row: a new connection.  One that comes while deaf: hearing, and
 * heard(NULL), since something may have been lost.
 *
 * Payloads on the channel: `*`, or none, is "everything"; what begins with
 * `?swbridge-probe:` is somebody's probe and, not being ours, ignored; all else
 * is a key as it stands, without any escape.  A trigger therefore sends '*' for
 * a key that begins like a probe, or that is too long for a notification.
 *
 * No heartbeat on this connection: a probe proves more than `select 1` does,
 * and behind a pooler that shares sessions another server process would serve
 * it.  Keepalives and tcp_user_timeout are set by db; the probes keep whatever
 * stands on the way from forgetting an idle connection.
 *
 * A pooler in transaction mode is recognised before LISTEN (see pooler.h), so
 * that nothing is left behind in a session that is somebody else's next.
 */
#ifndef EARS_H
#define EARS_H

#include <stdbool.h>
#include <stdint.h>

#include "loop.h"

struct ears;

enum { EARS_ANSWER_MS = 3000 };

struct ears_setup {
	struct loop *loop;
	const char *conninfo; /* copied */
	const char *channel;  /* the schema's name; copied, quoted by libpq when used */
	int64_t probe_ms;     /* how often hearing is proved; e.g. 10 s */
	int64_t answer_ms;    /* how long a probe, or the answer to LISTEN, may take; 0: EARS_ANSWER_MS */
	/*
	 * speak() only queues: the probe's time counts from ears_spoken(), which
	 * must then follow each speak() that was true, in whatever time.  Without it
	 * the time counts from speak(), and a session that is busy with a long
	 * statement makes deaf.
	 */
	bool confirms;
	/* A key, or NULL for "look at everything"; `told`: by a notification, and not since something may have been missed. */
	void (*heard)(const char *key, bool told, void *arg);
	/*
	 * Deaf or hearing changed; `reason` is a part of a sentence that says what
	 * to do ("" when hearing), borrowed.  Once per change, not per try; but
	 * while deaf also when a graver cause shows that somebody must mend (a
	 * standby, a pooler), at most once each.  A start is neither: hearing for
	 * the first time is told, and so is the first failure.
	 */
	void (*changed)(bool deaf, const char *reason, void *arg);
	/* Sends `payload` to `channel` from another session, pg_notify($1, $2).  False: it has no connection now. */
	bool (*speak)(const char *channel, const char *payload, void *arg);
	void *arg;
};

/* Callbacks come from the loop, never from inside a call; they may call everything here but ears_free(). */
struct ears *ears_new(const struct ears_setup *setup);
void ears_free(struct ears *ears); /* NULL is fine */

/* What became of the last speak(), where the setup says `confirms`: committed, or failed. */
void ears_spoken(struct ears *ears, bool sent);

bool ears_deaf(const struct ears *ears);           /* from the start until the first proof, too */
const char *ears_reason(const struct ears *ears);  /* the latest, "" when hearing or not known yet; borrowed until the next turn */
int64_t ears_deaf_ms(const struct ears *ears);     /* altogether so far, that of now included; CLOCK_BOOTTIME */

#endif
