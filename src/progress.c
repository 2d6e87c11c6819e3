/* progress - how far a pass is that takes its time: a bar on a terminal, or lines in the log. */
#include "progress.h"

#include "log.h"

#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { LINE_MS = 10000, QUIET_MS = 2000, REDRAW_MS = 100, WIDTH_DEFAULT = 80, BAR_MIN = 10, BAR_MAX = 40 };

void progress_init(struct progress *progress, bool terminal)
{
	*progress = (struct progress){ .terminal = terminal, .started_ms = loop_now_ms() };
}

static void add_time(struct strbuf *out, int64_t seconds)
{
	if (seconds >= 3600)
		strbuf_printf(out, "%lldh%02lldm", (long long)(seconds / 3600), (long long)(seconds % 3600 / 60));
	else if (seconds >= 60)
		strbuf_printf(out, "%lldm%02llds", (long long)(seconds / 60), (long long)(seconds % 60));
	else
		strbuf_printf(out, "%llds", (long long)seconds);
}

void progress_text(struct strbuf *out, int64_t done, int64_t total, int64_t elapsed_ms, size_t width)
{
	struct strbuf text = STRBUF_INIT;
	int64_t tenths = elapsed_ms > 0 ? done * 10000 / elapsed_ms : 0; /* a second */
	size_t bar = 0, full = 0;

	if (total < done)
		total = done;
	strbuf_printf(&text, " %lld of %lld, ", (long long)done, (long long)total);
	if (tenths < 100)
		strbuf_printf(&text, "%lld.%lld/s", (long long)(tenths / 10), (long long)(tenths % 10));
	else
		strbuf_printf(&text, "%lld/s", (long long)(tenths / 10));
	if (done > 0 && done < total) {
		strbuf_puts(&text, ", ");
		add_time(&text, (total - done) * elapsed_ms / done / 1000);
		strbuf_puts(&text, " left");
	}
	if (text.len + BAR_MIN + 2 <= width) {
		bar = width - text.len - 2;
		bar = bar > BAR_MAX ? BAR_MAX : bar;
		full = total > 0 ? (size_t)((int64_t)bar * done / total) : 0;
		strbuf_putc(out, '[');
		for (size_t i = 0; i < bar; i++)
			strbuf_putc(out, i < full ? '#' : '.');
		strbuf_putc(out, ']');
	}
	strbuf_add(out, text.data, width && text.len > width ? width : text.len);
	strbuf_release(&text);
}

static size_t terminal_width(void)
{
	struct winsize size = { 0 };

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) || size.ws_col == 0)
		return WIDTH_DEFAULT;
	return size.ws_col;
}

/* A bar that cannot be drawn is not worth an error. */
static void put(const struct strbuf *text)
{
	ssize_t written = write(STDERR_FILENO, text->data, text->len);

	(void)written;
}

void progress_line(struct strbuf *out, const struct progress *progress, int64_t now_ms)
{
	struct strbuf text = STRBUF_INIT;

	if (progress->waits)
		strbuf_printf(&text, "%lld of %lld, waiting %s", (long long)progress->done, (long long)progress->total, progress->waits);
	else
		progress_text(&text, progress->done, progress->total, now_ms - progress->started_ms, 0);
	strbuf_puts(out, text.data + strspn(text.data, " "));
	strbuf_release(&text);
}

static void line_due(void *arg)
{
	struct progress *progress = arg;
	struct strbuf text = STRBUF_INIT;

	progress_line(&text, progress, loop_now_ms());
	log_info("%s", text.data);
	strbuf_release(&text);
	loop_timer_arm(progress->timer, LINE_MS);
}

void progress_lines(struct progress *progress, struct loop *loop)
{
	progress->timer = loop_timer_new(loop, line_due, progress);
	loop_timer_arm(progress->timer, LINE_MS);
}

void progress_end(struct progress *progress)
{
	progress_clear(progress);
	loop_timer_free(progress->timer);
	progress->timer = NULL;
}

void progress_update(struct progress *progress, int64_t done, int64_t total)
{
	int64_t now = loop_now_ms();
	struct strbuf text = STRBUF_INIT;

	progress->done = done;
	progress->total = total;
	progress->waits = NULL;
	if (!progress->terminal || now - progress->started_ms < QUIET_MS ||
	    (progress->drawn_ms && now - progress->drawn_ms < REDRAW_MS))
		return;
	strbuf_puts(&text, "\r\033[K");
	progress_text(&text, done, total, now - progress->started_ms, terminal_width() - 1);
	put(&text);
	progress->drawn = true;
	progress->drawn_ms = now;
	strbuf_release(&text);
}

void progress_clear(struct progress *progress)
{
	struct strbuf text = STRBUF_INIT;

	if (!progress->drawn)
		return;
	strbuf_puts(&text, "\r\033[K");
	put(&text);
	progress->drawn = false;
	strbuf_release(&text);
}

void progress_wait(struct progress *progress, const char *what)
{
	progress_clear(progress);
	progress->waits = what;
}
