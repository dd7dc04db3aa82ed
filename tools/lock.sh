#!/bin/sh
# requirements/*.in -> *.lock: every package of every Python that Folio runs on, pinned with its hashes.
# Extras stay in the lock: pip 23 takes `name[extra]>=1` of another package for a requirement of its own, finds a release
# newer than the pinned one and refuses it for want of a hash.
set -eu
cd "$(dirname "$0")/.."
PATH="$PWD/.venv/bin:$PATH"
for name in run test fuzz; do
    uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-emit-index-url --no-header --no-strip-extras \
        "requirements/$name.in" --output-file "requirements/$name.lock"
done
