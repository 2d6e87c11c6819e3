/* http_peer - an HTTP server that misbehaves on demand, in a process of its own. */
#include "http_peer.h"

#include "mem.h"
#include "strbuf.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CONNECTIONS = 256, QUIET_MS = 30, PATIENT_MS = 1000 };

struct connection {
	int number;
	struct strbuf in;
	bool doomed;
	const char *held; /* the answer that waits */
};

struct server {
	struct http_peer_seen *seen;
	struct pollfd polls[CONNECTIONS];
	struct connection connections[CONNECTIONS]; /* [0] is the listener */
	int count;
	int held;
};

#define OK "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 11\r\n\r\n{\"ok\":true}"

static void die(const char *what)
{
	perror(what);
	abort();
}

static void say(int fd, const char *data, size_t len)
{
	while (len) {
		ssize_t n = send(fd, data, len, MSG_NOSIGNAL);

		if (n <= 0)
			return; /* the client has gone */
		data += n;
		len -= (size_t)n;
	}
}

static void say_text(int fd, const char *text)
{
	say(fd, text, strlen(text));
}

static void reset(int fd)
{
	struct linger now = { .l_onoff = 1, .l_linger = 0 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

static void say_huge(int fd)
{
	static char block[1024 * 1024];

	say_text(fd, "HTTP/1.1 200 OK\r\nContent-Length: 17825792\r\n\r\n");
	memset(block, 'x', sizeof block);
	for (int i = 0; i < 17; i++)
		say(fd, block, sizeof block);
}

static void hold(struct server *server, struct connection *connection, const char *answer)
{
	connection->held = answer;
	if (++server->held > server->seen->held_most)
		server->seen->held_most = server->held;
}

/* Answers; false: the connection is to be closed. */
static bool answer(struct server *server, int i, const char *path)
{
	static const struct { const char *path, *text; bool keep; } plain[] = {
		{ "/ok", OK, true },
		{ "/doom", OK, true },
		{ "/slow", "", true },
		{ "/act-close", "", false },
		{ "/leave", OK, false },
		{ "/close", "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", false },
		{ "/short", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"ok\":true", false },
		{ "/reset", "HTTP/1.1 200 OK\r\nContent-Le", false },
		{ "/redirect", "HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n", true },
		{ "/redirect-http", "HTTP/1.1 302 Found\r\nLocation: /ok\r\nContent-Length: 0\r\n\r\n", true },
		{ "/header", "HTTP/1.1 103 Early Hints\r\nRetry-After: 7\r\n\r\n"
			"HTTP/1.1 201 Created\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Type: text/html\r\n"
			"Request-Id: b\r\nX-Request-Id: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\na\0b\r\n0\r\n\r\n", true }
	};
	int fd = server->polls[i].fd;

	for (size_t n = 0; n < sizeof plain / sizeof *plain; n++) {
		if (strcmp(path, plain[n].path))
			continue;
		if (!strcmp(path, "/header")) /* has a byte of value 0 */
			say(fd, plain[n].text, strlen(plain[n].text) + 1 + strlen("b\r\n0\r\n\r\n"));
		else
			say_text(fd, plain[n].text);
		server->connections[i].doomed = !strcmp(path, "/doom");
		if (!strcmp(path, "/reset"))
			reset(fd);
		return plain[n].keep;
	}
	if (!strncmp(path, "/429?", 5)) {
		say_text(fd, "HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\nRetry-After: ");
		say_text(fd, path + 5);
		say_text(fd, "\r\n\r\n");
	} else if (!strcmp(path, "/huge")) {
		say_huge(fd);
	} else if (!strcmp(path, "/hold")) {
		hold(server, &server->connections[i], OK);
	} else if (!strcmp(path, "/hold429")) {
		hold(server, &server->connections[i], "HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\n\r\n");
	} else {
		say_text(fd, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
	}
	return true;
}

/* Takes complete requests out of the buffer. */
static bool requests(struct server *server, int i)
{
	struct connection *connection = &server->connections[i];
	struct http_peer_seen *seen = server->seen;
	char *end = NULL;

	while ((end = strstr(connection->in.data, "\r\n\r\n"))) {
		size_t header = (size_t)(end - connection->in.data) + 4, body = 0;
		char *field = strcasestr(connection->in.data, "\r\nContent-Length:");
		char method[16] = "", path[256] = "";
		bool keep = false;

		if (field && field < end)
			body = strtoul(field + 17, NULL, 10);
		if (connection->in.len < header + body)
			return true;
		if (sscanf(connection->in.data, "%15s %255s", method, path) != 2)
			return false;
		snprintf(seen->lines[seen->requests % PEER_LINES], PEER_LINE, "%.7s %.40s %d", method, path, connection->number);
		snprintf(seen->last, PEER_LAST, "%.*s", (int)header, connection->in.data);
		seen->body = (long)body;
		seen->requests++;
		memmove(connection->in.data, connection->in.data + header + body, connection->in.len - header - body + 1);
		connection->in.len -= header + body;
		keep = answer(server, i, path);
		if (!keep)
			return false;
	}
	return true;
}

static bool readable(struct server *server, int i)
{
	struct connection *connection = &server->connections[i];
	char data[65536];
	ssize_t n = 0;

	if (connection->doomed) {
		reset(server->polls[i].fd);
		server->seen->doomed += recv(server->polls[i].fd, data, 1, MSG_PEEK) > 0;
		return false;
	}
	n = recv(server->polls[i].fd, data, sizeof data, 0);
	if (n <= 0)
		return false;
	server->seen->bytes += n;
	strbuf_add(&connection->in, data, (size_t)n);
	return requests(server, i);
}

static void drop(struct server *server, int i)
{
	if (server->connections[i].held)
		server->held--;
	strbuf_release(&server->connections[i].in);
	close(server->polls[i].fd);
	server->count--;
	server->polls[i] = server->polls[server->count];
	server->connections[i] = server->connections[server->count];
}

static void take(struct server *server)
{
	int fd = accept(server->polls[0].fd, NULL, NULL);

	if (fd < 0 || server->count == CONNECTIONS)
		die("http_peer: accept");
	server->polls[server->count] = (struct pollfd){ .fd = fd, .events = POLLIN };
	server->connections[server->count] = (struct connection){ .number = ++server->seen->connections };
	strbuf_init(&server->connections[server->count].in);
	server->count++;
}

static void release_held(struct server *server)
{
	for (int i = 1; i < server->count; i++) {
		const char *held = server->connections[i].held;

		if (!held)
			continue;
		server->connections[i].held = NULL;
		server->held--;
		say_text(server->polls[i].fd, held);
	}
}

static void serve(struct server *server)
{
	for (;;) {
		int quiet = server->held < server->seen->hold_wanted ? PATIENT_MS : QUIET_MS;
		int ready = poll(server->polls, (nfds_t)server->count, server->held ? quiet : -1);

		if (ready < 0 && errno != EINTR)
			die("http_peer: poll");
		if (!ready)
			release_held(server);
		/* Backwards: dropping moves the last one, already seen, into the hole. */
		for (int i = server->count - 1; ready > 0 && i > 0; i--)
			if (server->polls[i].revents && !readable(server, i))
				drop(server, i);
		if (ready > 0 && server->polls[0].revents)
			take(server);
	}
}

void http_peer_start(struct http_peer *peer)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	if (!http_peer_start_at(peer, (void *)&address, sizeof address))
		die("http_peer");
}

bool http_peer_start_at(struct http_peer *peer, struct sockaddr *address, socklen_t len)
{
	int fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct server *server = NULL;

	if (fd < 0 || bind(fd, address, len)) {
		if (fd >= 0)
			close(fd);
		return false;
	}

	peer->seen = mmap(NULL, sizeof *peer->seen, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (peer->seen == MAP_FAILED || listen(fd, 512) || getsockname(fd, address, &len))
		die("http_peer");
	/* The port stands at the same place for both families. */
	peer->port = ntohs(((struct sockaddr_in *)(void *)address)->sin_port);
	peer->pid = fork();
	if (peer->pid < 0)
		die("http_peer: fork");
	if (!peer->pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		server = mem_alloc(sizeof *server);
		server->seen = peer->seen;
		server->polls[0] = (struct pollfd){ .fd = fd, .events = POLLIN };
		server->count = 1;
		serve(server);
	}
	close(fd);
	return true;
}

void http_peer_stop(struct http_peer *peer)
{
	if (peer->pid > 0) {
		kill(peer->pid, SIGKILL);
		waitpid(peer->pid, NULL, 0);
		munmap(peer->seen, sizeof *peer->seen);
	}
	peer->pid = 0;
}

int http_peer_count(const struct http_peer *peer, const char *begin)
{
	int count = 0;

	for (int i = 0; i < peer->seen->requests && i < PEER_LINES; i++)
		count += !strncmp(peer->seen->lines[i], begin, strlen(begin));
	return count;
}
