/*
 * objection - why a present row cannot be sent as it is.
 *
 * Pure.  Only what SignalWire would refuse for certain, or what would make the
 * mirror ambiguous; everything else is SignalWire's to judge (422), above all
 * passwords, for which no rule is published.  Source: signalwire-api.md,
 * "Enumerations and limits".
 */
#ifndef OBJECTION_H
#define OBJECTION_H

#include <stdbool.h>

#include "difference.h"

/*
 * NULL, or a static sentence part ("the username contains white space").
 * `one_place`: no row has a subscriber of its own, so that none needs
 * an e-mail and no profile is sent.
 */
const char *objection_find(const struct difference *difference, bool one_place);

/* What a row's `problem` (source.h) means, as a static sentence part. */
const char *objection_problem(const char *problem);

#endif
