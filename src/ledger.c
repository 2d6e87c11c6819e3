/* ledger - what the bridge remembers: identity, lock and holder (subscriber_id: ledger_place.c; batches: ledger_intent.c, ledger_record.c). */
#include "ledger_internal.h"

#include "log.h"
#include "mem.h"
#include "pooler.h"
#include "strbuf.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* "swbr": the first half of the advisory lock's key; the second is the schema's oid. */
enum { LOCK_CLASS = 0x73776272 };

enum { LOCK_POLL_MS = 500 };

static const char sql_identity[] =
	"-- swbridge: what this ledger is bound to\n"
	"select schema_version, project_id, api_url, sip_domain, source, columns::text,\n"
	"       digest_inner::text, digest_outer::text,\n"
	"       system_identifier = (select c.system_identifier from pg_control_system() c)\n"
	"       and database = current_database() as same_cluster,\n"
	"       -- a column that is not there before version 2\n"
	"       coalesce(to_jsonb(i) ->> 'target', 'subscriber'),\n"
	"       -- and one before version 4\n"
	"       to_jsonb(i) ->> 'subscriber_id'\n"
	"  from identity i";

static const char sql_try_lock[] =
	"-- swbridge: one mutator at a time; held by this session until it ends\n"
	"select pg_try_advisory_lock($1::integer, (select oid::bigint - case when oid::bigint > 2147483647\n"
	"       then 4294967296 else 0 end from pg_namespace where nspname = $2)::integer)";

static const char sql_settle[] =
	"-- swbridge: what a predecessor left open settles from now on\n"
	"update journal\n"
	"   set settles_at = now() + $1::bigint * interval '1 millisecond'\n"
	" where outcome is null\n"
	"   and settles_at is null";

static const char sql_hold[] =
	"-- swbridge: for people who ask who mutates\n"
	"update holder\n"
	"   set verb = $1, host = $2, pid = $3::integer, backend_pid = pg_backend_pid(),\n"
	"       since = now(), released_at = null";

static const char sql_release[] =
	"-- swbridge: the end of this holder was no crash\n"
	"update holder\n"
	"   set released_at = now()";

static const char sql_complete[] =
	"-- swbridge: a complete pass ended now\n"
	"update holder\n"
	"   set last_complete_pass = now()";

static const char sql_refused[] =
	"-- swbridge: what rows of the source are refused for, as far as it changed\n"
	"update holder\n"
	"   set refused = nullif($1, '')\n"
	" where refused is distinct from nullif($1, '')";

static const char sql_completed[] =
	"-- swbridge: whether a complete pass ended within that time\n"
	"select coalesce(last_complete_pass > now() - $1::bigint * interval '1 millisecond', false)\n"
	"  from holder";

static const char sql_restart_absence[] =
	"-- swbridge: nobody looked for longer than grace, so nobody knows how long they were gone\n"
	"update sync\n"
	"   set absent_since = null, updated_at = now()\n"
	" where absent_since is not null\n"
	"   and $1::bigint > 0\n"
	"   and coalesce((select last_complete_pass from holder), '-infinity')\n"
	"       < now() - $1::bigint * interval '1 millisecond'";

static const char sql_prune[] =
	"-- swbridge: journal_keep; never inside the day that the rails look at\n"
	"delete from journal\n"
	" where id in (select id\n"
	"                from journal\n"
	"               where at < now() - greatest($1::bigint * interval '1 millisecond', interval '25 hours')\n"
	"                 and outcome is not null\n"
	"               order by at\n"
	"               limit 10000)";

static void identity_release(struct ledger_identity *identity)
{
	mem_free(identity->target);
	mem_free(identity->subscriber_id);
	mem_free(identity->project_id);
	mem_free(identity->api_url);
	mem_free(identity->sip_domain);
	mem_free(identity->source);
	mem_free(identity->columns);
	mem_free_secret(identity->digest_inner);
	mem_free_secret(identity->digest_outer);
}

static int load_identity(struct ledger *ledger, const struct config *config, struct error *err)
{
	struct ledger_identity *identity = &ledger->identity;
	struct db_result *result = NULL;

	if (db_query_wait(ledger->db, sql_identity, NULL, 0, &result, err))
		return ledger_unreadable(ledger->db, config, err);
	if (db_result_rows(result) == 0) {
		db_result_free(result);
		return ledger_no_schema(config, err);
	}
	identity->version = db_result_int(result, 0, 0);
	identity->project_id = mem_strdup(db_result_get(result, 0, 1));
	identity->api_url = mem_strdup(db_result_get(result, 0, 2));
	identity->sip_domain = mem_strdup(db_result_get(result, 0, 3));
	identity->source = mem_strdup(db_result_get(result, 0, 4));
	identity->columns = mem_strdup(db_result_get(result, 0, 5));
	identity->digest_inner = mem_strdup(db_result_get(result, 0, 6));
	identity->digest_outer = mem_strdup(db_result_get(result, 0, 7));
	identity->same_cluster = db_result_bool(result, 0, 8);
	identity->target = mem_strdup(db_result_get(result, 0, 9));
	identity->subscriber_id = mem_strdup(db_result_get(result, 0, 10));
	db_result_free(result);
	return 0;
}

/* `oldest`: the least version that will do. */
static int check_version(const struct ledger *ledger, int64_t oldest, struct error *err)
{
	int64_t version = ledger->identity.version;

	if (version > LEDGER_SCHEMA_VERSION)
		return error_exit(err, EXIT_FENCE, "The ledger in schema \"%s\" has version %lld, this swbridge knows "
				  "only up to %d; install the newer swbridge that migrated it", ledger->schema,
				  (long long)version, LEDGER_SCHEMA_VERSION);
	if (version < 1 && oldest == 1)
		return error_exit(err, EXIT_FENCE, "The ledger in schema \"%s\" has version %lld, which no swbridge ever made",
				  ledger->schema, (long long)version);
	if (version < oldest)
		return error_exit(err, EXIT_FENCE, "The ledger in schema \"%s\" has version %lld, this swbridge needs %d; "
				  "run: swbridge init", ledger->schema, (long long)version, LEDGER_SCHEMA_VERSION);
	return 0;
}

static int open_from(struct db *db, const struct config *config, int64_t oldest, struct ledger **ledger, struct error *err)
{
	struct ledger *l = mem_alloc(sizeof *l);
	int rc = -1;

	l->db = db;
	l->schema = mem_strdup(config->schema);
	l->row_security = config->row_security;
	if (ledger_enter(db, config, err) || load_identity(l, config, err) || check_version(l, oldest, err) ||
	    ledger_whole(db, config, err))
		goto out;
	*ledger = l;
	l = NULL;
	rc = 0;
out:
	ledger_free(l);
	return rc;
}

int ledger_open(struct db *db, const struct config *config, struct ledger **ledger, struct error *err)
{
	return open_from(db, config, LEDGER_SCHEMA_VERSION, ledger, err);
}

int ledger_look(struct db *db, const struct config *config, struct ledger **ledger, struct error *err)
{
	return open_from(db, config, 1, ledger, err);
}

void ledger_free(struct ledger *ledger)
{
	if (!ledger)
		return;
	identity_release(&ledger->identity);
	mem_free(ledger->schema);
	mem_free(ledger);
}

const struct ledger_identity *ledger_identity(const struct ledger *ledger)
{
	return &ledger->identity;
}

int ledger_check_identity(const struct ledger *ledger, const struct config *config, struct error *err)
{
	const struct ledger_identity *bound = &ledger->identity;

	if (!bound->same_cluster)
		return error_exit(err, EXIT_FENCE, "This ledger was bound in another database or server (a copy, a restore "
				  "or a rename?); if this one is to mutate from now on, stop the other and run: "
				  "swbridge init --rebind");
	if (config->project_id && strcmp(bound->project_id, config->project_id) != 0)
		return error_exit(err, EXIT_FENCE, "The ledger is bound to project %s, [signalwire] project_id says %s; "
				  "correct the setting, or use another [postgres] schema for that project",
				  bound->project_id, config->project_id);
	if (config->api_url && strcmp(bound->api_url, config->api_url) != 0)
		return error_exit(err, EXIT_FENCE, "The ledger is bound to %s, the configuration says %s; correct "
				  "[signalwire] space (or api_url), or after a move of the space run: swbridge init --rebind",
				  bound->api_url, config->api_url);
	if (strcmp(bound->target, config_target_name(config->target)) != 0)
		return error_exit(err, EXIT_FENCE, "The ledger is bound to target = %s, the configuration says %s; correct "
				  "[mirror] target, or, while the ledger has no rows, run: swbridge init",
				  bound->target, config_target_name(config->target));
	if (ledger_check_place(bound, config, err))
		return -1;
	if (!bound->sip_domain)
		return error_exit(err, EXIT_FENCE, "The ledger is not bound to a SIP domain yet, since SignalWire could "
				  "not be asked when it was made; run: swbridge init");
	return 0;
}

static int try_lock(struct db *db, const char *schema, bool *got, struct error *err)
{
	char class[16] = "";
	const char *params[] = { class, schema };
	struct db_result *result = NULL;

	snprintf(class, sizeof class, "%d", LOCK_CLASS);
	if (db_query_wait(db, sql_try_lock, params, 2, &result, err))
		return -1;
	*got = db_result_bool(result, 0, 0);
	db_result_free(result);
	return 0;
}

struct pause {
	const struct ledger_wait *wait;
	bool fired, given_up;
};

static void note_fired(void *arg)
{
	struct pause *pause = arg;

	pause->fired = true;
}

static bool is_over(void *arg)
{
	struct pause *pause = arg;

	pause->given_up = pause->wait->enough && pause->wait->enough(pause->wait->arg);
	return pause->fired || pause->given_up;
}

/* Turns the loop for a while; false: interrupted, or given up. */
static bool pause_loop(struct loop *loop, const struct ledger_wait *wait, int64_t ms)
{
	struct pause pause = { .wait = wait };
	struct loop_timer *timer = loop_timer_new(loop, note_fired, &pause);
	bool whole = false;

	loop_timer_arm(timer, ms);
	whole = loop_until(loop, is_over, &pause) && !pause.given_up;
	loop_timer_free(timer);
	return whole;
}

int ledger_take_over(struct ledger *ledger, const char *verb, int64_t settle_ms, struct error *err)
{
	char settle[24] = "", pid[16] = "", host[256] = "";
	const char *settle_params[] = { settle };
	const char *hold_params[] = { verb, host, pid };
	const struct db_statement statements[] = {
		{ .sql = sql_settle, .params = settle_params, .param_count = 1 },
		{ .sql = sql_hold, .params = hold_params, .param_count = 3 },
	};
	struct db_result *results[2] = { NULL, NULL };

	snprintf(settle, sizeof settle, "%lld", (long long)settle_ms);
	snprintf(pid, sizeof pid, "%ld", (long)getpid());
	if (gethostname(host, sizeof host - 1))
		host[0] = '\0';
	if (db_run_wait(ledger->db, DB_WRITE, statements, 2, results, err))
		return -1;
	if (db_result_affected(results[0]) > 0)
		log_info("%lld changes of an earlier run have an unknown outcome; they are left alone until they settle",
			 (long long)db_result_affected(results[0]));
	db_result_free(results[0]);
	db_result_free(results[1]);
	return 0;
}

/* A daemon stands by for another one; everybody else would wait for it for ever. */
static int say_waiting(struct db *db, const char *verb, struct error *err)
{
	bool daemon = false;

	if (strcmp(verb, "listen") != 0 && ledger_locked_by_daemon(db, &daemon, err))
		return -1;
	log_info("waiting for another swbridge to end its work%s", !daemon ? "" : "; that is the daemon (listen), which ends "
		 "only when it is stopped");
	return 0;
}

int ledger_lock(struct ledger *ledger, struct loop *loop, const char *verb, const struct ledger_wait *wait,
		bool *waited, struct error *err)
{
	bool got = false;

	*waited = false;
	if (pooler_refuse_wait(loop, ledger->db, err))
		return -1;
	for (;;) {
		if (try_lock(ledger->db, ledger->schema, &got, err))
			return -1;
		if (got)
			return 0;
		if (!wait)
			return ledger_locked(ledger->db, verb, err);
		if (!*waited && say_waiting(ledger->db, verb, err))
			return -1;
		*waited = true;
		if (wait->waiting)
			wait->waiting(wait->arg);
		if (!pause_loop(loop, wait, LOCK_POLL_MS))
			return error_set(err, ERROR_LATER, "Interrupted while waiting for the lock.");
	}
}

int ledger_claim(struct db *db, const struct config *config, struct error *err)
{
	bool got = false;

	if (try_lock(db, config->schema, &got, err))
		return -1;
	if (got)
		return 0;
	/* Without a schema there is no lock either. */
	return ledger_enter(db, config, err) ? -1 : ledger_locked(db, NULL, err);
}

int ledger_unlock(struct ledger *ledger, struct error *err)
{
	const struct db_statement statements[] = {
		{ .sql = sql_release },
		{ .sql = "select pg_advisory_unlock_all()" },
	};
	struct db_result *results[2] = { NULL, NULL };

	if (db_run_wait(ledger->db, DB_WRITE, statements, 2, results, err))
		return -1;
	db_result_free(results[0]);
	db_result_free(results[1]);
	return 0;
}

int ledger_note_refused(struct ledger *ledger, const char *mark, bool *changed, struct error *err)
{
	const char *params[] = { mark };
	struct db_result *result = NULL;

	if (db_query_wait(ledger->db, sql_refused, params, 1, &result, err))
		return -1;
	*changed = db_result_affected(result) > 0;
	db_result_free(result);
	return 0;
}

int ledger_complete_pass(struct ledger *ledger, struct error *err)
{
	return db_query_wait(ledger->db, sql_complete, NULL, 0, NULL, err);
}

int ledger_completed_within(struct ledger *ledger, int64_t ms, bool *completed, struct error *err)
{
	char within[24] = "";
	const char *params[] = { within };
	struct db_result *result = NULL;

	snprintf(within, sizeof within, "%lld", (long long)ms);
	if (db_query_wait(ledger->db, sql_completed, params, 1, &result, err))
		return -1;
	*completed = db_result_rows(result) > 0 && db_result_bool(result, 0, 0);
	db_result_free(result);
	return 0;
}

int ledger_restart_absence(struct ledger *ledger, int64_t grace_ms, struct error *err)
{
	char grace[24] = "";
	const char *params[] = { grace };

	snprintf(grace, sizeof grace, "%lld", (long long)grace_ms);
	return db_query_wait(ledger->db, sql_restart_absence, params, 1, NULL, err);
}

int ledger_prune(struct ledger *ledger, int64_t keep_ms, struct error *err)
{
	char keep[24] = "";
	const char *params[] = { keep };

	snprintf(keep, sizeof keep, "%lld", (long long)keep_ms);
	return db_query_wait(ledger->db, sql_prune, params, 1, NULL, err);
}
