/* listen_outlet - where the daemon's metrics are served: at the address that is wanted, as soon as it can be had. */
#include "listen_outlet.h"

#include <string.h>

#include "log.h"
#include "mem.h"

enum { AGAIN_MS = 10000 };

struct outlet {
	struct exporter_setup setup;
	struct exporter *exporter; /* NULL: nothing is open */
	char *open;                /* its address */
	char *wanted;              /* NULL: none */
	struct loop_timer *again;  /* armed while what is wanted is not there */
};

static void close_outlet(struct outlet *outlet)
{
	exporter_free(outlet->exporter);
	outlet->exporter = NULL;
	mem_free(outlet->open);
	outlet->open = NULL;
}

static int open_outlet(struct outlet *outlet, const char *address, struct error *err)
{
	struct exporter_setup setup = outlet->setup;
	struct exporter *exporter = NULL;
	char *copy = NULL;

	setup.address = address;
	if (exporter_new(&setup, &exporter, err))
		return -1;
	copy = mem_strdup(address);
	close_outlet(outlet);
	outlet->exporter = exporter;
	outlet->open = copy;
	return 0;
}

static bool same_port(const char *a, const char *b)
{
	const char *port_a = strrchr(a, ':'), *port_b = strrchr(b, ':');

	return port_a && port_b && !strcmp(port_a, port_b);
}

/* 0.0.0.0:9753 cannot be had while we ourselves are at 127.0.0.1:9753. */
static int open_in_place_of_ours(struct outlet *outlet, const char *address, struct error *err)
{
	struct error lost = ERROR_INIT;
	char *before = mem_strdup(outlet->open);
	int rc = 0;

	close_outlet(outlet);
	error_clear(err);
	rc = open_outlet(outlet, address, err);
	if (rc && open_outlet(outlet, before, &lost))
		log_debug("%s", error_text(&lost));
	error_clear(&lost);
	mem_free(before);
	return rc;
}

static int take(struct outlet *outlet, const char *address, struct error *err)
{
	int rc = open_outlet(outlet, address, err);

	if (rc && err->kind == ERROR_LATER && outlet->open && same_port(outlet->open, address))
		rc = open_in_place_of_ours(outlet, address, err);
	if (!rc)
		log_info("metrics are served at %s (port %d)", address, exporter_port(outlet->exporter));
	return rc;
}

static void try_again(void *arg)
{
	struct outlet *outlet = arg;
	struct error err = ERROR_INIT;

	if (!take(outlet, outlet->wanted, &err))
		return;
	log_debug("%s", error_text(&err));
	error_clear(&err);
	loop_timer_arm(outlet->again, AGAIN_MS);
}

struct outlet *outlet_new(const struct exporter_setup *setup)
{
	struct outlet *outlet = mem_alloc(sizeof *outlet);

	outlet->setup = *setup;
	outlet->again = loop_timer_new(setup->loop, try_again, outlet);
	return outlet;
}

void outlet_free(struct outlet *outlet)
{
	if (!outlet)
		return;
	close_outlet(outlet);
	loop_timer_free(outlet->again);
	mem_free(outlet->wanted);
	mem_free(outlet);
}

static bool same(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : !a && !b;
}

static void want(struct outlet *outlet, const char *address)
{
	loop_timer_disarm(outlet->again);
	mem_free(outlet->wanted);
	outlet->wanted = mem_strdup(address);
}

int outlet_want(struct outlet *outlet, const char *address, struct error *err)
{
	struct error later = ERROR_INIT;

	if (address && !*address)
		address = NULL;
	if (same(address, outlet->wanted))
		return 0;
	if (!address || same(address, outlet->open)) {
		want(outlet, address);
		if (!address)
			close_outlet(outlet);
		return 0;
	}
	if (take(outlet, address, &later)) {
		if (later.kind != ERROR_LATER) {
			error_move(err, &later);
			return -1;
		}
		log_warn("%s It is tried again every %d s; %s", error_text(&later), AGAIN_MS / 1000,
			 outlet->open ? "until then the metrics stay where they were." : "until then there are no metrics.");
		error_clear(&later);
		want(outlet, address);
		loop_timer_arm(outlet->again, AGAIN_MS);
		return 0;
	}
	want(outlet, address);
	return 0;
}
