/*
 * json_time - reads the times in the API's answers.
 */
#ifndef JSON_TIME_H
#define JSON_TIME_H

#include <stdint.h>

/* ISO 8601 as in RFC 3339, zone optional (the API's times are UTC): ms since the epoch, -1 where it is no time. */
int64_t json_time_parse(const char *text);

#endif
