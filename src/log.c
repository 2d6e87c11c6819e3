/* log - lines on stderr, with a level, secrets redacted. */
#include "log.h"

#include "mem.h"
#include "strbuf.h"
#include "utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static enum log_level most_shown = LOG_INFO;
static bool with_prefix;
static char **secrets;
static size_t secret_count;
static char *call; /* NULL: the name alone */
static const char *const *call_verbs;

void log_setup(enum log_level most, bool journald)
{
	most_shown = most;
	with_prefix = journald;
}

/* Both numbers are compared: a child of a service inherits the variable, and may write elsewhere. */
bool log_is_journal(int fd)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long device = 0, inode = 0;
	struct stat where;
	char end = 0;

	if (!stream || sscanf(stream, "%llu:%llu%c", &device, &inode, &end) != 2 || fstat(fd, &where))
		return false;
	return where.st_dev == device && where.st_ino == inode;
}

bool log_to_journal(void)
{
	return log_is_journal(STDERR_FILENO);
}

enum log_level log_level(void)
{
	return most_shown;
}

void log_add_secret(const char *secret)
{
	if (!secret || strlen(secret) < 4)
		return;
	/* A daemon that connects again names the same ones. */
	for (size_t i = 0; i < secret_count; i++) {
		if (strcmp(secrets[i], secret) == 0)
			return;
	}
	secrets = mem_grow(secrets, secret_count + 1, sizeof *secrets);
	secrets[secret_count++] = mem_strdup(secret);
}

void log_release(void)
{
	for (size_t i = 0; i < secret_count; i++)
		mem_free_secret(secrets[i]);
	mem_free(secrets);
	secrets = NULL;
	secret_count = 0;
	log_set_call(NULL);
}

void log_set_verbs(const char *const *verbs)
{
	call_verbs = verbs;
}

void log_set_call(const char *how)
{
	char *copy = how ? mem_strdup(how) : NULL;

	mem_free(call);
	call = copy;
}

/* A verb stands there, whole. */
static bool verb_at(const char *text)
{
	size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyz");

	for (const char *const *verb = call_verbs; verb && *verb; verb++)
		if (strlen(*verb) == len && strncmp(text, *verb, len) == 0)
			return true;
	return false;
}

/* Puts `text` into `out`, with every command in it as it has to be typed. */
static void add_commands(struct strbuf *out, const char *text)
{
	static const char name[] = "swbridge ";
	const char *at = text;

	while (call && (at = strstr(at, name))) {
		/* Not the end of a path or of an option's value. */
		bool begins = at == text || !strchr("/-@=._", at[-1]);

		at += sizeof name - 2;
		if (!begins || !verb_at(at + 1))
			continue;
		strbuf_add(out, text, (size_t)(at - text) - (sizeof name - 2));
		strbuf_puts(out, call);
		text = at;
	}
	strbuf_puts(out, text);
}

void log_print(FILE *out, const char *format, ...)
{
	struct strbuf raw = STRBUF_INIT, text = STRBUF_INIT;
	va_list args;

	va_start(args, format);
	if (!call) {
		vfprintf(out, format, args);
	} else {
		strbuf_vprintf(&raw, format, args);
		add_commands(&text, raw.data);
		fputs(text.data, out);
	}
	va_end(args);
	strbuf_release(&raw);
	strbuf_release(&text);
}

/* The longest that fits: one secret may be the beginning of another. */
static size_t secret_at(const char *s)
{
	size_t longest = 0;

	for (size_t i = 0; i < secret_count; i++) {
		size_t len = strlen(secrets[i]);

		if (len > longest && strncmp(s, secrets[i], len) == 0)
			longest = len;
	}
	return longest;
}

static void add_clean(struct strbuf *out, const char *text, bool redact)
{
	while (*text) {
		size_t hidden = redact ? secret_at(text) : 0;
		size_t len = utf8_len(text);
		/* U+0080 to U+009F are control characters too: c2 80 to c2 9f. */
		bool c1 = len == 2 && (unsigned char)text[0] == 0xc2 && (unsigned char)text[1] < 0xa0;

		if (hidden) {
			strbuf_puts(out, "***");
			text += hidden;
		} else if (len == 0 || c1 || (unsigned char)*text < 0x20 || *text == 0x7f) {
			strbuf_printf(out, "\\x%02x", (unsigned)(unsigned char)*text);
			text++;
			if (c1)
				strbuf_printf(out, "\\x%02x", (unsigned)(unsigned char)*text++);
		} else {
			strbuf_add(out, text, len);
			text += len;
		}
	}
}

char *log_clean(const char *text)
{
	struct strbuf out = STRBUF_INIT;

	add_clean(&out, text, true);
	return strbuf_detach(&out);
}

char *log_printable(const char *text)
{
	struct strbuf out = STRBUF_INIT;

	add_clean(&out, text, false);
	return strbuf_detach(&out);
}

static void add_head(struct strbuf *line, enum log_level level)
{
	static const struct { const char *journald, *word; } heads[] = {
		[LOG_ERROR] = { "<3>", "error: " },
		[LOG_WARN] = { "<4>", "warning: " },
		[LOG_INFO] = { "<6>", "" },
		[LOG_DEBUG] = { "<7>", "debug: " },
	};
	struct timespec now = { 0 };
	struct tm tm = { 0 };
	char stamp[32] = "";

	if (with_prefix) {
		strbuf_puts(line, heads[level].journald);
	} else if (!isatty(STDERR_FILENO)) {
		clock_gettime(CLOCK_REALTIME, &now);
		localtime_r(&now.tv_sec, &tm);
		strftime(stamp, sizeof stamp, "%Y-%m-%d %H:%M:%S", &tm);
		strbuf_printf(line, "%s.%03ld ", stamp, now.tv_nsec / 1000000);
	}
	strbuf_puts(line, "swbridge: ");
	strbuf_puts(line, heads[level].word);
}

__attribute__((format(printf, 2, 0)))
static void write_line(enum log_level level, const char *format, va_list args)
{
	struct strbuf raw = STRBUF_INIT_SECRET, text = STRBUF_INIT_SECRET;
	struct strbuf line = STRBUF_INIT;

	strbuf_vprintf(&raw, format, args);
	add_commands(&text, raw.data);
	add_head(&line, level);
	add_clean(&line, text.data, true);
	strbuf_putc(&line, '\n');
	if (write(STDERR_FILENO, line.data, line.len) < 0) {
		/* stderr is gone: nobody is left to be told. */
	}
	strbuf_release(&line);
	strbuf_release(&text);
	strbuf_release(&raw);
}

#define LOG_FUNCTION(name, level)                 \
	void name(const char *format, ...)        \
	{                                         \
		va_list args;                     \
                                                  \
		if (most_shown < level)           \
			return;                   \
		va_start(args, format);           \
		write_line(level, format, args);  \
		va_end(args);                     \
	}

LOG_FUNCTION(log_error, LOG_ERROR)
LOG_FUNCTION(log_warn, LOG_WARN)
LOG_FUNCTION(log_info, LOG_INFO)
LOG_FUNCTION(log_debug, LOG_DEBUG)
