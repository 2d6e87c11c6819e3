/*
 * listen_signs - what the daemon shows of itself: metrics, health, systemd's view.
 *
 * Lives as long as the daemon's loop.  The daemon says what happens; who asks,
 * and how often, is this module's business.  Nothing here decides anything.
 */
#ifndef LISTEN_SIGNS_H
#define LISTEN_SIGNS_H

#include <stdbool.h>

#include "config.h"
#include "loop.h"
#include "metrics.h"
#include "pass.h"
#include "session.h"
#include "verify.h"

struct signs;

/*
 * systemd is told READY when the first term begins or meets trouble, or after a
 * moment: a daemon that stands by, or waits for its database, is ready too.
 */
int signs_new(struct loop *loop, const struct config *config, bool observe, struct signs **signs, struct error *err);
void signs_free(struct signs *signs); /* before the loop; NULL is fine */

void signs_opening(struct signs *signs);
void signs_standing_by(struct signs *signs); /* another one does the work; ends trouble */
void signs_open(struct signs *signs, const struct session *session); /* a term begins; with a lock, where it has one */
void signs_closed(struct signs *signs); /* what it knew of source and ledger is not shown any more: another process may go on */
void signs_trouble(struct signs *signs, const char *text); /* NULL: it is over */
void signs_deaf(struct signs *signs, bool deaf);
void signs_heard(struct signs *signs, const char *key); /* told of a change: its time to live runs; NULL: told of everything */
void signs_line(struct signs *signs, const struct pass_line *line);
/* Reads the ledger's state behind a look at everything: turns the loop. */
void signs_pass(struct signs *signs, enum metrics_kind kind, const struct pass_summary *summary, bool failed,
		const struct session *session);
/* The remote side was compared with the ledger, as far as it could be read. */
void signs_verified(struct signs *signs, const struct verify_summary *summary, bool whole);
void signs_settled(struct signs *signs); /* whatever was heard has been looked at */

void signs_reloading(struct signs *signs);
/* The new configuration; a new address of the metrics is taken as soon as it can be had (listen_outlet.h). */
void signs_reloaded(struct signs *signs, const struct config *config);
void signs_stopping(struct signs *signs);

#endif
