/* fault - rules that make chosen requests go wrong. */
#include "fault.h"

#include <fnmatch.h>
#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "jsontext.h"
#include "mem.h"

static const char *const actions[FAULT_ACTIONS] = {
	[FAULT_STATUS] = "status",
	[FAULT_COMMIT_THEN_STATUS] = "commit_then_status",
	[FAULT_COMMIT_THEN_RESET] = "commit_then_reset",
	[FAULT_COMMIT_THEN_HANG] = "commit_then_hang",
	[FAULT_RESET_BEFORE_COMMIT] = "reset_before_commit",
	[FAULT_HANG_BEFORE_COMMIT] = "hang_before_commit",
	[FAULT_LATE_COMMIT] = "late_commit",
	[FAULT_HTML_200] = "html_200",
	[FAULT_TRUNCATED_JSON] = "truncated_json",
	[FAULT_EMPTY_BODY] = "empty_body",
	[FAULT_CUT_BODY] = "cut_body",
	[FAULT_SLOW_BODY] = "slow_body",
	[FAULT_DELAY] = "delay",
	[FAULT_EMPTY_LIST] = "empty_list",
	[FAULT_EMPTY_PAGE] = "empty_page",
	[FAULT_DROP_ROW] = "drop_row",
	[FAULT_DUPLICATE_ROW] = "duplicate_row",
	[FAULT_SHIFT_PAGE] = "shift_page",
	[FAULT_DROP_PAGE] = "drop_page",
	[FAULT_DUPLICATE_PAGE] = "duplicate_page",
	[FAULT_REPEAT_NEXT] = "repeat_next",
	[FAULT_NEXT_OFFHOST] = "next_offhost",
	[FAULT_NO_NEXT] = "no_next",
	[FAULT_LIST_LAG] = "list_lag",
	[FAULT_ID_INNER_ONLY] = "id_inner_only",
	[FAULT_EXTRA_FIELDS] = "extra_fields",
};

/* The members of a rule; `action`, `p`, `commit` and `close` are read apart. */
static const struct member {
	const char *name;
	bool text;
	size_t at;
	int64_t initial;
} members[] = {
	{ "method", true, offsetof(struct fault, method), 0 },
	{ "path", true, offsetof(struct fault, path), 0 },
	{ "query", true, offsetof(struct fault, query), 0 },
	{ "body", true, offsetof(struct fault, body), 0 },
	{ "content", true, offsetof(struct fault, content), 0 },
	{ "then", true, offsetof(struct fault, then), 0 },
	{ "host", true, offsetof(struct fault, host), 0 },
	{ "retry_after", true, offsetof(struct fault, retry_after), 0 },
	{ "skip", false, offsetof(struct fault, skip), 0 },
	{ "times", false, offsetof(struct fault, times), 1 },
	{ "status", false, offsetof(struct fault, status), 503 },
	{ "ms", false, offsetof(struct fault, ms), 1000 },
	{ "by", false, offsetof(struct fault, by), 1 },
	{ "row", false, offsetof(struct fault, row), 0 },
	{ "bytes", false, offsetof(struct fault, bytes), 1 },
	{ "tick_ms", false, offsetof(struct fault, tick_ms), 100 },
};

#define MEMBERS (sizeof members / sizeof members[0])

static void fault_free(struct fault *f)
{
	size_t i = 0;

	for (i = 0; i < MEMBERS; i++)
		if (members[i].text)
			mem_free(*(char **)(void *)((char *)f + members[i].at));
	mem_free(f);
}

static int set_member(struct fault *f, const char *name, struct json_object *value, struct error *err)
{
	size_t i = 0;

	while (i < MEMBERS && strcmp(members[i].name, name) != 0)
		i++;
	if (i == MEMBERS)
		return error_set(err, ERROR_NEVER, "A fault rule has no member %s.", name);
	if (members[i].text) {
		char **to = (void *)((char *)f + members[i].at);

		mem_free(*to);
		*to = mem_strdup(json_object_get_string(value));
		return 0;
	}
	if (!json_object_is_type(value, json_type_int))
		return error_set(err, ERROR_NEVER, "A fault rule's %s is a whole number.", name);
	*(int64_t *)(void *)((char *)f + members[i].at) = json_object_get_int64(value);
	return 0;
}

static int set_action(struct fault *f, const char *action, struct error *err)
{
	int a = 0;

	while (a < FAULT_ACTIONS && strcmp(actions[a], action) != 0)
		a++;
	if (a == FAULT_ACTIONS)
		return error_set(err, ERROR_NEVER, "There is no fault action \"%s\".", action);
	f->action = (enum fault_action)a;
	return 0;
}

static bool among(const char *const *words, const char *word)
{
	while (*words && strcmp(*words, word) != 0)
		words++;
	return *words != NULL;
}

static int set_all(struct fault *f, struct json_object *rule, struct error *err)
{
	static const char *const apart[] = { "action", "p", "commit", "close", NULL };
	static const char *const endings[] = { "reset", "hang", "status", NULL };
	size_t i = 0;

	if (set_action(f, jsontext_get(rule, "action", ""), err) != 0)
		return -1;
	for (i = 0; i < MEMBERS; i++)
		if (!members[i].text)
			*(int64_t *)(void *)((char *)f + members[i].at) = members[i].initial;
	f->p = jsontext_get_double(rule, "p", 1.0);
	f->commit = jsontext_get_bool(rule, "commit", f->action != FAULT_HTML_200);
	f->close = jsontext_get_bool(rule, "close", false);
	json_object_object_foreach(rule, name, value) {
		if (!among(apart, name) && set_member(f, name, value, err) != 0)
			return -1;
	}
	if (f->then && !among(endings, f->then))
		return error_set(err, ERROR_NEVER, "A fault rule's `then` is reset, hang or status.");
	return 0;
}

int fault_add(struct faults *f, struct json_object *rule, int64_t *id, struct error *err)
{
	struct fault *fault = mem_alloc(sizeof *fault);
	struct fault **end = &f->first;

	if (set_all(fault, rule, err) != 0) {
		fault_free(fault);
		return -1;
	}
	while (*end)
		end = &(*end)->next;
	*end = fault;
	*id = fault->id = ++f->last_id;
	return 0;
}

static bool matches(const struct fault *f, const char *method, const char *path, const char *query, const char *body,
		    size_t body_len)
{
	if (f->method && strcmp(f->method, method) != 0)
		return false;
	if (f->path && fnmatch(f->path, path, 0) != 0)
		return false;
	if (f->query && !strstr(query, f->query))
		return false;
	return !f->body || memmem(body, body_len, f->body, strlen(f->body)) != NULL;
}

const struct fault *fault_match(struct faults *faults, struct rng *rng, const char *method, const char *path,
				const char *query, const char *body, size_t body_len)
{
	struct fault *f = NULL;

	for (f = faults->first; f; f = f->next) {
		if (f->times >= 0 && f->acted >= f->times)
			continue;
		if (!matches(f, method, path, query, body, body_len))
			continue;
		if (++f->matched <= f->skip)
			continue;
		if (f->p < 1.0 && rng_unit(rng) >= f->p)
			continue;
		f->acted++;
		return f;
	}
	return NULL;
}

bool fault_is(const struct fault *fault, enum fault_action action)
{
	return fault && fault->action == action;
}

void fault_show(const struct faults *faults, struct strbuf *out)
{
	const struct fault *f = NULL;

	strbuf_puts(out, "[");
	for (f = faults->first; f; f = f->next) {
		strbuf_printf(out, "%s\n{\"id\":%" PRId64 ",\"action\":\"%s\",\"method\":", f == faults->first ? "" : ",",
			      f->id, actions[f->action]);
		jsontext_string(out, f->method);
		strbuf_puts(out, ",\"path\":");
		jsontext_string(out, f->path);
		strbuf_printf(out, ",\"matched\":%" PRId64 ",\"acted\":%" PRId64 ",\"times\":%" PRId64 "}", f->matched,
			      f->acted, f->times);
	}
	strbuf_puts(out, "\n]\n");
}

void fault_clear(struct faults *faults, int64_t id)
{
	struct fault **at = &faults->first;

	while (*at) {
		struct fault *f = *at;

		if (id && f->id != id) {
			at = &f->next;
			continue;
		}
		*at = f->next;
		fault_free(f);
	}
}
