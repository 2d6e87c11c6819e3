/*
 * target_internal - what the implementations of a target share.
 */
#ifndef TARGET_INTERNAL_H
#define TARGET_INTERNAL_H

#include <sys/queue.h>

#include "roster.h"
#include "target.h"

/* The contract of each call stands in target.h. */
struct target_driver {
	struct target_traits traits;
	void (*create)(struct target *target, const char *place, const struct json_credential_request *request,
		       api_done *done, void *arg);
	void (*get)(struct target *target, const char *place, const char *id, api_done *done, void *arg);
	void (*change)(struct target *target, const char *place, const char *id,
		       const struct json_credential_request *request, api_done *done, void *arg);
	void (*delete)(struct target *target, const char *place, const char *id, api_done *done, void *arg);
	void (*list)(struct target *target, const char *place,
		     void (*row)(const struct json_credential *credential, void *arg), api_done *done, void *arg);
	void (*probe)(struct target *target, api_done *done, void *arg);
};

extern const struct target_driver target_subscriber;
extern const struct target_driver target_endpoint;

struct target_putting;

struct target {
	const struct target_driver *driver;
	struct api *api;
	/* Of target_endpoint alone. */
	struct roster *endpoints;
	LIST_HEAD(, target_putting) puttings; /* changes whose object is being read or written */
};

/*
 * What a PUT has to say so that only what `request` says changes: the rest as
 * it `is`.  Pure; `request` then borrows from both.
 */
void target_merge(struct json_credential_request *request, const struct json_credential *is);
void target_forget_puttings(struct target *target); /* without a callback */

#define TARGET_NO_ID "00000000-0000-0000-0000-000000000000"

#endif
