/* http on the wire, against a server that misbehaves. */
#include "check.h"
#include "http_client.h"
#include "http_peer.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>

struct wire {
	struct http_peer peer;
	struct client client;
	char *base;
};

static struct wire *wire_open(struct wire *wire, struct http_settings settings)
{
	http_peer_start(&wire->peer);
	wire->base = mem_printf("http://127.0.0.1:%d", wire->peer.port);
	settings.base_url = wire->base;
	client_start(&wire->client, &settings);
	return wire;
}

static void wire_close(struct wire *wire)
{
	client_stop(&wire->client);
	http_peer_stop(&wire->peer);
	mem_free(wire->base);
}

static int setup(void **state)
{
	struct wire *wire = mem_alloc(sizeof *wire);

	*state = wire_open(wire, client_settings(""));
	return 0;
}

static int teardown(void **state)
{
	wire_close(*state);
	mem_free(*state);
	return 0;
}

static const struct { const char *name; bool body; } mutations[] = {
	{ "POST", true }, { "PUT", true }, { "PATCH", true }, { "DELETE", false }, { "POST", false }
};

static void test_answers(void **state)
{
	struct wire *wire = *state;
	const struct got *got = client_run(&wire->client, "GET", "/header", NULL);
	int64_t before = loop_boottime_ms();

	assert_int_equal(got->end, HTTP_ANSWERED);
	assert_int_equal(got->status, 201);
	assert_int_equal(got->body.len, 3);
	assert_memory_equal(got->body.data, "a\0b", 3);
	assert_string_equal(got->content_type.data, "text/html");
	assert_string_equal(got->request_id.data, "a");
	assert_int_equal(got->date_ms, 784111777000);
	assert_int_equal(got->retry_after_ms, -1); /* that of the interim answer does not count */

	got = client_run(&wire->client, "GET", "/ok", NULL); /* nothing of the last one is left */
	assert_string_equal(got->body.data, "{\"ok\":true}");
	assert_string_equal(got->request_id.data, "");
	assert_int_equal(got->date_ms, -1);
	assert_in_range(got->first_byte_at, before, loop_boottime_ms());
	assert_int_equal(wire->peer.seen->connections, 1);
	assert_int_equal(http_sent_total(wire->client.http), 2);
}

/* What the server reads: length instead of chunks, no "Expect", the credentials. */
static void test_requests(void **state)
{
	struct wire *wire = *state;

	for (size_t i = 0; i < COUNT(mutations); i++) {
		const char *last = wire->peer.seen->last;
		const char *text = mutations[i].body ? "{\"a\":1}" : NULL;

		assert_int_equal(client_run(&wire->client, mutations[i].name, "/ok", text)->status, 200);
		assert_true(!strncmp(last, mutations[i].name, strlen(mutations[i].name)));
		assert_non_null(strstr(last, "\r\nAuthorization: Basic cHJvamVjdDp0b2tlbi0x\r\n"));
		assert_non_null(strstr(last, "\r\nAccept: application/json\r\n"));
		assert_non_null(strstr(last, "\r\nUser-Agent: test/1\r\n"));
		assert_true(!mutations[i].body == !strstr(last, "\r\nContent-Length: 7\r\n"));
		assert_true(!strcmp(mutations[i].name, "DELETE") == !strstr(last, "\r\nContent-Type: application/json\r\n"));
		assert_null(strcasestr(last, "\r\nExpect"));
		assert_null(strcasestr(last, "\r\nTransfer-Encoding"));
		assert_int_equal(wire->peer.seen->body, mutations[i].body ? 7 : 0);
	}
	assert_int_equal(wire->peer.seen->connections, 1);
}

/* Each request has its own path and query, and nothing of the last one's on the same handle. */
static void test_paths(void **state)
{
	static const struct { const char *path, *sent; } rows[] = {
		{ "/a?page_size=50&page=2", "/a?page_size=50&page=2" },
		{ "/b", "/b" },
		{ "/c/d%20e?filter=a%40b?", "/c/d%20e?filter=a%40b?" },
		{ "/?x=/y", "/?x=/y" },
		{ "/", "/" },
	};
	struct wire *wire = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		char *line = mem_printf("GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n", rows[i].sent, wire->peer.port);

		assert_int_equal(client_run(&wire->client, "GET", rows[i].path, NULL)->status, 404);
		if (strncmp(wire->peer.seen->last, line, strlen(line)))
			fail_msg("%s was sent as %s", rows[i].path, wire->peer.seen->last);
		mem_free(line);
	}
	assert_int_equal(wire->peer.seen->connections, 1);
}

/*
 * A connection that the server closes while it is idle wakes the loop once, and
 * not in every turn until it is used again; and then it is not used.
 */
static void test_left_idle(void **state)
{
	struct wire *wire = *state;

	client_send(&wire->client, "GET", "/hold", NULL); /* answered after a while in which nothing comes */
	client_send(&wire->client, "POST", "/leave", "{}");
	client_wait(&wire->client, 2);
	assert_in_range(wire->client.turns, 2, 50);
	wire->peer.seen->hold_wanted = 2;
	client_send(&wire->client, "POST", "/hold", "{}");
	client_send(&wire->client, "POST", "/hold", "{}");
	client_wait(&wire->client, 4);
	assert_int_equal(wire->client.ends[HTTP_ANSWERED], 4);
	assert_int_equal(wire->peer.seen->connections, 3);
}

/* Of each length that base64 tells apart (RFC 4648, 4). */
static void test_new_token(void **state)
{
	static const struct {
		const char *token, *sent;
	} rows[] = {
		{ "token-1", "Authorization: Basic cHJvamVjdDp0b2tlbi0x\r\n" },
		{ "token-12", "Authorization: Basic cHJvamVjdDp0b2tlbi0xMg==\r\n" },
		{ "token-123", "Authorization: Basic cHJvamVjdDp0b2tlbi0xMjM=\r\n" },
		{ "\xff\xfe?>", "Authorization: Basic cHJvamVjdDr//j8+\r\n" },
		{ "", "Authorization: Basic cHJvamVjdDo=\r\n" },
	};
	struct wire *wire = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		/* This one has begun: it goes with the token of then. */
		client_send(&wire->client, "POST", "/ok", "{}");
		http_set_password(wire->client.http, rows[i].token);
		client_wait(&wire->client, (int)(2 * i + 1));
		assert_non_null(strstr(wire->peer.seen->last, rows[i ? i - 1 : 0].sent));
		client_run(&wire->client, "GET", "/ok", NULL);
		assert_non_null(strstr(wire->peer.seen->last, rows[i].sent));
	}
	assert_int_equal(wire->peer.seen->connections, 1);
}

static void test_large_body(void **state)
{
	struct wire *wire = *state;
	size_t len = 3 * 1024 * 1024 + 17;
	char *text = mem_alloc(len + 1);

	memset(text, 'x', len);
	assert_int_equal(client_run(&wire->client, "PUT", "/ok", text)->status, 200);
	assert_int_equal(wire->peer.seen->body, (long)len);
	mem_free(text);
}

/* The server reads a request on a kept-alive connection, acts, and closes: libcurl by itself would send it again. (I3) */
static void test_mutation_once(void **state)
{
	struct wire *wire = *state;

	for (size_t i = 0; i < COUNT(mutations); i++) {
		const struct got *got = NULL;
		char *line = mem_printf("%s /act-close", mutations[i].name);
		int before = http_peer_count(&wire->peer, line), connections = 0;

		assert_int_equal(client_run(&wire->client, "GET", "/ok", NULL)->status, 200);
		connections = wire->peer.seen->connections;
		got = client_run(&wire->client, mutations[i].name, "/act-close", mutations[i].body ? "{}" : NULL);
		if (http_peer_count(&wire->peer, line) != before + 1)
			fail_msg("%s came %d times", mutations[i].name, http_peer_count(&wire->peer, line) - before);
		assert_int_equal(got->end, HTTP_NO_ANSWER);
		assert_string_equal(got->problem.data,
				    "The connection was closed after the request was sent and before an answer came.");
		assert_int_equal(client_run(&wire->client, "GET", "/ok", NULL)->status, 200);
		assert_int_equal(http_peer_count(&wire->peer, line), before + 1);
		mem_free(line);
		line = mem_printf("%s /act-close %d", mutations[i].name, connections);
		assert_int_equal(http_peer_count(&wire->peer, line), 1); /* it was a reused connection */
		mem_free(line);
	}
	assert_int_equal(http_sent_total(wire->client.http), 3 * COUNT(mutations));
}

/* The same where the connection dies with the request unread: whether it acted cannot be known. (I3) */
static void test_mutation_reset_unread(void **state)
{
	struct wire *wire = *state;

	for (size_t i = 0; i < COUNT(mutations); i++) {
		const struct got *got = NULL;

		assert_int_equal(client_run(&wire->client, "GET", "/doom", NULL)->status, 200);
		got = client_run(&wire->client, mutations[i].name, "/ok", mutations[i].body ? "{}" : NULL);
		assert_int_equal(got->end, HTTP_NO_ANSWER);
		assert_int_equal(wire->peer.seen->doomed, i + 1);
		assert_int_equal(http_peer_count(&wire->peer, mutations[i].name), 0);
	}
}

static void test_no_answer(void **state)
{
	static const char *const paths[] = { "/act-close", "/reset", "/short", "/huge" };
	struct wire *wire = *state;

	for (size_t i = 0; i < COUNT(paths); i++) {
		const struct got *got = client_run(&wire->client, "POST", paths[i], "{}");

		assert_int_equal(got->end, HTTP_NO_ANSWER);
		assert_int_equal(got->status, 0);
		assert_int_equal(http_peer_count(&wire->peer, "POST"), i + 1);
	}
	assert_string_equal(wire->client.got.problem.data, "The answer is larger than 16 MiB.");
}

static void test_deadline(void **state)
{
	struct http_settings settings = client_settings("");
	struct wire wire = { 0 };
	const struct got *got = NULL;
	int64_t start = 0;

	(void)state;
	settings.timeout_ms = 500;
	wire_open(&wire, settings);
	start = loop_now_ms();
	got = client_run(&wire.client, "POST", "/slow", "{}");
	assert_int_equal(got->end, HTTP_NO_ANSWER);
	assert_string_equal(got->problem.data, "No complete answer came within 500 ms.");
	assert_in_range(loop_now_ms() - start, 490, 10000);
	assert_int_equal(client_run(&wire.client, "GET", "/ok", NULL)->status, 200);
	wire_close(&wire);
}

static void test_not_sent(void **state)
{
	struct wire *wire = *state;

	assert_int_equal(client_run(&wire->client, "GET", "/doom", NULL)->status, 200);
	http_peer_stop(&wire->peer);
	assert_int_equal(client_run(&wire->client, "POST", "/ok", "{}")->end, HTTP_NOT_SENT);
	assert_int_equal(wire->client.got.first_byte_at, -1);
	assert_non_null(strstr(wire->client.got.problem.data, "connect"));
	assert_int_equal(http_sent_total(wire->client.http), 1);
}

/* I31 */
static void test_fence(void **state)
{
	struct wire *wire = *state;
	long bytes = 0;

	wire->client.fence = false;
	for (size_t i = 0; i < COUNT(mutations); i++) /* on a new connection */
		assert_int_equal(client_run(&wire->client, mutations[i].name, "/ok", mutations[i].body ? "{}" : NULL)->end,
				 HTTP_FENCED);
	wire->client.fence = true;
	assert_int_equal(client_run(&wire->client, "GET", "/ok", NULL)->status, 200);
	assert_int_equal(wire->peer.seen->requests, 1);
	bytes = wire->peer.seen->bytes;

	for (size_t i = 0; i < COUNT(mutations); i++) { /* on a reused one */
		wire->client.fence = false;
		assert_int_equal(client_run(&wire->client, mutations[i].name, "/ok", mutations[i].body ? "{}" : NULL)->end,
				 HTTP_FENCED);
		assert_string_equal(wire->client.got.problem.data, "The fence did not let the request go.");
		wire->client.fence = true;
		assert_int_equal(client_run(&wire->client, "GET", "/ok", NULL)->status, 200);
	}
	assert_int_equal(wire->peer.seen->requests, 1 + COUNT(mutations));
	assert_int_equal(wire->peer.seen->bytes, bytes * (long)(1 + COUNT(mutations)));
	assert_int_equal(http_sent_total(wire->client.http), 1 + COUNT(mutations));
	assert_int_equal(wire->client.asked, 1 + 3 * COUNT(mutations));
}

static void test_redirect(void **state)
{
	struct wire *wire = *state;

	assert_int_equal(client_run(&wire->client, "GET", "/redirect", NULL)->status, 302);
	assert_int_equal(wire->client.got.body.len, 0);
	assert_int_equal(client_run(&wire->client, "POST", "/redirect-http", "{}")->status, 302);
	assert_int_equal(wire->peer.seen->requests, 2);
}

static void test_retry_after(void **state)
{
	static const struct { const char *path; int64_t ms; } cases[] = {
		{ "/429?3", 3000 }, { "/429?1000000", 86400000 }, { "/429?soon", -1 }, { "/429?-3", -1 }, { "/429?", -1 }
	};
	struct wire *wire = *state;

	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_int_equal(client_run(&wire->client, "POST", cases[i].path, "{}")->status, 429);
		assert_int_equal(wire->client.got.retry_after_ms, cases[i].ms);
	}
	assert_int_equal(http_window(wire->client.http), 1); /* 16, halved by each */
}

static void test_window(void **state)
{
	struct wire *wire = *state;

	wire->peer.seen->hold_wanted = 16;
	for (int i = 0; i < 1000; i++)
		client_send(&wire->client, i % 2 ? "POST" : "GET", "/hold", i % 2 ? "{}" : NULL);
	assert_int_equal(http_in_flight(wire->client.http), 1000);
	client_wait(&wire->client, 1000);
	assert_int_equal(wire->client.ends[HTTP_ANSWERED], 1000);
	assert_int_equal(wire->peer.seen->requests, 1000);
	assert_int_equal(wire->peer.seen->held_most, 16);
	assert_int_equal(wire->peer.seen->connections, 16);
	assert_int_equal(http_in_flight(wire->client.http), 0);

	for (int i = 0; i < 16; i++)
		client_send(&wire->client, "POST", "/hold429", "{}");
	client_wait(&wire->client, 1016);
	assert_int_equal(http_window(wire->client.http), 8);
	wire->peer.seen->held_most = 0;
	wire->peer.seen->hold_wanted = 8;
	for (int i = 0; i < 8; i++)
		client_send(&wire->client, "POST", "/hold", "{}");
	client_wait(&wire->client, 1024);
	assert_int_equal(wire->peer.seen->held_most, 8);
	assert_int_equal(http_window(wire->client.http), 9);
}

/* Writes wait for tokens, the reads behind them do not; and what waits or flies is dropped without a call. */
static void test_rate(void **state)
{
	struct http_settings settings = client_settings("");
	struct wire wire = { 0 };
	int64_t start = 0;
	int posts = 0;

	(void)state;
	settings.write_rate = 5;
	wire_open(&wire, settings);
	start = loop_now_ms();
	for (int i = 0; i < 3; i++)
		client_send(&wire.client, "POST", "/ok", "{}");
	client_send(&wire.client, "GET", "/slow", NULL);
	client_send(&wire.client, "GET", "/ok", NULL);
	client_wait(&wire.client, 2);
	posts = http_peer_count(&wire.peer, "POST");
	assert_in_range(posts, 1, 1 + (loop_now_ms() - start) / 200);
	assert_int_equal(http_peer_count(&wire.peer, "GET /ok"), 1);
	assert_int_equal(http_in_flight(wire.client.http), 5 - wire.client.ended);
	client_wait(&wire.client, 4);
	assert_in_range(loop_now_ms() - start, 390, 10000); /* two more tokens, one each 200 ms */
	client_send(&wire.client, "POST", "/ok", "{\"password\":\"secret\"}");
	assert_int_equal(http_in_flight(wire.client.http), 2);
	wire_close(&wire);
	assert_int_equal(wire.client.ended, 4);
}

static int left_to_send;
static const char *next_path;

static void send_next(const struct http_response *response, void *arg)
{
	struct client *client = arg;

	assert_int_equal(response->status, 200);
	client->ended++;
	if (left_to_send-- > 0)
		http_send(client->http, "GET", next_path, NULL, send_next, client);
}

static void test_send_from_done(void **state)
{
	struct wire *wire = *state;

	left_to_send = 50;
	next_path = "/ok";
	http_send(wire->client.http, "GET", next_path, NULL, send_next, &wire->client);
	client_wait(&wire->client, 51);
	assert_int_equal(wire->peer.seen->connections, 1);
}

/* An answer and the request that it sets free take one turn of the loop together; nothing is there before it is waited for. */
static void test_turns(void **state)
{
	struct wire *wire = *state;
	int before = 0;

	next_path = "/hold";
	client_run(&wire->client, "GET", next_path, NULL); /* connects */
	before = wire->client.turns;
	left_to_send = 19;
	http_send(wire->client.http, "GET", next_path, NULL, send_next, &wire->client);
	client_wait(&wire->client, 21);
	assert_in_range(wire->client.turns - before, 1, 20 + 8);
}

/* Plain http goes to loopback, past any proxy of the environment. */
static void test_no_proxy(void **state)
{
	struct wire *wire = *state;

	setenv("http_proxy", "http://127.0.0.1:1", 1);
	setenv("all_proxy", "http://127.0.0.1:1", 1);
	assert_int_equal(client_run(&wire->client, "GET", "/ok", NULL)->status, 200);
	unsetenv("http_proxy");
	unsetenv("all_proxy");
}

/* It is asked for a tunnel, and the token is for the server behind it. */
static void test_proxy_without_token(void **state)
{
	struct http_settings settings = client_settings("https://pbx.example.com");
	struct http_peer peer;
	struct client client;
	char *proxy = NULL;

	(void)state;
	http_peer_start(&peer);
	proxy = mem_printf("http://127.0.0.1:%d", peer.port);
	settings.proxy = proxy;
	client_start(&client, &settings);
	client_run(&client, "POST", "/ok", "{}");
	assert_non_null(strstr(peer.seen->last, "CONNECT pbx.example.com:443 "));
	assert_null(strcasestr(peer.seen->last, "Authorization"));
	client_stop(&client);
	http_peer_stop(&peer);
	mem_free(proxy);
}

static void test_base_url(void **state)
{
	static const struct { const char *base; bool good; } cases[] = {
		{ "https://example.signalwire.com", true }, { "https://example.signalwire.com/", true },
		{ "https://127.0.0.1:8443", true }, { "http://localhost:80", true }, { "http://127.9.9.9:1", true },
		{ "http://[::1]:1", true },
		{ "http://example.com", false }, { "http://127.0.0.1.example.com", false }, { "http://128.0.0.1", false },
		{ "http://localhost.example.com", false }, { "http://[::2]", false }, { "http://10.127.0.0", false },
		{ "https://user:wordsecret@example.com", false }, { "https://user@example.com", false },
		{ "https://example.com/api", false }, { "https://example.com?x", false }, { "https://example.com/#x", false },
		{ "ftp://example.com", false }, { "file:///etc/passwd", false }, { "example.com", false }, { "", false },
		{ "https://", false }, { "https://exa mple", false }
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct http_settings settings = client_settings(cases[i].base);
		struct error err = ERROR_INIT;
		struct loop *loop = NULL;
		struct http *http = NULL;

		assert_int_equal(loop_new(&loop, &err), 0);
		if (!http_new(loop, &settings, &http, &err) != cases[i].good)
			fail_msg("%s: %s", cases[i].base, error_text(&err));
		assert_true(cases[i].good || err.exit_code == EXIT_CONFIG);
		assert_null(strstr(error_text(&err), "wordsecret"));
		http_free(http);
		loop_free(loop);
		error_clear(&err);
	}
	http_free(NULL);
}

#define ON_WIRE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		ON_WIRE(test_answers), ON_WIRE(test_requests), ON_WIRE(test_paths), ON_WIRE(test_left_idle),
		ON_WIRE(test_new_token), ON_WIRE(test_large_body),
		ON_WIRE(test_mutation_once), ON_WIRE(test_mutation_reset_unread), ON_WIRE(test_no_answer),
		cmocka_unit_test(test_deadline), ON_WIRE(test_not_sent), ON_WIRE(test_fence),
		ON_WIRE(test_redirect), ON_WIRE(test_retry_after), ON_WIRE(test_window),
		cmocka_unit_test(test_rate), ON_WIRE(test_send_from_done), ON_WIRE(test_turns),
		ON_WIRE(test_no_proxy),
		cmocka_unit_test(test_proxy_without_token),
		cmocka_unit_test(test_base_url),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
