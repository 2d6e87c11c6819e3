/* cmd_adopt - the verb `adopt`: an extension takes over a subscriber and a SIP credential that exist at SignalWire. */
#include "cmd.h"

#include "admin_adopt.h"
#include "cmd_adopt.h"
#include "json.h"
#include "jsonline.h"
#include "log.h"
#include "mem.h"
#include "report_json.h"
#include "shellword.h"
#include "strbuf.h"
#include "target.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* What the PBX wants of the extension. */
struct wish {
	char *key, *extension, *username, *email;
	bool email_given;
	bool is_protected;
	char *objection; /* why nothing of it could be sent */
};

/* ---- the wish ------------------------------------------------------------------- */

static const char *obstacle(const struct difference *d, const struct plan_policy *policy)
{
	if (!d->present)
		return "the PBX does not have it";
	if (!d->enabled)
		return "it is disabled in the PBX, and the next pass would take the credential away again";
	if (d->skip_reason)
		return d->skip_reason;
	if (!d->hashed && (!d->secret || !*d->secret))
		return "it has no secret";
	return plan_objection(d, policy);
}

struct wishing {
	struct wish *wish;
	const struct config *config;
};

static void take_row(const struct difference *d, bool in_step, void *arg)
{
	struct wishing *wishing = arg;
	struct wish *wish = wishing->wish;
	const struct plan_policy policy = { .one_place = target_one_place(wishing->config) };
	struct difference with_owner = *d;

	(void)in_step;
	/* The subscriber that it is to get makes up for an e-mail that it lacks. */
	with_owner.owner_id = "";
	wish->extension = mem_strdup(d->extension);
	wish->username = mem_strdup(d->username);
	wish->email = mem_strdup(d->email);
	wish->email_given = d->email_given;
	wish->is_protected = d->wants_protection;
	wish->objection = mem_strdup(obstacle(&with_owner, &policy));
}

static int read_wish(const struct session *session, char *const *name, struct wish *wish, struct error *err)
{
	struct wishing wishing = { .wish = wish, .config = session->config };
	struct cmd_keys keys = { 0 };
	int rc = cmd_find_one(session, name, &keys, err);

	if (!rc) {
		wish->key = mem_strdup(keys.key[0]);
		rc = difference_explain(session->query, session->db, wish->key, take_row, &wishing, err);
	}
	cmd_keys_release(&keys);
	if (!rc && (wish->objection || !wish->username))
		rc = error_set(err, ERROR_NEVER, "%s cannot be mirrored: %s. Nothing was adopted.", *name,
			       wish->objection ? wish->objection : "the PBX does not have it");
	return rc;
}

static void wish_release(struct wish *wish)
{
	mem_free(wish->key);
	mem_free(wish->extension);
	mem_free(wish->username);
	mem_free(wish->email);
	mem_free(wish->objection);
}

/* ---- may it be? ----------------------------------------------------------------- */

static int judge_subscriber(const struct config *config, const struct wish *wish, const struct there *there,
			    const char *subscriber_id, struct error *err)
{
	if (strcmp(there->project_id, config->project_id) != 0)
		return error_exit(err, EXIT_FENCE, "The subscriber %s belongs to project %s, and this ledger to %s; nothing was "
				  "adopted.", subscriber_id, there->project_id, config->project_id);
	if (config->subscriber_id && strcasecmp(config->subscriber_id, subscriber_id) != 0)
		return error_set(err, ERROR_NEVER, "[mirror] subscriber_id puts every credential under the subscriber %s; one of "
				 "%s cannot be adopted.", config->subscriber_id, subscriber_id);
	if (!there->email)
		return error_set(err, ERROR_NEVER, "SignalWire does not say the e-mail of the subscriber %s; nothing was adopted. "
				 "Give it one in the dashboard.", subscriber_id);
	if (!config->subscriber_id && wish->email_given && strcasecmp(wish->email, there->email) != 0)
		return error_set(err, ERROR_NEVER, "In the PBX %s belongs to %s, and the subscriber %s is %s: the next pass would move "
				 "it to another subscriber at once. Make the two the same first, in the PBX or in the dashboard; "
				 "nothing was adopted.", wish->extension, wish->email, subscriber_id, there->email);
	return 0;
}

static int refuse_credential(const struct wish *wish, struct there *there, const char *subscriber_id, struct error *err)
{
	struct strbuf text = STRBUF_INIT;
	char *word = NULL;

	if (there->wanted_id)
		strbuf_printf(&text, "The subscriber %s (%s) has no SIP credential %s; it may be another subscriber's, or a standalone "
			      "one. Nothing was adopted.", subscriber_id, there->email, there->wanted_id);
	else if (there->matching > 1)
		strbuf_printf(&text, "The subscriber %s (%s) has %lld SIP credentials with the username %s. Nothing was adopted; say which "
			      "one.", subscriber_id, there->email, (long long)there->matching, wish->username);
	else
		strbuf_printf(&text, "The subscriber %s (%s) has no SIP credential with the username %s. Nothing was adopted; if one of "
			      "these is meant, say which one.", subscriber_id, there->email, wish->username);
	if (there->credentials) {
		strbuf_printf(&text, " It has %lld:", (long long)there->credentials);
		word = shellword(wish->key);
		strbuf_printf(&there->choice, "%s%sTo take one: swbridge adopt %s %s SIP_ENDPOINT_ID\n", there->list.data,
			      there->credentials > THERE_NAMED_MAX ? "  ...\n" : "", word, subscriber_id);
		mem_free(word);
	}
	error_set(err, ERROR_NEVER, "%s", text.data);
	strbuf_release(&text);
	return -1;
}

/* A subscriber without any credential is taken as it is, and gets one. */
static int choose(const struct wish *wish, struct there *there, const char *subscriber_id, struct error *err)
{
	if (there->matching == 1 || (!there->wanted_id && there->credentials == 0))
		return 0;
	return refuse_credential(wish, there, subscriber_id, err);
}

/* ---- what is said --------------------------------------------------------------- */

static void say_json(const struct admin_adoption *a)
{
	struct strbuf line = STRBUF_INIT;
	bool adopted = a->verdict == ADMIN_ADOPTED;

	report_json_version(stdout);
	jsonline_begin(&line, "change");
	jsonline_text(&line, "key", a->key);
	jsonline_text(&line, "extension", a->extension);
	jsonline_text(&line, "username", a->username);
	jsonline_text(&line, "action", "adopt");
	jsonline_text(&line, "state", "done");
	jsonline_text(&line, "reason", adopted ? "asked for" : "adopted before");
	jsonline_text(&line, "subscriber_id", a->subscriber_id);
	jsonline_text(&line, "sip_endpoint_id", a->sip_endpoint_id);
	report_json_put(stdout, &line);
	jsonline_begin(&line, "summary");
	jsonline_int(&line, "adopted", adopted);
	report_json_put(stdout, &line);
}

static const char password_is_set[] =
	"The next pass sends it everything that the PBX says, and so sets its password to the PBX's: a phone that\n"
	"registers with the old one is locked out until it gets the new one. At once: swbridge sync ";

static void say(const struct admin_adoption *a)
{
	char *extension = log_printable(a->extension), *username = log_printable(a->username);
	char *email = log_printable(a->email ? a->email : ""), *word = cmd_word(a->key);

	if (a->verdict == ADMIN_ADOPT_ALREADY) {
		printf("%s has just these already; nothing was changed.\n", extension);
	} else if (!a->subscriber_id) {
		log_print(stdout, "Adopted: %s is the standalone SIP credential %s (%s) from now on.\n%s%s\n", extension, a->sip_endpoint_id,
		       username, password_is_set, word);
	} else if (!a->sip_endpoint_id) {
		log_print(stdout, "Adopted: %s is the subscriber %s (%s) from now on, which has no SIP credential yet.\n"
		       "The next pass makes one under it, with the PBX's password: swbridge sync %s\n", extension, a->subscriber_id,
		       email, word);
	} else {
		log_print(stdout, "Adopted: %s is the SIP credential %s (%s) of the subscriber %s (%s) from now on.\n%s%s\n",
		       extension, a->sip_endpoint_id, username, a->subscriber_id, email, password_is_set, word);
	}
	mem_free(word);
	mem_free(email);
	mem_free(username);
	mem_free(extension);
}

/* A refusal is one line, as every error is; what there is to choose from follows it in lines of its own. */
static int say_refusal(const struct there *there, struct error *err)
{
	int rc = cmd_fail(err);

	for (const char *line = there->choice.data; *line; line += strcspn(line, "\n") + 1)
		log_error("%.*s", (int)strcspn(line, "\n"), line);
	return rc;
}

/* ---- the verb ------------------------------------------------------------------- */

static int adopt(struct session *session, const struct cmd_options *options, const struct wish *wish, struct there *there,
		 const char *subscriber_id, struct error *err)
{
	struct admin_adoption adoption = {
		.key = wish->key,
		.extension = wish->extension,
		.username = there->id ? there->username : wish->username,
		.subscriber_id = subscriber_id,
		.email = there->email,
		.sip_endpoint_id = there->id,
		.is_protected = wish->is_protected,
	};
	int rc = admin_adopt(session->db, &adoption, 1, false, err);

	if (!rc && adoption.verdict != ADMIN_ADOPTED && adoption.verdict != ADMIN_ADOPT_ALREADY)
		rc = admin_adopt_refuse(&adoption, err);
	if (!rc && options->json)
		say_json(&adoption);
	else if (!rc && !options->quiet)
		say(&adoption);
	admin_adoption_release(&adoption);
	return rc;
}

/* What is at SignalWire under these ids, and that it may be taken; `subscriber_id` NULL: a standalone credential. */
static int find_there(struct session *session, const struct wish *wish, const char *subscriber_id, struct there *there,
		      struct error *err)
{
	if (session_check_space(session, err))
		return -1;
	if (!subscriber_id)
		return there_read_endpoint(session, there->wanted_id, there, err);
	if (there_read(session, subscriber_id, there, err))
		return -1;
	return judge_subscriber(session->config, wish, there, subscriber_id, err) || choose(wish, there, subscriber_id, err) ? -1 : 0;
}

/* The exit code. */
static int work(struct session *session, const struct cmd_options *options, char **names, const char *credential_id,
		struct error *err)
{
	bool standalone = target_traits(session->config)->place != NULL;
	const char *subscriber_id = standalone ? NULL : names[1];
	struct wish wish = { 0 };
	struct there there = {
		.list = STRBUF_INIT, .choice = STRBUF_INIT, .wanted_id = standalone ? names[1] : credential_id,
	};
	char *word = NULL;
	int rc = 0;

	if (standalone && credential_id) {
		word = shellword(names[0]);
		error_exit(err, EXIT_USAGE, "With [mirror] target = sip-endpoint there is no subscriber: swbridge adopt %s "
			   "SIP_ENDPOINT_ID", word);
		mem_free(word);
		return cmd_fail(err);
	}
	rc = read_wish(session, names, &wish, err);
	there.wanted_name = wish.username;
	if (!rc)
		rc = find_there(session, &wish, subscriber_id, &there, err);
	if (!rc)
		rc = adopt(session, options, &wish, &there, subscriber_id, err);
	rc = rc ? say_refusal(&there, err) : EXIT_IN_STEP;
	there_release(&there);
	wish_release(&wish);
	return rc;
}

static int needs_id(const struct cmd_verb *verb, const char *name)
{
	char *word = shellword(name);
	int rc = cmd_usage(verb, "It needs the id of a subscriber, or of a standalone credential; swbridge explain %s tells what stands "
			   "in its way.", word);

	mem_free(word);
	return rc;
}

static int run(const struct cmd_verb *verb, struct cmd_options *options, int argc, char **argv)
{
	struct session_wish wish = { .verb = verb->name, .level = SESSION_API };
	struct session session;
	struct error err = ERROR_INIT;
	int rc = 0;

	if (cmd_names(verb, options, argc, argv, 1, 3, &rc) == CMD_STOP)
		return rc;
	if (argc - optind < 2)
		return needs_id(verb, argv[optind]);
	for (int i = optind + 1; i < argc; i++)
		if (!json_is_uuid(argv[i]))
			return cmd_usage(verb, "\"%s\" is no id: they look like 1a2b3c4d-0000-4000-8000-000000000000.", argv[i]);
	wish.config_path = options->config_path;
	if (session_open(&session, &wish, &err))
		return cmd_fail(&err);
	rc = work(&session, options, argv + optind, argc - optind > 2 ? argv[optind + 2] : NULL, &err);
	session_close(&session);
	return rc;
}

const struct cmd_verb cmd_adopt = {
	.name = "adopt",
	.summary = "take over a subscriber and a SIP credential that exist at SignalWire",
	.arguments = "EXT SUBSCRIBER_ID [SIP_ENDPOINT_ID] | EXT SIP_ENDPOINT_ID",
	.details =
	"The credential is the one with the extension's username, or the one that is named.  Adopting sets\n"
	"its password to the PBX's with the next pass: a phone that registers with the old one is locked out\n"
	"until it gets the new one.  An adopted subscriber is never deleted by swbridge.\n"
	"Refused where the ledger has the credential already, or another one for this extension (forget it\n"
	"first), and (75) while a change of it has an unknown outcome.\n"
	"With [mirror] target = sip-endpoint a standalone credential is taken, by its id alone.\n"
	"Many at once: swbridge migrate --adopt\n",
	.run = run,
};
