/*
 * target_internal - what the implementations of a target share.
 */
#ifndef TARGET_INTERNAL_H
#define TARGET_INTERNAL_H

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

struct target {
	const struct target_driver *driver;
	struct api *api;
};

#define TARGET_NO_ID "00000000-0000-0000-0000-000000000000"

#endif
