/*
 * config_token - where the API token comes from.
 *
 * In this order: api_token of the file, api_token_file, SIGNALWIRE_API_TOKEN,
 * $CREDENTIALS_DIRECTORY/api_token (systemd.exec(5), "Credentials").  No token
 * anywhere is no error here: only what talks to the API needs one.
 */
#ifndef CONFIG_TOKEN_H
#define CONFIG_TOKEN_H

#include "config.h"

/*
 * Reads the token from api_token_file, the environment or the credentials
 * directory; *token is NULL where there is none, else the caller frees it with
 * mem_free_secret().
 */
int config_token_outside(const char *api_token_file, char **token, struct error *err);

/* Refuses `path`, which holds `what`, where others may read it. */
int config_token_guard(const char *path, const char *what, bool open_to_others, struct error *err);

#endif
