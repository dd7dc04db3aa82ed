#!/bin/sh
# Installs the system packages that the tests need by apt, when they are missing and we may; otherwise names them, in one list.
set -eu

missing=''
need() { # need PACKAGE COMMAND...: the package is missing when the command fails
    package=$1
    shift
    if ! "$@" >/dev/null 2>&1; then
        missing="$missing $package"
    fi
}
has() { command -v "$1"; }
has_file() { for file in $1; do [ -e "$file" ] && return 0; done; return 1; }

need libreoffice-writer-nogui has_file '/usr/lib/libreoffice/program/libswlo.so /opt/libreoffice*/program/libswlo.so'
need libreoffice-calc-nogui has_file '/usr/lib/libreoffice/program/libsclo.so /opt/libreoffice*/program/libsclo.so'
need python3-uno has_file '/usr/lib/python3/dist-packages/uno.py /opt/libreoffice*/program/uno.py'
need poppler-utils has pdftotext
need fontconfig has fc-match
need fonts-liberation sh -c 'fc-list | grep -q Liberation'
need fonts-crosextra-carlito sh -c 'fc-list | grep -q Carlito'
need redis-server has redis-server
need nginx-light sh -c 'PATH=$PATH:/usr/sbin command -v nginx'
need iproute2 sh -c 'PATH=$PATH:/sbin:/usr/sbin command -v ip'
need postgresql has_file '/usr/lib/postgresql/*/bin/initdb'
if ! command -v chromium >/dev/null && ! command -v chromium-browser >/dev/null && ! command -v google-chrome >/dev/null; then
    missing="$missing chromium"
fi
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ]; then
    as_root='env'
elif sudo -n true 2>/dev/null; then
    as_root='sudo -n env'
else
    as_root=''
fi
if [ -z "$as_root" ] || ! command -v apt-get >/dev/null; then
    echo "The tests need these system packages, and installing them is not permitted to this user:" >&2
    echo "    sudo apt install --no-install-recommends$missing" >&2
    exit 1
fi
echo "Installing system packages:$missing"
$as_root apt-get update -q
case "$missing" in *chromium*)
    # Ubuntu calls it otherwise, and one name that apt does not know would keep it from installing the others.
    if [ -z "$(apt-cache search --names-only '^chromium$')" ]; then
        missing=$(echo "$missing" | sed 's/chromium/chromium-browser/')
    fi
    ;;
esac
# A server that the package starts would hold the usual ports; the tests start their own on others.
$as_root DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -q -y --no-install-recommends $missing
