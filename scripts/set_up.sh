#!/bin/sh
# Make the virtual environment named by $1 and install the package into it, editable, with its dev extra.
# PYTHON picks the interpreter. Needs nothing beyond a Python of at least 3.11.
set -eu

venv=$1
python=${PYTHON:-python3}
in_progress=$venv/.installing
finished=$venv/.installed
recent='import sys; sys.exit(sys.version_info < (3, 11))'

command -v "$python" >/dev/null || {
    echo "error: no '$python' on the PATH, but Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11 ..." >&2
    exit 1
}
"$python" -c "$recent" || {
    found=$("$python" -c 'import platform; print(platform.python_version())') || found='of unknown version'
    echo "error: '$python' is Python $found, but 3.11 or newer is needed: make PYTHON=python3.11 ..." >&2
    exit 1
}

# A mark left from last time means that pip was interrupted: half-written packages look installed to it,
# so such an environment is made anew. So is one whose interpreter is gone or too old.
if [ -e "$in_progress" ] || ! "$venv/bin/python" -c "$recent" 2>/dev/null ||
    ! "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
    rm -rf "$venv"
    mkdir "$venv"
    touch "$in_progress"
    "$python" -m venv "$venv"
fi
rm -f "$finished"
touch "$in_progress"

pip() { "$venv/bin/python" -m pip --disable-pip-version-check "$@"; }

echo "Installing cricketgnn into $venv; the first time takes some minutes."
# The build backend first, so that it too is held to the constraints: pip builds the package with what is
# installed instead of fetching the newest backend into a hidden environment.
pip install --quiet --constraint constraints.txt hatchling editables
pip install --quiet --constraint constraints.txt --no-build-isolation --editable '.[dev]'
pip check
mv "$in_progress" "$finished"
