/* config_file - the bytes of a .conf file to sections, keys, values and lines. */
#include "config_file.h"

#include "config_option.h"
#include "log.h"
#include "mem.h"
#include "utf8.h"

#include <errno.h>
#include <fcntl.h>
#include <ini_configobj.h>
#include <ini_valueobj.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LARGEST = 16 * 1024 * 1024 };

/* Whoever is refused must not be told to take the file away from the user that swbridge runs as. */
static void forbidden(const char *path, struct error *err)
{
	const char *why = strerror(EACCES);
	const struct passwd *user = NULL;
	struct stat st = { 0 };

	if (stat(path, &st) == 0 && st.st_uid != 0 && st.st_uid != geteuid() && (user = getpwuid(st.st_uid)) != NULL) {
		error_exit(err, EXIT_CONFIG, "%s cannot be read: %s; it belongs to %s: if that is the user that swbridge runs as, run "
			   "this as it, as root: runuser -u %s -- swbridge ...", path, why, user->pw_name, user->pw_name);
		return;
	}
	user = getpwuid(geteuid());
	error_exit(err, EXIT_CONFIG, "%s cannot be read: %s; let the user that swbridge runs as read it, as root: "
		   "chown %s %s && chmod 600 %s (and enter the directories above it).", path, why,
		   user ? user->pw_name : "USER", path, path);
}

static void unreadable(const char *path, const char *missing, struct error *err)
{
	const int why = errno;

	if (why == ENOENT)
		error_exit(err, EXIT_CONFIG, "%s cannot be read: %s; %s.", path, strerror(why), missing);
	else if (why == EACCES)
		forbidden(path, err);
	else
		error_exit(err, EXIT_CONFIG, "%s cannot be read: %s.", path, strerror(why));
}

int config_file_slurp(const char *path, const char *missing, struct strbuf *text, bool *open_to_others, struct error *err)
{
	struct stat st = { 0 };
	ssize_t got = 0;
	int rc = -1;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0 || fstat(fd, &st)) {
		unreadable(path, missing, err);
		goto out;
	}
	*open_to_others = (st.st_mode & S_IROTH) != 0;
	do {
		strbuf_reserve(text, 16384);
		got = read(fd, text->data + text->len, 16384);
		if (got > 0) {
			text->len += (size_t)got;
			text->data[text->len] = '\0';
		}
	} while ((got > 0 && text->len <= LARGEST) || (got < 0 && errno == EINTR));
	if (got < 0)
		unreadable(path, missing, err);
	else if (text->len > LARGEST)
		error_exit(err, EXIT_CONFIG, "%s is larger than 16 MiB, no file of this kind is.", path);
	else
		rc = 0;
out:
	if (fd >= 0)
		close(fd);
	return rc;
}

/* Nothing but text: what other bytes would mean, libini_config and a terminal would see differently. */
static int check_bytes(const char *path, const struct strbuf *text, struct error *err)
{
	unsigned line = 1;
	const char *p = text->data;
	const char *end = text->data + text->len;

	while (p < end) {
		unsigned char c = (unsigned char)*p;
		size_t len = utf8_len(p);
		bool good = c >= ' ' && c != 0x7f && len > 0;

		if (c == '\n' || c == '\t' || (c == '\r' && (p[1] == '\n' || p + 1 == end)))
			good = true;
		if (!good)
			return error_exit(err, EXIT_CONFIG, "%s:%u: the byte 0x%02x is no text; write the file in UTF-8.", path,
					  line, c);
		line += c == '\n';
		p += len ? len : 1;
	}
	return 0;
}

/* The sections met so far, and the options set in the last of them. */
struct scan {
	const char *path;
	struct place {
		char *name;
		unsigned line;
	} *sections, *keys;
	size_t section_count, key_count;
};

/* Where `name` stood before; 0: nowhere, and from now on here. */
static unsigned seen_before(struct place **places, size_t *count, const char *name, unsigned line)
{
	for (size_t i = 0; i < *count; i++) {
		if (!strcmp((*places)[i].name, name))
			return (*places)[i].line;
	}
	*places = mem_grow(*places, *count + 1, sizeof(**places));
	(*places)[*count] = (struct place){ .name = mem_strdup(name), .line = line };
	++*count;
	return 0;
}

static void forget_places(struct place **places, size_t *count)
{
	for (size_t i = 0; i < *count; i++)
		mem_free((*places)[i].name);
	mem_free(*places);
	*places = NULL;
	*count = 0;
}

/* Takes "[name]" at `start`, `len` bytes without the line's end. */
static int scan_section(struct scan *scan, const char *start, size_t len, unsigned line, struct error *err)
{
	char *name = NULL, *hint = NULL;
	const char *close = memchr(start, ']', len);
	size_t from = 1, to = 0;
	unsigned before = 0;
	int rc = -1;

	if (!close || close + 1 != start + len) {
		error_exit(err, EXIT_CONFIG, "%s:%u: a section is a name in brackets alone on its line, like [mirror].",
			   scan->path, line);
		goto out;
	}
	to = (size_t)(close - start);
	while (from < to && strchr(" \t", start[from]))
		from++;
	while (to > from && strchr(" \t", start[to - 1]))
		to--;
	name = mem_strndup(start + from, to - from);
	if (!config_option_is_section(name)) {
		hint = config_option_suggest_section(name);
		error_exit(err, EXIT_CONFIG, "%s:%u: there is no section [%.60s].%s", scan->path, line, name, hint);
		goto out;
	}
	before = seen_before(&scan->sections, &scan->section_count, name, line);
	if (before) {
		error_exit(err, EXIT_CONFIG, "%s:%u: [%s] is there a second time, it began on line %u; put both into one.",
			   scan->path, line, name, before);
		goto out;
	}
	forget_places(&scan->keys, &scan->key_count);
	rc = 0;
out:
	mem_free(hint);
	mem_free(name);
	return rc;
}

/* Whether this key may stand here, on a line that has one. */
static int check_key(struct scan *scan, const char *key, unsigned line, struct error *err)
{
	const char *section = scan->sections[scan->section_count - 1].name;
	unsigned before = 0;

	if (!config_option_find(section, key)) {
		char *hint = config_option_suggest_key(section, key);

		error_exit(err, EXIT_CONFIG, "%s:%u: there is no option %.60s in [%s].%s", scan->path, line, key, section, hint);
		mem_free(hint);
		return -1;
	}
	before = seen_before(&scan->keys, &scan->key_count, key, line);
	if (before)
		return error_exit(err, EXIT_CONFIG, "%s:%u: %s is set a second time, after line %u; keep one of them.", scan->path,
				  line, key, before);
	return 0;
}

/* What stands before the = is a key; a line without one is libini_config's to refuse, and may be a lost secret. */
static int scan_key(struct scan *scan, const char *start, size_t len, unsigned line, struct error *err)
{
	const char *equals = memchr(start, '=', len);
	char *key = NULL;
	int rc = 0;

	if (scan->section_count == 0)
		return error_exit(err, EXIT_CONFIG,
				  "%s:%u: this line stands before the first section; write [signalwire] or another above it.",
				  scan->path, line);
	if (!equals || equals == start)
		return 0;
	while (equals > start && strchr(" \t", equals[-1]))
		equals--;
	key = mem_strndup(start, (size_t)(equals - start));
	rc = check_key(scan, key, line, err);
	mem_free(key);
	return rc;
}

/*
 * One line, its first byte that is not blank at `start`.  What could be taken
 * for a comment in another program's file is refused with a hint, because the
 * rest of such a file means something else as well.
 */
static int scan_line(struct scan *scan, const char *start, size_t len, unsigned line, struct error *err)
{
	if (*start == '#')
		return error_exit(err, EXIT_CONFIG, "%s:%u: a comment begins with ; here, and a file includes no other.",
				  scan->path, line);
	if (len >= 3 && !strncmp(start, ";--", 3) && (len == 3 || start[3] != '-') && !memmem(start + 3, len - 3, "--;", 3))
		return error_exit(err, EXIT_CONFIG,
				  "%s:%u: ;-- begins no block of comments here; begin every line of a comment with a ; alone.",
				  scan->path, line);
	if (*start == '[')
		return scan_section(scan, start, len, line, err);
	return *start == ';' ? 0 : scan_key(scan, start, len, line, err);
}

/*
 * Looks at every line.  libini_config knows comments and sections in the first
 * column only: blanks in front of a ; or a [ trade places with it.
 */
static int scan_lines(const char *path, struct strbuf *text, struct error *err)
{
	struct scan scan = { .path = path };
	unsigned line = 1;
	int rc = -1;

	for (char *p = text->data; *p; line++) {
		size_t whole = strcspn(p, "\n");
		size_t blank = strspn(p, " \t");
		size_t len = whole;

		while (len > blank && strchr(" \t\r", p[len - 1]))
			len--;
		if (blank < len && scan_line(&scan, p + blank, len - blank, line, err))
			goto out;
		if (blank > 0 && blank < len && strchr(";[", p[blank])) {
			p[0] = p[blank];
			p[blank] = ' ';
		}
		p += whole + (p[whole] == '\n');
	}
	rc = 0;
out:
	forget_places(&scan.sections, &scan.section_count);
	forget_places(&scan.keys, &scan.key_count);
	return rc;
}

/*
 * The first error that libini_config found.  It tells them as text alone, in
 * the language of the user: "Error (10) on line 7: ...".  The two numbers are
 * what counts.  *line stays 0 where it found none.
 */
static void first_error(struct ini_cfgobj *ini, unsigned long *number, unsigned long *line)
{
	unsigned count = ini_config_error_count(ini);
	char **list = NULL;

	/* See config_file.h: its list ends only where it counted. */
	if (count == 0 || ini_config_get_errors(ini, &list) || !list)
		return;
	for (unsigned i = 0; i < count && list[i]; i++) {
		char *rest = NULL;
		unsigned long n = strtoul(list[i] + strcspn(list[i], "0123456789"), &rest, 10);
		unsigned long at = strtoul(rest + strcspn(rest, "0123456789"), NULL, 10);

		if (at > 0 && (*line == 0 || at < *line)) {
			*number = n;
			*line = at;
		}
	}
	ini_config_free_errors(list);
}

static int explain(const char *path, struct ini_cfgobj *ini, struct error *err)
{
	unsigned long number = 0, line = 0;

	first_error(ini, &number, &line);
	if (line == 0)
		return error_exit(err, EXIT_CONFIG, "%s: the file cannot be understood.", path);
	if (number == ERR_NOKEY)
		return error_exit(err, EXIT_CONFIG, "%s:%lu: there is no key before the =; write key = value.", path, line);
	if (number == ERR_NOEQUAL)
		return error_exit(err, EXIT_CONFIG,
				  "%s:%lu: there is no = on this line; write key = value, or a ; in front of a comment.", path, line);
	if (number == ERR_LONGKEY)
		return error_exit(err, EXIT_CONFIG, "%s:%lu: no key is as long as this one.", path, line);
	return error_exit(err, EXIT_CONFIG, "%s:%lu: this line cannot be understood; write key = value.", path, line);
}

/* Appends the entries of one section. */
static int take_section(struct ini_cfgobj *ini, const char *section, struct config_file *file, struct error *err)
{
	int keys = 0, failed = 0;
	char **names = ini_get_attribute_list(ini, section, &keys, &failed);

	for (int i = 0; names && i < keys; i++) {
		struct value_obj *value = NULL;
		struct config_entry *entry = NULL;
		const char *text = NULL;
		uint32_t line = 0;

		if (ini_get_config_valueobj(section, names[i], ini, INI_GET_FIRST_VALUE, &value) || !value ||
		    value_get_concatenated(value, &text) || value_get_line(value, &line)) {
			failed = 1;
			break;
		}
		file->entries = mem_grow(file->entries, file->count + 1, sizeof(*file->entries));
		entry = &file->entries[file->count++];
		entry->section = mem_strdup(section);
		entry->key = mem_strdup(names[i]);
		entry->value = mem_strdup(text ? text : "");
		entry->line = line;
	}
	if (names)
		ini_free_attribute_list(names);
	return failed ? error_set(err, ERROR_BUG, "libini_config lost the section [%s].", section) : 0;
}

static int take_sections(struct ini_cfgobj *ini, struct config_file *file, struct error *err)
{
	int count = 0, failed = 0, rc = 0;
	char **sections = ini_get_section_list(ini, &count, &failed);

	for (int i = 0; sections && rc == 0 && i < count; i++)
		rc = take_section(ini, sections[i], file, err);
	if (sections)
		ini_free_section_list(sections);
	return rc;
}

int config_file_parse(const char *path, struct strbuf *text, struct config_file *file, struct error *err)
{
	static const char bom[] = "\xef\xbb\xbf";
	struct ini_cfgfile *input = NULL;
	struct ini_cfgobj *ini = NULL;
	int rc = -1;

	if (text->len >= 3 && !memcmp(text->data, bom, 3))
		memset(text->data, ' ', 3);
	if (check_bytes(path, text, err) || scan_lines(path, text, err))
		goto out;
	if (ini_config_file_from_mem(text->data, (uint32_t)text->len, &input) || ini_config_create(&ini))
		error_set(err, ERROR_BUG, "%s: libini_config does not take the file.", path);
	else if (ini_config_parse(input, INI_STOP_ON_NONE, INI_MV1S_ALLOW | INI_MV2S_ALLOW | INI_MS_MERGE,
				  INI_PARSE_NOWRAP | INI_PARSE_NO_C_COMMENTS, ini))
		explain(path, ini, err);
	else
		rc = take_sections(ini, file, err);
out:
	if (ini)
		ini_config_destroy(ini);
	if (input)
		ini_config_file_destroy(input);
	return rc;
}

int config_file_read(const char *path, struct config_file *file, struct error *err)
{
	struct strbuf text = STRBUF_INIT_SECRET;
	int rc = config_file_slurp(path, "name another one with -c, or write it; all options are in the sample "
				   EXAMPLESDIR "/swbridge.conf.sample", &text, &file->open_to_others, err);

	if (rc == 0)
		rc = config_file_parse(path, &text, file, err);
	strbuf_release(&text);
	return rc;
}

void config_file_release(struct config_file *file)
{
	for (size_t i = 0; i < file->count; i++) {
		mem_free(file->entries[i].section);
		mem_free(file->entries[i].key);
		mem_free_secret(file->entries[i].value);
	}
	mem_free(file->entries);
	*file = (struct config_file)CONFIG_FILE_INIT;
}
