/* test_http_sockets - what libcurl asks to be watched is heard, and nothing else, whatever it closes without a word. */
#include "http_internal.h"

#include "check.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

struct heard {
	struct loop *loop;
	struct http_sockets sockets;
	struct loop_timer *deadline;
	int fd, events; /* of the last event; -1: none yet */
	bool late;
};

static void ready(int fd, int events, void *arg)
{
	struct heard *heard = arg;

	heard->fd = fd;
	heard->events = events;
}

static void too_late(void *arg)
{
	struct heard *heard = arg;

	heard->late = true;
}

static int setup(void **state)
{
	static struct heard heard;
	struct error err = ERROR_INIT;

	heard = (struct heard){ .fd = -1 };
	if (loop_new(&heard.loop, &err))
		return -1;
	http_sockets_init(&heard.sockets, heard.loop, ready, &heard);
	heard.deadline = loop_timer_new(heard.loop, too_late, &heard);
	*state = &heard;
	return 0;
}

static int teardown(void **state)
{
	struct heard *heard = *state;

	http_sockets_release(&heard->sockets);
	loop_timer_free(heard->deadline);
	loop_free(heard->loop);
	return 0;
}

static bool something(void *arg)
{
	const struct heard *heard = arg;

	return heard->fd >= 0 || heard->late;
}

/* What the loop has to say within so long. */
static int hears(struct heard *heard, int ms)
{
	heard->fd = -1;
	heard->events = 0;
	heard->late = false;
	loop_timer_arm(heard->deadline, ms);
	assert_true(loop_until(heard->loop, something, heard));
	loop_timer_disarm(heard->deadline);
	return heard->events;
}

enum { SOON = 10000, NOW = 0 };

/* Two ends; what `ends` held before is closed, and the first keeps its number, as the lowest that is free would. */
static void pair(int ends[2])
{
	int new[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, new), 0);
	if (ends[0] >= 0) {
		int other = new[0] == ends[0] || new[1] != ends[0] ? 1 : 0; /* the number may have come to either */

		close(ends[1]);
		ends[1] = new[other];
		if (new[!other] == ends[0])
			return;
		assert_int_equal(dup2(new[!other], ends[0]), ends[0]);
		close(new[!other]);
	} else {
		ends[0] = new[0];
		ends[1] = new[1];
	}
}

static void opened(struct heard *heard, int fd)
{
	assert_int_equal(http_sockets_opened(&heard->sockets, fd, CURLSOCKTYPE_IPCXN), CURL_SOCKOPT_OK);
}

/* libcurl waits there to read, and hears what comes. */
static void reads(struct heard *heard, const int ends[2])
{
	http_sockets_ask(&heard->sockets, ends[0], CURL_POLL_IN);
	http_sockets_settle(&heard->sockets);
	assert_int_equal(write(ends[1], "x", 1), 1);
	assert_int_equal(hears(heard, SOON), LOOP_READ);
}

static void test_taken_back(void **state)
{
	struct heard *heard = *state;
	int ends[2] = { -1, -1 };

	pair(ends);
	opened(heard, ends[0]);
	http_sockets_ask(&heard->sockets, ends[0], CURL_POLL_INOUT);
	assert_int_equal(hears(heard, SOON), LOOP_WRITE);
	assert_int_equal(heard->fd, ends[0]);
	http_sockets_ask(&heard->sockets, ends[0], CURL_POLL_IN);
	assert_int_equal(hears(heard, NOW), 0);
	assert_int_equal(write(ends[1], "x", 1), 1);
	assert_int_equal(hears(heard, SOON), LOOP_READ);
	for (int i = 0; i < 3; i++) { /* request after request */
		http_sockets_ask(&heard->sockets, ends[0], CURL_POLL_REMOVE);
		http_sockets_ask(&heard->sockets, ends[0], CURL_POLL_IN);
		http_sockets_settle(&heard->sockets);
		assert_int_equal(hears(heard, SOON), LOOP_READ);
	}
	http_sockets_ask(&heard->sockets, ends[0], CURL_POLL_REMOVE);
	http_sockets_settle(&heard->sockets);
	assert_int_equal(hears(heard, NOW), 0);
	http_sockets_ask(&heard->sockets, ends[0], CURL_POLL_OUT); /* used again */
	assert_int_equal(hears(heard, SOON), LOOP_WRITE);
	http_sockets_ask(&heard->sockets, ends[0], CURL_POLL_REMOVE);
	assert_int_equal(hears(heard, NOW), 0);
	assert_int_equal(http_sockets_close(&heard->sockets, ends[0]), 0);
	assert_int_equal(fcntl(ends[0], F_GETFD), -1); /* it was the one that closed it */
	close(ends[1]);
}

/* How the number of a closed socket comes to the next one before the loop's next turn. */
static void test_number_again(void **state)
{
	struct heard *heard = *state;
	int ends[2] = { -1, -1 };

	/* Not connected: closed without a word, and the next address is tried; libcurl asks for what it asked before: nothing new. */
	pair(ends);
	opened(heard, ends[0]);
	http_sockets_ask(&heard->sockets, ends[0], CURL_POLL_OUT);
	pair(ends);
	opened(heard, ends[0]);
	assert_int_equal(hears(heard, SOON), LOOP_WRITE);

	/* Not connected: closed without a word, taken back, and the number is that of the next connection. */
	pair(ends);
	http_sockets_ask(&heard->sockets, ends[0], CURL_POLL_REMOVE);
	opened(heard, ends[0]);
	http_sockets_ask(&heard->sockets, ends[0], CURL_POLL_OUT);
	http_sockets_settle(&heard->sockets);
	assert_int_equal(hears(heard, SOON), LOOP_WRITE);

	/* Taken back at the end of a request, closed with a word, and again a connection's, or the resolver's. */
	for (int i = 0; i < 2; i++) {
		http_sockets_ask(&heard->sockets, ends[0], CURL_POLL_IN);
		http_sockets_ask(&heard->sockets, ends[0], CURL_POLL_REMOVE);
		assert_int_equal(http_sockets_close(&heard->sockets, ends[0]), 0);
		pair(ends);
		if (i == 0)
			opened(heard, ends[0]);
		reads(heard, ends);
	}

	/* The resolver's, taken back, closed without a word, and the next resolver's. */
	http_sockets_ask(&heard->sockets, ends[0], CURL_POLL_REMOVE);
	pair(ends);
	reads(heard, ends);
	http_sockets_ask(&heard->sockets, ends[0], CURL_POLL_REMOVE);

	/* Opened and given up in one call, without a word; later the resolver's, taken back, closed, and the next resolver's. */
	pair(ends);
	opened(heard, ends[0]);
	http_sockets_settle(&heard->sockets);
	pair(ends);
	http_sockets_ask(&heard->sockets, ends[0], CURL_POLL_IN);
	http_sockets_ask(&heard->sockets, ends[0], CURL_POLL_REMOVE);
	pair(ends);
	reads(heard, ends);
	http_sockets_ask(&heard->sockets, ends[0], CURL_POLL_REMOVE);
	close(ends[0]);
	close(ends[1]);
}

/* A descriptor far beyond those known so far. */
static void test_high_number(void **state)
{
	struct heard *heard = *state;
	int ends[2] = { -1, -1 };
	int high = -1;

	pair(ends);
	high = fcntl(ends[0], F_DUPFD_CLOEXEC, 900);
	if (high < 0)
		skip(); /* ulimit -n */
	opened(heard, high);
	http_sockets_ask(&heard->sockets, high, CURL_POLL_OUT);
	assert_int_equal(hears(heard, SOON), LOOP_WRITE);
	assert_int_equal(heard->fd, high);
	assert_int_equal(http_sockets_close(&heard->sockets, high), 0);
	close(ends[0]);
	close(ends[1]);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_taken_back, setup, teardown),
		cmocka_unit_test_setup_teardown(test_number_again, setup, teardown),
		cmocka_unit_test_setup_teardown(test_high_number, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
