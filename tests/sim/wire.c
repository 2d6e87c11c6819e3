/* wire - connections: TLS, bytes and the ways to end one badly. */
#include "wire.h"

#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <openssl/ssl.h>

#include "mem.h"

struct wire_link {
	struct wire *wire;
	struct bufferevent *buffer; /* for comparing only: it may be gone */
	int64_t in, out;            /* before the first API request */
	bool api;
	struct wire_link *next;
};

int wire_init(struct wire *wire, struct sim *sim, const char *certificate, const char *key, struct error *err)
{
	memset(wire, 0, sizeof *wire);
	wire->sim = sim;
	if (!certificate && !key)
		return 0;
	if (!certificate || !key)
		return error_set(err, ERROR_NEVER, "TLS needs both a certificate and a key.");
	wire->tls = SSL_CTX_new(TLS_server_method());
	if (!wire->tls || SSL_CTX_use_certificate_chain_file(wire->tls, certificate) != 1 ||
	    SSL_CTX_use_PrivateKey_file(wire->tls, key, SSL_FILETYPE_PEM) != 1 ||
	    SSL_CTX_check_private_key(wire->tls) != 1)
		return error_set(err, ERROR_NEVER, "The certificate %s or its key %s cannot be used.", certificate,
				 key);
	return 0;
}

void wire_release(struct wire *wire)
{
	while (wire->links) {
		struct wire_link *link = wire->links;

		wire->links = link->next;
		mem_free(link);
	}
	SSL_CTX_free(wire->tls);
	wire->tls = NULL;
}

static void count_in(struct evbuffer *buffer, const struct evbuffer_cb_info *info, void *arg)
{
	struct wire_link *link = arg;

	(void)buffer;
	*(link->api ? &link->wire->sim->counts.bytes_in : &link->in) += (int64_t)info->n_added;
}

static void count_out(struct evbuffer *buffer, const struct evbuffer_cb_info *info, void *arg)
{
	struct wire_link *link = arg;

	(void)buffer;
	*(link->api ? &link->wire->sim->counts.bytes_out : &link->out) += (int64_t)info->n_added;
}

static struct wire_link *find_link(struct wire *wire, struct bufferevent *buffer)
{
	struct wire_link *link = wire->links;

	while (link && link->buffer != buffer)
		link = link->next;
	return link;
}

struct bufferevent *wire_accept(struct event_base *base, void *arg)
{
	struct wire *wire = arg;
	struct bufferevent *buffer = NULL;
	struct wire_link *link = NULL;

	if (wire->tls)
		buffer = bufferevent_openssl_socket_new(base, -1, SSL_new(wire->tls), BUFFEREVENT_SSL_ACCEPTING,
							BEV_OPT_CLOSE_ON_FREE);
	else
		buffer = bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);
	if (!buffer)
		return NULL;
	/* A link outlives its connection; its place is used again with the address. */
	link = find_link(wire, buffer);
	if (!link) {
		link = mem_alloc(sizeof *link);
		link->next = wire->links;
		wire->links = link;
	}
	link->wire = wire;
	link->buffer = buffer;
	link->in = link->out = 0;
	link->api = false;
	wire->sim->counts.accepted++;
	evbuffer_add_cb(bufferevent_get_input(buffer), count_in, link);
	evbuffer_add_cb(bufferevent_get_output(buffer), count_out, link);
	return buffer;
}

void wire_api(struct wire *wire, struct evhttp_connection *connection)
{
	struct wire_link *link = find_link(wire, evhttp_connection_get_bufferevent(connection));

	if (!link || link->api)
		return;
	link->api = true;
	wire->sim->counts.connections++;
	wire->sim->counts.bytes_in += link->in;
	wire->sim->counts.bytes_out += link->out;
}

void wire_break(struct evhttp_request *request, bool orderly)
{
	struct evhttp_connection *connection = evhttp_request_get_connection(request);
	int fd = -1;

	if (!connection) {
		evhttp_request_free(request);
		return;
	}
	fd = bufferevent_getfd(evhttp_connection_get_bufferevent(connection));
	if (fd >= 0 && !orderly) {
		struct linger linger = { .l_onoff = 1, .l_linger = 0 };
		struct sockaddr nowhere = { .sa_family = AF_UNSPEC };

		/* Disconnecting sends the reset at once; the library would send a FIN before it. */
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
		(void)connect(fd, &nowhere, sizeof nowhere);
	}
	evhttp_connection_free(connection);
}

bool wire_is_closed(struct evhttp_request *request)
{
	struct evhttp_connection *connection = evhttp_request_get_connection(request);
	struct pollfd pfd = { .fd = -1, .events = POLLRDHUP };

	if (!connection)
		return true;
	pfd.fd = bufferevent_getfd(evhttp_connection_get_bufferevent(connection));
	return pfd.fd < 0 || (poll(&pfd, 1, 0) > 0 && (pfd.revents & (POLLRDHUP | POLLHUP | POLLERR)));
}
