# Everything happens in $(VENV); nothing is installed elsewhere. `make run PYTHON=python3.12` picks an interpreter.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
GRAPHIQL := api/graphiql
PIP := $(BIN)/python -m pip install -qq --disable-pip-version-check --no-input --no-compile --no-deps

.PHONY: run test check format lock setup

run: setup
	$(BIN)/customers serve --demo

test: setup
	$(BIN)/pytest $(ARGS)

check: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/pytest $(ARGS)

format: setup
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# Keeps the versions there are; `make lock ARGS=--upgrade` takes the newest.
lock: $(BIN)/uv
	$(BIN)/uv pip compile --quiet --no-config --universal --python-version 3.11 --group dev --generate-hashes \
		--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" \
		--output-file requirements.txt pyproject.toml $(ARGS)

setup: $(READY)

$(READY): requirements.txt pyproject.toml $(wildcard $(GRAPHIQL)/package-lock.json) | $(BIN)/python
	@echo "Installing the locked dependencies into $(VENV); this takes about half a minute, once."
	@$(PIP) --require-hashes -r requirements.txt
	@$(PIP) --no-build-isolation -e .
	@cd $(GRAPHIQL) && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null || \
		echo "GraphiQL's own files were not installed (see above); its page loads them from a public CDN instead."
	@touch $@

$(BIN)/uv:
	@$(MAKE) setup

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "This needs Python 3.11 or newer, '$(PYTHON)' is not. Name one: make $(MAKECMDGOALS) PYTHON=/path/to/python"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo "'$(PYTHON)' cannot make virtual environments. On Debian and Ubuntu: apt-get install python3-venv"; exit 1; }
	@$(PYTHON) -m venv --clear $(VENV)
