/* main - the simulator's command line, its socket and its end. */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <event2/event.h>
#include <event2/http.h>

#include "control.h"
#include "exchange.h"
#include "mem.h"
#include "wire.h"

struct options {
	const char *bind, *port_file, *log, *project, *token, *space, *domain, *certificate, *key;
	int64_t port, latency_ms, page_size_max, seed, lifetime_s;
	bool die_with_parent, seeded;
};

enum { OPT_BIND = 256, OPT_PORT, OPT_PORT_FILE, OPT_LOG, OPT_PROJECT, OPT_TOKEN, OPT_SPACE, OPT_DOMAIN, OPT_LATENCY,
       OPT_PAGE_SIZE_MAX, OPT_CERT, OPT_KEY, OPT_SEED, OPT_LIFETIME, OPT_DIE, OPT_HELP };

static const struct option long_options[] = {
	{ "bind", required_argument, NULL, OPT_BIND },
	{ "port", required_argument, NULL, OPT_PORT },
	{ "port-file", required_argument, NULL, OPT_PORT_FILE },
	{ "log", required_argument, NULL, OPT_LOG },
	{ "project", required_argument, NULL, OPT_PROJECT },
	{ "token", required_argument, NULL, OPT_TOKEN },
	{ "space", required_argument, NULL, OPT_SPACE },
	{ "domain", required_argument, NULL, OPT_DOMAIN },
	{ "latency", required_argument, NULL, OPT_LATENCY },
	{ "page-size-max", required_argument, NULL, OPT_PAGE_SIZE_MAX },
	{ "tls-cert", required_argument, NULL, OPT_CERT },
	{ "tls-key", required_argument, NULL, OPT_KEY },
	{ "seed", required_argument, NULL, OPT_SEED },
	{ "lifetime", required_argument, NULL, OPT_LIFETIME },
	{ "die-with-parent", no_argument, NULL, OPT_DIE },
	{ "help", no_argument, NULL, OPT_HELP },
	{ NULL, 0, NULL, 0 },
};

static void usage(FILE *to)
{
	const struct option *o = NULL;

	fputs("usage: swbridge-sim", to);
	for (o = long_options; o->name; o++)
		fprintf(to, " [--%s%s]", o->name, o->has_arg ? " VALUE" : "");
	fputs("\nServes the SignalWire REST API on loopback, for tests.  tests/sim/README tells more.\n", to);
}

static int number(const char *text, int64_t *out)
{
	char *end = NULL;

	errno = 0;
	*out = strtoll(text, &end, 10);
	if (errno == 0 && *text && !*end)
		return 0;
	fprintf(stderr, "swbridge-sim: %s is not a number.\n", text);
	return -1;
}

static int text_option(struct options *o, int option, const char *value)
{
	const char **to = NULL;

	switch (option) {
	case OPT_BIND: to = &o->bind; break;
	case OPT_PORT_FILE: to = &o->port_file; break;
	case OPT_LOG: to = &o->log; break;
	case OPT_PROJECT: to = &o->project; break;
	case OPT_TOKEN: to = &o->token; break;
	case OPT_SPACE: to = &o->space; break;
	case OPT_DOMAIN: to = &o->domain; break;
	case OPT_CERT: to = &o->certificate; break;
	case OPT_KEY: to = &o->key; break;
	default: return -1;
	}
	*to = value;
	return 0;
}

static int set_option(struct options *o, int option, const char *value)
{
	switch (option) {
	case OPT_PORT: return number(value, &o->port);
	case OPT_LATENCY: return number(value, &o->latency_ms);
	case OPT_PAGE_SIZE_MAX: return number(value, &o->page_size_max);
	case OPT_LIFETIME: return number(value, &o->lifetime_s);
	case OPT_SEED: o->seeded = true; return number(value, &o->seed);
	case OPT_DIE: o->die_with_parent = true; return 0;
	default: return text_option(o, option, value);
	}
}

/* The address as a socket address, if it is one of loopback. */
static int loopback(const char *text, int64_t port, struct sockaddr_storage *out, socklen_t *len)
{
	struct sockaddr_in *v4 = (void *)out;
	struct sockaddr_in6 *v6 = (void *)out;

	memset(out, 0, sizeof *out);
	if (inet_pton(AF_INET, strcmp(text, "localhost") == 0 ? "127.0.0.1" : text, &v4->sin_addr) == 1 &&
	    ntohl(v4->sin_addr.s_addr) >> 24 == 127) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons((uint16_t)port);
		*len = sizeof *v4;
		return 0;
	}
	memset(out, 0, sizeof *out);
	if (inet_pton(AF_INET6, text, &v6->sin6_addr) == 1 && IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr)) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons((uint16_t)port);
		*len = sizeof *v6;
		return 0;
	}
	return -1;
}

static int listen_on(const struct options *o, int64_t *port, struct error *err)
{
	struct sockaddr_storage address;
	socklen_t len = 0;
	int one = 1;
	int fd = -1;

	if (o->port < 0 || o->port > 65535 || loopback(o->bind, o->port, &address, &len) != 0)
		return error_set(err, ERROR_NEVER, "%s port %" PRId64 " is no address of loopback.", o->bind, o->port);
	fd = socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		goto failed;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one); /* accepted sockets inherit it */
	if (bind(fd, (struct sockaddr *)&address, len) != 0 || listen(fd, 1024) != 0 ||
	    getsockname(fd, (struct sockaddr *)&address, &len) != 0)
		goto failed;
	*port = ntohs(address.ss_family == AF_INET ? ((struct sockaddr_in *)(void *)&address)->sin_port
						   : ((struct sockaddr_in6 *)(void *)&address)->sin6_port);
	return fd;
failed:
	error_set(err, ERROR_NEVER, "%s port %" PRId64 " cannot be listened on: %s.", o->bind, o->port,
		  strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

/* Whole or not at all: a reader that sees the file sees the port. */
static int write_port(const char *path, int64_t port, struct error *err)
{
	char *temporary = mem_printf("%s.%ld", path, (long)getpid());
	FILE *file = fopen(temporary, "w");
	int rc = -1;

	if (!file)
		goto out;
	fprintf(file, "%" PRId64 "\n", port);
	if (fclose(file) == 0 && rename(temporary, path) == 0)
		rc = 0;
out:
	if (rc != 0)
		error_set(err, ERROR_NEVER, "The port file %s cannot be written: %s.", path, strerror(errno));
	mem_free(temporary);
	return rc;
}

static void end(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	event_base_loopbreak(arg);
}

static void sim_init(struct sim *sim, const struct options *o)
{
	struct timespec now = { 0 };

	clock_gettime(CLOCK_REALTIME, &now);
	settings_init(&sim->settings);
	sim->settings.latency_ms = o->latency_ms;
	sim->settings.page_size_max = o->page_size_max;
	store_init(&sim->store);
	store_put_project(&sim->store, o->project, o->token, o->domain);
	sim->space = mem_strdup(o->space);
	rng_seed(&sim->dice, (uint64_t)o->seed);
	/* Two simulators of one test must not give out the same ids. */
	rng_seed(&sim->ids, o->seeded ? (uint64_t)o->seed ^ table_hash(o->project)
				      : (uint64_t)now.tv_nsec << 32 ^ (uint64_t)now.tv_sec ^ (uint64_t)getpid() << 20);
	LIST_INIT(&sim->exchanges);
	LIST_INIT(&sim->lates);
	LIST_INIT(&sim->waits);
}

static void sim_release(struct sim *sim)
{
	fault_clear(&sim->faults, 0);
	oplog_close(&sim->oplog);
	store_release(&sim->store);
	settings_release(&sim->settings);
	mem_free(sim->space);
	mem_free(sim->url);
}

static struct evhttp *make_http(struct sim *sim, struct wire *wire, int fd)
{
	struct evhttp *http = evhttp_new(sim->base);

	evhttp_set_allowed_methods(http, EVHTTP_REQ_GET | EVHTTP_REQ_POST | EVHTTP_REQ_PUT | EVHTTP_REQ_PATCH |
						 EVHTTP_REQ_DELETE | EVHTTP_REQ_HEAD | EVHTTP_REQ_OPTIONS);
	evhttp_set_max_headers_size(http, 65536);
	evhttp_set_max_body_size(http, 64 << 20); /* a seed may be long */
	evhttp_set_timeout(http, 3600);
	evhttp_set_default_content_type(http, NULL);
	evhttp_set_bevcb(http, wire_accept, wire);
	evhttp_set_gencb(http, exchange_begin, wire);
	evhttp_accept_socket(http, fd);
	return http;
}

static int announce(struct sim *sim, const struct options *o, int64_t port, struct error *err)
{
	bool six = strchr(o->bind, ':') != NULL;

	sim->url = mem_printf("%s://%s%s%s:%" PRId64, o->certificate ? "https" : "http", six ? "[" : "", o->bind,
			      six ? "]" : "", port);
	if (o->port_file && write_port(o->port_file, port, err) != 0)
		return -1;
	printf("%s\n", sim->url);
	fflush(stdout);
	return 0;
}

static int serve(struct sim *sim, const struct options *o, struct error *err)
{
	struct wire wire = { 0 };
	struct evhttp *http = NULL;
	struct event *events[3] = { NULL, NULL, NULL };
	struct timeval lifetime = { .tv_sec = (time_t)o->lifetime_s };
	int64_t port = 0;
	size_t i = 0;
	int rc = -1;
	int fd = -1;

	sim->base = event_base_new();
	if (wire_init(&wire, sim, o->certificate, o->key, err) != 0 || oplog_open(&sim->oplog, o->log, err) != 0)
		goto out;
	fd = listen_on(o, &port, err);
	if (fd < 0)
		goto out;
	http = make_http(sim, &wire, fd);
	events[0] = evsignal_new(sim->base, SIGTERM, end, sim->base);
	events[1] = evsignal_new(sim->base, SIGINT, end, sim->base);
	events[2] = evtimer_new(sim->base, end, sim->base);
	event_add(events[0], NULL);
	event_add(events[1], NULL);
	event_add(events[2], &lifetime);
	if (announce(sim, o, port, err) != 0)
		goto out;
	event_base_dispatch(sim->base);
	rc = 0;
out:
	exchange_drop_all(sim);
	control_drop_all(sim);
	if (http)
		evhttp_free(http);
	for (i = 0; i < 3; i++)
		if (events[i])
			event_free(events[i]);
	event_base_free(sim->base);
	wire_release(&wire);
	return rc;
}

int main(int argc, char **argv)
{
	struct options o = { .bind = "127.0.0.1",
			     .project = "11111111-2222-4333-8444-555555555555",
			     .token = "PTsimulator",
			     .space = "example",
			     .domain = "example-1234567890ab.sip.signalwire.com",
			     .page_size_max = 1000,
			     .seed = 1,
			     .lifetime_s = 3600 };
	struct sim sim = { .oplog.fd = -1 };
	struct error err = ERROR_INIT;
	pid_t parent = getppid();
	int option = 0;
	int rc = 0;

	while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		if (option == OPT_HELP) {
			usage(stdout);
			return 0;
		}
		if (set_option(&o, option, optarg) != 0) {
			usage(stderr);
			return 64;
		}
	}
	if (o.die_with_parent && prctl(PR_SET_PDEATHSIG, SIGTERM) == 0 && getppid() != parent)
		return 0; /* it died before we asked */
	signal(SIGPIPE, SIG_IGN);
	sim_init(&sim, &o);
	if (serve(&sim, &o, &err) != 0) {
		fprintf(stderr, "swbridge-sim: %s\n", error_text(&err));
		rc = 1;
	}
	error_clear(&err);
	sim_release(&sim);
	return rc;
}
