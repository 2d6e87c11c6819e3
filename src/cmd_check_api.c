/* cmd_check_api - the part of the verb `check` that asks SignalWire. */
#include "cmd_check.h"

#include "mem.h"
#include "target.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SKEW_WARN_MS = 2000 };

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void check_clock(struct check *check, int64_t server_ms)
{
	int64_t skew = server_ms < 0 ? 0 : llabs((long long)(now_ms() - server_ms));

	/* The server's clock comes in whole seconds. */
	if (skew > SKEW_WARN_MS + 1000)
		check_say(check, WARNING, "clock", "this machine's clock is %lld s away from SignalWire's; set it (NTP)",
		    (long long)(skew / 1000));
	else
		check_say(check, GOOD, "clock", "in step with SignalWire's");
}

static void check_domain(struct check *check, const char *domain)
{
	const struct ledger *ledger = check->session.ledger;
	const char *bound = ledger ? ledger_identity(ledger)->sip_domain : NULL;

	if (bound && strcmp(bound, domain) != 0) {
		check_say(check, PROBLEM, "SIP domain", "SignalWire says %s, the ledger is bound to %s: is this the right project? After a "
		    "move of the space run: swbridge init --rebind", domain, bound);
		check->rc = cmd_worse(check->rc, EXIT_FENCE);
		return;
	}
	check_say(check, GOOD, "SIP domain", "%s", domain);
}

struct scope {
	bool here;
	enum api_outcome outcome;
	char *text;
};

static void scope_answered(const struct api_result *result, void *arg)
{
	struct scope *scope = arg;

	scope->here = true;
	scope->outcome = result->outcome;
	scope->text = mem_strdup(result->text);
}

static bool scope_here(void *arg)
{
	return ((struct scope *)arg)->here;
}

/* The SIP profile was read; may the token see the rest too?  What nobody has is "not found" to who may look. */
static void check_scope(struct check *check)
{
	struct session *s = &check->session;
	struct target *target = target_new(s->config, s->api);
	const char *objects = target_traits(s->config)->objects;
	struct scope scope = { 0 };

	target_probe(target, scope_answered, &scope);
	if (!loop_until(s->loop, scope_here, &scope)) {
		api_free(s->api);
		s->api = api_new(s->loop, s->http);
		goto out;
	}
	if (scope.outcome == API_DONE || scope.outcome == API_NOT_FOUND) {
		check_say(check, GOOD, "scopes", "the token may read the SIP profile and the %s", objects);
	} else {
		check_say(check, PROBLEM, "scopes", "the %s cannot be read: %s", objects, scope.text);
		check->rc = cmd_worse(check->rc, scope.outcome == API_DENIED ? EXIT_DENIED : EXIT_LATER);
	}
	mem_free(scope.text);
out:
	target_free(target);
}

void check_api(struct check *check)
{
	struct session *s = &check->session;
	struct error err = ERROR_INIT;
	int64_t server_ms = -1;
	char *domain = NULL;

	if (session_open_api(s, &err)) {
		check_say_error(check, "settings", &err);
		return;
	}
	check_say(check, GOOD, "on_remove", "%s", config_on_remove_name(s->config->on_remove));
	if (session_sip_domain(s, &domain, &server_ms, &err)) {
		check_say_error(check, "SignalWire", &err);
		return;
	}
	check_say(check, GOOD, "SignalWire", "%s answers and accepts the token", s->config->api_url);
	check_domain(check, domain);
	check_clock(check, server_ms);
	check_scope(check);
	mem_free(domain);
}
