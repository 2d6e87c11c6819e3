/* config_text - texts that must have a certain form: addresses, names, the token. */
#include "config_text.h"

#include "mem.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <libpq-fe.h>
#include <string.h>
#include <strings.h>

static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
static const char digits[] = "0123456789";

/* Whether all of `len` bytes are letters, digits or in `more`. */
static bool made_of(const char *text, size_t len, const char *more)
{
	for (size_t i = 0; i < len; i++) {
		if (!text[i] || !(strchr(letters, text[i]) || strchr(digits, text[i]) || strchr(more, text[i])))
			return false;
	}
	return true;
}

static int keep(void *field, const char *text)
{
	char **string = field;

	mem_free_secret(*string);
	*string = *text ? mem_strdup(text) : NULL;
	return 0;
}

int config_text_any(const struct config_option *option, const char *text, void *field, struct error *err)
{
	(void)option;
	(void)err;
	return keep(field, text);
}

int config_text_path(const struct config_option *option, const char *text, void *field, struct error *err)
{
	(void)option;
	if (*text && *text != '/')
		return error_exit(err, EXIT_CONFIG, "write a path that begins with /: cron and systemd start elsewhere than you do.");
	return keep(field, text);
}

int config_text_space(const struct config_option *option, const char *text, void *field, struct error *err)
{
	static const char domain[] = ".signalwire.com";
	size_t len = strlen(text), cut = strlen(domain);
	char *space = NULL;

	(void)option;
	if (len > cut && !strcasecmp(text + len - cut, domain))
		len -= cut;
	if (!made_of(text, len, "-") || len > 63 || (len > 0 && (text[0] == '-' || text[len - 1] == '-')))
		return error_exit(err, EXIT_CONFIG,
				  "write the name of the space alone: example for https://example.signalwire.com.");
	space = mem_strndup(text, len);
	keep(field, space);
	mem_free(space);
	return 0;
}

int config_text_project(const struct config_option *option, const char *text, void *field, struct error *err)
{
	(void)option;
	/* It is the user of HTTP Basic authentication, which has no colon (RFC 7617, 2). */
	if (!made_of(text, strlen(text), "-_"))
		return error_exit(err, EXIT_CONFIG, "write the project id as the dashboard shows it, letters, digits and dashes.");
	return keep(field, text);
}

int config_text_token(const struct config_option *option, const char *text, void *field, struct error *err)
{
	(void)option;
	for (const char *p = text; *p; p++) {
		if (*p <= ' ' || *p > '~')
			return error_exit(err, EXIT_CONFIG,
					  "the token has white space or bytes in it that no token has; write it alone, on one line.");
	}
	if (!*text)
		return error_exit(err, EXIT_CONFIG, "the token is empty; write the one that the dashboard shows under API.");
	return keep(field, text);
}

static bool is_loopback(const char *host)
{
	struct in_addr v4 = { 0 };
	struct in6_addr v6 = IN6ADDR_ANY_INIT;
	char *inner = NULL;
	bool loopback = false;

	if (!strcasecmp(host, "localhost"))
		return true;
	if (inet_pton(AF_INET, host, &v4) == 1)
		return ntohl(v4.s_addr) >> 24 == 127;
	if (host[0] != '[')
		return false;
	inner = mem_strndup(host + 1, strcspn(host + 1, "]"));
	loopback = inet_pton(AF_INET6, inner, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
	mem_free(inner);
	return loopback;
}

/* One part of a URL, NULL where it has none.  Freed with curl_free(). */
static char *url_part(CURLU *url, CURLUPart part)
{
	char *text = NULL;

	return curl_url_get(url, part, &text, 0) ? NULL : text;
}

/*
 * NULL: a good address, else the clause about it.  Parsed by libcurl, as the
 * requests will be: no second opinion about what the host is can open a hole.
 */
static const char *judge_url(const char *text)
{
	CURLU *url = curl_url();
	char *scheme = NULL, *host = NULL;
	const char *objection = "write an address that begins with https:// and has no user, query or fragment.";

	if (!url || curl_url_set(url, CURLUPART_URL, text, 0)) {
		objection = "write an address like https://example.signalwire.com.";
		goto out;
	}
	scheme = url_part(url, CURLUPART_SCHEME);
	host = url_part(url, CURLUPART_HOST);
	/* Looked for in the text: libcurl does not tell an empty query from none. */
	if (!scheme || !host || strpbrk(text, "@?# \t\\"))
		goto out;
	if (!strcmp(scheme, "https") || (!strcmp(scheme, "http") && is_loopback(host)))
		objection = NULL;
	else if (!strcmp(scheme, "http"))
		objection = "plain http would show the token and every SIP password to the network; "
			    "write https:// (http is for loopback addresses only).";
out:
	curl_free(host);
	curl_free(scheme);
	curl_url_cleanup(url);
	return objection;
}

int config_text_url(const struct config_option *option, const char *text, void *field, struct error *err)
{
	const char *objection = *text ? judge_url(text) : NULL;
	size_t len = strlen(text);
	char *clean = NULL;

	(void)option;
	if (objection)
		return error_exit(err, EXIT_CONFIG, "%s", objection);
	while (len > 0 && text[len - 1] == '/')
		len--;
	clean = mem_strndup(text, len);
	keep(field, clean);
	mem_free(clean);
	return 0;
}

int config_text_proxy(const struct config_option *option, const char *text, void *field, struct error *err)
{
	CURLU *url = curl_url();
	int rc = -1;

	(void)option;
	/* libcurl takes a proxy without a scheme for an HTTP one (CURLOPT_PROXY(3)). */
	if (*text && (!url || curl_url_set(url, CURLUPART_URL, text, CURLU_DEFAULT_SCHEME | CURLU_NON_SUPPORT_SCHEME)))
		error_exit(err, EXIT_CONFIG, "write the proxy's address, like http://proxy.example.com:3128.");
	else
		rc = keep(field, text);
	curl_url_cleanup(url);
	return rc;
}

char *config_text_proxy_password(const char *proxy)
{
	CURLU *url = curl_url();
	char *part = NULL, *password = NULL;

	if (url && proxy && !curl_url_set(url, CURLUPART_URL, proxy, CURLU_DEFAULT_SCHEME | CURLU_NON_SUPPORT_SCHEME))
		part = url_part(url, CURLUPART_PASSWORD);
	if (part) {
		password = mem_strdup(part);
		mem_wipe(part, strlen(part));
	}
	curl_free(part);
	curl_url_cleanup(url);
	return password;
}

int config_text_conninfo(const struct config_option *option, const char *text, void *field, struct error *err)
{
	char **string = field;
	char *message = NULL;
	PQconninfoOption *parts = PQconninfoParse(text, &message);

	(void)option;
	/* libpq's message quotes the text, which may hold a password: it is not shown. */
	if (message)
		mem_wipe(message, strlen(message));
	PQfreemem(message);
	if (!parts)
		return error_exit(err, EXIT_CONFIG,
				  "libpq does not understand this connection string; write it like "
				  "host=db.example.com dbname=pbx user=swbridge, or as postgresql://user@host/dbname.");
	PQconninfoFree(parts);
	mem_free_secret(*string);
	*string = mem_strdup(text);
	return 0;
}

char *config_text_conninfo_password(const char *conninfo)
{
	PQconninfoOption *parts = PQconninfoParse(conninfo ? conninfo : "", NULL);
	char *password = NULL;

	for (PQconninfoOption *part = parts; part && part->keyword; part++) {
		if (!strcmp(part->keyword, "password") && part->val && *part->val && !password)
			password = mem_strdup(part->val);
	}
	PQconninfoFree(parts);
	return password;
}

int config_text_identifier(const struct config_option *option, const char *text, void *field, struct error *err)
{
	(void)option;
	/* The server would cut a longer one short (NAMEDATALEN). */
	if (!*text || strlen(text) > 63)
		return error_exit(err, EXIT_CONFIG, "write a name of 1 to 63 bytes.");
	return keep(field, text);
}

static bool known_placeholder(const char *name, size_t len, bool *distinct)
{
	static const struct {
		const char *name;
		bool distinct; /* differs from one extension to the next */
	} known[] = {
		{ "extension", true }, { "username", true }, { "key", true }, { "tenant", false },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (strlen(known[i].name) == len && !strncmp(known[i].name, name, len)) {
			*distinct = *distinct || known[i].distinct;
			return true;
		}
	}
	return false;
}

int config_text_username(const struct config_option *option, const char *text, void *field, struct error *err)
{
	bool distinct = false;

	(void)option;
	for (const char *p = text; *p; p++) {
		size_t len = 0;

		if (strchr(" \t@", *p))
			return error_exit(err, EXIT_CONFIG, "a SIP username has neither white space nor an @ in it.");
		if (*p == '}')
			return error_exit(err, EXIT_CONFIG, "a } stands there without its {.");
		if (*p != '{')
			continue;
		len = strcspn(p + 1, "{}");
		if (p[1 + len] != '}')
			return error_exit(err, EXIT_CONFIG, "a { stands there without its }.");
		if (!known_placeholder(p + 1, len, &distinct))
			return error_exit(err, EXIT_CONFIG,
					  "the placeholders are {extension}, {tenant}, {username} and {key}; {%.*s} is none.",
					  len < 40 ? (int)len : 40, p + 1);
		p += 1 + len;
	}
	if (*text && !distinct)
		return error_exit(err, EXIT_CONFIG,
				  "every extension would get the same username; write {extension}, {username} or {key} into it.");
	return keep(field, text);
}

int config_text_domain(const struct config_option *option, const char *text, void *field, struct error *err)
{
	size_t len = strlen(text);

	(void)option;
	if (!made_of(text, len, "-.") || len > 200 || strstr(text, "..") ||
	    (len > 0 && (strchr("-.", text[0]) || strchr("-.", text[len - 1]))))
		return error_exit(err, EXIT_CONFIG, "write a domain name alone, like pbx.example.com.");
	return keep(field, text);
}

int config_text_uuid(const struct config_option *option, const char *text, void *field, struct error *err)
{
	static const char shape[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
	bool good = strlen(text) == strlen(shape);

	(void)option;
	for (size_t i = 0; good && shape[i]; i++)
		good = strchr(shape[i] == '-' ? "-" : "0123456789abcdefABCDEF", text[i]) != NULL;
	if (*text && !good)
		return error_exit(err, EXIT_CONFIG, "write an id of the form %s.", shape);
	return keep(field, text);
}

/* The address part of HOST:PORT or [HOST]:PORT. */
static bool host_good(const char *host, size_t len)
{
	if (len > 0 && host[0] == '[')
		return len > 2 && host[len - 1] == ']' && made_of(host + 1, len - 2, ":.%");
	return len > 0 && made_of(host, len, "-.");
}

static bool port_good(const char *port)
{
	size_t len = strlen(port);

	/* Of numbers with five digits those up to 65535 come first in the alphabet, too. */
	return len > 0 && len <= 5 && strspn(port, digits) == len && (len < 5 || strcmp(port, "65535") <= 0);
}

int config_text_listen(const struct config_option *option, const char *text, void *field, struct error *err)
{
	const char *colon = strrchr(text, ':');

	(void)option;
	if (*text && !(colon && host_good(text, (size_t)(colon - text)) && port_good(colon + 1)))
		return error_exit(err, EXIT_CONFIG, "write an address and a port, like 127.0.0.1:9753 or [::1]:9753.");
	return keep(field, text);
}
