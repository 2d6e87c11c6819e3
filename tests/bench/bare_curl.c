/*
 * bare_curl - the least that a libcurl program can do to create extensions.
 *
 *	BARE_CURL_USER=project:token bare_curl URL COUNT IN_FLIGHT
 *
 * Two POSTs for each extension, the subscriber and then its credential, so many
 * extensions side by side, connections kept alive, curl_multi_socket_action()
 * on epoll.  It reads the id out of the first answer, and checks nothing but
 * that both are 201: the yardstick that swbridge's own CPU is held against.
 */
#include <curl/curl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

enum { EVENTS = 64, ANSWER_SIZE = 4096 };

static const char resources[] = "/api/fabric/resources/subscribers";

struct lane {
	CURL *easy;
	bool has_subscriber; /* the second POST is under way */
	int number;
	char url[512], body[512], answer[ANSWER_SIZE];
	size_t len;
};

static struct {
	const char *base;
	CURLM *multi;
	int epoll;
	long long due; /* ms; -1: no timer */
	int next, count, done;
} run = { .due = -1 };

static void die(const char *what, const char *why)
{
	fprintf(stderr, "bare_curl: %s: %s\n", what, why);
	exit(1);
}

static long long now_ms(void)
{
	struct timespec now = { 0 };

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static size_t take(char *data, size_t size, size_t count, void *arg)
{
	struct lane *lane = arg;
	size_t len = size * count;

	if (lane->len + len >= sizeof lane->answer)
		return 0;
	memcpy(lane->answer + lane->len, data, len);
	lane->len += len;
	lane->answer[lane->len] = '\0';
	return len;
}

static int watch(CURL *easy, curl_socket_t fd, int what, void *arg, void *known)
{
	struct epoll_event event = { .data.fd = fd };

	(void)easy;
	(void)arg;
	if (what == CURL_POLL_REMOVE) {
		epoll_ctl(run.epoll, EPOLL_CTL_DEL, fd, NULL);
		return 0;
	}
	event.events = (what & CURL_POLL_IN ? EPOLLIN : 0u) | (what & CURL_POLL_OUT ? EPOLLOUT : 0u);
	epoll_ctl(run.epoll, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event);
	curl_multi_assign(run.multi, fd, &run);
	return 0;
}

static int set_timer(CURLM *multi, long timeout_ms, void *arg)
{
	(void)multi;
	(void)arg;
	run.due = timeout_ms < 0 ? -1 : now_ms() + timeout_ms;
	return 0;
}

static void post(struct lane *lane)
{
	lane->len = 0;
	curl_easy_setopt(lane->easy, CURLOPT_URL, lane->url);
	curl_easy_setopt(lane->easy, CURLOPT_POSTFIELDS, lane->body);
	curl_easy_setopt(lane->easy, CURLOPT_POSTFIELDSIZE, (long)strlen(lane->body));
	curl_multi_add_handle(run.multi, lane->easy);
}

static void start(struct lane *lane)
{
	if (run.next == run.count)
		return;
	lane->number = ++run.next;
	lane->has_subscriber = false;
	snprintf(lane->url, sizeof lane->url, "%s%s", run.base, resources);
	snprintf(lane->body, sizeof lane->body, "{\"email\":\"bare%d@pbx.example.com\",\"first_name\":\"F%d\"}",
		 lane->number, lane->number);
	post(lane);
}

static void go_on(struct lane *lane)
{
	const char *id = strstr(lane->answer, "\"id\":");

	id = id ? strchr(id + 5, '"') : NULL;
	if (!id || strlen(id) < 38)
		die("no id in the answer", lane->answer);
	lane->has_subscriber = true;
	snprintf(lane->url, sizeof lane->url, "%s%s/%.36s/sip_endpoints", run.base, resources, id + 1);
	snprintf(lane->body, sizeof lane->body,
		 "{\"username\":\"bare%d\",\"password\":\"bare-password-%d\",\"caller_id\":\"Desk %d\"}",
		 lane->number, lane->number, lane->number);
	post(lane);
}

static void finish(void)
{
	CURLMsg *message = NULL;
	int left = 0;

	while ((message = curl_multi_info_read(run.multi, &left))) {
		char *private = NULL;
		long status = 0;
		struct lane *lane = NULL;
		CURLcode code = message->data.result;

		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &private);
		curl_easy_getinfo(message->easy_handle, CURLINFO_RESPONSE_CODE, &status);
		lane = (struct lane *)(void *)private;
		curl_multi_remove_handle(run.multi, lane->easy);
		if (code != CURLE_OK || status != 201)
			die("not created", code == CURLE_OK ? lane->answer : curl_easy_strerror(code));
		if (!lane->has_subscriber) {
			go_on(lane);
		} else {
			run.done++;
			start(lane);
		}
	}
}

static void turn(void)
{
	struct epoll_event events[EVENTS];
	long long wait = run.due < 0 ? 1000 : run.due - now_ms();
	int running = 0;
	int ready = epoll_wait(run.epoll, events, EVENTS, wait < 0 ? 0 : (int)wait);

	if (run.due >= 0 && now_ms() >= run.due) {
		run.due = -1;
		curl_multi_socket_action(run.multi, CURL_SOCKET_TIMEOUT, 0, &running);
	}
	for (int i = 0; i < ready; i++)
		curl_multi_socket_action(run.multi, events[i].data.fd,
					 (events[i].events & EPOLLIN ? CURL_CSELECT_IN : 0) |
						 (events[i].events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
						 (events[i].events & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0),
					 &running);
	finish();
}

static void open_lane(struct lane *lane, struct curl_slist *headers, const char *user)
{
	lane->easy = curl_easy_init();
	curl_easy_setopt(lane->easy, CURLOPT_PRIVATE, lane);
	curl_easy_setopt(lane->easy, CURLOPT_USERPWD, user);
	curl_easy_setopt(lane->easy, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(lane->easy, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(lane->easy, CURLOPT_WRITEDATA, lane);
	curl_easy_setopt(lane->easy, CURLOPT_PROXY, "");
	curl_easy_setopt(lane->easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(lane->easy, CURLOPT_TIMEOUT, 30L);
}

int main(int argc, char **argv)
{
	const char *user = getenv("BARE_CURL_USER");
	struct curl_slist *headers = NULL;
	struct lane *lanes = NULL;
	int in_flight = argc == 4 ? atoi(argv[3]) : 0;

	if (!user || in_flight < 1)
		die("usage", "BARE_CURL_USER=project:token bare_curl URL COUNT IN_FLIGHT");
	curl_global_init(CURL_GLOBAL_DEFAULT);
	run.base = argv[1];
	run.count = atoi(argv[2]);
	run.multi = curl_multi_init();
	run.epoll = epoll_create1(EPOLL_CLOEXEC);
	curl_multi_setopt(run.multi, CURLMOPT_SOCKETFUNCTION, watch);
	curl_multi_setopt(run.multi, CURLMOPT_TIMERFUNCTION, set_timer);
	curl_multi_setopt(run.multi, CURLMOPT_MAXCONNECTS, (long)in_flight);
	headers = curl_slist_append(headers, "Content-Type: application/json");
	lanes = calloc((size_t)in_flight, sizeof *lanes);
	for (int i = 0; i < in_flight; i++) {
		open_lane(&lanes[i], headers, user);
		start(&lanes[i]);
	}
	while (run.done < run.count)
		turn();
	for (int i = 0; i < in_flight; i++)
		curl_easy_cleanup(lanes[i].easy);
	curl_multi_cleanup(run.multi);
	curl_slist_free_all(headers);
	close(run.epoll);
	free(lanes);
	return 0;
}
