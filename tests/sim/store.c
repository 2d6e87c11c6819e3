/* store - what the simulated project holds: subscribers and credentials. */
#include "store.h"

#include <assert.h>
#include <string.h>
#include <strings.h>

#include <openssl/evp.h>

#include "mem.h"

void store_init(struct store *s)
{
	memset(s, 0, sizeof *s);
}

static void object_free(struct object *o)
{
	int f = 0;

	for (f = 0; f < FIELD_COUNT; f++)
		mem_free(o->field[f]);
	mem_free(o->name);
	series_release(&o->children);
	mem_free(o);
}

static void free_all(struct series *series)
{
	size_t i = 0;

	for (i = 0; i < series->used; i++)
		if (series->slot[i].object)
			object_free(series->slot[i].object);
	series_release(series);
}

void store_release(struct store *s)
{
	while (s->projects) {
		struct project *p = s->projects;

		s->projects = p->next;
		free_all(&p->endpoints);
		free_all(&p->subscribers);
		mem_free(p->id);
		mem_free(p->token);
		mem_free(p->domain);
		mem_free(p->authorization);
		mem_free(p);
	}
	table_release(&s->by_id);
	table_release(&s->by_inner);
	table_release(&s->by_email);
	table_release(&s->by_username);
}

struct project *store_project(struct store *s, const char *id)
{
	struct project *p = s->projects;

	while (p && strcmp(p->id, id) != 0)
		p = p->next;
	return p;
}

struct project *store_project_by_header(struct store *s, const char *authorization)
{
	struct project *p = s->projects;
	const char *code = NULL;

	/* The scheme is compared without case (RFC 9110, 11.1), the rest exactly. */
	if (!authorization || strncasecmp(authorization, "Basic ", 6) != 0)
		return NULL;
	code = authorization + 6;
	while (*code == ' ')
		code++;
	while (p && strcmp(p->authorization, code) != 0)
		p = p->next;
	return p;
}

static void replace(char **to, const char *with)
{
	char *copy = mem_strdup(with);

	mem_free(*to);
	*to = copy;
}

static char *base64(const char *text)
{
	size_t len = strlen(text);
	char *out = mem_alloc(len / 3 * 4 + 8);

	EVP_EncodeBlock((unsigned char *)out, (const unsigned char *)text, (int)len);
	return out;
}

struct project *store_put_project(struct store *s, const char *id, const char *token, const char *domain)
{
	struct project *p = store_project(s, id);
	char *pair = NULL;

	if (!p) {
		struct project **end = &s->projects;

		while (*end)
			end = &(*end)->next;
		p = *end = mem_alloc(sizeof *p);
		p->id = mem_strdup(id);
	}
	if (token)
		replace(&p->token, token);
	if (domain)
		replace(&p->domain, domain);
	pair = mem_printf("%s:%s", p->id, p->token ? p->token : "");
	mem_free(p->authorization);
	p->authorization = base64(pair);
	mem_free(pair);
	return p;
}

static struct table *names(struct store *s, const struct object *o)
{
	return o->kind == KIND_SUBSCRIBER ? &s->by_email : &s->by_username;
}

struct object *store_add(struct store *s, struct rng *ids, enum kind kind, struct project *project,
			 struct object *parent, const char *id)
{
	struct object *o = mem_alloc(sizeof *o);

	o->kind = kind;
	o->project = project;
	o->parent = parent;
	o->number = ++s->last_number;
	rng_uuid(ids, o->id);
	if (id && strlen(id) == RNG_UUID_SIZE - 1)
		memcpy(o->id, id, RNG_UUID_SIZE);
	table_add(&s->by_id, &o->by_id, table_hash(o->id), o);
	if (kind != KIND_CREDENTIAL) {
		rng_uuid(ids, o->inner_id);
		table_add(&s->by_inner, &o->by_inner, table_hash(o->inner_id), o);
	}
	series_add(kind == KIND_SUBSCRIBER ? &project->subscribers : &project->endpoints, o->number, o);
	if (parent)
		series_add(&parent->children, o->number, o);
	return o;
}

void store_rename(struct store *s, struct object *o, const char *name)
{
	if (o->name)
		table_remove(names(s, o), &o->by_name);
	replace(&o->name, name);
	table_add(names(s, o), &o->by_name, table_hash_fold(name), o);
}

void store_set(struct object *o, enum field f, char *json)
{
	mem_free(o->field[f]);
	o->field[f] = json;
}

void store_remove(struct store *s, struct object *o)
{
	assert(o->children.alive == 0);
	table_remove(&s->by_id, &o->by_id);
	if (o->kind != KIND_CREDENTIAL)
		table_remove(&s->by_inner, &o->by_inner);
	if (o->name)
		table_remove(names(s, o), &o->by_name);
	if (o->parent)
		series_remove(&o->parent->children, o->number);
	series_remove(o->kind == KIND_SUBSCRIBER ? &o->project->subscribers : &o->project->endpoints, o->number);
	object_free(o);
}

struct object *store_find(const struct store *s, const char *id)
{
	struct table_node *node = table_first(&s->by_id, table_hash(id));

	while (node && strcmp(node->object->id, id) != 0)
		node = table_next(node);
	return node ? node->object : NULL;
}

struct object *store_find_inner(const struct store *s, const char *inner_id)
{
	struct table_node *node = table_first(&s->by_inner, table_hash(inner_id));

	while (node && strcmp(node->object->inner_id, inner_id) != 0)
		node = table_next(node);
	return node ? node->object : NULL;
}

static struct object *find_name(const struct table *t, const struct project *project, const char *name, bool fold,
				const struct object *except)
{
	struct table_node *node = table_first(t, table_hash_fold(name));

	for (; node; node = table_next(node)) {
		struct object *o = node->object;

		if (o == except || (project && o->project != project))
			continue;
		if ((fold ? strcasecmp(o->name, name) : strcmp(o->name, name)) == 0)
			return o;
	}
	return NULL;
}

struct object *store_find_email(const struct store *s, const struct project *project, const char *email,
				const struct object *except)
{
	return find_name(&s->by_email, project, email, true, except);
}

struct object *store_find_username(const struct store *s, const struct project *project, const char *username,
				   bool fold, const struct object *except)
{
	return find_name(&s->by_username, project, username, fold, except);
}
