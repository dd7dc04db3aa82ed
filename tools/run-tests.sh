#!/bin/sh
# Runs every test on two processes with branch coverage, and says how many there were and how long they took.
# A module's tests stay together (--dist loadscope): the servers that they start are started once.
#
# Many of them watch clocks, memory and processes of whole services, on a machine that all of them share. So what
# fails beside others is run once more, alone; what fails alone too is a failure, and what does not is named, at the
# end, where nobody overlooks it.
set -u
cd "$(dirname "$0")/.."
started=$(date +%s)
few=12
rm -f .coverage .coverage.*
mkdir -p .cache
# One cache of outcomes a run: an earlier run's failures are not this run's.
outcomes=$(mktemp -d .cache/outcomes.XXXXXX)
trap 'rm -rf "$outcomes"' EXIT
.venv/bin/python -m pytest -o cache_dir="$outcomes" --numprocesses 2 --dist loadscope --cov --cov-report= "$@"
outcome=$?
echo
.venv/bin/python -m coverage report --skip-covered

failed="$outcomes/v/cache/lastfailed"
# 1 is pytest's "some tests failed"; anything else (no tests, an interruption, its own error) stays what it is.
if [ "$outcome" -eq 1 ] && [ -s "$failed" ]; then
    names=$(sed -n 's/^  "\(.*\)": true,\{0,1\}$/\1/p' "$failed")
    count=$(printf '%s\n' "$names" | wc -l)
    printf '\n%s failed beside others:\n%s\n' "$count" "$names"
    if [ "$count" -le "$few" ]; then
        echo 'Once more, alone:'
        .venv/bin/python -m pytest -o cache_dir="$outcomes" --last-failed --last-failed-no-failures none "$@"
        outcome=$?
        [ "$outcome" -eq 0 ] && printf 'Failed beside others and passed alone:\n%s\n' "$names"
    fi
fi
echo "The tests took $(($(date +%s) - started)) s."
exit $outcome
