/* killpoint - places where a crash is worth a test. */
#include "killpoint.h"

void (*killpoint_hook)(const char *name);
