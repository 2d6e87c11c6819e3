#!/bin/sh
# test_target_issue.sh - secrets are issued for standalone credentials as for those of subscribers.
exec /bin/sh "${SRCDIR:-.}/tests/target.sh" test_issue_secrets
