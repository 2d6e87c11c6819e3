/*
 * config_value - numbers, durations, limits, prices, switches and lists from text.
 *
 * Pure.  All have the signature of config_option.parse: `field` points at what
 * the comment says; on failure it is untouched and the error is a clause that
 * says how such a value is written.  Where a field is a string or a list, the
 * old one is freed; the owner of the struct frees the new one.
 */
#ifndef CONFIG_VALUE_H
#define CONFIG_VALUE_H

#include "config.h"

int config_value_integer(const struct config_option *option, const char *text, void *field, struct error *err); /* int64_t */
int config_value_duration(const struct config_option *option, const char *text, void *field, struct error *err); /* int64_t, ms */
int config_value_limit(const struct config_option *option, const char *text, void *field, struct error *err);    /* struct config_limit */
int config_value_price(const struct config_option *option, const char *text, void *field, struct error *err); /* int64_t, cents */
int config_value_switch(const struct config_option *option, const char *text, void *field, struct error *err); /* bool */
int config_value_target(const struct config_option *option, const char *text, void *field, struct error *err); /* enum config_target */
int config_value_on_remove(const struct config_option *option, const char *text, void *field, struct error *err); /* enum config_on_remove */

/* Comma-separated shell patterns: char **, NULL-terminated; an empty text gives NULL. */
int config_value_patterns(const struct config_option *option, const char *text, void *field, struct error *err);
void config_value_free_patterns(char **patterns); /* NULL is fine */

/* A duration in the largest unit that holds it whole, e.g. "36s".  Caller frees. */
char *config_value_duration_text(int64_t ms);

#endif
