#!/bin/sh
# Three seeds of the soak with standalone credentials; WORLD_TARGET=sip-endpoint make chaos SEED=… runs one.
WORLD_TARGET=sip-endpoint
export WORLD_TARGET
exec /bin/sh "${SRCDIR:-.}/tests/with-postgres" /bin/sh "${SRCDIR:-.}/tests/chaos.sh" -r 5 1 3
