/* http_pace - how many requests may be on the wire, and how fast writes may start. */
#include "http_pace.h"

#include <limits.h>

enum { TOKEN = 1000 };

void http_pace_init(struct http_pace *pace, int64_t rate, int64_t most, int64_t now)
{
	*pace = (struct http_pace){ 0 };
	pace->rate = rate < 1 ? 1 : rate > INT_MAX ? INT_MAX : rate;
	pace->size = pace->rate / 10 * TOKEN;
	if (pace->size < TOKEN)
		pace->size = TOKEN;
	pace->tokens = pace->size;
	pace->filled_at = now;
	pace->most = most < 1 ? 1 : most > INT_MAX ? INT_MAX : (int)most;
	pace->window = pace->most;
}

/* A millisecond brings `rate` thousandths of a token. */
static void fill(struct http_pace *pace, int64_t now)
{
	int64_t passed = now - pace->filled_at;

	if (passed <= 0)
		return;
	pace->filled_at = now;
	if (passed >= (pace->size - pace->tokens) / pace->rate + 1)
		pace->tokens = pace->size;
	else
		pace->tokens += passed * pace->rate;
}

bool http_pace_take(struct http_pace *pace, int64_t now)
{
	fill(pace, now);
	if (pace->tokens < TOKEN)
		return false;
	pace->tokens -= TOKEN;
	return true;
}

int64_t http_pace_wait(struct http_pace *pace, int64_t now)
{
	fill(pace, now);
	if (pace->tokens >= TOKEN)
		return 0;
	return (TOKEN - pace->tokens + pace->rate - 1) / pace->rate;
}

uint64_t http_pace_start(struct http_pace *pace)
{
	return pace->started++;
}

void http_pace_answer(struct http_pace *pace, uint64_t number, int status)
{
	if (status == 429) {
		if (number < pace->mark)
			return;
		pace->mark = pace->started;
		pace->window = pace->window > 1 ? pace->window / 2 : 1;
		pace->good = 0;
	} else if (status >= 200 && status < 300 && pace->window < pace->most) {
		if (++pace->good < pace->window)
			return;
		pace->window++;
		pace->good = 0;
	}
}
