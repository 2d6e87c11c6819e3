#!/bin/sh
# A very short soak of the daemon; make soak MINUTES=… SEED=… runs one in earnest.
exec /bin/sh "${SRCDIR:-.}/tests/with-postgres" /bin/sh "${SRCDIR:-.}/tests/soak.sh" -m 0.3 36
