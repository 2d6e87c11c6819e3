/* cmd_status - the verb `status`: counts, and what a person should look at. */
#include "cmd.h"

#include "admin_view.h"
#include "jsonline.h"
#include "log.h"
#include "mem.h"
#include "report_json.h"
#include "row_view.h"

#include <limits.h>
#include <stdio.h>

enum { SHOWN_MAX = 50 };

struct listing {
	const struct cmd_options *options;
	int64_t shown;
	int64_t found; /* refused: shown or not */
	bool headed;
};

static void head(struct listing *listing, const char *title)
{
	if (!listing->headed && title)
		printf("\n%s\n", title);
	listing->headed = true;
}

static void trouble(const struct admin_row *row, void *arg)
{
	struct listing *listing = arg;

	if (!listing->options->json)
		head(listing, "To look at:");
	row_view_print(stdout, row, listing->options->json);
	listing->shown++;
}

static void named(const struct admin_row *row, void *arg)
{
	struct listing *listing = arg;

	row_view_print(stdout, row, listing->options->json);
	listing->shown++;
}

static void skipped(const char *key, const char *extension, const char *tenant, const char *why, void *arg)
{
	struct listing *listing = arg;

	if (listing->options->json) {
		struct strbuf line = STRBUF_INIT;

		jsonline_begin(&line, "skipped");
		jsonline_text(&line, "key", key);
		jsonline_text(&line, "extension", extension);
		jsonline_text(&line, "reason", why);
		report_json_put(stdout, &line);
	} else {
		const struct pass_line line = { .key = key, .extension = extension, .tenant = tenant };
		char *shown = pass_line_name(&line), *reason = log_printable(why);

		head(listing, "In the PBX and skipped:");
		printf("  %-12s %s\n", shown, reason);
		mem_free(reason);
		mem_free(shown);
	}
	listing->shown++;
}

/* A line of a plan: what is refused before anything is sent stands in no ledger. */
static void refused(const struct pass_line *line, void *arg)
{
	struct listing *listing = arg;

	if (line->state != PASS_REJECTED || ++listing->found > SHOWN_MAX)
		return;
	if (listing->options->json) {
		struct strbuf text = STRBUF_INIT;

		jsonline_begin(&text, "refused");
		jsonline_text(&text, "key", line->key);
		jsonline_text(&text, "extension", line->extension);
		jsonline_text(&text, "username", line->username);
		jsonline_text(&text, "reason", line->reason);
		report_json_put(stdout, &text);
	} else {
		char *shown = pass_line_name(line);
		char *reason = log_printable(line->reason);

		head(listing, "Refused until the row or a setting changes:");
		printf("  %-12s %s\n", shown, reason);
		mem_free(reason);
		mem_free(shown);
	}
	listing->shown++;
}

static int list_refused(const struct session *session, struct listing *listing, bool *empty, struct error *err)
{
	struct pass_setup setup = { .line = refused, .arg = listing };
	struct pass_summary summary = { 0 };

	cmd_pass_setup(&setup, session);
	if (pass_full(&setup, &summary, err))
		return -1;
	*empty = summary.source_empty;
	if (summary.emptied && !listing->options->json)
		printf("\nThe source yields no rows: nothing is removed on that account; why and what to do: swbridge plan\n");
	return 0;
}

static void say_more(const struct listing *listing, int64_t all, const char *where)
{
	if (!listing->options->json && listing->shown >= SHOWN_MAX && (all < 0 || all > listing->shown))
		printf("  ... and more; %s\n", where);
}

static void print_counts(const struct admin_status *s)
{
	printf("active %lld, suspended %lld, creating %lld, removing %lld, unknown %lld, rejected %lld, retiring %lld\n",
	       (long long)s->active, (long long)s->suspended, (long long)s->creating, (long long)s->removing,
	       (long long)s->unknown, (long long)s->rejected, (long long)s->retiring);
	printf("subscribers %lld, last complete pass %s\n", (long long)s->subscribers,
	       s->last_success ? s->last_success : "never");
	if (s->holder)
		printf("at work: %s\n", s->holder);
	if (s->approvals)
		printf("approvals that count: %lld\n", (long long)s->approvals);
	if (s->paused)
		printf("paused: nothing is sent to SignalWire; to go on: swbridge resume\n");
}

/* `refused_count` below 0: not asked. */
static void print_summary_json(const struct admin_status *s, int64_t refused_count, bool empty)
{
	struct strbuf line = STRBUF_INIT;

	jsonline_begin(&line, "summary");
	jsonline_int(&line, "active", s->active);
	jsonline_int(&line, "suspended", s->suspended);
	jsonline_int(&line, "creating", s->creating);
	jsonline_int(&line, "removing", s->removing);
	jsonline_int(&line, "unknown", s->unknown);
	jsonline_int(&line, "rejected", s->rejected);
	jsonline_int(&line, "retiring", s->retiring);
	if (refused_count >= 0)
		jsonline_int(&line, "refused", refused_count);
	if (refused_count >= 0)
		jsonline_bool(&line, "source_empty", empty);
	jsonline_text(&line, "last_success", s->last_success);
	jsonline_int(&line, "subscribers", s->subscribers);
	jsonline_bool(&line, "paused", s->paused);
	report_json_put(stdout, &line);
}

static int show_all(const struct session *session, const struct cmd_options *options, const struct admin_status *status,
		    int64_t *refused_count, bool *empty, struct error *err)
{
	struct listing troubled = { .options = options };
	struct listing unfit = { .options = options };
	struct listing left_out = { .options = options };

	if (!options->json && !options->quiet)
		print_counts(status);
	if (admin_troubled(session->db, SHOWN_MAX, trouble, &troubled, err))
		return -1;
	say_more(&troubled, status->troubled, "the view mapping shows them");
	if (list_refused(session, &unfit, empty, err))
		return -1;
	*refused_count = unfit.found;
	say_more(&unfit, unfit.found, "all of them: swbridge plan");
	if (admin_skipped(session->db, session->source, session->config, difference_policy(session->query), SHOWN_MAX,
			  skipped, &left_out, err))
		return -1;
	say_more(&left_out, -1, "one by one: swbridge explain EXT");
	return 0;
}

static int show(const struct session *session, const struct cmd_options *options, char *const *names, int count,
		struct error *err)
{
	struct admin_status status = { 0 };
	struct listing listing = { .options = options };
	struct cmd_keys keys = { 0 };
	struct error later = ERROR_INIT;
	int64_t refused_count = -1;
	bool empty = false;
	int rc = -1;

	if (options->json)
		report_json_version(stdout);
	if (admin_status(session->db, &status, err))
		goto out;
	if (count == 0) {
		rc = show_all(session, options, &status, &refused_count, &empty, err);
	} else {
		/* Of several those that are there are shown, also where one is not. */
		int missing = cmd_find(session, names, count, &keys, err);

		if (missing && !keys.count)
			goto out;
		rc = admin_rows(session->db, (const char *const *)keys.key, keys.count, named, &listing, missing ? &later : err);
		rc = missing ? -1 : rc;
		if (!rc && listing.shown < (int64_t)keys.count && !options->json)
			printf("The others are in the PBX and not in the ledger yet; why: swbridge explain EXT\n");
	}
	if (!rc && options->json)
		print_summary_json(&status, refused_count, empty);
out:
	error_clear(&later);
	cmd_keys_release(&keys);
	admin_status_release(&status);
	return rc;
}

static int run(const struct cmd_verb *verb, struct cmd_options *options, int argc, char **argv)
{
	struct session session;
	struct error err = ERROR_INIT;
	int rc = 0;

	if (cmd_open(verb, options, argc, argv, 0, INT_MAX, &session, &rc) == CMD_STOP)
		return rc;
	if (show(&session, options, argv + optind, argc - optind, &err))
		rc = cmd_fail(&err);
	session_close(&session);
	return rc;
}

const struct cmd_verb cmd_status = {
	.name = "status",
	.summary = "counts, and what a person should look at",
	.arguments = "[EXT...]",
	.details =
	"Without EXT: how many extensions are in which state, those that were rejected or whose outcome\n"
	"is unknown, subscribers paid for without a credential, rows of the PBX that are refused before\n"
	"anything is sent (no e-mail, a username twice...) or skipped.\n"
	"With EXT: the ids and the state of these.  More about one: swbridge explain EXT\n",
	.run = run,
};
