/* listen_triggers - says at the start of a daemon that nothing will tell it of changes. */
#include "listen_triggers.h"

#include "log.h"
#include "triggers.h"

bool listen_say_triggers(const struct session *session, const struct config *config)
{
	struct strbuf text = STRBUF_INIT;
	struct error err = ERROR_INIT;
	struct triggers now;
	bool known = !triggers_look(session->db, config, session->source, &now, &err);

	if (!known)
		log_debug("%s", error_text(&err)); /* the loss of the connection is told by who serves */
	else if (triggers_silent(&text, &now, session->source, config))
		log_info("%s", text.data);
	triggers_release(&now);
	strbuf_release(&text);
	error_clear(&err);
	return known;
}
