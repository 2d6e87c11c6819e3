/*
 * listen_outlet - where the daemon's metrics are served: at the address that is wanted, as soon as it can be had.
 *
 * An address may come later than the daemon (a lease, one that two hosts share)
 * or be another one's for a while; the mirroring does not wait for it.  That is
 * said once, tried again every ten seconds, and said once more when it is there.
 * What was open before stays open until then.
 */
#ifndef LISTEN_OUTLET_H
#define LISTEN_OUTLET_H

#include "error.h"
#include "exporter.h"

struct outlet;

/* `setup` but for its address: nothing is wanted yet. */
struct outlet *outlet_new(const struct exporter_setup *setup);
void outlet_free(struct outlet *outlet); /* before the loop; NULL is fine */

/*
 * From now on this address is wanted, copied; NULL and "": none.  Fails only
 * where it never can be had as it is written; all is then as before.
 */
int outlet_want(struct outlet *outlet, const char *address, struct error *err);

#endif
