#!/bin/sh
# Runs every test on two processes with branch coverage, and says how many there were and how long they took.
# A module's tests stay together (--dist loadscope): the servers that they start are started once.
set -u
cd "$(dirname "$0")/.."
started=$(date +%s)
rm -f .coverage .coverage.*
.venv/bin/python -m pytest --numprocesses 2 --dist loadscope --cov --cov-report= "$@"
outcome=$?
echo
.venv/bin/python -m coverage report --skip-covered
echo "The tests took $(($(date +%s) - started)) s."
exit $outcome
