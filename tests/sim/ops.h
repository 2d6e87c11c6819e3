/*
 * ops - the operations of the API, one function each.
 *
 * Each has an authenticated call, the ids of its path, and fills the reply.
 * They check in the order body, existence, uniqueness, account; a mutation is
 * written to the log before the reply exists.
 */
#ifndef OPS_H
#define OPS_H

#include "sim.h"

typedef void ops_function(struct call *c);

ops_function ops_subscribers_list, ops_subscriber_create;
ops_function ops_subscriber_get, ops_subscriber_put, ops_subscriber_delete, ops_addresses_list;

ops_function ops_credentials_list, ops_credential_create;
ops_function ops_credential_get, ops_credential_patch, ops_credential_delete;

/* Standalone credentials, in the Fabric and in the legacy API (call->legacy). */
ops_function ops_endpoints_list, ops_endpoint_create;
ops_function ops_endpoint_get, ops_endpoint_put, ops_endpoint_delete, ops_attach;

ops_function ops_sip_profile;

/* Shared among them. */
struct draft;

/* The object of this kind in the call's project, or NULL after a 404. */
struct object *ops_find(struct call *c, enum kind kind, const char *id);

/* Adds a problem where the draft's username is another's. */
void ops_check_username(struct call *c, struct draft *draft, const struct object *except);

/* Answers with the draft's problems: true where there were any. */
bool ops_refused(struct call *c, struct draft *draft);

/* Refuses every create while the account is said to be out of money and the like: true after a reply. */
bool ops_account_refused(struct call *c);

/* Removes an object and, first, the credentials under it; all of it is logged. */
void ops_remove(struct call *c, struct object *o);

#endif
