/* cmd_approve - the verb `approve`: releases exactly what the rails hold now. */
#include "cmd.h"

#include "admin.h"
#include "config_value.h"
#include "jsonline.h"
#include "ledger_sql.h"
#include "log.h"
#include "mem.h"
#include "report.h"
#include "report_json.h"

#include <stdio.h>
#include <string.h>

enum { OPTION_FOR = CMD_OPTION_FIRST };
enum { FOR_DEFAULT_MS = 24 * 3600 * 1000 };

static const struct option options_known[] = {
	{ "for", required_argument, NULL, OPTION_FOR },
	{ NULL, 0, NULL, 0 },
};

/* A second to thirty days, written as in the configuration. */
static const struct config_option for_value = { .key = "--for", .least = 1000, .most = 30LL * 24 * 3600 * 1000 };

/* A name that was given, and what it was found to name among what is held. */
struct name {
	const char *text;
	int count;
	char *last; /* its key; lines of one key follow each other */
	struct strbuf list;
};

struct approval {
	const struct cmd_options *options;
	const char *word; /* creates, removals, changes */
	unsigned class;
	int64_t for_ms;
	struct name *names;
	int name_count; /* 0: everything that is held */
	struct cmd_keys keys;
	struct report *report;
	bool paused;
};

static unsigned class_of(const char *word)
{
	for (unsigned class = CLASS_CREATES; class <= CLASS_CHANGES; class <<= 1)
		if (strcmp(word, rails_approve_word(class)) == 0)
			return class;
	return 0;
}

static bool names_it(const char *name, const struct pass_line *line)
{
	const size_t prefix = strlen(LEDGER_SQL_KEY);
	char *shown = NULL;
	bool same = strcmp(name, line->key) == 0 || (line->extension && strcmp(name, line->extension) == 0) ||
		    (strncmp(name, LEDGER_SQL_KEY, prefix) == 0 && strcmp(name + prefix, line->key) == 0);

	if (!same) {
		shown = pass_line_name(line); /* tenant/extension */
		same = strcmp(name, shown) == 0;
		mem_free(shown);
	}
	return same;
}

/* Whether it is meant, by any of the names; each of them remembers it. */
static bool is_named(struct approval *approval, const struct pass_line *line)
{
	bool named = approval->name_count == 0;

	for (int i = 0; i < approval->name_count; i++) {
		struct name *name = &approval->names[i];

		if (!names_it(name->text, line))
			continue;
		named = true;
		if (name->count && strcmp(name->last, line->key) == 0)
			continue;
		name->count++;
		mem_free(name->last);
		name->last = mem_strdup(line->key);
		admin_several_add(&name->list, line->key, line->extension ? line->extension : "-");
	}
	return named;
}

/* For people as a plan says it: what held it does so no more. */
static void say(const struct approval *approval, const struct pass_line *line)
{
	struct pass_line planned = *line;

	planned.state = PASS_PLANNED;
	planned.reason = NULL;
	if (approval->options->json)
		report_line(approval->report, line);
	else if (!approval->options->quiet)
		report_line(approval->report, &planned);
}

static void held_line(const struct pass_line *line, void *arg)
{
	struct approval *approval = arg;

	approval->paused = approval->paused || (line->state == PASS_HELD && !line->held);
	if (line->state != PASS_HELD || !(line->held & approval->class) || !is_named(approval, line))
		return;
	cmd_keys_add(&approval->keys, line->key);
	say(approval, line);
}

static int check_names(const struct approval *approval, struct error *err)
{
	for (int i = 0; i < approval->name_count; i++) {
		const struct name *name = &approval->names[i];

		if (name->count == 0)
			return error_set(err, ERROR_NEVER, "Nothing was approved: \"%s\" is not held by %s now; see: "
					 "swbridge plan", name->text, rails_setting(approval->class));
		if (name->count > 1) {
			admin_several(&name->list, name->text, err);
			return error_prefix(err, "Nothing was approved");
		}
	}
	return 0;
}

static void say_end(const struct approval *approval)
{
	const long long hours = (approval->for_ms + 3599999) / 3600000;
	struct strbuf line = STRBUF_INIT;

	if (approval->options->json) {
		jsonline_begin(&line, "summary");
		jsonline_text(&line, "operation", approval->word);
		jsonline_int(&line, "approved", (int64_t)approval->keys.count);
		jsonline_int(&line, "seconds", approval->for_ms / 1000);
		report_json_put(stdout, &line);
	} else if (approval->keys.count == 0) {
		log_print(stdout, "%s holds nothing now%s\n", rails_setting(approval->class),
		       approval->paused ? "; but swbridge is paused: swbridge resume" : ".");
	} else if (!approval->options->quiet) {
		log_print(stdout, "Approved %s: %zu, for the next %lld %s and these only. Now run: swbridge sync\n", approval->word,
		       approval->keys.count, hours, hours == 1 ? "hour" : "hours");
	}
}

static int approve(struct approval *approval, const struct session *session, struct error *err)
{
	struct pass_setup setup = { .line = held_line, .arg = approval };
	struct pass_summary summary = { 0 };

	cmd_pass_setup(&setup, session);
	if (pass_full(&setup, &summary, err) || check_names(approval, err))
		return -1;
	if (approval->keys.count &&
	    admin_approve(session->db, approval->word, (const char *const *)approval->keys.key, approval->keys.count,
			  approval->for_ms, err))
		return -1;
	report_flush(approval->report);
	say_end(approval);
	return 0;
}

static int take_arguments(struct approval *approval, const struct cmd_verb *verb, struct cmd_options *options, int argc,
			  char **argv)
{
	struct error err = ERROR_INIT;
	int rc = 0, option = 0;

	while ((option = cmd_option(verb, options, options_known, argc, argv, &rc)) != CMD_END) {
		if (option == CMD_STOP)
			return rc < 0 ? EXIT_FAULT : rc;
		if (config_value_duration(&for_value, optarg, &approval->for_ms, &err)) {
			rc = cmd_usage(verb, "--for: %s", error_text(&err));
			error_clear(&err);
			return rc;
		}
	}
	if (optind == argc)
		return cmd_usage(verb, "Say what: creates, removals or changes.");
	approval->class = class_of(argv[optind]);
	if (!approval->class)
		return cmd_usage(verb, "\"%s\" is none of creates, removals, changes.", argv[optind]);
	approval->word = rails_approve_word(approval->class);
	approval->name_count = argc - optind - 1;
	approval->names = mem_array((size_t)approval->name_count + 1, sizeof *approval->names);
	for (int i = 0; i < approval->name_count; i++)
		approval->names[i].text = argv[optind + 1 + i];
	return -1;
}

static void release(struct approval *approval)
{
	report_free(approval->report);
	cmd_keys_release(&approval->keys);
	for (int i = 0; i < approval->name_count; i++) {
		mem_free(approval->names[i].last);
		strbuf_release(&approval->names[i].list);
	}
	mem_free(approval->names);
}

static int run(const struct cmd_verb *verb, struct cmd_options *options, int argc, char **argv)
{
	struct approval approval = { .options = options, .for_ms = FOR_DEFAULT_MS };
	struct session session;
	struct session_wish wish = { .verb = verb->name, .level = SESSION_LEDGER };
	struct report_setup report = { .out = stdout, .kind = REPORT_PLAN, .color = report_color(stdout) };
	struct error err = ERROR_INIT;
	int rc = take_arguments(&approval, verb, options, argc, argv);

	if (rc >= 0)
		return rc;
	wish.config_path = options->config_path;
	if (session_open(&session, &wish, &err)) {
		release(&approval);
		return cmd_fail(&err);
	}
	report.json = options->json; /* it may have been told behind the verb */
	approval.report = report_new(&report);
	rc = approve(&approval, &session, &err) ? cmd_fail(&err) : EXIT_IN_STEP;
	release(&approval);
	session_close(&session);
	return rc;
}

const struct cmd_verb cmd_approve = {
	.name = "approve",
	.summary = "release what a rail holds",
	.arguments = "creates|removals|changes [KEY...] [--for 24h]",
	.details =
	"Lists what max_creates, max_removals or max_changes holds now and releases exactly that, or only\n"
	"the keys (or extensions) that are named.  What is held later is not covered.\n\n"
	"  --for 24h  how long the approval counts\n",
	.run = run,
};
