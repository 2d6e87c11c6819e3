/* http_easy - one easy handle: set up once, prepared for each request, read at its end. */
#include "http_internal.h"

#include "killpoint.h"

#include "mem.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
	ANSWER_MOST = 16 * 1024 * 1024, /* no page of the API comes near */
	ANSWER_KEPT = 64 * 1024,        /* a larger buffer is not kept for the next answer */
	CONNECT_MOST_MS = 10000,
	IDLE_MOST_S = 30,               /* shorter than servers keep idle connections: see set_wire() */
	READ_PAGE = 8 * 1024,           /* of an answer to GET, which may be a page, at a time */
	READ_ONE = 1024                 /* of any other; allocated anew for each request, in glibc's fast lists up to here */
};

/* An option can fail only for want of memory, or where libcurl lacks what this program is built on. */
#define SET(easy, option, value) must(curl_easy_setopt(easy, option, value), #option)

static void must(CURLcode code, const char *option)
{
	if (code == CURLE_OK)
		return;
	fprintf(stderr, "swbridge: libcurl refuses %s: %s\n", option, curl_easy_strerror(code));
	abort();
}

/*
 * Runs before the first byte of each sending, so also before libcurl repeats a
 * request whose reused connection died (Curl_retry_request does it up to five
 * times).  A read callback whose seek fails would stop that too, but only where
 * bytes of a body went out: a DELETE, or a POST cut after its header, must be
 * stopped here anyway, and with a callback every request goes out in two pieces.
 */
static int before_first_byte(void *arg, char *remote_ip, char *local_ip, int remote_port, int local_port)
{
	struct http_slot *slot = arg;
	struct http_common *common = slot->common;
	bool first = slot->first_byte_at < 0;

	(void)remote_ip;
	(void)local_ip;
	(void)remote_port;
	(void)local_port;
	if (!first && !slot->request->verb->safe) {
		slot->again = true;
		return CURL_PREREQFUNC_ABORT;
	}
	if (common->may_send && !common->may_send(common->may_send_arg)) {
		slot->fenced = true;
		return CURL_PREREQFUNC_ABORT;
	}
	if (!slot->request->verb->safe)
		KILL_POINT("before a mutation's first byte");
	if (first) {
		slot->first_byte_at = loop_boottime_ms();
		common->sent_total++;
	}
	return CURL_PREREQFUNC_OK;
}

static size_t take_answer(char *data, size_t size, size_t count, void *arg)
{
	struct http_slot *slot = arg;
	size_t len = size * count;

	if (len > ANSWER_MOST - slot->answer.len) {
		slot->too_large = true;
		return 0;
	}
	strbuf_add(&slot->answer, data, len);
	return len;
}

static size_t take_header(char *data, size_t size, size_t count, void *arg)
{
	struct http_slot *slot = arg;

	http_header_line(&slot->header, data, size * count);
	return size * count;
}

static void set_protocols(CURL *easy, bool plain)
{
#if LIBCURL_VERSION_NUM >= 0x075500
	SET(easy, CURLOPT_PROTOCOLS_STR, plain ? "http" : "https");
#else
	SET(easy, CURLOPT_PROTOCOLS, plain ? CURLPROTO_HTTP : CURLPROTO_HTTPS);
#endif
}

/*
 * libcurl reads the file of certificates once for all connections only where it
 * has no directory to look at besides: otherwise every connection reads it
 * again, at a megabyte and 15 ms each (measured with 7.88.1).
 */
static void set_trust(CURL *easy, const char *ca_file)
{
	static const char debian[] = "/etc/ssl/certs/ca-certificates.crt";
	const curl_version_info_data *info = curl_version_info(CURLVERSION_NOW);
	const char *file = ca_file;

	SET(easy, CURLOPT_SSL_VERIFYPEER, 1L);
	SET(easy, CURLOPT_SSL_VERIFYHOST, 2L);
	SET(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (!file && info->cainfo && !access(info->cainfo, R_OK))
		file = info->cainfo;
	if (!file && !access(debian, R_OK))
		file = debian;
	if (!file)
		return; /* libcurl's own ways */
	SET(easy, CURLOPT_CAINFO, file);
	SET(easy, CURLOPT_CAPATH, NULL);
}

static void set_wire(CURL *easy, const struct http_common *common)
{
	set_protocols(easy, common->plain);
	if (!common->plain)
		set_trust(easy, common->ca_file);
	SET(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	SET(easy, CURLOPT_FOLLOWLOCATION, 0L);
	SET(easy, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
	SET(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	SET(easy, CURLOPT_NOSIGNAL, 1L);
	SET(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	SET(easy, CURLOPT_HEADEROPT, (long)CURLHEADER_SEPARATE); /* the token is not for a proxy */
	/* Plain http is for loopback, where a proxy of the environment would only read the token. */
	if (common->plain)
		SET(easy, CURLOPT_PROXY, "");
	else if (common->proxy)
		SET(easy, CURLOPT_PROXY, common->proxy);
	SET(easy, CURLOPT_TIMEOUT_MS, (long)common->timeout_ms);
	SET(easy, CURLOPT_CONNECTTIMEOUT_MS,
	    (long)(common->timeout_ms < CONNECT_MOST_MS ? common->timeout_ms : CONNECT_MOST_MS));
	/* A request on a connection that the server is just closing ends with an unknown outcome: make it rare. */
	SET(easy, CURLOPT_MAXAGE_CONN, (long)IDLE_MOST_S);
	SET(easy, CURLOPT_UPLOAD_BUFFERSIZE, 16384L); /* the least; bodies are small and requests many */
#if LIBCURL_VERSION_NUM >= 0x075700
	/* A deadline that passes while the name is looked up must not wait for the resolver's thread. */
	SET(easy, CURLOPT_QUICK_EXIT, 1L);
#endif
}

static void set_callbacks(CURL *easy, struct http_slot *slot)
{
	SET(easy, CURLOPT_PRIVATE, slot);
	SET(easy, CURLOPT_ERRORBUFFER, slot->words);
	SET(easy, CURLOPT_PREREQFUNCTION, before_first_byte);
	SET(easy, CURLOPT_PREREQDATA, slot);
	SET(easy, CURLOPT_WRITEFUNCTION, take_answer);
	SET(easy, CURLOPT_WRITEDATA, slot);
	SET(easy, CURLOPT_HEADERFUNCTION, take_header);
	SET(easy, CURLOPT_HEADERDATA, slot);
	SET(easy, CURLOPT_CURLU, slot->url);
	SET(easy, CURLOPT_SOCKOPTFUNCTION, http_sockets_opened);
	SET(easy, CURLOPT_SOCKOPTDATA, &slot->common->sockets);
	/* This one stays with the connection, which may outlive the handle. */
	SET(easy, CURLOPT_CLOSESOCKETFUNCTION, http_sockets_close);
	SET(easy, CURLOPT_CLOSESOCKETDATA, &slot->common->sockets);
}

struct http_slot *http_slot_new(struct http_common *common)
{
	struct http_slot *slot = mem_alloc(sizeof *slot);

	slot->common = common;
	slot->easy = curl_easy_init();
	slot->url = curl_url_dup(common->base);
	if (!slot->easy || !slot->url)
		must(CURLE_OUT_OF_MEMORY, "a new handle");
	http_header_init(&slot->header);
	strbuf_init(&slot->answer);
	strbuf_init(&slot->problem);
	set_wire(slot->easy, common);
	set_callbacks(slot->easy, slot);
	return slot;
}

void http_slot_free(struct http_slot *slot)
{
	if (!slot)
		return;
	curl_easy_cleanup(slot->easy);
	curl_url_cleanup(slot->url);
	http_headers_leave(slot->headers);
	http_request_free(slot->request);
	http_header_release(&slot->header);
	strbuf_release(&slot->answer);
	strbuf_release(&slot->problem);
	mem_free(slot);
}

static void set_verb(struct http_slot *slot, const struct http_verb *verb)
{
	CURL *easy = slot->easy;

	/* With a method of its own each but GET and POST: UPLOAD would add nothing but a chunked body. */
	SET(easy, CURLOPT_CUSTOMREQUEST, strcmp(verb->name, "GET") && strcmp(verb->name, "POST") ? verb->name : NULL);
	SET(easy, verb->body ? CURLOPT_POST : CURLOPT_HTTPGET, 1L);
	/* A wish: libcurl refuses it where the handle still has the buffer of a transfer that failed before it began. */
	curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, verb->safe ? (long)READ_PAGE : (long)READ_ONE);
	slot->verb = verb;
}

static void set_headers(struct http_slot *slot, const struct http_verb *verb, struct http_headers *headers)
{
	SET(slot->easy, CURLOPT_HTTPHEADER, verb->body ? headers->with_body : headers->bare);
	if (slot->headers == headers)
		return;
	http_headers_leave(slot->headers);
	slot->headers = http_headers_use(headers);
}

void http_slot_prepare(struct http_slot *slot, struct http_request *request)
{
	assert(!slot->request);
	slot->request = request;
	slot->first_byte_at = -1;
	if (slot->verb != request->verb || slot->headers != slot->common->headers)
		set_headers(slot, request->verb, slot->common->headers);
	if (slot->verb != request->verb)
		set_verb(slot, request->verb);
	if (request->verb->body) {
		/* The request lives until the answer, so libcurl needs no copy of what may be a password. */
		SET(slot->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.len);
		SET(slot->easy, CURLOPT_POSTFIELDS, request->body.len ? request->body.data : "");
	}
	/* libcurl takes a copy of the URL when the request starts (CURLOPT_CURLU(3)). */
	if (curl_url_set(slot->url, CURLUPART_PATH, request->path, 0) ||
	    curl_url_set(slot->url, CURLUPART_QUERY, request->query, 0))
		must(CURLE_OUT_OF_MEMORY, "a path");
}

static int64_t wall_clock_ms(void)
{
	struct timespec now = { 0 };

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Whole sentences, for the few endings that an operator meets and libcurl's own words do not explain. */
static const char *explain(struct http_slot *slot, CURLcode code)
{
	const char *words = slot->words[0] ? slot->words : curl_easy_strerror(code);
	struct strbuf *b = &slot->problem;

	if (slot->fenced)
		strbuf_puts(b, "The fence did not let the request go.");
	else if (slot->too_large)
		strbuf_printf(b, "The answer is larger than %d MiB.", ANSWER_MOST / 1024 / 1024);
	else if (slot->again)
		strbuf_puts(b, "The connection was closed after the request was sent and before an answer came.");
	else if (code == CURLE_PEER_FAILED_VERIFICATION)
		strbuf_printf(b, "The server's certificate is not trusted (%s); "
			      "if it comes from a private authority, name the authority's file in ca_file.", words);
	else if (code == CURLE_SSL_CACERT_BADFILE)
		strbuf_printf(b, "The file of certificates (ca_file) cannot be used (%s).", words);
	else if (code == CURLE_OPERATION_TIMEDOUT && slot->first_byte_at >= 0)
		strbuf_printf(b, "No complete answer came within %lld ms.", (long long)slot->common->timeout_ms);
	else if (code == CURLE_OK)
		strbuf_puts(b, "The connection ended before the final answer came.");
	else
		strbuf_puts(b, words);
	return b->data;
}

static int64_t date_ms(struct http_common *common, const char *date)
{
	if (!common->date.len || strcmp(common->date.data, date) != 0) {
		strbuf_truncate(&common->date, 0);
		strbuf_puts(&common->date, date);
		common->date_ms = http_header_date_ms(date);
	}
	return common->date_ms;
}

void http_slot_response(struct http_slot *slot, CURLcode code, struct http_response *response)
{
	const struct http_header *header = &slot->header;
	long status = 0;

	*response = (struct http_response){
		.end = slot->first_byte_at >= 0 ? HTTP_NO_ANSWER : slot->fenced ? HTTP_FENCED : HTTP_NOT_SENT,
		.body = slot->answer.data,
		.body_len = slot->answer.len,
		.content_type = header->content_type.data,
		.request_id = header->request_id.data,
		.retry_after_ms = -1,
		.date_ms = header->date.len ? date_ms(slot->common, header->date.data) : -1,
		.first_byte_at = slot->first_byte_at,
		.problem = ""
	};
	if (header->retry_after.len)
		response->retry_after_ms = http_header_retry_after_ms(
			header->retry_after.data, response->date_ms >= 0 ? response->date_ms : wall_clock_ms());
	curl_easy_getinfo(slot->easy, CURLINFO_RESPONSE_CODE, &status);
	if (code == CURLE_OK && status >= 200 && slot->first_byte_at >= 0) {
		response->end = HTTP_ANSWERED;
		response->status = (int)status;
	} else {
		response->problem = explain(slot, code);
	}
}

void http_slot_clear(struct http_slot *slot)
{
	slot->fenced = slot->again = slot->too_large = false;
	slot->words[0] = '\0';
	http_header_clear(&slot->header);
	strbuf_truncate(&slot->problem, 0);
	if (slot->answer.size > ANSWER_KEPT)
		strbuf_release(&slot->answer);
	else
		strbuf_truncate(&slot->answer, 0);
}

void http_request_free(struct http_request *request)
{
	if (!request)
		return;
	mem_free(request->path);
	strbuf_release(&request->body);
	mem_free(request);
}
