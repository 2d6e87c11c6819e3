#!/bin/sh
# test_killed.sh - some places of every scenario of the sweep at which a crash comes.
#
# `tests/sweep.sh` goes through all of them, and with -p through pairs; that takes minutes.
set -- -s 23 -o 4
. "${SRCDIR:-.}/tests/sweep.sh"
