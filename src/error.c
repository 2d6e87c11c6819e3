/* error - what went wrong, as a whole sentence with a policy. */
#include "error.h"

#include "mem.h"
#include "strbuf.h"

#include <stdarg.h>

__attribute__((format(printf, 4, 0)))
static void set(struct error *err, enum error_kind kind, int exit_code, const char *format, va_list args)
{
	struct strbuf text = STRBUF_INIT;

	/* Formatted before the old text goes: it may be one of the arguments. */
	strbuf_vprintf(&text, format, args);
	error_clear(err);
	err->kind = kind;
	err->exit_code = exit_code;
	err->text = strbuf_detach(&text);
}

int error_set(struct error *err, enum error_kind kind, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	set(err, kind, 0, format, args);
	va_end(args);
	return -1;
}

int error_exit(struct error *err, int exit_code, const char *format, ...)
{
	va_list args;
	enum error_kind kind = exit_code == EXIT_LATER || exit_code == EXIT_LOCKED ? ERROR_LATER : ERROR_NEVER;

	va_start(args, format);
	set(err, kind, exit_code, format, args);
	va_end(args);
	return -1;
}

int error_prefix(struct error *err, const char *format, ...)
{
	struct strbuf text = STRBUF_INIT;
	va_list args;

	va_start(args, format);
	strbuf_vprintf(&text, format, args);
	va_end(args);
	strbuf_puts(&text, ": ");
	strbuf_puts(&text, error_text(err));
	mem_free(err->text);
	err->text = strbuf_detach(&text);
	return -1;
}

void error_move(struct error *to, struct error *from)
{
	error_clear(to);
	*to = *from;
	*from = (struct error)ERROR_INIT;
}

void error_clear(struct error *err)
{
	mem_free(err->text);
	*err = (struct error)ERROR_INIT;
}

const char *error_text(const struct error *err)
{
	return err->text ? err->text : "no error";
}
