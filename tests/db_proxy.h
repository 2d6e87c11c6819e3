/* db_proxy - a Unix socket before the server's, in the test's own loop, that can fall silent or put words in. */
#ifndef DB_PROXY_H
#define DB_PROXY_H

#include "db_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { PROXY_LINKS = 32 };

struct proxy_link {
	struct proxy *proxy;
	int fd[2]; /* client, server */
	struct loop_watch *watch[2];
	bool swallowing; /* what the server answers to words put in */
	char tail[6];
};

struct proxy {
	struct loop *loop;
	char directory[64];
	int fd;
	struct loop_watch *watch;
	struct proxy_link links[PROXY_LINKS];
	int count;
};

static inline void proxy_address(struct sockaddr_un *address, const char *directory)
{
	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	snprintf(address->sun_path, sizeof address->sun_path, "%s/.s.PGSQL.5432", directory);
}

static inline void proxy_hang_up(struct proxy_link *link)
{
	for (int i = 0; i < 2; i++) {
		loop_watch_free(link->watch[i]);
		link->watch[i] = NULL;
		if (link->fd[i] >= 0)
			close(link->fd[i]);
		link->fd[i] = -1;
	}
}

/* Drops what the server says up to its "ready for query, idle". */
static inline bool proxy_swallow(struct proxy_link *link, const char *data, ssize_t len)
{
	static const char ready[6] = { 'Z', 0, 0, 0, 5, 'I' };

	for (ssize_t i = 0; i < len; i++) {
		memmove(link->tail, link->tail + 1, sizeof link->tail - 1);
		link->tail[sizeof link->tail - 1] = data[i];
	}
	return memcmp(link->tail, ready, sizeof ready) != 0;
}

static inline void proxy_forward(int fd, int events, void *arg)
{
	struct proxy_link *link = arg;
	int from = fd == link->fd[0] ? 0 : 1;
	char data[4096];
	ssize_t len = read(fd, data, sizeof data);

	(void)events;
	if (len <= 0)
		proxy_hang_up(link);
	else if (from == 1 && link->swallowing)
		link->swallowing = proxy_swallow(link, data, len);
	else if (write(link->fd[!from], data, (size_t)len) != len)
		proxy_hang_up(link);
}

static inline void proxy_accept(int fd, int events, void *arg)
{
	struct proxy *proxy = arg;
	struct proxy_link *link = &proxy->links[proxy->count++];
	struct sockaddr_un address;

	(void)events;
	assert_true(proxy->count <= PROXY_LINKS);
	link->proxy = proxy;
	link->fd[0] = accept(fd, NULL, NULL);
	link->fd[1] = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	proxy_address(&address, getenv("PGHOST"));
	if (connect(link->fd[1], (struct sockaddr *)&address, sizeof address)) {
		proxy_hang_up(link);
		return;
	}
	for (int i = 0; i < 2; i++)
		link->watch[i] = loop_watch_new(proxy->loop, link->fd[i], LOOP_READ, proxy_forward, link);
}

static inline struct proxy *proxy_new(struct loop *loop)
{
	struct proxy *proxy = mem_alloc(sizeof *proxy);
	struct sockaddr_un address;

	proxy->loop = loop;
	snprintf(proxy->directory, sizeof proxy->directory, "/tmp/swbridge-proxy.XXXXXX");
	assert_non_null(mkdtemp(proxy->directory));
	proxy_address(&address, proxy->directory);
	proxy->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_return_code(bind(proxy->fd, (struct sockaddr *)&address, sizeof address), 0);
	assert_return_code(listen(proxy->fd, 8), 0);
	proxy->watch = loop_watch_new(loop, proxy->fd, LOOP_READ, proxy_accept, proxy);
	return proxy;
}

static inline void proxy_free(struct proxy *proxy)
{
	struct sockaddr_un address;

	for (int i = 0; i < proxy->count; i++)
		proxy_hang_up(&proxy->links[i]);
	loop_watch_free(proxy->watch);
	close(proxy->fd);
	proxy_address(&address, proxy->directory);
	unlink(address.sun_path);
	rmdir(proxy->directory);
	mem_free(proxy);
}

/* What is connected now stays so, and no byte passes any more; who comes later is served. */
static inline void proxy_freeze(struct proxy *proxy)
{
	for (int i = 0; i < proxy->count; i++)
		for (int j = 0; j < 2; j++)
			if (proxy->links[i].watch[j])
				loop_watch_change(proxy->links[i].watch[j], 0);
}

/* A statement in the name of the last client, who learns nothing of it. */
static inline void proxy_say(struct proxy *proxy, const char *statement)
{
	struct proxy_link *link = &proxy->links[proxy->count - 1];
	size_t len = strlen(statement) + 1;
	char head[5] = { 'Q', 0, 0, 0, (char)(len + 4) };

	assert_true(len < 100);
	link->swallowing = true;
	assert_int_equal(write(link->fd[1], head, sizeof head), sizeof head);
	assert_int_equal(write(link->fd[1], statement, len), len);
}

#endif
