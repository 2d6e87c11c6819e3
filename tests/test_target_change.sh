#!/bin/sh
# test_target_change.sh - standalone credentials are created, changed and renamed as those of subscribers are.
exec /bin/sh "${SRCDIR:-.}/tests/target.sh" test_sync test_sync_create test_sync_names
