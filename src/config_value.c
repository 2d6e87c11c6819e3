/* config_value - numbers, durations, limits, prices, switches and lists from text. */
#include "config_value.h"

#include "mem.h"

#include <string.h>

static const struct unit {
	const char *name;
	int64_t ms;
} units[] = {
	{ "ms", 1 }, { "s", 1000 }, { "m", 60 * 1000 }, { "h", 60 * 60 * 1000 }, { "d", 24 * 60 * 60 * 1000 },
};

enum { UNITS = sizeof(units) / sizeof(units[0]) };

/*
 * Reads the digits at `text`; what follows them goes to *rest.  -1: there are
 * none, or the number is beyond int64_t.  No sign, no white space: strtoll(3)
 * would take both.
 */
static int read_digits(const char *text, int64_t *number, const char **rest)
{
	int64_t n = 0;
	const char *p = text;

	for (; *p >= '0' && *p <= '9'; p++) {
		if (n > (INT64_MAX - (*p - '0')) / 10)
			return -1;
		n = n * 10 + (*p - '0');
	}
	if (p == text)
		return -1;
	*number = n;
	*rest = p;
	return 0;
}

int config_value_integer(const struct config_option *option, const char *text, void *field, struct error *err)
{
	int64_t n = 0;
	const char *rest = "";

	if (read_digits(text, &n, &rest) || *rest || n < option->least || n > option->most)
		return error_exit(err, EXIT_CONFIG, "write a whole number from %lld to %lld.",
				  (long long)option->least, (long long)option->most);
	*(int64_t *)field = n;
	return 0;
}

char *config_value_duration_text(int64_t ms)
{
	int i = UNITS - 1;

	while (i > 0 && (ms == 0 || ms % units[i].ms))
		i--;
	return mem_printf("%lld%s", (long long)(ms / units[i].ms), units[i].name);
}

int config_value_duration(const struct config_option *option, const char *text, void *field, struct error *err)
{
	int64_t n = 0;
	const char *rest = "";
	const struct unit *unit = NULL;

	if (!read_digits(text, &n, &rest)) {
		for (int i = 0; i < UNITS; i++) {
			if (!strcmp(rest, units[i].name))
				unit = &units[i];
		}
	}
	if (!unit)
		return error_exit(err, EXIT_CONFIG, "write a whole number and its unit, like 500ms, 30s, 5m, 24h or 7d.");
	if (n > INT64_MAX / unit->ms || n * unit->ms < option->least || n * unit->ms > option->most) {
		char *least = config_value_duration_text(option->least);
		char *most = config_value_duration_text(option->most);

		error_exit(err, EXIT_CONFIG, "write a duration from %s to %s.", least, most);
		mem_free(least);
		mem_free(most);
		return -1;
	}
	*(int64_t *)field = n * unit->ms;
	return 0;
}

int config_value_limit(const struct config_option *option, const char *text, void *field, struct error *err)
{
	enum { MOST_COUNT = 1000000000, MOST_PERCENT = 1000 };
	struct config_limit limit = { .unlimited = false };
	int64_t n = 0;
	const char *rest = "";

	if (!strcmp(text, "unlimited")) {
		limit.unlimited = true;
	} else if (!read_digits(text, &n, &rest) && !*rest && n <= MOST_COUNT) {
		limit.count = n;
	} else if (*rest == '%' && !rest[1] && n <= MOST_PERCENT) {
		limit.percent = n;
		limit.count = n > 0 ? option->least : 0;
	} else {
		return error_exit(err, EXIT_CONFIG,
				  "write a number like 25 (at most %d), a percentage like 10%% (at most %d%%), or unlimited.",
				  MOST_COUNT, MOST_PERCENT);
	}
	*(struct config_limit *)field = limit;
	return 0;
}

int config_value_price(const struct config_option *option, const char *text, void *field, struct error *err)
{
	int64_t whole = 0, part = 0;
	const char *rest = "";
	const char *end = "";
	bool good = !read_digits(text, &whole, &rest) && whole <= option->most / 100;

	if (good && *rest == '.') {
		good = !read_digits(rest + 1, &part, &end) && !*end && end - rest <= 3;
		if (good && end - rest == 2)
			part *= 10; /* 3.5 is 3.50 */
	} else if (*rest) {
		good = false;
	}
	if (!good || whole * 100 + part > option->most)
		return error_exit(err, EXIT_CONFIG, "write dollars and cents like 3.00, at most %lld.",
				  (long long)(option->most / 100));
	*(int64_t *)field = whole * 100 + part;
	return 0;
}

int config_value_switch(const struct config_option *option, const char *text, void *field, struct error *err)
{
	static const struct {
		const char *word;
		bool value;
	} words[] = {
		{ "on", true }, { "yes", true }, { "true", true }, { "off", false }, { "no", false }, { "false", false },
	};

	(void)option;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (!strcmp(text, words[i].word)) {
			*(bool *)field = words[i].value;
			return 0;
		}
	}
	return error_exit(err, EXIT_CONFIG, "write on, yes or true, or off, no or false.");
}

int config_value_target(const struct config_option *option, const char *text, void *field, struct error *err)
{
	(void)option;
	for (enum config_target i = CONFIG_SUBSCRIBER; i <= CONFIG_SIP_ENDPOINT; i++) {
		if (!strcmp(text, config_target_name(i))) {
			*(enum config_target *)field = i;
			return 0;
		}
	}
	return error_exit(err, EXIT_CONFIG, "write subscriber or sip-endpoint.");
}

int config_value_on_remove(const struct config_option *option, const char *text, void *field, struct error *err)
{
	(void)option;
	for (enum config_on_remove i = CONFIG_DELETE; i <= CONFIG_KEEP; i++) {
		if (!strcmp(text, config_on_remove_name(i))) {
			*(enum config_on_remove *)field = i;
			return 0;
		}
	}
	return error_exit(err, EXIT_CONFIG, "write delete, suspend or keep.");
}

/* Whether every [ is closed and nothing is escaped by a backslash at the end. */
static bool pattern_good(const char *pattern)
{
	for (const char *p = pattern; *p; p++) {
		if (*p == '\\' && !*++p)
			return false;
		if (*p == '[') {
			p++;
			if (*p == '!' || *p == '^')
				p++;
			/* A ] that comes first stands for itself (POSIX, 2.13.1). */
			p = *p ? strchr(p + 1, ']') : NULL;
			if (!p)
				return false;
		}
	}
	return *pattern != '\0';
}

void config_value_free_patterns(char **patterns)
{
	for (char **p = patterns; p && *p; p++)
		mem_free(*p);
	mem_free(patterns);
}

int config_value_patterns(const struct config_option *option, const char *text, void *field, struct error *err)
{
	char **list = NULL;
	size_t count = 0;

	(void)option;
	for (const char *start = text; *text; start++) {
		size_t len = 0;

		start += strspn(start, " \t");
		len = strcspn(start, ",");
		list = mem_grow(list, count + 2, sizeof(*list));
		list[count] = mem_strndup(start, len);
		list[count + 1] = NULL;
		for (size_t end = len; end > 0 && strchr(" \t", list[count][end - 1]); end--)
			list[count][end - 1] = '\0';
		if (!pattern_good(list[count++])) {
			config_value_free_patterns(list);
			return error_exit(err, EXIT_CONFIG,
					  "write shell patterns with commas between them, like 1*, 20[0-4]?; "
					  "none may be empty, and each [ needs its ].");
		}
		start += len;
		if (!*start)
			break;
	}
	config_value_free_patterns(*(char ***)field);
	*(char ***)field = list;
	return 0;
}
