/* report_file - a file with a line for each extension: what became of it, and what its phone must use. */
#include "report_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "jsonline.h"
#include "mem.h"

enum { KEPT_MAX = 65536 };

struct report_file {
	char *path;
	char *beside;
	int fd;
	bool secrets;
	bool json;
	struct strbuf kept;
	int why; /* errno of the first failure */
};

/* ---- rows as text ----------------------------------------------------------------- */

enum { COLUMNS = 10, COLUMN_SECRET = 6 };

static const char *const names[COLUMNS] = {
	"key", "extension", "done", "why", "username", "domain", "secret", "email", "subscriber_id", "sip_endpoint_id",
};

static void values_of(const struct report_file_row *row, const char *values[COLUMNS])
{
	const char *const all[COLUMNS] = {
		row->key, row->extension, row->done, row->why, row->username, row->domain, row->secret, row->email,
		row->subscriber_id, row->sip_endpoint_id,
	};

	memcpy(values, all, sizeof all);
}

/* RFC 4180: in quotes where it has to be, and a quote twice. */
static void csv_field(struct strbuf *out, const char *value)
{
	if (!strpbrk(value, "\",\r\n")) {
		strbuf_puts(out, value);
		return;
	}
	strbuf_putc(out, '"');
	for (const char *c = value; *c; c++) {
		if (*c == '"')
			strbuf_putc(out, '"');
		strbuf_putc(out, *c);
	}
	strbuf_putc(out, '"');
}

void report_file_csv(struct strbuf *out, const struct report_file_row *row, bool secrets)
{
	const char *values[COLUMNS];
	bool first = true;

	if (row)
		values_of(row, values);
	else
		memcpy(values, names, sizeof values);
	for (int i = 0; i < COLUMNS; i++) {
		if (i == COLUMN_SECRET && !secrets)
			continue;
		if (!first)
			strbuf_putc(out, ',');
		first = false;
		csv_field(out, values[i] ? values[i] : "");
	}
	strbuf_puts(out, "\r\n");
}

void report_file_json(struct strbuf *out, const struct report_file_row *row, bool secrets)
{
	const char *values[COLUMNS];

	values_of(row, values);
	jsonline_begin(out, "extension");
	for (int i = 0; i < COLUMNS; i++)
		if (i != COLUMN_SECRET || secrets)
			jsonline_text(out, names[i], values[i]);
	jsonline_end(out);
}

/* ---- the file --------------------------------------------------------------------- */

static const char *ending_of(const char *path)
{
	const char *name = strrchr(path, '/');
	const char *dot = strrchr(name ? name : path, '.');

	return dot ? dot : "";
}

static bool is_json(const char *path)
{
	const char *ending = ending_of(path);

	return !strcasecmp(ending, ".json") || !strcasecmp(ending, ".jsonl") || !strcasecmp(ending, ".ndjson");
}

int report_file_check(const char *path, struct error *err)
{
	if (is_json(path) || !strcasecmp(ending_of(path), ".csv"))
		return 0;
	return error_exit(err, EXIT_USAGE, "--report: the ending of %s says how it is written: .csv, or .json for one object a line.",
			  path);
}

static int check_there(const char *path, bool secrets, struct error *err)
{
	struct stat there = { 0 };

	if (lstat(path, &there))
		return errno == ENOENT ? 0 : error_set(err, ERROR_NEVER, "--report: %s cannot be looked at (%s).", path, strerror(errno));
	if (!S_ISREG(there.st_mode))
		return error_set(err, ERROR_NEVER, "--report: %s is there already, and no file; give another name.", path);
	if (secrets && (there.st_mode & 077))
		return error_set(err, ERROR_NEVER, "--report: %s is there already, and others may read it; passwords are not put into "
				 "such a file's place. Remove it, or run: chmod 600 %s", path, path);
	return 0;
}

int report_file_open(const char *path, bool secrets, struct report_file **file, struct error *err)
{
	struct report_file *new = NULL;
	char *beside = NULL;
	int fd = -1;

	if (report_file_check(path, err) || check_there(path, secrets, err))
		return -1;
	beside = mem_printf("%s.XXXXXX.tmp", path);
	fd = mkostemps(beside, 4, O_CLOEXEC); /* O_EXCL, 0600 */
	if (fd < 0 || (!secrets && fchmod(fd, 0644))) {
		error_set(err, ERROR_NEVER, "--report: %s cannot be written (%s).", path, strerror(errno));
		if (fd >= 0) {
			close(fd);
			unlink(beside);
		}
		mem_free(beside);
		return -1;
	}
	new = mem_alloc(sizeof *new);
	new->path = mem_strdup(path);
	new->beside = beside;
	new->fd = fd;
	new->secrets = secrets;
	new->json = is_json(path);
	new->kept = (struct strbuf)STRBUF_INIT_SECRET;
	if (!new->json)
		report_file_csv(&new->kept, NULL, secrets);
	*file = new;
	return 0;
}

bool report_file_has_secrets(const struct report_file *file)
{
	return file->secrets;
}

static void flush(struct report_file *file)
{
	size_t done = 0;

	while (!file->why && done < file->kept.len) {
		ssize_t written = write(file->fd, file->kept.data + done, file->kept.len - done);

		if (written >= 0)
			done += (size_t)written;
		else if (errno != EINTR)
			file->why = errno;
	}
	strbuf_truncate(&file->kept, 0);
}

void report_file_row(struct report_file *file, const struct report_file_row *row)
{
	if (file->json)
		report_file_json(&file->kept, row, file->secrets);
	else
		report_file_csv(&file->kept, row, file->secrets);
	if (file->kept.len >= KEPT_MAX)
		flush(file);
}

static void release(struct report_file *file)
{
	strbuf_release(&file->kept);
	mem_free(file->path);
	mem_free(file->beside);
	mem_free(file);
}

int report_file_finish(struct report_file *file, struct error *err)
{
	int rc = 0;

	flush(file);
	if (!file->why && fsync(file->fd))
		file->why = errno;
	if (close(file->fd) && !file->why)
		file->why = errno;
	if (!file->why && rename(file->beside, file->path))
		file->why = errno;
	if (file->why) {
		unlink(file->beside);
		rc = error_set(err, ERROR_NEVER, "--report: %s cannot be written (%s).", file->path, strerror(file->why));
	}
	release(file);
	return rc;
}

void report_file_abandon(struct report_file *file)
{
	if (!file)
		return;
	close(file->fd);
	unlink(file->beside);
	release(file);
}
