/*
 * config_text - texts that must have a certain form: addresses, names, the token.
 *
 * Pure.  All have the signature of config_option.parse with a field of type
 * char *: on success the old string is wiped and freed, an empty text gives
 * NULL (where it is allowed), else a copy.
 */
#ifndef CONFIG_TEXT_H
#define CONFIG_TEXT_H

#include "config.h"

int config_text_any(const struct config_option *option, const char *text, void *field, struct error *err);
int config_text_path(const struct config_option *option, const char *text, void *field, struct error *err); /* absolute */
int config_text_space(const struct config_option *option, const char *text, void *field, struct error *err); /* .signalwire.com is cut off */
int config_text_project(const struct config_option *option, const char *text, void *field, struct error *err);
int config_text_token(const struct config_option *option, const char *text, void *field, struct error *err);
int config_text_url(const struct config_option *option, const char *text, void *field, struct error *err); /* http only to loopback */
int config_text_proxy(const struct config_option *option, const char *text, void *field, struct error *err);
int config_text_conninfo(const struct config_option *option, const char *text, void *field, struct error *err); /* empty stays "" */
int config_text_identifier(const struct config_option *option, const char *text, void *field, struct error *err);
int config_text_username(const struct config_option *option, const char *text, void *field, struct error *err);
int config_text_domain(const struct config_option *option, const char *text, void *field, struct error *err);
int config_text_uuid(const struct config_option *option, const char *text, void *field, struct error *err);
int config_text_listen(const struct config_option *option, const char *text, void *field, struct error *err);

/* The password in a connection string or in a proxy's URL, NULL where there is none.  Caller frees (mem_free_secret). */
char *config_text_conninfo_password(const char *conninfo);
char *config_text_proxy_password(const char *proxy);

#endif
