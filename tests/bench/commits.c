/*
 * commits - the PBX's writer, with the time of each commit:
 *
 *	commits NAME FIRST COUNT SIZE LEAST MOST
 *
 * Gives COUNT rows of pbx_users, FIRST, FIRST + 1, … and round again behind SIZE
 * of them, a new secret (NAME and a number), each in a transaction of its own, with
 * a pause of LEAST to MOST milliseconds (drawn anew each time) between them.  For
 * each it prints
 *
 *	extension secret begun done
 *
 * in microseconds of the machine's clock, which is that of the simulator's log:
 * when the statement was about to be sent, and when its commit was known here.
 */
#include <libpq-fe.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static int64_t now_us(void)
{
	struct timespec now = { 0 };

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void pause_for(long us)
{
	struct timespec rest = { .tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000 };

	nanosleep(&rest, NULL);
}

/* Parses and plans once, so that the time is that of the commit. */
static int prepare(PGconn *db)
{
	PGresult *result = PQprepare(db, "change", "update pbx_users set secret = $2 where extension = $1", 2, NULL);
	int ok = PQresultStatus(result) == PGRES_COMMAND_OK;

	PQclear(result);
	return ok ? 0 : -1;
}

static int change(PGconn *db, const char *word, long extension, long number)
{
	char name[32], secret[64];
	const char *params[] = { name, secret };
	int64_t begun = 0, done = 0;
	PGresult *result = NULL;
	int ok = 0;

	snprintf(name, sizeof name, "%ld", extension);
	snprintf(secret, sizeof secret, "%s-%ld", word, number);
	begun = now_us();
	result = PQexecPrepared(db, "change", 2, params, NULL, NULL, 0);
	done = now_us();
	ok = PQresultStatus(result) == PGRES_COMMAND_OK && PQcmdTuples(result)[0] == '1';
	PQclear(result);
	printf("%s %s %lld %lld\n", name, secret, (long long)begun, (long long)done);
	return ok ? 0 : -1;
}

int main(int argc, char **argv)
{
	PGconn *db = NULL;
	int rc = 1;
	long first = 0, count = 0, size = 0, least = 0, most = 0;

	if (argc != 7) {
		fputs("usage: commits NAME FIRST COUNT SIZE LEAST MOST\n", stderr);
		return 64;
	}
	first = strtol(argv[2], NULL, 10);
	count = strtol(argv[3], NULL, 10);
	size = strtol(argv[4], NULL, 10);
	least = strtol(argv[5], NULL, 10) * 1000;
	most = strtol(argv[6], NULL, 10) * 1000;
	db = PQconnectdb("");
	if (PQstatus(db) != CONNECTION_OK || prepare(db))
		goto out;
	srandom(1);
	for (long i = 0; i < count; i++) {
		if (change(db, argv[1], first + i % size, i))
			goto out;
		if (most > 0)
			pause_for(least + random() % (most - least + 1));
	}
	rc = 0;
out:
	if (rc)
		fprintf(stderr, "commits: %s\n", PQerrorMessage(db));
	PQfinish(db);
	return rc;
}
