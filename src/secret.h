/*
 * secret - makes SIP passwords that nobody knew before.
 *
 * For two uses: a suspended credential gets one that nobody is told, and an
 * extension of which the PBX has only a hash gets one that is shown to the
 * operator, once ([mirror] issue_secrets).  The second is typed and read out, so
 * it consists of letters and digits that nobody takes for each other: no 0 O o,
 * no 1 I l.  Of its 24 characters each is drawn evenly from 56 by the system's
 * random numbers, 139 bits, and at least one is a capital, one a small letter and
 * one a digit, as some rules for passwords want.
 */
#ifndef SECRET_H
#define SECRET_H

#include <stdbool.h>

#include "strbuf.h"

enum { SECRET_ISSUED = 24, SECRET_NOBODYS = 32 }; /* lengths */

extern const char secret_alphabet[];

/*
 * Puts a new one into `out`, in the place of what was there; `out` is a buffer for a
 * secret, and `length` at least 3.  False: the system gave no random numbers, and `out` is empty.
 */
bool secret_make(struct strbuf *out, size_t length);

#endif
