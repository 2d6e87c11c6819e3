/* config_option - the option table, and finding rows in it. */
#include "config_option.h"

#include "config_text.h"
#include "config_value.h"
#include "mem.h"

#include <string.h>

enum { SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE, DAY = 24 * HOUR };

/* clang-format off */
#define ROW(section_, key_, type_, parse_, default_, help_) \
	.section = section_, .key = #key_, .type = type_, .parse = parse_, .default_value = default_, \
	.help = help_, .offset = offsetof(struct config, key_)
#define TEXT(section_, key_, parse_, default_, help_) \
	{ ROW(section_, key_, "text", parse_, default_, help_) }
#define SECRET(section_, key_, parse_, default_, help_) \
	{ ROW(section_, key_, "text", parse_, default_, help_), .secret = true }
#define PATH(section_, key_, help_) \
	{ ROW(section_, key_, "path", config_text_path, "", help_) }
#define INTEGER(section_, key_, default_, least_, most_, help_) \
	{ ROW(section_, key_, "integer", config_value_integer, default_, help_), .least = least_, .most = most_ }
#define DURATION(section_, key_, default_, least_, most_, help_) \
	{ .section = section_, .key = #key_, .type = "duration", .parse = config_value_duration, \
	  .default_value = default_, .help = help_, .offset = offsetof(struct config, key_##_ms), \
	  .least = least_, .most = most_ }
#define LIMIT(section_, key_, default_, least_, help_) \
	{ ROW(section_, key_, "limit", config_value_limit, default_, help_), .least = least_ }
#define PATTERNS(section_, key_, help_) \
	{ ROW(section_, key_, "patterns", config_value_patterns, "", help_) }
#define COLUMN(key_, help_) \
	{ .section = "columns", .key = #key_, .type = "column", .parse = config_text_identifier, \
	  .default_value = #key_, .help = help_ }

static const struct config_option options[] = {
	TEXT("signalwire", space, config_text_space, "", "name of the SignalWire space, the first part of its address"),
	TEXT("signalwire", project_id, config_text_project, "", "id of the SignalWire project"),
	SECRET("signalwire", api_token, config_text_token, "", "API token of the project; better kept in api_token_file"),
	PATH("signalwire", api_token_file, "file that holds the API token and nothing else"),
	TEXT("signalwire", api_url, config_text_url, "", "base address of the API, where it is not that of the space"),
	INTEGER("signalwire", max_in_flight, "192", 1, 4096, "how many requests may be under way at once"),
	INTEGER("signalwire", write_rate, "1380", 1, 1000000, "how many requests that change something a second may have"),
	DURATION("signalwire", timeout, "30s", 100, 10 * MINUTE, "how long a request may take"),
	PATH("signalwire", ca_file, "certificates to verify the API with, instead of the system's"),
	SECRET("signalwire", proxy, config_text_proxy, "", "HTTP proxy on the way to the API"),

	SECRET("postgres", conninfo, config_text_conninfo, "", "how to reach the database, as libpq takes it"),
	TEXT("postgres", source, config_text_any, "", "relation or function that yields the extensions"),
	TEXT("postgres", schema, config_text_identifier, "swbridge", "schema of the bridge's own tables"),
	{ ROW("postgres", row_security, "switch", config_value_switch, "off",
	      "whether row level security may hide extensions from the bridge") },

	COLUMN(key, "stable identity of the row"),
	COLUMN(extension, "the extension"),
	COLUMN(secret, "SIP password in clear"),
	COLUMN(secret_hash, "hash of the SIP password, where it is known no other way"),
	COLUMN(enabled, "whether the extension is mirrored"),
	COLUMN(tenant, "domain or tenant"),
	COLUMN(username, "SIP username"),
	COLUMN(caller_id, "caller id of calls between SIP phones"),
	COLUMN(send_as, "number shown to the telephone network"),
	COLUMN(ciphers, "SRTP ciphers"),
	COLUMN(codecs, "codecs"),
	COLUMN(encryption, "whether media are encrypted"),
	COLUMN(email, "e-mail of the subscriber it belongs to"),
	COLUMN(first_name, "first name in the subscriber's profile"),
	COLUMN(last_name, "last name in the subscriber's profile"),
	COLUMN(display_name, "display name in the subscriber's profile"),
	COLUMN(job_title, "job title in the subscriber's profile"),
	COLUMN(timezone, "time zone in the subscriber's profile"),
	COLUMN(country, "country in the subscriber's profile"),
	COLUMN(company_name, "company in the subscriber's profile"),
	COLUMN(skip_reason, "why the row cannot be mirrored, NULL where it can"),
	COLUMN(protected, "whether the extension is never removed"),
	COLUMN(call_handler, "handler of calls, standalone credentials only"),
	COLUMN(calling_handler_resource_id, "resource that handles calls, standalone credentials only"),

	{ ROW("mirror", target, "choice", config_value_target, "subscriber",
	      "what is made at SignalWire: subscriber (one and a credential of it) or sip-endpoint (a standalone credential)") },
	{ ROW("mirror", on_remove, "choice", config_value_on_remove, "",
	      "what becomes of a credential whose extension is gone: delete, suspend or keep") },
	{ ROW("mirror", issue_secrets, "switch", config_value_switch, "no",
	      "whether an extension of whose secret the PBX has only a hash gets a new one, shown once") },
	TEXT("mirror", username, config_text_username, "", "template of the SIP username"),
	TEXT("mirror", subscriber_domain, config_text_domain, "", "domain of the e-mail of subscribers without one"),
	TEXT("mirror", subscriber_id, config_text_uuid, "", "the one subscriber that owns all credentials"),
	DURATION("mirror", grace, "24h", 0, 365LL * DAY, "how long an extension must be gone before it is removed"),
	DURATION("mirror", settle, "40s", 100, 1LL * DAY, "how long an unknown outcome is left alone"),
	LIMIT("mirror", max_removals, "10%", 1, "removals in 24 hours"),
	LIMIT("mirror", max_creates, "25%", 50, "creations in 24 hours"),
	LIMIT("mirror", max_changes, "50%", 50, "changes in 24 hours"),
	{ .section = "mirror", .key = "subscriber_price", .type = "price", .parse = config_value_price,
	  .default_value = "3.00", .help = "dollars that a subscriber costs a month",
	  .offset = offsetof(struct config, subscriber_price_cents), .most = 1000000 },
	PATTERNS("mirror", include, "extensions that are mirrored; empty: all"),
	PATTERNS("mirror", exclude, "extensions that are not mirrored"),
	/* The rails count the last 24 hours of the journal. */
	DURATION("mirror", journal_keep, "400d", 2LL * DAY, 36500LL * DAY, "how long the journal is kept"),

	DURATION("listen", poll, "60s", 100, 1LL * DAY, "how often the daemon compares everything"),
	DURATION("listen", verify, "24h", 0, 365LL * DAY, "how often the daemon reads the whole remote side; 0s: never"),
	TEXT("listen", metrics, config_text_listen, "127.0.0.1:9753", "address and port of the metrics; empty: none"),
	PATH("listen", metrics_file, "file that the metrics are written to"),
	{ .section = NULL },
};
/* clang-format on */

const struct config_option *config_options(void)
{
	return options;
}

bool config_option_is_section(const char *name)
{
	for (const struct config_option *o = options; o->section; o++) {
		if (!strcmp(o->section, name))
			return true;
	}
	return false;
}

const struct config_option *config_option_find(const char *section, const char *key)
{
	for (const struct config_option *o = options; o->section; o++) {
		if (!strcmp(o->section, section) && !strcmp(o->key, key))
			return o;
	}
	return NULL;
}

size_t config_option_distance(const char *a, const char *b)
{
	size_t width = strlen(b), distance = 0;
	size_t *row = mem_array(width + 1, sizeof(*row));

	for (size_t j = 0; j <= width; j++)
		row[j] = j;
	for (size_t i = 0; a[i]; i++) {
		size_t corner = row[0]; /* the cell to the upper left */

		row[0] = i + 1;
		for (size_t j = 0; j < width; j++) {
			size_t best = corner + (a[i] != b[j]);

			corner = row[j + 1];
			if (corner + 1 < best)
				best = corner + 1;
			if (row[j] + 1 < best)
				best = row[j] + 1;
			row[j + 1] = best;
		}
	}
	distance = row[width];
	mem_free(row);
	return distance;
}

/* Keeps `name` as the nearest so far where it is; a third of its bytes may differ, or its end be missing. */
static void consider(const char *wanted, const char *name, const char **nearest, size_t *distance)
{
	size_t d = 0;

	if (strlen(wanted) > 64)
		return;
	d = config_option_distance(wanted, name);
	if (strlen(wanted) >= 3 && !strncmp(wanted, name, strlen(wanted)))
		d = 2; /* cut short */
	if (d < *distance && d <= (strlen(name) < 6 ? 2 : strlen(name) / 3)) {
		*nearest = name;
		*distance = d;
	}
}

char *config_option_suggest_section(const char *name)
{
	const char *nearest = NULL;
	size_t distance = (size_t)-1;

	for (const struct config_option *o = options; o->section; o++)
		consider(name, o->section, &nearest, &distance);
	if (nearest)
		return mem_printf(" Did you mean [%s]?", nearest);
	return mem_strdup(" The sections are [signalwire], [postgres], [columns], [mirror] and [listen].");
}

static char *list_columns(void)
{
	char *list = mem_strdup(" The columns are");
	char *text = NULL;

	for (const struct config_option *o = options; o->section; o++) {
		if (!strcmp(o->section, "columns")) {
			char *longer = mem_printf("%s %s", list, o->key);

			mem_free(list);
			list = longer;
		}
	}
	text = mem_printf("%s.", list);
	mem_free(list);
	return text;
}

/* The section that has such a key, other than [columns]; NULL: none. */
static const char *section_of(const char *key)
{
	for (const struct config_option *o = options; o->section; o++) {
		if (!strcmp(o->key, key) && strcmp(o->section, "columns"))
			return o->section;
	}
	return NULL;
}

char *config_option_suggest_key(const char *section, const char *key)
{
	const char *nearest = NULL, *other = NULL;
	size_t distance = (size_t)-1;
	/* Somebody who renames a column easily writes the two names the wrong way round: all of them are shown. */
	char *list = !strcmp(section, "columns") ? list_columns() : NULL;
	char *text = NULL;

	for (const struct config_option *o = options; o->section; o++) {
		if (!strcmp(o->section, section))
			consider(key, o->key, &nearest, &distance);
	}
	if (!nearest && !list)
		other = section_of(key);
	if (nearest)
		text = mem_printf(" Did you mean %s?%s", nearest, list ? list : "");
	else if (other)
		text = mem_printf(" It belongs into [%s].", other);
	else
		text = mem_strdup(list ? list : "");
	mem_free(list);
	return text;
}
