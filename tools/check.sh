#!/bin/sh
# Asks every checker, even after one has complained, and ends with one line for each.
set -u
cd "$(dirname "$0")/.."
bin=.venv/bin
summary=''
outcome=0

ask() { # ask QUESTION COMMAND...
    question=$1
    shift
    if report=$("$@" 2>&1); then
        summary="$summary  yes  $question\n"
    else
        printf '%s\n\n' "$report"
        summary="$summary  NO   $question\n"
        outcome=1
    fi
}

ask 'ruff finds nothing to say' $bin/ruff check --quiet .
ask 'every file is formatted' $bin/ruff format --check --quiet .
ask 'mypy, strict, finds every type right' $bin/mypy
ask 'the import contracts are kept' $bin/lint-imports --no-cache
printf "$summary"
exit $outcome
