/* cmd_approve - the verb `approve`: releases exactly what the rails hold now. */
#include "cmd.h"

#include "admin.h"
#include "config_value.h"
#include "jsonline.h"
#include "log.h"
#include "mem.h"
#include "report.h"
#include "report_json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OPTION_FOR = CMD_OPTION_FIRST };
enum { FOR_DEFAULT_MS = 24 * 3600 * 1000 };

static const struct option options_known[] = {
	{ "for", required_argument, NULL, OPTION_FOR },
	{ NULL, 0, NULL, 0 },
};

/* A second to thirty days, written as in the configuration. */
static const struct config_option for_value = { .key = "--for", .least = 1000, .most = 30LL * 24 * 3600 * 1000 };

struct approval {
	const struct cmd_options *options;
	const char *word; /* creates, removals, changes */
	unsigned class;
	int64_t for_ms;
	char *const *names; /* none: everything that is held */
	int name_count;
	char **meant;  /* for each name, its key; NULL: a subscriber that no extension is left on, by its own key */
	bool *matched; /* for each name */
	struct cmd_keys keys;
	struct report *report; /* into `text`: nothing is listed before it is approved */
	FILE *lines;
	char *text;
	size_t len;
	bool paused;
};

static unsigned class_of(const char *word)
{
	for (unsigned class = CLASS_CREATES; class <= CLASS_CHANGES; class <<= 1)
		if (strcmp(word, rails_approve_word(class)) == 0)
			return class;
	return 0;
}

static bool is_named(struct approval *approval, const struct pass_line *line)
{
	bool named = approval->name_count == 0;

	for (int i = 0; i < approval->name_count; i++) {
		const char *meant = approval->meant[i] ? approval->meant[i] : approval->names[i];

		if (strcmp(meant, line->key) == 0)
			named = approval->matched[i] = true;
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

static int find_names(struct approval *approval, const struct session *session, struct error *err)
{
	for (int i = 0; i < approval->name_count; i++)
		if (cmd_find_at_most_one(session, approval->names[i], &approval->meant[i], err))
			return error_prefix(err, "Nothing was approved");
	return 0;
}

static int check_matched(const struct approval *approval, struct error *err)
{
	for (int i = 0; i < approval->name_count; i++)
		if (!approval->matched[i])
			return error_set(err, ERROR_NEVER, "Nothing was approved: \"%s\" is not held by %s now; see: "
					 "swbridge plan", approval->names[i], rails_setting(approval->class));
	return 0;
}

static void say_lines(const struct approval *approval)
{
	report_flush(approval->report);
	fflush(approval->lines);
	fwrite(approval->text, 1, approval->len, stdout);
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
	if (find_names(approval, session, err) || pass_full(&setup, &summary, err) || check_matched(approval, err))
		return -1;
	if (approval->keys.count &&
	    admin_approve(session->db, approval->word, (const char *const *)approval->keys.key, approval->keys.count,
			  approval->for_ms, err))
		return -1;
	say_lines(approval);
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
	approval->names = argv + optind + 1;
	approval->name_count = argc - optind - 1;
	return -1;
}

static int run(const struct cmd_verb *verb, struct cmd_options *options, int argc, char **argv)
{
	struct approval approval = { .options = options, .for_ms = FOR_DEFAULT_MS };
	struct session session;
	struct session_wish wish = { .verb = verb->name, .level = SESSION_LEDGER };
	struct report_setup report = { .kind = REPORT_PLAN, .color = report_color(stdout) };
	struct error err = ERROR_INIT;
	int rc = take_arguments(&approval, verb, options, argc, argv);

	if (rc >= 0)
		return rc;
	wish.config_path = options->config_path;
	if (session_open(&session, &wish, &err))
		return cmd_fail(&err);
	report.json = options->json; /* it may have been told behind the verb */
	report.out = approval.lines = open_memstream(&approval.text, &approval.len);
	if (!approval.lines) {
		error_set(&err, ERROR_LATER, "There is no memory for the list.");
		session_close(&session);
		return cmd_fail(&err);
	}
	approval.report = report_new(&report);
	approval.meant = mem_array((size_t)approval.name_count + 1, sizeof *approval.meant);
	approval.matched = mem_array((size_t)approval.name_count + 1, sizeof *approval.matched);
	rc = approve(&approval, &session, &err) ? cmd_fail(&err) : EXIT_IN_STEP;
	report_free(approval.report);
	fclose(approval.lines);
	free(approval.text);
	for (int i = 0; i < approval.name_count; i++)
		mem_free(approval.meant[i]);
	mem_free(approval.meant);
	mem_free(approval.matched);
	cmd_keys_release(&approval.keys);
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
