/* ears - the connection that LISTENs. */
#include "ears_internal.h"

#include "error.h"
#include "mem.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

enum { CONNECT_MS = 10000 };

static uint64_t random_bits(void)
{
	uint64_t bits = 0;

	/* Where there is none, the time will do: other daemons have another. */
	if (getrandom(&bits, sizeof bits, 0) != (ssize_t)sizeof bits)
		bits = (uint64_t)loop_boottime_ms() * 2654435761u;
	return bits;
}

void ears_go_deaf(struct ears *ears, enum trouble trouble, const char *reason)
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
	ears_go_deaf(ears, trouble, reason);
	mem_free(reason);
}

void ears_now_hearing(struct ears *ears)
{
	ears->deaf_ms += loop_boottime_ms() - ears->deaf_since;
	ears->deaf = false;
	ears->told = TROUBLE_NONE;
	mem_free(ears->reason);
	ears->reason = mem_strdup("");
	ears->backoff = BACKOFF_RECONNECT;
	ears->changed(false, "", ears->arg);
	ears->heard(NULL, false, ears->arg);
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

void ears_connect_again(struct ears *ears)
{
	leave(ears);
	db_close(ears->db);
	loop_timer_arm(ears->again, backoff_next(&ears->backoff, random_bits(), -1));
}

static void notified(const char *channel, const char *payload, void *arg)
{
	struct ears *ears = arg;

	if (strcmp(channel, ears->channel) != 0)
		return;
	if (ears_take_probe(ears, payload))
		return;
	ears->heard(payload[0] && strcmp(payload, "*") != 0 ? payload : NULL, true, ears->arg);
}

/* ---- the connection --------------------------------------------------------- */

static void lost(const struct error *err, void *arg)
{
	struct ears *ears = arg;

	go_deaf_of(ears, TROUBLE_LOST, err);
	ears_connect_again(ears);
}

/* A LISTEN of an earlier connection has nothing to say about this one. */
struct listen {
	struct ears *ears;
	unsigned generation;
};

static void refused(struct ears *ears, const struct error *err)
{
	if (strcmp(db_sqlstate(ears->db), "25006") == 0)
		ears_go_deaf(ears, TROUBLE_REFUSED, "the server is a standby, where LISTEN is not possible; let [postgres] conninfo "
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
			ears_connect_again(ears);
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
		ears_go_deaf(ears, TROUBLE_REFUSED, "the name of the schema is not valid in the database's encoding; correct "
			"[postgres] schema");
		ears_connect_again(ears);
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
		ears_go_deaf(ears, TROUBLE_POOLER, reason);
		mem_free(reason);
	}
	pooler_free(ears->pooler); /* with it goes `err` */
	ears->pooler = NULL;
	if (err || shared)
		ears_connect_again(ears);
	else if (db_connected(ears->db)) /* else lost() has said so */
		start_listening(ears);
}

static void connected(const struct error *err, void *arg)
{
	struct ears *ears = arg;

	if (err) {
		go_deaf_of(ears, TROUBLE_LOST, err);
		ears_connect_again(ears);
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
	ears->probe = loop_timer_new(setup->loop, ears_send_probe, ears);
	ears->deadline = loop_timer_new(setup->loop, ears_too_late, ears);
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
