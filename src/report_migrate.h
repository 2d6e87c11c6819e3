/*
 * report_migrate - what a migration says before it asks: what is there, what would be done, what it costs.
 */
#ifndef REPORT_MIGRATE_H
#define REPORT_MIGRATE_H

#include <stdint.h>
#include <stdio.h>

#include "preflight.h"
#include "strbuf.h"

struct report_migrate {
	const struct preflight_counts *counts;
	int64_t subscribers, credentials, endpoints; /* that SignalWire has now */
	int64_t price_cents;  /* of a subscriber, a month; 0: none costs anything */
	int64_t write_rate;
	bool adopt, ours;
	int64_t canary;
};

/* How many extensions something would be sent for. */
int64_t report_migrate_work(const struct preflight_counts *counts);

/* Complete lines; pure. */
void report_migrate_preview(struct strbuf *out, const struct report_migrate *what);
void report_migrate_json(FILE *out, const struct report_migrate *what);

#endif
