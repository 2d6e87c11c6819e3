/* ears - the connection that LISTENs, and whether it hears. */
#include "ears.h"

#include "backoff.h"
#include "db.h"
#include "error.h"
#include "mem.h"
#include "pooler.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define PROBE "?swbridge-probe:"

enum { CONNECT_MS = 10000, SPEAK_AGAIN_MS = 250, MISSES_MAX = 2, UNPROVED_PROBES = 6 };

/* Why it is deaf; a later one is graver, and is told also after an earlier one. */
enum trouble { TROUBLE_NONE, TROUBLE_LOST, TROUBLE_SILENT, TROUBLE_REFUSED, TROUBLE_POOLER };

/* Of the probe. */
enum asked { ASKED_NOTHING, ASKED_QUEUED, ASKED_SENT };

struct ears {
	struct loop *loop;
	char *channel;
	int64_t probe_ms, answer_ms;
	bool confirms;
	void (*heard)(const char *key, void *arg);
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

static uint64_t random_bits(void)
{
	uint64_t bits = 0;

	/* Where there is none, the time will do: other daemons have another. */
	if (getrandom(&bits, sizeof bits, 0) != (ssize_t)sizeof bits)
		bits = (uint64_t)loop_boottime_ms() * 2654435761u;
	return bits;
}

static void go_deaf(struct ears *ears, enum trouble trouble, const char *reason)
{
	if (!ears->deaf)
		ears->deaf_since = loop_boottime_ms();
	ears->deaf = true;
	mem_free(ears->reason);
	ears->reason = mem_strdup(reason);
	/* Lost and silent are two faces of one thing, and take turns. */
	if (ears->told != TROUBLE_NONE && (trouble <= ears->told || trouble <= TROUBLE_SILENT))
		return;
	ears->told = trouble;
	ears->changed(true, ears->reason, ears->arg);
}

/* An error's sentence as the part of another. */
static void go_deaf_of(struct ears *ears, enum trouble trouble, const struct error *err)
{
	char *reason = mem_strdup(error_text(err));
	size_t len = strlen(reason);

	if (len && reason[len - 1] == '.')
		reason[len - 1] = '\0';
	reason[0] = (char)tolower((unsigned char)reason[0]);
	go_deaf(ears, trouble, reason);
	mem_free(reason);
}

static void now_hearing(struct ears *ears)
{
	ears->deaf_ms += loop_boottime_ms() - ears->deaf_since;
	ears->deaf = false;
	ears->told = TROUBLE_NONE;
	mem_free(ears->reason);
	ears->reason = mem_strdup("");
	ears->backoff = BACKOFF_RECONNECT;
	ears->changed(false, "", ears->arg);
	ears->heard(NULL, ears->arg);
}

static void leave(struct ears *ears)
{
	ears->listening = false;
	ears->asked = ASKED_NOTHING;
	ears->misses = 0;
	ears->generation++;
	loop_timer_disarm(ears->probe);
	loop_timer_disarm(ears->deadline);
}

static void connect_again(struct ears *ears)
{
	leave(ears);
	db_close(ears->db);
	loop_timer_arm(ears->again, backoff_next(&ears->backoff, random_bits(), -1));
}

/* ---- the proof ------------------------------------------------------------ */

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
	go_deaf(ears, TROUBLE_SILENT, reason);
	mem_free(reason);
	if (ears->misses >= MISSES_MAX)
		connect_again(ears);
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
		go_deaf(ears, TROUBLE_SILENT, "whether notifications arrive cannot be proved, since the ledger's connection is "
			"down or busy; it is tried again by itself: see what the log says about that connection");
	loop_timer_arm(ears->probe, wait);
}

static void too_late(void *arg)
{
	struct ears *ears = arg;

	if (ears->listening && ears->asked == ASKED_QUEUED) {
		not_spoken(ears);
	} else if (ears->listening) {
		missed(ears);
	} else {
		go_deaf(ears, TROUBLE_LOST, "the server does not answer LISTEN; it is tried again by itself: see whether the "
			"server is overloaded");
		connect_again(ears);
	}
}

static void send_probe(void *arg)
{
	struct ears *ears = arg;
	char *payload = mem_printf(PROBE "%s:%lld", ears->token, (long long)++ears->number);
	bool spoken = ears->speak(ears->channel, payload, ears->arg);

	mem_free(payload);
	if (!spoken) {
		not_spoken(ears);
		return;
	}
	ears->asked = ears->confirms ? ASKED_QUEUED : ASKED_SENT;
	loop_timer_arm(ears->deadline, ears->confirms ? patience(ears) : ears->answer_ms);
}

void ears_spoken(struct ears *ears, bool sent)
{
	if (!ears->listening || ears->asked != ASKED_QUEUED)
		return; /* it is here already, or was of another connection */
	loop_timer_disarm(ears->deadline);
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
		now_hearing(ears);
}

static void notified(const char *channel, const char *payload, void *arg)
{
	struct ears *ears = arg;

	if (strcmp(channel, ears->channel) != 0)
		return;
	if (strncmp(payload, PROBE, strlen(PROBE)) == 0) {
		if (is_ours(ears, payload))
			proved(ears);
		return;
	}
	ears->heard(payload[0] && strcmp(payload, "*") != 0 ? payload : NULL, ears->arg);
}

/* ---- the connection --------------------------------------------------------- */

static void lost(const struct error *err, void *arg)
{
	struct ears *ears = arg;

	go_deaf_of(ears, TROUBLE_LOST, err);
	connect_again(ears);
}

/* A LISTEN of an earlier connection has nothing to say about this one. */
struct listen {
	struct ears *ears;
	unsigned generation;
};

static void refused(struct ears *ears, const struct error *err)
{
	if (strcmp(db_sqlstate(ears->db), "25006") == 0)
		go_deaf(ears, TROUBLE_REFUSED, "the server is a standby, where LISTEN is not possible; let [postgres] conninfo "
			"lead to the primary (with several hosts: target_session_attrs=read-write)");
	else
		go_deaf_of(ears, err->kind == ERROR_LATER ? TROUBLE_LOST : TROUBLE_REFUSED, err);
}

static void listened(struct db_result *const *results, const struct error *err, void *arg)
{
	struct listen *listen = arg;
	struct ears *ears = listen->ears;
	bool meant = listen->generation == ears->generation;

	(void)results;
	mem_free(listen);
	if (!meant)
		return;
	loop_timer_disarm(ears->deadline);
	if (err) {
		/* A connection that broke is told by lost(), too, and that is soon enough. */
		if (db_connected(ears->db)) {
			refused(ears, err);
			connect_again(ears);
		}
		return;
	}
	ears->listening = true;
	ears->proved_at = loop_now_ms();
	loop_timer_arm(ears->probe, 0);
}

static void start_listening(struct ears *ears)
{
	char *name = db_identifier(ears->db, ears->channel);
	char *sql = NULL;
	struct db_statement statement = { 0 };
	struct listen *listen = NULL;

	if (!name) {
		go_deaf(ears, TROUBLE_REFUSED, "the name of the schema is not valid in the database's encoding; correct "
			"[postgres] schema");
		connect_again(ears);
		return;
	}
	listen = mem_alloc(sizeof *listen);
	listen->ears = ears;
	listen->generation = ears->generation;
	sql = mem_printf("listen %s", name);
	statement.sql = sql;
	snprintf(ears->token, sizeof ears->token, "%016llx", (unsigned long long)random_bits());
	loop_timer_arm(ears->deadline, ears->answer_ms);
	db_run(ears->db, DB_AUTOCOMMIT, &statement, 1, listened, listen);
	mem_free(sql);
	mem_free(name);
}

static void pooler_known(bool shared, const struct error *err, void *arg)
{
	struct ears *ears = arg;
	char *reason = NULL;

	if (err) {
		go_deaf_of(ears, TROUBLE_LOST, err);
	} else if (shared) {
		reason = mem_printf("the connection goes through %s; notifications do not arrive there: %s; until then every "
				    "`poll` looks at everything", pooler_in_the_way, pooler_remedy);
		go_deaf(ears, TROUBLE_POOLER, reason);
		mem_free(reason);
	}
	pooler_free(ears->pooler); /* with it goes `err` */
	ears->pooler = NULL;
	if (err || shared)
		connect_again(ears);
	else if (db_connected(ears->db)) /* else lost() has said so */
		start_listening(ears);
}

static void connected(const struct error *err, void *arg)
{
	struct ears *ears = arg;

	if (err) {
		go_deaf_of(ears, TROUBLE_LOST, err);
		connect_again(ears);
	} else if (db_pooled(ears->db)) {
		ears->pooler = pooler_new(ears->loop, ears->db, pooler_known, ears);
	} else {
		start_listening(ears);
	}
}

static void connect_now(void *arg)
{
	struct ears *ears = arg;

	pooler_free(ears->pooler); /* of a connection that was lost meanwhile */
	ears->pooler = NULL;
	db_connect(ears->db, CONNECT_MS, connected, ears);
}

/* ---- the whole ------------------------------------------------------------------ */

struct ears *ears_new(const struct ears_setup *setup)
{
	struct ears *ears = mem_alloc(sizeof *ears);

	ears->loop = setup->loop;
	ears->channel = mem_strdup(setup->channel);
	ears->probe_ms = setup->probe_ms;
	ears->answer_ms = setup->answer_ms ? setup->answer_ms : EARS_ANSWER_MS;
	ears->confirms = setup->confirms;
	ears->heard = setup->heard;
	ears->changed = setup->changed;
	ears->speak = setup->speak;
	ears->arg = setup->arg;
	ears->reason = mem_strdup("");
	ears->deaf = true;
	ears->deaf_since = loop_boottime_ms();
	ears->backoff = BACKOFF_RECONNECT;
	ears->db = db_new(setup->loop, setup->conninfo, "swbridge listen (ears)");
	db_on_lost(ears->db, lost, ears);
	db_on_notify(ears->db, notified, ears);
	ears->again = loop_timer_new(setup->loop, connect_now, ears);
	ears->probe = loop_timer_new(setup->loop, send_probe, ears);
	ears->deadline = loop_timer_new(setup->loop, too_late, ears);
	loop_timer_arm(ears->again, 0);
	return ears;
}

static void mute(bool deaf, const char *reason, void *arg)
{
	(void)deaf;
	(void)reason;
	(void)arg;
}

void ears_free(struct ears *ears)
{
	if (!ears)
		return;
	ears->changed = mute; /* a connect that ends now is no news */
	leave(ears);
	pooler_free(ears->pooler);
	db_free(ears->db);
	loop_timer_free(ears->again);
	loop_timer_free(ears->probe);
	loop_timer_free(ears->deadline);
	mem_free(ears->channel);
	mem_free(ears->reason);
	mem_free(ears);
}

bool ears_deaf(const struct ears *ears)
{
	return ears->deaf;
}

const char *ears_reason(const struct ears *ears)
{
	return ears->reason;
}

int64_t ears_deaf_ms(const struct ears *ears)
{
	return ears->deaf_ms + (ears->deaf ? loop_boottime_ms() - ears->deaf_since : 0);
}
