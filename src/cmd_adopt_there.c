/* cmd_adopt_there - what SignalWire has under the ids that `adopt` is given. */
#include "cmd_adopt.h"

#include "json.h"
#include "log.h"
#include "mem.h"

#include <string.h>
#include <strings.h>

static bool is_here(void *arg)
{
	return ((struct there *)arg)->here;
}

static void heard(struct there *there, const struct api_result *result)
{
	there->here = true;
	there->outcome = result->outcome;
	mem_free(there->text);
	there->text = mem_strdup(result->text);
}

static void subscriber_answered(const struct api_result *result, void *arg)
{
	struct there *there = arg;

	heard(there, result);
	if (!result->subscriber)
		return;
	there->project_id = mem_strdup(result->subscriber->project_id);
	there->email = mem_strdup(result->subscriber->email);
}

static void credential_row(const struct json_credential *credential, void *arg)
{
	struct there *there = arg;
	const char *username = credential->username ? credential->username : "";
	char *shown = log_printable(username);
	bool meant = there->wanted_id ? strcasecmp(credential->id, there->wanted_id) == 0
				      : strcmp(username, there->wanted_name) == 0;

	/* What moved between two pages comes twice. */
	if (meant && !(there->id && strcmp(there->id, credential->id) == 0)) {
		there->matching++;
		mem_free(there->id);
		mem_free(there->username);
		there->id = mem_strdup(credential->id);
		there->username = mem_strdup(username);
	}
	if (++there->credentials <= THERE_NAMED_MAX)
		strbuf_printf(&there->list, "  %-16s %s\n", shown, credential->id);
	mem_free(shown);
}

static void credentials_answered(const struct api_result *result, void *arg)
{
	heard(arg, result);
}

static int fail_read(const struct there *there, const char *subscriber_id, struct error *err)
{
	if (there->outcome == API_DENIED)
		return error_exit(err, EXIT_DENIED, "%s", there->text);
	if (there->outcome == API_NOT_FOUND)
		return error_set(err, ERROR_NEVER, "SignalWire has no subscriber %s in this project; nothing was adopted. The id is "
				 "the one that the list of subscribers shows, not the id within \"subscriber\".", subscriber_id);
	return error_exit(err, EXIT_LATER, "%s", there->text);
}

int there_read(struct session *session, const char *subscriber_id, struct there *there, struct error *err)
{
	api_get_subscriber(session->api, subscriber_id, subscriber_answered, there);
	if (session_await(session, is_here, there, err))
		return -1;
	if (there->outcome != API_DONE)
		return fail_read(there, subscriber_id, err);
	there->here = false;
	api_list_credentials(session->api, subscriber_id, credential_row, credentials_answered, there);
	if (session_await(session, is_here, there, err))
		return -1;
	return there->outcome == API_DONE ? 0 : fail_read(there, subscriber_id, err);
}

static void endpoint_answered(const struct api_result *result, void *arg)
{
	struct there *there = arg;

	heard(there, result);
	if (!result->credential)
		return;
	there->id = mem_strdup(result->credential->id);
	there->username = mem_strdup(result->credential->username);
}

int there_read_endpoint(struct session *session, const char *id, struct there *there, struct error *err)
{
	api_get_endpoint(session->api, id, endpoint_answered, there);
	if (session_await(session, is_here, there, err))
		return -1;
	if (there->outcome == API_DENIED)
		return error_exit(err, EXIT_DENIED, "%s", there->text);
	if (there->outcome == API_NOT_FOUND)
		return error_set(err, ERROR_NEVER, "SignalWire has no standalone SIP credential %s in this project; nothing was adopted. "
				 "The id is the one that the list of SIP endpoints shows, not the id within \"sip_endpoint\".", id);
	return there->outcome == API_DONE ? 0 : error_exit(err, EXIT_LATER, "%s", there->text);
}

void there_release(struct there *there)
{
	mem_free(there->text);
	mem_free(there->project_id);
	mem_free(there->email);
	mem_free(there->id);
	mem_free(there->username);
	strbuf_release(&there->list);
	strbuf_release(&there->choice);
}
