/* difference - runs the query that joins desired and ledger, in pages or by keys. */
#include "difference.h"

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "difference_decode.h"
#include "difference_sql.h"
#include "mem.h"
#include "target.h"
#include "textarray.h"

enum { PARAMETERS = 7 };

struct difference_query {
	const struct source *source; /* borrowed */
	char *inner, *outer;         /* $2, $3 as bytea's text form; a key: wiped */
	char *policy;                /* $4 */
	char *settings;              /* the first statement of every read */
	char *keyed_settings;        /* of one by keys */
	char *totals, *ledger_totals, *page, *keys, *find, *still_wanted;
};

static const char *on_remove_word(const struct config *config)
{
	static const char *const words[] = {
		[CONFIG_ON_REMOVE_UNSET] = "unset", [CONFIG_DELETE] = "delete",
		[CONFIG_SUSPEND] = "suspend", [CONFIG_KEEP] = "keep",
	};

	return words[config->on_remove];
}

char *difference_policy_json(const struct config *config)
{
	char *base = source_policy_json(config);
	char *grace = config->grace_ms % 1000 ? mem_printf("%lld.%03lld", (long long)(config->grace_ms / 1000),
							   (long long)(config->grace_ms % 1000))
					      : mem_printf("%lld", (long long)(config->grace_ms / 1000));
	struct json_object *policy = json_tokener_parse(base);
	char *text = NULL;

	json_object_object_add(policy, "on_remove", json_object_new_string(on_remove_word(config)));
	json_object_object_add(policy, "grace", json_object_new_string(grace));
	if (target_one_place(config))
		json_object_object_add(policy, "one_place", json_object_new_boolean(true));
	if (config->subscriber_id)
		json_object_object_add(policy, "subscriber_id", json_object_new_string(config->subscriber_id));
	text = mem_strdup(json_object_to_json_string_ext(policy, JSON_C_TO_STRING_PLAIN));
	json_object_put(policy);
	free(grace);
	free(base);
	return text;
}

/*
 * Before every read, in its transaction.  A hidden row must be an error and not
 * a removal; compiling would take longer than the query; sorts stay in memory.
 */
static char *settings_text(const struct config *config, const char *more)
{
	return mem_printf("-- swbridge: how the following reads run\n"
			  "select %sset_config('jit', 'off', true),\n"
			  "       set_config('work_mem', greatest(pg_size_bytes(current_setting('work_mem')) / 1024, 32768) || 'kB', true)%s",
			  config->row_security ? "" : "set_config('row_security', 'off', true), ", more);
}

/*
 * To plan a text by keys takes longer than to run it, and its plan is the same for any keys: made once, it is kept.
 * What it holds for rows that want a name would start workers each time, also where there is no such row.
 */
static const char keeps_its_plan[] =
	",\n       set_config('max_parallel_workers_per_gather', '0', true)"
	",\n       case when current_setting('server_version_num')::integer >= 120000\n"
	"            then set_config('plan_cache_mode', 'force_generic_plan', true) end";

int difference_query_new(struct db *db, const struct source *source, const struct config *config,
			 const char *digest_inner, const char *digest_outer,
			 struct difference_query **query, struct error *err)
{
	struct difference_query *new = mem_alloc(sizeof(*new));

	(void)db;
	(void)err;
	new->source = source;
	new->inner = mem_strdup(digest_inner);
	new->outer = mem_strdup(digest_outer);
	new->policy = difference_policy_json(config);
	new->settings = settings_text(config, "");
	new->keyed_settings = settings_text(config, keeps_its_plan);
	new->totals = difference_sql_totals(source, config);
	new->ledger_totals = difference_sql_ledger_totals();
	new->page = difference_sql_page(source, config);
	new->keys = difference_sql_keys(source, config);
	new->find = difference_sql_find(source, config);
	new->still_wanted = difference_sql_still_wanted(source, config);
	*query = new;
	return 0;
}

void difference_query_free(struct difference_query *query)
{
	if (!query)
		return;
	mem_free_secret(query->inner);
	mem_free_secret(query->outer);
	free(query->policy);
	free(query->settings);
	free(query->keyed_settings);
	free(query->totals);
	free(query->ledger_totals);
	free(query->page);
	free(query->keys);
	free(query->find);
	free(query->still_wanted);
	free(query);
}

static const char *walk_word(enum difference_walk walk)
{
	switch (walk) {
	case WALK_CHANGE:
		return "change";
	case WALK_REMOVE:
		return "remove";
	case WALK_ALL:
	default:
		return "all";
	}
}

/* The parameters $1 to $7 of a query. */
static void parameters(const struct difference_query *query, const char *params[PARAMETERS], const char *keys,
		       const char *walk, const char *after, const char *limit)
{
	params[0] = keys;
	params[1] = query->inner;
	params[2] = query->outer;
	params[3] = query->policy;
	params[4] = walk;
	params[5] = after;
	params[6] = limit;
}

/* Runs the settings and up to two statements as one read, all or none of them prepared; results[] as of db_run_wait(). */
static int read_unit(struct difference_query *query, struct db *db, const struct db_statement *more, int count,
		     struct db_result **results, struct error *err)
{
	const bool keeps_plan = more[0].prepared;
	struct db_statement statements[3] = {
		{ .sql = keeps_plan ? query->keyed_settings : query->settings, .prepared = keeps_plan },
	};

	for (int i = 0; i < count; i++)
		statements[i + 1] = more[i];
	if (db_run_wait(db, DB_READ, statements, count + 1, results, err) < 0)
		return source_explain_error(db, query->source, err);
	return 0;
}

static void free_results(struct db_result **results)
{
	for (int i = 0; i < 3; i++)
		db_result_free(results[i]);
}

struct delivery {
	void (*row)(const struct difference *difference, void *arg);
	void (*explained)(const struct difference *difference, bool in_step, void *arg);
	void *arg;
};

static void deliver(const struct db_row *row, void *arg)
{
	const struct delivery *delivery = arg;
	struct difference difference;
	bool in_step = false;

	difference_decode_row(row, &difference, &in_step);
	if (delivery->explained)
		delivery->explained(&difference, in_step, delivery->arg);
	else
		delivery->row(&difference, delivery->arg);
}

static void take_totals(const struct db_row *row, void *arg)
{
	difference_decode_totals(row, arg);
}

static int run_totals(struct difference_query *query, struct db *db, const char *text, struct difference_totals *totals,
		      struct error *err)
{
	const char *params[PARAMETERS];
	struct db_result *results[3] = { NULL };
	struct db_statement statement = {
		.sql = text, .params = params, .param_count = PARAMETERS, .row = take_totals, .arg = totals,
		.prepared = text == query->ledger_totals,
	};
	int rc = -1;

	parameters(query, params, NULL, walk_word(WALK_ALL), NULL, NULL);
	rc = read_unit(query, db, &statement, 1, results, err);
	free_results(results);
	return rc;
}

int difference_totals(struct difference_query *query, struct db *db, struct difference_totals *totals, struct error *err)
{
	return run_totals(query, db, query->totals, totals, err);
}

int difference_ledger_totals(struct difference_query *query, struct db *db, struct difference_totals *totals,
			     struct error *err)
{
	return run_totals(query, db, query->ledger_totals, totals, err);
}

int difference_page(struct difference_query *query, struct db *db, enum difference_walk walk, const char *after,
		    int64_t limit, struct difference_totals *totals,
		    void (*row)(const struct difference *difference, void *arg), void *arg, struct error *err)
{
	struct delivery delivery = { .row = row, .arg = arg };
	const char *params[PARAMETERS];
	struct db_result *results[3] = { NULL };
	struct db_statement statements[2] = {
		{ .sql = query->totals, .params = params, .param_count = PARAMETERS, .row = take_totals, .arg = totals },
		{ .sql = query->page, .params = params, .param_count = PARAMETERS, .row = deliver, .arg = &delivery },
	};
	char *limit_text = mem_printf("%lld", (long long)limit);
	int rc = -1;

	parameters(query, params, NULL, walk_word(walk), after, limit_text);
	rc = read_unit(query, db, statements, 2, results, err);
	free_results(results);
	free(limit_text);
	return rc;
}

static void take_paused(const struct db_row *row, void *arg)
{
	*(bool *)arg = db_row_get(row, 0)[0] == 't';
}

static int run_keys(struct difference_query *query, struct db *db, const char *const *keys, size_t count,
		    const char *walk, bool *paused, struct delivery *delivery, struct error *err)
{
	const char *params[PARAMETERS];
	struct db_result *results[3] = { NULL };
	char *array = textarray(keys, count);
	const struct db_statement statements[2] = {
		{ .sql = "select coalesce((select paused from control), false)", .row = take_paused, .arg = paused,
		  .prepared = true },
		{ .sql = query->keys, .params = params, .param_count = PARAMETERS, .row = deliver, .arg = delivery,
		  .prepared = true },
	};
	int rc = -1;

	parameters(query, params, array, walk, NULL, NULL);
	rc = read_unit(query, db, statements, 2, results, err);
	free_results(results);
	free(array);
	return rc;
}

int difference_keys(struct difference_query *query, struct db *db, const char *const *keys, size_t count, bool *paused,
		    void (*row)(const struct difference *difference, void *arg), void *arg, struct error *err)
{
	struct delivery delivery = { .row = row, .arg = arg };

	return run_keys(query, db, keys, count, "keys", paused, &delivery, err);
}

int difference_explain(struct difference_query *query, struct db *db, const char *key,
		       void (*row)(const struct difference *difference, bool in_step, void *arg), void *arg,
		       struct error *err)
{
	struct delivery delivery = { .explained = row, .arg = arg };
	bool paused = false;

	return run_keys(query, db, &key, 1, "explain", &paused, &delivery, err);
}

int difference_find(struct difference_query *query, struct db *db, const char *const *names, size_t count,
		    void (*found)(const char *name, const char *key, const char *extension, void *arg), void *arg,
		    struct error *err)
{
	const char *params[PARAMETERS];
	struct db_result *results[3] = { NULL };
	char *array = textarray(names, count);
	struct db_statement statement = { .sql = query->find, .params = params, .param_count = PARAMETERS };
	int rc = -1;

	parameters(query, params, array, NULL, NULL, NULL);
	rc = read_unit(query, db, &statement, 1, results, err);
	for (int i = 0; rc == 0 && i < db_result_rows(results[1]); i++)
		found(db_result_get(results[1], i, 0), db_result_get(results[1], i, 1), db_result_get(results[1], i, 2), arg);
	free_results(results);
	free(array);
	return rc;
}

const char *difference_still_wanted_sql(const struct difference_query *query)
{
	return query->still_wanted;
}

const char *difference_policy(const struct difference_query *query)
{
	return query->policy;
}

const char *difference_settings_sql(const struct difference_query *query)
{
	return query->settings;
}

void difference_parameters(const struct difference_query *query, const char *params[7])
{
	parameters(query, params, NULL, NULL, NULL, NULL);
}

char *difference_function_text(struct db *db, const struct source *source, const struct config *config)
{
	(void)db;
	return difference_sql_function(source, config);
}
