#!/bin/sh
# A part of the daemon's sweep: ended, and asked to end, at a few steps.  `make sweep` takes every step of every scenario.
exec /bin/sh "${SRCDIR:-.}/tests/sweep.sh" -d -s 17 -o "${SWEEP_OFFSET:-4}" create replace mixed
