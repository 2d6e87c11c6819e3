/*
 * listen_triggers - says at the start of a daemon that nothing will tell it of changes.
 *
 * That notifications arrive is true without any triggers, too: who forgot
 * `init --triggers` would believe that the daemon hears of everything at once.
 */
#ifndef LISTEN_TRIGGERS_H
#define LISTEN_TRIGGERS_H

#include "session.h"

/* Logs a line where there are none, or none as they should be; true: it is known.  Turns the loop. */
bool listen_say_triggers(const struct session *session, const struct config *config);

#endif
