/* http where no connection comes about: silent ports, silent families, names without an address. */
#include "check.h"
#include "http_client.h"
#include "http_peer.h"
#include "mem.h"

#include <arpa/inet.h>
#include <unistd.h>

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

static socklen_t loopback(union address *address, int family, int port)
{
	*address = (union address){ 0 };
	if (family == AF_INET) {
		address->v4.sin_family = AF_INET;
		address->v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		address->v4.sin_port = htons((uint16_t)port);
		return sizeof address->v4;
	}
	address->v6.sin6_family = AF_INET6;
	address->v6.sin6_addr = in6addr_loopback;
	address->v6.sin6_port = htons((uint16_t)port);
	return sizeof address->v6;
}

/* A port where nobody answers: more wait to be accepted than it takes, and it drops who comes now. */
struct silence {
	int listener, waiting[4];
	int port;
};

/* False: that address is not there. */
static bool silence_start(struct silence *silence, int family, int port)
{
	union address address;
	socklen_t len = loopback(&address, family, port);

	silence->listener = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (silence->listener < 0)
		return false;
	if (bind(silence->listener, &address.any, len)) {
		close(silence->listener);
		return false;
	}
	assert_return_code(listen(silence->listener, 0), 0);
	assert_return_code(getsockname(silence->listener, &address.any, &len), 0);
	silence->port = ntohs(family == AF_INET ? address.v4.sin_port : address.v6.sin6_port);
	for (size_t i = 0; i < COUNT(silence->waiting); i++) {
		silence->waiting[i] = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		connect(silence->waiting[i], &address.any, len);
	}
	return true;
}

static void silence_stop(struct silence *silence)
{
	for (size_t i = 0; i < COUNT(silence->waiting); i++)
		close(silence->waiting[i]);
	close(silence->listener);
}

static void heard_there(int fd, int events, void *arg)
{
	bool *heard = arg;

	(void)fd;
	*heard = events & LOOP_WRITE;
}

static bool is_true(void *arg)
{
	return *(bool *)arg;
}

/* What libcurl closes without a word is not watched any more: whoever gets the number next is heard. */
static void test_closed_silently(void **state)
{
	struct http_settings settings = client_settings("");
	struct silence silence = { 0 };
	struct client client = { 0 };
	int ends[2] = { -1, -1 };
	char *base = NULL;

	(void)state;
	assert_true(silence_start(&silence, AF_INET, 0));
	base = mem_printf("http://127.0.0.1:%d", silence.port);
	settings.base_url = base;
	settings.timeout_ms = 200;
	client_start(&client, &settings);
	for (int i = 0; i < 3; i++) {
		client_send(&client, "POST", "/a", "{}");
		client_send(&client, "GET", "/b", NULL);
		client_wait(&client, 2 * (i + 1));
		assert_int_equal(client.ends[HTTP_NOT_SENT], 2 * (i + 1));
		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
		for (int end = 0; end < 2; end++) {
			bool heard = false;
			struct loop_watch *watch = loop_watch_new(client.loop, ends[end], LOOP_WRITE, heard_there, &heard);

			loop_timer_arm(client.deadline, CLIENT_DEADLINE_MS);
			assert_true(loop_until(client.loop, is_true, &heard));
			loop_timer_disarm(client.deadline);
			loop_watch_free(watch);
		}
		close(ends[0]);
		close(ends[1]);
	}
	client_stop(&client);
	mem_free(base);
	silence_stop(&silence);
}

/* False: the machine does not have both families, or the port is taken there. */
static bool ask_localhost(int silent, int answering)
{
	struct http_settings settings = client_settings("");
	struct silence silence = { 0 };
	struct http_peer peer = { 0 };
	struct client client = { 0 };
	union address address;
	socklen_t len = loopback(&address, answering, 0);
	char *base = NULL;

	if (!http_peer_start_at(&peer, &address.any, len))
		return false;
	if (!silence_start(&silence, silent, peer.port)) {
		http_peer_stop(&peer);
		return false;
	}
	base = mem_printf("http://localhost:%d", peer.port);
	settings.base_url = base;
	client_start(&client, &settings);
	for (int i = 0; i < 3; i++) {
		client_send(&client, "POST", "/close", "{}");
		client_send(&client, "POST", "/close", "{}");
		client_wait(&client, 2 * (i + 1));
	}
	assert_int_equal(client.ends[HTTP_ANSWERED], 6);
	assert_int_equal(peer.seen->connections, 6);
	client_stop(&client);
	silence_stop(&silence);
	http_peer_stop(&peer);
	mem_free(base);
	return true;
}

/*
 * Of the two addresses of localhost one says nothing.  Where libcurl tries that
 * one first (which it is, differs from version to version) each connection
 * leaves a socket that was not connected.
 */
static void test_one_family_silent(void **state)
{
	static const int ways[][2] = { { AF_INET6, AF_INET }, { AF_INET, AF_INET6 } };

	(void)state;
	for (size_t i = 0; i < COUNT(ways); i++) {
		int tries = 20; /* somebody else may have the port of the one family in the other */

		while (tries && !ask_localhost(ways[i][0], ways[i][1]))
			tries--;
		if (!tries)
			skip();
	}
}

/* A request that ended before it had a connection leaves nothing that stops the next one, of whatever method. */
static void test_no_such_host(void **state)
{
	static const struct {
		const char *method, *body;
	} rows[] = {
		{ "POST", "{}" }, { "PUT", "{}" }, { "PATCH", "{}" }, { "DELETE", NULL }, { "POST", NULL },
	};
	struct http_settings settings = client_settings("https://"
		"a-label-of-more-than-sixty-three-characters-which-no-resolver-asks-anybody-for.invalid");
	struct client client = { 0 };

	(void)state;
	settings.proxy = "";
	client_start(&client, &settings);
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_int_equal(client_run(&client, "GET", "/a", NULL)->end, HTTP_NOT_SENT);
		assert_int_equal(client_run(&client, rows[i].method, "/b", rows[i].body)->end, HTTP_NOT_SENT);
	}
	client_stop(&client);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_closed_silently), cmocka_unit_test(test_one_family_silent),
		cmocka_unit_test(test_no_such_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
