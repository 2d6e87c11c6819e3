/* config_token - where the API token comes from. */
#include "config_token.h"

#include "config_file.h"
#include "config_text.h"
#include "mem.h"
#include "strbuf.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int config_token_guard(const char *path, const char *what, bool open_to_others, struct error *err)
{
	if (!open_to_others)
		return 0;
	return error_exit(err, EXIT_CONFIG,
			  "%s holds %s and everybody on this machine may read it; run: chmod o-rwx %s "
			  "(chown and chgrp it to the user that swbridge runs as, if need be).",
			  path, what, path);
}

static int from_file(const char *path, char **token, struct error *err)
{
	struct strbuf text = STRBUF_INIT_SECRET;
	bool open_to_others = false;
	int rc = -1;

	if (config_file_slurp(path, "write the API token into it, alone", &text, &open_to_others, err) ||
	    config_token_guard(path, "the API token", open_to_others, err))
		goto out;
	while (text.len > 0 && strchr("\r\n", text.data[text.len - 1]))
		strbuf_truncate(&text, text.len - 1);
	if (memchr(text.data, '\0', text.len)) {
		error_exit(err, EXIT_CONFIG, "%s: the token has white space or bytes in it that no token has.", path);
		goto out;
	}
	rc = config_text_token(NULL, text.data, token, err);
	if (rc)
		error_prefix(err, "%s", path);
out:
	strbuf_release(&text);
	return rc;
}

static int from_credentials(const char *directory, char **token, struct error *err)
{
	char *path = mem_printf("%s/api_token", directory);
	int rc = 0;

	/* The unit may pass other credentials and not this one. */
	if (access(path, F_OK) == 0)
		rc = from_file(path, token, err);
	mem_free(path);
	return rc;
}

int config_token_outside(const char *api_token_file, char **token, struct error *err)
{
	const char *value = getenv("SIGNALWIRE_API_TOKEN");
	const char *directory = getenv("CREDENTIALS_DIRECTORY");

	*token = NULL;
	if (api_token_file)
		return from_file(api_token_file, token, err) ? error_prefix(err, "api_token_file in [signalwire]") : 0;
	if (value && *value)
		return config_text_token(NULL, value, token, err) ? error_prefix(err, "SIGNALWIRE_API_TOKEN in the environment") : 0;
	if (directory && *directory)
		return from_credentials(directory, token, err);
	return 0;
}
