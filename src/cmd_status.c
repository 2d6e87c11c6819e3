/* cmd_status - the verb `status`: counts, and what a person should look at. */
#include "cmd.h"

#include "admin_view.h"
#include "columns.h"
#include "jsonline.h"
#include "log.h"
#include "mem.h"
#include "report.h"
#include "report_json.h"
#include "row_view.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

enum { SHOWN_MAX = 50 };

struct listing {
	const struct cmd_options *options;
	FILE *out;
	bool *said;    /* something stands above it */
	int64_t shown;
	int64_t found; /* refused: shown or not */
	bool deletes;  /* what is gone is deleted then, not suspended */
	bool headed;
};

static void head(struct listing *listing, const char *title)
{
	if (!listing->headed)
		fprintf(listing->out, "%s%s\n", *listing->said ? "\n" : "", title);
	listing->headed = *listing->said = true;
}

static void trouble(const struct admin_row *row, void *arg)
{
	struct listing *listing = arg;

	if (!listing->options->json)
		head(listing, "To look at:");
	row_view_print(listing->out, row, listing->options->json);
	listing->shown++;
}

static void named(const struct admin_row *row, void *arg)
{
	struct listing *listing = arg;

	row_view_print(listing->out, row, listing->options->json);
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
		report_json_put(listing->out, &line);
	} else {
		const struct pass_line line = { .key = key, .extension = extension, .tenant = tenant };
		char *shown = pass_line_name(&line), *reason = log_printable(why);

		head(listing, "In the PBX and skipped:");
		log_print(listing->out, "  %-12s %s\n", shown, reason);
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
		report_json_put(listing->out, &text);
	} else {
		char *shown = pass_line_name(line);
		char *reason = log_printable(line->reason);

		head(listing, "Refused until the row or a setting changes:");
		log_print(listing->out, "  %-12s %s\n", shown, reason);
		mem_free(reason);
		mem_free(shown);
	}
	listing->shown++;
}

static int list_refused(const struct session *session, struct listing *listing, struct pass_summary *summary, struct error *err)
{
	struct pass_setup setup = { .line = refused, .arg = listing };

	cmd_pass_setup(&setup, session);
	return pass_full(&setup, summary, err);
}

/* Gone, and grace is not over. */
static void leaving(const char *key, const char *extension, const char *since, const char *due, void *arg)
{
	struct listing *listing = arg;

	if (listing->options->json) {
		struct strbuf line = STRBUF_INIT;

		jsonline_begin(&line, "leaving");
		jsonline_text(&line, "key", key);
		jsonline_text(&line, "extension", extension);
		jsonline_text(&line, "absent_since", since);
		jsonline_text(&line, "due_at", due);
		report_json_put(listing->out, &line);
	} else {
		char *shown = columns_name(extension);

		head(listing, listing->deletes ? "Gone from the PBX, and to be deleted:" : "Gone from the PBX, and to be suspended:");
		fprintf(listing->out, "  %-12s from %s on; gone since %s\n", shown, due, since);
		mem_free(shown);
	}
	listing->shown++;
}

static void say_more(const struct listing *listing, int64_t all, const char *where)
{
	if (!listing->options->json && listing->shown >= SHOWN_MAX && (all < 0 || all > listing->shown))
		fprintf(listing->out, "  ... and more; %s\n", where);
}

/* Those refused for their row stand in no ledger, and are rejected all the same; what is held, only a pass knows. */
static void print_counts(const struct admin_status *s, const struct pass_summary *pass)
{
	printf("active %lld, suspended %lld, creating %lld, removing %lld, unknown %lld, rejected %lld, retiring %lld, held %lld\n",
	       (long long)s->active, (long long)s->suspended, (long long)s->creating, (long long)s->removing,
	       (long long)s->unknown, (long long)(s->rejected + pass->refused), (long long)s->retiring, (long long)pass->held);
	printf("subscribers %lld, last complete pass %s\n", (long long)s->subscribers,
	       s->last_success ? s->last_success : "never");
	if (s->holder)
		printf(s->locked ? "at work: %s\n" : "not at work any more: %s; it was killed, or is cut off from the database\n",
		       s->holder);
	if (s->approvals)
		printf("approvals that count: %lld\n", (long long)s->approvals);
	if (s->paused)
		log_print(stdout, "paused: nothing is sent to SignalWire; to go on: swbridge resume\n");
}

/* What is held, and what releases it. */
static void print_held(const struct pass_summary *pass, bool *said)
{
	struct strbuf text = STRBUF_INIT;

	report_held(&text, pass);
	if (pass->held)
		log_print(stdout, "%s%sOne by one: swbridge plan\n", *said ? "\n" : "", text.data);
	*said |= pass->held > 0;
	strbuf_release(&text);
}

/* `pass` NULL: not asked. */
static void print_summary_json(const struct admin_status *s, const struct pass_summary *pass)
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
	if (pass) {
		jsonline_int(&line, "refused", pass->refused);
		jsonline_int(&line, "held", pass->held);
		jsonline_bool(&line, "source_empty", pass->source_empty);
	}
	jsonline_text(&line, "last_success", s->last_success);
	jsonline_int(&line, "subscribers", s->subscribers);
	jsonline_bool(&line, "paused", s->paused);
	report_json_put(stdout, &line);
}

/* What the ledger has is told also where the source cannot be read. */
static int list_ledger(const struct session *session, const struct admin_status *status, struct listing *troubled, struct error *err)
{
	if (admin_troubled(session->db, SHOWN_MAX, trouble, troubled, err))
		return -1;
	say_more(troubled, status->troubled, "the view mapping shows them");
	return 0;
}

static int show_all(const struct session *session, const struct cmd_options *options, const struct admin_status *status,
		    struct pass_summary *pass, struct error *err)
{
	bool said = false, above = true;
	char *text = NULL;
	size_t len = 0;
	FILE *kept = open_memstream(&text, &len);
	struct listing unfit = { .options = options, .out = kept, .said = &above };
	struct listing troubled = { .options = options, .out = stdout, .said = &said };
	struct listing gone = { .options = options, .out = stdout, .said = &said,
				.deletes = session->config->on_remove == CONFIG_DELETE };
	struct listing left_out = { .options = options, .out = stdout, .said = &said };
	struct error later = ERROR_INIT;
	int rc = -1;

	if (!kept)
		return error_set(err, ERROR_LATER, "There is not enough memory.");
	if (list_refused(session, &unfit, pass, &later) == 0)
		say_more(&unfit, unfit.found, "all of them: swbridge plan");
	fclose(kept);
	if (!options->json && !options->quiet) {
		print_counts(status, pass);
		said = true;
	}
	if (list_ledger(session, status, &troubled, err))
		goto out;
	if (later.text) {
		error_move(err, &later);
		goto out;
	}
	if (len && !options->json && !said)
		fputs(text + 1, stdout); /* without the empty line above it */
	else
		fputs(text, stdout);
	said |= len > 0;
	if (!options->json && pass->emptied)
		log_print(stdout, "\nThe source yields no rows: nothing is removed on that account; why and what to do: swbridge plan\n");
	if (!options->json)
		print_held(pass, &said);
	if (admin_leaving(session->db, difference_policy(session->query), NULL, SHOWN_MAX, leaving, &gone, err))
		goto out;
	say_more(&gone, pass->leaving, "one by one: swbridge explain EXT");
	if (admin_skipped(session->db, session->source, session->config, difference_policy(session->query), SHOWN_MAX,
			  skipped, &left_out, err))
		goto out;
	say_more(&left_out, -1, "one by one: swbridge explain EXT");
	rc = 0;
out:
	error_clear(&later);
	free(text);
	return rc;
}

/* Of those that were asked for some are in the PBX only. */
static void say_unknown(const struct cmd_keys *keys, int64_t shown)
{
	char *word = cmd_word(keys->key[0]), *name = log_printable(keys->key[0]);

	if (keys->count == 1)
		log_print(stdout, "%s is in the PBX and not in the ledger; why: swbridge explain %s\n", name, word);
	else
		log_print(stdout, "%s in the PBX and not in the ledger; why: swbridge explain EXT\n", shown ? "The others are" : "They are");
	mem_free(name);
	mem_free(word);
}

static int show(const struct session *session, const struct cmd_options *options, char *const *names, int count,
		struct error *err)
{
	struct admin_status status = { 0 };
	bool said = false;
	struct listing listing = { .options = options, .out = stdout, .said = &said };
	struct cmd_keys keys = { 0 };
	struct error later = ERROR_INIT;
	struct pass_summary pass = { 0 };
	int rc = -1;

	if (options->json)
		report_json_version(stdout);
	if (admin_status(session->db, &status, err))
		goto out;
	if (count == 0) {
		rc = show_all(session, options, &status, &pass, err);
	} else {
		/* Of several those that are there are shown, also where one is not. */
		int missing = cmd_find(session, names, count, false, &keys, err);

		if (missing && !keys.count)
			goto out;
		rc = admin_rows(session->db, (const char *const *)keys.key, keys.count, named, &listing, missing ? &later : err);
		rc = missing ? -1 : rc;
		if (!rc && listing.shown < (int64_t)keys.count && !options->json)
			say_unknown(&keys, listing.shown);
	}
	if (!rc && options->json)
		print_summary_json(&status, count ? NULL : &pass);
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
	"Without EXT: how many extensions are in which state, those that were rejected, whose last change\n"
	"came to nothing or whose outcome is unknown, subscribers paid for without a credential, rows of the PBX that are refused before\n"
	"anything is sent (no e-mail, a username twice...) or skipped.\n"
	"With EXT: the ids and the state of these.  More about one: swbridge explain EXT\n",
	.run = run,
};
