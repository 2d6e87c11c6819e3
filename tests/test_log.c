/* test_log - what reaches stderr: levels, redaction, no forged lines. */
#include "log.h"

#include "check.h"
#include "mem.h"
#include "strbuf.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void cleaned(void **state)
{
	static const struct { const char *raw, *shown; } rows[] = {
		{ "", "" },
		{ "plain", "plain" },
		{ "J\xc3\xb6rg \xf0\x9f\x93\x9e", "J\xc3\xb6rg \xf0\x9f\x93\x9e" },
		/* forged lines, colours, backspaces */
		{ "a\nswbridge: all is well", "a\\x0aswbridge: all is well" },
		{ "a\r\tb", "a\\x0d\\x09" "b" },
		{ "\x1b[31mred", "\\x1b[31mred" },
		{ "\x7f\x08\x01\x1f ", "\\x7f\\x08\\x01\\x1f " },
		/* invalid UTF-8, byte by byte */
		{ "J\xf6rg", "J\\xf6rg" },
		{ "\xc3", "\\xc3" },
		{ "\xe2\x82", "\\xe2\\x82" },
		{ "\xc0\x8a", "\\xc0\\x8a" },
		{ "\xed\xa0\x80", "\\xed\\xa0\\x80" },
		/* C1 controls: U+0080, U+009B (CSI), U+009F; U+00A0 is none */
		{ "\xc2\x80", "\\xc2\\x80" },
		{ "\xc2\x9b" "31m", "\\xc2\\x9b" "31m" },
		{ "\xc2\x9f.", "\\xc2\\x9f." },
		{ "\xc2\xa0", "\xc2\xa0" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char *clean = log_clean(rows[i].raw), *printable = log_printable(rows[i].raw);

		assert_string_equal(clean, rows[i].shown);
		assert_string_equal(printable, rows[i].shown);
		mem_free(clean);
		mem_free(printable);
	}
}

static void redacted(void **state)
{
	static const struct { const char *raw, *shown; } rows[] = {
		{ "PTtoken", "***" },
		{ "xPTtokeny", "x***y" },
		{ "PTtokenPTtoken", "******" },
		{ "PTtoke", "PTtoke" },
		{ "PTPTtoken", "PT***" },
		/* One secret begins another: the longer one goes whole. */
		{ "PTtokenlonger.", "***." },
		{ "PTtokenlonge", "***longe" },
		/* A secret that would itself be escaped. */
		{ "pa\nss\xc3\xb6", "***" },
		{ "\n(pa\nss\xc3\xb6)", "\\x0a(***)" },
		/* Shorter than four bytes: not registered, or every word would be holes. */
		{ "abc", "abc" },
	};
	char *printable = NULL;

	(void)state;
	log_add_secret("PTtoken");
	log_add_secret("PTtokenlonger");
	log_add_secret("pa\nss\xc3\xb6");
	log_add_secret("abc");
	log_add_secret("");
	log_add_secret(NULL);
	for (size_t i = 0; i < COUNT(rows); i++) {
		char *clean = log_clean(rows[i].raw);

		assert_string_equal(clean, rows[i].shown);
		mem_free(clean);
	}
	printable = log_printable("PTtoken");
	assert_string_equal(printable, "PTtoken");
	mem_free(printable);
	log_release();
	printable = log_clean("PTtoken");
	assert_string_equal(printable, "PTtoken");
	mem_free(printable);
	log_release();
}

static void commands(void **state)
{
	static const char *const verbs[] = { "sync", "approve", NULL };
	static const struct { const char *text, *shown; } rows[] = {
		{ "run: swbridge sync", "run: swbridge -c 'a b' sync" },
		{ "swbridge sync; swbridge approve removals", "swbridge -c 'a b' sync; swbridge -c 'a b' approve removals" },
		{ "`swbridge sync`, or swbridge approve.", "`swbridge -c 'a b' sync`, or swbridge -c 'a b' approve." },
		/* no commands */
		{ "", "" }, { "swbridge ", "swbridge " }, { "swbridge synced", "swbridge synced" },
		{ "swbridge is paused", "swbridge is paused" }, { "swbridge  sync", "swbridge  sync" },
		{ "/usr/bin/swbridge sync", "/usr/bin/swbridge sync" }, { "--name=swbridge sync", "--name=swbridge sync" },
		{ "swbridge -c 'x' sync", "swbridge -c 'x' sync" },
	};
	char *text = NULL;
	size_t size = 0;

	(void)state;
	log_set_verbs(verbs);
	for (int named = 0; named < 2; named++) {
		log_set_call(named ? "swbridge -c 'a b'" : NULL);
		for (size_t i = 0; i < COUNT(rows); i++) {
			FILE *out = open_memstream(&text, &size);

			assert_non_null(out);
			log_print(out, "%s", rows[i].text);
			fclose(out);
			assert_string_equal(text, named ? rows[i].shown : rows[i].text);
			free(text);
		}
	}
	log_release();
	log_set_verbs(NULL);
}

/* stderr goes to a pipe while a test listens; what was written is returned. */
static int real_stderr = -1, pipe_end = -1;

static void listen_on(void)
{
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	assert_int_equal(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
	real_stderr = dup(STDERR_FILENO);
	dup2(ends[1], STDERR_FILENO);
	close(ends[1]);
	pipe_end = ends[0];
}

static const char *listen_off(void)
{
	static char text[8192];
	ssize_t len = read(pipe_end, text, sizeof text - 1);

	dup2(real_stderr, STDERR_FILENO);
	close(real_stderr);
	close(pipe_end);
	text[len > 0 ? len : 0] = '\0';
	return text;
}

static void log_all(void)
{
	log_error("e %d", 1);
	log_warn("w");
	log_info("i");
	log_debug("d");
}

static void levels(void **state)
{
	static const struct { enum log_level most; const char *shown; } rows[] = {
		{ LOG_ERROR, "<3>swbridge: error: e 1\n" },
		{ LOG_WARN, "<3>swbridge: error: e 1\n<4>swbridge: warning: w\n" },
		{ LOG_INFO, "<3>swbridge: error: e 1\n<4>swbridge: warning: w\n<6>swbridge: i\n" },
		{ LOG_DEBUG, "<3>swbridge: error: e 1\n<4>swbridge: warning: w\n<6>swbridge: i\n"
			     "<7>swbridge: debug: d\n" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		listen_on();
		log_setup(rows[i].most, true);
		log_all();
		assert_string_equal(listen_off(), rows[i].shown);
		assert_int_equal(log_level(), rows[i].most);
	}
	log_setup(LOG_INFO, false);
}

static void stamped(void **state)
{
	static const char form[] = "0000-00-00 00:00:00.000 swbridge: i\n";
	const char *line = NULL;

	(void)state;
	log_setup(LOG_INFO, false);
	listen_on();
	log_info("i");
	line = listen_off();
	assert_int_equal(strlen(line), strlen(form));
	for (size_t i = 0; form[i]; i++) {
		if (form[i] != '0')
			assert_int_equal(line[i], form[i]);
		else
			assert_in_range(line[i], '0', '9');
	}
}

static void one_line(void **state)
{
	const char *text = NULL;
	size_t newlines = 0;

	(void)state;
	log_setup(LOG_INFO, true);
	log_add_secret("PTtoken");
	listen_on();
	log_info("extension %s: %s", "1\n<3>swbridge: error: forged", "token PTtoken");
	text = listen_off();
	for (const char *p = text; *p; p++)
		newlines += *p == '\n';
	assert_int_equal(newlines, 1);
	assert_string_equal(text, "<6>swbridge: extension 1\\x0a<3>swbridge: error: forged: token ***\n");
	log_release();
	log_setup(LOG_INFO, false);
}

/* stderr is the journal where both numbers are its own. */
static void journal(void **state)
{
	/* D and I stand for the device and the inode of stderr. */
	static const struct { const char *stream; bool journal; } rows[] = {
		{ NULL, false }, { "", false }, { "D:I", true }, { "D:1I", false }, { "1D:I", false }, { "D", false },
		{ "D:", false }, { ":I", false }, { "D:Ix", false }, { "D:I:", false }, { "nonsense", false },
	};
	bool got[COUNT(rows)];
	struct stat where;

	(void)state;
	listen_on();
	assert_int_equal(fstat(STDERR_FILENO, &where), 0);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct strbuf stream = STRBUF_INIT;

		for (const char *p = rows[i].stream; p && *p; p++) {
			if (*p == 'D' || *p == 'I')
				strbuf_printf(&stream, "%llu", (unsigned long long)(*p == 'D' ? where.st_dev : where.st_ino));
			else
				strbuf_putc(&stream, *p);
		}
		if (rows[i].stream)
			setenv("JOURNAL_STREAM", stream.data, 1);
		else
			unsetenv("JOURNAL_STREAM");
		got[i] = log_to_journal();
		strbuf_release(&stream);
	}
	unsetenv("JOURNAL_STREAM");
	listen_off();
	for (size_t i = 0; i < COUNT(rows); i++)
		if (got[i] != rows[i].journal)
			fail_msg("JOURNAL_STREAM=%s", rows[i].stream ? rows[i].stream : "(none)");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cleaned),
		cmocka_unit_test(redacted), cmocka_unit_test(commands),
		cmocka_unit_test(levels),
		cmocka_unit_test(stamped),
		cmocka_unit_test(one_line),
		cmocka_unit_test(journal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
