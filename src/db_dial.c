/* db_dial - opens a connection in a thread of its own: libpq may block meanwhile. */
#include "db_internal.h"

#include "mem.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	WORDS_MOST = 16,
	HUNG_MOST = 16 /* a thread that hangs for good, in a file of a dead NFS, must not be one of ever more */
};

/* What the thread says: a byte each. */
enum { SAYS_NAMED = 'n', SAYS_OVER = 'o' };

/*
 * Shared by loop and thread; who lets go last frees it, with a connection that
 * nobody took.  Each side closes its own end of the pair, and the other one
 * sees that.  What the thread writes down is read after it has said so.
 */
struct db_dial {
	atomic_int holders;
	atomic_bool inside; /* libpq has the thread, and may block it */
	const char *keywords[WORDS_MOST];
	char *values[WORDS_MOST];
	int there; /* the thread's end */
	PGconn *conn;
	char *host, *port, *database;

	/* The loop's alone. */
	pthread_t thread;
	int here;
	struct loop_watch *watch;
	void (*named)(const char *host, const char *port, const char *database, void *arg);
	void (*over)(PGconn *conn, void *arg);
	void *arg;
};

/* Threads that libpq has not let go yet. */
static atomic_int running;

static void let_go(struct db_dial *dial)
{
	if (atomic_fetch_sub(&dial->holders, 1) > 1)
		return;
	PQfinish(dial->conn);
	for (int i = 0; i < WORDS_MOST; i++)
		mem_free_secret(dial->values[i]);
	mem_free(dial->host);
	mem_free(dial->port);
	mem_free(dial->database);
	mem_free(dial);
}

/* ---- The thread: libpq, and nothing of ours but memory. ------------------- */

/* Without one, libpq writes to stderr. */
static void no_notice(void *arg, const PGresult *result)
{
	(void)arg;
	(void)result;
}

static void say(const struct db_dial *dial, char what)
{
	/* Where nobody listens any more there is nobody to tell. */
	(void)!send(dial->there, &what, 1, MSG_NOSIGNAL);
}

/* Waits until the server can be read from or written to; false: given up on the other side. */
static bool ready(const struct db_dial *dial, const PGconn *conn, PostgresPollingStatusType want)
{
	struct pollfd fds[] = {
		{ .fd = PQsocket(conn), .events = want == PGRES_POLLING_READING ? POLLIN : POLLOUT },
		{ .fd = dial->there, .events = POLLIN }, /* nothing is ever sent to it: only its end can come */
	};

	while (poll(fds, 2, -1) < 0 && errno == EINTR)
		;
	return !fds[1].revents;
}

/* Through all of libpq's steps; NULL: no memory, or given up. */
static PGconn *connection(struct db_dial *dial)
{
	PostgresPollingStatusType want = PGRES_POLLING_WRITING; /* the first state, says libpq's manual */
	PGconn *conn = PQconnectStartParams(dial->keywords, (const char *const *)dial->values, 1);

	atomic_store(&dial->inside, false);
	if (!conn)
		return NULL;
	PQsetNoticeReceiver(conn, no_notice, NULL);
	PQsetErrorVerbosity(conn, PQERRORS_VERBOSE); /* see take_sqlstate() in db_error.c */
	dial->host = mem_strdup(PQhost(conn));
	dial->port = mem_strdup(PQport(conn));
	dial->database = mem_strdup(PQdb(conn));
	say(dial, SAYS_NAMED);
	if (PQstatus(conn) == CONNECTION_BAD)
		return conn;
	while (want == PGRES_POLLING_READING || want == PGRES_POLLING_WRITING) {
		if (!ready(dial, conn, want)) {
			PQfinish(conn);
			return NULL;
		}
		atomic_store(&dial->inside, true); /* the next host of several is looked up in here */
		want = PQconnectPoll(conn);
		atomic_store(&dial->inside, false);
	}
	return conn;
}

static void *run(void *arg)
{
	struct db_dial *dial = arg;
	int there = dial->there;

	dial->conn = connection(dial);
	say(dial, SAYS_OVER);
	let_go(dial);
	close(there);
	atomic_fetch_sub(&running, 1);
	return NULL;
}

/* ---- The loop. ------------------------------------------------------------ */

/* The loop's side ends. */
static void hang_up(struct db_dial *dial)
{
	loop_watch_free(dial->watch);
	close(dial->here);
	let_go(dial);
}

static void heard(int fd, int events, void *arg)
{
	struct db_dial *dial = arg;
	void (*over)(PGconn *conn, void *arg) = dial->over;
	void *over_arg = dial->arg;
	PGconn *conn = NULL;
	char what = SAYS_OVER; /* that could not be said, where the thread's end is closed */

	(void)events;
	if (recv(fd, &what, 1, 0) < 0)
		return;
	if (what == SAYS_NAMED) {
		dial->named(dial->host, dial->port, dial->database, dial->arg);
		return;
	}
	conn = dial->conn;
	dial->conn = NULL;
	pthread_join(dial->thread, NULL); /* it is at its end, and gone for good when the process may be */
	hang_up(dial);
	over(conn, over_arg);
}

/* Signals are for the loop: the thread takes none. */
static int start_thread(struct db_dial *dial)
{
	sigset_t all, before;
	int rc = 0;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	atomic_fetch_add(&running, 1);
	rc = pthread_create(&dial->thread, NULL, run, dial);
	if (rc)
		atomic_fetch_sub(&running, 1);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return rc;
}

struct db_dial *db_dial_new(struct loop *loop, const char *const *keywords, const char *const *values,
			    void (*named)(const char *host, const char *port, const char *database, void *arg),
			    void (*over)(PGconn *conn, void *arg), void *arg, struct error *err)
{
	struct db_dial *dial = NULL;
	int ends[2], rc = 0;

	if (atomic_load(&running) >= HUNG_MOST) {
		error_exit(err, EXIT_LATER, "%d earlier attempts still hang in looking up a host, or in reading a file. "
			   "Do the name servers answer, and is every file there that conninfo ([postgres]) and libpq use?", HUNG_MOST);
		return NULL;
	}
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends)) {
		error_exit(err, EXIT_LATER, "%s. Raise the limit of open files (ulimit -n), or close some.", strerror(errno));
		return NULL;
	}
	dial = mem_alloc(sizeof *dial);
	for (int i = 0; keywords[i]; i++) {
		assert(i + 1 < WORDS_MOST);
		dial->keywords[i] = keywords[i];
		dial->values[i] = mem_strdup(values[i]);
	}
	dial->here = ends[0];
	dial->there = ends[1];
	dial->named = named;
	dial->over = over;
	dial->arg = arg;
	atomic_init(&dial->holders, 2);
	atomic_init(&dial->inside, true);
	rc = start_thread(dial);
	if (rc) {
		error_exit(err, EXIT_LATER, "no thread can be started (%s). Allow its user more of them (ulimit -u).", strerror(rc));
		close(dial->there);
		atomic_store(&dial->holders, 1);
		hang_up(dial);
		return NULL;
	}
	dial->watch = loop_watch_new(loop, dial->here, LOOP_READ, heard, dial);
	return dial;
}

void db_dial_free(struct db_dial *dial)
{
	if (!dial)
		return;
	pthread_detach(dial->thread);
	hang_up(dial);
}

bool db_dial_blocked(const struct db_dial *dial)
{
	return dial && atomic_load(&dial->inside);
}

bool db_connects(void)
{
	return atomic_load(&running) > 0;
}
