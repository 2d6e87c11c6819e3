#!/bin/sh
# A part of the sweep: I1, I4, I6, I18 and I33 at a few steps of every scenario.  `make sweep` takes every step.
exec /bin/sh "${SRCDIR:-.}/tests/sweep.sh" -s 13 -o "${SWEEP_OFFSET:-5}"
