/* pooler - does a connection pooler let each session be our own, or does it share them? */
#include "pooler.h"

#include "mem.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>

/*
 * One name for all who ask: where the answer is "shared", the LISTEN may stay
 * behind in somebody else's session, and nothing but this ever notifies it.
 */
#define CHANNEL "swbridge_pooler"

const char pooler_in_the_way[] = "a connection pooler in transaction mode (pgbouncer)";
const char pooler_remedy[] = "let [postgres] conninfo lead to PostgreSQL itself, or set pool_mode = session in the pooler";

enum { TOKEN_SIZE = 2 * sizeof(uint64_t) + 1 };

struct pooler {
	struct db *listener, *speaker;
	int pid;               /* of the session that the question is about */
	char token[TOKEN_SIZE];
	struct loop_timer *deadline; /* of the notification */
	struct loop_timer *tell;     /* `done`, outside of the connections' callbacks */
	bool over, shared;
	struct error err;
	void (*done)(bool shared, const struct error *err, void *arg);
	void *arg;
};

static void conclude(struct pooler *p, bool shared, const struct error *err)
{
	if (p->over)
		return;
	p->over = true;
	p->shared = shared;
	if (err)
		error_exit(&p->err, EXIT_LATER, "Whether the connection pooler shares sessions cannot be told: %s",
			   error_text(err));
	loop_timer_disarm(p->deadline);
	loop_timer_arm(p->tell, 0);
}

static void tell(void *arg)
{
	struct pooler *p = arg;

	p->done(p->shared, p->err.kind == ERROR_NONE ? NULL : &p->err, p->arg); /* it may be gone now */
}

static void heard_nothing(void *arg)
{
	conclude(arg, true, NULL);
}

static void heard(const char *channel, const char *payload, void *arg)
{
	struct pooler *p = arg;

	if (strcmp(channel, CHANNEL) == 0 && strcmp(payload, p->token) == 0)
		conclude(p, false, NULL);
}

static void spoken(struct db_result *const *results, const struct error *err, void *arg)
{
	struct pooler *p = arg;

	(void)results;
	if (err)
		conclude(p, true, err);
	else if (!p->over)
		loop_timer_arm(p->deadline, POOLER_ANSWER_MS);
}

static void listening(struct db_result *const *results, const struct error *err, void *arg)
{
	struct pooler *p = arg;
	const char *params[] = { CHANNEL, p->token };
	const struct db_statement speak = { .sql = "select pg_catalog.pg_notify($1, $2)", .params = params, .param_count = 2 };

	(void)results;
	if (err)
		conclude(p, true, err);
	else
		db_run(p->speaker, DB_AUTOCOMMIT, &speak, 1, spoken, p);
}

static void speaker_here(const struct error *err, void *arg)
{
	struct pooler *p = arg;
	const struct db_statement listen = { .sql = "listen " CHANNEL };

	if (err)
		conclude(p, true, err);
	else if (db_backend_pid(p->speaker) == p->pid || db_backend_pid(p->speaker) == db_backend_pid(p->listener))
		conclude(p, true, NULL);
	else
		db_run(p->listener, DB_AUTOCOMMIT, &listen, 1, listening, p);
}

static void listener_here(const struct error *err, void *arg)
{
	struct pooler *p = arg;

	if (err)
		conclude(p, true, err);
	else if (db_backend_pid(p->listener) == p->pid)
		conclude(p, true, NULL);
	else
		db_connect(p->speaker, POOLER_CONNECT_MS, speaker_here, p);
}

static void lost(const struct error *err, void *arg)
{
	conclude(arg, true, err);
}

static struct db *connection(struct pooler *p, const struct db *db)
{
	struct db *twin = db_twin(db, "swbridge pooler");

	db_on_lost(twin, lost, p);
	return twin;
}

struct pooler *pooler_new(struct loop *loop, const struct db *db,
			  void (*done)(bool shared, const struct error *err, void *arg), void *arg)
{
	struct pooler *p = mem_alloc(sizeof *p);
	uint64_t random = 0;

	/* Without randomness a stranger's notification could be taken for ours; the time tells them apart as well. */
	if (getrandom(&random, sizeof random, 0) != (ssize_t)sizeof random)
		random = (uint64_t)loop_boottime_ms();
	snprintf(p->token, sizeof p->token, "%016llx", (unsigned long long)random);
	p->done = done;
	p->arg = arg;
	p->pid = db_backend_pid(db);
	p->deadline = loop_timer_new(loop, heard_nothing, p);
	p->tell = loop_timer_new(loop, tell, p);
	p->listener = connection(p, db);
	p->speaker = connection(p, db);
	/* Not the speaker: in a shared session an earlier question's LISTEN may stand, and it would hear itself. */
	db_on_notify(p->listener, heard, p);
	db_connect(p->listener, POOLER_CONNECT_MS, listener_here, p);
	return p;
}

void pooler_free(struct pooler *p)
{
	if (!p)
		return;
	p->over = true; /* what fails now has nothing to conclude */
	db_free(p->listener);
	db_free(p->speaker);
	loop_timer_free(p->deadline);
	loop_timer_free(p->tell);
	error_clear(&p->err);
	mem_free(p);
}

struct wait {
	bool here;
	bool shared;
	struct error err;
};

static void answered(bool shared, const struct error *err, void *arg)
{
	struct wait *wait = arg;

	wait->here = true;
	wait->shared = shared;
	if (err)
		error_exit(&wait->err, err->exit_code, "%s", error_text(err));
}

static bool is_here(void *arg)
{
	const struct wait *wait = arg;

	return wait->here;
}

int pooler_shares_wait(struct loop *loop, const struct db *db, bool *shared, struct error *err)
{
	struct wait wait = { .err = ERROR_INIT };
	struct pooler *p = NULL;

	*shared = false;
	if (!db_pooled(db))
		return 0;
	p = pooler_new(loop, db, answered, &wait);
	if (!loop_until(loop, is_here, &wait))
		error_exit(&wait.err, EXIT_LATER, "Asking about the connection pooler was interrupted.");
	pooler_free(p);
	*shared = wait.shared;
	if (wait.err.kind == ERROR_NONE)
		return 0;
	error_move(err, &wait.err);
	return -1;
}

int pooler_refuse_wait(struct loop *loop, const struct db *db, struct error *err)
{
	bool shared = false;

	if (pooler_shares_wait(loop, db, &shared, err))
		return -1;
	if (!shared)
		return 0;
	return error_exit(err, EXIT_CONFIG, "The connection to %s goes through %s, which shares sessions: the lock would not "
			  "keep a second swbridge out. Nothing was done; %s.", db_describe(db), pooler_in_the_way,
			  pooler_remedy);
}
