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

static void set_status(const struct sim *sim, const struct fault *fault, struct reply *reply)
{
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

void bend_reply(const struct sim *sim, const struct request *rq, const struct fault *fault, struct reply *reply)
{
	if (fault->action == FAULT_STATUS || fault->action == FAULT_COMMIT_THEN_STATUS ||
	    fault->action == FAULT_LATE_COMMIT) {
		set_status(sim, fault, reply);
	} else if (fault->action == FAULT_HTML_200) {
		reply_start(reply, 200);
		reply->content_type = "text/html; charset=utf-8";
		strbuf_puts(&reply->body, fault->content ? fault->content
							   : "<!DOCTYPE html><html><body>Please sign in</body></html>\n");
	} else if (fault->action == FAULT_TRUNCATED_JSON) {
		if (!reply->status) {
			reply_start(reply, rq->method == METHOD_POST ? 201 : 200);
			strbuf_puts(&reply->body, "{\"id\":\"00000000-0000-4000-8000-000000000000\"}");
		}
		strbuf_truncate(&reply->body, reply->body.len / 2);
	} else if (fault->action == FAULT_EMPTY_BODY) {
		reply_start(reply, reply->status ? reply->status : 200);
	} else if (fault->action == FAULT_CUT_BODY && !reply->status) {
		reply_start(reply, 200);
		strbuf_puts(&reply->body, "{\"id\":\"00000000-0000-4000-8000-000000000000\"}");
	}
}
