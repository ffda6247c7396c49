# Everything a contributor or the CI runs. `make help` lists it.
# From a fresh clone, every target first makes .venv as far as it is missing or out of date.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
CODE := src tests $(wildcard benchmarks)

.DEFAULT_GOAL := help
.PHONY: help setup quickstart test lint types imports unit format constraints clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(INSTALLED) ## make .venv and install the package into it (PYTHON=python3.12 picks another Python)

quickstart: setup ## search two trials of five epochs on the embedded matches
	$(BIN)/cricketgnn tune phase1-coarse --n-trials 2 --epochs 5

test: lint types imports unit ## every check there is: what the CI runs

lint: setup ## ruff: rules and formatting
	$(BIN)/ruff check $(CODE)
	$(BIN)/ruff format --check $(CODE)

types: setup ## mypy, strict
	$(BIN)/mypy
	$(BIN)/mypy $(wildcard benchmarks)

imports: setup ## the import contracts in pyproject.toml
	$(BIN)/lint-imports

unit: setup ## the tests, on two processes
	$(BIN)/pytest -n 2

format: setup ## rewrite the code as ruff wants it
	$(BIN)/ruff check --fix $(CODE)
	$(BIN)/ruff format $(CODE)

constraints: ## resolve all dependencies anew and rewrite constraints.txt
	PYTHON=$(PYTHON) sh scripts/write_constraints.sh

clean: ## remove .venv and every cache; runs under checkpoints/ stay
	rm -rf $(VENV) dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +

$(INSTALLED): pyproject.toml constraints.txt scripts/set_up.sh
	PYTHON=$(PYTHON) sh scripts/set_up.sh $(VENV)
