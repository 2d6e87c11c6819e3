/* Whom http trusts, against openssl's own server. */
#include "check.h"
#include "http_client.h"
#include "mem.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

struct tls {
	char *dir;
	pid_t pid; /* of the server; 0: none */
	int port;
};

/* Runs openssl with its standard output in a pipe, or in nothing; -1: there is no openssl. */
static pid_t openssl(char *const argv[], int *out)
{
	posix_spawn_file_actions_t actions;
	int ends[2] = { -1, -1 };
	pid_t pid = -1;

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
	posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
	if (posix_spawnp(&pid, "openssl", &actions, NULL, argv, environ))
		pid = -1;
	posix_spawn_file_actions_destroy(&actions);
	close(ends[1]);
	if (out)
		*out = ends[0];
	else
		close(ends[0]);
	return pid;
}

static char *file_of(const struct tls *tls, const char *name, const char *end)
{
	return mem_printf("%s/%s.%s", tls->dir, name, end);
}

static int make_certificate(const struct tls *tls, const char *name, const char *names)
{
	char *key = file_of(tls, name, "key"), *cert = file_of(tls, name, "pem");
	char *alternative = mem_printf("subjectAltName=%s", names);
	char *const argv[] = { (char[]){ "openssl" }, (char[]){ "req" }, (char[]){ "-x509" }, (char[]){ "-nodes" },
		(char[]){ "-newkey" }, (char[]){ "ec" }, (char[]){ "-pkeyopt" }, (char[]){ "ec_paramgen_curve:prime256v1" },
		(char[]){ "-subj" }, (char[]){ "/CN=swbridge test" }, (char[]){ "-days" }, (char[]){ "2" },
		(char[]){ "-addext" }, alternative, (char[]){ "-keyout" }, key, (char[]){ "-out" }, cert, NULL };
	pid_t pid = openssl(argv, NULL);
	int status = -1;

	if (pid > 0)
		waitpid(pid, &status, 0);
	mem_free(key);
	mem_free(cert);
	mem_free(alternative);
	return status;
}

/* openssl says "ACCEPT 127.0.0.1:PORT" once it listens. */
static void start_server(struct tls *tls, const char *name)
{
	char *key = file_of(tls, name, "key"), *cert = file_of(tls, name, "pem");
	char *const argv[] = { (char[]){ "openssl" }, (char[]){ "s_server" }, (char[]){ "-accept" },
		(char[]){ "127.0.0.1:0" }, (char[]){ "-www" }, (char[]){ "-key" }, key, (char[]){ "-cert" }, cert, NULL };
	struct pollfd wait = { .events = POLLIN };
	struct strbuf said = STRBUF_INIT;
	char *at = NULL;
	char data[512];
	ssize_t n = 0;

	tls->pid = openssl(argv, &wait.fd);
	assert_true(tls->pid > 0);
	while (!(at = strstr(said.data, "ACCEPT 127.0.0.1:")) || !strchr(at, '\n')) {
		if (poll(&wait, 1, CLIENT_DEADLINE_MS) != 1 || (n = read(wait.fd, data, sizeof data)) <= 0)
			fail_msg("openssl s_server does not say where it listens");
		strbuf_add(&said, data, (size_t)n);
	}
	tls->port = atoi(at + strlen("ACCEPT 127.0.0.1:"));
	strbuf_release(&said);
	close(wait.fd);
	mem_free(key);
	mem_free(cert);
}

static void stop_server(struct tls *tls)
{
	if (tls->pid > 0) {
		kill(tls->pid, SIGKILL);
		waitpid(tls->pid, NULL, 0);
	}
	tls->pid = 0;
}

static int setup(void **state)
{
	struct tls *tls = mem_alloc(sizeof *tls);
	const char *tmp = getenv("TMPDIR");

	*state = tls;
	tls->dir = mem_printf("%s/test_http_tls.XXXXXX", tmp ? tmp : "/tmp");
	if (!mkdtemp(tls->dir))
		return -1;
	if (make_certificate(tls, "ours", "IP:127.0.0.1") || make_certificate(tls, "other", "DNS:other.example")) {
		rmdir(tls->dir);
		mem_free(tls->dir);
		tls->dir = NULL; /* no openssl, or one that is too old: the cases skip */
	}
	return 0;
}

static int teardown(void **state)
{
	static const char *const names[] = { "ours", "other" };
	struct tls *tls = *state;

	stop_server(tls);
	for (size_t i = 0; tls->dir && i < COUNT(names); i++) {
		char *key = file_of(tls, names[i], "key"), *cert = file_of(tls, names[i], "pem");

		unlink(key);
		unlink(cert);
		mem_free(key);
		mem_free(cert);
	}
	if (tls->dir)
		rmdir(tls->dir);
	mem_free(tls->dir);
	mem_free(tls);
	return 0;
}

static const struct {
	const char *server;  /* whose certificate it shows */
	const char *ca;      /* the file we are told to trust; NULL: the system's */
	const char *problem; /* NULL: all is well */
} cases[] = {
	{ "ours", NULL, "self" }, /* "self-signed", "self signed" */
	{ "ours", "other", "ca_file" },
	{ "other", "other", "127.0.0.1" }, /* trusted, but for another name */
	{ "ours", "ours", NULL },
};

static void run_case(struct tls *tls, size_t i)
{
	char *base = mem_printf("https://127.0.0.1:%d", tls->port);
	char *ca = cases[i].ca ? file_of(tls, cases[i].ca, "pem") : NULL;
	struct http_settings settings = client_settings(base);
	struct client client;
	const struct got *got = NULL;

	settings.ca_file = ca;
	settings.proxy = "";
	client_start(&client, &settings);
	got = client_run(&client, "GET", "/", NULL);
	if (cases[i].problem) {
		assert_int_equal(got->end, HTTP_NOT_SENT);
		assert_int_equal(client.asked, 0);
		assert_non_null(strstr(got->problem.data, "The server's certificate is not trusted"));
		assert_non_null(strstr(got->problem.data, cases[i].problem));
	} else {
		assert_int_equal(got->end, HTTP_ANSWERED);
		assert_int_equal(got->status, 200);
	}
	client_stop(&client);
	mem_free(base);
	mem_free(ca);
}

static void test_trust(void **state)
{
	struct tls *tls = *state;

	if (!tls->dir)
		skip();
	for (size_t i = 0; i < COUNT(cases); i++) {
		start_server(tls, cases[i].server);
		run_case(tls, i);
		stop_server(tls);
	}
}

static void test_ca_file_missing(void **state)
{
	struct http_settings settings = client_settings("https://127.0.0.1:1");
	struct error err = ERROR_INIT;
	struct loop *loop = NULL;
	struct http *http = NULL;

	(void)state;
	settings.ca_file = "/nonexistent/ca.pem";
	assert_int_equal(loop_new(&loop, &err), 0);
	assert_int_equal(http_new(loop, &settings, &http, &err), -1);
	assert_int_equal(err.exit_code, EXIT_CONFIG);
	assert_non_null(strstr(error_text(&err), "/nonexistent/ca.pem (ca_file)"));
	error_clear(&err);
	loop_free(loop);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_trust),
		cmocka_unit_test(test_ca_file_missing),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
