/* cmd_migrate_agree - what `migrate` says before it begins, and whether it may. */
#include "cmd_migrate.h"

#include "log.h"
#include "mem.h"
#include "shellword.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* ---- the command that goes on ------------------------------------------------------ */

char *cmd_migrate_command(const struct cmd_migrate_work *w, bool canary, bool yes)
{
	struct strbuf out = STRBUF_INIT;

	strbuf_printf(&out, "swbridge migrate%s%s", w->adopt ? " --adopt" : "", w->ours ? " --ours" : "");
	if (canary && w->canary)
		strbuf_printf(&out, " --canary %lld", (long long)w->canary);
	if (w->report_path) {
		strbuf_puts(&out, " --report ");
		shellword_quote(&out, w->report_path);
	}
	strbuf_puts(&out, w->with_secrets ? " --with-secrets" : "");
	strbuf_puts(&out, yes ? " --yes" : "");
	return strbuf_detach(&out);
}

/* ---- saying what was found ---------------------------------------------------------- */

static const struct {
	enum plan_action action;
	enum pass_state state;
} lines[PREFLIGHT_KINDS] = {
	[PREFLIGHT_CREATE] = { PLAN_CREATE, PASS_PLANNED },
	[PREFLIGHT_ADOPT] = { PLAN_ADOPT, PASS_PLANNED },
	[PREFLIGHT_FOREIGN] = { PLAN_REJECT, PASS_REJECTED },
	[PREFLIGHT_CHANGE] = { PLAN_UPDATE, PASS_PLANNED },
	[PREFLIGHT_MOVE] = { PLAN_REPLACE, PASS_HELD },
	[PREFLIGHT_WAIT] = { PLAN_WAIT, PASS_UNKNOWN },
	[PREFLIGHT_REJECT] = { PLAN_REJECT, PASS_REJECTED },
	[PREFLIGHT_REFUSED] = { PLAN_REJECT, PASS_REJECTED },
	[PREFLIGHT_SKIP] = { PLAN_SKIP, PASS_SKIPPED },
};

static void found_row(const struct preflight_row *row, void *arg)
{
	struct cmd_migrate_work *w = arg;
	struct pass_line line = {
		.key = row->key, .extension = row->extension, .tenant = row->tenant, .username = row->username,
		.action = lines[row->kind].action, .state = lines[row->kind].state, .reason = row->reason,
	};
	char *reason = NULL;

	if (!row->chosen && (row->kind == PREFLIGHT_CREATE || row->kind == PREFLIGHT_ADOPT))
		return;
	if (row->kind == PREFLIGHT_ADOPT || row->kind == PREFLIGHT_FOREIGN) {
		line.subscriber_id = row->subscriber_id;
		line.sip_endpoint_id = row->sip_endpoint_id;
	}
	if (row->kind == PREFLIGHT_ADOPT)
		line.reason = reason = mem_printf("credential %s%s%s%s%s%s %s", row->sip_endpoint_id,
						  row->subscriber_id ? " of subscriber " : "", row->subscriber_id ? row->subscriber_id : "",
						  row->subscriber_id && row->email ? " (" : "",
						  row->subscriber_id && row->email ? row->email : "",
						  row->subscriber_id && row->email ? ")" : "", row->reason);
	report_line(w->report, &line);
	mem_free(reason);
}

static void case_twins(const char *names, void *arg)
{
	char *shown = log_printable(names);

	(void)arg;
	log_warn("these usernames differ only in case, and SignalWire may take them for the same: %s", shown);
	mem_free(shown);
}

int cmd_migrate_say_found(struct cmd_migrate_work *w, struct error *err)
{
	struct strbuf text = STRBUF_INIT;

	if (preflight_rows(w->session.db, found_row, w, err) || preflight_case_twins(w->session.db, 10, case_twins, w, err))
		return -1;
	report_flush(w->report);
	if (w->options->json)
		report_migrate_json(stdout, &w->what);
	else if (!w->options->quiet || report_migrate_work(&w->counts)) {
		report_migrate_preview(&text, &w->what);
		log_print(stdout, "%s", text.data);
	}
	fflush(stdout);
	strbuf_release(&text);
	return 0;
}

/* ---- asking ------------------------------------------------------------------------- */

struct question {
	char answer[16];
	bool answered;
};

static void read_answer(int fd, int events, void *arg)
{
	struct question *question = arg;
	ssize_t got = read(fd, question->answer, sizeof question->answer - 1);

	(void)events;
	if (got < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	question->answer[got > 0 ? got : 0] = '\0';
	question->answered = true;
}

static bool is_answered(void *arg)
{
	return ((struct question *)arg)->answered;
}

/* The loop turns meanwhile: the lock is kept alive as long as somebody thinks. */
static int ask(struct cmd_migrate_work *w, bool *agreed, struct error *err)
{
	struct question question = { .answered = false };
	struct loop_watch *watch = NULL;
	bool here = false;

	printf("Do this now? Type yes to go on: ");
	fflush(stdout);
	watch = loop_watch_new(w->session.loop, STDIN_FILENO, LOOP_READ, read_answer, &question);
	here = loop_until(w->session.loop, is_answered, &question);
	loop_watch_free(watch);
	if (!here)
		return error_set(err, ERROR_LATER, "Interrupted; nothing was done.");
	*agreed = strcmp(question.answer, "yes\n") == 0 || strcmp(question.answer, "y\n") == 0;
	return 0;
}

static void say_how(const struct cmd_migrate_work *w)
{
	char *yes = cmd_migrate_command(w, true, true);

	if (w->options->json)
		log_warn("nothing was done yet; to do just this: %s", yes);
	else
		log_print(stdout, "Nothing was done yet. To do just this: %s\n", yes);
	mem_free(yes);
}

int cmd_migrate_agree(struct cmd_migrate_work *w, bool *agreed, struct error *err)
{
	*agreed = w->yes || report_migrate_work(&w->counts) == 0;
	if (!*agreed && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && !w->options->json && ask(w, agreed, err))
		return -1;
	if (!*agreed)
		say_how(w);
	return 0;
}
