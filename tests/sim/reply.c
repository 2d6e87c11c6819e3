/* reply - what the API answers: a status, a body, and the shapes of errors. */
#include "reply.h"

#include <stdarg.h>
#include <string.h>
#include <time.h>

#include "jsontext.h"
#include "mem.h"

void reply_init(struct reply *r)
{
	memset(r, 0, sizeof *r);
	strbuf_init(&r->body);
}

void reply_release(struct reply *r)
{
	strbuf_release(&r->body);
	mem_free(r->retry_after);
	r->retry_after = NULL;
}

void reply_start(struct reply *r, int status)
{
	strbuf_truncate(&r->body, 0);
	r->status = status;
	r->content_type = "application/json; charset=utf-8";
}

const char *reply_phrase(int status)
{
	static const struct {
		int status;
		const char *phrase;
	} phrases[] = {
		{ 200, "OK" },
		{ 201, "Created" },
		{ 202, "Accepted" },
		{ 204, "No Content" },
		{ 400, "Bad Request" },
		{ 401, "Unauthorized" },
		{ 403, "Forbidden" },
		{ 404, "Not Found" },
		{ 405, "Method Not Allowed" },
		{ 408, "Request Timeout" },
		{ 409, "Conflict" },
		{ 415, "Unsupported Media Type" },
		{ 422, "Unprocessable Entity" },
		{ 429, "Too Many Requests" },
		{ 500, "Internal Server Error" },
		{ 502, "Bad Gateway" },
		{ 503, "Service Unavailable" },
		{ 504, "Gateway Timeout" },
	};
	size_t i = 0;

	for (i = 0; i < sizeof phrases / sizeof phrases[0]; i++)
		if (phrases[i].status == status)
			return phrases[i].phrase;
	return "Unknown";
}

void reply_error(struct reply *r, int status)
{
	reply_start(r, status);
	strbuf_printf(&r->body, "{\"error\":\"%s\"}", reply_phrase(status));
}

char *reply_date(int64_t ms)
{
	time_t seconds = (time_t)(ms / 1000);
	struct tm tm = { 0 };
	char text[64] = "";

	gmtime_r(&seconds, &tm);
	strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &tm);
	return mem_strdup(text);
}

void problems_add(struct problems *p, const char *code, const char *attribute, const char *format, ...)
{
	struct strbuf message = STRBUF_INIT;
	va_list args;

	va_start(args, format);
	strbuf_vprintf(&message, format, args);
	va_end(args);
	p->list = mem_grow(p->list, p->count + 1, sizeof *p->list);
	p->list[p->count].code = code;
	p->list[p->count].attribute = mem_strdup(attribute);
	p->list[p->count].message = strbuf_detach(&message);
	p->count++;
}

void problems_release(struct problems *p)
{
	size_t i = 0;

	for (i = 0; i < p->count; i++) {
		mem_free(p->list[i].attribute);
		mem_free(p->list[i].message);
	}
	mem_free(p->list);
	memset(p, 0, sizeof *p);
}

static void show_fabric(struct strbuf *out, const struct problem *p)
{
	strbuf_puts(out, "{\"type\":\"validation_error\",\"code\":");
	jsontext_string(out, p->code);
	strbuf_puts(out, ",\"message\":");
	jsontext_string(out, p->message);
	strbuf_puts(out, ",\"attribute\":");
	jsontext_string(out, p->attribute);
	strbuf_printf(out, ",\"url\":\"https://developer.signalwire.com/rest/overview/error-codes/#%s\"}", p->code);
}

static void show_legacy(struct strbuf *out, const struct problem *p)
{
	strbuf_puts(out, "{\"detail\":");
	jsontext_string(out, p->message);
	strbuf_puts(out, ",\"status\":\"422\",\"title\":\"Unprocessable Entity\",\"code\":");
	jsontext_string(out, p->code);
	strbuf_putc(out, '}');
}

/* {"errors":{"email":["…"]}} */
static void show_member(struct strbuf *out, const struct problem *p)
{
	jsontext_string(out, p->attribute ? p->attribute : "base");
	strbuf_puts(out, ":[");
	jsontext_string(out, p->message);
	strbuf_putc(out, ']');
}

static void show(struct strbuf *out, int64_t shape, bool legacy, const struct problem *p)
{
	if (shape == SETTINGS_SHAPE_OBJECT)
		show_member(out, p);
	else if (shape == SETTINGS_SHAPE_STRINGS)
		jsontext_string(out, p->message);
	else if (legacy)
		show_legacy(out, p);
	else
		show_fabric(out, p);
}

void reply_problems(struct reply *r, const struct settings *settings, bool legacy, const struct problems *p)
{
	int64_t shape = settings->error_shape;
	size_t i = 0;

	if (p->crash) {
		reply_error(r, 500);
		return;
	}
	reply_start(r, 422);
	if (shape == SETTINGS_SHAPE_EMPTY)
		return;
	if (shape == SETTINGS_SHAPE_HTML) {
		r->content_type = "text/html";
		strbuf_puts(&r->body, "<html><body><h1>422 Unprocessable Entity</h1></body></html>\n");
		return;
	}
	strbuf_puts(&r->body, shape == SETTINGS_SHAPE_OBJECT ? "{\"errors\":{" : "{\"errors\":[");
	for (i = 0; i < p->count; i++) {
		if (i)
			strbuf_putc(&r->body, ',');
		show(&r->body, shape, legacy, &p->list[i]);
	}
	strbuf_puts(&r->body, shape == SETTINGS_SHAPE_OBJECT ? "}}" : "]}");
}

void reply_problem(struct reply *r, const struct settings *settings, bool legacy, const char *code,
		   const char *attribute, const char *message)
{
	struct problems p = { 0 };

	problems_add(&p, code, attribute, "%s", message);
	reply_problems(r, settings, legacy, &p);
	problems_release(&p);
}
