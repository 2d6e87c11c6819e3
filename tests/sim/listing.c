/* listing - pages, links and tokens of every list. */
#include "listing.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <event2/http.h>
#include <event2/keyvalq_struct.h>

#include "mem.h"

/* What a query asked for. */
struct page {
	int64_t size;
	int64_t number;
	int64_t after; /* cursor: the number of the last row seen; -1: from the start */
	bool token;
	char *filter;
};

/* The rows of one page, and where the next begins. */
struct rows {
	const struct object **row;
	size_t count;
	bool more;
	int64_t after;
};

static void bad_query(struct call *c, const char *code, const char *name, const char *why)
{
	char *message = mem_printf("%s %s", name, why);

	reply_problem(c->reply, &c->sim->settings, c->legacy, code, name, message);
	mem_free(message);
}

bool listing_no_query(struct call *c)
{
	if (!*c->rq->query)
		return true;
	bad_query(c, "unknown_parameter", "query", "takes no parameters here");
	return false;
}

static uint32_t token_check(const struct call *c, uint64_t after)
{
	char *text = mem_printf("%s %s %016" PRIx64, c->project->id, c->rq->path, after);
	uint64_t hash = table_hash(text);

	mem_free(text);
	return (uint32_t)(hash ^ (hash >> 32));
}

static char *make_token(const struct call *c, int64_t after)
{
	return mem_printf("PA%016" PRIx64 "%08x", (uint64_t)after, (unsigned)token_check(c, (uint64_t)after));
}

static bool read_token(const struct call *c, const char *token, int64_t *after)
{
	char digits[17] = "";
	char *again = NULL;
	bool good = false;

	if (strlen(token) != 26)
		return false;
	memcpy(digits, token + 2, 16);
	*after = (int64_t)strtoull(digits, NULL, 16);
	again = make_token(c, *after);
	good = strcmp(again, token) == 0;
	mem_free(again);
	return good;
}

static bool read_number(const char *text, int64_t *out)
{
	char *end = NULL;

	errno = 0;
	*out = strtoll(text, &end, 10);
	return *text >= '0' && *text <= '9' && !*end && errno == 0;
}

static bool read_size(struct call *c, const struct listing *list, const char *value, struct page *page)
{
	if (!read_number(value, &page->size) || page->size < 1) {
		bad_query(c, "invalid_parameter", "page_size", "must be a positive number");
		return false;
	}
	if (page->size > list->page_size_max) {
		if (c->sim->settings.page_size_over == SETTINGS_OVER_REFUSE) {
			bad_query(c, "invalid_parameter", "page_size", "is too big");
			return false;
		}
		page->size = list->page_size_max;
	}
	return true;
}

static bool read_parameter(struct call *c, const struct listing *list, const char *key, const char *value,
			   struct page *page)
{
	if (strcmp(key, "page_size") == 0)
		return read_size(c, list, value, page);
	if (strcmp(key, "page_number") == 0) {
		if (read_number(value, &page->number))
			return true;
		bad_query(c, "invalid_parameter", key, "must be a number from 0");
		return false;
	}
	if (strcmp(key, "page_token") == 0) {
		page->token = read_token(c, value, &page->after);
		if (page->token)
			return true;
		bad_query(c, "invalid_parameter", key, "is not a token of this list");
		return false;
	}
	if (strcmp(key, "filter_username") == 0 && list->username_filter) {
		mem_free(page->filter);
		page->filter = mem_strdup(value);
		return true;
	}
	bad_query(c, "unknown_parameter", key, "is not a known parameter");
	return false;
}

static bool read_query(struct call *c, const struct listing *list, struct page *page)
{
	struct evkeyvalq query;
	struct evkeyval *pair = NULL;
	bool good = true;

	page->size = c->sim->settings.page_size_default;
	page->after = -1;
	if (!*c->rq->query)
		return true;
	TAILQ_INIT(&query);
	if (evhttp_parse_query_str(c->rq->query, &query) != 0) {
		reply_error(c->reply, 400);
		good = false;
	}
	TAILQ_FOREACH(pair, &query, next)
		if (good)
			good = read_parameter(c, list, pair->key, pair->value, page);
	evhttp_clear_headers(&query);
	if (good && page->number > 0 && !page->token) {
		bad_query(c, "missing_required_parameter", "page_token", "is required where page_number is above 0");
		good = false;
	}
	return good;
}

static bool visible(const struct call *c, const struct listing *list, const struct page *page, const struct object *o)
{
	int64_t lag = c->sim->settings.list_lag_ms;

	if (!o || (list->filter && !list->filter(c, o)))
		return false;
	if (fault_is(c->fault, FAULT_LIST_LAG))
		lag = c->fault->ms;
	if (lag > 0 && sim_now(c->sim) - o->created_ms < lag)
		return false;
	if (!page->filter || c->sim->settings.filter_username == SETTINGS_IGNORE)
		return true;
	return strstr(o->name, page->filter) != NULL;
}

/* The i-th slot in the order of the list. */
static const struct series_slot *slot(const struct listing *list, bool newest, size_t i)
{
	return &list->series->slot[newest ? list->series->used - 1 - i : i];
}

/* Where a walk that follows `after` begins. */
static size_t begin(const struct listing *list, bool newest, int64_t after)
{
	if (after < 0)
		return 0;
	return newest ? list->series->used - series_find(list->series, after) : series_find(list->series, after + 1);
}

/* How many visible rows to pass over before the page. */
static int64_t to_skip(const struct call *c, const struct page *page)
{
	int64_t skip = c->sim->settings.paging == SETTINGS_OFFSET ? page->number * page->size : 0;

	if (fault_is(c->fault, FAULT_SHIFT_PAGE))
		skip += c->fault->by;
	if (fault_is(c->fault, FAULT_DROP_PAGE))
		skip += page->size;
	return skip;
}

/* A negative skip walks back over visible rows. */
static size_t walk_back(const struct call *c, const struct listing *list, const struct page *page, bool newest,
			size_t from, int64_t rows)
{
	while (rows > 0 && from > 0) {
		from--;
		rows -= visible(c, list, page, slot(list, newest, from)->object);
	}
	return from;
}

static void collect(const struct call *c, const struct listing *list, const struct page *page, struct rows *rows)
{
	bool newest = c->sim->settings.order == SETTINGS_NEWEST;
	bool offset = c->sim->settings.paging == SETTINGS_OFFSET;
	int64_t skip = to_skip(c, page);
	size_t i = begin(list, newest, offset ? -1 : page->after);

	/* Room for one more, which a fault may add. */
	size_t room = (size_t)page->size < list->series->alive ? (size_t)page->size : list->series->alive;

	rows->row = mem_array(room + 1, sizeof *rows->row);
	rows->after = page->after;
	if (skip < 0)
		i = walk_back(c, list, page, newest, i, -skip);
	for (; i < list->series->used; i++) {
		const struct object *o = slot(list, newest, i)->object;

		if (!visible(c, list, page, o))
			continue;
		if (skip-- > 0)
			continue;
		if ((int64_t)rows->count == page->size) {
			rows->more = true;
			return;
		}
		rows->row[rows->count++] = o;
		rows->after = o->number;
	}
}

/* The faults that empty or repeat a page, or end the list early. */
static void bend_page(const struct call *c, const struct page *page, struct rows *rows)
{
	int64_t every = c->sim->settings.empty_page_every;

	if (fault_is(c->fault, FAULT_EMPTY_LIST)) {
		rows->count = 0;
		rows->more = false;
	}
	if (fault_is(c->fault, FAULT_EMPTY_PAGE) ||
	    (every > 1 && c->sim->settings.paging == SETTINGS_CURSOR && page->number % every == every - 1)) {
		rows->more = rows->more || rows->count > 0;
		rows->count = 0;
		rows->after = page->after;
	}
	if (fault_is(c->fault, FAULT_DUPLICATE_PAGE)) {
		rows->after = page->after;
		rows->more = true;
	}
	if (fault_is(c->fault, FAULT_NO_NEXT))
		rows->more = false;
}

/* The faults that change one row. */
static void bend_row(const struct call *c, struct rows *rows)
{
	size_t at = c->fault ? (size_t)c->fault->row : 0;

	if (at >= rows->count)
		return;
	if (fault_is(c->fault, FAULT_DROP_ROW)) {
		memmove(rows->row + at, rows->row + at + 1, (rows->count - at - 1) * sizeof *rows->row);
		rows->count--;
	} else if (fault_is(c->fault, FAULT_DUPLICATE_ROW)) {
		memmove(rows->row + at + 1, rows->row + at, (rows->count - at) * sizeof *rows->row);
		rows->count++;
	}
}

static void link_start(const struct call *c, const char *name, struct strbuf *out)
{
	const struct settings *s = &c->sim->settings;

	strbuf_printf(out, "\"%s\":\"", name);
	if (strcmp(name, "next") == 0 && fault_is(c->fault, FAULT_NEXT_OFFHOST))
		strbuf_puts(out, c->fault->host ? c->fault->host : "http://127.0.0.2:9");
	else if (s->links == SETTINGS_ABSOLUTE)
		strbuf_puts(out, s->link_host ? s->link_host : c->sim->url);
	strbuf_puts(out, c->rq->path);
}

static void link_page(const struct call *c, const char *name, const struct page *page, int64_t number, int64_t after,
		      struct strbuf *out)
{
	char *filter = page->filter ? evhttp_uriencode(page->filter, -1, 1) : NULL;

	link_start(c, name, out);
	strbuf_printf(out, "?page_number=%" PRId64 "&page_size=%" PRId64, number, page->size);
	if (number > 0) {
		char *token = make_token(c, after);

		strbuf_printf(out, "&page_token=%s", token);
		mem_free(token);
	}
	if (filter)
		strbuf_printf(out, "&filter_username=%s", filter);
	strbuf_putc(out, '"');
	free(filter); /* libevent's own */
}

static void show_links(const struct call *c, const struct page *page, const struct rows *rows, struct strbuf *out)
{
	strbuf_puts(out, "\"links\":{");
	link_page(c, "self", page, page->number, page->after, out);
	strbuf_putc(out, ',');
	link_page(c, "first", page, 0, 0, out);
	if (fault_is(c->fault, FAULT_REPEAT_NEXT)) {
		strbuf_putc(out, ',');
		link_page(c, "next", page, page->number, page->after, out);
	} else if (rows->more || fault_is(c->fault, FAULT_NEXT_OFFHOST)) {
		strbuf_putc(out, ',');
		link_page(c, "next", page, page->number + 1, rows->after, out);
	}
	if (page->number == 1) {
		strbuf_putc(out, ',');
		link_page(c, "prev", page, 0, 0, out);
	}
	strbuf_putc(out, '}');
}

void listing_reply(struct call *c, const struct listing *list)
{
	struct page page = { 0 };
	struct rows rows = { 0 };
	struct strbuf *out = &c->reply->body;
	size_t i = 0;

	if (!read_query(c, list, &page))
		goto out;
	collect(c, list, &page, &rows);
	bend_page(c, &page, &rows);
	bend_row(c, &rows);
	reply_start(c->reply, 200);
	strbuf_puts(out, "{");
	show_links(c, &page, &rows, out);
	strbuf_puts(out, ",\"data\":[");
	for (i = 0; i < rows.count; i++) {
		if (i)
			strbuf_putc(out, ',');
		list->show(c, rows.row[i], out);
	}
	strbuf_puts(out, "]}");
out:
	mem_free(rows.row);
	mem_free(page.filter);
}
