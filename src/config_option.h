/*
 * config_option - finding rows of the option table, and the nearest one to a slip of the pen.
 *
 * Pure.  The table itself is config_options() of config.h.
 */
#ifndef CONFIG_OPTION_H
#define CONFIG_OPTION_H

#include "config.h"

bool config_option_is_section(const char *name);

/* NULL: there is none. */
const struct config_option *config_option_find(const char *section, const char *key);

/* "" or a sentence with a blank in front: what could have been meant.  Caller frees. */
char *config_option_suggest_section(const char *name);
char *config_option_suggest_key(const char *section, const char *key);

/* How many single-byte insertions, deletions and replacements lie between a and b (Levenshtein). */
size_t config_option_distance(const char *a, const char *b);

#endif
