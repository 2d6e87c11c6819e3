/* http_common - what all requests of one server share: checked settings, copied. */
#include "http_internal.h"

#include "mem.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

static bool is_loopback(const char *host)
{
	struct in_addr address = { 0 };

	/* libcurl itself resolves localhost to loopback addresses, whatever the machine's files say. */
	if (!strcasecmp(host, "localhost") || !strcmp(host, "[::1]"))
		return true;
	return inet_pton(AF_INET, host, &address) == 1 && ntohl(address.s_addr) >> 24 == 127;
}

/* The URL itself is kept out of the sentences: it may hold a password. */
static int check_base(CURLU *url, struct http_common *common, struct error *err)
{
	static const CURLUPart unwanted[] = { CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_QUERY, CURLUPART_FRAGMENT };
	char *scheme = NULL, *host = NULL, *path = NULL, *part = NULL;
	int result = -1;

	if (curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) || curl_url_get(url, CURLUPART_HOST, &host, 0) ||
	    curl_url_get(url, CURLUPART_PATH, &path, 0)) {
		error_exit(err, EXIT_CONFIG, "The API's address (api_url or space) is not a URL "
			   "like https://example.signalwire.com.");
		goto out;
	}
	for (size_t i = 0; i < sizeof unwanted / sizeof *unwanted; i++) {
		if (curl_url_get(url, unwanted[i], &part, 0))
			continue;
		mem_free_secret(part);
		error_exit(err, EXIT_CONFIG, "The API's address (api_url) holds a user, a password, a query or a fragment; "
			   "give scheme and host only, and the token by api_token_file.");
		goto out;
	}
	common->plain = !strcmp(scheme, "http");
	if (!common->plain && strcmp(scheme, "https")) {
		error_exit(err, EXIT_CONFIG, "The API's address (api_url) begins with %s://; "
			   "only https:// is possible.", scheme);
	} else if (common->plain && !is_loopback(host)) {
		error_exit(err, EXIT_CONFIG, "The API's address (api_url) is plain http to %s, "
			   "which would show the token to the network; use https:// (http:// is for loopback only).", host);
	} else if (strcmp(path, "/")) {
		error_exit(err, EXIT_CONFIG, "The API's address (api_url) has the path %s; "
			   "give scheme and host only.", path);
	} else {
		result = 0;
	}
out:
	curl_free(scheme);
	curl_free(host);
	curl_free(path);
	return result;
}

static int set_base(struct http_common *common, const char *base, struct error *err)
{
	CURLU *url = curl_url();
	int result = -1;

	if (!url || curl_url_set(url, CURLUPART_URL, base, 0)) {
		error_exit(err, EXIT_CONFIG, "The API's address (api_url or space) cannot be read as a URL; "
			   "it looks like https://example.signalwire.com.");
		goto out;
	}
	if (check_base(url, common, err))
		goto out;
	common->base = url;
	url = NULL;
	result = 0;
out:
	curl_url_cleanup(url);
	return result;
}

int http_common_init(struct http_common *common, const struct http_settings *settings, struct error *err)
{
	*common = (struct http_common){ .date = STRBUF_INIT, .date_ms = -1 };
	if (set_base(common, settings->base_url, err))
		return -1;
	if (settings->ca_file && access(settings->ca_file, R_OK))
		return error_exit(err, EXIT_CONFIG, "The file of certificates %s (ca_file) cannot be read: %s.",
				  settings->ca_file, strerror(errno));
	common->user = mem_strdup(settings->user ? settings->user : "");
	common->agent = mem_strdup(settings->agent ? settings->agent : "swbridge");
	common->headers = http_headers_new(common->user, settings->password ? settings->password : "", common->agent);
	common->ca_file = mem_strdup(settings->ca_file);
	common->proxy = mem_strdup(settings->proxy);
	common->timeout_ms = settings->timeout_ms > 0 ? settings->timeout_ms : 30000;
	return 0;
}

void http_common_release(struct http_common *common)
{
	http_sockets_release(&common->sockets);
	curl_url_cleanup(common->base);
	mem_free(common->user);
	mem_free(common->agent);
	http_headers_leave(common->headers);
	mem_free(common->ca_file);
	mem_free_secret(common->proxy);
	strbuf_release(&common->date);
	*common = (struct http_common){ 0 };
}
