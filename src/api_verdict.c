/* api_verdict - what one answer, or the lack of one, proves. */
#include "api_verdict.h"

#include "json_tree.h"
#include "mem.h"
#include "strbuf.h"
#include "utf8.h"

#include <ctype.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

enum {
	LONGEST_REASON = 2000, /* bytes of a server's words in a text */
	SHORTEST_MASKED = 4    /* bytes of a secret */
};

#define WHETHER "; whether it acted is unknown"

/* What becomes of a status, for a mutation and for a GET; the first row that fits counts. */
struct rule {
	int from, to;
	enum api_outcome mutation, get;
	bool again_mutation, again_get;
	bool reason; /* the answer's own words follow `text` */
	const char *text;
};

static const struct rule rules[] = {
	{ 200, 299, API_DONE, API_DONE, false, false, false, "" },
	/* A redirect is not followed, and nobody knows what stands behind it. */
	{ 300, 399, API_UNKNOWN, API_FAILED, false, false, false, "SignalWire answered with a redirect" },
	{ 401, 401, API_DENIED, API_DENIED, false, false, false, "SignalWire refused the project id and token (401): "
	  "are [signalwire] project_id and the token right, and does the token have one of the scopes Voice, Messaging, Fax or Video?" },
	{ 403, 403, API_DENIED, API_DENIED, false, false, true, "SignalWire does not allow it (403): does the token have "
	  "one of the scopes Voice, Messaging, Fax or Video? It says" },
	{ 404, 404, API_NOT_FOUND, API_NOT_FOUND, false, false, true, "SignalWire does not know it (404)" },
	{ 407, 407, API_DENIED, API_DENIED, false, false, false, "The proxy refused the request (407); "
	  "correct the setting \"proxy\"" },
	/* These three come from servers and proxies that gave up waiting: 408 (RFC 9110), 425 (RFC 8470), 499 (nginx). */
	{ 408, 408, API_UNKNOWN, API_FAILED, false, true, true, "SignalWire gave up waiting" },
	{ 410, 410, API_NOT_FOUND, API_NOT_FOUND, false, false, true, "SignalWire does not have it any more (410)" },
	{ 425, 425, API_UNKNOWN, API_FAILED, false, true, true, "SignalWire found it too early" },
	{ 429, 429, API_THROTTLED, API_THROTTLED, true, true, false, "SignalWire asks for fewer requests (429)" },
	{ 499, 499, API_UNKNOWN, API_FAILED, false, true, true, "SignalWire gave up waiting" },
	{ 400, 499, API_REJECTED, API_FAILED, false, false, true, "SignalWire refused it" },
	{ 500, 599, API_UNKNOWN, API_FAILED, false, true, true, "SignalWire failed" },
	{ 0, 1 << 30, API_UNKNOWN, API_FAILED, false, false, true, "SignalWire's answer cannot be understood" },
};

static const struct rule *rule_of(int status)
{
	const struct rule *rule = rules;

	while (status < rule->from || status > rule->to)
		rule++;
	return rule;
}

/* Puts "***" for every place where `secret` stands, in whatever case. */
static void redact(struct strbuf *text, const char *secret)
{
	struct strbuf out = STRBUF_INIT_SECRET;
	size_t len = secret ? strlen(secret) : 0;
	const char *s = text->data;
	const char *hit = NULL;

	if (!len)
		return;
	while ((hit = strcasestr(s, secret)) != NULL) {
		strbuf_add(&out, s, (size_t)(hit - s));
		strbuf_puts(&out, "***");
		s = hit + len;
	}
	strbuf_puts(&out, s);
	strbuf_release(text);
	*text = out;
}

/* The secret, and the secret as JSON writes it: a server may quote what it was sent. */
static void redact_forms(struct strbuf *text, const char *secret)
{
	struct strbuf quoted = STRBUF_INIT_SECRET;
	struct error err = ERROR_INIT;

	if (!secret)
		return;
	redact(text, secret);
	if (json_write_text(&quoted, "secret", secret, &err) == 0 && quoted.len == strlen(secret) + 2)
		goto out;
	if (quoted.len > 2) {
		strbuf_truncate(&quoted, quoted.len - 1);
		redact(text, quoted.data + 1);
	}
out:
	error_clear(&err);
	strbuf_release(&quoted);
}

static bool in_a_word(char c)
{
	unsigned char u = (unsigned char)c;

	return isalnum(u) || u == '_' || u >= 0x80;
}

/* Whether `secret` stands in `text` as a word of its own; what JSON escapes, or is no word, may stand anywhere. */
static bool stands_alone(const char *text, const char *secret)
{
	size_t len = strlen(secret);

	for (const char *s = secret; *s; s++)
		if ((unsigned char)*s < 0x20 || strchr("\"\\/\x7f", *s))
			return true;
	for (const char *hit = strcasestr(text, secret); hit; hit = strcasestr(hit + 1, secret)) {
		bool before = hit > text && in_a_word(hit[-1]) && in_a_word(secret[0]);
		bool after = in_a_word(hit[len]) && in_a_word(secret[len - 1]);

		if (!before && !after)
			return true;
	}
	return false;
}

/*
 * Masked, a letter or two would be told by what is left of the words around them.
 * So all of a text that may quote such a secret is left out, and one that cannot
 * is shown as it is.
 */
static bool tells(const char *words, const char *secret)
{
	size_t len = secret ? strlen(secret) : 0;

	return len && len < SHORTEST_MASKED && stands_alone(words, secret);
}

/* A server's words, fit to be shown: without the secret, in one line, of bounded length; in this order. */
static char *clean(const char *words, const char *secret)
{
	struct strbuf text = STRBUF_INIT_SECRET;
	size_t keep = 0;

	if (tells(words, secret))
		return mem_strdup("(what it says is not shown, since the secret may stand in it, and is too short to be masked)");
	strbuf_puts(&text, words);
	if (secret && strlen(secret) >= SHORTEST_MASKED)
		redact_forms(&text, secret);
	for (size_t i = 0; i < text.len; i++)
		if ((unsigned char)text.data[i] < 0x20 || text.data[i] == 0x7f)
			text.data[i] = ' ';
	if (text.len > LONGEST_REASON) {
		for (;;) {
			size_t len = utf8_len(text.data + keep);

			if (keep + (len ? len : 1) > LONGEST_REASON)
				break;
			keep += len ? len : 1;
		}
		strbuf_truncate(&text, keep);
		strbuf_puts(&text, "…");
	}
	return strbuf_detach(&text);
}

/* Where an answer came: by its status, then by the codes that its errors name. */
static void sort_answer(const struct http_response *response, bool mutation, const char *secret,
			struct api_verdict *verdict)
{
	const struct rule *rule = rule_of(response->status);
	struct json_errors errors = { 0 };
	const char *lead = rule->text;
	char *reason = NULL;
	char number[16] = "";

	verdict->outcome = mutation ? rule->mutation : rule->get;
	verdict->again = mutation ? rule->again_mutation : rule->again_get;
	if (verdict->outcome == API_DONE)
		return;
	json_read_errors(response->body, response->body_len, response->status, response->content_type, &errors);
	errors.account |= response->status == 402;
	reason = clean(errors.text, secret);
	if (mutation && errors.account && response->status == 403) {
		verdict->outcome = API_REJECTED;
		lead = "SignalWire refused it";
	} else if ((errors.try_later || errors.slow_down) && response->status >= 400 && response->status < 500 &&
		   (verdict->outcome == API_REJECTED || verdict->outcome == API_FAILED)) {
		verdict->outcome = API_THROTTLED;
		verdict->again = true;
		verdict->alone = !errors.slow_down;
		lead = "SignalWire asks to try later";
	}
	if (verdict->outcome == API_REJECTED) {
		verdict->not_unique = errors.not_unique;
		verdict->account = errors.account;
		verdict->attribute = errors.attribute ? clean(errors.attribute, secret) : NULL;
	}
	if (verdict->outcome == API_UNKNOWN || verdict->outcome == API_FAILED)
		snprintf(number, sizeof number, " (%d)", response->status);
	verdict->text = mem_printf("%s%s%s%s%s", lead, number, rule->reason ? ": " : "", rule->reason ? reason : "",
				   verdict->outcome == API_UNKNOWN ? WHETHER : "");
	mem_free(reason);
	json_errors_release(&errors);
}

bool api_verdict_plain_answer(const struct http_response *response)
{
	struct json_object *root = NULL;
	struct error err = ERROR_INIT;
	bool plain = true;

	if (response->status == 204)
		return true;
	if (response->content_type && strcasestr(response->content_type, "html"))
		return false;
	if (response->body_len) {
		plain = json_tree_parse(response->body, response->body_len, &root, &err) == 0;
		json_object_put(root);
		error_clear(&err);
	}
	return plain;
}

static char *with_problem(const char *lead, const char *problem, const char *tail)
{
	bool said = problem && *problem;

	return mem_printf("%s%s%s%s%s", lead, said ? " (" : "", said ? problem : "", said ? ")" : "", tail);
}

void api_verdict_sort(const struct http_response *response, bool mutation, const char *secret,
		      struct api_verdict *verdict)
{
	*verdict = (struct api_verdict){ .text = NULL };
	switch (response->end) {
	case HTTP_ANSWERED:
		sort_answer(response, mutation, secret, verdict);
		break;
	case HTTP_NOT_SENT:
		verdict->outcome = API_NOT_SENT;
		verdict->again = true;
		verdict->text = with_problem("SignalWire could not be reached, nothing was sent", response->problem,
					     "; try again later, or check space and proxy ([signalwire]) and the network");
		break;
	case HTTP_NO_ANSWER:
		verdict->outcome = mutation ? API_UNKNOWN : API_FAILED;
		verdict->again = !mutation;
		verdict->text = with_problem("SignalWire did not answer", response->problem, mutation ? WHETHER : "");
		break;
	case HTTP_FENCED:
		verdict->outcome = API_FENCED;
		verdict->text = mem_strdup("Nothing was sent: it could not be proved in time that this process "
					   "still holds the lock");
		break;
	}
	if (!verdict->text)
		verdict->text = mem_strdup("");
}

void api_verdict_unreadable(int status, bool mutation, const char *why, const char *secret,
			    struct api_verdict *verdict)
{
	char *reason = clean(why, secret);

	api_verdict_release(verdict);
	verdict->outcome = mutation ? API_UNKNOWN : API_FAILED;
	verdict->again = !mutation;
	verdict->text = mem_printf("SignalWire answered %d, but the answer cannot be relied on: %s%s", status, reason,
				   mutation ? WHETHER : "");
	mem_free(reason);
}

void api_verdict_release(struct api_verdict *verdict)
{
	mem_free(verdict->text);
	mem_free(verdict->attribute);
	*verdict = (struct api_verdict){ .text = NULL };
}
