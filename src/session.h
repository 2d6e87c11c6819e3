/*
 * session - opens what a verb works with, in order, and closes it in reverse.
 *
 * Each level needs those before it:
 *   SESSION_CONFIG  the configuration, the event loop, no core dumps
 *   SESSION_DB      one connection
 *   SESSION_LEDGER  the ledger, checked against the configuration; the source,
 *                   bound; the query over both
 *   SESSION_API     http and api, for reading: nothing asks for a lock yet
 *   SESSION_ENGINE  the lock, its heartbeat, the fence that goes by it, the engine;
 *                   where the lock was waited for, the ledger, checked and bound
 *                   again as it is then
 *
 * With SESSION_ENGINE the first SIGINT or SIGTERM stops the engine: nothing
 * new starts, what is in flight is recorded.  The second one ends the process
 * at once; the ledger's open intents then say what may have happened.
 */
#ifndef SESSION_H
#define SESSION_H

#include <stdbool.h>

#include "api.h"
#include "config.h"
#include "db.h"
#include "difference.h"
#include "error.h"
#include "http.h"
#include "ledger.h"
#include "loop.h"
#include "mirror.h"
#include "source.h"

/* No proof of life of the lock's session within this time: no request. */
enum { SESSION_MARGIN_MS = 5000 };

enum session_level { SESSION_CONFIG, SESSION_DB, SESSION_LEDGER, SESSION_API, SESSION_ENGINE };

struct session {
	struct config *config;
	struct loop *loop;
	struct db *db;
	struct ledger *ledger;
	struct source *source;
	struct difference_query *query;
	struct http *http;
	struct api *api;
	struct mirror *mirror;
	struct loop_signal *interrupt, *terminate;
	bool locked;   /* the lock is this session's ... */
	bool holds;    /* ... and so is the holder's row, which says so */
	bool borrowed; /* configuration and loop */
	int signals;
};

struct session_wish {
	const char *config_path; /* NULL: the default */
	const char *verb;
	enum session_level level;
	bool wait;          /* for the lock ... */
	void (*waiting)(void *arg); /* called while it is waited for (ledger.h); NULL: nobody asks */
	bool (*enough)(void *arg); /* ... until this is true, or no longer wanted when it came; NULL: for ever */
	void *arg;
	bool any_pooler;    /* also one that shares sessions (check, which says so); else that is refused with 78 */
	/* Of a daemon, which outlives its sessions: borrowed, and signals are its own business; else both NULL. */
	struct config *config;
	struct loop *loop;
	bool no_source;     /* SESSION_LEDGER without source and query: what the source became does not matter */
	bool unbound_space; /* SESSION_LEDGER without the check of project, space and SIP domain */
};

/* On failure nothing is left to close. */
int session_open(struct session *session, const struct session_wish *wish, struct error *err);

/* Adds SESSION_API to a session that has less (init, check). */
int session_open_api(struct session *session, struct error *err);

/*
 * Turns the loop until the answer of a read is here.  Where a signal comes first
 * the session gets a new api, so that no answer comes to a place that is gone.
 */
int session_await(struct session *session, bool (*here)(void *arg), void *arg, struct error *err);

/* Asks for the SIP profile and waits for the answer; *domain is the caller's to free. */
int session_sip_domain(struct session *session, char **domain, int64_t *server_ms, struct error *err);

/*
 * The canary of a verb without the engine: the SIP profile is asked for, and its
 * domain must be the one that the ledger is bound to (else exit 6).  Only behind
 * it is a 404 or an empty list to be believed.
 */
int session_check_space(struct session *session, struct error *err);

void session_close(struct session *session);

#endif
