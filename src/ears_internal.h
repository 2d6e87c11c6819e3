/*
 * ears_internal - what the files of ears share: the connection (ears.c) and the
 * proof that it hears (ears_probe.c).
 */
#ifndef EARS_INTERNAL_H
#define EARS_INTERNAL_H

#include "ears.h"

#include "backoff.h"
#include "db.h"
#include "pooler.h"

/* Why it is deaf; a later one is graver, and is told also after an earlier one. */
enum trouble { TROUBLE_NONE, TROUBLE_LOST, TROUBLE_SILENT, TROUBLE_REFUSED, TROUBLE_POOLER };

/* Of the probe. */
enum asked { ASKED_NOTHING, ASKED_QUEUED, ASKED_SENT };

struct ears {
	struct loop *loop;
	char *channel;
	int64_t probe_ms, answer_ms;
	bool confirms;
	void (*heard)(const char *key, bool told, void *arg);
	void (*changed)(bool deaf, const char *reason, void *arg);
	bool (*speak)(const char *channel, const char *payload, void *arg);
	void *arg;

	struct db *db;
	struct pooler *pooler;
	struct backoff backoff;
	struct loop_timer *again;    /* connects */
	struct loop_timer *probe;    /* sends the next probe */
	struct loop_timer *deadline; /* of LISTEN, or of the probe that is out */
	bool listening;              /* LISTEN stands on this connection */
	unsigned generation;         /* of the connection: what an earlier one answers is not meant any more */

	char token[2 * sizeof(uint64_t) + 1]; /* of this connection */
	int64_t number;                       /* of the last probe */
	enum asked asked;
	int misses;
	int64_t proved_at; /* CLOCK_MONOTONIC; or when trying to prove it began */

	bool deaf;
	enum trouble told; /* since it was last heard */
	char *reason;
	int64_t deaf_since, deaf_ms; /* CLOCK_BOOTTIME */
};

/* It is deaf for this reason, a part of a sentence; told where nothing as grave has been told yet. */
void ears_go_deaf(struct ears *ears, enum trouble trouble, const char *reason);

/* It hears: told, and everything is to be looked at. */
void ears_now_hearing(struct ears *ears);

/* Gives the connection up; after a while there is a new one. */
void ears_connect_again(struct ears *ears);

/* ---- ears_probe.c ---- */

void ears_send_probe(void *arg); /* of the timer `probe`; arg: the ears */
void ears_too_late(void *arg);   /* of the timer `deadline` */

/* Whether a notification is somebody's probe; ours is proof. */
bool ears_take_probe(struct ears *ears, const char *payload);

#endif
