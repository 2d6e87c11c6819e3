/*
 * wake - which keys wait to be looked at, for a daemon that is told of changes.
 *
 * Pure bookkeeping.  A key stands here at most once, however often it is told:
 * a burst coalesces by itself while one look is under way, and what is taken is
 * taken at once, so nothing waits longer than that look.  A key whose change is
 * still under way when it is looked at is kept aside (wake_busy()) and comes
 * back when that change has ended (wake_ended()): an edit during its own request
 * is seen.  Beyond WAKE_KEYS_MOST keys it is "everything", which bounds memory.
 */
#ifndef WAKE_H
#define WAKE_H

#include <stdbool.h>
#include <stddef.h>

struct wake;

enum { WAKE_KEYS_MOST = 10000 };

struct wake *wake_new(void);
void wake_free(struct wake *wake); /* NULL is fine */

void wake_key(struct wake *wake, const char *key);
void wake_all(struct wake *wake);

bool wake_wants_all(const struct wake *wake);
bool wake_wants_keys(const struct wake *wake); /* some keys, whether or not everything is wanted too */

/* Everything is about to be looked at, the keys that wait included: none of it waits any more. */
void wake_take_all(struct wake *wake);

/* At most `most` keys in the order in which they came; an array of *count that is the caller's to release. */
char **wake_take_keys(struct wake *wake, size_t most, size_t *count);
void wake_release_keys(char **keys, size_t count);

void wake_busy(struct wake *wake, const char *key);  /* its change is under way: not now */
void wake_ended(struct wake *wake, const char *key); /* that change has ended */

#endif
