# Everything that people and CI run. A bare machine with Python 3.11+, pip and make is enough: each target sets up what it
# needs. `make` alone lists the targets.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules --no-print-directory
# Where nothing may be kept of compiled modules, each of the hundreds of processes that tests start compiles them all: seconds each.
unexport PYTHONDONTWRITEBYTECODE

# The first Python that is new enough and runs; PYTHON=... chooses another.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python3.14; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && { command -v "$$p"; break; }; done)
VENV ?= .venv
BIN := $(VENV)/bin
SETUP := $(VENV)/.set-up
PEERS := $(VENV)/.peers
LAST_RELEASE = $(shell git describe --tags --match 'v*' --abbrev=0 2>/dev/null)
COMPILE = $(BIN)/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 --fork-strategy fewest \
	--generate-hashes --no-annotate --no-emit-index-url --no-emit-find-links \
	--custom-compile-command "make lock" $(if $(UPGRADE),--upgrade)

.PHONY: help setup lane demo test chaos bench prove check lint types layers proto generated warnings test-clients generate lock clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

setup: lane ## the virtual environment with locked dependencies (once per change of the lock)

$(SETUP): requirements/dev.txt pyproject.toml tools/setup
	@tools/setup "$(PYTHON)" "$(VENV)"
	@touch $@

lane: $(SETUP) # compiled anew when a source has changed; without a compiler it says so, and nothing needs it
	@$(BIN)/python tools/compile_parts.py

demo: lane ## the whole loop on real data, then serve until Ctrl-C; ONCE=1 ends instead; ARGS="..." for nba demo
	@$(BIN)/nba demo $(if $(ONCE),--once) $(ARGS)

test: lane ## all tests that need nothing but Python; ARGS="..." for pytest
	@$(BIN)/python -m pytest $(ARGS)

chaos: lane ## the proofs under kills, faults and overload: a table and chaos.json; CHAOS=full; ARGS="--only 1,3"
	@CHAOS=$(CHAOS) $(BIN)/python -m tests.chaos $(ARGS)

bench: lane ## speed beside peers in one run, on a quiet machine with a C compiler; ARGS="--quick --out bench.json"
	@$(BIN)/nba bench decide $(ARGS)

$(PEERS): $(SETUP) requirements/prove.txt
	@tools/pip "$(PYTHON)" "$(VENV)" install --quiet --require-hashes -r requirements/prove.txt && touch $@ \
		|| echo "VowpalWabbit cannot be had here; the row that compares with it will stay open." >&2

prove: lane $(PEERS) ## the learning loop's claims on real data into prove.json, resumable, at most 40 minutes; ARGS="..."
	@$(BIN)/python -m tests.prove $(ARGS)

check: lint types layers proto generated warnings ## style, types, layers, protocol, generated files, compiler warnings

lint: $(SETUP)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: $(SETUP)
	@$(BIN)/mypy

layers: $(SETUP)
	@$(BIN)/lint-imports

proto: $(SETUP)
	@$(BIN)/buf lint
	@$(BIN)/buf format --diff --exit-code
	@if [ -n "$(LAST_RELEASE)" ]; then \
		$(BIN)/buf breaking --against ".git#tag=$(LAST_RELEASE)" && echo "proto: nothing breaks $(LAST_RELEASE)"; \
	else echo "proto: no release tag (v*) yet, so nothing to break"; fi

generated: $(SETUP)
	@for tool in tools/generate*.py; do $(BIN)/python $$tool --check; done

warnings: $(SETUP)
	@$(BIN)/python tools/compile_parts.py --check

test-clients: lane ## clients in Node and in a real browser against a real server (installs both where it may)
	@clients/node-check/run "$(abspath $(BIN))"
	@clients/browser/run "$(abspath $(BIN))"

generate: $(SETUP) ## the code and the documents that are made from proto/ and the source
	@for tool in tools/generate*.py; do $(BIN)/python $$tool; done

lock: $(SETUP) ## the locked requirements anew from pyproject.toml; UPGRADE=1 takes newer versions
	@tools/pip "$(PYTHON)" "$(VENV)" install --quiet uv
	@$(COMPILE) --extra dask --extra demo --extra native --extra tune --group dev --output-file requirements/dev.txt
	@$(COMPILE) --constraints requirements/dev.txt --output-file requirements/runtime.txt
	@$(COMPILE) --extra prove --constraints requirements/dev.txt --output-file requirements/prove.txt
	@! grep -nE '://|index-url|find-links' requirements/*.txt || { echo "a lock names a registry; see docs/adr" >&2; exit 1; }

clean: ## removes what the targets made
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache clients/node-check/node_modules clients/node_modules
	rm -f nba_server/adapters/express/*.so nba_server/adapters/express/_absent.txt
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
