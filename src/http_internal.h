/*
 * http_internal - what the files of http share, and nobody else includes.
 *
 * A slot is one easy handle with the room for one answer.  Slots are kept from
 * request to request, and so are most options of their handles: preparing a
 * request sets only what differs from the handle's last one.
 */
#ifndef HTTP_INTERNAL_H
#define HTTP_INTERNAL_H

#include "http.h"
#include "http_header.h"

#include <curl/curl.h>

struct http_verb {
	const char *name;
	bool safe; /* may be sent again by libcurl, takes no token, has no body (RFC 9110 9.2.1) */
	bool body;
};

struct http_request {
	const struct http_verb *verb;
	char *path;
	const char *query; /* behind the path's end, in its memory; NULL: none */
	struct strbuf body; /* always wiped */
	void (*done)(const struct http_response *response, void *arg);
	void *arg;
	uint64_t order; /* of arrival */
	struct http_request *next;
};

/*
 * The header lines of every request.  libcurl would write user, token and agent
 * anew for each one, letter by letter, which took a tenth of a creation's CPU
 * (measured with 7.88.1), and keeps no copy of a list, so that the token is in
 * few places, which are wiped.  A handle points to the lists until it is
 * prepared again: they are freed when the last of their users leaves them.
 */
struct http_headers {
	struct curl_slist *bare, *with_body;
	int users;
};

/*
 * The sockets that libcurl waits on.  It takes one back (CURL_POLL_REMOVE) at
 * the end of each request, and mostly asks for it at once again, for the next
 * one: two system calls a request, if the loop were told each time (5 % of a
 * creation's CPU, measured with 7.88.1).  So a connection that was waited on for
 * reading stays watched until http_sockets_settle(), right after libcurl's work,
 * and no watch of what libcurl took back outlives that.
 *
 * Not longer: libcurl does not tell of all that it closes.  7.88 to 8.2 give an
 * attempt to connect up by closing its socket first, without
 * CURLOPT_CLOSESOCKETFUNCTION, and take it back then, or not even that where
 * they never asked for it (curl's pull request 11439); of the two ends by which
 * its resolver wakes it neither callback hears.  A watch that is left behind
 * would make the next one of the same kind under that number deaf, whosesoever
 * it is: to the loop nothing would be new.
 */
struct http_sockets {
	struct loop *loop;
	void (*ready)(int fd, int events, void *arg);
	void *arg;
	struct http_socket *of; /* by descriptor */
	int count;
	int *unsettled; /* opened or taken back since the last http_sockets_settle() */
	size_t unsettled_count;
};

/* What every handle is set up with; owned copies. */
struct http_common {
	struct http_sockets sockets;
	CURLU *base; /* scheme, host and port */
	bool plain; /* http, which http_base() allows to loopback only */
	char *user;
	char *agent;
	struct http_headers *headers; /* with the token of now */
	char *ca_file;
	char *proxy;
	int64_t timeout_ms;
	bool (*may_send)(void *arg);
	void *may_send_arg;
	int64_t sent_total;
	struct strbuf date; /* the last Date that was read, as it stood there, */
	int64_t date_ms;    /* and what it means: thousands of answers come in one second */
};

struct http_slot {
	struct http_common *common;
	CURL *easy;
	CURLU *url; /* of the request: to set its path spares libcurl to take the base apart each time */
	const struct http_verb *verb; /* what the handle is set up for; NULL: nothing yet */
	struct http_headers *headers; /* that the handle points to */
	struct http_request *request;
	uint64_t number; /* http_pace_start() */
	int64_t first_byte_at;
	bool fenced;
	bool again; /* libcurl wanted to send it a second time, and was not let */
	bool too_large;
	struct http_header header;
	struct strbuf answer;
	struct strbuf problem;
	char words[CURL_ERROR_SIZE];
	struct http_slot *next; /* among the free ones */
	struct http_slot *all;  /* among all */
};

/* http_common.c */
int http_common_init(struct http_common *common, const struct http_settings *settings, struct error *err);
void http_common_release(struct http_common *common);

/* http_headers.c */
struct http_headers *http_headers_new(const char *user, const char *password, const char *agent);
struct http_headers *http_headers_use(struct http_headers *headers);
void http_headers_leave(struct http_headers *headers); /* NULL is fine */

/* http_sockets.c; the last two are callbacks of libcurl's */
void http_sockets_init(struct http_sockets *sockets, struct loop *loop,
		       void (*ready)(int fd, int events, void *arg), void *arg);
void http_sockets_release(struct http_sockets *sockets); /* after libcurl has closed them */
void http_sockets_ask(struct http_sockets *sockets, int fd, int what); /* CURL_POLL_... */
void http_sockets_settle(struct http_sockets *sockets);
int http_sockets_opened(void *arg, curl_socket_t fd, curlsocktype purpose);
int http_sockets_close(void *arg, curl_socket_t fd);

/* http_easy.c */
struct http_slot *http_slot_new(struct http_common *common);
void http_slot_free(struct http_slot *slot); /* its handle must be out of the multi handle */
void http_slot_prepare(struct http_slot *slot, struct http_request *request);
void http_slot_response(struct http_slot *slot, CURLcode code, struct http_response *response);
void http_slot_clear(struct http_slot *slot); /* forgets the answer, so that the slot can be used again */

void http_request_free(struct http_request *request);

#endif
