/* source - binds the contract's columns to those of the PBX, and says what is wrong with them. */
#include "source.h"

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "source_look.h"

const char *const source_column_names[SOURCE_COLUMN_COUNT] = {
	[SOURCE_KEY] = "key",
	[SOURCE_EXTENSION] = "extension",
	[SOURCE_SECRET] = "secret",
	[SOURCE_ENABLED] = "enabled",
	[SOURCE_TENANT] = "tenant",
	[SOURCE_USERNAME] = "username",
	[SOURCE_CALLER_ID] = "caller_id",
	[SOURCE_SEND_AS] = "send_as",
	[SOURCE_CIPHERS] = "ciphers",
	[SOURCE_CODECS] = "codecs",
	[SOURCE_ENCRYPTION] = "encryption",
	[SOURCE_EMAIL] = "email",
	[SOURCE_FIRST_NAME] = "first_name",
	[SOURCE_LAST_NAME] = "last_name",
	[SOURCE_DISPLAY_NAME] = "display_name",
	[SOURCE_JOB_TITLE] = "job_title",
	[SOURCE_TIMEZONE] = "timezone",
	[SOURCE_COUNTRY] = "country",
	[SOURCE_COMPANY_NAME] = "company_name",
	[SOURCE_SKIP_REASON] = "skip_reason",
	[SOURCE_PROTECTED] = "protected",
	[SOURCE_CALL_HANDLER] = "call_handler",
	[SOURCE_CALLING_HANDLER] = "calling_handler_resource_id",
	[SOURCE_SECRET_HASH] = "secret_hash",
};

static char *list_columns(const struct db_result *columns)
{
	struct strbuf list = STRBUF_INIT;

	for (int i = 0; i < db_result_rows(columns); i++) {
		if (i)
			strbuf_puts(&list, ", ");
		strbuf_puts(&list, db_result_get(columns, i, 0));
	}
	if (!list.len)
		strbuf_puts(&list, "none that can be told");
	return strbuf_detach(&list);
}

static const char *mapped_name(const struct config *config, const char *contract)
{
	for (size_t i = 0; i < config->column_count; i++) {
		if (strcmp(config->columns[i].name, contract) == 0)
			return config->columns[i].column;
	}
	return NULL;
}

static int bind_all(const struct config *config, struct source *source, const struct db_result *columns, struct error *err)
{
	char *there = list_columns(columns);
	int rc = 0;

	for (int i = 0; !rc && i < SOURCE_COLUMN_COUNT; i++) {
		const char *contract = source_column_names[i];
		const char *mapped = mapped_name(config, contract);

		if (mapped && !*mapped)
			continue; /* not to be managed */
		if (source_look_bind(source, columns, i, mapped ? mapped : contract))
			continue;
		if (mapped)
			rc = error_exit(err, EXIT_CONFIG, "%s has no column \"%s\", which [columns] %s names; its columns are: %s",
					source->name, mapped, contract, there);
		else if (i == SOURCE_EXTENSION || i == SOURCE_SECRET)
			rc = error_exit(err, EXIT_CONFIG,
					"%s has no column \"%s\", which every source must have; name another one in "
					"[columns] (%s = ...); its columns are: %s",
					source->name, contract, contract, there);
	}
	free(there);
	return rc;
}

int source_discover(struct db *db, const struct config *config, struct source **source, struct error *err)
{
	struct db_result *columns = NULL;
	struct source *new = NULL;
	int rc = -1;

	if (!config->source) {
		rc = error_exit(err, EXIT_CONFIG,
				"[postgres] source is not set: name the table, view or function that holds the extensions");
		goto out;
	}
	if (source_look_up(db, config->source, &new, &columns, err) < 0)
		goto out;
	if (!new) {
		rc = error_exit(err, EXIT_CONFIG,
				"%s has no table, view or set-returning function %s ([postgres] source): check its name, "
				"its schema, and that letters are written as they are in the database",
				db_describe(db), config->source);
		goto out;
	}
	rc = bind_all(config, new, columns, err);
	if (rc == 0) {
		*source = new;
		new = NULL;
	}
out:
	source_free(new);
	db_result_free(columns);
	return rc;
}

static int which_column(const char *contract)
{
	for (int i = 0; contract && i < SOURCE_COLUMN_COUNT; i++) {
		if (strcmp(source_column_names[i], contract) == 0)
			return i;
	}
	return -1;
}

static const char *member(struct json_object *object, const char *name)
{
	struct json_object *value = NULL;

	return json_object_object_get_ex(object, name, &value) ? json_object_get_string(value) : NULL;
}

/* Binds what the JSON text of source_columns_json() names. */
static int bind_named(struct source *source, const struct db_result *columns, const char *bound, struct error *err)
{
	struct json_object *list = json_tokener_parse(bound);
	int rc = 0;

	if (!list || !json_object_is_type(list, json_type_array))
		rc = error_exit(err, EXIT_FENCE, "the ledger does not say which columns of %s it is bound to; run: swbridge init",
				source->name);
	for (size_t i = 0; !rc && i < json_object_array_length(list); i++) {
		struct json_object *entry = json_object_array_get_idx(list, i);
		const char *column = member(entry, "column");
		int which = which_column(member(entry, "name"));

		if (which >= 0 && column && !source->columns[which].column &&
		    !source_look_bind(source, columns, which, column))
			rc = error_exit(err, EXIT_FENCE,
					"column \"%s\" of %s is gone, and swbridge is bound to it (as %s): nothing was done; "
					"bring it back, or name another in [columns] and run: swbridge init",
					column, source->name, source_column_names[which]);
	}
	if (!rc && !(source_has(source, SOURCE_EXTENSION) && source_has(source, SOURCE_SECRET)))
		rc = error_exit(err, EXIT_FENCE, "the ledger is bound to no extension or secret of %s; run: swbridge init",
				source->name);
	json_object_put(list);
	return rc;
}

/* Another table in the configuration than the bound one is a mistake until `init` has seen it. */
static int same_source(struct db *db, const struct config *config, const char *name, struct error *err)
{
	struct db_result *columns = NULL;
	struct source *named = NULL;
	int rc = 0;

	if (!config || !config->source)
		return 0;
	if (source_look_up(db, config->source, &named, &columns, err) < 0)
		return -1;
	if (!named || strcmp(named->name, name) != 0)
		rc = error_exit(err, EXIT_FENCE,
				"swbridge is bound to %s, but [postgres] source says %s%s: nothing was done; correct the setting, "
				"or, if that is the source from now on, run: swbridge init",
				name, config->source, named ? "" : ", which is not there");
	source_free(named);
	db_result_free(columns);
	return rc;
}

/* Whether [columns] leads to the column that is bound; a column that is only new is not asked for by anybody. */
static bool same_column(const char *mapped, const char *contract, const char *column)
{
	if (!mapped)
		return !column || strcmp(column, contract) == 0;
	return column ? strcmp(column, mapped) == 0 : !*mapped;
}

/* A mapping that was changed since is not ignored: whoever changed it counts on it. */
static int same_mapping(const struct config *config, const struct source *source, struct error *err)
{
	for (int i = 0; config && i < SOURCE_COLUMN_COUNT; i++) {
		const char *contract = source_column_names[i];
		const char *mapped = mapped_name(config, contract);
		const char *column = source->columns[i].column;

		if (same_column(mapped, contract, column))
			continue;
		return error_exit(err, EXIT_FENCE,
				  "swbridge is bound to %s%s%s of %s as %s, but [columns] %s %s%s%s: nothing was done; correct the "
				  "setting, or, if that is right from now on, run: swbridge init",
				  column ? "column \"" : "no column", column ? column : "", column ? "\"" : "", source->name, contract,
				  mapped ? contract : "does not say so any more", !mapped ? "" : *mapped ? "says \"" : "says that there is none",
				  mapped ? mapped : "", mapped && *mapped ? "\"" : "");
	}
	return 0;
}

int source_bind(struct db *db, const struct config *config, const char *name, const char *bound,
		struct source **source, struct error *err)
{
	struct db_result *columns = NULL;
	struct source *new = NULL;
	int rc = -1;

	if (source_look_up(db, name, &new, &columns, err) < 0)
		goto out;
	if (!new) {
		rc = error_exit(err, EXIT_FENCE,
				"%s is gone from %s, and swbridge is bound to it: nothing was done; bring it back, or set "
				"[postgres] source and run: swbridge init",
				name, db_describe(db));
		goto out;
	}
	rc = same_source(db, config, name, err) || bind_named(new, columns, bound, err) || same_mapping(config, new, err) ? -1 : 0;
	if (rc == 0) {
		*source = new;
		new = NULL;
	}
out:
	source_free(new);
	db_result_free(columns);
	return rc;
}

char *source_columns_json(const struct source *source)
{
	struct json_object *list = json_object_new_array();
	char *text = NULL;

	for (int i = 0; i < SOURCE_COLUMN_COUNT; i++) {
		const struct source_binding *b = &source->columns[i];
		struct json_object *entry = NULL;

		if (!b->column)
			continue;
		entry = json_object_new_object();
		json_object_object_add(entry, "name", json_object_new_string(source_column_names[i]));
		json_object_object_add(entry, "column", json_object_new_string(b->column));
		json_object_object_add(entry, "type", json_object_new_string(b->type));
		json_object_array_add(list, entry);
	}
	text = mem_strdup(json_object_to_json_string_ext(list, JSON_C_TO_STRING_PLAIN));
	json_object_put(list);
	return text;
}

bool source_same_columns(const char *one, const char *other)
{
	struct json_object *a = json_tokener_parse(one), *b = json_tokener_parse(other);
	bool same = a && b && json_object_equal(a, b);

	json_object_put(a);
	json_object_put(b);
	return same;
}

bool source_has(const struct source *source, enum source_column column)
{
	return source->columns[column].column != NULL;
}

void source_free(struct source *source)
{
	if (!source)
		return;
	for (int i = 0; i < SOURCE_COLUMN_COUNT; i++) {
		free(source->columns[i].column);
		free(source->columns[i].quoted);
		free(source->columns[i].collation);
		free(source->columns[i].type);
	}
	free(source->name);
	free(source);
}

char *source_server_words(const char *text)
{
	static const char before[] = "refused a statement: ";
	const char *words = strstr(text, before);
	const char *end = words ? strstr(words, " (SQLSTATE ") : NULL;

	if (!end)
		return mem_strdup(text);
	words += sizeof before - 1;
	return mem_printf("%.*s", (int)(end - words), words);
}

/* A bound column or the relation itself is gone: the same words as at the start. */
static void explain_gone(struct db *db, const struct source *source, struct error *err)
{
	struct error gone = ERROR_INIT;
	struct source *now = NULL;
	char *bound = source_columns_json(source);

	if (source_bind(db, NULL, source->name, bound, &now, &gone) < 0 && gone.exit_code == EXIT_FENCE)
		error_move(err, &gone);
	error_clear(&gone);
	source_free(now);
	free(bound);
}

int source_explain_error(struct db *db, const struct source *source, struct error *err)
{
	char *state = mem_strdup(db_sqlstate(db));
	const char *role = db_parameter(db, "session_authorization");

	if (strcmp(state, "42703") == 0 || strcmp(state, "42P01") == 0 || strcmp(state, "42883") == 0) {
		explain_gone(db, source, err);
	} else if (strcmp(state, "SW001") == 0) {
		/* An adapter says it in a whole sentence: adapter_changed() in contrib/adapters/common. */
		char *server = source_server_words(error_text(err));

		error_exit(err, EXIT_FENCE, "%s. Nothing was done.", server);
		free(server);
	} else if (strcmp(state, "42501") == 0 && strstr(error_text(err), "row-level security")) {
		error_exit(err, EXIT_FENCE,
			   "a row-level security policy would hide rows of %s from role %s, and hidden rows look like removed "
			   "ones: nothing was done; run: alter role %s bypassrls, or set [postgres] row_security = on if the "
			   "policy shows every extension",
			   source->name, role ? role : "swbridge", role ? role : "swbridge");
	} else if (strcmp(state, "42501") == 0) {
		char *server = mem_strdup(error_text(err));

		server[strcspn(server, "\n")] = '\0';
		if (*server && server[strlen(server) - 1] == '.')
			server[strlen(server) - 1] = '\0';
		error_exit(err, EXIT_FENCE, "role %s may not read %s (%s): nothing was done; run: grant %s %s to %s",
			   role ? role : "swbridge", source->name, server,
			   source->function ? "execute on function" : "select on", source->name, role ? role : "swbridge");
		free(server);
	}
	free(state);
	return -1;
}
