#!/bin/sh
# Six seeds of the soak; make chaos SEED=… runs one, make chaos-many a range.
exec /bin/sh "${SRCDIR:-.}/tests/with-postgres" /bin/sh "${SRCDIR:-.}/tests/chaos.sh" -r 5 1 6
