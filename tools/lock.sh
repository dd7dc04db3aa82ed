#!/bin/sh
# requirements/*.in -> *.lock: every package of every Python that Folio runs on, pinned with its hashes.
set -eu
cd "$(dirname "$0")/.."
PATH="$PWD/.venv/bin:$PATH"
for name in run test; do
    uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-emit-index-url --no-header \
        "requirements/$name.in" --output-file "requirements/$name.lock"
done
