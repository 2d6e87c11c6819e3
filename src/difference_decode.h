/* difference_decode - rows of the difference texts to structs; everything in them is borrowed from the row. */
#ifndef DIFFERENCE_DECODE_H
#define DIFFERENCE_DECODE_H

#include <stdbool.h>

#include "db.h"
#include "difference.h"

/* *in_step: the row is no difference (explain alone yields such rows). */
void difference_decode_row(const struct db_row *row, struct difference *difference, bool *in_step);
void difference_decode_totals(const struct db_row *row, struct difference_totals *totals);

#endif
