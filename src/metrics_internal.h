/*
 * metrics_internal - what the files of metrics share, and nobody else includes.
 */
#ifndef METRICS_INTERNAL_H
#define METRICS_INTERNAL_H

#include "metrics.h"

enum { METRICS_CODE_FIRST = 100 };

extern const char *const metrics_methods[METRICS_METHODS];
extern const int64_t metrics_bounds_ms[METRICS_BUCKETS];

#endif
