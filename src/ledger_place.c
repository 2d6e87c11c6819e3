/*
 * ledger_place - [mirror] subscriber_id, which the ledger is bound to.
 *
 * Rows of sync without a subscriber of their own are about credentials that
 * live under that one.  Under another they would be looked for in vain, and be
 * taken for removed while every phone goes on.
 */
#include "ledger_internal.h"

#include <strings.h>

static const char *wanted(const struct config *config)
{
	return config->subscriber_id ? config->subscriber_id : "";
}

int ledger_check_place(const struct ledger_identity *bound, const struct config *config, struct error *err)
{
	const char *is = bound->subscriber_id;

	if (!is)
		return error_exit(err, EXIT_FENCE, "The ledger is bound neither to a [mirror] subscriber_id nor to none yet; run: "
				  "swbridge init");
	if (strcasecmp(is, wanted(config)) == 0)
		return 0;
	return error_exit(err, EXIT_FENCE, "The ledger is bound to %s%s, the configuration has %s%s; correct [mirror] "
			  "subscriber_id, or, while nothing of the ledger is at SignalWire, run: swbridge init",
			  *is ? "subscriber_id = " : "no subscriber_id", is,
			  config->subscriber_id ? "subscriber_id = " : "none", wanted(config));
}

int ledger_check_move(const struct ledger *ledger, const struct config *config, bool live, bool placeless,
		      struct error *err)
{
	const char *is = ledger->identity.subscriber_id;

	/* One of before version 4 takes over what the configuration says, which it was run with. */
	if (!is && placeless && !config->subscriber_id && config->target == CONFIG_SUBSCRIBER)
		return error_exit(err, EXIT_FENCE, "This ledger has credentials under one subscriber that owns them all, and the "
				  "configuration does not say which; set [mirror] subscriber_id to the id that it had, then run: "
				  "swbridge init");
	if (!is || !live || strcasecmp(is, wanted(config)) == 0)
		return 0;
	if (*is)
		return error_exit(err, EXIT_FENCE, "This ledger has credentials under subscriber_id = %s, the configuration has %s%s: "
				  "there they would not be found, and be taken for gone. Set [mirror] subscriber_id = %s again. To "
				  "move, first have the extensions removed (on_remove = delete, and disabled in the PBX), or run "
				  "swbridge forget for each; then change subscriber_id, and run: swbridge init; swbridge sync",
				  is, config->subscriber_id ? "subscriber_id = " : "none", wanted(config), is);
	return error_exit(err, EXIT_FENCE, "This ledger has extensions with subscribers of their own, the configuration has "
			  "subscriber_id = %s. Take it out of [mirror] again. To move, first have the extensions removed (on_remove = "
			  "delete, and disabled in the PBX), or run swbridge forget for each; then set subscriber_id, and run: "
			  "swbridge init; swbridge sync", wanted(config));
}
