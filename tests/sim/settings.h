/*
 * settings - every switch of the simulator, changeable at run time.
 *
 * A switch stands for a behaviour of the live API that is not known for sure,
 * or for a mode that a test wants.  tests/sim/README lists them with their
 * meaning; settings_table in settings.c is the one place that names them.
 */
#ifndef SETTINGS_H
#define SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include <json-c/json.h>

#include "error.h"
#include "strbuf.h"

enum { SETTINGS_CASCADE, SETTINGS_REFUSE };
enum { SETTINGS_TIME_ZONE, SETTINGS_TIMEZONE, SETTINGS_BOTH, SETTINGS_NEITHER };
enum { SETTINGS_INNER_OTHER, SETTINGS_INNER_ABSENT, SETTINGS_INNER_SAME };
enum { SETTINGS_NEWEST, SETTINGS_OLDEST };
enum { SETTINGS_CURSOR, SETTINGS_OFFSET };
enum { SETTINGS_ABSOLUTE, SETTINGS_RELATIVE };
enum { SETTINGS_CLAMP, SETTINGS_OVER_REFUSE };
enum { SETTINGS_MATCH, SETTINGS_IGNORE };
enum { SETTINGS_PROJECT, SETTINGS_SPACE };
enum { SETTINGS_SENSITIVE, SETTINGS_INSENSITIVE };
enum { SETTINGS_404_OFF, SETTINGS_404_ALL, SETTINGS_404_OBJECTS };
enum { SETTINGS_SHAPE_SPEC, SETTINGS_SHAPE_OBJECT, SETTINGS_SHAPE_STRINGS, SETTINGS_SHAPE_HTML, SETTINGS_SHAPE_EMPTY };

struct settings {
	int64_t create_status, endpoint_create_status;
	bool put_clears, endpoint_put_clears;
	int64_t on_delete, time_zone_name, inner_id;
	int64_t order, paging, links;
	char *link_host; /* NULL: where the simulator listens */
	int64_t page_size_default, page_size_max, legacy_page_size_max, page_size_over;
	int64_t empty_page_every;
	bool legacy_includes_credentials;
	int64_t filter_username, email_scope, username_case;
	bool list_defaults;
	int64_t list_lag_ms, latency_ms, clock_skew_ms, time_digits;
	int64_t rate_limit, rate_window_ms;
	char *retry_after;
	int64_t missing_scope; /* 0, or the status to answer */
	bool missing_voice;
	int64_t all_404;
	char *act_as; /* project id that every request is served from */
	int64_t max_subscribers;
	char *account_error; /* code that every create is refused with */
	char *unique_code;
	int64_t error_shape, wrong_method;
	int64_t sip_password_min, name_max;
	char *request_id_header;
	char *numbers; /* E.164, with commas between */
	bool extra_fields;
	bool hold; /* keep the answers to mutations back while it is set */
};

void settings_init(struct settings *s);
void settings_release(struct settings *s);

/*
 * Sets what the members name.  An unknown name or a bad value is an
 * error, and members that stand after it are not looked at.
 */
int settings_apply(struct settings *s, struct json_object *object, struct error *err);

/* All of them, as a JSON object with one member a line. */
void settings_show(const struct settings *s, struct strbuf *out);

#endif
