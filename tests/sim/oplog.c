/* oplog - the log of every committed mutation: the oracle of the tests. */
#include "oplog.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "jsontext.h"
#include "mem.h"

int oplog_open(struct oplog *log, const char *path, struct error *err)
{
	memset(log, 0, sizeof *log);
	log->fd = path ? open(path, O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600)
		       : memfd_create("swbridge-sim", MFD_CLOEXEC);
	if (log->fd < 0)
		return error_set(err, ERROR_NEVER, "The log %s cannot be opened: %s.", path ? path : "in memory",
				 strerror(errno));
	return 0;
}

static const char *type_name(enum kind kind)
{
	return kind == KIND_SUBSCRIBER ? "subscriber" : kind == KIND_CREDENTIAL ? "credential" : "sip_endpoint";
}

/* Bodies may hold line breaks between their members; a line may not. */
static void add_fields(struct strbuf *line, const char *fields, size_t len)
{
	size_t i = 0;

	if (!fields || !len) {
		strbuf_puts(line, "{}");
		return;
	}
	for (i = 0; i < len; i++)
		strbuf_putc(line, fields[i] == '\n' || fields[i] == '\r' ? ' ' : fields[i]);
}

static void write_all(int fd, const char *data, size_t len)
{
	while (len) {
		ssize_t done = write(fd, data, len);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return;
		data += done;
		len -= (size_t)done;
	}
}

void oplog_write(struct oplog *log, const struct oplog_entry *e, const struct object *o)
{
	struct strbuf line = STRBUF_INIT;

	if ((size_t)log->seq == log->size) {
		log->size = log->size ? log->size * 2 : 256;
		log->start = mem_grow(log->start, log->size, sizeof *log->start);
	}
	log->start[log->seq++] = log->end;
	log->api += strcmp(e->by, "api") == 0;
	strbuf_printf(&line, "{\"seq\":%" PRId64 ",\"time\":", log->seq);
	jsontext_time(&line, e->time_ms, 3);
	strbuf_printf(&line, ",\"by\":\"%s\",\"method\":\"%s\",\"path\":", e->by, e->method);
	jsontext_string(&line, e->path);
	strbuf_printf(&line, ",\"op\":\"%s\",\"type\":\"%s\",\"id\":\"%s\",\"subscriber_id\":", e->op,
		      type_name(o->kind), o->id);
	jsontext_string(&line, o->parent ? o->parent->id : NULL);
	strbuf_puts(&line, ",\"name\":");
	jsontext_string(&line, o->name);
	strbuf_printf(&line, ",\"late\":%s,\"request_id\":", e->late ? "true" : "false");
	jsontext_string(&line, e->request_id);
	if (e->arrived_us)
		strbuf_printf(&line, ",\"arrived\":%" PRId64, e->arrived_us);
	else
		strbuf_puts(&line, ",\"arrived\":null");
	strbuf_puts(&line, ",\"fields\":");
	add_fields(&line, e->fields, e->fields_len);
	strbuf_puts(&line, "}\n");
	write_all(log->fd, line.data, line.len);
	log->end += (int64_t)line.len;
	strbuf_release(&line);
}

void oplog_read(const struct oplog *log, int64_t since, struct strbuf *out)
{
	int64_t at = log->end;

	if (since < log->seq)
		at = log->start[since > 0 ? since : 0];
	strbuf_reserve(out, (size_t)(log->end - at));
	while (at < log->end) {
		char part[65536];
		size_t want = (size_t)(log->end - at) < sizeof part ? (size_t)(log->end - at) : sizeof part;
		ssize_t got = pread(log->fd, part, want, at);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return;
		strbuf_add(out, part, (size_t)got);
		at += got;
	}
}

void oplog_close(struct oplog *log)
{
	if (log->fd >= 0)
		close(log->fd);
	log->fd = -1;
	mem_free(log->start);
	log->start = NULL;
}
