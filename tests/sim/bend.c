/* bend - what a fault rule makes of a finished reply. */
#include "bend.h"

#include <stdlib.h>
#include <string.h>

#include "mem.h"

/* "date:30" is a date 30 seconds from now; anything else goes out as it is. */
static char *retry_after(const struct sim *sim, const char *text)
{
	if (!text || strncmp(text, "date:", 5) != 0)
		return mem_strdup(text);
	return reply_date(sim_now(sim) + strtoll(text + 5, NULL, 10) * 1000);
}

typedef void bender(const struct sim *sim, const struct request *rq, const struct fault *fault, struct reply *reply);

static void set_status(const struct sim *sim, const struct request *rq, const struct fault *fault,
		       struct reply *reply)
{
	(void)rq;
	reply_error(reply, (int)fault->status);
	mem_free(reply->retry_after);
	reply->retry_after = retry_after(sim, fault->retry_after);
	if (!fault->content)
		return;
	strbuf_truncate(&reply->body, 0);
	strbuf_puts(&reply->body, fault->content);
	if (fault->content[0] == '<')
		reply->content_type = "text/html";
}

static void set_html(const struct sim *sim, const struct request *rq, const struct fault *fault, struct reply *reply)
{
	(void)sim;
	(void)rq;
	reply_start(reply, 200);
	reply->content_type = "text/html; charset=utf-8";
	strbuf_puts(&reply->body,
		    fault->content ? fault->content : "<!DOCTYPE html><html><body>Please sign in</body></html>\n");
}

/* Something to cut, where the operation was not carried out. */
static void fill(const struct sim *sim, const struct request *rq, const struct fault *fault, struct reply *reply)
{
	(void)sim;
	(void)fault;
	if (reply->status)
		return;
	reply_start(reply, rq->method == METHOD_POST ? 201 : 200);
	strbuf_puts(&reply->body, "{\"id\":\"00000000-0000-4000-8000-000000000000\"}");
}

static void truncate_json(const struct sim *sim, const struct request *rq, const struct fault *fault,
			  struct reply *reply)
{
	fill(sim, rq, fault, reply);
	strbuf_truncate(&reply->body, reply->body.len / 2);
}

static void empty(const struct sim *sim, const struct request *rq, const struct fault *fault, struct reply *reply)
{
	fill(sim, rq, fault, reply);
	strbuf_truncate(&reply->body, 0);
}

static bender *const benders[FAULT_ACTIONS] = {
	[FAULT_STATUS] = set_status,	       [FAULT_COMMIT_THEN_STATUS] = set_status,
	[FAULT_LATE_COMMIT] = set_status,      [FAULT_HTML_200] = set_html,
	[FAULT_TRUNCATED_JSON] = truncate_json, [FAULT_EMPTY_BODY] = empty,
	[FAULT_CUT_BODY] = fill,
};

void bend_reply(const struct sim *sim, const struct request *rq, const struct fault *fault, struct reply *reply)
{
	if (benders[fault->action])
		benders[fault->action](sim, rq, fault, reply);
}
