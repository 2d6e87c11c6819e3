/*
 * relay - passes on what comes, until it is told to fall silent: a way that goes dead without a word.
 *
 *	relay [-n NETNS] FROM TO
 *
 * FROM and TO: a port of 127.0.0.1, or the path of a Unix socket.  With -n it
 * listens inside that network namespace (a path such as /run/netns/NAME; root)
 * and connects from its own.  It prints "ready" when it listens.
 *
 *	SIGUSR1  what is connected now stays so, and no byte passes any more; who
 *	         comes later is accepted, and gets no answer either.  It prints
 *	         "silent" when that is so
 *	SIGUSR2  who comes from now on is served again
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* setns() */
#endif
#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { LINKS = 64 };

struct way {
	int fd[2]; /* who came, and whom it is led to; -1: free */
	bool silent;
};

union address {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_un un;
};

static volatile sig_atomic_t silent;
static sigset_t usual; /* outside of turn()'s wait, USR1 and USR2 are blocked: none comes between a look at silent and it */

static void caught(int signo)
{
	silent = signo == SIGUSR1;
}

static socklen_t address_of(const char *where, union address *address)
{
	memset(address, 0, sizeof *address);
	if (where[strspn(where, "0123456789")]) {
		address->un.sun_family = AF_UNIX;
		snprintf(address->un.sun_path, sizeof address->un.sun_path, "%s", where);
		return sizeof address->un;
	}
	address->in.sin_family = AF_INET;
	address->in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	address->in.sin_port = htons((uint16_t)strtoul(where, NULL, 10));
	return sizeof address->in;
}

static int open_door(const char *where)
{
	union address address;
	socklen_t size = address_of(where, &address);
	int fd = socket(address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0), yes = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
	if (fd < 0 || bind(fd, &address.any, size) || listen(fd, 32))
		return -1;
	return fd;
}

static int open_door_in(const char *netns, const char *where)
{
	int here = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), there = open(netns, O_RDONLY | O_CLOEXEC);
	int fd = -1;

	if (here >= 0 && there >= 0 && !setns(there, CLONE_NEWNET)) {
		fd = open_door(where);
		if (setns(here, CLONE_NEWNET))
			fd = -1;
	}
	close(here);
	close(there);
	return fd;
}

static void hang_up(struct way *way)
{
	for (int i = 0; i < 2; i++) {
		if (way->fd[i] >= 0)
			close(way->fd[i]);
		way->fd[i] = -1;
	}
}

static void admit(struct way ways[LINKS], int door, const char *to)
{
	union address address;
	socklen_t size = address_of(to, &address);
	int fd = accept(door, NULL, NULL), i = 0;

	while (i < LINKS && ways[i].fd[0] >= 0)
		i++;
	if (fd < 0 || i == LINKS) {
		close(fd);
		return;
	}
	ways[i].fd[0] = fd;
	ways[i].silent = silent;
	ways[i].fd[1] = socket(address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (connect(ways[i].fd[1], &address.any, size))
		hang_up(&ways[i]);
}

static void pass_on(struct way *way, int from)
{
	char data[16384];
	ssize_t len = read(way->fd[from], data, sizeof data), done = 0;

	while (done < len) {
		ssize_t part = send(way->fd[!from], data + done, (size_t)(len - done), MSG_NOSIGNAL);

		if (part <= 0)
			break;
		done += part;
	}
	if (len <= 0 || done < len)
		hang_up(way);
}

static void turn(struct way ways[LINKS], int door, const char *to)
{
	struct pollfd watched[1 + 2 * LINKS] = { { .fd = door, .events = POLLIN } };

	for (int i = 0; i < LINKS; i++)
		for (int j = 0; j < 2; j++)
			watched[1 + 2 * i + j] = (struct pollfd){ .fd = ways[i].silent ? -1 : ways[i].fd[j], .events = POLLIN };
	if (ppoll(watched, 1 + 2 * LINKS, NULL, &usual) <= 0)
		return;
	for (int i = 0; i < LINKS; i++)
		for (int j = 0; j < 2; j++)
			if (watched[1 + 2 * i + j].revents && ways[i].fd[j] >= 0)
				pass_on(&ways[i], j);
	if (watched[0].revents)
		admit(ways, door, to);
}

static void be_told(void)
{
	struct sigaction action = { .sa_handler = caught };
	sigset_t blocked;

	sigemptyset(&blocked);
	sigaddset(&blocked, SIGUSR1);
	sigaddset(&blocked, SIGUSR2);
	sigprocmask(SIG_BLOCK, &blocked, &usual);
	sigaction(SIGUSR1, &action, NULL);
	sigaction(SIGUSR2, &action, NULL);
}

static void fall_silent(struct way ways[LINKS])
{
	for (int i = 0; i < LINKS; i++)
		ways[i].silent = true;
	puts("silent");
	fflush(stdout);
}

int main(int argc, char **argv)
{
	const bool elsewhere = argc == 5 && strcmp(argv[1], "-n") == 0;
	struct way ways[LINKS];
	bool was_silent = false;
	int door = -1;

	if (argc != 3 && !elsewhere) {
		fputs("usage: relay [-n NETNS] FROM TO\n", stderr);
		return 64;
	}
	prctl(PR_SET_PDEATHSIG, SIGTERM); /* no longer than the test */
	be_told();
	for (int i = 0; i < LINKS; i++)
		ways[i] = (struct way){ .fd = { -1, -1 } };
	door = elsewhere ? open_door_in(argv[2], argv[3]) : open_door(argv[1]);
	if (door < 0) {
		perror("relay");
		return 1;
	}
	puts("ready");
	fflush(stdout);
	for (;;) {
		if (silent && !was_silent)
			fall_silent(ways);
		was_silent = silent;
		turn(ways, door, argv[argc - 1]);
	}
}
