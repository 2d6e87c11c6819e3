/* http_sockets - libcurl's sockets on the loop: watched for what, until when. */
#include "http_internal.h"

#include "mem.h"

#include <string.h>
#include <unistd.h>

struct http_socket {
	struct loop_watch *watch;
	int events;
	bool connection; /* libcurl opened it, and tells when it closes it */
	bool fresh;      /* opened, and not asked for yet: it may be closed again without a word */
	bool idle;       /* taken back, and still watched */
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
	mem_free(sockets->unsettled);
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

static void watch(struct http_sockets *sockets, int fd, int events)
{
	struct http_socket *socket = &sockets->of[fd];

	if (socket->watch)
		loop_watch_change(socket->watch, events);
	else
		socket->watch = loop_watch_new(sockets->loop, fd, events, sockets->ready, sockets->arg);
	socket->events = events;
	socket->fresh = socket->idle = false;
}

static void settle_later(struct http_sockets *sockets, int fd)
{
	sockets->unsettled = mem_grow(sockets->unsettled, sockets->unsettled_count + 1, sizeof *sockets->unsettled);
	sockets->unsettled[sockets->unsettled_count++] = fd;
}

void http_sockets_ask(struct http_sockets *sockets, int fd, int what)
{
	struct http_socket *socket = socket_of(sockets, fd);

	if (what != CURL_POLL_REMOVE)
		watch(sockets, fd, (what & CURL_POLL_IN ? LOOP_READ : 0) | (what & CURL_POLL_OUT ? LOOP_WRITE : 0));
	else if (socket->connection && socket->watch && socket->events == LOOP_READ)
		socket->idle = true;
	else
		forget(socket);
	if (socket->idle)
		settle_later(sockets, fd);
}

void http_sockets_settle(struct http_sockets *sockets)
{
	while (sockets->unsettled_count) {
		struct http_socket *socket = &sockets->of[sockets->unsettled[--sockets->unsettled_count]];

		if (socket->fresh)
			forget(socket);
		if (!socket->idle)
			continue;
		loop_watch_free(socket->watch);
		socket->watch = NULL;
		socket->idle = false;
	}
}

int http_sockets_opened(void *arg, curl_socket_t fd, curlsocktype purpose)
{
	struct http_sockets *sockets = arg;
	struct http_socket before = *socket_of(sockets, fd);

	(void)purpose;
	/* What was watched under this number is closed: the kernel has forgotten it, and libcurl may not ask again. */
	forget(&sockets->of[fd]);
	sockets->of[fd].connection = sockets->of[fd].fresh = true;
	settle_later(sockets, fd);
	if (before.watch && !before.idle)
		watch(sockets, fd, before.events);
	return CURL_SOCKOPT_OK;
}

int http_sockets_close(void *arg, curl_socket_t fd)
{
	forget(socket_of(arg, fd));
	return close(fd) != 0;
}
