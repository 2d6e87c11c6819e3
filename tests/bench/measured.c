/*
 * measured - runs a command and writes what it cost, in one line:
 *
 *	wall ms, user ms, system ms, greatest resident set in KiB
 *
 *	measured FILE COMMAND [ARGUMENT…]
 *
 * It ends with the command's status.  It is small on purpose: Linux counts the
 * pages of whoever started a program among that program's greatest resident set.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now_ms(void)
{
	struct timespec now = { 0 };

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static double ms(struct timeval time)
{
	return (double)time.tv_sec * 1e3 + (double)time.tv_usec / 1e3;
}

int main(int argc, char **argv)
{
	struct rusage used = { 0 };
	double start = now_ms();
	int status = 0;
	pid_t child = 0;
	FILE *file = NULL;

	if (argc < 3) {
		fputs("usage: measured FILE COMMAND [ARGUMENT...]\n", stderr);
		return 64;
	}
	child = fork();
	if (child == 0) {
		execvp(argv[2], argv + 2);
		fprintf(stderr, "measured: %s: %s\n", argv[2], strerror(errno));
		_exit(127);
	}
	if (child < 0 || wait4(child, &status, 0, &used) != child) {
		perror("measured");
		return 1;
	}
	file = fopen(argv[1], "w");
	if (!file || fprintf(file, "%.3f %.3f %.3f %ld\n", now_ms() - start, ms(used.ru_utime), ms(used.ru_stime),
			     used.ru_maxrss) < 0 || fclose(file)) {
		perror("measured");
		return 1;
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
