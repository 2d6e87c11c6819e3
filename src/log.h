/*
 * log - lines on stderr, with a level, secrets redacted.
 *
 * stdout belongs to the result of a verb, stderr to this log.  A line is
 * written with one write(2), control characters and invalid UTF-8 in it are
 * shown as \xNN, so that data from outside can neither forge a line nor
 * colour a terminal.
 *
 * log_add_secret() registers a value (the API token, a conninfo password) that
 * is replaced by "***" wherever it would appear: the last net under the rule
 * that secrets are not put into messages to begin with.  SIP passwords are not
 * registered: they are many, and no message is ever built from them.
 *
 * Messages name commands, "swbridge approve removals".  Where the program was
 * started with a configuration of its own (-c), such a command would go to
 * another PBX's ledger: what is shown has the option then.  What is kept, in the
 * ledger or as JSON, has not.
 *
 * Process-wide state, as stderr is: the only module that has any.
 */
#ifndef LOG_H
#define LOG_H

#include <stdbool.h>
#include <stdio.h>

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

void log_setup(enum log_level most, bool journald); /* journald: sd-daemon(3) "<N>" prefixes instead of times */
bool log_is_journal(int fd); /* what is written there goes to the journal: $JOURNAL_STREAM names its device and inode (systemd.exec(5)) */
bool log_to_journal(void);   /* stderr is the journal */
enum log_level log_level(void);
void log_add_secret(const char *secret); /* copied; shorter than 4 bytes: ignored */
void log_release(void);                  /* wipes the registered secrets, and forgets the call */

void log_set_call(const char *call);     /* how people have to call the program ("swbridge -c 'FILE'"), copied; NULL: by its name */
void log_set_verbs(const char *const *verbs); /* what makes a command of "swbridge WORD" in a text; ends with NULL, borrowed */

void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* As fprintf(3), for people: with the commands in it as they have to be typed. */
void log_print(FILE *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * What a line would show: redacted and with control characters escaped.
 * Caller frees.  For the few places that print outside the log.
 */
char *log_clean(const char *text);

/* The same escaping without redaction, for values that go to a terminal.  Caller frees. */
char *log_printable(const char *text);

#endif
