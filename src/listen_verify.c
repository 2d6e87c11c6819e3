/* listen_verify - the daemon's own look at SignalWire: every [listen] verify, and it changes nothing. */
#include "listen_verify.h"

#include "log.h"
#include "mem.h"
#include "verify.h"

enum {
	CONNECT_MS = 15000,
	FIRST_MS = 10 * 60 * 1000,
	LINES_MOST = 20 /* in the log; the rest is counted */
};

struct rounds {
	struct loop *loop;
	struct signs *signs;
	const struct session *session; /* NULL: none is there */
	struct loop_timer *due;
	struct loop_timer *clean; /* frees what has ended, outside of its own callbacks */
	int64_t next_at;          /* of loop_now_ms(); 0: not known yet */
	struct db *db;            /* while one is under way, and until it is freed */
	struct verify *verify;
	bool abandoned;
	int64_t lines;
};

static void free_round(void *arg)
{
	struct rounds *rounds = arg;

	db_free(rounds->db);
	verify_free(rounds->verify);
	rounds->db = NULL;
	rounds->verify = NULL;
	rounds->abandoned = false;
}

static void arm(struct rounds *rounds)
{
	int64_t wait = rounds->next_at - loop_now_ms();

	loop_timer_arm(rounds->due, wait > 0 ? wait : 0);
}

/* However it ended: the next one comes. */
static void over(struct rounds *rounds)
{
	rounds->next_at = loop_now_ms() + rounds->session->config->verify_ms;
	loop_timer_arm(rounds->clean, 0);
	arm(rounds);
}

/* The engine stops, and with it what is read beside it: rounds_close() is near, and the next session begins anew. */
static bool cut_off(struct rounds *rounds)
{
	const struct mirror *mirror = rounds->session->mirror;

	if (!mirror || !mirror_stopped(mirror, NULL))
		return false;
	log_debug("the comparison with what is at SignalWire is cut off by a stop");
	loop_timer_arm(rounds->clean, 0);
	return true;
}

static void failed(struct rounds *rounds, const struct error *err)
{
	if (cut_off(rounds))
		return;
	log_warn("What is at SignalWire could not be compared with the ledger: %s The next attempt is in %lld s.", error_text(err),
		 (long long)(rounds->session->config->verify_ms / 1000));
	over(rounds);
}

/* ---- what was found ------------------------------------------------------------ */

static void finding(const struct verify_finding *finding, void *arg)
{
	struct rounds *rounds = arg;
	const char *whose = finding->extension ? finding->extension : finding->email ? finding->email : "a subscriber";

	/* Strangers may be there by the thousands, and are nobody's fault. */
	if (finding->kind == VERIFY_FOREIGN || ++rounds->lines > LINES_MOST)
		return;
	log_warn("%s has %s at SignalWire: %s", whose, finding->kind == VERIFY_LEAKED ? "leaked" :
		 finding->kind == VERIFY_MISSING ? "gone missing" : "drifted", finding->text ? finding->text : "");
}

static void report(struct rounds *rounds)
{
	const struct verify_summary *s = verify_summary(rounds->verify);
	int64_t ours = s->count[VERIFY_DRIFTED] + s->count[VERIFY_MISSING] + s->count[VERIFY_LEAKED];
	struct error err = ERROR_INIT;
	bool whole = verify_check_whole(rounds->verify, &err) == 0;

	if (!whole)
		log_warn("%s", error_text(&err));
	error_clear(&err);
	signs_verified(rounds->signs, s, whole);
	if (ours)
		log_warn("Of %lld extensions at SignalWire %lld have drifted, %lld are missing; %lld subscribers have leaked. "
			 "See: swbridge verify; and to mend it: swbridge verify --repair", (long long)s->checked,
			 (long long)s->count[VERIFY_DRIFTED], (long long)s->count[VERIFY_MISSING],
			 (long long)s->count[VERIFY_LEAKED]);
	else
		log_info("%lld extensions were compared with what is at SignalWire: no difference; %lld objects are foreign",
			 (long long)s->checked, (long long)s->count[VERIFY_FOREIGN]);
}

static void compared(const struct error *err, void *arg)
{
	struct rounds *rounds = arg;
	struct error why = ERROR_INIT;

	if (err) {
		failed(rounds, err);
		return;
	}
	if (verify_check_whole(rounds->verify, &why) && cut_off(rounds)) {
		error_clear(&why);
		return;
	}
	error_clear(&why);
	report(rounds);
	over(rounds);
}

/* ---- one round -------------------------------------------------------------------- */

static void ready(struct db_result *const *results, const struct error *err, void *arg)
{
	struct rounds *rounds = arg;
	const struct session *s = rounds->session;
	struct verify_setup setup = { .loop = rounds->loop, .db = rounds->db, .finding = finding, .arg = rounds };

	(void)results;
	if (rounds->abandoned)
		return;
	if (err) {
		failed(rounds, err);
		return;
	}
	setup.api = s->api;
	setup.http = s->http;
	setup.identity = ledger_identity(s->ledger);
	setup.query = s->query;
	setup.source = s->source;
	setup.config = s->config;
	rounds->lines = 0;
	rounds->verify = verify_new(&setup);
	verify_start(rounds->verify, compared, rounds);
}

static void connected(const struct error *err, void *arg)
{
	struct rounds *rounds = arg;
	char *schema = NULL;
	const char *params[] = { NULL };
	const struct db_statement path = {
		.sql = "select set_config('search_path', $1, false)", .params = params, .param_count = 1,
	};

	if (rounds->abandoned)
		return;
	if (err) {
		failed(rounds, err);
		return;
	}
	schema = db_identifier(rounds->db, rounds->session->config->schema);
	params[0] = schema;
	db_run(rounds->db, DB_AUTOCOMMIT, &path, 1, ready, rounds);
	mem_free(schema);
}

static void due(void *arg)
{
	struct rounds *rounds = arg;

	if (!rounds->session || rounds->db)
		return;
	log_debug("comparing with what is at SignalWire");
	rounds->db = db_twin(rounds->session->db, "swbridge verify");
	db_connect(rounds->db, CONNECT_MS, connected, rounds);
}

/* ---- with the daemon's sessions ------------------------------------------------------ */

struct rounds *rounds_new(struct loop *loop, struct signs *signs)
{
	struct rounds *rounds = mem_alloc(sizeof *rounds);

	rounds->loop = loop;
	rounds->signs = signs;
	rounds->due = loop_timer_new(loop, due, rounds);
	rounds->clean = loop_timer_new(loop, free_round, rounds);
	return rounds;
}

void rounds_free(struct rounds *rounds)
{
	if (!rounds)
		return;
	free_round(rounds);
	loop_timer_free(rounds->due);
	loop_timer_free(rounds->clean);
	mem_free(rounds);
}

void rounds_open(struct rounds *rounds, const struct session *session)
{
	int64_t every = session->config->verify_ms;

	if (!every || !session->api)
		return;
	rounds->session = session;
	/* Also where the configuration asks for it more often than before. */
	if (!rounds->next_at)
		rounds->next_at = loop_now_ms() + (every < FIRST_MS ? every : FIRST_MS);
	else if (rounds->next_at > loop_now_ms() + every)
		rounds->next_at = loop_now_ms() + every;
	arm(rounds);
}

void rounds_close(struct rounds *rounds)
{
	loop_timer_disarm(rounds->due);
	rounds->session = NULL;
	rounds->abandoned = rounds->db != NULL;
	if (rounds->verify)
		verify_abandon(rounds->verify);
}

void rounds_closed(struct rounds *rounds)
{
	loop_timer_disarm(rounds->clean);
	free_round(rounds);
}
