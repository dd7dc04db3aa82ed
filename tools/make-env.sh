#!/bin/sh
# Makes .venv from requirements/run.lock, with .venv/bin/folio in it. PYTHON names the interpreter; empty: the first that fits.
set -eu
cd "$(dirname "$0")/.."

fits() {
    command -v "$1" >/dev/null 2>&1 && "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

if [ -n "${PYTHON:-}" ]; then
    if ! fits "$PYTHON"; then
        echo "Folio necesita Python 3.11 o más reciente, y «$PYTHON» no lo es." >&2
        exit 1
    fi
else
    for candidate in python3 python3.13 python3.12 python3.11; do
        if fits "$candidate"; then
            PYTHON=$candidate
            break
        fi
    done
    if [ -z "${PYTHON:-}" ]; then
        echo "Folio necesita Python 3.11 o más reciente, y en este equipo no lo encontró." >&2
        echo "En Debian 12 o 13:   sudo apt install python3 python3-venv" >&2
        echo "En Ubuntu 22.04:     sudo apt install python3.11 python3.11-venv" >&2
        exit 1
    fi
fi
version=$("$PYTHON" -c 'import sys; print("%d.%d" % sys.version_info[:2])')

# Debian keeps these two apart from python3; without them venv fails half-way with a long story.
if ! "$PYTHON" -c 'import venv, ensurepip' 2>/dev/null; then
    echo "A Python $version le falta el módulo que crea entornos." >&2
    echo "Instálelo así:   sudo apt install python$version-venv" >&2
    exit 1
fi

# An environment of another Python, or one whose Python is gone, cannot be mended: it is made again.
if [ "$(.venv/bin/python -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)" != "$version" ]; then
    echo "Creando el entorno de Python $version en .venv…"
    rm -rf .venv
    "$PYTHON" -m venv .venv
fi
echo "Instalando los paquetes que Folio usa (con su huella verificada)…"
.venv/bin/python -m pip install --disable-pip-version-check --no-input --require-hashes -r requirements/run.lock

# Two files instead of an editable install: no build tool, nothing from the network, and the clone may be moved.
site=$(.venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
echo '../../../..' >"$site/folio.pth"
cat >.venv/bin/folio <<'SCRIPT'
#!/bin/sh
exec "$(dirname "$(readlink -f "$0")")/python" -m service.cli "$@"
SCRIPT
chmod +x .venv/bin/folio
touch .venv/run.installed
echo "El entorno está listo: .venv/bin/folio"
