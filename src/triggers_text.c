/* triggers_text - the arguments and statements of the triggers, and the words about them. */
#include "triggers.h"

#include "mem.h"
#include "textarray.h"

#include <string.h>

static const char *or_empty(const struct source *source, enum source_column column)
{
	return source_has(source, column) ? source->columns[column].column : "";
}

/* Whether an earlier column of the contract is mapped to the same column of the source. */
static bool seen_before(const struct source *source, int column)
{
	for (int i = 0; i < column; i++) {
		if (source_has(source, (enum source_column)i) &&
		    strcmp(source->columns[i].column, source->columns[column].column) == 0)
			return true;
	}
	return false;
}

/* Everything that is bound: the desired query reads all of it. */
static size_t watched(const struct source *source, const char *columns[SOURCE_COLUMN_COUNT])
{
	size_t count = 0;

	for (int i = 0; i < SOURCE_COLUMN_COUNT; i++) {
		if (source_has(source, (enum source_column)i) && !seen_before(source, i))
			columns[count++] = source->columns[i].column;
	}
	return count;
}

enum { FIXED_ARGUMENTS = 6 };

char *triggers_arguments(const struct source *source, const char *channel)
{
	const char *arguments[FIXED_ARGUMENTS + SOURCE_COLUMN_COUNT] = {
		channel, "", "0.5", or_empty(source, SOURCE_TENANT), or_empty(source, SOURCE_EXTENSION),
		or_empty(source, SOURCE_KEY),
	};

	return textarray(arguments, FIXED_ARGUMENTS + watched(source, arguments + FIXED_ARGUMENTS));
}

void triggers_statements(const struct triggers *t, const char *table, char *statements[TRIGGERS_STATEMENTS])
{
	statements[0] = mem_printf("drop trigger if exists %s on %s", t->row_name, table);
	statements[1] = mem_printf("drop trigger if exists %s on %s", t->truncate_name, table);
	statements[2] = mem_printf("create trigger %s after insert or update or delete on %s\n"
				   "    for each row execute function %s(%s)",
				   t->row_name, table, t->function_name, t->arguments);
	statements[3] = mem_printf("create trigger %s after truncate on %s\n"
				   "    for each statement execute function %s(%s)",
				   t->truncate_name, table, t->function_name, t->arguments);
	statements[4] = mem_printf("alter table %s enable always trigger %s", table, t->row_name);
	statements[5] = mem_printf("alter table %s enable always trigger %s", table, t->truncate_name);
}

static const char instead[] = "changes are found every [listen] poll, or at once if triggers of your own on the tables "
			      "beneath it call pg_notify with that channel and the key";

int triggers_possible(const struct triggers *triggers, const struct source *source, const struct config *config,
		      struct error *err)
{
	switch (triggers->obstacle) {
	case TRIGGERS_FUNCTION:
		return error_exit(err, EXIT_CONFIG, "The source %s is a function, which cannot have triggers (channel \"%s\"); leave "
				  "--triggers out: %s.", source->name, config->schema, instead);
	case TRIGGERS_VIEW:
		return error_exit(err, EXIT_CONFIG, "The source %s is a view, and no trigger on it sees what is written to the tables "
				  "beneath (channel \"%s\"); leave --triggers out: %s.", source->name, config->schema, instead);
	case TRIGGERS_FOREIGN:
		return error_exit(err, EXIT_CONFIG, "The source %s is a foreign table, and no trigger on it sees what is written in the "
				  "other database; leave --triggers out: changes are found every [listen] poll.",
				  source->name);
	case TRIGGERS_ROLE:
		return error_exit(err, EXIT_CONFIG, "%s belongs to %s, and only a member of that role may make its triggers; run as a "
				  "superuser, or as that role with usage on schema \"%s\": "
				  "swbridge init --print-sql --triggers | %s", source->name, triggers->owner,
				  config->schema, triggers->psql);
	case TRIGGERS_POSSIBLE:
	default:
		return 0;
	}
}

bool triggers_in_place(const struct triggers *triggers)
{
	return triggers->current && triggers->here == 2 && triggers->right == 2;
}

static void add_watched(struct strbuf *out, const struct source *source)
{
	const char *columns[SOURCE_COLUMN_COUNT];
	size_t count = watched(source, columns);

	for (size_t i = 0; i < count; i++)
		strbuf_printf(out, "%s%s", i ? ", " : "", columns[i]);
}

/* What makes or renews them, for whom it has to be. */
static void say_command(struct strbuf *out, const struct triggers *triggers)
{
	if (triggers->obstacle == TRIGGERS_ROLE)
		strbuf_printf(out, " as the table's owner (%s), with usage on the schema: swbridge init --print-sql --triggers | %s",
			      triggers->owner, triggers->psql);
	else
		strbuf_puts(out, ": swbridge init --triggers");
}

static bool say_none(struct strbuf *out, const struct triggers *triggers, const struct source *source)
{
	if (triggers->elsewhere) {
		strbuf_printf(out, "on %s, which is the source no more; to take them away, run: swbridge init",
			      triggers->elsewhere);
		return true;
	}
	if (triggers->obstacle == TRIGGERS_POSSIBLE || triggers->obstacle == TRIGGERS_ROLE) {
		strbuf_puts(out, "none: a daemon finds changes every [listen] poll; to have it hear of them at once, run");
		say_command(out, triggers);
	} else {
		strbuf_printf(out, "not possible on %s, which is no table here: a daemon finds changes every [listen] poll",
			      source->name);
	}
	return false;
}

static void say_cost(struct strbuf *out, const struct triggers *triggers)
{
	strbuf_puts(out, "; transactions that change these commit one after the other, and PREPARE TRANSACTION refuses them");
	if (triggers->two_phase)
		strbuf_printf(out, ", which this server allows (max_prepared_transactions > 0): if the PBX uses it, take the triggers "
				   "away with: drop function %s() cascade", triggers->function_name);
}

static void say_queue(struct strbuf *out, const struct triggers *triggers)
{
	if (triggers->queue >= 0.25)
		strbuf_printf(out, "; the server's notification queue is %.0f %% full (from 50 %% on they are silent): look in "
			      "pg_stat_activity for a listener that is idle in transaction", triggers->queue * 100);
}

/* Of an adapter, whose source is a function: on the tables beneath it. */
static bool say_beneath(struct strbuf *out, const struct triggers *triggers)
{
	if (!triggers->beneath) {
		strbuf_puts(out, "none: a daemon finds changes every [listen] poll; to have it hear of them at once, run: "
				 "swbridge init --triggers");
		return false;
	}
	if (!triggers->current) {
		strbuf_puts(out, "of another version of swbridge: some changes are found by [listen] poll only; to renew them, run: "
				 "swbridge init");
		return true;
	}
	strbuf_printf(out, "on %s", triggers->beneath);
	if (triggers->missing) {
		strbuf_printf(out, ", watching %s, which the PBX does not have any more; to renew them, run: swbridge init",
			      triggers->missing);
		return true;
	}
	say_cost(out, triggers);
	say_queue(out, triggers);
	return triggers->two_phase || triggers->queue >= 0.25;
}

bool triggers_verdict(struct strbuf *out, const struct triggers *triggers, const struct source *source)
{
	if (triggers->adapter && !triggers->here && !triggers->elsewhere)
		return say_beneath(out, triggers);
	if (!triggers->here)
		return say_none(out, triggers, source);
	if (!triggers_in_place(triggers)) {
		strbuf_printf(out, "%s on %s: some changes are found by [listen] poll only; to renew them, run",
			      !triggers->current ? "of another version of swbridge"
			      : triggers->here != 2 ? "one of the two is missing"
			      : "disabled, not ENABLE ALWAYS, or for other columns than are bound",
			      source->name);
		say_command(out, triggers);
		return true;
	}
	strbuf_printf(out, "on %s, watching ", source->name);
	add_watched(out, source);
	say_cost(out, triggers);
	if (triggers->children)
		strbuf_printf(out, "; tables inherit from %s, and what is written to these is found by [listen] poll only", source->name);
	say_queue(out, triggers);
	return triggers->two_phase || triggers->children || triggers->queue >= 0.25;
}

/* The kind of a source that can have none; NULL: a table, or what an adapter reads. */
static const char *without(const struct triggers *triggers)
{
	if (triggers->adapter)
		return NULL;
	return triggers->obstacle == TRIGGERS_FUNCTION ? "a function"
	       : triggers->obstacle == TRIGGERS_VIEW   ? "a view"
	       : triggers->obstacle == TRIGGERS_FOREIGN ? "a foreign table" : NULL;
}

bool triggers_silent(struct strbuf *out, const struct triggers *triggers, const struct source *source,
		     const struct config *config)
{
	const char *kind = without(triggers);
	long long every = (long long)(config->poll_ms / 1000);

	if (triggers->adapter ? triggers->beneath != NULL : triggers->here > 0) {
		if (triggers->adapter ? triggers->current : triggers_in_place(triggers))
			return false;
		strbuf_printf(out, "the triggers on %s are not as they should be: some changes are found only every %lld s; what to do "
				   "says: swbridge check", triggers->adapter ? triggers->beneath : source->name, every);
	} else if (kind) {
		strbuf_printf(out, "%s is %s, which can have no triggers: changes are found every %lld s, unless the PBX itself notifies "
				   "the channel %s", source->name, kind, every, config->schema);
	} else {
		strbuf_printf(out, "there are no triggers on %s%s: changes are found every %lld s; to hear of them at once",
			      triggers->adapter ? "the tables beneath " : "", source->name, every);
		say_command(out, triggers);
	}
	return true;
}
