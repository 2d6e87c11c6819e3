#!/bin/sh
# test_target_remove.sh - standalone credentials are removed, refused and stopped as those of subscribers are.
exec /bin/sh "${SRCDIR:-.}/tests/target.sh" test_sync_remove test_sync_rejected test_sync_stop
