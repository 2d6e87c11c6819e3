/*
 * metrics_process - what the kernel says of this process, for the metrics.
 */
#ifndef METRICS_PROCESS_H
#define METRICS_PROCESS_H

#include "metrics.h"

/* Resident memory and descriptors, from /proc/self; METRICS_UNKNOWN where it does not say. */
void metrics_process(struct metrics *m);

#endif
