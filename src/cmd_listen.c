/*
 * cmd_listen - the verb `listen`: the daemon.
 *
 * It lives through terms.  A term is a session (connection, ledger, lock,
 * engine) and a pair of ears; it ends with what ends a session: a lost
 * connection, an API that cannot be reached or says no, a SIGHUP.  Then
 * everything is closed, and after a wait the next term begins, with the token
 * read again where it was refused.  Configuration, loop and what is woken
 * outlive the terms.
 *
 * Within a term: LISTEN first, then a full pass; then whatever is woken, a full
 * pass every `poll`, and one when unknown outcomes have settled.  What goes
 * wrong is said once, and once more when it is over.
 */
#include "listen.h"
#include "listen_triggers.h"
#include "listen_verify.h"

#include "log.h"

#include <signal.h>
#include <sys/random.h>
#include <unistd.h>

enum {
	PROBE_MS = 10000,
	OPTION_OBSERVE = CMD_OPTION_FIRST
};

/* ---- what wakes it ------------------------------------------------------------ */

static void caught(int signo, void *arg)
{
	struct daemon *d = arg;

	if (signo == SIGHUP) {
		d->reload = true;
		/* A look at everything may take hours; what is on its way ends, and the next term goes on from there. */
		if (d->session.mirror)
			mirror_stop(d->session.mirror, NULL);
		return;
	}
	d->stop = true;
	if (++d->signals > 1) {
		log_error("ended at once; the next run settles what was on its way");
		_exit(128 + signo);
	}
	signs_stopping(d->signs);
	log_info("stopping: what is on its way is finished and recorded; once more ends at once");
	if (d->session.mirror)
		mirror_stop(d->session.mirror, NULL);
	/* What is being read is read to its end, so that the lock can be given back; but not for ever. */
	if (d->open || d->session.locked)
		loop_timer_arm(d->patience, d->config->timeout_ms);
	else
		loop_break(d->loop);
}

static void out_of_patience(void *arg)
{
	struct daemon *d = arg;

	loop_break(d->loop);
}

static void due(void *arg)
{
	struct daemon *d = arg;

	wake_all(d->wake);
}

static void rested(void *arg)
{
	(void)arg; /* that the timer is not armed any more says it */
}

static void heard(const char *key, bool told, void *arg)
{
	struct daemon *d = arg;

	if (told)
		signs_heard(d->signs, key);
	if (key)
		wake_key(d->wake, key);
	else
		wake_all(d->wake);
}

static void hearing_changed(bool deaf, const char *reason, void *arg)
{
	struct daemon *d = arg;

	signs_deaf(d->signs, deaf);
	if (deaf)
		log_warn("notifications do not arrive (%s); until they do, everything is looked at every %lld s",
			 reason, (long long)(d->config->poll_ms / 1000));
	else
		trouble_say_unless(&d->trouble, "notifications arrive");
	/* What was missed is found now, and a deaf start does not wait for the first poll. */
	wake_all(d->wake);
}

static void spoken(struct db_result *const *results, const struct error *err, void *arg)
{
	struct daemon *d = arg;

	(void)results;
	if (d->ears)
		ears_spoken(d->ears, err == NULL);
}

static bool speak(const char *channel, const char *payload, void *arg)
{
	struct daemon *d = arg;
	const char *params[] = { channel, payload };
	const struct db_statement statement = {
		.sql = "select pg_notify($1, $2)", .params = params, .param_count = 2,
	};

	if (d->lost || !db_connected(d->session.db))
		return false;
	db_run(d->session.db, DB_AUTOCOMMIT, &statement, 1, spoken, d);
	return true;
}

static void lost(const struct error *err, void *arg)
{
	struct daemon *d = arg;

	log_debug("%s", error_text(err));
	d->lost = true;
}

/* A standby waits for the lock for as long as the other one is there: a reload does not wait that long, nor an end. */
static bool something_comes_first(void *arg)
{
	const struct daemon *d = arg;

	return d->stop || d->reload;
}

/* The first look of a term is at everything, those keys among it: only it shows what became of what was gone, and that all is well. */
static bool something(void *arg)
{
	const struct daemon *d = arg;

	return d->stop || d->reload || d->lost || wake_wants_all(d->wake) || (d->looked && wake_wants_keys(d->wake));
}

/* ---- a term ------------------------------------------------------------------- */

static void works_again(struct daemon *d)
{
	trouble_over(&d->trouble, d->observe ? "" : "; this process mutates");
	signs_trouble(d->signs, NULL);
	d->backoff = BACKOFF_RECONNECT;
	d->failed_at = 0;
	d->looked = d->worked = true;
}

static int serve(struct daemon *d, struct error *err)
{
	bool whole = false;

	while (loop_until(d->loop, something, d), !d->stop && !d->reload) {
		if (d->lost)
			return error_set(err, ERROR_LATER, "The connection to the database was lost.");
		if (!something(d))
			continue;
		whole = wake_wants_all(d->wake);
		if (whole ? listen_look_at_everything(d, err) : listen_look_at_keys(d, err))
			return -1;
		if (whole)
			works_again(d);
	}
	return 0;
}

/* Who only looks has an api where the daemon compares with SignalWire by itself, and can: it sends nothing but GETs. */
static int open_for_rounds(struct daemon *d, struct error *err)
{
	struct error why = ERROR_INIT;
	int rc = 0;

	if (!d->observe || !d->config->verify_ms)
		return 0;
	if (config_require_api(d->config, &why))
		log_debug("%s", error_text(&why));
	else
		rc = session_open_api(&d->session, err);
	error_clear(&why);
	return rc;
}

static int term(struct daemon *d, struct error *err)
{
	const struct session_wish wish = {
		.verb = "listen", .level = d->observe ? SESSION_LEDGER : SESSION_ENGINE, .wait = true,
		.waiting = listen_stand_by, .enough = something_comes_first, .arg = d, .config = d->config, .loop = d->loop,
	};
	const struct ears_setup setup = {
		.loop = d->loop, .conninfo = d->config->conninfo ? d->config->conninfo : "",
		.channel = d->config->schema, .probe_ms = PROBE_MS, .confirms = true,
		.heard = heard, .changed = hearing_changed, .speak = speak, .arg = d,
	};
	int rc = -1;

	d->lost = d->looked = d->stands_by = false;
	d->memory.known = false; /* somebody else may have been at work meanwhile */
	signs_opening(d->signs);
	if (session_open(&d->session, &wish, err))
		return -1;
	/* Told so while it was opened: nothing begins any more. */
	if (something_comes_first(d)) {
		session_close(&d->session);
		return 0;
	}
	if (open_for_rounds(d, err)) {
		session_close(&d->session);
		return -1;
	}
	d->open = true;
	signs_open(d->signs, &d->session);
	rounds_open(d->rounds, &d->session);
	db_on_lost(d->session.db, lost, d);
	if (!d->observe)
		trouble_say_unless(&d->trouble, "this process mutates now");
	d->triggers_known = d->triggers_known || listen_say_triggers(&d->session, d->config);
	d->ears = ears_new(&setup);
	rc = serve(d, err);
	if (rc && !d->lost && !d->reload)
		d->failed_at = loop_now_ms();
	loop_timer_disarm(d->due);
	ears_free(d->ears);
	d->ears = NULL;
	signs_closed(d->signs);
	rounds_close(d->rounds);
	session_close(&d->session);
	rounds_closed(d->rounds);
	d->open = false;
	return rc;
}

/* ---- between terms ------------------------------------------------------------ */

/* What nobody but the operator can change ends a start; later on it is waited for. */
static bool is_final(const struct daemon *d, const struct error *err)
{
	return !d->worked && (err->exit_code == EXIT_CONFIG || err->exit_code == EXIT_FENCE ||
			      err->exit_code == EXIT_USAGE);
}

static void read_token_again(struct daemon *d)
{
	struct error err = ERROR_INIT;

	if (config_reload_token(d->config, &err))
		log_debug("%s", error_text(&err));
	error_clear(&err);
}

static void load_again(struct daemon *d)
{
	struct config *config = NULL;
	struct error err = ERROR_INIT;

	d->reload = false;
	signs_reloading(d->signs);
	if (config_load(d->options->config_path, &config, &err)) {
		log_error("%s The configuration of before stays in force.", error_text(&err));
		error_clear(&err);
		signs_reloaded(d->signs, d->config);
		return;
	}
	signs_reloaded(d->signs, config);
	config_free(d->config);
	d->config = config;
	log_info("the configuration was read again");
}

static bool rest_is_over(void *arg)
{
	const struct daemon *d = arg;

	return d->stop || d->reload || !loop_timer_armed(d->rest);
}

static void take_a_rest(struct daemon *d)
{
	uint64_t random = 0;

	if (getentropy(&random, sizeof random))
		random = (uint64_t)loop_now_ms();
	loop_timer_arm(d->rest, backoff_next(&d->backoff, random, -1));
	while (!rest_is_over(d))
		loop_until(d->loop, rest_is_over, d);
	loop_timer_disarm(d->rest);
}

static int live(struct daemon *d)
{
	struct error err = ERROR_INIT;

	while (!d->stop) {
		if (d->reload)
			load_again(d);
		if (!term(d, &err))
			continue;
		if (d->stop || d->reload) {
			error_clear(&err);
		} else if (is_final(d, &err)) {
			return cmd_fail(&err);
		} else {
			signs_trouble(d->signs, error_text(&err));
			trouble_say(&d->trouble, error_text(&err));
			if (err.exit_code == EXIT_DENIED)
				read_token_again(d);
			error_clear(&err);
			take_a_rest(d);
		}
	}
	return EXIT_IN_STEP;
}

static int begin(struct daemon *d, struct error *err)
{
	/* A reader of the metrics who hangs up is no reason to end; and nobody else makes sure of that before there is an API. */
	signal(SIGPIPE, SIG_IGN);
	if (config_load(d->options->config_path, &d->config, err) || loop_new(&d->loop, err) ||
	    signs_new(d->loop, d->config, d->observe, &d->signs, err))
		return -1;
	d->wake = wake_new();
	d->rounds = rounds_new(d->loop, d->signs);
	d->due = loop_timer_new(d->loop, due, d);
	d->rest = loop_timer_new(d->loop, rested, d);
	d->patience = loop_timer_new(d->loop, out_of_patience, d);
	d->interrupt = loop_signal_new(d->loop, SIGINT, caught, d);
	d->terminate = loop_signal_new(d->loop, SIGTERM, caught, d);
	d->hangup = loop_signal_new(d->loop, SIGHUP, caught, d);
	return 0;
}

static void end(struct daemon *d)
{
	loop_signal_free(d->interrupt);
	loop_signal_free(d->terminate);
	loop_signal_free(d->hangup);
	loop_timer_free(d->due);
	loop_timer_free(d->rest);
	loop_timer_free(d->patience);
	wake_free(d->wake);
	rounds_free(d->rounds);
	signs_free(d->signs);
	refused_release(&d->refused);
	trouble_release(&d->trouble);
	loop_free(d->loop);
	config_free(d->config);
}

static int run(const struct cmd_verb *verb, struct cmd_options *options, int argc, char **argv)
{
	static const struct option known[] = {
		{ "observe", no_argument, NULL, OPTION_OBSERVE }, { NULL, 0, NULL, 0 },
	};
	struct daemon d = { .options = options, .backoff = BACKOFF_RECONNECT };
	struct error err = ERROR_INIT;
	int rc = 0, option = 0;

	while ((option = cmd_option(verb, options, known, argc, argv, &rc)) != CMD_END) {
		if (option == CMD_STOP)
			return rc;
		d.observe = true;
	}
	if (optind < argc)
		return cmd_usage(verb, "It takes no names.");
	rc = begin(&d, &err) ? cmd_fail(&err) : live(&d);
	end(&d);
	return rc;
}

const struct cmd_verb cmd_listen = {
	.name = "listen",
	.summary = "the daemon: follow the PBX from moment to moment",
	.arguments = "[--observe]",
	.details =
	"  --observe  do all of it but change anything: show what would be done, count and compare\n\n"
	"Woken by the triggers of swbridge init --triggers; without them, or where notifications do\n"
	"not arrive, everything is looked at every [listen] poll. A second daemon on the same ledger\n"
	"stands by and takes over. SIGHUP reads configuration and token again, SIGTERM ends it: what\n"
	"is on its way is finished and recorded first. What goes wrong is said once; then it is tried\n"
	"again and again.\n"
	"Exit: 0 after SIGTERM; 78 and 6 where it cannot start.\n",
	.run = run,
};
