/* http_sockets - libcurl's sockets on the loop: watched for what, until when. */
#include "http_internal.h"

#include "mem.h"

#include <assert.h>
#include <string.h>
#include <unistd.h>

struct http_socket {
	struct loop_watch *watch;
	bool connection; /* libcurl tells when it opens and closes it */
	bool idle;       /* libcurl waits for nothing there now */
};

void http_sockets_init(struct http_sockets *sockets, struct loop *loop,
		       void (*ready)(int fd, int events, void *arg), void *arg)
{
	*sockets = (struct http_sockets){ .loop = loop, .ready = ready, .arg = arg };
}

void http_sockets_release(struct http_sockets *sockets)
{
	for (int fd = 0; fd < sockets->count; fd++)
		loop_watch_free(sockets->of[fd].watch);
	mem_free(sockets->of);
	*sockets = (struct http_sockets){ 0 };
}

static struct http_socket *socket_of(struct http_sockets *sockets, int fd)
{
	int count = sockets->count;

	if (fd >= count) {
		sockets->count = fd < 2 * count ? 2 * count : fd + 1;
		sockets->of = mem_grow(sockets->of, (size_t)sockets->count, sizeof *sockets->of);
		memset(sockets->of + count, 0, (size_t)(sockets->count - count) * sizeof *sockets->of);
	}
	return &sockets->of[fd];
}

static void forget(struct http_socket *socket)
{
	loop_watch_free(socket->watch);
	*socket = (struct http_socket){ 0 };
}

static void heard(int fd, int events, void *arg)
{
	struct http_sockets *sockets = arg;
	struct http_socket *socket = &sockets->of[fd];

	/* The server closes a connection that is idle: libcurl sees that by itself before it uses one again. */
	if (socket->idle)
		loop_watch_change(socket->watch, 0);
	else
		sockets->ready(fd, events, sockets->arg);
}

void http_sockets_ask(struct http_sockets *sockets, int fd, int what)
{
	struct http_socket *socket = socket_of(sockets, fd);
	int events = (what & CURL_POLL_IN ? LOOP_READ : 0) | (what & CURL_POLL_OUT ? LOOP_WRITE : 0);

	socket->idle = what == CURL_POLL_REMOVE;
	if (socket->idle && !socket->connection)
		forget(socket);
	else if (!socket->idle && socket->watch)
		loop_watch_change(socket->watch, events);
	else if (!socket->idle)
		socket->watch = loop_watch_new(sockets->loop, fd, events, heard, sockets);
}

int http_sockets_opened(void *arg, curl_socket_t fd, curlsocktype purpose)
{
	struct http_socket *socket = socket_of(arg, fd);

	(void)purpose;
	assert(!socket->watch); /* that of a descriptor that is no more would hear nothing */
	socket->connection = true;
	return CURL_SOCKOPT_OK;
}

int http_sockets_close(void *arg, curl_socket_t fd)
{
	forget(socket_of(arg, fd));
	return close(fd) != 0;
}
