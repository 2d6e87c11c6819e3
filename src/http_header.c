/* http_header - the few header fields of an answer that matter here. */
#include "http_header.h"

#include "http.h"
#include "mem.h"

#include <curl/curl.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

enum { VALUE_MOST = 256, LINK_MOST = 8192 }; /* longer ones are cut, or refused */

/* In the order in which they count where an answer has several. */
static const char *const request_id_names[] = { "x-request-id", "x-signalwire-request-id", "request-id" };
enum { REQUEST_ID_NAMES = sizeof request_id_names / sizeof *request_id_names };

void http_header_init(struct http_header *header)
{
	strbuf_init(&header->content_type);
	strbuf_init(&header->request_id);
	strbuf_init(&header->retry_after);
	strbuf_init(&header->date);
	header->request_id_rank = REQUEST_ID_NAMES;
}

void http_header_clear(struct http_header *header)
{
	strbuf_truncate(&header->content_type, 0);
	strbuf_truncate(&header->request_id, 0);
	strbuf_truncate(&header->retry_after, 0);
	strbuf_truncate(&header->date, 0);
	header->request_id_rank = REQUEST_ID_NAMES;
}

void http_header_release(struct http_header *header)
{
	strbuf_release(&header->content_type);
	strbuf_release(&header->request_id);
	strbuf_release(&header->retry_after);
	strbuf_release(&header->date);
}

static bool is_named(const char *name, size_t len, const char *wanted)
{
	return len == strlen(wanted) && !strncasecmp(name, wanted, len);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void keep(struct strbuf *field, const char *value, size_t len)
{
	strbuf_truncate(field, 0);
	strbuf_add(field, value, len < VALUE_MOST ? len : VALUE_MOST);
}

static void keep_request_id(struct http_header *header, const char *name, size_t name_len,
			    const char *value, size_t len)
{
	for (int i = 0; i < header->request_id_rank; i++) {
		if (!is_named(name, name_len, request_id_names[i]))
			continue;
		keep(&header->request_id, value, len);
		header->request_id_rank = i;
	}
}

static void keep_field(struct http_header *header, const char *name, size_t name_len, const char *value, size_t len)
{
	if (is_named(name, name_len, "date"))
		keep(&header->date, value, len);
	else if (is_named(name, name_len, "content-type"))
		keep(&header->content_type, value, len);
	else if (is_named(name, name_len, "retry-after"))
		keep(&header->retry_after, value, len);
	else
		keep_request_id(header, name, name_len, value, len);
}

void http_header_line(struct http_header *header, const char *line, size_t len)
{
	const char *colon = memchr(line, ':', len);
	const char *value = NULL;
	size_t name_len = 0;

	if (len >= 5 && !memcmp(line, "HTTP/", 5)) {
		http_header_clear(header);
		return;
	}
	if (!colon)
		return;
	name_len = (size_t)(colon - line);
	value = colon + 1;
	len -= name_len + 1;
	for (; len && is_blank(*value); value++)
		len--;
	while (len && is_blank(value[len - 1]))
		len--;
	if (len && !memchr(value, '\0', len))
		keep_field(header, line, name_len, value, len);
}

int64_t http_header_date_ms(const char *value)
{
	time_t seconds = -1;

	/* All three forms begin with the day's name; curl_getdate(3) takes much more than these. */
	if (strspn(value, "MTWFSadehinortu") < 3)
		return -1;
	seconds = curl_getdate(value, NULL);
	return seconds < 0 ? -1 : (int64_t)seconds * 1000;
}

int64_t http_header_retry_after_ms(const char *value, int64_t now_ms)
{
	size_t digits = strspn(value, "0123456789");
	int64_t wait = 0;

	if (digits && !value[digits]) {
		for (size_t i = 0; i < digits && wait < HTTP_RETRY_AFTER_MOST_MS; i++)
			wait = wait * 10 + (value[i] - '0');
		wait *= 1000;
	} else {
		wait = http_header_date_ms(value);
		if (wait < 0 || now_ms < 0)
			return -1;
		wait -= now_ms;
	}
	return wait < 0 ? 0 : wait > HTTP_RETRY_AFTER_MOST_MS ? HTTP_RETRY_AFTER_MOST_MS : wait;
}

/* Only what RFC 3986 allows in a reference: visible ASCII, without what browsers and others read differently. */
static bool is_clean(const char *link)
{
	size_t len = 0;

	for (; link[len]; len++)
		if (len >= LINK_MOST || link[len] <= ' ' || link[len] > '~' || strchr("\\\"<>^`{|}", link[len]))
			return false;
	return true;
}

char *http_link_path(const char *link)
{
	const char *rest = link;
	size_t authority = 0;

	if (!link || !is_clean(link))
		return NULL;
	if (!strncasecmp(link, "https://", 8))
		rest = link + 6;
	else if (!strncasecmp(link, "http://", 7))
		rest = link + 5;
	if (rest[0] != '/')
		return NULL;
	if (rest[1] == '/') {
		rest += 2;
		authority = strcspn(rest, "/?#");
		if (!authority)
			return NULL;
		rest += authority;
	}
	if (!*rest || *rest == '#')
		return NULL;
	return mem_printf("%s%.*s", *rest == '?' ? "/" : "", (int)strcspn(rest, "#"), rest);
}
