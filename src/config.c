/* config - the option table and the .conf file. */
#include "config.h"

#include "config_file.h"
#include "config_option.h"
#include "config_text.h"
#include "config_token.h"
#include "config_value.h"
#include "log.h"
#include "mem.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

const char *config_on_remove_name(enum config_on_remove value)
{
	static const char *const names[] = { "unset", "delete", "suspend", "keep" };

	return names[value];
}

const char *config_target_name(enum config_target value)
{
	static const char *const names[] = { [CONFIG_SUBSCRIBER] = "subscriber", [CONFIG_SIP_ENDPOINT] = "sip-endpoint" };

	return names[value];
}

static void *field_of(struct config *config, const struct config_option *option)
{
	return (char *)config + option->offset;
}

static int take_defaults(struct config *config, struct error *err)
{
	config->conninfo = mem_strdup("");
	for (const struct config_option *o = config_options(); o->section; o++) {
		if (!*o->default_value || !strcmp(o->section, "columns"))
			continue;
		if (o->parse(o, o->default_value, field_of(config, o), err)) {
			err->kind = ERROR_BUG;
			return error_prefix(err, "the default of %s", o->key);
		}
	}
	return 0;
}

static int take_column(struct config *config, const struct config_option *option, const char *value, struct error *err)
{
	struct config_column column = { .name = NULL };
	bool needed = !strcmp(option->key, "extension") || !strcmp(option->key, "secret");

	if (!*value && !needed)
		column.column = mem_strdup("");
	else if (option->parse(option, value, &column.column, err))
		return -1;
	column.name = mem_strdup(option->key);
	config->columns = mem_grow(config->columns, config->column_count + 1, sizeof(column));
	config->columns[config->column_count++] = column;
	return 0;
}

/* What was likely meant where the value is of another program's syntax; NULL: nothing of that kind. */
static const char *foreign_syntax(const char *value)
{
	if (*value == '>')
		return "write = alone, not =>.";
	for (const char *p = strchr(value, ';'); p; p = strchr(p + 1, ';')) {
		if (p == value || strchr(" \t", p[-1]))
			return "a comment stands on a line of its own, what follows a ; here would belong to the value.";
	}
	return NULL;
}

static int take_entry(struct config *config, const struct config_entry *entry, struct error *err)
{
	const struct config_option *option = config_option_find(entry->section, entry->key);
	const char *foreign = foreign_syntax(entry->value);
	char *shown = NULL;
	int rc = 0;

	assert(option);
	if (foreign)
		rc = error_exit(err, EXIT_CONFIG, "%s", foreign);
	else if (!strcmp(entry->section, "columns"))
		rc = take_column(config, option, entry->value, err);
	else
		rc = option->parse(option, entry->value, field_of(config, option), err);
	if (rc) {
		shown = option->secret ? mem_strdup("") : mem_printf(" = %.60s", entry->value);
		error_prefix(err, "%s:%u: %s%s", config->path, entry->line, entry->key, shown);
	}
	mem_free(shown);
	return rc;
}

static int take_entries(struct config *config, const struct config_file *file, struct error *err)
{
	for (size_t i = 0; i < file->count; i++) {
		if (take_entry(config, &file->entries[i], err))
			return -1;
	}
	return 0;
}

/* Where an option stands in the file, 0: nowhere. */
static unsigned line_of(const struct config_file *file, const char *section, const char *key)
{
	for (size_t i = 0; i < file->count; i++) {
		if (!strcmp(file->entries[i].section, section) && !strcmp(file->entries[i].key, key))
			return file->entries[i].line;
	}
	return 0;
}

static int take_environment(struct config *config, struct error *err)
{
	static const struct {
		const char *variable, *key;
	} variables[] = { { "SIGNALWIRE_SPACE", "space" }, { "SIGNALWIRE_PROJECT_ID", "project_id" } };

	for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++) {
		const struct config_option *option = config_option_find("signalwire", variables[i].key);
		const char *value = getenv(variables[i].variable);

		if (!value || !*value || *(char **)field_of(config, option))
			continue;
		if (option->parse(option, value, field_of(config, option), err))
			return error_prefix(err, "%s = %.60s in the environment (%s)", variables[i].variable, value, option->key);
	}
	return 0;
}

/* The most that a request may be late: timeout, and the fence's margin on top of it. */
enum { MARGIN_MS = 5000 };

static int check_settle(const struct config *config, const struct config_file *file, struct error *err)
{
	unsigned line = line_of(file, "mirror", "settle");
	char *settle = NULL, *least = NULL;

	if (config->settle_ms > config->timeout_ms + MARGIN_MS)
		return 0;
	settle = config_value_duration_text(config->settle_ms);
	/* The next whole second. */
	least = config_value_duration_text((config->timeout_ms + MARGIN_MS) / 1000 * 1000 + 1000);
	error_exit(err, EXIT_CONFIG,
		   "%s:%u: settle = %s must be more than timeout + 5s, or a request could still act after its outcome "
		   "was looked for; write settle = %s or more in [mirror], or a shorter timeout.",
		   config->path, line ? line : line_of(file, "signalwire", "timeout"), settle, least);
	mem_free(settle);
	mem_free(least);
	return -1;
}

static int check_together(const struct config *config, const struct config_file *file, struct error *err)
{
	if (!config->source)
		return error_exit(err, EXIT_CONFIG,
				  "%s: source is not set in [postgres]; write the relation that holds the extensions, "
				  "like source = public.pbx_users, or the adapter for your PBX, like "
				  "source = swbridge.asterisk_pjsip.",
				  config->path);
	if (config->api_token && config->api_token_file)
		return error_exit(err, EXIT_CONFIG, "%s:%u: api_token and api_token_file are both set; keep one of them.",
				  config->path, line_of(file, "signalwire", "api_token"));
	if (config->subscriber_domain && config->subscriber_id)
		return error_exit(err, EXIT_CONFIG,
				  "%s:%u: subscriber_id puts all credentials under one subscriber, subscriber_domain makes a "
				  "subscriber for each; keep one of them.",
				  config->path, line_of(file, "mirror", "subscriber_id"));
	if (config->subscriber_id && config->target == CONFIG_SIP_ENDPOINT)
		return error_exit(err, EXIT_CONFIG,
				  "%s:%u: subscriber_id puts all credentials under one subscriber, and with target = sip-endpoint "
				  "they belong to none; keep one of them.",
				  config->path, line_of(file, "mirror", "subscriber_id"));
	return check_settle(config, file, err);
}

/* Passwords inside of other settings: nobody else may read them, and the log knows them. */
static int guard_passwords(const struct config *config, const struct config_file *file, struct error *err)
{
	char *conninfo = config_text_conninfo_password(config->conninfo);
	char *proxy = config_text_proxy_password(config->proxy);
	const char *what = NULL;
	int rc = 0;

	if (conninfo)
		log_add_secret(conninfo);
	if (proxy)
		log_add_secret(proxy);
	if (config->api_token)
		what = "the API token";
	else if (conninfo)
		what = "the database's password";
	else if (proxy)
		what = "the proxy's password";
	if (what)
		rc = config_token_guard(config->path, what, file->open_to_others, err);
	mem_free_secret(conninfo);
	mem_free_secret(proxy);
	return rc;
}

static int take_token(struct config *config, struct error *err)
{
	if (!config->api_token && config_token_outside(config->api_token_file, &config->api_token, err))
		return -1;
	if (config->api_token)
		log_add_secret(config->api_token);
	return 0;
}

char *config_default_path(void)
{
	const char *value = getenv("SWBRIDGE_CONFIG");

	return mem_strdup(value && *value ? value : SYSCONFDIR "/swbridge/swbridge.conf");
}

int config_load(const char *path, struct config **config, struct error *err)
{
	struct config *c = mem_alloc(sizeof(*c));
	struct config_file file = CONFIG_FILE_INIT;
	int rc = -1;

	c->path = path ? mem_strdup(path) : config_default_path();
	if (config_file_read(c->path, &file, err) || take_defaults(c, err) || take_entries(c, &file, err))
		goto out;
	if (take_environment(c, err) || check_together(c, &file, err) || guard_passwords(c, &file, err))
		goto out;
	if (take_token(c, err))
		goto out;
	if (!c->api_url && c->space)
		c->api_url = mem_printf("https://%s.signalwire.com", c->space);
	*config = c;
	c = NULL;
	rc = 0;
out:
	config_file_release(&file);
	config_free(c);
	return rc;
}

/* The token that stands in the file itself; NULL where there is none. */
static int token_in_file(const struct config *config, char **token, struct error *err)
{
	struct config_file file = CONFIG_FILE_INIT;
	int rc = config_file_read(config->path, &file, err);

	for (size_t i = 0; rc == 0 && i < file.count; i++) {
		const struct config_entry *entry = &file.entries[i];

		if (strcmp(entry->section, "signalwire") || strcmp(entry->key, "api_token"))
			continue;
		rc = config_token_guard(config->path, "the API token", file.open_to_others, err);
		if (rc == 0 && config_text_token(NULL, entry->value, token, err))
			rc = error_prefix(err, "%s:%u: api_token", config->path, entry->line);
	}
	config_file_release(&file);
	return rc;
}

int config_reload_token(struct config *config, struct error *err)
{
	char *token = NULL;

	if (!config->api_token_file && token_in_file(config, &token, err))
		return -1;
	if (!token && config_token_outside(config->api_token_file, &token, err))
		return -1;
	if (!token)
		return error_exit(err, EXIT_CONFIG, "%s: the API token is gone; set api_token_file or api_token in [signalwire].",
				  config->path);
	log_add_secret(token);
	mem_free_secret(config->api_token);
	config->api_token = token;
	return 0;
}

int config_require_api(const struct config *config, struct error *err)
{
	if (!config->api_url)
		return error_exit(err, EXIT_CONFIG,
				  "%s: space is not set in [signalwire]; write the first part of your space's address, "
				  "or set SIGNALWIRE_SPACE (or api_url).",
				  config->path);
	if (!config->project_id)
		return error_exit(err, EXIT_CONFIG,
				  "%s: project_id is not set in [signalwire]; write the one that the dashboard shows under API, "
				  "or set SIGNALWIRE_PROJECT_ID.",
				  config->path);
	if (!config->api_token)
		return error_exit(err, EXIT_CONFIG,
				  "%s: there is no API token; write its file's path as api_token_file in [signalwire], "
				  "or set SIGNALWIRE_API_TOKEN.",
				  config->path);
	if (config->on_remove == CONFIG_ON_REMOVE_UNSET)
		return error_exit(err, EXIT_CONFIG,
				  "%s: on_remove is not set in [mirror], and nobody else can choose what becomes of a credential "
				  "whose extension is gone; write on_remove = delete, suspend or keep.",
				  config->path);
	return 0;
}

static void free_strings(struct config *config)
{
	char **const strings[] = {
		&config->path,     &config->space,    &config->project_id, &config->api_token,
		&config->api_token_file, &config->api_url, &config->ca_file, &config->proxy,
		&config->conninfo, &config->source,   &config->schema,     &config->username,
		&config->subscriber_domain, &config->subscriber_id, &config->metrics, &config->metrics_file,
	};

	for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++)
		mem_free_secret(*strings[i]);
}

void config_free(struct config *config)
{
	if (!config)
		return;
	free_strings(config);
	for (size_t i = 0; i < config->column_count; i++) {
		mem_free(config->columns[i].name);
		mem_free(config->columns[i].column);
	}
	mem_free(config->columns);
	config_value_free_patterns(config->include);
	config_value_free_patterns(config->exclude);
	mem_free(config);
}
