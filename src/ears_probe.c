/* ears_probe - the proof that what LISTENs hears: probes, sent by another session, and how long they may take. */
#include "ears_internal.h"

#include "mem.h"

#include <stdlib.h>
#include <string.h>

#define PROBE "?swbridge-probe:"

enum { SPEAK_AGAIN_MS = 250, MISSES_MAX = 2, UNPROVED_PROBES = 6 };

static void missed(struct ears *ears)
{
	char *reason = NULL;

	ears->asked = ASKED_NOTHING;
	ears->misses++;
	if (db_pooled(ears->db))
		reason = mem_printf("notifications do not arrive through the connection pooler on the way to %s: %s",
				    db_describe(ears->db), pooler_remedy);
	else
		reason = mem_printf("a notification to itself did not arrive within %lld ms from %s; it goes on trying by "
				    "itself: see whether the server is overloaded, or whether something on the way drops "
				    "idle connections", (long long)ears->answer_ms, db_describe(ears->db));
	ears_go_deaf(ears, TROUBLE_SILENT, reason);
	mem_free(reason);
	if (ears->misses >= MISSES_MAX)
		ears_connect_again(ears);
	else
		loop_timer_arm(ears->probe, 0);
}

/* How long nothing need be proved where nothing can be sent. */
static int64_t patience(const struct ears *ears)
{
	return UNPROVED_PROBES * ears->probe_ms + ears->answer_ms;
}

/* Nothing could be sent: that says nothing about hearing, for a while. */
static void not_spoken(struct ears *ears)
{
	int64_t wait = ears->probe_ms < SPEAK_AGAIN_MS ? ears->probe_ms : SPEAK_AGAIN_MS;

	ears->asked = ASKED_NOTHING;
	if (loop_now_ms() - ears->proved_at >= patience(ears))
		ears_go_deaf(ears, TROUBLE_SILENT, "whether notifications arrive cannot be proved, since the ledger's connection is "
			"down; it is tried again by itself: see what the log says about that connection");
	loop_timer_arm(ears->probe, wait);
}

void ears_too_late(void *arg)
{
	struct ears *ears = arg;

	if (ears->listening) {
		missed(ears);
	} else {
		ears_go_deaf(ears, TROUBLE_LOST, "the server does not answer LISTEN; it is tried again by itself: see whether the "
			"server is overloaded");
		ears_connect_again(ears);
	}
}

void ears_send_probe(void *arg)
{
	struct ears *ears = arg;
	char *payload = mem_printf(PROBE "%s:%lld", ears->token, (long long)++ears->number);
	bool spoken = ears->speak(ears->channel, payload, ears->arg);

	mem_free(payload);
	if (!spoken) {
		not_spoken(ears);
		return;
	}
	/* What waits behind a long statement says nothing about hearing, however long that takes. */
	ears->asked = ears->confirms ? ASKED_QUEUED : ASKED_SENT;
	if (!ears->confirms)
		loop_timer_arm(ears->deadline, ears->answer_ms);
}

void ears_spoken(struct ears *ears, bool sent)
{
	if (!ears->listening || ears->asked != ASKED_QUEUED)
		return; /* it is here already, or was of another connection */
	if (!sent) {
		not_spoken(ears);
		return;
	}
	ears->asked = ASKED_SENT;
	loop_timer_arm(ears->deadline, ears->answer_ms);
}

/* Ours, of this connection; also one that was given up: late is heard. */
static bool is_ours(const struct ears *ears, const char *payload)
{
	const char *token = payload + strlen(PROBE);
	size_t len = strlen(ears->token);

	return ears->listening && strncmp(token, ears->token, len) == 0 && token[len] == ':' &&
	       strtoll(token + len + 1, NULL, 10) <= ears->number;
}

static void proved(struct ears *ears)
{
	ears->asked = ASKED_NOTHING;
	ears->misses = 0;
	ears->proved_at = loop_now_ms();
	loop_timer_disarm(ears->deadline);
	loop_timer_arm(ears->probe, ears->probe_ms);
	if (ears->deaf)
		ears_now_hearing(ears);
}

bool ears_take_probe(struct ears *ears, const char *payload)
{
	if (strncmp(payload, PROBE, strlen(PROBE)) != 0)
		return false;
	if (is_ours(ears, payload))
		proved(ears);
	return true;
}
