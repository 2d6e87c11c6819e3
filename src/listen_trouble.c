/* listen_trouble - what goes wrong in a daemon is said once, and once more when it is over. */
#include "listen_trouble.h"

#include <string.h>

#include "log.h"
#include "loop.h"
#include "mem.h"

void trouble_say(struct trouble *trouble, const char *text)
{
	int i = 0;

	while (i < LISTEN_SAID && trouble->said[i] && strcmp(trouble->said[i], text) != 0)
		i++;
	if (i == LISTEN_SAID || trouble->said[i]) {
		log_debug("%s", text);
		return;
	}
	if (i == 0)
		trouble->since = loop_now_ms();
	trouble->said[i] = mem_strdup(text);
	log_error("%s (it is tried again and again)", text);
}

void trouble_say_unless(const struct trouble *trouble, const char *text)
{
	if (trouble->said[0])
		log_debug("%s", text);
	else
		log_info("%s", text);
}

void trouble_over(struct trouble *trouble, const char *then)
{
	if (trouble->said[0])
		log_info("it works again, after %lld s%s", (long long)((loop_now_ms() - trouble->since) / 1000), then);
	trouble_release(trouble);
}

void trouble_release(struct trouble *trouble)
{
	for (int i = 0; i < LISTEN_SAID; i++) {
		mem_free(trouble->said[i]);
		trouble->said[i] = NULL;
	}
}
