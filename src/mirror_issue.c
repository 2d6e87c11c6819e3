/*
 * mirror_issue - secrets that are made here: for whom the PBX has only a hash, and for the suspended.
 *
 *   intent    the ledger's digest becomes empty: nobody has been told what may be there
 *   make      just before the request that carries it
 *   show      as soon as SignalWire has certainly taken it, whatever comes of the rest
 *   record    the digest of the hash, if it was shown; else the digest stays empty
 *
 * So a process that ends anywhere on this way leaves an empty digest, and the next
 * pass makes another secret, sends it and shows that: the last one that was shown
 * is the one that is there.  No secret is kept anywhere: a change wipes its own.
 */
#include "mirror_internal.h"

#include "log.h"
#include "secret.h"

bool issue_make(struct change *change)
{
	size_t length = change->decision.issue ? SECRET_ISSUED : change->decision.action == PLAN_SUSPEND ? SECRET_NOBODYS : 0;

	if (!length || secret_make(&change->random_secret, length))
		return true;
	change_failed(change, change_sent_nothing(change),
		      "the system gave no random numbers for a password");
	return false;
}

const char *issue_secret(const struct change *change)
{
	return change->decision.issue || change->decision.action == PLAN_SUSPEND ? change->random_secret.data : change->secret;
}

void issue_show(struct change *change)
{
	const struct mirror_setup *setup = &change->mirror->setup;
	const struct mirror_issued issued = {
		.key = change->key, .extension = change->extension, .tenant = change->tenant, .username = change->username,
		.secret = change->random_secret.data,
	};

	if (!change->decision.issue || !change->random_secret.len)
		return;
	change->shown = setup->show && setup->show(&issued, setup->show_arg);
	if (!change->shown)
		log_error("%s: its new secret could not be shown, and so nobody has it; the next pass issues another",
			  change->extension);
}

const char *issue_digest(const struct change *change)
{
	return change->decision.issue && !change->shown ? LEDGER_SECRET_UNSHOWN : change->secret_digest;
}
