/* verify_confirm - whether a credential that a listing did not show is really gone. */
#include "verify_internal.h"

#include "mem.h"

#include <string.h>

enum { MOST_IN_FLIGHT = 64 };

void verify_suspect(struct verify *verify, struct suspect *suspect)
{
	verify->suspects = mem_grow(verify->suspects, verify->suspect_count + 1, sizeof *verify->suspects);
	verify->suspects[verify->suspect_count] = *suspect;
	verify->suspects[verify->suspect_count++].verify = verify;
}

void verify_forget_suspects(struct verify *verify)
{
	for (size_t i = 0; i < verify->suspect_count; i++) {
		struct suspect *suspect = &verify->suspects[i];

		mem_free(suspect->key);
		mem_free(suspect->extension);
		mem_free(suspect->username);
		mem_free(suspect->subscriber_id);
		mem_free(suspect->id);
	}
	mem_free(verify->suspects);
	verify->suspects = NULL;
	verify->suspect_count = verify->asked = 0;
}

/* ---- what it came to ------------------------------------------------------------ */

static void say(struct suspect *suspect)
{
	bool owner_gone = suspect->owner == ANSWER_GONE;
	/* Where one subscriber is to own all credentials, swbridge makes no other. */
	bool for_good = owner_gone && suspect->verify->setup.config->subscriber_id;
	char *text = mem_printf(owner_gone ? "its subscriber %s is not at SignalWire any more, and its credential with it%s"
					   : "its credential is not at SignalWire any more (subscriber %s)%s",
				suspect->subscriber_id ? suspect->subscriber_id : "none",
				for_good ? "; forget its extensions, make another there, set [mirror] subscriber_id to its id, and run "
					   "swbridge init" : "");
	const struct verify_finding finding = {
		.kind = VERIFY_MISSING, .object = owner_gone ? "subscriber" : "credential", .key = suspect->key,
		.extension = suspect->extension, .username = suspect->username, .subscriber_id = suspect->subscriber_id,
		.sip_endpoint_id = suspect->id,
		.text = suspect->verify->standalone ? "its credential is not at SignalWire any more" : text,
		.repairable = suspect->wanted && !for_good,
	};

	verify_found(suspect->verify, &finding);
	if (finding.repairable)
		verify_note_repair(suspect->verify, suspect->key, NULL, false, true, owner_gone);
	mem_free(text);
}

static void judge(struct verify *verify)
{
	for (size_t i = 0; i < verify->suspect_count; i++) {
		struct suspect *suspect = &verify->suspects[i];

		if (suspect->credential == ANSWER_THERE) {
			verify_unsure(verify, suspect->extension, "the listing did not show its credential, and it is there");
		} else if (suspect->credential == ANSWER_GONE && suspect->owner != ANSWER_FAILED) {
			verify->summary.checked++;
			say(suspect);
		}
	}
	verify_forget_suspects(verify);
	verify_page_over(verify);
}

/* ---- asking ---------------------------------------------------------------------- */

static void ask_on(struct verify *verify);

static enum verify_answer answer_of(struct suspect *suspect, const struct api_result *result)
{
	struct error err = ERROR_INIT;

	if (result->outcome == API_DONE)
		return ANSWER_THERE;
	if (result->outcome == API_NOT_FOUND)
		return ANSWER_GONE;
	if (result->outcome == API_DENIED) {
		error_exit(&err, EXIT_DENIED, "%s", result->text);
		verify_fail(suspect->verify, &err);
		error_clear(&err);
	}
	verify_unsure(suspect->verify, suspect->extension, result->text);
	return ANSWER_FAILED;
}

static void owner_answered(const struct api_result *result, void *arg)
{
	struct suspect *suspect = arg;

	suspect->verify->in_flight--;
	suspect->owner = answer_of(suspect, result);
	ask_on(suspect->verify);
}

static void credential_answered(const struct api_result *result, void *arg)
{
	struct suspect *suspect = arg;
	struct verify *verify = suspect->verify;

	verify->in_flight--;
	suspect->credential = answer_of(suspect, result);
	if (suspect->credential == ANSWER_GONE && !suspect->owner_shown && !verify->standalone && !verify->abandoned) {
		verify->in_flight++;
		api_get_subscriber(verify->setup.api, suspect->subscriber_id, owner_answered, suspect);
	}
	ask_on(verify);
}

static void ask_on(struct verify *verify)
{
	int half = (http_window(verify->setup.http) + 1) / 2;
	int most = half < MOST_IN_FLIGHT ? half : MOST_IN_FLIGHT;

	while (verify->err.kind == ERROR_NONE && !verify->abandoned && verify->asked < verify->suspect_count && verify->in_flight < most) {
		struct suspect *suspect = &verify->suspects[verify->asked++];

		verify->in_flight++;
		target_get(verify->target, suspect->subscriber_id, suspect->id, credential_answered, suspect);
	}
	if (!verify->in_flight)
		judge(verify);
}

/* No 404 is believed that does not come from the right project. */
static void canary_answered(const struct api_result *result, void *arg)
{
	struct verify *verify = arg;
	struct error err = ERROR_INIT;

	verify->in_flight--;
	if (result->outcome == API_DENIED)
		error_exit(&err, EXIT_DENIED, "%s", result->text);
	else if (result->outcome != API_DONE)
		error_exit(&err, EXIT_LATER, "SignalWire could not be asked whether this is the right project: %s", result->text);
	else if (strcmp(result->domain, verify->setup.identity->sip_domain) != 0)
		error_exit(&err, EXIT_FENCE, "The project's SIP domain is %s all of a sudden, but this ledger is bound to %s",
			   result->domain, verify->setup.identity->sip_domain);
	if (err.kind != ERROR_NONE)
		verify_fail(verify, &err);
	error_clear(&err);
	ask_on(verify);
}

void verify_confirm(struct verify *verify)
{
	if (!verify->suspect_count || verify->abandoned) {
		verify_page_over(verify);
		return;
	}
	verify->in_flight++;
	api_get_sip_profile(verify->setup.api, canary_answered, verify);
}
