/* cmd_init - the verb `init`: makes the ledger and binds it. */
#include "cmd.h"

#include "log.h"
#include "mem.h"
#include "schema.h"
#include "session.h"

#include <stdio.h>
#include <string.h>

int cmd_init(const struct cmd_options *options, int argc, char **argv)
{
	struct session session;
	struct session_wish wish = { .config_path = options->config_path, .verb = "init", .level = SESSION_DB };
	struct schema_binding binding = { 0 };
	struct schema_done done = { 0 };
	struct source *source = NULL;
	char *domain = NULL;
	struct error err = ERROR_INIT;
	int rc = EXIT_FAULT;

	for (int i = 1; i < argc; i++)
		binding.rebind = binding.rebind || strcmp(argv[i], "--rebind") == 0;
	if (session_open(&session, &wish, &err) || session_open_api(&session, &err))
		goto fail;
	if (source_discover(session.db, session.config, &source, &err))
		goto close;
	if (session_sip_domain(&session, &domain, NULL, &err))
		goto close;
	binding.source = source;
	binding.sip_domain = domain;
	if (schema_install(session.db, session.config, &binding, &done, &err))
		goto close;
	printf("ready: ledger in schema %s, bound to %s\n", session.config->schema, domain);
	rc = EXIT_IN_STEP;
close:
	source_free(source);
	mem_free(domain);
	session_close(&session);
fail:
	if (err.text) {
		log_error("%s", error_text(&err));
		rc = err.exit_code ? err.exit_code : EXIT_FAULT;
		error_clear(&err);
	}
	return rc;
}
