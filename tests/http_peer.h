/*
 * http_peer - an HTTP server that misbehaves on demand, in a process of its own.
 *
 * It listens on a free port of 127.0.0.1, and dies with the process that
 * started it.  What it does to a request, the request's path says:
 *
 *   /ok              answers 200
 *   /header          answers 200 after an interim answer, with fields to be read
 *   /act-close       reads the whole request, then closes without a byte of answer
 *   /leave           answers 200, then closes the connection without having said so
 *   /close           answers 200, and closes the connection as it says there
 *   /doom            answers 200; whatever comes next on that connection resets it, unread
 *   /reset           sends half an answer, then resets the connection
 *   /short           sends fewer bytes than its Content-Length says, then closes
 *   /slow            never answers
 *   /huge            an answer of 17 MiB
 *   /redirect        302 to a file: URL;  /redirect-http 302 to its own /ok
 *   /429?VALUE       429 with that Retry-After
 *   /hold, /hold429  answers 200 or 429 only when nothing new has come for 30 ms,
 *                    or for a second while fewer than hold_wanted are held
 *
 * What it saw stands in memory that both processes share.
 */
#ifndef HTTP_PEER_H
#define HTTP_PEER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/types.h>

enum { PEER_LINES = 4096, PEER_LINE = 64, PEER_LAST = 4096 };

struct http_peer_seen {
	_Atomic int requests;                /* complete ones */
	_Atomic int connections;
	_Atomic long bytes;                  /* read, on all connections */
	_Atomic long body;                   /* bytes of the last request's body */
	_Atomic int held_most;               /* requests that waited for an answer at once */
	_Atomic int hold_wanted;             /* set by the test: so many are to wait at once */
	_Atomic int doomed;                  /* connections reset by /doom */
	char lines[PEER_LINES][PEER_LINE];   /* "POST /ok 3": method, path, number of the connection */
	char last[PEER_LAST];                /* header of the last request */
};

struct http_peer {
	pid_t pid;
	int port;
	struct http_peer_seen *seen;
};

void http_peer_start(struct http_peer *peer);
bool http_peer_start_at(struct http_peer *peer, struct sockaddr *address, socklen_t len); /* false: not there */
void http_peer_stop(struct http_peer *peer);
int http_peer_count(const struct http_peer *peer, const char *begin); /* requests whose line begins so */

#endif
