/*
 * killpoint - places where a crash is worth a test.
 *
 * The program never sets the hook, so a point costs one comparison and can do
 * nothing.  The tests link the very same objects to a main of their own
 * (tests/kill_main.c), which counts the points that are passed and ends the
 * process at the one asked for.
 */
#ifndef KILLPOINT_H
#define KILLPOINT_H

extern void (*killpoint_hook)(const char *name);

#define KILL_POINT(name) \
	do { \
		if (killpoint_hook) \
			killpoint_hook(name); \
	} while (0)

#endif
