/* cmd - what every verb has: arguments, help, errors, exit codes. */
#include "cmd.h"

#include "admin.h"
#include "admin_view.h"
#include "log.h"
#include "mem.h"
#include "shellword.h"
#include "strbuf.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* ---- arguments ---------------------------------------------------------------- */

enum { COMMON_HELP = 'h', COMMON_JSON = 1000 };

#define COMMON_LETTERS "cqvh"

static const struct option common[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "quiet", no_argument, NULL, 'q' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "json", no_argument, NULL, COMMON_JSON },
	{ "help", no_argument, NULL, COMMON_HELP },
};

enum { COMMON_COUNT = sizeof common / sizeof *common };

void cmd_set_config(struct cmd_options *options, const char *path)
{
	char *usual = config_default_path();
	struct strbuf call = STRBUF_INIT;

	options->config_path = path;
	strbuf_puts(&call, "swbridge -c ");
	shellword_quote(&call, path);
	log_set_call(strcmp(path, usual) == 0 ? NULL : call.data);
	strbuf_release(&call);
	mem_free(usual);
}

/* Whether it was a common option. */
static bool take_common(struct cmd_options *options, int option)
{
	switch (option) {
	case 'c':
		cmd_set_config(options, optarg);
		return true;
	case 'q':
		options->quiet = true;
		return true;
	case 'v':
		options->verbose = true;
		return true;
	case COMMON_JSON:
		options->json = true;
		return true;
	default:
		return false;
	}
}

char *cmd_option_name(int option, char *const *argv)
{
	const char *last = argv[optind - 1];

	/* A long one that lacks its value, or has one too many, leaves the value of its row in optopt. */
	if (option == ':')
		return strncmp(last, "--", 2) == 0 ? mem_strdup(last) : mem_printf("-%c", optopt);
	if (optopt > 0 && optopt < 0x80 && !strchr(COMMON_LETTERS, optopt))
		return mem_printf("-%c", optopt);
	/* The first byte of a character of several: its argument is not done with. */
	if ((optopt < 0 || (optopt >= 0x80 && optopt <= 0xff)) && argv[optind])
		return mem_strdup(argv[optind]);
	return mem_strdup(last);
}

int cmd_option(const struct cmd_verb *verb, struct cmd_options *options, const struct option *own, int argc, char **argv,
	       int *rc)
{
	struct option all[COMMON_COUNT + CMD_OPTIONS_MAX + 1] = { { 0 } };
	size_t count = COMMON_COUNT;
	int option = 0;

	memcpy(all, common, sizeof common);
	for (; own && own->name && count < COMMON_COUNT + CMD_OPTIONS_MAX; own++)
		all[count++] = *own;
	opterr = 0;
	while ((option = getopt_long(argc, argv, ":c:qvh", all, NULL)) != -1) {
		if (option == COMMON_HELP) {
			cmd_help(verb);
			*rc = EXIT_IN_STEP;
			return CMD_STOP;
		}
		if (option == '?' || option == ':') {
			char *name = cmd_option_name(option, argv);

			*rc = cmd_usage(verb, option == ':' ? "The option %s needs a value." : "There is no option %s.", name);
			mem_free(name);
			return CMD_STOP;
		}
		if (!take_common(options, option))
			return option;
	}
	if (options->quiet || options->verbose)
		log_setup(options->verbose ? LOG_DEBUG : LOG_WARN, log_to_journal());
	return CMD_END;
}

int cmd_names(const struct cmd_verb *verb, struct cmd_options *options, int argc, char **argv, int least, int most, int *rc)
{
	if (cmd_option(verb, options, NULL, argc, argv, rc) != CMD_END)
		return CMD_STOP;
	if (argc - optind >= least && argc - optind <= most)
		return CMD_END;
	if (argc - optind > most)
		*rc = cmd_usage(verb, "\"%s\" is one argument too many.", argv[optind + most]);
	else
		*rc = cmd_usage(verb, "It needs the name of an extension.");
	return CMD_STOP;
}

int cmd_open(const struct cmd_verb *verb, struct cmd_options *options, int argc, char **argv, int least, int most,
	     struct session *session, int *rc)
{
	struct session_wish wish = { .verb = verb->name, .level = SESSION_LEDGER, .unbound_space = true };
	struct error err = ERROR_INIT;

	if (cmd_names(verb, options, argc, argv, least, most, rc) == CMD_STOP)
		return CMD_STOP;
	wish.config_path = options->config_path;
	if (!session_open(session, &wish, &err))
		return CMD_END;
	*rc = cmd_fail(&err);
	return CMD_STOP;
}

int cmd_usage(const struct cmd_verb *verb, const char *format, ...)
{
	va_list args;
	char *text = NULL;
	int len = 0;

	va_start(args, format);
	len = vasprintf(&text, format, args);
	va_end(args);
	log_error("%s: %s Try: swbridge help %s", verb->name, len < 0 ? "The arguments are wrong." : text, verb->name);
	if (len >= 0)
		mem_free(text);
	return EXIT_USAGE;
}

void cmd_help(const struct cmd_verb *verb)
{
	struct strbuf more = STRBUF_INIT;

	if (verb->more)
		verb->more(&more);
	printf("swbridge %s%s%s - %s\n\n%s%s", verb->name, *verb->arguments ? " " : "", verb->arguments, verb->summary,
	       verb->details, more.len ? more.data : "");
	strbuf_release(&more);
}

/* ---- results ------------------------------------------------------------------- */

int cmd_fail(struct error *err)
{
	int rc = err->exit_code;

	if (!rc)
		rc = err->kind == ERROR_LATER || err->kind == ERROR_NOW ? EXIT_LATER : EXIT_FAULT;
	log_error("%s", error_text(err));
	error_clear(err);
	return rc;
}

int cmd_worse(int one, int other)
{
	static const int order[] = { EXIT_USAGE, EXIT_CONFIG, EXIT_FENCE, EXIT_DENIED, EXIT_LATER, EXIT_LOCKED,
				     EXIT_FAULT, EXIT_REJECTED, EXIT_UNKNOWN, EXIT_HELD, EXIT_WORK_REMAINS };

	for (size_t i = 0; i < sizeof order / sizeof *order; i++)
		if (one == order[i] || other == order[i])
			return order[i];
	return EXIT_IN_STEP;
}

void cmd_pass_setup(struct pass_setup *setup, const struct session *session)
{
	setup->loop = session->loop;
	setup->db = session->db;
	setup->ledger = session->ledger;
	setup->query = session->query;
	setup->config = session->config;
	setup->mirror = session->mirror;
	setup->api = session->api;
}

/* ---- names ---------------------------------------------------------------------- */

void cmd_keys_add(struct cmd_keys *keys, const char *key)
{
	if (keys->count && strcmp(keys->key[keys->count - 1], key) == 0)
		return;
	keys->key = mem_grow(keys->key, keys->count + 1, sizeof *keys->key);
	keys->key[keys->count++] = mem_strdup(key);
}

void cmd_keys_release(struct cmd_keys *keys)
{
	for (size_t i = 0; i < keys->count; i++)
		mem_free(keys->key[i]);
	mem_free(keys->key);
	*keys = (struct cmd_keys){ 0 };
}

struct finding {
	struct cmd_keys *keys;
	char *const *names;
	bool *found; /* for each name */
	int count;
	struct strbuf list; /* what was found, for an error */
};

static void found(const char *name, const char *key, const char *extension, void *arg)
{
	struct finding *finding = arg;

	for (int i = 0; i < finding->count; i++)
		finding->found[i] = finding->found[i] || strcmp(finding->names[i], name) == 0;
	cmd_keys_add(finding->keys, key);
	admin_several_add(&finding->list, key, extension ? extension : "-");
}

/* What is in neither, and once was. */
static int find_past(const struct session *session, struct finding *finding, struct error *err)
{
	const char **names = mem_array((size_t)finding->count, sizeof *names);
	size_t count = 0;
	int rc = 0;

	for (int i = 0; i < finding->count; i++)
		if (!finding->found[i])
			names[count++] = finding->names[i];
	if (count)
		rc = admin_past(session->db, names, count, found, finding, err);
	mem_free(names);
	return rc;
}

static int find(const struct session *session, bool past, struct finding *finding, struct error *err)
{
	char *const *names = finding->names;
	int rc = 0;

	for (int i = 0; i < finding->count; i++)
		if (admin_name_objection(session->db, names[i], err))
			return -1;
	finding->found = mem_array((size_t)finding->count, sizeof *finding->found);
	rc = difference_find(session->query, session->db, (const char *const *)names, (size_t)finding->count, found, finding, err);
	if (!rc && past)
		rc = find_past(session, finding, err);
	for (int i = 0; !rc && i < finding->count; i++)
		if (!finding->found[i])
			rc = error_set(err, ERROR_NEVER, "There is no extension \"%s\", neither in the PBX (%s) nor in the "
				       "ledger.", names[i], session->config->source);
	mem_free(finding->found);
	return rc;
}

int cmd_find(const struct session *session, char *const *names, int count, bool past, struct cmd_keys *keys, struct error *err)
{
	struct finding finding = { .keys = keys, .names = names, .count = count };
	int rc = find(session, past, &finding, err);

	strbuf_release(&finding.list);
	return rc;
}

int cmd_find_one(const struct session *session, char *const *name, struct cmd_keys *keys, struct error *err)
{
	struct finding finding = { .keys = keys, .names = name, .count = 1 };
	int rc = find(session, true, &finding, err);

	if (!rc && keys->count > 1)
		rc = admin_several(&finding.list, *name, err);
	strbuf_release(&finding.list);
	return rc;
}

int cmd_find_at_most_one(const struct session *session, char *name, char **key, struct error *err)
{
	struct cmd_keys keys = { 0 };
	struct finding finding = { .keys = &keys, .names = &name, .count = 1 };
	bool found_it = false;
	int rc = admin_name_objection(session->db, name, err);

	finding.found = &found_it;
	if (!rc)
		rc = difference_find(session->query, session->db, (const char *const *)&name, 1, found, &finding, err);
	if (!rc && keys.count > 1)
		rc = admin_several(&finding.list, name, err);
	*key = !rc && keys.count ? mem_strdup(keys.key[0]) : NULL;
	strbuf_release(&finding.list);
	cmd_keys_release(&keys);
	return rc;
}

char *cmd_word(const char *name)
{
	char *word = shellword(name), *printable = log_printable(word);

	mem_free(word);
	return printable;
}
