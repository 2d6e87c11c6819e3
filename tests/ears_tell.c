/*
 * ears_tell - connects ears to CHANNEL and tells what they tell, for tests/test_pooler.sh.
 *
 * usage: ears_tell CONNINFO SPEAKERS-CONNINFO CHANNEL
 *
 * Prints "deaf: REASON" or "hearing", whichever comes first, and ends.
 */
#include "db.h"
#include "ears.h"

#include <stdio.h>

struct teller {
	struct db *speaker;
	bool told;
};

static void heard(const char *key, bool told, void *arg)
{
	(void)told;
	(void)key;
	(void)arg;
}

static void changed(bool deaf, const char *reason, void *arg)
{
	struct teller *teller = arg;

	printf("%s%s\n", deaf ? "deaf: " : "hearing", reason);
	teller->told = true;
}

static bool speak(const char *channel, const char *payload, void *arg)
{
	const struct teller *teller = arg;
	const char *params[] = { channel, payload };
	const struct db_statement statement = { .sql = "select pg_notify($1, $2)", .params = params, .param_count = 2 };

	db_run(teller->speaker, DB_AUTOCOMMIT, &statement, 1, NULL, NULL);
	return true;
}

static bool told(void *arg)
{
	const struct teller *teller = arg;

	return teller->told;
}

static void too_late(void *arg)
{
	loop_break(arg);
}

int main(int argc, char **argv)
{
	struct teller teller = { 0 };
	struct ears_setup setup = { .probe_ms = 500, .heard = heard, .changed = changed, .speak = speak, .arg = &teller };
	struct loop_timer *deadline = NULL;
	struct ears *ears = NULL;
	struct error err = ERROR_INIT;
	bool in_time = false;

	if (argc != 4 || loop_new(&setup.loop, &err))
		return EXIT_USAGE;
	setup.conninfo = argv[1];
	setup.channel = argv[3];
	teller.speaker = db_new(setup.loop, argv[2], "ears_tell");
	if (db_connect_wait(teller.speaker, 10000, &err)) {
		fprintf(stderr, "%s\n", error_text(&err));
		return EXIT_FAULT;
	}
	deadline = loop_timer_new(setup.loop, too_late, setup.loop);
	loop_timer_arm(deadline, 30000);
	ears = ears_new(&setup);
	in_time = loop_until(setup.loop, told, &teller);
	ears_free(ears);
	db_free(teller.speaker);
	loop_timer_free(deadline);
	loop_free(setup.loop);
	return in_time ? 0 : EXIT_LATER;
}
