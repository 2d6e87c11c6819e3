/*
 * error - what went wrong, as a whole sentence with a policy.
 *
 * A function that can fail returns 0 or -1 and takes a `struct error *` last.
 * On success it does not touch it.  On failure it sets the kind, which says
 * what a caller may do, and a complete sentence: what happened, to which
 * extension or setting, and what to do about it.  Whoever handles the error
 * prints it, once; nobody else does.  Secrets never enter a text.
 */
#ifndef ERROR_H
#define ERROR_H

enum error_kind {
	ERROR_NONE = 0,
	ERROR_NOW,   /* trying again at once is right (a stale plan, a lost race) */
	ERROR_LATER, /* trying again later is right (database or API down, throttled) */
	ERROR_NEVER, /* somebody has to change something first */
	ERROR_BUG    /* cannot happen */
};

struct error {
	enum error_kind kind;
	int exit_code; /* DESIGN's exit status that fits, 0 where the caller decides */
	char *text;    /* owned; NULL: none */
};

#define ERROR_INIT { .kind = ERROR_NONE }

/* The exit codes of the program; their names are their causes. */
enum exit_code {
	EXIT_IN_STEP = 0,
	EXIT_FAULT = 1,
	EXIT_WORK_REMAINS = 2,
	EXIT_HELD = 3,
	EXIT_REJECTED = 4,
	EXIT_UNKNOWN = 5,
	EXIT_FENCE = 6,
	EXIT_LOCKED = 7,
	EXIT_USAGE = 64,
	EXIT_LATER = 75,
	EXIT_DENIED = 77,
	EXIT_CONFIG = 78
};

/* Both return -1, so that a caller can `return error_set(…)`.  The old text is freed. */
int error_set(struct error *err, enum error_kind kind, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
int error_exit(struct error *err, int exit_code, const char *format, ...)
	__attribute__((format(printf, 3, 4))); /* kind: LATER for 75 and 7, else NEVER */

/* Puts "<formatted>: " in front of the text that is there. */
int error_prefix(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

void error_move(struct error *to, struct error *from); /* `from` becomes empty */
void error_clear(struct error *err);                   /* frees the text */
const char *error_text(const struct error *err);       /* never NULL; borrowed */

#endif
