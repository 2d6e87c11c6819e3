/* test_exporter - real requests over loopback, well and badly behaved. */
#include "exporter.h"

#include "check.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "mem.h"

enum { CLIENTS = EXPORTER_VISITS + 8, VISIT_MS = 300, LONG_MS = 10000 };

struct scene {
	struct loop *loop;
	struct exporter *exporter;
	struct loop_timer *deadline;
	bool sick;
	int rendered;
	int visit_ms;
};

struct client {
	int fd;
	struct strbuf got;
	bool over; /* the server closed it */
};

static void render(struct strbuf *out, void *arg)
{
	struct scene *scene = arg;

	scene->rendered++;
	strbuf_puts(out, "# HELP a b\n# TYPE a gauge\na 1\n");
}

static bool healthy(struct strbuf *reason, void *arg)
{
	const struct scene *scene = arg;

	if (scene->sick)
		strbuf_puts(reason, "no complete pass since 2026-01-01 00:00:00");
	return !scene->sick;
}

static void too_late(void *arg)
{
	(void)arg;
	fail_msg("no answer in time");
}

static struct exporter_setup setup_for(struct scene *scene, const char *address)
{
	return (struct exporter_setup){ .loop = scene->loop, .address = address, .render = render, .healthy = healthy,
					.arg = scene, .visit_ms = scene->visit_ms };
}

static int open_scene(void **state, int visit_ms)
{
	static struct scene scene;
	struct exporter_setup setup;
	struct error err = ERROR_INIT;

	memset(&scene, 0, sizeof scene);
	scene.visit_ms = visit_ms;
	if (loop_new(&scene.loop, &err))
		return -1;
	setup = setup_for(&scene, "127.0.0.1:0");
	if (exporter_new(&setup, &scene.exporter, &err))
		return -1;
	scene.deadline = loop_timer_new(scene.loop, too_late, NULL);
	loop_timer_arm(scene.deadline, 20000);
	*state = &scene;
	return 0;
}

static int set_up(void **state)
{
	return open_scene(state, LONG_MS);
}

static int set_up_hasty(void **state)
{
	return open_scene(state, VISIT_MS);
}

static int tear_down(void **state)
{
	struct scene *scene = *state;

	exporter_free(scene->exporter);
	loop_timer_free(scene->deadline);
	loop_free(scene->loop);
	return 0;
}

static void connect_to(struct client *client, int port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };

	*client = (struct client){ .fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), .got = STRBUF_INIT };
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(connect(client->fd, (struct sockaddr *)&address, sizeof address), 0);
	assert_int_equal(fcntl(client->fd, F_SETFL, O_NONBLOCK), 0);
}

static void say(struct client *client, const char *text)
{
	assert_int_equal(send(client->fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

static bool is_over(void *arg)
{
	struct client *client = arg;
	char bytes[4096];
	ssize_t len = 0;

	while (!client->over && (len = recv(client->fd, bytes, sizeof bytes, 0)) != -1) {
		client->over = len == 0;
		strbuf_add(&client->got, bytes, (size_t)len);
	}
	if (len == -1 && errno != EAGAIN)
		client->over = true;
	return client->over;
}

/* A clock tick, so that a wait on another process's end is looked at again. */
static void tick(void *arg)
{
	loop_timer_arm(*(struct loop_timer **)arg, 5);
}

static void wait_over(struct scene *scene, struct client *client)
{
	struct loop_timer *ticker = NULL;

	ticker = loop_timer_new(scene->loop, tick, &ticker);
	loop_timer_arm(ticker, 5);
	assert_true(loop_until(scene->loop, is_over, client));
	loop_timer_free(ticker);
}

static void leave(struct client *client)
{
	close(client->fd);
	strbuf_release(&client->got);
}

static void answers(void **state)
{
	static const struct {
		const char *request, *begins, *holds, *body;
		bool sick;
	} rows[] = {
		{ "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 200 OK\r\n",
		  "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n", "# HELP a b\n# TYPE a gauge\na 1\n", false },
		{ "GET /metrics?x=1 HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 200 OK\r\n", "Connection: close\r\n",
		  "# HELP a b\n# TYPE a gauge\na 1\n", false },
		{ "GET /metrics HTTP/1.0\r\n\r\n", "HTTP/1.0 200 OK\r\n", "", "# HELP a b\n# TYPE a gauge\na 1\n", false },
		{ "HEAD /metrics HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 200 OK\r\n", "Content-Length: 30\r\n", "", false },
		{ "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 200 OK\r\n", "Cache-Control: no-store\r\n", "ok\n", false },
		{ "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 503 Service Unavailable\r\n", "text/plain",
		  "no complete pass since 2026-01-01 00:00:00\n", true },
		{ "HEAD /healthz HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 503 ", "", "", true },
		{ "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 404 Not Found\r\n", "", "There are /metrics and /healthz.\n", false },
		{ "GET /metrics/ HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 404 ", "", "There are /metrics and /healthz.\n", false },
		{ "GET /../metrics HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 404 ", "", "There are /metrics and /healthz.\n", false },
		{ "POST /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi", "HTTP/1.1 405 Method Not Allowed\r\n",
		  "Allow: GET, HEAD\r\n", "GET and HEAD only.\n", false },
		{ "DELETE /metrics HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 405 ", "Allow: GET, HEAD\r\n", "GET and HEAD only.\n", false },
		{ "PATCH /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 405 ", "", "GET and HEAD only.\n", false },
		{ "OPTIONS /metrics HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 405 ", "", "GET and HEAD only.\n", false },
	};
	struct scene *scene = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct client client;
		const char *end = NULL;

		scene->sick = rows[i].sick;
		connect_to(&client, exporter_port(scene->exporter));
		say(&client, rows[i].request);
		wait_over(scene, &client);
		end = strstr(client.got.data, "\r\n\r\n");
		if (strncmp(client.got.data, rows[i].begins, strlen(rows[i].begins)) != 0 || !end ||
		    !strstr(client.got.data, rows[i].holds) || strcmp(end + 4, rows[i].body) != 0)
			fail_msg("%s\nwas answered\n%s", rows[i].request, client.got.data);
		leave(&client);
	}
}

/* What must not reach an answer of 200, and must end soon. */
static void refused(void **state)
{
	struct scene *scene = *state;
	struct strbuf large = STRBUF_INIT;
	const char *rows[5] = { "BREW /metrics HTTP/1.1\r\nHost: a\r\n\r\n", "\r\n\r\n\r\n", "\x16\x03\x01\x02\x01",
				"POST /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\n", NULL };

	strbuf_puts(&large, "GET /metrics HTTP/1.1\r\nHost: a\r\nX: ");
	for (int i = 0; i < EXPORTER_HEADER_MAX; i++)
		strbuf_putc(&large, 'x');
	strbuf_puts(&large, "\r\n\r\n");
	rows[4] = large.data;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct client client;

		connect_to(&client, exporter_port(scene->exporter));
		say(&client, rows[i]);
		wait_over(scene, &client);
		if (strstr(client.got.data, " 200 "))
			fail_msg("row %zu was answered\n%s", i, client.got.data);
		leave(&client);
	}
	assert_int_equal(scene->rendered, 0);
	strbuf_release(&large);
}

struct dripper {
	struct client client;
	struct loop_timer *timer;
};

static void drip(void *arg)
{
	struct dripper *dripper = arg;

	if (send(dripper->client.fd, "x", 1, MSG_NOSIGNAL) == 1)
		loop_timer_arm(dripper->timer, 20);
}

/* A byte now and then does not keep a connection: its time is counted from its beginning. */
static void slow_client(void **state)
{
	struct scene *scene = *state;
	struct dripper dripper;
	int64_t began = loop_now_ms();

	connect_to(&dripper.client, exporter_port(scene->exporter));
	say(&dripper.client, "GET /metrics HTTP/1.1\r\nX: ");
	dripper.timer = loop_timer_new(scene->loop, drip, &dripper);
	loop_timer_arm(dripper.timer, 20);
	wait_over(scene, &dripper.client);
	assert_in_range(loop_now_ms() - began, VISIT_MS - 2, 20 * VISIT_MS);
	loop_timer_free(dripper.timer);
	leave(&dripper.client);
}

/* Many that say nothing: who asks properly waits at most until their time is over. */
static void crowd(void **state)
{
	struct scene *scene = *state;
	struct client idle[CLIENTS], client;

	for (size_t i = 0; i < CLIENTS; i++)
		connect_to(&idle[i], exporter_port(scene->exporter));
	connect_to(&client, exporter_port(scene->exporter));
	say(&client, "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n");
	wait_over(scene, &client);
	assert_non_null(strstr(client.got.data, "\r\n\r\nok\n"));
	for (size_t i = 0; i < CLIENTS; i++) {
		wait_over(scene, &idle[i]);
		leave(&idle[i]);
	}
	leave(&client);
}

static bool soon(void *arg)
{
	return loop_now_ms() >= *(int64_t *)arg;
}

static clock_t cpu_time(void)
{
	return clock() * 1000 / CLOCKS_PER_SEC;
}

/* Without a descriptor for it a connection waits, and the loop does not turn for nothing meanwhile. */
static void no_descriptor_left(void **state)
{
	struct scene *scene = *state;
	struct loop_timer *ticker = NULL;
	struct rlimit before, few;
	struct client client;
	int64_t until = 0;
	clock_t cpu = 0;
	const char *memcheck = getenv("MEMCHECK");

	/* Valgrind accepts beyond the limit. */
	if (memcheck && *memcheck)
		skip();
	ticker = loop_timer_new(scene->loop, tick, &ticker);
	connect_to(&client, exporter_port(scene->exporter));
	say(&client, "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n");
	getrlimit(RLIMIT_NOFILE, &before);
	few = (struct rlimit){ .rlim_cur = (rlim_t)client.fd + 1, .rlim_max = before.rlim_max };
	setrlimit(RLIMIT_NOFILE, &few);
	loop_timer_arm(ticker, 5);
	until = loop_now_ms() + 300;
	cpu = cpu_time();
	assert_true(loop_until(scene->loop, soon, &until));
	cpu = cpu_time() - cpu;
	setrlimit(RLIMIT_NOFILE, &before);
	loop_timer_free(ticker);
	assert_false(is_over(&client));
	assert_true(cpu < 150);
	wait_over(scene, &client);
	assert_non_null(strstr(client.got.data, "\r\n\r\nok\n"));
	leave(&client);
}

static void turned(void *arg)
{
	*(bool *)arg = true;
}

static bool is_set(void *arg)
{
	return *(bool *)arg;
}

/* Watched as libpq's socket is, for writing and then for reading; what comes is left there. */
static void ready(int fd, int events, void *arg)
{
	(void)fd;
	loop_watch_change(*(struct loop_watch **)arg, events & LOOP_WRITE ? LOOP_READ : 0);
}

/* The number of a connection's descriptor that comes back at once: what is sent to it is its new owner's alone. */
static void number_again(void **state)
{
	struct scene *scene = *state;
	struct loop_timer *timer = NULL;
	struct client client;
	struct loop_watch *watches[16];
	int pairs[8][2];
	bool over = false;

	connect_to(&client, exporter_port(scene->exporter));
	say(&client, "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n");
	wait_over(scene, &client);
	for (size_t i = 0; i < 8; i++) {
		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pairs[i]), 0);
		assert_int_equal(send(pairs[i][0], "to one", 6, 0), 6);
		assert_int_equal(send(pairs[i][1], "to two", 6, 0), 6);
		for (size_t end = 0; end < 2; end++)
			watches[2 * i + end] = loop_watch_new(scene->loop, pairs[i][end], LOOP_WRITE, ready,
							      &watches[2 * i + end]);
	}
	timer = loop_timer_new(scene->loop, turned, &over);
	loop_timer_arm(timer, 20);
	assert_true(loop_until(scene->loop, is_set, &over));
	loop_timer_free(timer);
	for (size_t i = 0; i < 16; i++) {
		char got[16] = "";

		loop_watch_free(watches[i]);
		assert_int_equal(recv(pairs[i / 2][i % 2], got, sizeof got, MSG_DONTWAIT), 6);
		assert_string_equal(got, i % 2 ? "to one" : "to two");
		close(pairs[i / 2][i % 2]);
	}
	leave(&client);
}

/* Ends with connections in every state. */
static void ends_meanwhile(void **state)
{
	struct scene *scene = *state;
	struct client half, done;

	connect_to(&half, exporter_port(scene->exporter));
	say(&half, "GET /met");
	connect_to(&done, exporter_port(scene->exporter));
	say(&done, "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n");
	wait_over(scene, &done);
	leave(&done);
	exporter_free(scene->exporter);
	exporter_free(NULL);
	scene->exporter = NULL;
	wait_over(scene, &half);
	leave(&half);
}

static void addresses(void **state)
{
	struct scene *scene = *state;
	char *used = mem_printf("127.0.0.1:%d", exporter_port(scene->exporter));
	const struct { const char *address, *says; int exit_code; } rows[] = {
		{ "localhost:0", NULL, 0 },
		{ "0.0.0.0:0", NULL, 0 },
		{ used, "is in use", EXIT_LATER },
		{ "192.0.2.1:9753", "is not this machine's now", EXIT_LATER },
		{ "example.invalid:9753", "is no numeric address", EXIT_CONFIG },
		{ "nothing", "is no address with a port", EXIT_CONFIG },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct exporter_setup setup = setup_for(scene, rows[i].address);
		struct exporter *exporter = NULL;
		struct error err = ERROR_INIT;
		int rc = exporter_new(&setup, &exporter, &err);

		if ((rc == 0) != !rows[i].says)
			fail_msg("%s: %s", rows[i].address, error_text(&err));
		if (rc) {
			assert_int_equal(err.exit_code, rows[i].exit_code);
			assert_int_equal(err.kind == ERROR_LATER, rows[i].exit_code == EXIT_LATER);
			assert_non_null(strstr(error_text(&err), "metrics in [listen]"));
			assert_non_null(strstr(error_text(&err), rows[i].says));
		} else {
			assert_true(exporter_port(exporter) > 0);
		}
		error_clear(&err);
		exporter_free(exporter);
	}
	mem_free(used);
}

static void address_of_ipv6(void **state)
{
	struct scene *scene = *state;
	struct exporter_setup setup = setup_for(scene, "[::1]:0");
	struct exporter *exporter = NULL;
	struct error err = ERROR_INIT;
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in6 any = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	bool there = fd >= 0 && !bind(fd, (struct sockaddr *)&any, sizeof any);

	if (fd >= 0)
		close(fd);
	if (!there)
		skip();
	assert_int_equal(exporter_new(&setup, &exporter, &err), 0);
	assert_true(exporter_port(exporter) > 0);
	exporter_free(exporter);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
#define HASTY(f) cmocka_unit_test_setup_teardown(f, set_up_hasty, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(answers), HASTY(refused), HASTY(slow_client), HASTY(crowd), TEST(no_descriptor_left),
		TEST(number_again), TEST(ends_meanwhile), TEST(addresses), TEST(address_of_ipv6),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
