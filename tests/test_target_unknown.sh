#!/bin/sh
# test_target_unknown.sh - of standalone credentials, too, nothing is there twice, whatever becomes of an answer.
exec /bin/sh "${SRCDIR:-.}/tests/target.sh" test_sync_unknown test_sync_doubt test_sync_lost test_sync_recovery test_exactly_once
