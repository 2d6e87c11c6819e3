/*
 * kill_main - swbridge as it is, ended at a chosen step.
 *
 *   SWBRIDGE_KILL=n    _exit(100) at the n-th point
 *   SWBRIDGE_KILL9=n   SIGKILL there
 *   SWBRIDGE_TERM=n    SIGTERM there, as an operator's, and it goes on
 *   SWBRIDGE_STEPS=f   writes the number of points passed to the file f at a regular end
 *   SWBRIDGE_TRACE=f   appends "number name" of each point to the file f
 */
#include "killpoint.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#undef main

int swbridge_main(int argc, char **argv);

static long passed;
static long exit_at;
static long kill_at;
static long term_at;
static const char *trace;

static long number(const char *name)
{
	const char *text = getenv(name);

	return text ? strtol(text, NULL, 10) : 0;
}

static void step(const char *name)
{
	FILE *file = NULL;

	passed++;
	if (trace && (file = fopen(trace, "a"))) {
		fprintf(file, "%ld %s\n", passed, name);
		fclose(file);
	}
	if (passed == exit_at)
		_exit(100);
	if (passed == kill_at)
		raise(SIGKILL);
	if (passed == term_at)
		raise(SIGTERM);
}

static void write_steps(void)
{
	const char *path = getenv("SWBRIDGE_STEPS");
	FILE *file = path ? fopen(path, "w") : NULL;

	if (!file)
		return;
	fprintf(file, "%ld\n", passed);
	fclose(file);
}

int main(int argc, char **argv)
{
	exit_at = number("SWBRIDGE_KILL");
	kill_at = number("SWBRIDGE_KILL9");
	term_at = number("SWBRIDGE_TERM");
	trace = getenv("SWBRIDGE_TRACE");
	killpoint_hook = step;
	atexit(write_steps);
	return swbridge_main(argc, argv);
}
