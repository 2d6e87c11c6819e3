/*
 * ledger_sql - what several texts say alike: what the rails count of the journal, how a key is named.
 *
 * What is counted is part of a select from journal alone.  A class is a bit, CLASS_* of
 * difference.h; what did not happen for certain is not counted.
 */
#ifndef LEDGER_SQL_H
#define LEDGER_SQL_H

#define LEDGER_SQL_CLASSES_OF(operation) \
	"case " operation " when 'create' then 1 when 'replace' then 3 when 'remove' then 2 when 'suspend' then 2 else 4 end"
#define LEDGER_SQL_CLASSES LEDGER_SQL_CLASSES_OF("operation")
#define LEDGER_SQL_COUNTED \
	"at > now() - interval '24 hours' /* what the rails count */\n" \
	"           and (outcome is null or outcome not in ('rejected', 'not sent', 'foreign', 'void'))"

/* How a key is named where the same text is the extension of another row: key=102. */
#define LEDGER_SQL_KEY "key="

/* The last attempt of a row of sync came to nothing; any later outcome sets attempts to 0. */
#define LEDGER_SQL_FAILED(sync) sync ".attempts > 0 and " sync ".last_error is not null"

/* The detail of an attempt whose outcome was never known: another change took its intent over. */
#define LEDGER_SQL_SUPERSEDED "'it is not known what it did, and something else is wanted now'"

#endif
