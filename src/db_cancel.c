/* db_cancel - asks the server to give up what runs on a connection that is about to be closed. */
#include "db_internal.h"

#include "log.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CANCEL_MS = 2000 };

/* Only what may be called after fork(): PQcancel() is made for signal handlers. */
static void ask(PGcancel *cancel)
{
	char why[256];

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	_exit(PQcancel(cancel, why, sizeof why) ? 0 : 1);
}

/* The end of the pipe is closed when the child has ended; a signal must not shorten or lengthen the wait. */
static void wait_a_while(int fd)
{
	struct pollfd end = { .fd = fd, .events = POLLIN };
	int64_t until = loop_boottime_ms() + CANCEL_MS;
	int64_t left = CANCEL_MS;

	while (left > 0 && poll(&end, 1, (int)left) < 0)
		left = until - loop_boottime_ms();
}

/*
 * PQcancel() connects and waits for the server without any limit of time: a child
 * does it, and is not waited for longer than CANCEL_MS.  Its signals are blocked,
 * since the handlers that it has from us would write into our loop.
 */
static void ask_in_child(PGcancel *cancel)
{
	int ends[2];
	sigset_t all, before;
	pid_t child = -1;

	if (pipe(ends))
		return;
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	child = fork();
	if (child == 0) {
		close(ends[0]);
		ask(cancel);
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
	close(ends[1]);
	if (child > 0) {
		wait_a_while(ends[0]);
		kill(child, SIGKILL); /* one that has ended is still ours */
		while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
			;
	}
	close(ends[0]);
}

void db_cancel(struct db *db)
{
	PGcancel *cancel = NULL;

	if (db->state != DB_READY || !db->current)
		return;
	cancel = PQgetCancel(db->conn);
	if (!cancel)
		return;
	log_debug("what runs on %s is cancelled", db->describe);
	ask_in_child(cancel);
	PQfreeCancel(cancel);
}
