#!/bin/sh
# Resolve every dependency of the package anew, in an environment of its own, and rewrite constraints.txt.
# PYTHON picks the interpreter: use the oldest supported one, so that its backports are covered.
set -eu

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
"${PYTHON:-python3}" -m venv "$scratch/venv"
pip() { "$scratch/venv/bin/python" -m pip --disable-pip-version-check "$@"; }

pip install --quiet hatchling editables
pip install --quiet --no-build-isolation --editable '.[dev]'
{
    echo "# The exact versions that cricketgnn is tested with: its dependencies, theirs, the dev extra and the build."
    echo "# Made by \`make constraints\`; used by \`make setup\` as pip's --constraint. Not a list to install from."
    # A local build tag such as +cpu names one platform's wheel: without it, pip takes any build of the version.
    pip freeze --all --exclude pip --exclude-editable | sed -e 's/+[a-z0-9.]*$//' | LC_ALL=C sort -f
} >"$scratch/constraints.txt"
mv "$scratch/constraints.txt" constraints.txt
