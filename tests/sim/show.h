/*
 * show - objects as the API shows them.
 *
 * A password is never among what is shown.  `fault` (NULL: none) may ask for
 * unknown extra members, or for the outer id to be left out.
 */
#ifndef SHOW_H
#define SHOW_H

#include "sim.h"

typedef void show_row(const struct call *c, const struct object *o, struct strbuf *out);

show_row show_subscriber;
show_row show_credential;
show_row show_standalone;
show_row show_legacy;
show_row show_address;

void show_sip_profile(const struct call *c, struct strbuf *out);

#endif
