/*
 * hear_systemd - stands where systemd would, and prints what it is told, for tests/test_notify.sh.
 *
 * usage: hear_systemd SOCKET
 *
 * Makes SOCKET, a datagram socket, says "listening" and then prints a line for
 * each message, with " | " between its assignments, until it is ended.
 */
#include <stdio.h>
#include <string.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>

enum { MESSAGE_MAX = 65536 };

static void print_message(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '\n')
			fputs(" | ", stdout);
		else
			putchar(text[i]);
	}
	putchar('\n');
}

int main(int argc, char **argv)
{
	static char message[MESSAGE_MAX];
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	ssize_t len = 0;

	if (argc != 2 || fd < 0 || strlen(argv[1]) >= sizeof address.sun_path) {
		fprintf(stderr, "usage: hear_systemd SOCKET\n");
		return 64;
	}
	prctl(PR_SET_PDEATHSIG, SIGTERM); /* no longer than the test */
	memcpy(address.sun_path, argv[1], strlen(argv[1]));
	if (bind(fd, (struct sockaddr *)&address, sizeof address)) {
		perror(argv[1]);
		return 1;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	puts("listening");
	while ((len = recv(fd, message, sizeof message, 0)) >= 0)
		print_message(message, (size_t)len);
	perror("recv");
	return 1;
}
