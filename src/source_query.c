/* source_query - writes the text of "desired" and the values that it refers to. */
#include "source.h"

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "pattern.h"
#include "source_pick.h"
#include "target.h"

/* The username template, cut into literal texts and the placeholders after them. */
static const char *const placeholders[] = { "username", "extension", "tenant", "key" };

/* The next placeholder of `template`: where its brace opens; NULL: none.  *which says which. */
static const char *next_placeholder(const char *template, size_t *which)
{
	for (const char *at = strchr(template, '{'); at; at = strchr(at + 1, '{')) {
		for (size_t i = 0; i < sizeof(placeholders) / sizeof(*placeholders); i++) {
			size_t len = strlen(placeholders[i]);

			if (strncmp(at + 1, placeholders[i], len) == 0 && at[1 + len] == '}') {
				*which = i;
				return at;
			}
		}
	}
	return NULL;
}

static bool templated(const struct config *config)
{
	return config->username && *config->username;
}

/* One bound column as text, '' as null; a list as comma separated text. */
static void column_text(struct strbuf *out, const struct source *source, enum source_column column)
{
	const struct source_binding *b = &source->columns[column];
	const char *name = b->quoted;

	if (!name)
		strbuf_puts(out, "null::text");
	else if (b->array)
		strbuf_printf(out, "nullif(array_to_string(c.%s::text[], ','), '')", name);
	else
		strbuf_printf(out, "nullif(c.%s::text, '')", name);
}

/* A yes or no of whatever type; `unset` is what NULL and '' count as. */
static void column_truth(struct strbuf *out, const struct source *source, enum source_column column,
			 const char *unset)
{
	const struct source_binding *b = &source->columns[column];
	const char *name = b->quoted;

	if (!name)
		strbuf_puts(out, unset);
	else if (b->kind == SOURCE_BOOLEAN)
		strbuf_printf(out, "coalesce(c.%s::boolean, %s)", name, unset);
	else if (b->kind == SOURCE_INTEGER || b->kind == SOURCE_NUMBER)
		strbuf_printf(out, "coalesce(c.%s <> 0, %s)", name, unset);
	else
		strbuf_printf(out,
			      "coalesce(nullif(lower(btrim(c.%s::text)), '') in ('true', 't', 'yes', 'y', 'on', '1', 'enabled'), %s)",
			      name, unset);
}

bool source_ignores(const struct source *source, const struct config *config, enum source_column column)
{
	const struct target_traits *target = target_traits(config);
	bool subscribers = column >= SOURCE_EMAIL && column <= SOURCE_COMPANY_NAME;
	bool handlers = column == SOURCE_CALL_HANDLER || column == SOURCE_CALLING_HANDLER;

	return source_has(source, column) && ((subscribers && target->place) || (handlers && !target->handlers));
}

/* The innermost part: the source's columns as text, by index where keys or names are given. */
static void read_columns(struct strbuf *out, const struct source *source, const struct config *config, const char *keys,
			 const char *names)
{
	bool first = true;

	strbuf_puts(out, "            select ");
	for (int i = 0; i < SOURCE_COLUMN_COUNT; i++) {
		if (!first)
			strbuf_puts(out, ",\n                   ");
		first = false;
		if (i == SOURCE_ENABLED)
			column_truth(out, source, i, "true");
		else if (i == SOURCE_PROTECTED)
			column_truth(out, source, i, "false");
		else if (source_ignores(source, config, i))
			strbuf_puts(out, "null::text");
		else
			column_text(out, source, i);
		strbuf_printf(out, " as %s", i == SOURCE_KEY ? "bound_key" : source_column_names[i]);
	}
	strbuf_printf(out, "\n              from %s", source->name);
	if (source->function)
		strbuf_printf(out, "(%s)", !source->takes_keys ? "" : keys ? keys : "null::text[]");
	strbuf_puts(out, " c");
	if (keys && !source->function)
		source_pick_keys(out, source, keys);
	/* What is put together by a template no index of a column has. */
	else if (names && !source->function && !templated(config))
		source_pick_names(out, source, names);
}

static void username_expression(struct strbuf *out, const struct source *source, const struct config *config)
{
	const char *given = source_has(source, SOURCE_USERNAME) ? "coalesce(k.username, k.extension)" : "k.extension";
	const char *rest = config->username;
	size_t which = 0;
	int piece = 0;

	if (!templated(config)) {
		strbuf_puts(out, given);
		return;
	}
	strbuf_puts(out, "nullif(");
	for (const char *at = next_placeholder(rest, &which); at; at = next_placeholder(rest, &which), piece++) {
		const char *value = which == 0 ? given : NULL;
		char *column = mem_printf("k.%s", placeholders[which]);

		strbuf_printf(out, "coalesce($4::jsonb #>> '{username,%d}' || %s, '')\n               || ", piece,
			      value ? value : column);
		free(column);
		rest = strchr(at, '}') + 1;
	}
	strbuf_printf(out, "($4::jsonb #>> '{username,%d}'), '')", piece);
}

static void patterns_condition(struct strbuf *out, char *const *patterns, const char *name, bool include)
{
	bool plain = false, with_tenant = false;

	for (size_t i = 0; patterns && patterns[i]; i++) {
		if (strchr(patterns[i], '/'))
			with_tenant = true;
		else
			plain = true;
	}
	if (!plain && !with_tenant)
		return;
	strbuf_printf(out, "\n           and %s(", include ? "" : "not ");
	if (plain)
		strbuf_printf(out, "n.extension collate \"C\" ~ any(array(select jsonb_array_elements_text($4::jsonb -> '%s')))", name);
	if (plain && with_tenant)
		strbuf_puts(out, "\n                or ");
	if (with_tenant)
		strbuf_printf(out,
			      "(coalesce(n.tenant, '') || '/' || n.extension) collate \"C\"\n"
			      "                   ~ any(array(select jsonb_array_elements_text($4::jsonb -> '%s_tenant')))",
			      name);
	strbuf_puts(out, ")");
}

static void email_expressions(struct strbuf *out, const struct source *source, const struct config *config)
{
	const char *domain = config->subscriber_domain ? "lower((k.key || '@' || ($4::jsonb ->> 'subscriber_domain')) collate \"C\")"
						       : "null::text";

	if (target_one_place(config))
		strbuf_puts(out, "null::text as email,\n               false as email_given");
	else if (source_has(source, SOURCE_EMAIL))
		strbuf_printf(out,
			      "coalesce(nullif(lower(btrim(k.email) collate \"C\"), ''),\n"
			      "                        %s) collate \"C\" as email,\n"
			      "               coalesce(btrim(k.email) <> '', false) as email_given",
			      domain);
	else
		strbuf_printf(out, "%s collate \"C\" as email,\n               false as email_given", domain);
}

/* 'name=' || length || ':' || value for every bound column of a range that has a value. */
static void digest_text(struct strbuf *out, const struct source *source, const struct config *config,
			const enum source_column *columns, size_t count)
{
	bool any = false;

	for (size_t i = 0; i < count; i++) {
		const char *name = source_column_names[columns[i]];

		if (!source_has(source, columns[i]) || source_ignores(source, config, columns[i]))
			continue;
		strbuf_printf(out, "%scoalesce('%s=' || char_length(d.%s) || ':' || d.%s, '')",
			      any ? "\n           || " : "", name, name, name);
		any = true;
	}
	if (!any)
		strbuf_puts(out, "''::text");
}

/* Whether two rows can have the same key: an index may say that they cannot, which saves sorting the fleet. */
static bool keys_may_repeat(const struct source *source)
{
	if (source_has(source, SOURCE_KEY))
		return !source->columns[SOURCE_KEY].unique;
	return source_has(source, SOURCE_TENANT) || !source->columns[SOURCE_EXTENSION].unique;
}

/* Whether the username is nothing but the key, so that only equal keys make equal names. */
static bool username_is_key(const struct source *source, const struct config *config)
{
	return !templated(config) && !source_has(source, SOURCE_USERNAME) &&
	       !source_has(source, SOURCE_KEY) && !source_has(source, SOURCE_TENANT);
}

/* Rows that share a key or a name with another; `nth` leaves one row for each key. */
static void problem_expressions(struct strbuf *out, const struct source *source, const struct config *config)
{
	bool keys = keys_may_repeat(source);
	bool names = !username_is_key(source, config);

	strbuf_puts(out, "               ");
	if (keys || names)
		strbuf_puts(out, "case ");
	if (keys)
		strbuf_puts(out, "when count(*) over (partition by n.key) > 1 then 'duplicate_key'");
	if (keys && names)
		strbuf_puts(out, "\n                    ");
	if (names)
		strbuf_puts(out, "when n.enabled and n.skip_reason is null and n.username is not null\n"
				 "                     and count(*) filter (where n.enabled and n.skip_reason is null)\n"
				 "                             over (partition by n.username) > 1 then 'duplicate_username'");
	strbuf_puts(out, keys || names ? " end as problem,\n" : "null::text as problem,\n");
	if (!keys) {
		strbuf_puts(out, "               null::text as sharers,\n               1 as nth\n");
		return;
	}
	/* The first and the last are enough to find them, and take no more room where all rows have one key. */
	strbuf_puts(out, "               case when count(*) over (partition by n.key) > 1\n"
			 "                     and min(n.extension) over (partition by n.key) <> max(n.extension) over (partition by n.key)\n"
			 "                    then min(n.extension) over (partition by n.key)\n"
			 "                         || case count(*) over (partition by n.key) when 2 then ' and ' else ' to ' end\n"
			 "                         || max(n.extension) over (partition by n.key) end as sharers,\n"
			 "               row_number() over (partition by n.key order by n.extension collate \"C\", n.username) as nth\n");
}

/* The middle: keys, names, e-mails, reasons. */
static void normalise(struct strbuf *out, const struct source *source, const struct config *config,
		      const char *keys, const char *names)
{
	const char *key = source_has(source, SOURCE_TENANT) ? "coalesce(r.tenant || '/' || r.extension, r.extension)" : "r.extension";

	strbuf_puts(out, "        select k.key, coalesce(k.extension, k.key) as extension, k.tenant, k.secret, k.enabled, k.protected,\n"
			 "               ");
	for (int i = SOURCE_CALLER_ID; i < SOURCE_COLUMN_COUNT; i++) {
		if (i != SOURCE_EMAIL && i != SOURCE_SKIP_REASON && i != SOURCE_PROTECTED)
			strbuf_printf(out, "k.%s, ", source_column_names[i]);
	}
	strbuf_puts(out, "\n               (");
	username_expression(out, source, config);
	strbuf_puts(out, ") collate \"C\" as username,\n               ");
	email_expressions(out, source, config);
	strbuf_puts(out, ",\n"
			 "               case when k.skip_reason is not null then k.skip_reason\n"
			 "                    when k.extension is null then 'no_extension'\n");
	if (source_has(source, SOURCE_SECRET_HASH))
		strbuf_printf(out, "                    when k.secret is null and k.secret_hash is not null then %s\n",
			      config->issue_secrets ? "null" : "'password_hashed'");
	strbuf_puts(out, "                    when k.secret is null then 'no_secret' end as skip_reason,\n"
			 "               k.secret is null and k.secret_hash is not null and k.skip_reason is null as hashed\n"
			 "          from (\n");
	strbuf_printf(out, "            select r.*, %s%s%s collate \"C\" as key from (\n",
		      source_has(source, SOURCE_KEY) ? "coalesce(r.bound_key, " : "", key,
		      source_has(source, SOURCE_KEY) ? ")" : "");
	read_columns(out, source, config, keys, names);
	strbuf_puts(out, "\n            ) r\n          ) k\n");
}

void source_query(struct strbuf *out, const struct source *source, const struct config *config,
		  const char *keys)
{
	static const enum source_column settings[] = {
		SOURCE_CALLER_ID, SOURCE_SEND_AS, SOURCE_CIPHERS, SOURCE_CODECS,
		SOURCE_ENCRYPTION, SOURCE_CALL_HANDLER, SOURCE_CALLING_HANDLER,
	};
	static const enum source_column profile[] = {
		SOURCE_FIRST_NAME, SOURCE_LAST_NAME, SOURCE_DISPLAY_NAME, SOURCE_JOB_TITLE,
		SOURCE_TIMEZONE, SOURCE_COUNTRY, SOURCE_COMPANY_NAME,
	};

	strbuf_puts(out, "(\n    -- desired: the source, normalised\n    select d.*,\n           ");
	digest_text(out, source, config, settings, sizeof(settings) / sizeof(*settings));
	strbuf_puts(out, " as settings_text,\n           ");
	/* No password begins like this, so that none is ever taken for a hash. */
	strbuf_puts(out, source_has(source, SOURCE_SECRET_HASH) ? "coalesce(d.secret, E'\\x01hash ' || d.secret_hash)" : "d.secret");
	strbuf_puts(out, " as secret_text,\n           ");
	digest_text(out, source, config, profile, sizeof(profile) / sizeof(*profile));
	strbuf_puts(out, " as profile_text\n"
			 "      from (\n"
			 "        select p.*, p.enabled and p.skip_reason is null and p.problem is null as wanted\n"
			 "          from (\n"
			 "        select n.*,\n");
	problem_expressions(out, source, config);
	strbuf_puts(out, "          from (\n");
	normalise(out, source, config, keys, NULL);
	strbuf_puts(out, "        ) n\n         where n.key is not null");
	if (keys)
		strbuf_printf(out, "\n           and n.key = any(%s)", keys);
	patterns_condition(out, config->include, "include", true);
	patterns_condition(out, config->exclude, "exclude", false);
	strbuf_puts(out, "\n          ) p\n         where p.nth = 1\n      ) d\n)");
}

bool source_names_query(struct strbuf *out, const struct source *source, const struct config *config, const char *names)
{
	if (username_is_key(source, config))
		return false;
	strbuf_puts(out, "(\n    -- the rows of the source that want these usernames\n"
			 "    select n.key, n.username\n"
			 "          from (\n");
	normalise(out, source, config, NULL, names);
	strbuf_printf(out, "        ) n\n         where n.key is not null and n.enabled and n.skip_reason is null\n"
			   "           and n.username = any(%s)", names);
	patterns_condition(out, config->include, "include", true);
	patterns_condition(out, config->exclude, "exclude", false);
	strbuf_puts(out, "\n)");
	return true;
}

static void add_patterns(struct json_object *policy, char *const *patterns, const char *name)
{
	struct json_object *plain = json_object_new_array();
	struct json_object *tenant = json_object_new_array();
	char *tenant_name = mem_printf("%s_tenant", name);

	for (size_t i = 0; patterns && patterns[i]; i++) {
		char *regex = pattern_regex(patterns[i]);

		json_object_array_add(strchr(patterns[i], '/') ? tenant : plain, json_object_new_string(regex));
		free(regex);
	}
	json_object_object_add(policy, name, plain);
	json_object_object_add(policy, tenant_name, tenant);
	free(tenant_name);
}

char *source_policy_json(const struct config *config)
{
	struct json_object *policy = json_object_new_object();
	struct json_object *pieces = json_object_new_array();
	const char *rest = config->username ? config->username : "";
	size_t which = 0;
	char *text = NULL;

	for (const char *at = next_placeholder(rest, &which); at; at = next_placeholder(rest, &which)) {
		json_object_array_add(pieces, json_object_new_string_len(rest, (int)(at - rest)));
		rest = strchr(at, '}') + 1;
	}
	json_object_array_add(pieces, json_object_new_string(rest));
	json_object_object_add(policy, "username", pieces);
	if (config->subscriber_domain)
		json_object_object_add(policy, "subscriber_domain", json_object_new_string(config->subscriber_domain));
	add_patterns(policy, config->include, "include");
	add_patterns(policy, config->exclude, "exclude");
	text = mem_strdup(json_object_to_json_string_ext(policy, JSON_C_TO_STRING_PLAIN));
	json_object_put(policy);
	return text;
}
