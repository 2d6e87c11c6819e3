/*
 * config_file - the bytes of a .conf file to sections, keys, values and lines.
 *
 * Whatever stands in the file, the answer is either a list of entries that are
 * all in the option table, each once, or an error that names file and line.
 * libini_config reads the values.  Comments, names and duplicates are looked
 * at before it sees the text: it folds names to one case, and 1.3.1
 * lists duplicates without counting them, so that the list of its errors has
 * no end and reading it reads beyond it (found with valgrind).
 *
 * The text, the values and what is freed are wiped: the token may be in them.
 */
#ifndef CONFIG_FILE_H
#define CONFIG_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "error.h"
#include "strbuf.h"

struct config_entry {
	char *section;
	char *key;
	char *value;
	unsigned line; /* from 1 */
};

struct config_file {
	struct config_entry *entries; /* in the order of the file within a section */
	size_t count;
	bool open_to_others; /* its mode lets users read it who are neither owner nor in the group */
};

#define CONFIG_FILE_INIT { .entries = NULL }

int config_file_read(const char *path, struct config_file *file, struct error *err);

/* The same of bytes in memory; `path` is for messages.  `text` is changed. */
int config_file_parse(const char *path, struct strbuf *text, struct config_file *file, struct error *err);

void config_file_release(struct config_file *file);

/* A small file as a whole; the text belongs into a secret buffer.  `missing` says what to do where there is none. */
int config_file_slurp(const char *path, const char *missing, struct strbuf *text, bool *open_to_others, struct error *err);

#endif
