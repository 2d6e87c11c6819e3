/* session - opens what a verb works with, in order, and closes it in reverse. */
#include "session.h"

#include "log.h"
#include "mem.h"
#include "pooler.h"
#include "strbuf.h"

#include <build.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

enum { CONNECT_MS = 15000, HEARTBEAT_MS = 1000 };

/* SIP passwords pass through memory: a core file would keep them. */
static void forbid_core_dumps(void)
{
	const struct rlimit none = { 0, 0 };

	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_DUMPABLE, 0);
}

/*
 * "project:token" as it travels in the Authorization header (RFC 7617, RFC 4648
 * section 4): a server or a proxy may quote the header in its error.
 */
static void hide_credentials(const char *project_id, const char *token)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	char *pair = mem_printf("%s:%s", project_id, token);
	struct strbuf text = STRBUF_INIT_SECRET;
	size_t len = strlen(pair);

	for (size_t i = 0; i < len; i += 3) {
		unsigned bits = (unsigned)(unsigned char)pair[i] << 16;

		bits |= i + 1 < len ? (unsigned)(unsigned char)pair[i + 1] << 8 : 0;
		bits |= i + 2 < len ? (unsigned)(unsigned char)pair[i + 2] : 0;
		for (size_t j = 0; j < 4; j++)
			strbuf_putc(&text, j > len - i ? '=' : digits[bits >> (18 - 6 * j) & 63]);
	}
	log_add_secret(text.data);
	strbuf_release(&text);
	mem_free_secret(pair);
}

static int open_config(struct session *s, const struct session_wish *wish, struct error *err)
{
	forbid_core_dumps();
	s->borrowed = wish->config != NULL;
	s->config = wish->config;
	s->loop = wish->loop;
	if (!s->borrowed && config_load(wish->config_path, &s->config, err))
		return -1;
	log_add_secret(s->config->api_token);
	if (s->config->project_id && s->config->api_token)
		hide_credentials(s->config->project_id, s->config->api_token);
	return s->loop ? 0 : loop_new(&s->loop, err);
}

static int open_db(struct session *s, const struct session_wish *wish, struct error *err)
{
	char *name = mem_printf("swbridge %s", wish->verb);

	s->db = db_new(s->loop, s->config->conninfo ? s->config->conninfo : "", name);
	mem_free(name);
	if (db_connect_wait(s->db, CONNECT_MS, err))
		return -1;
	/* Before anything is set in a session that may be somebody else's next. */
	return wish->any_pooler ? 0 : pooler_refuse_wait(s->loop, s->db, err);
}

static int open_ledger(struct session *s, const struct session_wish *wish, struct error *err)
{
	const struct ledger_identity *identity = NULL;

	if (ledger_open(s->db, s->config, &s->ledger, err))
		return -1;
	if (!wish->unbound_space && ledger_check_identity(s->ledger, s->config, err))
		return -1;
	if (wish->no_source)
		return 0;
	identity = ledger_identity(s->ledger);
	if (source_bind(s->db, s->config, identity->source, identity->columns, &s->source, err))
		return -1;
	return difference_query_new(s->db, s->source, s->config, identity->digest_inner, identity->digest_outer,
				    &s->query, err);
}

static void close_ledger(struct session *s)
{
	difference_query_free(s->query);
	source_free(s->source);
	ledger_free(s->ledger);
	s->query = NULL;
	s->source = NULL;
	s->ledger = NULL;
}

/*
 * The lock, and the ledger as it is then.  A standby may have waited for weeks, and
 * an init or an upgrade been there meanwhile: what it read before it waited, and
 * the query made of that, would be those of another binding.
 */
static int take_lock(struct session *s, const struct session_wish *wish, struct error *err)
{
	const struct ledger_wait wait = { .waiting = wish->waiting, .enough = wish->enough, .arg = wish->arg };
	bool waited = false;

	if (ledger_lock(s->ledger, s->loop, wish->verb, wish->wait ? &wait : NULL, &waited, err))
		return -1;
	s->locked = true;
	/* It may have become enough in the turn that brought the lock. */
	if (wish->enough && wish->enough(wish->arg))
		return error_set(err, ERROR_LATER, "Interrupted while taking the lock.");
	if (waited) {
		close_ledger(s);
		if (open_ledger(s, wish, err))
			return -1;
	}
	if (ledger_take_over(s->ledger, wish->verb, s->config->settle_ms, err))
		return -1;
	s->holds = true;
	return 0;
}

static bool may_send(void *arg)
{
	const struct session *s = arg;
	int64_t alive = s->locked ? db_alive_at(s->db) : -1;

	return alive >= 0 && loop_boottime_ms() - alive < SESSION_MARGIN_MS;
}

static bool may_read(void *arg)
{
	(void)arg;
	return true;
}

int session_open_api(struct session *s, struct error *err)
{
	const struct config *config = s->config;
	const struct http_settings settings = {
		.base_url = config->api_url,
		.user = config->project_id,
		.password = config->api_token,
		.ca_file = config->ca_file,
		.proxy = config->proxy,
		.agent = "swbridge/" PACKAGE_VERSION,
		.timeout_ms = config->timeout_ms,
		.max_in_flight = config->max_in_flight,
		.write_rate = config->write_rate,
	};

	if (config_require_api(config, err) || http_new(s->loop, &settings, &s->http, err))
		return -1;
	/* Without a lock only verbs that read come here; the engine sets the real fence. */
	http_set_fence(s->http, may_read, s);
	s->api = api_new(s->loop, s->http);
	return 0;
}

static void caught(int signo, void *arg)
{
	struct session *s = arg;

	if (++s->signals > 1) {
		/* Whoever asks twice does not want to wait; the open intents are in the ledger. */
		log_error("ended at once; the next run settles what was on its way");
		_exit(128 + signo);
	}
	log_warn("stopping: what is on its way is finished and recorded; once more ends at once");
	if (s->mirror)
		mirror_stop(s->mirror, NULL);
	/* A long read is given up, and cancelled on the server (db_run_wait()). */
	loop_break(s->loop);
}

static struct mirror *new_mirror(const struct session *s, const char *cause)
{
	const struct mirror_setup setup = {
		.loop = s->loop,
		.api = s->api,
		.http = s->http,
		.ledger = s->ledger,
		.query = s->query,
		.config = s->config,
		.cause = cause,
	};

	return mirror_new(&setup);
}

static int open_engine(struct session *s, const struct session_wish *wish, struct error *err)
{
	if (!s->borrowed) {
		s->interrupt = loop_signal_new(s->loop, SIGINT, caught, s);
		s->terminate = loop_signal_new(s->loop, SIGTERM, caught, s);
	}
	if (take_lock(s, wish, err))
		return -1;
	db_heartbeat(s->db, HEARTBEAT_MS);
	http_set_fence(s->http, may_send, s);
	s->mirror = new_mirror(s, wish->verb);
	return 0;
}

int session_open(struct session *session, const struct session_wish *wish, struct error *err)
{
	*session = (struct session){ 0 };
	if (open_config(session, wish, err))
		goto fail;
	if (wish->level >= SESSION_DB && open_db(session, wish, err))
		goto fail;
	if (wish->level >= SESSION_LEDGER && open_ledger(session, wish, err))
		goto fail;
	if (wish->level >= SESSION_API && session_open_api(session, err))
		goto fail;
	if (wish->level >= SESSION_ENGINE && open_engine(session, wish, err))
		goto fail;
	return 0;
fail:
	session_close(session);
	return -1;
}

struct domain_answer {
	bool here;
	enum api_outcome outcome;
	char *domain;
	char *text;
	int64_t server_ms;
};

static void domain_answered(const struct api_result *result, void *arg)
{
	struct domain_answer *answer = arg;

	answer->here = true;
	answer->outcome = result->outcome;
	answer->domain = mem_strdup(result->domain);
	answer->text = mem_strdup(result->text);
	answer->server_ms = result->server_ms;
}

static bool answered(void *arg)
{
	const struct domain_answer *answer = arg;

	return answer->here;
}

int session_await(struct session *s, bool (*here)(void *arg), void *arg, struct error *err)
{
	if (loop_until(s->loop, here, arg))
		return 0;
	api_free(s->api);
	s->api = api_new(s->loop, s->http);
	return error_set(err, ERROR_LATER, "Interrupted.");
}

int session_sip_domain(struct session *s, char **domain, int64_t *server_ms, struct error *err)
{
	struct domain_answer answer = { .server_ms = -1 };
	int rc = -1;

	api_get_sip_profile(s->api, domain_answered, &answer);
	if (session_await(s, answered, &answer, err))
		return -1;
	if (server_ms)
		*server_ms = answer.server_ms;
	if (answer.outcome == API_DONE && answer.domain) {
		*domain = answer.domain;
		answer.domain = NULL;
		rc = 0;
	} else if (answer.outcome == API_DENIED) {
		error_exit(err, EXIT_DENIED, "%s", answer.text);
	} else if (answer.outcome == API_NOT_FOUND || answer.outcome == API_REJECTED) {
		error_exit(err, EXIT_CONFIG, "%s answers, but not as SignalWire does (%s); is [signalwire] space (or api_url) right?",
			   s->config->api_url, answer.text);
	} else {
		error_exit(err, EXIT_LATER, "%s", answer.text);
	}
	mem_free(answer.domain);
	mem_free(answer.text);
	return rc;
}

int session_check_space(struct session *s, struct error *err)
{
	const char *bound = ledger_identity(s->ledger)->sip_domain;
	char *domain = NULL;
	int rc = session_sip_domain(s, &domain, NULL, err);

	if (!rc && (!bound || strcmp(domain, bound) != 0))
		rc = error_exit(err, EXIT_FENCE, "The project's SIP domain is %s, but this ledger is bound to %s: is the token "
				"one of another project or space? Correct [signalwire], or after a move run: "
				"swbridge init --rebind", domain, bound ? bound : "none");
	mem_free(domain);
	return rc;
}

void session_close(struct session *s)
{
	struct error err = ERROR_INIT;

	/* A lock without the holder's row goes with the connection. */
	if (s->holds && db_connected(s->db) && ledger_unlock(s->ledger, &err)) {
		log_debug("%s", error_text(&err));
		error_clear(&err);
	}
	mirror_free(s->mirror);
	api_free(s->api);
	http_free(s->http);
	close_ledger(s);
	db_free(s->db);
	loop_signal_free(s->interrupt);
	loop_signal_free(s->terminate);
	if (!s->borrowed) {
		loop_free(s->loop);
		config_free(s->config);
	}
	*s = (struct session){ 0 };
}
