/*
 * test_plan - what is done for a difference, case by case and for random ones.
 *
 * A case is a line of words about a difference and a line of words about the
 * decision.  Without any word the difference is a new extension, and the policy
 * is on_remove = delete over a complete source.
 */
#include "plan.h"

#include "check.h"

#include <stdio.h>
#include <string.h>

#define PROTECTED "the username is held by another extension, which is protected: "
#define GONE "it is gone from the PBX; to free the username insert its row again with protected false, or run swbridge forget " \
	"for it and delete its credential at SignalWire"
#define DISABLED "it is disabled in the PBX; to free the username set protected to false there"
#define SAME_KEY "another row of the source has the same key: give each its own, or name a column for it (key) in [columns]"

struct given {
	struct difference d;
	struct plan_policy p;
};

#define SET(name, statements) \
	static void set_##name(struct difference *d, struct plan_policy *p) \
	{ (void)d; (void)p; statements; }

static void in_ledger(struct difference *d, enum difference_state state)
{
	d->state = state;
	d->ledger_extension = d->extension;
	d->owner_no = "7";
	d->owner_email = d->email;
	d->owner_origin = ORIGIN_CREATED;
	d->owner_extensions = 1;
	d->profile_speaks = true;
}

static void in_step(struct difference *d, enum difference_state state)
{
	in_ledger(d, state);
	d->ledger_username = d->username;
	d->sip_endpoint_id = "endpoint";
	d->ledger_settings_digest = d->settings_digest;
	d->ledger_secret_digest = d->secret_digest;
	d->owner_id = "owner";
	d->owner_profile_digest = d->profile_digest;
}

/* What there is. */
SET(creating, in_ledger(d, STATE_CREATING))
SET(active, in_step(d, STATE_ACTIVE))
SET(suspended, in_step(d, STATE_SUSPENDED))
SET(removing, in_step(d, STATE_REMOVING))
SET(no_endpoint, d->sip_endpoint_id = NULL)
SET(owner, d->owner_id = "owner"; d->owner_no = "7")
SET(no_owner, d->owner_id = NULL)
SET(adopted, d->owner_origin = ORIGIN_ADOPTED)
SET(shared_owner, d->owner_extensions = 2)
SET(orphan, d->orphan = true; d->present = false; d->owner_id = "owner"; d->owner_origin = ORIGIN_CREATED)
SET(is_protected, d->is_protected = true)
SET(absent_noted, d->absent_noted = true)
SET(due, d->absence_due = true)
SET(not_yet, d->not_yet = true)
SET(tried, d->tried_digest = d->desired_digest)
SET(tried_other, d->tried_digest = "other")
SET(doubtful_email, d->owner_sent_fields = "email"; d->profile_speaks = true)
SET(took_profile, d->owner_profile_digest = "old"; d->owner_sent_fields = "first_name")

/* What is desired. */
SET(gone, d->present = false; d->enabled = false; d->wants_protection = false)
SET(disabled, d->enabled = false)
SET(no_secret, d->secret = NULL; d->skip_reason = "no_secret")
SET(skipped, d->skip_reason = "password_hashed")
SET(hashed, d->secret = NULL; d->hashed = true)
SET(never_issued, d->secret = NULL; d->hashed = true; d->skip_reason = "password_hashed")
SET(unshown, d->ledger_secret_digest = "")
SET(secret_unknown, d->ledger_secret_digest = NULL)
SET(renumbered, d->extension = "101")
SET(renamed, d->username = "u101")
SET(password, d->secret_digest = "new")
SET(settings, d->settings_digest = "new")
SET(no_settings, d->settings_digest = NULL; d->sent_fields = "codecs")
SET(bare_settings, d->settings_digest = NULL)
SET(empty_secret, d->secret = "")
SET(reason_no_secret, d->skip_reason = "no_secret")
SET(never_settings, d->settings_digest = NULL; d->ledger_settings_digest = NULL)
SET(digests_unknown, d->ledger_settings_digest = NULL; d->ledger_secret_digest = NULL)
SET(profile, d->profile_digest = "profile"; d->profile_speaks = true)
SET(silent_profile, d->profile_digest = "profile"; d->profile_speaks = false)
SET(silent, d->profile_speaks = false)
SET(given_email, d->email = "jo@example.org"; d->email_given = true)
SET(own_email, d->email_given = true; d->owner_email = d->email)
SET(other_email, d->email = "jo@example.org"; d->email_given = true; d->owner_email = "al@example.org")
SET(default_email_differs, d->owner_email = "al@example.org")
SET(moves_whole, d->owner_moves_whole = true)
SET(wanted_owner, d->wanted_owner_id = "other owner")
SET(no_email, d->email = NULL)
SET(wants_protection, d->wants_protection = true)
SET(duplicate, d->problem = "duplicate_key")
SET(bad_username, d->username = "1 0")

/* What is unknown. */
SET(unknown_create, d->intent = OPERATION_CREATE; d->intent_settled = true)
SET(unknown_update, d->intent = OPERATION_UPDATE; d->intent_settled = true)
SET(unknown_replace, d->intent = OPERATION_REPLACE; d->intent_settled = true)
SET(unknown_suspend, d->intent = OPERATION_SUSPEND; d->intent_settled = true)
SET(unknown_restore, d->intent = OPERATION_RESTORE; d->intent_settled = true)
SET(unknown_remove, d->intent = OPERATION_REMOVE; d->intent_settled = true)
SET(unsettled, d->intent_settled = false)

SET(name_moves, d->holder = HOLDER_MOVES)
SET(name_keeps, d->holder = HOLDER_KEEPS)
SET(name_absent, d->holder = HOLDER_ABSENT)
SET(name_disabled, d->holder = HOLDER_DISABLED)
SET(name_protected, d->holder_protected = true)

/* The policy. */
SET(suspend, p->on_remove = CONFIG_SUSPEND)
SET(keep, p->on_remove = CONFIG_KEEP)
SET(unset, p->on_remove = CONFIG_ON_REMOVE_UNSET)
SET(fixed, p->one_place = true)
SET(incomplete, p->source_complete = false)
SET(keyed, p->keyed = true)

#define WORD(name) { #name, set_##name }

static const struct {
	const char *word;
	void (*set)(struct difference *d, struct plan_policy *p);
} words[] = {
	WORD(creating), WORD(active), WORD(suspended), WORD(removing), WORD(no_endpoint), WORD(owner), WORD(no_owner),
	WORD(adopted), WORD(shared_owner), WORD(orphan), WORD(is_protected), WORD(absent_noted), WORD(due),
	WORD(not_yet), WORD(tried), WORD(tried_other), WORD(doubtful_email), WORD(took_profile), WORD(gone), WORD(disabled),
	WORD(no_secret), WORD(hashed), WORD(skipped), WORD(never_issued), WORD(unshown), WORD(secret_unknown), WORD(renumbered), WORD(renamed), WORD(password), WORD(settings),
	WORD(no_settings), WORD(never_settings), WORD(bare_settings), WORD(empty_secret), WORD(reason_no_secret), WORD(digests_unknown), WORD(profile), WORD(silent_profile),
	WORD(silent), WORD(given_email), WORD(other_email), WORD(default_email_differs), WORD(moves_whole),
	WORD(wanted_owner), WORD(no_email), WORD(wants_protection), WORD(duplicate), WORD(bad_username), WORD(unknown_create),
	WORD(own_email), WORD(unknown_update), WORD(unknown_replace), WORD(unknown_suspend), WORD(unknown_restore),
	WORD(unknown_remove), WORD(unsettled), WORD(name_moves), WORD(name_keeps), WORD(name_absent),
	WORD(name_disabled), WORD(name_protected), WORD(suspend), WORD(keep), WORD(unset), WORD(fixed), WORD(incomplete), WORD(keyed),
};

static struct given given(const char *text)
{
	struct given g = {
		.d = { .key = "100", .present = true, .extension = "100", .username = "100", .secret = "s3cret",
		       .enabled = true, .email = "100@example.org", .settings_digest = "settings",
		       .secret_digest = "secret", .desired_digest = "all", .profile_speaks = true },
		.p = { .on_remove = CONFIG_DELETE, .source_complete = true },
	};

	for (const char *s = text; *s; s += strspn(s, " ")) {
		size_t len = strcspn(s, " ");
		size_t w = 0;

		while (w < COUNT(words) && (strlen(words[w].word) != len || memcmp(words[w].word, s, len)))
			w++;
		if (w == COUNT(words))
			fail_msg("no word for \"%s\"", s);
		words[w].set(&g.d, &g.p);
		s += len;
	}
	return g;
}

static const char *said(const struct plan_decision *decision)
{
	static char text[256];

	snprintf(text, sizeof text, "%s%s%s%s%s%s%s%s%s%s%s%s%s%s%s%s%s", plan_action_name(decision->action),
		 decision->fields & PLAN_USERNAME ? " username" : "", decision->fields & PLAN_SETTINGS ? " settings" : "",
		 decision->fields & PLAN_SECRET ? " secret" : "", decision->profile ? " profile" : "",
		 decision->look_first ? " look_first" : "", decision->take_over ? " take_over" : "",
		 decision->after_holder ? " after_holder" : "", decision->move_owner ? " move_owner" : "",
		 decision->issue ? " issue" : "", decision->keep_secret ? " keep_secret" : "", decision->note ? " note" : "",
		 decision->settle ? " settle" : "", decision->classes & CLASS_CREATES ? " C" : "",
		 decision->classes & CLASS_REMOVALS ? " R" : "", decision->classes & CLASS_CHANGES ? " U" : "",
		 decision->subscribers == 0 ? "" : decision->subscribers > 0 ? " +1" : " -1");
	return text;
}

#define UNKNOWN_SENT "the outcome of an earlier attempt is unknown: sent again"
#define UNKNOWN_MADE "the outcome of an earlier attempt is unknown: looked for, and created where it is missing"
#define HASHED "the PBX has only a hash of its secret"
#define CHANGED "its secret changed in the PBX, which has only a hash of it"
#define KEPT ": the credential keeps the password that it has; to issue another: swbridge retry --secret"
#define UNSETTLED "the outcome of an earlier attempt is unknown and has not settled"
#define NOT_YET "the time of its next attempt has not come"
#define MOVED "its e-mail changed: it gets another subscriber"
#define NO_PROOF "not in what was read, which proves nothing"
#define UNSET "it is no longer wanted, and on_remove in [mirror] does not say what to do: " \
	      "set it to delete, suspend or keep"

/* Rails: C creates, R removals, U changes.  +1, -1: subscribers. */
static const struct {
	const char *given;
	const char *decision;
	const char *reason;
} cases[] = {
	/* New. */
	{ "", "create C +1", "new in the PBX" },
	{ "profile", "create profile C +1", "new in the PBX" },
	{ "silent_profile", "create C +1", "new in the PBX" },
	{ "given_email", "create C +1", "new in the PBX" },
	{ "given_email silent", "create C", "new in the PBX" },
	{ "given_email owner", "create C", "new in the PBX" },
	{ "given_email wanted_owner", "create C", "new in the PBX" },
	{ "fixed", "create C", "new in the PBX" },
	{ "fixed profile", "create C", "new in the PBX" },
	/* Standalone: no owner, no e-mail, no cost. */
	{ "fixed no_email silent", "create C", "new in the PBX" },
	{ "active fixed no_owner no_email silent", "nothing", "in step" },
	{ "active fixed no_owner no_email silent password", "update secret U", "secret changed" },
	{ "active fixed no_owner no_email gone due", "remove R", "gone from the PBX" },
	{ "active fixed no_owner no_email gone due unknown_update", "remove R", "gone from the PBX" },
	{ "active fixed no_owner no_email gone due unknown_update no_endpoint", "remove look_first R", "gone from the PBX" },
	{ "active fixed no_owner no_email gone due suspend", "suspend R", "gone from the PBX" },
	{ "creating fixed no_owner no_email unknown_create no_endpoint", "create look_first C",
	  "the outcome of an earlier attempt is unknown: looked for, and created where it is missing" },
	{ "incomplete", "create C +1", "new in the PBX" },
	{ "keyed", "create C +1", "new in the PBX" },
	{ "unset", "create C +1", "new in the PBX" },
	{ "disabled", "nothing", "not wanted, and not there" },
	{ "gone", "nothing", "not wanted, and not there" },

	/* A create that did not come to its end goes on under the subscriber that there is. */
	{ "creating", "create C +1", "not created completely yet" },
	{ "creating owner", "create C", "not created completely yet" },
	{ "creating owner profile took_profile", "create profile C", "not created completely yet" },
	{ "creating unknown_create", "create look_first C +1", UNKNOWN_MADE },
	{ "creating owner unknown_create", "create look_first C", UNKNOWN_MADE },
	{ "creating unknown_create unsettled", "wait", UNSETTLED },
	{ "creating not_yet", "wait", NOT_YET },
	{ "active no_endpoint", "create C", "its credential is gone from SignalWire" },
	{ "active no_endpoint no_owner", "create C +1", "its credential is gone from SignalWire" },
	{ "suspended no_endpoint", "create C", "its credential is gone from SignalWire" },
	{ "removing no_endpoint unknown_remove", "create look_first C", UNKNOWN_MADE },
	{ "active no_endpoint unknown_update", "create look_first C", UNKNOWN_MADE },

	/* In step, or not. */
	{ "active", "nothing", "in step" },
	{ "active profile", "update profile U", "profile changed" },
	{ "profile active", "nothing", "in step" },
	{ "active silent_profile", "nothing", "in step" },
	{ "active profile fixed", "nothing", "in step" },
	{ "active took_profile", "update profile U", "profile changed" },
	{ "active password", "update secret U", "secret changed" },
	{ "active secret_unknown", "update secret U", "its secret is sent again" },
	{ "active unshown settings", "update settings secret U", "settings and secret changed" },
	{ "active settings", "update settings U", "settings changed" },
	{ "active settings password", "update settings secret U", "settings and secret changed" },
	{ "active renamed", "update username U", "username changed" },
	{ "active renamed settings", "update username settings U", "username and settings changed" },
	{ "active renamed password", "update username secret U", "username and secret changed" },
	{ "active renamed settings password", "update username settings secret U", "username, settings and secret changed" },
	{ "active renamed profile", "update username profile U", "username and profile changed" },
	{ "active settings profile", "update settings profile U", "settings and profile changed" },
	{ "active renamed settings profile", "update username settings profile U", "username, settings and profile changed" },
	{ "active password profile", "update secret profile U", "secret and profile changed" },
	{ "active renamed password profile", "update username secret profile U", "username, secret and profile changed" },
	{ "active settings password profile", "update settings secret profile U", "settings, secret and profile changed" },
	{ "active renamed settings password profile", "update username settings secret profile U",
	  "username, settings, secret and profile changed" },
	{ "active no_settings", "update settings U", "settings changed" },
	{ "active bare_settings", "update settings U", "settings changed" },
	{ "active digests_unknown no_settings", "update settings secret U", "settings and secret changed" },
	{ "active never_settings", "nothing", "in step" },
	{ "active digests_unknown", "update settings secret U", "settings and secret changed" },
	{ "active password keyed", "update secret U", "secret changed" },
	{ "active password incomplete", "update secret U", "secret changed" },
	{ "active password not_yet", "wait", NOT_YET },
	{ "active default_email_differs", "nothing", "in step" },
	{ "active no_email", "nothing", "in step" },

	/* Only the ledger follows. */
	{ "active renumbered", "note note", "only the ledger has to follow" },
	{ "active wants_protection", "note note", "only the ledger has to follow" },
	{ "active is_protected", "note note", "only the ledger has to follow" },
	{ "active is_protected wants_protection", "nothing", "in step" },
	{ "active absent_noted", "note note", "only the ledger has to follow" },
	{ "active absent_noted password", "update secret note U", "secret changed" },
	{ "active absent_noted no_secret", "skip note", "it has no secret" },
	{ "active wants_protection renumbered duplicate", "reject", SAME_KEY },
	{ "active absent_noted duplicate", "reject note", SAME_KEY },
	{ "active renumbered not_yet", "note note", "only the ledger has to follow" },
	{ "active disabled keep renumbered", "note note", "only the ledger has to follow" },

	/* Skipped, rejected. */
	{ "no_secret", "skip", "it has no secret" },
	{ "active no_secret", "skip", "it has no secret" },
	{ "empty_secret", "skip", "it has no secret" },
	{ "reason_no_secret", "skip", "it has no secret" },
	{ "skipped", "skip", "its skip_reason says that it cannot be mirrored" },
	{ "active skipped password", "skip", "its skip_reason says that it cannot be mirrored" },
	{ "active skipped unknown_update", "skip settle", "its skip_reason says that it cannot be mirrored" },
	{ "skipped duplicate", "skip", "its skip_reason says that it cannot be mirrored" },
	{ "duplicate", "reject", SAME_KEY },
	{ "creating tried", "reject", "SignalWire rejected it, and it has not changed since" },
	{ "active password tried", "reject", "SignalWire rejected it, and it has not changed since" },
	{ "active password tried_other", "update secret note U", "secret changed" },
	{ "active tried_other", "note note", "only the ledger has to follow" },
	{ "active password tried unknown_update", "update username secret U", UNKNOWN_SENT },

	/* Only a hash of the secret is known, and none may be issued. */
	{ "never_issued", "skip", HASHED "; [mirror] issue_secrets = yes issues a new one" },
	{ "active never_issued password", "skip", HASHED "; [mirror] issue_secrets = yes issues a new one" },
	{ "active never_issued unshown", "skip", HASHED "; [mirror] issue_secrets = yes issues a new one" },
	{ "suspended never_issued", "skip", HASHED "; [mirror] issue_secrets = yes issues a new one" },

	/* It may: where a credential is made, ... */
	{ "hashed", "create issue C +1", "new in the PBX" },
	{ "hashed profile", "create profile issue C +1", "new in the PBX" },
	{ "creating hashed", "create issue C +1", "not created completely yet" },
	{ "creating hashed unshown unknown_create", "create look_first issue C +1", UNKNOWN_MADE },
	{ "creating hashed unshown unknown_create unsettled", "wait", UNSETTLED },
	{ "active hashed no_endpoint", "create issue C", "its credential is gone from SignalWire" },
	{ "hashed name_absent", "create settings secret take_over issue U",
	  "it takes over the credential of an extension that had its username" },
	{ "active hashed other_email", "replace issue C R", MOVED },
	{ "hashed duplicate", "reject", SAME_KEY },
	{ "hashed disabled", "nothing", "not wanted, and not there" },
	/* ... or nobody knows the password that is there; */
	{ "active hashed unshown", "update secret issue U", "it needs a new secret" },
	{ "active hashed unshown settings", "update settings secret issue U", "it needs a new secret" },
	{ "active hashed unshown unknown_update", "update username secret issue U", UNKNOWN_SENT },
	{ "active hashed unknown_suspend", "update username settings secret issue U", UNKNOWN_SENT },
	{ "suspended hashed", "restore username settings secret issue U", "suspended, and wanted again" },
	{ "suspended hashed unshown", "restore username settings secret issue U", "suspended, and wanted again" },
	{ "removing hashed unshown", "update username settings secret look_first issue U", "its removal was begun, and it is wanted again" },
	/* any other keeps the one that it has, */
	{ "active hashed", "nothing", "in step" },
	{ "active hashed settings", "update settings U", "settings changed" },
	{ "removing hashed", "update username settings look_first U", "its removal was begun, and it is wanted again" },
	{ "active hashed password unknown_update", "update username keep_secret U", UNKNOWN_SENT },
	/* and it is said that the PBX has another. */
	{ "active hashed password", "note keep_secret", CHANGED KEPT },
	{ "active hashed secret_unknown", "note keep_secret", HASHED KEPT },
	{ "active hashed password renumbered", "note keep_secret note", CHANGED KEPT },
	{ "active hashed password settings", "update settings keep_secret U",
	  "all that changed but its secret, of which the PBX has only a hash: the credential keeps its password" },
	{ "active hashed password tried", "reject", "SignalWire rejected it, and it has not changed since" },
	/* Of one that the PBX has in clear none is issued. */
	{ "active unshown", "update secret U", "its secret is sent again, as asked" },
	{ "suspended unshown", "restore username settings secret U", "suspended, and wanted again" },

	/* Names that another row of ours has. */
	{ "name_moves", "create after_holder C +1", "new in the PBX" },
	{ "name_keeps", "reject", "the username is held by another extension" },
	{ "active renamed name_keeps", "reject", "the username is held by another extension" },
	{ "active name_keeps", "nothing", "in step" },
	{ "creating name_keeps", "reject", "the username is held by another extension" },
	{ "active renamed name_moves", "update username after_holder U", "username changed" },
	{ "active renamed name_disabled", "update username after_holder U", "username changed" },
	{ "active renamed name_absent", "update username after_holder U", "username changed" },
	{ "active renamed name_absent keyed", "wait", "the username is held by an extension that may be gone: a complete pass decides" },
	{ "active renamed name_absent incomplete", "wait", "the username is held by an extension that may be gone: a complete pass decides" },
	{ "active renamed name_disabled keyed", "update username after_holder U", "username changed" },
	{ "creating name_disabled", "create after_holder C +1", "not created completely yet" },
	{ "suspended renamed name_moves", "restore username settings secret after_holder U", "suspended, and wanted again" },
	{ "active renamed other_email name_moves", "replace after_holder C R", MOVED },
	{ "name_absent", "create settings secret take_over U", "it takes over the credential of an extension that had its username" },
	{ "name_absent keyed", "create settings secret take_over U", "it takes over the credential of an extension that had its username" },
	{ "name_disabled", "create settings secret take_over U", "it takes over the credential of an extension that had its username" },
	{ "name_disabled profile no_email", "create settings secret profile take_over U",
	  "it takes over the credential of an extension that had its username" },
	{ "name_absent incomplete", "wait", "the username is held by an extension that may be gone: a complete pass decides" },

	/* What is protected keeps its name; only the same extension under another key, protected too, goes on with it. */
	{ "active renamed name_absent name_protected", "reject", PROTECTED GONE },
	{ "active renamed name_absent name_protected keyed", "reject", PROTECTED GONE },
	{ "active renamed name_absent name_protected wants_protection is_protected", "reject", PROTECTED GONE },
	{ "active renamed name_disabled name_protected", "reject", PROTECTED DISABLED },
	{ "creating name_disabled name_protected wants_protection is_protected", "reject", PROTECTED DISABLED },
	{ "name_absent name_protected", "reject", PROTECTED GONE },
	{ "name_absent name_protected keyed", "reject", PROTECTED GONE },
	{ "name_disabled name_protected", "reject", PROTECTED DISABLED },
	{ "name_absent name_protected wants_protection", "create settings secret take_over U",
	  "it takes over the credential of an extension that had its username" },
	{ "name_disabled name_protected wants_protection keyed", "create settings secret take_over U",
	  "it takes over the credential of an extension that had its username" },
	{ "name_absent name_protected wants_protection incomplete", "wait",
	  "the username is held by an extension that may be gone: a complete pass decides" },
	{ "active renamed name_moves name_protected", "update username after_holder U", "username changed" },
	{ "active name_absent name_protected", "nothing", "in step" },

	/* Another owner. */
	{ "active other_email", "replace C R", MOVED },
	{ "active other_email shared_owner", "replace C R +1", MOVED },
	{ "active other_email shared_owner silent", "replace C R", MOVED },
	{ "active other_email wanted_owner", "replace C R -1", MOVED },
	{ "active other_email adopted", "replace C R +1", MOVED },
	{ "active other_email adopted moves_whole", "replace C R +1", MOVED },
	{ "active other_email profile", "replace profile C R", MOVED },
	{ "active other_email wants_protection", "reject note", "its e-mail changed, and moving it would remove its credential, which is protected" },
	{ "active other_email fixed", "nothing", "in step" },
	{ "active other_email moves_whole", "update profile move_owner U", "its e-mail changed: its subscriber gets it" },
	{ "active other_email moves_whole password", "update secret profile move_owner U", "its e-mail changed: its subscriber gets it" },
	{ "active other_email moves_whole wants_protection is_protected", "update profile move_owner U", "its e-mail changed: its subscriber gets it" },
	{ "active other_email moves_whole no_endpoint", "create profile move_owner C", "its credential is gone from SignalWire" },
	{ "suspended other_email moves_whole", "restore username settings secret profile move_owner U", "suspended, and wanted again" },
	{ "suspended other_email", "replace C R", MOVED },
	{ "removing other_email", "replace look_first C R", MOVED },
	{ "creating owner other_email", "replace C R", MOVED },
	{ "creating other_email", "create C +1", "not created completely yet" },
	{ "creating other_email unknown_create", "replace look_first C R +1", MOVED },
	{ "creating other_email moves_whole unknown_create", "replace look_first C R +1", MOVED },
	{ "active other_email unknown_replace", "replace look_first C R", MOVED },
	{ "active other_email unknown_replace moves_whole", "replace look_first C R", MOVED },
	{ "active other_email unknown_replace unsettled", "wait", UNSETTLED },

	/* Unknown outcomes of rows that are wanted: sent again whole, or looked for. */
	{ "active unknown_update", "update username U", UNKNOWN_SENT },
	/* The e-mail that an attempt may have given its subscriber. */
	{ "active own_email doubtful_email", "update profile U", "profile changed" },
	{ "active own_email doubtful_email unknown_update", "update username profile U", UNKNOWN_SENT },
	{ "suspended own_email doubtful_email", "restore username settings secret profile U", "suspended, and wanted again" },
	{ "active own_email doubtful_email silent", "nothing", "in step" },
	{ "active own_email doubtful_email fixed", "nothing", "in step" },
	{ "active own_email unknown_update", "update username U", UNKNOWN_SENT },
	{ "active unknown_update digests_unknown", "update username settings secret U", UNKNOWN_SENT },
	{ "active unknown_update unsettled", "wait", UNSETTLED },
	{ "active unknown_suspend", "update username settings secret U", UNKNOWN_SENT },
	{ "active unknown_restore", "update username settings secret U", UNKNOWN_SENT },
	{ "active unknown_remove", "update username settings secret U", UNKNOWN_SENT },
	{ "active unknown_replace", "update username settings secret look_first U", UNKNOWN_SENT },
	{ "active unknown_create", "update username settings secret look_first U", UNKNOWN_SENT },
	{ "suspended unknown_restore", "restore username settings secret U", "suspended, and wanted again" },
	{ "suspended unknown_suspend", "restore username settings secret U", "suspended, and wanted again" },
	{ "suspended", "restore username settings secret U", "suspended, and wanted again" },
	{ "suspended profile", "restore username settings secret profile U", "suspended, and wanted again" },
	{ "suspended suspend", "restore username settings secret U", "suspended, and wanted again" },
	{ "removing", "update username settings secret look_first U", "its removal was begun, and it is wanted again" },
	{ "removing unknown_remove", "update username settings secret look_first U", "its removal was begun, and it is wanted again" },
	{ "removing unknown_remove unsettled", "wait", UNSETTLED },

	/* Gone. */
	{ "active gone", "mark_absent", "gone from the PBX, and grace is not over" },
	{ "active gone absent_noted", "nothing", "gone from the PBX, and grace is not over" },
	{ "active gone absent_noted due", "remove R -1", "gone from the PBX" },
	{ "active gone due", "remove R -1", "gone from the PBX" },
	{ "active gone due shared_owner", "remove R", "gone from the PBX" },
	{ "active gone due adopted", "remove R", "gone from the PBX" },
	{ "active gone due fixed", "remove R", "gone from the PBX" },
	{ "active gone due suspend", "suspend R", "gone from the PBX" },
	{ "active gone due keep", "mark_absent", "gone from the PBX, and on_remove is keep" },
	{ "active gone due keep absent_noted", "nothing", "gone from the PBX, and on_remove is keep" },
	{ "active gone due unset", "reject", UNSET },
	{ "active gone unset", "mark_absent", "gone from the PBX, and grace is not over" },
	{ "active gone due incomplete", "nothing", NO_PROOF },
	{ "active gone due keyed", "nothing", NO_PROOF },
	{ "active gone incomplete", "nothing", NO_PROOF },
	{ "active gone due is_protected", "mark_absent", "gone from the PBX, and protected" },
	{ "active gone due is_protected absent_noted", "nothing", "gone from the PBX, and protected" },
	{ "active gone due is_protected suspend absent_noted", "nothing", "gone from the PBX, and protected" },
	{ "active gone due not_yet", "wait", NOT_YET },
	{ "creating gone due keep absent_noted unknown_create", "nothing settle", "gone from the PBX, and on_remove is keep" },
	{ "creating gone due keep absent_noted unknown_create unsettled", "nothing", "gone from the PBX, and on_remove is keep" },
	{ "creating gone due keep unknown_create", "mark_absent", "gone from the PBX, and on_remove is keep" },
	{ "active gone due is_protected absent_noted unknown_update", "nothing settle", "gone from the PBX, and protected" },
	{ "active gone due keep absent_noted unknown_replace", "nothing settle", "gone from the PBX, and on_remove is keep" },
	{ "active disabled keep unknown_update", "nothing settle", "disabled in the PBX, and on_remove is keep" },
	{ "active no_secret unknown_update", "skip settle", "it has no secret" },
	{ "suspended gone due suspend", "mark_absent", "suspended" },
	{ "suspended gone due suspend absent_noted", "nothing", "suspended" },
	{ "suspended gone due", "remove R -1", "gone from the PBX" },
	{ "suspended gone due suspend unknown_restore", "suspend R", "gone from the PBX" },
	{ "active gone due suspend unknown_suspend", "suspend R", "gone from the PBX" },
	{ "active gone due suspend unknown_replace", "suspend look_first R", "gone from the PBX" },
	{ "active gone due unknown_update", "remove R -1", "gone from the PBX" },
	{ "active gone due unknown_update unsettled", "wait", UNSETTLED },
	{ "active gone unknown_update unsettled", "mark_absent", "gone from the PBX, and grace is not over" },
	{ "removing gone due unknown_remove", "remove R -1", "gone from the PBX" },
	{ "removing gone due suspend", "remove R -1", "gone from the PBX" },
	{ "removing no_endpoint gone due", "remove R -1", "gone from the PBX" },
	{ "active no_endpoint gone due suspend", "remove R -1", "gone from the PBX" },
	{ "creating gone", "forget", "no longer wanted, and nothing of it was created" },
	{ "creating gone not_yet", "forget", "no longer wanted, and nothing of it was created" },
	{ "creating gone incomplete", "nothing", NO_PROOF },
	{ "creating gone keyed", "nothing", NO_PROOF },
	{ "creating gone unknown_create", "mark_absent", "gone from the PBX, and grace is not over" },
	{ "creating gone due unknown_create", "remove look_first R", "gone from the PBX" },
	{ "creating gone due unknown_create suspend", "remove look_first R", "gone from the PBX" },
	{ "creating gone due owner", "remove R -1", "gone from the PBX" },

	/* Disabled: at once. */
	{ "active disabled", "remove R -1", "disabled in the PBX" },
	{ "active disabled keyed", "remove R -1", "disabled in the PBX" },
	{ "active disabled incomplete", "remove R -1", "disabled in the PBX" },
	{ "active disabled suspend", "suspend R", "disabled in the PBX" },
	{ "active disabled keep", "nothing", "disabled in the PBX, and on_remove is keep" },
	{ "active disabled unset", "reject", UNSET },
	{ "active disabled wants_protection is_protected", "nothing", "disabled in the PBX, and protected" },
	{ "active disabled wants_protection", "note note", "only the ledger has to follow" },
	{ "active disabled is_protected", "remove note R -1", "disabled in the PBX" },
	{ "active disabled duplicate", "reject", SAME_KEY },
	{ "disabled duplicate", "reject", SAME_KEY },
	{ "active disabled bad_username", "remove R -1", "disabled in the PBX" },
	{ "active disabled hashed", "remove R -1", "disabled in the PBX" },
	{ "active disabled no_secret", "remove R -1", "disabled in the PBX" },
	{ "active disabled tried", "remove R -1", "disabled in the PBX" },
	{ "active disabled absent_noted", "remove note R -1", "disabled in the PBX" },
	{ "suspended disabled suspend", "nothing", "suspended" },
	{ "suspended disabled suspend absent_noted", "note note", "only the ledger has to follow" },
	{ "suspended disabled", "remove R -1", "disabled in the PBX" },
	{ "creating disabled", "forget", "no longer wanted, and nothing of it was created" },
	{ "creating disabled unknown_create", "remove look_first R", "disabled in the PBX" },
	{ "creating disabled owner unknown_create", "remove look_first R -1", "disabled in the PBX" },
	{ "creating disabled unknown_create unsettled", "wait", UNSETTLED },

	/* Subscribers without extensions. */
	{ "orphan", "remove_subscriber R -1", "no extension is left on the subscriber" },
	{ "orphan keep", "remove_subscriber R -1", "no extension is left on the subscriber" },
	{ "orphan incomplete", "nothing", NO_PROOF },
	{ "orphan keyed", "nothing", NO_PROOF },
	{ "orphan adopted", "forget", "a subscriber that is not ours, and no extension is left on it" },
	{ "orphan no_owner", "forget", "a subscriber that was never created" },
	{ "orphan no_owner unknown_create", "remove_subscriber look_first R", "no extension is left on the subscriber" },
	{ "orphan unknown_remove unsettled", "wait", UNSETTLED },
};

static void decisions(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct given g = given(cases[i].given);
		struct plan_decision decision;

		plan_decide(&g.d, &g.p, &decision);
		if (strcmp(said(&decision), cases[i].decision) || strcmp(decision.reason, cases[i].reason))
			fail_msg("%s: wanted \"%s\" (%s), got \"%s\" (%s)", cases[i].given, cases[i].decision,
				 cases[i].reason, said(&decision), decision.reason);
	}
}

/* Every action is decided somewhere above; names differ, signs are of the five. */
static void names(void **state)
{
	(void)state;
	for (enum plan_action a = PLAN_NOTHING; a <= PLAN_REMOVE_SUBSCRIBER; a++) {
		size_t len = strlen(plan_action_name(a));
		bool seen = false;

		if (a == PLAN_ADOPT) /* asked for, never decided */
			continue;
		for (size_t i = 0; i < COUNT(cases) && !seen; i++)
			seen = !strncmp(cases[i].decision, plan_action_name(a), len) &&
			       (cases[i].decision[len] == ' ' || !cases[i].decision[len]);
		if (!seen)
			fail_msg("no case decides %s", plan_action_name(a));
		assert_non_null(strchr("+~-! ", plan_action_sign(a)));
		assert_int_equal(plan_mutates(a), a != PLAN_FORGET && strchr("+~-", plan_action_sign(a)) != NULL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decisions),
		cmocka_unit_test(names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
