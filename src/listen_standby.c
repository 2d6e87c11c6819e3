/* listen_standby - the daemon while another swbridge has the lock: whether its own trouble is over. */
#include "listen.h"

#include "ledger.h"
#include "log.h"

/* Whoever has the lock may fare as this one did when it had it: that it does better, only a complete pass shows. */
static bool other_works(const struct daemon *d)
{
	struct error err = ERROR_INIT;
	bool completed = false;

	if (!d->failed_at)
		return true;
	if (ledger_completed_within(d->session.ledger, loop_now_ms() - d->failed_at, &completed, &err))
		log_debug("%s", error_text(&err));
	error_clear(&err);
	return completed;
}

void listen_stand_by(void *daemon)
{
	struct daemon *d = daemon;

	/* It has come as far as a start can: what is wrong later is waited for. */
	d->worked = true;
	if (d->stands_by || !other_works(d))
		return;
	d->stands_by = true;
	d->failed_at = 0;
	d->backoff = BACKOFF_RECONNECT;
	trouble_over(&d->trouble, "; another swbridge is at work");
	signs_standing_by(d->signs);
}
