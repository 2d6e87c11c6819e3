/* json - the API's answers to structs. */
#include "json.h"

#include "json_time.h"
#include "json_tree.h"
#include "mem.h"

#include <ctype.h>
#include <json-c/json.h>
#include <string.h>

const char *const json_profile_names[JSON_PROFILE_COUNT] = {
	[JSON_FIRST_NAME] = "first_name",     [JSON_LAST_NAME] = "last_name",
	[JSON_DISPLAY_NAME] = "display_name", [JSON_JOB_TITLE] = "job_title",
	[JSON_TIMEZONE] = "timezone",         [JSON_COUNTRY] = "country",
	[JSON_COMPANY_NAME] = "company_name",
};

bool json_is_uuid(const char *text)
{
	for (int i = 0; i < 36; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (dash ? text[i] != '-' : !isxdigit((unsigned char)text[i]))
			return false;
	}
	return text[36] == '\0';
}

static int read_id(struct json_object *object, const char **id, struct error *err)
{
	if (json_tree_text(object, "id", id, err))
		return -1;
	if (!*id)
		return error_set(err, ERROR_NEVER, "The answer has no \"id\" of its own");
	if (!json_is_uuid(*id))
		return error_set(err, ERROR_NEVER, "The answer's \"id\" is no UUID");
	return 0;
}

/* A time that cannot be read is one that was not said. */
static int64_t read_time(struct json_object *object, const char *name)
{
	struct json_object *node = NULL;
	const char *text = NULL;

	if (json_object_object_get_ex(object, name, &node))
		text = json_tree_string(node);
	return text ? json_time_parse(text) : -1;
}

/* "PCMU, PCMA": what a list looks like where it was stored as a text.  The pieces lie behind the list, in one block with it. */
static const char **split_list(const char *text)
{
	size_t size = strlen(text) + 1, most = size / 2 + 2, count = 0;
	const char **list = mem_alloc(most * sizeof *list + size);
	char *piece = memcpy((char *)(list + most), text, size);

	for (;;) {
		piece += strspn(piece, ", \t");
		if (!*piece)
			return list;
		list[count++] = piece;
		piece += strcspn(piece, ", \t");
		if (*piece)
			*piece++ = '\0';
	}
}

static int read_list(struct json_object *object, const char *name, const char ***list, struct error *err)
{
	struct json_object *node = NULL;
	size_t count = 0;

	if (!json_object_object_get_ex(object, name, &node) || !node)
		return 0;
	if (json_tree_string(node)) {
		*list = split_list(json_tree_string(node));
		return 0;
	}
	if (!json_object_is_type(node, json_type_array))
		return error_set(err, ERROR_NEVER, "The answer's \"%s\" is no list", name);
	count = json_object_array_length(node);
	*list = mem_array(count + 1, sizeof **list);
	for (size_t i = 0; i < count; i++) {
		(*list)[i] = json_tree_string(json_object_array_get_idx(node, i));
		if (!(*list)[i])
			return error_set(err, ERROR_NEVER, "The answer's \"%s\" is no list of texts", name);
	}
	return 0;
}

static int fill_credential(struct json_object *object, struct json_credential *credential, struct error *err)
{
	struct json_object *settings = object;
	struct json_object *inner = NULL;

	credential->created_at_ms = -1;
	if (read_id(object, &credential->id, err))
		return -1;
	if (json_object_object_get_ex(object, "sip_endpoint", &inner)) {
		if (!json_object_is_type(inner, json_type_object))
			return error_set(err, ERROR_NEVER, "The answer's \"sip_endpoint\" is no object");
		settings = inner;
		credential->created_at_ms = read_time(object, "created_at");
		if (json_tree_text(inner, "id", &credential->inner_id, err))
			return -1;
	}
	if (json_tree_text(settings, "username", &credential->username, err) ||
	    json_tree_text(settings, "caller_id", &credential->caller_id, err) ||
	    json_tree_text(settings, "send_as", &credential->send_as, err) ||
	    json_tree_text(settings, "encryption", &credential->encryption, err) ||
	    json_tree_text(settings, "call_handler", &credential->call_handler, err) ||
	    json_tree_text(settings, "calling_handler_resource_id", &credential->calling_handler_resource_id, err) ||
	    read_list(settings, "ciphers", &credential->ciphers, err) ||
	    read_list(settings, "codecs", &credential->codecs, err))
		return -1;
	if (!credential->username || !*credential->username)
		return error_set(err, ERROR_NEVER, "The answer is no credential: it has no \"username\"");
	return 0;
}

static int fill_endpoint(struct json_object *object, struct json_credential *credential, struct error *err)
{
	if (!object || !json_object_object_get_ex(object, "sip_endpoint", NULL))
		return error_set(err, ERROR_NEVER, "The answer is no standalone credential: it has no \"sip_endpoint\" inside");
	return fill_credential(object, credential, err);
}

/* Made by other parts of the platform, too: what else stands in a row is theirs. */
static int fill_legacy(struct json_object *object, struct json_credential *credential, struct error *err)
{
	credential->created_at_ms = -1;
	if (read_id(object, &credential->id, err) || json_tree_text(object, "username", &credential->username, err))
		return -1;
	if (!credential->username || !*credential->username)
		return error_set(err, ERROR_NEVER, "The answer is no SIP endpoint: it has no \"username\"");
	return 0;
}

static int fill_subscriber(struct json_object *object, struct json_subscriber *subscriber, struct error *err)
{
	struct json_object *inner = NULL;

	subscriber->created_at_ms = read_time(object, "created_at");
	if (read_id(object, &subscriber->id, err) ||
	    json_tree_text(object, "project_id", &subscriber->project_id, err))
		return -1;
	/* The inner object alone looks much like this one, but its id opens no path. */
	if (!json_object_object_get_ex(object, "subscriber", &inner) || !json_object_is_type(inner, json_type_object))
		return error_set(err, ERROR_NEVER, "The answer is no subscriber: it has no \"subscriber\" inside");
	if (!subscriber->project_id || !*subscriber->project_id)
		return error_set(err, ERROR_NEVER, "The answer is no subscriber: it has no \"project_id\"");
	if (json_tree_text(inner, "email", &subscriber->email, err))
		return -1;
	for (int i = 0; i < JSON_PROFILE_COUNT; i++)
		if (json_tree_text(inner, json_profile_names[i], &subscriber->profile[i], err))
			return -1;
	if (!subscriber->profile[JSON_TIMEZONE])
		return json_tree_text(inner, "time_zone", &subscriber->profile[JSON_TIMEZONE], err);
	return 0;
}

static int read_one(const char *body, size_t len, struct json_credential *credential,
		    int (*fill)(struct json_object *object, struct json_credential *credential, struct error *err),
		    struct error *err)
{
	struct json_object *root = NULL;
	int status = -1;

	*credential = (struct json_credential){ .created_at_ms = -1 };
	if (json_tree_parse(body, len, &root, err))
		return -1;
	credential->answer = root;
	status = fill(root, credential, err);
	if (status)
		json_credential_release(credential);
	return status;
}

int json_read_credential(const char *body, size_t len, struct json_credential *credential, struct error *err)
{
	return read_one(body, len, credential, fill_credential, err);
}

int json_read_endpoint(const char *body, size_t len, struct json_credential *credential, struct error *err)
{
	return read_one(body, len, credential, fill_endpoint, err);
}

int json_read_subscriber(const char *body, size_t len, struct json_subscriber *subscriber, struct error *err)
{
	struct json_object *root = NULL;
	int status = -1;

	*subscriber = (struct json_subscriber){ .created_at_ms = -1 };
	if (json_tree_parse(body, len, &root, err))
		return -1;
	subscriber->answer = root;
	status = fill_subscriber(root, subscriber, err);
	if (status)
		json_subscriber_release(subscriber);
	return status;
}

int json_read_sip_profile(const char *body, size_t len, char **domain, struct error *err)
{
	struct json_object *root = NULL;
	char *found = NULL;
	int status = -1;

	*domain = NULL;
	if (json_tree_parse(body, len, &root, err))
		return -1;
	if (json_tree_copy(root, "domain", &found, err))
		goto out;
	if (!found || !*found) {
		error_set(err, ERROR_NEVER, "The answer is no SIP profile: it has no \"domain\"");
		goto out;
	}
	*domain = found;
	found = NULL;
	status = 0;
out:
	mem_free(found);
	json_object_put(root);
	return status;
}

/* The frame of a page: rows and the link to the next one. */
static int read_page(const char *body, size_t len, struct json_object **root, struct json_object **rows,
		     struct json_page_links *links, struct error *err)
{
	struct json_object *node = NULL;

	*links = (struct json_page_links){ 0 };
	if (json_tree_parse(body, len, root, err))
		return -1;
	if (!json_object_object_get_ex(*root, "data", rows) || !json_object_is_type(*rows, json_type_array))
		return error_set(err, ERROR_NEVER, "The answer is no page of a listing: it has no \"data\"");
	/* Without it nobody knows whether the listing is complete. */
	if (!json_object_object_get_ex(*root, "links", &node) || !json_object_is_type(node, json_type_object))
		return error_set(err, ERROR_NEVER, "The answer is no page of a listing: it has no \"links\"");
	if (json_tree_copy(node, "next", &links->next, err))
		return -1;
	if (links->next && !*links->next)
		return error_set(err, ERROR_NEVER, "The page's link to the next one is empty");
	return 0;
}

/* A row that is no object is read as one without members: the reader then says what is missing. */
static struct json_object *page_row(struct json_object *rows, size_t i)
{
	struct json_object *row = json_object_array_get_idx(rows, i);

	return json_object_is_type(row, json_type_object) ? row : NULL;
}

/* Who takes the rows of a page, of the one kind or of the other. */
struct page_taker {
	void (*subscriber)(const struct json_subscriber *subscriber, void *arg); /* NULL: credentials are listed */
	void (*credential)(const struct json_credential *credential, void *arg);
	int (*fill)(struct json_object *object, struct json_credential *credential, struct error *err); /* of these: how */
	void *arg;
};

union page_item {
	struct json_subscriber subscriber;
	struct json_credential credential;
};

/* Nothing is taken of a page that cannot be read whole. */
static int read_rows(const char *body, size_t len, const struct page_taker *taker, struct json_page_links *links,
		     struct error *err)
{
	struct json_object *root = NULL, *rows = NULL;
	union page_item *list = NULL;
	size_t count = 0, read = 0;
	int status = read_page(body, len, &root, &rows, links, err);

	if (!status) {
		count = json_object_array_length(rows);
		list = mem_array(count, sizeof *list);
	}
	while (read < count && status == 0) {
		struct json_object *row = page_row(rows, read);

		status = taker->subscriber ? fill_subscriber(row, &list[read].subscriber, err)
					   : taker->fill(row, &list[read].credential, err);
		read++;
		if (status)
			error_prefix(err, "Row %zu of a page", read);
	}
	for (size_t i = 0; i < read; i++) {
		if (!status && taker->subscriber)
			taker->subscriber(&list[i].subscriber, taker->arg);
		else if (!status)
			taker->credential(&list[i].credential, taker->arg);
		if (taker->subscriber)
			json_subscriber_release(&list[i].subscriber);
		else
			json_credential_release(&list[i].credential);
	}
	mem_free(list);
	if (status)
		json_page_links_release(links);
	json_object_put(root);
	return status;
}

int json_read_subscriber_page(const char *body, size_t len,
			      void (*row)(const struct json_subscriber *subscriber, void *arg), void *arg,
			      struct json_page_links *links, struct error *err)
{
	return read_rows(body, len, &(const struct page_taker){ .subscriber = row, .arg = arg }, links, err);
}

int json_read_credential_page(const char *body, size_t len,
			      void (*row)(const struct json_credential *credential, void *arg), void *arg,
			      struct json_page_links *links, struct error *err)
{
	const struct page_taker taker = { .credential = row, .fill = fill_credential, .arg = arg };

	return read_rows(body, len, &taker, links, err);
}

int json_read_endpoint_page(const char *body, size_t len,
			    void (*row)(const struct json_credential *credential, void *arg), void *arg,
			    struct json_page_links *links, struct error *err)
{
	const struct page_taker taker = { .credential = row, .fill = fill_endpoint, .arg = arg };

	return read_rows(body, len, &taker, links, err);
}

int json_read_legacy_page(const char *body, size_t len,
			  void (*row)(const struct json_credential *credential, void *arg), void *arg,
			  struct json_page_links *links, struct error *err)
{
	const struct page_taker taker = { .credential = row, .fill = fill_legacy, .arg = arg };

	return read_rows(body, len, &taker, links, err);
}

void json_credential_release(struct json_credential *credential)
{
	mem_free(credential->ciphers);
	mem_free(credential->codecs);
	json_object_put(credential->answer);
	*credential = (struct json_credential){ .created_at_ms = -1 };
}

void json_subscriber_release(struct json_subscriber *subscriber)
{
	json_object_put(subscriber->answer);
	*subscriber = (struct json_subscriber){ .created_at_ms = -1 };
}

void json_page_links_release(struct json_page_links *links)
{
	mem_free(links->next);
	links->next = NULL;
}
