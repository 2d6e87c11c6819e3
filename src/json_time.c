/* json_time - reads the times in the API's answers. */
#include "json_time.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>

/* Exactly `count` digits; moves *s behind them. */
static bool digits(const char **s, int count, int *value)
{
	*value = 0;
	for (; count; count--, (*s)++) {
		if (!isdigit((unsigned char)**s))
			return false;
		*value = *value * 10 + (**s - '0');
	}
	return true;
}

static bool skip(const char **s, const char *any)
{
	if (!**s || !strchr(any, **s))
		return false;
	(*s)++;
	return true;
}

static bool parse_zone(const char *s, int *minutes)
{
	int sign = *s == '-' ? -1 : 1;
	int hour = 0;
	int minute = 0;

	*minutes = 0;
	if (!*s || strcmp(s, "Z") == 0 || strcmp(s, "z") == 0 || strcmp(s, " UTC") == 0)
		return true;
	if (!skip(&s, "+-") || !digits(&s, 2, &hour))
		return false;
	skip(&s, ":");
	if (!digits(&s, 2, &minute) || *s || hour > 23 || minute > 59)
		return false;
	*minutes = sign * (hour * 60 + minute);
	return true;
}

int64_t json_time_parse(const char *s)
{
	struct tm day = { 0 };
	int year = 0, mday = 0, hour = 0, minute = 0, second = 0, ms = 0, zone = 0;
	int64_t midnight = 0;

	if (!digits(&s, 4, &year) || !skip(&s, "-") || !digits(&s, 2, &day.tm_mon) || !skip(&s, "-") ||
	    !digits(&s, 2, &mday) || !skip(&s, "Tt "))
		return -1;
	if (!digits(&s, 2, &hour) || !skip(&s, ":") || !digits(&s, 2, &minute) || !skip(&s, ":") ||
	    !digits(&s, 2, &second) || hour > 23 || minute > 59 || second > 60)
		return -1;
	if (skip(&s, ".")) {
		if (!isdigit((unsigned char)*s))
			return -1;
		for (int weight = 100; isdigit((unsigned char)*s); weight /= 10)
			ms += (*s++ - '0') * weight;
	}
	if (!parse_zone(s, &zone))
		return -1;
	day.tm_year = year - 1900;
	day.tm_mon--;
	day.tm_mday = mday;
	if (day.tm_mon < 0 || day.tm_mon > 11)
		return -1;
	midnight = timegm(&day);
	if (day.tm_mday != mday) /* the 30th of February became the first of March */
		return -1;
	midnight += (hour * 60 + minute - zone) * 60 + second;
	return midnight < 0 ? -1 : midnight * 1000 + ms;
}
