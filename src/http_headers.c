/* http_headers - the header lines that requests carry, the token among them. */
#include "http_internal.h"

#include "mem.h"

#include <string.h>

/* RFC 4648, 4. */
static void add_base64(struct strbuf *out, const char *text, size_t len)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *in = (const unsigned char *)text;

	for (; len; in += 3) {
		unsigned three = in[0] * 0x10000U + (len > 1 ? in[1] * 0x100U : 0) + (len > 2 ? in[2] : 0U);

		strbuf_putc(out, digits[three >> 18]);
		strbuf_putc(out, digits[three >> 12 & 63]);
		strbuf_putc(out, len > 1 ? digits[three >> 6 & 63] : '=');
		strbuf_putc(out, len > 2 ? digits[three & 63] : '=');
		len -= len > 3 ? 3 : len;
	}
}

/* RFC 7617, 2. */
static void add_credentials(struct strbuf *line, const char *user, const char *password)
{
	struct strbuf pair = STRBUF_INIT;

	pair.secret = true;
	strbuf_printf(&pair, "%s:%s", user, password);
	strbuf_puts(line, "Authorization: Basic ");
	add_base64(line, pair.data, pair.len);
	strbuf_release(&pair);
}

static struct curl_slist *add(struct curl_slist *list, const char *line)
{
	struct curl_slist *longer = curl_slist_append(list, line);

	return longer ? longer : list;
}

static void free_list(struct curl_slist *list)
{
	for (struct curl_slist *line = list; line; line = line->next)
		mem_wipe(line->data, strlen(line->data));
	curl_slist_free_all(list);
}

struct http_headers *http_headers_new(const char *user, const char *password, const char *agent)
{
	struct http_headers *headers = mem_alloc(sizeof *headers);
	struct curl_slist **lists[] = { &headers->bare, &headers->with_body };
	struct strbuf credentials = STRBUF_INIT;
	char *client = mem_printf("User-Agent: %s", agent);

	credentials.secret = true;
	add_credentials(&credentials, user, password);
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
		*lists[i] = add(*lists[i], credentials.data);
		*lists[i] = add(*lists[i], client);
		*lists[i] = add(*lists[i], "Accept: application/json");
	}
	headers->with_body = add(headers->with_body, "Content-Type: application/json");
	/* Waiting for "100 Continue" costs a round trip, and a second when the server does not know it. */
	headers->with_body = add(headers->with_body, "Expect:");
	headers->users = 1;
	strbuf_release(&credentials);
	mem_free(client);
	return headers;
}

struct http_headers *http_headers_use(struct http_headers *headers)
{
	headers->users++;
	return headers;
}

void http_headers_leave(struct http_headers *headers)
{
	if (!headers || --headers->users)
		return;
	free_list(headers->bare);
	free_list(headers->with_body);
	mem_free(headers);
}
