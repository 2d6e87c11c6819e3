/*
 * row_view - one row of the ledger, for people or as JSON.
 */
#ifndef ROW_VIEW_H
#define ROW_VIEW_H

#include <stdbool.h>
#include <stdio.h>

#include "admin_view.h"

/* One line with what counts, and a second one with the last error where there is one. */
void row_view_print(FILE *out, const struct admin_row *row, bool json);

/* What is wrong with it in a sentence part; NULL: nothing.  Static. */
const char *row_view_trouble(const struct admin_row *row);

#endif
