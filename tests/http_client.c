/* http_client - a http under test with its loop, for the tests on the wire. */
#include "http_client.h"

#include "check.h"
#include "mem.h"

#include <string.h>

struct http_settings client_settings(const char *base)
{
	return (struct http_settings){ .base_url = base, .user = "project", .password = "token-1", .agent = "test/1",
				       .timeout_ms = CLIENT_DEADLINE_MS / 2, .max_in_flight = 16, .write_rate = 100000 };
}

static bool may_send(void *arg)
{
	struct client *client = arg;

	client->asked++;
	return client->fence;
}

static void too_late(void *arg)
{
	struct client *client = arg;

	fail_msg("%d of %d requests ended in time", client->ended, client->wanted);
}

void client_start(struct client *client, const struct http_settings *settings)
{
	struct error err = ERROR_INIT;

	*client = (struct client){ .fence = true };
	strbuf_init(&client->got.body);
	strbuf_init(&client->got.content_type);
	strbuf_init(&client->got.request_id);
	strbuf_init(&client->got.problem);
	if (loop_new(&client->loop, &err) || http_new(client->loop, settings, &client->http, &err))
		fail_msg("%s", error_text(&err));
	http_set_fence(client->http, may_send, client);
	client->deadline = loop_timer_new(client->loop, too_late, client);
}

void client_stop(struct client *client)
{
	http_free(client->http);
	loop_timer_free(client->deadline);
	loop_free(client->loop);
	strbuf_release(&client->got.body);
	strbuf_release(&client->got.content_type);
	strbuf_release(&client->got.request_id);
	strbuf_release(&client->got.problem);
}

static void copy(struct strbuf *to, const char *data, size_t len)
{
	strbuf_truncate(to, 0);
	strbuf_add(to, data, len);
}

static void ended(const struct http_response *response, void *arg)
{
	struct client *client = arg;
	struct got *got = &client->got;

	client->ended++;
	client->ends[response->end]++;
	got->end = response->end;
	got->status = response->status;
	got->retry_after_ms = response->retry_after_ms;
	got->date_ms = response->date_ms;
	got->first_byte_at = response->first_byte_at;
	copy(&got->body, response->body, response->body_len);
	copy(&got->content_type, response->content_type, strlen(response->content_type));
	copy(&got->request_id, response->request_id, strlen(response->request_id));
	copy(&got->problem, response->problem, strlen(response->problem));
	assert_int_equal(response->body[response->body_len], '\0');
	/* A problem exactly where there is no answer, and a first byte exactly where one may have left. */
	assert_true((response->end == HTTP_ANSWERED) == !*response->problem);
	assert_true((response->end == HTTP_ANSWERED || response->end == HTTP_NO_ANSWER) == (response->first_byte_at >= 0));
}

static bool enough(void *arg)
{
	struct client *client = arg;

	client->turns++;
	return client->ended >= client->wanted;
}

void client_send(struct client *client, const char *method, const char *path, const char *body)
{
	struct strbuf text = STRBUF_INIT_SECRET;
	int before = client->ended;

	if (body)
		strbuf_puts(&text, body);
	http_send(client->http, method, path, body ? &text : NULL, ended, client);
	assert_int_equal(text.len, 0);
	assert_int_equal(client->ended, before); /* never from within */
}

void client_wait(struct client *client, int count)
{
	client->wanted = count;
	loop_timer_arm(client->deadline, CLIENT_DEADLINE_MS);
	assert_true(loop_until(client->loop, enough, client));
	loop_timer_disarm(client->deadline);
}

const struct got *client_run(struct client *client, const char *method, const char *path, const char *body)
{
	client_send(client, method, path, body);
	client_wait(client, client->ended + http_in_flight(client->http));
	return &client->got;
}
