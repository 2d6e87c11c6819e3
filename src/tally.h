/*
 * tally - what happens to a bridge, as the metrics count it.
 *
 * Passes, their lines, requests and the ledger's state know nothing of metrics;
 * metrics.h knows nothing of them.  This is what stands between, for `sync`
 * and for the daemon alike.
 */
#ifndef TALLY_H
#define TALLY_H

#include "admin_view.h"
#include "metrics.h"
#include "pass.h"
#include "session.h"
#include "verify.h"

/* metrics_init() with the configuration's price, and when this process began. */
void tally_init(struct metrics *m, const struct config *config);

/* Counts the session's requests and retries from now on; `m` must outlive it.  Again for every session that has an api. */
void tally_attach(struct metrics *m, const struct session *session);

/* One line of a pass: a change that ended. */
void tally_line(struct metrics *m, const struct pass_line *line);

/* The end of a pass; `failed`: it ended early.  A full one also says what is held and skipped now. */
void tally_pass(struct metrics *m, enum metrics_kind kind, const struct pass_summary *summary, bool failed);

/* What a comparison with the remote side found; `whole`: everything could be read. */
void tally_verified(struct metrics *m, const struct verify_summary *summary, bool whole);

/* What the ledger says: states, subscribers, paused, the last success of any process. */
void tally_status(struct metrics *m, const struct admin_status *status);

/*
 * Reads the ledger's state and writes metrics_file, where one is set.  Turns
 * the loop.  A failure is a warning and nothing more: the metrics are about
 * the work, not the work.  `warned` keeps it to one: the caller's, at first false.
 */
void tally_file(struct metrics *m, const struct session *session, bool *warned);

/* Only writes: for a caller that has read the state already, or cannot. */
void tally_file_write(struct metrics *m, const struct config *config, bool *warned);

/* The text, with what the kernel says of the process now. */
void tally_render(struct metrics *m, struct strbuf *out);

#endif
