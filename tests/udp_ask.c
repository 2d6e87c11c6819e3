/*
 * udp_ask - one datagram to a loopback port and the answer to it, for tests/test_kamailio.sh.
 *
 * usage: udp_ask PORT <datagram     prints the answer; 1: none within 5 seconds
 *        udp_ask free               prints a port that nobody has now
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { DATAGRAM_MAX = 65536, PATIENCE_S = 5 };

static int fail(const char *what)
{
	perror(what);
	return 1;
}

static int print_free_port(int fd, struct sockaddr_in *address)
{
	socklen_t size = sizeof *address;

	if (bind(fd, (struct sockaddr *)address, size) || getsockname(fd, (struct sockaddr *)address, &size))
		return fail("bind");
	printf("%d\n", ntohs(address->sin_port));
	return 0;
}

static int ask(int fd, struct sockaddr_in *address)
{
	static char datagram[DATAGRAM_MAX];
	struct timeval patience = { .tv_sec = PATIENCE_S };
	size_t size = fread(datagram, 1, sizeof datagram, stdin);
	ssize_t answer = 0;

	if (connect(fd, (struct sockaddr *)address, sizeof *address) || send(fd, datagram, size, 0) < 0)
		return fail("send");
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience))
		return fail("setsockopt");
	answer = recv(fd, datagram, sizeof datagram, 0);
	if (answer < 0)
		return fail("recv");
	fwrite(datagram, 1, (size_t)answer, stdout);
	return 0;
}

int main(int argc, char **argv)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	int rc = 1;

	if (argc != 2 || fd < 0) {
		fprintf(stderr, "usage: udp_ask PORT <datagram, or: udp_ask free\n");
		return 64;
	}
	if (strcmp(argv[1], "free") == 0) {
		rc = print_free_port(fd, &address);
	} else {
		address.sin_port = htons((unsigned short)atoi(argv[1]));
		rc = ask(fd, &address);
	}
	close(fd);
	return rc;
}
