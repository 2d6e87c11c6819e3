/*
 * print_options - the option table as text, for tests/test_docs.sh.
 *
 * Without an argument: section, key, type and default of every option, a line
 * each, with tabs between them.  With a file: loads it, and says whether all
 * that a mutation needs is there.
 */
#include "config.h"
#include "log.h"

#include <stdio.h>

int main(int argc, char **argv)
{
	struct config *config = NULL;
	struct error err = ERROR_INIT;
	int rc = 0;

	if (argc > 1) {
		rc = config_load(argv[1], &config, &err) || config_require_api(config, &err);
		if (rc)
			fprintf(stderr, "%s\n", error_text(&err));
	} else {
		for (const struct config_option *o = config_options(); o->section; o++)
			printf("%s\t%s\t%s\t%s\n", o->section, o->key, o->type, o->default_value);
	}
	config_free(config);
	error_clear(&err);
	log_release();
	return rc ? 1 : 0;
}
