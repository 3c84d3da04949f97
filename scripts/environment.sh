# Sourced by the scripts beside it.

unset PYTHONHOME PYTHONPATH
# Compiled modules are kept: to compile Maple and its tests takes longer than to import them, in each process anew.
unset PYTHONDONTWRITEBYTECODE

# prepare LOCK [LARGER-LOCK]: leaves .venv with the packages of LOCK, at once when it, or the larger set, is there.
prepare() {
    for lock in "$@"; do
        if cmp -s "$lock" ".venv/$lock" && .venv/bin/python -c '' 2>/dev/null; then
            return
        fi
    done
    for python in "${PYTHON:-python3}" python3.13 python3.12 python3.11 python3.14 python; do
        if "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            "$python" scripts/prepare.py "$1"
            return
        fi
    done
    cat >&2 <<'WORDS'
Maple needs Python 3.11 or newer, and none was found.
  Debian, Ubuntu:  sudo apt-get install python3 python3-venv
  Fedora:          sudo dnf install python3
  macOS:           brew install python, or the installer from python.org
If it is installed somewhere else, name it:  PYTHON=/path/to/python3 followed by this command.
WORDS
    exit 1
}
