/* test_mem_strbuf - allocation, and strings that grow. */
#include "mem.h"
#include "strbuf.h"

#include "check.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void mem_basics(void **state)
{
	unsigned char *a = mem_array(4, 8);
	char *s = mem_strdup("extension");
	char *n = mem_strndup(s, 3);
	char *p = mem_printf("%s-%d", n, 7);
	int *grown = NULL;

	(void)state;
	for (int i = 0; i < 32; i++)
		assert_int_equal(a[i], 0);
	assert_string_equal(s, "extension");
	assert_string_equal(n, "ext");
	assert_string_equal(p, "ext-7");
	assert_null(mem_strdup(NULL));
	for (size_t i = 0; i < 1000; i++) {
		grown = mem_grow(grown, i + 1, sizeof *grown);
		grown[i] = (int)i;
	}
	for (size_t i = 0; i < 1000; i++)
		assert_int_equal(grown[i], i);
	mem_free(grown);
	mem_free(p);
	mem_free(n);
	mem_free(s);
	mem_free(a);
	mem_free(NULL);
	mem_free_secret(NULL);
}

/* Nothing to allocate is still something to free. */
static void mem_nothing(void **state)
{
	void *a = mem_alloc(0), *b = mem_array(0, 8), *c = mem_grow(NULL, 0, 8);

	(void)state;
	assert_non_null(a);
	assert_non_null(b);
	assert_non_null(c);
	mem_free(a);
	mem_free(b);
	mem_free(c);
}

static void mem_wiped(void **state)
{
	char secret[] = "hunter2";

	(void)state;
	mem_wipe(secret + 1, 3);
	assert_memory_equal(secret, "h\0\0\0er2", sizeof secret);
	mem_wipe(NULL, 5);
}

/* A product that overflows must end the process, not give a small buffer. */
static void mem_overflow(void **state)
{
	static void *(*const ways[])(size_t, size_t) = { mem_array };
	volatile size_t huge = SIZE_MAX / 2;
	int status = 0;
	pid_t pid = -1;

	(void)state;
	for (size_t way = 0; way <= COUNT(ways); way++) {
		pid = fork();
		assert_true(pid >= 0);
		if (pid == 0) {
			close(STDERR_FILENO);
			signal(SIGABRT, SIG_DFL);
			if (way < COUNT(ways))
				ways[way](huge, 3);
			else
				mem_grow(NULL, huge, 3);
			_exit(0);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		/* The address sanitizer notices first, and exits by itself. */
		assert_true((WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT) ||
			    (WIFEXITED(status) && WEXITSTATUS(status) == 99));
	}
}

static void strbuf_grows(void **state)
{
	struct strbuf b = STRBUF_INIT;

	(void)state;
	assert_string_equal(b.data, "");
	strbuf_puts(&b, "");
	strbuf_add(&b, "", 0);
	assert_ptr_equal(b.data, strbuf_empty); /* nothing was needed yet */
	strbuf_puts(&b, "a");
	strbuf_putc(&b, 'b');
	strbuf_add(&b, "c\0d", 3);
	strbuf_printf(&b, "[%d|%s]", 42, "x");
	assert_int_equal(b.len, 11);
	assert_memory_equal(b.data, "abc\0d[42|x]", 12);
	for (int i = 0; i < 10000; i++)
		strbuf_printf(&b, "%04d", i);
	assert_int_equal(b.len, 11 + 40000);
	assert_string_equal(b.data + b.len - 8, "99989999");
	strbuf_truncate(&b, 2);
	assert_string_equal(b.data, "ab");
	strbuf_truncate(&b, 2);
	strbuf_truncate(&b, 0);
	assert_string_equal(b.data, "");
	strbuf_release(&b);
	assert_ptr_equal(b.data, strbuf_empty);
	strbuf_release(&b);
}

/* The shared empty string is never written to. */
static void strbuf_empty_cut(void **state)
{
	struct strbuf b = STRBUF_INIT;

	(void)state;
	strbuf_truncate(&b, 0);
	strbuf_printf(&b, "%s", "");
	strbuf_reserve(&b, 1000);
	assert_true(b.size > 1000);
	assert_string_equal(b.data, "");
	assert_int_equal(strbuf_empty[0], 0);
	strbuf_release(&b);
}

/* Around every size at which the buffer grows, the terminator has its place. */
static void strbuf_edges(void **state)
{
	(void)state;
	for (size_t len = 0; len < 300; len++) {
		struct strbuf b = STRBUF_INIT;

		for (size_t i = 0; i < len; i++)
			strbuf_putc(&b, 'x');
		strbuf_printf(&b, "%*s", (int)(len % 70), "");
		assert_int_equal(strlen(b.data), len + len % 70);
		strbuf_release(&b);
	}
}

static void strbuf_given_away(void **state)
{
	struct strbuf b = STRBUF_INIT_SECRET;
	char *s = strbuf_detach(&b);

	(void)state;
	assert_string_equal(s, "");
	mem_free(s);
	strbuf_puts(&b, "hunter2");
	s = strbuf_detach(&b);
	assert_string_equal(s, "hunter2");
	assert_string_equal(b.data, "");
	assert_true(b.secret); /* the next one is a secret too */
	mem_free_secret(s);
	strbuf_release(&b);
	assert_true(b.secret);
}

static void strbuf_secret(void **state)
{
	struct strbuf b = STRBUF_INIT_SECRET;

	(void)state;
	strbuf_puts(&b, "user:hunter2");
	strbuf_truncate(&b, 5);
	assert_string_equal(b.data, "user:");
	/* What was cut off is gone from memory, not only from the string. */
	assert_memory_equal(b.data + 5, "\0\0\0\0\0\0\0", 7);
	for (int i = 0; i < 1000; i++)
		strbuf_puts(&b, "0123456789");
	assert_int_equal(b.len, 10005);
	assert_memory_equal(b.data, "user:0123456789", 15);
	strbuf_release(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mem_basics),
		cmocka_unit_test(mem_nothing),
		cmocka_unit_test(mem_wiped),
		cmocka_unit_test(mem_overflow),
		cmocka_unit_test(strbuf_grows),
		cmocka_unit_test(strbuf_empty_cut),
		cmocka_unit_test(strbuf_edges),
		cmocka_unit_test(strbuf_given_away),
		cmocka_unit_test(strbuf_secret),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
