#!/bin/sh
# A part of the sweep with standalone credentials; WORLD_TARGET=sip-endpoint make sweep takes every step.
exec /bin/sh "${SRCDIR:-.}/tests/target.sh" test_sweep
