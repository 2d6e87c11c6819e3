/*
 * listen - the daemon's state, and one look of it: a full pass or one by keys;
 * and what it makes of having to stand by.
 *
 * cmd_listen.c has the rest: terms, what wakes it, signals.
 */
#ifndef LISTEN_H
#define LISTEN_H

#include "backoff.h"
#include "cmd.h"
#include "listen_refused.h"
#include "listen_signs.h"
#include "listen_trouble.h"
#include "ears.h"
#include "wake.h"

/* What waits for a person. */
struct listen_held {
	int64_t creates, removals, changes;
	bool paused, doubted, emptied;
};

struct daemon {
	const struct cmd_options *options;
	bool observe;

	struct config *config;
	struct loop *loop;
	struct loop_signal *interrupt, *terminate, *hangup;
	struct loop_timer *due;  /* of the next full pass */
	int64_t due_at;          /* while it is armed */
	struct loop_timer *rest; /* between two terms */
	struct loop_timer *patience; /* with a stop */
	struct wake *wake;
	struct pass_memory memory; /* of the term */
	int64_t unissued;        /* said: so many extensions need a new secret */
	struct listen_held held; /* said */
	struct refused refused;  /* said */
	struct signs *signs;
	struct rounds *rounds; /* listen_verify.h */
	struct backoff backoff;

	struct session session; /* of the term */
	struct ears *ears;
	bool open;               /* it is there: else it is being opened, or a rest is taken */
	bool lost;
	bool looked;             /* a full pass of this term is done */
	bool stands_by;          /* this term waits for the lock, and whoever has it does the work */
	int64_t pruned_at;

	bool stop, reload;
	int signals;
	bool worked;             /* a term came as far as a full pass, or had to wait for the lock, ever */
	bool triggers_known;     /* said, where there are none */
	int64_t failed_at;       /* a term with the lock failed, and not for want of a connection; 0: not since all was well */
	struct trouble trouble;
};

/* Everything; a complete pass is noted in the ledger. */
int listen_look_at_everything(struct daemon *d, struct error *err);
/* The keys that wait. */
int listen_look_at_keys(struct daemon *d, struct error *err);

/* The lock is another one's; called again and again while it is.  A standby looks at nothing, perhaps for weeks. */
void listen_stand_by(void *daemon);

#endif
