/*
 * preflight_internal - what the files of a pre-flight share: the names of the
 * kinds in the table (preflight_rows.c), and the texts (preflight_sql.c).
 */
#ifndef PREFLIGHT_INTERNAL_H
#define PREFLIGHT_INTERNAL_H

#include "preflight.h"

extern const char *const preflight_words[PREFLIGHT_KINDS];
enum preflight_kind preflight_kind_of(const char *word); /* an unknown word: PREFLIGHT_REJECT */

extern const char *const preflight_sql_create[]; /* ends with NULL */
extern const char preflight_sql_add[];     /* $1: rows as JSON */
extern const char preflight_sql_refused[]; /* $1: after, $2: limit */

/* In this order.  $1: where credentials live: 'email', 'subscriber' or 'standalone'; $2: the one subscriber. */
extern const char preflight_sql_exact[];
extern const char preflight_sql_adopt[]; /* $1: whether adoption was asked for */
extern const char preflight_sql_taken_email[];
extern const char preflight_sql_taken_name[];
extern const char preflight_sql_foreign[]; /* no parameters */
extern const char preflight_sql_refuse[];
extern const char preflight_sql_choose[]; /* $1: how many, null: all */
extern const char preflight_sql_counts[]; /* $1, $2: as above */

extern const char preflight_sql_rows[];
extern const char preflight_sql_adoptions[]; /* $1: alone, $2: after, $3: limit */
extern const char preflight_sql_not_adopted[]; /* $1: key, $2: reason */
extern const char preflight_sql_case[];      /* $1: limit */
extern const char preflight_sql_record_foreign[];
extern const char preflight_sql_approve[];
extern const char preflight_sql_chosen[];

#endif
